// SPDX-License-Identifier: GPL-2.0-only
#include "shrink.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bench.h"
#include "difference.h"

#define MAX_WORK (1u << 20) /* instructions, both sides, over all trials of one witness */
#define RUN_COST 64	    /* of a run, whatever it executes */

/* --- plain values --- */

#define MAX_PLAIN 4

struct plain {
	unsigned nr;	       /* 0: stays as it is */
	uint64_t v[MAX_PLAIN]; /* the plainest first */
};

// clang-format off
/*
 * Plain values of a domain, all of them values that start.c can draw.  What has memory behind it,
 * or goes with another argument, stays: it would be another object.
 */
#define ONE(...) +1
static const struct plain by_domain[0 PVP_DOMAINS(ONE)] = {
	[PVP_DOMAIN_RANDOM]     = { 4, { 0, 1, 1ull << 32, 1ull << 63 } },
	[PVP_DOMAIN_RANDOM32]   = { 3, { 0, 1, 1ull << 31 } },
	[PVP_DOMAIN_BOOL]       = { 2, { 0, 1 } },
	[PVP_DOMAIN_SMALL]      = { 2, { 0, 1 } },
	[PVP_DOMAIN_CPU]        = { 1, { 0 } },
	[PVP_DOMAIN_DEBUGREG]   = { 2, { 0, 1 } },
	[PVP_DOMAIN_MSR]        = { 1, { 0x10 } },
	[PVP_DOMAIN_PTE]        = { 4, { 0, 1, 1ull << 32, 1ull << 63 } },
	[PVP_DOMAIN_FLAGS]      = { 2, { 2, 2 | PVP_X86_FLAG_IF } },
	[PVP_DOMAIN_SELECTOR]   = { 2, { 0, 3 } },
	[PVP_DOMAIN_VADDR]      = { 2, { 0, 1 } },
	[PVP_DOMAIN_ENTRIES]    = { 2, { 0, 1 } },
	[PVP_DOMAIN_DESC_TYPE]  = { 2, { 0, 2 } },
	[PVP_DOMAIN_HYPERCALL]  = { 1, { 3 } },
};

/* Plain values of the system's registers: what draw_system_state has most often, or 0. */
static const struct {
	enum pvp_x86_reg reg;
	uint64_t value;
} system_registers[] = {
	{ PVP_X86_fs_base, 0 }, { PVP_X86_gs_base, 0 }, { PVP_X86_kernel_gs_base, 0 },
	{ PVP_X86_cr0, 0x80050033 }, { PVP_X86_cr2, 0 }, { PVP_X86_cr3, 0 },
	{ PVP_X86_cr4, 0x1706e0 }, { PVP_X86_cr8, 0 },
	{ PVP_X86_dr0, 0 }, { PVP_X86_dr1, 0 }, { PVP_X86_dr2, 0 }, { PVP_X86_dr3, 0 },
	{ PVP_X86_dr6, 0xffff0ff0 }, { PVP_X86_dr7, 0x400 },
	{ PVP_X86_es, 0 }, { PVP_X86_ds, 0 }, { PVP_X86_fs, 0 }, { PVP_X86_gs, 0 },
	{ PVP_X86_ldtr, 0 },
};

static const struct {
	uint64_t bit;
	const char *name;
} flags[] = {
	{ PVP_X86_FLAG_CF, "rflags.CF" }, { PVP_X86_FLAG_PF, "rflags.PF" },
	{ PVP_X86_FLAG_AF, "rflags.AF" }, { PVP_X86_FLAG_ZF, "rflags.ZF" },
	{ PVP_X86_FLAG_SF, "rflags.SF" }, { PVP_X86_FLAG_OF, "rflags.OF" },
	{ PVP_X86_FLAG_IF, "rflags.IF" }, { PVP_X86_FLAG_AC, "rflags.AC" },
	{ PVP_X86_FLAG_ID, "rflags.ID" },
};
// clang-format on

/* --- what can be made plain --- */

