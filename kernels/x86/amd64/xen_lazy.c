// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lazy modes of Xen PV up to 6.12: one word of the CPU says which.
 */
#include "bug.h"
#include "pv.h"
#include "xen.h"

DEFINE_PER_CPU(int, xen_lazy_mode);

void xen_enter_lazy_mmu(void)
{
	BUG_ON(this_cpu_read(xen_lazy_mode) != LAZY_NONE);
	this_cpu_write(xen_lazy_mode, LAZY_MMU);
}

void xen_leave_lazy_mmu(void)
{
	preempt_disable();
	xen_mc_flush();
	BUG_ON(this_cpu_read(xen_lazy_mode) != LAZY_MMU);
	this_cpu_write(xen_lazy_mode, LAZY_NONE);
	preempt_enable();
}

void xen_flush_lazy_mmu(void)
{
	preempt_disable();
	if (this_cpu_read(xen_lazy_mode) == LAZY_MMU) {
		pv_lazy_mode_leave();
		pv_lazy_mode_enter();
	}
	preempt_enable();
}

/* Bit 31 of a task's flags: it was batching page-table updates when it was switched out. */
#define TASK_LAZY_MMU (1UL << 31)

void xen_start_context_switch(struct task_struct *prev)
{
	if (this_cpu_read(xen_lazy_mode) == LAZY_MMU) {
		pv_lazy_mode_leave();
		*(u64 *)prev |= TASK_LAZY_MMU;
	}
	BUG_ON(this_cpu_read(xen_lazy_mode) != LAZY_NONE);
	this_cpu_write(xen_lazy_mode, LAZY_CPU);
}

void xen_end_context_switch(struct task_struct *next)
{
	xen_mc_flush();
	BUG_ON(this_cpu_read(xen_lazy_mode) != LAZY_CPU);
	this_cpu_write(xen_lazy_mode, LAZY_NONE);
	if (*(u64 *)next & TASK_LAZY_MMU) {
		*(u64 *)next &= ~TASK_LAZY_MMU;
		pv_lazy_mode_enter();
	}
}
