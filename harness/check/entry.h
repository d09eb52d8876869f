/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry.h - decide the entry-code sites and the rows of the trap table: run the patched text and
 * compare with what it means on the platform (entry_rules.h).
 */
#ifndef PVP_CHECK_ENTRY_H
#define PVP_CHECK_ENTRY_H

#include "check.h"

/* One machine, over K1, for the sites of one kind: where runs arrive differs. */
struct pvp_entry_bench;

struct pvp_error *pvp_entry_bench_create(const struct pvp_check_input *input,
					 enum pvp_site_kind kind,
					 struct pvp_entry_bench **ret) PVP_MUST_CHECK;
void pvp_entry_bench_destroy(struct pvp_entry_bench *bench);
/* Other bytes at a site, before anything has been decided. */
struct pvp_error *pvp_entry_bench_spoil(struct pvp_entry_bench *bench, const struct pvp_site *site,
					const uint8_t *bytes) PVP_MUST_CHECK;
void pvp_entry_bench_decide(struct pvp_entry_bench *bench, const struct pvp_site *site,
			    struct pvp_cell *cell);

/* State `state` of one site alone, in this process; the caller deinits the cell. */
struct pvp_error *pvp_entry_check_one(const struct pvp_check_input *input,
				      const struct pvp_site *site, unsigned state,
				      struct pvp_cell *ret) PVP_MUST_CHECK;

/* Fills result->entry_cells, and adds findings about the trap table as a whole. */
struct pvp_error *pvp_entry_check(const struct pvp_check_input *input,
				  struct pvp_check_result *result) PVP_MUST_CHECK;

#endif
