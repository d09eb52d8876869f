// SPDX-License-Identifier: GPL-2.0-only
#include "cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bench.h"
#include "seen.h"
#include "shrink.h"
#include "steer.h"

/* --- what stands at the site --- */

/* Whether [addr, addr+len) of K1 is NOPs up to its end. */
static bool only_nops(struct pvp_bench *bench, uint64_t addr, uint64_t len)
{
	const uint8_t *bytes = pvp_view_bytes(&bench->side[1].view, addr, len);
	struct pvp_x86_insn insn;

	for (uint64_t i = 0; bytes && i < len; i += insn.len) {
		pvp_x86_decode(bench->decoder, bytes + i, len - i, addr + i, &insn);
		if (!insn.nop || !insn.len)
			return false;
	}
	return bytes != NULL;
}

static enum pvp_form form_of(struct pvp_bench *bench, const struct pvp_site *site)
{
	const uint8_t *k1 = pvp_view_bytes(&bench->side[1].view, site->addr, site->len);

	if (only_nops(bench, site->addr, site->len))
		return PVP_FORM_NOP;
	if (!memcmp(k1, site->linked, site->len))
		return PVP_FORM_UNPATCHED;
	if (k1[0] == 0xe8 || k1[0] == 0xe9)
		return PVP_FORM_CALL;
	if (k1[0] == 0x0f && k1[1] == 0x0b)
		return PVP_FORM_TRAP;
	return PVP_FORM_INLINE;
}

bool pvp_bench_is_null_op(const struct pvp_bench *bench, const struct pvp_site *site)
{
	return site->kind == PVP_SITE_PARAVIRT && !bench->input->platform->pv_ops[site->slot];
}

/*
 * A NULL op has no behaviour to compare: unpatched it calls address 0.  So its patched bytes are
 * prescribed: a call of the platform's trap function, or ud2 where it has none (5.10), then NOPs.
 */
static bool null_op_bytes(struct pvp_bench *bench, const struct pvp_site *site)
{
	const uint8_t *k1 = pvp_view_bytes(&bench->side[1].view, site->addr, site->len);
	int32_t rel;

	if (!bench->input->platform->null_target)
		return site->len >= 2 && k1[0] == 0x0f && k1[1] == 0x0b &&
		       only_nops(bench, site->addr + 2, site->len - 2);
	if (k1[0] != 0xe8 || site->len < 5)
		return false;
	memcpy(&rel, k1 + 1, sizeof(rel));
	return site->addr + 5 + (int64_t)rel == bench->input->platform->null_target &&
	       only_nops(bench, site->addr + 5, site->len - 5);
}

/* --- witnesses --- */

void pvp_bench_describe(struct pvp_bench *bench, const char *what, struct pvp_witness *ret)
{
	const struct pvp_image *image = bench->input->image;

	free(ret->what);
	ret->what = pvp_strdup(what);
	memcpy(ret->start, bench->start.state.reg, sizeof(ret->start));
	pvp_seen_side(image, &bench->side[0].run, ret->end_k0, &ret->stop_k0, &ret->effects_k0);
	pvp_seen_side(image, &bench->side[1].run, ret->end_k1, &ret->stop_k1, &ret->effects_k1);
}

static void keep_witness(struct pvp_bench *bench, unsigned index, const char *what,
			 struct pvp_cell *cell)
{
	struct pvp_witness *w = pvp_calloc(1, sizeof(*w));

	w->seed = bench->input->seed;
	w->state = index;
	pvp_bench_describe(bench, what, w);
	cell->witness = w;
	cell->verdict = PVP_DIVERGENT;
}

/* --- verdicts --- */

static enum pvp_reason reason_of(const struct pvp_run *k0, const struct pvp_run *k1)
{
	static const uint8_t reasons[] = {
		[PVP_STOP_OPAQUE] = PVP_REASON_OPAQUE,
		[PVP_STOP_BUDGET] = PVP_REASON_BUDGET,
		[PVP_STOP_UNMODELLED] = PVP_REASON_UNMODELLED,
		[PVP_STOP_HYPERCALL] = PVP_REASON_HYPERCALL,
		[PVP_STOP_DECODE] = PVP_REASON_DECODE,
		[PVP_STOP_ENGINE] = PVP_REASON_ENGINE,
	};

	if (k0->stop < ARRAY_SIZE(reasons) && reasons[k0->stop])
		return reasons[k0->stop];
	return reasons[k1->stop];
}

static void inconclusive(struct pvp_cell *cell, enum pvp_reason reason, const char *detail)
{
	cell->verdict = PVP_INCONCLUSIVE;
	cell->reason = reason;
	free(cell->detail);
	cell->detail = pvp_strdup(detail);
}

