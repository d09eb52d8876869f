/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frame.h - what the entry code leaves of registers, and what a fault on purpose goes back to; part
 * of boot.h.
 */
#ifndef PVK_FRAME_H
#define PVK_FRAME_H

#include "types.h"

struct trap_frame {
	ulong edx, ecx, eax;
	ulong error;
	ulong ip, cs, flags;
};

/* What the entries call. */
void exception(struct trap_frame *frame, u32 vector);

struct fault_context {
	ulong ebx, ebp, esi, edi, esp, ip;
};

/* Hypercalls of KVM: number, then result. */
#define KVM_RESULT(frame) (frame)->eax

/* Of Hyper-V. */
#define HYPERV_CONTROL(frame)		 ((frame)->eax | (u64)(frame)->edx << 32)
#define SET_HYPERV_RESULT(frame, result) set_edx_eax(frame, result)

static inline void set_edx_eax(struct trap_frame *frame, u64 value)
{
	frame->eax = value;
	frame->edx = value >> 32;
}

#endif
