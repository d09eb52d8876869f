// SPDX-License-Identifier: GPL-2.0-only
/*
 * Native operations of the mmu group, and the services they stand on.
 */
#include "cpu.h"
#include "mm.h"
#include "pv.h"

#define ASID_USER_BIT	0x800 /* of the PCID: the user half of a page-table pair */
#define FLUSH_PAGES_MAX 33

u64 level1_fixmap_pgt[512] __aligned(PAGE_SIZE);

void pv_native_write_cr2(u64 cr2)
{
	asm volatile("mov %0, %%cr2" ::"r"(cr2) : "memory");
}

u64 __native_read_cr3(void)
{
	u64 cr3;

	asm volatile("mov %%cr3, %0" : "=r"(cr3)::"memory");
	return cr3;
}

void native_write_cr3(u64 cr3)
{
	asm volatile("mov %0, %%cr3" ::"r"(cr3) : "memory");
}

static void invpcid(u64 type, u64 pcid, u64 addr)
{
	const u64 desc[2] = {pcid, addr};

	asm volatile("invpcid %0, %1" ::"m"(desc), "r"(type) : "memory");
}

static void invalidate_user_asid(void)
{
	u16 asid = this_cpu_read(cpu_tlbstate.asid);

	if (static_cpu_has(X86_FEATURE_PTI))
		this_cpu_write(cpu_tlbstate.user_flush_mask,
			       this_cpu_read(cpu_tlbstate.user_flush_mask) | 1UL << (asid & 63));
}

void native_flush_tlb_local(void)
{
	invalidate_user_asid();
	native_write_cr3(__native_read_cr3());
}

/* Changing CR4.PGE flushes global entries too. */
void native_flush_tlb_global(void)
{
	u64 flags, cr4;

	if (static_cpu_has(X86_FEATURE_INVPCID)) {
		invpcid(2, 0, 0);
		return;
	}
	flags = local_irq_save();
	cr4 = this_cpu_read(cpu_tlbstate.cr4);
	native_write_cr4(cr4 ^ CR4_PGE);
	native_write_cr4(cr4);
	local_irq_restore(flags);
}

void native_flush_tlb_one_user(u64 addr)
{
	u16 asid = this_cpu_read(cpu_tlbstate.asid);

	asm volatile("invlpg (%0)" ::"r"(addr) : "memory");
	if (!static_cpu_has(X86_FEATURE_PTI))
		return;
	if (static_cpu_has(X86_FEATURE_INVPCID))
		invpcid(0, (asid + 1) | ASID_USER_BIT, addr);
	else
		invalidate_user_asid();
}

static void flush_tlb_func(const void *arg)
{
	const struct flush_tlb_info *info = arg;
	u64 addr = info->start & -PAGE_SIZE;

	if (info->end < addr || info->end - addr > FLUSH_PAGES_MAX * PAGE_SIZE) {
		pv_flush_tlb_user();
		return;
	}
	for (; addr < info->end; addr += PAGE_SIZE)
		pv_flush_tlb_one_user(addr);
}

void native_flush_tlb_multi(const u64 *cpus, const struct flush_tlb_info *info)
{
	u64 flags;

	smp_call_function_many_cond(cpus, flush_tlb_func, info, 1, NULL);
	if (cpus[0] >> (smp_processor_id() & 63) & 1) {
		flags = local_irq_save();
		flush_tlb_func(info);
		local_irq_restore(flags);
	}
}

int __paravirt_pgd_alloc(struct mm_struct *mm)
{
	(void)mm;
	return 0;
}

void native_set_pte(u64 *ptep, u64 pte)
{
	WRITE_ONCE(*ptep, pte);
}

void native_set_pmd(u64 *pmdp, u64 pmd)
{
	WRITE_ONCE(*pmdp, pmd);
}

void native_set_pud(u64 *pudp, u64 pud)
{
	WRITE_ONCE(*pudp, pud);
}

/*
 * With PTI a top-level table is a pair of pages, the user's behind the kernel's.  An entry of the
 * user half of the address space goes into both, and the kernel's copy cannot be executed.
 */
static u64 set_user_copy(u64 *entryp, u64 entry)
{
	u64 offset = (u64)entryp & (PAGE_SIZE - 1);

	if (!static_cpu_has(X86_FEATURE_PTI) || offset >= PAGE_SIZE / 2)
		return entry;
	*(u64 *)((u64)entryp | PAGE_SIZE) = entry;
	if ((entry & (PTE_USER | PTE_PRESENT)) == (PTE_USER | PTE_PRESENT))
		entry |= PTE_NX;
	return entry;
}

#if PVKERNEL_GEN >= 601
void native_set_pgd(u64 *pgdp, u64 pgd)
{
	WRITE_ONCE(*pgdp, set_user_copy(pgdp, pgd));
}
#endif

/* With four levels the p4d is the top level. */
void native_set_p4d(u64 *p4dp, u64 p4d)
{
	if (static_cpu_has(X86_FEATURE_LA57))
		WRITE_ONCE(*p4dp, p4d);
	else
		WRITE_ONCE(*p4dp, set_user_copy(p4dp, p4d));
}

u64 __ptep_modify_prot_start(void *vma, u64 addr, u64 *ptep)
{
	u64 pte = 0;

	(void)vma;
	(void)addr;
	asm volatile("xchg %0, %1" : "+r"(pte), "+m"(*ptep)::"memory");
	return pte;
}

void __ptep_modify_prot_commit(void *vma, u64 addr, u64 *ptep, u64 pte)
{
	(void)vma;
	(void)addr;
	pv_set_pte(ptep, pte);
}

void native_set_fixmap(u32 idx, u64 phys, u64 flags)
{
	u64 addr = FIXMAP_TOP - idx * PAGE_SIZE;

	if (idx >= ARRAY_SIZE(level1_fixmap_pgt))
		return;
	pv_set_pte(&level1_fixmap_pgt[addr >> 12 & 511], pv_make_pte(phys | flags));
	pv_flush_tlb_one_user(addr);
}

/* Not a patch site: a plain indirect call, as everywhere in 6.1. */
void set_fixmap(u32 idx, u64 phys, u64 flags)
{
	indirect_call(pv_ops.mmu.set_fixmap, idx, phys, flags);
}

u64 *lookup_address(u64 addr, u64 *size)
{
	u64 *entry = &init_top_pgt[addr >> 39 & 511];
	u64 val = pv_pgd_val(*entry);

	*size = 1UL << 39;
	if (!(val & PTE_PRESENT))
		return NULL;
	entry = (u64 *)__va(val & PTE_PFN_MASK) + (addr >> 30 & 511);
	val = pv_pud_val(*entry);
	*size = 1UL << 30;
	if (!(val & PTE_PRESENT))
		return NULL;
	if (val & PTE_PSE)
		return entry;
	entry = (u64 *)__va(val & PTE_PFN_MASK) + (addr >> 21 & 511);
	val = pv_pmd_val(*entry);
	*size = 1UL << 21;
	if (!(val & PTE_PRESENT))
		return NULL;
	if (val & PTE_PSE)
		return entry;
	*size = PAGE_SIZE;
	return (u64 *)__va(val & PTE_PFN_MASK) + (addr >> 12 & 511);
}
