// SPDX-License-Identifier: GPL-2.0-only
#include "hypercall.h"

#include "x86/regs.h"

#define KVM_ENOSYS 1000

// clang-format off
/* Number and how many of rbx, rcx, rdx, rsi it takes.
 * Source: Documentation/virt/kvm/x86/hypercalls.rst; asm/kvm_para.h. */
static const struct {
	uint8_t number, nr_args;
	const char *name;
} hypercalls[] = {
	{  1, 0, "vapic_poll_irq" },
	{  5, 2, "kick_cpu" },       /* flags, APIC id */
	{  9, 2, "clock_pairing" },  /* address, clock */
	{ 10, 4, "send_ipi" },       /* two words of the mask, lowest APIC id, ICR */
	{ 11, 1, "sched_yield" },    /* APIC id */
	{ 12, 3, "map_gpa_range" },  /* address, pages, attributes */
};
// clang-format on

/* KVM changes no register but rax, and answers -KVM_ENOSYS to numbers it does not know. */
bool pvp_kvm_hypercall(void *unused, struct pvp_machine *machine)
{
	static const enum pvp_x86_reg arg_regs[] = {PVP_X86_rbx, PVP_X86_rcx, PVP_X86_rdx,
						    PVP_X86_rsi};
	uint64_t args[1 + ARRAY_SIZE(arg_regs)] = {pvp_machine_reg(machine, PVP_X86_rax)};
	uint64_t result = -(uint64_t)KVM_ENOSYS;
	unsigned nr_args = ARRAY_SIZE(arg_regs);

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(hypercalls); i++)
		if (hypercalls[i].number == args[0]) {
			nr_args = hypercalls[i].nr_args;
			result = 0;
		}
	for (unsigned i = 0; i < nr_args; i++)
		args[1 + i] = pvp_machine_reg(machine, arg_regs[i]);
	pvp_effects_add(pvp_machine_effects(machine), PVP_EFFECT_HYPERCALL, 1 + nr_args, args);
	pvp_machine_set_reg(machine, PVP_X86_rax, result);
	return true;
}
