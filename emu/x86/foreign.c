// SPDX-License-Identifier: GPL-2.0-only
/*
 * foreign.c - of what the decoder does not model: what certainly changes something that no pv
 * operation does, and what is no instruction.
 */
#include "prefixes.h"

/* Opcodes behind 0f that change x87, MMX or SSE registers, or store them: not those that only
 * compare, only write a general register, or only prefetch.  Source: Intel SDM vol. 2, table A-3. */
static bool is_vector_opcode(uint8_t opcode)
{
	switch (opcode) {
	case 0x10 ... 0x17:
	case 0x28 ... 0x2b:
	case 0x51 ... 0x76:
	case 0x78 ... 0x7d:
	case 0x7f:
	case 0xc2:
	case 0xc4:
	case 0xc6:
	case 0xd0 ... 0xd6:
	case 0xd8 ... 0xfe:
		return true;
	default:
		return false;
	}
}

/* Of these, those that may leave a register as it is when it is both operands: moves, and, or,
 * minimum, maximum, average, shuffles; exclusive or, of 0.  An unpack, a sum, a product or a
 * conversion does not. */
static bool keeps_itself(uint8_t opcode)
{
	switch (opcode) {
	case 0x10 ... 0x11:
	case 0x28 ... 0x29:
	case 0x54:
	case 0x56 ... 0x57:
	case 0x5d:
	case 0x5f:
	case 0x6f ... 0x70:
	case 0x7f:
	case 0xc6:
	case 0xd6:
	case 0xda ... 0xdb:
	case 0xde:
	case 0xe0:
	case 0xe3:
	case 0xea ... 0xeb:
	case 0xee ... 0xef:
		return true;
	default:
		return false;
	}
}

/* Loads, arithmetic, and what pops or resets; not comparisons, nor stores without a pop.  Bit sets
 * of selectors by opcode, of memory and of registers.  Source: Intel SDM vol. 2, table A-7 on; AMD
 * APM vol. 3, table A-15 (ffreep). */
static bool is_x87_change(uint8_t opcode, uint8_t modrm)
{
	static const uint8_t sets[8][2] = {
		{0xfb, 0xfb}, {0x79, 0xe1}, {0xfb, 0x20}, {0xab, 0x00},
		{0xfb, 0xf3}, {0x5b, 0x29}, {0xfb, 0xfb}, {0xfb, 0x61},
	};

	return (opcode == 0xdb && modrm == 0xe3) || /* fninit */
	       (sets[opcode & 7][modrm >= 0xc0] >> (modrm >> 3 & 7) & 1);
}

/* Cells of VEX's maps: the first is the mirror of what is behind 0f, the next two fill up, the last
 * four have rows of AMX and MSR instructions. */
static bool is_blank_vex(unsigned map, unsigned pp, uint8_t opcode)
{
	if (map == 2 || map == 3)
		return false;
	if (map == 5)
		return (opcode & 0xfe) != 0x6e && (opcode & 0xfe) != 0xf8;
	if (map == 7)
		return opcode != 0xf6 && opcode != 0xf8;
	if (map != 1)
		return true;
	/* Those of integers are of SSE, with 66; emms's place is vzeroupper's. */
	if (!pp && ((opcode >= 0x60 && opcode <= 0x7f && opcode != 0x77) || opcode == 0xc4 ||
		    opcode == 0xc5 || opcode >= 0xd0))
		return true;
	switch (opcode) {
	case 0x00 ... 0x0f:
	case 0x18 ... 0x27:
	case 0x30 ... 0x40:
	case 0x43:
	case 0x48 ... 0x49:
	case 0x4c ... 0x4f:
	case 0x78 ... 0x7b:
	case 0x80 ... 0x8f:
	case 0x94 ... 0x97:
	case 0x9a ... 0xad:
	case 0xaf ... 0xc1:
	case 0xc3:
	case 0xc7 ... 0xcf:
	case 0xff:
		return true;
	default:
		return false;
	}
}

/*
 * Of what nobody decodes: what is no instruction.  Cells of the map behind 0f that stay blank, once
 * the test registers', or the selectors of groups that are full or that nobody has added to; maps of
 * VEX and EVEX that there are not; the rest of XOP, to which nothing is added any more; and REX2, as
 * on any CPU without APX.  Source: Intel SDM vol. 2, tables; AMD APM vol. 3, tables A-3
 * and A-7; Intel APX specification, REX2.
 */
