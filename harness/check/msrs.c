// SPDX-License-Identifier: GPL-2.0-only
#include "msrs.h"

#include "machine.h"

#define ANYWHERE UINT32_MAX
#define ON(hypervisor) (1u << PVP_HV_##hypervisor)

// clang-format off
/*
 * MSRs that are always there: first, last, and on which hypervisors.  Source: Intel SDM vol. 4 and
 * AMD APM vol. 2, appendix A, of 64-bit processors; each hypervisor's own interface.
 */
static const struct {
	uint32_t first, last, on;
} there[] = {
	{ 0x10,       0x10,       ANYWHERE   }, /* TSC */
	{ 0x1b,       0x1b,       ANYWHERE   }, /* APIC_BASE */
	{ 0x48,       0x49,       ANYWHERE   }, /* SPEC_CTRL, PRED_CMD: entry code has no answer to a fault */
	{ 0x174,      0x176,      ANYWHERE   }, /* SYSENTER */
	{ 0x277,      0x277,      ANYWHERE   }, /* PAT */
	{ 0xc0000080, 0xc0000084, ANYWHERE   }, /* EFER, STAR, LSTAR, CSTAR, SYSCALL_MASK */
	{ 0xc0000100, 0xc0000103, ANYWHERE   }, /* FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX */
	{ 0x11,       0x12,       ON(KVM)    }, /* wall clock and system time, as they were first */
	{ 0x4b564d00, 0x4b564dff, ON(KVM)    },
	{ 0x40000000, 0x400001ff, ON(HYPERV) },
};
// clang-format on

bool pvp_msr_is_lacking(const struct pvp_platform *platform, uint64_t seed, uint32_t index,
			bool write)
{
	for (size_t i = 0; i < ARRAY_SIZE(there); i++)
		if (index >= there[i].first && index <= there[i].last &&
		    (there[i].on >> platform->hypervisor & 1))
			return false;
	return pvp_mix(seed ^ 0x1ac5ull << 32, (uint64_t)index << 1 | write) % 3 == 0;
}
