// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <inttypes.h>

#include "alloc.h"

// clang-format off
/*
 * Entries of .altinstructions, packed: rel32 site, rel32 replacement, then by layout the feature
 * (16 bits), flags (16 bits; in the short form bit 15 of the feature is the only one), and the two
 * lengths, one byte each.  Source: struct alt_instr, asm/alternative.h of Linux 5.10 to 7.2.
 */
enum { INSTR = 0, REPLACEMENT = 4, FEATURE = 8 };
static const struct alt_layout {
	unsigned stride, len, replacement_len;
	unsigned flags; /* 0: none, but bit 15 of the feature */
	bool outgrows;	/* a replacement longer than its site is written whole */
} alt_layouts[] = {
	/* stride  len  replacement_len  flags  outgrows */
	{      12,  10,              11,     0,     true },
	{      14,  12,              13,    10,    false },
};
// clang-format on

#define NEGATED	    0x8000 /* in the short form's feature */
#define FLAG_NOT    1
#define FLAG_CALL   2
/*
 * NCAPINTS + NBUGINTS words: 24 in most kernels, 25 in Debian's 5.10.262.  A platform states 24 of
 * them; features beyond are not there.  What asks for one beyond 32 words is no table of features.
 */
#define NR_FEATURES (32 * 32)

/* A direct call's site calls through a slot, and its replacement is a call. */
static struct pvp_error *read_direct_call(const struct pvp_image *image,
					  const struct pvp_span *span, size_t i,
					  const struct pvp_tables *tables,
					  struct pvp_alt_entry *entry)
{
	const struct pvp_bytes text = {pvp_image_bytes(image, entry->addr, entry->len), entry->len};
	struct pvp_slot_call call;

	if (!text.data || !pvp_slot_call_decode(image->arch, entry->addr, &text, &call) ||
	    call.jmp || call.len != entry->len)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "direct call: the %u bytes of site %#" PRIx64
				      " hold no call through a fixed pointer",
				      entry->len, entry->addr);
	entry->slot = pvp_tables_field_at(tables, call.slot);
	if (entry->slot == tables->nr_fields)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "direct call: site %#" PRIx64 " calls through %#" PRIx64
				      ", which is no slot of pv_ops",
				      entry->addr, call.slot);
	return NULL;
}

static struct pvp_error *read_entry(const struct pvp_image *image, const struct pvp_span *span,
				    size_t i, const struct alt_layout *layout,
				    const struct pvp_tables *tables, struct pvp_alt_entry *entry)
{
	unsigned feature = pvp_span_uint(span, i, FEATURE, 2);
	unsigned flags = layout->flags ? pvp_span_uint(span, i, layout->flags, 2) : 0;
	struct pvp_error *err;

	*entry = (struct pvp_alt_entry){
		.addr = pvp_span_rel32(span, i, INSTR),
		.replacement = pvp_span_rel32(span, i, REPLACEMENT),
		.feature = layout->flags ? feature : feature & ~NEGATED,
		.negated = layout->flags ? flags & FLAG_NOT : feature & NEGATED,
		.direct_call = flags & FLAG_CALL,
		.len = pvp_span_uint(span, i, layout->len, 1),
		.replacement_len = pvp_span_uint(span, i, layout->replacement_len, 1),
		.entry = pvp_span_entry(span, i),
	};
	err = pvp_span_text(span, i, image, entry->addr, entry->len ? entry->len : 1, "site");
	if (err)
		return err;
	if (flags & ~(unsigned)(FLAG_NOT | FLAG_CALL))
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "site %#" PRIx64 " has flags %#x that are not known",
				      entry->addr, flags);
	if (entry->replacement_len > entry->len && !layout->outgrows)
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
	return entry->direct_call ? read_direct_call(image, span, i, tables, entry) : NULL;
}

struct pvp_error *pvp_read_alternatives(const struct pvp_image *image,
					const struct pvp_layout *layout, struct pvp_tables *ret)
{
	const struct alt_layout *alt = alt_layouts;
	struct pvp_span span;
	struct pvp_error *err;

	while (alt->stride != layout->alt_stride)
		if (++alt == alt_layouts + ARRAY_SIZE(alt_layouts))
			return pvp_error_format(PVP_ERR_UNSUPPORTED,
						".altinstructions: %u-byte entries",
						layout->alt_stride);
	err = pvp_span_section(image, ".altinstructions", alt->stride, &span);
	if (err)
		return err;
	ret->alts = pvp_calloc(span.nr, sizeof(*ret->alts));
	ret->nr_alts = span.nr;
	for (size_t i = 0; i < span.nr; i++) {
		err = read_entry(image, &span, i, alt, ret, &ret->alts[i]);
		if (err)
			return err;
	}
	return NULL;
}
