/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.h - sites and start states that even a loop without hooks can run: both texts reach the
 * end of the site from every state, without a sensitive instruction's effect (but for the interrupt
 * flag), and without memory that nobody prepared.
 *
 * A sample holds what each loop needs and nothing else, so that none pays for drawing or looking
 * things up; our own loop draws its states itself, as `verify` does.
 */
#ifndef PVP_BENCH_SAMPLE_H
#define PVP_BENCH_SAMPLE_H

#include "cell.h"
#include "x86/regs.h"

#define SAMPLE_NR_REGS	  (PVP_X86_gs_base + 1) /* those that an engine has */
#define SAMPLE_NR_GENERAL 16		       /* rax .. r15 */

struct sample_word {
	uint64_t addr, value;
	uint8_t size;
	uint8_t *host[2]; /* engines.c's: where it is in the views of its engines */
};

struct sample_words {
	struct sample_word *v;
	size_t nr, cap;
};

struct sample_side {
	uint64_t end[SAMPLE_NR_GENERAL]; /* as our machine found them */
	struct sample_words undo;	 /* what memory was before, pokes included */
};

struct sample_start {
	uint64_t reg[SAMPLE_NR_REGS];
	struct sample_words pokes;
	struct sample_side side[2]; /* K0, K1 */
};

struct sample_site {
	const struct pvp_site *site;
	struct sample_start *starts; /* nr_states of the sample */
	uint64_t insns;		     /* executed in all its cases */
};

struct sample {
	struct sample_site *v;
	size_t nr, cap;
	unsigned nr_states;
	size_t nr_simple; /* sites that would do, of which v is every so manieth */
};

/* At most max_sites of them, evenly. */
void sample_take(struct pvp_bench *bench, unsigned nr_states, size_t max_sites, struct sample *ret);
/* Instructions a case. */
double sample_insns(const struct sample *sample);
/* Takes site i out: some loop cannot run it after all. */
void sample_drop(struct sample *sample, size_t i);
void sample_deinit(struct sample *sample);

#endif
