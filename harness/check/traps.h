/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traps.h - traps that a kernel means: WARNs, behind which it goes on, and faults for which its
 * exception table has an answer.
 */
#ifndef PVP_TRAPS_H
#define PVP_TRAPS_H

#include "machine.h"
#include "tables.h"
#include "world.h"
#include "x86/decode.h"

/* The WARNs of the view's text into ret, which has room for tables->nr_bugs + 1; returns how many. */
size_t pvp_traps_warns(const struct pvp_image *image, const struct pvp_tables *tables,
		       const struct pvp_view *view, struct pvp_x86_decoder *decoder,
		       struct pvp_special *ret);

/* Where execution continues after a fault at addr, or 0; may change registers, as the handler does. */
uint64_t pvp_traps_fixup(const struct pvp_image *image, const struct pvp_tables *tables,
			 struct pvp_machine *machine, uint64_t addr);

/* Whether a run came to a BUG(): it ended at a ud2 that the kernel's own table says is one. */
bool pvp_traps_is_bug(const struct pvp_tables *tables, const struct pvp_run *run);

#endif
