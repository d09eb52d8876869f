// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <stdlib.h>

#include "alloc.h"

/*
 * Entry of __bug_table: rel32 address, rel32 file name, line, flags.  Source: struct bug_entry and
 * BUGFLAG_WARNING, asm-generic/bug.h of Linux 6.1 with CONFIG_DEBUG_BUGVERBOSE.
 */
enum { STRIDE = 12, ADDR = 0, FLAGS = 10 };

#define WARNING 1

static int by_addr(const void *a, const void *b)
{
	const struct pvp_bug_entry *l = a, *r = b;

	if (l->addr != r->addr)
		return l->addr < r->addr ? -1 : 1;
	return l->entry < r->entry ? -1 : l->entry > r->entry;
}

struct pvp_error *pvp_read_bugs(const struct pvp_image *image, struct pvp_tables *ret)
{
	struct pvp_span span;
	struct pvp_error *err;

	err = pvp_span_section(image, "__bug_table", STRIDE, &span);
	if (err)
		return err;
	ret->bugs = pvp_calloc(span.nr, sizeof(*ret->bugs));
	ret->nr_bugs = span.nr;
	for (size_t i = 0; i < span.nr; i++) {
		struct pvp_bug_entry *entry = &ret->bugs[i];

		entry->addr = pvp_span_rel32(&span, i, ADDR);
		entry->warn = pvp_span_uint(&span, i, FLAGS, 2) & WARNING;
		entry->entry = pvp_span_entry(&span, i);
		err = pvp_span_text(&span, i, image, entry->addr, 2, "ud2");
		if (err)
			return err;
	}
	qsort(ret->bugs, ret->nr_bugs, sizeof(*ret->bugs), by_addr);
	return NULL;
}

const struct pvp_bug_entry *pvp_tables_bug_at(const struct pvp_tables *tables, uint64_t addr)
{
	size_t low = 0, high = tables->nr_bugs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (tables->bugs[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < tables->nr_bugs && tables->bugs[low].addr == addr ? &tables->bugs[low] : NULL;
}
