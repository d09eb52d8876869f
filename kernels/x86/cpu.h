/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpu.h - the processor's structures: descriptor tables, the TSS, tasks, and boot_cpu_data.
 */
#ifndef PVK_CPU_H
#define PVK_CPU_H

#include "features.h"
#include "percpu.h"
#include "pv_ops.h"
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

struct io_bitmap {
	u64 generation;
	u32 len;
	u8 bits[IO_BITMAP_LEN];
};

struct thread_struct {
	u64 tls[NR_TLS];
	struct io_bitmap *io_bitmap;
};

#define TIF_IO_BITMAP (1UL << 22)
struct task_struct {
	u64 flags;
	struct thread_struct thread;
};

enum { VENDOR_INTEL = 0, VENDOR_AMD = 2, VENDOR_HYGON = 9 };
struct cpuinfo_x86 {
	u8 family, vendor, model, stepping;
	u8 reserved[BOOT_CPU_CAPABILITY - 4];
	u32 x86_capability[24]; /* 22 words of features, 2 of bugs */
};
_Static_assert(offsetof(struct cpuinfo_x86, x86_capability) == BOOT_CPU_CAPABILITY, "as in Linux");
extern struct cpuinfo_x86 boot_cpu_data;

#define MSR_APICBASE	   0x1b
#define MSR_PERFCTR0	   0xc1
#define MSR_SYSENTER_CS	   0x174
#define MSR_SYSENTER_EIP   0x176
#define MSR_FIXED_CTR0	   0x309
#define MSR_X2APIC_ICR	   0x830
#define MSR_STAR	   0xc0000081
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_AMD_PERFCTR0   0xc0010201

#define CR0_TS	0x8UL
#define CR0_WP	0x10000UL
#define CR4_PSE 0x10UL
#define CR4_PGE 0x80UL
#define CR4_PCE 0x100UL
extern u64 cr4_pinned_bits;

/* Where returns go when the CPU needs help with them; the second where RETHUNK says so. */
extern void *x86_return_thunk;
void __x86_return_thunk(void), retbleed_return_thunk(void);
SINCE_612(void call_depth_return_thunk(void);)

void asm_load_gs_index(u32 selector);
void native_store_gdt(struct desc_ptr *dtr);

#endif
