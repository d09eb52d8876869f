/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * patchable.h - where text that comes from a file (--patched, a witness) may differ from the image.
 *
 * In text, and in the few bytes of data that boot patches or that are text in another form: a patch
 * table's entry that lies in data (7.2 has one), a row of Xen's trap table.  Not elsewhere.  Both
 * sides of a comparison read pv_ops, static-call keys and CPU features: spoiled, they would send the
 * unpatched call to the wrong function as well, and the sides would agree.  What stands there is
 * the platform's, which has options for it.
 */
#ifndef PVP_PATCHABLE_H
#define PVP_PATCHABLE_H

#include "entry_sites.h"

struct pvp_patchable {
	const struct pvp_image *image;
	const struct pvp_tables *tables;     /* NULL: none */
	const struct pvp_entry_sites *entry; /* the same */
};

/* An error that names the first byte of [addr, addr + len) that is not. */
struct pvp_error *pvp_patchable_check(const struct pvp_patchable *patchable, uint64_t addr,
				      uint64_t len) PVP_MUST_CHECK;

#endif
