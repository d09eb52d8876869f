// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that use several pv operations, as a kernel does: sites whose registers are live, sites
 * in loops, in init text, behind each other, without an inline form.
 */
#include "cpu.h"
#include "mm.h"
#include "pv.h"

void update_under_locks(struct qspinlock *a, struct qspinlock *b, u64 *value);
int spin_for_owner(const u32 *locked, int owner);
u32 plain_callee_saves(struct qspinlock *lock, int cpu);
ulong live_values(const ulong *words, struct qspinlock *lock, int cpu);
u32 read_port_slowly(void);
void flush_range(ulong start, ulong end);
void remove_tables(struct mmu_gather *tlb, void **tables, u32 nr);
void unmap_all(struct mm_struct *mm, struct mmu_gather *tlb, void *table);
void wait_for_byte(u8 *byte);
u32 feature_level(void);
u32 cpu_init(struct qspinlock *lock, ulong addr);

void update_under_locks(struct qspinlock *a, struct qspinlock *b, u64 *value)
{
	ulong flags;

	spin_lock(a);
	flags = local_irq_save();
	spin_lock(b);
	(*value)++;
	spin_unlock(b);
	local_irq_restore(flags);
	spin_unlock(a);
}

/* Spinning for a lock is of use only while its owner runs. */
int spin_for_owner(const u32 *locked, int owner)
{
	for (int turns = 0; turns < 16; turns++) {
		if (!READ_ONCE(*locked))
			return 1;
		if (pv_vcpu_is_preempted(owner))
			return 0;
		cpu_relax();
	}
	return -1;
}

/* Callee-save sites without an alternative on them. */
u32 plain_callee_saves(struct qspinlock *lock, int cpu)
{
	u32 preempted = PV_RESULT(bool, PV_CALLEE_PLAIN(lock, vcpu_is_preempted, cpu));

	PV_CALLEE_PLAIN(lock, queued_spin_unlock, lock);
	return preempted;
}

/* The compiler keeps these where a callee-save call leaves them alone: one of them in ecx. */
ulong live_values(const ulong *words, struct qspinlock *lock, int cpu)
{
	ulong a = words[0], b = words[1], c = words[2], d = words[3];

	pv_queued_spin_unlock(lock);
	return (a ^ b) + (c ^ d) * 3 + pv_vcpu_is_preempted(cpu) + (a & d);
}

u32 read_port_slowly(void)
{
	u8 low, high;

	asm volatile("in $0x70, %0" : "=a"(low));
	io_delay();
	asm volatile("in $0x71, %0" : "=a"(high));
	io_delay();
	io_delay();
	return low | (u32)high << 8;
}

void flush_range(ulong start, ulong end)
{
	const struct flush_tlb_info info = {.start = start, .end = end};

	if (end - start > 8 * PAGE_SIZE) {
		pv_flush_tlb_kernel();
		pv_flush_tlb_multi(cpu_online_mask, &info);
		return;
	}
	for (; start < end; start += PAGE_SIZE)
		pv_flush_tlb_one_user(start);
}

static void remove_one(struct mmu_gather *tlb, void *table)
{
#if PVKERNEL_GEN <= 612
	pv_tlb_remove_table(tlb, table);
#else
	tlb_remove_table(tlb, table);
#endif
}

void remove_tables(struct mmu_gather *tlb, void **tables, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		remove_one(tlb, tables[i]);
}

void unmap_all(struct mm_struct *mm, struct mmu_gather *tlb, void *table)
{
	pv_exit_mmap(mm);
	remove_one(tlb, table);
	pv_flush_tlb_user();
}

/* Until it changes, or somebody kicks. */
void wait_for_byte(u8 *byte)
{
	u8 old = READ_ONCE(*byte);

	pv_wait(byte, old);
	pv_kick(smp_processor_id());
}

/* Two replacements of different length, both longer than what is there: since 6.3 the entries,
 * nested, differ about the site's length. */
u32 feature_level(void)
{
	u32 level;

	asm volatile(ALTERNATIVE_2("xor %%eax, %%eax", "mov $1, %%eax", X86_FEATURE_XSAVE,
				   "mov $2, %%eax; .byte 0x90, 0x90, 0x90", X86_FEATURE_ERMS)
		     : "=a"(level)::"cc");
	return level;
}

/* Sites in init text, where alternatives are patched too but locks are not. */
u32 __init cpu_init(struct qspinlock *lock, ulong addr)
{
	spin_lock(lock);
	io_delay();
	pv_flush_tlb_one_user(addr);
	pv_flush_tlb_kernel();
	spin_unlock(lock);
	return pv_vcpu_is_preempted(0);
}
