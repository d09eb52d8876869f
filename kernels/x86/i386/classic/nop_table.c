// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NOPs of 5.10, which the CPU decides about.  Source: asm/nops.h, arch_init_ideal_nops()
 * of 5.10.
 */
#include "cpu.h"
#include "k8_nops.h"
#include "patch.h"

/* mov and lea of %eax. */
static const u8 k7_nops[8][8] = {
	{0x90},
	{0x8b, 0xc0},
	{0x8d, 0x04, 0x20},
	{0x8d, 0x44, 0x20, 0x00},
	{0x8d, 0x44, 0x20, 0x00, 0x90},
	{0x8d, 0x80, 0, 0, 0, 0},
	{0x8d, 0x04, 0x05, 0, 0, 0, 0},
	{0x8d, 0x04, 0x05, 0, 0, 0, 0, 0x90},
};
static const u8 k7_atomic[5] = {0x3e, 0x8d, 0x44, 0x20, 0x00};
/* Of %esi. */
static const u8 generic_nops[8][8] = {
	{0x90},
	{0x89, 0xf6},
	{0x8d, 0x76, 0x00},
	{0x8d, 0x74, 0x26, 0x00},
	{0x90, 0x8d, 0x74, 0x26, 0x00},
	{0x8d, 0xb6, 0, 0, 0, 0},
	{0x8d, 0xb4, 0x26, 0, 0, 0, 0},
	{0x90, 0x8d, 0xb4, 0x26, 0, 0, 0, 0},
};
static const u8 generic_atomic[5] = {0x3e, 0x8d, 0x74, 0x26, 0x00};

const u8 (*ideal_nops)[8] = generic_nops;
const u8 *ideal_nop5 = generic_atomic;

static void choose(const u8 (*nops)[8], const u8 *nop5)
{
	ideal_nops = nops;
	ideal_nop5 = nop5;
}

void arch_init_ideal_nops(void)
{
	const struct cpuinfo_x86 *c = &boot_cpu_data;

	if (c->vendor == VENDOR_INTEL && is_slow_with_p6(c))
		choose(k8_nops, k8_atomic);
	else if (c->vendor == VENDOR_INTEL && has_cap(X86_FEATURE_NOPL))
		choose(p6_nops, p6_nops[4]);
	else if (c->vendor == VENDOR_INTEL)
		choose(generic_nops, generic_atomic);
	else if (c->vendor == VENDOR_HYGON || (c->vendor == VENDOR_AMD && c->family > 15))
		choose(p6_nops, p6_nops[4]);
	else if (has_cap(X86_FEATURE_K8))
		choose(k8_nops, k8_atomic);
	else if (has_cap(X86_FEATURE_K7))
		choose(k7_nops, k7_atomic);
	else
		choose(generic_nops, generic_atomic);
}
