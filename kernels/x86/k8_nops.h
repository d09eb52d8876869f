/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * k8_nops.h - the two sets of NOPs of 5.10 that 64-bit CPUs choose from, and which of Intel's are better
 * off with K8's; part of a form's nop_table.c.  Source: asm/nops.h, arch_init_ideal_nops() of 5.10.
 */
#ifndef K8_NOPS_H
#define K8_NOPS_H

#include "cpu.h"
#include "p6_nops.h"

static const u8 p6_nops[8][8] = {
	P6_NOPS,
};
/* From five bytes on these are two, but where one has to do. */
static const u8 k8_nops[8][8] = {
	{0x90},
	{0x66, 0x90},
	{0x66, 0x66, 0x90},
	{0x66, 0x66, 0x66, 0x90},
	{0x66, 0x66, 0x90, 0x66, 0x90},
	{0x66, 0x66, 0x90, 0x66, 0x66, 0x90},
	{0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90},
	{0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x66, 0x90},
};
static const u8 k8_atomic[5] = {0x66, 0x66, 0x66, 0x66, 0x90};

/* Intel's from Core 2 to Sandy Bridge, without Atoms. */
static inline bool is_slow_with_p6(const struct cpuinfo_x86 *c)
{
	return c->family == 6 && c->model >= 0x0f && c->model < 0x30 && c->model != 0x1c &&
	       c->model != 0x26 && c->model != 0x27;
}

#endif
