/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen.h - a 32-bit kernel has been none of Xen's PV domains since 5.9: whoever asks gets one
 * answer.
 */
#ifndef PVK_XEN_H
#define PVK_XEN_H

#include "types.h"

enum { XEN_NATIVE, XEN_PV_DOMAIN };
#define xen_domain_type XEN_NATIVE

/* Never called. */
static inline void xen_flush_tlb_one_user(ulong addr)
{
	(void)addr;
}

#endif
