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

/* Replaces what *end, *stop and *effects hold; the strings are owned by the caller. */
void pvp_seen_side(const struct pvp_image *image, const struct pvp_run *run,
		   uint64_t end[PVP_X86_NR_REGS], char **stop, char **effects);

/*
 * The witness of text that has no unpatched side: what it did beside what it means.  The caller
 * owns it.
 */
struct pvp_witness *pvp_seen_alone(const struct pvp_check_input *input, unsigned state,
				   const char *what, const char *meaning,
				   const struct pvp_state *start, const struct pvp_run *run);

void pvp_seen_put(struct pvp_record *record, const struct pvp_witness *witness); /* may be NULL */
struct pvp_witness *pvp_seen_get(struct pvp_record *record); /* owned by the caller; or NULL */
/* Whether what came from a worker can be indexed with; NULL can. */
bool pvp_seen_is_sane(const struct pvp_witness *witness);

#endif
