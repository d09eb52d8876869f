// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "excuses.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "patterns.h"
#include "platform.h"
#include "poke.h"
#include "yaml_file.h"

#define MAX_TEXT_LEN 4096

/* What libcyaml fills; its allocations are not ours. */
struct file_excuse {
	char *op, *platform, *field, *arch, *since, *until, *after, *backported, *why;
};

struct file_rename {
	char *from, *to, *arch, *since, *why;
};

struct file_place {
	char *from, *to, *arch, *since, *why;
	uint64_t size; /* 0: all of it */
};

struct file_unnamed {
	char *at, *name, *why;
	uint64_t size;
};

struct file {
	char **needs;
	unsigned needs_count;
	struct file_excuse *excuses;
	unsigned nr_excuses;
	struct file_rename *renames;
	unsigned nr_renames;
	struct file_place *places;
	unsigned nr_places;
	struct file_unnamed *unnamed;
	unsigned nr_unnamed;
};

// clang-format off
#define TEXT(type, field, flag)                                                                    \
	CYAML_FIELD_STRING_PTR(#field, CYAML_FLAG_POINTER | CYAML_FLAG_##flag, type, field, 1, MAX_TEXT_LEN)

static const cyaml_schema_field_t excuse_fields[] = {
	TEXT(struct file_excuse, op,       DEFAULT),
	TEXT(struct file_excuse, platform, OPTIONAL),
	TEXT(struct file_excuse, field,    DEFAULT),
	TEXT(struct file_excuse, arch,     OPTIONAL),
	TEXT(struct file_excuse, since,    DEFAULT),
	TEXT(struct file_excuse, until,    OPTIONAL),
	TEXT(struct file_excuse, after,    OPTIONAL),
	TEXT(struct file_excuse, backported, OPTIONAL),
	TEXT(struct file_excuse, why,      DEFAULT),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t rename_fields[] = {
	TEXT(struct file_rename, from,     DEFAULT),
	TEXT(struct file_rename, to,       DEFAULT),
	TEXT(struct file_rename, arch,     OPTIONAL),
	TEXT(struct file_rename, since,    DEFAULT),
	TEXT(struct file_rename, why,      DEFAULT),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t place_fields[] = {
	TEXT(struct file_place, from,      DEFAULT),
	TEXT(struct file_place, to,        DEFAULT),
	TEXT(struct file_place, arch,      OPTIONAL),
	TEXT(struct file_place, since,     DEFAULT),
	TEXT(struct file_place, why,       DEFAULT),
	CYAML_FIELD_UINT("size", CYAML_FLAG_OPTIONAL, struct file_place, size),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t unnamed_fields[] = {
	TEXT(struct file_unnamed, at,      DEFAULT),
	TEXT(struct file_unnamed, name,    DEFAULT),
	TEXT(struct file_unnamed, why,     DEFAULT),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct file_unnamed, size),
	CYAML_FIELD_END,
};
// clang-format on

static const cyaml_schema_value_t excuse_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_excuse, excuse_fields),
};
static const cyaml_schema_value_t rename_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_rename, rename_fields),
};
static const cyaml_schema_value_t place_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_place, place_fields),
};
static const cyaml_schema_value_t unnamed_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_unnamed, unnamed_fields),
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_SEQUENCE("needs", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, needs,
			     &pvp_word_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE_COUNT("excuses", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file,
				   excuses, nr_excuses, &excuse_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE_COUNT("renames", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file,
				   renames, nr_renames, &rename_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE_COUNT("places", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file,
				   places, nr_places, &place_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE_COUNT("unnamed", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file,
				   unnamed, nr_unnamed, &unnamed_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields),
};

/* "6.12" as a number that sorts; 0: it is none. */
static unsigned version(const char *text)
{
	unsigned major, minor;
	char rest;

	if (sscanf(text, "%3u.%3u%c", &major, &minor, &rest) != 2)
		return 0;
	return major * 1000 + minor + 1;
}

/* What a row must be for. */
struct pair {
	const char *path;
	unsigned versions[2];
	const struct pvp_image *image[2];
	const char *arch;
	bool has_needs; /* what the file is for */
};

/* Whether one image is older than `since`, and the other is not. */
static struct pvp_error *straddles(const struct pair *pair, const char *since, bool *ret)
{
	unsigned at = version(since);

	if (!at)
		return pvp_error_format(PVP_ERR_BAD_DATA, "since '%s' is no version as 6.1", since);
	*ret = pair->has_needs && pair->versions[0] && pair->versions[1] &&
	       (pair->versions[0] < at) != (pair->versions[1] < at);
	return NULL;
}

static bool is_arch(const char *name)
{
	for (unsigned arch = PVP_ARCH_AMD64; arch <= PVP_ARCH_IA64; arch++)
		if (!strcmp(name, pvp_arch_name(arch)))
			return true;
	return false;
}

/* Whether a row is for this pair. */
static struct pvp_error *applies(const struct pair *pair, const char *since, const char *arch,
				 bool *ret)
{
	struct pvp_error *err = straddles(pair, since, ret);

	if (!err && arch && !is_arch(arch))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "arch '%s' is none", arch);
	if (!err && arch && strcmp(arch, pair->arch))
		*ret = false;
	return err;
}

/* Whether neither image is as new as `until`, nor older than `after`; NULL: any. */
static struct pvp_error *is_between(const struct pair *pair, const char *after, const char *until,
				    bool *ret)
{
	unsigned from = after ? version(after) : 1, to = until ? version(until) : UINT_MAX;

	if (!from)
		return pvp_error_format(PVP_ERR_BAD_DATA, "after '%s' is no version as 6.1", after);
	if (!to)
		return pvp_error_format(PVP_ERR_BAD_DATA, "until '%s' is no version as 6.1", until);
	*ret = true;
	for (unsigned i = 0; i < 2; i++)
		*ret &= pair->versions[i] >= from && pair->versions[i] < to;
	return NULL;
}

/* Whether the older image may have the change already, as its series is maintained; NULL: none has. */
static struct pvp_error *may_have_it(const struct pair *pair, const struct file_excuse *row, bool *ret)
{
	unsigned from = row->backported ? version(row->backported) : UINT_MAX;
	unsigned older = pair->versions[0] < pair->versions[1] ? pair->versions[0] : pair->versions[1];

	if (!from || (row->backported && from >= version(row->since)))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"backported '%s' is no version before since '%s'",
					row->backported, row->since);
	*ret = older >= from;
	return NULL;
}

/* Each field of a row's, for one of its operations. */
static void add_fields(const struct file_excuse *from, const char *op, bool is_backported,
		       const char *where, struct pvp_excuses *ret)
{
	char *fields = pvp_strdup(from->field), *rest = fields, *field;

	while ((field = strsep(&rest, "|")))
		*pvp_push(&ret->v, &ret->nr, &ret->cap) = (struct pvp_excuse){
			.op = pvp_strdup(op),
			.platform = from->platform ? pvp_strdup(from->platform) : NULL,
			.field = pvp_strdup(field),
			.why = pvp_strdup(from->why),
			.where = pvp_strdup(where),
			.is_backported = is_backported,
		};
	free(fields);
}

static struct pvp_error *add_excuse(const struct pair *pair, const struct pvp_yaml *yaml,
				    const struct file_excuse *from, unsigned i,
				    struct pvp_excuses *ret)
{
	char *mark = pvp_asprintf("excuses/%u", i), *where;
	char *ops = pvp_strdup(from->op), *rest = ops, *op;
	bool is_for_pair = false;
	bool is_in_time = false, is_backported = false;
	struct pvp_error *err = applies(pair, from->since, from->arch, &is_for_pair);

	if (!err)
		err = is_between(pair, from->after, from->until, &is_in_time);
	if (!err)
		err = may_have_it(pair, from, &is_backported);
	where = pvp_asprintf("%s:%u", pair->path, pvp_yaml_line(yaml, mark));
	if (err)
		err = pvp_yaml_context(yaml, err, "%s", mark);
	while (is_for_pair && is_in_time && !err && (op = strsep(&rest, "|")))
		add_fields(from, op, is_backported, where, ret);
	free(where);
	free(ops);
	free(mark);
	return err;
}

static struct pvp_error *add_rename(const struct pair *pair, const struct pvp_yaml *yaml,
				    const struct file_rename *from, unsigned i,
				    struct pvp_excuses *ret)
{
	char *mark = pvp_asprintf("renames/%u", i);
	bool is_for_pair = false;
	struct pvp_error *err = applies(pair, from->since, from->arch, &is_for_pair);

	if (err)
		err = pvp_yaml_context(yaml, err, "%s", mark);
	else if (is_for_pair)
		*pvp_push(&ret->renames, &ret->nr_renames, &ret->cap_renames) =
			(struct pvp_op_rename){
				pvp_strdup(from->from), pvp_strdup(from->to),
				pvp_asprintf("%s:%u", pair->path, pvp_yaml_line(yaml, mark))
			};
	free(mark);
	return err;
}

static struct pvp_error *add_place(const struct pair *pair, const struct pvp_yaml *yaml,
				   const struct file_place *from, unsigned i,
				   struct pvp_excuses *ret)
{
	struct pvp_place_rename row = { .size = from->size ? from->size : INT64_MAX };
	char *mark = pvp_asprintf("places/%u", i);
	bool is_for_pair = false;
	struct pvp_error *err = applies(pair, from->since, from->arch, &is_for_pair);

	if (!err && !pvp_place_name_parse(from->from, &row.from))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "from '%s' is not SYMBOL[+OFFSET]",
				       from->from);
	if (!err && !pvp_place_name_parse(from->to, &row.to))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "to '%s' is not SYMBOL[+OFFSET]", from->to);
	if (err || !is_for_pair) {
		free(row.from.symbol);
		free(row.to.symbol);
	} else {
		row.since = version(from->since);
		row.where = pvp_asprintf("%s:%u", pair->path, pvp_yaml_line(yaml, mark));
		*pvp_push(&ret->places.v, &ret->places.nr, &ret->places.cap) = row;
	}
	if (err)
		err = pvp_yaml_context(yaml, err, "%s", mark);
	free(mark);
	return err;
}

