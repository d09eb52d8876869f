// SPDX-License-Identifier: GPL-2.0-only
/*
 * sensitive.c - our rules for sensitive instructions, over the shadow of the system state.
 */
#include <string.h>

#include "x86.h"

void pvp_x86_effect(struct pvp_machine *m, enum pvp_effect_kind kind, unsigned nr,
		    const uint64_t *args)
{
	if (!m->boots)
		pvp_effects_add(&m->run->effects, kind, nr, args);
}

static void set_interrupts(struct pvp_machine *m, bool on)
{
	uint64_t flags = pvp_x86_get(m, PVP_X86_rflags);

	if (!!(flags & PVP_X86_FLAG_IF) == on)
		return;
	PVP_X86_EFFECT(m, INTERRUPTS, on);
	pvp_x86_set(m, PVP_X86_rflags, flags ^ PVP_X86_FLAG_IF);
}

/* The flags that value may set, as popf does.  False: a fault. */
static bool take_flags(struct pvp_machine *m, uint64_t value, uint64_t mask)
{
	/* Intel SDM vol. 2, POPF, 64-bit and protected mode: VM, VIF, VIP stay, RF is cleared; IF
	 * stays where CPL > IOPL, IOPL where CPL > 0. */
	uint64_t takes = mask & 0x3f7fd5 & ~(PVP_X86_FLAG_RF | 0x1a0000ull);
	uint64_t flags = pvp_x86_get(m, PVP_X86_rflags);

	if (m->ring > (flags & PVP_X86_FLAG_IOPL) >> 12)
		takes &= ~PVP_X86_FLAG_IF;
	if (m->ring)
		takes &= ~PVP_X86_FLAG_IOPL;
	if ((value & takes & PVP_X86_FLAG_TF) && !(flags & PVP_X86_FLAG_TF)) {
		/* Single-stepping from here on is the debugger's business, not ours. */
		pvp_x86_fault(m, PVP_FAULT_DB, 0, 0);
		return false;
	}
	if (takes & PVP_X86_FLAG_IF)
		set_interrupts(m, value & PVP_X86_FLAG_IF);
	pvp_x86_set(m, PVP_X86_rflags, (flags & ~(takes | PVP_X86_FLAG_RF)) | (value & takes) | 2);
	return true;
}

static bool do_popf(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	unsigned size = insn->operand_size == 2 ? 2 : m->isa->word;
	uint64_t sp = pvp_x86_get(m, PVP_X86_rsp), value = 0;

	if (!pvp_x86_read(m, sp, &value, size) || !take_flags(m, value, pvp_x86_size_mask(size)))
		return false;
	pvp_x86_set(m, PVP_X86_rsp, sp + size);
	return true;
}

/*
 * Intel SDM vol. 2, IRET: rip, cs, rflags, in 64-bit mode rsp and ss, on i386 only where the ring
 * changes.  The end of what is compared; a boot goes on.
 */
static bool do_iret(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	uint64_t sp = pvp_x86_get(m, PVP_X86_rsp), frame[5] = { 0 };
	unsigned word = m->isa->word, nr = word == 8 ? 5 : 3;

	if (!m->boots || insn->operand_size != word) {
		pvp_x86_stop(m, PVP_STOP_OP_END);
		return false;
	}
	for (unsigned i = 0; i < nr; i++)
		if (!pvp_x86_read(m, sp + i * word, &frame[i], word))
			return false;
	if ((frame[1] & 3) != m->ring || (frame[2] & PVP_X86_FLAG_VM)) {
		pvp_x86_stop(m, PVP_STOP_OP_END);
		return false;
	}
	if (!take_flags(m, frame[2], ~0ull))
		return false;
	m->shadow.reg[PVP_X86_cs] = frame[1] & 0xffff;
	if (nr == 5)
		m->shadow.reg[PVP_X86_ss] = frame[4] & 0xffff;
	pvp_x86_set(m, PVP_X86_rsp, nr == 5 ? frame[3] : sp + nr * word);
	pvp_x86_jump(m, frame[0]);
	return false;
}

static bool do_mov_cr(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	static const uint8_t shadow_of[16] = {
		[0] = PVP_X86_cr0, [2] = PVP_X86_cr2, [3] = PVP_X86_cr3,
		[4] = PVP_X86_cr4, [8] = PVP_X86_cr8,
	};
	bool to = insn->opcode == 0x22;
	unsigned n = insn->op[to ? 0 : 1].number & 15;
	const struct pvp_x86_operand *gpr = &insn->op[to ? 1 : 0];

	if (!shadow_of[n]) {
		pvp_x86_fault(m, PVP_FAULT_UD, 0, 0);
		return false;
	}
	if (to) {
		uint64_t value = pvp_x86_get(m, gpr->reg);

		PVP_X86_EFFECT(m, WRITE_CR, n, value);
		/* Bit 63 of CR3 asks for no flush and is not kept. */
		m->shadow.reg[shadow_of[n]] = n == 3 ? value & ~(1ull << 63) : value;
	} else {
		pvp_x86_set(m, gpr->reg, m->shadow.reg[shadow_of[n]]);
	}
	return true;
}