struct item {
	enum { REGISTER, FLAG, POKE, SCRIPT } kind;
	unsigned at;	    /* register; index of a flag, poke or script row */
	struct plain plain; /* REGISTER */
	unsigned level;	    /* 0: as drawn; else plain.v[level - 1], or gone */
};

#define MAX_ITEMS                                                                                  \
	(PVP_X86_NR_STATE + ARRAY_SIZE(flags) + PVP_START_MAX_POKES + PVP_START_MAX_SCRIPT)

struct shrink {
	struct pvp_bench *bench;
	const struct pvp_site *site;
	const struct pvp_contract *contract;
	struct pvp_start drawn;
	struct item items[MAX_ITEMS];
	size_t nr;
	/* The way in which it differs. */
	char *kind;
	enum pvp_stop stop[2];
	unsigned vector[2];
	uint64_t work;
};

static struct item *add(struct shrink *s, int kind, unsigned at)
{
	struct item *item = &s->items[s->nr++];

	assert(s->nr <= MAX_ITEMS);
	*item = (struct item){.kind = kind, .at = at};
	return item;
}

/* Whether memory of the op is found through argument i, or holds it. */
static bool has_memory(const struct pvp_contract *contract, unsigned i)
{
	for (size_t k = 0; k < contract->nr_pokes; k++)
		if (contract->pokes[k].arg == (int)i || contract->pokes[k].copy_arg == (int)i)
			return true;
	return false;
}

static struct plain plain_of(const struct pvp_contract *contract, unsigned reg)
{
	if (contract->has_rax && reg == PVP_X86_rax)
		return by_domain[contract->rax];
	for (unsigned i = 0; i < contract->nr_args; i++)
		if (pvp_contract_arg_reg(contract->isa, i) == reg)
			return has_memory(contract, i) ? (struct plain){.nr = 0}
						       : by_domain[contract->args[i]];
	return by_domain[PVP_DOMAIN_RANDOM];
}

static void add_registers(struct shrink *s)
{
	const struct pvp_plan *plan = s->bench->facts.plan;
	const uint64_t *reg = s->drawn.state.reg;
	bool ring3 = s->bench->input->platform->ring == 3;
	struct item *item;

	for (unsigned i = PVP_X86_rax; i <= PVP_X86_r15; i++) {
		struct plain plain = plain_of(s->contract, i);

		if (i == PVP_X86_rsp || !plain.nr || reg[i] == plain.v[0])
			continue;
		item = add(s, REGISTER, i);
		item->plain = plain;
		for (unsigned k = 0; k < plain.nr; k++)
			item->plain.v[k] &= plan->last;
	}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (reg[PVP_X86_rflags] & flags[i].bit &&
		    !(ring3 && flags[i].bit == PVP_X86_FLAG_IF))
			add(s, FLAG, i);
	for (size_t i = 0; i < ARRAY_SIZE(system_registers); i++) {
		unsigned r = system_registers[i].reg;

		/* Per-CPU data stays where it is. */
		if (reg[r] == system_registers[i].value || reg[r] == s->bench->facts.percpu_base ||
		    (plan->percpu_selector && reg[r] == plan->percpu_selector))
			continue;
		add(s, REGISTER, r)->plain = (struct plain){1, {system_registers[i].value}};
	}
}

/* Arguments on the stack are no memory that could be left alone. */
static bool is_argument(const struct shrink *s, const struct pvp_start_poke *poke)
{
	return poke->addr - s->drawn.state.reg[PVP_X86_rsp] <
	       PVP_MAX_ARGS * s->bench->facts.plan->word;
}

static void collect(struct shrink *s)
{
	add_registers(s);
	for (size_t i = 0; i < s->drawn.nr_pokes; i++)
		if (!is_argument(s, &s->drawn.pokes[i]))
			add(s, POKE, i);
	for (size_t i = 0; i < s->drawn.nr_script; i++)
		add(s, SCRIPT, i);
}

