// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <string.h>

#define CALL	 0xe8
#define CALL_LEN 5

/*
 * apply_paravirt(): NOPs for an operation that does nothing, else a direct call; an operation that
 * does not exist becomes a call to a function that traps.
 */
static struct pvp_error *patch(struct pvp_model *model, const struct pvp_para_entry *entry)
{
	const struct pvp_platform *platform = model->platform;
	uint8_t code[PVP_MAX_SITE];
	struct pvp_error *err;
	size_t used = 0;
	uint64_t func;

	if (entry->type >= platform->nr_pv_ops)
		return pvp_error_format(PVP_ERR_BAD_DATA, "the platform has no slot %u of pv_ops",
					entry->type);
	func = platform->pv_ops[entry->type];
	if (!func && !platform->null_target)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"%s is NULL and the image has no paravirt_BUG",
					model->tables->fields[entry->type].name);
	if (!func)
		func = platform->null_target;
	if (func != platform->nop_target) {
		if (entry->len < CALL_LEN)
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"a %u-byte call exceeds the %u-byte site", CALL_LEN,
						entry->len);
		err = pvp_operand_branch(CALL, entry->addr, func, code);
		if (err)
			return err;
		used = CALL_LEN;
	}
	pvp_nops_fill(code + used, entry->len - used);
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
