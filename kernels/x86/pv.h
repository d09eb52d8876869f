/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv.h - pv call sites: an indirect call through a slot of pv_ops, and what tells the patcher of it;
 * both differ between generations: pv_site.h of the form's folder.
 *
 * Four classes, by what the caller may expect.  Source: inline asm of asm/paravirt_types.h.  The
 * clobber word is of .parainstructions, up to 6.1.
 *
 *	amd64    arguments           result  changed                           clobber word
 *	CALL     rdi rsi rdx rcx     rax     rax rcx rdx rsi rdi r8-r11 flags       511
 *	VCALL    rdi rsi rdx rcx             the same                               511
 *	CALLEE   rdi                 rax     rax flags                                1
 *	VCALLEE  rdi                         rax flags                                1
 *
 *	i386     arguments           result  changed                           clobber word
 *	CALL     eax edx ecx         eax edx eax edx ecx flags                       15
 *	VCALL    eax edx ecx                 the same                                15
 *	CALLEE   eax                 eax     eax edx flags                            5
 *	VCALLEE  eax                         eax edx flags                            5
 *
 * ALT_* forms have the instructions that do the operation in place, chosen by a feature and not by
 * what pv_ops holds.
 *
 *	flags = pv_save_fl();     pv_write_cr3(cr3);     one function a field: pv_calls.def
 */
#ifndef PVK_PV_H
#define PVK_PV_H

#include "alternative.h"
#include "calls.h"
#include "pv_ops.h"
#include "pv_site.h"

/* In its table. */
#if PVKERNEL_GEN <= 612
#define PV_SLOT(group, field)                                                                      \
	(offsetof(struct paravirt_patch_template, group.field) / sizeof(void *))
#else
#define PV_SLOT(group, field) 0 /* nobody asks */
#endif

/* Without the inline form, which all callee-save operations have since 6.1: as a module's or an older
 * compiler's site would look. */
#define PV_CALLEE_PLAIN(group, field, a)                                                           \
	PV_CALLEE_SAVE(1, group, field, PV_SITE(PV_RESULT_ONLY), PV_ARGS_1(a))

/* Of rax, a callee sets what its result needs: one byte of a bool. */
#define PV_RESULT(type, rax) ((type)((rax) & ~0ULL >> (64 - 8 * sizeof(type))))

/* One function a field, from the rows of pv_calls.def; the legend is there. */
#define V(group, field, nr, params, args)                                                          \
	static inline void pv_##field params                                                       \
	{                                                                                          \
		PV_ORDINARY(nr, group, field, PV_SITE(PV_ANY), PV_ARGS_##nr args);                     \
	}
#define R(group, field, result, nr, params, args)                                                  \
	static inline result pv_##field params                                                     \
	{                                                                                          \
		return PV_RESULT(result, PV_ORDINARY(nr, group, field, PV_SITE(PV_ANY),                \
						     PV_ARGS_##nr args));                          \
	}
#define VA(group, field, nr, params, args, inlined, feature)                                       \
	static inline void pv_##field params                                                       \
	{                                                                                          \
		PV_ORDINARY(nr, group, field, PV_SITE_ALT(PV_ANY, inlined, feature),                   \
			    PV_ARGS_##nr args);                                                    \
	}
#define RA(group, field, result, nr, params, args, inlined, feature)                               \
	static inline result pv_##field params                                                     \
	{                                                                                          \
		return PV_RESULT(result,                                                           \
				 PV_ORDINARY(nr, group, field, PV_SITE_ALT(PV_ANY, inlined, feature),  \
					     PV_ARGS_##nr args));                                  \
	}
#define SV(group, field, nr, params, args, inlined, feature)                                       \
	static inline void pv_##field params                                                       \
	{                                                                                          \
		PV_CALLEE_SAVE(nr, group, field, PV_SITE_ALT(PV_RESULT_ONLY, inlined, feature),                  \
			       PV_ARGS_##nr args);                                                 \
	}
#define SR(group, field, result, nr, params, args, inlined, feature)                               \
	static inline result pv_##field params                                                     \
	{                                                                                          \
		return PV_RESULT(result,                                                           \
				 PV_CALLEE_SAVE(nr, group, field, PV_SITE_ALT(PV_RESULT_ONLY, inlined, feature), \
						PV_ARGS_##nr args));                               \
	}
#include "pv_calls.def"
#undef V
#undef R
#undef VA
#undef RA
#undef SV
#undef SR

#include "xxl.h"

/* An operation until 7.2. */
static inline void io_delay(void)
{
#if PVKERNEL_GEN <= 612
	pv_io_delay();
#else
	if (pv_info.io_delay)
		native_io_delay();
#endif
}

#endif
