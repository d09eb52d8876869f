// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "cell.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bench.h"
#include "cpuid.h"
#include "hypercall.h"
#include "msrs.h"
#include "shrink.h"
#include "steer.h"
#include "traps.h"

/* --- what the machines ask of us --- */

static uint64_t callee_result(void *arg, unsigned index, unsigned nth, uint64_t seed)
{
	const struct pvp_bench *bench = arg;
	const struct pvp_callee_stub *stub = &bench->input->platform->stubs[index];

	if (bench->input->by_name)
		seed = pvp_mix(seed ^ 0xca11ed, nth);
	else
		seed = pvp_mix(seed ^ 0xca11ee, (uint64_t)index << 32 | nth);
	if (stub->has_result && stub->by_domain)
		return pvp_start_value(&bench->facts, bench->input->platform, stub->result, seed);
	return stub->has_result ? stub->value : seed;
}

static void fill(void *arg, uint64_t seed, uint64_t addr, void *buf, size_t len)
{
	const struct pvp_bench *bench = arg;

	pvp_world_fill(bench->facts.plan, seed, addr, buf, len);
}

static uint64_t fixup(void *arg, struct pvp_machine *machine, uint64_t addr, unsigned vector)
{
	const struct pvp_bench *bench = arg;

	(void)vector;
	return pvp_traps_fixup(bench->input->image, bench->input->tables, machine, addr);
}

static bool lacks_msr(void *arg, uint64_t seed, uint32_t index, bool write)
{
	const struct pvp_bench *bench = arg;

	return pvp_msr_is_lacking(bench->input->platform, seed, index, write);
}

static void cpuid(void *arg, uint32_t leaf, uint32_t subleaf, bool prefixed, uint32_t regs[4])
{
	const struct pvp_bench *bench = arg;

	(void)subleaf;
	pvp_cpuid_answer(bench->input->platform, leaf, prefixed, regs);
}

/* --- set-up --- */

