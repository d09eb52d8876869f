// SPDX-License-Identifier: GPL-2.0-only
/*
 * slots.c - the slots that pv sites call through: the pointers of pv_ops, and of pv_ops_lock where
 * the lock operations have a table of their own.
 */
#include "readers.h"

#include <inttypes.h>
#include <string.h>

#include "alloc.h"

// clang-format off
/* Calls and jumps through a pointer at a fixed place.
 * Source: Intel SDM 2A, CALL, JMP (ff /2, ff /4) and 2.1.5; 2.2.1.6 for rip. */
static const struct form {
	enum pvp_arch arch;
	uint8_t opcode[3], nr_opcode;
	bool relative; /* the 32 bits count from the instruction's end; else they are the address */
	bool jmp;
} slot_forms[] = {
	/* arch            opcode                nr  relative  jmp */
	{ PVP_ARCH_AMD64, { 0xff, 0x14, 0x25 },  3,  false,    false }, /* call *abs32 */
	{ PVP_ARCH_AMD64, { 0xff, 0x15 },        2,  true,     false }, /* call *rel32(%rip) */
	{ PVP_ARCH_AMD64, { 0xff, 0x24, 0x25 },  3,  false,    true  }, /* jmp *abs32 */
	{ PVP_ARCH_AMD64, { 0xff, 0x25 },        2,  true,     true  }, /* jmp *rel32(%rip) */
	{ PVP_ARCH_I386,  { 0xff, 0x15 },        2,  false,    false }, /* call *abs32 */
	{ PVP_ARCH_I386,  { 0xff, 0x25 },        2,  false,    true  }, /* jmp *abs32 */
};
// clang-format on

bool pvp_slot_call_decode(enum pvp_arch arch, uint64_t addr, const struct pvp_bytes *text,
			  struct pvp_slot_call *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(slot_forms); i++) {
		const struct form *form = &slot_forms[i];
		int32_t disp;

		if (form->arch != arch || text->len < form->nr_opcode ||
		    memcmp(text->data, form->opcode, form->nr_opcode) ||
		    !pvp_bytes_s32(text, form->nr_opcode, &disp))
			continue;
		ret->len = form->nr_opcode + 4;
		ret->jmp = form->jmp;
		ret->slot = (uint64_t)(int64_t)disp; /* sign-extended, as the processor does */
		if (form->relative)
			ret->slot += addr + ret->len;
		else if (arch == PVP_ARCH_I386)
			ret->slot &= UINT32_MAX;
		return true;
	}
	return false;
}

static struct pvp_error *find(const struct pvp_image *image, const char *symbol, uint64_t *ret)
{
	struct pvp_error *err = pvp_image_symbol(image, symbol, ret);

	return err ? pvp_error_context(err, "pv sites of direct-call alternatives") : NULL;
}

struct pvp_error *pvp_read_slots(const struct pvp_image *image, const struct pvp_layout *layout,
				 struct pvp_tables *ret)
{
	const size_t nr = layout->nr_fields - layout->nr_lock;
	uint64_t lock = 0;
	struct pvp_error *err = NULL;

	if (layout->para == PVP_PARA_NONE)
		err = find(image, "pv_ops", &ret->pv_ops);
	if (!err && layout->nr_lock)
		err = find(image, "pv_ops_lock", &lock);
	if (err)
		return err;
	ret->slots = pvp_calloc(layout->nr_fields, sizeof(*ret->slots));
	for (size_t i = 0; i < layout->nr_fields; i++) {
		ret->slots[i] = i < nr ? ret->pv_ops + i * image->ptr_len
				       : lock + (i - nr) * image->ptr_len;
		if (!pvp_image_bytes(image, ret->slots[i], image->ptr_len))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"slot %zu of pv_ops, %s, would be at %#" PRIx64
						", where the file has no contents",
						i, layout->fields[i].name, ret->slots[i]);
	}
	return NULL;
}
