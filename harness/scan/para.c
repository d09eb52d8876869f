// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <inttypes.h>

#include "alloc.h"

/*
 * Entry of .parainstructions, 64-bit.  Source: struct paravirt_patch_site,
 * asm/paravirt_types.h of Linux 6.1.
 */
enum { STRIDE = 16, INSTR = 0, TYPE = 8, LEN = 9, CLOBBERS = 10 };

#define SLOT_LEN 8
#define CALL_LEN 6 /* ff 15 rel32: call *rel32(%rip) */

static struct pvp_error *read_entry(const struct pvp_image *image, const struct pvp_span *span,
				    size_t i, struct pvp_tables *tables)
{
	struct pvp_para_entry *entry = &tables->para[i];
	struct pvp_error *err;
	const uint8_t *text;
	struct pvp_bytes bytes;
	uint64_t pv_ops;
	int32_t rel;

	entry->entry = pvp_span_entry(span, i);
	entry->addr = pvp_span_uint(span, i, INSTR, 8);
	entry->type = pvp_span_uint(span, i, TYPE, 1);
	entry->len = pvp_span_uint(span, i, LEN, 1);
	entry->clobbers = pvp_span_uint(span, i, CLOBBERS, 2);
	if (entry->len < CALL_LEN)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "length %u of site %#" PRIx64 " is less than its call's %u",
				      entry->len, entry->addr, CALL_LEN);
	err = pvp_span_text(span, i, image, entry->addr, entry->len, "site");
	if (err)
		return err;
	text = pvp_image_bytes(image, entry->addr, entry->len);
	if (!text || text[0] != 0xff || text[1] != 0x15)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "site %#" PRIx64 " does not hold ff 15 rel32", entry->addr);
	if (entry->type >= tables->nr_fields)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "type %u of site %#" PRIx64 " is none of pv_ops' %zu slots",
				      entry->type, entry->addr, tables->nr_fields);
	bytes = (struct pvp_bytes){text, entry->len};
	if (!pvp_bytes_s32(&bytes, 2, &rel))
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA, "site %#" PRIx64 " is cut off",
				      entry->addr);
	pv_ops = entry->addr + CALL_LEN + (int64_t)rel - (uint64_t)entry->type * SLOT_LEN;
	if (!i)
		tables->pv_ops = pv_ops;
	if (pv_ops != tables->pv_ops)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "site %#" PRIx64 " and type %u put pv_ops at %#" PRIx64
				      ", the entries before at %#" PRIx64,
				      entry->addr, entry->type, pv_ops, tables->pv_ops);
	return NULL;
}

struct pvp_error *pvp_read_para(const struct pvp_image *image, struct pvp_tables *ret)
{
	struct pvp_span span;
	struct pvp_error *err;

	err = pvp_span_section(image, ".parainstructions", STRIDE, &span);
	if (err)
		return err;
	ret->para = pvp_calloc(span.nr, sizeof(*ret->para));
	ret->nr_para = span.nr;
	for (size_t i = 0; i < span.nr; i++) {
		err = read_entry(image, &span, i, ret);
		if (err)
			return err;
	}
	if (span.nr && !pvp_image_bytes(image, ret->pv_ops, ret->nr_fields * SLOT_LEN))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					".parainstructions: pv_ops would be at %#" PRIx64
					", where the file has no contents",
					ret->pv_ops);
	return NULL;
}
