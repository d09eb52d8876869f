// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen PV: time, and waiting for other CPUs.
 */
#include "lock.h"
#include "static_call.h"
#include "xen.h"

struct shared_info dummy_shared_info;
struct shared_info *HYPERVISOR_shared_info = &dummy_shared_info;

DEFINE_PER_CPU(struct vcpu_info *, xen_vcpu);
DEFINE_PER_CPU(struct vcpu_info, xen_vcpu_info) __aligned(64);
DEFINE_PER_CPU(u32, xen_vcpu_id);
DEFINE_PER_CPU(struct runstate, xen_runstate);
DEFINE_PER_CPU(int, lock_kicker_irq) = -1;
DEFINE_PER_CPU(u8, xen_qlock_wait_nest);

SINCE_601(DEFINE_STATIC_CALL(xen_hypercall, xen_hypercall_hvm);)

#define NR_IRQS 64
u32 irq_to_event[NR_IRQS]; /* event channel of an interrupt, 0: none */
u64 xen_sched_clock_offset;

SINCE_601(u64 xen_sched_clock(void); u64 xen_steal_clock(int cpu);)
bool xen_vcpu_stolen(int cpu);

/* Nanoseconds since a moment in the past, from Xen's record: read until it did not change. */
u64 xen_sched_clock(void)
{
	return pvclock_read(&this_cpu_read(xen_vcpu)->time) - xen_sched_clock_offset;
}

/* Time this CPU wanted to run and did not. */
u64 xen_steal_clock(int cpu)
{
	const struct runstate *rs = per_cpu_ptr(xen_runstate, cpu);
	u64 entered, stolen;

	do {
		entered = READ_ONCE(rs->entry_time);
		barrier();
		stolen = rs->time[1] + rs->time[3];
		barrier();
	} while ((entered & RUNSTATE_UPDATE) || READ_ONCE(rs->entry_time) != entered);
	return stolen;
}

bool xen_vcpu_stolen(int cpu)
{
	return per_cpu(xen_runstate, cpu).state == 1;
}

static u32 event_of(int irq)
{
	return (u32)irq < NR_IRQS ? irq_to_event[irq] : 0;
}

/* Blocks while *ptr is val, until kicked: the kicker's event stays masked, it is polled for. */
void xen_qlock_wait(u8 *ptr, u8 val)
{
	u8 nest = this_cpu_read(xen_qlock_wait_nest);
	int irq = this_cpu_read(lock_kicker_irq);
	u32 event = event_of(irq);
	struct sched_poll poll = {.ports = &event, .nr = 1};
	u64 *pending = &HYPERVISOR_shared_info->pending[event / 64 % 64];
	u64 bit = 1UL << (event % 64);

	if (irq == -1 || in_nmi())
		return;
	this_cpu_write(xen_qlock_wait_nest, nest + 1);
	if (READ_ONCE(*pending) & bit) {
		/* a kick has come already; an outer wait's is left for it */
		if (!nest)
			asm volatile(LOCK_PREFIX "andq %1, %0" : "+m"(*pending) : "r"(~bit) : "cc");
	} else if (READ_ONCE(*ptr) == val) {
		xen_hypercall(HYPERCALL_sched_op, SCHEDOP_POLL, (u64)&poll, 0, 0, 0);
	}
	this_cpu_write(xen_qlock_wait_nest, nest);
}

void xen_qlock_kick(int cpu)
{
	int irq = per_cpu(lock_kicker_irq, cpu);
	u32 event = event_of(irq);

	if (irq == -1)
		return;
	xen_hypercall(HYPERCALL_event_channel_op, EVTCHNOP_SEND, (u64)&event, 0, 0, 0);
}
