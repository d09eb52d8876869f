// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <stdlib.h>

#include "alloc.h"

// clang-format off
/*
 * Entries of __bug_table: the address of the trap, the file name (7.2: also the format of the
 * message in front of it), line, flags.  Addresses are rel32, or pointers in 32-bit kernels.
 * Source: struct bug_entry and BUGFLAG_WARNING, asm-generic/bug.h of Linux 5.10 to 7.2 with
 * CONFIG_DEBUG_BUGVERBOSE (and _DETAILED).
 */
static const struct bug_layout {
	unsigned stride, flags;
	bool relative;
} bug_layouts[] = {
	/* stride  flags  relative */
	{      12,    10, true  },
	{      12,    10, false },
	{      16,    14, true  },
};
// clang-format on

#define WARNING 1

static int by_addr(const void *a, const void *b)
{
	const struct pvp_bug_entry *l = a, *r = b;

	if (l->addr != r->addr)
		return l->addr < r->addr ? -1 : 1;
	return l->entry < r->entry ? -1 : l->entry > r->entry;
}

static uint64_t trap_at(const struct pvp_span *span, size_t i, const struct bug_layout *layout)
{
	return layout->relative ? pvp_span_rel32(span, i, 0) : pvp_span_uint(span, i, 0, 4);
}

/* The layout that divides the section and puts most traps into text; the first one if none does. */
static const struct bug_layout *choose_layout(const struct pvp_image *image)
{
	const struct bug_layout *best = &bug_layouts[0];
	double best_share = -1;

	for (size_t k = 0; k < ARRAY_SIZE(bug_layouts); k++) {
		const struct bug_layout *layout = &bug_layouts[k];
		struct pvp_span span;
		struct pvp_error *err;
		size_t nr = 0;

		err = pvp_span_section(image, "__bug_table", layout->stride, &span);
		if (err) {
			pvp_error_destroy(err);
			continue;
		}
		for (size_t i = 0; i < span.nr; i++)
			nr += pvp_image_is_text(image, trap_at(&span, i, layout), 2);
		if (span.nr && (double)nr / (double)span.nr > best_share) {
			best = layout;
			best_share = (double)nr / (double)span.nr;
		}
	}
	return best;
}

struct pvp_error *pvp_read_bugs(const struct pvp_image *image, const struct pvp_layout *layout,
				struct pvp_tables *ret)
{
	const struct bug_layout *bug = choose_layout(image);
	struct pvp_span span;
	struct pvp_error *err;

	(void)layout;
	err = pvp_span_section(image, "__bug_table", bug->stride, &span);
	if (err)
		return err;
	ret->bugs = pvp_calloc(span.nr, sizeof(*ret->bugs));
	ret->nr_bugs = span.nr;
	for (size_t i = 0; i < span.nr; i++) {
		struct pvp_bug_entry *entry = &ret->bugs[i];

		entry->addr = trap_at(&span, i, bug);
		entry->warn = pvp_span_uint(&span, i, bug->flags, 2) & WARNING;
		entry->entry = pvp_span_entry(&span, i);
		err = pvp_span_text(&span, i, image, entry->addr, 2, "ud2");
		if (err)
			return err;
	}
	if (ret->nr_bugs)
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
