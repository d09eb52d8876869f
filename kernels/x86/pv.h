/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv.h - pv call sites: an indirect call through a slot of pv_ops (ff 15 rel32) and its entry in
 * .parainstructions (16 bytes: address, slot number, length, clobber word).
 *
 * Four classes, by what the caller may expect.  Source: inline asm of asm/paravirt_types.h, 6.1.
 *
 *	class    arguments           result  changed                           clobber word
 *	CALL     rdi rsi rdx rcx     rax     rax rcx rdx rsi rdi r8-r11 flags       511
 *	VCALL    rdi rsi rdx rcx             the same                               511
 *	CALLEE   rdi                 rax     rax flags                                1
 *	VCALLEE  rdi                         rax flags                                1
 *
 * ALT_* forms add an alternative on the same bytes: the instructions that do the operation in
 * place, chosen by a feature and not by what pv_ops holds.
 *
 *	flags = pv_save_fl();     pv_write_cr3(cr3);     one function a field: pv_calls.def
 */
#ifndef PVK_PV_H
#define PVK_PV_H

#include "alternative.h"
#include "pv_ops.h"

#define PV_SLOT(op) (offsetof(struct paravirt_patch_template, op) / sizeof(void *))

/* Operands: slot, type. */
#define PV_SITE(clobbers)                                                                          \
	"771: call *%c[slot](%%rip)\n"                                                             \
	"772:\n"                                                                                   \
	".pushsection .parainstructions, \"a\"\n"                                                  \
	".balign 8\n"                                                                              \
	".quad 771b\n"                                                                             \
	".byte %c[type], 772b - 771b\n"                                                            \
	".short " #clobbers "\n"                                                                   \
	".balign 8\n"                                                                              \
	".popsection\n"
#define PV_SITE_ALT(clobbers, inlined, feature) ALTERNATIVE(PV_SITE(clobbers), inlined, feature)

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

#define PV_ORDINARY_(nr, op, site, a, b, c, d)                                                     \
	({                                                                                         \
		u64 rax_, rdi_ = a, rsi_ = b, rdx_ = c, rcx_ = d;                                  \
		asm volatile(site                                                                  \
			     : "=a"(rax_), PV_REGS_##nr, "+r"(stack_pointer)                       \
			     : [slot] "i"(&pv_ops.op), [type] "i"(PV_SLOT(op))                     \
			     : "memory", "cc", "r8", "r9", "r10", "r11");                          \
		rax_;                                                                              \
	})
#define PV_ORDINARY(...) PV_ORDINARY_(__VA_ARGS__)

#define PV_CALLEE_SAVE_(nr, op, site, a, b, c, d)                                                  \
	({                                                                                         \
		u64 rax_;                                                                          \
		asm volatile(site                                                                  \
			     : "=a"(rax_), "+r"(stack_pointer)                                     \
			     : PV_IN_##nr(a)[slot] "i"(&pv_ops.op), [type] "i"(PV_SLOT(op))        \
			     : "memory", "cc");                                                    \
		rax_;                                                                              \
	})
#define PV_CALLEE_SAVE(...) PV_CALLEE_SAVE_(__VA_ARGS__)

/* Without the inline form, which all callee-save operations of 6.1 have: as a module's or an older
 * compiler's site would look. */
#define PV_CALLEE_PLAIN(op, a) PV_CALLEE_SAVE(1, op, PV_SITE(1), PV_ARGS_1(a))

/* Of rax, a callee sets what its result needs: one byte of a bool. */
#define PV_RESULT(type, rax) ((type)((rax) & ~0UL >> (64 - 8 * sizeof(type))))

/* One function a field, from the rows of pv_calls.def; the legend is there. */
#define V(group, field, nr, params, args)                                                          \
	static inline void pv_##field params                                                       \
	{                                                                                          \
		PV_ORDINARY(nr, group.field, PV_SITE(511), PV_ARGS_##nr args);                     \
	}
#define R(group, field, result, nr, params, args)                                                  \
	static inline result pv_##field params                                                     \
	{                                                                                          \
		return PV_RESULT(result, PV_ORDINARY(nr, group.field, PV_SITE(511),                \
						     PV_ARGS_##nr args));                          \
	}
#define VA(group, field, nr, params, args, inlined, feature)                                       \
	static inline void pv_##field params                                                       \
	{                                                                                          \
		PV_ORDINARY(nr, group.field, PV_SITE_ALT(511, inlined, feature),                   \
			    PV_ARGS_##nr args);                                                    \
	}
#define RA(group, field, result, nr, params, args, inlined, feature)                               \
	static inline result pv_##field params                                                     \
	{                                                                                          \
		return PV_RESULT(result,                                                           \
				 PV_ORDINARY(nr, group.field, PV_SITE_ALT(511, inlined, feature),  \
					     PV_ARGS_##nr args));                                  \
	}
#define SV(group, field, nr, params, args, inlined, feature)                                       \
	static inline void pv_##field params                                                       \
	{                                                                                          \
		PV_CALLEE_SAVE(nr, group.field, PV_SITE_ALT(1, inlined, feature),                  \
			       PV_ARGS_##nr args);                                                 \
	}
#define SR(group, field, result, nr, params, args, inlined, feature)                               \
	static inline result pv_##field params                                                     \
	{                                                                                          \
		return PV_RESULT(result,                                                           \
				 PV_CALLEE_SAVE(nr, group.field, PV_SITE_ALT(1, inlined, feature), \
						PV_ARGS_##nr args));                               \
	}
#include "pv_calls.def"
#undef V
#undef R
#undef VA
#undef RA
#undef SV
#undef SR

static inline u64 local_irq_save(void)
{
	u64 flags = pv_save_fl();

	pv_irq_disable();
	return flags;
}

static inline void local_irq_restore(u64 flags)
{
	if (flags & X86_IF)
		pv_irq_enable();
}

#endif
