/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shrink.h - a witness made small: the plainest start state that still shows the divergence.
 *
 * Registers, flags, words of memory and what the other CPUs do are put back one by one to a plain
 * value (0, or the smallest its domain has) for as long as the sides differ in the same way: the
 * same kind of first difference, each side stopped as before.  What is left is what matters.  An
 * argument keeps its domain: the plain state is one that could have been drawn.
 *
 * The work is bounded by instructions executed, so it ends, and the same way everywhere.
 */
#ifndef PVP_SHRINK_H
#define PVP_SHRINK_H

#include "check.h"
#include "start.h"

struct pvp_bench;

/* bench->start is the state that diverges, `witness` what it showed; shrinks both. */
void pvp_shrink(struct pvp_bench *bench, const struct pvp_site *site,
		const struct pvp_contract *contract, struct pvp_witness *witness);

/* Whether a start state that comes from a file is one that a machine can be put in. */
struct pvp_error *pvp_shrunk_check(struct pvp_bench *bench,
				   const struct pvp_start *start) PVP_MUST_CHECK;

#endif
