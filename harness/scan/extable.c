// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <stdlib.h>

#include "alloc.h"

/*
 * Entry of __ex_table: rel32 instruction, rel32 fixup, data.  Source: struct exception_table_entry,
 * asm/extable.h of Linux 6.1.
 */
enum { STRIDE = 12, INSN = 0, FIXUP = 4, DATA = 8 };

static int by_addr(const void *a, const void *b)
{
	const struct pvp_ex_entry *l = a, *r = b;

	if (l->addr != r->addr)
		return l->addr < r->addr ? -1 : 1;
	return l->entry < r->entry ? -1 : l->entry > r->entry;
}

struct pvp_error *pvp_read_extable(const struct pvp_image *image, const struct pvp_layout *layout,
				   struct pvp_tables *ret)
{
	struct pvp_span span;
	struct pvp_error *err;

	(void)layout;
	err = pvp_span_section(image, "__ex_table", STRIDE, &span);
	if (err)
		return err;
	ret->extable = pvp_calloc(span.nr, sizeof(*ret->extable));
	ret->nr_extable = span.nr;
	for (size_t i = 0; i < span.nr; i++) {
		struct pvp_ex_entry *entry = &ret->extable[i];

		entry->addr = pvp_span_rel32(&span, i, INSN);
		entry->fixup = pvp_span_rel32(&span, i, FIXUP);
		entry->data = pvp_span_uint(&span, i, DATA, 4);
		entry->entry = pvp_span_entry(&span, i);
		err = pvp_span_text(&span, i, image, entry->addr, 1, "instruction");
		if (!err)
			err = pvp_span_text(&span, i, image, entry->fixup, 1, "fixup");
		if (err)
			return err;
	}
	qsort(ret->extable, ret->nr_extable, sizeof(*ret->extable), by_addr);
	return NULL;
}

const struct pvp_ex_entry *pvp_tables_ex_at(const struct pvp_tables *tables, uint64_t addr)
{
	size_t low = 0, high = tables->nr_extable;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (tables->extable[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < tables->nr_extable && tables->extable[low].addr == addr ? &tables->extable[low]
									     : NULL;
}
