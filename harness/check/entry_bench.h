/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry_bench.h - one machine over K1 that runs entry code and rows of the trap table, and what one
 * site came to.
 */
#ifndef PVP_ENTRY_BENCH_H
#define PVP_ENTRY_BENCH_H

#include "check.h"
#include "entry_sites.h"

/* One machine, over K1, for the sites of one kind: where runs arrive differs. */
struct pvp_entry_bench;

struct pvp_error *pvp_entry_bench_create(const struct pvp_check_input *input,
					 enum pvp_site_kind kind,
					 struct pvp_entry_bench **ret) PVP_MUST_CHECK;
void pvp_entry_bench_destroy(struct pvp_entry_bench *bench);
/* As pvp_bench_spoil. */
struct pvp_error *pvp_entry_bench_spoil(struct pvp_entry_bench *bench, const struct pvp_site *site,
					const uint8_t *bytes) PVP_MUST_CHECK;
void pvp_entry_bench_decide(struct pvp_entry_bench *bench, const struct pvp_site *site,
			    struct pvp_cell *cell);

/* State `state` alone. */
void pvp_entry_bench_decide_state(struct pvp_entry_bench *bench, const struct pvp_site *site,
				  unsigned state, struct pvp_cell *cell);
uint64_t pvp_entry_bench_cases(const struct pvp_entry_bench *bench);
/* Under Xen PV: the table's rows as boot leaves them, input->entry->nr_rows; else NULL. */
const struct pvp_trap_row *pvp_entry_bench_rows(const struct pvp_entry_bench *bench);

#endif
