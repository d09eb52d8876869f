/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cell.h - decide one site on one platform, in this process.
 *
 * A bench is a pair of machines, K0 and K1, over two views of one world; it decides any number of
 * sites, one after the other, each from the same memory.
 */
#ifndef PVP_CELL_H
#define PVP_CELL_H

#include "check.h"

/* A cell with fewer counted runs proves nothing. */
#define PVP_MIN_COUNTED 16
#define PVP_MAX_INSNS	20000 /* the longest correct run measured is 15207 */

struct pvp_bench;

struct pvp_error *pvp_bench_create(const struct pvp_check_input *input, struct pvp_bench **ret)
	PVP_MUST_CHECK;
/* One whose K0 keeps traces, and is slower. */
struct pvp_error *pvp_bench_create_tracing(const struct pvp_check_input *input,
					   struct pvp_bench **ret) PVP_MUST_CHECK;
void pvp_bench_destroy(struct pvp_bench *bench);

/*
 * K1's text at a site becomes `bytes`, site->len of them, and that of the site that was spoilt before
 * is the patched one again.  bytes NULL: no site is spoilt.  K1's machine is made anew: what an engine
 * has run is never rewritten.
 */
struct pvp_error *pvp_bench_spoil(struct pvp_bench *bench, const struct pvp_site *site,
				  const uint8_t *bytes) PVP_MUST_CHECK;
/*
 * Runs start states of the site until input->nr_states of them are counted (or there is no hope),
 * and fills *ret (owned by the caller).  violation (may be NULL) gets a line when both sides break
 * the contract alike; the caller frees it.
 */
void pvp_bench_decide(struct pvp_bench *bench, const struct pvp_site *site, struct pvp_cell *ret,
		      char **violation);
/* Only state `index`, be it wild or not. */
void pvp_bench_decide_state(struct pvp_bench *bench, const struct pvp_site *site, unsigned index,
			    struct pvp_cell *ret);
/* The same from one state that is given: state `index`, or made from it. */
void pvp_bench_decide_start(struct pvp_bench *bench, const struct pvp_site *site,
			    const struct pvp_start *start, unsigned index, struct pvp_cell *ret);
/* Length of the function that begins at addr, up to the next symbol; 0: none begins there. */
uint64_t pvp_function_len(const struct pvp_image *image, uint64_t addr);
/* Runs of one text from one state so far. */
uint64_t pvp_bench_cases(const struct pvp_bench *bench);

#endif
