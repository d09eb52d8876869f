// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all passes of the patcher use: writing text, branches, NOPs.
 */
#include "boot.h"
#include "patch.h"
#include "pv.h"

u32 nr_patch_complaints;

noinline void patch_complaint(const char *what, const void *addr)
{
	nr_patch_complaints++;
	print("# patcher: %s at %016lx\n", what, (ulong)addr);
}

/* cpuid serializes: what was fetched before is fetched again.  Under Xen PV iret does it, and the
 * hypercalls' way back has one. */
static inline void sync_core(void)
{
	u32 eax = 0, ecx = 0;

	asm volatile("cpuid" : "+a"(eax), "+c"(ecx)::"ebx", "edx", "memory");
}

noinline void text_poke_early(void *addr, const void *code, u32 len)
{
	ulong flags = local_irq_save();
	volatile u8 *to = addr;
	const u8 *from = code;

	/* not memcpy(), which is patched itself */
	for (u32 i = 0; i < len; i++)
		to[i] = from[i];
	sync_core();
	local_irq_restore(flags);
}

void make_branch(u8 *code, u8 opcode, const void *addr, const void *target)
{
	u32 distance = (ulong)target - (ulong)addr - 5;

	code[0] = opcode;
	for (u32 i = 0; i < 4; i++)
		code[1 + i] = distance >> 8 * i;
}

const void *branch_target(const u8 *branch)
{
	int distance = branch[1] | branch[2] << 8 | branch[3] << 16 | (u32)branch[4] << 24;

	return branch + 5 + distance;
}
