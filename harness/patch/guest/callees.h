/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * callees.h - inside guest/: functions of the image that are not run as they are.
 *
 * Each is replaced where it begins.  The machine's specials carry a row's number, or PVP_NR_CALLEES
 * for a return of 0.
 */
#ifndef PVP_CALLEES_H
#define PVP_CALLEES_H

#include "machine.h"
#include "platform.h"
#include "tables.h"

enum pvp_callee_kind {
	PVP_CALLEE_RETURN,  /* 0 */
	PVP_CALLEE_APPLY,   /* f(g, a, b, c) becomes g(a, b, c), in images that have `other` */
	PVP_CALLEE_INSTEAD, /* another function with the same arguments; none there: the run stops
			     */
	PVP_CALLEE_ALLOC,   /* a page of the arena; one that is its first argument stays */
};

struct pvp_callee {
	const char *name;
	enum pvp_callee_kind kind;
	const char *other;
};

#define PVP_NR_CALLEES 31
extern const struct pvp_callee pvp_callees[PVP_NR_CALLEES];

struct pvp_specials {
	struct pvp_special *v; /* owned, one an address */
	size_t nr, cap;
};

/* Every function of that name; none is in order.  The first special at an address stays. */
void pvp_specials_add(struct pvp_specials *specials, const struct pvp_image *image,
		      const char *name, enum pvp_special_kind kind, unsigned index);
/* All rows, and the pv functions that switch interrupts: nobody interrupts the patcher. */
void pvp_specials_add_callees(struct pvp_specials *specials, const struct pvp_image *image,
			      const struct pvp_tables *tables, const struct pvp_platform *platform);
void pvp_specials_deinit(struct pvp_specials *specials);

#endif
