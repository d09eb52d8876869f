/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hypercall.h - a hypercall of Hyper-V, through its page; part of guest_hyperv.c.  Each argument is
 * a pair of registers: control and result in edx:eax, input in ebx:ecx, output in edi:esi.
 */
static u64 hypercall(u64 control, const void *input)
{
	ulong low = __pa(input);
	u64 result;

	asm volatile(CALL_NOSPEC
		     : "=A"(result), "+c"(low), "+r"(stack_pointer)
		     : "A"(control), "b"(0), "S"(0), "D"(0), [target] "m"(hv_hypercall_pg)
		     : "memory", "cc");
	return result;
}
