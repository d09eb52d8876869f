// SPDX-License-Identifier: GPL-2.0-only
#include "cli.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"
#include "corpus.h"
#include "lint.h"
#include "options.h"
#include "subject.h"

#define LINT_SCHEMA 1
#define KEY_ALLOW   0x3000
#define KEY_ALL	    0x3001

struct lint_options {
	struct pvp_options common;
	bool json, all;
	struct pvp_words_list allow;
};

// clang-format off
static const struct argp_option own_options[] = {
	{ "json", 'j', 0, 0, "JSON instead of a table", 0 },
	{ "all", KEY_ALL, 0, 0, "list the allowed places, too", 0 },
	{ "allow", KEY_ALLOW, "FILE", 0, "an allow list, before those of corpus/lint; repeatable", 0 },
	{ 0 },
};
// clang-format on

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct lint_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		state->child_inputs[1] = &options->common;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case KEY_ALL:
		options->all = true;
		return 0;
	case KEY_ALLOW:
		pvp_words_list_add(&options->allow, arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

struct run {
	const struct lint_options *options;
	struct pvp_subject subject;
	struct pvp_boot boot;
	struct pvp_allow allow;
	struct pvp_lint lint;
	size_t nr_findings, nr_known, nr_stale; /* known: findings that a row explains */
	size_t harms[PVP_NR_HARMS]; /* of the findings */
};

static void run_deinit(struct run *run)
{
	pvp_lint_deinit(&run->lint);
	pvp_allow_deinit(&run->allow);
	pvp_boot_deinit(&run->boot);
	pvp_subject_deinit(&run->subject);
}

static bool is_stale(const struct run *run, const struct pvp_allow_row *row)
{
	const char *generation = run->subject.tables.generation;

	return pvp_allow_is_stale(row, run->subject.image, generation ? generation : "");
}

static struct pvp_error *read_allow(struct run *run)
{
	const struct pvp_words_list *files = &run->options->allow;
	struct pvp_error *err = NULL;
	char *dir;

	for (size_t i = 0; !err && i < files->nr; i++)
		err = pvp_allow_read(files->v[i], &run->allow);
	if (err)
		return err;
	err = pvp_corpus_folder("lint", &dir);
	if (err)
		return err;
	err = pvp_allow_load(dir, run->subject.image, &run->allow);
	free(dir);
	return err;
}

static struct pvp_error *lint(struct run *run)
{
	const struct pvp_options *common = &run->options->common;
	const struct pvp_overrides overrides = pvp_options_overrides(common);
	const struct pvp_subject *subject = &run->subject;
	struct pvp_lint_input input;
	struct pvp_error *err;
	bool unfit = false;

	err = pvp_subject_open(common->files.v[0], common->symbols, &run->subject);
	if (err)
		return err;
	/* 32-bit kernels could, up to v5.8: commit a13f2ef168cb ("x86/xen: remove 32-bit Xen PV guest
	 * support") in v5.9. */
	if (subject->image->arch == PVP_ARCH_I386)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"%s: lint is for kernels that can run on Xen PV, and this one "
					"is for i386: no 32-bit one has been able to since v5.9",
					subject->path);
	err = pvp_boot_open(subject, common->platforms.nr ? common->platforms.v[0] : "xen-pv",
			    &overrides, &unfit, &run->boot);
	if (err && unfit)
		return pvp_error_context(err, "%s: lint is for kernels that can run on Xen PV",
					 subject->path);
	if (err)
		return err;
	err = read_allow(run);
	if (err)
		return err;
	input = (struct pvp_lint_input){
		.image = subject->image,
		.tables = &subject->tables,
		.sites = &subject->sites,
		.entry = &subject->entry.sites,
		.platform = run->boot.platform,
		.patched = &run->boot.patched,
		.allow = &run->allow,
	};
	err = pvp_lint(&input, &run->lint);
	if (err)
		return pvp_error_context(err, "%s", subject->path);
	for (size_t i = 0; i < run->lint.nr; i++) {
		if (run->lint.v[i].allowed)
			continue;
		run->nr_findings++;
		run->nr_known += run->lint.v[i].known != NULL;
		run->harms[run->lint.v[i].harm]++;
	}
	for (size_t i = 0; i < run->allow.nr; i++)
		run->nr_stale += is_stale(run, &run->allow.v[i]);
	return NULL;
}

