/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * relocate.h - what a replacement becomes at its site, in 6.12 and later.
 */
#ifndef PVK_RELOCATE_H
#define PVK_RELOCATE_H

#include "patch.h"

/*
 * code has len bytes from distance bytes further up than where they will be.  What leads out of the
 * first `inside` of them is made to lead to the same place.
 */
void relocate(u8 *code, u32 len, u32 inside, long distance);
/* The entry's bytes for a site of len, NOPs and all. */
void make_replacement(const struct alt_instr *alt, u8 *site, u8 *code, u32 len);

static inline u8 *alt_site(const struct alt_instr *alt)
{
	return (u8 *)&alt->instr + alt->instr;
}

#endif
