// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long an instruction is: without VEX, EVEX, XOP and 3DNow!, which no site holds.
 */
#include "generation.h"
#include "patch.h"

/*
 * What an opcode byte is or has behind it; a row of 16 a string.  Source: Intel SDM volume 2,
 * appendix A.
 *
 *	.  nothing            M  ModRM             C  ModRM, always registers
 *	B  imm8               b  ModRM, imm8       W  imm16
 *	D  imm16 or imm32     d  ModRM, the same   E  imm16, imm8
 *	q  imm16, 32 or 64    O  an address        J  rel32
 *	F  a far address
 *	T  ModRM, imm8 if its reg field is 0 or 1         U  the same with imm16 or imm32
 *	p  legacy prefix      R  REX prefix        2, 8, 3  another map follows: 0f, 0f 38, 0f 3a
 *	x  no instruction
 */
#include "insn_maps.h"

/* Of ModRM with SIB and displacement. */
static u32 modrm_length(const u8 *code)
{
	u32 mod = code[0] >> 6, rm = code[0] & 7, len = 1;

	if (mod == 3)
		return len;
	if (rm == 4) {
		len++;
		if (mod == 0 && (code[1] & 7) == 5)
			len += 4;
	} else if (mod == 0 && rm == 5) {
		len += 4;
	}
	return len + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static u32 length_behind_opcode(char kind, const u8 *code, u32 operand, u32 address, u32 wide)
{
	switch (kind) {
	case '.':
		return 0;
	case 'C':
	case 'B':
		return 1;
	case 'W':
		return 2;
	case 'E':
		return 3;
	case 'J':
		return 4;
	ONLY_I386(case 'F' : return 2 + operand;)
	case 'D':
		return operand;
	case 'q':
		return wide ? 8 : operand;
	case 'O':
		return address;
	case 'M':
		return modrm_length(code);
	case 'b':
		return modrm_length(code) + 1;
	case 'd':
		return modrm_length(code) + operand;
	case 'T':
		return modrm_length(code) + (*code & 0x30 ? 0 : 1);
	case 'U':
		return modrm_length(code) + (*code & 0x30 ? 0 : operand);
	}
	return 0;
}

static bool has_modrm(char kind)
{
	return kind == 'C' || kind == 'M' || kind == 'b' || kind == 'd' || kind == 'T' ||
	       kind == 'U';
}

bool insn_decode(const u8 *code, struct insn *ret)
{
	u32 at = 0, operand = 4, address = ADDRESS_LEN, rex = 0;
	char kind;

	for (;; at++) {
		kind = one_byte[code[at] >> 4][code[at] & 15];
		if (kind == 'p')
			rex = 0; /* only right before the opcode */
		else if (kind == 'R')
			rex = code[at];
		else
			break;
		if (code[at] == 0x66)
			operand = 2;
		if (code[at] == 0x67)
			address = ADDRESS_LEN / 2;
		if (at == 14)
			return false;
	}
	ret->opcode = at;
	if (rex & 8)
		operand = 4;
	if (kind == '2') {
		at++;
		kind = two_bytes[code[at] >> 4][code[at] & 15];
		if (kind == '8' || kind == '3') {
			at++;
			kind = kind == '8' ? 'M' : 'b';
		}
	}
	at++;
	ret->modrm = has_modrm(kind) ? at : 0;
	ret->len = at + length_behind_opcode(kind, code + at, operand, address, rex & 8);
	return kind != 'x';
}

u32 insn_length(const u8 *code)
{
	struct insn insn;

	return insn_decode(code, &insn) ? insn.len : 0;
}
