// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMware: clocks, and the call of the hypervisor.  Source: arch/x86/kernel/cpu/vmware.c of Linux 6.1.
 */
#include "guests.h"
#include "alternative.h"
#include "wide.h"

struct cyc2ns_data vmware_cyc2ns = {.mul = 1U << 31, .shift = 31};
DEFINE_PER_CPU(struct vmware_steal_time, vmw_steal_time) __aligned(64);

u64 vmware_sched_clock(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return multiply_shift(low | (u64)high << 32, vmware_cyc2ns.mul, vmware_cyc2ns.shift) -
	       vmware_cyc2ns.offset;
}

u64 vmware_steal_clock(int cpu)
{
	return READ_ONCE(per_cpu_ptr(vmw_steal_time, cpu)->clock);
}

u32 vmware_hypercall(u32 command)
{
	u32 result = 0x564d5868, port = 0x5658, zero = 0;

	asm volatile(ALTERNATIVE_2("in %%dx, %%eax", "vmcall", X86_FEATURE_VMCALL, "vmmcall",
				   X86_FEATURE_VMW_VMMCALL)
		     : "+a"(result), "+b"(zero), "+c"(command), "+d"(port)
		     :
		     : "memory");
	return result;
}
