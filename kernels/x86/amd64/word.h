/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * word.h - what is named after the size of a word: types, the assembler's directives, how a place
 * is addressed.
 */
#ifndef PVK_WORD_H
#define PVK_WORD_H

#define WORD_LEN 8

#ifdef __ASSEMBLER__
/* What __bug_table has of an address. */
#define BUG_FROM - .
#define WORD .quad

/* call or jmp through a slot of pv_ops */
.macro SLOT_INSN insn:req slot:req
	\insn	*pv_ops + 8 * \slot(%rip)
.endm
#else
#define BUG_FROM " - ."
#define WORD ".quad"
#define RIP  "(%%rip)"
#define RIP_RELATIVE true

typedef unsigned long u64;
#endif

/* Where per-CPU data is. */
#define PERCPU "%%gs:"

/* A NOP of 5 bytes that is one instruction. */
#define NOP5 0x0f, 0x1f, 0x44, 0, 0

#endif