static struct pvp_error *add_unnamed(const struct pair *pair, const struct pvp_yaml *yaml,
				     const struct file_unnamed *from, unsigned i,
				     struct pvp_excuses *ret)
{
	const struct pvp_unnamed_row row = { from->at, from->name, from->size };
	char *mark = pvp_asprintf("unnamed/%u", i);
	char *where = pvp_asprintf("%s:%u", pair->path, pvp_yaml_line(yaml, mark));
	struct pvp_error *err = pvp_unnamed_check(&row);

	if (!err && pair->has_needs)
		err = pvp_unnamed_add(&ret->unnamed, pair->image, &row, where);
	if (err)
		err = pvp_yaml_context(yaml, err, "%s", mark);
	free(where);
	free(mark);
	return err;
}

static bool has_needs(const struct pair *pair, const struct file *file)
{
	for (unsigned i = 0; i < file->needs_count; i++)
		for (unsigned k = 0; k < 2; k++)
			if (!pvp_image_symbols_named(pair->image[k], file->needs[i], NULL))
				return false;
	return true;
}

static struct pvp_error *load_file(const char *path, struct pair *pair, struct pvp_excuses *ret)
{
	struct file *file = NULL;
	struct pvp_yaml yaml;
	struct pvp_error *err = pvp_yaml_open(path, &yaml);

