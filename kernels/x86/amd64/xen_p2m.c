// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen PV: pseudo-physical and machine frames.  Page-table entries in memory hold machine frames,
 * the kernel's values hold pseudo-physical ones.
 */
#include "bug.h"
#include "mm.h"
#include "xen.h"

u64 *xen_p2m_addr, *machine_to_phys_mapping = (u64 *)0xffff800000000000UL;
u64 xen_p2m_size, xen_max_p2m_pfn, machine_to_phys_nr;

u64 pfn_to_mfn(u64 pfn)
{
	u64 mfn;

	if (pfn >= xen_p2m_size)
		return pfn < xen_max_p2m_pfn ? INVALID_FRAME : pfn; /* beyond memory: devices */
	mfn = xen_p2m_addr[pfn];
	return mfn == INVALID_FRAME ? mfn : mfn & ~FRAME_FLAGS;
}

/* The m2p array has holes: a read of one faults and is no frame. */
static u64 read_m2p(u64 mfn)
{
	u64 pfn;

	asm volatile("1: mov (%1, %2, 8), %0\n2:\n" ON_FAULT("mov $-1, %0")
		     : "=r"(pfn)
		     : "r"(machine_to_phys_mapping), "r"(mfn));
	return pfn;
}

/* Believed only if the p2m agrees: others may have written the m2p's entry. */
u64 mfn_to_pfn(u64 mfn)
{
	u64 pfn;

	if (mfn >= machine_to_phys_nr)
		return mfn;
	pfn = read_m2p(mfn);
	if (pfn == INVALID_FRAME || pfn_to_mfn(pfn) != mfn)
		return INVALID_FRAME;
	return pfn;
}

u64 virt_to_machine(const void *ptr)
{
	u64 addr = (u64)ptr, size, *ptep;

	if (in_direct_map(addr) || addr >= START_KERNEL_MAP)
		return pfn_to_mfn(__pa(ptr) >> 12) << 12 | (addr & (PAGE_SIZE - 1));
	ptep = lookup_address(addr, &size);
	BUG_ON(!ptep);
	return (pfn_of(READ_ONCE(*ptep)) << 12) + (addr & (size - 1));
}

static u64 entry_to_value(u64 entry)
{
	u64 pfn;

	if (!(entry & PTE_PRESENT))
		return entry;
	pfn = mfn_to_pfn(pfn_of(entry));
	entry &= ~PTE_PFN_MASK;
	if (pfn == INVALID_FRAME)
		return entry & ~PTE_PRESENT;
	return entry | (pfn << 12 & PTE_PFN_MASK);
}

static u64 value_to_entry(u64 value)
{
	u64 mfn;

	if (!(value & PTE_PRESENT))
		return value;
	mfn = pfn_to_mfn(pfn_of(value));
	if (mfn == INVALID_FRAME)
		return 0;
	return (value & ~PTE_PFN_MASK) | (mfn << 12 & PTE_PFN_MASK);
}

/* One function a level, as the table has one field a level; called through the thunks in native.S.
 */
#define LEVEL(name)                                                                                \
	u64 xen_##name##_val(u64 entry);                                                           \
	u64 xen_make_##name(u64 value);                                                            \
	u64 xen_##name##_val(u64 entry)                                                            \
	{                                                                                          \
		return entry_to_value(entry);                                                      \
	}                                                                                          \
	u64 xen_make_##name(u64 value)                                                             \
	{                                                                                          \
		return value_to_entry(value);                                                      \
	}

LEVEL(pte)
LEVEL(pmd)
LEVEL(pud)
LEVEL(p4d)
LEVEL(pgd)
