// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - amd64 and i386 machines over Unicorn: their state, their hooks, their runs.
 *
 * One code hook sees every instruction before it executes: it counts, notices entry and end, and
 * sends sensitive instructions to our rules.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "x86.h"

_Static_assert(PVP_X86_NR_STATE <= PVP_NR_REGS, "the state holds every register");

uint64_t pvp_x86_get(struct pvp_machine *m, enum pvp_x86_reg reg)
{
	uint64_t value = 0;

	if (!m->regs[reg])
		return m->shadow.reg[reg];
	uc_reg_read(m->uc, m->regs[reg], &value);
	return value;
}

/* The engine takes a segment's base by its MSR where it does not by name; Intel SDM vol. 4. */
static void set_base(struct pvp_machine *m, enum pvp_x86_reg reg)
{
	uc_x86_msr msr = { .rid = reg == PVP_X86_fs_base ? 0xc0000100 : 0xc0000101,
			   .value = m->shadow.reg[reg] };

	uc_reg_write(m->uc, UC_X86_REG_MSR, &msr);
}

void pvp_x86_set(struct pvp_machine *m, enum pvp_x86_reg reg, uint64_t value)
{
	if (m->regs[reg]) {
		uc_reg_write(m->uc, m->regs[reg], &value);
		return;
	}
	m->shadow.reg[reg] = value;
	if (reg == PVP_X86_fs_base || reg == PVP_X86_gs_base)
		set_base(m, reg);
}

uint64_t pvp_machine_reg(struct pvp_machine *machine, unsigned reg)
{
	return pvp_x86_get(machine, reg);
}

void pvp_machine_set_reg(struct pvp_machine *machine, unsigned reg, uint64_t value)
{
	pvp_x86_set(machine, reg, value);
}

enum pvp_isa pvp_machine_isa(const struct pvp_machine *machine)
{
	return machine->isa - pvp_x86_isas;
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
	return machine->isa->own + PVP_X86_LANDING;
}

struct pvp_memory *pvp_machine_memory(struct pvp_machine *machine)
{
	return &machine->memory;
}

void pvp_x86_name_registers(struct pvp_machine *m)
{
	m->regs = m->isa->regs;
	for (unsigned reg = 0; reg < PVP_X86_NR_ENGINE_REGS; reg++) {
		if (!m->regs[reg])
			continue;
		m->engine_names[m->nr_engine_regs] = m->regs[reg];
		m->engine_regs[m->nr_engine_regs++] = reg;
	}
}

/* All registers at once. */
static void read_state(struct pvp_machine *m, struct pvp_state *ret)
{
	void *to[PVP_X86_NR_ENGINE_REGS];

	*ret = m->shadow;
	for (unsigned i = 0; i < m->nr_engine_regs; i++) /* in 32-bit mode, their lower halves */
		to[i] = &ret->reg[m->engine_regs[i]];
	uc_reg_read_batch(m->uc, m->engine_names, to, m->nr_engine_regs);
}

static void write_state(struct pvp_machine *m, const struct pvp_state *state)
{
	void *from[PVP_X86_NR_ENGINE_REGS];

	m->shadow = *state;
	for (unsigned i = 0; i < m->nr_engine_regs; i++)
		from[i] = (void *)&state->reg[m->engine_regs[i]];
	uc_reg_write_batch(m->uc, m->engine_names, from, m->nr_engine_regs);
	if (!m->regs[PVP_X86_fs_base]) {
		set_base(m, PVP_X86_fs_base);
		set_base(m, PVP_X86_gs_base);
	}
}

