/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * desc.h - descriptor tables and the TSS; part of cpu.h.
 */
#ifndef PVK_DESC_H
#define PVK_DESC_H

#include "percpu.h"
#include "types.h"

struct desc_ptr { /* operand of lgdt, lidt, sgdt */
	u16 size;
	u64 address;
} __packed;

struct gate { /* of the IDT */
	u16 offset_low, selector;
	u16 bits; /* ist 0-2, type 8-12, dpl 13-14, present 15 */
	u16 offset_middle;
	u32 offset_high, reserved;
};
#define GATE_TYPE(gate) ((gate)->bits >> 8 & 0x1f)
#define GATE_DPL(gate)	((gate)->bits >> 13 & 3)
#define GATE_IST(gate)	((gate)->bits & 7)
#define GATE_INTERRUPT	14
#define GATE_TRAP	15

/* Descriptor types that make an entry of the GDT 16 bytes long. */
#define DESC_LDT 2
#define DESC_TSS 9

#define GDT_ENTRIES 16
#define GDT_TSS	    8  /* selector 0x40 */
#define GDT_LDT	    10 /* selector 0x50 */
#define GDT_TLS	    12
#define NR_TLS	    3
#define IDT_ENTRIES 256
#define KERNEL_CS   0x10
#define KERNEL_DS   0x18
#define USER_DS	    0x2b
#define USER_CS	    0x33
#define CODE_DESC   0x00af9b000000ffff
#define DATA_DESC   0x00cf93000000ffff

/* In the file, too: nothing. */
#define GDT_LINKED

struct gdt_page {
	u64 gdt[GDT_ENTRIES];
} __aligned(PAGE_SIZE);
DECLARE_PER_CPU(struct gdt_page, gdt_page);

/* Where a CPU's GDT is also mapped, read-only: what lgdt is normally given. */
#define GDT_READ_ONLY(cpu) (0xfffffe0000001000UL + (u64)(cpu)*0x3b000)

#define IO_BITMAP_LEN	  8192
#define IO_BITMAP_INVALID 0x4088 /* beyond the TSS limit */
struct tss {
	u32 reserved0;
	u64 sp0; /* at 4 */
	u64 sp1, sp2, reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 io_bitmap_base; /* at 0x66 */
	u64 bitmap_generation;
	u8 bitmap[IO_BITMAP_LEN + 8];
} __packed __aligned(64);
_Static_assert(offsetof(struct tss, io_bitmap_base) == 0x66, "the hardware's TSS");
DECLARE_PER_CPU(struct tss, cpu_tss_rw);

#endif
