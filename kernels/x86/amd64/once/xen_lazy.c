// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lazy modes of Xen PV in 7.2: batching of page tables is the task's own affair, and only paused
 * while another runs.
 */
#include "bug.h"
#include "cpu.h"
#include "pv.h"
#include "xen.h"

DEFINE_PER_CPU(int, xen_lazy_mode);
DEFINE_PER_CPU(bool, xen_cpu_lazy_mode);

void xen_flush_lazy_mmu(void)
{
	preempt_disable();
	xen_mc_flush();
	preempt_enable();
}

/* Bit 31 of a task's flags: it was batching page-table updates when it was switched out. */
#define TASK_LAZY_MMU (1UL << 31)

void xen_start_context_switch(struct task_struct *prev)
{
	if (this_cpu_read(xen_lazy_mode) == LAZY_MMU) {
		pv_lazy_mode_flush();
		this_cpu_write(xen_lazy_mode, LAZY_NONE);
		prev->flags |= TASK_LAZY_MMU;
	}
	BUG_ON(this_cpu_read(xen_cpu_lazy_mode));
	this_cpu_write(xen_cpu_lazy_mode, true);
}

void xen_end_context_switch(struct task_struct *next)
{
	xen_mc_flush();
	BUG_ON(!this_cpu_read(xen_cpu_lazy_mode));
	this_cpu_write(xen_cpu_lazy_mode, false);
	if (next->flags & TASK_LAZY_MMU) {
		next->flags &= ~TASK_LAZY_MMU;
		this_cpu_write(xen_lazy_mode, LAZY_MMU);
	}
}
