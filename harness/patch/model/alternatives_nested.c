// SPDX-License-Identifier: GPL-2.0-only
/*
 * alternatives_nested.c - apply_alternatives() of 6.12 and 7.2.  Entries of one site follow each
 * other and may have several lengths, as nested alternatives make them: the longest is the site's.
 */
#include "passes.h"

#include <string.h>

#define CALL	 0xe8
#define CALL_LEN 5
#define NOP	 0x90
#define MAX_LEN	 254 /* MAX_PATCH_LEN: longer sites are a BUG */

static bool applies(const struct pvp_model *model, const struct pvp_alt_entry *alt)
{
	return pvp_model_feature(model, alt->feature) != alt->negated;
}

/* The entry behind those of alt's site; the site's length. */
static const struct pvp_alt_entry *end_of_site(const struct pvp_model *model,
					       const struct pvp_alt_entry *alt, size_t *len)
{
	const struct pvp_alt_entry *end = model->tables->alts + model->tables->nr_alts, *i;

	*len = 0;
	for (i = alt; i < end && i->addr == alt->addr; i++)
		if (i->len > *len)
			*len = i->len;
	return i;
}

static struct pvp_error *check_site(const struct pvp_model *model, uint64_t addr, size_t len)
{
	if (len > MAX_LEN)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"the kernel stops at a site of %zu bytes, over %u", len,
					MAX_LEN);
	if (!pvp_text_bytes(&model->text, addr, len))
		return pvp_error_format(PVP_ERR_BAD_DATA, "%zu bytes are not all text", len);
	if (pvp_text_is_symbolic(&model->text, addr, len))
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"the site has bytes that are known only at run time");
	return NULL;
}

/*
 * alt_replace_call(): the call of BUG_func in code is directed to what the slot has.  *used gets
 * the bytes of the call, 0 when there is nothing to call.  text: what the site has; len: as the
 * kernel compares it.
 */
static struct pvp_error *direct_call(const struct pvp_model *model, const struct pvp_alt_entry *alt,
				     const uint8_t *text, size_t len, uint8_t *code, size_t *used)
{
	const struct pvp_platform *platform = model->platform;
	const uint64_t bug = pvp_model_symbol(model, "BUG_func");
	const uint64_t nop = pvp_model_symbol(model, "nop_func");
	uint64_t func;
	uint32_t rel;

	if (alt->replacement_len != CALL_LEN || code[0] != CALL)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"direct call: the kernel stops at a replacement that is no "
					"call");
	if (len != 6 || text[0] != 0xff || text[1] != 0x15)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"direct call: the kernel stops at a site that is no call "
					"through a slot");
	if (!bug)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"direct call: the image has no symbol BUG_func");
	if (alt->slot >= platform->nr_pv_ops)
		return pvp_error_format(PVP_ERR_BAD_DATA, "the platform has no slot %u of pv_ops",
					alt->slot);
	func = platform->pv_ops[alt->slot];
	rel = (uint32_t)pvp_operand_s32(code + 1) + (uint32_t)((func ? func : bug) - bug);
	for (unsigned i = 0; i < 4; i++)
		code[1 + i] = rel >> (8 * i);
	*used = func && func == (nop ? nop : platform->nop_target) ? 0 : CALL_LEN;
	return NULL;
}

/*
 * The bytes of one entry for a site of len bytes, into code; its NOPs not merged yet.  call_len:
 * the site's length by which the kernel knows a direct call.
 */
static struct pvp_error *replacement(const struct pvp_model *model, const struct pvp_alt_entry *alt,
				     const uint8_t *text, size_t call_len, size_t len,
				     uint8_t *code)
{
	size_t used = alt->replacement_len;
	struct pvp_error *err = NULL;
	const uint8_t *from;

	if (used) {
		/* Earlier passes may have changed it; .altinstr_replacement is executable. */
		from = pvp_text_bytes(&model->text, alt->replacement, used);
		if (!from)
			from = pvp_image_bytes(model->image, alt->replacement, used);
		if (!from)
			return pvp_error_format(PVP_ERR_BAD_DATA, "replacement outside the image");
		if (pvp_text_is_symbolic(&model->text, alt->replacement, used))
			return pvp_error_format(PVP_ERR_UNSUPPORTED,
						"the replacement has bytes that are known only at "
						"run time");
		memcpy(code, from, used);
	}
	if (alt->direct_call)
		err = direct_call(model, alt, text, call_len, code, &used);
	if (err)
		return err;
	memset(code + used, NOP, len - used);
	return pvp_relocate(model->decoder, code, len, alt->replacement_len,
			    (int64_t)(alt->replacement - alt->addr));
}

/* alt may be NULL: only the NOPs of what is there are merged. */
static struct pvp_error *write_site(struct pvp_model *model, uint64_t addr, size_t len,
				    const struct pvp_alt_entry *alt, size_t call_len)
{
	struct pvp_error *err = check_site(model, addr, len);
	uint8_t code[PVP_MAX_SITE];
	const uint8_t *text;

	if (err)
		return err;
	text = pvp_text_bytes(&model->text, addr, len);
	if (alt)
		err = replacement(model, alt, text, call_len, len, code);
	else
		memcpy(code, text, len);
	if (!err)
		err = pvp_nops_merge(model, code, len);
	return err ? err : pvp_text_write(&model->text, addr, code, len);
}

struct pvp_error *pvp_pass_alternatives_each(struct pvp_model *model)
{
	const struct pvp_alt_entry *alt = model->tables->alts, *end;
	const struct pvp_alt_entry *last = alt + model->tables->nr_alts;
	size_t len;

	for (; alt < last; alt = end) {
		end = end_of_site(model, alt, &len);
		for (const struct pvp_alt_entry *i = alt; i < end; i++) {
			struct pvp_error *err =
				write_site(model, i->addr, len, applies(model, i) ? i : NULL, len);

			if (err)
				return pvp_model_where(err, ".altinstructions", i->entry, i->addr);
		}
	}
	return NULL;
}

struct pvp_error *pvp_pass_alternatives_last(struct pvp_model *model)
{
	const struct pvp_alt_entry *alt = model->tables->alts, *end;
	const struct pvp_alt_entry *last = alt + model->tables->nr_alts;
	size_t len;

	for (; alt < last; alt = end) {
		const struct pvp_alt_entry *chosen = NULL;
		struct pvp_error *err;

		end = end_of_site(model, alt, &len);
		for (const struct pvp_alt_entry *i = alt; i < end; i++)
			if (applies(model, i))
				chosen = i;
		err = write_site(model, alt->addr, len, chosen, chosen ? chosen->len : 0);
		if (err)
			return pvp_model_where(err, ".altinstructions",
					       (chosen ? chosen : alt)->entry, alt->addr);
	}
	return NULL;
}
