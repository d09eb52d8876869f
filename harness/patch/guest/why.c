// SPDX-License-Identifier: GPL-2.0-only
/*
 * why.c - puts into words why the patcher stopped, and at which table entry.
 */
#include "inside.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "x86/regs.h"

// clang-format off
#define LIST(pass, list, type)                                                                     \
	{ PVP_PASS_##pass, offsetof(struct pvp_tables, list), offsetof(struct pvp_tables, nr_##list), \
	  sizeof(struct type), offsetof(struct type, addr), offsetof(struct type, entry) }
/* The table of each pass. */
static const struct list {
	enum pvp_pass pass;
	size_t list, nr, stride, addr, entry;
} lists[] = {
	LIST(STATIC_CALL, static_calls, pvp_static_call_site),
	LIST(PARAVIRT,    para,         pvp_para_entry),
	LIST(RETPOLINE,   retpolines,   pvp_addr_entry),
	LIST(RETURN,      returns,      pvp_addr_entry),
	LIST(CALL_THUNK,  calls,        pvp_addr_entry),
	LIST(ALTERNATIVE, alts,         pvp_alt_entry),
	LIST(ENDBR,       endbr_seals,  pvp_addr_entry),
	LIST(SMP_LOCK,    smp_locks,    pvp_addr_entry),
};
// clang-format on

uint64_t pvp_guest_entries(const struct pvp_tables *tables, enum pvp_pass pass)
{
	size_t nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (lists[i].pass == pass)
			memcpy(&nr, (const char *)tables + lists[i].nr, sizeof(nr));
	/* 6.12 goes through the alternatives a second time there. */
	return pass == PVP_PASS_CALL_THUNK ? nr + tables->nr_alts : nr;
}

/* The entry of the list whose member at offset `by` is value. */
static const char *find(const struct pvp_tables *tables, const struct list *list, size_t by,
			uint64_t value)
{
	const char *entry;
	size_t nr;

	memcpy(&entry, (const char *)tables + list->list, sizeof(entry));
	memcpy(&nr, (const char *)tables + list->nr, sizeof(nr));
	for (; nr--; entry += list->stride)
		if (!memcmp(entry + by, &value, sizeof(value)))
			return entry;
	return NULL;
}

/* The patcher has what it works on in registers or on its stack. */
static const char *entry_at_work(const struct pvp_guest *guest, const struct list *list, size_t by)
{
	const struct pvp_state *end = &guest->run.end;
	const unsigned len = guest->image->ptr_len;
	uint64_t sp = end->reg[PVP_X86_rsp] & -(uint64_t)len, word = 0;
	const char *entry = NULL;
	const uint8_t *host;

	for (unsigned i = PVP_X86_rax; i <= PVP_X86_r15 && !entry; i++)
		entry = find(guest->tables, list, by, end->reg[i]);
	for (; !entry && sp < guest->memory.stack_top; sp += len) {
		host = pvp_guest_memory_host(&guest->memory, sp, len);
		if (!host)
			break;
		memcpy(&word, host, len);
		entry = find(guest->tables, list, by, word);
	}
	return entry;
}

/* ", at site 0x.. (entry at 0x..)", or nothing; owned by the caller. */
static char *where(const struct pvp_guest *guest)
{
	const char *entry = NULL;
	uint64_t addr, at;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (lists[i].pass != guest->pass)
			continue;
		entry = entry_at_work(guest, &lists[i], lists[i].addr);
		if (!entry)
			entry = entry_at_work(guest, &lists[i], lists[i].entry);
		if (!entry)
			break;
		memcpy(&addr, entry + lists[i].addr, sizeof(addr));
		memcpy(&at, entry + lists[i].entry, sizeof(at));
		return pvp_asprintf(", at site %#" PRIx64 " (entry at %#" PRIx64 ")", addr, at);
	}
	return pvp_strdup("");
}

static struct pvp_error *why_fault(const struct pvp_guest *guest, const char *at, const char *site)
{
	const struct pvp_run *run = &guest->run;
	const char *access = run->fault_access & PVP_FAULT_WRITE   ? "writing"
			     : run->fault_access & PVP_FAULT_FETCH ? "executing"
								   : "reading";

	if (run->vector == PVP_FAULT_UD && pvp_tables_bug_at(guest->tables, run->stop_addr))
		return pvp_error_format(PVP_ERR_BAD_DATA, "BUG at %s%s", at, site);
	if (run->vector == PVP_FAULT_PF || run->fault_addr)
		return pvp_error_format(PVP_ERR_BAD_DATA, "fault %s %#" PRIx64 " at %s%s", access,
					run->fault_addr, at, site);
	return pvp_error_format(PVP_ERR_BAD_DATA, "exception %u at %s%s", run->vector, at, site);
}

struct pvp_error *pvp_guest_why(const struct pvp_guest *guest)
{
	const struct pvp_run *run = &guest->run;
	struct pvp_error *err;
	char name[256], *at, *site;

	pvp_image_describe(guest->image, run->stop_addr, name, sizeof(name));
	at = pvp_asprintf("%s (%#" PRIx64 ")", name, run->stop_addr);
	site = where(guest);
	switch (run->stop) {
	case PVP_STOP_FAULT:
		err = why_fault(guest, at, site);
		break;
	case PVP_STOP_BUDGET:
		err = pvp_error_format(PVP_ERR_BAD_DATA,
				       "no end after %" PRIu64 " instructions, at %s%s",
				       run->insns - 1, at, site);
		break;
	case PVP_STOP_UNMODELLED:
	case PVP_STOP_DECODE:
		err = pvp_error_format(PVP_ERR_UNSUPPORTED, "%s instruction '%s' at %s%s",
				       pvp_stop_name(run->stop), run->detail, at, site);
		break;
	case PVP_STOP_OPAQUE:
		err = pvp_error_format(PVP_ERR_UNSUPPORTED, "nothing does instead of %s%s", at,
				       site);
		break;
	case PVP_STOP_END: /* with strays, or without memory */
		if (guest->arena_full)
			err = pvp_error_format(PVP_ERR_BAD_DATA,
					       "it allocates more than %llu pages",
					       PVP_GUEST_ARENA_LEN / PVP_GUEST_PAGE);
		else
			err = pvp_error_format(PVP_ERR_BAD_DATA,
					       "page %#" PRIx64 ", where nothing is, is used",
					       guest->stray);
		break;
	case PVP_STOP_ENGINE:
		err = pvp_error_format(PVP_ERR_ENGINE, "%s at %s%s", run->detail, at, site);
		break;
	default:
		err = pvp_error_format(PVP_ERR_BAD_DATA, "%s at %s%s", pvp_stop_name(run->stop), at,
				       site);
	}
	free(at);
	free(site);
	return err;
}
