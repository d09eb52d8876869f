/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the kernel is entered, by exceptions and system calls, and by Xen's versions of them; and how it
 * leaves.  The boot entries are in head.S.
 *
 * Everything is saved as struct trap_frame (frame.h), on the way in from user mode on the task's stack.
 * Xen PV comes with rcx and r11 on top of the hardware's frame, with the right GS base, and from 6.1 on on
 * the right stack; it takes an iret of its own, and never a sysret.
 */
#include "asm.h"

/* struct trap_frame */
#define RAX	  80
#define ORIG_RAX  120
#define CS	  136
#define RSP	  152
#define FRAME_LEN 168

#define USER_DS	    0x2b
#define USER_CS	    0x33
#define ENOSYS	    38
#define MSR_GS_BASE 0xc0000101
#define USER_RSP    cpu_tss_rw + 20 /* sp2 is a scratch word */

#if PVKERNEL_GEN <= 510
#define TOP_OF_STACK cpu_tss_rw + 12 /* sp1 */
#else
#define TOP_OF_STACK cpu_current_top_of_stack
#endif

/* What Xen PV comes to as well: an operation in 5.10. */
.macro SWAP_GS
#if PVKERNEL_GEN <= 510
	PV_CALL	PV_SLOT_cpu_swapgs
#else
	swapgs
#endif
.endm

	.text
	.globl	__entry_text_start
__entry_text_start:

#if PVKERNEL_GEN >= 601
/* An operation in 5.10; since then Xen, which swaps the bases itself, has a NOP here. */
FUNC site_swapgs
	ALTERNATIVE "swapgs", "", X86_FEATURE_XENPV
	RETURN
ENDFUNC site_swapgs
#endif

.macro PUSH_REGISTERS rax=%rax
	push	%rsi
	push	%rdx
	push	%rcx
	push	\rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro POP_REGISTERS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
.endm

/* Of the function that an entry calls: the return address gives its place to rdi, and is in rdi then. */
.macro SAVE_REGISTERS
	xchg	%rdi, (%rsp)
	PUSH_REGISTERS
.endm

/* Returns where the frame is in rax: from user mode on the task's stack, else where it was saved. */
FUNC error_entry
	SAVE_REGISTERS
	testb	$3, CS(%rsp)
	jz	.Lfrom_kernel
	SWAP_GS
	mov	%rsp, %rsi
	mov	%rdi, %rdx
	mov	%gs:TOP_OF_STACK, %rax
	sub	$FRAME_LEN, %rax
	mov	%rax, %rdi
	mov	$FRAME_LEN / 8, %ecx
	rep movsq
	push	%rdx
	RETURN
.Lfrom_kernel:
	mov	%rsp, %rax
	push	%rdi
	RETURN
ENDFUNC error_entry

#if PVKERNEL_GEN >= 601
FUNC xen_error_entry
	SAVE_REGISTERS
	push	%rdi
	RETURN
ENDFUNC xen_error_entry
#endif

/*
 * For entries with a stack of their own, which may interrupt an entry before its swapgs: rbx is 0 where the
 * GS base was not the kernel's.  (There is one CPU.)
 */
FUNC paranoid_entry
	SAVE_REGISTERS
	push	%rdi
	mov	$1, %ebx
	mov	$MSR_GS_BASE, %ecx
	rdmsr
	shl	$32, %rdx
	or	%rdx, %rax
	cmp	__per_cpu_offset, %rax
	je	.Lkernel_gs
	SWAP_GS
	xor	%ebx, %ebx
.Lkernel_gs:
	RETURN
ENDFUNC paranoid_entry

/* To handler(frame) or handler(frame, error code). */
.macro CALL_HANDLER handler:req error_code:req
	mov	%rsp, %rdi
	.if \error_code
	mov	ORIG_RAX(%rsp), %rsi
	movq	$-1, ORIG_RAX(%rsp)
	.endif
	CALL_TO	\handler
