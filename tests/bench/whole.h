/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * whole.h - `pvproof verify` as a user runs it: how long, and how much it did.
 */
#ifndef PVP_BENCH_WHOLE_H
#define PVP_BENCH_WHOLE_H

#include <stdint.h>

#include "error.h"

struct whole {
	uint64_t cases, checks;
	double cpu; /* seconds, of its children too */
};

/* One image, one platform, one job; its reports go to a folder that is removed again. */
struct pvp_error *whole_run(const char *program, const char *image, const char *platform,
			    unsigned nr_states, struct whole *ret) PVP_MUST_CHECK;

#endif
