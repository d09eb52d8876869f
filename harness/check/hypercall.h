/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hypercall.h - what a hypervisor answers, deterministically, and what of a hypercall is recorded:
 * its number, as many arguments as it has, and the memory its arguments describe.
 *
 * A hypercall that has no row is not modelled: the run stops and the cell is INCONCLUSIVE.
 */
#ifndef PVP_HYPERCALL_H
#define PVP_HYPERCALL_H

#include "machine.h"

/* The amd64 Xen PV ABI: number in eax, arguments rdi rsi rdx r10 r8, result in rax; rcx and r11
 * are lost.  For struct pvp_machine_client. */
bool pvp_xen_hypercall(void *unused, struct pvp_machine *machine);

/* Name of a Xen hypercall, or NULL. */
const char *pvp_xen_hypercall_name(uint64_t number);

#endif
