/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wide.h - arithmetic that is wider than 64 bits, or a division of 64, of 32-bit pieces.
 */
#ifndef PVK_WIDE_H
#define PVK_WIDE_H

#include "types.h"

/* The product's words, least significant first. */
static inline void multiply(u64 a, u64 b, u32 ret[4])
{
	const u32 l[2] = {a, a >> 32}, r[2] = {b, b >> 32};

	ret[0] = ret[1] = ret[2] = ret[3] = 0;
	for (u32 i = 0; i < 2; i++) {
		u64 carry = 0;

		for (u32 k = 0; k < 2; k++) {
			carry += (u64)l[i] * r[k] + ret[i + k];
			ret[i + k] = carry;
			carry >>= 32;
		}
		ret[i + 2] = carry;
	}
}

/* a * b >> shift, which is below 128 */
static inline u64 multiply_shift(u64 a, u64 b, u32 shift)
{
	u32 product[6], *from = product + shift / 32;

	multiply(a, b, product);
	product[4] = product[5] = 0;
	if (!(shift % 32))
		return from[0] | (u64)from[1] << 32;
	return (from[0] | (u64)from[1] << 32) >> shift % 32 | (u64)from[2] << (64 - shift % 32);
}

/* high:low / by; high is below by. */
static inline u32 divide_step(u32 *high, u32 low, u32 by)
{
	u32 quotient;

	asm("divl %3" : "=a"(quotient), "+d"(*high) : "0"(low), "rm"(by) : "cc");
	return quotient;
}

static inline u64 quotient(u64 value, u32 by)
{
	u32 rest = 0, high = divide_step(&rest, value >> 32, by);

	return divide_step(&rest, value, by) | (u64)high << 32;
}

static inline u32 remainder(u64 value, u32 by)
{
	u32 rest = 0;

	divide_step(&rest, value >> 32, by);
	divide_step(&rest, value, by);
	return rest;
}

/* Whether (n / 2^32)^power < value, power being 2 or 3; n is below 2^38. */
static inline bool below_power(u64 n, u32 power, u32 value)
{
	u32 square[4], cube[4];
	u64 high;

	multiply(n, n, square);
	if (power == 2)
		return square[2] < value && !square[3];
	/* what is above 96 bits of it: the square's lower 64 bits by n, and its upper ones by n */
	multiply(square[0] | (u64)square[1] << 32, n, cube);
	high = (cube[2] | (u64)cube[3] << 32) + square[2] * n;
	return high >> 32 < value;
}

/* The lowest that is set; value is not 0. */
static inline int first_bit(u64 value)
{
	return (u32)value ? __builtin_ctz(value) : 32 + __builtin_ctz(value >> 32);
}

#endif
