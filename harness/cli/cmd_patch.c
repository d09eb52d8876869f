// SPDX-License-Identifier: GPL-2.0-only
#include "cli.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "options.h"
#include "outfile.h"
#include "predictors.h"
#include "subject.h"

#define KEY_TRACE_SITE 0x3000

struct patch_options {
	struct pvp_options common;
	enum pvp_by by;
	const char *trace_site, *output;
};

// clang-format off
static const struct argp_option own_options[] = {
	{ "by", 'b', "model|guest|both", 0, "who computes the bytes: `model', our reading of the rules (default); "
	  "`guest', the image's own patching functions in the emulator; `both', which must agree", 0 },
	{ "output", 'o', "FILE", 0, "write a patched ELF instead", 0 },
	{ "trace-site", KEY_TRACE_SITE, "SITE", 0, "only this site, or another place that a table names: a row for each write, in order", 0 },
	{ 0 },
};
// clang-format on

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct patch_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		state->child_inputs[1] = &options->common;
		return 0;
	case 'b':
		if (!pvp_by_parse(arg, &options->by))
			return pvp_options_refuse(&options->common,
						  "--by '%s' is not 'model', 'guest' or 'both'",
						  arg);
		return 0;
	case 'o':
		options->output = arg;
		return 0;
	case KEY_TRACE_SITE:
		options->trace_site = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static struct pvp_error *check(const struct patch_options *options)
{
	const struct pvp_options *common = &options->common;
	struct stat in, out;

	if (common->files.nr != 1)
		return pvp_error_format(PVP_ERR_USAGE, "patch: one IMAGE is needed, %zu are given",
					common->files.nr);
	if (common->platforms.nr != 1 || !strcmp(common->platforms.v[0], "all"))
		return pvp_error_format(PVP_ERR_USAGE,
					"patch: --platform with one platform is needed");
	if (options->by != PVP_BY_MODEL && options->trace_site)
		return pvp_error_format(PVP_ERR_USAGE, "patch: --trace-site is by the model only");
	if (options->output && options->trace_site)
		return pvp_error_format(PVP_ERR_USAGE, "patch: -o and --trace-site exclude each "
						       "other");
	if (options->output && !stat(common->files.v[0], &in) && !stat(options->output, &out) &&
	    in.st_dev == out.st_dev && in.st_ino == out.st_ino)
		return pvp_error_format(PVP_ERR_USAGE, "patch: -o %s would replace the image",
					options->output);
	return options->output ? pvp_outfiles_probe_file(options->output) : NULL;
}

/* The image's ELF file with the rows laid over its sections. */
static struct pvp_error *write_elf(const struct pvp_image *image, const struct pvp_patched *patched,
				   const char *path)
{
	size_t len;
	const uint8_t *elf = pvp_image_elf(image, &len);
	char *copy = memcpy(pvp_calloc(len, 1), elf, len);
	struct pvp_error *err;

	for (size_t i = 0; i < patched->nr; i++) {
		const struct pvp_patch *row = &patched->v[i];
		const uint8_t *at = pvp_image_bytes(image, row->addr, row->len);

		assert(at); /* the rows are of this image */
		memcpy(copy + (at - elf), row->new, row->len);
	}
	err = pvp_outfile_write(path, copy, len);
	free(copy);
	return err;
}

/*
 * A pv site, or any other place at which a table has an entry: "symbol+offset" or an address.
 */
static struct pvp_error *find_range(const struct pvp_subject *subject, const char *text,
				    uint64_t *addr, size_t *len)
{
	const struct pvp_site *site;
	struct pvp_error *err, *other;

	err = pvp_sites_parse(&subject->sites, subject->image, text, &site);
	if (!err) {
		*addr = site->addr;
		*len = site->len;
		return NULL;
	}
	other = pvp_sites_address(subject->image, text, addr);
	*len = other ? 0 : pvp_tables_room_at(&subject->tables, *addr);
	pvp_error_destroy(other);
	if (!*len)
		return err;
	pvp_error_destroy(err);
	return NULL;
}

/* Each write to the site, in the order they are made. */
static struct pvp_error *print_trace(const struct pvp_subject *subject, const struct pvp_boot *boot,
				     const char *text)
{
	struct pvp_trace trace;
	struct pvp_error *err;
	uint64_t addr;
	size_t len;

	err = find_range(subject, text, &addr, &len);
	if (err)
		return pvp_error_context(err, "%s", subject->path);
	err = pvp_model_trace(subject->image, &subject->tables, boot->platform, addr, len, &trace);
	if (err)
		return pvp_error_context(err, "%s: platform %s", subject->path, boot->name);
	for (size_t i = 0; i < trace.nr_writes; i++) {
		struct pvp_patch row = {
			.addr = trace.writes[i].addr,
			.len = trace.writes[i].len,
			.pass = trace.writes[i].pass,
			.old = trace.writes[i].old,
			.new = trace.writes[i].new,
			.symbolic = trace.writes[i].symbolic,
		};
		const struct pvp_patched one = {.v = &row, .nr = 1};

		pvp_patched_print(&one, stdout);
	}
	pvp_trace_deinit(&trace);
	return NULL;
}

/* Sites that were left as they are, one line for each reason. */
static void print_notes(const struct pvp_subject *subject, const struct pvp_patched *patched)
{
	for (size_t i = 0; i < patched->nr_notes; i++) {
		const struct pvp_patch_note *note = &patched->notes[i];
		size_t nr = 0, first = patched->nr_notes;
		char name[256];

		for (size_t k = 0; k < patched->nr_notes; k++)
			if (!strcmp(patched->notes[k].what, note->what)) {
				first = k < first ? k : first;
				nr++;
			}
		if (first != i)
			continue;
		pvp_image_describe(subject->image, note->addr, name, sizeof(name));
		fprintf(stderr, "pvproof: %zu sites are left as they are, the first %s (%#" PRIx64
				"): %s\n",
			nr, name, note->addr, note->what);
	}
}

static struct pvp_error *patch(const struct patch_options *options, enum pvp_exit *status)
{
	const struct pvp_options *common = &options->common;
	const struct pvp_overrides overrides = pvp_options_overrides(common);
	struct pvp_subject subject = {0};
	struct pvp_boot boot = {0};
	struct pvp_error *err;
	bool agree = true;

	err = pvp_subject_open(common->files.v[0], common->symbols, &subject);
	if (!err)
		err = pvp_boot_open(&subject, common->platforms.v[0], &overrides, NULL, &boot);
	if (!err)
		err = pvp_predict(options->by, &subject, &boot, &agree);
	if (!err)
		print_notes(&subject, &boot.patched);
	if (!agree)
		*status = PVP_EXIT_FAILED;
	else if (!err && options->output)
		err = write_elf(subject.image, &boot.patched, options->output);
	else if (!err && options->trace_site)
		err = print_trace(&subject, &boot, options->trace_site);
	else if (!err)
		pvp_patched_print(&boot.patched, stdout);
	pvp_boot_deinit(&boot);
	pvp_subject_deinit(&subject);
	return err;
}

struct pvp_error *pvp_cmd_patch(const struct pvp_cli *cli, int argc, char **argv,
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
		.doc = "Print the bytes that boot on a platform leaves different from the file: "
		       "address, old, new, pass.",
		.children = children,
	};
	struct patch_options options = {0};
	struct pvp_error *err;

	(void)cli;
	err = pvp_options_parse(&argp, "patch", argc, argv, &options, &options.common, status);
	if (!err && !options.common.stop) {
		err = check(&options);
		if (!err)
			err = patch(&options, status);
	}
	pvp_options_deinit(&options.common);
	return err;
}
