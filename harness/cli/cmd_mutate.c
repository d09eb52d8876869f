// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "cli.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"
#include "corpus.h"
#include "feature.h"
#include "mutants_json.h"
#include "mutate.h"
#include "options.h"
#include "outfile.h"
#include "progress.h"
#include "subject.h"

#define DEFAULT_MAX	  200
#define DEFAULT_STATES	  64
#define DEFAULT_MIN_SCORE 99
#define MAX_JOBS	  64

enum {
	KEY_MAX = 0x3000,
	KEY_SEED,
	KEY_STATES,
	KEY_JOBS,
	KEY_KIND,
	KEY_MIN_SCORE,
	KEY_OUT,
	KEY_EQUIVALENT,
	KEY_OTHER,
};

struct mutate {
	struct pvp_options common;
	struct pvp_words_list kinds;
	uint64_t max, seed, states, jobs, min_score;
	const char *out, *equivalent, *other;
	struct pvp_subject subject;
	struct pvp_equivalent_rules rules;
	json_t *scores;
	bool failed;
};

// clang-format off
static const struct argp_option own_options[] = {
	{ "max", KEY_MAX, "N", 0, "mutants a kind and platform (200; 0: all that exist)", 0 },
	{ "seed", KEY_SEED, "S", 0, "what the choice and the start states are made from (1)", 0 },
	{ "states", KEY_STATES, "N", 0, "start states a mutant (64)", 0 },
	{ "kind", KEY_KIND, "KIND", 0, "only these kinds (repeatable; `list' shows all)", 0 },
	{ "min-score", KEY_MIN_SCORE, "N", 0, "per cent that every kind must reach (99)", 0 },
	{ "jobs", KEY_JOBS, "N", 0, "worker processes (the CPUs there are)", 0 },
	{ "out", KEY_OUT, "DIR", 0, "folder of mutants.json (reports)", 0 },
	{ "equivalent", KEY_EQUIVALENT, "FILE", 0, "arguments for survivors (corpus/mutants/equivalent.yaml)", 0 },
	{ "other", KEY_OTHER, "P", 0, "platform whose bytes `other-backend' takes (native; for native: xen-pv or kvm)", 0 },
	{ 0 },
};
// clang-format on

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct mutate *mutate = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &mutate->common;
		state->child_inputs[1] = &mutate->common;
		return 0;
	case KEY_MAX:
		return pvp_options_number(&mutate->common, "max", arg, 0, UINT32_MAX, &mutate->max);
	case KEY_SEED:
		return pvp_options_number(&mutate->common, "seed", arg, 0, INT64_MAX,
					  &mutate->seed);
	case KEY_STATES:
		return pvp_options_number(&mutate->common, "states", arg, 16, 1 << 20,
					  &mutate->states);
	case KEY_JOBS:
		return pvp_options_number(&mutate->common, "jobs", arg, 1, MAX_JOBS, &mutate->jobs);
	case KEY_MIN_SCORE:
		return pvp_options_number(&mutate->common, "min-score", arg, 0, 100,
					  &mutate->min_score);
	case KEY_KIND:
		pvp_words_list_add(&mutate->kinds, arg);
		return 0;
	case KEY_OUT:
		if (!*arg)
			return pvp_options_refuse(&mutate->common, "--out names no folder");
		mutate->out = arg;
		return 0;
	case KEY_EQUIVALENT:
		mutate->equivalent = arg;
		return 0;
	case KEY_OTHER:
		mutate->other = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void list_kinds(void)
{
	for (int i = 0; i < PVP_NR_MUTANT_KINDS; i++)
		printf("%-18s%s\n%-18s(%s)\n", pvp_mutant_kinds[i].name, pvp_mutant_kinds[i].what,
		       "", pvp_mutant_kinds[i].stands_for);
}

