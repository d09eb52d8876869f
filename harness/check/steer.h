/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * steer.h - start states that are searched for: which branches of an op's functions the drawn states
 * take, and states made from drawn ones that take the others.
 *
 * What an op runs is the same at all of its sites, so the search is made once an op, on the linked
 * text (K0) of the op's first site; every site of the op then runs the states it found.  A steered
 * state is drawn state `base` with some words, registers or the machine's answers changed.  Nobody
 * says that a kernel can be in it: it is outside the domain, decides like any other, and is counted
 * apart.  What it must never change is text and the slots that K0 calls through.
 *
 *	err = pvp_steering_search(input, &steering);
 *	op = pvp_steering_find(&steering, "irq.halt");
 *	pvp_steer_apply(&op->steers[i], &start);	start: drawn state steers[i].base
 *	pvp_steering_deinit(&steering);
 *
 * The same input and seed give the same steering, whatever the number of jobs.
 */
#ifndef PVP_STEER_H
#define PVP_STEER_H

#include "check.h"
#include "start.h"

#define PVP_STEER_MAX_CHANGES 12
#define PVP_MAX_STEERS	      64 /* of one op */

enum pvp_steer_kind {
	PVP_STEER_MEMORY,
	PVP_STEER_REGISTER,
	PVP_STEER_ANSWERS,
	PVP_STEER_REFUSAL, /* Xen refuses every hypercall */
};

struct pvp_steer_change {
	enum pvp_steer_kind kind;
	uint8_t size;	/* MEMORY: bytes */
	uint64_t where; /* MEMORY: address; REGISTER: enum pvp_x86_reg */
	uint64_t value; /* ANSWERS: mixed into the seed of what devices, MSRs and callees answer */
};

struct pvp_steer {
	unsigned base; /* index of the drawn state */
	unsigned nr;
	struct pvp_steer_change changes[PVP_STEER_MAX_CHANGES];
};

struct pvp_op_steering {
	const char *op; /* borrowed from the sites */
	struct pvp_steer *steers;
	size_t nr;
};

struct pvp_steering {
	struct pvp_op_steering *v; /* one an op, in the order of their first sites */
	size_t nr;
	struct pvp_branch *branches; /* ascending by address */
	size_t nr_branches;
	size_t nr_functions;
	uint64_t cases; /* runs that the search took */
};

/* Only ops that have a site which is wanted. */
struct pvp_error *pvp_steering_search(const struct pvp_check_input *input,
				      struct pvp_steering *ret) PVP_MUST_CHECK;
void pvp_steering_deinit(struct pvp_steering *steering);
/* NULL: nothing was found for it, or nothing sought. */
const struct pvp_op_steering *pvp_steering_find(const struct pvp_steering *steering,
						const char *op);

/* Those of several ops, in any order, become one a place, ascending; how many are left.  A place is
 * disabled only where no op has a path to it. */
size_t pvp_branches_merge(struct pvp_branch *v, size_t nr);

/* False: the state has no room for the changes. */
bool pvp_steer_apply(const struct pvp_steer *steer, struct pvp_start *start);

#endif
