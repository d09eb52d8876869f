// SPDX-License-Identifier: GPL-2.0-only
#include "poke.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "btf.h"
#include "percpu_of.h"

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
#define X(name, mask) {name, mask},
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
	CYAML_FIELD_STRING_PTR("as", OPTIONAL, struct pvp_poke_row, as, 1, 256),
	CYAML_FIELD_STRING_PTR("compared", OPTIONAL, struct pvp_poke_row, compared, 1, 256),
	PVP_YAML_BOOL("optional", CYAML_FLAG_OPTIONAL, struct pvp_poke_row, optional),
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

static struct pvp_error *bad_address(const char *text)
{
	return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not an address", text);
}

/* What one address is parsed with. */
struct address {
	const struct pvp_image *image;
	const char *text; /* all of it, for messages */
	uint64_t room;	  /* length of the member it ends with; UINT64_MAX: it ends otherwise */
};

/* "mm_struct.pgd|0x48" or "mm_struct.pgd", at *text, which moves behind it. */
static struct pvp_error *parse_member(struct address *a, const char **text, uint64_t *ret)
{
	size_t dot = strcspn(*text, ".|+)"), end = strcspn(*text, "|+)");
	bool has_default = (*text)[end] == '|';
	char *structure, *member, *rest = (char *)*text + end;
	struct pvp_error *err = NULL;
	uint64_t value;

	if (!dot || end < dot + 2 || (has_default && !parse_number(rest + 1, &rest, &value)))
		return bad_address(a->text);
	structure = pvp_strndup(*text, dot);
	member = pvp_strndup(*text + dot + 1, end - dot - 1);
	if (pvp_btf_exists(a->image) || !has_default)
		err = pvp_btf_offset(a->image, structure, member, &value, &a->room);
	if (!a->room) /* a flexible array */
		a->room = UINT64_MAX;
	free(structure);
	free(member);
	if (!err)
		*ret = value;
	*text = rest;
	return err;
}

/* The sum of "+0x10", "+mm_struct.pgd|0x48", as many as there are, up to the end. */
static struct pvp_error *parse_offset(struct address *a, const char *text, uint64_t *ret)
{
	struct pvp_error *err = NULL;
	uint64_t sum = 0, term;
	char *end;

	a->room = UINT64_MAX;
	while (!err && *text) {
		if (*text++ != '+')
			return bad_address(a->text);
		a->room = UINT64_MAX;
		if (parse_number(text, &end, &term))
			text = end;
		else
			err = parse_member(a, &text, &term);
		if (!err)
			sum += term;
	}
	if (!err)
		*ret = sum;
	return err;
}

static struct pvp_error *parse_base(struct address *a, const char *text, uint64_t *ret)
{
	size_t len = strcspn(text, "+");
	uint64_t addr, offset;
	struct pvp_error *err;
	char *name, *function, *end;

	if (parse_number(text, &end, &addr)) {
		err = parse_offset(a, end, &offset);
		if (!err)
			*ret = addr + offset;
		return err;
	}
	if (!len || isdigit((unsigned char)*text))
		return bad_address(a->text);
	err = parse_offset(a, text + len, &offset);
	if (err)
		return err;
	name = pvp_strndup(text, len);
	function = pvp_percpu_of_function(name);
	if (function) {
		err = pvp_percpu_of(a->image, function, &addr);
		free(function);
		free(name);
		if (!err)
			*ret = addr + offset;
		return err;
	}
	err = pvp_image_symbol(a->image, name, &addr);
	if (err && err->code == PVP_ERR_NOT_FOUND) {
		pvp_error_destroy(err);
		err = pvp_error_format(PVP_ERR_NOT_FOUND, "unknown symbol '%s'", name);
	}
	free(name);
	if (err)
		return err;
	*ret = pvp_image_on_cpu0(a->image, addr) + offset;
	return NULL;
}