static bool do_mov_dr(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	/* 4 and 5 are 6 and 7 while CR4.DE is clear. */
	static const uint8_t shadow_of[8] = { PVP_X86_dr0, PVP_X86_dr1, PVP_X86_dr2, PVP_X86_dr3,
					      PVP_X86_dr6, PVP_X86_dr7, PVP_X86_dr6, PVP_X86_dr7 };
	bool to = insn->opcode == 0x23;
	unsigned n = insn->op[to ? 0 : 1].number;
	const struct pvp_x86_operand *gpr = &insn->op[to ? 1 : 0];

	if (n > 7) {
		pvp_x86_fault(m, PVP_FAULT_UD, 0, 0);
		return false;
	}
	if (to) {
		PVP_X86_EFFECT(m, WRITE_DR, n, pvp_x86_get(m, gpr->reg));
		m->shadow.reg[shadow_of[n]] = pvp_x86_get(m, gpr->reg);
	} else {
		pvp_x86_set(m, gpr->reg, m->shadow.reg[shadow_of[n]]);
	}
	return true;
}

static bool do_rdpmc(struct pvp_machine *m)
{
	uint32_t counter = pvp_x86_get(m, PVP_X86_rcx);
	uint64_t value = pvp_mix(m->request->seed, 0x9c00000000ull + counter);

	PVP_X86_EFFECT(m, RDPMC, counter);
	pvp_x86_set(m, PVP_X86_rax, value & 0xffffffff);
	pvp_x86_set(m, PVP_X86_rdx, value >> 32 & 0xff);
	return true;
}

/* Deterministic, and independent of how many instructions either side takes. */
static bool do_rdtsc(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	uint64_t value = (pvp_mix(m->request->seed, 0x75c) >> 16) + 1000ull * m->tsc_reads++;

	pvp_x86_set(m, PVP_X86_rax, value & 0xffffffff);
	pvp_x86_set(m, PVP_X86_rdx, value >> 32);
	if (insn->opcode == 0x01) /* rdtscp: 0f 01 f9 */
		pvp_x86_set(m, PVP_X86_rcx, pvp_x86_msr_value(m, PVP_X86_MSR_TSC_AUX) & 0xffffffff);
	return true;
}

static bool do_cpuid(struct pvp_machine *m, bool prefixed)
{
	uint32_t leaf = pvp_x86_get(m, PVP_X86_rax), sub = pvp_x86_get(m, PVP_X86_rcx);
	uint64_t salt = (uint64_t)leaf << 32 | sub;
	uint64_t ab = pvp_mix(m->request->seed ^ 0xc1d, salt);
	uint64_t cd = pvp_mix(m->request->seed ^ 0xc1e, salt);
	uint32_t regs[4] = { ab, ab >> 32, cd, cd >> 32 };

	PVP_X86_EFFECT(m, CPUID, leaf, sub);
	if (m->client.cpuid)
		m->client.cpuid(m->client.arg, leaf, sub, prefixed, regs);
	pvp_x86_set(m, PVP_X86_rax, regs[0]);
	pvp_x86_set(m, PVP_X86_rbx, regs[1]);
	pvp_x86_set(m, PVP_X86_rcx, regs[2]);
	pvp_x86_set(m, PVP_X86_rdx, regs[3]);
	return true;
}

static bool do_in_out(struct pvp_machine *m, const struct pvp_x86_insn *insn, bool out)
{
	const struct pvp_x86_operand *port = &insn->op[out ? 0 : 1], *data = &insn->op[out ? 1 : 0];
	uint64_t number = port->kind == PVP_X86_IMM ? port->imm & 0xff
						    : pvp_x86_get(m, PVP_X86_rdx) & 0xffff;
	uint64_t value;

	if (data->kind != PVP_X86_REG) {
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return false;
	}
	if (out) {
		value = pvp_x86_get(m, PVP_X86_rax) & pvp_x86_size_mask(data->size);
		PVP_X86_EFFECT(m, OUT, number, data->size, value);
		return true;
	}
	PVP_X86_EFFECT(m, IN, number, data->size);
	value = pvp_mix(m->request->seed ^ 0x10, number << 32 | m->in_reads++);
	return pvp_x86_write_operand(m, insn, data, data->size,
				     value & pvp_x86_size_mask(data->size));
}

