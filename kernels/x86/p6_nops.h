/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * p6_nops.h - NOPs of 1 to 8 bytes that every 64-bit CPU has, a row each.  Source: Intel SDM volume
 * 2B, NOP.
 */
#ifndef P6_NOPS_H
#define P6_NOPS_H

// clang-format off
#define P6_NOPS                            \
	{0x90},                            \
	{0x66, 0x90},                      \
	{0x0f, 0x1f, 0x00},                \
	{0x0f, 0x1f, 0x40, 0},             \
	{0x0f, 0x1f, 0x44, 0, 0},          \
	{0x66, 0x0f, 0x1f, 0x44, 0, 0},    \
	{0x0f, 0x1f, 0x80, 0, 0, 0, 0},    \
	{0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0}
// clang-format on

#endif
