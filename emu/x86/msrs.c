// SPDX-License-Identifier: GPL-2.0-only
/* msrs.c - MSRs: any index, a value by the seed until one is written, and those that are missing. */
#include "x86.h"

/* MSRs that are segment bases, which i386 kernels leave to descriptors: there they are MSRs like
 * others.  Source: Intel SDM vol. 4. */
static int msr_register(const struct pvp_machine *m, uint32_t index)
{
	if (m->isa->word != 8)
		return -1;
	switch (index) {
	case 0xc0000100:
		return PVP_X86_fs_base;
	case 0xc0000101:
		return PVP_X86_gs_base;
	case 0xc0000102:
		return PVP_X86_kernel_gs_base;
	default:
		return -1;
	}
}

static struct msr_value *msr_written(struct pvp_machine *m, uint32_t index)
{
	for (unsigned i = 0; i < m->nr_msrs; i++)
		if (m->msrs[i].index == index)
			return &m->msrs[i];
	return NULL;
}

/* True: there is no such MSR, and the access has faulted. */
static bool lacks_msr(struct pvp_machine *m, uint32_t index, bool write)
{
	if (!m->client.lacks_msr ||
	    !m->client.lacks_msr(m->client.arg, m->request->seed, index, write))
		return false;
	pvp_x86_fault(m, PVP_FAULT_GP, 0, 0);
	return true;
}

/* MSRs that hold an address, besides the segment bases: one that is not canonical is #GP in 64-bit
 * mode.  Source: Intel SDM vol. 2, WRMSR. */
static bool msr_holds_address(const struct pvp_machine *m, uint32_t index)
{
	return m->isa->word == 8 && (index == 0xc0000082 || /* LSTAR */
				     index == 0xc0000083 || /* CSTAR */
				     index == 0x175 || index == 0x176 || /* SYSENTER_ESP, _EIP */
				     index == 0x600);			 /* DS_AREA */
}

uint64_t pvp_x86_msr_value(struct pvp_machine *m, uint32_t index)
{
	struct msr_value *written = msr_written(m, index);

	return written ? written->value : pvp_mix(m->request->seed, 0x3500000000ull + index);
}

void pvp_x86_keep_msr(struct pvp_machine *m, uint32_t index, uint64_t value)
{
	struct msr_value *written = msr_written(m, index);

	if (!written && m->nr_msrs < ARRAY_SIZE(m->msrs))
		written = &m->msrs[m->nr_msrs++];
	if (written)
		*written = (struct msr_value){ index, value };
}

bool pvp_x86_rdmsr(struct pvp_machine *m)
{
	uint32_t index = pvp_x86_get(m, PVP_X86_rcx);
	int reg = msr_register(m, index);
	uint64_t value = reg >= 0 ? pvp_x86_get(m, reg) : pvp_x86_msr_value(m, index);

	/* Recorded even when it faults: the attempt is what a hypervisor sees. */
	PVP_X86_EFFECT(m, RDMSR, index);
	if (reg < 0 && lacks_msr(m, index, false))
		return false;
	pvp_x86_set(m, PVP_X86_rax, value & 0xffffffff);
	pvp_x86_set(m, PVP_X86_rdx, value >> 32);
	return true;
}

bool pvp_x86_wrmsr(struct pvp_machine *m)
{
	uint32_t index = pvp_x86_get(m, PVP_X86_rcx);
	uint64_t value = (pvp_x86_get(m, PVP_X86_rax) & 0xffffffff) | pvp_x86_get(m, PVP_X86_rdx)
									      << 32;
	int reg = msr_register(m, index);

	PVP_X86_EFFECT(m, WRMSR, index, value); /* likewise */
	if (reg < 0 && lacks_msr(m, index, true))
		return false;
	if ((reg >= 0 || msr_holds_address(m, index)) && !pvp_x86_canonical(value)) {
		pvp_x86_fault(m, PVP_FAULT_GP, 0, 0);
		return false;
	}
	if (reg >= 0) {
		pvp_x86_set(m, reg, value);
		return true;
	}
	pvp_x86_keep_msr(m, index, value);
	return true;
}