/* i386 has no arguments of these in registers. */
static bool takes_stack(const struct pvp_bench *bench, const char *name)
{
	static const char *const names[] = { "printk", "_printk", "__warn_printk" };
	bool i386 = pvp_plan_of(bench->input->image)->isa == PVP_ISA_I386;

	for (size_t i = 0; i386 && i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static struct pvp_special *make_specials(struct pvp_bench *bench, const struct pvp_view *view,
					 size_t *nr)
{
	const struct pvp_platform *platform = bench->input->platform;
	const struct pvp_tables *tables = bench->input->tables;
	struct pvp_special *v = pvp_calloc(tables->nr_bugs + 1 + platform->nr_stubs, sizeof(*v));

	*nr = pvp_traps_warns(bench->input->image, tables, view, bench->decoder, v);
	for (size_t i = 0; i < platform->nr_stubs; i++)
		v[(*nr)++] = (struct pvp_special){
			.addr = platform->stubs[i].addr,
			.kind = PVP_SPECIAL_CALLEE,
			.nr_args = platform->stubs[i].nr_args,
			.stack_args = takes_stack(bench, platform->stubs[i].name),
			.index = i,
		};
	return v;
}

static struct pvp_error *make_machine(struct pvp_bench *bench, struct pvp_bench_side *side)
{
	const struct pvp_platform *platform = bench->input->platform;
	struct pvp_machine_rule *rules = pvp_calloc(platform->nr_insns, sizeof(*rules));
	struct pvp_machine_config config = {
		.isa = pvp_plan_of(bench->input->image)->isa,
		.ring = platform->ring,
		.traces = bench->traces && side == &bench->side[0],
		.regions = side->view.regions,
		.nr_regions = side->view.nr_regions,
		.rules = rules,
		.nr_rules = platform->nr_insns,
		.client = { .arg = bench,
			    .callee_result = callee_result,
			    .fill = fill,
			    .fixup = fixup,
			    .lacks_msr = lacks_msr,
			    .cpuid = cpuid },
	};
	static const enum pvp_rule rule_of[] = {
		[PVP_INSN_ALLOW] = PVP_RULE_ALLOW,
		[PVP_INSN_EMULATE] = PVP_RULE_EMULATE,
		[PVP_INSN_FAULT] = PVP_RULE_FAULT,
		[PVP_INSN_IGNORE] = PVP_RULE_IGNORE,
		[PVP_INSN_END] = PVP_RULE_END,
	};
	static bool (*const hypercalls[])(void *, struct pvp_machine *) = {
		[PVP_HV_NONE] = NULL,
		[PVP_HV_XEN_PV] = pvp_xen_hypercall,
		[PVP_HV_XEN_HVM] = pvp_xen_hvm_hypercall,
		[PVP_HV_KVM] = pvp_kvm_hypercall,
		[PVP_HV_HYPERV] = pvp_hyperv_hypercall,
		[PVP_HV_VMWARE] = NULL, /* no operation makes one */
	};
	struct pvp_special *specials = make_specials(bench, &side->view, &config.nr_specials);
	struct pvp_error *err;

	for (size_t i = 0; i < platform->nr_insns; i++)
		rules[i] = (struct pvp_machine_rule){ platform->insns[i].insn,
						      rule_of[platform->insns[i].rule] };
	config.client.hypercall = hypercalls[platform->hypervisor];
	config.specials = specials;
	err = pvp_machine_create(&config, &side->machine);
	free(specials);
	free(rules);
	return err ? pvp_error_context(err, "platform %s", platform->name) : NULL;
}

/* Words that domains and tail calls add to the rows of the files. */
#define POKES_BY_DOMAINS (32 + PVP_STEER_MAX_CHANGES)

static struct pvp_error *check_room(const struct pvp_check_input *input)
{
	for (size_t i = 0; i < input->contracts->nr; i++) {
		const struct pvp_contract *contract = &input->contracts->v[i];
		size_t rows = input->platform->nr_pokes + contract->nr_pokes;

		if (rows + POKES_BY_DOMAINS > PVP_START_MAX_POKES)
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"platform %s and the contract of %s have %zu rows of "
						"memory; %d are possible",
						input->platform->name, contract->op, rows,
						PVP_START_MAX_POKES - POKES_BY_DOMAINS);
	}
	return NULL;
}

static struct pvp_error *create(const struct pvp_check_input *input, bool traces,
				struct pvp_bench **ret)
{
	struct pvp_bench *bench = pvp_calloc(1, sizeof(*bench));
	struct pvp_error *err;

	bench->input = input;
	bench->traces = traces;
	err = pvp_x86_decoder_create(pvp_plan_of(input->image)->isa, &bench->decoder);
	if (!err)
		err = pvp_world_create(input->image, input->tables, input->platform, &bench->world);
	for (int i = 0; i < 2 && !err; i++) {
		err = pvp_view_create(bench->world, input->patched, input->given,
				      i ? NULL : input->sites, &bench->side[i].view);
		if (!err)
			err = make_machine(bench, &bench->side[i]);
	}
	if (!err)
		err = check_room(input);
	if (err) {
		pvp_bench_destroy(bench);
		return err;
	}
	pvp_start_image_init(&bench->facts, input->image, &bench->side[0].view);
	bench->facts.by_name = input->by_name;
	pvp_accounting_init(&bench->accounting, input->image);
	*ret = bench;
	return NULL;
}

struct pvp_error *pvp_bench_create(const struct pvp_check_input *input, struct pvp_bench **ret)
{
	return create(input, false, ret);
}

struct pvp_error *pvp_bench_create_tracing(const struct pvp_check_input *input,
					   struct pvp_bench **ret)
{
	return create(input, true, ret);
}

void pvp_bench_destroy(struct pvp_bench *bench)
{
	if (!bench)
		return;
	for (int i = 0; i < 2; i++) {
		pvp_machine_destroy(bench->side[i].machine);
		pvp_run_deinit(&bench->side[i].run);
		pvp_view_deinit(&bench->side[i].view);
	}
	pvp_world_destroy(bench->world);
	pvp_x86_decoder_destroy(bench->decoder);
	free(bench);
}

struct pvp_error *pvp_bench_spoil(struct pvp_bench *bench, const struct pvp_site *site,
				  const uint8_t *bytes)
{
	assert(!bench->cases);
	return pvp_view_lay(&bench->side[1].view, site->addr, bytes, site->len);
}

uint64_t pvp_bench_cases(const struct pvp_bench *bench)
{
	return bench->cases;
}

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
 * prescribed: a call of the platform's trap function, then NOPs.
 */
static bool null_op_bytes(struct pvp_bench *bench, const struct pvp_site *site)
{
	const uint8_t *k1 = pvp_view_bytes(&bench->side[1].view, site->addr, site->len);
	int32_t rel;

	if (k1[0] != 0xe8 || site->len < 5)
		return false;
	memcpy(&rel, k1 + 1, sizeof(rel));
	return site->addr + 5 + (int64_t)rel == bench->input->platform->null_target &&
	       only_nops(bench, site->addr + 5, site->len - 5);
}

/* --- one start state --- */

static void run_side(struct pvp_bench *bench, int i, const struct pvp_run_request *request)
{
	struct pvp_bench_side *side = &bench->side[i];
	struct pvp_memory *memory = pvp_machine_memory(side->machine);
	const struct pvp_start *start = &bench->start;

	for (size_t k = 0; k < start->nr_pokes; k++)
		pvp_memory_write(memory, start->pokes[k].addr, &start->pokes[k].value,
				 start->pokes[k].size, PVP_WRITER_SCRIPT);
	pvp_machine_run(side->machine, request, &side->run);
	if (bench->input->platform->hypervisor == PVP_HV_XEN_PV && pvp_xen_hypercall_ends(&side->run))
		side->run.stop = PVP_STOP_OP_END;
	side->run.meant = pvp_traps_is_bug(bench->input->tables, &side->run);
	bench->cases++;
}

/* How to run the site from bench->start; gives the start state what a tail call needs besides. */
static struct pvp_run_request make_request(struct pvp_bench *bench, const struct pvp_site *site,
					   uint64_t max_insns)
{
	struct pvp_start *start = &bench->start;
	struct pvp_run_request request = {
		.start = &start->state,
		.inside = { { site->addr, site->addr + site->len },
			    { site->trampoline, site->trampoline ? site->trampoline + 8 : 0 } },
		.end = site->addr + site->len,
		.end_sp = start->state.reg[PVP_X86_rsp],
		.max_insns = max_insns,
		.seed = start->seed,
		.script = start->script,
		.nr_script = start->nr_script,
	};
	unsigned word = bench->facts.plan->word;

	start->state.reg[PVP_X86_rip] = site->addr;
	if (site->tail) { /* the op returns to the caller of the site */
		request.end = pvp_machine_landing(bench->side[0].machine);
		assert(start->nr_pokes < PVP_START_MAX_POKES);
		start->pokes[start->nr_pokes++] =
			(struct pvp_start_poke){ request.end_sp, request.end, word };
		request.end_sp += word;
	}
	return request;
}

void pvp_bench_run(struct pvp_bench *bench, const struct pvp_site *site,
		   const struct pvp_contract *contract, uint64_t max_insns,
		   struct pvp_comparison *ret)
{
	size_t nr_pokes = bench->start.nr_pokes;
	struct pvp_run_request request = make_request(bench, site, max_insns);
	struct pvp_side sides[2];
	struct pvp_compare_input in = { .contract = contract,
					.start = &bench->start.state,
					.site = site->addr,
					.len = site->len,
					.max_insns = max_insns,
					.accounting = &bench->accounting };
	const struct pvp_run *k1 = &bench->side[1].run;

	for (int i = 0; i < 2; i++) {
		run_side(bench, i, &request);
		sides[i] = (struct pvp_side){ &bench->side[i].run,
					      pvp_machine_memory(bench->side[i].machine) };
	}
	bench->start.nr_pokes = nr_pokes;
	in.end_sp = request.end_sp;
	/* Arriving at the end at the caller's stack depth is no entry. */
	in.compare_entry = k1->entered && (k1->entry.reg[PVP_X86_rip] != request.end ||
					   k1->entry.reg[PVP_X86_rsp] != request.end_sp);
	in.entry_text = pvp_view_bytes(&bench->side[0].view,
				       bench->side[0].run.entry.reg[PVP_X86_rip], 4);
	in.pad_text =
		pvp_view_bytes(&bench->side[1].view, k1->entry.reg[PVP_X86_rip], PVP_PAD_LEN);
	pvp_compare(&in, &sides[0], &sides[1], ret);
}

void pvp_bench_trace(struct pvp_bench *bench, const struct pvp_site *site)
{
	size_t nr_pokes = bench->start.nr_pokes;
	struct pvp_run_request request = make_request(bench, site, PVP_MAX_INSNS);

	run_side(bench, 0, &request);
	bench->start.nr_pokes = nr_pokes;
}

uint64_t pvp_bench_run_patched(struct pvp_bench *bench, const struct pvp_site *site)
{
	size_t nr_pokes = bench->start.nr_pokes;
	struct pvp_run_request request = make_request(bench, site, PVP_MAX_INSNS);

	run_side(bench, 1, &request);
	bench->start.nr_pokes = nr_pokes;
	return request.end_sp;
}

void pvp_bench_undo(struct pvp_bench *bench)
{
	for (int i = 0; i < 2; i++)
		pvp_machine_undo(bench->side[i].machine);
}

/* --- witnesses --- */

static char *describe_effects(const struct pvp_run *run)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < run->effects.nr; i++) {
		char buf[160];

		pvp_effect_print(&run->effects, i, buf, sizeof(buf));
		fprintf(out, "%s\n", buf);
	}
	fclose(out);
	return text;
}

