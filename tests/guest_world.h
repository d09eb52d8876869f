/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_world.h - a tiny kernel with patching functions of its own: all return at once, but
 * alternative_instructions calls apply_alternatives first, which a test overwrites.
 */
#ifndef PVP_GUEST_WORLD_H
#define PVP_GUEST_WORLD_H

#include "model_world.h"

#define APPLY	 (TINY_TEXT + 0x100) /* apply_alternatives: the row's code */
#define BOOT	 (TINY_TEXT + 0x200) /* alternative_instructions: calls it */
#define INIT	 (TINY_TEXT + 0x300) /* static_call_init */
#define UPDATE	 (TINY_TEXT + 0x380) /* __static_call_update */
#define TARGET	 (TINY_TEXT + 0x400) /* text to be patched: 0xcc */
#define CALLEE	 (TINY_TEXT + 0x500) /* the row's callee: 0xcc, must not be run */
#define COPY	 (TINY_TEXT + 0x540) /* copies rdx bytes from rsi to rdi */
#define CPU_DATA (TINY_DATA + 0x500) /* boot_cpu_data */
#define MASKS	 (TINY_DATA + 0x600) /* possible, present */
#define SOURCE	 (TINY_DATA + 0x700) /* "patch" */

void guest_world_init(struct world *w); /* TINY_6_1 */
/* Without static_call_init and __static_call_update where there are no inline static calls. */
void guest_world_init_kind(struct world *w, enum tiny_kind kind);

/* Prediction gives these rows, "addr old new pass", one a line. */
void guest_expect(struct world *w, const char *what, const char *want);
void guest_expect_error(struct world *w, enum pvp_error_code code, const char *message);

#endif