struct pvp_error *pvp_platform_address(const struct pvp_image *image, const char *text,
				       uint64_t *ret)
{
	struct address a = {image, text, UINT64_MAX};

	return parse_base(&a, text, ret);
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

/* The same, or "sp". */
static bool parse_arg_or_sp(const char *text, int *arg, const char **rest)
{
	if (strncmp(text, "sp", 2) || (text[2] && text[2] != '+'))
		return parse_arg(text, arg, rest);
	*arg = PVP_POKE_SP;
	*rest = text + 2;
	return true;
}

/* What follows "page(": "*arg0+0x48)+8", "arg1)+8" or "0x2c007)+8". */
static struct pvp_error *parse_page(struct address *a, const char *text, struct pvp_poke *poke)
{
	const char *rest, *close = strchr(text, ')');
	struct pvp_error *err;
	char *inner;

	if (!close)
		return bad_address(a->text);
	inner = pvp_strndup(text, close - text);
	poke->via = *inner == '*' ? PVP_POKE_PAGE_OF_WORD : PVP_POKE_PAGE_OF_ARG;
	if (*inner == '*' && parse_arg(inner + 1, &poke->arg, &rest))
		err = parse_offset(a, rest, &poke->addr);
	else if (parse_number(inner, (char **)&rest, &poke->addr) ||
		 parse_arg(inner, &poke->arg, &rest))
		err = *rest ? bad_address(a->text) : NULL;
	else
		err = bad_address(a->text);
	if (!err)
		err = parse_offset(a, close + 1, &poke->page_off);
	free(inner);
	return err;
}

static struct pvp_error *parse_at(const struct pvp_poke_row *row, const struct pvp_image *image,
				  struct pvp_poke *poke)
{
	struct address a = {image, row->at, UINT64_MAX};
	struct pvp_error *err;
	const char *rest;

	poke->arg = -1;
	if (!strncmp(row->at, "page(", 5))
		err = parse_page(&a, row->at + 5, poke);
	else if (parse_arg_or_sp(row->at, &poke->arg, &rest))
		err = parse_offset(&a, rest, &poke->addr);
	else
		err = parse_base(&a, row->at, &poke->addr);
	if (!err && row->size > a.room)
		err = pvp_error_format(PVP_ERR_NOT_FOUND, "'%s' has %" PRIu64 " bytes, not %u",
				       row->at, a.room, row->size);
	return err;
}

/* FNV-1a over an address as written, without the numbers for images that have no BTF. */
static uint64_t name_of(const char *at)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	while (*at) {
		if (*at == '|') {
			at += strcspn(at, "+)");
			continue;
		}
		hash = (hash ^ (uint8_t)*at++) * 0x100000001b3ull;
	}
	return hash;
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

/* "percpu(0x1000)": the per-CPU offset that leads to this address on CPU 0, as allocated ones do.
 */
static bool parse_percpu(const char *text, const struct pvp_image *image, uint64_t *ret)
{
	uint64_t addr;
	char *end;

	if (strncmp(text, "percpu(", 7) || !parse_number(text + 7, &end, &addr) || strcmp(end, ")"))
		return false;
	*ret = addr - image->percpu_base;
	return true;
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
	} else if (parse_percpu(text, image, &value)) {
		negative = false;
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

/* What is wrong with a row on any image. */
static struct pvp_error *parse_row(const struct pvp_poke_row *row, struct pvp_poke *poke)
{
	const char *rest;

	poke->name = name_of(row->as ? row->as : row->at);
	poke->size = row->size;
	poke->copy_arg = -1;
	if (row->size != 1 && row->size != 2 && row->size != 4 && row->size != 8)
		return pvp_error_format(PVP_ERR_BAD_DATA, "size %u is not 1, 2, 4 or 8", row->size);
	if (!!row->values + !!row->domain + !!row->copy != 1)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"one of values, domain and copy is needed");
	if (row->copy && (!parse_arg(row->copy, &poke->copy_arg, &rest) || *rest))
		return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not an argument", row->copy);
	poke->by_domain = row->domain;
	if (row->domain && !pvp_domain_parse(row->domain, &poke->domain))
		return pvp_error_format(PVP_ERR_NOT_FOUND, "unknown domain '%s'", row->domain);
	return NULL;
}

/* The names in it, on this image: NOT_FOUND is what an optional row may be. */
static struct pvp_error *resolve_row(const struct pvp_poke_row *row, bool may_use_args,
				     const struct pvp_image *image, unsigned cpus,
				     struct pvp_poke *poke)
{
	struct pvp_error *err = parse_at(row, image, poke);

	if (!err && (poke->arg >= 0 || poke->copy_arg >= 0) && !may_use_args)
		err = pvp_error_format(PVP_ERR_BAD_DATA, "a platform's memory has no arguments");
	if (row->values)
		poke->values = pvp_calloc(row->values_count, sizeof(*poke->values));
	while (!err && poke->nr_values < row->values_count) {
		err = parse_value(row->values[poke->nr_values], row->size, cpus, image,
				  &poke->values[poke->nr_values]);
		poke->nr_values++;
	}
	if (!err && row->compared) {
		poke->has_compared = true;
		err = parse_value(row->compared, row->size, cpus, image, &poke->compared);
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
		    (other->when && row->when && !(other->when & row->when)))
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
		if (!err && row->when && !(row->when & 1 << hypervisor))
			continue;
		if (!err)
			err = parse_row(row, &poke);
		if (!err) {
			err = resolve_row(row, rows->may_use_args, image, cpus, &poke);
			if (err && row->optional && err->code == PVP_ERR_NOT_FOUND) {
				pvp_error_destroy(err);
				free(poke.values);
				err = NULL;
				continue;
			}
		}
		if (err) {
			free(poke.values);
			err = pvp_yaml_context(yaml, err, "%s/%zu", rows->where, i);
		} else {
			*pvp_push(&pokes, &nr, &cap) = poke;
		}
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
