// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <string.h>

/* apply_ibt_endbr(): an endbr64 that nothing jumps to indirectly becomes a NOP that is none. */
struct pvp_error *pvp_pass_endbr(struct pvp_model *model)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	const struct pvp_tables *tables = model->tables;

	for (size_t i = 0; i < tables->nr_endbr_seals; i++) {
		const struct pvp_addr_entry *entry = &tables->endbr_seals[i];
		const uint8_t *text = pvp_text_bytes(&model->text, entry->addr, sizeof(endbr64));
		struct pvp_error *err;

		if (!text || memcmp(text, endbr64, sizeof(endbr64)))
			continue; /* the kernel warns and leaves it */
		err = pvp_text_write(&model->text, entry->addr, model->rules->endbr_poison,
				     sizeof(model->rules->endbr_poison));
		if (err)
			return pvp_model_where(err, ".ibt_endbr_seal", entry->entry, entry->addr);
	}
	return NULL;
}
