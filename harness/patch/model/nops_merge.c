// SPDX-License-Identifier: GPL-2.0-only
/*
 * nops_merge.c - optimize_nops() of 6.12 and 7.2: what is a NOP, whatever its length, is merged
 * with those behind it into a single one.
 */
#include "passes.h"

#include <string.h>

#define NOP	  0x90
#define JMP	  0xe9
#define JMP_SHORT 0xeb
#define INT3	  0xcc
#define DS	  0x3e
#define REP	  0xf3
#define OPERAND	  0x66

void pvp_nops_single(const struct pvp_nops *nops, uint8_t *ret, size_t n)
{
	if (n && n <= nops->longest) {
		memcpy(ret, nops->v[n - 1], n);
		return;
	}
	memset(ret, INT3, n);
	if (n && n < 128) {
		ret[0] = JMP_SHORT;
		ret[1] = n - 2;
	} else if (n) {
		ret[0] = JMP;
		for (unsigned i = 0; i < 4; i++)
			ret[1 + i] = (n - 5) >> (8 * i);
	}
}

static uint8_t rex_of(const struct pvp_insn *insn, const uint8_t *bytes)
{
	const uint8_t last = insn->opcode ? bytes[insn->opcode - 1] : 0;

	return (last & 0xf0) == 0x40 ? last : 0;
}

/* Legacy prefixes, without REX. */
static size_t nr_legacy(const struct pvp_insn *insn, const uint8_t *bytes)
{
	return insn->opcode - !!rex_of(insn, bytes);
}

/*
 * insn_is_nop() of 6.12, alternative.c.  Prefixes are not looked at, but for one: with REX.B,
 * xchg %r8,%rax counts.
 */
bool pvp_is_nop_by_opcode(const struct pvp_insn *insn, const uint8_t *bytes)
{
	const uint8_t *opcode = bytes + insn->opcode;

	if (opcode[0] == NOP)
		return !nr_legacy(insn, bytes) || bytes[0] != REP;
	return opcode[0] == 0x0f && opcode[1] == 0x1f;
}

/* mov of a register to itself, lea of one with displacement 0 into itself; these are no NOPs unless
 * as wide as a register. */
static bool is_register_move(const struct pvp_insn *insn, const uint8_t *bytes)
{
	const uint8_t rex = rex_of(insn, bytes), *opcode = bytes + insn->opcode;
	const uint8_t *modrm = bytes + insn->modrm, *disp = modrm + 1;
	const unsigned mod = *modrm >> 6, reg = (*modrm >> 3 & 7) | (rex << 1 & 8);
	unsigned rm = (*modrm & 7) | (rex << 3 & 8);

	if (!insn->modrm || (insn->is64 && !(rex & 8)))
		return false;
	if (!insn->is64 && memchr(bytes, OPERAND, nr_legacy(insn, bytes)))
		return false;
	if (opcode[0] == 0x89)
		return mod == 3 && reg == rm;
	if (mod == 0 || mod == 3)
		return false;
	if ((*modrm & 7) == 4) { /* a SIB byte: scale 1, no index */
		if ((modrm[1] & 0xf8) != 0x20 || rex & 2)
			return false;
		rm = (modrm[1] & 7) | (rex << 3 & 8);
		disp++;
	}
	for (; disp < bytes + insn->len; disp++)
		if (*disp)
			return false;
	for (size_t i = 0; i < nr_legacy(insn, bytes); i++)
		if (bytes[i] != DS)
			return false;
	return reg == rm;
}

/* insn_is_nop() of 7.2, arch/x86/lib/insn-eval.c. */
bool pvp_is_nop_by_effect(const struct pvp_insn *insn, const uint8_t *bytes)
{
	const uint8_t rex = rex_of(insn, bytes), *opcode = bytes + insn->opcode;

	switch (opcode[0]) {
	case NOP: /* with REX.B an xchg, with f3 pause */
		return !(rex & 1) && !memchr(bytes, REP, nr_legacy(insn, bytes));
	case 0x0f:
		return opcode[1] == 0x1f && insn->modrm && !(bytes[insn->modrm] & 0x38) &&
		       !(rex & 4);
	case 0x89:
	case 0x8d:
		return is_register_move(insn, bytes);
	case JMP_SHORT: /* to the next instruction */
		return !bytes[insn->len - 1];
	case JMP:
		return !pvp_operand_s32(bytes + insn->len - 4);
	}
	return false;
}

/* Whether anything here might begin a NOP. */
static bool may_have_nops(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == NOP || (bytes[i] == 0x0f && i + 1 < len && bytes[i + 1] == 0x1f))
			return true;
	return false;
}

struct pvp_error *pvp_nops_merge(const struct pvp_model *model, uint8_t *bytes, size_t len)
{
	struct pvp_insn insn;

	if (!model->rules->is_nop)
		return pvp_nops_optimize(model->nops, model->decoder, bytes, len, len, NULL);
	for (size_t i = 0, next; i < len; i = next) {
		if (!pvp_decoder_insn(model->decoder, bytes + i, len - i, &insn)) {
			if (!may_have_nops(bytes + i, len - i))
				return NULL;
			/* The kernel stops where its decoder does, and ours is another. */
			return pvp_error_format(PVP_ERR_UNSUPPORTED,
						"byte %zu (%02x) does not decode, with NOPs behind",
						i, bytes[i]);
		}
		next = i + insn.len;
		if (!model->rules->is_nop(&insn, bytes + i))
			continue;
		if (next == len) /* the last instruction stays as it is */
			return NULL;
		while (next < len &&
		       pvp_decoder_insn(model->decoder, bytes + next, len - next, &insn) &&
		       model->rules->is_nop(&insn, bytes + next))
			next += insn.len;
		pvp_nops_single(model->nops, bytes + i, next - i);
	}
	return NULL;
}
