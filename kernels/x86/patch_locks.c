// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pass over lock prefixes; and what pv_ops has for locks, as features.
 */
#include "boot.h"
#include "cpu.h"
#include "lock.h"
#include "patch.h"
#include "pv.h"

/* On one CPU they do nothing that an empty ds prefix would not. */
noinline void alternatives_smp_module_add(const int *start, const int *end)
{
	static const u8 ds = 0x3e;
	u64 cpus = 0;

	for (u32 i = 0; i < ARRAY_SIZE(__cpu_present_mask); i++)
		cpus += __cpu_present_mask[i];
	if (cpus != 1)
		return;
	for (const int *s = start; s < end; s++) {
		u8 *site = (u8 *)s + *s;

		if (*s && site >= (u8 *)_text && site < (u8 *)_etext && *site == 0xf0)
			text_poke_early(site, &ds, 1);
	}
}

#if PVKERNEL_GEN >= 601
/* Two features say what a slot of pv_ops holds. */
noinline void paravirt_set_cap(void)
{
	if (PV_OP(lock, queued_spin_unlock) != __raw_callee_save___native_queued_spin_unlock)
		set_cap(X86_FEATURE_PVUNLOCK);
	if (PV_OP(lock, vcpu_is_preempted) != __raw_callee_save___native_vcpu_is_preempted)
		set_cap(X86_FEATURE_VCPUPREEMPT);
}
#endif
