/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * look.h - one instruction of a kernel's text, and whether it is sensitive.
 *
 * The decoder does not vouch for an instruction with a prefix that its opcode has no use for.  The
 * processor ignores most of those, so that such an instruction is looked at without them, too,
 *unless they are known to make another one of it: what is sensitive stays so, whatever is in front
 *of it.
 *
 *	pvp_look(decoder, platform, bytes, nr, addr, &look);
 */
#ifndef PVP_LOOK_H
#define PVP_LOOK_H

#include "platform.h"
#include "sensitive.h"

struct pvp_look {
	uint8_t len;			  /* 0: the bytes are no instruction that is known here */
	const struct pvp_sensitive *what; /* NULL: harmless in ring 3, or len is 0 */
	enum pvp_harm harm;
	bool leads;	 /* a direct branch .. */
	uint64_t target; /* .. to there */
	char text[48];
};

/* nr bytes are there; at most 15 are looked at. */
void pvp_look(struct pvp_x86_decoder *decoder, const struct pvp_platform *platform,
	      const uint8_t *bytes, size_t nr, uint64_t addr, struct pvp_look *ret);

#endif
