/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Thunks of operations that must keep every register but those of a result, and the values of pv_ops that
 * mean something to the patcher.
 */
#include "asm.h"

	.section .rodata.str, "a"
.Lbug_file:
	.asciz	"native.S"

	.text
/* Erased by the patcher: the site becomes nops. */
FUNC PV_NOP
	RETURN
ENDFUNC PV_NOP

/* What the site of a NULL field is made to call. */
FUNC PV_BUG
	UD2_BUG
ENDFUNC PV_BUG

/* __raw_callee_save_FUNCTION: of what an ordinary function may change, ecx holds no result. */
.macro CALLEE_SAVE function:req
FUNC __raw_callee_save_\function
	push	%ecx
	call	\function
	pop	%ecx
	RETURN
ENDFUNC __raw_callee_save_\function
.endm

	CALLEE_SAVE __native_queued_spin_unlock
	CALLEE_SAVE __native_vcpu_is_preempted
	CALLEE_SAVE __pv_queued_spin_unlock
	CALLEE_SAVE __kvm_vcpu_is_preempted

/* What Hyper-V would write into its hypercall page. */
FUNC hv_vmcall
	vmcall
	RETURN
ENDFUNC hv_vmcall

	.section .note.GNU-stack, "", @progbits
