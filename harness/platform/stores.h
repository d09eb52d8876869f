/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stores.h - what an image's own code puts into pv_ops, read from the code, and whether the
 *platform files say the same.
 *
 * Found are stores of a constant into a field (mov $function, pv_ops+off), stores of a register
 *that was loaded with a constant shortly before, stretches cleared by rep stos, and the tables that
 *Xen PV copies over parts of pv_ops.  In Debian's 5.10 to 7.2, amd64 and i386, that is every writer
 *there is.
 *
 *	err = pvp_stores_scan(image, &tables, &stores);
 *	pvp_stores_compare(&stores, image, &tables, platforms, nr, &rows, &nr_rows);
 *	free(rows);
 *	pvp_stores_deinit(&stores);
 */
#ifndef PVP_STORES_H
#define PVP_STORES_H

#include "platform.h"

struct pvp_store {
	size_t field;
	uint64_t value; /* what is stored; 0: NULL */
	bool known;	/* else the register's value was not found, and value is 0 */
	bool is_copy;	/* from a table; addr is in the table, not of an instruction */
	bool is_fill;	/* cleared with its neighbours */
	uint64_t addr;
};

struct pvp_stores {
	struct pvp_store *v; /* ascending by field, value, address */
	size_t nr;
};

struct pvp_error *pvp_stores_scan(const struct pvp_image *image, const struct pvp_tables *tables,
				  struct pvp_stores *ret) PVP_MUST_CHECK;
void pvp_stores_deinit(struct pvp_stores *stores);

#define PVP_STORE_STATES(X)                                                                        \
	X(AGREED, "", "a platform's file has it too")                                              \
	X(EARLY, "early", "replaced before the kernel patches itself, or not for a platform")      \
	X(UNNAMED, "unnamed", "no platform's file has it")                                         \
	X(UNKNOWN, "unknown", "a store of what the scan cannot tell")                              \
	X(UNSTORED, "unstored", "platforms' files have it, but nothing stores it")

enum pvp_store_state {
#define X(id, name, what) PVP_STORE_##id,
	PVP_STORE_STATES(X)
#undef X
};
const char *pvp_store_state_name(enum pvp_store_state state);

/* A (field, value) of stores and platforms together.  The last three states are mismatches. */
struct pvp_store_row {
	size_t field;
	uint64_t value;
	enum pvp_store_state state;
	const struct pvp_store *first; /* borrowed, nr of them; NULL: none */
	size_t nr;
	const char *reason; /* EARLY: why; static */
};

/* Values that only some boot steps see are in a table here, with a reason each.  *ret is ascending
 * by field and value; the caller frees it. */
void pvp_stores_compare(const struct pvp_stores *stores, const struct pvp_image *image,
			const struct pvp_tables *tables,
			const struct pvp_platform *const *platforms, size_t nr_platforms,
			struct pvp_store_row **ret, size_t *nr);

#endif
