/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hypercall.h - a hypercall of Hyper-V, through its page; part of guest_hyperv.c.
 */
static u64 hypercall(u64 control, const void *input)
{
	u64 rax = (u64)hv_hypercall_pg, rcx = control, rdx = __pa(input);
	register u64 r8 asm("r8") = 0;

	asm volatile("771: call __x86_indirect_thunk_rax\n"
		     ".pushsection .retpoline_sites, \"a\"\n"
		     ".long 771b - .\n"
		     ".popsection\n"
		     : "+a"(rax), "+c"(rcx), "+d"(rdx), "+r"(r8), "+r"(stack_pointer)
		     :
		     : "memory", "cc", "r9", "r10", "r11");
	return rax;
}