void pvp_x86_jump(struct pvp_machine *m, uint64_t addr)
{
	if (m->in_engine) {
		m->resume = true;
		m->resume_at = addr;
	} else {
		uc_reg_write(m->uc, m->regs[PVP_X86_rip], &addr);
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

/* --- hooks --- */

/* Argument i of the call that has just entered a callee.  False: its stack cannot be read. */
static bool call_argument(struct pvp_machine *m, const struct pvp_special *special, unsigned i,
			  uint64_t *ret)
{
	unsigned in_regs = special->stack_args ? 0 : m->isa->nr_arg_regs;

	*ret = 0;
	if (i < in_regs) {
		*ret = pvp_x86_get(m, m->isa->arg_regs[i]);
		return true;
	}
	/* The return address is below them. */
	return pvp_x86_read(m, pvp_x86_get(m, PVP_X86_rsp) + (1 + i - in_regs) * m->isa->word, ret,
			    m->isa->word);
}

/* True: the instruction itself is to be executed as well. */
static bool do_special(struct pvp_machine *m, uint64_t addr)
{
	const struct pvp_special *special = pvp_x86_text_special(m, addr);
	uint64_t args[PVP_EFFECT_MAX_ARGS], sp, to = 0;

	switch (special->kind) {
	case PVP_SPECIAL_SKIP:
		pvp_effects_add(&m->run->effects, PVP_EFFECT_WARN, 1, &addr);
		pvp_x86_jump(m, addr + special->len);
		return false;
	case PVP_SPECIAL_CALLEE:
		args[0] = special->index;
		for (unsigned i = 0; i < special->nr_args; i++)
			if (!call_argument(m, special, i, &args[1 + i]))
				return false;
		if (!m->boots)
			pvp_effects_add(&m->run->effects, PVP_EFFECT_CALLEE, 1 + special->nr_args,
					args);
		pvp_x86_set(m, PVP_X86_rax,
			    m->client.callee_result(m->client.arg, special->index,
						    m->callee_calls[special->index]++,
						    m->request->seed));
		sp = pvp_x86_get(m, PVP_X86_rsp);
		if (!pvp_x86_read(m, sp, &to, m->isa->word))
			return false;
		pvp_x86_set(m, PVP_X86_rsp, sp + m->isa->word);
		pvp_x86_jump(m, to);
		return false;
	case PVP_SPECIAL_OPAQUE:
		pvp_x86_stop(m, PVP_STOP_OPAQUE);
		return false;
	case PVP_SPECIAL_WATCH:
		m->client.watch(m->client.arg, special->index);
		return true;
	}
	return false;
}

static bool is_inside(const struct pvp_run_request *request, uint64_t addr)
{
	return addr - request->inside[0].lo < request->inside[0].hi - request->inside[0].lo ||
	       addr - request->inside[1].lo < request->inside[1].hi - request->inside[1].lo;
}

/* The engine is to stop before what it cannot translate behind the branch at addr.  False: it did
 * not know; it begins again with the branch (or, in a boot, stops). */
static bool avoid_ahead(struct pvp_machine *m, uint64_t addr)
{
	uint64_t ends[2];
	unsigned nr = pvp_x86_text_ends_ahead(m, pvp_x86_text_insn(m, addr), ends);
	bool known = true;

	if (m->boots) {
		snprintf(m->run->detail, sizeof(m->run->detail),
			 "a branch to a far branch through a register");
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return false;
	}
	for (unsigned i = 0; i < nr; i++) {
		bool found = ends[i] == m->until;

		for (unsigned j = 0; j < ARRAY_SIZE(m->ahead); j++)
			found |= ends[i] == m->ahead[j];
		if (!found)
			m->ahead[m->next_ahead++ % ARRAY_SIZE(m->ahead)] = ends[i];
		known &= found;
	}
	if (known)
		return true;
	m->run->insns--;
	m->exits_stale = m->resume = true;
	m->resume_at = addr;
	uc_emu_stop(m->uc);
	return false;
}

void pvp_x86_on_code(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct pvp_machine *m = arg;
	struct pvp_run *run = m->run;
	uint8_t *class, kind;
	uint64_t left;

	if (!run) { /* set-up code: one instruction, then the landing */
		if (addr == pvp_machine_landing(m))
			uc_emu_stop(uc);
		return;
	}
	if (m->stopped || m->resume)
		return;
	m->here = addr;
	m->here_log = m->memory.nr_log;
	if (!run->entered && !is_inside(m->request, addr)) {
		run->entered = true;
		run->entry_effects = run->effects.nr;
		run->entry_log = m->memory.nr_log;
		read_state(m, &run->entry);
		run->entry.reg[PVP_X86_rip] = addr;
		if (m->request->only_entry) {
			pvp_x86_stop(m, PVP_STOP_OPAQUE);
			return;
		}
	}
	if (addr == m->request->end) {
		if (pvp_x86_get(m, PVP_X86_rsp) == m->request->end_sp) {
			pvp_x86_stop(m, PVP_STOP_END);
			return;
		}
		run->passed = true;
	}
	/* Looked at before the engine and we differ about it: it may be part of what follows. */
	left = m->request->inside[0].hi - addr;
	if (left - 1 < m->request->inside[0].hi - m->request->inside[0].lo &&
	    pvp_x86_text_straddles(m, addr, size, left)) {
		pvp_x86_stop(m, PVP_STOP_STRADDLE);
		return;
	}
	if (run->insns++ == m->request->max_insns) {
		pvp_x86_stop(m, PVP_STOP_BUDGET);
		return;
	}
	class = pvp_x86_text_class(m, addr);
	if (!class) { /* executable, yet no region: the engine and we disagree */
		snprintf(run->detail, sizeof(run->detail), "unknown text");
		pvp_x86_stop(m, PVP_STOP_ENGINE);
		return;
	}
	if (*class == PVP_X86_UNSEEN)
		*class = pvp_x86_text_see(m, addr, size, NULL);
	kind = *class;
	if (kind == PVP_X86_AHEAD && !avoid_ahead(m, addr))
		return;
	if (m->trace && kind != PVP_X86_SPECIAL)
		pvp_x86_trace_insn(m->trace, addr);
	if (kind == PVP_X86_SPECIAL)
		kind = do_special(m, addr) ? pvp_x86_text_see(m, addr, size, NULL) : PVP_X86_PLAIN;
	switch (kind) {
	case PVP_X86_UNSEEN: /* the decoder and the engine disagree: it stopped the run */
	case PVP_X86_PLAIN:
	case PVP_X86_AHEAD:
		return;
	case PVP_X86_UNMODELLED:
		snprintf(run->detail, sizeof(run->detail), "%.60s",
			 pvp_x86_text_insn(m, addr)->text);
		run->foreign = pvp_x86_text_insn(m, addr)->foreign;
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return;
	default:
		pvp_x86_sensitive(m, pvp_x86_text_insn(m, addr));
		if (m->stopped && run->stop == PVP_STOP_UNMODELLED)
			snprintf(run->detail, sizeof(run->detail), "%.60s",
				 pvp_x86_text_insn(m, addr)->text);
	}
}

static void on_write(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
		     void *arg)
{
	struct pvp_machine *m = arg;

	(void)uc;
	(void)type;
	if (m->boots)
		pvp_x86_text_forget(m, addr, size);
	else if (m->run)
		pvp_memory_log(&m->memory, addr, size, value, PVP_WRITER_GUEST);
}

static void on_interrupt(uc_engine *uc, uint32_t vector, void *arg)
{
	struct pvp_machine *m = arg;

	if (m->run) {
		m->in_engine = m->faulted = true;
		pvp_x86_fault(m, vector, 0, 0);
		m->in_engine = false;
	}
	uc_emu_stop(uc);
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

struct pvp_error *pvp_x86_add_hooks(struct pvp_machine *m)
{
	static const struct {
		int type;
		void *callback;
	} hooks[] = {
		{ UC_HOOK_CODE, (void *)pvp_x86_on_code },
		{ UC_HOOK_MEM_WRITE, (void *)on_write },
		{ UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_PROT, (void *)pvp_x86_on_bad_access },
		{ UC_HOOK_INTR, (void *)on_interrupt },
		{ UC_HOOK_INSN_INVALID, (void *)on_invalid },
	};
	uc_hook hook;

	for (size_t i = m->blocks ? 1 : 0; i < ARRAY_SIZE(hooks); i++) {
		uc_err err = uc_hook_add(m->uc, &hook, hooks[i].type, hooks[i].callback, m, 1, 0);

		if (err)
			return pvp_x86_engine_error(err, "hook");
	}
	if (m->trace) {
		uc_err err = uc_hook_add(m->uc, &hook, UC_HOOK_MEM_READ, (void *)pvp_x86_on_read, m,
					 1, 0);

		if (err)
			return pvp_x86_engine_error(err, "hook");
	}
	return m->blocks ? pvp_x86_blocks_add_hooks(m) : NULL;
}

/* --- runs --- */

/* (A site's text is the same in every run.) */
static void look_ahead(struct pvp_machine *m, const struct pvp_run_request *request)
{
	const uint64_t lo = request->inside[0].lo, hi = request->inside[0].hi;

	if (m->boots || (lo == m->looked_at[0] && hi == m->looked_at[1]))
		return;
	m->until = pvp_x86_text_untranslatable(m, lo, hi);
	memset(m->ahead, 0, sizeof(m->ahead));
	m->exits_stale = true;
	m->looked_at[0] = lo;
	m->looked_at[1] = hi;
}

static uc_err tell_exits(struct pvp_machine *m)
{
	uint64_t exits[2 + ARRAY_SIZE(m->ahead)] = { m->isa->own + PVP_X86_UNTIL };
	size_t nr = 1;

	if (m->until)
		exits[nr++] = m->until;
	for (unsigned i = 0; i < ARRAY_SIZE(m->ahead); i++)
		if (m->ahead[i])
			exits[nr++] = m->ahead[i];
	m->exits_stale = false;
	return uc_ctl_set_exits(m->uc, exits, nr);
}

static bool is_exit(const struct pvp_machine *m, uint64_t addr)
{
	bool is = addr == m->until;

	for (unsigned i = 0; i < ARRAY_SIZE(m->ahead); i++)
		is |= addr == m->ahead[i];
	return is && addr;
}

/* The engine has come to where it must not go on; or, where a translation is older than what it was
 * told since, where it may. */
static void arrive(struct pvp_machine *m, uint64_t from, uint64_t addr)
{
	m->here = addr;
	if (pvp_x86_text_ends_engine(m, addr)) {
		pvp_x86_fault(m, PVP_FAULT_UD, 0, 0);
	} else if (addr == m->until) {
		pvp_x86_stop(m, PVP_STOP_STRADDLE);
	} else if (addr != from && addr != m->isa->own + PVP_X86_UNTIL) {
		for (unsigned i = 0; i < ARRAY_SIZE(m->ahead); i++)
			if (m->ahead[i] == addr)
				m->ahead[i] = 0;
		m->exits_stale = m->resume = true;
		m->resume_at = addr;
	}
}

void pvp_machine_run(struct pvp_machine *m, const struct pvp_run_request *request,
		     struct pvp_run *run)
{
	uint64_t at = request->start->reg[PVP_X86_rip];
	struct pvp_effects effects = run->effects;
	struct pvp_state now;
	uc_err err = UC_ERR_OK;

	assert(!m->nr_strays);
	memset(run, 0, sizeof(*run));
	run->effects = effects;
	pvp_effects_clear(&run->effects);
	m->request = request;
	m->run = run;
	m->memory.clock = &run->effects.nr;
	m->stopped = false;
	m->here = at;
	m->sti_shadow = 0;
	m->here_log = m->memory.nr_log;
	if (m->trace)
		m->trace->nr_insns = m->trace->nr_reads = 0;
	m->pauses = m->tsc_reads = m->in_reads = m->nr_msrs = 0;
	if (m->nr_callees)
		memset(m->callee_calls, 0, m->nr_callees * sizeof(*m->callee_calls));
	uc_context_restore(m->uc, m->ready);
	write_state(m, request->start);
	if (!m->boots && pvp_x86_text_ends_engine(m, at))
		pvp_x86_fault(m, PVP_FAULT_UD, 0, 0);
	look_ahead(m, request);
	while (!m->stopped) {
		bool begins = !is_exit(m, at); /* the engine would begin with it */

		m->faulted = m->resume = false;
		err = m->exits_stale ? tell_exits(m) : UC_ERR_OK;
		if (!err && begins)
			err = uc_emu_start(m->uc, at, 0, 0, 0);
		m->in_engine = true;
		if (!err && !m->stopped && !m->resume && !m->boots)
			arrive(m, at, begins ? pvp_x86_get(m, PVP_X86_rip) : at);
		m->in_engine = false;
		/* The engine does the first half of a store whose second half faults. */
		if (m->faulted)
			pvp_memory_undo_to(&m->memory, m->here_log);
		if (!m->resume)
			break;
		if (m->stale) /* (It does nothing where the page has no translation.) */
			uc_ctl_remove_cache(m->uc, m->resume_at, m->resume_at + m->stale_len);
		m->stale = false;
		/* Forget that there was a fault: the engine would make the next one a #DF. */
		read_state(m, &now);
		uc_context_restore(m->uc, m->ready);
		write_state(m, &now);
		at = m->resume_at;
	}
	if (!m->stopped) {
		snprintf(run->detail, sizeof(run->detail), "%s",
			 err ? uc_strerror(err) : "stopped");
		pvp_x86_stop(m, PVP_STOP_ENGINE);
	}
	read_state(m, &run->end);
	run->end.reg[PVP_X86_rip] = run->stop_addr;
	m->memory.clock = NULL;
	m->run = NULL;
}

void pvp_machine_undo(struct pvp_machine *m)
{
	if (m->boots)
		m->memory.nr_log = 0;
	else
		pvp_memory_undo(&m->memory);
	pvp_x86_drop_strays(m);
}
