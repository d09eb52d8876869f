// SPDX-License-Identifier: GPL-2.0-only
#include "transfer_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "compare.h"

#define WORDS_ON_STACK 4 /* return addresses at and above the stack pointer, all different */
#define NR_GENERAL     16

// clang-format off
/*
 * Flags that thunks leave other than they were, and may: where flags are the caller's, none does.
 * Call depth tracking counts with sarq on the way in and shlq on the way out, in front of every
 * function and behind it, where the flags are dead by the calling convention.
 * Source: CALL_DEPTH_ACCOUNT, call_depth_return_thunk: asm/nospec-branch.h and
 * arch/x86/lib/retpoline.S of 6.12 and 7.2.
 */
static const struct {
	const char *thunk; /* prefix of the name of the first symbol outside the site */
	uint64_t flags;
} counting[] = {
	{ "call_depth_return_thunk",    PVP_X86_FLAGS_ARITH },
	{ "__x86_indirect_call_thunk_", PVP_X86_FLAGS_ARITH },
};

/* Names of what a branch goes through, by their beginnings: an instruction that is not modelled
 * there decides nothing; anywhere else the branch has gone astray. */
static const char *const thunks[] = {
	"__x86_", "__indirect_thunk", "srso_", "retbleed_", "zen_", "its_", "call_depth_return_thunk",
	"entry_untrain_ret",
};
// clang-format on

/* Conditions of jcc, by bits 3..1; bit 0 inverts.  Source: Intel SDM vol. 1, appendix B. */
static bool holds(uint8_t cond, uint64_t flags)
{
	const bool cf = flags & PVP_X86_FLAG_CF, zf = flags & PVP_X86_FLAG_ZF;
	const bool sf = flags & PVP_X86_FLAG_SF, of = flags & PVP_X86_FLAG_OF;
	const bool pf = flags & PVP_X86_FLAG_PF;
	const bool conds[8] = {of, cf, zf, cf || zf, sf, pf, sf != of, zf || sf != of};

	return cond == PVP_TRANSFER_ALWAYS || conds[cond >> 1] != (cond & 1);
}

uint64_t pvp_arrivals_of(const struct pvp_plan *plan)
{
	return plan->stack + 2 * plan->stack_len;
}

static uint64_t symbol(const struct pvp_image *image, const char *name)
{
	uint64_t addr = 0;

	pvp_error_destroy(pvp_image_symbol(image, name, &addr));
	return addr;
}

static int by_lo(const void *a, const void *b)
{
	const struct pvp_transfer_range *l = a, *r = b;

	return l->lo < r->lo ? -1 : l->lo > r->lo;
}

/* The ranges of alternatives that apply, joined where they overlap. */
static void find_replaced(struct pvp_transfer_facts *facts)
{
	const struct pvp_check_input *input = facts->input;
	struct pvp_transfer_range *v = pvp_calloc(input->tables->nr_alts, sizeof(*v));
	size_t nr = 0, joined = 0;

	for (size_t i = 0; i < input->tables->nr_alts; i++) {
		const struct pvp_alt_entry *alt = &input->tables->alts[i];

		if (alt->len &&
		    pvp_platform_has_feature(input->platform, alt->feature) != alt->negated)
			v[nr++] = (struct pvp_transfer_range){alt->addr, alt->addr + alt->len};
	}
	if (nr)
		qsort(v, nr, sizeof(*v), by_lo);
	for (size_t i = 0; i < nr; i++) {
		if (joined && v[i].lo < v[joined - 1].hi) {
			if (v[joined - 1].hi < v[i].hi)
				v[joined - 1].hi = v[i].hi;
		} else {
			v[joined++] = v[i];
		}
	}
	facts->replaced = v;
	facts->nr_replaced = joined;
}

