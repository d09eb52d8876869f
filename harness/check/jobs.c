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
	const uint64_t before = pvp_bench_cases(state);

	pvp_bench_decide(state, &jobs->input->sites->v[item], &cell, &violation);
	pvp_seen_put_cell(out, &cell);
	pvp_record_put_string(out, violation);
	pvp_record_put_u64(out, pvp_bench_cases(state) - before);
	pvp_cell_deinit(&cell);
	free(violation);
}

/* --- the parent's side --- */

static void progress(struct jobs *jobs)
{
	jobs->done++;
	if (jobs->input->progress)
		jobs->input->progress(jobs->input->progress_arg, jobs->done, jobs->total);
}

static bool take(void *arg, size_t item, struct pvp_record *in)
{
	struct jobs *jobs = arg;

	if (!pvp_seen_get_cell(in, &jobs->outcomes[item].cell))
		return false;
	jobs->outcomes[item].cell.site = &jobs->input->sites->v[item];
	jobs->outcomes[item].violation = pvp_record_get_string(in);
	jobs->cases += pvp_record_get_u64(in);
	progress(jobs);
	return true;
}

static bool died(void *arg, size_t item, const char *how)
{
	struct jobs *jobs = arg;

	jobs->outcomes[item].cell = pvp_seen_died(&jobs->input->sites->v[item], how);
	progress(jobs);
	return false;
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
		.take = take,
		.died = died,
	};
	struct pvp_error *err;

	for (size_t i = 0; i < input->sites->nr; i++)
		jobs.total += is_wanted(&jobs, i);
	err = pvp_pool_run(&pool);
	*cases = jobs.cases;
	return err;
}
