// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.c - the machine's client, and calls of the image's functions.
 */
#include "inside.h"

#include <assert.h>
#include <string.h>

#include "alloc.h"
#include "callees.h"
#include "x86/regs.h"

#define MAX_ARGS 4

// clang-format off
/* Where a pass begins.  Source: arch/x86/kernel/alternative.c and callthunks.c of Linux 5.10 to
 * 7.2. */
static const struct {
	const char *function;
	enum pvp_pass pass;
} passes[] = {
	{ "apply_paravirt",                 PVP_PASS_PARAVIRT },
	{ "apply_retpolines",               PVP_PASS_RETPOLINE },
	{ "apply_returns",                  PVP_PASS_RETURN },
	{ "callthunks_patch_builtin_calls", PVP_PASS_CALL_THUNK },
	{ "apply_alternatives",             PVP_PASS_ALTERNATIVE },
	{ "apply_ibt_endbr",                PVP_PASS_ENDBR }, /* 6.1 */
	{ "apply_seal_endbr",               PVP_PASS_ENDBR },
	{ "alternatives_smp_module_add",    PVP_PASS_SMP_LOCK },
};

/* How a kernel's functions are called.  Source: System V ABI of each, i386 with -mregparm=3;
 * selectors of asm/segment.h. */
static const struct abi {
	enum pvp_isa isa;
	enum pvp_x86_reg args[MAX_ARGS];
	unsigned nr_args; /* in registers; the others above the return address */
	enum pvp_x86_reg percpu; /* base of its segment */
	uint16_t cs, ss;
} abis[] = {
	[PVP_ARCH_AMD64] = { PVP_ISA_AMD64, { PVP_X86_rdi, PVP_X86_rsi, PVP_X86_rdx, PVP_X86_rcx }, 4,
			     PVP_X86_gs_base, 0x10, 0x18 },
	[PVP_ARCH_I386]  = { PVP_ISA_I386,  { PVP_X86_rax, PVP_X86_rdx, PVP_X86_rcx }, 3,
			     PVP_X86_fs_base, 0x60, 0x68 },
};
// clang-format on

static const struct abi *abi_of(const struct pvp_guest *guest)
{
	return &abis[guest->image->arch];
}

/* --- the machine's client --- */

/* False: no stack. */
static bool push(struct pvp_guest *guest, uint64_t value)
{
	const unsigned len = guest->image->ptr_len;
	struct pvp_machine *m = guest->machine;
	uint64_t sp = pvp_machine_reg(m, PVP_X86_rsp) - len;

	if (!pvp_memory_write(pvp_machine_memory(m), sp, &value, len, PVP_WRITER_MACHINE))
		return false;
	pvp_machine_set_reg(m, PVP_X86_rsp, sp);
	return true;
}

/* The next page of the arena, or the one that is given. */
static uint64_t allocate(struct pvp_guest *guest, uint64_t given)
{
	const uint64_t arena = guest->memory.arena;

	if (given - arena < guest->arena)
		return given;
	if (guest->arena == PVP_GUEST_ARENA_LEN) {
		guest->arena_full = true;
		return 0;
	}
	guest->arena += PVP_GUEST_PAGE;
	return arena + guest->arena - PVP_GUEST_PAGE;
}

/* f(g, a, b, c) becomes g(a, b, c); g is returned. */
static uint64_t shift_arguments(struct pvp_guest *guest)
{
	const struct abi *abi = abi_of(guest);
	struct pvp_machine *m = guest->machine;
	const uint64_t function = pvp_machine_reg(m, abi->args[0]);
	uint64_t arg = 0;

	for (unsigned i = 1; i < MAX_ARGS; i++) {
		if (i < abi->nr_args)
			arg = pvp_machine_reg(m, abi->args[i]);
		else /* above the return address; the caller drops it */
			pvp_memory_read(pvp_machine_memory(m),
					pvp_machine_reg(m, PVP_X86_rsp) +
						(1 + i - abi->nr_args) * guest->image->ptr_len,
					&arg, guest->image->ptr_len);
		pvp_machine_set_reg(m, abi->args[i - 1], arg);
	}
	return function;
}

static uint64_t callee_result(void *arg, unsigned index, unsigned nth, uint64_t seed)
{
	struct pvp_guest *guest = arg;
	const struct pvp_callee *callee = &pvp_callees[index];

	(void)nth;
	(void)seed;
	if (index >= PVP_NR_CALLEES)
		return 0;
	switch (callee->kind) {
	case PVP_CALLEE_RETURN:
		return 0;
	case PVP_CALLEE_ALLOC:
		return allocate(guest, pvp_machine_reg(guest->machine, abi_of(guest)->args[0]));
	/* The machine returns from here to what is on the stack: let that be the function. */
	case PVP_CALLEE_APPLY:
		push(guest, shift_arguments(guest));
		break;
	case PVP_CALLEE_INSTEAD: /* several functions of one name do the same */
		push(guest, pvp_image_symbols_named(guest->image, callee->other, NULL)[0]->addr);
		break;
	}
	/* On i386 the result is where the first argument goes. */
	return pvp_machine_reg(guest->machine, PVP_X86_rax);
}

/* A pass that takes longer never ends: the longest known needs some 2,500 instructions an entry.
 * Each pass gets it once. */
static void set_budget(struct pvp_guest *guest)
{
	if (guest->begun & 1u << guest->pass)
		return;
	guest->begun |= 1u << guest->pass;
	guest->request.max_insns =
		guest->run.insns + 1000000 + 8000 * pvp_guest_entries(guest->tables, guest->pass);
}

static void watch(void *arg, unsigned index)
{
	struct pvp_guest *guest = arg;

	pvp_authors_settle(&guest->authors, guest->pass);
	guest->pass = passes[index].pass;
	set_budget(guest);
}

