// SPDX-License-Identifier: GPL-2.0-only
#include "steer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc.h"
#include "explore.h"
#include "hypercall.h"
#include "pool.h"
#include "x86/regs.h"

/* The longest that is believed of a worker, which may have been damaged. */
#define MAX_BRANCHES 100000

bool pvp_steer_apply(const struct pvp_steer *steer, struct pvp_start *start)
{
	for (unsigned i = 0; i < steer->nr; i++) {
		const struct pvp_steer_change *change = &steer->changes[i];

		switch (change->kind) {
		case PVP_STEER_MEMORY:
			if (start->nr_pokes + 1 >= PVP_START_MAX_POKES) /* one is for tail calls */
				return false;
			start->pokes[start->nr_pokes++] = (struct pvp_start_poke){
				change->where, change->value, change->size};
			break;
		case PVP_STEER_REGISTER:
			start->state.reg[change->where] = change->value;
			break;
		case PVP_STEER_ANSWERS:
			start->seed = (pvp_mix(start->seed, change->value) & ~PVP_SEED_REFUSES) |
				      (start->seed & PVP_SEED_REFUSES);
			break;
		case PVP_STEER_REFUSAL:
			start->seed |= PVP_SEED_REFUSES;
			break;
		}
	}
	return true;
}

/* --- the search, shared out by op --- */

struct op {
	const struct pvp_site *site; /* the first */
	bool wanted;
	struct pvp_explore_skips skips;
	struct pvp_explored found;
};

struct search {
	const struct pvp_check_input *input;
	struct op *ops;
	size_t nr;
	/* One an op, which its worker says the number of the run under way in: when it dies, that
	 * run is the one to leave out. */
	uint64_t *under_way;
};

static void list_ops(struct search *search)
{
	const struct pvp_sites *sites = search->input->sites;

	search->ops = pvp_calloc(sites->nr, sizeof(*search->ops));
	for (size_t i = 0; i < sites->nr; i++) {
		bool wanted = !search->input->wanted || search->input->wanted[i];
		size_t k = 0;

		while (k < search->nr && strcmp(search->ops[k].site->op, sites->v[i].op))
			k++;
		if (k == search->nr)
			search->ops[search->nr++].site = &sites->v[i];
		search->ops[k].wanted |= wanted;
	}
}

static bool is_wanted(void *arg, size_t item)
{
	const struct search *search = arg;

	return search->ops[item].wanted;
}

static struct pvp_error *begin(void *arg, void **state)
{
	const struct search *search = arg;
	struct pvp_explorer *explorer = NULL;
	struct pvp_error *err = pvp_explorer_create(search->input, &explorer);

	*state = explorer;
	return err;
}

static void work(void *arg, void *state, size_t item, struct pvp_record *out)
{
	const struct search *search = arg;
	const struct op *op = &search->ops[item];
	struct pvp_explored found;

	pvp_explore(state, op->site, &op->skips, &search->under_way[item], &found);
	pvp_record_put_u64(out, found.cases);
	pvp_record_put_u64(out, found.nr_steers);
	pvp_record_put_u64(out, found.nr_branches);
	pvp_record_put_u64(out, found.nr_functions);
	pvp_record_put(out, found.steers, found.nr_steers * sizeof(*found.steers));
	pvp_record_put(out, found.branches, found.nr_branches * sizeof(*found.branches));
	pvp_record_put(out, found.functions, found.nr_functions * sizeof(*found.functions));
	pvp_explored_deinit(&found);
}

static bool is_sane(const struct pvp_explored *found)
{
	for (size_t i = 0; i < found->nr_steers; i++) {
		const struct pvp_steer *steer = &found->steers[i];

		if (steer->nr > PVP_STEER_MAX_CHANGES)
			return false;
		for (unsigned k = 0; k < steer->nr; k++)
			if (steer->changes[k].kind > PVP_STEER_REFUSAL ||
			    (steer->changes[k].kind == PVP_STEER_REGISTER &&
			     steer->changes[k].where >= PVP_X86_NR_STATE) ||
			    steer->changes[k].size > 8)
				return false;
	}
	return true;
}

static bool take(void *arg, size_t item, struct pvp_record *in)
{
	const struct search *search = arg;
	struct pvp_explored *found = &search->ops[item].found;

	found->cases = pvp_record_get_u64(in);
	found->nr_steers = pvp_record_get_u64(in);
	found->nr_branches = pvp_record_get_u64(in);
	found->nr_functions = pvp_record_get_u64(in);
	if (in->bad || found->nr_steers > PVP_MAX_STEERS || found->nr_branches > MAX_BRANCHES ||
	    found->nr_functions > MAX_BRANCHES) {
		memset(found, 0, sizeof(*found));
		return false;
	}
	found->steers = pvp_calloc(found->nr_steers, sizeof(*found->steers));
	found->branches = pvp_calloc(found->nr_branches, sizeof(*found->branches));
	found->functions = pvp_calloc(found->nr_functions, sizeof(*found->functions));
	pvp_record_get(in, found->steers, found->nr_steers * sizeof(*found->steers));
	pvp_record_get(in, found->branches, found->nr_branches * sizeof(*found->branches));
	pvp_record_get(in, found->functions, found->nr_functions * sizeof(*found->functions));
	return !in->bad && is_sane(found);
}

