/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What call depth tracking puts in front of functions, and where returns go then: five bits of a word
 * are a call, and when none is left the CPU's stack of returns may have run dry.
 */
#include "asm.h"

	.section .rodata.thunk, "a"
	.globl	skl_call_thunk_template, skl_call_thunk_tail
	/* sarq $5, %gs:__x86_call_depth(%rip) */
skl_call_thunk_template:
	.byte	0x65, 0x48, 0xc1, 0x3d
	.long	__x86_call_depth - . - 5
	.byte	5
skl_call_thunk_tail:

	.text
/* Thunks of indirect branches, in register order: a call is accounted. */
.macro ACCOUNTED_THUNK reg:req call:req
	.balign	32, 0xcc
	.if \call
	sarq	$5, %gs:__x86_call_depth(%rip)
	.endif
	call	1f
	int3
1:	mov	%\reg, (%rsp)
	ret
	int3
.endm

.macro ACCOUNTED_THUNKS name:req call:req
	.balign	64, 0xcc
	.globl	\name
\name:
	.irp	reg, rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	ACCOUNTED_THUNK \reg, \call
	.endr
.endm

	ACCOUNTED_THUNKS __x86_indirect_call_thunk_array, 1
	ACCOUNTED_THUNKS __x86_indirect_jump_thunk_array, 0

	.balign	32, 0xcc
	.globl	call_depth_return_thunk
	.type	call_depth_return_thunk, @function
call_depth_return_thunk:
	/* shlq $5, and when nothing is left of the word, fill it again */
	shlq	$5, %gs:__x86_call_depth(%rip)
	jz	.Lrefill
	ret
	int3
.Lrefill:
	.rept	16
	call	1f
	int3
1:
	.endr
	add	$8 * 16, %rsp
	movq	$-1, %gs:__x86_call_depth(%rip)
	ret
	int3
	.size	call_depth_return_thunk, . - call_depth_return_thunk

	.section .note.GNU-stack, "", @progbits
