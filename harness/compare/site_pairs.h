/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * site_pairs.h - the sites of two images, paired by what stays the same from build to build: the
 * operation, the symbol they are in (without the compiler's suffix), and the how-manieth of the
 * operation in that symbol they are.
 *
 *	pvp_site_pairs_make(&a, &b, &pairs);
 *	err = pvp_site_pairs_compare(&pairs, &a, &boot_a, &b, &boot_b, &changes);
 *	pvp_site_changes_deinit(&changes);
 *	pvp_site_pairs_deinit(&pairs);
 *
 * Of a pair is compared, on one platform: the room it has, call or jump, the class of the change
 * (change.h), and the patched text with addresses as names.  The rows of Xen's trap table, which are
 * no text, are compared by the two functions they name.
 */
#ifndef PVP_SITE_PAIRS_H
#define PVP_SITE_PAIRS_H

#include "entry_sites.h"
#include "patched.h"
#include "platform.h"
#include "sites.h"

/* One of the two images; everything is borrowed. */
struct pvp_compared {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_sites *sites;
	const struct pvp_entry_sites *entry;
};

/* The same image as one platform boots it. */
struct pvp_compared_boot {
	const struct pvp_platform *platform;
	const struct pvp_patched *patched;
};

struct pvp_site_pair {
	const char *op;
	char *symbol; /* owned; "" where there is none */
	uint32_t nth; /* from 1 */
	const struct pvp_site *side[2]; /* A's and B's; NULL: it has none, one of them at most */
};

struct pvp_site_pairs {
	struct pvp_site_pair *v; /* owned, ascending by op, symbol, nth */
	size_t nr, cap;
};

void pvp_site_pairs_make(const struct pvp_compared *a, const struct pvp_compared *b,
			 struct pvp_site_pairs *ret);
void pvp_site_pairs_deinit(struct pvp_site_pairs *pairs);

/* What of a pair may differ. */
#define PVP_SITE_ASPECTS(X)                                                                        \
	X(ROOM, "room", "bytes for the replacement")                                               \
	X(TAIL, "tail", "a call, or a jump")                                                       \
	X(CLASS, "class", "class of the change")                                                   \
	X(TEXT, "text", "patched text, addresses as names")

enum pvp_site_aspect {
#define X(id, name, what) PVP_ASPECT_##id,
	PVP_SITE_ASPECTS(X)
#undef X
		PVP_NR_ASPECTS
};
const char *pvp_site_aspect_name(enum pvp_site_aspect aspect);

struct pvp_site_change {
	const struct pvp_site_pair *pair;
	/* A's and B's, owned; both NULL where it does not differ. */
	char *aspect[PVP_NR_ASPECTS][2];
};

struct pvp_site_changes {
	struct pvp_site_change *v; /* owned, in the order of the pairs; only those that differ */
	size_t nr, cap;
};

struct pvp_error *pvp_site_pairs_compare(const struct pvp_site_pairs *pairs,
					 const struct pvp_compared *a,
					 const struct pvp_compared_boot *boot_a,
					 const struct pvp_compared *b,
					 const struct pvp_compared_boot *boot_b,
					 struct pvp_site_changes *ret) PVP_MUST_CHECK;
void pvp_site_changes_deinit(struct pvp_site_changes *changes);

#endif
