/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch_nops.h - the NOPs of 6.1 and later, on every 32-bit CPU: rows of 1 to 8 bytes, lea of %esi
 * into itself and the like.  Source: asm/nops.h of 6.1; Debian's kernels.
 */
#ifndef PVK_ARCH_NOPS_H
#define PVK_ARCH_NOPS_H

// clang-format off
#define ARCH_NOPS                                  \
	{0x90},                                    \
	{0x89, 0xf6},                              \
	{0x8d, 0x76, 0x00},                        \
	{0x8d, 0x74, 0x26, 0x00},                  \
	{0x3e, 0x8d, 0x74, 0x26, 0x00},            \
	{0x8d, 0xb6, 0, 0, 0, 0},                  \
	{0x8d, 0xb4, 0x26, 0, 0, 0, 0},            \
	{0x3e, 0x8d, 0xb4, 0x26, 0, 0, 0, 0}
// clang-format on

#define LONGEST_NOP 8
#define LONGER_NOPS

#endif
