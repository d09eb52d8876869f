// SPDX-License-Identifier: GPL-2.0-only
/* What users call sites, and what they may have meant. */
#include "sites.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define MAX_NAME 64 /* longer ones are like no op */

struct lists {
	const struct pvp_sites *const *v;
	size_t nr;
};

/* --- ops --- */

/* "irq.irq_disable" is called that, or by what follows one of its dots. */
static bool is_called(const char *op, const char *name, size_t len)
{
	for (const char *p = op; p; p = strchr(p, '.'), p = p ? p + 1 : NULL)
		if (strlen(p) == len && !strncmp(p, name, len))
			return true;
	return false;
}

/* "irq" is the group of "irq.irq_disable". */
static bool is_of_group(const char *op, const char *name)
{
	const size_t len = strlen(name);

	return len && !strncmp(op, name, len) && op[len] == '.';
}

/* How many single characters have to be inserted, dropped or changed. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[MAX_NAME + 1];
	const size_t nr = strlen(b);

	for (size_t i = 0; i <= nr; i++)
		row[i] = i;
	for (unsigned at = 1; *a; a++, at++) {
		unsigned corner = row[0];

		row[0] = at;
		for (size_t i = 1; i <= nr; i++) {
			unsigned best = corner + (*a != b[i - 1]);

			corner = row[i];
			best = row[i] + 1 < best ? row[i] + 1 : best;
			row[i] = row[i - 1] + 1 < best ? row[i - 1] + 1 : best;
		}
	}
	return row[nr];
}

/* A quarter of the name may be wrong. */
static const char *nearest_op(const struct lists *lists, const char *name)
{
	unsigned best = strlen(name) / 4 + 1;
	const char *ret = NULL, *last = NULL;

	if (!*name || strlen(name) > MAX_NAME)
		return NULL;
	for (size_t k = 0; k < lists->nr; k++)
		for (size_t i = 0; i < lists->v[k]->nr; i++) {
			const char *op = lists->v[k]->v[i].op, *dot = strchr(op, '.');
			const char *const forms[] = {op, dot ? dot + 1 : op};

			for (unsigned f = 0; op != last && f < ARRAY_SIZE(forms); f++) {
				unsigned far = strlen(forms[f]) > MAX_NAME ? best
									   : distance(name, forms[f]);

				if (far < best) {
					best = far;
					ret = op;
				}
			}
			last = op;
		}
	return ret;
}

static unsigned count(const struct lists *lists, const char *op)
{
	unsigned nr = 0;

	for (size_t k = 0; k < lists->nr; k++)
		for (size_t i = 0; i < lists->v[k]->nr; i++)
			nr += !strcmp(lists->v[k]->v[i].op, op);
	return nr;
}

/* "; entry.iret has sites 1 to 2"; the caller frees it. */
static char *hint(const struct lists *lists, const char *name)
{
	const char *op = nearest_op(lists, name);

	if (op)
		return pvp_asprintf("; %s has sites 1 to %u", op, count(lists, op));
	return pvp_strdup("; `pvproof sites' lists addresses, symbol+offset, op and ordinal (op#3)");
}

static struct pvp_error *unknown(const struct lists *lists, const char *text, size_t len,
				 const char *what)
{
	char *name = pvp_strndup(text, len), *more = hint(lists, name);
	struct pvp_error *err = pvp_error_format(PVP_ERR_NOT_FOUND, "site \"%s\": %s%s", text, what,
						 more);

	free(more);
	free(name);
	return err;
}

static struct pvp_error *parse_ordinal(const struct lists *lists, const char *text,
				       const char *hash, const struct pvp_site **ret)
{
	const struct pvp_site *found = NULL;
	unsigned long ordinal;
	uint32_t last = 0;
	char *end;

	ordinal = strtoul(hash + 1, &end, 10);
	if (!isdigit((unsigned char)hash[1]) || *end)
		return pvp_error_format(PVP_ERR_USAGE, "site \"%s\": no number behind #", text);
	for (size_t k = 0; k < lists->nr; k++)
		for (size_t i = 0; i < lists->v[k]->nr; i++) {
			const struct pvp_site *site = &lists->v[k]->v[i];

			if (!is_called(site->op, text, hash - text))
				continue;
			if (found && strcmp(found->op, site->op))
				return pvp_error_format(PVP_ERR_USAGE,
							"site \"%s\" could mean %s or %s", text,
							found->op, site->op);
			if (!found || site->ordinal == ordinal)
				found = site;
			last = site->ordinal;
		}
	if (!found)
		return unknown(lists, text, hash - text, "no site of such an op");
	if (found->ordinal != ordinal)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "site \"%s\": %s has sites 1 to %u",
					text, found->op, last);
	*ret = found;
	return NULL;
}

/* --- addresses and symbols --- */

static bool parse_hex(const char *text, uint64_t *ret)
{
	const bool prefixed = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = prefixed ? text + 2 : text;
	size_t nr = strspn(digits, "0123456789abcdefABCDEF");

	if (digits[nr] || !nr || nr > 16 || (!prefixed && nr < 8))
		return false;
	*ret = strtoull(digits, NULL, 16);
	return true;
}

/* Where several lists have it, the first one's. */
static const struct pvp_site *site_at(const struct lists *lists, uint64_t addr)
{
	const struct pvp_site *site = NULL;

	for (size_t k = 0; k < lists->nr && !site; k++)
		site = pvp_sites_find(lists->v[k], addr);
	return site;
}

static uint64_t away(uint64_t a, uint64_t b)
{
	return a < b ? b - a : a - b;
}

static struct pvp_error *none_at(const struct lists *lists, const char *text, uint64_t addr)
{
	const struct pvp_site *near = NULL;

