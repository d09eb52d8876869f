/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls.h - calls written as assembly: through a pointer, through a slot of pv_ops, by a static
 * call. They are here because the registers are: arguments in eax edx ecx (-mregparm=3), the result
 * in eax, of 64 bits in edx:eax.
 */
#ifndef PVK_CALLS_H
#define PVK_CALLS_H

#include "types.h"

/* Ties esp to an asm that calls, so that a frame exists around it. */
register unsigned long stack_pointer asm("esp");

/* The compiler makes these calls of thunks (-mindirect-branch=thunk-extern); no table lists them.
 */
#define indirect_call(fn, a, b, c)                                                                 \
	((void (*)(ulong, ulong, ulong))(void *)(fn))((ulong)(a), (ulong)(b), (ulong)(c))
#define indirect_call4(fn, a, b, c, d) (fn)((a), (b), (ulong)(c), (d))

/* The register that the self-test jumps through is another one here. */
#define jump_through_r11 jump_through_ecx

/* In assembly the retpoline is an alternative of the call itself.  Operand: target. */
#define CALL_NOSPEC                                                                                \
	ALTERNATIVE_2("call *%[target]",                                                           \
		      "jmp 904f\n.align 16\n"                                                      \
		      "901: call 903f\n"                                                           \
		      "902: pause\nlfence\njmp 902b\n.align 16\n"                                  \
		      "903: lea 4(%%esp), %%esp\npush %[target]\nret\n.align 16\n"                 \
		      "904: call 901b",                                                            \
		      X86_FEATURE_RETPOLINE, "lfence; call *%[target]",                            \
		      X86_FEATURE_RETPOLINE_LFENCE)

/* --- pv sites; the classes are in pv.h --- */

/* Clobber words. */
#define PV_ANY	       15
#define PV_RESULT_ONLY 5

/* Inline forms. */
#define INLINE_UNLOCK	     "movb $0, (%%eax)"
#define INLINE_NOT_PREEMPTED "xor %%eax, %%eax"

/* The first nr argument registers go in; all three come out changed. */
#define PV_ARGS_0()	   0, 0, 0
#define PV_ARGS_1(a)	   (ulong)(a), 0, 0
#define PV_ARGS_2(a, b)	   (ulong)(a), (ulong)(b), 0
#define PV_ARGS_3(a, b, c) (ulong)(a), (ulong)(b), (ulong)(c)

#define PV_REGS_0 "=a"(eax_), "=d"(edx_), "=c"(ecx_)
#define PV_REGS_1 "+a"(eax_), "=d"(edx_), "=c"(ecx_)
#define PV_REGS_2 "+a"(eax_), "+d"(edx_), "=c"(ecx_)
#define PV_REGS_3 "+a"(eax_), "+d"(edx_), "+c"(ecx_)

#define PV_ORDINARY_(nr, group, field, site, a, b, c)                                              \
	({                                                                                         \
		ulong eax_ = a, edx_ = b, ecx_ = c;                                                \
		asm volatile(site                                                                  \
			     : PV_REGS_##nr, "+r"(stack_pointer)                                   \
			     : [slot] "i"(&PV_OP(group, field)), [type] "i"(PV_SLOT(group, field)) \
			     : "memory", "cc");                                                    \
		eax_ | (u64)edx_ << 32;                                                            \
	})
#define PV_ORDINARY(...) PV_ORDINARY_(__VA_ARGS__)

/* Only what a result may be in changes: ecx stays. */
#define PV_CALLEE_SAVE_(nr, group, field, site, a, b, c)                                           \
	({                                                                                         \
		ulong eax_ = a, edx_;                                                              \
		asm volatile(site                                                                  \
			     : "+a"(eax_), "=d"(edx_), "+r"(stack_pointer)                         \
			     : [slot] "i"(&PV_OP(group, field)), [type] "i"(PV_SLOT(group, field)) \
			     : "memory", "cc");                                                    \
		eax_ | (u64)edx_ << 32;                                                            \
	})
#define PV_CALLEE_SAVE(...) PV_CALLEE_SAVE_(__VA_ARGS__)

/* The slot that ff 15 abs32 at site reads. */
static inline void *const *slot_of_call(const u8 *site, long operand)
{
	(void)site;
	return (void *const *)operand;
}

/* --- static calls --- */

/* A call of a function of at most one argument: of its trampoline, for ever. */
#define static_call(name, arg)                                                                     \
	({                                                                                         \
		ulong eax_ = (ulong)(arg), edx_;                                                   \
		asm volatile("call __SCT__" #name                                                  \
			     : "+a"(eax_), "=d"(edx_), "+r"(stack_pointer)                         \
			     :                                                                     \
			     : "memory", "cc", "ecx");                                             \
		eax_ | (u64)edx_ << 32;                                                            \
	})

#endif
