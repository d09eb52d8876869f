/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frame.h - what the entry code leaves of registers, and what a fault on purpose goes back to; part
 * of boot.h.
 */
#ifndef PVK_FRAME_H
#define PVK_FRAME_H

#include "types.h"

struct trap_frame {
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 error;
	u64 ip, cs, rflags, rsp, ss;
};

struct fault_context {
	u64 rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

/* Hypercalls of KVM: number, then result. */
#define KVM_RESULT(frame) (frame)->rax

/* Of Hyper-V. */
#define HYPERV_CONTROL(frame)		 (frame)->rcx
#define SET_HYPERV_RESULT(frame, result) ((frame)->rax = (result))

#endif