.endm

.macro ENTRY_BEGIN error_code:req
	.ifeq \error_code
	push	$-1
	.endif
	cld
.endm

.macro NATIVE_ENTRY handler:req error_code=0
FUNC asm_\handler
	ENTRY_BEGIN \error_code
#if PVKERNEL_GEN <= 510
	call	error_entry
	mov	%rax, %rsp
#else
	ALTERNATIVE "call error_entry; mov %rax, %rsp", "call xen_error_entry", X86_FEATURE_XENPV
#endif
	CALL_HANDLER \handler \error_code
	jmp	error_return
ENDFUNC asm_\handler
.endm

.macro PARANOID_ENTRY handler:req error_code=0
FUNC asm_\handler
	ENTRY_BEGIN \error_code
	CALL_TO	paranoid_entry
	CALL_HANDLER \handler \error_code
	jmp	paranoid_exit
ENDFUNC asm_\handler
.endm

/* Xen's way to an entry. */
.macro XEN_ENTRY handler:req
FUNC xen_asm_\handler
	pop	%rcx
	pop	%r11
	jmp	asm_\handler
ENDFUNC xen_asm_\handler
.endm

/* A row of Xen's trap table; ist: the gate may have a stack of its own. */
.macro TRAP_ROW native:req xen:req ist=0
	.pushsection .rodata.traps, "a"
	.quad	asm_\native, xen_asm_\xen, \ist
	.popsection
.endm

	.pushsection .rodata.traps, "a"
	.balign	8
	.globl	trap_array
trap_array:
	.popsection

.macro TRAP name:req error_code=0
	NATIVE_ENTRY exc_\name, \error_code
	XEN_ENTRY exc_\name
	TRAP_ROW exc_\name, exc_\name
.endm

/* With a stack of its own, natively. */
.macro IST_TRAP name:req error_code=0
	PARANOID_ENTRY exc_\name, \error_code
	NATIVE_ENTRY xenpv_exc_\name, \error_code
	XEN_ENTRY xenpv_exc_\name
	TRAP_ROW exc_\name, xenpv_exc_\name, 1
.endm

/* Up to 5.12 these two are the same under Xen PV. */
.macro IST_TRAP_SHARED name:req error_code=0
#if PVKERNEL_GEN <= 510
	PARANOID_ENTRY exc_\name, \error_code
	XEN_ENTRY exc_\name
	TRAP_ROW exc_\name, exc_\name, 1
#else
	IST_TRAP \name, \error_code
#endif
.endm

	TRAP	divide_error
	IST_TRAP debug
	IST_TRAP nmi
	TRAP	int3
	TRAP	overflow
	TRAP	bounds
	TRAP	invalid_op
	TRAP	device_not_available
	IST_TRAP_SHARED double_fault, 1
	TRAP	coproc_segment_overrun
	TRAP	invalid_tss, 1
	TRAP	segment_not_present, 1
	TRAP	stack_segment, 1
	TRAP	general_protection, 1
	TRAP	page_fault, 1
	TRAP	spurious_interrupt_bug
	TRAP	coprocessor_error
	TRAP	alignment_check, 1
	IST_TRAP_SHARED machine_check
	TRAP	simd_coprocessor_error

	.pushsection .rodata.traps, "a"
	.globl	nr_trap_array
nr_trap_array:
	.long	(nr_trap_array - trap_array) / 24
	.popsection

/* The timer's interrupt: Xen PV has none. */
	NATIVE_ENTRY exc_timer

/* Events of Xen PV: the only interrupt there is. */
	NATIVE_ENTRY exc_xen_hypervisor_callback
	XEN_ENTRY exc_xen_hypervisor_callback

FUNC xen_asm_exc_xen_unknown_trap
	pop	%rcx
	pop	%r11
	hlt
	jmp	xen_asm_exc_xen_unknown_trap
