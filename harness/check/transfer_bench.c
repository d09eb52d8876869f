// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "transfer_bench.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc.h"
#include "seen.h"
#include "world.h"

/* The longest way through a thunk measured, which fills the return predictor, takes 44. */
#define MAX_INSNS 256

struct pvp_transfer_bench {
	const struct pvp_check_input *input;
	struct pvp_view view;
	uint8_t *arrivals;
	struct pvp_machine *machine;
	struct pvp_transfer_facts facts;
	struct pvp_transfer_case want;
	struct pvp_run run;
	uint64_t cases;
};

static struct pvp_error *make_machine(struct pvp_transfer_bench *bench)
{
	const struct pvp_plan *plan = pvp_plan_of(bench->input->image);
	const struct pvp_platform *platform = bench->input->platform;
	const size_t nr = bench->view.nr_regions;
	struct pvp_region *regions = pvp_calloc(nr + 1, sizeof(*regions));
	struct pvp_machine_rule *rules = pvp_world_rules(platform);
	const struct pvp_machine_config config = {
		.isa = plan->isa,
		.ring = platform->ring,
		.regions = regions,
		.nr_regions = nr + 1,
		.rules = rules,
		.nr_rules = platform->nr_insns,
	};
	struct pvp_error *err;

	memcpy(regions, bench->view.regions, nr * sizeof(*regions));
	regions[nr] = (struct pvp_region){.addr = pvp_arrivals_of(plan),
					  .len = PVP_ARRIVALS_LEN,
					  .host = bench->arrivals,
					  .prot = PVP_PROT_READ | PVP_PROT_EXEC,
					  .class = PVP_MEM_PLAIN,
					  .name = "arrivals"};
	err = pvp_machine_create(&config, &bench->machine);
	free(rules);
	free(regions);
	return err ? pvp_error_context(err, "platform %s", platform->name) : NULL;
}

struct pvp_error *pvp_transfer_bench_create(const struct pvp_check_input *input,
					  const struct pvp_world *world,
					  struct pvp_transfer_bench **ret)
{
	struct pvp_transfer_bench *bench = pvp_calloc(1, sizeof(*bench));
	struct pvp_error *err;

	bench->input = input;
	bench->arrivals = mmap(NULL, PVP_ARRIVALS_LEN, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert(bench->arrivals != MAP_FAILED);
	memset(bench->arrivals, 0xcc, PVP_ARRIVALS_LEN);
	err = pvp_view_create(world, input->patched, input->given, NULL, &bench->view);
	if (!err)
		err = pvp_transfer_facts_init(&bench->facts, input, &bench->view);
	if (!err)
		err = make_machine(bench);
	if (err) {
		pvp_transfer_bench_destroy(bench);
		return err;
	}
	*ret = bench;
	return NULL;
}

void pvp_transfer_bench_destroy(struct pvp_transfer_bench *bench)
{
	if (!bench)
		return;
	pvp_machine_destroy(bench->machine);
	pvp_run_deinit(&bench->run);
	pvp_transfer_facts_deinit(&bench->facts);
	pvp_view_deinit(&bench->view);
	munmap(bench->arrivals, PVP_ARRIVALS_LEN);
	free(bench);
}

uint64_t pvp_transfer_bench_cases(const struct pvp_transfer_bench *bench)
{
	return bench->cases;
}

static void run_case(struct pvp_transfer_bench *bench)
{
	const struct pvp_transfer_case *want = &bench->want;
	const struct pvp_site *site = want->site;
	struct pvp_memory *memory = pvp_machine_memory(bench->machine);
	struct pvp_run_request request = {
		.start = &want->start,
		.inside = {{site->addr, site->addr + site->len}},
		.end = site->addr + site->len,
		.end_sp = want->start.reg[PVP_X86_rsp],
		.max_insns = MAX_INSNS,
		.seed = 1,
		.only_entry = want->only_entry,
	};

	/* A call that is not patched goes through its trampoline. */
	if (site->kind == PVP_SITE_KEY_CALL && site->trampoline) {
		request.inside[1].lo = site->trampoline;
		request.inside[1].hi = site->trampoline + 8;
	}
	for (unsigned i = 0; i < want->nr_pokes; i++)
		pvp_memory_write(memory, want->pokes[i].addr, &want->pokes[i].value,
				 want->pokes[i].size, PVP_WRITER_SCRIPT);
	pvp_machine_run(bench->machine, &request, &bench->run);
	bench->cases++;
}

/* Runs the states from, .., to - 1 of site i, or until one is wrong. */
static void decide(struct pvp_transfer_bench *bench, size_t i, unsigned from, unsigned to,
		   struct pvp_cell *ret)
{
	const struct pvp_check_input *input = bench->input;
	const struct pvp_site *site = &input->transfers->sites.v[i];
	const struct pvp_transfer *branch = &input->transfers->v[i];
	const enum pvp_transfer_meaning meaning =
		pvp_transfer_meaning_of(&bench->facts, site, branch);

	*ret = (struct pvp_cell){.site = site, .form = pvp_seen_form(&bench->view, site)};
	/* What the file has there is not the text that runs: it only leads to it. */
	if (input->given && pvp_patched_is_symbolic(input->patched, site->addr, site->len)) {
		ret->verdict = PVP_INCONCLUSIVE;
		ret->reason = PVP_REASON_RUN_TIME_ADDRESS;
		ret->detail = pvp_strdup("a thunk that boot puts into memory of its own");
		return;
	}
	for (unsigned state = from; state < to; state++) {
		char *wrong;

		pvp_transfer_case_make(&bench->facts, site, branch, meaning, input->seed, state,
				       &bench->want);
		run_case(bench);
		ret->states++;
		wrong = pvp_transfer_case_judge(&bench->want, &bench->facts, &bench->run,
						pvp_machine_memory(bench->machine), &ret->reason);
		pvp_machine_undo(bench->machine);
		if (wrong) {
			ret->verdict = ret->reason ? PVP_INCONCLUSIVE : PVP_DIVERGENT;
			ret->detail = pvp_asprintf("state %u: %s", state, wrong);
			if (ret->verdict == PVP_DIVERGENT)
				ret->witness = pvp_seen_alone(input, state, wrong,
							      pvp_transfer_meaning_text(meaning),
							      &bench->want.start, &bench->run);
			free(wrong);
			return;
		}
		ret->entry++;
		ret->end++;
	}
	ret->verdict = PVP_EQUIVALENT;
	ret->evidence = PVP_EVIDENCE_EXECUTED;
}

void pvp_transfer_bench_decide(struct pvp_transfer_bench *bench, size_t i, struct pvp_cell *ret)
{
	decide(bench, i, 0, bench->input->nr_states, ret);
}

void pvp_transfer_bench_decide_state(struct pvp_transfer_bench *bench, size_t i, unsigned state,
				     struct pvp_cell *ret)
{
	decide(bench, i, state, state + 1, ret);
}
