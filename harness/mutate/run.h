/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run.h - mutants judged, by workers: one that a mutant kills is one mutant's result, and another
 * worker goes on behind it.
 */
#ifndef PVP_MUTATE_RUN_H
#define PVP_MUTATE_RUN_H

#include "mutate.h"

struct pvp_mutant_outcome {
	enum pvp_verdict verdict;
	enum pvp_reason reason;
	unsigned state; /* start states until it was decided */
	char seen[192]; /* what differed, or was missing */
};

/* mutants: by site, whose good text is judged first.  ret: one a mutant, allocated by the caller. */
struct pvp_error *pvp_mutants_run(const struct pvp_check_input *check,
				  const struct pvp_mutant *mutants, size_t nr,
				  struct pvp_mutant_outcome *ret) PVP_MUST_CHECK;

#endif
