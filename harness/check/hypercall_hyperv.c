// SPDX-License-Identifier: GPL-2.0-only
#include "hypercall.h"

#include "world.h"
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
	uint8_t buf[4096];

	if (len > sizeof(buf))
		len = sizeof(buf);
	if (phys < PVP_DIRECT_LEN &&
	    pvp_memory_read(pvp_machine_memory(machine), PVP_DIRECT_MAP + phys, buf, len))
		pvp_effects_add_data(pvp_machine_effects(machine), buf, len);
	else
		pvp_effects_add_data(pvp_machine_effects(machine), absent, sizeof(absent));
}

/* Control word, input, output. */
bool pvp_hyperv_hypercall(void *unused, struct pvp_machine *machine)
{
	static const enum pvp_x86_reg lost[] = {PVP_X86_rcx, PVP_X86_rdx, PVP_X86_r8,
						PVP_X86_r9,  PVP_X86_r10, PVP_X86_r11};
	uint64_t control = pvp_machine_reg(machine, PVP_X86_rcx);
	const uint64_t args[] = {control, pvp_machine_reg(machine, PVP_X86_rdx),
				 pvp_machine_reg(machine, PVP_X86_r8)};
	uint64_t result, seed = pvp_machine_seed(machine);
	int i = find(CODE(control));

	(void)unused;
	pvp_effects_add(pvp_machine_effects(machine), PVP_EFFECT_HYPERCALL, ARRAY_SIZE(args), args);
	if (i != UNKNOWN && !IS_FAST(control))
		record_input(machine, args[1],
			     hypercalls[i].header + 8 * HEADER(control) +
				     hypercalls[i].rep * REPS(control));
	/* Status in bits 0-15, repetitions done in 32-43. */
	result = i == UNKNOWN ? INVALID_CODE : REPS(control) << 32;
	pvp_machine_set_reg(machine, PVP_X86_rax, result);
	/* Volatile registers: nothing may depend on what is left there.  A refused call leaves
	 * them. */
	for (size_t k = 0; i != UNKNOWN && k < ARRAY_SIZE(lost); k++)
		pvp_machine_set_reg(machine, lost[k], pvp_mix(seed ^ RESULT_SALT, k));
	return true;
}
