/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpuid.h - what CPUID says of the hypervisor: the leaves by which a kernel knows the platform.
 *
 * All other leaves are any CPU's, by the seed.  Under Xen PV a kernel asks with a prefix, and gets
 * Xen's leaves; without, the instruction runs in ring 3 and says what the hardware is.
 */
#ifndef PVP_CPUID_H
#define PVP_CPUID_H

#include "platform.h"

/* regs: eax, ebx, ecx, edx as the seed has them; those that the platform determines are set. */
void pvp_cpuid_answer(const struct pvp_platform *platform, uint32_t leaf, bool prefixed,
		      uint32_t regs[4]);

#endif
