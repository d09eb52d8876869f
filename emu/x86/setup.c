// SPDX-License-Identifier: GPL-2.0-only
/*
 * setup.c - a machine from its configuration, and its end.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc.h"
#include "x86.h"

#define PAGE PVP_X86_PAGE
/* Host memory of the machine's own regions, in this order: until, landing, GDT. */
#define OWN_LEN (2 * PAGE + 0x10000)

static const struct {
	const char *name;
	enum pvp_rule ring0, ring3;
} rule_table[PVP_X86_NR_CLASSES] = {
#define X(id, name, ring0, ring3, vector)                                                          \
	[PVP_X86_##id] = { name, PVP_RULE_##ring0, PVP_RULE_##ring3 },
	PVP_X86_CLASSES(X)
#undef X
};

static int rule_index(const char *name)
{
	for (int i = 0; i < PVP_X86_NR_CLASSES; i++)
		if (rule_table[i].name && !strcmp(rule_table[i].name, name))
			return i;
	return -1;
}

bool pvp_machine_rule_known(const char *name)
{
	return rule_index(name) >= 0;
}

struct pvp_error *pvp_x86_engine_error(uc_err err, const char *what)
{
	return pvp_error_format(PVP_ERR_ENGINE, "unicorn: %s: %s", what, uc_strerror(err));
}

static struct pvp_error *map_region(struct pvp_machine *m, const struct pvp_region *r)
{
	uint32_t prot = (r->prot & PVP_PROT_READ ? UC_PROT_READ : 0) |
			(r->prot & PVP_PROT_WRITE ? UC_PROT_WRITE : 0) |
			(r->prot & PVP_PROT_EXEC ? UC_PROT_EXEC : 0);
	uc_err err;

	/* What an address begins is looked at once, and so does the engine. */
	if ((r->prot & PVP_PROT_WRITE) && (r->prot & PVP_PROT_EXEC) && !m->boots)
		return pvp_error_format(PVP_ERR_BAD_DATA, "text that can be written: %s at %#lx",
					r->name, (unsigned long)r->addr);
	if (r->len - 1 > m->isa->last || r->addr > m->isa->last - (r->len - 1))
		return pvp_error_format(PVP_ERR_BAD_DATA, "beyond the last address: %s at %#lx",
					r->name, (unsigned long)r->addr);
	err = uc_mem_map_ptr(m->uc, r->addr, r->len, prot, r->host);
	if (err)
		return pvp_x86_engine_error(err, r->name);
	pvp_memory_add(&m->memory, r);
	if (r->prot & PVP_PROT_EXEC)
		pvp_x86_text_add(m, r->addr, r->len);
	return NULL;
}

/* A flat segment: code, or data.  Source: Intel SDM vol. 3, 3.4.5. */
static void set_descriptor(struct pvp_machine *m, unsigned selector, bool code, unsigned dpl)
{
	uint64_t d = (code ? m->isa->code_segment : 0x00cf93000000ffffull) | (uint64_t)dpl << 45;

	memcpy(m->own + 2 * PAGE + (selector & ~7u), &d, sizeof(d));
}

/*
 * Writing a selector does not change privilege in the engine, nor does it load a segment; executed
 * instructions do.  (An i386 engine's iret takes 16 bits of esp until ss has been loaded.)  Bases are
 * not looked at here: every run brings its own.
 */
static struct pvp_error *enter_ring(struct pvp_machine *m)
{
	const struct pvp_x86_isa *isa = m->isa;
	static const uint8_t iretq[] = { 0x48, 0xcf };
	/* mov ds,eax; mov es,eax; mov ss,eax; mov fs,eax; mov gs,eax; iretd */
	static const uint8_t i386_segments[] = { 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0,
						 0x8e, 0xe0, 0x8e, 0xe8, 0xcf };
	const uint64_t landing = isa->own + PVP_X86_LANDING, until = isa->own + PVP_X86_UNTIL;
	const uint64_t frame[5] = { landing, m->ring ? isa->ring3_cs : isa->ring0_cs, 2,
				    until + PAGE - 64, m->ring ? isa->ring3_ss : isa->ring0_ss };
	uint64_t sp = until + 0x800, ss = isa->ring0_ss, at = 0;
	uc_x86_mmr gdtr = { .base = isa->own + PVP_X86_GDT, .limit = 0xffff };
	uc_err err;

	set_descriptor(m, isa->ring0_cs, true, 0);
	set_descriptor(m, isa->ring0_ss, false, 0);
	if (m->ring) {
		set_descriptor(m, isa->ring3_cs, true, 3);
		set_descriptor(m, isa->ring3_ss, false, 3);
	}
	uc_reg_write(m->uc, UC_X86_REG_GDTR, &gdtr);
	uc_reg_write(m->uc, isa->regs[PVP_X86_rsp], &sp);
	uc_reg_write(m->uc, isa->regs[PVP_X86_rax], &ss);
	for (size_t i = 0; i < ARRAY_SIZE(frame); i++)
		memcpy(m->own + 0x800 + i * isa->word, &frame[i], isa->word);
	memset(m->own + PAGE, 0xf4, PAGE);
	if (isa->mode == UC_MODE_64)
		memcpy(m->own + PAGE + 0x800, iretq, sizeof(iretq));
	else
		memcpy(m->own + PAGE + 0x800, i386_segments, sizeof(i386_segments));
	err = uc_emu_start(m->uc, landing + 0x800, until, 0, 0);
	if (err)
		return pvp_x86_engine_error(err, "entering the ring");
	uc_reg_read(m->uc, isa->regs[PVP_X86_rip], &at);
	if (at != landing)
		return pvp_error_format(PVP_ERR_ENGINE, "unicorn: iret did not reach ring %u",
					m->ring);
	return NULL;
}

static struct pvp_error *map_all(struct pvp_machine *m, const struct pvp_machine_config *config)
{
	const struct pvp_region own[] = {
		{ m->isa->own + PVP_X86_UNTIL, PAGE, m->own, PVP_PROT_READ | PVP_PROT_WRITE,
		  PVP_MEM_PLAIN, "until" },
		{ m->isa->own + PVP_X86_LANDING, PAGE, m->own + PAGE, PVP_PROT_READ | PVP_PROT_EXEC,
		  PVP_MEM_PLAIN, "landing" },
		{ m->isa->own + PVP_X86_GDT, 0x10000, m->own + 2 * PAGE, PVP_PROT_READ,
		  PVP_MEM_PLAIN, "gdt" },
	};
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(own) && !err; i++)
		err = map_region(m, &own[i]);
	for (size_t i = 0; i < config->nr_regions && !err; i++)
		err = map_region(m, &config->regions[i]);
	return err;
}

