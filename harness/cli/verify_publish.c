// SPDX-License-Identifier: GPL-2.0-only
#include "verify.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "ktap.h"
#include "outfile.h"
#include "progress.h"
#include "table.h"

static void render(const struct pvp_cli *cli, const struct pvp_verify_options *options,
		   const struct pvp_results *results, enum pvp_format format, bool colour,
		   FILE *out)
{
	const struct pvp_table_options table = {
		.colour = colour,
		.by_op = options->by_op,
		.branches = options->branches,
		.program = cli->program,
		.dir = options->out,
	};
	char *json;

	switch (format) {
	case PVP_FORMAT_TABLE:
		pvp_table_print(results, &table, out);
		break;
	case PVP_FORMAT_JSON:
		json = pvp_results_json(results);
		fputs(json, out);
		free(json);
		break;
	case PVP_FORMAT_KTAP:
		pvp_ktap_print(results, out);
		break;
	}
}

static struct pvp_error *add_renderings(const struct pvp_cli *cli,
					const struct pvp_verify_options *options,
					const struct pvp_results *results,
					struct pvp_outfiles *files)
{
	struct pvp_error *err = NULL;

	for (size_t i = 0; !err && i < options->nr_renderings; i++) {
		const struct pvp_rendering *rendering = &options->renderings[i];
		char *text = NULL;
		size_t len = 0;
		FILE *out;

		if (!rendering->path)
			continue;
		out = open_memstream(&text, &len);
		assert(out);
		render(cli, options, results, rendering->format, false, out);
		fclose(out);
		err = pvp_outfiles_add(files, rendering->path, text, len);
		free(text);
	}
	return err;
}

static struct pvp_error *add_report(const struct pvp_verify_options *options,
				    const struct pvp_results *results,
				    const struct pvp_verify_witnesses *witnesses,
				    struct pvp_outfiles *files)
{
	struct pvp_error *err;
	char *path, *json;

	path = pvp_asprintf("%s%s", options->out, witnesses->nr ? "/witnesses" : "");
	err = pvp_outfiles_mkdir(path);
	free(path);
	for (size_t i = 0; !err && i < witnesses->nr; i++) {
		const struct pvp_verify_witness *witness = &witnesses->v[i];

		path = pvp_asprintf("%s/witnesses/%s", options->out, witness->name);
		err = pvp_outfiles_add(files, path, witness->text, strlen(witness->text));
		free(path);
	}
	if (err)
		return err;
	json = pvp_results_json(results);
	path = pvp_asprintf("%s/results.json", options->out);
	err = pvp_outfiles_add(files, path, json, strlen(json));
	free(path);
	free(json);
	return err;
}

/* Whether the name is one pvp_results_witness_name makes: ..-0123456789abcdef.json. */
static bool is_witness_name(const char *name)
{
	static const char suffix[] = ".json";
	size_t len = strlen(name);
	const char *addr;

	if (len < 1 + 16 + strlen(suffix) || strcmp(name + len - strlen(suffix), suffix))
		return false;
	addr = name + len - strlen(suffix) - 16;
	return addr[-1] == '-' && strspn(addr, "0123456789abcdef") == 16;
}

static bool is_current(const struct pvp_verify_witnesses *witnesses, const char *name)
{
	for (size_t i = 0; i < witnesses->nr; i++)
		if (!strcmp(witnesses->v[i].name, name))
			return true;
	return false;
}

/* Witnesses that this report does not name would pass for its own. */
static void remove_old_witnesses(const struct pvp_verify_options *options,
				 const struct pvp_verify_witnesses *witnesses)
{
	char *dir = pvp_asprintf("%s/witnesses", options->out);
	DIR *entries = opendir(dir);
	struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		if (is_witness_name(entry->d_name) && !is_current(witnesses, entry->d_name))
			unlinkat(dirfd(entries), entry->d_name, 0);
	}
	if (entries) {
		closedir(entries);
		rmdir(dir); /* works only where it is empty */
	}
	free(dir);
}

struct pvp_error *pvp_verify_publish(const struct pvp_cli *cli,
				     const struct pvp_verify_options *options,
				     const struct pvp_results *results,
				     const struct pvp_verify_witnesses *witnesses)
{
	enum pvp_format on_stdout = PVP_FORMAT_TABLE;
	struct pvp_outfiles files = {0};
	struct pvp_error *err;
	sigset_t before;

	/* An interrupt waits until the files are all there, or none. */
	pvp_outfiles_hold_interrupts(&before);
	err = add_renderings(cli, options, results, &files);
	if (!err)
		err = add_report(options, results, witnesses, &files);
	if (!err)
		err = pvp_outfiles_commit(&files);
	pvp_outfiles_deinit(&files);
	if (!err)
		remove_old_witnesses(options, witnesses);
	pvp_outfiles_let_interrupts(&before);
	if (err)
		return err;
	for (size_t i = 0; i < options->nr_renderings; i++)
		if (!options->renderings[i].path)
			on_stdout = options->renderings[i].format;
	render(cli, options, results, on_stdout, pvp_colour_wanted(STDOUT_FILENO), stdout);
	return NULL;
}