static void fill(void *arg, uint64_t seed, uint64_t addr, void *buf, size_t len)
{
	struct pvp_guest *guest = arg;

	(void)seed;
	if (!guest->stray)
		guest->stray = addr;
	memset(buf, 0, len);
}

/* int3_selftest() of 5.10, in line: the breakpoint's handler makes a call of it.  Source:
 * int3_exception_notify(), arch/x86/kernel/alternative.c of Linux 5.10. */
static uint64_t int3_selftest(struct pvp_guest *guest, uint64_t addr)
{
	const struct pvp_symbol *function = pvp_image_symbol_at(guest->image, addr);
	uint64_t magic;
	struct pvp_error *err;

	if (!function || strcmp(function->name, "alternative_instructions"))
		return 0;
	err = pvp_image_symbol(guest->image, "int3_magic", &magic);
	if (err) {
		pvp_error_destroy(err);
		return 0;
	}
	return push(guest, addr + 5) ? magic : 0;
}

/* ud1 (%edx),%rdi: the trap of a WARN, static call or inside __WARN_trap.  Source: asm/bug.h of
 * Linux 7.2. */
static const uint8_t warn_trap[] = {0x67, 0x48, 0x0f, 0xb9, 0x3a};

/* A WARN is a ud2, or that, which the kernel goes on behind. */
static uint64_t fixup(void *arg, struct pvp_machine *machine, uint64_t addr, unsigned vector)
{
	struct pvp_guest *guest = arg;
	const struct pvp_bug_entry *bug = pvp_tables_bug_at(guest->tables, addr);
	uint8_t text[sizeof(warn_trap)];

	if (vector == PVP_FAULT_BP)
		return int3_selftest(guest, addr);
	if (vector != PVP_FAULT_UD)
		return 0;
	if (pvp_memory_read(pvp_machine_memory(machine), addr, text, sizeof(text)) &&
	    !memcmp(text, warn_trap, sizeof(text)))
		return addr + sizeof(text);
	return bug && bug->warn ? addr + 2 : 0;
}

struct pvp_error *pvp_guest_create_machine(struct pvp_guest *guest)
{
	struct pvp_machine_config config = {
		.isa = abi_of(guest)->isa,
		.regions = guest->memory.regions,
		.nr_regions = guest->memory.nr,
		.boots = true,
		.blocks = !guest->exact,
		.client = {.arg = guest,
			   .callee_result = callee_result,
			   .watch = watch,
			   .fill = fill,
			   .fixup = fixup},
	};
	struct pvp_specials specials = {0};
	struct pvp_error *err;

	for (unsigned i = 0; i < ARRAY_SIZE(passes); i++)
		pvp_specials_add(&specials, guest->image, passes[i].function, PVP_SPECIAL_WATCH, i);
	pvp_specials_add_callees(&specials, guest->image, guest->tables, guest->platform);
	config.specials = specials.v;
	config.nr_specials = specials.nr;
	err = pvp_machine_create(&config, &guest->machine);
	pvp_specials_deinit(&specials);
	return err;
}

/* --- calls --- */

/* Arguments and the return address; the stack pointer is set. */
static struct pvp_error *put_frame(struct pvp_guest *guest, const uint64_t *args, unsigned nr_args,
				   struct pvp_state *start)
{
	const struct abi *abi = abi_of(guest);
	const unsigned len = guest->image->ptr_len;
	uint64_t frame[1 + MAX_ARGS] = {pvp_machine_landing(guest->machine)};
	uint64_t sp = guest->memory.stack_top - MAX_ARGS * sizeof(uint64_t);
	struct pvp_error *err = NULL;
	unsigned nr = 1;

	assert(nr_args <= MAX_ARGS);
	for (unsigned i = 0; i < nr_args; i++)
		if (i < abi->nr_args)
			start->reg[abi->args[i]] = args[i];
		else
			frame[nr++] = args[i];
	start->reg[PVP_X86_rsp] = sp - len;
	for (unsigned i = 0; i < nr && !err; i++)
		err = pvp_guest_memory_put(&guest->memory, sp - len + i * len, &frame[i], len,
					   "stack");
	return err;
}

struct pvp_error *pvp_guest_call(struct pvp_guest *guest, const char *function,
				 const uint64_t *args, unsigned nr_args)
{
	const struct abi *abi = abi_of(guest);
	struct pvp_state start = {0};
	struct pvp_error *err;

	err = pvp_image_symbol(guest->image, function, &start.reg[PVP_X86_rip]);
	if (!err)
		err = put_frame(guest, args, nr_args, &start);
	if (err)
		return err;
	start.reg[PVP_X86_rflags] = 2;
	/* Boot has not copied what has ordinary addresses. */
	if (!guest->image->percpu_from)
		start.reg[abi->percpu] = guest->image->percpu_base;
	start.reg[PVP_X86_cs] = abi->cs; /* flat, as in the machine's own table */
	start.reg[PVP_X86_ss] = abi->ss;
	guest->request = (struct pvp_run_request){
		.start = &start,
		.end = pvp_machine_landing(guest->machine),
		.end_sp = start.reg[PVP_X86_rsp] + guest->image->ptr_len,
	};
	guest->run.insns = 0;
	guest->begun = 0;
	set_budget(guest);
	guest->stray = 0;
	pvp_machine_run(guest->machine, &guest->request, &guest->run);
	pvp_machine_undo(guest->machine);
	guest->request.start = NULL;
	if (guest->run.stop == PVP_STOP_END && !guest->stray && !guest->arena_full)
		return NULL;
	return pvp_error_context(pvp_guest_why(guest), "%s, pass %s", function,
				 pvp_pass_name(guest->pass));
}
