// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <inttypes.h>

#include "alloc.h"

/*
 * Entry of .altinstructions, 12 bytes, packed; both rel32.  Source: struct alt_instr,
 * asm/alternative.h of Linux 6.1.
 */
enum { STRIDE = 12, INSTR = 0, REPLACEMENT = 4, FEATURE = 8, LEN = 10, REPLACEMENT_LEN = 11 };

#define NEGATED	    0x8000
#define NR_FEATURES ((22 + 2) * 32) /* NCAPINTS + NBUGINTS words */

static struct pvp_error *read_entry(const struct pvp_image *image, const struct pvp_span *span,
				    size_t i, struct pvp_alt_entry *entry)
{
	unsigned feature = pvp_span_uint(span, i, FEATURE, 2);
	struct pvp_error *err;

	*entry = (struct pvp_alt_entry){
		.addr = pvp_span_rel32(span, i, INSTR),
		.replacement = pvp_span_rel32(span, i, REPLACEMENT),
		.feature = feature & ~NEGATED,
		.negated = feature & NEGATED,
		.len = pvp_span_uint(span, i, LEN, 1),
		.replacement_len = pvp_span_uint(span, i, REPLACEMENT_LEN, 1),
		.entry = pvp_span_entry(span, i),
	};
	err = pvp_span_text(span, i, image, entry->addr, entry->len ? entry->len : 1, "site");
	if (err)
		return err;
	if (entry->replacement_len > entry->len)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "%u-byte replacement exceeds %u-byte site %#" PRIx64,
				      entry->replacement_len, entry->len, entry->addr);
	/* An empty replacement's pointer may equal the end of its section. */
	if (entry->replacement_len &&
	    !pvp_image_bytes(image, entry->replacement, entry->replacement_len))
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "replacement %#" PRIx64 " of site %#" PRIx64
				      " lies outside the image",
				      entry->replacement, entry->addr);
	if (entry->feature >= NR_FEATURES)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "site %#" PRIx64 " asks for feature %u, the last is %u",
				      entry->addr, entry->feature, NR_FEATURES - 1);
	return NULL;
}

struct pvp_error *pvp_read_alternatives(const struct pvp_image *image, struct pvp_tables *ret)
{
	struct pvp_span span;
	struct pvp_error *err;

	err = pvp_span_section(image, ".altinstructions", STRIDE, &span);
	if (err)
		return err;
	ret->alts = pvp_calloc(span.nr, sizeof(*ret->alts));
	ret->nr_alts = span.nr;
	for (size_t i = 0; i < span.nr; i++) {
		err = read_entry(image, &span, i, &ret->alts[i]);
		if (err)
			return err;
	}
	return NULL;
}
