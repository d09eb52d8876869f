/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Branches and returns that are right, and that patchers of the past got wrong; and the return
 * thunks of AMD's Zen 1 and 2, without which nothing is lost by a bare return.
 */
#include "asm.h"

	.text
/* B20: conditional tail jumps, to a static call and to the thunk of an indirect branch. */
.macro STATIC_CALL_JCC cc:req name:req
.Lsc_\@:
	.byte	0x0f, 0x80 + \cc
	.long	__SCT__\name - . - 4
	.pushsection .static_call_sites, "a"
	.balign	4
	.long	.Lsc_\@ - ., __SCK__\name - . + 1
	.popsection
.endm

.macro JCC_NOSPEC cc:req reg:req
.Ljcc_\@:
	.byte	0x0f, 0x80 + \cc
	.long	__x86_indirect_thunk_\reg - . - 4
	.pushsection .retpoline_sites, "a"
	.long	.Ljcc_\@ - .
	.popsection
.endm

#define E  4
#define NE 5

FUNC clock_unless_known
	mov	%rdi, %rax
	test	%rdi, %rdi
	STATIC_CALL_JCC	E, pv_sched_clock
	RETURN
ENDFUNC clock_unless_known

/*
 * B24: once pv_sched_clock is far_sched_clock, this jump has the displacement 90 90 90 90 (far.lds),
 * and the alternatives pass looks there for NOPs.
 */
	.pushsection .text.near, "ax"
FUNC clock_far_away
	.globl	far_site
far_site:
	ALTERNATIVE "STATIC_CALL pv_sched_clock, 1", "jmp __SCT__pv_sched_clock", X86_FEATURE_PTI
ENDFUNC clock_far_away
	.popsection

	.pushsection .text.far, "ax"
	.globl	far_sched_clock
	.type	far_sched_clock, @function
far_sched_clock:
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	RETURN
	.size	far_sched_clock, . - far_sched_clock
	.popsection

FUNC jump_unless_null
	mov	%rdi, %rcx
	xor	%eax, %eax
	test	%rdi, %rdi
	JCC_NOSPEC NE, rcx
	RETURN
ENDFUNC jump_unless_null

FUNC retbleed_return_thunk
	ret
	int3
ENDFUNC retbleed_return_thunk

/* Drops the address it was called from, and returns. */
FUNC srso_safe_ret
#ifdef BUG_B12
	add	$8, %rsp
#else
	lea	8(%rsp), %rsp
#endif
	ret
	int3
ENDFUNC srso_safe_ret

FUNC srso_return_thunk
	call	srso_safe_ret
	ud2
ENDFUNC srso_return_thunk

	.section .note.GNU-stack, "", @progbits