ENDFUNC xen_asm_exc_xen_unknown_trap

/* By syscall: rip in rcx, flags in r11, nothing else saved. */
FUNC entry_SYSCALL_64
	swapgs
	mov	%rsp, %gs:USER_RSP
	mov	%gs:TOP_OF_STACK, %rsp
	push	$USER_DS
	push	%gs:USER_RSP
	push	%r11
	push	$USER_CS
	push	%rcx
	.globl	entry_SYSCALL_64_after_hwframe
entry_SYSCALL_64_after_hwframe:
	push	%rax
	push	%rdi
	PUSH_REGISTERS $-ENOSYS
	mov	%rsp, %rdi
	mov	%eax, %esi
	CALL_TO	do_syscall_64
	/* Whether sysret may be taken. */
#if PVKERNEL_GEN <= 510
	test	%al, %al
	jz	swapgs_restore_regs_and_return_to_usermode
#else
	ALTERNATIVE "test %al, %al; jz swapgs_restore_regs_and_return_to_usermode", \
		    "jmp swapgs_restore_regs_and_return_to_usermode", X86_FEATURE_XENPV
#endif
	POP_REGISTERS
	mov	RSP - ORIG_RAX(%rsp), %rsp
#if PVKERNEL_GEN <= 510
	PV_JMP	PV_SLOT_cpu_usergs_sysret64
#else
	swapgs
	sysretq
#endif
ENDFUNC entry_SYSCALL_64

/* What Xen has for the selectors is not what sysret would load. */
FUNC xen_entry_SYSCALL_64
	pop	%rcx
	pop	%r11
	movq	$USER_CS, 8(%rsp)
	movq	$USER_DS, 32(%rsp)
	jmp	entry_SYSCALL_64_after_hwframe
ENDFUNC xen_entry_SYSCALL_64

/* The frame that rdi has, for good. */
FUNC enter_user_mode
	mov	%rdi, %rsp
	jmp	error_return
ENDFUNC enter_user_mode

CODE paranoid_exit
	test	%ebx, %ebx
	jnz	restore_regs_and_return_to_kernel
	SWAP_GS
	jmp	restore_regs_and_return_to_kernel
ENDFUNC paranoid_exit

/*
 * The way back is an operation in 5.10.  Later a Xen PV boot writes a jump to xen_iret over the first
 * instruction behind the kernel's registers, outside any table, and the way to user mode is an alternative.
 */
CODE error_return
	testb	$3, CS(%rsp)
	jz	restore_regs_and_return_to_kernel
	.globl	swapgs_restore_regs_and_return_to_usermode
swapgs_restore_regs_and_return_to_usermode:
#if PVKERNEL_GEN >= 601
	ALTERNATIVE "", "jmp xenpv_restore_regs_and_return_to_usermode", X86_FEATURE_XENPV
#endif
	POP_REGISTERS
	add	$8, %rsp
	SWAP_GS
#if PVKERNEL_GEN <= 510
	PV_JMP	PV_SLOT_cpu_iret
#else
	jmp	native_iret
#endif
	.globl	restore_regs_and_return_to_kernel
restore_regs_and_return_to_kernel:
	POP_REGISTERS
	add	$8, %rsp
#if PVKERNEL_GEN <= 510
	PV_JMP	PV_SLOT_cpu_iret
#else
	.globl	early_xen_iret_patch
early_xen_iret_patch:
	.byte	0xe9
	.long	0
native_iret:
	iretq
#endif
ENDFUNC error_return

#if PVKERNEL_GEN >= 601
CODE xenpv_restore_regs_and_return_to_usermode
	POP_REGISTERS
	add	$8, %rsp
	jmp	xen_iret
ENDFUNC xenpv_restore_regs_and_return_to_usermode
#endif

	.globl	__entry_text_end
__entry_text_end:

	.section .note.GNU-stack, "", @progbits
