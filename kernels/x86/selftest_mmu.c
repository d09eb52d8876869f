// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the mmu and lock groups.
 */
#include "selftest.h"

struct test_page test_page;
static u64 pages[2][512] __aligned(PAGE_SIZE);

#define TEST_FIXMAP 20

/* A page of the fixmap, where set_pte and flushes are tried. */
void test_page_init(void)
{
	ulong size;

	test_page.addr = FIXMAP_TOP - TEST_FIXMAP * PAGE_SIZE;
	for (u64 i = 0; i < 2; i++) {
		pages[i][0] = i;
		test_page.frames[i] = __pa(pages[i]);
	}
	set_fixmap(TEST_FIXMAP, test_page.frames[0], PTE_KERNEL);
	test_page.ptep = lookup_address(test_page.addr, &size);
}

static u64 seen(void)
{
	return *(const volatile u64 *)test_page.addr;
}

void map_frame(u32 nr)
{
	site_set_pte(test_page.ptep, site_make_pte(test_page.frames[nr] | PTE_KERNEL));
}

static void flush_directly(ulong addr)
{
	if (in_ring0())
		asm volatile("invlpg (%0)" ::"r"(addr) : "memory");
	else
		xen_flush_tlb_one_user(addr);
}

/* Xen adds flags of its own, the CPU its two. */
bool same_entry(u64 a, u64 b)
{
	const u64 all = in_ring0() ? ~0x60ULL : PTE_PFN_MASK | PTE_NX | PTE_RW | PTE_PRESENT;

	return !((a ^ b) & all);
}
#ifdef __x86_64__
static bool writable(u64 *word)
{
	flush_directly((u64)word);
	if (fault_caught())
		return false;
	fault_expect();
	WRITE_ONCE(*word, READ_ONCE(*word));
	fault_end();
	return true;
}
#endif
/* By the page tables: Xen may emulate a write to a read-only table. */
static bool mapped_writable(const void *ptr)
{
	ulong size;

	return *lookup_address((ulong)ptr, &size) & PTE_RW;
}

/* Maps frame 0, sees it, maps frame 1; the flush under test makes that visible. */
static void make_stale(void)
{
	map_frame(0);
	flush_directly(test_page.addr);
	CHECK(seen() == 0);
	map_frame(1);
}

void test_flush_tlb_user(void)
{
	/* not a global page: a write to CR3 leaves those */
	site_set_pte(test_page.ptep, site_make_pte(test_page.frames[0] | (PTE_KERNEL & ~0x100UL)));
	flush_directly(test_page.addr);
	CHECK(seen() == 0);
	site_set_pte(test_page.ptep, site_make_pte(test_page.frames[1] | (PTE_KERNEL & ~0x100UL)));
	site_flush_tlb_user();
	CHECK(seen() == 1);
}

void test_flush_tlb_kernel(void)
{
	make_stale();
	site_flush_tlb_kernel();
	CHECK(seen() == 1);
}

void test_flush_tlb_one_user(void)
{
	make_stale();
	site_flush_tlb_one_user(test_page.addr);
	CHECK(seen() == 1);
}

void test_flush_tlb_multi(void)
{
	const struct flush_tlb_info info = {.start = test_page.addr,
					    .end = test_page.addr + PAGE_SIZE};

	make_stale();
	site_flush_tlb_multi(cpu_online_mask, &info);
	CHECK(seen() == 1);
}

struct mm_struct mm, kernel_mm = {.pgd = init_top_pgt};
static u64 table[512] __aligned(PAGE_SIZE);
#if PVKERNEL_GEN >= 601 || defined(__x86_64__)
/* NULL under Xen PV; in 7.2 left as it is natively, which is nothing at all. */
static bool has_no_op(const void *field)
{
	return !field || (PVKERNEL_GEN >= 702 && !in_ring0() && field == (void *)PV_NOP);
}
#endif
void mm_init(void)
{
	mm.pgd = table;
}

/* An address space that is used, or copied, is pinned under Xen PV: read-only until it ends. */
void check_pinned(void)
{
	CHECK(mapped_writable(table) == in_ring0());
	site_exit_mmap(&mm);
	CHECK(mapped_writable(table));
	memset(table, 0, sizeof(table)); /* Xen leaves entries in top-level tables */
}

void test_exit_mmap(void)
{
	mm_init();
	enter_mm(&kernel_mm, &mm);
	check_pinned();
}

