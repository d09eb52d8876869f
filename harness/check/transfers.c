// SPDX-License-Identifier: GPL-2.0-only
#include "transfers.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "transfer_bench.h"
#include "transfer_class.h"
#include "pool.h"
#include "seen.h"
#include "world.h"

#define SAMPLE	   100 /* one in so many sites is run, whatever its class */
#define NO_CLASS   SIZE_MAX
#define MAX_WITNESSES 256
#define PER_WORKER 64 /* fewer sites are not worth a process of their own */

struct outcome {
	struct pvp_cell cell;
	bool done;
};

struct stage {
	const struct pvp_check_input *input;
	const struct pvp_transfer_sites *transfers;
	struct pvp_world *world;
	size_t nr;
	size_t *class_of; /* one a site: its class's first site; NO_CLASS: it is replaced */
	struct outcome *outcomes; /* one a site */
	/* Those under way. */
	size_t *todo;
	size_t nr_todo;
	uint64_t cases;
};

static void stage_deinit(struct stage *stage)
{
	for (size_t i = 0; i < stage->nr; i++)
		pvp_cell_deinit(&stage->outcomes[i].cell);
	free(stage->outcomes);
	free(stage->class_of);
	free(stage->todo);
	pvp_world_destroy(stage->world);
}

static void stage_init(struct stage *stage, const struct pvp_check_input *input)
{
	*stage = (struct stage){
		.input = input,
		.transfers = input->transfers,
		.nr = input->transfers->sites.nr,
	};
	stage->class_of = pvp_calloc(stage->nr, sizeof(*stage->class_of));
	stage->outcomes = pvp_calloc(stage->nr, sizeof(*stage->outcomes));
	stage->todo = pvp_calloc(stage->nr, sizeof(*stage->todo));
}

/* --- classes --- */

struct member {
	struct pvp_transfer_class class;
	size_t site;
};

static int by_class(const void *a, const void *b)
{
	const struct member *l = a, *r = b;
	int c = memcmp(&l->class, &r->class, sizeof(l->class));

	return c ? c : l->site < r->site ? -1 : l->site > r->site;
}

static bool is_wanted(const struct stage *stage, size_t i)
{
	const struct pvp_check_input *input = stage->input;

	return input->transfer_wanted ? input->transfer_wanted[i] : !input->wanted;
}

/* Bytes of K1 at the site, without a machine. */
static const uint8_t *bytes_at(const struct pvp_view *view, const struct pvp_site *site)
{
	return pvp_view_bytes(view, site->addr, site->len);
}

static struct pvp_error *find_classes(struct stage *stage)
{
	const struct pvp_check_input *input = stage->input;
	const size_t nr = stage->nr;
	struct member *members;
	struct pvp_transfer_facts facts;
	struct pvp_view view;
	struct pvp_error *err;
	size_t first = 0;

	err = pvp_view_create(stage->world, input->patched, input->given, NULL, &view);
	if (err)
		return err;
	err = pvp_transfer_facts_init(&facts, input, &view);
	if (err) {
		pvp_view_deinit(&view);
		return err;
	}
	members = pvp_calloc(nr, sizeof(*members));
	for (size_t i = 0; i < nr; i++) {
		const struct pvp_site *site = &stage->transfers->sites.v[i];
		const struct pvp_transfer *branch = &stage->transfers->v[i];
		struct pvp_transfer_class *class = &members[i].class;

		members[i].site = i;
		class->asked[0] = (uint64_t)pvp_transfer_is_replaced(&facts, site) << 56 |
				  (uint64_t)site->kind << 40 | (uint64_t)site->len << 32 |
				  (uint64_t)pvp_transfer_meaning_of(&facts, site, branch) << 24 |
				  branch->call << 16 | branch->cond << 8 | branch->reg;
		class->asked[1] = pvp_transfer_function(input, branch);
		pvp_transfer_class_of(site->addr, bytes_at(&view, site), site->len, class);
		/* Through its trampoline it is followed, and each has its own. */
		if (class->target && class->target == site->trampoline)
			class->alone = site->addr;
		/* Nor is a return address of the same class, where bytes lead out of the image. */
		if (input->given &&
		    pvp_patched_is_symbolic(input->patched, site->addr, site->len))
			class->alone = site->addr;
	}
	qsort(members, nr, sizeof(*members), by_class);
	for (size_t i = 0; i < nr; i++) {
		const struct pvp_site *site = &stage->transfers->sites.v[members[i].site];

		if (i && memcmp(&members[i].class, &members[i - 1].class,
				sizeof(members->class)))
			first = i;
		stage->class_of[members[i].site] =
			pvp_transfer_is_replaced(&facts, site) ? NO_CLASS : members[first].site;
	}
	free(members);
	pvp_transfer_facts_deinit(&facts);
	pvp_view_deinit(&view);
	return NULL;
}

