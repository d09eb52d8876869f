// SPDX-License-Identifier: GPL-2.0-only
/*
 * explore.c - why a branch went the way it went, and what would have sent it the other.
 *
 * A branch that only ever goes one way depends on flags that some instruction before it set, and
 * that depends on words that were read.  So the words read last are changed one at a time, to
 * values that the comparison's immediate operand and the word itself suggest, and the state is run
 * again; so are arguments, and what the machine answers.  A state that takes the other side is kept,
 * and the branches that it was the first to reach are sought in the same way.
 */
#include "explore.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bench.h"
#include "branch_insns.h"

#define MAX_WORK      2000000 /* instructions executed for one op */
#define MAX_CASES     2000    /* runs for one op */
#define MAX_TRIES     160     /* runs for one branch */
#define MAX_READS     24      /* words that a branch is taken to depend on */
#define MAX_BACK      12      /* instructions between what sets flags and the branch */
#define FURTHER_DRAWS 64      /* drawn states behind those that the sites run */
#define GOOD_ENOUGH   24      /* tries for a state that does not fault, once one that does is found */

enum side { PASSED = 1, TAKEN = 2, BOTH = 3 };

struct seen { /* a branch that was executed */
	uint64_t addr;
	uint8_t sides;
	bool given_up;
	unsigned run; /* the first that reached it */
};

struct pvp_explorer {
	const struct pvp_check_input *input;
	struct pvp_bench *bench; /* its K0 keeps traces */
	struct pvp_branch_insns insns;

	/* The op at hand. */
	const struct pvp_site *site;
	const struct pvp_contract *contract;
	const struct pvp_explore_skips *skips;
	volatile uint64_t *under_way;
	struct pvp_steer *runs; /* drawn states, then those that were found */
	size_t nr_runs, nr_drawn, cap_runs;
	struct seen *seen; /* ascending by address */
	size_t nr_seen, cap_seen;
	uint64_t *functions; /* that runs to their end entered, ascending */
	size_t nr_functions, cap_functions;
	uint64_t *near; /* of these, those that drawn states entered */
	size_t nr_near;
	uint64_t work, cases;
	uint64_t drawn_work, drawn_cases; /* of these, what was drawn for the sites: not the search's */
};

/* --- runs --- */

static bool is_sites_own(const struct pvp_site *site, uint64_t addr)
{
	return addr - site->addr < site->len ||
	       (site->trampoline && addr - site->trampoline < 8);
}