/* The drawn state with every item at its level. */
static void build(const struct shrink *s, struct pvp_start *ret)
{
	bool no_poke[PVP_START_MAX_POKES] = {false}, no_script[PVP_START_MAX_SCRIPT] = {false};
	uint64_t *reg = ret->state.reg;

	*ret = s->drawn;
	for (size_t i = 0; i < s->nr; i++) {
		const struct item *item = &s->items[i];

		if (!item->level)
			continue;
		switch (item->kind) {
		case REGISTER:
			reg[item->at] = item->plain.v[item->level - 1];
			break;
		case FLAG:
			reg[PVP_X86_rflags] &= ~flags[item->at].bit;
			break;
		case POKE:
			no_poke[item->at] = true;
			break;
		case SCRIPT:
			no_script[item->at] = true;
			break;
		}
	}
	ret->nr_pokes = ret->nr_script = 0;
	for (size_t i = 0; i < s->drawn.nr_pokes; i++)
		if (!no_poke[i])
			ret->pokes[ret->nr_pokes++] = s->drawn.pokes[i];
	for (size_t i = 0; i < s->drawn.nr_script; i++)
		if (!no_script[i])
			ret->script[ret->nr_script++] = s->drawn.script[i];
}

/* --- trials --- */

/* Runs the state that the levels make; the runs are there until undo. */
static const char *run(struct shrink *s, uint64_t max_insns, struct pvp_comparison *c)
{
	struct pvp_bench *bench = s->bench;

	build(s, &bench->start);
	pvp_bench_run(bench, s->site, s->contract, max_insns, c);
	s->work += 2 * RUN_COST + bench->side[0].run.insns + bench->side[1].run.insns;
	return pvp_bench_difference(bench, s->site, c);
}

static bool in_the_same_way(const struct shrink *s, const char *difference)
{
	char *kind;
	bool same;

	if (!difference)
		return false;
	for (int i = 0; i < 2; i++)
		if (s->bench->side[i].run.stop != s->stop[i] ||
		    s->bench->side[i].run.vector != s->vector[i])
			return false;
	kind = pvp_difference_kind(difference);
	same = !strcmp(kind, s->kind);
	free(kind);
	return same;
}

static bool still_differs(struct shrink *s)
{
	struct pvp_comparison c;
	bool ret;

	if (s->work >= MAX_WORK)
		return false;
	ret = in_the_same_way(s, run(s, PVP_MAX_INSNS, &c));
	pvp_bench_undo(s->bench);
	return ret;
}

/* Makes plain what can be of items [lo, hi): all of it at once, or else each half by itself. */
static bool reduce(struct shrink *s, size_t lo, size_t hi)
{
	unsigned before[MAX_ITEMS];
	bool first, any = false;

	for (size_t i = lo; i < hi; i++) {
		before[i] = s->items[i].level;
		any |= !before[i];
		s->items[i].level = s->items[i].level ? s->items[i].level : 1;
	}
	if (!any || still_differs(s))
		return any;
	for (size_t i = lo; i < hi; i++)
		s->items[i].level = before[i];
	if (hi - lo == 1)
		return false;
	first = reduce(s, lo, lo + (hi - lo) / 2);
	return reduce(s, lo + (hi - lo) / 2, hi) || first;
}

/* What cannot be the plainest value may be the next one. */
static void settle(struct shrink *s, struct item *item)
{
	uint64_t drawn = s->drawn.state.reg[item->at];

	for (item->level = 2; item->level <= item->plain.nr; item->level++)
		if (item->plain.v[item->level - 1] != drawn && still_differs(s))
			return;
	item->level = 0;
}

static char *name_what_matters(const struct shrink *s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < s->nr; i++) {
		const struct item *item = &s->items[i];

		if (item->level == 1)
			continue;
		switch (item->kind) {
		case REGISTER:
			fprintf(out, "%s\n", pvp_x86_reg_name(item->at));
			break;
		case FLAG:
			fprintf(out, "%s\n", flags[item->at].name);
			break;
		case POKE:
			fprintf(out, "memory at %#" PRIx64 "\n", s->drawn.pokes[item->at].addr);
			break;
		case SCRIPT:
			fprintf(out, "another CPU's store to %#" PRIx64 "\n",
				s->drawn.script[item->at].addr);
			break;
		}
	}
	fclose(out);
	return text;
}

/* --- how each side gets there --- */

#define MAX_LINES 16

