/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * witness_asm.h - a witness as assembly text that stands alone: both sides' bytes, the start state
 * as data, and what is to be seen, for GNU as (and cpp: it may be called .S).
 *
 * Sections: .text.k0 and .text.k1 hold the bytes, one line an instruction (of a row of Xen's trap
 * table, .rodata.k0 and .rodata.k1, one line a word); .rodata.start the
 * registers, .rodata.memory address, value and size of each word written before the run, and
 * .rodata.end_k0 and .rodata.end_k1 the registers at the end, all as 64-bit words.
 */
#ifndef PVP_WITNESS_ASM_H
#define PVP_WITNESS_ASM_H

#include "witness.h"

/* The text, owned by the caller.  image: the witness's. */
struct pvp_error *pvp_witness_asm(const struct pvp_witness_file *file,
				  const struct pvp_image *image, char **ret) PVP_MUST_CHECK;

#endif
