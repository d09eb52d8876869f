// SPDX-License-Identifier: GPL-2.0-only
#include "accounting.h"

#include <string.h>

/*
 * The pad: sarq $5, %gs:word(%rip), moved from the template's place to its own.
 *
 *	65 48 c1 3d  dd dd dd dd  05
 *
 * Source: skl_call_thunk_template, arch/x86/kernel/callthunks.c of 6.12 and 7.2; Debian's images.
 */
static const uint8_t opcode[] = {0x65, 0x48, 0xc1, 0x3d};

#define DISP_AT 4

static uint32_t disp_of(const uint8_t *text)
{
	uint32_t disp;

	memcpy(&disp, text + DISP_AT, sizeof(disp));
	return disp;
}

void pvp_accounting_init(struct pvp_accounting *accounting, const struct pvp_image *image)
{
	const struct pvp_symbol *const *symbol;
	const uint8_t *bytes;

	memset(accounting, 0, sizeof(*accounting));
	symbol = pvp_image_symbols_named(image, "skl_call_thunk_template", NULL);
	bytes = symbol ? pvp_image_bytes(image, symbol[0]->addr, PVP_PAD_LEN) : NULL;
	if (!bytes || memcmp(bytes, opcode, sizeof(opcode)))
		return;
	accounting->template = symbol[0]->addr;
	memcpy(accounting->bytes, bytes, PVP_PAD_LEN);
	accounting->word =
		accounting->template + PVP_PAD_LEN + (uint64_t)(int64_t)(int32_t)disp_of(bytes);
	accounting->word = pvp_image_on_cpu0(image, accounting->word);
}

bool pvp_accounting_is_pad(const struct pvp_accounting *accounting, uint64_t addr,
			   const uint8_t *text)
{
	uint32_t moved = disp_of(accounting->bytes) + (uint32_t)(accounting->template - addr);

	return accounting->template && text && !memcmp(text, accounting->bytes, DISP_AT) &&
	       disp_of(text) == moved &&
	       text[PVP_PAD_LEN - 1] == accounting->bytes[PVP_PAD_LEN - 1];
}

bool pvp_accounting_is_word(const struct pvp_accounting *accounting, uint64_t addr, unsigned size)
{
	return accounting->template && addr - accounting->word < 8 &&
	       size <= 8 - (addr - accounting->word);
}
