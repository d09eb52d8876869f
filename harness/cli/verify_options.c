// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "verify.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* 16 must reach their end, and every eighth is wild (harness/check/start.h). */
#define MIN_STATES     16
#define DEFAULT_STATES 64
#define MAX_JOBS       1024

enum {
	KEY_STATES = 0x2000,
	KEY_SEED,
	KEY_SITE,
	KEY_PATCHED,
	KEY_FORMAT,
	KEY_OUT,
	KEY_FAIL_ON,
	KEY_EXPECT,
	KEY_TODAY,
	KEY_JOBS,
	KEY_BY_OP,
	KEY_BRANCHES,
};

// clang-format off
static const struct argp_option own_options[] = {
	{ "states", KEY_STATES, "N", 0, "counted start states a site (64; at least 16)", 0 },
	{ "seed", KEY_SEED, "S", 0, "what the start states are made from (1)", 0 },
	{ "site", KEY_SITE, "SITE", 0, "only this site: address, symbol+offset or op#ordinal (repeatable)", 0 },
	{ "patched", KEY_PATCHED, "FILE", 0, "judge this text, a full output of `pvproof patch' or a dump, not the prediction", 0 },
	{ "format", KEY_FORMAT, "F[=FILE]", 0, "table, json or ktap, to FILE or standard output (repeatable)", 0 },
	{ "out", KEY_OUT, "DIR", 0, "folder of results.json and witnesses/ (reports)", 0 },
	{ "fail-on", KEY_FAIL_ON, "LIST", 0, "divergent, inconclusive, finding (all three), or none", 0 },
	{ "expect", KEY_EXPECT, "FILE", 0, "known failures, which do not fail the run", 0 },
	{ "today", KEY_TODAY, "YYYY-MM-DD", 0, "the day by which expectations expire (today)", 0 },
	{ "jobs", KEY_JOBS, "N", 0, "worker processes (the CPUs there are)", 0 },
	{ "branches", KEY_BRANCHES, 0, 0,
	  "the name of each branch that no start state took, or all did, as well", 0 },
	{ "by-op", KEY_BY_OP, 0, 0, "a row an op in the table as well", 0 },
	{ 0 },
};
// clang-format on

static error_t parse_format(struct pvp_verify_options *options, char *arg)
{
	static const char *const names[] = {
#define X(id, name) name,
		PVP_FORMATS(X)
#undef X
	};
	char *path = strchr(arg, '=');

	if (path)
		*path++ = '\0';
	if (path && !*path)
		return pvp_options_refuse(&options->common, "--format %s= names no file", arg);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(arg, names[i]))
			continue;
		*pvp_push(&options->renderings, &options->nr_renderings, &options->cap_renderings) =
			(struct pvp_rendering){i, path};
		return 0;
	}
	return pvp_options_refuse(&options->common, "--format '%s' is not table, json or ktap",
				  arg);
}

static error_t parse_fail_on(struct pvp_verify_options *options, char *arg)
{
	options->fail_on = 0;
	if (!strcmp(arg, "none"))
		return 0;
	for (char *word = strtok(arg, ","); word; word = strtok(NULL, ",")) {
		unsigned i = 0;

		while (i < PVP_NR_FAILURES && strcmp(word, pvp_failure_name(i)))
			i++;
		if (i == PVP_NR_FAILURES)
			return pvp_options_refuse(&options->common,
						  "--fail-on '%s' is not divergent, inconclusive, "
						  "finding or none",
						  word);
		options->fail_on |= PVP_FAIL_ON(i);
	}
	if (!options->fail_on)
		return pvp_options_refuse(&options->common, "--fail-on is empty; say none");
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct pvp_verify_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		state->child_inputs[1] = &options->common;
		return 0;
	case KEY_STATES:
		return pvp_options_number(&options->common, "states", arg, MIN_STATES,
					  PVP_WITNESS_MAX_STATES, &options->states);
	case KEY_SEED:
		return pvp_options_number(&options->common, "seed", arg, 0, UINT64_MAX,
					  &options->seed);
	case KEY_SITE:
		pvp_words_list_add(&options->sites, arg);
		return 0;
	case KEY_PATCHED:
		options->patched = arg;
		return 0;
	case KEY_FORMAT:
		return parse_format(options, arg);
	case KEY_OUT:
		if (!*arg)
			return pvp_options_refuse(&options->common, "--out names no folder");
		options->out = arg;
		return 0;
	case KEY_FAIL_ON:
		return parse_fail_on(options, arg);
	case KEY_EXPECT:
		options->expect = arg;
		return 0;
	case KEY_TODAY:
		if (!pvp_expect_is_day(arg))
			return pvp_options_refuse(&options->common,
						  "--today '%s' is not a day as YYYY-MM-DD", arg);
		options->today = arg;
		return 0;
	case KEY_JOBS:
		return pvp_options_number(&options->common, "jobs", arg, 1, MAX_JOBS,
					  &options->jobs);
	case KEY_BY_OP:
		options->by_op = true;
		return 0;
	case KEY_BRANCHES:
		options->branches = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static unsigned cpus_of_process(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) || !CPU_COUNT(&set))
		return 1;
	return CPU_COUNT(&set);
}

