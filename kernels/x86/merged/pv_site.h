/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv_site.h - a pv call site since 6.8: ff 15 rel32 with an alternative, flagged, that is always
 * chosen and whose call, of BUG_func, the patcher directs to what the slot holds.  An inline form is
 * a second one around it.
 */
#ifndef PVK_PV_SITE_H
#define PVK_PV_SITE_H

#ifdef __ASSEMBLER__
.macro PV_CALL slot:req
	ALTERNATIVE "call *pv_ops + 8 * \slot(%rip)", "call BUG_func", ALT_CALL_ALWAYS
.endm
#else
/* Operand: slot. */
#define PV_SITE(clobbers)                                                                          \
	ALTERNATIVE("call *%c[slot](%%rip)", "call BUG_func", ALT_CALL_ALWAYS)
#define PV_SITE_ALT(clobbers, inlined, feature)                                                    \
	ALTERNATIVE_2("call *%c[slot](%%rip)", "call BUG_func", ALT_CALL_ALWAYS, inlined, feature)
#endif

#endif
