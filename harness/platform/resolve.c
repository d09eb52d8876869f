// SPDX-License-Identifier: GPL-2.0-only
#include "resolve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "cpu_model.h"
#include "feature.h"
#include "textfile.h"

/* "0xffffffffc0000000", or so many hex digits as no symbol has for a name. */
static bool parse_address(const char *text, uint64_t *ret)
{
	const bool prefixed = !strncmp(text, "0x", 2);
	const char *digits = prefixed ? text + 2 : text;
	const size_t len = strlen(digits);

	if (!len || len > 16 || (!prefixed && len < 8) ||
	    strspn(digits, "0123456789abcdefABCDEF") != len)
		return false;
	*ret = strtoull(digits, NULL, 16);
	return true;
}

struct pvp_error *pvp_resolve_function(const struct pvp_image *image, const char *name,
				       uint64_t keep, uint64_t *ret)
{
	const struct pvp_symbol *const *symbols;
	uint64_t addr;
	size_t nr;

	if (!strcmp(name, "NULL")) {
		*ret = 0;
		return NULL;
	}
	if (parse_address(name, ret))
		return NULL;
	symbols = pvp_image_symbols_named(image, name, &nr);
	if (!symbols || !nr)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "unknown function '%s'", name);
	addr = symbols[0]->addr;
	for (size_t i = 1; i < nr; i++)
		if (symbols[i]->addr != addr && !pvp_resolve_is_named(image, keep, name))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"function '%s' is ambiguous: %#" PRIx64
						" and %#" PRIx64 " have that name",
						name, addr, symbols[i]->addr);
	if (pvp_resolve_is_named(image, keep, name))
		addr = keep;
	if (!pvp_image_is_text(image, addr, 1))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"'%s' is not a function: %#" PRIx64 " lies outside text",
					name, addr);
	*ret = addr;
	return NULL;
}

bool pvp_resolve_is_named(const struct pvp_image *image, uint64_t addr, const char *name)
{
	size_t nr = 0;
	const struct pvp_symbol *const *symbols = pvp_image_symbols_named(image, name, &nr);

	for (size_t i = 0; symbols && i < nr; i++)
		if (symbols[i]->addr == addr)
			return true;
	return false;
}

size_t pvp_resolve_field(const struct pvp_tables *tables, const char *name)
{
	size_t field = 0;

	while (field < tables->nr_fields && strcmp(tables->fields[field].name, name))
		field++;
	return field;
}

bool pvp_resolve_hex_word(const char *text, uint32_t *ret)
{
	size_t len;

	if (!strncmp(text, "0x", 2))
		text += 2;
	len = strlen(text);
	if (!len || len > 8 || strspn(text, "0123456789abcdefABCDEF") != len)
		return false;
	*ret = strtoul(text, NULL, 16);
	return true;
}

void pvp_platform_set_feature(struct pvp_platform *platform, unsigned feature, bool on)
{
	uint32_t bit = 1u << (feature % 32);

	if (on)
		platform->caps[feature / 32] |= bit;
	else
		platform->caps[feature / 32] &= ~bit;
}

/* "NAME=VALUE" in two; *name is owned by the caller. */
static struct pvp_error *split(const char *text, const char *option, char **name,
			       const char **value)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return pvp_error_format(PVP_ERR_USAGE, "%s %s: not NAME=SYMBOL", option, text);
	*name = pvp_strndup(text, equals - text);
	*value = equals + 1;
	return NULL;
}

struct pvp_error *pvp_override_pv_ops(const char *const *list, const struct pvp_image *image,
				      const struct pvp_tables *tables,
				      struct pvp_platform *platform)
{
	struct pvp_error *err = NULL;

