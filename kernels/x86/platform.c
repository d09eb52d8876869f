// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which platform this is, and what it changes in pv_ops and the static calls.
 */
#include "boot.h"
#include "cpu.h"
#include "patch.h"
#include "stub.h"

DECLARE_STATIC_CALL(cond_resched);
u64 __cond_resched(void);

const char *platform_name = "native", *platform_how = "found";

bool stub_hypercall(struct trap_frame *frame)
{
	(void)frame;
	return false;
}

void platform_detect(void)
{
	/* voluntary preemption */
	static_call_update(cond_resched, __cond_resched);
}
