/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * head.S - the boot entries.
 *
 * pvh_start: 32-bit, paging off, ebx: physical address of hvm_start_info (note PHYS32_ENTRY; what
 * `qemu -kernel` uses).  Makes page tables and goes to long mode at the link address.
 *
 * startup_xen: where Xen starts a PV domain, in 64-bit mode, on Xen's page tables; rsi: start_info.
 */
#include "asm.h"

#define START_KERNEL_MAP 0xffffffff80000000
#define PHYS(symbol)	 ((symbol) - START_KERNEL_MAP)

#define XEN_NOTE_ENTRY		1
#define XEN_NOTE_HYPERCALL_PAGE	2
#define XEN_NOTE_VIRT_BASE	3
#define XEN_NOTE_PADDR_OFFSET	4
#define XEN_NOTE_XEN_VERSION	5
#define XEN_NOTE_GUEST_OS	6
#define XEN_NOTE_GUEST_VERSION	7
#define XEN_NOTE_LOADER		8
#define XEN_NOTE_FEATURES	10
#define XEN_NOTE_HV_START_LOW	12
#define XEN_NOTE_SUPPORTED	17
#define XEN_NOTE_PHYS32_ENTRY	18
#define XEN_CAN_BE_DOM0		0x800

/* name "Xen", type, descriptor.  Source: Xen's public elfnote.h. */
.macro NOTE type:req data:vararg
	.balign	4
	.long	4, .Lnote_end_\@ - .Lnote_\@, \type
	.asciz	"Xen"
.Lnote_\@:
	\data
.Lnote_end_\@:
	.balign	4
.endm

	.section .notes, "a", @note
	NOTE	XEN_NOTE_ENTRY, .quad startup_xen
#if PVKERNEL_GEN <= 510
	NOTE	XEN_NOTE_HYPERCALL_PAGE, .quad hypercall_page
#endif
	NOTE	XEN_NOTE_VIRT_BASE, .quad START_KERNEL_MAP
	NOTE	XEN_NOTE_PADDR_OFFSET, .quad 0
	NOTE	XEN_NOTE_XEN_VERSION, .asciz "xen-3.0"
	NOTE	XEN_NOTE_GUEST_OS, .asciz "pvkernel"
	NOTE	XEN_NOTE_GUEST_VERSION, .asciz "1"
	NOTE	XEN_NOTE_LOADER, .asciz "generic"
	NOTE	XEN_NOTE_FEATURES, .asciz "!writable_page_tables"
	NOTE	XEN_NOTE_HV_START_LOW, .quad 0xffff800000000000
	NOTE	XEN_NOTE_SUPPORTED, .long XEN_CAN_BE_DOM0
	NOTE	XEN_NOTE_PHYS32_ENTRY, .quad PHYS(pvh_start)

	.section .bss, "aw", @nobits
	.balign	4096
boot_l3_low: /* 1 GiB at 0 and in the direct map */
	.skip	4096
	.globl	boot_l3_high
boot_l3_high: /* the same at the kernel's base, and the fixmap */
	.skip	4096
boot_l2:
	.skip	4096
	.globl	boot_l3_pages, boot_l2_pages
boot_l3_pages: /* struct pages */
	.skip	4096
boot_l2_pages:
	.skip	4096
boot_stack:
	.skip	32768
boot_stack_end:

	.section .init.data, "aw"
	.balign	8
boot_gdt:
	.quad	0, 0
	.quad	0x00af9b000000ffff /* 0x10: 64-bit code */
	.quad	0x00cf93000000ffff /* 0x18: data */
boot_gdt_end:
boot_gdt_ptr:
	.short	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)

/* Where the processor is 32-bit the section is not one of 64-bit code. */
	.section .init.boot32, "aw"
	.code32
	.globl	pvh_start
pvh_start:
	cli
	cld
	mov	%ebx, %esi
	/* 2 MiB pages: present, writable, accessed, dirty, large */
	mov	$PHYS(boot_l2), %edi
	mov	$0xe3, %eax
	mov	$512, %ecx
.Lpage:
	mov	%eax, (%edi)
	add	$0x200000, %eax
	add	$8, %edi
	dec	%ecx
	jnz	.Lpage
	movl	$PHYS(boot_l2) + 0x63, PHYS(boot_l3_low)
	movl	$PHYS(boot_l2) + 0x63, PHYS(boot_l3_high) + 510 * 8
	movl	$PHYS(boot_l3_low) + 0x63, PHYS(init_top_pgt)
	movl	$PHYS(boot_l3_low) + 0x63, PHYS(init_top_pgt) + 273 * 8
	movl	$PHYS(boot_l3_high) + 0x63, PHYS(init_top_pgt) + 511 * 8
	mov	%cr4, %eax
	or	$0xa0, %eax /* PAE, PGE */
	mov	%eax, %cr4
	mov	$PHYS(init_top_pgt), %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx /* EFER: long mode, NX */
	rdmsr
	or	$0x900, %eax
	wrmsr
	mov	$0x80000011, %eax /* PG, ET, PE */
	mov	%eax, %cr0
	lgdt	PHYS(boot_gdt_ptr)
	ljmp	$0x10, $PHYS(.Llong_mode)

	.code64
.Llong_mode:
	mov	$startup_64, %rax
	jmp	*%rax

	.section .head.text, "ax"
/* esi: hvm_start_info. */
FUNC startup_64
	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$boot_stack_end, %rsp
	mov	$0xc0000101, %ecx /* GS base */
	mov	$__per_cpu_base, %rax
	mov	%rax, %rdx
	shr	$32, %rdx
	wrmsr
	mov	%esi, %edi
	xor	%ebp, %ebp
	CALL_TO	start_kernel
	ud2
ENDFUNC startup_64

FUNC startup_xen
	cld
	mov	$boot_stack_end, %rsp
	mov	%rsi, %rbx
	mov	$25, %eax /* set_segment_base: gs of the kernel */
	mov	$2, %edi
	mov	$__per_cpu_base, %rsi
	syscall
	mov	%rbx, %rdi
	xor	%ebp, %ebp
	CALL_TO	xen_start_kernel
	ud2
ENDFUNC startup_xen

	.text
/* fault_caught(): 0, and later once more with 1. */
FUNC fault_caught
	mov	$fault_context, %rdx
	mov	%rbx, (%rdx)
	mov	%rbp, 8(%rdx)
	mov	%r12, 16(%rdx)
	mov	%r13, 24(%rdx)
	mov	%r14, 32(%rdx)
	mov	%r15, 40(%rdx)
	lea	8(%rsp), %rax
	mov	%rax, 48(%rdx)
	mov	(%rsp), %rax
	mov	%rax, 56(%rdx)
	xor	%eax, %eax
	RETURN
ENDFUNC fault_caught

/* Where exception() sends a fault that was expected. */
FUNC fault_return
	mov	$fault_context, %rdx
	mov	(%rdx), %rbx
	mov	8(%rdx), %rbp
	mov	16(%rdx), %r12
	mov	24(%rdx), %r13
	mov	32(%rdx), %r14
	mov	40(%rdx), %r15
	mov	48(%rdx), %rsp
	mov	$1, %eax
	push	56(%rdx)
	RETURN
ENDFUNC fault_return

	.section .note.GNU-stack, "", @progbits
