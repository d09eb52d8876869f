// SPDX-License-Identifier: GPL-2.0-only
#include "behaviour.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bench.h"
#include "site_forms.h"
#include "x86/regs.h"

const char *pvp_op_verdict_name(enum pvp_op_verdict verdict)
{
	static const char *const names[] = {
#define X(id, name, what) [PVP_OP_##id] = name,
		PVP_OP_VERDICTS(X)
#undef X
	};

	return names[verdict];
}

static void add_exists(struct pvp_op_cell *cell)
{
	pvp_run_differences_add(&cell->differences, "exists",
				cell->verdict == PVP_OP_ONLY_A ? "yes" : "no site of it",
				cell->verdict == PVP_OP_ONLY_B ? "yes" : "no site of it");
}

/* --- one op of both --- */

static void undecided(struct pvp_op_cell *cell, const char *why)
{
	pvp_run_differences_add(&cell->differences, "undecided", why, why);
}

static bool contracts_differ(const struct pvp_contract *a, const struct pvp_contract *b,
			     struct pvp_op_cell *cell)
{
	char *texts[2];
	bool differ;

	for (unsigned i = 0; i < 2; i++) {
		const struct pvp_contract *c = i ? b : a;

		texts[i] = pvp_asprintf("%u arguments, %s", c->nr_args,
					c->result_mask ? "a result" : "no result");
	}
	differ = strcmp(texts[0], texts[1]);
	if (differ)
		pvp_run_differences_add(&cell->differences, "contract", texts[0], texts[1]);
	free(texts[0]);
	free(texts[1]);
	return differ;
}

struct benches {
	struct pvp_bench *v[2];
	struct pvp_site_forms forms[2];
	struct pvp_places places;
};

/* Whose members lie elsewhere in each kernel. */
static const struct {
	enum pvp_domain domain;
	const char *structure;
} structures[] = {
	{ PVP_DOMAIN_MM, "mm_struct" },
	{ PVP_DOMAIN_TASK, "task_struct" },
};

/* What the arguments of this state point to. */
static void find_objects(const struct pvp_start *start, const struct pvp_contract *contract,
			 struct pvp_places *places)
{
	places->nr_objects = 0;
	for (unsigned i = 0; i < contract->nr_args; i++) {
		unsigned reg = pvp_contract_arg_reg(contract->isa, i);

		for (size_t k = 0; k < ARRAY_SIZE(structures) && reg != PVP_X86_NR_STATE; k++)
			if (structures[k].domain == contract->args[i])
				places->objects[places->nr_objects++] = (struct pvp_place_object){
					start->state.reg[reg], structures[k].structure, i };
	}
}

/* What of the cell was found at sites that are not the first of the operation says which these are. */
static void name_forms(const struct pvp_site_form_pair *pair, size_t from, struct pvp_op_cell *cell)
{
	for (size_t i = from; i < cell->differences.nr; i++) {
		struct pvp_run_difference *d = &cell->differences.v[i];

		d->at[0] = pvp_strdup(pair->side[0]->text);
		d->at[1] = pvp_strdup(pair->side[1]->text);
	}
}

/* Whether both came to their end. */
static bool run_state(struct benches *benches, const struct pvp_site_form_pair *pair,
		      const struct pvp_contract *contracts[2], uint64_t seed, unsigned index,
		      struct pvp_op_cell *cell)
{
	struct pvp_run_side sides[2];

	for (unsigned i = 0; i < 2; i++) {
		struct pvp_bench *bench = benches->v[i];

		pvp_start_make(&bench->facts, bench->input->platform, contracts[i], seed, index,
			       &bench->start);
		if (bench->start.wild)
			return false;
		sides[i] = (struct pvp_run_side){ bench, pair->side[i]->site, contracts[i], 0 };
	}
	find_objects(&benches->v[0]->start, contracts[0], &benches->places);
	for (unsigned i = 0; i < 2; i++)
		sides[i].end_sp = pvp_bench_run_patched(benches->v[i], sides[i].site);
	pvp_runs_compare(&sides[0], &sides[1], &benches->places, &cell->differences);
	cell->states++;
	cell->ended += cell->differences.ended;
	pvp_bench_undo(benches->v[0]);
	pvp_bench_undo(benches->v[1]);
	return cell->differences.ended;
}

