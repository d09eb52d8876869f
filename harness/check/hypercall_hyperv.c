// SPDX-License-Identifier: GPL-2.0-only
#include "hypercall.h"

#include "plan.h"
#include "x86/regs.h"

/* Fields of the control word, rcx.  Source: Hyper-V Top-Level Functional Specification, 3.7. */
#define CODE(control)	 ((control)&0xffff)
#define IS_FAST(control) ((control) >> 16 & 1)	   /* input in registers */
#define HEADER(control)	 ((control) >> 17 & 0x3ff) /* more header, in 8-byte units */
#define REPS(control)	 ((control) >> 32 & 0xfff)
#define INVALID_CODE	 2
#define RESULT_SALT	 0x4e5417ull

// clang-format off
/* Input: bytes of header, bytes of one repetition; the rest follows from the control word.
 * Source: Hyper-V Top-Level Functional Specification, 12 (TLB) and 11 (interrupts). */
static const struct {
	uint16_t code;
	uint8_t header, rep;
	const char *name;
} hypercalls[] = {
	{ 0x0002, 24, 0, "flush_virtual_address_space" },    /* space, flags, CPUs */
	{ 0x0003, 24, 8, "flush_virtual_address_list" },
	{ 0x000b, 16, 0, "send_synthetic_cluster_ipi" },     /* vector, CPUs */
	{ 0x0013, 32, 0, "flush_virtual_address_space_ex" }, /* space, flags, format, banks */
	{ 0x0014, 32, 8, "flush_virtual_address_list_ex" },
	{ 0x0015, 24, 0, "send_synthetic_cluster_ipi_ex" },  /* vector, format, banks */
};
// clang-format on

static const int UNKNOWN = -1;

static int find(uint64_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(hypercalls); i++)
		if (hypercalls[i].code == code)
			return i;
	return UNKNOWN;
}

/* The input page, by physical address; what is not there is marked as such. */
static void record_input(struct pvp_machine *machine, uint64_t phys, uint64_t len)
{
	static const uint8_t absent[8] = "absent!";
	const struct pvp_plan *plan = pvp_plan_of_isa(pvp_machine_isa(machine));
	const uint64_t addr = plan->page_offset + phys;
	uint8_t buf[4096];

	if (len > sizeof(buf))
		len = sizeof(buf);
	if (addr - plan->direct < plan->direct_len &&
	    pvp_memory_read(pvp_machine_memory(machine), addr, buf, len))
		pvp_effects_add_data(pvp_machine_effects(machine), buf, len);
	else
		pvp_effects_add_data(pvp_machine_effects(machine), absent, sizeof(absent));
}

static uint64_t pair(struct pvp_machine *machine, enum pvp_x86_reg high, enum pvp_x86_reg low)
{
	return pvp_machine_reg(machine, high) << 32 | (uint32_t)pvp_machine_reg(machine, low);
}

/* Control word, input, output. */
static void arguments(struct pvp_machine *machine, uint64_t ret[3])
{
	if (pvp_machine_isa(machine) == PVP_ISA_I386) {
		ret[0] = pair(machine, PVP_X86_rdx, PVP_X86_rax);
		ret[1] = pair(machine, PVP_X86_rbx, PVP_X86_rcx);
		ret[2] = pair(machine, PVP_X86_rdi, PVP_X86_rsi);
	} else {
		ret[0] = pvp_machine_reg(machine, PVP_X86_rcx);
		ret[1] = pvp_machine_reg(machine, PVP_X86_rdx);
		ret[2] = pvp_machine_reg(machine, PVP_X86_r8);
	}
}

/* Volatile registers: nothing may depend on what is left there. */
static void lose(struct pvp_machine *machine)
{
	static const enum pvp_x86_reg amd64[] = {PVP_X86_rcx, PVP_X86_rdx, PVP_X86_r8,
						 PVP_X86_r9,  PVP_X86_r10, PVP_X86_r11};
	const uint64_t seed = pvp_machine_seed(machine);

	if (pvp_machine_isa(machine) == PVP_ISA_I386)
		pvp_machine_set_reg(machine, PVP_X86_rcx,
				    pvp_mix(seed ^ RESULT_SALT, 0) & UINT32_MAX);
	else
		for (size_t k = 0; k < ARRAY_SIZE(amd64); k++)
			pvp_machine_set_reg(machine, amd64[k], pvp_mix(seed ^ RESULT_SALT, k));
}

bool pvp_hyperv_hypercall(void *unused, struct pvp_machine *machine)
{
	uint64_t args[3], control, result;
	int i;

	(void)unused;
	arguments(machine, args);
	control = args[0];
	i = find(CODE(control));
	pvp_effects_add(pvp_machine_effects(machine), PVP_EFFECT_HYPERCALL, ARRAY_SIZE(args), args);
	if (i != UNKNOWN && !IS_FAST(control))
		record_input(machine, args[1],
			     hypercalls[i].header + 8 * HEADER(control) +
				     hypercalls[i].rep * REPS(control));
	/* Status in bits 0-15, repetitions done in 32-43. */
	result = i == UNKNOWN ? INVALID_CODE : REPS(control) << 32;
	if (i != UNKNOWN) /* a refused call leaves them */
		lose(machine);
	if (pvp_machine_isa(machine) == PVP_ISA_I386) {
		pvp_machine_set_reg(machine, PVP_X86_rax, (uint32_t)result);
		pvp_machine_set_reg(machine, PVP_X86_rdx, result >> 32);
	} else {
		pvp_machine_set_reg(machine, PVP_X86_rax, result);
	}
	return true;
}
