// SPDX-License-Identifier: GPL-2.0-only
/*
 * Native operations of the mmu group.
 */
#include "cpu.h"
#include "mm.h"
#include "pv.h"

#define FLUSH_PAGES_MAX 33

void native_flush_tlb_local(void)
{
	pv_write_cr3(pv_read_cr3());
}

/* Changing CR4.PGE flushes global entries too. */
void native_flush_tlb_global(void)
{
	static const u64 descriptor[2];
	ulong flags, cr4;

	if (static_cpu_has(X86_FEATURE_INVPCID)) {
		asm volatile("invpcid %0, %1" ::"m"(descriptor), "r"(2UL) : "memory");
		return;
	}
	flags = local_irq_save();
	cr4 = this_cpu_read(cpu_tlbstate.cr4);
	native_write_cr4(cr4 ^ CR4_PGE);
	native_write_cr4(cr4);
	local_irq_restore(flags);
}

void native_flush_tlb_one_user(ulong addr)
{
	asm volatile("invlpg (%0)" ::"r"(addr) : "memory");
}

static void flush_tlb_func(const void *arg)
{
	const struct flush_tlb_info *info = arg;
	ulong addr = info->start & -PAGE_SIZE;

	if (info->end < addr || info->end - addr > FLUSH_PAGES_MAX * PAGE_SIZE) {
		pv_flush_tlb_user();
		return;
	}
	for (; addr < info->end; addr += PAGE_SIZE)
		pv_flush_tlb_one_user(addr);
}

void native_flush_tlb_multi(const u64 *cpus, const struct flush_tlb_info *info)
{
	ulong flags;

	smp_call_function_many_cond(cpus, flush_tlb_func, info, 1, NULL);
	if (cpus[0] >> (smp_processor_id() & 63) & 1) {
		flags = local_irq_save();
		flush_tlb_func(info);
		local_irq_restore(flags);
	}
}
