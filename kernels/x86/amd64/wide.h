/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wide.h - arithmetic that is wider than 64 bits, or a division of 64.
 */
#ifndef PVK_WIDE_H
#define PVK_WIDE_H

#include "types.h"

/* a * b >> shift */
static inline u64 multiply_shift(u64 a, u64 b, u32 shift)
{
	return (u64)((unsigned __int128)a * b >> shift);
}

static inline u64 quotient(u64 value, u32 by)
{
	return value / by;
}

static inline u64 remainder(u64 value, u32 by)
{
	return value % by;
}

/* Whether (n / 2^32)^power < value, power being 2 or 3; n is below 2^38. */
static inline bool below_power(u64 n, u32 power, u32 value)
{
	unsigned __int128 square = (unsigned __int128)n * n;

	return power == 2 ? square >> 64 < value : square * n >> 96 < value;
}

/* The lowest that is set; value is not 0. */
static inline int first_bit(u64 value)
{
	return __builtin_ctzl(value);
}

#endif
