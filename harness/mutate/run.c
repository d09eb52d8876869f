// SPDX-License-Identifier: GPL-2.0-only
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "cell.h"
#include "entry_bench.h"
#include "pool.h"
#include "seen.h"

/* An engine that hangs has outlived 64 states by far. */
#define MAX_SECONDS 120

/* Items: the good text of each site, then the mutants. */
struct run {
	const struct pvp_check_input *check;
	const struct pvp_mutant *mutants;
	size_t nr;
	const struct pvp_site **sites; /* of the mutants, each once */
	size_t nr_sites;
	struct pvp_mutant_outcome *outcomes;
	struct pvp_error *good; /* the first site, in order, whose good text is not good */
	size_t good_site;
	size_t done;
};

/* --- the worker's side --- */

/* A bench of each sort: pv calls, entry code, trap rows. */
struct benches {
	struct pvp_bench *calls;
	struct pvp_entry_bench *entry, *rows;
};

static struct pvp_error *begin(void *arg, void **state)
{
	const struct run *run = arg;
	const bool has_entry = run->check->entry && run->check->entry->sites.nr;
	struct benches *ret = pvp_calloc(1, sizeof(*ret));
	struct pvp_error *err = pvp_bench_create(run->check, &ret->calls);

	if (!err && has_entry)
		err = pvp_entry_bench_create(run->check, PVP_SITE_ENTRY, &ret->entry);
	if (!err && has_entry)
		err = pvp_entry_bench_create(run->check, PVP_SITE_TRAP, &ret->rows);
	*state = ret;
	return err;
}

/* bytes NULL: the good text. */
static void decide(const struct benches *benches, const struct pvp_site *site, const uint8_t *bytes,
		   struct pvp_cell *cell)
{
	struct pvp_entry_bench *entry = site->kind == PVP_SITE_ENTRY  ? benches->entry
					: site->kind == PVP_SITE_TRAP ? benches->rows
								      : NULL;
	struct pvp_error *err = entry ? pvp_entry_bench_spoil(entry, site, bytes)
				      : pvp_bench_spoil(benches->calls, site, bytes);

	if (err)
		_exit(2);
	if (entry)
		pvp_entry_bench_decide(entry, site, cell);
	else
		pvp_bench_decide(benches->calls, site, cell, NULL);
}

static void work(void *arg, void *state, size_t item, struct pvp_record *out)
{
	const struct run *run = arg;
	const struct pvp_mutant *mutant =
		item < run->nr_sites ? NULL : &run->mutants[item - run->nr_sites];
	struct pvp_cell cell;

	alarm(MAX_SECONDS);
	decide(state, mutant ? mutant->site : run->sites[item], mutant ? mutant->bytes : NULL,
	       &cell);
	alarm(0);
	pvp_seen_put_cell(out, &cell);
	pvp_cell_deinit(&cell);
}

/* --- the parent's side --- */

static void progress(struct run *run)
{
	run->done++;
	if (run->check->progress)
		run->check->progress(run->check->progress_arg, run->done, run->nr);
}

/* Of a good text. */
static void note(struct run *run, size_t i, const char *verdict, const char *why)
{
	const struct pvp_site *site = run->sites[i];

	if (run->good && run->good_site < i)
		return;
	pvp_error_destroy(run->good);
	run->good_site = i;
	run->good = pvp_error_format(PVP_ERR_BAD_DATA,
				     "%s#%u: the good text is %s (%s), so that no mutant of it "
				     "shows anything",
				     site->op, site->ordinal, verdict, why);
}

static void keep(struct run *run, size_t item, const struct pvp_cell *cell)
{
	const char *seen = cell->detail ? cell->detail : "";
	struct pvp_mutant_outcome *ret;

	if (item < run->nr_sites) {
		if (cell->verdict != PVP_EQUIVALENT)
			note(run, item, pvp_verdict_name(cell->verdict), seen);
		return;
	}
	ret = &run->outcomes[item - run->nr_sites];
	ret->verdict = cell->verdict;
	ret->reason = cell->reason;
	ret->state = cell->states;
	snprintf(ret->seen, sizeof(ret->seen), "%s", seen);
	progress(run);
}

static bool take(void *arg, size_t item, struct pvp_record *in)
{
	struct pvp_cell cell;

	if (!pvp_seen_get_cell(in, &cell))
		return false;
	keep(arg, item, &cell);
	pvp_cell_deinit(&cell);
	return true;
}

static bool died(void *arg, size_t item, const char *how)
{
	struct pvp_cell cell = pvp_seen_died(NULL, how);

	keep(arg, item, &cell);
	pvp_cell_deinit(&cell);
	return false;
}

struct pvp_error *pvp_mutants_run(const struct pvp_check_input *check,
				  const struct pvp_mutant *mutants, size_t nr,
				  struct pvp_mutant_outcome *ret)
{
	struct run run = {
		.check = check,
		.mutants = mutants,
		.nr = nr,
		.sites = pvp_calloc(nr, sizeof(*run.sites)),
		.outcomes = ret,
	};
	struct pvp_pool pool = {
		.jobs = check->jobs,
		.arg = &run,
		.begin = begin,
		.work = work,
		.take = take,
		.died = died,
	};
	struct pvp_error *err;

	for (size_t i = 0; i < nr; i++)
		if (!i || mutants[i].site != mutants[i - 1].site)
			run.sites[run.nr_sites++] = mutants[i].site;
	pool.nr_items = run.nr_sites + nr;
	err = pvp_pool_run(&pool);
	if (err)
		pvp_error_destroy(run.good);
	else
		err = run.good;
	free(run.sites);
	return err;
}
