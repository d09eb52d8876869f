/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * address_map.h - where memory is mapped, page-table entries, struct page; part of mm.h.
 */
#ifndef PVK_ADDRESS_MAP_H
#define PVK_ADDRESS_MAP_H

#include "types.h"

#define START_KERNEL_MAP 0xffffffff80000000UL
#define VMALLOC_START	 0xffffc90000000000UL
#define FIXMAP_TOP	 0xffffffffff7ff000UL
extern u64 page_offset_base, vmemmap_base, phys_base;
extern u64 init_top_pgt[512];

#define PTE_PRESENT   0x1UL
#define PTE_RW	      0x2UL
#define PTE_USER      0x4UL
#define PTE_PSE	      0x80UL
#define PTE_PFN_MASK  0x000ffffffffff000UL
#define PTE_NX	      (1UL << 63)
#define PTE_KERNEL    (PTE_NX | 0x163UL) /* present, writable, accessed, dirty, global */
#define PTE_KERNEL_RO (PTE_NX | 0x161UL)

static inline u64 pfn_of(u64 entry)
{
	return (entry & PTE_PFN_MASK) >> 12;
}

static inline bool in_direct_map(u64 addr)
{
	return addr >= page_offset_base && addr < VMALLOC_START;
}

static inline u64 __pa(const void *ptr)
{
	u64 addr = (u64)ptr;

	return addr >= START_KERNEL_MAP ? addr - START_KERNEL_MAP + phys_base
					: addr - page_offset_base;
}

static inline void *__va(u64 phys)
{
	return (void *)(phys + page_offset_base);
}

struct page {
	u64 flags;
	u64 words[4];
	u64 private; /* of a top-level table under Xen PV: its user table */
	u64 more[2];
};
_Static_assert(sizeof(struct page) == 64, "vmemmap is indexed by 64-byte entries");

static inline struct page *pfn_to_page(u64 pfn)
{
	return (struct page *)vmemmap_base + pfn;
}

static inline struct page *virt_to_page(const void *ptr)
{
	return pfn_to_page(__pa(ptr) >> 12);
}

static inline void *page_to_virt(const struct page *page)
{
	return __va((u64)(page - (struct page *)vmemmap_base) << 12);
}

#endif
