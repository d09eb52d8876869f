/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen PV in assembly: hypercall entries, the interrupt operations on vcpu_info, iret.
 */
#include "asm.h"

#define PENDING xen_vcpu_info + 0
#define MASK	xen_vcpu_info + 1
#define CR2	xen_vcpu_info + 16

	.section .rodata.str, "a"
.Lbug_file:
	.asciz	"xen.S"

	.text
/* Number in eax, arguments rdi rsi rdx r10 r8; syscall itself destroys rcx and r11. */
FUNC xen_hypercall_pv
	push	%rcx
	push	%r11
	syscall
	pop	%r11
	pop	%rcx
	RETURN
ENDFUNC xen_hypercall_pv

FUNC xen_hypercall_hvm
#ifdef BUG_B16
	lea	xen_hypercall_pv(%rip), %rbx
#endif
	ALTERNATIVE "vmcall", "vmmcall", X86_FEATURE_VMMCALL
	RETURN
ENDFUNC xen_hypercall_hvm

/* What a hypervisor puts into its guest's hypercall page. */
FUNC xen_hypercall_intel
	vmcall
	RETURN
ENDFUNC xen_hypercall_intel

FUNC xen_irq_disable_direct
	movb	$1, %gs:MASK
	RETURN
ENDFUNC xen_irq_disable_direct

FUNC xen_irq_enable_direct
	movb	$0, %gs:MASK
	cmpb	$0, %gs:PENDING
	jne	.Levents
	RETURN
.Levents:
	push	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	CALL_TO	xen_force_evtchn_callback
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	RETURN
ENDFUNC xen_irq_enable_direct

/* IF, bit 1 of ah, is the inverse of the mask byte; the rest of rax has no meaning. */
FUNC xen_save_fl_direct
	cmpb	$1, %gs:MASK
	sbb	%ah, %ah
	and	$2, %ah
	RETURN
ENDFUNC xen_save_fl_direct

FUNC xen_read_cr2_direct
	mov	%gs:CR2, %rax
	RETURN
ENDFUNC xen_read_cr2_direct

/* Xen's frame, from low to high: rax r11 rcx flags, then what iretq takes. */
CODE xen_iret
	push	$0
	push	%rcx
	push	%r11
	push	%rax
	mov	$23, %eax
	syscall
	UD2_BUG
ENDFUNC xen_iret

	.section .note.GNU-stack, "", @progbits
