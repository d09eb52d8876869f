// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is mapped besides the direct map and the kernel: struct pages, and the fixmap.
 */
#include "boot.h"
#include "mm.h"
#include "pv.h"

#define PAGES_LEN 0x200000UL /* of struct pages: for 128 MiB of memory */

extern u64 boot_l3_high[512], boot_l3_pages[512], boot_l2_pages[512];
extern u64 level1_fixmap_pgt[512];
static u64 level2_fixmap_pgt[512] __aligned(PAGE_SIZE);

static u64 table_entry(const u64 *table)
{
	return __pa(table) | 0x63;
}

/* Of bugs/far.lds: text far below the kernel's, loaded behind it. */
extern u8 far_sched_clock[] __attribute__((weak)), far_text_phys[] __attribute__((weak));

static void map_far_text(void)
{
	static u64 l2[512] __aligned(PAGE_SIZE), l1[512] __aligned(PAGE_SIZE);
	static const u8 *const volatile text = far_sched_clock; /* too far for an operand */
	u64 addr = (u64)text;

	if (!addr)
		return;
	pv_set_pte(&l1[addr >> 12 & 511], ((u64)far_text_phys & PTE_PFN_MASK) | 0x63);
	pv_set_pmd(&l2[addr >> 21 & 511], table_entry(l1));
	pv_set_pud(&boot_l3_high[addr >> 30 & 511], table_entry(l2));
}

void memory_init(void)
{
	u64 pages = (__pa(_end) + PAGES_LEN - 1) & -PAGES_LEN;

	pv_set_pmd(&level2_fixmap_pgt[FIXMAP_TOP >> 21 & 511], table_entry(level1_fixmap_pgt));
	pv_set_pud(&boot_l3_high[511], table_entry(level2_fixmap_pgt));
	pv_set_pmd(&boot_l2_pages[vmemmap_base >> 21 & 511], pages | PTE_KERNEL | PTE_PSE);
	pv_set_pud(&boot_l3_pages[vmemmap_base >> 30 & 511], table_entry(boot_l2_pages));
	pv_set_p4d(&init_top_pgt[vmemmap_base >> 39 & 511], table_entry(boot_l3_pages));
	memset(pfn_to_page(0), 0, PAGES_LEN);
	map_far_text();
}
