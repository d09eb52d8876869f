/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explore.h - inside check/: the search of steer.h for one op, in this process.
 */
#ifndef PVP_EXPLORE_H
#define PVP_EXPLORE_H

#include "steer.h"

struct pvp_explorer;

struct pvp_explored {
	struct pvp_steer *steers; /* owned */
	size_t nr_steers;
	/* Owned; of all functions that a run to its end entered, ascending. */
	struct pvp_branch *branches;
	size_t nr_branches;
	uint64_t *functions; /* owned; their addresses, ascending */
	size_t nr_functions;
	uint64_t cases;
};

struct pvp_error *pvp_explorer_create(const struct pvp_check_input *input,
				      struct pvp_explorer **ret) PVP_MUST_CHECK;
void pvp_explorer_destroy(struct pvp_explorer *explorer);

/* Runs to leave out, by their number: the engine ended the process over them. */
struct pvp_explore_skips {
	uint64_t v[16];
	unsigned nr;
};

/*
 * Nothing is found for an op without a contract, or one the platform does not have.  *under_way is
 * the number of the run that is made at any time.
 */
void pvp_explore(struct pvp_explorer *explorer, const struct pvp_site *site,
		 const struct pvp_explore_skips *skips, volatile uint64_t *under_way,
		 struct pvp_explored *ret);
void pvp_explored_deinit(struct pvp_explored *explored);

#endif
