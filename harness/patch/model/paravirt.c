// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <string.h>

#define CALL	 0xe8
#define CALL_LEN 5
#define MAX_LEN	 254 /* MAX_PATCH_LEN: longer sites are a BUG */

struct pvp_error *pvp_paravirt_slot(const struct pvp_model *model, unsigned slot, uint64_t *ret)
{
	if (slot >= model->platform->nr_pv_ops)
		return pvp_error_format(PVP_ERR_BAD_DATA, "the platform has no slot %u of pv_ops",
					slot);
	*ret = model->platform->pv_ops[slot];
	return NULL;
}

/*
 * paravirt_patch(): nothing for an operation that does nothing, else a direct call; an operation
 * that does not exist becomes a call to a function that traps.
 */
struct pvp_error *pvp_paravirt_call(struct pvp_model *model, const struct pvp_para_entry *entry,
				    uint8_t *code, size_t *used)
{
	const struct pvp_platform *platform = model->platform;
	struct pvp_error *err;
	uint64_t func = 0;

	*used = 0;
	err = pvp_paravirt_slot(model, entry->type, &func);
	if (err)
		return err;
	if (!func && !platform->null_target)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"%s is NULL and the image has no paravirt_BUG",
					model->tables->fields[entry->type].name);
	if (!func)
		func = platform->null_target;
	if (func == platform->nop_target)
		return NULL;
	if (entry->len < CALL_LEN)
		return pvp_error_format(PVP_ERR_BAD_DATA, "a %u-byte call exceeds the %u-byte site",
					CALL_LEN, entry->len);
	*used = CALL_LEN;
	return pvp_operand_branch(CALL, entry->addr, func, code);
}

/* apply_paravirt() */
static struct pvp_error *patch(struct pvp_model *model, const struct pvp_para_entry *entry)
{
	const uint8_t *text = pvp_text_bytes(&model->text, entry->addr, entry->len);
	uint8_t code[PVP_MAX_SITE];
	struct pvp_error *err;
	size_t used;

	if (!text)
		return pvp_error_format(PVP_ERR_BAD_DATA, "outside text");
	if (entry->len > MAX_LEN)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"the kernel stops at a site of %u bytes, over %u",
					entry->len, MAX_LEN);
	memcpy(code, text, entry->len);
	err = model->rules->paravirt(model, entry, code, &used);
	if (err)
		return err;
	pvp_nops_fill(model->nops, code + used, entry->len - used);
	return pvp_text_write(&model->text, entry->addr, code, entry->len);
}

struct pvp_error *pvp_pass_paravirt(struct pvp_model *model)
{
	for (size_t i = 0; i < model->tables->nr_para; i++) {
		const struct pvp_para_entry *entry = &model->tables->para[i];
		struct pvp_error *err = patch(model, entry);

		if (err)
			return pvp_model_where(err, ".parainstructions", entry->entry, entry->addr);
	}
	return NULL;
}
