/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * address_map.h - where memory is mapped, page-table entries (PAE), struct page; part of mm.h.
 */
#ifndef PVK_ADDRESS_MAP_H
#define PVK_ADDRESS_MAP_H

#include "types.h"

#define PAGE_OFFSET 0xc0000000UL
#define FIXMAP_TOP  0xfffff000UL
extern u64 init_top_pgt[4];

#define PTE_PRESENT  0x1ULL
#define PTE_RW	     0x2ULL
#define PTE_USER     0x4ULL
#define PTE_PSE	     0x80ULL
#define PTE_PFN_MASK 0x000ffffffffff000ULL
#define PTE_NX	     (1ULL << 63) /* not used */
#define PTE_KERNEL   0x163ULL	  /* present, writable, accessed, dirty, global */

static inline ulong __pa(const void *ptr)
{
	return (ulong)ptr - PAGE_OFFSET;
}

static inline void *__va(u64 phys)
{
	return (void *)((ulong)phys + PAGE_OFFSET);
}

/* A store of 64 bits is two. */
void set_pte(u64 *entry, u64 value);

struct page {
	ulong flags;
	ulong words[7];
};
extern struct page *mem_map;

static inline struct page *pfn_to_page(ulong pfn)
{
	return mem_map + pfn;
}

static inline struct page *virt_to_page(const void *ptr)
{
	return pfn_to_page(__pa(ptr) >> 12);
}

static inline void *page_to_virt(const struct page *page)
{
	return __va((ulong)(page - mem_map) << 12);
}

#endif