static struct seen *seen_at(struct pvp_explorer *x, uint64_t addr, bool *found)
{
	size_t lo = 0, hi = x->nr_seen;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (x->seen[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	*found = lo < x->nr_seen && x->seen[lo].addr == addr;
	return &x->seen[lo];
}

static void add_function(struct pvp_explorer *x, uint64_t addr)
{
	const struct pvp_symbol *symbol = pvp_image_symbol_at(x->input->image, addr);
	size_t lo = 0, hi = x->nr_functions;

	if (!symbol)
		return;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (x->functions[mid] < symbol->addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < x->nr_functions && x->functions[lo] == symbol->addr)
		return;
	pvp_push(&x->functions, &x->nr_functions, &x->cap_functions);
	memmove(x->functions + lo + 1, x->functions + lo,
		(x->nr_functions - 1 - lo) * sizeof(*x->functions));
	x->functions[lo] = symbol->addr;
}

static bool ends(const struct pvp_run *run)
{
	return run->stop == PVP_STOP_END || run->stop == PVP_STOP_OP_END;
}

/* Whether the last run took a side that no run before it had. */
static bool merge(struct pvp_explorer *x, unsigned run)
{
	const struct pvp_run_trace *trace = pvp_machine_trace(x->bench->side[0].machine);
	bool ended = ends(&x->bench->side[0].run), news = false;
	uint64_t before = 0;

	for (size_t i = 0; i < trace->nr_insns; i++) {
		const struct pvp_branch_insn *insn = pvp_branch_insn(&x->insns, trace->insns[i]);
		struct seen *seen;
		uint8_t side;
		bool found;

		if (is_sites_own(x->site, insn->addr))
			continue;
		if (ended && insn->addr - before > 16) /* else it is the same function */
			add_function(x, insn->addr);
		before = insn->addr;
		if (!insn->branch || i + 1 == trace->nr_insns)
			continue;
		side = trace->insns[i + 1] == insn->addr + insn->len ? PASSED : TAKEN;
		seen = seen_at(x, insn->addr, &found);
		if (!found) {
			size_t at = seen - x->seen;

			pvp_push(&x->seen, &x->nr_seen, &x->cap_seen);
			seen = &x->seen[at];
			memmove(seen + 1, seen, (x->nr_seen - 1 - at) * sizeof(*seen));
			*seen = (struct seen){.addr = insn->addr, .run = run};
		}
		news |= (seen->sides | side) != seen->sides;
		seen->sides |= side;
	}
	return news;
}

static bool is_spent(const struct pvp_explorer *x)
{
	return x->work - x->drawn_work >= MAX_WORK || x->cases - x->drawn_cases >= MAX_CASES;
}

/* Runs one state; its trace, memory and stop are there until pvp_bench_undo. */
static bool run(struct pvp_explorer *x, const struct pvp_steer *steer)
{
	struct pvp_bench *bench = x->bench;

	pvp_start_make(&bench->facts, x->input->platform, x->contract, x->input->seed, steer->base,
		       &bench->start);
	*x->under_way = ++x->cases;
	for (unsigned i = 0; i < x->skips->nr; i++)
		if (x->skips->v[i] == x->cases)
			return false;
	if (!pvp_steer_apply(steer, &bench->start))
		return false;
	pvp_bench_trace(bench, x->site);
	x->work += bench->side[0].run.insns;
	return true;
}

static void keep(struct pvp_explorer *x, const struct pvp_steer *steer)
{
	*pvp_push(&x->runs, &x->nr_runs, &x->cap_runs) = *steer;
}

static bool is_full(const struct pvp_explorer *x)
{
	return x->nr_runs - x->nr_drawn >= PVP_MAX_STEERS;
}

/* The states that every site of the op runs, as pvp_bench_decide draws them; then some more. */
static void draw(struct pvp_explorer *x)
{
	const unsigned nr = x->input->nr_states;
	unsigned counted = 0, drawn = 0, i;

	for (i = 0; drawn < nr || (counted < nr && drawn < PVP_MAX_DRAWN * nr); i++) {
		const struct pvp_steer steer = {.base = i};

		if (!run(x, &steer))
			continue;
		drawn += !x->bench->start.wild;
		counted += !x->bench->start.wild && ends(&x->bench->side[0].run);
		keep(x, &steer);
		merge(x, x->nr_runs - 1);
		pvp_bench_undo(x->bench);
	}
	x->nr_drawn = x->nr_runs;
	x->drawn_work = x->work;
	x->drawn_cases = x->cases;
	for (unsigned last = i + FURTHER_DRAWS; i < last && !is_spent(x) && !is_full(x); i++) {
		const struct pvp_steer steer = {.base = i};

		if (!run(x, &steer))
			continue;
		if (!x->bench->start.wild && ends(&x->bench->side[0].run) && merge(x, x->nr_runs))
			keep(x, &steer);
		pvp_bench_undo(x->bench);
	}
}

/* --- one branch --- */

struct flip {
	struct pvp_explorer *x;
	uint64_t addr;	/* of the branch */
	uint8_t missing; /* the side to find */
	struct pvp_steer from; /* a state that reaches it */
	unsigned tries;
	bool done;
	bool has_fault; /* a state that takes the side, and faults */
	struct pvp_steer fault;
	unsigned since; /* tries since that one was found */
};

static bool took(struct pvp_explorer *x, uint64_t addr, uint8_t side)
{
	const struct pvp_run_trace *trace = pvp_machine_trace(x->bench->side[0].machine);
	const uint64_t next = addr + pvp_branch_insn(&x->insns, addr)->len;

	for (size_t i = 0; i + 1 < trace->nr_insns; i++)
		if (trace->insns[i] == addr &&
		    side == (trace->insns[i + 1] == next ? PASSED : TAKEN))
			return true;
	return false;
}

static bool is_over(const struct flip *f)
{
	return f->done || f->tries >= MAX_TRIES || is_spent(f->x) ||
	       (f->has_fault && f->since >= GOOD_ENOUGH);
}

static void try_change(struct flip *f, const struct pvp_steer_change *change)
{
	struct pvp_explorer *x = f->x;
	struct pvp_steer steer = f->from;

	if (is_over(f) || steer.nr == PVP_STEER_MAX_CHANGES)
		return;
	steer.changes[steer.nr++] = *change;
	f->tries++;
	f->since++;
	if (!run(x, &steer))
		return;
	if (took(x, f->addr, f->missing)) {
		if (ends(&x->bench->side[0].run)) {
			f->done = true;
			merge(x, x->nr_runs);
			keep(x, &steer);
		} else if (x->bench->side[0].run.stop == PVP_STOP_FAULT && !f->has_fault) {
			f->has_fault = true;
			f->fault = steer;
			f->since = 0;
		}
	}
	pvp_bench_undo(x->bench);
}

static void try_values(struct flip *f, enum pvp_steer_kind kind, uint64_t where, unsigned size,
		       uint64_t now, const struct pvp_branch_insn *setter, bool bits)
{
	const struct pvp_plan *plan = f->x->bench->facts.plan;
	const uint64_t mask = size >= 8 ? UINT64_MAX : (1ull << 8 * size) - 1;
	const uint64_t sign = 1ull << (8 * size - 1);
	uint64_t imm = setter->has_imm ? setter->imm : 0;
	const uint64_t values[] = {
		imm,	       imm + 1,	      imm - 1, now ^ imm, now | imm, now & ~imm,
		0,	       1,	      now ^ 1, now ^ sign, mask,     now + 1,
		now - 1,       2,
		plan->zero_arena + 0x30000, /* a pointer to zeroes, .. */
		pvp_plan_arena(plan, 1) + 0xe000, /* .. and to something */
	};
	uint64_t tried[ARRAY_SIZE(values)];
	size_t nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(values) && !is_over(f); i++) {
		struct pvp_steer_change change = {kind, size, where, values[i] & mask};
		bool again = change.value == now;

		if (values[i] > mask && i >= ARRAY_SIZE(values) - 2)
			continue; /* no room for a pointer */
		for (size_t k = 0; k < nr; k++)
			again |= tried[k] == change.value;
		if (again)
			continue;
		tried[nr++] = change.value;
		try_change(f, &change);
	}
	for (unsigned bit = 1; bits && bit < 8 * size - 1 && !is_over(f); bit++) {
		struct pvp_steer_change change = {kind, size, where, now ^ 1ull << bit};

		try_change(f, &change);
	}
}

/* Words that K0 calls through make its callee, not its state. */
static bool is_slot(const struct pvp_explorer *x, uint64_t addr, unsigned size)
{
	const struct pvp_tables *tables = x->input->tables;
	unsigned word = x->bench->facts.plan->word;

	for (size_t i = 0; i < tables->nr_fields; i++)
		if (addr < tables->slots[i] + word && tables->slots[i] < addr + size)
			return true;
	return false;
}

/* Data that a state may change: not the stack, whose words are the text's own. */
static bool is_data(struct pvp_explorer *x, uint64_t addr, unsigned size)
{
	struct pvp_memory *memory = pvp_machine_memory(x->bench->side[0].machine);
	const struct pvp_region *region = pvp_memory_region(memory, addr);

	return region && region->prot & PVP_PROT_WRITE && region->class != PVP_MEM_STACK &&
	       addr - region->addr + size <= region->len && !is_slot(x, addr, size);
}

/* What the branch at trace->insns[at] may depend on, the nearest first. */
static size_t list_reads(struct pvp_explorer *x, const struct pvp_run_trace *trace, size_t at,
			 struct pvp_run_read *ret)
{
	size_t nr = 0;

