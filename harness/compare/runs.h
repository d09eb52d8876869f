/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * runs.h - one run of each image from the same start state: all that a caller of the operation or the
 * hardware could tell apart, as fields that differ.
 *
 *	pvp_runs_compare(&a, &b, &places, &differences);
 *
 * Fields: "stop", "fault", "result", a register's name, "rflags"; "effects.KIND" (of hypercalls
 * "hypercall.NAME", of replaced callees "callee.NAME"), each kind's effects in their order; "order",
 * when kinds agree one by one but not in their sequence; "store.PLACE", ordered stores, and
 * "memory.PLACE", what memory holds at the end, by symbol, by member of what an argument points to, or
 * by region outside the image.
 */
#ifndef PVP_RUNS_H
#define PVP_RUNS_H

#include "bench.h"
#include "places.h"

/* One side: it has run from bench->start, and is not undone yet. */
struct pvp_run_side {
	struct pvp_bench *bench;
	const struct pvp_site *site;
	const struct pvp_contract *contract;
	uint64_t end_sp;
};

struct pvp_run_differences {
	struct pvp_run_difference {
		char *field;
		char *a, *b; /* what each side has; the first of the field */
		/* For who compares several texts of one operation: A's and B's that differ so, owned;
		 * NULL: the first. */
		char *at[2];
	} *v; /* owned, one a field */
	size_t nr, cap;
	char *undecided; /* why a run could not be followed to its end; NULL */
	bool ended;	 /* both came to their end */
	bool is_null[2]; /* A, B: stopped at an access to the first page, as a pointer that is NULL makes it */
};

/* ret is zeroed at first; called again, it gets the fields that are new. */
void pvp_runs_compare(const struct pvp_run_side *a, const struct pvp_run_side *b,
		      const struct pvp_places *places, struct pvp_run_differences *ret);
void pvp_run_differences_add(struct pvp_run_differences *differences, const char *field,
			     const char *a, const char *b);
/* Takes a field away again, if it is there; false: it is not. */
bool pvp_run_differences_remove(struct pvp_run_differences *differences, const char *field);
void pvp_run_differences_deinit(struct pvp_run_differences *differences);

#endif
