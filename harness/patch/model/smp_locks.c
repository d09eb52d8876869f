// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#define LOCK 0xf0
#define DS   0x3e

/* Where core text is: between two symbols, or the section of that name. */
static void core_text(const struct pvp_model *model, uint64_t *start, uint64_t *end)
{
	const struct pvp_section *section = pvp_image_section(model->image, ".text");

	*start = pvp_model_symbol(model, "_text");
	*end = pvp_model_symbol(model, "_etext");
	if ((*start && *end) || !section)
		return;
	*start = section->addr;
	*end = section->addr + section->len;
}

/* On one CPU a lock prefix becomes an empty segment prefix; init text is left alone. */
struct pvp_error *pvp_pass_smp_locks(struct pvp_model *model)
{
	static const uint8_t ds = DS;
	const struct pvp_tables *tables = model->tables;
	uint64_t start, end;

	if (model->platform->cpus != 1)
		return NULL;
	core_text(model, &start, &end);
	for (size_t i = 0; i < tables->nr_smp_locks; i++) {
		const struct pvp_addr_entry *entry = &tables->smp_locks[i];
		const uint8_t *text = pvp_text_bytes(&model->text, entry->addr, 1);
		struct pvp_error *err;

		if (entry->addr < start || entry->addr >= end || !text || *text != LOCK)
			continue;
		err = pvp_text_write(&model->text, entry->addr, &ds, 1);
		if (err)
			return pvp_model_where(err, ".smp_locks", entry->entry, entry->addr);
	}
	return NULL;
}
