/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program of user mode, which is copied to a page of its own: it says what it sees, calls the kernel
 * in each way, and ends with hlt, which faults.
 */
#include "user.h"

	.section .rodata.user, "a"
	.globl	user_code, user_said, user_code_end
user_code:
	mov	%cs, %eax
	mov	%rax, user_said + 8 * SAID_CS(%rip)
	mov	%rsp, user_said + 8 * SAID_RSP(%rip)

	mov	$SYS_FAST, %eax
	syscall
.Lbehind:
	mov	%rax, user_said + 8 * SAID_FAST(%rip)
	lea	.Lbehind(%rip), %rdx
	sub	%rdx, %rcx
	mov	%rcx, user_said + 8 * SAID_FAST_RCX(%rip)
	mov	%r11, user_said + 8 * SAID_FAST_R11(%rip)

	mov	$SYS_SLOW, %eax
	syscall
	mov	%rax, user_said + 8 * SAID_SLOW(%rip)
	mov	%rcx, user_said + 8 * SAID_SLOW_RCX(%rip)
	mov	%r11, user_said + 8 * SAID_SLOW_R11(%rip)

	mov	$0x77, %eax
	syscall
	mov	%rax, user_said + 8 * SAID_NONE(%rip)

	.set	value, 1
	.irp	reg, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	mov	$value, %\reg
	.set	value, value + 1
	.endr
	int3
	.irp	reg, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	imul	$KEPT_FACTOR, %rax
	add	%\reg, %rax
	.endr
	mov	%rax, user_said + 8 * SAID_KEPT(%rip)
	hlt
	ud2
	.balign	8
user_said:
	.skip	8 * NR_SAID
user_code_end:

	.section .note.GNU-stack, "", @progbits
