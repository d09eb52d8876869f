// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hyper-V: clock, TLB flushes by hypercall, waiting for locks.
 *
 * Source: Hyper-V Top-Level Functional Specification, 3 (hypercalls), 12 (TLB), 12.7 (reference TSC
 * page).
 */
#include "cpu.h"
#include "guests.h"
#include "pv.h"
#include "wide.h"

#define FLUSH_SPACE	    2
#define FLUSH_LIST	    3
#define FLUSH_ALL_SPACES    2UL
#define MSR_TIME_REF_COUNT  0x40000020
#define MSR_GUEST_IDLE	    0x400000f0
#define REPS(nr)	    ((u64)(nr) << 32)
#define MAX_ADDRS	    32
#define VECTOR_PLATFORM_IPI 0xf7

void *hv_hypercall_pg;
/* Per-CPU data that is allocated: where each CPU has the address of its input page. */
void **hyperv_pcpu_input_arg;
u32 *hv_vp_index;
u64 hv_sched_clock_offset;
struct hv_tsc_page tsc_pg;

struct flush_input {
	u64 space, flags, processors;
	u64 addrs[MAX_ADDRS]; /* page, and how many more in the low bits */
};

#include "hypercall.h"

/* False: some CPU has no number below 64. */
static bool processor_mask(u64 cpus, u64 *ret)
{
	*ret = 0;
	for (u32 cpu = 0; cpu < 64 && cpu < nr_cpu_ids; cpu++) {
		if (!(cpus >> cpu & 1))
			continue;
		if (hv_vp_index[cpu] >= 64)
			return false;
		*ret |= 1ULL << hv_vp_index[cpu];
	}
	return true;
}

static bool flush(u64 cpus, const struct flush_tlb_info *info)
{
	struct flush_input *input = *this_cpu_ptr(*hyperv_pcpu_input_arg);
	ulong nr = (info->end - info->start + PAGE_SIZE - 1) / PAGE_SIZE;
	u64 result;

	if (!input || !processor_mask(cpus, &input->processors))
		return false;
	if (!input->processors)
		return true;
	input->space = 0;
	input->flags = FLUSH_ALL_SPACES;
	if (info->end < info->start || nr > MAX_ADDRS) {
		result = hypercall(FLUSH_SPACE, input);
	} else {
		for (ulong i = 0; i < nr; i++)
			input->addrs[i] = (info->start & -PAGE_SIZE) + i * PAGE_SIZE;
		result = hypercall(FLUSH_LIST | REPS(nr), input);
	}
	return !(result & 0xffff);
}

void hyperv_flush_tlb_multi(const u64 *cpus, const struct flush_tlb_info *info)
{
	bool done = false;
	u64 flags;

	if (hv_hypercall_pg) {
		flags = local_irq_save();
		done = flush(*cpus, info);
		local_irq_restore(flags);
	}
	if (!done)
		native_flush_tlb_multi(cpus, info);
}

/* Units of 100 ns.  Sequence 0: the page says nothing now. */
u64 read_hv_sched_clock_tsc(void)
{
	u32 sequence, low, high;
	u64 now;

	do {
		sequence = READ_ONCE(tsc_pg.sequence);
		barrier();
		if (!sequence) {
			now = pv_read_msr(MSR_TIME_REF_COUNT);
			break;
		}
		asm volatile("rdtsc" : "=a"(low), "=d"(high));
		now = multiply_shift(low | (u64)high << 32, tsc_pg.scale, 64) + tsc_pg.offset;
		barrier();
	} while (READ_ONCE(tsc_pg.sequence) != sequence);
	return (now - hv_sched_clock_offset) * 100;
}

#ifdef __x86_64__ /* the only Hyper-V guest that has its locks */
/* A read of the MSR ends when an interrupt is pending. */
void hv_qlock_wait(u8 *ptr, u8 val)
{
	u64 flags;

	if (in_nmi())
		return;
	flags = local_irq_save();
	if (READ_ONCE(*ptr) == val)
		pv_read_msr(MSR_GUEST_IDLE);
	local_irq_restore(flags);
}

void hv_qlock_kick(int cpu)
{
	write_msr(MSR_X2APIC_ICR, VECTOR_PLATFORM_IPI | (u64)cpu << 32);
}

bool hv_vcpu_is_preempted(int cpu)
{
	(void)cpu;
	return false;
}
#endif
