// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "excuses.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "platform.h"
#include "yaml_file.h"

#define MAX_TEXT_LEN 4096

/* What libcyaml fills; its allocations are not ours. */
struct file_excuse {
	char *op, *platform, *field, *arch, *since, *why;
};

struct file_rename {
	char *from, *to, *since, *why;
};

struct file {
	struct file_excuse *excuses;
	unsigned nr_excuses;
	struct file_rename *renames;
	unsigned nr_renames;
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
	TEXT(struct file_excuse, why,      DEFAULT),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t rename_fields[] = {
	TEXT(struct file_rename, from,     DEFAULT),
	TEXT(struct file_rename, to,       DEFAULT),
	TEXT(struct file_rename, since,    DEFAULT),
	TEXT(struct file_rename, why,      DEFAULT),
	CYAML_FIELD_END,
};
// clang-format on

static const cyaml_schema_value_t excuse_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_excuse, excuse_fields),
};
static const cyaml_schema_value_t rename_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_rename, rename_fields),
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("excuses", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file,
				   excuses, nr_excuses, &excuse_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE_COUNT("renames", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file,
				   renames, nr_renames, &rename_schema, 0, CYAML_UNLIMITED),
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
	const char *arch;
};

/* Whether one image is older than `since`, and the other is not. */
static struct pvp_error *straddles(const struct pair *pair, const char *since, bool *ret)
{
	unsigned at = version(since);

	if (!at)
		return pvp_error_format(PVP_ERR_BAD_DATA, "since '%s' is no version as 6.1", since);
	*ret = pair->versions[0] && pair->versions[1] &&
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

static struct pvp_error *add_excuse(const struct pair *pair, const struct pvp_yaml *yaml,
				    const struct file_excuse *from, unsigned i,
				    struct pvp_excuses *ret)
{
	struct pvp_error *err = NULL;
	char *mark = pvp_asprintf("excuses/%u", i);
	bool applies = false;

	if (from->arch && !is_arch(from->arch))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "arch '%s' is none", from->arch);
	if (!err)
		err = straddles(pair, from->since, &applies);
	if (err)
		err = pvp_yaml_context(yaml, err, "%s", mark);
	else if (applies && (!from->arch || !strcmp(from->arch, pair->arch)))
		*pvp_push(&ret->v, &ret->nr, &ret->cap) = (struct pvp_excuse){
			.op = pvp_strdup(from->op),
			.platform = from->platform ? pvp_strdup(from->platform) : NULL,
			.field = pvp_strdup(from->field),
			.why = pvp_strdup(from->why),
			.where = pvp_asprintf("%s:%u", pair->path, pvp_yaml_line(yaml, mark)),
		};
	free(mark);
	return err;
}

static struct pvp_error *add_rename(const struct pair *pair, const struct pvp_yaml *yaml,
				    const struct file_rename *from, unsigned i,
				    struct pvp_excuses *ret)
{
	bool applies = false;
	struct pvp_error *err = straddles(pair, from->since, &applies);

	if (err)
		return pvp_yaml_context(yaml, err, "renames/%u", i);
	if (applies)
		*pvp_push(&ret->renames, &ret->nr_renames, &ret->cap_renames) =
			(struct pvp_op_rename){ pvp_strdup(from->from), pvp_strdup(from->to) };
	return NULL;
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
	for (unsigned i = 0; !err && i < file->nr_excuses; i++)
		err = add_excuse(pair, &yaml, &file->excuses[i], i, ret);
	for (unsigned i = 0; !err && i < file->nr_renames; i++)
		err = add_rename(pair, &yaml, &file->renames[i], i, ret);
	pvp_yaml_free(&file_schema, file);
	pvp_yaml_deinit(&yaml);
	return err;
}

struct pvp_error *pvp_excuses_load(const char *dir, const char *generation_a,
				   const char *generation_b, enum pvp_arch arch,
				   struct pvp_excuses *ret)
{
	struct pair pair = { NULL, { version(generation_a), version(generation_b) },
			     pvp_arch_name(arch) };
	struct pvp_excuses excuses = {0};
	char **names = NULL;
	size_t nr = 0;
	struct pvp_error *err = pvp_platform_names(dir, &names, &nr); /* files of a folder by name */

	for (size_t i = 0; i < nr && !err; i++) {
		char *path = pvp_asprintf("%s/%s.yaml", dir, names[i]);

		err = load_file(path, &pair, &excuses);
		free(path);
	}
	pvp_platform_names_free(names, nr);
	if (err)
		pvp_excuses_deinit(&excuses);
	else
		*ret = excuses;
	return err;
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
	}
	free(excuses->v);
	free(excuses->renames);
	memset(excuses, 0, sizeof(*excuses));
}

static bool is_for(const struct pvp_excuse *excuse, const char *platform)
{
	return !excuse->platform || !fnmatch(excuse->platform, platform, 0);
}

struct pvp_excuse *pvp_excuses_find(const struct pvp_excuses *excuses, const char *op,
				    const char *platform, const char *field)
{
	for (size_t i = 0; i < excuses->nr; i++) {
		struct pvp_excuse *excuse = &excuses->v[i];

		if (is_for(excuse, platform) && !fnmatch(excuse->op, op, 0) &&
		    !fnmatch(excuse->field, field, 0))
			return excuse;
	}
	return NULL;
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

void pvp_excuses_ran(struct pvp_excuses *excuses, const char *platform)
{
	for (size_t i = 0; i < excuses->nr; i++)
		excuses->v[i].ran |= is_for(&excuses->v[i], platform);
}
