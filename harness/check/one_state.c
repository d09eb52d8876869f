// SPDX-License-Identifier: GPL-2.0-only
/*
 * One site in one start state, by a worker process: text that comes from a file may end the engine.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "cell.h"
#include "check.h"
#include "entry_bench.h"
#include "pool.h"
#include "seen.h"
#include "selftest.h"
#include "shrink.h"
#include "transfer_bench.h"

struct one {
	const struct pvp_check_input *input;
	const struct pvp_site *site;
	const struct pvp_start *start; /* NULL: `state` as drawn */
	unsigned state;
	struct pvp_cell *cell;
};

/* The one that the site's kind needs. */
struct benches {
	struct pvp_bench *pv;
	struct pvp_entry_bench *entry;
	struct pvp_transfer_bench *transfer;
};

static bool is_entry(const struct pvp_site *site)
{
	return site->kind == PVP_SITE_ENTRY || site->kind == PVP_SITE_TRAP;
}

static struct pvp_error *begin(void *arg, void **state)
{
	const struct one *one = arg;
	const struct pvp_check_input *input = one->input;
	struct benches *benches = pvp_calloc(1, sizeof(*benches));
	struct pvp_world *world = NULL;
	struct pvp_error *err;

	*state = benches;
	if (is_entry(one->site))
		return pvp_entry_bench_create(input, one->site->kind, &benches->entry);
	if (pvp_site_kind_is_transfer(one->site->kind)) {
		err = pvp_world_create(input->image, input->tables, input->platform, &world);
		return err ? err : pvp_transfer_bench_create(input, world, &benches->transfer);
	}
	err = pvp_bench_create(input, &benches->pv);
	return err || !one->start ? err : pvp_shrunk_check(benches->pv, one->start);
}

static void work(void *arg, void *state, size_t item, struct pvp_record *out)
{
	const struct one *one = arg;
	const struct pvp_site *site = one->site;
	struct benches *benches = state;
	struct pvp_cell cell;

	(void)item; /* there is one */
	if (benches->entry)
		pvp_entry_bench_decide_state(benches->entry, site, one->state, &cell);
	else if (benches->transfer)
		pvp_transfer_bench_decide_state(benches->transfer,
						site - one->input->transfers->sites.v, one->state,
						&cell);
	else if (one->start)
		pvp_bench_decide_start(benches->pv, site, one->start, one->state, &cell);
	else
		pvp_bench_decide_state(benches->pv, site, one->state, &cell);
	pvp_seen_put_cell(out, &cell);
	pvp_cell_deinit(&cell);
}

static bool take(void *arg, size_t item, struct pvp_record *in)
{
	struct one *one = arg;

	(void)item;
	if (!pvp_seen_get_cell(in, one->cell) || one->cell->verdict == PVP_SKIPPED)
		return false;
	one->cell->site = one->site;
	return true;
}

static bool died(void *arg, size_t item, const char *how)
{
	struct one *one = arg;

	(void)item;
	*one->cell = pvp_seen_died(one->site, how);
	return false;
}

static struct pvp_error *decide(struct one *one, struct pvp_cell *ret)
{
	const struct pvp_pool pool = {
		.nr_items = 1,
		.jobs = 1,
		.arg = one,
		.begin = begin,
		.work = work,
		.take = take,
		.died = died,
	};
	struct pvp_cell cell = {0};
	struct pvp_error *err = pvp_selftest_require();

	one->cell = &cell;
	if (!err)
		err = pvp_pool_run(&pool);
	if (err)
		pvp_cell_deinit(&cell);
	else
		*ret = cell;
	return err;
}

struct pvp_error *pvp_check_one(const struct pvp_check_input *input, const struct pvp_site *site,
				unsigned state, struct pvp_cell *ret)
{
	return decide(&(struct one){.input = input, .site = site, .state = state}, ret);
}

struct pvp_error *pvp_check_start(const struct pvp_check_input *input, const struct pvp_site *site,
				  const struct pvp_start *start, unsigned index,
				  struct pvp_cell *ret)
{
	return decide(&(struct one){.input = input, .site = site, .start = start, .state = index},
		      ret);
}
