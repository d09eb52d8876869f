/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transfer_sites.h - transfers of control, no pv operations, that boot may rewrite: returns, retpolines, static
 * calls of other keys, and static-call trampolines.
 *
 *	err = pvp_transfer_sites_scan(image, &tables, &transfers);
 *	pvp_transfer_sites_deinit(&transfers);
 *
 * They are no pv sites: what one means is known from its table and its linked bytes, and is the same
 * on every platform but for the functions behind the keys.  An image without such a table (i386 has
 * trampolines only) has no sites of that kind.  A trampoline that .return_sites lists, because its
 * key is NULL in the file, is a trampoline only.  The list is ascending by address; of two entries
 * for one address the first counts.
 */
#ifndef PVP_TRANSFER_SITES_H
#define PVP_TRANSFER_SITES_H

#include "sites.h"

#define PVP_TRANSFER_ALWAYS 0x10 /* in place of a condition */

#define PVP_TRANSFER_NO_REG UINT8_MAX
#define PVP_TRANSFER_NO_KEY UINT32_MAX

/* What the linked bytes of a site are. */
struct pvp_transfer {
	bool call;    /* pushes a return address */
	uint8_t cond; /* 0..15 as in 0f 8x, or PVP_TRANSFER_ALWAYS */
	uint8_t reg;  /* RETPOLINE: whose value it goes to, in the machine's numbering (rax rcx rdx
			 rbx rsp rbp rsi rdi r8..); NO_REG: it leads to no thunk */
	uint32_t key; /* KEY_CALL, TRAMPOLINE: index in static_call_keys, or NO_KEY */
};

struct pvp_transfer_sites {
	/* op: "return", "retpoline.rax", "static_call.KEY"; slot: index in ops. */
	struct pvp_sites sites;
	struct pvp_transfer *v; /* owned, one a site */
	char **ops;	      /* owned */
	size_t nr_ops;
};

struct pvp_error *pvp_transfer_sites_scan(const struct pvp_image *image,
					const struct pvp_tables *tables,
					struct pvp_transfer_sites *ret) PVP_MUST_CHECK;
void pvp_transfer_sites_deinit(struct pvp_transfer_sites *transfers);

#endif
