/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of 5.10 that the entry code jumps to or calls, natively and under Xen PV, sites of them,
 * and restore_fl; and the page that Xen fills with its hypercalls.
 */
#include "asm.h"

#define PENDING	      xen_vcpu_info + 0
#define MASK	      xen_vcpu_info + 1
#define TOP_OF_STACK  cpu_tss_rw + 12
#define USER_RSP      cpu_tss_rw + 20
#define IRET	      23
#define IN_SYSCALL    256 /* iret's flag: rcx and r11 are lost */

	.section .rodata.str, "a"
.Lbug_file:
	.asciz	"entry_ops.S"

	.text
FUNC native_iret
	iretq
ENDFUNC native_iret

FUNC native_swapgs
	swapgs
	RETURN
ENDFUNC native_swapgs

FUNC native_usergs_sysret64
	swapgs
	sysretq
ENDFUNC native_usergs_sysret64

FUNC native_restore_fl
	push	%rdi
	popf
	RETURN
ENDFUNC native_restore_fl

FUNC xen_restore_fl_direct
	bt	$9, %edi
	setnc	%gs:MASK
	jnc	.Lrestored
	cmpb	$0, %gs:PENDING
	je	.Lrestored
	jmp	xen_irq_enable_direct
.Lrestored:
	RETURN
ENDFUNC xen_restore_fl_direct

/* rip in rcx, flags in r11, the user's stack already there. */
FUNC xen_sysret64
	mov	%rsp, %gs:USER_RSP
	mov	%gs:TOP_OF_STACK, %rsp
	push	$0x2b
	push	%gs:USER_RSP
	push	%r11
	push	$0x33
	push	%rcx
	push	$IN_SYSCALL
	push	%rcx
	push	%r11
	push	%rax
	mov	$IRET, %eax
	syscall
	UD2_BUG
ENDFUNC xen_sysret64

FUNC site_swapgs
	PV_CALL	PV_SLOT_cpu_swapgs
	RETURN
ENDFUNC site_swapgs

FUNC site_usergs_sysret64
	PV_JMP	PV_SLOT_cpu_usergs_sysret64
ENDFUNC site_usergs_sysret64

/* iret with the frame that is on the stack, of an interrupt that saved nothing. */
FUNC site_iret
	PV_JMP	PV_SLOT_cpu_iret
ENDFUNC site_iret

/* 128 stretches; what each holds until Xen writes there does nothing. */
	.section .text.hypercall, "ax"
	.balign	4096
	.globl	hypercall_page
	.type	hypercall_page, @object
hypercall_page:
	.rept	128
	ret
	.skip	31, 0xcc
	.endr
	.size	hypercall_page, 4096

	.section .note.GNU-stack, "", @progbits