static struct pvp_error *set_up(struct pvp_machine *m, const struct pvp_machine_config *config)
{
	struct pvp_error *err;
	uc_err uerr = uc_open(UC_ARCH_X86, m->isa->mode, &m->uc);

	if (uerr)
		return pvp_x86_engine_error(uerr, "open");
#if UC_API_MAJOR > 2 || (UC_API_MAJOR == 2 && UC_API_MINOR >= 1)
	/* Without it 2.1 refuses kernel addresses while paging is off. */
	uerr = uc_ctl_tlb_mode(m->uc, UC_TLB_VIRTUAL);
	if (uerr)
		return pvp_x86_engine_error(uerr, "virtual TLB");
#endif
	uerr = uc_ctl_exits_enable(m->uc);
	if (uerr)
		return pvp_x86_engine_error(uerr, "exits");
	m->exits_stale = true;
	err = pvp_x86_decoder_create(config->isa, &m->decoder);
	if (!err)
		err = map_all(m, config);
	if (!err)
		err = pvp_x86_add_hooks(m);
	if (!err)
		err = enter_ring(m);
	if (err)
		return err;
	uerr = uc_context_alloc(m->uc, &m->ready);
	if (!uerr)
		uerr = uc_context_save(m->uc, m->ready);
	if (uerr)
		return pvp_x86_engine_error(uerr, "context");
	pvp_x86_text_place_specials(m, config->specials, config->nr_specials);
	return NULL;
}

struct pvp_error *pvp_machine_create(const struct pvp_machine_config *config,
				     struct pvp_machine **ret)
{
	struct pvp_machine *m;
	struct pvp_error *err;

	if (config->ring && !pvp_x86_isas[config->isa].ring3_cs)
		return pvp_error_format(PVP_ERR_UNSUPPORTED, "i386 text in ring %u", config->ring);
	m = pvp_calloc(1, sizeof(*m));
	m->isa = &pvp_x86_isas[config->isa];
	pvp_x86_name_registers(m);
	m->ring = config->ring;
	m->boots = config->boots;
	m->blocks = config->boots && config->blocks;
	assert(!config->traces || !config->boots);
	m->trace = config->traces ? pvp_calloc(1, sizeof(*m->trace)) : NULL;
	m->client = config->client;
	for (int i = 0; i < PVP_X86_NR_CLASSES; i++)
		m->rules[i] = config->ring ? rule_table[i].ring3 : rule_table[i].ring0;
	for (size_t i = 0; i < config->nr_rules; i++) {
		int class = rule_index(config->rules[i].insn);

		if (class < 0) {
			free(m->trace);
			free(m);
			return pvp_error_format(PVP_ERR_NOT_FOUND,
						"unknown instruction class \"%s\"",
						config->rules[i].insn);
		}
		m->rules[class] = config->rules[i].rule;
	}
	m->own = mmap(NULL, OWN_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert(m->own != MAP_FAILED);
	err = set_up(m, config);
	if (err) {
		pvp_machine_destroy(m);
		return err;
	}
	*ret = m;
	return NULL;
}

void pvp_machine_destroy(struct pvp_machine *m)
{
	if (!m)
		return;
	if (m->ready)
		uc_context_free(m->ready);
	if (m->uc) {
		pvp_machine_undo(m);
		uc_close(m->uc);
	}
	pvp_x86_decoder_destroy(m->decoder);
	pvp_memory_deinit(&m->memory);
	pvp_x86_text_deinit(m);
	if (m->trace) {
		free(m->trace->insns);
		free(m->trace->reads);
	}
	free(m->trace);
	munmap(m->own, OWN_LEN);
	free(m);
}
