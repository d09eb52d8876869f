// SPDX-License-Identifier: GPL-2.0-only
/*
 * Five sensitive instructions where no patch site covers them, in functions that nothing keeps a
 * Xen PV kernel from: what `pvproof lint` is for.
 */
#include "boot.h"

void lint_mask_interrupts(void);
u64 lint_read_flags(void);
void lint_restore_flags(u64 flags);
u64 lint_find_idt(void);
void lint_drop_page(const void *page);

void lint_mask_interrupts(void)
{
	asm volatile("cli" ::: "memory");
}

u64 lint_read_flags(void)
{
	u64 flags;

	asm volatile("pushf; pop %0" : "=r"(flags));
	return flags;
}

void lint_restore_flags(u64 flags)
{
	asm volatile("push %0; popf" ::"r"(flags) : "memory", "cc");
}

u64 lint_find_idt(void)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) idt;

	asm volatile("sidt %0" : "=m"(idt));
	return idt.base;
}

void lint_drop_page(const void *page)
{
	asm volatile("invlpg (%0)" ::"r"(page) : "memory");
}
