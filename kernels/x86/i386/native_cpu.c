// SPDX-License-Identifier: GPL-2.0-only
/*
 * Native operations of the cpu group, and what of it is no operation without CONFIG_PARAVIRT_XXL.
 */
#include "bug.h"
#include "cpu.h"
#include "jump_label.h"
#include "pv.h"

struct static_key cr_pinning;
ulong cr4_pinned_bits;

ONLY_702(struct pv_info pv_info = {.io_delay = true, .name = "bare hardware"};)

void native_io_delay(void)
{
	asm volatile("out %al, $0x80");
}

void native_write_cr0(ulong cr0)
{
	for (;;) {
		asm volatile("mov %0, %%cr0" ::"r"(cr0) : "memory");
		if (!static_branch(cr_pinning) || (cr0 & CR0_WP))
			return;
		WARN_ON(true);
		cr0 |= CR0_WP;
	}
}

void native_write_cr4(ulong cr4)
{
	for (;;) {
		asm volatile("mov %0, %%cr4" ::"r"(cr4) : "memory");
		if (!static_branch(cr_pinning) || !(cr4_pinned_bits & ~cr4))
			return;
		WARN_ON(true);
		cr4 |= cr4_pinned_bits;
	}
}

void pv_load_gdt(const struct desc_ptr *dtr)
{
	asm volatile("lgdt %0" ::"m"(*dtr));
}

void pv_load_idt(const struct desc_ptr *dtr)
{
	asm volatile("lidt %0" ::"m"(*dtr));
}

void pv_load_tr_desc(void)
{
	asm volatile("ltr %w0" ::"q"(GDT_TSS * 8));
}

/* All descriptors have 8 bytes. */
void pv_write_gdt_entry(u64 *gdt, int nr, const void *desc, int type)
{
	(void)type;
	gdt[nr] = *(const u64 *)desc;
}