/* What the options say together. */
static struct pvp_error *check(const struct pvp_verify_options *options)
{
	const struct pvp_options *common = &options->common;
	bool one = common->platforms.nr == 1 && strcmp(common->platforms.v[0], "all");
	size_t on_stdout = 0;

	if (!common->files.nr)
		return pvp_error_format(PVP_ERR_USAGE, "verify: no IMAGE is given");
	for (size_t i = 0; i < common->platforms.nr; i++) {
		if (common->platforms.nr > 1 && !strcmp(common->platforms.v[i], "all"))
			return pvp_error_format(PVP_ERR_USAGE,
						"verify: --platform all and others make no sense");
		for (size_t k = 0; k < i; k++)
			if (!strcmp(common->platforms.v[i], common->platforms.v[k]))
				return pvp_error_format(PVP_ERR_USAGE,
							"verify: --platform %s is given twice",
							common->platforms.v[i]);
	}
	if (options->patched && (common->files.nr != 1 || !one))
		return pvp_error_format(PVP_ERR_USAGE,
					"verify: --patched needs one IMAGE and one --platform");
	for (size_t i = 0; i < options->nr_renderings; i++)
		on_stdout += !options->renderings[i].path;
	if (on_stdout > 1)
		return pvp_error_format(PVP_ERR_USAGE,
					"verify: only one --format can go to standard output");
	return NULL;
}

struct pvp_error *pvp_verify_options_parse(int argc, char **argv, struct pvp_verify_options *ret,
					   enum pvp_exit *status)
{
	static const struct argp_child children[] = {
		{&pvp_image_argp, 0, NULL, 0},
		{&pvp_platform_argp, 0, NULL, 0},
		{0},
	};
	static const struct argp argp = {
		.options = own_options,
		.parser = parse,
		.args_doc = "IMAGE...",
		.doc = "Run every patch site of the images, unpatched and patched, from the same "
		       "start states, and say where they do not agree.",
		.children = children,
	};
	struct pvp_verify_options options = {
		.states = DEFAULT_STATES,
		.seed = 1,
		.jobs = cpus_of_process(),
		.out = "reports",
		.fail_on = PVP_FAIL_DEFAULT,
	};
	struct pvp_error *err;

	err = pvp_options_parse(&argp, "verify", argc, argv, &options, &options.common, status);
	if (!err && !options.common.stop) {
		err = check(&options);
		/* What a kernel runs with; a recording may be from before. */
		options.common.initcalls |= !options.patched;
		if (!err && !options.common.platforms.nr)
			pvp_words_list_add(&options.common.platforms, "all");
	}
	if (err)
		pvp_verify_options_deinit(&options);
	else
		*ret = options;
	return err;
}

void pvp_verify_options_deinit(struct pvp_verify_options *options)
{
	if (!options)
		return;
	free(options->sites.v);
	free(options->renderings);
	pvp_options_deinit(&options->common);
	memset(options, 0, sizeof(*options));
}