static struct pvp_error *choose_kinds(const struct mutate *mutate, struct pvp_mutate_input *input)
{
	for (int i = 0; i < PVP_NR_MUTANT_KINDS; i++)
		input->kinds[i] = !mutate->kinds.nr;
	for (size_t k = 0; k < mutate->kinds.nr; k++) {
		int i = 0;

		while (i < PVP_NR_MUTANT_KINDS &&
		       strcmp(pvp_mutant_kinds[i].name, mutate->kinds.v[k]))
			i++;
		if (i == PVP_NR_MUTANT_KINDS)
			return pvp_error_format(PVP_ERR_USAGE,
						"mutate: --kind '%s' is none; `--kind list' shows "
						"them",
						mutate->kinds.v[k]);
		input->kinds[i] = true;
	}
	return NULL;
}

/* --- what is printed --- */

static void print_head(const struct pvp_mutate_input *input, const struct pvp_mutate_score *score)
{
	char *image = pvp_text_clean(input->check.image->name);

	printf("%s on %s: %zu mutants of %zu sites, seed %" PRIu64 "\n\n", image,
	       input->check.platform->name, score->nr, score->nr_sites, input->check.seed);
	free(image);
	printf("%-18s%10s %8s", "kind", "exist", "mutants");
	for (int fate = 0; fate < PVP_NR_FATES; fate++)
		printf(" %10s", pvp_mutant_fate_name(fate));
	printf(" %7s\n", "score");
}

static bool print_kinds(const struct pvp_mutate_input *input, const struct pvp_mutate_score *score,
			unsigned min_score)
{
	size_t totals[PVP_NR_FATES] = {0};
	bool all = true;

	for (int k = 0; k < PVP_NR_MUTANT_KINDS; k++) {
		const struct pvp_mutate_kind_score *kind = &score->kinds[k];
		bool enough = kind->score >= min_score;

		if (!input->kinds[k])
			continue;
		printf("%-18s%10zu %8zu", pvp_mutant_kinds[k].name, kind->candidates,
		       kind->mutants);
		for (int fate = 0; fate < PVP_NR_FATES; fate++) {
			printf(" %10zu", kind->fates[fate]);
			totals[fate] += kind->fates[fate];
		}
		if (kind->mutants == kind->fates[PVP_FATE_EQUIVALENT])
			printf(" %7s\n", "-");
		else /* never rounded up */
			printf(" %7.2f%s\n", (int)(kind->score * 100) / 100.0,
			       enough ? "" : "  too low");
		all = all && enough;
	}
	printf("%-18s%10s %8zu", "total", "", score->nr);
	for (int fate = 0; fate < PVP_NR_FATES; fate++)
		printf(" %10zu", totals[fate]);
	puts("\n");
	return all;
}

static void print_survivor(const struct pvp_mutate_input *input, const struct pvp_mutant *mutant)
{
	char where[160], *symbol, *text = pvp_text_clean(mutant->text);

	symbol = pvp_text_clean(
		pvp_image_describe(input->check.image, mutant->site->addr, where, sizeof(where)));
	printf("%s %s: %s#%" PRIu32 " at %#" PRIx64 " (%s):", pvp_mutant_fate_name(mutant->fate),
	       pvp_mutant_kinds[mutant->kind].name, mutant->site->op, mutant->site->ordinal,
	       mutant->site->addr, symbol);
	for (uint32_t i = 0; i < mutant->site->len; i++)
		printf(" %02x", mutant->bytes[i]);
	printf("  %s", text);
	if (mutant->seen || mutant->why)
		printf(": %s", mutant->seen ? mutant->seen : mutant->why);
	putchar('\n');
	free(symbol);
	free(text);
}

/* Rules that are wrong: a verdict killed what they call equivalent, or there is nothing to excuse.
 */
static bool print_rules(const struct pvp_mutate_input *input, const struct pvp_mutate_score *score)
{
	bool good = true;

	for (size_t i = 0; i < input->rules->nr; i++) {
		const char *why = pvp_equivalent_is_wrong(&input->rules->v[i], &score->uses[i]);

		if (!why)
			continue;
		good = false;
		printf("%s:%u: %s (%s)\n", input->rules->path, input->rules->v[i].line, why,
		       input->check.platform->name);
	}
	return good;
}

