/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * seen.h - inside check/: what a run came to, in the words of a witness, and witnesses on their way
 * from a worker to its parent.
 */
#ifndef PVP_SEEN_H
#define PVP_SEEN_H

#include "check.h"
#include "machine.h"
#include "record.h"
#include "world.h"

/* Replaces what *end, *stop and *effects hold; the strings are owned by the caller. */
void pvp_seen_side(const struct pvp_image *image, const struct pvp_run *run,
		   uint64_t end[PVP_X86_NR_REGS], char **stop, char **effects);

/* The form of text that is no call of an operation. */
enum pvp_form pvp_seen_form(const struct pvp_view *view, const struct pvp_site *site);

/*
 * The witness of text that has no unpatched side: what it did beside what it means.  The caller
 * owns it.
 */
struct pvp_witness *pvp_seen_alone(const struct pvp_check_input *input, unsigned state,
				   const char *what, const char *meaning,
				   const struct pvp_state *start, const struct pvp_run *run);

/* A cell with its witness, but for its site. */
void pvp_seen_put_cell(struct pvp_record *record, const struct pvp_cell *cell);
/* Fills *ret (the caller deinits it) but for the site.  False: it cannot be what was put, for a worker
 * may have been damaged before it spoke. */
bool pvp_seen_get_cell(struct pvp_record *record, struct pvp_cell *ret);

/* The cell of a site whose worker ended, as pvp_pool says how.  The caller deinits it. */
struct pvp_cell pvp_seen_died(const struct pvp_site *site, const char *how);

#endif
