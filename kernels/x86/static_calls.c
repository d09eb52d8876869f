// SPDX-License-Identifier: GPL-2.0-only
/*
 * Static calls besides xen_hypercall: the clocks, which are pv operations in 6.1, and one of each
 * other form (tail jump, NULL, NULL and tail, a function that returns 0).
 */
#include "pv.h"
#include "static_call.h"

SINCE_601(u64 native_sched_clock(void); u64 native_steal_clock(int cpu);)
u64 __static_call_return0(void);
u64 idle_poll(void);
u64 call_idle(void), call_trace(u64 event), call_cond_resched(void);
u64 __cond_resched(void);
u64 sched_clock(void), steal_clock(int cpu), sched_clock_twice(void);
u64 sched_clock_init(void);
ONLY_AMD64(void warn_by_call(void);)

/* Time-stamp counter to nanoseconds: (tsc * mul >> 10) + offset. */
static struct {
	u64 mul, offset;
} cyc2ns = {1024, 0};

u64 native_sched_clock(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return ((low | (u64)high << 32) * cyc2ns.mul >> 10) + cyc2ns.offset;
}

u64 native_steal_clock(int cpu)
{
	(void)cpu;
	return 0;
}

u64 __static_call_return0(void)
{
	return 0;
}

u64 idle_poll(void)
{
	asm volatile("pause" ::: "memory");
	return 1;
}

#if PVKERNEL_GEN >= 601
DEFINE_STATIC_CALL(pv_sched_clock, native_sched_clock);
DEFINE_STATIC_CALL(pv_steal_clock, native_steal_clock);
#define clock_now()	  static_call(pv_sched_clock, 0)
#define clock_stolen(cpu) static_call(pv_steal_clock, cpu)
#else
#define clock_now()	  pv_sched_clock()
#define clock_stolen(cpu) pv_steal_clock(cpu)
#endif
DEFINE_STATIC_CALL(idle, idle_poll);
/* What a boot with voluntary preemption makes of cond_resched. */
u64 __cond_resched(void)
{
	return 0;
}

DEFINE_STATIC_CALL(cond_resched, __static_call_return0);
DEFINE_STATIC_CALL_NULL(trace);
DEFINE_STATIC_CALL_NULL(irqentry_exit_hook);

#if PVKERNEL_GEN >= 702 && defined(__x86_64__)
/* A warning is a call that becomes the trap itself. */
void __WARN_trap(void);
DEFINE_STATIC_CALL(WARN_trap, __WARN_trap);

noinline void warn_by_call(void)
{
	static_call(WARN_trap, 0);
}
#endif

noinline u64 sched_clock(void)
{
	return clock_now();
}

noinline u64 sched_clock_twice(void)
{
	u64 first = clock_now();

	return clock_now() - first;
}

noinline u64 steal_clock(int cpu)
{
	return clock_stolen(cpu);
}

u64 __init sched_clock_init(void)
{
	return clock_now() - clock_stolen(0);
}

noinline u64 call_idle(void)
{
	return static_call(idle, 0);
}

noinline u64 call_cond_resched(void)
{
	return static_call(cond_resched, 0);
}

noinline u64 call_trace(u64 event)
{
	static_call(trace, event);
	return event;
}
