// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - the amd64 machine over Unicorn.
 *
 * One code hook sees every instruction before it executes: it counts, notices entry and end, and
 * sends sensitive instructions to our rules.  Which of the three an address is, is looked up in a
 * byte per byte of text, filled when an address is first reached; so text reached in the middle of
 * an instruction is judged as it executes, not as a linear sweep would have read it.
 */
#include "x86.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc.h"

#define PAGE 4096ull
#define STRAY_FROM 0x10000ull /* below: a null pointer, not a stray */

static const int engine_regs[] = {
#define X(name, where, uc) UC_X86_REG_##uc,
	PVP_X86_REGS(X)
#undef X
};
#define NR_ENGINE_REGS (PVP_X86_gs_base + 1) /* the first ones are the engine's */

_Static_assert(PVP_X86_NR_STATE <= PVP_NR_REGS, "the state holds every register");

bool pvp_x86_canonical(uint64_t addr)
{
	return (uint64_t)((int64_t)(addr << 16) >> 16) == addr;
}

uint64_t pvp_x86_get(struct pvp_machine *m, enum pvp_x86_reg reg)
{
	uint64_t value = 0;

	if (reg >= NR_ENGINE_REGS)
		return m->shadow.reg[reg];
	uc_reg_read(m->uc, engine_regs[reg], &value);
	return value;
}

void pvp_x86_set(struct pvp_machine *m, enum pvp_x86_reg reg, uint64_t value)
{
	if (reg >= NR_ENGINE_REGS)
		m->shadow.reg[reg] = value;
	else
		uc_reg_write(m->uc, engine_regs[reg], &value);
}

uint64_t pvp_machine_reg(struct pvp_machine *machine, unsigned reg)
{
	return pvp_x86_get(machine, reg);
}

void pvp_machine_set_reg(struct pvp_machine *machine, unsigned reg, uint64_t value)
{
	pvp_x86_set(machine, reg, value);
}

struct pvp_effects *pvp_machine_effects(struct pvp_machine *machine)
{
	return &machine->run->effects;
}

uint64_t pvp_machine_seed(struct pvp_machine *machine)
{
	return machine->request->seed;
}

uint64_t pvp_machine_landing(const struct pvp_machine *machine)
{
	(void)machine;
	return PVP_X86_LANDING;
}

struct pvp_memory *pvp_machine_memory(struct pvp_machine *machine)
{
	return &machine->memory;
}

/* All registers at once. */
static void read_state(struct pvp_machine *m, struct pvp_state *ret)
{
	void *to[NR_ENGINE_REGS];

	*ret = m->shadow;
	for (unsigned i = 0; i < NR_ENGINE_REGS; i++)
		to[i] = &ret->reg[i];
	uc_reg_read_batch(m->uc, (int *)engine_regs, to, NR_ENGINE_REGS);
}

static void write_state(struct pvp_machine *m, const struct pvp_state *state)
{
	void *from[NR_ENGINE_REGS];

	m->shadow = *state;
	for (unsigned i = 0; i < NR_ENGINE_REGS; i++)
		from[i] = (void *)&state->reg[i];
	uc_reg_write_batch(m->uc, (int *)engine_regs, from, NR_ENGINE_REGS);
}

void pvp_x86_jump(struct pvp_machine *m, uint64_t addr)
{
	if (m->in_memory_hook) {
		m->resume = true;
		m->resume_at = addr;
	} else {
		uc_reg_write(m->uc, UC_X86_REG_RIP, &addr);
	}
}

