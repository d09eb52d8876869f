/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disasm.h - one instruction as a person reads it: Capstone, Intel syntax.
 *
 * Only for showing and sorting bytes: neither what predicts them nor what runs them asks here.
 *
 *	err = pvp_disasm_create(image->arch, &disasm);
 *	pvp_disasm_one(disasm, bytes, nr, addr, &insn);
 *	pvp_disasm_destroy(disasm);
 */
#ifndef PVP_DISASM_H
#define PVP_DISASM_H

#include "image.h"

enum pvp_insn_kind {
	PVP_KIND_BAD, /* does not decode */
	PVP_KIND_NOP, /* of any length */
	PVP_KIND_CALL,
	PVP_KIND_JMP, /* also conditional */
	PVP_KIND_RET,
	PVP_KIND_UD2,
	PVP_KIND_OTHER,
};

struct pvp_disasm_insn {
	enum pvp_insn_kind kind;
	uint8_t len;	 /* at least 1 */
	bool has_target; /* a direct call or jump */
	uint64_t target;
	bool has_memory; /* an operand at an address known beforehand: absolute, rip-relative */
	uint64_t memory;
	char text[96];
};

struct pvp_disasm;
struct pvp_error *pvp_disasm_create(enum pvp_arch arch, struct pvp_disasm **ret) PVP_MUST_CHECK;
void pvp_disasm_destroy(struct pvp_disasm *disasm);

/* The instruction at bytes, of which nr >= 1 are there. */
void pvp_disasm_one(struct pvp_disasm *disasm, const uint8_t *bytes, size_t nr, uint64_t addr,
		    struct pvp_disasm_insn *ret);

#endif
