/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * jobs.h - cells decided by worker processes (pool.h).
 *
 * The site that a worker dies of is INCONCLUSIVE, worker-died.  Results do not depend on the number
 * of jobs.
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
