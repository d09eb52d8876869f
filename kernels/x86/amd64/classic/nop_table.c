// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NOPs of 5.10, which the CPU decides about.  Source: asm/nops.h, arch_init_ideal_nops() of 5.10.
 */
#include "cpu.h"
#include "k8_nops.h"
#include "patch.h"

const u8 (*ideal_nops)[8] = p6_nops;
const u8 *ideal_nop5 = p6_nops[4];

void arch_init_ideal_nops(void)
{
	const struct cpuinfo_x86 *c = &boot_cpu_data;
	bool k8 = true;

	if (c->vendor == VENDOR_INTEL)
		k8 = is_slow_with_p6(c) || !has_cap(X86_FEATURE_NOPL);
	else if (c->vendor == VENDOR_HYGON)
		k8 = false;
	else if (c->vendor == VENDOR_AMD)
		k8 = c->family <= 15;
	ideal_nops = k8 ? k8_nops : p6_nops;
	ideal_nop5 = k8 ? k8_atomic : p6_nops[4];
}
