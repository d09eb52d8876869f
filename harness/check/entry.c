// SPDX-License-Identifier: GPL-2.0-only
#include "entry.h"

#include <stdlib.h>

#include "alloc.h"
#include "entry_bench.h"
#include "entry_rules.h"
#include "entry_sites.h"
#include "findings.h"
#include "pool.h"
#include "seen.h"

/* --- the table as a whole --- */

// clang-format off
/* Exceptions for which Xen's table has no row: Xen PV never raises them.  Source: trap_array,
 * arch/x86/xen/enlighten_pv.c of 5.10 to 7.2. */
static const uint8_t never[] = { 20, 29 };

static const struct pvp_finding_text no_row = {
	"trap-row",
	"an exception of the IDT has no row in Xen's trap table: Xen PV gets the entry for unknown traps",
	NULL, true
};
static const struct pvp_finding_text twice = {
	"trap-row", "two rows of Xen's trap table are for one native entry: the kernel takes the first", NULL, true
};
// clang-format on

static bool is_never(int vector)
{
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (never[i] == vector)
			return true;
	return false;
}

static void find_rows(const struct pvp_check_input *input, const struct pvp_trap_row *rows,
		      struct pvp_check_result *result)
{
	const struct pvp_entry_sites *entry = input->entry;
	unsigned seen[PVP_NR_VECTORS] = {0};

	for (size_t i = 0; i < entry->nr_rows; i++)
		if (rows[i].vector >= 0 && ++seen[rows[i].vector] == 2)
			pvp_finding_add(result, NULL, rows[i].addr, &twice);
	for (int vector = 0; vector < PVP_NR_VECTORS; vector++) {
		struct pvp_finding_text text = no_row;
		char *detail;

		if ((vector >= PVP_NR_EXCEPTIONS && vector != 128) || seen[vector] || is_never(vector) ||
		    !entry->gates[vector].addr)
			continue;
		detail = pvp_asprintf("vector %d, %s", vector, pvp_trap_name(vector));
		text.detail = detail;
		pvp_finding_add(result, NULL, entry->gates[vector].addr, &text);
		free(detail);
	}
}

/* --- workers: a site whose text ends the engine takes its process with it, not the run --- */

#define PER_WORKER 16 /* fewer sites are not worth a process of their own */

struct stage {
	const struct pvp_check_input *input;
	struct pvp_check_result *result;
	enum pvp_site_kind kind;
};

static bool is_wanted(void *arg, size_t item)
{
	const struct stage *stage = arg;

	return stage->result->entry_cells[item].site->kind == stage->kind &&
	       (!stage->input->entry_wanted || stage->input->entry_wanted[item]);
}

static struct pvp_error *begin_worker(void *arg, void **state)
{
	const struct stage *stage = arg;
	struct pvp_entry_bench *bench = NULL;
	struct pvp_error *err = pvp_entry_bench_create(stage->input, stage->kind, &bench);

	*state = bench;
	return err;
}

static void work(void *arg, void *state, size_t item, struct pvp_record *out)
{
	const struct stage *stage = arg;
	const uint64_t before = pvp_entry_bench_cases(state);
	struct pvp_cell cell;

	pvp_entry_bench_decide(state, stage->result->entry_cells[item].site, &cell);
	pvp_seen_put_cell(out, &cell);
	pvp_record_put_u64(out, pvp_entry_bench_cases(state) - before);
	pvp_cell_deinit(&cell);
}

static bool take(void *arg, size_t item, struct pvp_record *in)
{
	struct stage *stage = arg;
	struct pvp_cell *cell = &stage->result->entry_cells[item];
	const struct pvp_site *site = cell->site;
	const bool fine = pvp_seen_get_cell(in, cell);

	cell->site = site;
	stage->result->stray += cell->stray;
	stage->result->cases += pvp_record_get_u64(in);
	return fine;
}

static bool died(void *arg, size_t item, const char *how)
{
	struct stage *stage = arg;
	struct pvp_cell *cell = &stage->result->entry_cells[item];

	*cell = pvp_seen_died(cell->site, how);
	return false;
}

static struct pvp_error *decide_kind(const struct pvp_check_input *input, enum pvp_site_kind kind,
				     struct pvp_check_result *result)
{
	const size_t nr = result->nr_entry_cells, most = (nr + PER_WORKER - 1) / PER_WORKER;
	struct stage stage = {input, result, kind};
	const struct pvp_pool pool = {
		.nr_items = nr,
		.jobs = input->jobs < most ? input->jobs : most,
		.arg = &stage,
		.is_wanted = is_wanted,
		.begin = begin_worker,
		.work = work,
		.take = take,
		.died = died,
	};

	return pvp_pool_run(&pool);
}

static struct pvp_error *check_table(const struct pvp_check_input *input,
				     struct pvp_check_result *result)
{
	const struct pvp_trap_row *rows;
	struct pvp_entry_bench *bench;
	struct pvp_error *err;

	if (input->entry_wanted)
		return NULL;
	if (!input->entry->nr_rows) { /* of a table that is not there every row is missed */
		if (input->platform->hypervisor == PVP_HV_XEN_PV)
			find_rows(input, NULL, result);
		return NULL;
	}
	err = pvp_entry_bench_create(input, PVP_SITE_TRAP, &bench);
	if (err)
		return err;
	rows = pvp_entry_bench_rows(bench);
	if (rows)
		find_rows(input, rows, result);
	pvp_entry_bench_destroy(bench);
	return NULL;
}

struct pvp_error *pvp_entry_check(const struct pvp_check_input *input,
				  struct pvp_check_result *result)
{
	const size_t nr = input->entry ? input->entry->sites.nr : 0;
	const bool asked = !input->wanted || input->entry_wanted;
	static const enum pvp_site_kind kinds[] = {PVP_SITE_ENTRY, PVP_SITE_TRAP};
	struct pvp_error *err;

	if (!nr)
		return NULL;
	result->entry_cells = pvp_calloc(nr, sizeof(*result->entry_cells));
	result->nr_entry_cells = nr;
	for (size_t i = 0; i < nr; i++) {
		result->entry_cells[i].site = &input->entry->sites.v[i];
		result->entry_cells[i].verdict = PVP_SKIPPED;
	}
	if (!asked)
		return NULL;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		err = decide_kind(input, kinds[k], result);
		if (err)
			return err;
	}
	return check_table(input, result);
}
