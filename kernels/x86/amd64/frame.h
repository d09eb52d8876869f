/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frame.h - what the entry code leaves of registers, and what a fault on purpose goes back to; part
 * of boot.h.
 */
#ifndef PVK_FRAME_H
#define PVK_FRAME_H

#include "types.h"

/* As struct pt_regs; entry.S knows some of the offsets. */
struct trap_frame {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 orig_rax; /* of a system call; the error code stands here until it is an argument */
	u64 ip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trap_frame) == 168, "entry.S");

struct fault_context {
	u64 rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

/* Hypercalls of KVM: number, then result. */
#define KVM_RESULT(frame) (frame)->rax

/* Of Hyper-V. */
#define HYPERV_CONTROL(frame)		 (frame)->rcx
#define SET_HYPERV_RESULT(frame, result) ((frame)->rax = (result))

#endif
