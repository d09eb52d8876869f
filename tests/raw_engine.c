// SPDX-License-Identifier: GPL-2.0-only
#include "raw_engine.h"

#include "check_helpers.h"

#define ok(call)                                                                                   \
	do {                                                                                       \
		uc_err err_ = (call);                                                              \
		ck_assert_msg(!err_, "%s: %s", #call, uc_strerror(err_));                          \
	} while (0)

struct named_register {
	enum pvp_x86_reg reg;
	int uc;
};

static const struct named_register amd64_registers[] = {
#define X(name, where, uc) { PVP_X86_##name, UC_X86_REG_##uc },
	PVP_X86_REGS(X)
#undef X
};

static const struct named_register i386_registers[] = {
	{ PVP_X86_rax, UC_X86_REG_EAX }, { PVP_X86_rcx, UC_X86_REG_ECX },
	{ PVP_X86_rdx, UC_X86_REG_EDX }, { PVP_X86_rbx, UC_X86_REG_EBX },
	{ PVP_X86_rsp, UC_X86_REG_ESP }, { PVP_X86_rbp, UC_X86_REG_EBP },
	{ PVP_X86_rsi, UC_X86_REG_ESI }, { PVP_X86_rdi, UC_X86_REG_EDI },
	{ PVP_X86_rip, UC_X86_REG_EIP }, { PVP_X86_rflags, UC_X86_REG_EFLAGS },
};

/* Segment bases, in the modes where the engine has them by MSR; Intel SDM vol. 4. */
static const struct {
	enum pvp_x86_reg reg;
	uint32_t msr;
	bool amd64, i386;
} bases[] = {
	{ PVP_X86_fs_base, 0xc0000100, false, true },
	{ PVP_X86_gs_base, 0xc0000101, false, true },
	{ PVP_X86_kernel_gs_base, 0xc0000102, true, false },
};

static const struct named_register *named(const struct raw_engine *raw, size_t *nr)
{
	*nr = raw->is_i386 ? ARRAY_SIZE(i386_registers) : ARRAY_SIZE(amd64_registers);
	return raw->is_i386 ? i386_registers : amd64_registers;
}

/* System registers that can be read by name. */
static const struct named_register system_registers[] = {
	{ PVP_X86_cr0, UC_X86_REG_CR0 }, { PVP_X86_cr2, UC_X86_REG_CR2 },
	{ PVP_X86_cr3, UC_X86_REG_CR3 }, { PVP_X86_cr4, UC_X86_REG_CR4 },
	{ PVP_X86_cr8, UC_X86_REG_CR8 }, { PVP_X86_dr0, UC_X86_REG_DR0 },
	{ PVP_X86_dr1, UC_X86_REG_DR1 }, { PVP_X86_dr2, UC_X86_REG_DR2 },
	{ PVP_X86_dr3, UC_X86_REG_DR3 }, { PVP_X86_dr6, UC_X86_REG_DR6 },
	{ PVP_X86_dr7, UC_X86_REG_DR7 }, { PVP_X86_es, UC_X86_REG_ES },
	{ PVP_X86_cs, UC_X86_REG_CS },	 { PVP_X86_ss, UC_X86_REG_SS },
	{ PVP_X86_ds, UC_X86_REG_DS },	 { PVP_X86_fs, UC_X86_REG_FS },
	{ PVP_X86_gs, UC_X86_REG_GS },
};

static void on_code(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct raw_engine *raw = arg;

	(void)size;
	if (addr == raw->stop_at)
		uc_emu_stop(uc);
}

static void on_interrupt(uc_engine *uc, uint32_t vector, void *arg)
{
	struct raw_engine *raw = arg;

	raw->vector = vector;
	uc_emu_stop(uc);
}

static bool on_memory(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
		      void *arg)
{
	struct raw_engine *raw = arg;

	(void)uc, (void)type, (void)addr, (void)size, (void)value;
	raw->vector = PVP_FAULT_PF;
	return false;
}

/* Source of the descriptors: Intel SDM vol. 3, 3.4.5: flat code and data. */
static void enter_ring(struct raw_engine *raw, unsigned ring)
{
	const uint64_t gdt[] = { 0,
				 0,
				 raw->is_i386 ? 0x00cf9a000000ffff : 0x00af9a000000ffff,
				 0x00cf92000000ffff,
				 0,
				 0x00cff2000000ffff,
				 0x00affa000000ffff };
	const uint64_t frame[] = { raw->scratch + 16, ring ? RAW_CS3 : RAW_CS0, 2,
				   raw->scratch + 0x800, ring ? RAW_SS3 : RAW_SS0 };
	static const uint8_t iretq[] = { 0x48, 0xcf };
	/* mov ds,eax; mov es,eax; mov ss,eax; iretd */
	static const uint8_t segments[] = { 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xcf };
	uc_x86_mmr gdtr = { .base = raw->scratch + SM_PAGE, .limit = sizeof(gdt) - 1 };
	uint64_t sp = raw->scratch + 0x400, ss = RAW_SS0, rip = 0;

	ok(uc_mem_write(raw->uc, gdtr.base, gdt, sizeof(gdt)));
	ok(uc_reg_write(raw->uc, UC_X86_REG_GDTR, &gdtr));
	if (raw->is_i386) {
		ok(uc_mem_write(raw->uc, raw->scratch, segments, sizeof(segments)));
		ok(uc_reg_write(raw->uc, UC_X86_REG_EAX, &ss));
	} else {
		ok(uc_mem_write(raw->uc, raw->scratch, iretq, sizeof(iretq)));
	}
	for (size_t i = 0; i < ARRAY_SIZE(frame); i++)
		ok(uc_mem_write(raw->uc, sp + i * (raw->is_i386 ? 4 : 8), &frame[i],
				raw->is_i386 ? 4 : 8));
	ok(uc_reg_write(raw->uc, raw->is_i386 ? UC_X86_REG_ESP : UC_X86_REG_RSP, &sp));
	raw->stop_at = raw->scratch + 16;
	raw->vector = -1;
	ok(uc_emu_start(raw->uc, raw->scratch, raw->scratch + 0xf00, 0, 0));
	ok(uc_reg_read(raw->uc, raw->is_i386 ? UC_X86_REG_EIP : UC_X86_REG_RIP, &rip));
	ck_assert(raw->vector == -1 && rip == raw->stop_at);
}

static void read_system(struct raw_engine *raw, struct pvp_state *state)
{
	uc_x86_mmr mmr;

	for (size_t i = 0; i < ARRAY_SIZE(system_registers); i++) {
		uint64_t value = 0;

		ok(uc_reg_read(raw->uc, system_registers[i].uc, &value));
		state->reg[system_registers[i].reg] = value;
	}
	ok(uc_reg_read(raw->uc, UC_X86_REG_GDTR, &mmr));
	state->reg[PVP_X86_gdt_base] = mmr.base;
	state->reg[PVP_X86_gdt_limit] = mmr.limit;
	ok(uc_reg_read(raw->uc, UC_X86_REG_IDTR, &mmr));
	state->reg[PVP_X86_idt_base] = mmr.base;
	state->reg[PVP_X86_idt_limit] = mmr.limit;
	ok(uc_reg_read(raw->uc, UC_X86_REG_LDTR, &mmr));
	state->reg[PVP_X86_ldtr] = mmr.selector;
	ok(uc_reg_read(raw->uc, UC_X86_REG_TR, &mmr));
	state->reg[PVP_X86_tr] = mmr.selector;
}

void raw_engine_open(struct raw_engine *raw, struct small_machine *sm)
{
	uc_hook hook;

	memset(raw, 0, sizeof(*raw));
	raw->is_i386 = sm->config.isa == PVP_ISA_I386;
	raw->scratch = raw->is_i386 ? 0x70000000 : 0x7000000000;
	ok(uc_open(UC_ARCH_X86, raw->is_i386 ? UC_MODE_32 : UC_MODE_64, &raw->uc));
	ok(uc_mem_map(raw->uc, raw->scratch, 2 * SM_PAGE, UC_PROT_ALL));
	for (size_t i = 0; i < SM_NR_REGIONS; i++) {
		const struct pvp_region *r = &sm->regions[i];

		raw->host[i] = aligned_alloc(SM_PAGE, r->len);
		memcpy(raw->host[i], r->host, r->len);
		ok(uc_mem_map_ptr(raw->uc, r->addr, r->len,
				  (r->prot & PVP_PROT_READ ? UC_PROT_READ : 0) |
					  (r->prot & PVP_PROT_WRITE ? UC_PROT_WRITE : 0) |
					  (r->prot & PVP_PROT_EXEC ? UC_PROT_EXEC : 0),
				  raw->host[i]));
	}
	ok(uc_hook_add(raw->uc, &hook, UC_HOOK_CODE, (void *)on_code, raw, 1, 0));
	ok(uc_hook_add(raw->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, raw, 1, 0));
	ok(uc_hook_add(raw->uc, &hook, UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_PROT, (void *)on_memory,
		       raw, 1, 0));
	enter_ring(raw, sm->config.ring);
	read_system(raw, &sm->start);
}

void raw_engine_run(struct raw_engine *raw, const struct small_machine *sm)
{
	size_t nr;
	const struct named_register *registers = named(raw, &nr);
	uc_err err;

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		uc_x86_msr msr = { bases[i].msr, sm->start.reg[bases[i].reg] };

		if (raw->is_i386 ? bases[i].i386 : bases[i].amd64)
			ok(uc_reg_write(raw->uc, UC_X86_REG_MSR, &msr));
	}
	for (size_t i = 0; i < nr; i++)
		if (registers[i].uc != UC_X86_REG_INVALID && registers[i].reg != PVP_X86_rip)
			ok(uc_reg_write(raw->uc, registers[i].uc,
					&sm->start.reg[registers[i].reg]));
	raw->stop_at = sm->request.end;
	raw->vector = -1;
	err = uc_emu_start(raw->uc, sm->start.reg[PVP_X86_rip], raw->scratch + 0xf00, 0, 0);
	if (err == UC_ERR_INSN_INVALID)
		raw->vector = PVP_FAULT_UD;
	else if (err && raw->vector < 0)
		ck_abort_msg("raw engine: %s", uc_strerror(err));
	raw->end = sm->start;
	read_system(raw, &raw->end);
	for (size_t i = 0; i < nr; i++) {
		uint64_t value = 0;

		if (registers[i].uc == UC_X86_REG_INVALID)
			continue;
		ok(uc_reg_read(raw->uc, registers[i].uc, &value));
		raw->end.reg[registers[i].reg] = value;
	}
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		uc_x86_msr msr = { bases[i].msr, 0 };

		if (!(raw->is_i386 ? bases[i].i386 : bases[i].amd64))
			continue;
		ok(uc_reg_read(raw->uc, UC_X86_REG_MSR, &msr));
		raw->end.reg[bases[i].reg] = msr.value;
	}
}

void raw_engine_close(struct raw_engine *raw)
{
	uc_close(raw->uc);
	for (size_t i = 0; i < SM_NR_REGIONS; i++)
		free(raw->host[i]);
	memset(raw, 0, sizeof(*raw));
}
