// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <string.h>

/* endbr64, or endbr32: it differs in one bit, which the kernel does not look at. */
static bool is_endbr(const uint8_t *text)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e};

	return !memcmp(text, endbr64, sizeof(endbr64)) && (text[3] == 0xfa || text[3] == 0xfb);
}

/* apply_ibt_endbr(): an endbr64 that nothing jumps to indirectly becomes a NOP. */
struct pvp_error *pvp_pass_endbr(struct pvp_model *model)
{
	const struct pvp_tables *tables = model->tables;

	for (size_t i = 0; i < tables->nr_endbr_seals; i++) {
		const struct pvp_addr_entry *entry = &tables->endbr_seals[i];
		const uint8_t *text = pvp_text_bytes(&model->text, entry->addr, 4);
		struct pvp_error *err;

		if (!text || !is_endbr(text))
			continue; /* the kernel warns and leaves it */
		err = pvp_text_write(&model->text, entry->addr, model->rules->endbr_poison,
				     sizeof(model->rules->endbr_poison));
		if (err)
			return pvp_model_where(err, ".ibt_endbr_seal", entry->entry, entry->addr);
	}
	return NULL;
}
