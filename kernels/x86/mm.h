/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm.h - memory: the address map, page-table entries, struct page, the few services that the
 * operations need.
 */
#ifndef PVK_MM_H
#define PVK_MM_H

#include "address_map.h"
#include "percpu.h"
#include "pv.h"
#include "types.h"

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
	ulong words[9];
	u64 *pgd; /* at 0x48, as in 6.1 */
	ulong more[6];
	struct qspinlock page_table_lock;
};
ONLY_AMD64(_Static_assert(offsetof(struct mm_struct, pgd) == 0x48, "as in 6.1");)

#define GATHER_PAGES  8
#define GATHER_TABLES 16
struct mmu_table_batch {
	ulong rcu[2];
	u32 nr;
	void *tables[GATHER_TABLES];
};
struct mmu_gather {
	struct mm_struct *mm;
	struct mmu_table_batch *batch;
	ulong start, end;
	u32 nr;
	struct page *pages[GATHER_PAGES];
};

struct flush_tlb_info {
	struct mm_struct *mm;
	ulong start, end;
};

/* Per-CPU: what the TLB code remembers. */
struct tlb_state {
	struct mm_struct *loaded_mm;
	u16 asid;
	bool invalidate_other;
	ulong cr4;
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
u64 *lookup_address(ulong addr, ulong *size);

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
