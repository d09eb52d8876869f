// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <inttypes.h>

int32_t pvp_operand_s32(const uint8_t *bytes)
{
	return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
			 (uint32_t)bytes[3] << 24);
}

struct pvp_error *pvp_operand_branch(uint8_t opcode, uint64_t addr, uint64_t target, uint8_t *ret)
{
	int64_t rel = (int64_t)(target - (addr + 5));

	if (rel != (int32_t)rel)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%#" PRIx64 " is out of reach of a branch at %#" PRIx64,
					target, addr);
	ret[0] = opcode;
	for (unsigned i = 0; i < 4; i++)
		ret[1 + i] = (uint32_t)rel >> (8 * i);
	return NULL;
}

uint64_t pvp_model_symbol(const struct pvp_model *model, const char *name)
{
	const struct pvp_symbol *const *found;
	size_t nr;

	found = pvp_image_symbols_named(model->image, name, &nr);
	for (size_t i = 1; i < nr; i++)
		if (found[i]->addr != found[0]->addr)
			return 0;
	return nr ? found[0]->addr : 0;
}

bool pvp_model_is_core(const struct pvp_model *model, uint64_t addr)
{
	return addr >= model->core_start && addr < model->core_end;
}

bool pvp_model_feature(const struct pvp_model *model, unsigned feature)
{
	return feature < PVP_CAP_WORDS * 32 &&
	       model->platform->caps[feature / 32] >> (feature % 32) & 1;
}

struct pvp_error *pvp_model_where(struct pvp_error *err, const char *table, uint64_t entry,
				  uint64_t addr)
{
	return pvp_error_context(err, "%s entry at %#" PRIx64 ", site %#" PRIx64, table, entry,
				 addr);
}
