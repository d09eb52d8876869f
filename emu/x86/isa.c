// SPDX-License-Identifier: GPL-2.0-only
/*
 * isa.c - what amd64 and i386 differ in, as rows.
 */
#include "x86.h"

static const int amd64_regs[PVP_X86_NR_STATE] = {
#define X(name, where, uc) UC_X86_REG_##uc,
	PVP_X86_REGS(X)
#undef X
};

/* In 32-bit mode the engine knows no 64-bit name.  It also drops what is written to a segment's
 * base by name: the bases are shadow registers, and machine.c brings them in by another way. */
static const int i386_regs[PVP_X86_NR_STATE] = {
	[PVP_X86_rax] = UC_X86_REG_EAX, [PVP_X86_rcx] = UC_X86_REG_ECX,
	[PVP_X86_rdx] = UC_X86_REG_EDX, [PVP_X86_rbx] = UC_X86_REG_EBX,
	[PVP_X86_rsp] = UC_X86_REG_ESP, [PVP_X86_rbp] = UC_X86_REG_EBP,
	[PVP_X86_rsi] = UC_X86_REG_ESI, [PVP_X86_rdi] = UC_X86_REG_EDI,
	[PVP_X86_rip] = UC_X86_REG_EIP, [PVP_X86_rflags] = UC_X86_REG_EFLAGS,
};

/*
 * Selectors are values of Linux' asm/segment.h, and of Xen's public arch-x86/xen-x86_64.h for ring
 * 3.  Descriptors are flat (Intel SDM vol. 3, 3.4.5).  Arguments: the System V ABI of each, i386
 * with -mregparm=3.
 */
const struct pvp_x86_isa pvp_x86_isas[] = {
	[PVP_ISA_AMD64] =
		{
			.mode = UC_MODE_64,
			.word = 8,
			.last = ~0ull,
			.own = 0xffff900000000000,
			.regs = amd64_regs,
			.code_segment = 0x00af9b000000ffff,
			.ring0_cs = 0x10,
			.ring0_ss = 0x18,
			.ring3_cs = 0xe033,
			.ring3_ss = 0xe02b,
			.arg_regs = {PVP_X86_rdi, PVP_X86_rsi, PVP_X86_rdx, PVP_X86_rcx, PVP_X86_r8,
				     PVP_X86_r9},
			.nr_arg_regs = 6,
		},
	[PVP_ISA_I386] =
		{
			.mode = UC_MODE_32,
			.word = 4,
			.last = 0xffffffff,
			.own = 0xbff00000,
			.regs = i386_regs,
			.code_segment = 0x00cf9b000000ffff,
			.ring0_cs = 0x60,
			.ring0_ss = 0x68,
			.arg_regs = {PVP_X86_rax, PVP_X86_rdx, PVP_X86_rcx},
			.nr_arg_regs = 3,
		},
};