	if (err)
		return err;
	pair->path = path;
	err = pvp_yaml_load(&yaml, &file_schema, (void **)&file);
	if (!err && !has_needs(pair, file))
		pair->has_needs = false; /* rows are read, and none applies */
	for (unsigned i = 0; !err && i < file->nr_excuses; i++)
		err = add_excuse(pair, &yaml, &file->excuses[i], i, ret);
	for (unsigned i = 0; !err && i < file->nr_renames; i++)
		err = add_rename(pair, &yaml, &file->renames[i], i, ret);
	for (unsigned i = 0; !err && i < file->nr_places; i++)
		err = add_place(pair, &yaml, &file->places[i], i, ret);
	for (unsigned i = 0; !err && i < file->nr_unnamed; i++)
		err = add_unnamed(pair, &yaml, &file->unnamed[i], i, ret);
	pvp_yaml_free(&file_schema, file);
	pvp_yaml_deinit(&yaml);
	return err;
}

static int newest_first(const void *x, const void *y)
{
	const struct pvp_place_rename *a = x, *b = y;

	return (b->since > a->since) - (b->since < a->since);
}

struct pvp_error *pvp_excuses_load(const char *dir, const struct pvp_excuse_pair *of,
				   struct pvp_excuses *ret)
{
	const unsigned versions[] = { version(of->generation[0]), version(of->generation[1]) };
	struct pvp_excuses excuses = { .newer = versions[1] > versions[0] };
	char **names = NULL;
	size_t nr = 0;
	struct pvp_error *err = pvp_platform_names(dir, &names, &nr); /* files of a folder by name */