static void print_known(const struct pvp_allow_row *row)
{
	char *why = pvp_text_clean(row->why);

	printf("    known: %s\n", why);
	free(why);
}

static void print_places(const struct run *run, bool allowed)
{
	const struct pvp_lint *lint = &run->lint;
	const char *last = "";

	for (size_t i = 0; i < lint->nr; i++) {
		const struct pvp_lint_place *place = &lint->v[i];
		char *symbol;

		if (!place->allowed == allowed)
			continue;
		symbol = place->symbol ? pvp_text_clean(place->symbol) : pvp_strdup("(no symbol)");
		if (!place->symbol || strcmp(last, place->symbol))
			printf("%s\n", symbol);
		last = place->symbol ? place->symbol : "";
		printf("  %016" PRIx64 "  +0x%-5" PRIx64 " %-34s %-10s %-9s  %s\n", place->addr,
		       place->offset, place->text, place->what->name,
		       pvp_harm_name(place->harm),
		       allowed ? place->allowed->why : place->what->why);
		if (place->known)
			print_known(place->known);
		free(symbol);
	}
}

/* A row for each reason. */
static void print_allowed(const struct run *run)
{
	printf("%8s  %s\n", "allowed", "why");
	for (size_t i = 0; i < run->allow.nr; i++) {
		const struct pvp_allow_row *row = &run->allow.v[i];
		char *why = pvp_text_clean(row->why);

		if (row->used && !row->is_finding)
			printf("%8zu  %s\n", row->used, why);
		free(why);
	}
}

static void print_stale(const struct run *run)
{
	for (size_t i = 0; i < run->allow.nr; i++) {
		const struct pvp_allow_row *row = &run->allow.v[i];

		if (is_stale(run, row))
			printf("%s:%u: %s in this image\n", row->path, row->line,
			       row->is_finding ? "no place to find" : "allows nothing");
	}
}

static void print_table(const struct run *run)
{
	const struct pvp_lint *l = &run->lint;
	char *name = pvp_text_clean(run->subject.image->name);
	const char *separator = ": ";

	if (run->options->all && l->nr > run->nr_findings) {
		print_places(run, true);
		putchar('\n');
	}
	if (run->nr_findings) {
		print_places(run, false);
		putchar('\n');
	}
	if (l->nr > run->nr_findings) {
		print_allowed(run);
		putchar('\n');
	}
	print_stale(run);
	printf("%s on %s: %zu instructions of %zu functions in %" PRIu64
	       " bytes of %zu sections (%zu left out); %zu pv sites left to verify; %" PRIu64
	       " bytes do not decode\n",
	       name, run->boot.platform->name, l->nr_insns, l->nr_functions, l->text_len,
	       l->nr_sections, l->nr_left_out, l->nr_sites, l->undecoded_len);
	printf("%zu places, %zu allowed, %zu not", l->nr, l->nr - run->nr_findings,
	       run->nr_findings);
	if (run->nr_known)
		printf(" (%zu known)", run->nr_known);
	for (unsigned i = 0; i < PVP_NR_HARMS; i++) {
		if (!run->harms[i])
			continue;
		printf("%s%zu %s", separator, run->harms[i], pvp_harm_name(i));
		separator = ", ";
	}
	printf("; %zu stale rows\n", run->nr_stale);
	free(name);
}

static json_t *place_json(const struct pvp_lint_place *place)
{
	char *symbol = place->symbol ? pvp_text_clean(place->symbol) : NULL;
	char addr[24], offset[24];
	json_t *object;

	snprintf(addr, sizeof(addr), "%#" PRIx64, place->addr);
	snprintf(offset, sizeof(offset), "%#" PRIx64, place->offset);
	object = json_pack("{s:s, s:s?, s:s, s:I, s:s, s:s, s:s, s:s}", "addr", addr, "symbol",
			   symbol, "offset", offset, "len", (json_int_t)place->len, "text",
			   place->text, "insn", place->what->name, "harm",
			   pvp_harm_name(place->harm), "why", place->what->why);
	if (place->allowed) {
		char *why = pvp_text_clean(place->allowed->why);

		json_object_set_new(object, "allowed", json_string(why));
		free(why);
	}
	if (place->known) {
		char *why = pvp_text_clean(place->known->why);

		json_object_set_new(object, "known", json_string(why));
		free(why);
	}
	free(symbol);
	return object;
}

