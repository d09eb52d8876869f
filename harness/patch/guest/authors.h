/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * authors.h - inside guest/: who changed which byte of the running guest's text.
 *
 * Found by looking: settle compares text with what it was at the last look, and puts down every
 * difference to the pass that ran in between.  (A byte written with the value it had goes unseen.)
 * In a section that is data as well (.data of 7.2), text is what the patch tables name.
 */
#ifndef PVP_AUTHORS_H
#define PVP_AUTHORS_H

#include "guest_memory.h"
#include "patched.h"
#include "tables.h"

struct pvp_author_section {
	uint64_t addr, len;
	const uint8_t *file, *now; /* borrowed from the image; from the guest's memory */
	uint8_t *seen, *by;	   /* owned: at the last look; as pvp_patched_add takes it */
	uint8_t *text;		   /* owned: 1 for a byte of text; NULL: all are */
};

struct pvp_authors {
	struct pvp_author_section *v; /* owned, ascending, not overlapping */
	size_t nr, cap;
};

/* Text that has no memory or that two sections claim is an error. */
struct pvp_error *pvp_authors_init(const struct pvp_image *image, const struct pvp_tables *tables,
				   const struct pvp_guest_memory *memory,
				   struct pvp_authors *ret) PVP_MUST_CHECK;
void pvp_authors_deinit(struct pvp_authors *authors);

void pvp_authors_settle(struct pvp_authors *authors, enum pvp_pass pass);
/*
 * Branches of the retpoline sites that lead to [addr, addr+len), where memory was handed out:
 * another boot would have it elsewhere.  Their displacements become symbolic.
 */
void pvp_authors_mark_symbolic(struct pvp_authors *authors, const struct pvp_tables *tables,
			       uint64_t addr, uint64_t len);
/* What differs from the file. */
void pvp_authors_patched(const struct pvp_authors *authors, struct pvp_patched *ret);

#endif