/* --- workers --- */

static struct pvp_error *begin(void *arg, void **state)
{
	const struct stage *stage = arg;
	struct pvp_transfer_bench *bench = NULL;
	struct pvp_error *err = pvp_transfer_bench_create(stage->input, stage->world, &bench);

	*state = bench;
	return err;
}

static void work(void *arg, void *state, size_t item, struct pvp_record *out)
{
	const struct stage *stage = arg;
	const uint64_t before = pvp_transfer_bench_cases(state);
	struct pvp_cell cell;

	pvp_transfer_bench_decide(state, stage->todo[item], &cell);
	pvp_seen_put_cell(out, &cell);
	pvp_record_put_u64(out, pvp_transfer_bench_cases(state) - before);
	pvp_cell_deinit(&cell);
}

/* --- their parent --- */

static bool take(void *arg, size_t item, struct pvp_record *in)
{
	struct stage *stage = arg;
	const size_t site = stage->todo[item];
	struct outcome *outcome = &stage->outcomes[site];
	struct pvp_cell *cell = &outcome->cell;

	if (!pvp_seen_get_cell(in, cell) || cell->verdict == PVP_SKIPPED)
		return false;
	stage->cases += pvp_record_get_u64(in);
	cell->site = &stage->transfers->sites.v[site];
	outcome->done = true;
	return true;
}

static bool died(void *arg, size_t item, const char *how)
{
	struct stage *stage = arg;
	const size_t site = stage->todo[item];

	stage->outcomes[site] = (struct outcome){
		.cell = pvp_seen_died(&stage->transfers->sites.v[site], how),
		.done = true,
	};
	return false;
}

/* Runs what is to do. */
static struct pvp_error *run(struct stage *stage)
{
	const size_t most = (stage->nr_todo + PER_WORKER - 1) / PER_WORKER;
	const struct pvp_pool pool = {
		.nr_items = stage->nr_todo,
		.jobs = stage->input->jobs < most ? stage->input->jobs : most,
		.arg = stage,
		.begin = begin,
		.work = work,
		.take = take,
		.died = died,
	};
	struct pvp_error *err = stage->nr_todo ? pvp_pool_run(&pool) : NULL;

	for (size_t i = 0; i < stage->nr_todo && !err; i++)
		if (!stage->outcomes[stage->todo[i]].done)
			err = pvp_error_format(PVP_ERR_ENGINE, "a worker left out a branch");
	stage->nr_todo = 0;
	return err;
}

/* --- the stage --- */

static struct pvp_error *run_first(struct stage *stage)
{
	bool *seen = pvp_calloc(stage->nr, sizeof(*seen));

	for (size_t i = 0; i < stage->nr; i++) {
		const size_t class = stage->class_of[i];
		const uint64_t addr = stage->transfers->sites.v[i].addr;

		if (!is_wanted(stage, i) || class == NO_CLASS)
			continue;
		/* Those that are asked for are not told by others. */
		if (seen[class] && !stage->input->transfer_wanted && pvp_mix(0x5a3, addr) % SAMPLE)
			continue;
		seen[class] = true;
		stage->todo[stage->nr_todo++] = i;
	}
	free(seen);
	return run(stage);
}

/* Classes of which a site was run that is not EQUIVALENT: the rest of them. */
static struct pvp_error *run_rest(struct stage *stage)
{
	const struct outcome *outcomes = stage->outcomes;
	bool *doubtful = pvp_calloc(stage->nr, sizeof(*doubtful));

