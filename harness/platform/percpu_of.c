// SPDX-License-Identifier: GPL-2.0-only
#include "percpu_of.h"

#include "x86/decode.h"

/* The functions that are asked for name it in their first lines. */
#define MAX_LEN 256

static bool is_percpu(const struct pvp_image *image, uint64_t addr)
{
	return addr - image->percpu_from < image->percpu_len;
}

static bool names_percpu(const struct pvp_image *image, const struct pvp_x86_insn *insn,
			 uint64_t *ret)
{
	for (unsigned i = 0; i < ARRAY_SIZE(insn->op); i++) {
		const struct pvp_x86_operand *op = &insn->op[i];
		uint64_t value = op->kind == PVP_X86_IMM   ? op->imm
				 : op->kind == PVP_X86_MEM ? (uint64_t)op->disp
							   : 0;

		*ret = image->ptr_len == 4 ? (uint32_t)value : value;
		if (is_percpu(image, *ret))
			return true;
	}
	return false;
}

struct pvp_error *pvp_percpu_of(const struct pvp_image *image, const char *function, uint64_t *ret)
{
	const enum pvp_isa isa = image->ptr_len == 4 ? PVP_ISA_I386 : PVP_ISA_AMD64;
	struct pvp_x86_decoder *decoder;
	struct pvp_x86_insn insn;
	uint64_t at, addr = 0;
	bool found = false;
	struct pvp_error *err = pvp_image_symbol(image, function, &at);

	if (err)
		return err;
	if (!image->percpu_from) /* an address would be told from no small number */
		return pvp_error_format(PVP_ERR_NOT_FOUND,
					"per-CPU data of this image has no ordinary addresses");
	err = pvp_x86_decoder_create(isa, &decoder);
	if (err)
		return err;
	for (const uint64_t end = at + MAX_LEN; at < end && !found; at += insn.len) {
		const uint8_t *bytes;
		size_t nr = sizeof(insn.bytes);

		while (nr && !pvp_image_bytes(image, at, nr))
			nr--;
		bytes = pvp_image_bytes(image, at, nr);
		if (!nr || !bytes)
			break;
		pvp_x86_decode(decoder, bytes, nr, at, &insn);
		if (!insn.len || insn.opcode == 0xc3)
			break;
		found = names_percpu(image, &insn, &addr);
	}
	pvp_x86_decoder_destroy(decoder);
	if (!found)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "%s names no per-CPU data", function);
	*ret = pvp_image_on_cpu0(image, addr);
	return NULL;
}
