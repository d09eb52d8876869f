/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch_nops.h - the NOPs of 6.1 and later, on every 64-bit CPU: rows of 1 to 8 bytes, and since 6.3
 * more, by prefixes.
 */
#ifndef PVK_ARCH_NOPS_H
#define PVK_ARCH_NOPS_H

#include "p6_nops.h"

#define ARCH_NOPS P6_NOPS

// clang-format off
#define LONGEST_NOP 11
#define LONGER_NOPS                                             \
	{0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},                \
	{0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},          \
	{0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0}
// clang-format on

#endif
