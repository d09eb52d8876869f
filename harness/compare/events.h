/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.h - what happened in a run, in order: effects, and stores to ordered memory byte by byte, as two
 * kernels can be compared.
 *
 *	events = pvp_run_events_of(&side, &places, 0);
 *	pvp_run_events_deinit(&events);
 */
#ifndef PVP_RUN_EVENTS_H
#define PVP_RUN_EVENTS_H

#include "runs.h"

/* An effect, or one byte of a store to ordered memory. */
struct pvp_run_event {
	char *key; /* owned: its kind, by name */
	const struct pvp_effect *effect; /* NULL: a store */
	const struct pvp_write *write;
	unsigned byte;
	uint8_t bits;	 /* of it that mean something */
	uint64_t offset; /* of the byte, in what the key names */
	bool is_nothing; /* leaves what is there already: that tells nobody anything */
	size_t nth;	 /* as it happened */
};

struct pvp_run_events {
	struct pvp_run_event *v;
	size_t nr, cap;
};

/* nth: which of the two images of places the side is. */
struct pvp_run_events pvp_run_events_of(const struct pvp_run_side *side,
				       const struct pvp_places *places, unsigned nth);
void pvp_run_events_deinit(struct pvp_run_events *events);

static inline uint8_t pvp_run_byte(uint64_t value, unsigned i)
{
	return value >> 8 * i;
}

/* The bits that mean something, of the byte at an offset from a symbol. */
uint8_t pvp_run_meaning(const char *symbol, uint64_t offset);

#endif