/*
 * The engine gave up on some text.  Again without that state, and if that happens over and over
 * without the op: when the drawn states alone do it, that is the result of its sites.
 */
static bool died(void *arg, size_t item, const char *how)
{
	struct search *search = arg;
	struct pvp_explore_skips *skips = &search->ops[item].skips;

	(void)how;
	if (skips->nr == ARRAY_SIZE(skips->v))
		return false;
	skips->v[skips->nr++] = search->under_way[item];
	return true;
}

/* --- what was found, put together --- */

static int by_address(const void *a, const void *b)
{
	const struct pvp_branch *l = a, *r = b;

	return l->addr < r->addr ? -1 : l->addr > r->addr;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *l = a, *r = b;

	return *l < *r ? -1 : *l > *r;
}

size_t pvp_branches_merge(struct pvp_branch *v, size_t nr)
{
	size_t merged = 0;

	if (nr)
		qsort(v, nr, sizeof(*v), by_address);
	for (size_t i = 0; i < nr; i++) {
		struct pvp_branch *last = &v[merged - 1];

		if (merged && last->addr == v[i].addr) {
			last->taken |= v[i].taken;
			last->passed |= v[i].passed;
			/* What one op executed of the function may lead where no path is seen. */
			last->disabled &= v[i].disabled;
		} else {
			v[merged++] = v[i];
		}
	}
	return merged;
}

static void merge_branches(const struct search *search, struct pvp_steering *ret)
{
	size_t nr = 0;

	for (size_t i = 0; i < search->nr; i++)
		nr += search->ops[i].found.nr_branches;
	ret->branches = pvp_calloc(nr, sizeof(*ret->branches));
	nr = 0;
	for (size_t i = 0; i < search->nr; i++) {
		const struct pvp_explored *found = &search->ops[i].found;

		for (size_t k = 0; k < found->nr_branches; k++)
			ret->branches[nr++] = found->branches[k];
	}
	ret->nr_branches = pvp_branches_merge(ret->branches, nr);
}

static size_t count_functions(const struct search *search)
{
	size_t nr = 0, different = 0;
	uint64_t *all;

	for (size_t i = 0; i < search->nr; i++)
		nr += search->ops[i].found.nr_functions;
	all = pvp_calloc(nr, sizeof(*all));
	nr = 0;
	for (size_t i = 0; i < search->nr; i++)
		for (size_t k = 0; k < search->ops[i].found.nr_functions; k++)
			all[nr++] = search->ops[i].found.functions[k];
	qsort(all, nr, sizeof(*all), by_value);
	for (size_t i = 0; i < nr; i++)
		different += !i || all[i] != all[i - 1];
	free(all);
	return different;
}

struct pvp_error *pvp_steering_search(const struct pvp_check_input *input,
				      struct pvp_steering *ret)
{
	struct search search = {.input = input};
	const struct pvp_pool pool = {
		.arg = &search,
		.jobs = input->jobs,
		.is_wanted = is_wanted,
		.begin = begin,
		.work = work,
		.take = take,
		.died = died,
	};
	struct pvp_pool sized = pool;
	struct pvp_steering found = {0};
	struct pvp_error *err;

	list_ops(&search);
	search.under_way = mmap(NULL, (search.nr + 1) * sizeof(*search.under_way),
				PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert(search.under_way != MAP_FAILED);
	sized.nr_items = search.nr;
	err = pvp_pool_run(&sized);
	if (!err) {
		found.v = pvp_calloc(search.nr, sizeof(*found.v));
		merge_branches(&search, &found);
		found.nr_functions = count_functions(&search);
	}
	for (size_t i = 0; i < search.nr; i++) {
		struct pvp_explored *one = &search.ops[i].found;

		if (!err && one->nr_steers) {
			found.v[found.nr++] = (struct pvp_op_steering){
				.op = search.ops[i].site->op,
				.steers = one->steers,
				.nr = one->nr_steers,
			};
			one->steers = NULL;
		}
		found.cases += one->cases;
		pvp_explored_deinit(one);
	}
	munmap(search.under_way, (search.nr + 1) * sizeof(*search.under_way));
	free(search.ops);
	if (!err)
		*ret = found;
	return err;
}

void pvp_steering_deinit(struct pvp_steering *steering)
{
	for (size_t i = 0; i < steering->nr; i++)
		free(steering->v[i].steers);
	free(steering->v);
	free(steering->branches);
	memset(steering, 0, sizeof(*steering));
}

const struct pvp_op_steering *pvp_steering_find(const struct pvp_steering *steering,
						const char *op)
{
	for (size_t i = 0; steering && i < steering->nr; i++)
		if (!strcmp(steering->v[i].op, op))
			return &steering->v[i];
	return NULL;
}
