/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * encodings.h - instructions told by their bytes, because the disassembler or the engine takes them for
 * others: it drops a prefix that it does not know, or has the opcode as another one's.
 */
#ifndef PVP_X86_ENCODINGS_H
#define PVP_X86_ENCODINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode.h"
#include "prefixes.h"

/* The mandatory prefixes that an instruction has, besides any others. */
#define PVP_X86_P66 1u
#define PVP_X86_PF2 2u
#define PVP_X86_PF3 4u

struct pvp_x86_encoding {
	uint8_t prefixes; /* exactly these of 66, f2, f3 */
	uint8_t map;	  /* 0x0f, 0x38 or 0x3a: what the opcode is behind */
	uint8_t opcode;
	/* ModRM: what of it counts, and what that is. */
	uint8_t mask, modrm;
	uint8_t where; /* PVP_X86_ANY, _MEMORY, _REGISTER */
	uint8_t class; /* PVP_X86_UNMODELLED: known by name alone */
	const char *name;
};
enum { PVP_X86_ANY, PVP_X86_MEMORY, PVP_X86_REGISTER };

/*
 * The row of the instruction whose opcode begins at op, behind prefixes, or NULL.  nr bytes are there.
 */
const struct pvp_x86_encoding *pvp_x86_encoding_find(enum pvp_isa isa, unsigned prefixes,
						     const uint8_t *op, size_t nr);

/*
 * What is told before Capstone is asked, of nr bytes in ret->bytes: by a row, an instruction that we do
 * ourselves and Capstone does not know; by opcode alone.  True: ret is complete.
 */
bool pvp_x86_by_row(const struct pvp_x86_encoding *row, const struct prefixes *p, size_t nr,
		    struct pvp_x86_insn *ret);
bool pvp_x86_by_opcode(enum pvp_isa isa, const struct prefixes *p, size_t nr,
		       struct pvp_x86_insn *ret);

#endif