	for (size_t i = trace->nr_reads; i-- > 0 && nr < MAX_READS;) {
		const struct pvp_run_read *read = &trace->reads[i];
		/* Where calls go is no datum: anything might be executed. */
		bool known = read->insn > at || !is_data(x, read->addr, read->size) ||
			     pvp_branch_insn(&x->insns, trace->insns[read->insn])->goes_there;

		for (size_t k = 0; k < nr; k++)
			known |= ret[k].addr == read->addr;
		if (!known)
			ret[nr++] = *read;
	}
	return nr;
}

/* A copy, which outlives the next run; of none, all 0. */
static struct pvp_branch_insn flag_setter(struct pvp_explorer *x,
					  const struct pvp_run_trace *trace, size_t at)
{
	for (size_t back = 1; back <= MAX_BACK && back <= at; back++) {
		const struct pvp_branch_insn *insn =
			pvp_branch_insn(&x->insns, trace->insns[at - back]);

		if (insn->sets_flags)
			return *insn;
	}
	return (struct pvp_branch_insn){0};
}

static bool is_free(enum pvp_domain domain)
{
	return domain == PVP_DOMAIN_RANDOM || domain == PVP_DOMAIN_RANDOM32 ||
	       domain == PVP_DOMAIN_PTE || domain == PVP_DOMAIN_MSR ||
	       domain == PVP_DOMAIN_SELECTOR || domain == PVP_DOMAIN_DESC_TYPE ||
	       domain == PVP_DOMAIN_VADDR;
}

static void try_arguments(struct flip *f, const struct pvp_branch_insn *setter)
{
	const struct pvp_contract *contract = f->x->contract;
	struct pvp_explorer *x = f->x;

	for (unsigned i = 0; i < contract->nr_args && !is_over(f); i++) {
		unsigned reg = pvp_contract_arg_reg(contract->isa, i);

		if (reg == PVP_X86_NR_STATE || !is_free(contract->args[i]))
			continue;
		pvp_start_make(&x->bench->facts, x->input->platform, contract, x->input->seed,
			       f->from.base, &x->bench->start);
		try_values(f, PVP_STEER_REGISTER, reg, x->bench->facts.plan->word,
			   x->bench->start.state.reg[reg], setter, true);
	}
}

static void try_refusal(struct flip *f)
{
	const struct pvp_steer_change refusal = {.kind = PVP_STEER_REFUSAL};

	if (f->x->input->platform->hypervisor == PVP_HV_XEN_PV)
		try_change(f, &refusal);
}

/* Where the last run came to the branch: the first time, or the last. */
static size_t place_of(const struct pvp_run_trace *trace, uint64_t addr, bool last)
{
	size_t at = trace->nr_insns;

	for (size_t i = 0; i < trace->nr_insns && (last || at == trace->nr_insns); i++)
		if (trace->insns[i] == addr)
			at = i;
	return at;
}

static void flip(struct pvp_explorer *x, struct seen *seen)
{
	const struct pvp_run_trace *trace = pvp_machine_trace(x->bench->side[0].machine);
	struct flip f = {.x = x,
			 .addr = seen->addr,
			 .missing = BOTH & ~seen->sides,
			 .from = x->runs[seen->run]};
	struct pvp_run_read reads[MAX_READS];

	for (int last = 0; last < 2 && !is_over(&f); last++) {
		struct pvp_branch_insn setter;
		size_t at, nr = 0;

		if (!run(x, &f.from))
			return;
		at = place_of(trace, f.addr, last);
		setter = flag_setter(x, trace, at);
		nr = list_reads(x, trace, at, reads);
		pvp_bench_undo(x->bench);
		for (size_t i = 0; i < nr && !is_over(&f); i++)
			try_values(&f, PVP_STEER_MEMORY, reads[i].addr, reads[i].size,
				   reads[i].value, &setter, i < 2);
		if (last)
			break;
		try_refusal(&f);
		try_arguments(&f, &setter);
		for (unsigned i = 1; i <= 6 && !is_over(&f); i++) {
			struct pvp_steer_change change = {.kind = PVP_STEER_ANSWERS, .value = i};

			try_change(&f, &change);
		}
	}
	if (f.done || !f.has_fault)
		return;
	if (!run(x, &f.fault)) /* better than nothing */
		return;
	merge(x, x->nr_runs);
	keep(x, &f.fault);
	pvp_bench_undo(x->bench);
}

/* Functions that only changed words lead to are run, and not searched as well. */
static bool is_near(struct pvp_explorer *x, uint64_t addr)
{
	const struct pvp_symbol *symbol = pvp_image_symbol_at(x->input->image, addr);
	size_t i = 0;

	while (symbol && i < x->nr_near && x->near[i] != symbol->addr)
		i++;
	return symbol && i < x->nr_near;
}

static void search(struct pvp_explorer *x)
{
	bool moved;

	do {
		moved = false;
		for (size_t i = 0; i < x->nr_seen && !is_spent(x) && !is_full(x); i++) {
			size_t before = x->nr_runs;
			uint64_t addr = x->seen[i].addr;
			bool found;

			if (x->seen[i].sides == BOTH || x->seen[i].given_up || !is_near(x, addr))
				continue;
			flip(x, &x->seen[i]);
			/* (New branches may stand before it now.) */
			i = seen_at(x, addr, &found) - x->seen;
			x->seen[i].given_up = true;
			moved |= x->nr_runs > before;
		}
	} while (moved);
}

/* --- all branches of what was entered --- */

/* Where paths of the function lead, with what was executed of the function: an indirect jump may have led there. */
static uint8_t *paths_of(struct pvp_explorer *x, uint64_t begin, uint64_t len)
{
	uint8_t *led = pvp_branch_paths(&x->insns, begin, len);
	bool found;

	for (size_t i = seen_at(x, begin, &found) - x->seen;
	     i < x->nr_seen && x->seen[i].addr - begin < len; i++)
		pvp_branch_paths_from(&x->insns, begin, len, x->seen[i].addr, led);
	return led;
}

static void list_branches(struct pvp_explorer *x, struct pvp_explored *ret)
{
	size_t cap = 0;

	for (size_t i = 0; i < x->nr_functions; i++) {
		uint64_t begin = x->functions[i], addr = begin;
		uint64_t end = begin + pvp_function_len(x->input->image, begin);
		uint8_t *led = paths_of(x, begin, end - begin);

		while (addr < end) {
			const struct pvp_branch_insn *insn = pvp_branch_insn(&x->insns, addr);
			struct pvp_branch *branch;
			struct seen *seen;
			bool found;

			addr += insn->len ? insn->len : 1;
			if (!insn->branch)
				continue;
			seen = seen_at(x, insn->addr, &found);
			branch = pvp_push(&ret->branches, &ret->nr_branches, &cap);
			*branch = (struct pvp_branch){
				.addr = insn->addr,
				.passed = found && seen->sides & PASSED,
				.taken = found && seen->sides & TAKEN,
				.disabled = !led[insn->addr - begin],
			};
			memcpy(branch->name, insn->name, sizeof(insn->name));
		}
		free(led);
	}
}

/* --- the whole --- */

struct pvp_error *pvp_explorer_create(const struct pvp_check_input *input,
				      struct pvp_explorer **ret)
{
	struct pvp_explorer *x = pvp_calloc(1, sizeof(*x));
	struct pvp_error *err = pvp_bench_create_tracing(input, &x->bench);

