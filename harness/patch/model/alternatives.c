// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <string.h>

#define CALL	  0xe8
#define JMP	  0xe9
#define JMP_SHORT 0xeb
#define NOP	  0x90

/* Only a replacement that is one 5-byte call or jmp is relocated. */
#define BRANCH_LEN 5

/*
 * recompute_jump(): a forward jmp becomes short where it can.  A backward one never does: the
 * kernel's test compares a masked byte with a negative number.
 */
static struct pvp_error *relocate_jmp(const struct pvp_model *model,
				      const struct pvp_alt_entry *alt, uint8_t *code)
{
	uint64_t target = alt->replacement + BRANCH_LEN + (int64_t)pvp_operand_s32(code + 1);
	int64_t distance = (int64_t)(target - alt->addr);

	if (distance >= 0 && distance - 2 <= 127) {
		code[0] = JMP_SHORT;
		code[1] = distance - 2;
		pvp_nops_fill(model->nops, code + 2, BRANCH_LEN - 2);
		return NULL;
	}
	return pvp_operand_branch(JMP, alt->addr, target, code);
}

static struct pvp_error *replace(struct pvp_model *model, const struct pvp_alt_entry *alt)
{
	uint8_t code[PVP_MAX_SITE];
	struct pvp_error *err = NULL;
	const uint8_t *from;

	if (alt->replacement_len) {
		/* Earlier passes may have changed it; .altinstr_replacement is executable. */
		from = pvp_text_bytes(&model->text, alt->replacement, alt->replacement_len);
		if (!from)
			from = pvp_image_bytes(model->image, alt->replacement,
					       alt->replacement_len);
		if (!from)
			return pvp_error_format(PVP_ERR_BAD_DATA, "replacement outside the image");
		memcpy(code, from, alt->replacement_len);
	}
	memset(code + alt->replacement_len, NOP, sizeof(code) - alt->replacement_len);
	if (alt->replacement_len == BRANCH_LEN && code[0] == CALL)
		err = pvp_operand_branch(
			CALL, alt->addr,
			alt->replacement + BRANCH_LEN + (int64_t)pvp_operand_s32(code + 1), code);
	else if (alt->replacement_len == BRANCH_LEN && (code[0] == JMP || code[0] == JMP_SHORT))
		err = relocate_jmp(model, alt, code);
	return err ? err
		   : pvp_text_write(&model->text, alt->addr, code,
				    alt->replacement_len > alt->len ? alt->replacement_len
								    : alt->len);
}

/* In place, over one site; the decoder may look past its end. */
static struct pvp_error *optimize_nops(struct pvp_model *model, uint64_t addr, size_t len)
{
	uint64_t avail = pvp_text_room(&model->text, addr);
	uint8_t code[PVP_MAX_SITE + 16], touched[PVP_MAX_SITE] = {0};
	struct pvp_error *err;

	if (avail < len)
		return pvp_error_format(PVP_ERR_BAD_DATA, "outside text");
	if (avail > len + 15)
		avail = len + 15;
	memcpy(code, pvp_text_bytes(&model->text, addr, avail), avail);
	err = pvp_nops_optimize(model->nops, model->decoder, code, len, avail, touched);
	for (size_t i = 0; !err && i < len; i++)
		if (touched[i])
			err = pvp_text_write(&model->text, addr + i, code + i, 1);
	return err;
}

/* apply_alternatives(): entry by entry; later ones overwrite earlier ones. */
struct pvp_error *pvp_pass_alternatives(struct pvp_model *model)
{
	for (size_t i = 0; i < model->tables->nr_alts; i++) {
		const struct pvp_alt_entry *alt = &model->tables->alts[i];
		struct pvp_error *err = NULL;

		if (pvp_model_feature(model, alt->feature) != alt->negated)
			err = replace(model, alt);
		if (!err)
			err = optimize_nops(model, alt->addr, alt->len);
		if (err)
			return pvp_model_where(err, ".altinstructions", alt->entry, alt->addr);
	}
	return NULL;
}