/*
 * Where one side comes to a NULL pointer in every state, start states lack what it needs: verify of that
 * image cannot decide the operation, so that it stops elsewhere than the other says nothing.
 */
static void forgive_nulls(const unsigned nulls[2], unsigned states, size_t from,
			  struct pvp_op_cell *cell)
{
	struct pvp_run_differences *differences = &cell->differences;
	char *text = NULL;

	if (nulls[0] != states && nulls[1] != states)
		return;
	for (size_t i = from; i < differences->nr; i++)
		if (!strcmp(differences->v[i].field, "stop"))
			text = nulls[0] == states ?
				       pvp_asprintf("A, in all states: %s", differences->v[i].a) :
				       pvp_asprintf("B, in all states: %s", differences->v[i].b);
	if (!text)
		return;
	(void)pvp_run_differences_remove(differences, "stop");
	undecided(cell, text);
	free(text);
}

static void compare_pair(struct benches *benches, const struct pvp_site_form_pair *pair,
			 const struct pvp_contract *contracts[2], struct pvp_op_cell *cell)
{
	const struct pvp_check_input *input = benches->v[0]->input;
	unsigned ended = 0, states = cell->states, nulls[2] = {0};
	size_t nr = cell->differences.nr;
	char *text;

	for (unsigned i = 0; i < PVP_MAX_DRAWN * input->nr_states && ended < input->nr_states; i++) {
		unsigned before = cell->states;

		ended += run_state(benches, pair, contracts, input->seed, i, cell);
		for (unsigned side = 0; side < 2 && cell->states > before; side++)
			nulls[side] += cell->differences.is_null[side];
	}
	forgive_nulls(nulls, cell->states - states, nr, cell);
	if (cell->differences.undecided) {
		undecided(cell, cell->differences.undecided);
	} else if (ended < PVP_MIN_COUNTED && cell->differences.nr == nr) {
		text = pvp_asprintf("%u of %u states reached the end", ended, cell->states - states);
		undecided(cell, text);
		free(text);
	}
}

static void find_contracts(const struct benches *benches, const struct pvp_site_form_pair *pair,
			   const struct pvp_contract *ret[2])
{
	for (unsigned i = 0; i < 2; i++)
		ret[i] = pvp_contracts_find(benches->v[i]->input->contracts,
					    pair->side[i]->site->op);
}

static void compare_op(struct benches *benches, const struct pvp_site_form_pairs *pairs,
		       struct pvp_op_cell *cell)
{
	const struct pvp_contract *contracts[2];
	bool is_null[2];

	find_contracts(benches, &pairs->v[0], contracts);
	for (unsigned i = 0; i < 2; i++)
		is_null[i] = pvp_bench_is_null_op(benches->v[i], pairs->v[0].side[i]->site);
	if (is_null[0] != is_null[1])
		pvp_run_differences_add(&cell->differences, "null", is_null[0] ? "NULL" : "there",
					is_null[1] ? "NULL" : "there");
	if (is_null[0] || is_null[1]) /* nothing that could run */
		return;
	if (!contracts[0] || !contracts[1]) {
		undecided(cell, "no contract row for the op");
		return;
	}
	if (contracts_differ(contracts[0], contracts[1], cell))
		return; /* no state is the same for both */
	for (size_t i = 0; i < pairs->nr; i++) {
		size_t nr = cell->differences.nr;

		compare_pair(benches, &pairs->v[i], contracts, cell);
		cell->forms++;
		if (i)
			name_forms(&pairs->v[i], nr, cell);
	}
}

/* --- all ops --- */

static struct pvp_op_cell *add_cell(struct pvp_op_cells *cells, const char *op)
{
	struct pvp_op_cell *cell = pvp_push(&cells->v, &cells->nr, &cells->cap);

	cell->op = op;
	return cell;
}

static bool has_cell(const struct pvp_op_cells *cells, const char *op)
{
	for (size_t i = 0; i < cells->nr; i++)
		if (!strcmp(cells->v[i].op, op) ||
		    (cells->v[i].renamed && !strcmp(cells->v[i].renamed, op)))
			return true;
	return false;
}

static int by_op(const void *x, const void *y)
{
	const struct pvp_op_cell *a = x, *b = y;

	return strcmp(a->op, b->op);
}

/* Cells of the ops of one image that have none yet. */
static void compare_ops(struct benches *benches, unsigned side, const struct pvp_excuses *excuses,
			struct pvp_op_cells *cells)
{
	const struct pvp_sites *sites = benches->v[side]->input->sites;

