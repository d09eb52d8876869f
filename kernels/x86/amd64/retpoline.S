/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Thunks of indirect branches, 32 bytes apart in register order, and of returns; and functions
 * whose calls go through them.
 */
#include "asm.h"

	.text
	.balign	64, 0xcc
	.globl	__x86_indirect_thunk_array
__x86_indirect_thunk_array:

/* A return that the CPU predicts into a trap; else lfence and a jump, or a plain jump. */
.macro THUNK reg:req
	.balign	32, 0xcc
	.globl	__x86_indirect_thunk_\reg
	.type	__x86_indirect_thunk_\reg, @function
__x86_indirect_thunk_\reg:
.Lthunk_\reg:
	call	.Lover_\reg
.Lcapture_\reg:
#if PVKERNEL_GEN <= 601
	pause
	lfence
	jmp	.Lcapture_\reg
#else
	int3
#endif
.Lover_\reg:
#ifdef BUG_B13
	add	$8, %rsp
	push	%\reg
#else
	mov	%\reg, (%rsp)
#endif
.Lthunk_return_\reg:
	.byte	0xe9
	.long	__x86_return_thunk - . - 4
#if PVKERNEL_GEN >= 612
	.pushsection .return_sites, "a"
	.long	.Lthunk_return_\reg - .
	.popsection
#endif
.Lthunk_end_\reg:
	ALTERNATIVE_ALSO .Lthunk_\reg, .Lthunk_end_\reg, "lfence; jmp *%\reg; int3", X86_FEATURE_RETPOLINE_LFENCE
	ALTERNATIVE_ALSO .Lthunk_\reg, .Lthunk_end_\reg, "jmp *%\reg", ALT_NOT(X86_FEATURE_RETPOLINE)
	.size	__x86_indirect_thunk_\reg, . - __x86_indirect_thunk_\reg
.endm

	.irp	reg, rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	THUNK	\reg
	.endr

	.balign	32, 0xcc
	.globl	__x86_return_thunk
	.type	__x86_return_thunk, @function
__x86_return_thunk:
#if PVKERNEL_GEN <= 601
	ret
	int3
#else
	/* once returns are patched, nobody should come by: one who does is told about */
	ALTERNATIVE "ret", "jmp warn_thunk_thunk", X86_FEATURE_ALWAYS
	int3
#endif
	.size	__x86_return_thunk, . - __x86_return_thunk

/* What returns jump to where RETHUNK asks for it; bugs/rare.S has another. */
	.balign	32, 0xcc
	.weak	retbleed_return_thunk
	.type	retbleed_return_thunk, @function
retbleed_return_thunk:
	ret
	int3
	.size	retbleed_return_thunk, . - retbleed_return_thunk

#if PVKERNEL_GEN >= 612
	.section .rodata.str, "a"
.Lbug_file:
	.asciz	"retpoline.S"
	.text
FUNC warn_thunk_thunk
	UD2_BUG	1
	ret
	int3
ENDFUNC warn_thunk_thunk
#endif

/* call_through(function, argument) */
FUNC call_through
	mov	%rdi, %rax
	mov	%rsi, %rdi
	sub	$8, %rsp
	CALL_NOSPEC rax
	add	$8, %rsp
	RETURN
ENDFUNC call_through

FUNC jump_through_r11
	mov	%rdi, %r11
	mov	%rsi, %rdi
	JMP_NOSPEC r11, 1
ENDFUNC jump_through_r11

	.section .note.GNU-stack, "", @progbits
