// SPDX-License-Identifier: GPL-2.0-only
#include "jobs.h"

#include <stdlib.h>

#include "alloc.h"
#include "cell.h"
#include "pool.h"
#include "seen.h"

struct jobs {
	const struct pvp_check_input *input;
	struct pvp_job_outcome *outcomes;
	size_t done, total;
	uint64_t cases;
};

/* --- the worker's side --- */

static void put_cell(struct pvp_record *r, const struct pvp_cell *cell, const char *violation)
{
	pvp_record_put_u64(r, cell->verdict);
	pvp_record_put_u64(r, cell->evidence);
	pvp_record_put_u64(r, cell->reason);
	pvp_record_put_u64(r, cell->form);
	pvp_record_put_u64(r, cell->states);
	pvp_record_put_u64(r, cell->wild);
	pvp_record_put_u64(r, cell->steered);
	pvp_record_put_u64(r, cell->entry);
	pvp_record_put_u64(r, cell->end);
	pvp_record_put_u64(r, cell->faulted);
	pvp_record_put_u64(r, cell->bugs);
	pvp_record_put_u64(r, cell->stray);
	pvp_record_put_string(r, cell->detail);
	pvp_record_put_string(r, violation);
	pvp_seen_put(r, cell->witness);
}

static bool is_wanted(void *arg, size_t site)
{
	const struct jobs *jobs = arg;

	return !jobs->input->wanted || jobs->input->wanted[site];
}

static struct pvp_error *begin(void *arg, void **state)
{
	const struct jobs *jobs = arg;
	struct pvp_bench *bench = NULL;
	struct pvp_error *err = pvp_bench_create(jobs->input, &bench);

	*state = bench;
	return err;
}

static void work(void *arg, void *state, size_t item, struct pvp_record *out)
{
	const struct jobs *jobs = arg;
	struct pvp_cell cell;
	char *violation = NULL;

	pvp_bench_decide(state, &jobs->input->sites->v[item], &cell, &violation);
	put_cell(out, &cell, violation);
	pvp_cell_deinit(&cell);
	free(violation);
}

static void end(void *arg, void *state, struct pvp_record *out)
{
	(void)arg;
	pvp_record_put_u64(out, pvp_bench_cases(state));
}

/* --- the parent's side --- */

static void get_cell(struct pvp_record *r, const struct pvp_check_input *input, size_t index,
		     struct pvp_job_outcome *ret)
{
	struct pvp_cell *cell = &ret->cell;

	cell->site = &input->sites->v[index];
	cell->verdict = pvp_record_get_u64(r);
	cell->evidence = pvp_record_get_u64(r);
	cell->reason = pvp_record_get_u64(r);
	cell->form = pvp_record_get_u64(r);
	cell->states = pvp_record_get_u64(r);
	cell->wild = pvp_record_get_u64(r);
	cell->steered = pvp_record_get_u64(r);
	cell->entry = pvp_record_get_u64(r);
	cell->end = pvp_record_get_u64(r);
	cell->faulted = pvp_record_get_u64(r);
	cell->bugs = pvp_record_get_u64(r);
	cell->stray = pvp_record_get_u64(r);
	cell->detail = pvp_record_get_string(r);
	ret->violation = pvp_record_get_string(r);
	cell->witness = pvp_seen_get(r);
}

/* A worker may have been damaged before it spoke: numbers that index something are checked. */
static bool is_sane(const struct pvp_cell *cell)
{
	return cell->verdict <= PVP_SKIPPED && cell->evidence <= PVP_EVIDENCE_NULL_OP &&
	       cell->reason <= PVP_REASON_WORKER_DIED && cell->form <= PVP_FORM_UNPATCHED &&
	       pvp_seen_is_sane(cell->witness);
}

static void progress(struct jobs *jobs)
{
	jobs->done++;
	if (jobs->input->progress)
		jobs->input->progress(jobs->input->progress_arg, jobs->done, jobs->total);
}

static bool take(void *arg, size_t item, struct pvp_record *in)
{
	struct jobs *jobs = arg;

	get_cell(in, jobs->input, item, &jobs->outcomes[item]);
	if (in->bad || !is_sane(&jobs->outcomes[item].cell))
		return false;
	progress(jobs);
	return true;
}

static bool died(void *arg, size_t item, const char *how)
{
	struct jobs *jobs = arg;
	struct pvp_cell *cell = &jobs->outcomes[item].cell;

	cell->site = &jobs->input->sites->v[item];
	cell->verdict = PVP_INCONCLUSIVE;
	cell->reason = PVP_REASON_WORKER_DIED;
	cell->detail = pvp_asprintf("the process that ran it ended by %s", how);
	progress(jobs);
	return false;
}

static bool take_end(void *arg, struct pvp_record *in)
{
	struct jobs *jobs = arg;

	jobs->cases += pvp_record_get_u64(in);
	return true;
}

struct pvp_error *pvp_jobs_run(const struct pvp_check_input *input, struct pvp_job_outcome *ret,
			       uint64_t *cases)
{
	struct jobs jobs = { .input = input, .outcomes = ret };
	const struct pvp_pool pool = {
		.nr_items = input->sites->nr,
		.jobs = input->jobs,
		.arg = &jobs,
		.is_wanted = is_wanted,
		.begin = begin,
		.work = work,
		.end = end,
		.take = take,
		.died = died,
		.take_end = take_end,
	};
	struct pvp_error *err;

	for (size_t i = 0; i < input->sites->nr; i++)
		jobs.total += is_wanted(&jobs, i);
	err = pvp_pool_run(&pool);
	*cases = jobs.cases;
	return err;
}
