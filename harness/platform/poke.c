// SPDX-License-Identifier: GPL-2.0-only
#include "poke.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static const struct {
	const char *name;
} domains[] = {
#define X(id, name, what) [PVP_DOMAIN_##id] = {name},
	PVP_DOMAINS(X)
#undef X
};

const char *pvp_domain_name(enum pvp_domain domain)
{
	return domains[domain].name;
}

bool pvp_domain_parse(const char *name, enum pvp_domain *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(domains); i++)
		if (!strcmp(domains[i].name, name)) {
			*ret = i;
			return true;
		}
	return false;
}

static const cyaml_strval_t whens[] = {
#define X(name, hypervisor) {name, (hypervisor) + 1},
	PVP_WHENS(X)
#undef X
};

const cyaml_schema_value_t pvp_word_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 256),
};

// clang-format off
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("at", CYAML_FLAG_POINTER, struct pvp_poke_row, at, 1, 256),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct pvp_poke_row, size),
	CYAML_FIELD_SEQUENCE("values", OPTIONAL, struct pvp_poke_row, values, &pvp_word_schema, 1, 64),
	CYAML_FIELD_STRING_PTR("domain", OPTIONAL, struct pvp_poke_row, domain, 1, 64),
	CYAML_FIELD_STRING_PTR("copy", OPTIONAL, struct pvp_poke_row, copy, 1, 64),
	CYAML_FIELD_ENUM("when", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct pvp_poke_row, when,
			 whens, ARRAY_SIZE(whens)),
	CYAML_FIELD_BOOL("optional", CYAML_FLAG_OPTIONAL, struct pvp_poke_row, optional),
	CYAML_FIELD_END,
};
// clang-format on

const cyaml_schema_value_t pvp_poke_row_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct pvp_poke_row, fields),
};

static bool parse_number(const char *text, char **end, uint64_t *ret)
{
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret = strtoull(text, end, 0);
	return !errno;
}

/* "+0x10" or nothing, then the end. */
static bool parse_offset(const char *text, uint64_t *ret)
{
	char *end;

	*ret = 0;
	if (!*text)
		return true;
	return *text == '+' && parse_number(text + 1, &end, ret) && !*end;
}

static struct pvp_error *bad_address(const char *text)
{
	return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not an address", text);
}

struct pvp_error *pvp_platform_address(const struct pvp_image *image, const char *text,
				       uint64_t *ret)
{
	size_t len = strcspn(text, "+");
	uint64_t addr, offset;
	struct pvp_error *err;
	char *name, *end;

	if (isdigit((unsigned char)*text)) {
		if (!parse_number(text, &end, &addr) || !parse_offset(end, &offset))
			return bad_address(text);
		*ret = addr + offset;
		return NULL;
	}
	if (!len || !parse_offset(text + len, &offset))
		return bad_address(text);
	name = pvp_strndup(text, len);
	err = pvp_image_symbol(image, name, &addr);
	if (err && err->code == PVP_ERR_NOT_FOUND) {
		pvp_error_destroy(err);
		err = pvp_error_format(PVP_ERR_NOT_FOUND, "unknown symbol '%s'", name);
	}
	free(name);
	if (err)
		return err;
	if (addr < image->percpu_len)
		addr += image->percpu_base;
	*ret = addr + offset;
	return NULL;
}

/* "arg0" .. "arg5"; *rest is what follows. */
static bool parse_arg(const char *text, int *arg, const char **rest)
{
	if (strncmp(text, "arg", 3) || text[3] < '0' || text[3] > '5')
		return false;
	if (isalnum((unsigned char)text[4]) || text[4] == '_')
		return false;
	*arg = text[3] - '0';
	*rest = text + 4;
	return true;
}

/* "*arg0+0x48)+8" or "arg1)+8": what follows "page(". */
static bool parse_page(const char *text, struct pvp_poke *poke)
{
	const char *rest, *close = strchr(text, ')');
	bool ok = false;
	char *inner;

	if (!close || !parse_offset(close + 1, &poke->page_off))
		return false;
	inner = pvp_strndup(text, close - text);
	if (*inner == '*') {
		poke->via = PVP_POKE_PAGE_OF_WORD;
		ok = parse_arg(inner + 1, &poke->arg, &rest) && parse_offset(rest, &poke->addr);
	} else {
		poke->via = PVP_POKE_PAGE_OF_ARG;
		ok = parse_arg(inner, &poke->arg, &rest) && !*rest;
	}
	free(inner);
	return ok;
}

static struct pvp_error *parse_at(const char *text, const struct pvp_image *image,
				  struct pvp_poke *poke)
{
	const char *rest;

	poke->arg = -1;
	if (!strncmp(text, "page(", 5))
		return parse_page(text + 5, poke) ? NULL : bad_address(text);
	if (parse_arg(text, &poke->arg, &rest))
		return parse_offset(rest, &poke->addr) ? NULL : bad_address(text);
	return pvp_platform_address(image, text, &poke->addr);
}

