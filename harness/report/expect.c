// SPDX-License-Identifier: GPL-2.0-only
#include "expect.h"

#include <ctype.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"
#include "yaml_file.h"

#define MAX_TEXT_LEN 4096

/* What libcyaml fills; its allocations are not ours. */
struct file_entry {
	char *op, *site, *platform, *verdict, *reason, *finding, *rule, *why, *expires;
};

// clang-format off
#define TEXT(field, flag)                                                                          \
	CYAML_FIELD_STRING_PTR(#field, CYAML_FLAG_POINTER | CYAML_FLAG_##flag, struct file_entry,  \
			       field, 1, MAX_TEXT_LEN)

static const cyaml_schema_field_t entry_fields[] = {
	TEXT(op,       OPTIONAL),
	TEXT(site,     OPTIONAL),
	TEXT(platform, OPTIONAL),
	TEXT(verdict,  OPTIONAL),
	TEXT(reason,   OPTIONAL),
	TEXT(finding,  OPTIONAL),
	TEXT(rule,     OPTIONAL),
	TEXT(why,      DEFAULT),
	TEXT(expires,  OPTIONAL),
	CYAML_FIELD_END,
};
// clang-format on

static const cyaml_schema_value_t entry_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_entry, entry_fields),
};

struct file {
	struct file_entry *entries;
	unsigned nr;
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("expect", CYAML_FLAG_POINTER, struct file, entries, nr,
				   &entry_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields),
};

bool pvp_expect_is_day(const char *text)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned year, month, day, last;

	if (strlen(text) != strlen("YYYY-MM-DD"))
		return false;
	for (unsigned i = 0; text[i]; i++)
		if (i == 4 || i == 7 ? text[i] != '-' : !isdigit((unsigned char)text[i]))
			return false;
	if (sscanf(text, "%4u-%2u-%2u", &year, &month, &day) != 3 || month < 1 || month > 12)
		return false;
	last = days[month - 1];
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		last = 29;
	return day >= 1 && day <= last;
}

static bool is_verdict(const char *name)
{
	return !strcmp(name, pvp_verdict_name(PVP_DIVERGENT)) ||
	       !strcmp(name, pvp_verdict_name(PVP_INCONCLUSIVE));
}

static bool is_reason(const char *name)
{
	for (unsigned i = PVP_REASON_NONE + 1; i < PVP_NR_REASONS; i++)
		if (!strcmp(name, pvp_reason_name(i)))
			return true;
	return false;
}

/* What the schema cannot say; *field gets the name of the culprit. */
static struct pvp_error *check_entry(const struct file_entry *e, const char **field)
{
	*field = "";
	if (!e->op && !e->site && !e->finding)
		return pvp_error_format(PVP_ERR_BAD_DATA, "neither op nor site is given");
	if (!!e->verdict + !!e->reason + !!e->finding != 1)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"exactly one of verdict, reason and finding must be given");
	*field = "rule";
	if (e->rule && !e->finding)
		return pvp_error_format(PVP_ERR_BAD_DATA, "rule is given without finding");
	*field = "verdict";
	if (e->verdict && !is_verdict(e->verdict))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"verdict '%s' is neither DIVERGENT nor INCONCLUSIVE",
					e->verdict);
	*field = "reason";
	if (e->reason && !is_reason(e->reason))
		return pvp_error_format(PVP_ERR_BAD_DATA, "unknown reason '%s'", e->reason);
	*field = "expires";
	if (e->expires && !pvp_expect_is_day(e->expires))
		return pvp_error_format(PVP_ERR_BAD_DATA, "expires '%s' is not a day as YYYY-MM-DD",
					e->expires);
	return NULL;
}

static struct pvp_error *convert(const struct pvp_yaml *yaml, const struct file *file,
				 struct pvp_expect *ret)
{
	struct pvp_expect expect = {.v = pvp_calloc(file->nr, sizeof(*expect.v))};
	char where[32];

	for (unsigned i = 0; i < file->nr; i++) {
		const struct file_entry *from = &file->entries[i];
		const char *field;
		struct pvp_error *err = check_entry(from, &field);

		if (err) {
			pvp_expect_deinit(&expect);
			return pvp_yaml_context(yaml, err, "expect/%u/%s", i, field);
		}
		snprintf(where, sizeof(where), "expect/%u", i);
		expect.v[expect.nr++] = (struct pvp_expect_entry){
			.op = pvp_text_clean(from->op),
			.site = pvp_text_clean(from->site),
			.platform = pvp_text_clean(from->platform),
			.verdict = pvp_text_clean(from->verdict),
			.reason = pvp_text_clean(from->reason),
			.finding = pvp_text_clean(from->finding),
			.rule = pvp_text_clean(from->rule),
			.why = pvp_text_clean(from->why),
			.expires = pvp_text_clean(from->expires),
			.line = pvp_yaml_line(yaml, where),
		};
	}
	*ret = expect;
	return NULL;
}

struct pvp_error *pvp_expect_load(const char *path, struct pvp_expect *ret)
{
	struct file *file = NULL;
	struct pvp_yaml yaml;
	struct pvp_error *err;

	err = pvp_yaml_open(path, &yaml);
	if (err)
		return err;
	err = pvp_yaml_load(&yaml, &file_schema, (void **)&file);
	if (!err)
		err = convert(&yaml, file, ret);
	pvp_yaml_free(&file_schema, file);
	pvp_yaml_deinit(&yaml);
	return err;
}

