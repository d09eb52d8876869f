// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pv sites that are right, and that patchers or macros of the past got wrong.  With BUG_B25 two
 * more that are wrong for a patcher that relocates only a call or jump that stands alone.
 */
#include "pv.h"

u64 read_cr3_by_r8(void), save_fl_masked(void);
void flush_by_second_call(void);
bool preempted_by_operand(int cpu);

/* B6: 49 90 has a NOP's opcode, and is none; NOPs stand behind it.  The site has 8 bytes. */
u64 read_cr3_by_r8(void)
{
	return PV_ORDINARY(0, mmu, read_cr3,
			   ALTERNATIVE(PV_SITE_ROOM(511, ".byte 0x90, 0x90\n"),
				       "mov %%cr3, %%r8; xchg %%r8, %%rax; .byte 0x90, 0x90",
				       ALT_NOT(X86_FEATURE_XENPV)),
			   PV_ARGS_0());
}

/*
 * B22, B8: the second form is longer than the call.  Only bit 9 of the result is asked for.  A Xen
 * PV guest has no PTI.
 */
u64 save_fl_masked(void)
{
	return PV_CALLEE_SAVE(0, irq, save_fl,
			      ALTERNATIVE_2(PV_SITE(1), "pushf; pop %%rax",
					    ALT_NOT(X86_FEATURE_XENPV),
					    "pushf; pop %%rax; and $0x200, %%eax", X86_FEATURE_PTI),
			      PV_ARGS_0());
}

#ifdef BUG_B25
/* A call that is not the first instruction. */
void flush_by_second_call(void)
{
	PV_ORDINARY(0, mmu, flush_tlb_user,
		    ALTERNATIVE(PV_SITE(511), "cld; call native_flush_tlb_local",
				ALT_NOT(X86_FEATURE_XENPV)),
		    PV_ARGS_0());
}

/* An operand relative to rip: 0. */
const u32 nobody_is_preempted;

bool preempted_by_operand(int cpu)
{
	return (bool)PV_CALLEE_SAVE(1, lock, vcpu_is_preempted,
				    ALTERNATIVE(PV_SITE(1), "mov nobody_is_preempted(%%rip), %%eax",
						ALT_NOT(X86_FEATURE_VCPUPREEMPT)),
				    PV_ARGS_1(cpu));
}
#endif
