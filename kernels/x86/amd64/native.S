/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Native operations that must keep every register but rax, and the values of pv_ops that mean
 * something to the patcher.
 */
#include "asm.h"

	.section .rodata.str, "a"
.Lbug_file:
	.asciz	"native.S"

	.text
#ifndef BUG_B14 /* bugs/save_fl.c */
FUNC native_save_fl
	pushf
	pop	%rax
	RETURN
ENDFUNC native_save_fl
#endif

FUNC pv_native_irq_disable
	cli
	RETURN
ENDFUNC pv_native_irq_disable

FUNC pv_native_irq_enable
	sti
	RETURN
ENDFUNC pv_native_irq_enable

FUNC pv_native_read_cr2
	mov	%cr2, %rax
	RETURN
ENDFUNC pv_native_read_cr2

/* Erased by the patcher: the site becomes nops. */
FUNC PV_NOP
	RETURN
ENDFUNC PV_NOP

#ifndef BUG_B15 /* bugs/ident.c */
FUNC _paravirt_ident_64
	mov	%rdi, %rax
	RETURN
ENDFUNC _paravirt_ident_64
#endif

FUNC paravirt_ret0
	xor	%eax, %eax
	RETURN
ENDFUNC paravirt_ret0

/* What the site of a NULL field is made to call. */
FUNC PV_BUG
	UD2_BUG
ENDFUNC PV_BUG

#if PVKERNEL_GEN >= 702
/* ud1 (%edx), %rdi */
FUNC __WARN_trap
	.byte	0x67, 0x48, 0x0f, 0xb9, 0x3a
	RETURN
ENDFUNC __WARN_trap
#endif

/* The gs selector without losing the kernel's gs base: it sits in the inactive one meanwhile. */
FUNC asm_load_gs_index
	swapgs
.Lset_gs:
	mov	%edi, %gs
.Lgs_is_set:
	ALTERNATIVE "", "mfence", X86_FEATURE_FENCE_SWAPGS_KERNEL
	swapgs
	RETURN
.Lbad_gs:
	xor	%edi, %edi
	mov	%edi, %gs
	jmp	.Lgs_is_set
	EXTABLE	.Lset_gs, .Lbad_gs
ENDFUNC asm_load_gs_index

/* __raw_callee_save_FUNCTION: keeps what an ordinary function may change, rax excepted. */
.macro CALLEE_SAVE function:req
FUNC __raw_callee_save_\function
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
#ifndef BUG_LEAN_THUNKS
	push	%r11
#endif
	CALL_TO	\function
#ifndef BUG_LEAN_THUNKS
	pop	%r11
#endif
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	RETURN
ENDFUNC __raw_callee_save_\function
.endm

#ifndef BUG_NO_THUNK /* bugs/no_thunk.c */
	CALLEE_SAVE __native_queued_spin_unlock
	CALLEE_SAVE __native_vcpu_is_preempted
#endif
	CALLEE_SAVE __pv_queued_spin_unlock_slowpath
	CALLEE_SAVE xen_vcpu_stolen
	CALLEE_SAVE hv_vcpu_is_preempted
	CALLEE_SAVE xen_pte_val
	CALLEE_SAVE xen_make_pte
	CALLEE_SAVE xen_pmd_val
	CALLEE_SAVE xen_make_pmd
	CALLEE_SAVE xen_pud_val
	CALLEE_SAVE xen_make_pud
	CALLEE_SAVE xen_p4d_val
	CALLEE_SAVE xen_make_p4d
	CALLEE_SAVE xen_pgd_val
	CALLEE_SAVE xen_make_pgd

/* The byte preempted of KVM's steal_time.  Upwards of al rax holds what it may. */
FUNC __raw_callee_save___kvm_vcpu_is_preempted
	movslq	%edi, %rax
	mov	__per_cpu_offset(, %rax, 8), %rax
	cmpb	$0, steal_time + 16(%rax)
	setne	%al
	RETURN
ENDFUNC __raw_callee_save___kvm_vcpu_is_preempted

/* An uncontended lock byte is 1; anything else means that a waiter is to be kicked. */
FUNC __raw_callee_save___pv_queued_spin_unlock
	push	%rdx
	mov	$1, %eax
	xor	%edx, %edx
	.pushsection .smp_locks, "a"
	.balign	4
	.long	.Lunlock - .
	.popsection
.Lunlock:
	lock cmpxchgb %dl, (%rdi)
	jne	.Lcontended
	pop	%rdx
	RETURN
.Lcontended:
	pop	%rdx
	push	%rsi
	movzbl	%al, %esi
	CALL_TO	__raw_callee_save___pv_queued_spin_unlock_slowpath
	pop	%rsi
	RETURN
ENDFUNC __raw_callee_save___pv_queued_spin_unlock

	.section .note.GNU-stack, "", @progbits
