/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * asm.h - what the .S files share: functions, returns, patch-table entries, pv call sites.
 */
#ifndef PVK_ASM_H
#define PVK_ASM_H

#include "features.h"
#include "pv_ops.h"
#include "word.h"

/* Since 6.12 with room for call accounting in front, and a place where indirect branches may land. */
#if PVKERNEL_GEN >= 612 && defined(__x86_64__)
#define FUNC_PAD  16
#define ENDBR_LEN 4
#else
#define FUNC_PAD  0
#define ENDBR_LEN 0
#endif

.macro FUNC name:req
	.globl	\name
	.type	\name, @function
	.balign	16, 0xcc
	.if FUNC_PAD
	.skip	FUNC_PAD, 0x90
	.endif
\name:
	.if ENDBR_LEN
	endbr64
	.endif
.endm

/* What only a jump of entry code leads to: without them. */
.macro CODE name:req
	.globl	\name
	.type	\name, @function
	.balign	16, 0xcc
\name:
.endm

/* No indirect branch leads there. */
.macro SEAL name:req
	.if ENDBR_LEN
	.pushsection .ibt_endbr_seal, "a"
	.long	\name - .
	.popsection
	.endif
.endm

/* A direct call, listed since 6.12. */
.macro CALL_TO function:req
.Lcall_\@:
	call	\function
	.if FUNC_PAD
	.pushsection .call_sites, "a"
	.long	.Lcall_\@ - .
	.popsection
	.endif
.endm

.macro ENDFUNC name:req
#ifdef BUG_B33
	.size	\name, 1
#else
	.size	\name, . - \name
#endif
.endm

#ifdef __x86_64__
/* A return that the returns pass may rewrite: e9 to __x86_return_thunk, listed. */
.macro RETURN
.Lret_\@:
	.byte	0xe9
	.long	__x86_return_thunk - . - 4
	.pushsection .return_sites, "a"
	.long	.Lret_\@ - .
	.popsection
.endm

/* An indirect call through a retpoline thunk, listed; r8..r15 are padded with a cs prefix. */
.macro CALL_NOSPEC reg:req cs=0
.Lcall_\@:
	.if \cs
	.byte	0x2e
	.endif
	.byte	0xe8
	.long	__x86_indirect_thunk_\reg - . - 4
	.pushsection .retpoline_sites, "a"
	.long	.Lcall_\@ - .
	.popsection
.endm

.macro JMP_NOSPEC reg:req cs=0
.Ljmp_\@:
	.if \cs
	.byte	0x2e
	.endif
	.byte	0xe9
	.long	__x86_indirect_thunk_\reg - . - 4
	.pushsection .retpoline_sites, "a"
	.long	.Ljmp_\@ - .
	.popsection
.endm

#else
.macro RETURN
	ret
	int3
.endm
#endif

/* ud2 with a __bug_table entry; flags bit 0: execution goes on behind it (WARN). */
.macro UD2_BUG flags=0
.Lbug_\@:
	ud2
	.pushsection __bug_table, "aw"
	.long	.Lbug_\@ BUG_FROM, .Lbug_file BUG_FROM
	.short	0, \flags
	.popsection
.endm

.macro EXTABLE from:req to:req
	.pushsection __ex_table, "a"
	.balign	4
	.long	\from - ., \to - ., 1
	.popsection
.endm

#include "alt_entry.h"
#include "pv_site.h"

/* Site and replacement lengths; gas has -1 for true, so (a > b) * (b - a) is max(a - b, 0). */
.macro ALTERNATIVE old new feature:req
.Lold_\@:
	\old
.Lold_end_\@:
	.skip	((.Lnew_end_\@ - .Lnew_\@) > (.Lold_end_\@ - .Lold_\@)) * ((.Lold_end_\@ - .Lold_\@) - (.Lnew_end_\@ - .Lnew_\@)), 0x90
.Lsite_end_\@:
	ALT_ENTRY .Lold_\@, .Lsite_end_\@, .Lnew_\@, .Lnew_end_\@, \feature
	.pushsection .altinstr_replacement, "ax"
.Lnew_\@:
	\new
.Lnew_end_\@:
	.popsection
.endm

/* A second replacement for the site [from, to). */
.macro ALTERNATIVE_ALSO from:req to:req new feature:req
	ALT_ENTRY \from, \to, .Lalso_\@, .Lalso_end_\@, \feature
	.pushsection .altinstr_replacement, "ax"
.Lalso_\@:
	\new
.Lalso_end_\@:
	.popsection
.endm

#ifdef __x86_64__
/* A static-call site; tail 1: a jump. */
.macro STATIC_CALL name:req tail=0
.Lsc_\@:
	.byte	0xe8 + \tail
	.long	__SCT__\name - . - 4
	.pushsection .static_call_sites, "a"
	.balign	4
	.long	.Lsc_\@ - ., __SCK__\name - . + \tail
	.popsection
.endm

#endif

/* PV_SLOT_irq_save_fl and the like, of pv_ops, from the one list in pv_ops.h. */
.set pv_slot, 0
#define X(group, field, ...)                                                                       \
	.set PV_SLOT_##group##_##field, pv_slot;                                                   \
	.set pv_slot, pv_slot + 1;
PV_OPS(X, X, X)
#undef X

#endif
