// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "cell.h"
#include "comparison.h"
#include "corpus.h"
#include "options.h"
#include "selftest.h"
#include "subject.h"

struct compare_options {
	struct pvp_options common;
	uint64_t states, seed;
	bool json, counts, markdown, without_sites, without_runs;
};

enum { KEY_ONLY = 0x4000, KEY_STATES, KEY_SEED };

#define DEFAULT_STATES 32
#define MAX_STATES     4096

// clang-format off
static const struct argp_option own_options[] = {
	{ "json", 'j', 0, 0, "JSON instead of a table", 0 },
	{ "only", KEY_ONLY, "PART", 0, "sites, or behaviour: what the operations do (both)", 0 },
	{ "states", KEY_STATES, "N", 0, "start states an operation that come to their end (32; at least 16)", 0 },
	{ "seed", KEY_SEED, "S", 0, "what the start states are made from (1)", 0 },
	{ "counts", 'c', 0, 0, "how many sites differ, without their names", 0 },
	{ "markdown", 'm', 0, 0, "what differs, as Markdown for a pull request", 0 },
	{ 0 },
};
// clang-format on

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct compare_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		/* getopt says what is wrong in one line; argp would add a second. */
		state->err_stream = NULL;
		state->child_inputs[0] = &options->common;
		return 0;
	case KEY_ONLY:
		options->without_sites = !strcmp(arg, "behaviour");
		options->without_runs = !strcmp(arg, "sites");
		if (!options->without_sites && !options->without_runs)
			return pvp_options_refuse(&options->common,
						  "--only '%s' is neither sites nor behaviour", arg);
		return 0;
	case KEY_STATES:
		return pvp_options_number(&options->common, "states", arg, PVP_MIN_COUNTED,
					  MAX_STATES, &options->states);
	case KEY_SEED:
		return pvp_options_number(&options->common, "seed", arg, 0, UINT64_MAX,
					  &options->seed);
	case 'j':
		options->json = true;
		return 0;
	case 'c':
		options->counts = true;
		return 0;
	case 'm':
		options->markdown = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

struct run {
	struct compare_options options;
	struct pvp_overrides overrides;
	struct pvp_subject subjects[2];
	struct pvp_compared images[2];
	struct pvp_image_comparison comparison;
};

static struct pvp_compared compared(const struct pvp_subject *subject)
{
	return (struct pvp_compared){ subject->image, &subject->tables, &subject->sites,
				      &subject->entry };
}

static struct pvp_check_input input_of(const struct run *run, unsigned i,
				       const struct pvp_boot *boots)
{
	return (struct pvp_check_input){
		.image = run->subjects[i].image,
		.tables = &run->subjects[i].tables,
		.sites = &run->subjects[i].sites,
		.platform = boots[i].platform,
		.contracts = &boots[i].contracts,
		.patched = &boots[i].patched,
		.nr_states = run->options.states,
		.seed = run->options.seed,
		.by_name = true,
		.jobs = 1,
	};
}

static struct pvp_error *load_excuses(struct run *run)
{
	struct pvp_image_comparison *c = &run->comparison;
	const struct pvp_excuse_pair pair = {
		{ run->images[0].image, run->images[1].image },
		{ c->image[0].generation, c->image[1].generation },
	};
	struct pvp_error *err;
	char *dir;

	err = pvp_corpus_folder("compare", &dir);
	if (err)
		return err;
	err = pvp_excuses_load(dir, &pair, &c->excuses);
	free(dir);
	return err;
}

static struct pvp_error *compare_boots(struct run *run, const struct pvp_boot boots[2])
{
	const struct pvp_compared_boot sides[] = {
		{ boots[0].platform, &boots[0].patched },
		{ boots[1].platform, &boots[1].patched },
	};

	const struct pvp_check_input inputs[] = { input_of(run, 0, boots), input_of(run, 1, boots) };
	struct pvp_error *err;

	err = pvp_comparison_add(&run->comparison, &run->images[0], &sides[0], &run->images[1],
				 &sides[1]);
	if (!err && !run->comparison.without_runs)
		err = pvp_comparison_run(&run->comparison, &inputs[0], &inputs[1]);
	return err;
}

/* Why a platform is not for an image, without the folder that the platform's file is in. */
static char *reason_of(const struct pvp_error *err)
{
	const char *text = err->message, *end = text + strcspn(text, ":");
	const char *slash = memrchr(text, '/', end - text);

	return pvp_strdup(slash ? slash + 1 : text);
}

/* The file is the image's, unless what is wrong is the name of the platform. */
static struct pvp_error *blame(struct pvp_error *err, const char *path)
{
	static const char unknown[] = "unknown platform";

	if (!strncmp(err->message, path, strlen(path)) ||
	    !strncmp(err->message, unknown, strlen(unknown)))
		return err;
	return pvp_error_context(err, "%s", path);
}

/*
 * A platform that is for one of the images only is no trouble, and has a row.  One that is for neither
 * is an error where it was asked for by name, and else *missed (owned) says why, unless it does already.
 */
static struct pvp_error *compare_on(struct run *run, const char *platform, char **missed)
{
	struct pvp_boot boots[2] = {0};
	struct pvp_error *unfit[2] = {0};
	struct pvp_error *err = NULL;
	char *reason = NULL;