#if PVKERNEL_GEN >= 601
void test_notify_page_enc_status_changed(void)
{
	if (has_no_op(pv_ops.mmu.notify_page_enc_status_changed))
		SKIP("no such operation on this platform");
	site_notify_page_enc_status_changed(test_page.addr, 1, true);
}
#endif
#ifdef __x86_64__
void test_read_cr2(void)
{
	site_write_cr2(0xffffffff12345678);
	CHECK(site_read_cr2() == 0xffffffff12345678);
}

void test_write_cr2(void)
{
	u64 cr2;

	site_write_cr2(0x7654321);
	if (in_ring0()) {
		asm volatile("mov %%cr2, %0" : "=r"(cr2));
		CHECK(cr2 == 0x7654321);
	}
	CHECK(site_read_cr2() == 0x7654321);
}

void test_read_cr3(void)
{
	u64 cr3;

	CHECK(site_read_cr3() == __pa(init_top_pgt));
	if (in_ring0()) {
		asm volatile("mov %%cr3, %0" : "=r"(cr3));
		CHECK(site_read_cr3() == cr3);
	}
}

void test_write_cr3(void)
{
	u64 flags = local_irq_save();

	if (!in_ring0()) {
		site_write_cr3(__pa(init_top_pgt));
		CHECK(site_read_cr3() == __pa(init_top_pgt));
		local_irq_restore(flags);
		return;
	}
	memcpy(pages[0], init_top_pgt, PAGE_SIZE);
	site_write_cr3(__pa(pages[0]));
	CHECK(site_read_cr3() == __pa(pages[0]));
	site_write_cr3(__pa(init_top_pgt));
	local_irq_restore(flags);
	memset(pages[0], 0, PAGE_SIZE);
}

#if PVKERNEL_GEN >= 612
void test_enter_mmap(void)
{
	mm_init();
	site_enter_mmap(&mm);
	check_pinned();
}
#endif

void test_pgd_alloc(void)
{
	mm.pgd = table;
	CHECK(site_pgd_alloc(&mm) == 0);
	CHECK(!virt_to_page(table)->private == in_ring0()); /* the user's table */
	site_pgd_free(&mm, mm.pgd);
	virt_to_page(table)->private = 0;
}

void test_pgd_free(void)
{
	mm.pgd = table;
	CHECK(site_pgd_alloc(&mm) == 0);
	site_pgd_free(&mm, mm.pgd);
	virt_to_page(table)->private = 0;
}

/* A page that becomes a table of the kernel's own tree is read-only under Xen PV until it is
 * released. */
