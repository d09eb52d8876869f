/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * behaviour.h - by operation, on one platform: do two images do the same?
 *
 *	err = pvp_behaviour_compare(&input_a, &input_b, &excuses, &cells);
 *	pvp_excuses_apply(&excuses, .., &cells);
 *	pvp_op_cells_deinit(&cells);
 *
 * Each operation's patched text is run at one site of each form that it has in either image
 * (site_forms.h), from start states of its domain with the same seed and index, and the runs are
 * compared as runs.h says.  Wild states are left out: they depend on where an image's structures have
 * their members.
 *
 * Where a row of the excuses has no use on this platform, the operation is run in more states, until the row
 * has one or there are no more.  These do not depend on the seed, so a row that excuses nothing is found
 * to be unused whatever was drawn, and one that is for rare states is not.
 */
#ifndef PVP_BEHAVIOUR_H
#define PVP_BEHAVIOUR_H

#include "check.h"
#include "excuses.h"
#include "runs.h"

/* The states that are run for a row without a use.  Of the first seeds this one meets what the shipped rows are
 * for in the fewest states (51). */
#define PVP_SOUGHT_SEED	  5
#define PVP_SOUGHT_STATES 1024

#define PVP_OP_VERDICTS(X)                                                                         \
	X(SAME, "same", "no start state tells the two apart")                                      \
	X(EXCUSED, "excused", "all that differs is in corpus/compare, with a reason")              \
	X(DIFFERS, "differs", "something a caller or the hardware could tell apart")               \
	X(ONLY_A, "only in A", "B has no such operation, or no site of it")                        \
	X(ONLY_B, "only in B", "A has no such operation, or no site of it")                        \
	X(UNDECIDED, "undecided", "too few start states could be followed to the end")

enum pvp_op_verdict {
#define X(id, name, what) PVP_OP_##id,
	PVP_OP_VERDICTS(X)
#undef X
		PVP_NR_OP_VERDICTS
};
const char *pvp_op_verdict_name(enum pvp_op_verdict verdict);

struct pvp_op_cell {
	const char *op;	     /* A's name of it, or B's when A has none */
	const char *renamed; /* B's name when it is another; NULL */
	enum pvp_op_verdict verdict;
	size_t forms;	 /* pairs of forms of its text that were run against each other */
	unsigned states; /* that were run on both, over all of these */
	unsigned ended;	 /* of these, came to their end on both */
	/* What differs; of an operation that one image lacks the field "exists", of one that is
	 * undecided the field "undecided". */
	struct pvp_run_differences differences;
	const struct pvp_excuse **excuses; /* owned, one a difference; NULL: none */
};

struct pvp_op_cells {
	struct pvp_op_cell *v; /* owned, ascending by op */
	size_t nr, cap;
};

/* Both inputs have the same nr_states, seed and platform name, and by_name set. */
struct pvp_error *pvp_behaviour_compare(const struct pvp_check_input *a,
					const struct pvp_check_input *b,
					const struct pvp_excuses *excuses,
					struct pvp_op_cells *ret) PVP_MUST_CHECK;
void pvp_op_cells_deinit(struct pvp_op_cells *cells);

/* Marks what the excuses cover, counts their uses, and sets the verdicts. */
void pvp_op_cells_judge(struct pvp_op_cells *cells, const char *platform,
			struct pvp_excuses *excuses);

#endif
