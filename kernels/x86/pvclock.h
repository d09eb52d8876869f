/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pvclock.h - the clock that Xen and KVM share with a guest: time at a value of the TSC, and its
 * rate.
 */
#ifndef PVK_PVCLOCK_H
#define PVK_PVCLOCK_H

#include "types.h"
#include "wide.h"

struct pvclock {
	u32 version, pad0;
	u64 tsc, system_time;
	u32 mul;
	s8 shift;
	u8 flags, pad[2];
};

/* Nanoseconds: read until the record did not change; its version is odd while it is written. */
static inline u64 pvclock_read(const struct pvclock *time)
{
	u32 version, low, high;
	u64 delta, ns;

	do {
		version = READ_ONCE(time->version) & ~1U;
		barrier();
		asm volatile("rdtsc" : "=a"(low), "=d"(high));
		delta = (low | (u64)high << 32) - time->tsc;
		delta = time->shift < 0 ? delta >> -time->shift : delta << time->shift;
		ns = time->system_time + multiply_shift(delta, time->mul, 32);
		barrier();
	} while (READ_ONCE(time->version) != version);
	return ns;
}

#endif
