// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen PV: page-table entries, CR2 and CR3, TLB.  A table that Xen knows as one (it is pinned) is
 * read-only to the guest: its entries change by hypercall.
 */
#include "bug.h"
#include "jump_label.h"
#include "mm.h"
#include "pv.h"
#include "xen.h"

DEFINE_PER_CPU(u64, xen_cr3);
DEFINE_PER_CPU(u64, xen_current_cr3);

void xen_write_cr2(u64 cr2)
{
	this_cpu_read(xen_vcpu)->cr2 = cr2;
}

u64 xen_read_cr3(void)
{
	return this_cpu_read(xen_cr3);
}

static void set_current_cr3(u64 cr3)
{
	this_cpu_write(xen_current_cr3, cr3);
}

/* The user's top-level table of a kernel's; in 64-bit guests both run in ring 3, so each has one.
 */
static u64 *user_pgd(const u64 *pgd)
{
	return (u64 *)virt_to_page(pgd)->private;
}

void xen_write_cr3(u64 cr3)
{
	u64 *pgd = __va(cr3 & PTE_PFN_MASK), *user;

	BUG_ON(!this_cpu_read(__preempt_count) && (pv_save_fl() & X86_IF));
	xen_mc_batch();
	this_cpu_write(xen_cr3, cr3);
	xen_mc_mmuext(MMUEXT_NEW_BASEPTR, pfn_to_mfn(__pa(pgd) >> 12), 0);
	xen_mc_callback(set_current_cr3, cr3);
	user = user_pgd(pgd);
	xen_mc_mmuext(MMUEXT_NEW_USER_BASEPTR, user ? pfn_to_mfn(__pa(user) >> 12) : 0, 0);
	xen_mc_issue(LAZY_CPU);
}

void xen_flush_tlb(void)
{
	preempt_disable();
	xen_mc_batch();
	xen_mc_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	xen_mc_issue(LAZY_MMU);
	preempt_enable();
}

void xen_flush_tlb_one_user(u64 addr)
{
	preempt_disable();
	xen_mc_batch();
	xen_mc_mmuext(MMUEXT_INVLPG_LOCAL, addr & -PAGE_SIZE, 0);
	xen_mc_issue(LAZY_MMU);
	preempt_enable();
}

void xen_flush_tlb_multi(const u64 *cpus, const struct flush_tlb_info *info)
{
	u64 online = *cpus & cpu_online_mask[0], *mask;
	bool one_page = info->end - info->start <= PAGE_SIZE;

	if (!online)
		return;
	xen_mc_batch();
	mask = xen_mc_space(sizeof(*mask));
	*mask = online;
	xen_mc_mmuext(one_page ? MMUEXT_INVLPG_MULTI : MMUEXT_TLB_FLUSH_MULTI,
		      one_page ? info->start : 0, (u64)mask);
	xen_mc_issue(LAZY_MMU);
}

void xen_set_pte(u64 *ptep, u64 pte)
{
	struct mmu_update u;

	if (xen_get_lazy_mode() == LAZY_MMU) {
		xen_mc_batch();
		xen_mc_mmu_update(virt_to_machine(ptep) | MMU_NORMAL, pte);
		xen_mc_issue(LAZY_MMU);
		return;
	}
	u.ptr = virt_to_machine(ptep) | MMU_NORMAL;
	u.val = pte;
	xen_hypercall(HYPERCALL_mmu_update, (u64)&u, 1, 0, DOMID_SELF, 0);
}

u64 xen_ptep_modify_prot_start(void *vma, u64 addr, u64 *ptep)
{
	(void)vma;
	(void)addr;
	return READ_ONCE(*ptep); /* stays: Xen keeps accessed and dirty when it is replaced */
}

void xen_ptep_modify_prot_commit(void *vma, u64 addr, u64 *ptep, u64 pte)
{
	(void)vma;
	(void)addr;
	xen_mc_batch();
	xen_mc_mmu_update(virt_to_machine(ptep) | MMU_PRESERVE_AD, pte);
	xen_mc_issue(LAZY_MMU);
}

static void set_table_entry(u64 *entryp, u64 entry)
{
	preempt_disable();
	if (xen_page_pinned(entryp)) {
		xen_mc_batch();
		xen_mc_mmu_update(virt_to_machine(entryp), entry);
		xen_mc_issue(LAZY_MMU);
	} else {
		WRITE_ONCE(*entryp, entry);
	}
	preempt_enable();
}

void xen_set_pmd(u64 *pmdp, u64 pmd)
{
	set_table_entry(pmdp, pmd);
}

void xen_set_pud(u64 *pudp, u64 pud)
{
	set_table_entry(pudp, pud);
}

/* The top level: the user's table gets the entry too. */
void xen_set_p4d(u64 *p4dp, u64 p4d)
{
	u64 offset = (u64)p4dp & (PAGE_SIZE - 1), *user = user_pgd(p4dp);

	if (!xen_page_pinned(p4dp)) {
		WRITE_ONCE(*p4dp, p4d);
		if (user && offset < PAGE_SIZE / 2)
			WRITE_ONCE(user[offset / 8], p4d);
		return;
	}
	xen_mc_batch();
	xen_mc_mmu_update(virt_to_machine(p4dp), p4d);
	if (user && offset < PAGE_SIZE / 2)
		xen_mc_mmu_update(virt_to_machine(&user[offset / 8]), p4d);
	xen_mc_issue(LAZY_MMU);
}

void xen_set_fixmap(u32 idx, u64 phys, u64 flags)
{
	u64 addr = FIXMAP_TOP - idx * PAGE_SIZE;

	if (xen_hypercall(HYPERCALL_update_va_mapping, addr, pv_make_pte(phys | flags), UVMF_INVLPG,
			  0, 0))
		BUG();
}
