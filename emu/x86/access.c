// SPDX-License-Identifier: GPL-2.0-only
/*
 * access.c - memory as instructions see it: strays, rights, canonical addresses, faults.
 *
 * The engine reports the accesses it cannot do; what we do for an instruction ourselves goes
 * through pvp_x86_read and pvp_x86_write and meets the same rules.
 */
#include <stdlib.h>
#include <string.h>

#include "x86.h"

#define STRAY_FROM 0x10000ull /* below, and as far from the top: a null pointer, not a stray */

bool pvp_x86_canonical(uint64_t addr)
{
	return (uint64_t)((int64_t)(addr << 16) >> 16) == addr;
}

/* Maps the page an access strayed to.  False: too many, no place for one, or the engine refuses. */
static bool map_stray(struct pvp_machine *m, uint64_t addr)
{
	struct pvp_region region = { .addr = addr & ~(PVP_X86_PAGE - 1),
				     .len = PVP_X86_PAGE,
				     .prot = PVP_PROT_READ | PVP_PROT_WRITE,
				     .class = PVP_MEM_PLAIN,
				     .name = "stray" };

	if (!m->client.fill || m->nr_strays == ARRAY_SIZE(m->strays) || addr < STRAY_FROM ||
	    addr > m->isa->last - STRAY_FROM || !pvp_x86_canonical(addr))
		return false;
	region.host = aligned_alloc(PVP_X86_PAGE, PVP_X86_PAGE);
	if (!region.host || uc_mem_map_ptr(m->uc, region.addr, region.len,
					   UC_PROT_READ | UC_PROT_WRITE, region.host)) {
		free(region.host);
		return false;
	}
	m->client.fill(m->client.arg, m->request->seed, region.addr, region.host, region.len);
	pvp_memory_add(&m->memory, &region);
	m->strays[m->nr_strays++] = (struct stray){ region.addr, region.host };
	m->run->strays++;
	/* The write hook ran before there was memory: complete what it logged. */
	for (size_t i = m->here_log; i < m->memory.nr_log; i++) {
		struct pvp_write *w = &m->memory.log[i];

		if (w->host)
			continue;
		w->host = pvp_memory_host(&m->memory, w->addr, w->size);
		if (w->host)
			memcpy(&w->old, w->host, w->size);
	}
	return true;
}

void pvp_x86_drop_strays(struct pvp_machine *m)
{
	while (m->nr_strays) {
		const struct stray *stray = &m->strays[--m->nr_strays];

		uc_mem_unmap(m->uc, stray->addr, PVP_X86_PAGE);
		pvp_memory_remove(&m->memory, stray->addr);
		free(stray->host);
	}
}

void pvp_x86_fault(struct pvp_machine *m, unsigned vector, uint64_t addr, unsigned access)
{
	uint64_t fixup = 0;

	if (m->stopped)
		return;
	if (m->client.fixup && !(access & PVP_FAULT_FETCH))
		fixup = m->client.fixup(m->client.arg, m, m->here, vector);
	if (fixup) {
		pvp_x86_jump(m, fixup);
		return;
	}
	m->run->vector = vector;
	m->run->fault_addr = addr;
	m->run->fault_access = access;
	pvp_x86_stop(m, PVP_STOP_FAULT);
}

static void fault_access(struct pvp_machine *m, uint64_t addr, unsigned access)
{
	pvp_x86_fault(m, pvp_x86_canonical(addr) ? PVP_FAULT_PF : PVP_FAULT_GP, addr, access);
}

bool pvp_x86_on_bad_access(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
			   void *arg)
{
	struct pvp_machine *m = arg;
	bool write = type == UC_MEM_WRITE_UNMAPPED || type == UC_MEM_WRITE_PROT;
	bool fetch = type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT;

	(void)uc;
	(void)size;
	(void)value;
	/* The engine asks again for each further byte of a store whose first one faulted. */
	if (!m->run || m->stopped || m->resume)
		return false;
	if ((type == UC_MEM_READ_UNMAPPED || type == UC_MEM_WRITE_UNMAPPED) && map_stray(m, addr))
		return true;
	m->in_engine = m->faulted = true;
	fault_access(m, addr, (write ? PVP_FAULT_WRITE : 0) | (fetch ? PVP_FAULT_FETCH : 0));
	m->in_engine = false;
	return false;
}

/* Whether [addr, addr+len) can be accessed; else the fault was raised. */
static bool may_access(struct pvp_machine *m, uint64_t addr, uint64_t len, unsigned access)
{
	unsigned need = access & PVP_FAULT_WRITE ? PVP_PROT_WRITE : PVP_PROT_READ;

	for (uint64_t done = 0; done < len;) {
		uint64_t at = addr + done;
		const struct pvp_region *r = pvp_memory_region(&m->memory, at);

		if (!r && map_stray(m, at))
			continue;
		if (!r || !(r->prot & need)) {
			fault_access(m, at, access);
			return false;
		}
		done += r->len - (at - r->addr);
	}
	return true;
}

bool pvp_x86_read(struct pvp_machine *m, uint64_t addr, void *buf, uint64_t len)
{
	return may_access(m, addr, len, 0) && pvp_memory_read(&m->memory, addr, buf, len);
}

bool pvp_x86_write(struct pvp_machine *m, uint64_t addr, const void *buf, uint64_t len)
{
	return may_access(m, addr, len, PVP_FAULT_WRITE) &&
	       pvp_memory_write(&m->memory, addr, buf, len, PVP_WRITER_GUEST);
}
