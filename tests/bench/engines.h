/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engines.h - Unicorn without our machine: what `pvproof` is compared with.
 *
 *	PLAIN   what a straightforward C program does: write memory and registers, run with the
 *		site's end as `until`, read registers and stack back, put memory back, compare.
 *	LIMIT   the least a complete case can cost with this engine: restore the context, set memory
 *		through host pointers and registers in one batch, run to a hlt planted behind the site
 *		(`until` is a constant that nothing reaches), read the registers in one batch, put
 *		memory back.  No hooks, nothing observed on the way.
 *
 * Both have two engines, over the same two texts from the same states as ours.
 */
#ifndef PVP_BENCH_ENGINES_H
#define PVP_BENCH_ENGINES_H

#include "sample.h"

enum engines_kind { ENGINES_PLAIN, ENGINES_LIMIT };

struct engines;

/* Drops those sites from the sample that do not end as they did on our machine. */
struct pvp_error *engines_create(const struct pvp_check_input *input, enum engines_kind kind,
				 struct sample *sample, struct engines **ret) PVP_MUST_CHECK;
/* One case of each text from each state of each site; how many checks agreed. */
uint64_t engines_run(struct engines *engines, const struct sample *sample);
void engines_destroy(struct engines *engines);

#endif
