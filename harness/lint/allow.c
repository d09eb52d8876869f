// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "allow.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "patterns.h"
#include "platform.h"
#include "sensitive.h"
#include "yaml_file.h"

#define MAX_TEXT_LEN 4096

/* What libcyaml fills; its allocations are not ours. */
struct file_row {
	char **symbols;
	unsigned symbols_count;
	char *insn, *generation, *why;
	bool optional, is_finding;
};

struct file {
	char **needs;
	unsigned needs_count;
	struct file_row *rows;
	unsigned nr;
};

// clang-format off
static const cyaml_schema_value_t text_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, MAX_TEXT_LEN),
};

static const cyaml_schema_field_t row_fields[] = {
	CYAML_FIELD_SEQUENCE("symbols", CYAML_FLAG_POINTER, struct file_row, symbols, &text_schema, 1, CYAML_UNLIMITED),
	CYAML_FIELD_STRING_PTR("insn", CYAML_FLAG_POINTER, struct file_row, insn, 1, MAX_TEXT_LEN),
	CYAML_FIELD_STRING_PTR("generation", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file_row, generation, 1, MAX_TEXT_LEN),
	PVP_YAML_BOOL("optional", CYAML_FLAG_OPTIONAL, struct file_row, optional),
	PVP_YAML_BOOL("finding", CYAML_FLAG_OPTIONAL, struct file_row, is_finding),
	CYAML_FIELD_STRING_PTR("why", CYAML_FLAG_POINTER, struct file_row, why, 1, MAX_TEXT_LEN),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t row_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_row, row_fields),
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_SEQUENCE("needs", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, needs, &text_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE_COUNT("allow", CYAML_FLAG_POINTER, struct file, rows, nr, &row_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields),
};
// clang-format on

/* What a kind was called before it became two. */
static const struct {
	const char *name, *now;
} old_kinds[] = {
	{"mov-cr", "mov-from-cr or mov-to-cr"},
};

/* What is there instead of a kind that there is not; the caller frees it. */
static char *hint(const char *kind)
{
	char *ret = pvp_strdup("there are"), *longer;
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(old_kinds); i++) {
		if (strcmp(kind, old_kinds[i].name))
			continue;
		free(ret);
		return pvp_asprintf("it is %s", old_kinds[i].now);
	}
	for (size_t i = 0; (name = pvp_sensitive_name(i)); i++) {
		longer = pvp_asprintf("%s%s %s", ret, i ? "," : "", name);
		free(ret);
		ret = longer;
	}
	return ret;
}

/* A kind that no instruction has can allow nothing, now or ever. */
static struct pvp_error *check_kinds(const struct pvp_yaml *yaml, const char *where,
				     const char *patterns)
{
	char *copy = pvp_strdup(patterns), *rest = copy, *pattern;
	struct pvp_error *err = NULL;

	while (!err && (pattern = strsep(&rest, "|"))) {
		char *instead;

		if (pvp_sensitive_is_name(pattern))
			continue;
		instead = hint(pattern);
		err = pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, where,
				     "no sensitive instruction is called '%s'; %s", pattern,
				     instead);
		free(instead);
	}
	free(copy);
	return err;
}

static void add_row(const struct pvp_yaml *yaml, const char *where, const struct file_row *from,
		    struct pvp_allow *allow)
{
	struct pvp_allow_row *row = pvp_push(&allow->v, &allow->nr, &allow->cap);

	*row = (struct pvp_allow_row){
		.path = pvp_strdup(yaml->path),
		.line = pvp_yaml_line(yaml, where),
		.symbols = pvp_calloc(from->symbols_count, sizeof(*row->symbols)),
		.nr_symbols = from->symbols_count,
		.insn = pvp_strdup(from->insn),
		.generation = from->generation ? pvp_strdup(from->generation) : NULL,
		.why = pvp_strdup(from->why),
		.optional = from->optional,
		.is_finding = from->is_finding,
	};
	for (size_t i = 0; i < row->nr_symbols; i++)
		row->symbols[i].pattern = pvp_strdup(from->symbols[i]);
}

static bool is_for(const struct file *file, const struct pvp_image *image)
{
	for (unsigned i = 0; i < file->needs_count; i++)
		if (!pvp_image_symbols_named(image, file->needs[i], NULL))
			return false;
	return true;
}

