// SPDX-License-Identifier: GPL-2.0-only
/*
 * What 6.12 takes for a NOP: by the opcode, whatever is in front; an xchg with r8 is one too.
 */
#include "nop_kind.h"

#define PREFIX_REP 0xf3

bool insn_is_nop(const u8 *code, const struct insn *insn)
{
	const u8 *opcode = code + insn->opcode;

	if (opcode[0] == OP_NOP)
		return code[0] != PREFIX_REP;
	return opcode[0] == 0x0f && opcode[1] == 0x1f;
}
