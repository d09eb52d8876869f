/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm.h - memory: the address map, page-table entries, struct page, the few services that the
 * operations need.
 */
#ifndef PVK_MM_H
#define PVK_MM_H

#include "percpu.h"
#include "pv.h"
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

struct qspinlock { /* locked 0-7, pending 8, tail index 16-17, tail CPU + 1 18-31 */
	union {
		u32 val;
		struct {
			u8 locked, pending;
			u16 tail;
		};
		u16 locked_pending;
	};
};

struct mm_struct {
	u64 words[9];
	u64 *pgd; /* at 0x48, as in 6.1 */
	u64 more[6];
	struct qspinlock page_table_lock;
};
_Static_assert(offsetof(struct mm_struct, pgd) == 0x48, "as in 6.1");

#define GATHER_PAGES  8
#define GATHER_TABLES 16
struct mmu_table_batch {
	u64 rcu[2];
	u32 nr;
	void *tables[GATHER_TABLES];
};
struct mmu_gather {
	struct mm_struct *mm;
	struct mmu_table_batch *batch;
	u64 start, end;
	u32 nr;
	struct page *pages[GATHER_PAGES];
};

struct flush_tlb_info {
	struct mm_struct *mm;
	u64 start, end;
};

/* Per-CPU: what the TLB code remembers. */
struct tlb_state {
	struct mm_struct *loaded_mm;
	u16 asid;
	bool invalidate_other;
	u64 cr4;
	u64 user_flush_mask; /* ASIDs whose user half must be flushed on return */
};
DECLARE_PER_CPU(struct tlb_state, cpu_tlbstate);

extern u64 cpu_online_mask[NR_CPUS / 64];
extern u64 __cpu_possible_mask[NR_CPUS / 64], __cpu_present_mask[NR_CPUS / 64];

#define GFP_KERNEL 0xcc0
#define GFP_ZERO   0x100
struct page *__alloc_pages(u32 gfp, u32 order, int node, const u64 *nodes);
void __free_pages(struct page *page, u32 order);
void call_rcu(void *head, void (*func)(void *));
void tlb_remove_table(struct mmu_gather *tlb, void *table);
void smp_call_function_many_cond(const u64 *cpus, void (*func)(const void *), const void *info,
				 u32 flags, void *cond);
void set_fixmap(u32 idx, u64 phys, u64 flags);

/* The entry that maps addr in the kernel's tables, or NULL; *size gets the bytes it maps. */
u64 *lookup_address(u64 addr, u64 *size);

static inline u32 lock_cmpxchg32(u32 *ptr, u32 old, u32 new)
{
	asm volatile(LOCK_PREFIX "cmpxchgl %2, %1"
		     : "+a"(old), "+m"(*ptr)
		     : "r"(new)
		     : "memory", "cc");
	return old;
}

static inline u8 lock_cmpxchg8(u8 *ptr, u8 old, u8 new)
{
	asm volatile(LOCK_PREFIX "cmpxchgb %2, %1"
		     : "+a"(old), "+m"(*ptr)
		     : "q"(new)
		     : "memory", "cc");
	return old;
}

static inline void spin_lock(struct qspinlock *lock)
{
	u32 val = lock_cmpxchg32(&lock->val, 0, 1);

	if (val)
		pv_queued_spin_lock_slowpath(lock, val);
}

static inline void spin_unlock(struct qspinlock *lock)
{
	pv_queued_spin_unlock(lock);
}

static inline void cpu_relax(void)
{
	asm volatile("pause" ::: "memory");
}

#endif
