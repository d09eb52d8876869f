/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stub.h - what stands in for KVM, Hyper-V or VMware where the machine is not one of their guests:
 * answers vmcall and vmmcall, which fault there.
 */
#ifndef PVK_STUB_H
#define PVK_STUB_H

#include "boot.h"

/* Whether frame is at a hypercall instruction and the platform has been asked for by name; the
 * result is in frame->rax then. */
bool stub_hypercall(struct trap_frame *frame);

#endif
