// SPDX-License-Identifier: GPL-2.0-only
/*
 * What 7.2 takes for a NOP: by what it does, in 64-bit code.
 */
#include "nop_kind.h"

#define PREFIX_REP 0xf3
#define PREFIX_DS  0x3e
#define REX_B	   1
#define REX_X	   2
#define REX_R	   4
#define REX_W	   8

static u32 rex_of(const u8 *code, const struct insn *insn)
{
	u8 last = insn->opcode ? code[insn->opcode - 1] : 0;

	return (last & 0xf0) == 0x40 ? last : 0;
}

static bool all_zero(const u8 *from, const u8 *to)
{
	while (from < to && !*from)
		from++;
	return from == to;
}

/* lea of a register, and nothing to it, into itself */
static bool is_lea_nop(const u8 *code, const struct insn *insn, u32 rex)
{
	const u8 *modrm = code + insn->modrm, *disp = modrm + 1;
	u32 mod = *modrm >> 6, reg = (*modrm >> 3 & 7) | (rex & REX_R) << 1, base = *modrm & 7;

	for (u32 i = 0; i + (rex != 0) < insn->opcode; i++) {
		if (code[i] != PREFIX_DS)
			return false;
	}
	if (mod != 1 && mod != 2)
		return false;
	if (base == 4) { /* a SIB byte: scale 1, no index */
		if ((*disp & 0xf8) != 0x20 || (rex & REX_X))
			return false;
		base = *disp++ & 7;
	}
	base |= (rex & REX_B) << 3;
	return base == reg && all_zero(disp, code + insn->len);
}

bool insn_is_nop(const u8 *code, const struct insn *insn)
{
	const u8 *opcode = code + insn->opcode, *modrm = code + insn->modrm;
	u32 rex = rex_of(code, insn), reg, rm;

	switch (*opcode) {
	case OP_NOP:
		for (u32 i = 0; i < insn->opcode; i++) {
			if (code[i] == PREFIX_REP)
				return false;
		}
		return !(rex & REX_B);
	case 0x0f:
		return opcode[1] == 0x1f && !(*modrm & 0x38) && !(rex & REX_R);
	case 0x89: /* mov of a register to itself */
		reg = (*modrm >> 3 & 7) | (rex & REX_R) << 1;
		rm = (*modrm & 7) | (rex & REX_B) << 3;
		return (rex & REX_W) && *modrm >> 6 == 3 && reg == rm;
	case 0x8d:
		return (rex & REX_W) && is_lea_nop(code, insn, rex);
	case OP_JMP:
	case OP_JMP_SHORT: /* to the next instruction */
		return all_zero(opcode + 1, code + insn->len);
	}
	return false;
}
