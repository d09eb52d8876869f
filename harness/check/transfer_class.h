/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transfer_class.h - inside check/: which branches differ in nothing but their place.
 *
 * Two sites are of one class when the same is asked of them and their bytes are the same, but for
 * the displacement of one branch, which leads to the same place.  That makes them the same wherever
 * they stand only if nothing else in the bytes depends on that: they have to be of a known shape.
 */
#ifndef PVP_TRANSFER_CLASS_H
#define PVP_TRANSFER_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PVP_TRANSFER_CLASS_BYTES 16

struct pvp_transfer_class {
	uint64_t asked[2];		       /* of the caller: what is asked of the site */
	uint64_t target;		       /* of its direct branch; 0: it has none */
	uint8_t bytes[PVP_TRANSFER_CLASS_BYTES]; /* without that branch's displacement */
	uint64_t alone;			       /* 0, or the site: its bytes are of no known shape */
};

/* Fills all but asked from the len bytes of the site at addr. */
void pvp_transfer_class_of(uint64_t addr, const uint8_t *bytes, size_t len,
			 struct pvp_transfer_class *ret);

#endif