static bool fits(uint64_t value, bool negative, unsigned size)
{
	unsigned bits = size * 8;

	if (bits == 64)
		return true;
	if (negative)
		return value >= -(1ull << (bits - 1));
	return value < 1ull << bits;
}

static struct pvp_error *parse_value(const char *text, unsigned size, unsigned cpus,
				     const struct pvp_image *image, uint64_t *ret)
{
	bool negative = *text == '-';
	struct pvp_error *err;
	uint64_t value;
	char *end;

	if (!strcmp(text, "$cpus")) {
		value = cpus;
	} else if (!strcmp(text, "$cpu-mask")) {
		value = cpus >= 64 ? UINT64_MAX : (1ull << cpus) - 1;
		value &= size == 8 ? UINT64_MAX : (1ull << size * 8) - 1;
	} else if (parse_number(text + negative, &end, &value)) {
		if (*end)
			return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not a number", text);
		if (negative)
			value = -value;
	} else {
		err = pvp_platform_address(image, *text == '&' ? text + 1 : text, &value);
		if (err)
			return err;
	}
	if (!fits(value, negative, size))
		return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' does not fit in %u byte%s", text,
					size, size == 1 ? "" : "s");
	*ret = size == 8 ? value : value & ((1ull << size * 8) - 1);
	return NULL;
}

static struct pvp_error *resolve_row(const struct pvp_poke_row *row, bool may_use_args,
				     const struct pvp_image *image, unsigned cpus,
				     struct pvp_poke *poke)
{
	struct pvp_error *err = NULL;
	const char *rest;

	poke->size = row->size;
	poke->copy_arg = -1;
	if (row->size != 1 && row->size != 2 && row->size != 4 && row->size != 8)
		return pvp_error_format(PVP_ERR_BAD_DATA, "size %u is not 1, 2, 4 or 8", row->size);
	if (!!row->values + !!row->domain + !!row->copy != 1)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"one of values, domain and copy is needed");
	err = parse_at(row->at, image, poke);
	if (err)
		return err;
	if (row->copy && (!parse_arg(row->copy, &poke->copy_arg, &rest) || *rest))
		return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not an argument", row->copy);
	if ((poke->arg >= 0 || poke->copy_arg >= 0) && !may_use_args)
		return pvp_error_format(PVP_ERR_BAD_DATA, "a platform's memory has no arguments");
	if (row->domain) {
		poke->by_domain = true;
		if (!pvp_domain_parse(row->domain, &poke->domain))
			return pvp_error_format(PVP_ERR_NOT_FOUND, "unknown domain '%s'",
						row->domain);
	}
	if (row->values)
		poke->values = pvp_calloc(row->values_count, sizeof(*poke->values));
	while (!err && poke->nr_values < row->values_count) {
		err = parse_value(row->values[poke->nr_values], row->size, cpus, image,
				  &poke->values[poke->nr_values]);
		poke->nr_values++;
	}
	return err;
}

static struct pvp_error *check_duplicate(const struct pvp_poke_rows *rows, size_t i,
					 const struct pvp_yaml *yaml)
{
	const struct pvp_poke_row *row = &rows->v[i], *other;
	char *where;
	unsigned line;

	for (size_t j = 0; j < i; j++) {
		other = &rows->v[j];
		if (strcmp(other->at, row->at) ||
		    (other->when && row->when && other->when != row->when))
			continue;
		where = pvp_asprintf("%s/%zu", rows->where, j);
		line = pvp_yaml_line(yaml, where);
		free(where);
		return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is set on line %u already", row->at,
					line);
	}
	return NULL;
}

struct pvp_error *pvp_pokes_resolve(const struct pvp_poke_rows *rows, const struct pvp_yaml *yaml,
				    const struct pvp_image *image, enum pvp_hypervisor hypervisor,
				    unsigned cpus, struct pvp_poke **ret, size_t *ret_nr)
{
	struct pvp_poke *pokes = NULL;
	struct pvp_error *err = NULL;
	size_t nr = 0, cap = 0;

	for (size_t i = 0; !err && i < rows->nr; i++) {
		const struct pvp_poke_row *row = &rows->v[i];
		struct pvp_poke poke = {0};

		err = check_duplicate(rows, i, yaml);
		if (!err && row->when && row->when - 1 != (int)hypervisor)
			continue;
		if (!err)
			err = resolve_row(row, rows->may_use_args, image, cpus, &poke);
		if (!err) {
			*pvp_push(&pokes, &nr, &cap) = poke;
			continue;
		}
		free(poke.values);
		if (row->optional && err->code == PVP_ERR_NOT_FOUND &&
		    strstr(err->message, "unknown symbol")) {
			pvp_error_destroy(err);
			err = NULL;
			continue;
		}
		err = pvp_yaml_context(yaml, err, "%s/%zu", rows->where, i);
	}
	if (err) {
		pvp_pokes_free(pokes, nr);
		return err;
	}
	*ret = pokes;
	*ret_nr = nr;
	return NULL;
}

void pvp_pokes_free(struct pvp_poke *pokes, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		free(pokes[i].values);
	free(pokes);
}
