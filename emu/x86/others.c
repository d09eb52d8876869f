// SPDX-License-Identifier: GPL-2.0-only
/*
 * others.c - instructions that no kernel patches to, but that the engine does not have or does
 * otherwise: random numbers, cache lines, monitor and mwait, protection keys, reads of vector registers.
 */
#include <string.h>

#include "x86.h"

/* As if there always were a number. */
static bool do_random(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	uint64_t flags = pvp_x86_get(m, PVP_X86_rflags) & ~PVP_X86_FLAGS_ARITH;

	pvp_x86_set(m, PVP_X86_rflags, flags | PVP_X86_FLAG_CF);
	return pvp_x86_write_operand(m, insn, &insn->op[0], insn->op[0].size,
				     pvp_mix(m->request->seed ^ 0x4a4d, m->in_reads++));
}

/* Which cache lines there are is nobody's business; that the address is one is. */
static bool do_flush(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	uint8_t byte;

	return pvp_x86_read(m, pvp_x86_operand_address(m, insn, &insn->op[0]), &byte, 1);
}

static bool do_monitor(struct pvp_machine *m)
{
	uint64_t addr = pvp_x86_get(m, PVP_X86_rax);
	uint8_t byte;

	if (!pvp_x86_read(m, addr, &byte, 1))
		return false;
	PVP_X86_EFFECT(m, MONITOR, addr);
	return true;
}

#define CR4_PKE	    (1ull << 22)
#define PKRU_AS_MSR 0xffffff00 /* where its value is kept; no MSR has that number */

/* Intel SDM vol. 2, RDPKRU, WRPKRU. */
static bool do_pkru(struct pvp_machine *m, bool set)
{
	const uint32_t value = pvp_x86_get(m, PVP_X86_rax);
	const bool zero = !(uint32_t)pvp_x86_get(m, PVP_X86_rcx) &&
			  (!set || !(uint32_t)pvp_x86_get(m, PVP_X86_rdx));

	if (!(m->shadow.reg[PVP_X86_cr4] & CR4_PKE) || !zero) {
		pvp_x86_fault(m, zero ? PVP_FAULT_UD : PVP_FAULT_GP, 0, 0);
		return false;
	}
	if (set) {
		PVP_X86_EFFECT(m, WRPKRU, value);
		pvp_x86_keep_msr(m, PKRU_AS_MSR, value);
		return true;
	}
	pvp_x86_set(m, PVP_X86_rax, pvp_x86_msr_value(m, PKRU_AS_MSR) & 0xffffffff);
	pvp_x86_set(m, PVP_X86_rdx, 0);
	return true;
}

/*
 * A general register from a vector one: no operation has its values there, so that they are anybody's.
 * Source: Intel SDM vol. 2, MOVMSKPS, PEXTRW, PMOVMSKB, MOVD.
 */
static bool do_vector(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	const bool wide = memchr(insn->bytes, 0x66, insn->len - 2);
	uint64_t value = pvp_mix(m->request->seed ^ 0x5ec, insn->bytes[insn->len - 1]);

	switch (insn->opcode) {
	case 0x50:
		value &= wide ? 3 : 0xf;
		break;
	case 0xc5:
		value &= 0xffff;
		break;
	case 0xd7:
		value &= wide ? 0xffff : 0xff;
		break;
	default: /* movd, movq: 7e */
		break;
	}
	return pvp_x86_write_operand(m, insn, &insn->op[0], insn->op[0].size,
				     value & pvp_x86_size_mask(insn->op[0].size));
}

bool pvp_x86_do_other(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	switch (insn->class) {
	case PVP_X86_RANDOM:
		return do_random(m, insn);
	case PVP_X86_VECTOR:
		return do_vector(m, insn);
	case PVP_X86_FLUSH:
		return do_flush(m, insn);
	case PVP_X86_MONITOR:
		return do_monitor(m);
	case PVP_X86_MWAIT:
		PVP_X86_EFFECT(m, MWAIT, pvp_x86_get(m, PVP_X86_rax) & 0xffffffff,
			       pvp_x86_get(m, PVP_X86_rcx) & 0xffffffff);
		return true;
	default:
		return do_pkru(m, insn->bytes[insn->len - 1] == 0xef);
	}
}
