// SPDX-License-Identifier: GPL-2.0-only
#include "cli.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "options.h"
#include "sites_instructions.h"
#include "subject.h"
#include "clean.h"

#define SITES_SCHEMA 1

struct sites_options {
	struct pvp_options common;
	bool json, tables, instructions;
};

static const struct argp_option own_options[] = {
	{"json", 'j', 0, 0, "JSON instead of TSV", 0},
	{"tables", 't', 0, 0,
	 "how many entries each table has, and whether their bytes are predicted", 0},
	{"instructions", 'i', 0, 0,
	 "every instruction that any platform's patch can put at a pv site", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sites_options *options = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 't':
		options->tables = true;
		return 0;
	case 'i':
		options->instructions = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static char *describe(const struct pvp_subject *subject, uint64_t addr)
{
	char buf[256];

	return pvp_text_clean(pvp_image_describe(subject->image, addr, buf, sizeof(buf)));
}

/* The next site of both lists, in address order; nth: how many of each were taken. */
static const struct pvp_site *next_site(const struct pvp_subject *subject, size_t nth[2])
{
	const struct pvp_sites *lists[] = {&subject->sites, &subject->entry.sites};
	const struct pvp_site *found = NULL;
	size_t from = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (nth[i] == lists[i]->nr || (found && found->addr <= lists[i]->v[nth[i]].addr))
			continue;
		found = &lists[i]->v[nth[i]];
		from = i;
	}
	if (found)
		nth[from]++;
	return found;
}

static void print_tsv(const struct pvp_subject *subject)
{
	const struct pvp_site *site;
	size_t nth[2] = {0};

	puts("address\tlength\tkind\top\tordinal\tsymbol\ttables");
	while ((site = next_site(subject, nth))) {
		char *symbol = describe(subject, site->addr), *op = pvp_text_clean(site->op);
		const char *separator = "";

		printf("%016" PRIx64 "\t%" PRIu32 "\t%s\t%s\t%" PRIu32 "\t%s\t", site->addr,
		       site->len, pvp_site_kind_name(site->kind), op, site->ordinal, symbol);
		for (unsigned table = 0; table < PVP_NR_SITE_TABLES; table++) {
			if (!(site->tables & (1u << table)))
				continue;
			printf("%s%s", separator, pvp_site_table_name(table));
			separator = ",";
		}
		putchar('\n');
		free(symbol);
		free(op);
	}
}

static void print_tables(const struct pvp_tables *t)
{
	// clang-format off
	/* what: who rewrites the text that is not predicted. */
	const struct {
		const char *name;
		size_t nr;
		const char *what;
	} rows[] = {
		{ ".parainstructions",       t->nr_para,           NULL },
		{ ".altinstructions",        t->nr_alts,           NULL },
		{ "static_call_sites",       t->nr_static_calls,   NULL },
		{ "static-call keys",        t->nr_static_call_keys, NULL },
		{ ".retpoline_sites",        t->nr_retpolines,     NULL },
		{ ".return_sites",           t->nr_returns,        NULL },
		{ ".call_sites",             t->nr_calls,          NULL },
		{ ".ibt_endbr_seal",         t->nr_endbr_seals,    NULL },
		{ ".smp_locks",              t->nr_smp_locks,      NULL },
		{ "early_xen_iret_patch",    t->early_iret != 0,   NULL },
		{ "__jump_table",            t->nr_jumps,          "static keys, when they are switched" },
		{ "__mcount_loc",            t->nr_mcounts,        "ftrace" },
		{ "runtime constants",       t->nr_runtime_consts, "values known at run time only" },
	};
	// clang-format on

	puts("table\tentries\tpredicted");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		printf("%s\t%zu\t%s%s\n", rows[i].name, rows[i].nr, rows[i].what ? "no: " : "yes",
		       rows[i].what ? rows[i].what : "");
	for (size_t i = 0; i < t->nr_runtime_consts; i++) {
		char *name = pvp_text_clean(t->runtime_consts[i].name);

		printf("# runtime constant %s: %u bytes at %016" PRIx64 "\n", name,
		       t->runtime_consts[i].len, t->runtime_consts[i].addr);
		free(name);
	}
}

static json_t *site_json(const struct pvp_subject *subject, const struct pvp_site *site)
{
	char *symbol = describe(subject, site->addr), *op = pvp_text_clean(site->op);
	json_t *tables = json_array(), *object;
	char addr[24];

	for (unsigned table = 0; table < PVP_NR_SITE_TABLES; table++)
		if (site->tables & (1u << table))
			json_array_append_new(tables, json_string(pvp_site_table_name(table)));
	snprintf(addr, sizeof(addr), "%#" PRIx64, site->addr);
	object = json_pack("{s:s, s:i, s:s, s:s, s:i, s:s, s:o}", "addr", addr, "len",
			   (int)site->len, "kind", pvp_site_kind_name(site->kind), "op", op,
			   "ordinal", (int)site->ordinal, "symbol", symbol, "tables", tables);
	free(symbol);
	free(op);
	return object;
}

/* One site a line. */
static void print_json(const struct pvp_subject *subject)
{
	char *name = pvp_text_clean(subject->image->name);
	json_t *object = json_pack("{s:s, s:s, s:s}", "name", name, "sha256",
				   pvp_image_sha256(subject->image), "generation",
				   subject->tables.generation ? subject->tables.generation : "");
	const struct pvp_site *site;
	size_t nth[2] = {0};

	printf("{\n \"schema\": %d,\n \"image\": ", SITES_SCHEMA);
	json_dumpf(object, stdout, JSON_SORT_KEYS);
	json_decref(object);
	printf(",\n \"sites\": [");
	while ((site = next_site(subject, nth))) {
		printf("%s\n  ", nth[0] + nth[1] > 1 ? "," : "");
		object = site_json(subject, site);
		json_dumpf(object, stdout, JSON_SORT_KEYS);
		json_decref(object);
	}
	printf("\n ]\n}\n");
	free(name);
}

struct pvp_error *pvp_cmd_sites(const struct pvp_cli *cli, int argc, char **argv,
				enum pvp_exit *status)
{
	static const struct argp_child children[] = {{&pvp_image_argp, 0, NULL, 0}, {0}};
	static const struct argp argp = {
		.options = own_options,
		.parser = parse,
		.args_doc = "IMAGE",
		.doc = "List the patch sites of a kernel image, one a line, in address order.",
		.children = children,
	};
	struct sites_options options = {0};
	struct pvp_subject subject = {0};
	struct pvp_error *err;

	(void)cli;
	err = pvp_options_parse(&argp, "sites", argc, argv, &options, &options.common, status);
	if (err || options.common.stop)
		goto out;
	if (options.common.files.nr != 1) {
		err = pvp_error_format(PVP_ERR_USAGE, "sites: one IMAGE is needed, %zu are given",
				       options.common.files.nr);
		goto out;
	}
	if (options.json && options.tables) {
		err = pvp_error_format(PVP_ERR_USAGE,
				       "sites: --json and --tables exclude each other");
		goto out;
	}
	if (options.instructions && options.tables) {
		err = pvp_error_format(PVP_ERR_USAGE,
				       "sites: --instructions and --tables exclude each other");
		goto out;
	}
	err = pvp_subject_open(options.common.files.v[0], options.common.symbols, &subject);
	if (err)
		goto out;
	if (options.instructions)
		err = pvp_sites_instructions(&subject, options.json);
	else if (options.tables)
		print_tables(&subject.tables);
	else if (options.json)
		print_json(&subject);
	else
		print_tsv(&subject);
out:
	pvp_subject_deinit(&subject);
	pvp_options_deinit(&options.common);
	return err;
}
