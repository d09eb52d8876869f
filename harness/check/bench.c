// SPDX-License-Identifier: GPL-2.0-only
/* bench.c - a pair of machines over one world, and one start state on each. */
#include "bench.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "cpuid.h"
#include "hypercall.h"
#include "msrs.h"
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

static struct pvp_error *make_machine(struct pvp_bench *bench, int i)
{
	struct pvp_bench_side *side = &bench->side[i];
	const struct pvp_platform *platform = bench->input->platform;
	struct pvp_machine_rule *rules = pvp_world_rules(platform);
	struct pvp_machine_config config = {
		.isa = pvp_plan_of(bench->input->image)->isa,
		.ring = platform->ring,
		.traces = bench->traces && !i,
		.regions = side->view.regions,
		.nr_regions = side->view.nr_regions,
		.rules = rules,
		.nr_rules = platform->nr_insns,
		.specials = bench->specials[i],
		.nr_specials = bench->nr_specials[i],
		.client = { .arg = bench,
			    .callee_result = callee_result,
			    .fill = fill,
			    .fixup = fixup,
			    .lacks_msr = lacks_msr,
			    .cpuid = cpuid },
	};
	static bool (*const hypercalls[])(void *, struct pvp_machine *) = {
		[PVP_HV_NONE] = NULL,
		[PVP_HV_XEN_PV] = pvp_xen_hypercall,
		[PVP_HV_XEN_HVM] = pvp_xen_hvm_hypercall,
		[PVP_HV_KVM] = pvp_kvm_hypercall,
		[PVP_HV_HYPERV] = pvp_hyperv_hypercall,
		[PVP_HV_VMWARE] = NULL, /* no operation makes one */
	};
	struct pvp_error *err;

	config.client.hypercall = hypercalls[platform->hypervisor];
	err = pvp_machine_create(&config, &side->machine);
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
		if (err)
			break;
		bench->specials[i] =
			make_specials(bench, &bench->side[i].view, &bench->nr_specials[i]);
		err = make_machine(bench, i);
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
		free(bench->specials[i]);
	}
	pvp_world_destroy(bench->world);
	pvp_x86_decoder_destroy(bench->decoder);
	free(bench);
}

struct pvp_error *pvp_bench_spoil(struct pvp_bench *bench, const struct pvp_site *site,
				  const uint8_t *bytes)
{
	struct pvp_bench_side *k1 = &bench->side[1];
	struct pvp_error *err;

	pvp_machine_destroy(k1->machine);
	k1->machine = NULL;
	err = pvp_view_spoil(&k1->view, site->addr, bytes, site->len);
	return err ? err : make_machine(bench, 1);
}

uint64_t pvp_bench_cases(const struct pvp_bench *bench)
{
	return bench->cases;
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
