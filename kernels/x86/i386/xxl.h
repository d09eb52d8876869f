/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xxl.h - what CONFIG_PARAVIRT_XXL would make operations: without it they are the instructions,
 * under the names that sites have elsewhere; part of pv.h.
 */
#ifndef PVK_XXL_H
#define PVK_XXL_H

#include "types.h"

struct desc_ptr;
struct gate;

static inline ulong pv_save_fl(void)
{
	ulong flags;

	asm volatile("pushf; pop %0" : "=rm"(flags)::"memory");
	return flags;
}

static inline void pv_irq_disable(void)
{
	asm volatile("cli" ::: "memory");
}

static inline void pv_irq_enable(void)
{
	asm volatile("sti" ::: "memory");
}

static inline void pv_safe_halt(void)
{
	asm volatile("sti; hlt" ::: "memory");
}

static inline void pv_halt(void)
{
	asm volatile("hlt" ::: "memory");
}

static inline ulong local_irq_save(void)
{
	ulong flags = pv_save_fl();

	pv_irq_disable();
	return flags;
}

/* Up to 5.10 with popf. */
static inline void local_irq_restore(ulong flags)
{
#if PVKERNEL_GEN <= 510
	asm volatile("push %0; popf" ::"g"(flags) : "memory", "cc");
#else
	if (flags & X86_IF)
		pv_irq_enable();
#endif
}

static inline ulong pv_read_cr0(void)
{
	ulong cr0;

	asm volatile("mov %%cr0, %0" : "=r"(cr0));
	return cr0;
}

static inline ulong pv_read_cr2(void)
{
	ulong cr2;

	asm volatile("mov %%cr2, %0" : "=r"(cr2)::"memory");
	return cr2;
}

static inline ulong pv_read_cr3(void)
{
	ulong cr3;

	asm volatile("mov %%cr3, %0" : "=r"(cr3)::"memory");
	return cr3;
}

static inline void pv_write_cr3(ulong cr3)
{
	asm volatile("mov %0, %%cr3" ::"r"(cr3) : "memory");
}

static inline void pv_cpuid(u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	asm volatile("cpuid" : "+a"(*eax), "=b"(*ebx), "+c"(*ecx), "=d"(*edx)::"memory");
}

static inline u64 pv_read_msr(u32 msr)
{
	u64 value;

	asm volatile("rdmsr" : "=A"(value) : "c"(msr));
	return value;
}

static inline void write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" ::"c"(msr), "A"(value) : "memory");
}

/* The first use of an address space: nobody is told. */
static inline void enter_mm(struct mm_struct *prev, struct mm_struct *next)
{
	(void)prev;
	(void)next;
}

/* native_cpu.c */
void native_write_cr0(ulong cr0);
void native_write_cr4(ulong cr4);
#define pv_write_cr0 native_write_cr0
void pv_load_gdt(const struct desc_ptr *dtr);
void pv_load_idt(const struct desc_ptr *dtr);
void pv_load_tr_desc(void);
void pv_write_gdt_entry(u64 *gdt, int nr, const void *desc, int type);

#endif
