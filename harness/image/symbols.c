// SPDX-License-Identifier: GPL-2.0-only
// symbols.c - where symbols come from, and finding them by name and by address.
#include "private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"

bool pvp_symbols_name_ok(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

void pvp_symbols_deinit(struct pvp_symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->v);
	free(symbols->names);
	*symbols = (struct pvp_symbols){0};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * One line as nm(1) prints it, "ffffffff81000000 T _text".  Undefined symbols have blanks for an
 * address, and what follows the name (a module's in /proc/kallsyms) does not matter.  False when it
 * is something else; symbol->name stays NULL where there is nothing to keep.
 */
static bool parse_line(char *line, struct pvp_symbol *symbol)
{
	unsigned digits = 0;
	int digit;
	char *name;

	if (line[strspn(line, " \t\r")] == '\0')
		return true;
	if (*line == ' ') {
		line += strspn(line, " ");
		return strchr("Uvw", line[0]) && line[1] == ' ';
	}
	for (; (digit = hex_digit(*line)) >= 0; line++, digits++)
		symbol->addr = symbol->addr << 4 | (unsigned)digit;
	if (digits == 0 || digits > 16 || *line != ' ')
		return false;
	symbol->type = *++line;
	if (symbol->type <= ' ' || symbol->type > '~' || *++line != ' ')
		return false;
	name = ++line;
	line += strcspn(line, " \t\r");
	*line = '\0';
	if (!*name || !pvp_symbols_name_ok(name))
		return false;
	symbol->name = name;
	return true;
}

static struct pvp_error *read_system_map(const struct pvp_bytes *file, struct pvp_symbols *ret)
{
	char *line, *end, *all;
	size_t nr = 0;

	ret->source = "System.map";
	ret->names = all = pvp_calloc(file->len + 1, 1);
	memcpy(all, file->data, file->len);
	for (line = all; line < all + file->len; line = end + 1) {
		struct pvp_symbol symbol = {0};

		nr++;
		end = memchr(line, '\n', (size_t)(all + file->len - line));
		if (!end)
			end = all + file->len;
		*end = '\0';
		if (strlen(line) != (size_t)(end - line) || !parse_line(line, &symbol))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"line %zu is not \"ADDRESS TYPE NAME\"", nr);
		if (symbol.name)
			*pvp_push(&ret->v, &ret->nr, &ret->cap) = symbol;
	}
	return NULL;
}

static struct pvp_error *read_symbol_elf(struct pvp_image *image, struct pvp_symbols *ret)
{
	struct pvp_image_private *p = image->private;
	struct pvp_error *err = pvp_elf_open(&p->symbol_file.bytes, &p->symbol_elf);

	if (err)
		return err;
	if (p->symbol_elf.arch != image->arch)
		return pvp_error_format(PVP_ERR_BAD_DATA, "symbols are for %s, the image is %s",
					pvp_arch_name(p->symbol_elf.arch),
					pvp_arch_name(image->arch));
	return pvp_elf_symbols(&p->symbol_elf, ret);
}

/* Symbols of another kernel, or with their addresses hidden, are worse than none. */
static struct pvp_error *check_fit(const struct pvp_image *image, const struct pvp_symbols *symbols)
{
	if (!symbols->nr)
		return pvp_error_format(PVP_ERR_BAD_DATA, "has no symbols");
	for (size_t i = 0; i < symbols->nr; i++)
		if (pvp_image_section_at(image, symbols->v[i].addr))
			return NULL;
	return pvp_error_format(PVP_ERR_BAD_DATA,
				"none of its %zu symbols has an address in the image", symbols->nr);
}

static struct pvp_error *read_symbol_file(struct pvp_image *image, const char *path,
					  struct pvp_symbols *ret)
{
	struct pvp_image_private *p = image->private;
	struct pvp_error *err = pvp_file_map(path, &p->symbol_file);

	if (err)
		return err;
	if (pvp_elf_is(&p->symbol_file.bytes))
		err = read_symbol_elf(image, ret);
	else
		err = read_system_map(&p->symbol_file.bytes, ret);
	if (!err)
		err = check_fit(image, ret);
	return err ? pvp_error_context(err, "%s", path) : NULL;
}

static int by_addr(const void *a, const void *b)
{
	const struct pvp_symbol *x = a, *y = b;
	int order;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	order = strcmp(x->name, y->name);
	if (order)
		return order;
	/* Nothing is left to qsort()'s taste. */
	if (x->type != y->type)
		return x->type - y->type;
	return x->len < y->len ? -1 : x->len > y->len;
}

static int by_name(const void *a, const void *b)
{
	const struct pvp_symbol *x = *(const struct pvp_symbol *const *)a;
	const struct pvp_symbol *y = *(const struct pvp_symbol *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : x < y ? -1 : x > y;
}

struct pvp_error *pvp_symbols_load(struct pvp_image *image, const char *path)
{
	struct pvp_image_private *p = image->private;
	struct pvp_symbols *symbols = &p->symbols;
	struct pvp_error *err = NULL;

	if (path) {
		err = read_symbol_file(image, path, symbols);
	} else {
		err = pvp_elf_symbols(&p->elf, symbols);
		if (!err && !symbols->nr) {
			pvp_kallsyms_read(image, symbols);
			pvp_ksymtab_read(image, symbols);
		}
	}
	if (err)
		return err;
	if (symbols->nr) {
		qsort(symbols->v, symbols->nr, sizeof(*symbols->v), by_addr);
		p->by_name = pvp_calloc(symbols->nr, sizeof(*p->by_name));
		for (size_t i = 0; i < symbols->nr; i++)
			p->by_name[i] = &symbols->v[i];
		qsort(p->by_name, symbols->nr, sizeof(*p->by_name), by_name);
	}
	image->symbols = symbols->v;
	image->nr_symbols = symbols->nr;
	image->symbol_source = symbols->nr ? symbols->source : "none";
	return NULL;
}

/* The first place in by_name whose name is not below name (after: is above it). */
static size_t name_bound(const struct pvp_image *image, const char *name, bool after)
{
	size_t low = 0, high = image->nr_symbols;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(image->private->by_name[mid]->name, name);

		if (order < 0 || (after && order == 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct pvp_symbol *const *pvp_image_symbols_named(const struct pvp_image *image,
							const char *name, size_t *nr)
{
	size_t first = name_bound(image, name, false), end = name_bound(image, name, true);

	if (nr)
		*nr = end - first;
	return end > first ? image->private->by_name + first : NULL;
}

struct pvp_error *pvp_image_symbol(const struct pvp_image *image, const char *name, uint64_t *ret)
{
	size_t nr;
	const struct pvp_symbol *const *v = pvp_image_symbols_named(image, name, &nr);

	if (!image->nr_symbols)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "no symbol %s: the image has no symbols",
					name);
	if (!nr)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "no symbol %s", name);
	if (v[nr - 1]->addr != v[0]->addr)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"symbol %s has several addresses, %#" PRIx64
					" and %#" PRIx64 " among them",
					name, v[0]->addr, v[nr - 1]->addr);
	*ret = v[0]->addr;
	return NULL;
}

static size_t underscores(const struct pvp_symbol *symbol)
{
	return strspn(symbol->name, "_");
}

const struct pvp_symbol *pvp_image_symbol_at(const struct pvp_image *image, uint64_t addr)
{
	const struct pvp_section *section = pvp_image_section_at(image, addr);
	const struct pvp_symbol *best;
	size_t low = 0, high = image->nr_symbols;

	if (!section)
		return NULL;
	while (low < high) { /* low becomes the first symbol above addr */
		size_t mid = low + (high - low) / 2;

		if (image->symbols[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || image->symbols[low - 1].addr < section->addr)
		return NULL;
	best = &image->symbols[--low];
	while (low > 0 && image->symbols[low - 1].addr == best->addr) {
		low--;
		if (underscores(&image->symbols[low]) <= underscores(best))
			best = &image->symbols[low];
	}
	return best;
}

const char *pvp_image_describe(const struct pvp_image *image, uint64_t addr, char *buf, size_t len)
{
	const struct pvp_symbol *symbol = pvp_image_symbol_at(image, addr);

	if (!symbol)
		snprintf(buf, len, "%#" PRIx64, addr);
	else if (symbol->addr == addr)
		snprintf(buf, len, "%s", symbol->name);
	else
		snprintf(buf, len, "%s+%#" PRIx64, symbol->name, addr - symbol->addr);
	return buf;
}