	for (size_t i = 0; i < nr && !err; i++) {
		char *path = pvp_asprintf("%s/%s.yaml", dir, names[i]);
		struct pair pair = { path, { versions[0], versions[1] },
				     { of->image[0], of->image[1] },
				     pvp_arch_name(of->image[0]->arch), true };

		err = load_file(path, &pair, &excuses);
		free(path);
	}
	pvp_platform_names_free(names, nr);
	if (err) {
		pvp_excuses_deinit(&excuses);
		return err;
	}
	if (excuses.places.nr)
		qsort(excuses.places.v, excuses.places.nr, sizeof(*excuses.places.v), newest_first);
	*ret = excuses;
	return NULL;
}

void pvp_excuses_deinit(struct pvp_excuses *excuses)
{
	if (!excuses)
		return;
	for (size_t i = 0; i < excuses->nr; i++) {
		free(excuses->v[i].op);
		free(excuses->v[i].platform);
		free(excuses->v[i].field);
		free(excuses->v[i].why);
		free(excuses->v[i].where);
	}
	for (size_t i = 0; i < excuses->nr_renames; i++) {
		free(excuses->renames[i].from);
		free(excuses->renames[i].to);
		free(excuses->renames[i].where);
	}
	for (size_t i = 0; i < excuses->places.nr; i++) {
		free(excuses->places.v[i].from.symbol);
		free(excuses->places.v[i].to.symbol);
		free(excuses->places.v[i].where);
	}
	free(excuses->v);
	free(excuses->renames);
	free(excuses->places.v);
	pvp_unnamed_deinit(&excuses->unnamed);
	memset(excuses, 0, sizeof(*excuses));
}

static bool is_for(const struct pvp_excuse *excuse, const char *platform)
{
	return pvp_pattern_fits(excuse->platform, platform);
}

static bool covers(const struct pvp_excuse *excuse, const char *op, const char *platform,
		   const char *field)
{
	return is_for(excuse, platform) && !fnmatch(excuse->op, op, 0) &&
	       !fnmatch(excuse->field, field, 0);
}

struct pvp_excuse *pvp_excuses_use(const struct pvp_excuses *excuses, const char *op,
				   const char *platform, const char *field)
{
	struct pvp_excuse *first = NULL;

	for (size_t i = 0; i < excuses->nr; i++) {
		if (!covers(&excuses->v[i], op, platform, field))
			continue;
		excuses->v[i].uses++;
		if (!first)
			first = &excuses->v[i];
	}
	return first;
}

const char *pvp_excuses_renamed(const struct pvp_excuses *excuses, const char *op)
{
	for (size_t i = 0; i < excuses->nr_renames; i++) {
		const struct pvp_op_rename *rename = &excuses->renames[i];

		if (!strcmp(rename->from, op))
			return rename->to;
		if (!strcmp(rename->to, op))
			return rename->from;
	}
	return NULL;
}

bool pvp_excuse_is_unused(const struct pvp_excuse *excuse)
{
	return excuse->ran && !excuse->uses;
}

/* Whether an image has the symbol, or another row names it so. */
static bool is_known(const struct pvp_excuses *excuses, const char *symbol,
		     const struct pvp_image *const images[2], unsigned side, bool is_from)
{
	uint64_t addr;

	if (pvp_image_symbols_named(images[side], symbol, NULL) ||
	    pvp_unnamed_lookup(&excuses->unnamed, images[side], side, symbol, &addr))
		return true;
	for (size_t i = 0; i < excuses->places.nr; i++) {
		const struct pvp_place_rename *row = &excuses->places.v[i];

		if (!strcmp(symbol, is_from ? row->to.symbol : row->from.symbol))
			return true;
	}
	return false;
}

bool pvp_place_rename_is_unused(const struct pvp_excuses *excuses, size_t i,
				const struct pvp_image *const images[2])
{
	const struct pvp_place_rename *row = &excuses->places.v[i];

	return !is_known(excuses, row->from.symbol, images, !excuses->newer, true) ||
	       !is_known(excuses, row->to.symbol, images, excuses->newer, false);
}

bool pvp_excuse_is_for(const struct pvp_excuse *excuse, const char *platform)
{
	return is_for(excuse, platform);
}
