// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#define LOCK 0xf0
#define DS   0x3e

/* On one CPU a lock prefix becomes an empty segment prefix; init text is left alone. */
struct pvp_error *pvp_pass_smp_locks(struct pvp_model *model)
{
	static const uint8_t ds = DS;
	const struct pvp_tables *tables = model->tables;

	if (model->platform->cpus != 1)
		return NULL;
	for (size_t i = 0; i < tables->nr_smp_locks; i++) {
		const struct pvp_addr_entry *entry = &tables->smp_locks[i];
		const uint8_t *text = pvp_text_bytes(&model->text, entry->addr, 1);
		struct pvp_error *err;

		/* A lock behind another prefix is not at the entry's byte: it stays. */
		if (!pvp_model_is_core(model, entry->addr) || !text || *text != LOCK)
			continue;
		err = pvp_text_write(&model->text, entry->addr, &ds, 1);
		if (err)
			return pvp_model_where(err, ".smp_locks", entry->entry, entry->addr);
	}
	return NULL;
}
