// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM: clock, steal time, TLB flushes that spare preempted CPUs, waiting for locks.
 *
 * Source of layouts and numbers: Linux 6.1, asm/kvm_para.h, linux/kvm_para.h, asm/pvclock-abi.h.
 */
#include "guests.h"
#include "pv.h"

#define KVM_HC_KICK_CPU 5
#define VCPU_PREEMPTED	1
#define VCPU_FLUSH_TLB	2

DEFINE_PER_CPU(struct kvm_steal_time, steal_time) __aligned(64);
DEFINE_PER_CPU(struct pvclock *, hv_clock_per_cpu);
DEFINE_PER_CPU(u64 *, __pv_cpu_mask);
DEFINE_PER_CPU(u16, x86_cpu_to_apicid);
u64 kvm_sched_clock_offset;

UNTIL_612(void kvm_io_delay(void) {})

u64 kvm_sched_clock_read(void)
{
	return pvclock_read(this_cpu_read(hv_clock_per_cpu)) - kvm_sched_clock_offset;
}

/* The version is odd while the host writes. */
u64 kvm_steal_clock(int cpu)
{
	const struct kvm_steal_time *st = per_cpu_ptr(steal_time, cpu);
	u32 version;
	u64 steal;

	do {
		version = READ_ONCE(st->version);
		barrier();
		steal = READ_ONCE(st->steal);
		barrier();
	} while ((version & 1) || READ_ONCE(st->version) != version);
	return steal;
}

/* A CPU that does not run flushes when it runs again. */
void kvm_flush_tlb_multi(const u64 *cpus, const struct flush_tlb_info *info)
{
	u64 *mask = this_cpu_read(__pv_cpu_mask);

	*mask = *cpus;
	for (u32 cpu = 0; cpu < 64 && cpu < nr_cpu_ids; cpu++) {
		u8 *state = &per_cpu_ptr(steal_time, cpu)->preempted, old = READ_ONCE(*state);

		if ((*cpus >> cpu & 1) && (old & VCPU_PREEMPTED) &&
		    lock_cmpxchg8(state, old, old | VCPU_FLUSH_TLB) == old)
			*mask &= ~(1ULL << cpu);
	}
	native_flush_tlb_multi(mask, info);
}

void kvm_wait(u8 *ptr, u8 val)
{
	if (in_nmi())
		return;
	if (!(pv_save_fl() & X86_IF)) {
		if (READ_ONCE(*ptr) == val)
			pv_halt();
		return;
	}
	pv_irq_disable();
	/* safe_halt turns interrupts on, so that a kick in between is not lost */
	if (READ_ONCE(*ptr) == val)
		pv_safe_halt();
	else
		pv_irq_enable();
}

void kvm_kick_cpu(int cpu)
{
	ulong result = KVM_HC_KICK_CPU;

	asm volatile(ALTERNATIVE("vmcall", "vmmcall", X86_FEATURE_VMMCALL)
		     : "+a"(result)
		     : "b"(0UL), "c"((ulong)per_cpu(x86_cpu_to_apicid, cpu))
		     : "memory");
}
