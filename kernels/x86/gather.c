// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freeing page tables: the two functions of mmu.tlb_remove_table.  In 7.2 it is the second, by name.
 */
#include "mm.h"
#include "pv.h"

#if PVKERNEL_GEN <= 612
/* Collect a page; when the array is full flush the TLB, then free them all. */
void tlb_remove_page(struct mmu_gather *tlb, void *page)
{
	if (tlb->nr >= GATHER_PAGES) {
		pv_flush_tlb_user();
		for (int i = 0; i < GATHER_PAGES; i++)
			__free_pages(tlb->pages[i], 0);
		tlb->nr = 0;
	}
	tlb->pages[tlb->nr++] = page;
}
#endif

/* Collect a page-table page; a full batch is flushed and freed after a grace period. */
static void free_tables(void *head)
{
	struct mmu_table_batch *batch = head;

	for (u32 i = 0; i < batch->nr && i < GATHER_TABLES; i++)
		__free_pages(batch->tables[i], 0);
	__free_pages(virt_to_page(batch), 0);
}

void tlb_remove_table(struct mmu_gather *tlb, void *table)
{
	struct mmu_table_batch *batch = tlb->batch;

	if (!batch) {
		struct page *page = __alloc_pages(GFP_KERNEL, 0, 0, NULL);

		if (!page) {
			pv_flush_tlb_user();
			__free_pages(table, 0);
			return;
		}
		batch = page_to_virt(page);
		batch->nr = 0;
		tlb->batch = batch;
	}
	if (batch->nr < GATHER_TABLES)
		batch->tables[batch->nr++] = table;
	if (batch->nr >= GATHER_TABLES) {
		pv_flush_tlb_user();
		call_rcu(batch, free_tables);
		tlb->batch = NULL;
	}
}
