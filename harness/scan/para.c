// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <inttypes.h>

#include "alloc.h"

/*
 * Entry of .parainstructions: a pointer, then type and length, one byte each, then 16 bits of
 * clobbers, filled up to a multiple of the pointer's size.  Kernels that fill up in front of an
 * entry (5.10) leave the last one without.  Hand-written entries may lack the clobbers, too, which
 * the patcher does not read.  Source: struct paravirt_patch_site and _PVSITE,
 * asm/paravirt_types.h and asm/paravirt.h of Linux 5.10 and 6.1.
 */
#define TYPE(ptr_len)	  (ptr_len)
#define LEN(ptr_len)	  ((ptr_len) + 1)
#define CLOBBERS(ptr_len) ((ptr_len) + 2)
#define STRIDE(ptr_len)	  (2 * (ptr_len))

static struct pvp_error *read_entry(const struct pvp_image *image, const struct pvp_span *span,
				    size_t i, struct pvp_tables *tables)
{
	struct pvp_para_entry *entry = &tables->para[i];
	struct pvp_slot_call call;
	struct pvp_error *err;
	struct pvp_bytes text;
	uint64_t pv_ops;

	entry->entry = pvp_span_entry(span, i);
	entry->addr = pvp_span_uint(span, i, 0, image->ptr_len);
	entry->type = pvp_span_uint(span, i, TYPE(image->ptr_len), 1);
	entry->len = pvp_span_uint(span, i, LEN(image->ptr_len), 1);
	if (pvp_span_has(span, i, CLOBBERS(image->ptr_len), 2))
		entry->clobbers = pvp_span_uint(span, i, CLOBBERS(image->ptr_len), 2);
	if (!entry->len)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA, "site %#" PRIx64 " has length 0",
				      entry->addr);
	err = pvp_span_text(span, i, image, entry->addr, entry->len, "site");
	if (err)
		return err;
	text = (struct pvp_bytes){pvp_image_bytes(image, entry->addr, entry->len), entry->len};
	if (!text.data || !pvp_slot_call_decode(image->arch, entry->addr, &text, &call))
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "the %u bytes of site %#" PRIx64
				      " hold no call through a fixed pointer",
				      entry->len, entry->addr);
	entry->jmp = call.jmp;
	if (entry->type >= tables->nr_fields)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "type %u of site %#" PRIx64 " is none of pv_ops' %zu slots",
				      entry->type, entry->addr, tables->nr_fields);
	pv_ops = call.slot - (uint64_t)entry->type * image->ptr_len;
	if (!i)
		tables->pv_ops = pv_ops;
	if (pv_ops != tables->pv_ops)
		return pvp_span_error(span, i, PVP_ERR_BAD_DATA,
				      "site %#" PRIx64 " and type %u put pv_ops at %#" PRIx64
				      ", the entries before at %#" PRIx64,
				      entry->addr, entry->type, pv_ops, tables->pv_ops);
	return NULL;
}

struct pvp_error *pvp_read_para(const struct pvp_image *image, const struct pvp_layout *layout,
				struct pvp_tables *ret)
{
	struct pvp_span span;
	struct pvp_error *err;

	(void)layout;
	err = pvp_span_section_short(image, ".parainstructions", STRIDE(image->ptr_len),
				     LEN(image->ptr_len) + 1, &span);
	if (err)
		return err;
	ret->para = pvp_calloc(span.nr, sizeof(*ret->para));
	ret->nr_para = span.nr;
	for (size_t i = 0; i < span.nr; i++) {
		err = read_entry(image, &span, i, ret);
		if (err)
			return err;
	}
	return NULL;
}
