// SPDX-License-Identifier: GPL-2.0-only
/*
 * NOPs of 6.12 and later: a run of whatever is one becomes a single one, or a jump over int3s.
 */
#include "arch_nops.h"
#include "nop_kind.h"
#include "patch.h"

#define SHORT_JUMP 127

void add_nops(u8 *code, u32 len)
{
	static const u8 nops[LONGEST_NOP][LONGEST_NOP] = {ARCH_NOPS, LONGER_NOPS};
	u32 i = 0;

	if (len && len <= LONGEST_NOP) {
		for (; i < len; i++)
			code[i] = nops[len - 1][i];
		return;
	}
	if (len > SHORT_JUMP) {
		make_branch(code, OP_JMP, code, code + len);
		i = 5;
	} else if (len) {
		code[0] = OP_JMP_SHORT;
		code[1] = len - 2;
		i = 2;
	}
	for (; i < len; i++)
		code[i] = OP_INT3;
}

/* The last instruction is left alone, a NOP or not. */
void optimize_nops(u8 *code, u32 len)
{
	struct insn insn;
	u32 next;

	for (u32 i = 0; i < len; i = next) {
		if (!insn_decode(code + i, &insn))
			return;
		next = i + insn.len;
		if (!insn_is_nop(code + i, &insn))
			continue;
		if (next == len)
			return;
		while (next < len && insn_decode(code + next, &insn) &&
		       insn_is_nop(code + next, &insn))
			next += insn.len;
		add_nops(code + i, next - i);
	}
}
