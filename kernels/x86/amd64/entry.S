/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the kernel is entered: by exceptions, by Xen's versions of them; and how it leaves.  The boot
 * entries are in head.S.
 */
#include "asm.h"

	.text
/* Tail jumps, one through a NULL key. */
FUNC idle_tail
	STATIC_CALL idle, 1
ENDFUNC idle_tail

FUNC irqentry_exit
	STATIC_CALL irqentry_exit_hook, 1
ENDFUNC irqentry_exit

#if PVKERNEL_GEN >= 601
FUNC sched_clock_tail
	STATIC_CALL pv_sched_clock, 1
ENDFUNC sched_clock_tail
#endif

#if PVKERNEL_GEN >= 601
/* An operation in 5.10; since then Xen, which swaps the bases itself, has a NOP here.  (The entries below
 * are not between these symbols: they know no user mode, and so are no error_entry of Linux's.) */
	.globl	__entry_text_start, __entry_text_end
__entry_text_start:
FUNC site_swapgs
	ALTERNATIVE "swapgs", "", X86_FEATURE_XENPV
	RETURN
ENDFUNC site_swapgs
__entry_text_end:
#endif

/*
 * Save what C may change below the error code and return to the entry code, with rsp there and the
 * same in rax: the return address gives its place to rdi.
 */
.macro SAVE_REGISTERS
	xchg	%rdi, (%rsp)
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
.endm

FUNC error_entry
	SAVE_REGISTERS
	mov	%rsp, %rax
	push	%rdi
	RETURN
ENDFUNC error_entry

FUNC xen_error_entry
	SAVE_REGISTERS
	push	%rdi
	RETURN
ENDFUNC xen_error_entry

/* To exception(frame, vector). */
.macro NATIVE_ENTRY name:req vector:req error_code=0
FUNC asm_exc_\name
	.ifeq \error_code
	push	$-1
	.endif
	ALTERNATIVE "call error_entry; mov %rax, %rsp", "call xen_error_entry", X86_FEATURE_XENPV
	mov	%rsp, %rdi
	mov	$\vector, %esi
	CALL_TO	exception
	jmp	return_from_exception
ENDFUNC asm_exc_\name
.endm

/* The timer's interrupt: Xen PV has none. */
	NATIVE_ENTRY timer, 0x20

/* Events of Xen PV: the only interrupt there is. */
	NATIVE_ENTRY xen_hypervisor_callback, 0xf3
FUNC xen_asm_exc_xen_hypervisor_callback
	pop	%rcx
	pop	%r11
	jmp	asm_exc_xen_hypervisor_callback
ENDFUNC xen_asm_exc_xen_hypervisor_callback

.set entry_vector, 0
/* xen: the prefix of one whose Xen version is another, which may be without a stack of its own; ist: so
 * may the same one. */
.macro ENTRY name:req, error_code=0, xen=, ist=0
	NATIVE_ENTRY \name, entry_vector, \error_code
	.set entry_vector, entry_vector + 1

/* Xen pushes rcx and r11 on top of the hardware's frame. */
FUNC xen_asm_\xen\()exc_\name
	pop	%rcx
	pop	%r11
	jmp	asm_exc_\name
ENDFUNC xen_asm_\xen\()exc_\name

	.pushsection .rodata.traps, "a"
	.quad	asm_exc_\name, xen_asm_\xen\()exc_\name
	.ifb	\xen
	.quad	\ist
	.else
	.quad	1
	.endif
	.popsection
.endm

	.pushsection .rodata.traps, "a"
	.balign	8
	.globl	trap_array
trap_array:
	.popsection

	ENTRY	divide_error
	ENTRY	debug, xen=xenpv_
	ENTRY	nmi, xen=xenpv_
	ENTRY	int3
	ENTRY	overflow
	ENTRY	bounds
	ENTRY	invalid_op
	ENTRY	device_not_available
#if PVKERNEL_GEN <= 510
	ENTRY	double_fault, 1, ist=1
#else
	ENTRY	double_fault, 1, xenpv_
#endif
	ENTRY	coproc_segment_overrun
	ENTRY	invalid_tss, 1
	ENTRY	segment_not_present, 1
	ENTRY	stack_segment, 1
	ENTRY	general_protection, 1
	ENTRY	page_fault, 1
	ENTRY	spurious_interrupt_bug
	ENTRY	coprocessor_error
	ENTRY	alignment_check, 1
#if PVKERNEL_GEN <= 510
	ENTRY	machine_check, ist=1
#else
	ENTRY	machine_check, xen=xenpv_
#endif
	ENTRY	simd_coprocessor_error

	.pushsection .rodata.traps, "a"
	.globl	nr_trap_array
nr_trap_array:
	.long	(nr_trap_array - trap_array) / 24
	.popsection

FUNC xen_asm_exc_xen_unknown_trap
	pop	%rcx
	pop	%r11
	hlt
	jmp	xen_asm_exc_xen_unknown_trap
ENDFUNC xen_asm_exc_xen_unknown_trap

/* The way back is an operation in 5.10.  Later a Xen PV boot writes a jump to xen_iret over the first
 * instruction, outside any table. */
FUNC return_from_exception
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
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
ENDFUNC return_from_exception

/*
 * Sites in awkward places: across a 64-byte line, ending at a line's end, across a page end, ending
 * at one.  before: how many of the site's 6 bytes lie before the edge.
 */
.macro EDGE_SITE name:req edge:req before:req slot:req
	.balign	\edge, 0xcc
FUNC site_\name
	.byte	0xe9
	.long	\edge - \before - 5 - FUNC_PAD - ENDBR_LEN
	.skip	\edge - \before - 5 - FUNC_PAD - ENDBR_LEN, 0xcc
	PV_CALL	\slot
	RETURN
ENDFUNC site_\name
.endm

	.pushsection .text.edge, "ax"
#if PVKERNEL_GEN <= 612
	EDGE_SITE across_line, 64, 3, PV_SLOT_cpu_io_delay
#else
	EDGE_SITE across_line, 64, 3, PV_SLOT_mmu_flush_tlb_kernel
#endif
	EDGE_SITE at_line_end, 64, 6, PV_SLOT_irq_irq_disable
	EDGE_SITE across_page, 4096, 2, PV_SLOT_irq_irq_enable
	EDGE_SITE at_page_end, 4096, 6, PV_SLOT_mmu_flush_tlb_user
	.popsection

	.section .note.GNU-stack, "", @progbits
