/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen_console.h - the console and the end of a run under Xen PV; part of console.c.
 */
#ifndef PVK_XEN_CONSOLE_H
#define PVK_XEN_CONSOLE_H

#include "xen.h"

/* A line at a time, by hypercall. */
static char line[128];
static u32 line_len;

static void xen_put_char(char c)
{
	line[line_len++] = c;
	if (c != '\n' && line_len < sizeof(line))
		return;
	xen_hypercall(HYPERCALL_console_io, CONSOLEIO_WRITE, line_len, (u64)line, 0, 0);
	line_len = 0;
}

/* Where it is not Xen's nothing.  Xen halts the machine when its first domain powers off: a reboot
 * is what ends a run. */
static inline void xen_power_off(int failed)
{
	struct sched_shutdown shutdown = {failed ? SHUTDOWN_CRASH : SHUTDOWN_REBOOT};

	if (xen_domain_type == XEN_PV_DOMAIN)
		xen_hypercall(HYPERCALL_sched_op, SCHEDOP_SHUTDOWN, (u64)&shutdown, 0, 0, 0);
}

#endif