bool pvp_x86_is_blank(enum pvp_isa isa, const struct prefixes *p, const uint8_t *op, size_t nr)
{
	/* Bit sets of selectors that are instructions, of a register. */
	const unsigned shifts = 1 << 2 | 1 << 4 | 1 << 6, shifts64 = 1 << 2 | 1 << 3 | 3 << 6;
	unsigned selector;

	if (nr < 3)
		return false;
	if (op[0] == 0x62) /* EVEX with map 0 */
		return isa == PVP_ISA_AMD64 && !(op[1] & 7);
	if (op[0] == 0xd5)
		return isa == PVP_ISA_AMD64;
	if (op[0] == 0xc5)
		return (isa == PVP_ISA_AMD64 || op[1] >= 0xc0) && is_blank_vex(1, op[1] & 3, op[2]);
	if (op[0] == 0xc4)
		return (isa == PVP_ISA_AMD64 || op[1] >= 0xc0) && nr > 3 &&
		       is_blank_vex(op[1] & 0x1f, op[2] & 3, op[3]);
	if (op[0] == 0x8f) /* pop has selector 0 */
		return op[1] >> 3 & 7;
	if (op[0] == 0xc6 || op[0] == 0xc7) /* mov, xabort, xbegin */
		return (op[1] >> 3 & 7) && op[1] != 0xf8;
	if (op[0] != 0x0f)
		return false;
	selector = 1u << (op[2] >> 3 & 7);
	switch (op[1]) {
	case 0x04:
	case 0x0a:
	case 0x0c:
	case 0x24 ... 0x27:
	case 0x36:
	case 0x39:
	case 0x3b ... 0x3e:
	case 0x7a ... 0x7b:
		return true;
	case 0x71 ... 0x72:
		return op[2] < 0xc0 || !(selector & shifts);
	case 0x73:
		return op[2] < 0xc0 || !(selector & shifts64);
	case 0xa6 ... 0xa7: /* VIA's, which have registers */
		return op[2] < 0xc0;
	case 0xb8: /* popcnt; bare, a jump of IA-64's */
		return !p->rep;
	case 0xba: /* bt and the like are 4 to 7 */
		return (op[2] >> 3 & 7) < 4;
	case 0x6c ... 0x6d: /* with prefixes only */
	case 0x7c ... 0x7d:
	case 0xd0:
	case 0xd6:
	case 0xe6:
	case 0xf0:
		return !p->data16 && !p->rep && !p->repne;
	default:
		return false;
	}
}

/* VEX with the map behind 0f; vzeroupper and vzeroall (77) empty what may be in use.  Of mask
 * registers we say nothing. */
static bool is_vex_change(const uint8_t *op, unsigned len)
{
	const unsigned at = op[0] == 0xc5 ? 2 : 3;
	const uint8_t opcode = op[at], modrm = op[at + 1];
	const bool to_itself = modrm >= 0xc0 && (modrm & 7) == (modrm >> 3 & 7);

	if (op[0] == 0xc4 && (op[1] & 0x1f) != 1)
		return false;
	if (opcode == 0x77)
		return true;
	if (len < at + 2)
		return false;
	return is_vector_opcode(opcode) && !(to_itself && keeps_itself(opcode));
}

bool pvp_x86_is_foreign(enum pvp_isa isa, const struct prefixes *p, const struct pvp_x86_insn *insn)
{
	const uint8_t *op = insn->bytes + p->len;
	uint8_t modrm = op[op[0] == 0x0f ? 2 : 1];
	bool to_itself = modrm >= 0xc0 && (modrm & 7) == (modrm >> 3 & 7);

	if (p->odd || p->lock || insn->len < p->len + 1)
		return false;
	switch (op[0]) {
	case 0x0f: /* 0f ae: fxsave, fxrstor, xsave, xrstor */
		if (op[1] == 0xae)
			return insn->len > p->len + 2 && modrm < 0xc0 && (modrm >> 3 & 2) == 0;
		if (op[1] == 0x08 || op[1] == 0x77) /* invd: what caches held is lost; emms */
			return true;
		if (op[1] == 0x37) /* getsec: #UD unless a measured launch is prepared */
			return true;
		if (op[1] == 0xc7 && modrm < 0xc0) /* xrstors, xsavec, xsaves */
			return (modrm >> 3 & 7) >= 3 && (modrm >> 3 & 7) <= 5;
		if (isa == PVP_ISA_AMD64 && (op[1] & 0xf6) == 0xa0) /* push and pop of fs and gs */
			return true;
		if (insn->len <= p->len + 2)
			return false;
		/* Of an MMX register, to a general one: the x87 state is gone all the same. */
		if (!p->data16 && !p->rep && (op[1] == 0x7e || op[1] == 0xc5 || op[1] == 0xd7))
			return true;
		return is_vector_opcode(op[1]) && !(to_itself && keeps_itself(op[1]));
	case 0xc4: /* VEX, or les and lds */
	case 0xc5:
		return (isa == PVP_ISA_AMD64 || op[1] >= 0xc0) &&
		       is_vex_change(op, insn->len - p->len);
	case 0x6c ... 0x6f: /* ins, outs */
		return true;
	case 0x9a: /* far call, far jmp */
	case 0xea:
		return isa == PVP_ISA_I386;
	case 0xff:
		return modrm < 0xc0 && ((modrm >> 3 & 7) == 3 || (modrm >> 3 & 7) == 5);
	case 0x9b: /* fwait */
	case 0xca: /* far return */
	case 0xcb:
	case 0xcd: /* int n, int1 */
	case 0xf1:
		return true;
	case 0xd8 ... 0xdf:
		return is_x87_change(op[0], modrm);
	default:
		return false;
	}
}
