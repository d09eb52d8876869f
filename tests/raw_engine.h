/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * raw_engine.h - the same text in Unicorn alone, with none of our hands in it: what our handling of
 * an instruction is compared with where Unicorn has one of its own.
 *
 *	small_machine_init(&sm, ring);	or small_machine_init_i386
 *	small_machine_code(&sm, ..);
 *	raw_engine_open(&raw, &sm);	sets the system registers of sm.start to the engine's
 *	raw_engine_run(&raw, &sm);	from sm.start to sm.request.end, or a fault
 *	raw_engine_close(&raw);
 */
#ifndef PVP_RAW_ENGINE_H
#define PVP_RAW_ENGINE_H

#include <unicorn/unicorn.h>

#include "small_machine.h"

/* Flat selectors of ring 0 and ring 3; i386 has ring 0 alone. */
#define RAW_CS0 0x10
#define RAW_SS0 0x18
#define RAW_CS3 0x33
#define RAW_SS3 0x2b

struct raw_engine {
	uc_engine *uc;
	bool is_i386;
	uint64_t scratch;	      /* code and stack that enter the ring; behind it the GDT */
	uint8_t *host[SM_NR_REGIONS]; /* copies of sm's regions */
	uint64_t stop_at;
	int vector;	      /* of the fault that ended the run, or -1: it reached the end */
	struct pvp_state end; /* rip, general registers, flags, bases, selectors, cr and dr */
};

void raw_engine_open(struct raw_engine *raw, struct small_machine *sm);
void raw_engine_run(struct raw_engine *raw, const struct small_machine *sm);
void raw_engine_close(struct raw_engine *raw);

#endif
