/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the kernel is entered by exceptions, and how it leaves; sites in awkward places.  The boot entry is
 * in head.S.  Nothing here is an operation of a 32-bit kernel.
 */
#include "asm.h"
#include "edge_site.h"

	.text
/* Tail jumps, one to a trampoline without a function. */
FUNC idle_tail
	jmp	__SCT__idle
ENDFUNC idle_tail

FUNC irqentry_exit
	jmp	__SCT__irqentry_exit_hook
ENDFUNC irqentry_exit

#if PVKERNEL_GEN >= 601
FUNC sched_clock_tail
	jmp	__SCT__pv_sched_clock
ENDFUNC sched_clock_tail
#endif

/* To exception(frame, vector). */
.macro NATIVE_ENTRY name:req vector:req error_code=0
FUNC asm_exc_\name
	.ifeq \error_code
	push	$-1
	.endif
	push	%eax
	push	%ecx
	push	%edx
	mov	%esp, %eax
	mov	$\vector, %edx
	call	exception
	jmp	return_from_exception
ENDFUNC asm_exc_\name
.endm

	NATIVE_ENTRY timer, 0x20

.set entry_vector, 0
.macro ENTRY name:req, error_code=0
	NATIVE_ENTRY \name, entry_vector, \error_code
	.set entry_vector, entry_vector + 1
	.pushsection .rodata.traps, "a"
	.long	asm_exc_\name
	.popsection
.endm

	.pushsection .rodata.traps, "a"
	.balign	4
	.globl	trap_array
trap_array:
	.popsection

	ENTRY	divide_error
	ENTRY	debug
	ENTRY	nmi
	ENTRY	int3
	ENTRY	overflow
	ENTRY	bounds
	ENTRY	invalid_op
	ENTRY	device_not_available
	ENTRY	double_fault, 1
	ENTRY	coproc_segment_overrun
	ENTRY	invalid_tss, 1
	ENTRY	segment_not_present, 1
	ENTRY	stack_segment, 1
	ENTRY	general_protection, 1
	ENTRY	page_fault, 1
	ENTRY	spurious_interrupt_bug
	ENTRY	coprocessor_error
	ENTRY	alignment_check, 1
	ENTRY	machine_check
	ENTRY	simd_coprocessor_error

	.pushsection .rodata.traps, "a"
	.globl	nr_trap_array
nr_trap_array:
	.long	(nr_trap_array - trap_array) / 4
	.popsection

FUNC return_from_exception
	pop	%edx
	pop	%ecx
	pop	%eax
	add	$4, %esp
	iret
ENDFUNC return_from_exception

	.pushsection .text.edge, "ax"
#if PVKERNEL_GEN <= 612
	EDGE_SITE across_line, 64, 3, PV_SLOT_cpu_io_delay
#else
	EDGE_SITE across_line, 64, 3, PV_SLOT_mmu_exit_mmap
#endif
	EDGE_SITE at_line_end, 64, 6, PV_SLOT_mmu_flush_tlb_kernel
	EDGE_SITE across_page, 4096, 2, PV_SLOT_mmu_flush_tlb_one_user
	EDGE_SITE at_page_end, 4096, 6, PV_SLOT_mmu_flush_tlb_user
	.popsection

	.section .note.GNU-stack, "", @progbits