	for (size_t i = 0; list && list[i] && !err; i++) {
		const char *value;
		uint64_t keep = 0;
		size_t field;
		char *name;

		err = split(list[i], "--pvop", &name, &value);
		if (err)
			return err;
		field = pvp_resolve_field(tables, name);
		if (field == tables->nr_fields)
			err = pvp_error_format(PVP_ERR_NOT_FOUND, "pv_ops has no field '%s'", name);
		/* Of several of that name: the platform's, else the file's. */
		if (!err)
			keep = platform->pv_ops[field];
		if (!err && !pvp_resolve_is_named(image, keep, value))
			err = pvp_image_pointer(image, tables->slots[field], &keep);
		if (!err)
			err = pvp_resolve_function(image, value, keep, &platform->pv_ops[field]);
		if (err)
			err = pvp_error_context(err, "--pvop %s", list[i]);
		free(name);
	}
	return err;
}

struct pvp_error *pvp_override_static_calls(const char *const *list, const struct pvp_image *image,
					    const struct pvp_tables *tables, uint64_t *values)
{
	struct pvp_error *err = NULL;

	for (size_t i = 0; list && list[i] && !err; i++) {
		const struct pvp_static_call_key *key;
		const char *value;
		char *name;

		err = split(list[i], "--static-call", &name, &value);
		if (err)
			return err;
		key = pvp_tables_static_call(tables, name);
		if (key) {
			uint64_t *func = &values[key - tables->static_call_keys];
			const bool named = pvp_resolve_is_named(image, *func, value);

			err = pvp_resolve_function(image, value, named ? *func : key->func, func);
		} else
			err = pvp_error_format(PVP_ERR_NOT_FOUND, "unknown static call '%s'", name);
		if (err)
			err = pvp_error_context(err, "--static-call %s", list[i]);
		free(name);
	}
	return err;
}

struct pvp_error *pvp_override_features(const char *const *list, const struct pvp_tables *tables,
					struct pvp_platform *platform)
{
	struct pvp_error *err;

	for (size_t i = 0; list && list[i]; i++) {
		bool off = list[i][0] == '-', sign = off || list[i][0] == '+';
		unsigned feature;

		err = pvp_feature_parse(list[i] + sign, tables->generation, &feature);
		if (err)
			return pvp_error_context(err, "--feature %s", list[i]);
		pvp_platform_set_feature(platform, feature, !off);
	}
	return NULL;
}

#define MODEL "model"

/* One line of a --caps file, without its end and the space around it. */
static struct pvp_error *parse_caps_line(char *line, uint32_t words[PVP_CAP_WORDS], unsigned *nr,
					 struct pvp_cpu_model *cpu)
{
	size_t len = strcspn(line, " \t");

	if (len == strlen(MODEL) && !strncmp(line, MODEL, len))
		return pvp_cpu_model_parse(line + len + strspn(line + len, " \t"), cpu);
	line[len] = 0;
	if (*nr == PVP_CAP_WORDS)
		return pvp_error_format(PVP_ERR_BAD_DATA, "more than %d words", PVP_CAP_WORDS);
	if (!pvp_resolve_hex_word(line, &words[*nr]))
		return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not a word of 8 hex digits",
					line);
	++*nr;
	return NULL;
}

struct pvp_error *pvp_override_caps(const char *path, struct pvp_platform *platform)
{
	struct pvp_cpu_model cpu = platform->cpu;
	uint32_t words[PVP_CAP_WORDS];
	FILE *f;
	struct pvp_error *err = pvp_textfile_open(path, &f);
	unsigned line = 0, nr = 0;
	char text[128];

	if (err)
		return err;
	while (!err && fgets(text, sizeof(text), f)) {
		char *start = text + strspn(text, " \t");

		line++;
		for (char *end = start + strlen(start); end > start && strchr(" \t\r\n", end[-1]);)
			*--end = 0;
		if (*start && *start != '#')
			err = parse_caps_line(start, words, &nr, &cpu);
		if (err)
			err = pvp_error_context(err, "%s:%u", path, line);
	}
	if (!err && ferror(f))
		err = pvp_error_os(errno, "%s", path);
	if (!err && nr < PVP_CAP_WORDS)
		err = pvp_error_format(PVP_ERR_BAD_DATA, "%s:%u: %u words where %d are needed",
				       path, line ? line : 1, nr, PVP_CAP_WORDS);
	if (!err) {
		memcpy(platform->caps, words, sizeof(words));
		platform->cpu = cpu;
	}
	fclose(f);
	return err;
}
