// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alternatives up to 6.2: each entry that applies is written in turn; of what a replacement may
 * have in it, only a call or a jump that stands alone is relocated.
 */
#include "boot.h"
#include "patch.h"

/* A jump of five bytes to another place; forward and near it becomes one of two. */
static void relocate_jump(u8 *code, const u8 *site, const u8 *replacement)
{
	const u8 *target = branch_target(replacement);
	long distance = target - site;

	if (distance >= 0 && distance - 2 <= 127) {
		code[0] = OP_JMP_SHORT;
		code[1] = distance - 2;
		add_nops(code + 2, 3);
	} else {
		make_branch(code, OP_JMP, site, target);
	}
}

static void replace(const struct alt_instr *alt, u8 *site)
{
	const u8 *replacement = (const u8 *)&alt->repl + alt->repl;
	u8 code[256];
	u32 len = alt->repl_len;

	for (u32 i = 0; i < len; i++)
		code[i] = replacement[i];
	if (len == 5 && code[0] == OP_CALL)
		make_branch(code, OP_CALL, site, branch_target(replacement));
	else if (len == 5 && (code[0] == OP_JMP || code[0] == OP_JMP_SHORT))
		relocate_jump(code, site, replacement);
	while (len < alt->len)
		code[len++] = OP_NOP;
	text_poke_early(site, code, len);
}

noinline void apply_alternatives(const struct alt_instr *start, const struct alt_instr *end)
{
	for (const struct alt_instr *a = start; a < end; a++) {
		u8 *site = (u8 *)&a->instr + a->instr;

		if (has_cap(a->feature & 0x7fff) != a->feature >> 15)
			replace(a, site);
		optimize_nops(site, a->len);
	}
}
