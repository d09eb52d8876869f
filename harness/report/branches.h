/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * branches.h - which conditional branches of the functions that the ops run went both ways in some
 * start state, and by name those that did not: what `executed` has not seen.
 */
#ifndef PVP_BRANCHES_H
#define PVP_BRANCHES_H

#include <jansson.h>
#include <stdio.h>

#include "check.h"

#define PVP_BRANCH_WAYS(X)                                                                         \
	X(DISABLED, "disabled", "no path of the function leads to it: static keys that are off, fixups") \
	X(NOT_REACHED, "not-reached", "no state came to it")                                       \
	X(NEVER_TAKEN, "never-taken", "every state that came to it went straight on")              \
	X(ALWAYS_TAKEN, "always-taken", "every state that came to it jumped")                      \
	X(BOTH, "both", "states went both ways")

enum pvp_branch_ways {
#define X(id, name, what) PVP_BRANCH_##id,
	PVP_BRANCH_WAYS(X)
#undef X
		PVP_NR_BRANCH_WAYS
};
const char *pvp_branch_ways_name(enum pvp_branch_ways ways);

struct pvp_results_branch {
	uint64_t addr;
	char *symbol; /* "xen_set_pud+0x1c" */
	char name[8]; /* "je" */
	enum pvp_branch_ways ways;
};

struct pvp_results_branches {
	size_t functions;
	size_t ways[PVP_NR_BRANCH_WAYS]; /* branches of each */
	struct pvp_results_branch *v;	 /* those that did not go both ways, ascending by address */
	size_t nr;
};

struct pvp_results_image;

void pvp_results_branches_fill(const struct pvp_image *image, const struct pvp_check_result *from,
			       struct pvp_results_branches *ret);
void pvp_results_branches_deinit(struct pvp_results_branches *branches);

json_t *pvp_results_branches_json(const struct pvp_results_branches *branches);
/* A row a platform; with names, a line for each branch as well.  Nothing where none was sought. */
void pvp_table_branches(const struct pvp_results_image *image, bool names, FILE *out);

#endif
