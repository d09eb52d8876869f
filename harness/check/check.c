// SPDX-License-Identifier: GPL-2.0-only
#include "check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "transfers.h"
#include "cell.h"
#include "entry.h"
#include "findings.h"
#include "jobs.h"
#include "selftest.h"
#include "steer.h"

const char *pvp_verdict_name(enum pvp_verdict verdict)
{
	static const char *const names[] = {
#define X(id, name, what) [PVP_##id] = name,
		PVP_VERDICTS(X)
#undef X
	};

	return names[verdict];
}

const char *pvp_evidence_name(enum pvp_evidence evidence)
{
	static const char *const names[] = {
#define X(id, name, what) [PVP_EVIDENCE_##id] = name,
		PVP_EVIDENCE(X)
#undef X
	};

	return names[evidence];
}

const char *pvp_reason_name(enum pvp_reason reason)
{
	static const char *const names[] = {
#define X(id, name, what) [PVP_REASON_##id] = name,
		PVP_REASONS(X)
#undef X
	};

	return names[reason];
}

const char *pvp_form_name(enum pvp_form form)
{
	static const char *const names[] = {
#define X(id, name, what) [PVP_FORM_##id] = name,
		PVP_FORMS(X)
#undef X
	};

	return names[form];
}

void pvp_witness_seen_deinit(struct pvp_witness *w)
{
	free(w->shrunk);
	free(w->matter);
	free(w->prefix_k0);
	free(w->prefix_k1);
	free(w->what);
	free(w->meaning);
	free(w->stop_k0);
	free(w->stop_k1);
	free(w->effects_k0);
	free(w->effects_k1);
	memset(w, 0, sizeof(*w));
}

void pvp_cell_deinit(struct pvp_cell *cell)
{
	free(cell->detail);
	if (cell->witness)
		pvp_witness_seen_deinit(cell->witness);
	free(cell->witness);
	memset(cell, 0, sizeof(*cell));
}

void pvp_check_result_deinit(struct pvp_check_result *result)
{
	for (size_t i = 0; i < result->nr_cells; i++)
		pvp_cell_deinit(&result->cells[i]);
	for (size_t i = 0; i < result->nr_entry_cells; i++)
		pvp_cell_deinit(&result->entry_cells[i]);
	for (size_t i = 0; i < result->nr_findings; i++) {
		free(result->findings[i].kind);
		free(result->findings[i].rule);
		free(result->findings[i].detail);
	}
	free(result->branches);
	free(result->cells);
	free(result->entry_cells);
	for (size_t i = 0; i < result->nr_transfer_cells; i++)
		pvp_cell_deinit(&result->transfer_cells[i]);
	free(result->transfer_cells);
	free(result->findings);
	memset(result, 0, sizeof(*result));
}

/* The function that a site's op is on this platform. */
static uint64_t callee_of(const struct pvp_check_input *input, const struct pvp_site *site)
{
	for (size_t i = 0; i < input->tables->nr_static_call_keys; i++)
		if (site->kind == PVP_SITE_STATIC_CALL &&
		    input->tables->static_call_keys[i].key == site->key)
			return pvp_platform_static_call(input->platform,
							&input->tables->static_call_keys[i]);
	return site->kind == PVP_SITE_PARAVIRT ? input->platform->pv_ops[site->slot] : 0;
}

/*
 * Entry evidence says: the same callee, in the same state.  That is worth as much as the callee's
 * own pv sites: by induction, all of them must be EQUIVALENT.  True when a cell lost its verdict.
 */
static bool demand_nested(const struct pvp_check_input *input, struct pvp_check_result *result)
{
	bool changed = false;

	for (size_t i = 0; i < result->nr_cells; i++) {
		struct pvp_cell *cell = &result->cells[i];
		uint64_t lo, hi;

		if (cell->evidence != PVP_EVIDENCE_CONGRUENT)
			continue;
		lo = callee_of(input, cell->site);
		hi = lo + pvp_function_len(input->image, lo);
		for (size_t k = 0; k < result->nr_cells; k++) {
			const struct pvp_cell *nested = &result->cells[k];

			if (nested->site->addr < lo || nested->site->addr >= hi ||
			    nested->verdict == PVP_EQUIVALENT)
				continue;
			cell->verdict = PVP_INCONCLUSIVE;
			cell->evidence = PVP_EVIDENCE_NONE;
			cell->reason = PVP_REASON_NESTED;
			free(cell->detail);
			cell->detail = pvp_asprintf("the callee's site %#lx is %s",
						    (unsigned long)nested->site->addr,
						    pvp_verdict_name(nested->verdict));
			changed = true;
			break;
		}
	}
	return changed;
}

static void add_violation(struct pvp_check_result *result, const struct pvp_site *site,
			  const char *detail)
{
	const struct pvp_finding_text text = {
		.kind = "contract-violation",
		.rule = "both sides break the op's contract alike",
		.detail = detail,
		.error = true,
	};

	pvp_finding_add(result, site, site->addr, &text);
}

static struct pvp_error *search_states(struct pvp_check_input *input,
				       struct pvp_steering *steering,
				       struct pvp_check_result *result)
{
	struct pvp_error *err = pvp_steering_search(input, steering);

	if (err)
		return err;
	input->steering = steering;
	result->branches = steering->branches;
	result->nr_branches = steering->nr_branches;
	result->nr_functions = steering->nr_functions;
	steering->branches = NULL;
	return NULL;
}

struct pvp_error *pvp_check(const struct pvp_check_input *asked, struct pvp_check_result *ret)
{
	struct pvp_check_input steered = *asked;
	const struct pvp_check_input *input = &steered;
	struct pvp_steering steering = {0};
	size_t nr = input->sites->nr;
	struct pvp_job_outcome *outcomes;
	struct pvp_check_result result = {0};
	struct pvp_error *err;

	assert(input->jobs && input->nr_states >= PVP_MIN_COUNTED);
	err = pvp_selftest_require();
	if (err)
		return err;
	if (input->steer)
		err = search_states(&steered, &steering, &result);
	if (err)
		return err;
	outcomes = pvp_calloc(nr, sizeof(*outcomes));
	err = pvp_jobs_run(input, outcomes, &result.cases);
	result.cells = pvp_calloc(nr, sizeof(*result.cells));
	result.nr_cells = nr;
	for (size_t i = 0; i < nr; i++) {
		result.cells[i] = outcomes[i].cell;
		if (!result.cells[i].site) {
			result.cells[i].site = &input->sites->v[i];
			result.cells[i].verdict = PVP_SKIPPED;
		}
		result.stray += result.cells[i].stray;
		if (outcomes[i].violation)
			add_violation(&result, &input->sites->v[i], outcomes[i].violation);
		free(outcomes[i].violation);
	}
	free(outcomes);
	while (demand_nested(input, &result))
		; /* a cell that falls may take others with it */
	if (!err)
		err = pvp_entry_check(input, &result);
	if (!err)
		err = pvp_transfers_check(input, &result);
	if (!err)
		err = pvp_findings(input, &result);
	pvp_steering_deinit(&steering);
	if (err) {
		pvp_check_result_deinit(&result);
		return err;
	}
	*ret = result;
	return NULL;
}