	for (size_t k = 0; k < lists->nr; k++)
		for (size_t i = 0; i < lists->v[k]->nr; i++)
			if (!near ||
			    away(lists->v[k]->v[i].addr, addr) < away(near->addr, addr))
				near = &lists->v[k]->v[i];
	if (!near)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "site \"%s\": no pv site at %#" PRIx64,
					text, addr);
	return pvp_error_format(PVP_ERR_NOT_FOUND,
				"site \"%s\": no pv site at %#" PRIx64 "; the nearest is %s#%u at %#" PRIx64,
				text, addr, near->op, near->ordinal, near->addr);
}

static struct pvp_error *parse_offset(const char *plus, const char *what, const char *text,
				      uint64_t *ret)
{
	char *end;

	*ret = 0;
	if (!plus)
		return NULL;
	*ret = strtoull(plus + 1, &end, 0);
	if (!isdigit((unsigned char)plus[1]) || *end)
		return pvp_error_format(PVP_ERR_USAGE, "%s\"%s\": no offset behind +", what, text);
	return NULL;
}

/*
 * Several symbols may share the name: the one with a site at the offset is meant.  *ret is NULL when
 * none has; *addr is where the first would be, 0: there is no such symbol.
 */
static struct pvp_error *parse_symbol(const struct lists *lists, const struct pvp_image *image,
				      const char *text, uint64_t *addr, const struct pvp_site **ret)
{
	const char *plus = strchr(text, '+');
	char *name = pvp_strndup(text, plus ? (size_t)(plus - text) : strlen(text));
	const struct pvp_symbol *const *symbols;
	struct pvp_error *err;
	uint64_t offset;
	size_t nr;

	symbols = pvp_image_symbols_named(image, name, &nr);
	free(name);
	err = parse_offset(plus, "site ", text, &offset);
	if (err)
		return err;
	*ret = NULL;
	*addr = nr ? symbols[0]->addr + offset : 0;
	for (size_t i = 0; i < nr; i++) {
		const struct pvp_site *site = site_at(lists, symbols[i]->addr + offset);

		if (site && *ret && site != *ret)
			return pvp_error_format(PVP_ERR_USAGE,
						"site \"%s\" could mean %#" PRIx64 " or %#" PRIx64,
						text, (*ret)->addr, site->addr);
		if (site)
			*ret = site;
	}
	return NULL;
}

struct pvp_error *pvp_sites_address(const struct pvp_image *image, const char *text, uint64_t *ret)
{
	const char *plus = strchr(text, '+');
	struct pvp_error *err;
	uint64_t addr, offset;
	char *name;

	if (parse_hex(text, ret))
		return NULL;
	err = parse_offset(plus, "", text, &offset);
	if (err)
		return err;
	name = pvp_strndup(text, plus ? (size_t)(plus - text) : strlen(text));
	err = pvp_image_symbol(image, name, &addr);
	free(name);
	if (!err)
		*ret = addr + offset;
	return err;
}

/* --- one site, or all of an op --- */

/* *ret is NULL when text is no name of one site; *addr as parse_symbol's. */
static struct pvp_error *parse(const struct lists *lists, const struct pvp_image *image,
			       const char *text, uint64_t *addr, const struct pvp_site **ret)
{
	const char *hash = strchr(text, '#');

	*ret = NULL;
	if (hash)
		return parse_ordinal(lists, text, hash, ret);
	if (!parse_hex(text, addr))
		return parse_symbol(lists, image, text, addr, ret);
	*ret = site_at(lists, *addr);
	return *ret ? NULL : none_at(lists, text, *addr);
}

struct pvp_error *pvp_sites_parse(const struct pvp_sites *sites, const struct pvp_image *image,
				  const char *text, const struct pvp_site **ret)
{
	const struct lists lists = {&sites, 1};
	const struct pvp_site *site, *first = NULL;
	struct pvp_error *err;
	unsigned nr = 0;
	uint64_t addr;

	err = parse(&lists, image, text, &addr, &site);
	if (err)
		return err;
	for (size_t i = 0; !site && i < sites->nr; i++) {
		if (!is_called(sites->v[i].op, text, strlen(text)))
			continue;
		if (first && strcmp(first->op, sites->v[i].op))
			return pvp_error_format(PVP_ERR_USAGE, "site \"%s\" could mean %s or %s",
						text, first->op, sites->v[i].op);
		first = first ? first : &sites->v[i];
		nr++;
	}
	if (nr > 1)
		return pvp_error_format(PVP_ERR_USAGE,
					"site \"%s\": %s has sites 1 to %u; say which, as in %s#1",
					text, first->op, nr, first->op);
	if (!site && !first)
		return addr ? none_at(&lists, text, addr)
			    : unknown(&lists, text, strlen(text), "no such symbol or op");
	*ret = site ? site : first;
	return NULL;
}

struct pvp_error *pvp_sites_choose(const struct pvp_sites *const *v, size_t nr,
				   const struct pvp_image *image, const char *text,
				   bool *const *chosen)
{
	const struct lists lists = {v, nr};
	const struct pvp_site *site;
	struct pvp_error *err;
	bool any = false;
	uint64_t addr;

	err = parse(&lists, image, text, &addr, &site);
	if (err)
		return err;
	for (size_t k = 0; k < nr; k++)
		for (size_t i = 0; i < v[k]->nr; i++) {
			const struct pvp_site *one = &v[k]->v[i];

			if (site ? site != one
				 : !is_called(one->op, text, strlen(text)) &&
					   !is_of_group(one->op, text) &&
					   strcmp(pvp_site_kind_name(one->kind), text))
				continue;
			chosen[k][i] = true;
			any = true;
		}
	if (any)
		return NULL;
	return addr ? none_at(&lists, text, addr)
		    : unknown(&lists, text, strlen(text), "no such symbol or op");
}