#define TABLE_TEST(level)                                                                          \
	static void check_table_##level(void)                                                      \
	{                                                                                          \
		site_alloc_##level(&kernel_mm, __pa(table) >> 12);                                 \
		CHECK(mapped_writable(table) == in_ring0());                                       \
		site_release_##level(__pa(table) >> 12);                                           \
		CHECK(mapped_writable(table));                                                     \
	}                                                                                          \
	void test_alloc_##level(void)                                                              \
	{                                                                                          \
		if (has_no_op(pv_ops.mmu.alloc_##level))                                           \
			SKIP("no such operation on this platform");                                \
		check_table_##level();                                                             \
	}                                                                                          \
	void test_release_##level(void)                                                            \
	{                                                                                          \
		if (has_no_op(pv_ops.mmu.release_##level))                                         \
			SKIP("no such operation on this platform");                                \
		check_table_##level();                                                             \
	}
TABLE_TEST(pte)
TABLE_TEST(pmd)
TABLE_TEST(pud)
TABLE_TEST(p4d)

void test_set_pte(void)
{
	map_frame(0);
	site_flush_tlb_one_user(test_page.addr);
	CHECK(seen() == 0);
	CHECK(same_entry(site_pte_val(*test_page.ptep), test_page.frames[0] | PTE_KERNEL));
	map_frame(1);
	site_flush_tlb_one_user(test_page.addr);
	CHECK(seen() == 1);
}

/* A table nobody uses: one that is not pinned under Xen PV. */
#define ENTRY_TEST(level)                                                                          \
	void test_set_##level(void)                                                                \
	{                                                                                          \
		u64 *entry = &pages[0][300];                                                       \
                                                                                                   \
		if (has_no_op(pv_ops.mmu.set_##level))                                             \
			SKIP("no such operation on this platform");                                \
		site_set_##level(entry, 0x1234063);                                                \
		CHECK(*entry == 0x1234063 && !entry[1] && !entry[-1]);                             \
		site_set_##level(entry, 0);                                                        \
		CHECK(*entry == 0);                                                                \
	}
ENTRY_TEST(pmd)
ENTRY_TEST(pud)
ENTRY_TEST(p4d)
SINCE_601(ENTRY_TEST(pgd))

void test_ptep_modify_prot_start(void)
{
	u64 pte, before;

	map_frame(0);
	before = *test_page.ptep;
	pte = site_ptep_modify_prot_start(NULL, test_page.addr, test_page.ptep);
	CHECK(pte == before);
	CHECK(*test_page.ptep == (in_ring0() ? 0 : before)); /* Xen keeps it until the commit */
	site_ptep_modify_prot_commit(NULL, test_page.addr, test_page.ptep, pte);
	CHECK(same_entry(*test_page.ptep, before));
}

void test_ptep_modify_prot_commit(void)
{
	u64 pte, *ptep = test_page.ptep;

	map_frame(0);
	pte = site_pte_val(site_ptep_modify_prot_start(NULL, test_page.addr, ptep));
	site_ptep_modify_prot_commit(NULL, test_page.addr, ptep, site_make_pte(pte & ~PTE_RW));
	site_flush_tlb_one_user(test_page.addr);
	CHECK(!(*ptep & PTE_RW));
	CHECK(!writable((u64 *)test_page.addr) && fault_vector() == 14);
	map_frame(0);
	site_flush_tlb_one_user(test_page.addr);
}

/* There and back; natively an entry is its value. */
#define VALUE_TEST(level)                                                                          \
	static void check_##level(void)                                                            \
	{                                                                                          \
		u64 value = test_page.frames[1] | PTE_KERNEL;                                      \
		u64 entry = site_make_##level(value);                                              \
                                                                                                   \
		CHECK(site_##level##_val(entry) == value);                                         \
		CHECK((entry & ~PTE_PFN_MASK) == (value & ~PTE_PFN_MASK));                         \
		CHECK(!in_ring0() || entry == value);                                              \
		CHECK(site_##level##_val(0x1230) == 0x1230);                                       \
	}                                                                                          \
	void test_##level##_val(void)                                                              \
	{                                                                                          \
		check_##level();                                                                   \
	}                                                                                          \
	void test_make_##level(void)                                                               \
	{                                                                                          \
		check_##level();                                                                   \
		CHECK(site_make_##level(0) == 0);                                                  \
	}
VALUE_TEST(pte)
VALUE_TEST(pmd)
VALUE_TEST(pud)
SINCE_601(VALUE_TEST(p4d))
VALUE_TEST(pgd)

void test_lazy_mode_flush(void)
{
	lazy_mmu_enter();
	CHECK(xen_get_lazy_mode() == (in_ring0() && PVKERNEL_GEN <= 612 ? LAZY_NONE : LAZY_MMU));
	map_frame(0);
	site_lazy_mode_flush();
	CHECK(same_entry(site_pte_val(*test_page.ptep), test_page.frames[0] | PTE_KERNEL));
	lazy_mmu_leave();
	site_flush_tlb_one_user(test_page.addr);
}

/* No site: called through the table as it is. */
void test_set_fixmap(void)
{
	set_fixmap(TEST_FIXMAP, test_page.frames[1], PTE_KERNEL);
	CHECK(seen() == 1);
	set_fixmap(TEST_FIXMAP, test_page.frames[0], PTE_KERNEL);
	CHECK(seen() == 0);
}
#endif
/* --- lock --- */

static struct qspinlock lock;

void test_queued_spin_lock_slowpath(void)
{
	lock.val = 0;
	site_queued_spin_lock_slowpath(&lock, 0x100); /* as if it had been pending a moment ago */
	CHECK(lock.val == 1);
	lock.val = 0;
}

void test_queued_spin_unlock(void)
{
	lock.val = 1;
	site_queued_spin_unlock(&lock);
	CHECK(lock.val == 0);
}

void test_wait(void)
{
	u8 byte = 1;

	site_wait(&byte, 0); /* not what it waits for: returns */
}

void test_kick(void)
{
	site_kick(0);
}

void test_vcpu_is_preempted(void)
{
	CHECK(!site_vcpu_is_preempted(0));
}