bool pvp_transfer_is_replaced(const struct pvp_transfer_facts *facts, const struct pvp_site *site)
{
	size_t low = 0, high = facts->nr_replaced;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (facts->replaced[mid].hi <= site->addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < facts->nr_replaced && facts->replaced[low].lo < site->addr + site->len;
}

struct pvp_error *pvp_transfer_facts_init(struct pvp_transfer_facts *facts,
					const struct pvp_check_input *input,
					const struct pvp_view *view)
{
	struct pvp_start_image start;

	pvp_start_image_init(&start, input->image, view);
	*facts = (struct pvp_transfer_facts){
		.input = input,
		.view = view,
		.plan = pvp_plan_of(input->image),
		.percpu_base = start.percpu_base,
		.zero = symbol(input->image, "__static_call_return0"),
		.trap = symbol(input->image, "__WARN_trap"),
	};
	pvp_accounting_init(&facts->accounting, input->image);
	find_replaced(facts);
	return pvp_x86_decoder_create(facts->plan->isa, &facts->decoder);
}

void pvp_transfer_facts_deinit(struct pvp_transfer_facts *facts)
{
	pvp_x86_decoder_destroy(facts->decoder);
	free(facts->replaced);
	facts->decoder = NULL;
	facts->replaced = NULL;
}

uint64_t pvp_transfer_function(const struct pvp_check_input *input, const struct pvp_transfer *branch)
{
	if (branch->key == PVP_TRANSFER_NO_KEY)
		return 0;
	return pvp_platform_static_call(input->platform,
					&input->tables->static_call_keys[branch->key]);
}

enum pvp_transfer_meaning pvp_transfer_meaning_of(const struct pvp_transfer_facts *facts,
					      const struct pvp_site *site,
					      const struct pvp_transfer *branch)
{
	uint64_t function;

	if (site->kind == PVP_SITE_RETURN)
		return PVP_TRANSFER_RETURNS;
	if (site->kind == PVP_SITE_RETPOLINE)
		return branch->reg == PVP_TRANSFER_NO_REG || branch->reg == PVP_X86_rsp
			       ? PVP_TRANSFER_UNKNOWN
			       : PVP_TRANSFER_INDIRECT;
	function = pvp_transfer_function(facts->input, branch);
	if (!function)
		return branch->call ? PVP_TRANSFER_PASSES : PVP_TRANSFER_RETURNS;
	if (branch->call && function == facts->zero)
		return PVP_TRANSFER_ZERO;
	if (branch->call && function == facts->trap)
		return PVP_TRANSFER_TRAPS;
	return PVP_TRANSFER_REACHES;
}

/* --- start states --- */

static uint64_t any(uint64_t r)
{
	static const uint64_t edges[] = {
		0, 1, ~0ull, 1ull << 63, ~0ull >> 1, 0xffffffff, 0x80000000, 0x7fffffff,
		0x100000000, 0x00007fffffffffff, 0xffff800000000000, 0xffffffff80000000,
	};

	return r % 4 ? pvp_mix(r, 1) : edges[(r >> 8) % ARRAY_SIZE(edges)];
}

static uint64_t draw_flags(const struct pvp_transfer_facts *facts, uint64_t seed, unsigned index)
{
	static const uint64_t arith[] = {
		PVP_X86_FLAG_CF, PVP_X86_FLAG_ZF, PVP_X86_FLAG_SF,
		PVP_X86_FLAG_OF, PVP_X86_FLAG_PF, PVP_X86_FLAG_AF,
	};
	static const uint64_t others[] = {PVP_X86_FLAG_IF, PVP_X86_FLAG_AC, PVP_X86_FLAG_ID};
	const uint64_t r = pvp_mix(seed, 0xf1a6);
	uint64_t flags = 2;

	/* (Any odd factor goes through them all; with this one the first 16 have each flag set.) */
	for (unsigned i = 0; i < ARRAY_SIZE(arith); i++)
		flags |= index * 37 >> i & 1 ? arith[i] : 0;
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
		flags |= r >> i & 1 ? others[i] : 0;
	flags |= r >> 3 & 7 ? 0 : PVP_X86_FLAG_DF;
	/* A kernel in ring 3 has interrupts on, as far as the CPU goes. */
	return facts->input->platform->ring ? flags | PVP_X86_FLAG_IF : flags;
}

static void poke(struct pvp_transfer_case *c, uint64_t addr, uint64_t value, unsigned size)
{
	c->pokes[c->nr_pokes].addr = addr;
	c->pokes[c->nr_pokes].value = value;
	c->pokes[c->nr_pokes++].size = size;
}

/* The call depth: what makes its return thunk fill the predictor, what does not, anything. */
static void draw_depth(const struct pvp_transfer_facts *facts, uint64_t seed, unsigned index,
		       struct pvp_transfer_case *ret)
{
	const uint64_t depths[] = {0, 1ull << 59, 1ull << 63, ~0ull, pvp_mix(seed, 0xde9), 1};

	if (facts->accounting.template)
		poke(ret, facts->accounting.word, depths[index % ARRAY_SIZE(depths)], 8);
}

void pvp_transfer_case_make(const struct pvp_transfer_facts *facts, const struct pvp_site *site,
			  const struct pvp_transfer *branch, enum pvp_transfer_meaning meaning,
			  uint64_t seed, unsigned index, struct pvp_transfer_case *ret)
{
	const struct pvp_plan *plan = facts->plan;
	const uint64_t own = pvp_mix(seed ^ 0xb2a9c4, index);
	const uint64_t arrivals = pvp_arrivals_of(plan);
	const unsigned nr_regs = plan->isa == PVP_ISA_I386 ? 8 : NR_GENERAL;
	uint64_t *reg = ret->start.reg;
	/* A slot of its own for each word on the stack, and one for the register. */
	const uint64_t slot = PVP_ARRIVALS_LEN / (WORDS_ON_STACK + 1);

	memset(ret, 0, sizeof(*ret));
	ret->site = site;
	ret->branch = branch;
	ret->meaning = meaning;
	ret->function = pvp_transfer_function(facts->input, branch);
	for (unsigned i = 0; i < nr_regs; i++)
		reg[i] = any(pvp_mix(own, i)) & plan->last;
	reg[PVP_X86_rsp] = plan->stack_top - pvp_mix(own, 0x59) % 0x100 * plan->word;
	reg[PVP_X86_rip] = site->addr;
	reg[PVP_X86_rflags] = draw_flags(facts, own, index);
	reg[plan->isa == PVP_ISA_I386 ? PVP_X86_fs_base : PVP_X86_gs_base] = facts->percpu_base;
	reg[PVP_X86_cs] = plan->cs;
	reg[PVP_X86_ss] = plan->ss;
	reg[PVP_X86_cr0] = 0x80050033; /* as a booted kernel has it; asm/processor-flags.h */
	for (unsigned i = 0; i < WORDS_ON_STACK; i++)
		poke(ret, reg[PVP_X86_rsp] + i * plan->word,
		     arrivals + i * slot + pvp_mix(own, 0x100 + i) % (slot - 16), plan->word);
	draw_depth(facts, own, index, ret);
	ret->taken = holds(branch->cond, reg[PVP_X86_rflags]);
	switch (meaning) {
	case PVP_TRANSFER_RETURNS:
		ret->to = ret->pokes[0].value;
		break;
	case PVP_TRANSFER_INDIRECT:
		ret->to = arrivals + WORDS_ON_STACK * slot + pvp_mix(own, 0x200) % (slot - 16);
		reg[branch->reg] = ret->to;
		break;
	case PVP_TRANSFER_REACHES:
	case PVP_TRANSFER_PASSES:
	case PVP_TRANSFER_ZERO:
	case PVP_TRANSFER_TRAPS:
	case PVP_TRANSFER_UNKNOWN:
		ret->only_entry = true;
		break;
	}
}

/* --- what came of it --- */

/* One judgement under way. */
struct judge {
	const struct pvp_transfer_case *want;
	const struct pvp_transfer_facts *facts;
	const struct pvp_run *run;
	struct pvp_memory *memory;
	const uint64_t *end; /* registers where it arrived */
	uint64_t at;	     /* and where that is */
	size_t nr_effects, nr_log;
};

static const char *name_of(const struct judge *j, uint64_t addr, char *buf, size_t len)
{
	const uint64_t arrivals = pvp_arrivals_of(j->facts->plan);

	if (addr - arrivals < PVP_ARRIVALS_LEN) {
		const struct pvp_transfer_case *want = j->want;

		for (unsigned i = 0; i < WORDS_ON_STACK; i++)
			if (want->pokes[i].value == addr) {
				snprintf(buf, len, "where the word at sp+%u leads",
					 i * j->facts->plan->word);
				return buf;
			}
		snprintf(buf, len, "%#" PRIx64 " (nowhere)", addr);
		return buf;
	}
	return pvp_image_describe(j->facts->input->image, addr, buf, len);
}

static bool begins_with(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static bool is_thunk(const struct judge *j, uint64_t addr)
{
	const struct pvp_symbol *found = pvp_image_symbol_at(j->facts->input->image, addr);

	for (size_t i = 0; found && i < ARRAY_SIZE(thunks); i++)
		if (begins_with(found->name, thunks[i]))
			return true;
	return false;
}

/* Flags that are nobody's business here. */
static uint64_t dead_flags(const struct judge *j)
{
	const struct pvp_symbol *found = NULL;

	if (j->want->meaning == PVP_TRANSFER_ZERO && j->want->taken)
		return PVP_X86_FLAGS_ARITH; /* as over any call */
	if (j->run->entered && j->facts->accounting.template)
		found = pvp_image_symbol_at(j->facts->input->image,
					    j->run->entry.reg[PVP_X86_rip]);
	for (size_t i = 0; found && i < ARRAY_SIZE(counting); i++)
		if (begins_with(found->name, counting[i].thunk))
			return counting[i].flags;
	return 0;
}

static bool is_function(const struct judge *j)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	const uint64_t function = j->want->function;
	const uint8_t *text;

	if (j->at == function)
		return true;
	if (j->at == function + sizeof(endbr64)) {
		text = pvp_view_bytes(j->facts->view, function, sizeof(endbr64));
		return text && !memcmp(text, endbr64, sizeof(endbr64));
	}
	return j->at == function - PVP_PAD_LEN &&
	       pvp_accounting_is_pad(&j->facts->accounting, j->at,
				     pvp_view_bytes(j->facts->view, j->at, PVP_PAD_LEN));
}

/* A return address has to lead to the site's end, over NOPs only. */
static bool leads_behind(const struct judge *j, uint64_t addr)
{
	const struct pvp_site *site = j->want->site;
	const uint64_t left = site->addr + site->len - addr;
	const uint8_t *text;
	struct pvp_x86_insn insn;

	if (addr == site->addr || left >= site->len)
		return !left;
	text = pvp_view_bytes(j->facts->view, addr, left);
	for (uint64_t i = 0; text && i < left; i += insn.len) {
		pvp_x86_decode(j->facts->decoder, text + i, left - i, addr + i, &insn);
		if (!insn.nop || !insn.len)
			return false;
	}
	return text;
}

/* moved: what the stack pointer has to have moved by; pushed: a return address is there. */
static char *judge_state(const struct judge *j, int moved, bool pushed, bool zero)
{
	const struct pvp_state *start = &j->want->start;
	const unsigned word = j->facts->plan->word;
	const uint64_t sp = start->reg[PVP_X86_rsp];
	uint64_t value = 0;

	for (unsigned i = 0; i < PVP_X86_NR_STATE; i++) {
		uint64_t want = start->reg[i], is = j->end[i], dead = 0;

		if (i == PVP_X86_rip)
			continue;
		if (i == PVP_X86_rsp)
			want += moved;
		if (i == PVP_X86_rflags)
			dead = dead_flags(j);
		if (i == PVP_X86_rax && zero)
			want = 0;
		if ((want & ~dead) != (is & ~dead))
			return pvp_asprintf("%s %#" PRIx64 ", not %#" PRIx64, pvp_x86_reg_name(i),
					    is, want);
	}
	if (pushed) {
		if (!pvp_memory_read(j->memory, sp - word, &value, word) ||
		    !leads_behind(j, value))
			return pvp_asprintf("return address %#" PRIx64
					    ", which does not lead to the site's end",
					    value);
	}
	for (size_t i = 0; i < j->nr_log; i++) {
		const struct pvp_write *w = &j->memory->log[i];

		if (w->writer == PVP_WRITER_SCRIPT ||
		    pvp_accounting_is_word(&j->facts->accounting, w->addr, w->size) ||
		    (w->class == PVP_MEM_STACK && w->addr < sp && sp - w->addr >= w->size))
			continue;
		return pvp_asprintf("memory at %#" PRIx64 " written", w->addr);
	}
	if (j->nr_effects) {
		char effect[128];

		pvp_effect_print(&j->run->effects, 0, effect, sizeof(effect));
		return pvp_asprintf("effect %s", effect);
	}
	return NULL;
}

/* Where it arrived is not where it has to. */
static char *astray(const struct judge *j, const char *where, enum pvp_reason *reason)
{
	const struct pvp_run *run = j->run;
	const struct pvp_site *site = j->want->site;
	const bool inside = run->stop_addr - site->addr < site->len;
	char stop[96], is[160];

	/* Nothing that is there belongs to a branch, unless it is in a thunk, or the site itself. */
	if (inside ? !run->foreign : is_thunk(j, run->stop_addr))
		switch (run->stop) {
		case PVP_STOP_UNMODELLED:
			*reason = PVP_REASON_UNMODELLED;
			break;
		case PVP_STOP_DECODE:
			*reason = PVP_REASON_DECODE;
			break;
		case PVP_STOP_HYPERCALL:
			*reason = PVP_REASON_HYPERCALL;
			break;
		default:
			break;
		}
	if (run->stop == PVP_STOP_ENGINE)
		*reason = PVP_REASON_ENGINE;
	pvp_describe_stop(run, stop, sizeof(stop));
	return pvp_asprintf("%s, %s; it has to arrive %s", stop,
			    name_of(j, run->stop_addr, is, sizeof(is)), where);
}

static char *judge_passed(struct judge *j, enum pvp_reason *reason)
{
	const uint64_t behind = j->want->site->addr + j->want->site->len;
	const struct pvp_run *run = j->run;

	if (j->want->only_entry) {
		if (!run->entered || run->entry.reg[PVP_X86_rip] != behind)
			return astray(j, "behind the site", reason);
		j->end = run->entry.reg;
		j->nr_effects = run->entry_effects;
		j->nr_log = run->entry_log;
	} else if (run->stop != PVP_STOP_END) {
		return astray(j, "behind the site", reason);
	}
	return judge_state(j, 0, false, false);
}

/* At an address that the start state names. */
static char *judge_arrival(struct judge *j, enum pvp_reason *reason)
{
	const struct pvp_run *run = j->run;
	const bool returns = j->want->meaning == PVP_TRANSFER_RETURNS;
	const int word = j->facts->plan->word;

	if (run->stop != PVP_STOP_FAULT || run->vector != PVP_FAULT_BP ||
	    run->stop_addr != j->want->to)
		return astray(j,
			      returns ? "where the word at sp+0 leads" : "where the register says",
			      reason);
	return judge_state(j, returns ? word : j->want->branch->call ? -word : 0,
			   !returns && j->want->branch->call, false);
}

static char *judge_function(struct judge *j, enum pvp_reason *reason)
{
	const int word = j->facts->plan->word;
	const bool call = j->want->branch->call;
	char name[160], where[200];

	if (!j->run->entered || !is_function(j)) {
		snprintf(where, sizeof(where), "at %s",
			 name_of(j, j->want->function, name, sizeof(name)));
		return astray(j, where, reason);
	}
	return judge_state(j, call ? -word : 0, call, false);
}

/* The site does what the function would; or it is a call like any other. */
static char *judge_inline(struct judge *j, enum pvp_reason *reason)
{
	const struct pvp_site *site = j->want->site;
	const struct pvp_run *run = j->run;
	const bool zero = j->want->meaning == PVP_TRANSFER_ZERO;
	const uint8_t *trap = NULL, *text;

	if (zero && run->entered && j->at == site->addr + site->len)
		return judge_state(j, 0, false, true);
	/* The handler of #UD reads the instruction: it has to be the function's own. */
	if (!zero && run->stop == PVP_STOP_FAULT && run->vector == PVP_FAULT_UD &&
	    run->stop_addr == site->addr) {
		text = pvp_view_bytes(j->facts->view, site->addr, site->len);
		for (unsigned i = 0; i <= 4 && !trap; i += 4) { /* perhaps behind its endbr64 */
			trap = pvp_image_bytes(j->facts->input->image, j->facts->trap + i,
					       site->len);
			if (trap && memcmp(trap, text, site->len))
				trap = NULL;
		}
		j->end = run->end.reg;
		return trap ? judge_state(j, 0, false, false)
			    : pvp_strdup("#UD by another instruction than __WARN_trap's");
	}
	return judge_function(j, reason);
}

char *pvp_transfer_case_judge(const struct pvp_transfer_case *want,
			    const struct pvp_transfer_facts *facts, const struct pvp_run *run,
			    struct pvp_memory *memory, enum pvp_reason *reason)
{
	struct judge j = {
		.want = want,
		.facts = facts,
		.run = run,
		.memory = memory,
		.end = want->only_entry && run->entered ? run->entry.reg : run->end.reg,
		.nr_effects = want->only_entry && run->entered ? run->entry_effects
							       : run->effects.nr,
		.nr_log = want->only_entry && run->entered ? run->entry_log : memory->nr_log,
	};
	char *wrong = NULL;

	j.at = want->only_entry && run->entered ? j.end[PVP_X86_rip] : run->stop_addr;
	*reason = PVP_REASON_NONE;
	if (!want->taken) {
		wrong = judge_passed(&j, reason);
	} else {
		switch (want->meaning) {
		case PVP_TRANSFER_RETURNS:
		case PVP_TRANSFER_INDIRECT:
			wrong = judge_arrival(&j, reason);
			break;
		case PVP_TRANSFER_REACHES:
			wrong = judge_function(&j, reason);
			break;
		case PVP_TRANSFER_PASSES:
			wrong = judge_passed(&j, reason);
			break;
		case PVP_TRANSFER_ZERO:
		case PVP_TRANSFER_TRAPS:
			wrong = judge_inline(&j, reason);
			break;
		case PVP_TRANSFER_UNKNOWN:
			*reason = PVP_REASON_NO_CONTRACT;
			wrong = pvp_strdup("its linked bytes lead to no thunk");
			break;
		}
	}
	return wrong;
}

const char *pvp_transfer_meaning_text(enum pvp_transfer_meaning meaning)
{
	static const char *const texts[] = {
#define X(id, what) [PVP_TRANSFER_##id] = what,
		PVP_TRANSFER_MEANINGS(X)
#undef X
	};

	return texts[meaning];
}
