// SPDX-License-Identifier: GPL-2.0-only
#include "mutate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "choose.h"
#include "findings.h"
#include "run.h"
#include "selftest.h"
#include "spoil.h"
#include "steer.h"

const struct pvp_mutant_kind_text pvp_mutant_kinds[PVP_NR_MUTANT_KINDS] = {
#define X(id, name, on, variants, what, stands_for)                                                \
	[PVP_MUTANT_##id] = {name, what, stands_for, on, variants},
	PVP_MUTANT_KINDS(X)
#undef X
};

const char *const pvp_mutate_stale_features[PVP_MUTATE_NR_STALE] = {"XENPV", "PVUNLOCK",
								    "VCPUPREEMPT"};

static const struct {
	const char *name;
	bool kills;
} fates[] = {
#define X(id, name, kills, what) [PVP_FATE_##id] = {name, kills},
	PVP_MUTANT_FATES(X)
#undef X
};

const char *pvp_mutant_fate_name(enum pvp_mutant_fate fate)
{
	return fates[fate].name;
}

bool pvp_mutant_fate_kills(enum pvp_mutant_fate fate)
{
	return fates[fate].kills;
}

size_t pvp_mutate_nr_sites(const struct pvp_mutate_input *input)
{
	const struct pvp_check_input *check = &input->check;

	return check->sites->nr + (check->entry ? check->entry->sites.nr : 0);
}

const struct pvp_site *pvp_mutate_site(const struct pvp_mutate_input *input, size_t i)
{
	const struct pvp_check_input *check = &input->check;

	return i < check->sites->nr ? &check->sites->v[i]
				    : &check->entry->sites.v[i - check->sites->nr];
}

struct pvp_equivalent_case pvp_mutant_case(const struct pvp_mutate_input *input,
					   enum pvp_mutant_kind kind, const struct pvp_site *site)
{
	return (struct pvp_equivalent_case){
		.kind = pvp_mutant_kinds[kind].name,
		.op = site->op,
		.platform = input->check.platform->name,
		.generation = input->check.tables->generation,
		.arch = pvp_arch_name(input->check.image->arch),
	};
}

/* --- findings about survivors --- */

/* The error finding at a mutant's site that is not there for the good text.  Bytes are not
 * compared: whether a mutant differs from the prediction is no question. */
static const struct pvp_finding *find_at(const struct pvp_check_result *found,
					 const struct pvp_check_result *before,
					 const struct pvp_site *site)
{
	for (size_t i = 0; i < found->nr_findings; i++) {
		const struct pvp_finding *f = &found->findings[i];
		bool old = false;

		if (f->site != site || !f->error || !strcmp(f->kind, "byte-mismatch"))
			continue;
		for (size_t k = 0; k < before->nr_findings; k++)
			old = old || (before->findings[k].addr == f->addr &&
				      !strcmp(before->findings[k].rule, f->rule));
		if (!old)
			return f;
	}
	return NULL;
}

/* One mutant a site is laid over the good text. */
struct round {
	struct pvp_check_input check;
	struct pvp_patched given;
	bool *wanted;
	struct pvp_check_result result;
};

static void lay_mutant(struct round *round, const struct pvp_mutant *mutant)
{
	const struct pvp_site *site = mutant->site;
	struct pvp_patched *given = &round->given;
	struct pvp_patch *row = pvp_push(&given->v, &given->nr, &given->cap);

	/* Also one that leaves the linked bytes. */
	*row = (struct pvp_patch){
		.addr = site->addr,
		.len = site->len,
		.pass = PVP_PASS_GIVEN,
		.old = pvp_calloc(site->len, 1),
		.new = pvp_calloc(site->len, 1),
	};
	memcpy(row->old, site->linked, site->len);
	memcpy(row->new, mutant->bytes, site->len);
	round->wanted[site - round->check.sites->v] = true;
}

static struct pvp_error *look(struct round *round)
{
	size_t nr = round->check.sites->nr;

	round->check.given = &round->given;
	round->check.wanted = round->wanted;
	round->result.cells = pvp_calloc(nr, sizeof(*round->result.cells));
	round->result.nr_cells = nr;
	for (size_t i = 0; i < nr; i++) {
		round->result.cells[i].site = &round->check.sites->v[i];
		round->result.cells[i].verdict = round->wanted[i] ? PVP_EQUIVALENT : PVP_SKIPPED;
	}
	return pvp_findings(&round->check, &round->result);
}

static void round_init(const struct pvp_mutate_input *input, struct round *ret)
{
	*ret = (struct round){.check = input->check,
			      .wanted = pvp_calloc(input->check.sites->nr, sizeof(*ret->wanted))};
}

static void round_deinit(struct round *round)
{
	pvp_check_result_deinit(&round->result);
	pvp_patched_deinit(&round->given);
	free(round->wanted);
}

static bool is_call(const struct pvp_site *site)
{
	return site->kind != PVP_SITE_ENTRY && site->kind != PVP_SITE_TRAP;
}

/* Findings are about pv calls. */
static bool survives(const struct pvp_mutant *mutant)
{
	return is_call(mutant->site) &&
	       (mutant->fate == PVP_FATE_HOLE || mutant->fate == PVP_FATE_UNDECIDED);
}

/* Survivors of one site lie in one round each: first[i] is the number of mutant i's, from 0. */
static size_t number_rounds(const struct pvp_mutate_score *score, size_t *round_of)
{
	size_t nr = 0, here = 0;

	for (size_t i = 0; i < score->nr; i++) {
		if (i && score->mutants[i].site != score->mutants[i - 1].site)
			here = 0;
		round_of[i] = survives(&score->mutants[i]) ? here++ : SIZE_MAX;
		nr = here > nr ? here : nr;
	}
	return nr;
}

static struct pvp_error *ask_round(const struct pvp_mutate_input *input, const size_t *round_of,
				   size_t number, const struct pvp_check_result *before,
				   struct pvp_mutate_score *score)
{
	struct pvp_error *err;
	struct round round;

	round_init(input, &round);
	for (size_t i = 0; i < score->nr; i++)
		if (round_of[i] == number)
			lay_mutant(&round, &score->mutants[i]);
	err = look(&round);
	for (size_t i = 0; i < score->nr && !err; i++) {
		struct pvp_mutant *mutant = &score->mutants[i];
		const struct pvp_finding *finding;

		if (round_of[i] != number)
			continue;
		finding = find_at(&round.result, before, mutant->site);
		if (!finding)
			continue;
		mutant->fate = PVP_FATE_FINDING;
		free(mutant->seen);
		mutant->seen = pvp_strdup(finding->kind);
	}
	round_deinit(&round);
	return err;
}

static struct pvp_error *ask_findings(const struct pvp_mutate_input *input,
				      struct pvp_mutate_score *score)
{
	size_t *round_of = pvp_calloc(score->nr, sizeof(*round_of));
	size_t nr = number_rounds(score, round_of);
	struct pvp_error *err = NULL;
	struct round before;

	round_init(input, &before);
	for (size_t i = 0; i < score->nr; i++)
		if (survives(&score->mutants[i]))
			before.wanted[score->mutants[i].site - input->check.sites->v] = true;
	if (nr)
		err = look(&before);
	for (size_t number = 0; number < nr && !err; number++)
		err = ask_round(input, round_of, number, &before.result, score);
	round_deinit(&before);
	free(round_of);
	return err;
}

/* --- fates --- */

static enum pvp_mutant_fate fate_of(const struct pvp_mutate_input *input,
				    const struct pvp_mutant *mutant,
				    const struct pvp_mutant_outcome *outcome)
{
	const struct pvp_contract *contract =
		pvp_contracts_find(input->check.contracts, mutant->site->op);

	if (outcome->verdict == PVP_EQUIVALENT)
		return PVP_FATE_HOLE; /* until somebody says otherwise */
	/* Where the good text is decided by congruence, losing it is a verdict. */
	if (contract && contract->congruent)
		return PVP_FATE_CONGRUENCE;
	if (outcome->verdict != PVP_DIVERGENT)
		return PVP_FATE_UNDECIDED;
	return strncmp(outcome->seen, "null-op:", 8) ? PVP_FATE_EXECUTION : PVP_FATE_NULL_OP;
}

static void judge(const struct pvp_mutate_input *input, const struct pvp_mutant_outcome *outcome,
		  struct pvp_mutant *mutant)
{
	mutant->fate = fate_of(input, mutant, outcome);
	if (outcome->verdict == PVP_INCONCLUSIVE)
		mutant->seen =
			pvp_asprintf("%s: %s", pvp_reason_name(outcome->reason), outcome->seen);
	else if (outcome->verdict == PVP_DIVERGENT)
		mutant->seen = pvp_strdup(outcome->seen);
}

/* The first rule that matches explains a survivor; every one that matches a kill is wrong. */
static void apply_rules(const struct pvp_mutate_input *input, struct pvp_mutant *mutant,
			struct pvp_equivalent_use *uses)
{
	const struct pvp_equivalent_case c = pvp_mutant_case(input, mutant->kind, mutant->site);
	const struct pvp_equivalent_rules *rules = input->rules;

	for (size_t i = 0; i < rules->nr; i++) {
		if (!pvp_equivalent_asks(&rules->v[i], &c) ||
		    !pvp_equivalent_matches(&rules->v[i], &c, mutant->text))
			continue;
		if (pvp_mutant_fate_kills(mutant->fate)) {
			uses[i].killed++;
		} else if (mutant->fate == PVP_FATE_HOLE) {
			mutant->fate = PVP_FATE_EQUIVALENT;
			mutant->why = rules->v[i].why;
			uses[i].excused++;
		}
	}
}

static void count(struct pvp_mutate_score *score)
{
	for (size_t i = 0; i < score->nr; i++) {
		struct pvp_mutate_kind_score *kind = &score->kinds[score->mutants[i].kind];

		kind->mutants++;
		kind->fates[score->mutants[i].fate]++;
		score->nr_sites += !i || score->mutants[i].site != score->mutants[i - 1].site;
	}
	for (int k = 0; k < PVP_NR_MUTANT_KINDS; k++) {
		struct pvp_mutate_kind_score *kind = &score->kinds[k];
		size_t killed = 0, real = kind->mutants - kind->fates[PVP_FATE_EQUIVALENT];

		for (int fate = 0; fate < PVP_NR_FATES; fate++)
			killed += pvp_mutant_fate_kills(fate) ? kind->fates[fate] : 0;
		kind->score = real ? 100.0 * killed / real : 100.0;
	}
}

struct pvp_error *pvp_mutate(const struct pvp_mutate_input *input, struct pvp_mutate_score *ret)
{
	struct pvp_mutate_score score = {
		.uses = pvp_calloc(input->rules->nr, sizeof(*score.uses)),
	};
	struct pvp_mutant_outcome *outcomes = NULL;
	struct pvp_check_input check = input->check;
	struct pvp_steering steering = {0};
	struct pvp_error *err;

	assert(!input->check.given && !input->check.wanted);
	err = pvp_selftest_require();
	if (!err)
		err = pvp_mutants_choose(input, &score);
	if (!err && check.steer)
		err = pvp_steering_search(&check, &steering);
	if (!err) {
		check.steering = &steering;
		outcomes = pvp_calloc(score.nr, sizeof(*outcomes));
		err = pvp_mutants_run(&check, score.mutants, score.nr, outcomes);
	}
	pvp_steering_deinit(&steering);
	for (size_t i = 0; i < score.nr && !err; i++)
		judge(input, &outcomes[i], &score.mutants[i]);
	if (!err)
		err = ask_findings(input, &score);
	free(outcomes);
	if (err) {
		pvp_mutate_score_deinit(&score);
		return err;
	}
	for (size_t i = 0; i < score.nr; i++)
		apply_rules(input, &score.mutants[i], score.uses);
	count(&score);
	*ret = score;
	return NULL;
}

void pvp_mutate_score_deinit(struct pvp_mutate_score *score)
{
	if (!score)
		return;
	for (size_t i = 0; i < score->nr; i++) {
		free(score->mutants[i].text);
		free(score->mutants[i].seen);
	}
	free(score->mutants);
	free(score->uses);
	memset(score, 0, sizeof(*score));
}
