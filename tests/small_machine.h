/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * small_machine.h - a machine over a few pages, for tests of emu/.
 *
 *	small_machine_init(&sm, 0);
 *	small_machine_code(&sm, "48 89 07");	mov [rdi], rax; until open: text is never rewritten
 *	sm.config.nr_rules = ..;
 *	small_machine_open(&sm);
 *	small_machine_run(&sm);			from SM_TEXT to the end of the code
 *	small_machine_deinit(&sm);
 *
 * small_machine_init_i386 makes one of 32 bits, where the same regions are at SM32_TEXT and so on.
 * Text that nobody wrote is int3, so that a run which leaves the code is a fault.
 */
#ifndef PVP_SMALL_MACHINE_H
#define PVP_SMALL_MACHINE_H

#include "machine.h"
#include "x86/regs.h"

#define SM_PAGE 0x1000ull
/* Regions; all but the stack lie one behind the other. */
#define SM_TEXT	   0xffffffff81000000ull /* 2 pages r-x */
#define SM_RO	   0xffffffff81002000ull /* 1 page r-- */
#define SM_DATA	   0xffffffff81003000ull /* 2 pages rw- */
#define SM_ORDERED 0xffffffff81005000ull /* 1 page rw-, class ORDERED */
#define SM_HOLE	   0xffffffff81006000ull /* nothing is mapped here */
#define SM_STACK   0xffffc90000000000ull /* 1 page rw-, class STACK */
#define SM_SP	   (SM_STACK + 0x800)	 /* rsp at the start */

#define SM32_TEXT    0xc1000000ull
#define SM32_RO	     0xc1002000ull /* a descriptor table begins here */
#define SM32_DATA    0xc1003000ull
#define SM32_ORDERED 0xc1005000ull
#define SM32_HOLE    0xc1006000ull
#define SM32_STACK   0xf5000000ull
#define SM32_SP	     (SM32_STACK + 0x800)

#define SM_NR_REGIONS 5

struct small_machine {
	struct pvp_machine_config
		config; /* may be changed until open; regions and client are set */
	struct pvp_region regions[SM_NR_REGIONS]; /* text first */
	struct pvp_machine *machine;
	struct pvp_state start;		/* rip at the text, distinct values in other registers */
	struct pvp_run_request request; /* end: behind the code, at the start's stack depth */
	struct pvp_run run;

	/* What the client answers, and what it was asked. */
	uint64_t fixup; /* 0: there is none */
	bool knows_hypercalls;
	unsigned nr_hypercalls, nr_fixups;
	uint64_t fixup_addr;
	unsigned fixup_vector;
};

void small_machine_init(struct small_machine *sm, unsigned ring);
void small_machine_init_i386(struct small_machine *sm);
void small_machine_deinit(struct small_machine *sm);
/* Bytes in hexadecimal at an address of a region; the number of bytes. */
size_t small_machine_bytes(struct small_machine *sm, uint64_t addr, const char *hex);
/* Where the text begins; the run's end is behind them. */
void small_machine_code(struct small_machine *sm, const char *hex);
uint8_t *small_machine_host(struct small_machine *sm, uint64_t addr);
uint64_t small_machine_word(struct small_machine *sm, uint64_t addr);
void small_machine_set_word(struct small_machine *sm, uint64_t addr, uint64_t value);
void small_machine_open(struct small_machine *sm);
void small_machine_run(struct small_machine *sm);
void small_machine_undo(struct small_machine *sm);
/* init, code, open, run */
void small_machine_do(struct small_machine *sm, unsigned ring, const char *hex);
void small_machine_do_i386(struct small_machine *sm, const char *hex);

/* "interrupts 0; out 80 1 41; write-cr 3 1000": what a run did, in a static buffer. */
const char *small_machine_effects(const struct small_machine *sm);
/* "end", "fault 14 at 1000", "unmodelled": how it stopped, in a static buffer. */
const char *small_machine_stop(const struct small_machine *sm);
/* A digest of all writable memory. */
uint64_t small_machine_digest(const struct small_machine *sm);

/* Parses "0f 0b"; the number of bytes. */
size_t pvp_test_hex(const char *hex, uint8_t *ret, size_t room);

/* Assertions on the last run. */
#define sm_ck_stop(sm, want)                                                                       \
	do {                                                                                       \
		const char *stop_ = small_machine_stop(sm);                                        \
		ck_assert_msg(!strcmp(stop_, want), "%s (%s), expected %s", stop_,                 \
			      (sm)->run.detail, want);                                             \
	} while (0)
#define sm_ck_effects(sm, want)                                                                    \
	do {                                                                                       \
		const char *effects_ = small_machine_effects(sm);                                  \
		ck_assert_msg(!strcmp(effects_, want), "effects \"%s\", expected \"%s\"",          \
			      effects_, want);                                                     \
	} while (0)
#define sm_ck_reg(sm, name, want)                                                                  \
	ck_assert_msg((sm)->run.end.reg[PVP_X86_##name] == (want),                                 \
		      #name " is %#lx, expected %#lx",                                             \
		      (unsigned long)(sm)->run.end.reg[PVP_X86_##name], (unsigned long)(want))

#endif