void pvp_x86_stop(struct pvp_machine *m, enum pvp_stop stop)
{
	struct pvp_run *run = m->run;

	if (m->stopped)
		return;
	m->stopped = true;
	run->stop = stop;
	run->stop_addr = m->here;
	uc_emu_stop(m->uc);
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

/* --- text: what begins at an address --- */

static uint8_t *text_class(struct pvp_machine *m, uint64_t addr)
{
	for (size_t i = 0; i < m->nr_texts; i++)
		if (addr - m->texts[i].addr < m->texts[i].len)
			return &m->texts[i].class[addr - m->texts[i].addr];
	return NULL;
}

static struct pvp_x86_insn *insn_slot(struct pvp_machine *m, uint64_t addr)
{
	size_t i = pvp_mix(0, addr) & (m->cap_insns - 1);

	while (m->insns[i].addr && m->insns[i].addr != addr)
		i = (i + 1) & (m->cap_insns - 1);
	return &m->insns[i];
}

static void remember_insn(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	if (m->nr_insns * 2 >= m->cap_insns) {
		struct pvp_x86_insn *old = m->insns;
		size_t cap = m->cap_insns;

		m->cap_insns = cap ? cap * 2 : 256;
		m->insns = pvp_calloc(m->cap_insns, sizeof(*m->insns));
		for (size_t i = 0; i < cap; i++)
			if (old[i].addr)
				*insn_slot(m, old[i].addr) = old[i];
		free(old);
	}
	*insn_slot(m, insn->addr) = *insn;
	m->nr_insns++;
}

static int compare_specials(const void *a, const void *b)
{
	const struct pvp_special *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static const struct pvp_special *find_special(struct pvp_machine *m, uint64_t addr)
{
	struct pvp_special key = { .addr = addr };

	return bsearch(&key, m->specials, m->nr_specials, sizeof(key), compare_specials);
}

/* First visit: decode and classify. */
static uint8_t see(struct pvp_machine *m, uint64_t addr, uint32_t engine_len)
{
	struct pvp_x86_insn insn;
	uint8_t bytes[15];
	size_t nr = sizeof(bytes);

	while (nr && !pvp_memory_read(&m->memory, addr, bytes, nr))
		nr--;
	pvp_x86_decode(m->decoder, bytes, nr, addr, &insn);
	/* The engine does not know the length of what it cannot decode itself. */
	if (insn.class == PVP_X86_PLAIN && engine_len <= 15 && engine_len != insn.len) {
		snprintf(m->run->detail, sizeof(m->run->detail), "%.40s: %u or %u bytes", insn.text,
			 insn.len, engine_len);
		pvp_x86_stop(m, PVP_STOP_DECODE);
		return PVP_X86_UNSEEN;
	}
	/* What neither can decode is no instruction. */
	if (!insn.len && engine_len > 15)
		insn.class = PVP_X86_UD;
	if (insn.class != PVP_X86_PLAIN)
		remember_insn(m, &insn);
	return insn.class;
}

/* --- hooks --- */

static void do_special(struct pvp_machine *m, uint64_t addr)
{
	const struct pvp_special *special = find_special(m, addr);
	/* System V order; the sixth is the last an effect has room for beside the index. */
	static const enum pvp_x86_reg arg_regs[] = { PVP_X86_rdi, PVP_X86_rsi, PVP_X86_rdx,
						     PVP_X86_rcx, PVP_X86_r8,  PVP_X86_r9 };
	uint64_t args[PVP_EFFECT_MAX_ARGS], sp, to;

	switch (special->kind) {
	case PVP_SPECIAL_SKIP:
		pvp_effects_add(&m->run->effects, PVP_EFFECT_WARN, 1, &addr);
		pvp_x86_jump(m, addr + special->len);
		return;
	case PVP_SPECIAL_CALLEE:
		args[0] = special->index;
		for (unsigned i = 0; i < special->nr_args; i++)
			args[1 + i] = pvp_x86_get(m, arg_regs[i]);
		pvp_effects_add(&m->run->effects, PVP_EFFECT_CALLEE, 1 + special->nr_args, args);
		pvp_x86_set(m, PVP_X86_rax,
			    m->client.callee_result(m->client.arg, special->index,
						    m->callee_calls[special - m->specials]++,
						    m->request->seed));
		sp = pvp_x86_get(m, PVP_X86_rsp);
		if (!pvp_memory_read(&m->memory, sp, &to, sizeof(to))) {
			pvp_x86_fault(m, PVP_FAULT_PF, sp, 0);
			return;
		}
		pvp_x86_set(m, PVP_X86_rsp, sp + 8);
		pvp_x86_jump(m, to);
		return;
	case PVP_SPECIAL_OPAQUE:
		pvp_x86_stop(m, PVP_STOP_OPAQUE);
		return;
	}
}

static bool is_inside(const struct pvp_run_request *request, uint64_t addr)
{
	return addr - request->inside[0].lo < request->inside[0].hi - request->inside[0].lo ||
	       addr - request->inside[1].lo < request->inside[1].hi - request->inside[1].lo;
}

static void on_code(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct pvp_machine *m = arg;
	struct pvp_run *run = m->run;
	uint8_t *class;

	if (!run) { /* set-up code: one instruction, then the landing */
		if (addr == PVP_X86_LANDING)
			uc_emu_stop(uc);
		return;
	}
	if (m->stopped)
		return;
	m->here = addr;
	if (!run->entered && !is_inside(m->request, addr)) {
		run->entered = true;
		run->entry_effects = run->effects.nr;
		run->entry_log = m->memory.nr_log;
		read_state(m, &run->entry);
		run->entry.reg[PVP_X86_rip] = addr;
	}
	if (addr == m->request->end &&
	    pvp_x86_get(m, PVP_X86_rsp) == m->request->end_sp) {
		pvp_x86_stop(m, PVP_STOP_END);
		return;
	}
	if (run->insns++ == m->request->max_insns) {
		pvp_x86_stop(m, PVP_STOP_BUDGET);
		return;
	}
	class = text_class(m, addr);
	if (!class) { /* executable, yet no region: the engine and we disagree */
		snprintf(run->detail, sizeof(run->detail), "unknown text");
		pvp_x86_stop(m, PVP_STOP_ENGINE);
		return;
	}
	if (*class == PVP_X86_UNSEEN)
		*class = see(m, addr, size);
	switch (*class) {
	case PVP_X86_UNSEEN: /* see() stopped the run */
	case PVP_X86_PLAIN:
		return;
	case PVP_X86_SPECIAL:
		do_special(m, addr);
		return;
	case PVP_X86_UNMODELLED:
		snprintf(run->detail, sizeof(run->detail), "%.60s", insn_slot(m, addr)->text);
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return;
	default:
		pvp_x86_sensitive(m, insn_slot(m, addr));
		if (m->stopped && run->stop == PVP_STOP_UNMODELLED)
			snprintf(run->detail, sizeof(run->detail), "%.60s",
				 insn_slot(m, addr)->text);
	}
}

static void on_write(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
		     void *arg)
{
	struct pvp_machine *m = arg;

	(void)uc;
	(void)type;
	if (m->run)
		pvp_memory_log(&m->memory, addr, size, value, PVP_WRITER_GUEST);
}

/* Maps the page an access strayed to.  False: too many, or the engine refuses. */
static bool map_stray(struct pvp_machine *m, uint64_t addr)
{
	struct pvp_region region = { .addr = addr & ~(PAGE - 1),
				     .len = PAGE,
				     .prot = PVP_PROT_READ | PVP_PROT_WRITE,
				     .class = PVP_MEM_PLAIN,
				     .name = "stray" };

	if (m->nr_strays == ARRAY_SIZE(m->strays))
		return false;
	region.host = aligned_alloc(PAGE, PAGE);
	if (!region.host ||
	    uc_mem_map_ptr(m->uc, region.addr, PAGE, UC_PROT_READ | UC_PROT_WRITE, region.host)) {
		free(region.host);
		return false;
	}
	m->client.fill(m->client.arg, m->request->seed, region.addr, region.host, PAGE);
	pvp_memory_add(&m->memory, &region);
	m->strays[m->nr_strays++] = (struct stray){ region.addr, region.host };
	m->run->strays++;
	/* The write hook ran before there was memory: complete what it logged. */
	for (size_t i = m->memory.nr_log; i-- > 0 && !m->memory.log[i].host;) {
		struct pvp_write *w = &m->memory.log[i];

		w->host = pvp_memory_host(&m->memory, w->addr, w->size);
		if (w->host)
			memcpy(&w->old, w->host, w->size);
	}
	return true;
}

static bool on_bad_access(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
			  void *arg)
{
	struct pvp_machine *m = arg;
	bool unmapped = type == UC_MEM_READ_UNMAPPED || type == UC_MEM_WRITE_UNMAPPED;
	bool write = type == UC_MEM_WRITE_UNMAPPED || type == UC_MEM_WRITE_PROT;
	bool fetch = type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT;
	bool canonical = pvp_x86_canonical(addr);

	(void)uc;
	(void)value;
	if (!m->run || m->stopped)
		return false;
	if (unmapped && canonical && addr >= STRAY_FROM && addr < -STRAY_FROM && map_stray(m, addr))
		return true;
	/* An access that faults has written nothing. */
	while (write && m->memory.nr_log &&
	       m->memory.log[m->memory.nr_log - 1].addr - addr < (uint64_t)size)
		m->memory.nr_log--;
	m->in_memory_hook = true;
	pvp_x86_fault(m, canonical ? PVP_FAULT_PF : PVP_FAULT_GP, addr,
		      (write ? PVP_FAULT_WRITE : 0) | (fetch ? PVP_FAULT_FETCH : 0));
	m->in_memory_hook = false;
	return false;
}

static void on_interrupt(uc_engine *uc, uint32_t vector, void *arg)
{
	struct pvp_machine *m = arg;

	if (!m->run) {
		uc_emu_stop(uc);
		return;
	}
	m->run->vector = vector;
	pvp_x86_stop(m, PVP_STOP_FAULT);
}

static bool on_invalid(uc_engine *uc, void *arg)
{
	struct pvp_machine *m = arg;

	(void)uc;
	if (m->run && !m->stopped) {
		snprintf(m->run->detail, sizeof(m->run->detail), "the engine raises #UD");
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
	}
	return false;
}

/* --- runs --- */

void pvp_machine_run(struct pvp_machine *m, const struct pvp_run_request *request,
		     struct pvp_run *run)
{
	uint64_t at = request->start->reg[PVP_X86_rip];
	struct pvp_effects effects = run->effects;
	uc_err err;

	assert(!m->nr_strays);
	memset(run, 0, sizeof(*run));
	run->effects = effects;
	pvp_effects_clear(&run->effects);
	m->request = request;
	m->run = run;
	m->memory.clock = &run->effects.nr;
	m->stopped = false;
	m->here = at;
	m->pauses = m->tsc_reads = m->in_reads = m->nr_msrs = 0;
	if (m->nr_specials)
		memset(m->callee_calls, 0, m->nr_specials * sizeof(*m->callee_calls));
	uc_context_restore(m->uc, m->ready);
	write_state(m, request->start);
	do {
		m->resume = false;
		err = uc_emu_start(m->uc, at, PVP_X86_UNTIL, 0, 0);
		at = m->resume_at;
	} while (m->resume && !m->stopped);
	if (!m->stopped) {
		snprintf(run->detail, sizeof(run->detail), "%s", err ? uc_strerror(err) : "stopped");
		pvp_x86_stop(m, PVP_STOP_ENGINE);
	}
	read_state(m, &run->end);
	run->end.reg[PVP_X86_rip] = run->stop_addr;
	m->memory.clock = NULL;
	m->run = NULL;
}

void pvp_machine_undo(struct pvp_machine *m)
{
	pvp_memory_undo(&m->memory);
	while (m->nr_strays) {
		const struct stray *stray = &m->strays[--m->nr_strays];

		uc_mem_unmap(m->uc, stray->addr, PAGE);
		pvp_memory_remove(&m->memory, stray->addr);
		free(stray->host);
	}
}

/* --- set-up --- */

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

static struct pvp_error *engine_error(uc_err err, const char *what)
{
	return pvp_error_format(PVP_ERR_ENGINE, "unicorn: %s: %s", what, uc_strerror(err));
}

static struct pvp_error *map_region(struct pvp_machine *m, const struct pvp_region *r)
{
	uint32_t prot = (r->prot & PVP_PROT_READ ? UC_PROT_READ : 0) |
			(r->prot & PVP_PROT_WRITE ? UC_PROT_WRITE : 0) |
			(r->prot & PVP_PROT_EXEC ? UC_PROT_EXEC : 0);
	uc_err err = uc_mem_map_ptr(m->uc, r->addr, r->len, prot, r->host);

	if (err)
		return engine_error(err, r->name);
	pvp_memory_add(&m->memory, r);
	if (r->prot & PVP_PROT_EXEC) {
		m->texts = pvp_reallocarray(m->texts, m->nr_texts + 1, sizeof(*m->texts));
		m->texts[m->nr_texts++] =
			(struct text_map){ r->addr, r->len, pvp_calloc(r->len, 1) };
	}
	return NULL;
}

/* A flat segment: 64-bit code, or data.  Source: Intel SDM vol. 3, 3.4.5. */
static void set_descriptor(struct pvp_machine *m, unsigned selector, bool code, unsigned dpl)
{
	uint64_t d = (code ? 0x00af9b000000ffffull : 0x00cf93000000ffffull) | (uint64_t)dpl << 45;

	memcpy(m->own + 2 * PAGE + (selector & ~7u), &d, sizeof(d));
}

/* Writing a selector does not change privilege in the engine; an executed iretq does. */
static struct pvp_error *enter_ring(struct pvp_machine *m)
{
	static const uint8_t iretq[] = { 0x48, 0xcf };
	uint64_t frame[5] = { PVP_X86_LANDING, PVP_X86_RING0_CS, 2, PVP_X86_UNTIL + PAGE - 64,
			      PVP_X86_RING0_SS };
	uint64_t sp = PVP_X86_UNTIL + 0x800;
	uc_x86_mmr gdtr = { .base = PVP_X86_GDT, .limit = 0xffff };
	uc_err err;

	set_descriptor(m, PVP_X86_RING0_CS, true, 0);
	set_descriptor(m, PVP_X86_RING0_SS, false, 0);
	set_descriptor(m, PVP_X86_RING3_CS, true, 3);
	set_descriptor(m, PVP_X86_RING3_SS, false, 3);
	if (m->ring == 3) {
		frame[1] = PVP_X86_RING3_CS;
		frame[4] = PVP_X86_RING3_SS;
	}
	uc_reg_write(m->uc, UC_X86_REG_GDTR, &gdtr);
	uc_reg_write(m->uc, UC_X86_REG_RSP, &sp);
	memcpy(m->own + 0x800, frame, sizeof(frame));
	memset(m->own + PAGE, 0xf4, PAGE);
	memcpy(m->own + PAGE + 0x800, iretq, sizeof(iretq));
	err = uc_emu_start(m->uc, PVP_X86_LANDING + 0x800, PVP_X86_UNTIL, 0, 0);
	if (err)
		return engine_error(err, "entering the ring");
	uc_reg_read(m->uc, UC_X86_REG_RIP, &sp);
	if (sp != PVP_X86_LANDING)
		return pvp_error_format(PVP_ERR_ENGINE, "unicorn: iretq did not reach ring %u",
					m->ring);
	return NULL;
}

static struct pvp_error *add_hooks(struct pvp_machine *m)
{
	static const struct {
		int type;
		void *callback;
	} hooks[] = {
		{ UC_HOOK_CODE, (void *)on_code },
		{ UC_HOOK_MEM_WRITE, (void *)on_write },
		{ UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_PROT, (void *)on_bad_access },
		{ UC_HOOK_INTR, (void *)on_interrupt },
		{ UC_HOOK_INSN_INVALID, (void *)on_invalid },
	};
	uc_hook hook;

	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		uc_err err = uc_hook_add(m->uc, &hook, hooks[i].type, hooks[i].callback, m, 1, 0);

		if (err)
			return engine_error(err, "hook");
	}
	return NULL;
}

static struct pvp_error *map_all(struct pvp_machine *m, const struct pvp_machine_config *config)
{
	const struct pvp_region own[] = {
		{ PVP_X86_UNTIL, PAGE, m->own, PVP_PROT_READ | PVP_PROT_WRITE, PVP_MEM_PLAIN,
		  "until" },
		{ PVP_X86_LANDING, PAGE, m->own + PAGE, PVP_PROT_READ | PVP_PROT_EXEC,
		  PVP_MEM_PLAIN, "landing" },
		{ PVP_X86_GDT, 0x10000, m->own + 2 * PAGE, PVP_PROT_READ, PVP_MEM_PLAIN, "gdt" },
	};
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(own) && !err; i++)
		err = map_region(m, &own[i]);
	for (size_t i = 0; i < config->nr_regions && !err; i++)
		err = map_region(m, &config->regions[i]);
	return err;
}

