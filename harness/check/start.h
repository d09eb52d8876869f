/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * start.h - start states: registers, memory and what other CPUs will do, drawn for an op's
 * contract.  State i of a seed is always the same, whatever site, side or process asks for it.
 *
 * Every eighth state is wild: its pointer arguments are any 64 bits.  A wild state's faults count
 * as agreement when both sides fault alike; it tells apart what well-shaped states cannot.
 */
#ifndef PVP_START_H
#define PVP_START_H

#include "contract.h"
#include "machine.h"
#include "world.h"

#define PVP_START_MAX_POKES  208
#define PVP_START_MAX_SCRIPT 12

struct pvp_start_poke {
	uint64_t addr, value;
	uint8_t size;
};

struct pvp_start {
	struct pvp_state state; /* rip is not set */
	uint64_t seed;		/* of what the machine answers */
	bool wild;
	struct pvp_start_poke pokes[PVP_START_MAX_POKES]; /* in order: later ones win */
	size_t nr_pokes;
	struct pvp_script_row script[PVP_START_MAX_SCRIPT];
	size_t nr_script;
};

/* Facts of the image that start states need, looked up once. */
struct pvp_start_image {
	const struct pvp_view *view; /* borrowed: memory before any run */
	const struct pvp_plan *plan;
	uint64_t percpu_base; /* of CPU 0: GS base, on i386 FS base */
	bool by_name;	      /* as of struct pvp_check_input */
	uint64_t qnodes;      /* first queue node of CPU 0; 0: none */
};

void pvp_start_image_init(struct pvp_start_image *facts, const struct pvp_image *image,
			  const struct pvp_view *view);

#define PVP_WILD_EVERY 8
/* States are drawn until as many as asked for are counted, at most so many times as many .. */
#define PVP_MAX_DRAWN 4
/* .. so that no index reaches this. */
static inline unsigned pvp_start_max_index(unsigned nr_states)
{
	return PVP_MAX_DRAWN * nr_states / (PVP_WILD_EVERY - 1) * PVP_WILD_EVERY + PVP_WILD_EVERY;
}

/* A value of a domain for a result; domains that come with memory give the bare value. */
uint64_t pvp_start_value(const struct pvp_start_image *facts, const struct pvp_platform *platform,
			 enum pvp_domain domain, uint64_t seed);

void pvp_start_make(const struct pvp_start_image *facts, const struct pvp_platform *platform,
		    const struct pvp_contract *contract, uint64_t seed, unsigned index,
		    struct pvp_start *ret);

#endif
