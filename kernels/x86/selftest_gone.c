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
#ifdef __x86_64__
void test_wbinvd(void)
{
	site_wbinvd();
}
#endif
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
#ifdef __x86_64__
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
#endif
#if PVKERNEL_GEN <= 601 && defined(__x86_64__)
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

#if PVKERNEL_GEN <= 510
ONLY_AMD64(void site_iret(void);)

void test_patch(void)
{
	const u32 type = offsetof(struct paravirt_patch_template, mmu.flush_tlb_user) / WORD_LEN;
	u8 code[7];

	/* not by a site: as the patcher calls it */
	CHECK(indirect_call4(pv_ops.init.patch, type, code, site_flush_tlb_user, 7) == 5);
	CHECK(code[0] == 0xe8);
}

void test_sched_clock(void)
{
	u64 first = site_sched_clock(), second = site_sched_clock();

	CHECK(first && second >= first);
}

void test_steal_clock(void)
{
	ONLY_AMD64(CHECK(site_steal_clock(0) < 1UL << 62);) ONLY_I386(CHECK(site_steal_clock(0) < 1ULL << 62);)
}
#ifdef __x86_64__
void test_restore_fl(void)
{
	u64 flags = site_save_fl();

	site_restore_fl(flags | X86_IF);
	CHECK(site_save_fl() & X86_IF);
	site_restore_fl(flags & ~X86_IF);
	CHECK(!(site_save_fl() & X86_IF));
}

/* Every exception comes back by it. */
void test_iret(void)
{
	u32 before = nr_breakpoints;

	asm volatile("int3");
	CHECK(nr_breakpoints == before + 1);
}
#endif
#endif

#ifdef __x86_64__
/* An operation in 5.10, an alternative since then. */
void site_swapgs(void);
void test_swapgs(void);

static u64 read_gs_base(void)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_GS_BASE));
	return low | (u64)high << 32;
}

void test_swapgs(void)
{
	u64 before, between, after, alias;

	if (!in_ring0()) { /* nothing: Xen does it */
		site_swapgs();
		CHECK(this_cpu_read(this_cpu_off) == (u64)__per_cpu_base);
		return;
	}
	site_irq_disable();
	before = read_gs_base();
	/* The same memory: call accounting counts in per-CPU data. */
	alias = before + ((u64)__va(__pa(this_cpu_ptr(this_cpu_off))) - (u64)this_cpu_ptr(this_cpu_off));
	write_msr(MSR_KERNEL_GS_BASE, alias);
	site_swapgs();
	between = read_gs_base();
	site_swapgs();
	after = read_gs_base();
	CHECK(between == alias && alias != before);
	CHECK(before == after);
}
#endif
