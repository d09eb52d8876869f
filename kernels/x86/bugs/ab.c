// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two versions of a file, as two builds of one series have them, for `pvproof compare': in the later
 * one (AB_LATER) a site is new, one is gone, one is in another function, and one has an inline form.
 */
#include "pv.h"

u64 ab_flags(u64 *cr2), ab_helper(void);
void ab_quiet(void);

/* New: save_fl #2.  Gone: read_cr2. */
u64 ab_flags(u64 *cr2)
{
	u64 flags = pv_save_fl();

#ifdef AB_LATER
	*cr2 = 0;
	flags |= pv_save_fl();
#else
	*cr2 = pv_read_cr2();
#endif
	return flags;
}

/* Moved: read_cr3 is in ab_helper() here, in ab_quiet() later. */
u64 ab_helper(void)
{
#ifdef AB_LATER
	return 0;
#else
	return pv_read_cr3();
#endif
}

/* Changed: irq_disable has its inline form later. */
void ab_quiet(void)
{
#ifdef AB_LATER
	pv_irq_disable();
	pv_read_cr3();
#else
	PV_CALLEE_PLAIN(irq, irq_disable, 0);
#endif
}
