/* SPDX-License-Identifier: GPL-2.0-only */
/* prefixes.h - inside of emu/x86/: what stands in front of an opcode. */
#ifndef PVP_X86_PREFIXES_H
#define PVP_X86_PREFIXES_H

#include "decode.h"

struct prefixes {
	unsigned len; /* bytes in front of the opcode */
	bool data16, lock, repne, rep, rex_w;
	bool address16; /* i386: 67 */
	uint8_t word;	/* bytes of an address */
	/* A combination that processors or decoders take differently: REX that is not last (ignored
	 * by processors, not by the engine), f2 with f3, fs or gs with another segment. */
	bool odd;
};

struct prefixes pvp_x86_prefixes_scan(enum pvp_isa isa, const uint8_t *bytes, size_t nr);
/* Of ModRM, SIB and displacement. */
unsigned pvp_x86_modrm_length(const struct prefixes *p, const uint8_t *modrm, size_t nr);
/* Of a near branch's opcode and operand, where a displacement that is not short has `near` bytes;
 * 0: not one. */
unsigned pvp_x86_near_branch_length(const struct prefixes *p, const uint8_t *op, size_t nr,
				    unsigned near);
/* Of a near branch: whether it is taken whatever the flags are. */
bool pvp_x86_branch_is_certain(const uint8_t *op);

/* For foreign.c's callers: insn is decoded, and not modelled. */
bool pvp_x86_is_foreign(enum pvp_isa isa, const struct prefixes *p,
			const struct pvp_x86_insn *insn);
/* op: nr bytes from the opcode on. */
bool pvp_x86_is_blank(enum pvp_isa isa, const struct prefixes *p, const uint8_t *op, size_t nr);

#endif
