/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * jobs.h - cells decided by worker processes, whose death is a result.
 *
 * Site i belongs to worker i modulo the number of jobs; a worker sends each cell as it is decided.
 * One that dies takes its current site with it (INCONCLUSIVE, worker-died) and another goes on
 * behind it.  Results do not depend on the number of jobs.
 */
#ifndef PVP_JOBS_H
#define PVP_JOBS_H

#include "check.h"

struct pvp_job_outcome {
	struct pvp_cell cell;
	char *violation; /* or NULL */
};

/* ret: one outcome a site, allocated by the caller, zeroed. */
struct pvp_error *pvp_jobs_run(const struct pvp_check_input *input, struct pvp_job_outcome *ret,
			       uint64_t *cases) PVP_MUST_CHECK;

#endif