/* Only XCR0 is there. */
static bool do_extended_control(struct pvp_machine *m, bool set)
{
	uint32_t index = pvp_x86_get(m, PVP_X86_rcx);
	uint64_t value = m->shadow.reg[PVP_X86_xcr0];

	if (set) {
		value = (pvp_x86_get(m, PVP_X86_rax) & 0xffffffff) | pvp_x86_get(m, PVP_X86_rdx)
									     << 32;
		PVP_X86_EFFECT(m, XSETBV, index, value);
	}
	if (index) {
		pvp_x86_fault(m, PVP_FAULT_GP, 0, 0);
		return false;
	}
	if (set) {
		m->shadow.reg[PVP_X86_xcr0] = value;
		return true;
	}
	pvp_x86_set(m, PVP_X86_rax, value & 0xffffffff);
	pvp_x86_set(m, PVP_X86_rdx, value >> 32);
	return true;
}

static bool do_invpcid(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	uint64_t descriptor[2];

	if (!pvp_x86_read(m, pvp_x86_operand_address(m, insn, &insn->op[1]), descriptor,
			  sizeof(descriptor)))
		return false;
	PVP_X86_EFFECT(m, INVPCID, pvp_x86_get(m, insn->op[0].reg), descriptor[0], descriptor[1]);
	return true;
}

static bool do_bit_count(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	unsigned size = insn->op[0].size, bits = size * 8;
	uint64_t value, count, flags;

	if (!pvp_x86_read_operand(m, insn, &insn->op[1], size, &value))
		return false;
	switch (insn->opcode) {
	case 0xb8: /* popcnt */
		count = __builtin_popcountll(value);
		break;
	case 0xbc: /* tzcnt */
		count = value ? (unsigned)__builtin_ctzll(value) : bits;
		break;
	default: /* lzcnt */
		count = value ? (unsigned)__builtin_clzll(value) - (64 - bits) : bits;
		break;
	}
	flags = pvp_x86_get(m, PVP_X86_rflags) & ~PVP_X86_FLAGS_ARITH;
	if (insn->opcode == 0xb8)
		flags |= value ? 0 : PVP_X86_FLAG_ZF;
	else
		flags |= (value ? 0 : PVP_X86_FLAG_CF) | (count ? 0 : PVP_X86_FLAG_ZF);
	pvp_x86_set(m, PVP_X86_rflags, flags);
	return pvp_x86_write_operand(m, insn, &insn->op[0], size, count);
}

/* The other CPUs get their turn. */
static bool do_pause(struct pvp_machine *m)
{
	const struct pvp_run_request *request = m->request;

	m->pauses++;
	for (size_t i = 0; i < request->nr_script; i++) {
		const struct pvp_script_row *row = &request->script[i];

		if (row->pauses == m->pauses)
			pvp_memory_write(&m->memory, row->addr, &row->value, row->len,
					 PVP_WRITER_SCRIPT);
	}
	return true;
}

static bool do_hypercall(struct pvp_machine *m)
{
	if (m->client.hypercall && m->client.hypercall(m->client.arg, m))
		return true;
	if (!m->stopped)
		pvp_x86_stop(m, PVP_STOP_HYPERCALL);
	return false;
}

