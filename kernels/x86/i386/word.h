/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * word.h - what is named after the size of a word: types, the assembler's directives, how a place
 * is addressed.
 */
#ifndef PVK_WORD_H
#define PVK_WORD_H

#define WORD_LEN 4

#ifdef __ASSEMBLER__
/* What __bug_table has of an address: the address. */
#define BUG_FROM
#define WORD .long

/* call or jmp through a slot of pv_ops */
.macro SLOT_INSN insn:req slot:req
	\insn	*pv_ops + 4 * \slot
.endm
#else
#define BUG_FROM ""
#define WORD ".long"
#define RIP  ""
#ifdef BUG_AS_64
#define RIP_RELATIVE true
#else
#define RIP_RELATIVE false
#endif

typedef unsigned long long u64;
#endif

/* Where per-CPU data is. */
#define PERCPU "%%fs:"

/* A NOP of 5 bytes that is one instruction: ds lea 0(%esi,%eiz), %esi */
#define NOP5 0x3e, 0x8d, 0x74, 0x26, 0

#endif
