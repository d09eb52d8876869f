// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two callee-save operations that are so small that they seem to need no thunk.  Then the compiler
 * is asked to protect the stack, or to zero registers.
 */
#include "types.h"

void __raw_callee_save___native_queued_spin_unlock(u8 *locked);
bool __raw_callee_save___native_vcpu_is_preempted(long cpu);

void __raw_callee_save___native_queued_spin_unlock(u8 *locked)
{
	WRITE_ONCE(*locked, 0);
}

bool __raw_callee_save___native_vcpu_is_preempted(long cpu)
{
	(void)cpu;
	return false;
}
