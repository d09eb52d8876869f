/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpu.h - the processor's structures: descriptor tables, the TSS, tasks, and boot_cpu_data.
 */
#ifndef PVK_CPU_H
#define PVK_CPU_H

#include "desc.h"
#include "features.h"
#include "percpu.h"
#include "pv_ops.h"
#include "types.h"

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
	ulong flags;
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
extern ulong cr4_pinned_bits;

/* Where returns go when the CPU needs help with them; the second where RETHUNK says so. */
extern void *x86_return_thunk;
void __x86_return_thunk(void), retbleed_return_thunk(void);
SINCE_612(void call_depth_return_thunk(void);)

void asm_load_gs_index(u32 selector);
void native_store_gdt(struct desc_ptr *dtr);

#endif
