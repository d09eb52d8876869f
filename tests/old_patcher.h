/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * old_patcher.h - a patcher of 6.1's kind, with one bug of the past at a time.
 *
 * It shares nothing with the two predictors but the tables; without a bug its text is the model's,
 * byte by byte, which test_history.c checks.  With one, the text is what a kernel of that time
 * would have left of the same tables.
 *
 *	old_patcher_run(&boot, OLD_NOPS_BY_BYTE);
 *	pvp_check(&boot.input, &result);
 */
#ifndef PVP_OLD_PATCHER_H
#define PVP_OLD_PATCHER_H

#include "check_bench.h"

enum old_bug {
	OLD_RIGHT,
	OLD_PARAVIRT_LAST,    /* B8: after the alternatives, as in modules of 5.13 to 5.16 */
	OLD_NOP_BY_OPCODE,    /* B6: opcode 90 is a NOP, whatever REX says */
	OLD_NOPS_BY_BYTE,     /* B24: a run of bytes 90 is NOPs, in the middle of what it may be */
	OLD_NOPS_LEFT,	      /* B23: runs of one-byte NOPs stay */
	OLD_TRAMPOLINES_LEFT, /* B18: returns that are trampolines stay */
	OLD_RETURNS_LEFT,     /* B18: every listed return stays */
	OLD_JCC_LEFT,	      /* B20: conditional tail jumps stay as linked */
	OLD_JCC_AS_JMP,	      /* B20: and become unconditional */
	OLD_INIT_LEFT,	      /* B21: static calls of init text stay */
	OLD_PAGE_LOST,	      /* B28: what is written to one page goes elsewhere */
};

/* Lays over boot->given what this patcher leaves otherwise than the model predicts. */
void old_patcher_run(struct boot *boot, enum old_bug bug);

#endif