void pvp_expect_deinit(struct pvp_expect *expect)
{
	if (!expect)
		return;
	for (size_t i = 0; i < expect->nr; i++) {
		struct pvp_expect_entry *e = &expect->v[i];

		free(e->op);
		free(e->site);
		free(e->platform);
		free(e->verdict);
		free(e->reason);
		free(e->finding);
		free(e->rule);
		free(e->why);
		free(e->expires);
	}
	free(expect->v);
	memset(expect, 0, sizeof(*expect));
}

static bool op_matches(const char *pattern, const char *op, uint32_t ordinal)
{
	const char *dot = strchr(op, '.');
	char *numbered;
	bool matches;

	if (!fnmatch(pattern, op, 0) || (dot && !fnmatch(pattern, dot + 1, 0)))
		return true;
	if (!ordinal)
		return false;
	numbered = pvp_asprintf("%s#%" PRIu32, op, ordinal);
	dot = strchr(numbered, '.');
	matches = !fnmatch(pattern, numbered, 0) || (dot && !fnmatch(pattern, dot + 1, 0));
	free(numbered);
	return matches;
}

/* ordinal 0: not known. */
static bool place_matches(const struct pvp_expect_entry *e, const char *op, uint32_t ordinal,
			  const char *symbol, uint64_t addr)
{
	char text[24];

	if (e->op && (!op || !op_matches(e->op, op, ordinal)))
		return false;
	if (!e->site)
		return true;
	snprintf(text, sizeof(text), "%#" PRIx64, addr);
	return symbol && (!fnmatch(e->site, symbol, 0) || !fnmatch(e->site, text, 0));
}

static bool cell_matches(const struct pvp_expect_entry *e, const struct pvp_results_cell *cell)
{
	if (e->verdict)
		return !strcmp(e->verdict, pvp_verdict_name(cell->verdict));
	return e->reason && cell->verdict == PVP_INCONCLUSIVE &&
	       !strcmp(e->reason, pvp_reason_name(cell->reason));
}

/* What one entry met on its way through the results. */
struct use {
	bool ran;     /* a platform it names was run */
	bool skipped; /* a site it names was not */
};

static void excuse(struct pvp_results_expectation *record, char **expected)
{
	record->matched++;
	if (record->expired || *expected)
		return;
	*expected = pvp_strdup(record->why);
	record->excused++;
}

/* Whether it could name a branch that was not run, and so has no cell. */
static bool names_skipped_transfer(const struct pvp_expect_entry *e,
				 const struct pvp_results_platform *platform)
{
	for (size_t i = 0; i < platform->nr_transfer_ops; i++)
		if (!e->op || op_matches(e->op, platform->transfer_ops[i], 0))
			return true;
	return false;
}

static void apply_entry(const struct pvp_expect_entry *e, struct pvp_results_expectation *record,
			struct pvp_results_platform *platform, struct use *use)
{
	if (e->platform && fnmatch(e->platform, platform->name, 0))
		return;
	use->ran = true;
	use->skipped |= names_skipped_transfer(e, platform);
	for (size_t i = 0; i < platform->nr_cells; i++) {
		struct pvp_results_cell *cell = &platform->cells[i];

		/* Where sites were chosen, findings anywhere else were not looked for. */
		use->skipped |= e->finding && !e->op && cell->verdict == PVP_SKIPPED;
		if (!place_matches(e, cell->op, cell->ordinal, cell->symbol, cell->addr))
			continue;
		if (cell->verdict == PVP_SKIPPED)
			use->skipped = true;
		else if (cell_matches(e, cell))
			excuse(record, &cell->expected);
	}
	for (size_t i = 0; e->finding && i < platform->nr_findings; i++) {
		struct pvp_results_finding *finding = &platform->findings[i];

		if (!fnmatch(e->finding, finding->kind, 0) &&
		    (!e->rule || !fnmatch(e->rule, finding->rule, 0)) &&
		    place_matches(e, finding->op, 0, finding->symbol, finding->addr))
			excuse(record, &finding->expected);
	}
}

void pvp_expect_apply(const struct pvp_expect *expect, const char *today,
		      struct pvp_results *results)
{
	results->expectations = pvp_calloc(expect->nr, sizeof(*results->expectations));
	for (size_t n = 0; n < expect->nr; n++) {
		const struct pvp_expect_entry *e = &expect->v[n];
		struct pvp_results_expectation *record = &results->expectations[n];
		struct use use = {0};

		*record = (struct pvp_results_expectation){
			.line = e->line,
			.op = pvp_text_clean(e->op),
			.site = pvp_text_clean(e->site),
			.platform = pvp_text_clean(e->platform),
			.verdict = pvp_text_clean(e->verdict),
			.reason = pvp_text_clean(e->reason),
			.finding = pvp_text_clean(e->finding),
			.rule = pvp_text_clean(e->rule),
			.why = pvp_text_clean(e->why),
			/* Days as YYYY-MM-DD sort as text. */
			.expired = e->expires && strcmp(today, e->expires) > 0,
		};
		for (size_t i = 0; i < results->nr_images; i++)
			for (size_t k = 0; k < results->images[i].nr_platforms; k++)
				apply_entry(e, record, &results->images[i].platforms[k], &use);
		record->unused = !record->matched && use.ran && !use.skipped;
	}
	results->nr_expectations = expect->nr;
}
