// SPDX-License-Identifier: GPL-2.0-only
/*
 * B14: native_save_fl() left to the compiler.  It is an operation that must keep every register but
 * rax; compiled with stack protection it is an ordinary function, whose last instructions compare
 * the canary in another register.
 */
#include "types.h"

u64 native_save_fl(void);

u64 native_save_fl(void)
{
	u64 flags;

	asm volatile("pushf; pop %0" : "=r"(flags));
	return flags;
}
