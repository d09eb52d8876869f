// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is mapped besides memory itself: the fixmap, in the last 2 MiB; and the array of struct
 * pages.
 */
#include "boot.h"
#include "mm.h"
#include "pv.h"

#define PAGES_LEN 0x100000UL /* of struct pages: for 128 MiB of memory */

extern u64 boot_pmd[512];
static u64 fixmap_pte[512] __aligned(PAGE_SIZE);
struct page *mem_map;

/* Two stores: the half with the present bit last, or first when it goes. */
void set_pte(u64 *entry, u64 value)
{
	volatile u32 *half = (volatile u32 *)entry;

	half[0] = 0;
	half[1] = value >> 32;
	barrier();
	half[0] = value;
}

void set_fixmap(u32 idx, u64 phys, u64 flags)
{
	ulong addr = FIXMAP_TOP - idx * PAGE_SIZE;

	if (idx >= ARRAY_SIZE(fixmap_pte))
		return;
	set_pte(&fixmap_pte[addr >> 12 & 511], phys | flags);
	pv_flush_tlb_one_user(addr);
}

/* With the kernel's tables as they are. */
u64 *lookup_address(ulong addr, ulong *size)
{
	u64 *entry;

	if (addr < PAGE_OFFSET)
		return NULL;
	entry = &boot_pmd[addr >> 21 & 511];
	*size = 512 * PAGE_SIZE;
	if (*entry & PTE_PSE)
		return entry;
	*size = PAGE_SIZE;
	entry = &fixmap_pte[addr >> 12 & 511];
	return *entry & PTE_PRESENT ? entry : NULL;
}

void memory_init(void)
{
	extern const char _end[];

	set_pte(&boot_pmd[511], __pa(fixmap_pte) | 0x63);
	mem_map = (struct page *)(((ulong)_end + PAGE_SIZE - 1) & -PAGE_SIZE);
	memset(mem_map, 0, PAGES_LEN);
	native_flush_tlb_global();
}