static bool print_score(const struct pvp_mutate_input *input, const struct pvp_mutate_score *score,
			unsigned min_score)
{
	bool good;

	print_head(input, score);
	good = print_kinds(input, score, min_score);
	for (size_t i = 0; i < score->nr; i++)
		if (!pvp_mutant_fate_kills(score->mutants[i].fate))
			print_survivor(input, &score->mutants[i]);
	good = print_rules(input, score) && good;
	putchar('\n');
	return good;
}

/* --- the work --- */

/* The platform whose bytes are wrong here; *found is false where none fits the image. */
static struct pvp_error *open_other(const struct mutate *mutate, const struct pvp_boot *boot,
				    struct pvp_boot *ret, bool *found)
{
	static const char *const names[] = {"native", "xen-pv", "kvm"};
	const struct pvp_overrides none = {0};

	*found = true;
	if (mutate->other)
		return pvp_boot_open(&mutate->subject, mutate->other, &none, NULL, ret);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct pvp_error *err;
		bool unfit;

		if (!strncmp(boot->platform->name, names[i], strlen(names[i])))
			continue;
		err = pvp_boot_open(&mutate->subject, names[i], &none, &unfit, ret);
		if (!err || !unfit)
			return err;
		pvp_error_destroy(err);
	}
	*found = false;
	return NULL;
}

/* The platform again, as it boots without one of its features. */
static struct pvp_error *open_without(const struct mutate *mutate, const struct pvp_boot *boot,
				      const char *feature, struct pvp_boot *ret)
{
	struct pvp_overrides overrides = pvp_options_overrides(&mutate->common);
	const size_t nr = mutate->common.features.nr;
	const char **features = pvp_calloc(nr + 2, sizeof(*features));
	char *off = pvp_asprintf("-%s", feature);
	struct pvp_error *err;

	for (size_t i = 0; i < nr; i++)
		features[i] = mutate->common.features.v[i];
	features[nr] = off;
	overrides.features = features;
	err = pvp_boot_open(&mutate->subject, boot->name, &overrides, NULL, ret);
	free(features);
	free(off);
	return err;
}

static struct pvp_error *open_stale(const struct mutate *mutate, const struct pvp_boot *boot,
				    struct pvp_boot *stale, struct pvp_mutate_input *input)
{
	for (size_t i = 0; i < PVP_MUTATE_NR_STALE; i++) {
		const char *feature = pvp_mutate_stale_features[i];
		struct pvp_error *err;
		unsigned number;

		err = pvp_feature_parse(feature, mutate->subject.tables.generation, &number);
		if (err) { /* none of this generation */
			pvp_error_destroy(err);
			continue;
		}
		if (!pvp_platform_has_feature(boot->platform, number))
			continue;
		err = open_without(mutate, boot, feature, &stale[i]);
		if (err)
			return err;
		input->stale[i] = &stale[i].patched;
	}
	return NULL;
}

static struct pvp_error *mutate_platform(struct mutate *mutate, const struct pvp_boot *boot)
{
	struct pvp_progress progress = pvp_progress_begin(boot->platform->name);
	struct pvp_mutate_input input = {
		.check =
			{
				.image = mutate->subject.image,
				.tables = &mutate->subject.tables,
				.sites = &mutate->subject.sites,
				.entry = &mutate->subject.entry,
				.platform = boot->platform,
				.contracts = &boot->contracts,
				.patched = &boot->patched,
				.nr_states = mutate->states,
				.steer = true,
				.seed = mutate->seed,
				.jobs = mutate->jobs,
				.progress = pvp_progress_update,
				.progress_arg = &progress,
			},
		.max = mutate->max ? mutate->max : UINT32_MAX,
		.rules = &mutate->rules,
	};
	struct pvp_mutate_score score;
	struct pvp_boot other = {0}, stale[PVP_MUTATE_NR_STALE] = {{0}};
	struct pvp_error *err;
	bool found = false;

	err = choose_kinds(mutate, &input);
	if (!err)
		err = open_other(mutate, boot, &other, &found);
	input.other = found ? &other.patched : NULL;
	if (!err)
		err = open_stale(mutate, boot, stale, &input);
	if (!err)
		err = pvp_mutate(&input, &score);
	pvp_progress_end(&progress);
	pvp_boot_deinit(&other);
	for (size_t i = 0; i < PVP_MUTATE_NR_STALE; i++)
		pvp_boot_deinit(&stale[i]);
	if (err)
		return pvp_error_context(err, "%s: platform %s", mutate->subject.path, boot->name);
	mutate->failed |= !print_score(&input, &score, mutate->min_score);
	fflush(stdout);
	json_array_append_new(mutate->scores, pvp_mutants_json(&input, &score));
	pvp_mutate_score_deinit(&score);
	return NULL;
}