/* The number of the first effect that differs; SIZE_MAX: none does. */
static size_t first_effect(const struct pvp_bench *bench)
{
	const struct pvp_effects *e0 = &bench->side[0].run.effects;
	const struct pvp_effects *e1 = &bench->side[1].run.effects;

	for (size_t i = 0; i < e0->nr || i < e1->nr; i++)
		if (i >= e0->nr || i >= e1->nr || !pvp_effect_equal(e0, i, e1, i))
			return i;
	return SIZE_MAX;
}

/* Fewest instructions after which side i has entered, or has made the effect. */
static uint64_t fewest(struct shrink *s, int i, uint64_t all, size_t effect)
{
	const struct pvp_run *r = &s->bench->side[i].run;
	uint64_t lo = 0, hi = all;
	struct pvp_comparison c;

	while (lo < hi) {
		uint64_t middle = lo + (hi - lo) / 2;

		run(s, middle, &c);
		if (effect == SIZE_MAX ? r->entered : r->effects.nr > effect)
			hi = middle;
		else
			lo = middle + 1;
		pvp_bench_undo(s->bench);
	}
	return lo;
}

static void print_insn(const struct pvp_bench *bench, int i, uint64_t addr, FILE *out)
{
	const uint8_t *bytes = NULL;
	struct pvp_x86_insn insn;
	char where[128];
	size_t nr, len;

	for (nr = sizeof(insn.bytes); nr && !bytes; nr--)
		bytes = pvp_view_bytes(&bench->side[i].view, addr, nr);
	if (bytes)
		pvp_x86_decode(bench->decoder, bytes, nr + 1, addr, &insn);
	len = bytes && insn.len ? strlen(insn.text) : 0;
	if (len && insn.text[len - 1] == ' ') /* it has no operands */
		len--;
	fprintf(out, "%s: %.*s\n",
		pvp_image_describe(bench->input->image, addr, where, sizeof(where)), (int)len,
		len ? insn.text : "");
}

/* The instructions [0, nr) of side i: a run that is cut short says where it is. */
static char *list(struct shrink *s, int i, uint64_t nr)
{
	const struct pvp_run *r = &s->bench->side[i].run;
	struct pvp_comparison c;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fprintf(out, "%" PRIu64 " instruction%s\n", nr, nr == 1 ? "" : "s");
	for (uint64_t k = 0; k < nr && k < MAX_LINES; k++) {
		run(s, k, &c);
		print_insn(s->bench, i, r->stop_addr, out);
		pvp_bench_undo(s->bench);
	}
	if (nr > MAX_LINES)
		fprintf(out, "..\n");
	fclose(out);
	return text;
}

static void trace(struct shrink *s, const char *what, size_t effect, const uint64_t *insns,
		  struct pvp_witness *witness)
{
	bool at_entry = !strncmp(what, "entry:", 6);
	char **lines[2] = {&witness->prefix_k0, &witness->prefix_k1};

	if (strncmp(what, "effects:", 8))
		effect = SIZE_MAX;
	for (int i = 0; i < 2; i++) {
		uint64_t nr = insns[i];

		if ((at_entry || effect != SIZE_MAX) && s->work < MAX_WORK)
			nr = fewest(s, i, nr, effect);
		*lines[i] = list(s, i, nr);
	}
}

/* --- the whole --- */

static void finish(struct shrink *s, struct pvp_witness *witness)
{
	struct pvp_bench *bench = s->bench;
	struct pvp_comparison c;
	const char *difference = run(s, PVP_MAX_INSNS, &c);
	size_t effect = first_effect(bench);
	uint64_t insns[2];
	char *what;

	if (!in_the_same_way(s, difference)) { /* then the drawn state is the witness */
		pvp_bench_undo(bench);
		return;
	}
	for (int i = 0; i < 2; i++) {
		insns[i] = bench->side[i].run.insns;
		if (insns[i] > PVP_MAX_INSNS) /* the one that did not run is counted too */
			insns[i] = PVP_MAX_INSNS;
	}
	what = pvp_strdup(difference);
	pvp_bench_describe(bench, what, witness);
	if (!witness->shrunk)
		witness->shrunk = pvp_calloc(1, sizeof(*witness->shrunk));
	*witness->shrunk = bench->start;
	witness->matter = name_what_matters(s);
	pvp_bench_undo(bench);
	trace(s, what, effect, insns, witness);
	free(what);
}

