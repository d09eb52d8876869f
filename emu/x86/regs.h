/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * regs.h - the x86 register table.
 *
 * REAL registers live in the engine; SHADOW ones are system registers that we keep ourselves, so
 * that a random value in CR0 is a recorded effect and not a broken emulator; BASE ones are both.
 */
#ifndef PVP_X86_REGS_H
#define PVP_X86_REGS_H

// clang-format off
#define PVP_X86_REGS(X)                                                                            \
	/* name, where, Unicorn's name */                                                          \
	X(rax, REAL, RAX) X(rcx, REAL, RCX) X(rdx, REAL, RDX) X(rbx, REAL, RBX)                    \
	X(rsp, REAL, RSP) X(rbp, REAL, RBP) X(rsi, REAL, RSI) X(rdi, REAL, RDI)                    \
	X(r8,  REAL, R8)  X(r9,  REAL, R9)  X(r10, REAL, R10) X(r11, REAL, R11)                    \
	X(r12, REAL, R12) X(r13, REAL, R13) X(r14, REAL, R14) X(r15, REAL, R15)                    \
	X(rip, REAL, RIP) X(rflags, REAL, EFLAGS)                                                  \
	X(fs_base, BASE, FS_BASE) X(gs_base, BASE, GS_BASE)                                        \
	X(kernel_gs_base, SHADOW, INVALID)                                                         \
	X(cr0, SHADOW, INVALID) X(cr2, SHADOW, INVALID) X(cr3, SHADOW, INVALID)                    \
	X(cr4, SHADOW, INVALID) X(cr8, SHADOW, INVALID)                                            \
	X(dr0, SHADOW, INVALID) X(dr1, SHADOW, INVALID) X(dr2, SHADOW, INVALID)                    \
	X(dr3, SHADOW, INVALID) X(dr6, SHADOW, INVALID) X(dr7, SHADOW, INVALID)                    \
	X(es, SHADOW, INVALID) X(cs, SHADOW, INVALID) X(ss, SHADOW, INVALID)                       \
	X(ds, SHADOW, INVALID) X(fs, SHADOW, INVALID) X(gs, SHADOW, INVALID)                       \
	X(gdt_base, SHADOW, INVALID) X(gdt_limit, SHADOW, INVALID)                                 \
	X(idt_base, SHADOW, INVALID) X(idt_limit, SHADOW, INVALID)                                 \
	X(ldtr, SHADOW, INVALID) X(tr, SHADOW, INVALID) X(xcr0, SHADOW, INVALID)
// clang-format on

enum pvp_x86_reg {
#define X(name, where, uc) PVP_X86_##name,
	PVP_X86_REGS(X)
#undef X
	PVP_X86_NR_STATE
};

#define PVP_X86_FLAG_CF	  0x1ull
#define PVP_X86_FLAG_PF	  0x4ull
#define PVP_X86_FLAG_AF	  0x10ull
#define PVP_X86_FLAG_ZF	  0x40ull
#define PVP_X86_FLAG_SF	  0x80ull
#define PVP_X86_FLAG_TF	  0x100ull
#define PVP_X86_FLAG_IF	  0x200ull
#define PVP_X86_FLAG_DF	  0x400ull
#define PVP_X86_FLAG_OF	  0x800ull
#define PVP_X86_FLAG_IOPL 0x3000ull
#define PVP_X86_FLAG_NT	  0x4000ull
#define PVP_X86_FLAG_RF	  0x10000ull
#define PVP_X86_FLAG_VM	  0x20000ull
#define PVP_X86_FLAG_AC	  0x40000ull
#define PVP_X86_FLAG_ID	  0x200000ull
/* The flags arithmetic sets: dead over a call. */
#define PVP_X86_FLAGS_ARITH                                                                        \
	(PVP_X86_FLAG_CF | PVP_X86_FLAG_PF | PVP_X86_FLAG_AF | PVP_X86_FLAG_ZF |                   \
	 PVP_X86_FLAG_SF | PVP_X86_FLAG_OF)

#endif
