// SPDX-License-Identifier: GPL-2.0-only
#include "cpuid.h"

#include <string.h>

#define HYPERVISOR_LEAF 0x40000000u
#define HYPERVISOR_BIT	(1u << 31) /* ecx of leaf 1 */

// clang-format off
/*
 * Signature in ebx, ecx, edx of leaf 0x40000000; the highest leaf in eax; eax of the next leaf (0: any):
 * Hyper-V's interface, Xen's version.  Source: the detection code of each guest (arch/x86/kernel/kvm.c,
 * cpu/mshyperv.c, cpu/vmware.c, asm/xen/cpuid.h), Intel SDM vol. 2 for leaf 1.
 */
static const struct {
	const char *signature;
	uint32_t max, next;
} hypervisors[] = {
	[PVP_HV_NONE]    = { NULL,           0,          0 },
	[PVP_HV_XEN_PV]  = { "XenVMMXenVMM", 0x40000005, 0x00040011 },
	[PVP_HV_XEN_HVM] = { "XenVMMXenVMM", 0x40000005, 0x00040011 },
	[PVP_HV_KVM]     = { "KVMKVMKVM",    0x40000001, 0 },
	[PVP_HV_HYPERV]  = { "Microsoft Hv", 0x4000000c, 0x31237648 }, /* "Hv#1" */
	[PVP_HV_VMWARE]  = { "VMwareVMware", 0x40000010, 0 },
};
// clang-format on

void pvp_cpuid_answer(const struct pvp_platform *platform, uint32_t leaf, bool prefixed,
		      uint32_t regs[4])
{
	const char *signature = hypervisors[platform->hypervisor].signature;
	/* The hardware does not know of Xen PV. */
	bool bare = !signature || (platform->hypervisor == PVP_HV_XEN_PV && !prefixed);
	char text[12] = {0};

	if (leaf == 1)
		regs[2] = bare ? regs[2] & ~HYPERVISOR_BIT : regs[2] | HYPERVISOR_BIT;
	if (bare)
		return;
	if (leaf == HYPERVISOR_LEAF) {
		memcpy(text, signature, strlen(signature));
		regs[0] = hypervisors[platform->hypervisor].max;
		memcpy(&regs[1], text, sizeof(text));
	} else if (leaf == HYPERVISOR_LEAF + 1 && hypervisors[platform->hypervisor].next) {
		regs[0] = hypervisors[platform->hypervisor].next;
	}
}
