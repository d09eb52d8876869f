/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - the inside of a bench: what cell.c, which decides sites, and shrink.c, which makes a
 * witness small, both know of it.
 *
 * One trial: bench->start is set, pvp_bench_run runs both sides, and the runs and memories are
 * there to look at until pvp_bench_undo.
 */
#ifndef PVP_BENCH_H
#define PVP_BENCH_H

#include "accounting.h"
#include "cell.h"
#include "compare.h"
#include "start.h"
#include "world.h"
#include "x86/decode.h"

struct pvp_bench_side {
	struct pvp_view view;
	struct pvp_machine *machine;
	struct pvp_run run;
};

struct pvp_bench {
	const struct pvp_check_input *input;
	struct pvp_world *world;
	struct pvp_bench_side side[2]; /* K0, K1 */
	struct pvp_x86_decoder *decoder;
	struct pvp_special *specials[2]; /* the machines' */
	size_t nr_specials[2];
	struct pvp_start_image facts;
	struct pvp_accounting accounting;
	struct pvp_start start;
	bool traces; /* K0 does */
	uint64_t cases;
};

/* Runs both sides from bench->start, the site's address its rip, for at most max_insns. */
void pvp_bench_run(struct pvp_bench *bench, const struct pvp_site *site,
		   const struct pvp_contract *contract, uint64_t max_insns,
		   struct pvp_comparison *ret);
/* K0 alone. */
void pvp_bench_trace(struct pvp_bench *bench, const struct pvp_site *site);
/* K1 alone; the stack pointer below which the stack is dead at the end. */
uint64_t pvp_bench_run_patched(struct pvp_bench *bench, const struct pvp_site *site);
/* Whether the platform has no such op: the unpatched call goes to NULL. */
bool pvp_bench_is_null_op(const struct pvp_bench *bench, const struct pvp_site *site);
/* What the runs differ in, or NULL; of a NULL op: in what they are not as prescribed. */
const char *pvp_bench_difference(struct pvp_bench *bench, const struct pvp_site *site,
				 const struct pvp_comparison *comparison);
void pvp_bench_undo(struct pvp_bench *bench);

/* What the runs came to: the start's and the sides' fields of *ret, whose strings are replaced. */
void pvp_bench_describe(struct pvp_bench *bench, const char *what, struct pvp_witness *ret);

#endif