static struct pvp_error *load_rules(struct mutate *mutate)
{
	struct pvp_error *err = NULL;
	char *dir = NULL, *path;

	if (mutate->equivalent)
		return pvp_equivalent_load(mutate->equivalent, &mutate->rules);
	err = pvp_corpus_folder("mutants", &dir);
	if (err)
		return err;
	path = pvp_asprintf("%s/equivalent.yaml", dir);
	err = pvp_equivalent_load(path, &mutate->rules);
	free(path);
	free(dir);
	return err;
}

static struct pvp_error *write_json(struct mutate *mutate)
{
	struct pvp_error *err = pvp_outfiles_mkdir(mutate->out);
	char *text, *path;

	if (err)
		return err;
	text = pvp_mutants_json_text(json_incref(mutate->scores));
	path = pvp_asprintf("%s/mutants.json", mutate->out);
	err = pvp_outfile_write(path, text, strlen(text));
	free(path);
	free(text);
	return err;
}

static struct pvp_error *run(struct mutate *mutate, enum pvp_exit *status)
{
	const struct pvp_words_list *platforms = &mutate->common.platforms;
	struct pvp_overrides overrides = pvp_options_overrides(&mutate->common);
	struct pvp_error *err = NULL;

	if (mutate->common.files.nr != 1)
		return pvp_error_format(PVP_ERR_USAGE, "mutate: one IMAGE is needed");
	if (!platforms->nr)
		return pvp_error_format(PVP_ERR_USAGE, "mutate: --platform is needed");
	err = load_rules(mutate);
	if (!err)
		err = pvp_outfiles_probe_dir(mutate->out);
	if (!err)
		err = pvp_subject_open(mutate->common.files.v[0], mutate->common.symbols,
				       &mutate->subject);
	mutate->scores = json_array();
	for (size_t i = 0; i < platforms->nr && !err; i++) {
		struct pvp_boot boot;

		err = pvp_boot_open(&mutate->subject, platforms->v[i], &overrides, NULL, &boot);
		if (err)
			break;
		err = mutate_platform(mutate, &boot);
		pvp_boot_deinit(&boot);
	}
	if (!err)
		err = write_json(mutate);
	*status = mutate->failed ? PVP_EXIT_FAILED : PVP_EXIT_OK;
	return err;
}

static unsigned nr_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

struct pvp_error *pvp_cmd_mutate(const struct pvp_cli *cli, int argc, char **argv,
				 enum pvp_exit *status)
{
	static const struct argp_child children[] = {
		{&pvp_image_argp, 0, NULL, 0}, {&pvp_platform_argp, 0, NULL, 0}, {0}};
	static const struct argp argp = {
		.options = own_options,
		.parser = parse,
		.args_doc = "IMAGE --platform P",
		.doc = "Spoil the good text of every kind of site and count what verdicts refuse.",
		.children = children,
	};
	struct mutate mutate = {
		.max = DEFAULT_MAX,
		.seed = 1,
		.states = DEFAULT_STATES,
		.jobs = nr_cpus(),
		.min_score = DEFAULT_MIN_SCORE,
		.out = "reports",
	};
	struct pvp_error *err;

	(void)cli;
	err = pvp_options_parse(&argp, "mutate", argc, argv, &mutate, &mutate.common, status);
	if (!err && !mutate.common.stop) {
		if (mutate.kinds.nr == 1 && !strcmp(mutate.kinds.v[0], "list"))
			list_kinds();
		else
			err = run(&mutate, status);
	}
	json_decref(mutate.scores);
	pvp_equivalent_deinit(&mutate.rules);
	pvp_subject_deinit(&mutate.subject);
	free(mutate.kinds.v);
	pvp_options_deinit(&mutate.common);
	return err;
}
