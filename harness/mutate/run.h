/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run.h - mutants judged, each in a process of its own.
 *
 * Every worker builds benches twice, once: one decides the good text of its sites, the other never
 * runs. A mutant is a fork of that worker, which writes the spoiled bytes into its copy of the
 * second bench, decides, and is gone; so what kills a process kills one mutant.
 */
#ifndef PVP_MUTATE_RUN_H
#define PVP_MUTATE_RUN_H

#include "mutate.h"

struct pvp_mutant_outcome {
	bool decided; /* false: the process died */
	enum pvp_verdict verdict;
	enum pvp_reason reason;
	unsigned state; /* start states until it was decided */
	char seen[192]; /* what differed, or was missing */
};

/* mutants: by site.  ret: one a mutant, allocated by the caller. */
struct pvp_error *pvp_mutants_run(const struct pvp_check_input *check,
				  const struct pvp_mutant *mutants, size_t nr,
				  struct pvp_mutant_outcome *ret) PVP_MUST_CHECK;

#endif
