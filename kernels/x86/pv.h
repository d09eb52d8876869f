/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv.h - pv call sites: an indirect call through a slot of pv_ops, and what tells the patcher of it;
 * both differ between generations: pv_site.h of the form's folder.
 *
 * Four classes, by what the caller may expect.  Source: inline asm of asm/paravirt_types.h.  The
 * clobber word is of .parainstructions, up to 6.1.
 *
 *	class    arguments           result  changed                           clobber word
 *	CALL     rdi rsi rdx rcx     rax     rax rcx rdx rsi rdi r8-r11 flags       511
 *	VCALL    rdi rsi rdx rcx             the same                               511
 *	CALLEE   rdi                 rax     rax flags                                1
 *	VCALLEE  rdi                         rax flags                                1
 *
 * ALT_* forms have the instructions that do the operation in place, chosen by a feature and not by
 * what pv_ops holds.
 *
 *	flags = pv_save_fl();     pv_write_cr3(cr3);     one function a field: pv_calls.def
 */
#ifndef PVK_PV_H
#define PVK_PV_H

#include "alternative.h"
#include "pv_ops.h"
#include "pv_site.h"

/* In its table. */
#if PVKERNEL_GEN <= 612
#define PV_SLOT(group, field)                                                                      \
	(offsetof(struct paravirt_patch_template, group.field) / sizeof(void *))
#else
#define PV_SLOT(group, field) 0 /* nobody asks */
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

#define PV_ORDINARY_(nr, group, field, site, a, b, c, d)                                                     \
	({                                                                                         \
		u64 rax_, rdi_ = a, rsi_ = b, rdx_ = c, rcx_ = d;                                  \
		asm volatile(site                                                                  \
			     : "=a"(rax_), PV_REGS_##nr, "+r"(stack_pointer)                       \
			     : [slot] "i"(&PV_OP(group, field)),                                     \
			       [type] "i"(PV_SLOT(group, field))                     \
			     : "memory", "cc", "r8", "r9", "r10", "r11");                          \
		rax_;                                                                              \
	})
#define PV_ORDINARY(...) PV_ORDINARY_(__VA_ARGS__)

#define PV_CALLEE_SAVE_(nr, group, field, site, a, b, c, d)                                                  \
	({                                                                                         \
		u64 rax_;                                                                          \
		asm volatile(site                                                                  \
			     : "=a"(rax_), "+r"(stack_pointer)                                     \
			     : PV_IN_##nr(a)[slot] "i"(&PV_OP(group, field)),                                     \
			       [type] "i"(PV_SLOT(group, field))        \
			     : "memory", "cc");                                                    \
		rax_;                                                                              \
	})
#define PV_CALLEE_SAVE(...) PV_CALLEE_SAVE_(__VA_ARGS__)

/* Without the inline form, which all callee-save operations have since 6.1: as a module's or an older
 * compiler's site would look. */
#define PV_CALLEE_PLAIN(group, field, a)                                                           \
	PV_CALLEE_SAVE(1, group, field, PV_SITE(1), PV_ARGS_1(a))

/* Of rax, a callee sets what its result needs: one byte of a bool. */
#define PV_RESULT(type, rax) ((type)((rax) & ~0UL >> (64 - 8 * sizeof(type))))

/* One function a field, from the rows of pv_calls.def; the legend is there. */
#define V(group, field, nr, params, args)                                                          \
	static inline void pv_##field params                                                       \
	{                                                                                          \
		PV_ORDINARY(nr, group, field, PV_SITE(511), PV_ARGS_##nr args);                     \
	}
#define R(group, field, result, nr, params, args)                                                  \
	static inline result pv_##field params                                                     \
	{                                                                                          \
		return PV_RESULT(result, PV_ORDINARY(nr, group, field, PV_SITE(511),                \
						     PV_ARGS_##nr args));                          \
	}
#define VA(group, field, nr, params, args, inlined, feature)                                       \
	static inline void pv_##field params                                                       \
	{                                                                                          \
		PV_ORDINARY(nr, group, field, PV_SITE_ALT(511, inlined, feature),                   \
			    PV_ARGS_##nr args);                                                    \
	}
#define RA(group, field, result, nr, params, args, inlined, feature)                               \
	static inline result pv_##field params                                                     \
	{                                                                                          \
		return PV_RESULT(result,                                                           \
				 PV_ORDINARY(nr, group, field, PV_SITE_ALT(511, inlined, feature),  \
					     PV_ARGS_##nr args));                                  \
	}
#define SV(group, field, nr, params, args, inlined, feature)                                       \
	static inline void pv_##field params                                                       \
	{                                                                                          \
		PV_CALLEE_SAVE(nr, group, field, PV_SITE_ALT(1, inlined, feature),                  \
			       PV_ARGS_##nr args);                                                 \
	}
#define SR(group, field, result, nr, params, args, inlined, feature)                               \
	static inline result pv_##field params                                                     \
	{                                                                                          \
		return PV_RESULT(result,                                                           \
				 PV_CALLEE_SAVE(nr, group, field, PV_SITE_ALT(1, inlined, feature), \
						PV_ARGS_##nr args));                               \
	}
#include "pv_calls.def"
#undef V
#undef R
#undef VA
#undef RA
#undef SV
#undef SR

#if PVKERNEL_GEN <= 510
/* Four levels: a p4d is the top level's. */
static inline u64 pv_p4d_val(u64 p4d)
{
	return pv_pgd_val(p4d);
}

static inline u64 pv_make_p4d(u64 val)
{
	return pv_make_pgd(val);
}
#endif

static inline u64 local_irq_save(void)
{
	u64 flags = pv_save_fl();

	pv_irq_disable();
	return flags;
}

static inline void local_irq_restore(u64 flags)
{
#if PVKERNEL_GEN <= 510
	pv_restore_fl(flags);
#else
	if (flags & X86_IF)
		pv_irq_enable();
#endif
}

/* Operations until 7.2. */
static inline void io_delay(void)
{
#if PVKERNEL_GEN <= 612
	pv_io_delay();
#else
	if (pv_info.io_delay)
		native_io_delay();
#endif
}

static inline void wbinvd(void)
{
#if PVKERNEL_GEN <= 612
	pv_wbinvd();
#else
	native_wbinvd();
#endif
}

/* The first use of an address space. */
static inline void enter_mm(struct mm_struct *prev, struct mm_struct *next)
{
#if PVKERNEL_GEN <= 601
	pv_activate_mm(prev, next);
#else
	(void)prev;
	pv_enter_mmap(next);
#endif
}

/* A value is two arguments up to 6.12. */
static inline void write_msr(u32 msr, u64 value)
{
#if PVKERNEL_GEN <= 612
	pv_write_msr(msr, value, value >> 32);
#else
	pv_write_msr(msr, value);
#endif
}

static inline int write_msr_safe(u32 msr, u64 value)
{
#if PVKERNEL_GEN <= 612
	return pv_write_msr_safe(msr, value, value >> 32);
#else
	return pv_write_msr_safe(msr, value);
#endif
}

static inline u64 read_msr_safe(u32 msr, int *err)
{
#if PVKERNEL_GEN <= 612
	return pv_read_msr_safe(msr, err);
#else
	u64 value;

	*err = pv_read_msr_safe(msr, &value);
	return value;
#endif
}

#endif
