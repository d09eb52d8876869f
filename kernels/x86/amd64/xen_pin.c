// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen PV: telling Xen which pages are page tables.  All pages of a pinned tree are read-only and
 * carry a flag in their struct page.
 */
#include "bug.h"
#include "jump_label.h"
#include "mm.h"
#include "pv.h"
#include "xen.h"

struct static_key xen_struct_pages_ready;

#define PAGE_PINNED  (1UL << 10)
#define USER_ENTRIES 256 /* of a top-level table */

/* Until there are struct pages, every table is taken for pinned. */
bool xen_page_pinned(const void *ptr)
{
	if (static_branch(xen_struct_pages_ready))
		return virt_to_page(ptr)->flags & PAGE_PINNED;
	return true;
}

static void protect_table(const void *table, u64 protection)
{
	u64 pte = pv_make_pte(__pa(table) | protection);

	xen_mc_call(HYPERCALL_update_va_mapping, (u64)table, pte, 0, 0);
}

static void pin(u32 level, u64 pfn)
{
	xen_mc_mmuext(MMUEXT_PIN_L1 + level - 1, pfn_to_mfn(pfn), 0);
}

static void unpin(u64 pfn)
{
	xen_mc_mmuext(MMUEXT_UNPIN, pfn_to_mfn(pfn), 0);
}

/* A new page-table page is linked into mm's tree. */
static void alloc_table(struct mm_struct *mm, u64 pfn, u32 level)
{
	struct page *page = pfn_to_page(pfn);

	if (!xen_page_pinned(mm->pgd))
		return;
	page->flags |= PAGE_PINNED;
	xen_mc_batch();
	protect_table(__va(pfn << 12), PTE_KERNEL_RO);
	if (level == 1)
		pin(level, pfn);
	xen_mc_issue(LAZY_MMU);
}

static void release_table(u64 pfn, u32 level)
{
	struct page *page = pfn_to_page(pfn);

	if (!(page->flags & PAGE_PINNED))
		return;
	xen_mc_batch();
	if (level == 1)
		unpin(pfn);
	protect_table(__va(pfn << 12), PTE_KERNEL);
	xen_mc_issue(LAZY_MMU);
	page->flags &= ~PAGE_PINNED;
}

void xen_alloc_pte(struct mm_struct *mm, u64 pfn)
{
	alloc_table(mm, pfn, 1);
}

void xen_alloc_pmd(struct mm_struct *mm, u64 pfn)
{
	alloc_table(mm, pfn, 2);
}

void xen_alloc_pud(struct mm_struct *mm, u64 pfn)
{
	alloc_table(mm, pfn, 3);
}

void xen_release_pte(u64 pfn)
{
	release_table(pfn, 1);
}

void xen_release_pmd(u64 pfn)
{
	release_table(pfn, 2);
}

void xen_release_pud(u64 pfn)
{
	release_table(pfn, 3);
}

int xen_pgd_alloc(struct mm_struct *mm)
{
	struct page *page = virt_to_page(mm->pgd), *user;

	BUG_ON(page->flags & PAGE_PINNED);
	user = __alloc_pages(GFP_KERNEL | GFP_ZERO, 0, 0, NULL);
	if (!user)
		return -ENOMEM;
	page->private = (u64)page_to_virt(user);
	return 0;
}

void xen_pgd_free(struct mm_struct *mm, u64 *pgd)
{
	u64 user = virt_to_page(pgd)->private;

	(void)mm;
	if (user)
		__free_pages(virt_to_page((void *)user), 0);
}

typedef void table_fn(u64 *table);

static void pin_table(u64 *table)
{
	struct page *page = virt_to_page(table);

	if (page->flags & PAGE_PINNED)
		return;
	page->flags |= PAGE_PINNED;
	protect_table(table, PTE_KERNEL_RO);
}

static void unpin_table(u64 *table)
{
	struct page *page = virt_to_page(table);

	if (!(page->flags & PAGE_PINNED))
		return;
	page->flags &= ~PAGE_PINNED;
	protect_table(table, PTE_KERNEL);
}

static u64 *table_of(u64 value)
{
	return __va(value & PTE_PFN_MASK);
}

static bool is_table(u64 entry)
{
	return (entry & (PTE_PRESENT | PTE_PSE)) == PTE_PRESENT;
}

static void each_below_pmd(const u64 *pmd, table_fn *fn)
{
	for (u32 i = 0; i < 512; i++) {
		if (is_table(pmd[i]))
			indirect_call(fn, table_of(pv_pmd_val(pmd[i])), 0, 0);
	}
}

static void each_below_pud(const u64 *pud, table_fn *fn)
{
	for (u32 i = 0; i < 512; i++) {
		if (is_table(pud[i])) {
			u64 *pmd = table_of(pv_pud_val(pud[i]));

			each_below_pmd(pmd, fn);
			indirect_call(fn, pmd, 0, 0);
		}
	}
}

/* Every table of the user half, leaves first, the top one last. */
static void each_table(u64 *pgd, table_fn *fn)
{
	for (u32 i = 0; i < USER_ENTRIES; i++) {
		if (is_table(pgd[i])) {
			u64 *pud = table_of(pv_p4d_val(pgd[i]));

			each_below_pud(pud, fn);
			indirect_call(fn, pud, 0, 0);
		}
	}
	indirect_call(fn, pgd, 0, 0);
}

static void pin_tree(struct mm_struct *mm)
{
	u64 user = virt_to_page(mm->pgd)->private;

	spin_lock(&mm->page_table_lock);
	xen_mc_batch();
	each_table(mm->pgd, pin_table);
	pin(4, __pa(mm->pgd) >> 12);
	if (user) {
		pin_table((u64 *)user);
		pin(4, __pa((void *)user) >> 12);
	}
	xen_mc_issue(LAZY_NONE);
	spin_unlock(&mm->page_table_lock);
}

static void unpin_tree(struct mm_struct *mm)
{
	u64 user = virt_to_page(mm->pgd)->private;

	spin_lock(&mm->page_table_lock);
	xen_mc_batch();
	unpin(__pa(mm->pgd) >> 12);
	if (user) {
		unpin(__pa((void *)user) >> 12);
		unpin_table((u64 *)user);
	}
	each_table(mm->pgd, unpin_table);
	xen_mc_issue(LAZY_NONE);
	spin_unlock(&mm->page_table_lock);
}

#if PVKERNEL_GEN <= 601
void xen_activate_mm(struct mm_struct *prev, struct mm_struct *next)
{
	(void)prev;
	pin_tree(next);
}

void xen_dup_mmap(struct mm_struct *oldmm, struct mm_struct *mm)
{
	(void)oldmm;
	pin_tree(mm);
}
#else
void xen_enter_mmap(struct mm_struct *mm)
{
	pin_tree(mm);
}
#endif

/* This CPU may still have the tree loaded lazily: move to the kernel's own first. */
void xen_exit_mmap(struct mm_struct *mm)
{
	preempt_disable();
	if (this_cpu_read(xen_current_cr3) == __pa(mm->pgd))
		pv_write_cr3(__pa(init_top_pgt));
	preempt_enable();
	if (xen_page_pinned(mm->pgd))
		unpin_tree(mm);
}
