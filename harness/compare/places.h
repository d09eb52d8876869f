/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * places.h - whether values of two images mean the same: numbers by value, addresses by symbol.
 *
 * A value may be an address of the image as text uses it, in the direct map, physical, or one of Xen's
 * machine; or a frame number.  Two values are the same when they are equal, or when both are, in one of
 * these ways, the same offset from the same symbol, or strings of the same letters.
 */
#ifndef PVP_PLACES_H
#define PVP_PLACES_H

#include "image.h"
#include "memory.h"

bool pvp_places_same(const struct pvp_image *a, uint64_t value_a, const struct pvp_image *b,
		     uint64_t value_b);

/* Where b has what a has at addr: the same address outside the image, else by symbol; false: b has no
 * such symbol. */
bool pvp_places_map(const struct pvp_image *a, uint64_t addr, const struct pvp_image *b,
		    uint64_t *ret);

/* What writes to addr are counted under: the symbol, or the region outside the image.  The caller
 * frees it. */
char *pvp_places_owner(const struct pvp_image *image, struct pvp_memory *memory, uint64_t addr);

/* For people: "symbol+0x8" or "0x..".  The caller frees it. */
char *pvp_places_text(const struct pvp_image *image, uint64_t value);

#endif
