/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.h - items of work shared out to worker processes, whose death is a result.
 *
 * Item i belongs to worker i modulo the number of jobs; a worker sends what each comes to as a
 * record.  One that dies takes its current item with it (`died` says what that means) and another
 * goes on behind it.  What `take` is given for an item must not depend on the items before it, or
 * the results depend on the number of jobs.
 */
#ifndef PVP_POOL_H
#define PVP_POOL_H

#include "error.h"
#include "record.h"

struct pvp_pool {
	size_t nr_items;
	unsigned jobs; /* >= 1 */
	void *arg;
	bool (*is_wanted)(void *arg, size_t item); /* NULL: all are */

	/* In a worker.  It never frees anything: all goes with the process. */
	struct pvp_error *(*begin)(void *arg, void **state);
	void (*work)(void *arg, void *state, size_t item, struct pvp_record *out);

	/* In the parent, in any order of items.  False: the record is nonsense. */
	bool (*take)(void *arg, size_t item, struct pvp_record *in);
	/* how: "signal 6 (last line that it said on standard error)", which nobody else sees.  True:
	 * another worker is to try the same item again. */
	bool (*died)(void *arg, size_t item, const char *how);
};

struct pvp_error *pvp_pool_run(const struct pvp_pool *pool) PVP_MUST_CHECK;

#endif