void pvp_shrink(struct pvp_bench *bench, const struct pvp_site *site,
		const struct pvp_contract *contract, struct pvp_witness *witness)
{
	struct shrink *s = pvp_calloc(1, sizeof(*s));

	*s = (struct shrink){.bench = bench, .site = site, .contract = contract};
	s->drawn = bench->start;
	s->kind = pvp_difference_kind(witness->what);
	for (int i = 0; i < 2; i++) {
		s->stop[i] = bench->side[i].run.stop;
		s->vector[i] = bench->side[i].run.vector;
	}
	collect(s);
	/* What one item needs of another may be gone with it: until nothing moves any more. */
	if (reduce(s, 0, s->nr)) {
		bool moved;

		do {
			moved = false;
			for (size_t i = 0; i < s->nr; i++)
				moved |= !s->items[i].level && reduce(s, i, i + 1);
		} while (moved);
	}
	for (size_t i = 0; i < s->nr; i++)
		if (!s->items[i].level && s->items[i].kind == REGISTER)
			settle(s, &s->items[i]);
	finish(s, witness);
	free(s->kind);
	free(s);
}

/* What any start state's flags may be. */
#define START_FLAGS (2 | PVP_X86_FLAGS_ARITH | PVP_X86_FLAG_IF | PVP_X86_FLAG_AC | PVP_X86_FLAG_ID)

static struct pvp_error *check_register(const struct pvp_bench *bench, unsigned reg, uint64_t value)
{
	bool selector = (reg >= PVP_X86_es && reg <= PVP_X86_gs) || reg == PVP_X86_ldtr ||
			reg == PVP_X86_tr;
	const struct pvp_plan *plan = bench->facts.plan;

	if ((reg != PVP_X86_rflags || !(value & ~START_FLAGS)) && value <= plan->last &&
	    (!selector || value <= UINT16_MAX) &&
	    (plan->isa != PVP_ISA_I386 || !value || reg < PVP_X86_r8 || reg > PVP_X86_r15))
		return NULL;
	return pvp_error_format(PVP_ERR_BAD_DATA,
				"field \"shrunk.registers.%s\": no state begins with %#" PRIx64,
				pvp_x86_reg_name(reg), value);
}

/* Text is the same whatever the state; where nothing is, nothing is written. */
static bool is_text(struct pvp_bench *bench, uint64_t addr, unsigned len)
{
	for (int i = 0; i < 2; i++)
		for (unsigned k = 0; k < len; k++) {
			const struct pvp_region *region = pvp_memory_region(
				pvp_machine_memory(bench->side[i].machine), addr + k);

			if (region && region->prot & PVP_PROT_EXEC)
				return true;
		}
	return false;
}

struct pvp_error *pvp_shrunk_check(struct pvp_bench *bench, const struct pvp_start *start)
{
	struct pvp_error *err = NULL;

	assert(start->nr_pokes < PVP_START_MAX_POKES && start->nr_script <= PVP_START_MAX_SCRIPT);
	for (unsigned i = 0; i < PVP_X86_NR_STATE && !err; i++)
		err = check_register(bench, i, start->state.reg[i]);
	for (size_t i = 0; i < start->nr_pokes && !err; i++)
		if (is_text(bench, start->pokes[i].addr, start->pokes[i].size))
			err = pvp_error_format(
				PVP_ERR_BAD_DATA,
				"field \"shrunk.memory[%zu]\": there is text at %#" PRIx64, i,
				start->pokes[i].addr);
	for (size_t i = 0; i < start->nr_script && !err; i++)
		if (is_text(bench, start->script[i].addr, start->script[i].len))
			err = pvp_error_format(
				PVP_ERR_BAD_DATA,
				"field \"shrunk.script[%zu]\": there is text at %#" PRIx64, i,
				start->script[i].addr);
	return err;
}