	if (err) {
		free(x);
		return err;
	}
	x->input = input;
	x->insns.view = &x->bench->side[0].view;
	x->insns.decoder = x->bench->decoder;
	*ret = x;
	return NULL;
}

void pvp_explorer_destroy(struct pvp_explorer *x)
{
	if (!x)
		return;
	pvp_bench_destroy(x->bench);
	pvp_branch_insns_deinit(&x->insns);
	free(x->runs);
	free(x->seen);
	free(x->functions);
	free(x->near);
	free(x);
}

void pvp_explore(struct pvp_explorer *x, const struct pvp_site *site,
		 const struct pvp_explore_skips *skips, volatile uint64_t *under_way,
		 struct pvp_explored *ret)
{
	memset(ret, 0, sizeof(*ret));
	x->site = site;
	x->skips = skips;
	x->under_way = under_way;
	x->contract = pvp_contracts_find(x->input->contracts, site->op);
	x->nr_runs = x->nr_drawn = x->nr_seen = x->nr_functions = 0;
	x->work = x->cases = 0;
	if (!x->contract || pvp_bench_is_null_op(x->bench, site))
		return;
	draw(x);
	x->nr_near = x->nr_functions;
	x->near = pvp_reallocarray(x->near, x->nr_near, sizeof(*x->near));
	if (x->nr_near)
		memcpy(x->near, x->functions, x->nr_near * sizeof(*x->near));
	search(x);
	ret->cases = x->cases;
	ret->nr_steers = x->nr_runs - x->nr_drawn;
	ret->steers = pvp_calloc(ret->nr_steers, sizeof(*ret->steers));
	if (ret->nr_steers)
		memcpy(ret->steers, x->runs + x->nr_drawn, ret->nr_steers * sizeof(*ret->steers));
	list_branches(x, ret);
	ret->nr_functions = x->nr_functions;
	ret->functions = pvp_calloc(ret->nr_functions, sizeof(*ret->functions));
	if (ret->nr_functions)
		memcpy(ret->functions, x->functions, ret->nr_functions * sizeof(*ret->functions));
}

void pvp_explored_deinit(struct pvp_explored *explored)
{
	free(explored->steers);
	free(explored->branches);
	free(explored->functions);
	memset(explored, 0, sizeof(*explored));
}
