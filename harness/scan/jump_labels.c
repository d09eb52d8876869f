// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include "alloc.h"

/*
 * Entry of __jump_table: rel32 code, rel32 target, key relative to its own field with two flags in
 * its low bits: a word, so that an entry has 16 bytes, on i386 12.  Source: struct jump_entry,
 * linux/jump_label.h of Linux 6.1.
 */
enum { CODE = 0, TARGET = 4, KEY = 8 };

#define BRANCH_DEFAULT 1
#define INIT	       2

struct pvp_error *pvp_read_jump_labels(const struct pvp_image *image,
				       const struct pvp_layout *layout, struct pvp_tables *ret)
{
	struct pvp_span span;
	struct pvp_error *err;

	(void)layout;
	err = pvp_span_symbols(image, "__start___jump_table", "__stop___jump_table",
			       KEY + image->ptr_len, &span);
	if (err)
		return err;
	ret->jumps = pvp_calloc(span.nr, sizeof(*ret->jumps));
	ret->nr_jumps = span.nr;
	for (size_t i = 0; i < span.nr; i++) {
		struct pvp_jump_entry *entry = &ret->jumps[i];
		uint64_t key = pvp_span_uint(&span, i, KEY, image->ptr_len);

		entry->addr = pvp_span_rel32(&span, i, CODE);
		entry->target = pvp_span_rel32(&span, i, TARGET);
		entry->key = pvp_span_entry(&span, i) + KEY + (key & ~(uint64_t)3);
		if (image->ptr_len == 4)
			entry->key &= UINT32_MAX;
		entry->branch_default = key & BRANCH_DEFAULT;
		entry->init = key & INIT;
		entry->entry = pvp_span_entry(&span, i);
		err = pvp_span_text(&span, i, image, entry->addr, 2, "code");
		if (!err)
			err = pvp_span_text(&span, i, image, entry->target, 1, "target");
		if (err)
			return err;
	}
	return NULL;
}
