// SPDX-License-Identifier: GPL-2.0-only
/*
 * What 7.2 takes for a NOP: by what it does, in 32-bit code.
 */
#include "nop_kind.h"

#define PREFIX_OPERAND 0x66
#define PREFIX_REP     0xf3
#define PREFIX_DS      0x3e

static bool has_prefix(const u8 *code, const struct insn *insn, u8 prefix)
{
	for (u32 i = 0; i < insn->opcode; i++) {
		if (code[i] == prefix)
			return true;
	}
	return false;
}

static bool all_zero(const u8 *from, const u8 *to)
{
	while (from < to && !*from)
		from++;
	return from == to;
}

/* lea of a register, and nothing to it, into itself */
static bool is_lea_nop(const u8 *code, const struct insn *insn)
{
	const u8 *modrm = code + insn->modrm, *disp = modrm + 1;
	u32 mod = *modrm >> 6, base = *modrm & 7;

	for (u32 i = 0; i < insn->opcode; i++) {
		if (code[i] != PREFIX_DS)
			return false;
	}
	if (mod != 1 && mod != 2)
		return false;
	if (base == 4) { /* a SIB byte: scale 1, no index */
		if ((*disp & 0xf8) != 0x20)
			return false;
		base = *disp++ & 7;
	}
	return base == (*modrm >> 3 & 7) && all_zero(disp, code + insn->len);
}

bool insn_is_nop(const u8 *code, const struct insn *insn)
{
	const u8 *opcode = code + insn->opcode, *modrm = code + insn->modrm;

	switch (*opcode) {
	case OP_NOP:
		return !has_prefix(code, insn, PREFIX_REP);
	case 0x0f:
		return opcode[1] == 0x1f && !(*modrm & 0x38);
	case 0x89: /* mov of a register to itself */
		return !has_prefix(code, insn, PREFIX_OPERAND) && *modrm >> 6 == 3 &&
		       (*modrm >> 3 & 7) == (*modrm & 7);
	case 0x8d:
		return is_lea_nop(code, insn);
	case OP_JMP:
	case OP_JMP_SHORT: /* to the next instruction */
		return all_zero(opcode + 1, code + insn->len);
	}
	return false;
}
