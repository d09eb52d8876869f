/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user.h - user mode: one program, for as long as a test takes, and the system calls that it has.
 *
 *	user_mode_start();
 *	if (!fault_caught()) {
 *		fault_expect();
 *		enter_user_mode(&frame);
 *	}
 *	user_mode_end();
 */
#ifndef PVK_USER_H
#define PVK_USER_H

/* System calls, and what they answer. */
#define SYS_FAST   0x11 /* by sysret, where the kernel takes it */
#define SYS_SLOW   0x22 /* by iret, for rcx and r11 come back as they were chosen */
#define FAST_REPLY 0x1111
#define SLOW_REPLY 0x2222
#define SLOW_RCX   0x3333
#define SLOW_R11   0x4444
#define NO_SYSCALL (-38)

/* What the program says, one word each, in its own page. */
#define SAID_CS	      0
#define SAID_RSP      1
#define SAID_FAST     2
#define SAID_FAST_RCX 3 /* less the address behind the instruction */
#define SAID_FAST_R11 4
#define SAID_SLOW     5
#define SAID_SLOW_RCX 6
#define SAID_SLOW_R11 7
#define SAID_NONE     8 /* of a system call that is none */
#define SAID_KEPT     9 /* of registers over an exception, each another value: USER_KEPT(sum, r) over them */
#define NR_SAID	      10
#define KEPT_FACTOR   31

#ifndef __ASSEMBLER__
#include "boot.h"

extern const u8 user_code[], user_code_end[], user_said[];
extern u32 nr_syscalls, nr_wrong_gs; /* wrong: entered with the GS base of user mode in force */

/* MSRs, descriptors, stacks; under Xen PV the callback and the top-level table.  The page's leaf entry is
 * the caller's. */
void user_mode_start(void);
void user_mode_end(void);
/* Does not return. */
void enter_user_mode(const struct trap_frame *frame);

/* Of each entry: natively the GS base has to be the kernel's by now. */
void come_from_user_mode(void);
/* An exception that is to go on in the kernel. */
void leave_user_mode(struct trap_frame *frame);

bool do_syscall_64(struct trap_frame *frame, u32 nr);
#endif

#endif
