// SPDX-License-Identifier: GPL-2.0-only
/*
 * relocate.c - text_poke_apply_relocation() of 6.12 and 7.2: code moved to another address.
 */
#include "passes.h"

#include <inttypes.h>
#include <string.h>

#define CALL	  0xe8
#define JMP	  0xe9
#define JMP_SHORT 0xeb
#define INT3	  0xcc

/* Bytes of the displacement that a branch ends in; 0: no branch that is relocated. */
static unsigned displacement_len(const uint8_t *opcode)
{
	switch (opcode[0]) {
	case CALL:
	case JMP:
		return 4;
	case JMP_SHORT:
	case 0x70 ... 0x7f:
		return 1;
	case 0x0f:
		return (opcode[1] & 0xf0) == 0x80 ? 4 : 0;
	}
	return 0;
}

static int32_t get(const uint8_t *at, unsigned len)
{
	return len == 1 ? (int8_t)*at : pvp_operand_s32(at);
}

static void put(uint8_t *at, int32_t value, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		at[i] = (uint32_t)value >> (8 * i);
}

static int32_t sum(int32_t a, int64_t b)
{
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* The field's value counts from next; the end of the first `inside` bytes is inside. */
static struct pvp_error *adjust(uint8_t *at, unsigned len, size_t next, size_t inside,
				int64_t distance)
{
	const int32_t value = get(at, len);
	const int64_t target = (int64_t)next + value;

	if (target >= 0 && target <= (int64_t)inside)
		return NULL;
	if (len == 1 && sum(value, distance) != (int8_t)sum(value, distance))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"the kernel stops at a displacement of %" PRId32
					" in one byte",
					sum(value, distance));
	put(at, sum(value, distance), len);
	return NULL;
}

/* What the kernel tests is the displacement as it was, whether or not it was adjusted. */
static void shorten(uint8_t *insn, size_t len, int32_t was, int64_t distance)
{
	const int32_t shorter = sum(was, distance + 3); /* jmp rel32 is 3 bytes longer than rel8 */

	if (shorter != (int8_t)shorter)
		return;
	insn[0] = JMP_SHORT;
	insn[1] = shorter;
	memset(insn + 2, INT3, len - 2);
}

struct pvp_error *pvp_relocate(struct pvp_decoder *decoder, uint8_t *bytes, size_t len,
			       size_t inside, int64_t distance)
{
	struct pvp_error *err = NULL;
	struct pvp_insn insn;

	for (size_t i = 0; !err && i < len; i += insn.len) {
		uint8_t *opcode, *end;
		unsigned disp;

		if (!pvp_decoder_insn(decoder, bytes + i, len - i, &insn))
			/* The kernel warns and stops where its decoder does; ours is another. */
			return pvp_error_format(
				PVP_ERR_UNSUPPORTED,
				"byte %zu (%02x) of the replacement does not decode", i, bytes[i]);
		opcode = bytes + i + insn.opcode;
		end = bytes + i + insn.len;
		disp = displacement_len(opcode);
		if (disp) {
			const int32_t was = get(end - disp, disp);
			const bool jmp = opcode[0] == JMP;

			err = adjust(end - disp, disp, i + insn.len, inside, distance);
			if (!err && jmp)
				shorten(bytes + i, insn.len, was, distance);
		}
		/* mod 0, rm 5: rip-relative in 64-bit code */
		if (!err && insn.is64 && insn.modrm && (bytes[i + insn.modrm] & 0xc7) == 5)
			err = adjust(bytes + i + insn.modrm + 1, 4, i + insn.len, inside, distance);
	}
	return err;
}
