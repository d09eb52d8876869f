/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hypercall.h - what a hypervisor answers, deterministically, and what of a hypercall is recorded:
 * its number, as many arguments as it has, and the memory its arguments describe.
 *
 * A Xen hypercall that has no row is not modelled: the run stops and the cell is INCONCLUSIVE.  KVM
 * and Hyper-V say themselves that they do not know a number, and so do we for them.  Whether the
 * instruction was vmcall, vmmcall or syscall is not part of the effect.
 */
#ifndef PVP_HYPERCALL_H
#define PVP_HYPERCALL_H

#include "machine.h"

/*
 * A seed of answers with this bit is of a Xen that refuses what the kernel asks for (-EINVAL), all of
 * it.  Drawn states have it clear.
 */
#define PVP_SEED_REFUSES (1ull << 63)

/* The amd64 Xen PV ABI: number in eax, arguments rdi rsi rdx r10 r8, result in rax; rcx and r11
 * are lost.  For struct pvp_machine_client. */
bool pvp_xen_hypercall(void *unused, struct pvp_machine *machine);

/* Whether a run that stopped at a hypercall has come to the op's own end: Xen's iret. */
bool pvp_xen_hypercall_ends(const struct pvp_run *run);

/* The same in an HVM guest, by vmcall or vmmcall: no register but rax changes.  i386's arguments are
 * in ebx ecx edx esi edi. */
bool pvp_xen_hvm_hypercall(void *unused, struct pvp_machine *machine);

/* Number in rax, arguments rbx rcx rdx rsi, result in rax; the same on i386. */
bool pvp_kvm_hypercall(void *unused, struct pvp_machine *machine);

/* Control word in rcx, physical address of the input page (or the input itself) in rdx, of the
 * output in r8, result in rax.  On i386 each is a pair: edx:eax, ebx:ecx, edi:esi, edx:eax. */
bool pvp_hyperv_hypercall(void *unused, struct pvp_machine *machine);

/* Name of a Xen hypercall, or NULL. */
const char *pvp_xen_hypercall_name(uint64_t number);

#endif