/* In every state K0 must fetch from 0 and K1 trap in the platform's trap function. */
static const char *null_op_difference(struct pvp_bench *bench, const struct pvp_site *site)
{
	const struct pvp_run *k0 = &bench->side[0].run, *k1 = &bench->side[1].run;
	uint64_t trap = bench->input->platform->null_target ?: site->addr;

	if (!null_op_bytes(bench, site))
		return "null-op: the patched bytes are not the prescribed trap";
	if (k0->stop != PVP_STOP_FAULT || k0->fault_addr || !(k0->fault_access & PVP_FAULT_FETCH))
		return "null-op: the unpatched call does not fault at 0";
	if (k1->stop != PVP_STOP_FAULT || k1->vector != PVP_FAULT_UD || k1->stop_addr - trap >= 16)
		return "null-op: the patched call does not trap";
	return NULL;
}

const char *pvp_bench_difference(struct pvp_bench *bench, const struct pvp_site *site,
				 const struct pvp_comparison *comparison)
{
	if (pvp_bench_is_null_op(bench, site))
		return null_op_difference(bench, site);
	return comparison->agreement == PVP_DISAGREE ? comparison->what : NULL;
}

uint64_t pvp_function_len(const struct pvp_image *image, uint64_t addr)
{
	const struct pvp_symbol *symbol = pvp_image_symbol_at(image, addr), *next = symbol;
	const struct pvp_symbol *end = image->symbols + image->nr_symbols;

	while (next && next < end && next->addr <= addr)
		next++;
	if (!symbol || symbol->addr != addr || next == end || next->addr - addr > 0x10000)
		return 0;
	return next->addr - addr;
}

/* Text of a function, the same in both views but for pv sites. */
static bool same_callee_text(struct pvp_bench *bench, uint64_t addr)
{
	uint64_t len = pvp_function_len(bench->input->image, addr);
	const uint8_t *k0, *k1;

	if (!len)
		return false;
	k0 = pvp_view_bytes(&bench->side[0].view, addr, len);
	k1 = pvp_view_bytes(&bench->side[1].view, addr, len);
	for (uint64_t i = 0; k0 && k1 && i < len; i++)
		if (k0[i] != k1[i] && !pvp_sites_find(bench->input->sites, addr + i))
			return false;
	return k0 && k1;
}

/* Entry evidence alone, where the contract declares that nothing more can be had. */
static bool is_congruent(struct pvp_bench *bench, const struct pvp_site *site,
			 const struct pvp_contract *contract, const struct pvp_cell *cell)
{
	uint64_t target = bench->side[0].run.entry.reg[PVP_X86_rip];

	return contract->congruent && cell->entry == cell->states &&
	       cell->states >= PVP_MIN_COUNTED && cell->form == PVP_FORM_CALL &&
	       only_nops(bench, site->addr + 5, site->len - 5) && same_callee_text(bench, target);
}

static void conclude(struct pvp_bench *bench, const struct pvp_site *site,
		     const struct pvp_contract *contract, unsigned min_counted,
		     struct pvp_cell *cell)
{
	char text[96];

	if (cell->verdict == PVP_DIVERGENT) {
		if (bench->input->shrink)
			pvp_shrink(bench, site, contract, cell->witness);
		free(cell->detail); /* of an undecided state before it */
		cell->detail = pvp_strdup(cell->witness->what);
		return;
	}
	if (pvp_bench_is_null_op(bench, site)) {
		cell->verdict = PVP_EQUIVALENT;
		cell->evidence = PVP_EVIDENCE_NULL_OP;
		return;
	}
	if (cell->verdict != PVP_INCONCLUSIVE && cell->end >= min_counted) {
		cell->verdict = PVP_EQUIVALENT;
		cell->evidence = PVP_EVIDENCE_EXECUTED;
		return;
	}
	/* Runs that could not be followed are what congruence is for. */
	if (is_congruent(bench, site, contract, cell)) {
		cell->verdict = PVP_EQUIVALENT;
		cell->evidence = PVP_EVIDENCE_CONGRUENT;
		cell->reason = PVP_REASON_NONE;
		free(cell->detail);
		cell->detail = pvp_strdup(contract->congruent);
		return;
	}
	if (cell->verdict == PVP_INCONCLUSIVE)
		return;
	snprintf(text, sizeof(text), "%u of %u states reached the end, %u faulted alike", cell->end,
		 cell->states, cell->faulted);
	inconclusive(cell, PVP_REASON_ALL_FAULT, text);
}

/* A state of the op's domain; two kinds outside it, which decide as much and count for nothing. */
enum state_kind { COUNTED, WILD, STEERED };

static bool agrees(enum pvp_agreement agreement)
{
	return agreement == PVP_AGREE_END || agreement == PVP_AGREE_FAULT;
}

/* Runs bench->start, which is state `index` or made from it, and adds what it came to. */
static void decide_state(struct pvp_bench *bench, const struct pvp_site *site,
			 const struct pvp_contract *contract, unsigned index, enum state_kind kind,
			 struct pvp_cell *cell, char **violation)
{
	const struct pvp_run *k0 = &bench->side[0].run, *k1 = &bench->side[1].run;
	struct pvp_comparison c;
	const char *difference;
	char broken[2][128];

