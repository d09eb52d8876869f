/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls.h - calls written as assembly: through a pointer, through a slot of pv_ops, by a static call.
 * They are here because the registers are: arguments in rdi rsi rdx rcx, the result in rax.
 */
#ifndef PVK_CALLS_H
#define PVK_CALLS_H

#include "types.h"

/* Ties rsp to an asm that calls, so that a frame exists around it. */
register unsigned long stack_pointer asm("rsp");

/* An indirect call that is no pv site goes through a retpoline thunk, listed like objtool's. */
#define indirect_call(fn, a, b, c)                                                                 \
	({                                                                                         \
		u64 rax_ = (u64)(fn), rdi_ = (u64)(a), rsi_ = (u64)(b), rdx_ = (u64)(c);           \
		asm volatile("771: call __x86_indirect_thunk_rax\n"                                \
			     ".pushsection .retpoline_sites, \"a\"\n"                              \
			     ".long 771b - .\n"                                                    \
			     ".popsection\n"                                                       \
			     : "+a"(rax_), "+D"(rdi_), "+S"(rsi_), "+d"(rdx_), "+r"(stack_pointer) \
			     :                                                                     \
			     : "memory", "cc", "rcx", "r8", "r9", "r10", "r11");                   \
	})

/* The same with a fourth argument, and the result. */
#define indirect_call4(fn, a, b, c, d)                                                             \
	({                                                                                         \
		u64 rax_ = (u64)(fn), rdi_ = (u64)(a), rsi_ = (u64)(b), rdx_ = (u64)(c);           \
		u64 rcx_ = (u64)(d);                                                               \
		asm volatile("771: call __x86_indirect_thunk_rax\n"                                \
			     ".pushsection .retpoline_sites, \"a\"\n"                              \
			     ".long 771b - .\n"                                                    \
			     ".popsection\n"                                                       \
			     : "+a"(rax_), "+D"(rdi_), "+S"(rsi_), "+d"(rdx_), "+c"(rcx_),         \
			       "+r"(stack_pointer)                                                 \
			     :                                                                     \
			     : "memory", "cc", "r8", "r9", "r10", "r11");                          \
		rax_;                                                                              \
	})

/* --- pv sites; the classes are in pv.h --- */

/* Clobber words. */
#define PV_ANY	       511
#define PV_RESULT_ONLY 1

/* Inline forms; up to 6.12 the second is a 64-bit xor, 48 31 c0. */
#define INLINE_UNLOCK "movb $0, (%%rdi)"
#if PVKERNEL_GEN <= 612
#define INLINE_NOT_PREEMPTED "xor %%rax, %%rax"
#else
#define INLINE_NOT_PREEMPTED "xor %%eax, %%eax"
#endif

/* The first nr argument registers go in; all four come out changed. */
#define PV_ARGS_0()	      0, 0, 0, 0
#define PV_ARGS_1(a)	      (u64)(a), 0, 0, 0
#define PV_ARGS_2(a, b)	      (u64)(a), (u64)(b), 0, 0
#define PV_ARGS_3(a, b, c)    (u64)(a), (u64)(b), (u64)(c), 0
#define PV_ARGS_4(a, b, c, d) (u64)(a), (u64)(b), (u64)(c), (u64)(d)

#define PV_REGS_0 "=D"(rdi_), "=S"(rsi_), "=d"(rdx_), "=c"(rcx_)
#define PV_REGS_1 "+D"(rdi_), "=S"(rsi_), "=d"(rdx_), "=c"(rcx_)
#define PV_REGS_2 "+D"(rdi_), "+S"(rsi_), "=d"(rdx_), "=c"(rcx_)
#define PV_REGS_3 "+D"(rdi_), "+S"(rsi_), "+d"(rdx_), "=c"(rcx_)
#define PV_REGS_4 "+D"(rdi_), "+S"(rsi_), "+d"(rdx_), "+c"(rcx_)

#define PV_IN_0(a)
#define PV_IN_1(a) "D"(a),

#define PV_ORDINARY_(nr, group, field, site, a, b, c, d)                                           \
	({                                                                                         \
		u64 rax_, rdi_ = a, rsi_ = b, rdx_ = c, rcx_ = d;                                  \
		asm volatile(site                                                                  \
			     : "=a"(rax_), PV_REGS_##nr, "+r"(stack_pointer)                       \
			     : [slot] "i"(&PV_OP(group, field)),                                   \
			       [type] "i"(PV_SLOT(group, field))                                   \
			     : "memory", "cc", "r8", "r9", "r10", "r11");                          \
		rax_;                                                                              \
	})
#define PV_ORDINARY(...) PV_ORDINARY_(__VA_ARGS__)

#define PV_CALLEE_SAVE_(nr, group, field, site, a, b, c, d)                                        \
	({                                                                                         \
		u64 rax_;                                                                          \
		asm volatile(site                                                                  \
			     : "=a"(rax_), "+r"(stack_pointer)                                     \
			     : PV_IN_##nr(a)[slot] "i"(&PV_OP(group, field)),                      \
			       [type] "i"(PV_SLOT(group, field))                                   \
			     : "memory", "cc");                                                    \
		rax_;                                                                              \
	})
#define PV_CALLEE_SAVE(...) PV_CALLEE_SAVE_(__VA_ARGS__)

/* The slot that ff 15 rel32 at site reads. */
static inline void *const *slot_of_call(const u8 *site, long operand)
{
	return (void *const *)(site + 6 + operand);
}

/* --- static calls --- */

#define STATIC_CALL_SITE(name)                                                                     \
	"771: call __SCT__" #name "\n"                                                             \
	".pushsection .static_call_sites, \"a\"\n"                                                 \
	".balign 4\n"                                                                              \
	".long 771b - ., __SCK__" #name " - .\n"                                                   \
	".popsection\n"

/* A call of a function of at most one argument. */
#define static_call(name, arg)                                                                     \
	({                                                                                         \
		u64 rax_, rdi_ = (u64)(arg);                                                       \
		asm volatile(STATIC_CALL_SITE(name)                                                \
			     : "=a"(rax_), "+D"(rdi_), "+r"(stack_pointer)                         \
			     :                                                                     \
			     : "memory", "cc", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11");     \
		rax_;                                                                              \
	})

#endif
