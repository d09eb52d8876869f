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

static const char *const fields[] = {
#define F(group, field, ...) #group "." #field,
	PV_OPS(F, F, F)
#undef F
};

/* nop=GROUP.FIELD: an operation that does nothing, for the self-test to find. */
static void spoil_operations(void)
{
	const char *name;

	for (u32 i = 0; (name = cmdline_nth("nop", i)); i++) {
		u32 slot = 0;

		while (slot < ARRAY_SIZE(fields) && !same_word(fields[slot], name))
			slot++;
		if (slot == ARRAY_SIZE(fields))
			panic("nop=: no such field");
		((void **)&pv_ops)[slot] = (void *)_paravirt_nop;
		print("# nop %s\n", name);
	}
}

void platform_detect(void)
{
	spoil_operations();
	/* voluntary preemption */
	static_call_update(cond_resched, __cond_resched);
}
