/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * accounting.h - call depth tracking (6.2 and later, CALL_DEPTH): a per-CPU word that calls count
 * up and returns count down, so that the return predictor is refilled in time.
 *
 * A function's accounting pad lies right in front of it and falls through into it; a direct call
 * that is patched goes to the pad.  What the word holds is nobody's business: a call that becomes
 * an instruction is one call less.
 */
#ifndef PVP_ACCOUNTING_H
#define PVP_ACCOUNTING_H

#include "image.h"

#define PVP_PAD_LEN 9

struct pvp_accounting {
	uint64_t template; /* 0: the image has no such thing */
	uint8_t bytes[PVP_PAD_LEN];
	uint64_t word; /* address of CPU 0's */
};

void pvp_accounting_init(struct pvp_accounting *accounting, const struct pvp_image *image);

/* Whether text (PVP_PAD_LEN bytes, or NULL) at addr is the pad of what follows it. */
bool pvp_accounting_is_pad(const struct pvp_accounting *accounting, uint64_t addr,
			   const uint8_t *text);
/* Whether a write of size bytes at addr is to the word, and to nothing else. */
bool pvp_accounting_is_word(const struct pvp_accounting *accounting, uint64_t addr, unsigned size);

#endif