	for (size_t i = 0; i < stage->nr; i++)
		if (outcomes[i].done && outcomes[i].cell.verdict != PVP_EQUIVALENT)
			doubtful[stage->class_of[i]] = true;
	for (size_t i = 0; i < stage->nr; i++)
		if (!outcomes[i].done && is_wanted(stage, i) && stage->class_of[i] != NO_CLASS &&
		    doubtful[stage->class_of[i]])
			stage->todo[stage->nr_todo++] = i;
	free(doubtful);
	return run(stage);
}

/* One that was run; its cell, where it is shown, goes to the result. */
static void collect_run(struct stage *stage, size_t i, struct pvp_transfer_tally *tally, size_t *cap,
			struct pvp_check_result *result)
{
	struct pvp_cell *cell = &stage->outcomes[i].cell;

	tally->in_full++;
	tally->verdicts[cell->verdict]++;
	if (cell->verdict == PVP_EQUIVALENT && !stage->input->transfer_wanted)
		return;
	*pvp_push(&result->transfer_cells, &result->nr_transfer_cells, cap) = *cell;
	memset(cell, 0, sizeof(*cell));
}

/* Of a class one witness is enough; and nobody reads more than so many. */
static void drop_witnesses(struct stage *stage)
{
	bool *seen = pvp_calloc(stage->nr, sizeof(*seen));
	size_t nr = 0;

	for (size_t i = 0; i < stage->nr; i++) {
		struct pvp_cell *cell = &stage->outcomes[i].cell;

		if (!cell->witness)
			continue;
		if (seen[stage->class_of[i]] || nr == MAX_WITNESSES) {
			pvp_witness_seen_deinit(cell->witness);
			free(cell->witness);
			cell->witness = NULL;
			continue;
		}
		seen[stage->class_of[i]] = true;
		nr++;
	}
	free(seen);
}

static void collect(struct stage *stage, struct pvp_check_result *result)
{
	bool *seen = pvp_calloc(stage->nr, sizeof(*seen));
	size_t cap = 0;

	for (size_t i = 0; i < stage->nr; i++) {
		const struct pvp_site *site = &stage->transfers->sites.v[i];
		struct pvp_transfer_tally *tally = &result->transfers[site->kind - PVP_SITE_RETURN];

		tally->sites++;
		if (!is_wanted(stage, i)) {
			tally->verdicts[PVP_SKIPPED]++;
			continue;
		}
		if (stage->class_of[i] == NO_CLASS) {
			tally->replaced++;
			if (stage->input->transfer_wanted)
				*pvp_push(&result->transfer_cells, &result->nr_transfer_cells, &cap) =
					(struct pvp_cell){
						.site = site,
						.verdict = PVP_SKIPPED,
						.detail = pvp_strdup("an alternative that applies "
								     "has other code there"),
					};
			continue;
		}
		tally->classes += !seen[stage->class_of[i]];
		seen[stage->class_of[i]] = true;
		if (stage->outcomes[i].done) {
			collect_run(stage, i, tally, &cap, result);
		} else {
			tally->of_class++;
			tally->verdicts[PVP_EQUIVALENT]++;
		}
	}
	free(seen);
	result->cases += stage->cases;
}

struct pvp_error *pvp_transfers_check(const struct pvp_check_input *input,
				     struct pvp_check_result *result)
{
	struct pvp_error *err = NULL;
	struct stage stage;
	bool any = false;

	if (!input->transfers || !input->transfers->sites.nr)
		return NULL;
	stage_init(&stage, input);
	for (size_t i = 0; i < stage.nr; i++)
		any |= is_wanted(&stage, i);
	if (any)
		err = pvp_world_create(input->image, input->tables, input->platform, &stage.world);
	if (any && !err)
		err = find_classes(&stage);
	if (any && !err)
		err = run_first(&stage);
	if (any && !err)
		err = run_rest(&stage);
	if (!err) {
		drop_witnesses(&stage);
		collect(&stage, result);
	}
	stage_deinit(&stage);
	return err;
}
