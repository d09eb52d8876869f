/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * head.S - the boot entry, pvh_start: 32-bit, paging off, ebx: physical address of hvm_start_info (note
 * PHYS32_ENTRY; what `qemu -kernel` uses).  Makes page tables (PAE) and goes to the link address.
 */
#include "asm.h"
#include "desc.h"

#define PAGE_OFFSET  0xc0000000
#define PHYS(symbol) ((symbol) - PAGE_OFFSET)

#define XEN_NOTE_PHYS32_ENTRY 18

	.section .notes, "a", @note
	.balign	4
	.long	4, 4, XEN_NOTE_PHYS32_ENTRY
	.asciz	"Xen"
	.long	PHYS(pvh_start)
	.long	0 /* QEMU reads 64 bits */

	.section .bss, "aw", @nobits
	.balign	4096
boot_pmd_low: /* 1 GiB at 0 */
	.skip	4096
	.globl	boot_pmd
boot_pmd: /* the same at PAGE_OFFSET, but for the fixmap's 2 MiB */
	.skip	4096
	.globl	init_top_pgt
init_top_pgt:
	.skip	32
	.balign	16
boot_stack:
	.skip	32768
boot_stack_end:

	.section .init.data, "aw"
	.balign	8
boot_gdt:
	.skip	KERNEL_CS
	.quad	CODE_DESC, DATA_DESC
	.skip	GDT_PERCPU * 8 - KERNEL_DS - 8
	.quad	DATA_DESC
boot_gdt_end:
boot_gdt_ptr:
	.short	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)

	.section .head.text, "ax"
FUNC pvh_start
	cli
	cld
	mov	%ebx, %esi
	/* 2 MiB pages: present, writable, accessed, dirty, large; those above also global */
	mov	$PHYS(boot_pmd_low), %edi
	mov	$PHYS(boot_pmd), %edx
	mov	$0xe3, %eax
	mov	$512, %ecx
.Lpage:
	mov	%eax, (%edi)
	mov	%eax, (%edx)
	orl	$0x100, (%edx)
	add	$0x200000, %eax
	add	$8, %edi
	add	$8, %edx
	dec	%ecx
	jnz	.Lpage
	movl	$PHYS(boot_pmd_low) + 1, PHYS(init_top_pgt)
	movl	$PHYS(boot_pmd) + 1, PHYS(init_top_pgt) + 3 * 8
	mov	%cr4, %eax
	or	$0xa0, %eax /* PAE, PGE */
	mov	%eax, %cr4
	mov	$PHYS(init_top_pgt), %eax
	mov	%eax, %cr3
	mov	$0x80000011, %eax /* PG, ET, PE */
	mov	%eax, %cr0
	lgdt	PHYS(boot_gdt_ptr)
	ljmp	$KERNEL_CS, $startup_32
ENDFUNC pvh_start

/* esi: hvm_start_info. */
FUNC startup_32
	mov	$KERNEL_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$GDT_PERCPU * 8, %eax
	mov	%eax, %fs
	xor	%eax, %eax
	mov	%eax, %gs
	mov	$boot_stack_end, %esp
	mov	%esi, %eax
	xor	%ebp, %ebp
	call	start_kernel
	ud2
ENDFUNC startup_32

	.text
/* fault_caught(): 0, and later once more with 1. */
FUNC fault_caught
	mov	$fault_context, %edx
	mov	%ebx, (%edx)
	mov	%ebp, 4(%edx)
	mov	%esi, 8(%edx)
	mov	%edi, 12(%edx)
	lea	4(%esp), %eax
	mov	%eax, 16(%edx)
	mov	(%esp), %eax
	mov	%eax, 20(%edx)
	xor	%eax, %eax
	RETURN
ENDFUNC fault_caught

/* Where exception() sends a fault that was expected. */
FUNC fault_return
	mov	$fault_context, %edx
	mov	(%edx), %ebx
	mov	4(%edx), %ebp
	mov	8(%edx), %esi
	mov	12(%edx), %edi
	mov	16(%edx), %esp
	mov	$1, %eax
	push	20(%edx)
	RETURN
ENDFUNC fault_return

	.section .note.GNU-stack, "", @progbits
