// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#define JMP  0xe9
#define RET  0xc3
#define INT3 0xcc

bool pvp_wants_return_thunk(const struct pvp_model *model, uint64_t addr)
{
	const uint64_t its = model->its_return_thunk;

	if (!pvp_model_feature(model, model->rules->rethunk))
		return false;
	return !its || model->platform->return_thunk != its || !(addr & 0x20);
}

static struct pvp_error *patch(struct pvp_model *model, uint64_t addr, uint64_t linked_thunk)
{
	const uint8_t *text = pvp_text_bytes(&model->text, addr, 5);
	uint8_t code[5] = {RET, INT3, INT3, INT3, INT3};
	bool to_thunk, wanted;

	if (!text)
		return pvp_error_format(PVP_ERR_BAD_DATA, "outside text");
	to_thunk = text[0] == JMP && addr + 5 + (int64_t)pvp_operand_s32(text + 1) == linked_thunk;
	wanted = pvp_wants_return_thunk(model, addr);
	if (wanted && !model->platform->return_thunk)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"feature RETHUNK, but the platform names no return thunk");
	if (pvp_is_trampoline(model, addr)) {
		if (text[0] != RET && !to_thunk)
			return NULL;
		return pvp_static_call_transform(model, addr, 0, true, true);
	}
	if (!to_thunk) /* the kernel warns and leaves it */
		return NULL;
	if (wanted) {
		struct pvp_error *err =
			pvp_operand_branch(JMP, addr, model->platform->return_thunk, code);

		if (err)
			return err;
	}
	return pvp_text_write(&model->text, addr, code, sizeof(code));
}

/* apply_returns(): each jump to the return thunk of the file becomes a return or goes elsewhere. */
struct pvp_error *pvp_pass_returns(struct pvp_model *model)
{
	const struct pvp_tables *tables = model->tables;
	uint64_t linked_thunk;

	if (!tables->nr_returns)
		return NULL;
	linked_thunk = pvp_model_symbol(model, "__x86_return_thunk");
	if (!linked_thunk)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					".return_sites: the image has no symbol "
					"__x86_return_thunk");
	for (size_t i = 0; i < tables->nr_returns; i++) {
		const struct pvp_addr_entry *entry = &tables->returns[i];
		struct pvp_error *err = patch(model, entry->addr, linked_thunk);

		if (err)
			return pvp_model_where(err, ".return_sites", entry->entry, entry->addr);
	}
	return NULL;
}
