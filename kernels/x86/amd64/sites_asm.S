/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sites that only assembly can make: tail jumps, and sites at the edges of lines and pages.
 */
#include "asm.h"
#include "edge_site.h"

	.text
/* Tail jumps, one through a NULL key. */
FUNC idle_tail
	STATIC_CALL idle, 1
ENDFUNC idle_tail

FUNC irqentry_exit
	STATIC_CALL irqentry_exit_hook, 1
ENDFUNC irqentry_exit

#if PVKERNEL_GEN >= 601
FUNC sched_clock_tail
	STATIC_CALL pv_sched_clock, 1
ENDFUNC sched_clock_tail
#endif

	.pushsection .text.edge, "ax"
#if PVKERNEL_GEN <= 612
	EDGE_SITE across_line, 64, 3, PV_SLOT_cpu_io_delay
#else
	EDGE_SITE across_line, 64, 3, PV_SLOT_mmu_flush_tlb_kernel
#endif
	EDGE_SITE at_line_end, 64, 6, PV_SLOT_irq_irq_disable
	EDGE_SITE across_page, 4096, 2, PV_SLOT_irq_irq_enable
	EDGE_SITE at_page_end, 4096, 6, PV_SLOT_mmu_flush_tlb_user
	.popsection

	.section .note.GNU-stack, "", @progbits