static void place_specials(struct pvp_machine *m, const struct pvp_machine_config *config)
{
	m->nr_specials = config->nr_specials;
	m->specials = pvp_calloc(m->nr_specials, sizeof(*m->specials));
	m->callee_calls = pvp_calloc(m->nr_specials, sizeof(*m->callee_calls));
	if (m->nr_specials)
		memcpy(m->specials, config->specials, m->nr_specials * sizeof(*m->specials));
	qsort(m->specials, m->nr_specials, sizeof(*m->specials), compare_specials);
	for (size_t i = 0; i < m->nr_specials; i++) {
		uint8_t *class = text_class(m, m->specials[i].addr);

		if (class)
			*class = PVP_X86_SPECIAL;
	}
}

static struct pvp_error *set_up(struct pvp_machine *m, const struct pvp_machine_config *config)
{
	struct pvp_error *err;
	uc_err uerr = uc_open(UC_ARCH_X86, UC_MODE_64, &m->uc);

	if (uerr)
		return engine_error(uerr, "open");
#if UC_API_MAJOR > 2 || (UC_API_MAJOR == 2 && UC_API_MINOR >= 1)
	/* Without it 2.1 refuses kernel addresses while paging is off. */
	uerr = uc_ctl_tlb_mode(m->uc, UC_TLB_VIRTUAL);
	if (uerr)
		return engine_error(uerr, "virtual TLB");
#endif
	err = pvp_x86_decoder_create(&m->decoder);
	if (!err)
		err = map_all(m, config);
	if (!err)
		err = add_hooks(m);
	if (!err)
		err = enter_ring(m);
	if (err)
		return err;
	uerr = uc_context_alloc(m->uc, &m->ready);
	if (!uerr)
		uerr = uc_context_save(m->uc, m->ready);
	if (uerr)
		return engine_error(uerr, "context");
	place_specials(m, config);
	return NULL;
}

struct pvp_error *pvp_machine_create(const struct pvp_machine_config *config,
				     struct pvp_machine **ret)
{
	struct pvp_machine *m = pvp_calloc(1, sizeof(*m));
	struct pvp_error *err;

	m->ring = config->ring;
	m->client = config->client;
	for (int i = 0; i < PVP_X86_NR_CLASSES; i++)
		m->rules[i] = config->ring ? rule_table[i].ring3 : rule_table[i].ring0;
	for (size_t i = 0; i < config->nr_rules; i++) {
		int class = rule_index(config->rules[i].insn);

		if (class < 0) {
			free(m);
			return pvp_error_format(PVP_ERR_NOT_FOUND, "unknown instruction class \"%s\"",
						config->rules[i].insn);
		}
		m->rules[class] = config->rules[i].rule;
	}
	m->own = mmap(NULL, 0x12000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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
	for (size_t i = 0; i < m->nr_texts; i++)
		free(m->texts[i].class);
	free(m->texts);
	free(m->insns);
	free(m->specials);
	free(m->callee_calls);
	munmap(m->own, 0x12000);
	free(m);
}