	for (size_t i = 0; i < sites->nr; i++) {
		const char *op = sites->v[i].op, *names[] = { op, op };
		struct pvp_site_form_pairs pairs;
		struct pvp_op_cell *cell;

		if (has_cell(cells, op))
			continue;
		if (!pvp_site_forms_first(&benches->forms[1 - side], op))
			names[1 - side] = pvp_excuses_renamed(excuses, op);
		cell = add_cell(cells, op);
		if (!pvp_site_forms_first(&benches->forms[1 - side], names[1 - side])) {
			cell->verdict = side ? PVP_OP_ONLY_B : PVP_OP_ONLY_A;
			add_exists(cell);
			continue;
		}
		cell->renamed = names[1 - side] == op ? NULL : names[1 - side];
		pvp_site_form_pairs_make(&benches->forms[0], names[0], &benches->forms[1], names[1],
					 &pairs);
		compare_op(benches, &pairs, cell);
		pvp_site_form_pairs_deinit(&pairs);
	}
}

/* --- states for rows that have nothing to excuse --- */

static bool is_about(const struct pvp_excuse *excuse, const struct pvp_op_cell *cell)
{
	return !fnmatch(excuse->op, cell->op, 0) ||
	       (cell->renamed && !fnmatch(excuse->op, cell->renamed, 0));
}

/* Whether the row is about what a run comes to, and of the operation runs were made. */
static bool is_run_by(const struct pvp_excuse *excuse, const struct pvp_op_cell *cell)
{
	static const char *const others[] = { "exists", "null", "contract", "undecided" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(excuse->field, others[i]))
			return false;
	return is_about(excuse, cell) && cell->states;
}

static bool has_field(const struct pvp_op_cell *cell, const char *pattern)
{
	for (size_t i = 0; i < cell->differences.nr; i++)
		if (!fnmatch(pattern, cell->differences.v[i].field, 0))
			return true;
	return false;
}

/* Whether any operation that the row is about has the field. */
static bool is_met(const struct pvp_excuse *excuse, const struct pvp_op_cells *cells)
{
	for (size_t i = 0; i < cells->nr; i++)
		if (is_about(excuse, &cells->v[i]) && has_field(&cells->v[i], excuse->field))
			return true;
	return false;
}

/* Runs the operation in more states until it has the field, if it gets it. */
static void seek(struct benches *benches, const char *field, struct pvp_op_cell *cell)
{
	const char *op_b = cell->renamed ? cell->renamed : cell->op;
	struct pvp_site_form_pairs pairs;
	const struct pvp_contract *contracts[2];

	pvp_site_form_pairs_make(&benches->forms[0], cell->op, &benches->forms[1], op_b, &pairs);
	find_contracts(benches, &pairs.v[0], contracts);
	for (unsigned i = 0; i < PVP_SOUGHT_STATES && !has_field(cell, field); i++)
		for (size_t k = 0; k < pairs.nr; k++) {
			size_t nr = cell->differences.nr;

			run_state(benches, &pairs.v[k], contracts, PVP_SOUGHT_SEED, i, cell);
			if (k)
				name_forms(&pairs.v[k], nr, cell);
		}
	pvp_site_form_pairs_deinit(&pairs);
}

/*
 * The drawn states may have missed what a row is for.  These are others, the same ones whatever the seed
 * and the number of states: so whether a row excuses something depends on neither.
 */
static void seek_unmet(struct benches *benches, const struct pvp_excuses *excuses,
		       struct pvp_op_cells *cells)
{
	const char *platform = benches->v[0]->input->platform->name;

	for (size_t i = 0; i < excuses->nr; i++) {
		const struct pvp_excuse *excuse = &excuses->v[i];

		if (!pvp_excuse_is_for(excuse, platform))
			continue;
		for (size_t k = 0; k < cells->nr && !is_met(excuse, cells); k++)
			if (is_run_by(excuse, &cells->v[k]))
				seek(benches, excuse->field, &cells->v[k]);
	}
}

