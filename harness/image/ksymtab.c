// SPDX-License-Identifier: GPL-2.0-only
/*
 * ksymtab.c - the symbols that a kernel exports to its modules.  They name data where the kernel's
 * own symbol tables hold functions only (Debian's i386: CONFIG_KALLSYMS_ALL is off).
 */
#include "private.h"

#include <stdlib.h>

#include "alloc.h"

/*
 * Entry: three 32-bit words, each relative to its own address: value, name, name space.
 * Source: struct kernel_symbol, include/linux/export.h of Linux 5.10 and 6.1 with
 * CONFIG_HAVE_ARCH_PREL32_RELOCATIONS; measured on Debian's i386 kernels.
 */
enum { STRIDE = 12, VALUE = 0, NAME = 4 };

static const char *const tables[] = {"__ksymtab", "__ksymtab_gpl"};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The word's own address plus what it holds, as far as addresses go. */
static uint64_t target(const struct pvp_image *image, const struct pvp_section *table, uint64_t off)
{
	const struct pvp_bytes bytes = {table->data, table->len};
	int32_t rel = 0;
	uint64_t addr;

	pvp_bytes_s32(&bytes, off, &rel);
	addr = table->addr + off + (int64_t)rel;
	return image->ptr_len == 4 ? addr & UINT32_MAX : addr;
}

/* The string at addr, NUL and all in the strings' section; NULL: it is none. */
static const char *string_at(const struct pvp_section *strings, uint64_t addr)
{
	const uint64_t off = addr - strings->addr;

	if (off >= strings->len || !memchr(strings->data + off, 0, strings->len - off))
		return NULL;
	if (!strings->data[off] || !pvp_symbols_name_ok((const char *)strings->data + off))
		return NULL;
	return (const char *)strings->data + off;
}

/* Whether every entry has a name: else it is another layout, and nothing is taken from it. */
static bool fits(const struct pvp_image *image, const struct pvp_section *table,
		 const struct pvp_section *strings)
{
	if (!table || !table->data || !strings || !strings->data || table->len % STRIDE)
		return false;
	for (uint64_t off = 0; off < table->len; off += STRIDE)
		if (!string_at(strings, target(image, table, off + NAME)))
			return false;
	return true;
}

void pvp_ksymtab_read(const struct pvp_image *image, struct pvp_symbols *symbols)
{
	const struct pvp_section *strings = pvp_image_section(image, "__ksymtab_strings");
	const size_t nr_known = symbols->nr;
	const char **known = pvp_calloc(nr_known + 1, sizeof(*known));

	for (size_t i = 0; i < nr_known; i++)
		known[i] = symbols->v[i].name;
	qsort(known, nr_known, sizeof(*known), compare_names);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct pvp_section *table = pvp_image_section(image, tables[i]);

		if (!fits(image, table, strings))
			continue;
		for (uint64_t off = 0; off < table->len; off += STRIDE) {
			const char *name = string_at(strings, target(image, table, off + NAME));
			const uint64_t addr = target(image, table, off + VALUE);
			const struct pvp_section *section = pvp_image_section_at(image, addr);

			if (!section ||
			    bsearch(&name, known, nr_known, sizeof(*known), compare_names))
				continue;
			*pvp_push(&symbols->v, &symbols->nr, &symbols->cap) = (struct pvp_symbol){
				.name = name,
				.addr = addr,
				.type = section->exec ? 'T' : 'D',
			};
		}
	}
	if (symbols->nr != nr_known)
		symbols->source = nr_known ? "kallsyms+ksymtab" : "ksymtab";
	free(known);
}