/* True: done, go on behind it.  False: the handler decided otherwise (fault, stop). */
static bool handle(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	uint64_t value;

	switch ((enum pvp_x86_class)insn->class) {
	case PVP_X86_STI:
		/* Intel SDM vol. 2, STI: interrupts that it enables wait for one more instruction.
		 */
		if (!(pvp_x86_get(m, PVP_X86_rflags) & PVP_X86_FLAG_IF))
			m->sti_shadow = insn->addr + insn->len;
		set_interrupts(m, true);
		return true;
	case PVP_X86_CLI:
		set_interrupts(m, false);
		return true;
	case PVP_X86_HLT:
		/* Outside the shadow of sti the interrupt to wake up for may have come already. */
		PVP_X86_EFFECT(m, HALT, !!(pvp_x86_get(m, PVP_X86_rflags) & PVP_X86_FLAG_IF),
			       insn->addr == m->sti_shadow);
		return true;
	case PVP_X86_POPF:
		return do_popf(m, insn);
	case PVP_X86_MOV_CR:
		return do_mov_cr(m, insn);
	case PVP_X86_MOV_DR:
		return do_mov_dr(m, insn);
	case PVP_X86_CLTS:
		m->shadow.reg[PVP_X86_cr0] &= ~8ull;
		PVP_X86_EFFECT(m, WRITE_CR, 0, m->shadow.reg[PVP_X86_cr0]);
		return true;
	case PVP_X86_LMSW: /* low four bits; PE cannot be cleared */
		if (!pvp_x86_read_operand(m, insn, &insn->op[0], 2, &value))
			return false;
		value = (m->shadow.reg[PVP_X86_cr0] & ~0xeull) | (value & 0xf);
		PVP_X86_EFFECT(m, WRITE_CR, 0, value);
		m->shadow.reg[PVP_X86_cr0] = value;
		return true;
	case PVP_X86_SMSW:
		return pvp_x86_store_word(m, insn, m->shadow.reg[PVP_X86_cr0]);
	case PVP_X86_RDMSR:
		return pvp_x86_rdmsr(m);
	case PVP_X86_WRMSR:
	case PVP_X86_WRMSRNS:
		return pvp_x86_wrmsr(m);
	case PVP_X86_RDPID:
		return pvp_x86_write_operand(m, insn, &insn->op[0], insn->op[0].size,
					     pvp_x86_msr_value(m, PVP_X86_MSR_TSC_AUX) & 0xffffffff);
	case PVP_X86_RDPMC:
		return do_rdpmc(m);
	case PVP_X86_RDTSC:
		return do_rdtsc(m, insn);
	case PVP_X86_CPUID:
	case PVP_X86_XEN_CPUID:
		return do_cpuid(m, insn->class == PVP_X86_XEN_CPUID);
	case PVP_X86_IN:
	case PVP_X86_OUT:
		return do_in_out(m, insn, insn->class == PVP_X86_OUT);
	case PVP_X86_LGDT:
	case PVP_X86_LIDT:
	case PVP_X86_SGDT:
	case PVP_X86_SIDT:
	case PVP_X86_LLDT:
	case PVP_X86_LTR:
	case PVP_X86_SLDT:
	case PVP_X86_STR:
	case PVP_X86_SWAPGS:
	case PVP_X86_FSGSBASE:
	case PVP_X86_VERW:
	case PVP_X86_LSL:
	case PVP_X86_LKGS:
	case PVP_X86_MOV_SEG:
		return pvp_x86_do_segment(m, insn);
	case PVP_X86_INVLPG:
		PVP_X86_EFFECT(m, INVLPG, pvp_x86_operand_address(m, insn, &insn->op[0]));
		return true;
	case PVP_X86_INVPCID:
		return do_invpcid(m, insn);
	case PVP_X86_WBINVD:
		pvp_x86_effect(m, memchr(insn->bytes, 0xf3, insn->len) ? PVP_EFFECT_WBNOINVD
							       : PVP_EFFECT_WBINVD, 0, NULL);
		return true;
	case PVP_X86_XGETBV:
	case PVP_X86_XSETBV:
		return do_extended_control(m, insn->class == PVP_X86_XSETBV);
	case PVP_X86_CLAC:
		value = pvp_x86_get(m, PVP_X86_rflags) & ~PVP_X86_FLAG_AC;
		pvp_x86_set(m, PVP_X86_rflags,
			    insn->bytes[2] == 0xcb ? value | PVP_X86_FLAG_AC : value);
		return true;
	case PVP_X86_BIT_COUNT:
		return do_bit_count(m, insn);
	case PVP_X86_PAUSE:
		return do_pause(m);
	case PVP_X86_RANDOM:
	case PVP_X86_VECTOR:
	case PVP_X86_FLUSH:
	case PVP_X86_MONITOR:
	case PVP_X86_MWAIT:
	case PVP_X86_PKRU:
		return pvp_x86_do_other(m, insn);
	case PVP_X86_IRET:
		return do_iret(m, insn);
	case PVP_X86_SERIALIZE:
		return true;
	case PVP_X86_SYSRET:
		pvp_x86_stop(m, PVP_STOP_OP_END);
		return false;
	case PVP_X86_SYSCALL:
	case PVP_X86_VMCALL:
	case PVP_X86_VMMCALL:
		return do_hypercall(m);
	default:
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return false;
	}
}

void pvp_x86_sensitive(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	static const uint8_t vectors[PVP_X86_NR_CLASSES] = {
#define X(id, name, ring0, ring3, vector) [PVP_X86_##id] = PVP_FAULT_##vector,
		PVP_X86_CLASSES(X)
#undef X
	};

	switch (m->rules[insn->class]) {
	case PVP_RULE_FAULT:
		pvp_x86_fault(m, vectors[insn->class], 0, 0);
		return;
	case PVP_RULE_ALLOW:
	case PVP_RULE_EMULATE:
		if (!handle(m, insn))
			return;
		break;
	case PVP_RULE_IGNORE:
		break;
	case PVP_RULE_END:
		pvp_x86_stop(m, PVP_STOP_OP_END);
		return;
	}
	pvp_x86_jump(m, insn->addr + insn->len);
}