struct pvp_error *pvp_behaviour_compare(const struct pvp_check_input *a,
					const struct pvp_check_input *b,
					const struct pvp_excuses *excuses, struct pvp_op_cells *ret)
{
	const struct pvp_check_input *inputs[] = { a, b };
	struct pvp_op_cells cells = {0};
	struct benches benches = {
		.places = { .image = { a->image, b->image },
			    .renames = &excuses->places,
			    .unnamed = &excuses->unnamed,
			    .newer = excuses->newer },
	};
	struct pvp_error *err = NULL;

	for (unsigned i = 0; i < 2 && !err; i++) {
		err = pvp_bench_create(inputs[i], &benches.v[i]);
		if (!err)
			err = pvp_site_forms_make(inputs[i], &benches.forms[i]);
		if (err)
			err = pvp_error_context(err, "%s", inputs[i]->image->name);
	}
	for (unsigned side = 0; side < 2 && !err; side++)
		compare_ops(&benches, side, excuses, &cells);
	if (!err)
		seek_unmet(&benches, excuses, &cells);
	for (unsigned i = 0; i < 2; i++) {
		pvp_bench_destroy(benches.v[i]);
		pvp_site_forms_deinit(&benches.forms[i]);
	}
	if (err)
		return err;
	qsort(cells.v, cells.nr, sizeof(*cells.v), by_op);
	*ret = cells;
	return NULL;
}

void pvp_op_cells_deinit(struct pvp_op_cells *cells)
{
	if (!cells)
		return;
	for (size_t i = 0; i < cells->nr; i++) {
		pvp_run_differences_deinit(&cells->v[i].differences);
		free(cells->v[i].excuses);
	}
	free(cells->v);
	memset(cells, 0, sizeof(*cells));
}

/* --- verdicts --- */

static enum pvp_op_verdict verdict_of(const struct pvp_op_cell *cell)
{
	bool open = false, is_undecided = false;

	for (size_t i = 0; i < cell->differences.nr; i++) {
		bool counts = !cell->excuses[i];

		if (counts && !strcmp(cell->differences.v[i].field, "undecided"))
			is_undecided = true;
		else
			open |= counts;
	}
	if (open)
		return cell->verdict == PVP_OP_ONLY_A || cell->verdict == PVP_OP_ONLY_B
			       ? cell->verdict
			       : PVP_OP_DIFFERS;
	if (is_undecided)
		return PVP_OP_UNDECIDED;
	return cell->differences.nr ? PVP_OP_EXCUSED : PVP_OP_SAME;
}

/* Whether the cell can have such a field: of an operation that was not run on both, little is known, and
 * where both images have it, so may what a maintained series took over be in both. */
static bool can_have(const struct pvp_op_cell *cell, const struct pvp_excuse *excuse)
{
	bool both = cell->verdict != PVP_OP_ONLY_A && cell->verdict != PVP_OP_ONLY_B;

	if (both && excuse->is_backported)
		return false;
	if (!strcmp(excuse->field, "null") || !strcmp(excuse->field, "contract"))
		return both;
	return cell->states || !strcmp(excuse->field, "exists");
}

/* Whether the row had its chance on this platform.  An operation that none has is a slip of the pen. */
static bool had_chance(const struct pvp_excuse *excuse, const struct pvp_op_cells *cells)
{
	bool is_known = false;

	for (size_t i = 0; i < cells->nr; i++) {
		if (!is_about(excuse, &cells->v[i]))
			continue;
		if (can_have(&cells->v[i], excuse))
			return true;
		is_known = true;
	}
	return !is_known;
}

void pvp_op_cells_judge(struct pvp_op_cells *cells, const char *platform,
			struct pvp_excuses *excuses)
{
	for (size_t i = 0; i < excuses->nr; i++)
		if (strcmp(excuses->v[i].op, "platform") &&
		    pvp_excuse_is_for(&excuses->v[i], platform))
			excuses->v[i].ran |= had_chance(&excuses->v[i], cells);
	for (size_t i = 0; i < cells->nr; i++) {
		struct pvp_op_cell *cell = &cells->v[i];

		cell->excuses = pvp_calloc(cell->differences.nr, sizeof(*cell->excuses));
		for (size_t k = 0; k < cell->differences.nr; k++) {
			const char *field = cell->differences.v[k].field;
			struct pvp_excuse *excuse =
				pvp_excuses_use(excuses, cell->op, platform, field);

			if (!excuse && cell->renamed)
				excuse = pvp_excuses_use(excuses, cell->renamed, platform, field);
			cell->excuses[k] = excuse;
		}
		cell->verdict = verdict_of(cell);
	}
}