/* image: NULL: whatever the file needs. */
static struct pvp_error *read_file(const char *path, const struct pvp_image *image,
				   struct pvp_allow *allow)
{
	struct file *file = NULL;
	struct pvp_yaml yaml;
	struct pvp_error *err;
	char where[32];

	err = pvp_yaml_open(path, &yaml);
	if (err)
		return err;
	err = pvp_yaml_load(&yaml, &file_schema, (void **)&file);
	if (err)
		goto out;
	for (unsigned i = 0; !err && i < file->nr; i++) {
		snprintf(where, sizeof(where), "allow/%u", i);
		err = check_kinds(&yaml, where, file->rows[i].insn);
	}
	for (unsigned i = 0; !err && (!image || is_for(file, image)) && i < file->nr; i++) {
		snprintf(where, sizeof(where), "allow/%u", i);
		add_row(&yaml, where, &file->rows[i], allow);
	}
out:
	pvp_yaml_free(&file_schema, file);
	pvp_yaml_deinit(&yaml);
	return err;
}

struct pvp_error *pvp_allow_read(const char *path, struct pvp_allow *allow)
{
	return read_file(path, NULL, allow);
}

struct pvp_error *pvp_allow_load(const char *dir, const struct pvp_image *image,
				 struct pvp_allow *allow)
{
	struct pvp_error *err;
	char **names;
	size_t nr;

	err = pvp_platform_names(dir, &names, &nr);
	if (err)
		return err;
	for (size_t i = 0; !err && i < nr; i++) {
		char *path = pvp_asprintf("%s/%s.yaml", dir, names[i]);

		err = read_file(path, image, allow);
		free(path);
	}
	pvp_platform_names_free(names, nr);
	return err;
}

void pvp_allow_deinit(struct pvp_allow *allow)
{
	if (!allow)
		return;
	for (size_t i = 0; i < allow->nr; i++) {
		struct pvp_allow_row *row = &allow->v[i];

		for (size_t k = 0; k < row->nr_symbols; k++)
			free(row->symbols[k].pattern);
		free(row->symbols);
		free(row->path);
		free(row->insn);
		free(row->generation);
		free(row->why);
	}
	free(allow->v);
	memset(allow, 0, sizeof(*allow));
}

/* foo.cold, foo.isra.0 and foo.constprop.0 are foo, too. */
static bool names(const char *pattern, const char *symbol)
{
	const char *dot = strchr(symbol, '.');
	char *stem;
	bool fits;

	if (!fnmatch(pattern, symbol, 0))
		return true;
	if (!dot || dot == symbol)
		return false;
	stem = pvp_strndup(symbol, dot - symbol);
	fits = !fnmatch(pattern, stem, 0);
	free(stem);
	return fits;
}

struct pvp_allow_row *pvp_allow_find(struct pvp_allow *allow, const char *generation,
				     const char *symbol, const char *insn)
{
	struct pvp_allow_row *found = NULL;

	for (size_t i = 0; i < allow->nr; i++) {
		struct pvp_allow_row *row = &allow->v[i];

		if (!pvp_pattern_fits(row->generation, generation) ||
		    !pvp_pattern_fits(row->insn, insn))
			continue;
		/* What is wrong is true of a place, whoever allows it. */
		if (found && !row->is_finding)
			continue;
		for (size_t k = 0; k < row->nr_symbols; k++) {
			if (!names(row->symbols[k].pattern, symbol))
				continue;
			row->symbols[k].used++;
			row->used++;
			found = found ? found : row;
			break;
		}
	}
	return found;
}

/* Whether the row names the function in full.  What a wildcard reaches is another in each kernel: that
 * none of it has such an instruction is no sign of anything. */
static bool is_named(const struct pvp_allow_symbol *symbol)
{
	return !strpbrk(symbol->pattern, "*?[\\");
}

bool pvp_allow_is_stale(const struct pvp_allow_row *row, const struct pvp_image *image,
			const char *generation)
{
	if (row->used || !pvp_pattern_fits(row->generation, generation))
		return false;
	if (!row->optional)
		return true;
	for (size_t i = 0; i < row->nr_symbols; i++)
		for (size_t k = 0; is_named(&row->symbols[i]) && k < image->nr_symbols; k++)
			if (names(row->symbols[i].pattern, image->symbols[k].name))
				return true;
	return false;
}