static char *describe_stop(const struct pvp_bench *bench, const struct pvp_run *run)
{
	char where[128], what[96];

	pvp_describe_stop(run, what, sizeof(what));
	return pvp_asprintf("%s, %s", what,
			    pvp_image_describe(bench->input->image, run->stop_addr, where,
					       sizeof(where)));
}

void pvp_bench_describe(struct pvp_bench *bench, const char *what, struct pvp_witness *ret)
{
	const struct pvp_run *k0 = &bench->side[0].run, *k1 = &bench->side[1].run;

	free(ret->what);
	free(ret->stop_k0);
	free(ret->stop_k1);
	free(ret->effects_k0);
	free(ret->effects_k1);
	ret->what = pvp_strdup(what);
	memcpy(ret->start, bench->start.state.reg, sizeof(ret->start));
	memcpy(ret->end_k0, k0->end.reg, sizeof(ret->end_k0));
	memcpy(ret->end_k1, k1->end.reg, sizeof(ret->end_k1));
	ret->stop_k0 = describe_stop(bench, k0);
	ret->stop_k1 = describe_stop(bench, k1);
	ret->effects_k0 = describe_effects(k0);
	ret->effects_k1 = describe_effects(k1);
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
	uint64_t trap = bench->input->platform->null_target;

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