	for (unsigned i = 0; i < 2 && !err; i++) {
		bool is_unfit = false;

		err = pvp_boot_open(&run->subjects[i], platform, &run->overrides, &is_unfit,
				    &boots[i]);
		if (is_unfit) {
			unfit[i] = err;
			err = NULL;
		} else if (err) {
			err = blame(err, run->subjects[i].path);
		}
	}
	if (!err && (unfit[0] || unfit[1]))
		reason = reason_of(unfit[0] ? unfit[0] : unfit[1]);
	if (!err && !reason) {
		err = compare_boots(run, boots);
	} else if (!err && !unfit[0] != !unfit[1]) {
		pvp_comparison_add_one_sided(&run->comparison, platform, unfit[0] != NULL, reason);
	} else if (!err && !missed) {
		err = blame(unfit[0], run->subjects[0].path);
		unfit[0] = NULL;
	}
	if (!err && reason && missed && !*missed)
		*missed = pvp_asprintf("%s: %s: %s", platform,
				       run->subjects[unfit[0] ? 0 : 1].path, reason);
	free(reason);
	pvp_error_destroy(unfit[0]);
	pvp_error_destroy(unfit[1]);
	pvp_boot_deinit(&boots[0]);
	pvp_boot_deinit(&boots[1]);
	return err;
}

static struct pvp_error *compare_on_all(struct run *run)
{
	char **names = NULL, *dir, *missed = NULL;
	size_t nr = 0, both = 0;
	struct pvp_error *err;

	err = pvp_corpus_folder("platforms", &dir);
	if (err)
		return err;
	err = pvp_platform_names(dir, &names, &nr);
	free(dir);
	for (size_t i = 0; i < nr && !err; i++)
		err = compare_on(run, names[i], &missed);
	pvp_platform_names_free(names, nr);
	for (size_t i = 0; i < run->comparison.nr_platforms; i++)
		both += run->comparison.platforms[i].fits[0] && run->comparison.platforms[i].fits[1];
	if (!err && !both)
		err = pvp_error_format(PVP_ERR_NOT_FOUND,
				       "compare: no platform fits both images; the first: %s",
				       missed ? missed : "there is none");
	free(missed);
	return err;
}

static struct pvp_error *compare_all(struct run *run)
{
	const struct pvp_words_list *platforms = &run->options.common.platforms;
	struct pvp_error *err = NULL;

	if (!platforms->nr || (platforms->nr == 1 && !strcmp(platforms->v[0], "all")))
		return compare_on_all(run);
	for (size_t i = 0; i < platforms->nr; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(platforms->v[i], platforms->v[k]))
				return pvp_error_format(PVP_ERR_USAGE,
							"compare: --platform %s is given twice",
							platforms->v[i]);
	for (size_t i = 0; i < platforms->nr && !err; i++)
		err = compare_on(run, platforms->v[i], NULL);
	return err;
}

static struct pvp_error *compare(struct run *run, enum pvp_exit *status)
{
	const struct pvp_words_list *files = &run->options.common.files;
	struct pvp_error *err = NULL;

	if (files->nr != 2)
		return pvp_error_format(PVP_ERR_USAGE,
					"compare: IMAGE_A and IMAGE_B are needed, %zu are given",
					files->nr);
	if (run->options.json + run->options.markdown + run->options.counts > 1)
		return pvp_error_format(PVP_ERR_USAGE,
					"compare: only one of --json, --markdown and --counts");
	run->overrides = pvp_options_overrides(&run->options.common);
	run->overrides.initcalls = true; /* the text that a kernel runs with */
	for (unsigned i = 0; i < 2 && !err; i++) {
		err = pvp_subject_open(files->v[i], NULL, &run->subjects[i]);
		if (!err)
			run->images[i] = compared(&run->subjects[i]);
	}
	if (!err)
		err = pvp_comparison_init(&run->images[0], &run->images[1], &run->comparison);
	if (!err) {
		run->comparison.without_sites = run->options.without_sites;
		run->comparison.without_runs = run->options.without_runs;
		err = load_excuses(run);
	}
	if (!err && !run->options.without_runs)
		err = pvp_selftest_require();
	if (!err)
		err = compare_all(run);
	if (err)
		return err;
	if (run->options.json)
		pvp_comparison_print_json(&run->comparison, stdout);
	else if (run->options.markdown)
		pvp_comparison_print_markdown(&run->comparison, stdout);
	else
		pvp_comparison_print(&run->comparison, !run->options.counts, stdout);
	*status = pvp_comparison_differs(&run->comparison) ? PVP_EXIT_FAILED : PVP_EXIT_OK;
	return NULL;
}

struct pvp_error *pvp_cmd_compare(const struct pvp_cli *cli, int argc, char **argv,
				  enum pvp_exit *status)
{
	static const struct argp_child children[] = { { &pvp_platform_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = own_options,
		.parser = parse,
		.args_doc = "IMAGE_A IMAGE_B",
		.doc = "Compare two kernel images: which sites are new, gone or patched otherwise, and which operations do something else.",
		.children = children,
	};
	struct run run = { .options = { .states = DEFAULT_STATES, .seed = 1 } };
	struct pvp_error *err;

	(void)cli;
	err = pvp_options_parse(&argp, "compare", argc, argv, &run.options, &run.options.common,
				status);
	if (!err && !run.options.common.stop)
		err = compare(&run, status);
	pvp_comparison_deinit(&run.comparison);
	pvp_subject_deinit(&run.subjects[0]);
	pvp_subject_deinit(&run.subjects[1]);
	pvp_options_deinit(&run.options.common);
	return err;
}
