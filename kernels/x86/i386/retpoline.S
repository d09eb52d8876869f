/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Thunks of indirect branches, which alternatives make what the CPU needs, and functions whose calls go
 * through them.  Returns have none, and no table lists a branch.
 */
#include "asm.h"

	.text
/* A return that the CPU predicts into a trap; else lfence and a jump, or a plain jump. */
.macro THUNK reg:req
	.balign	32, 0xcc
	.globl	__x86_indirect_thunk_\reg
	.type	__x86_indirect_thunk_\reg, @function
__x86_indirect_thunk_\reg:
.Lthunk_\reg:
	call	.Lover_\reg
.Lcapture_\reg:
	pause
	lfence
	jmp	.Lcapture_\reg
.Lover_\reg:
	mov	%\reg, (%esp)
	ret
	int3
.Lthunk_end_\reg:
	ALTERNATIVE_ALSO .Lthunk_\reg, .Lthunk_end_\reg, "lfence; jmp *%\reg; int3", X86_FEATURE_RETPOLINE_LFENCE
	ALTERNATIVE_ALSO .Lthunk_\reg, .Lthunk_end_\reg, "jmp *%\reg", ALT_NOT(X86_FEATURE_RETPOLINE)
	.size	__x86_indirect_thunk_\reg, . - __x86_indirect_thunk_\reg
.endm

	.irp	reg, eax, ecx, edx, ebx, ebp, esi, edi
	THUNK	\reg
	.endr

/* call_through(function, argument) */
FUNC call_through
	mov	%eax, %ecx
	mov	%edx, %eax
	call	__x86_indirect_thunk_ecx
	RETURN
ENDFUNC call_through

FUNC jump_through_ecx
	mov	%eax, %ecx
	mov	%edx, %eax
	jmp	__x86_indirect_thunk_ecx
ENDFUNC jump_through_ecx

	.section .note.GNU-stack, "", @progbits
