/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv_site.h - a pv call site since 6.8: ff 15 rel32 (i386: abs32) with an alternative, flagged, that is always
 * chosen and whose call, of BUG_func, the patcher directs to what the slot holds.  An inline form is
 * a second one around it.
 */
#ifndef PVK_PV_SITE_H
#define PVK_PV_SITE_H

#ifdef __ASSEMBLER__
.macro PV_CALL slot:req
	ALTERNATIVE "SLOT_INSN call, \slot", "call BUG_func", ALT_CALL_ALWAYS
.endm
#else
#include "word.h"

/* Operand: slot. */
#define PV_SITE(clobbers)                                                                          \
	ALTERNATIVE("call *%c[slot]" RIP, "call BUG_func", ALT_CALL_ALWAYS)
#define PV_SITE_ALT(clobbers, inlined, feature)                                                    \
	ALTERNATIVE_2("call *%c[slot]" RIP, "call BUG_func", ALT_CALL_ALWAYS, inlined, feature)
#endif

#endif
