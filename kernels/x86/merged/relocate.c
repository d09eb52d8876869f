// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replacements since 6.5 may have branches and rip-relative operands anywhere; since 6.8 one kind is
 * a call whose target is read from the site's own pointer.
 */
#include "boot.h"
#include "calls.h"
#include "patch.h"
#include "pv_ops.h"
#include "relocate.h"

static long get_signed(const u8 *at, u32 size)
{
	if (size == 1)
		return (s8)at[0];
	return (int)(at[0] | at[1] << 8 | at[2] << 16 | (u32)at[3] << 24);
}

static void put_signed(u8 *at, long value, u32 size)
{
	for (u32 i = 0; i < size; i++)
		at[i] = value >> 8 * i;
}

/* The end of what is inside still is. */
static void move_operand(u8 *at, u32 size, u32 next, u32 inside, long distance)
{
	long value = get_signed(at, size), target = next + value;

	if (target >= 0 && target <= (long)inside)
		return;
	value += distance;
	if (size == 1 && value != (s8)value)
		patch_complaint("short branch out of reach", at);
	put_signed(at, value, size);
}

/* Bytes of the displacement that the instruction ends with, 0: no branch. */
static u32 branch_size(const u8 *opcode)
{
	if (opcode[0] == OP_CALL || opcode[0] == OP_JMP)
		return 4;
	if (opcode[0] == OP_JMP_SHORT || (opcode[0] & 0xf0) == 0x70)
		return 1;
	return opcode[0] == 0x0f && (opcode[1] & 0xf0) == 0x80 ? 4 : 0;
}

/* A jump that would reach with a byte, by what it had before it was moved. */
static void shorten_jump(u8 *code, u32 len, long before, long distance)
{
	long shorter = before + distance + 3;

#ifdef BUG_LONG_JUMPS
	return;
#endif
	if (shorter != (s8)shorter)
		return;
	code[0] = OP_JMP_SHORT;
	code[1] = shorter;
	for (u32 i = 2; i < len; i++)
		code[i] = OP_INT3;
}

void relocate(u8 *code, u32 len, u32 inside, long distance)
{
	struct insn insn;

	for (u32 i = 0; i < len; i += insn.len) {
		const u8 *opcode;
		u32 next, size;

		if (!insn_decode(code + i, &insn)) {
			patch_complaint("no instruction in a replacement", code + i);
			return;
		}
		next = i + insn.len;
		opcode = code + i + insn.opcode;
		size = branch_size(opcode);
		if (size) {
			bool jump = *opcode == OP_JMP;
			long before = get_signed(code + next - size, size);

			move_operand(code + next - size, size, next, inside, distance);
			if (jump)
				shorten_jump(code + i, insn.len, before, distance);
		}
		if (RIP_RELATIVE && insn.modrm && (code[i + insn.modrm] & 0xc7) == 5)
			move_operand(code + i + insn.modrm + 1, 4, next, inside, distance);
	}
}

/* Bytes that stay of the call. */
static u32 direct_call(const u8 *site, u8 *code, u32 len)
{
	void *const *slot;
	void *func;

	if (len != 6 || site[0] != 0xff || site[1] != 0x15 || code[0] != OP_CALL) {
		patch_complaint("no call through a pointer", site);
		return 5;
	}
	slot = slot_of_call(site, get_signed(site + 2, 4));
	func = *slot;
	if (func == (void *)PV_NOP)
		return 0;
	if (!func)
		func = (void *)PV_BUG;
	put_signed(code + 1, get_signed(code + 1, 4) + (long)func - (long)PV_BUG, 4);
	return 5;
}

void make_replacement(const struct alt_instr *alt, u8 *site, u8 *code, u32 len)
{
	const u8 *from = (const u8 *)&alt->repl + alt->repl;
	u32 used = alt->repl_len;

	for (u32 i = 0; i < used; i++)
		code[i] = from[i];
	if (alt->flags & ALT_FLAG_DIRECT_CALL)
		used = direct_call(site, code, len);
	while (used < len)
		code[used++] = OP_NOP;
	relocate(code, len, alt->repl_len, from - site);
	optimize_nops(code, len);
}
