// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of operations that later generations have no more.
 */
#include "selftest.h"

#if PVKERNEL_GEN <= 612
void test_io_delay(void)
{
	site_io_delay();
}

void test_wbinvd(void)
{
	site_wbinvd();
}

void test_tlb_remove_table(void)
{
	struct mmu_gather tlb = {.mm = &mm};
	struct page *page = __alloc_pages(GFP_KERNEL, 0, 0, NULL);
	u32 pages_left;

	CHECK(page);
	site_tlb_remove_table(&tlb, page);
	CHECK(pv_ops.mmu.tlb_remove_table == tlb_remove_page ? tlb.nr == 1 && tlb.pages[0] == page
							     : tlb.batch && tlb.batch->nr == 1);
	pages_left = tlb.batch != NULL;
	if (pages_left)
		__free_pages(virt_to_page(tlb.batch), 0);
	__free_pages(page, 0);
}

void test_lazy_mode_enter(void)
{
	site_lazy_mode_enter();
	CHECK(xen_get_lazy_mode() == (in_ring0() ? LAZY_NONE : LAZY_MMU));
	map_frame(1);
	site_lazy_mode_leave();
	CHECK(same_entry(site_pte_val(*test_page.ptep), test_page.frames[1] | PTE_KERNEL));
	site_flush_tlb_one_user(test_page.addr);
}

void test_lazy_mode_leave(void)
{
	site_lazy_mode_enter();
	site_lazy_mode_leave();
	CHECK(xen_get_lazy_mode() == LAZY_NONE);
}
#endif

#if PVKERNEL_GEN <= 601
void test_activate_mm(void)
{
	mm_init();
	site_activate_mm(&kernel_mm, &mm);
	check_pinned();
}

void test_dup_mmap(void)
{
	mm_init();
	site_dup_mmap(&kernel_mm, &mm);
	check_pinned();
}
#endif