/* One place a line, the allowed ones too. */
static void print_json(const struct run *run)
{
	const struct pvp_lint *l = &run->lint;
	char *name = pvp_text_clean(run->subject.image->name);
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "image", name, "sha256",
		pvp_image_sha256(run->subject.image), "platform", run->boot.platform->name,
		"generation", run->subject.tables.generation ? run->subject.tables.generation : "",
		"bytes", (json_int_t)l->text_len, "undecoded", (json_int_t)l->undecoded_len,
		"functions", (json_int_t)l->nr_functions, "instructions", (json_int_t)l->nr_insns,
		"sections_left_out", (json_int_t)l->nr_left_out, "pv_sites", (json_int_t)l->nr_sites, "findings", (json_int_t)run->nr_findings,
		"allowed", (json_int_t)(l->nr - run->nr_findings));
	const char *separator = "";

	printf("{\n \"schema\": %d,\n \"run\": ", LINT_SCHEMA);
	json_dumpf(object, stdout, JSON_SORT_KEYS);
	json_decref(object);
	printf(",\n \"places\": [");
	for (size_t i = 0; i < l->nr; i++) {
		printf("%s\n  ", separator);
		separator = ",";
		object = place_json(&l->v[i]);
		json_dumpf(object, stdout, JSON_SORT_KEYS);
		json_decref(object);
	}
	printf("\n ],\n \"stale\": [");
	separator = "";
	for (size_t i = 0; i < run->allow.nr; i++) {
		const struct pvp_allow_row *row = &run->allow.v[i];

		if (!is_stale(run, row))
			continue;
		printf("%s\n  ", separator);
		separator = ",";
		object = json_pack("{s:i, s:s}", "line", (int)row->line, "why", row->why);
		json_dumpf(object, stdout, JSON_SORT_KEYS);
		json_decref(object);
	}
	printf("\n ]\n}\n");
	free(name);
}

static struct pvp_error *check(const struct lint_options *options)
{
	const struct pvp_options *common = &options->common;

	if (common->files.nr != 1)
		return pvp_error_format(PVP_ERR_USAGE, "lint: one IMAGE is needed, %zu are given",
					common->files.nr);
	if (common->platforms.nr > 1 ||
	    (common->platforms.nr && !strcmp(common->platforms.v[0], "all")))
		return pvp_error_format(PVP_ERR_USAGE, "lint: --platform takes one platform");
	if (options->json && options->all)
		return pvp_error_format(PVP_ERR_USAGE, "lint: --json has all places anyway; "
						       "leave --all out");
	return NULL;
}

struct pvp_error *pvp_cmd_lint(const struct pvp_cli *cli, int argc, char **argv,
			       enum pvp_exit *status)
{
	static const struct argp_child children[] = {
		{&pvp_image_argp, 0, NULL, 0},
		{&pvp_one_platform_argp, 0, NULL, 0},
		{0},
	};
	static const struct argp argp = {
		.options = own_options,
		.parser = parse,
		.args_doc = "IMAGE",
		.doc = "Find instructions that a kernel in ring 3 must not run, or that do "
		       "something else there, in text that no pv site covers; on xen-pv, unless "
		       "--platform names another whose kernel is there.",
		.children = children,
	};
	struct lint_options options = {0};
	struct run run = {.options = &options};
	struct pvp_error *err;

	(void)cli;
	err = pvp_options_parse(&argp, "lint", argc, argv, &options, &options.common, status);
	if (err || options.common.stop)
		goto out;
	err = check(&options);
	if (!err)
		err = lint(&run);
	if (err)
		goto out;
	if (options.json)
		print_json(&run);
	else
		print_table(&run);
	if (run.nr_findings || run.nr_stale)
		*status = PVP_EXIT_FAILED;
out:
	run_deinit(&run);
	free(options.allow.v);
	pvp_options_deinit(&options.common);
	return err;
}
