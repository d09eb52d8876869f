/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * desc.h - descriptor tables and the TSS; part of cpu.h.  Selectors are Linux's.
 */
#ifndef PVK_DESC_H
#define PVK_DESC_H

#define GDT_ENTRIES 32
#define GDT_TSS	    16 /* selector 0x80 */
#define GDT_PERCPU  27 /* selector 0xd8, of fs */
#define NR_TLS	    3
#define IDT_ENTRIES 256
#define KERNEL_CS   0x60
#define KERNEL_DS   0x68
#define CODE_DESC   0x00cf9b000000ffff
#define DATA_DESC   0x00cf93000000ffff

#ifndef __ASSEMBLER__
#include "percpu.h"
#include "types.h"

struct desc_ptr { /* operand of lgdt, lidt, sgdt */
	u16 size;
	ulong address;
} __packed;

struct gate { /* of the IDT */
	u16 offset_low, selector;
	u16 bits; /* type 8-12, dpl 13-14, present 15 */
	u16 offset_high;
};
#define GATE_INTERRUPT 14

#define DESC_TSS 9

struct gdt_page {
	u64 gdt[GDT_ENTRIES];
} __aligned(PAGE_SIZE);
DECLARE_PER_CPU(struct gdt_page, gdt_page);

/* In the file: the boot CPU's per-CPU data is where it is linked. */
#define GDT_LINKED                                                                                 \
	= {                                                                                        \
		.gdt = {[KERNEL_CS / 8] = CODE_DESC,                                               \
			[KERNEL_DS / 8] = DATA_DESC,                                               \
			[GDT_PERCPU] = DATA_DESC},                                                 \
	}

#define IO_BITMAP_LEN	  8192
#define IO_BITMAP_INVALID 0x4088 /* beyond the TSS limit */
struct tss {
	u32 link, sp0, ss0; /* sp0 at 4 */
	u32 more[22];
	u16 trace, io_bitmap_base; /* at 0x66 */
} __packed __aligned(64);
_Static_assert(offsetof(struct tss, io_bitmap_base) == 0x66, "the hardware's TSS");
DECLARE_PER_CPU(struct tss, cpu_tss_rw);
#endif

#endif
