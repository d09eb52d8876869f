/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transfer_bench.h - inside check/: one machine over K1 that runs transfers, and what one came to.
 */
#ifndef PVP_TRANSFER_BENCH_H
#define PVP_TRANSFER_BENCH_H

#include "transfer_rules.h"

struct pvp_transfer_bench;

/* The world is shared: every bench has a view of its own. */
struct pvp_error *pvp_transfer_bench_create(const struct pvp_check_input *input,
					  const struct pvp_world *world,
					  struct pvp_transfer_bench **ret) PVP_MUST_CHECK;
void pvp_transfer_bench_destroy(struct pvp_transfer_bench *bench);

/* Runs all start states of site i of input->transfers, or until one is wrong; the caller deinits
 * the cell. */
void pvp_transfer_bench_decide(struct pvp_transfer_bench *bench, size_t i, struct pvp_cell *ret);
/* State `state` alone. */
void pvp_transfer_bench_decide_state(struct pvp_transfer_bench *bench, size_t i, unsigned state,
				     struct pvp_cell *ret);
uint64_t pvp_transfer_bench_cases(const struct pvp_transfer_bench *bench);

#endif