	pvp_bench_run(bench, site, contract, PVP_MAX_INSNS, &c);
	difference = pvp_bench_difference(bench, site, &c);
	cell->states += kind == COUNTED;
	cell->wild += kind == WILD;
	cell->steered += kind == STEERED;
	cell->entry += c.entry && kind == COUNTED;
	cell->stray += k0->strays + k1->strays;
	if (difference) {
		keep_witness(bench, index, difference, cell);
		if (kind == STEERED) /* no index draws it again */
			cell->witness->shrunk =
				memcpy(pvp_calloc(1, sizeof(bench->start)), &bench->start,
				       sizeof(bench->start));
	} else if (kind != COUNTED && (pvp_bench_is_null_op(bench, site) || agrees(c.agreement))) {
		; /* it could have told them apart, and did not */
	} else if (pvp_bench_is_null_op(bench, site) || c.agreement == PVP_AGREE_FAULT) {
		cell->faulted++;
		cell->bugs += k0->meant;
	} else if (c.agreement == PVP_AGREE_END) {
		cell->end++;
		if (violation && !*violation &&
		    !pvp_contract_kept(contract, &bench->start.state, k0, broken[0],
				       sizeof(broken[0])) &&
		    !pvp_contract_kept(contract, &bench->start.state, k1, broken[1],
				       sizeof(broken[1])))
			*violation = pvp_asprintf("state %u: %s", index, broken[0]);
	} else if (cell->verdict != PVP_INCONCLUSIVE) {
		/* The first reason stays, but a later state may still diverge. */
		inconclusive(cell, reason_of(k0, k1), c.what);
	}
	pvp_bench_undo(bench);
}

/* False: it is decided already. */
static bool begin(struct pvp_bench *bench, const struct pvp_site *site,
		  const struct pvp_contract *contract, struct pvp_cell *cell)
{
	memset(cell, 0, sizeof(*cell));
	cell->site = site;
	cell->verdict = PVP_SKIPPED;
	cell->form = pvp_bench_is_null_op(bench, site) ? PVP_FORM_TRAP : form_of(bench, site);
	if (!contract)
		inconclusive(cell, PVP_REASON_NO_CONTRACT, site->op);
	return contract;
}

/* Whether to draw another state: not all asked for are counted, and there is hope. */
static bool wants_more(const struct pvp_bench *bench, const struct pvp_site *site,
		       const struct pvp_cell *cell)
{
	unsigned nr = bench->input->nr_states;

	if (cell->verdict == PVP_DIVERGENT)
		return false;
	if (cell->states < nr)
		return true;
	return cell->verdict != PVP_INCONCLUSIVE && !pvp_bench_is_null_op(bench, site) && cell->end < nr &&
	       cell->states < PVP_MAX_DRAWN * nr;
}

void pvp_bench_decide(struct pvp_bench *bench, const struct pvp_site *site, struct pvp_cell *cell,
		      char **violation)
{
	const struct pvp_contract *contract =
		pvp_contracts_find(bench->input->contracts, site->op);
	const struct pvp_op_steering *steering;

	if (!begin(bench, site, contract, cell))
		return;
	for (unsigned i = 0; wants_more(bench, site, cell); i++) {
		pvp_start_make(&bench->facts, bench->input->platform, contract, bench->input->seed,
			       i, &bench->start);
		decide_state(bench, site, contract, i, bench->start.wild ? WILD : COUNTED, cell,
			     violation);
	}
	steering = pvp_steering_find(bench->input->steering, site->op);
	for (size_t i = 0; steering && i < steering->nr && cell->verdict != PVP_DIVERGENT; i++) {
		unsigned base = steering->steers[i].base;

		pvp_start_make(&bench->facts, bench->input->platform, contract, bench->input->seed,
			       base, &bench->start);
		if (pvp_steer_apply(&steering->steers[i], &bench->start))
			decide_state(bench, site, contract, base, STEERED, cell, violation);
	}
	conclude(bench, site, contract, PVP_MIN_COUNTED, cell);
}

void pvp_bench_decide_state(struct pvp_bench *bench, const struct pvp_site *site, unsigned index,
			    struct pvp_cell *cell)
{
	const struct pvp_contract *contract =
		pvp_contracts_find(bench->input->contracts, site->op);

	if (!begin(bench, site, contract, cell))
		return;
	pvp_start_make(&bench->facts, bench->input->platform, contract, bench->input->seed, index,
		       &bench->start);
	decide_state(bench, site, contract, index, COUNTED, cell, NULL);
	conclude(bench, site, contract, 1, cell);
}

void pvp_bench_decide_start(struct pvp_bench *bench, const struct pvp_site *site,
			    const struct pvp_start *start, unsigned index, struct pvp_cell *cell)
{
	const struct pvp_contract *contract =
		pvp_contracts_find(bench->input->contracts, site->op);

	if (!begin(bench, site, contract, cell))
		return;
	bench->start = *start;
	decide_state(bench, site, contract, index, COUNTED, cell, NULL);
	conclude(bench, site, contract, 1, cell);
}
