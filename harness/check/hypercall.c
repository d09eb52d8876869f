// SPDX-License-Identifier: GPL-2.0-only
#include "hypercall.h"

#include <errno.h>
#include <string.h>

#include "x86/regs.h"

/* How much memory an argument describes. */
enum extent {
	NOTHING,
	FIXED,	    /* size bytes */
	COUNTED,    /* size bytes times the argument `count` */
	GDT_FRAMES, /* 8 bytes for each 512 of the argument `count` */
	TRAPS,	    /* 16-byte entries up to one whose address is 0 */
	MULTICALL,  /* 64-byte entries, argument `count` of them */
	MMUEXT,	    /* 24-byte entries, argument `count` of them; some point to a CPU mask */
	BY_COMMAND, /* by the first argument: commands[] */
};

struct hypercall {
	const char *name;
	uint8_t nr_args;
	struct {
		uint8_t extent;
		uint8_t arg, count; /* numbers of the pointer and of the count argument */
		uint8_t size;
	} memory;
};

// clang-format off
/* Source: Xen's public headers (xen.h and the interface of each call). */
static const struct hypercall hypercalls[] = {
	/* number             name                 args   memory: extent, pointer, count, size */
	[0]  = { "set_trap_table",      1, { TRAPS,      0, 0,  0 } },
	[1]  = { "mmu_update",          4, { COUNTED,    0, 1, 16 } },
	[2]  = { "set_gdt",             2, { GDT_FRAMES, 0, 1,  0 } },
	[3]  = { "stack_switch",        2, { NOTHING,    0, 0,  0 } },
	[4]  = { "set_callbacks",       4, { NOTHING,    0, 0,  0 } },
	[5]  = { "fpu_taskswitch",      1, { NOTHING,    0, 0,  0 } },
	[7]  = { "platform_op",         1, { FIXED,      0, 0, 32 } },
	[8]  = { "set_debugreg",        2, { NOTHING,    0, 0,  0 } },
	[9]  = { "get_debugreg",        1, { NOTHING,    0, 0,  0 } },
	[10] = { "update_descriptor",   2, { NOTHING,    0, 0,  0 } },
	[12] = { "memory_op",           2, { FIXED,      1, 0, 24 } },
	[13] = { "multicall",           2, { MULTICALL,  0, 1, 64 } },
	[14] = { "update_va_mapping",   3, { NOTHING,    0, 0,  0 } },
	[15] = { "set_timer_op",        1, { NOTHING,    0, 0,  0 } },
	[17] = { "xen_version",         2, { NOTHING,    0, 0,  0 } },
	[18] = { "console_io",          3, { COUNTED,    2, 1,  1 } },
	[21] = { "vm_assist",           2, { NOTHING,    0, 0,  0 } },
	[24] = { "vcpu_op",             3, { NOTHING,    0, 0,  0 } },
	[25] = { "set_segment_base",    2, { NOTHING,    0, 0,  0 } },
	[26] = { "mmuext_op",           4, { MMUEXT,     0, 1, 24 } },
	[28] = { "nmi_op",              2, { FIXED,      1, 0, 16 } },
	[29] = { "sched_op",            2, { BY_COMMAND, 1, 0,  0 } },
	[30] = { "callback_op",         2, { FIXED,      1, 0, 16 } },
	[32] = { "event_channel_op",    2, { BY_COMMAND, 1, 0,  0 } },
	[33] = { "physdev_op",          2, { BY_COMMAND, 1, 0,  0 } },
	[34] = { "hvm_op",              2, { BY_COMMAND, 1, 0,  0 } },
	[40] = { "xenpmu_op",           2, { FIXED,      1, 0, 16 } },
};

/* Argument structures by command; a command without a row is not modelled. */
static const struct command {
	uint8_t number, command, size[2]; /* by enum pvp_isa */
	uint32_t padding[2]; /* bytes of it that are nothing, a bit each */
} commands[] = {
	{ 29, 0, {  0,  0 }, { 0, 0 } }, /* sched_op yield */
	{ 29, 1, {  0,  0 }, { 0, 0 } }, /* block */
	{ 29, 2, {  4,  4 }, { 0, 0 } }, /* shutdown: reason */
	{ 29, 3, { 24, 16 }, { 0xf000, 0 } }, /* poll: ports, count, timeout */
	{ 32, 3, {  4,  4 }, { 0, 0 } }, /* event_channel_op close: port */
	{ 32, 4, {  4,  4 }, { 0, 0 } }, /* send: port */
	{ 32, 8, {  8,  8 }, { 0, 0 } }, /* bind_vcpu: port, vcpu */
	{ 32, 9, {  4,  4 }, { 0, 0 } }, /* unmask: port */
	{ 33, 6, {  4,  4 }, { 0, 0 } }, /* physdev_op set_iopl */
	{ 33, 7, { 12,  8 }, { 0, 0 } }, /* set_iobitmap: pointer, count */
	{ 34, 0, { 16, 16 }, { 0, 0 } }, /* hvm_op set_param: domain, index, value */
	{ 34, 1, { 16, 16 }, { 0, 0 } }, /* get_param */
	{ 34, 9, { 16, 16 }, { 0xfc, 0xfc } }, /* pagetable_dying: domain, address */
};

/* Which arguments of an mmuext_op its command has; one without a row: both.  Source: Xen's xen.h. */
static const struct {
	uint8_t command;
	bool has[2];
} mmuext_args[] = {
	{ 0,  { true,  false } }, /* pin_l1_table: frame */
	{ 1,  { true,  false } }, /* pin_l2_table */
	{ 2,  { true,  false } }, /* pin_l3_table */
	{ 3,  { true,  false } }, /* pin_l4_table */
	{ 4,  { true,  false } }, /* unpin_table */
	{ 5,  { true,  false } }, /* new_baseptr */
	{ 6,  { false, false } }, /* tlb_flush_local */
	{ 7,  { true,  false } }, /* invlpg_local: address */
	{ 8,  { false, true  } }, /* tlb_flush_multi: mask */
	{ 9,  { true,  true  } }, /* invlpg_multi */
	{ 10, { false, false } }, /* tlb_flush_all */
	{ 11, { true,  false } }, /* invlpg_all */
	{ 12, { false, false } }, /* flush_cache */
	{ 15, { true,  false } }, /* new_user_baseptr */
	{ 16, { true,  false } }, /* clear_page */
};
// clang-format on

#define MAX_REQUESTS 512 /* entries of one batch; more than a kernel's buffers hold */
#define RESULT_SALT  0x4e5417ull

const char *pvp_xen_hypercall_name(uint64_t number)
{
	return number < ARRAY_SIZE(hypercalls) ? hypercalls[number].name : NULL;
}

#define ALL_BYTES ~0ull

/*
 * Appends memory of the guest to the newest effect; what is not mapped is marked as such.  Bytes of the
 * first 64 whose bit in `read` is clear are padding or nothing to this call: recorded as 0.
 */
static void record_some(struct pvp_machine *machine, uint64_t addr, uint64_t len, uint64_t read)
{
	static const uint8_t absent[8] = "absent!";
	struct pvp_memory *memory = pvp_machine_memory(machine);
	uint8_t buf[64];

	while (len) {
		uint64_t n = len < sizeof(buf) ? len : sizeof(buf);

		if (!pvp_memory_read(memory, addr, buf, n)) {
			pvp_effects_add_data(pvp_machine_effects(machine), absent, sizeof(absent));
			return;
		}
		for (uint64_t i = 0; i < n; i++)
			if (!(read >> i & 1))
				buf[i] = 0;
		pvp_effects_add_data(pvp_machine_effects(machine), buf, n);
		addr += n;
		len -= n;
		read = ALL_BYTES;
	}
}

static void record(struct pvp_machine *machine, uint64_t addr, uint64_t len)
{
	record_some(machine, addr, len, ALL_BYTES);
}

static const struct command *find_command(uint64_t number, uint64_t command)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].number == number && commands[i].command == (uint32_t)command)
			return &commands[i];
	return NULL;
}

static bool is_modelled(uint64_t number, uint64_t first_arg)
{
	return pvp_xen_hypercall_name(number) &&
	       (hypercalls[number].memory.extent != BY_COMMAND || find_command(number, first_arg));
}

static bool record_memory(struct pvp_machine *machine, uint64_t number, const uint64_t *args,
			  unsigned depth);

/* Source: errno of Xen's ABI is that of Linux, negated. */
static uint64_t success_or_not(struct pvp_machine *machine)
{
	return pvp_machine_seed(machine) & PVP_SEED_REFUSES ? -EINVAL : 0;
}

/* False: one of the requests is not modelled. */
static bool record_multicall(struct pvp_machine *machine, uint64_t addr, uint64_t nr)
{
	struct pvp_memory *memory = pvp_machine_memory(machine);
	const uint64_t result = success_or_not(machine);
	uint64_t entry[8]; /* op, result, six arguments */

	if (nr > MAX_REQUESTS)
		return false;
	for (uint64_t i = 0; i < nr; i++, addr += sizeof(entry)) {
		if (!pvp_memory_read(memory, addr, entry, sizeof(entry))) {
			record(machine, addr, sizeof(entry));
			return true;
		}
		if (!is_modelled(entry[0], entry[2]))
			return false;
		pvp_effects_add_data(pvp_machine_effects(machine), &entry[0], 8);
		pvp_effects_add_data(pvp_machine_effects(machine), &entry[2],
				     8 * hypercalls[entry[0]].nr_args);
		if (!record_memory(machine, entry[0], entry + 2, 1))
			return false;
		pvp_memory_write(memory, addr + 8, &result, 8, PVP_WRITER_MACHINE);
	}
	return true;
}

/* The bytes of an operation that Xen reads: the command, 4 bytes of padding, two arguments. */
static uint64_t mmuext_bytes(uint32_t command)
{
	for (size_t i = 0; i < ARRAY_SIZE(mmuext_args); i++)
		if (mmuext_args[i].command == command)
			return 0xf | (mmuext_args[i].has[0] ? 0xffull << 8 : 0) |
			       (mmuext_args[i].has[1] ? 0xffull << 16 : 0);
	return ALL_BYTES;
}

static void record_mmuext(struct pvp_machine *machine, uint64_t addr, uint64_t nr)
{
	uint64_t op[3]; /* command, argument, argument */

	for (uint64_t i = 0; i < nr && i < MAX_REQUESTS; i++, addr += sizeof(op)) {
		bool is_there = pvp_memory_read(pvp_machine_memory(machine), addr, op, sizeof(op));

		record_some(machine, addr, sizeof(op), is_there ? mmuext_bytes(op[0]) : ALL_BYTES);
		if (!is_there)
			return;
		/* tlb_flush_multi and invlpg_multi name a mask of CPUs */
		if ((uint32_t)op[0] == 8 || (uint32_t)op[0] == 9)
			record(machine, op[2], 8);
	}
}

static bool record_memory(struct pvp_machine *machine, uint64_t number, const uint64_t *args,
			  unsigned depth)
{
	const struct hypercall *call = &hypercalls[number];
	uint64_t addr = args[call->memory.arg], count = args[call->memory.count];
	const struct command *command;
	uint64_t trap[2]; /* vector, flags, selector, 4 bytes of padding; address */

	switch ((enum extent)call->memory.extent) {
	case NOTHING:
		return true;
	case FIXED:
		record(machine, addr, call->memory.size);
		return true;
	case COUNTED:
		record(machine, addr,
		       (count < MAX_REQUESTS ? count : MAX_REQUESTS) * call->memory.size);
		return true;
	case GDT_FRAMES:
		record(machine, addr, ((count < 8192 ? count : 8192) + 511) / 512 * 8);
		return true;
	case TRAPS:
		for (unsigned i = 0; addr && i <= 256; i++, addr += sizeof(trap)) {
			record_some(machine, addr, sizeof(trap), 0xff0f);
			if (!pvp_memory_read(pvp_machine_memory(machine), addr, trap,
					     sizeof(trap)) ||
			    !trap[1])
				return true;
		}
		return true;
	case MULTICALL: /* not one in another */
		return !depth && record_multicall(machine, addr, count);
	case MMUEXT:
		record_mmuext(machine, addr, count);
		return true;
	case BY_COMMAND:
		command = find_command(number, args[0]);
		record_some(machine, addr, command->size[pvp_machine_isa(machine)],
			    ~(uint64_t)command->padding[pvp_machine_isa(machine)]);
		return true;
	}
	return false;
}

static bool xen_hypercall(struct pvp_machine *machine, bool by_syscall)
{
	static const enum pvp_x86_reg by_isa[][5] = {
		[PVP_ISA_AMD64] = {PVP_X86_rdi, PVP_X86_rsi, PVP_X86_rdx, PVP_X86_r10, PVP_X86_r8},
		[PVP_ISA_I386] = {PVP_X86_rbx, PVP_X86_rcx, PVP_X86_rdx, PVP_X86_rsi, PVP_X86_rdi},
	};
	const enum pvp_x86_reg *arg_regs = by_isa[pvp_machine_isa(machine)];
	uint64_t number = pvp_machine_reg(machine, PVP_X86_rax) & 0xffffffff;
	uint64_t args[1 + ARRAY_SIZE(by_isa[0])] = {number};
	uint64_t result = 0, seed = pvp_machine_seed(machine);

	if (!is_modelled(number, pvp_machine_reg(machine, arg_regs[0])))
		return false;
	for (unsigned i = 0; i < hypercalls[number].nr_args; i++)
		args[1 + i] = pvp_machine_reg(machine, arg_regs[i]);
	pvp_effects_add(pvp_machine_effects(machine), PVP_EFFECT_HYPERCALL,
			1 + hypercalls[number].nr_args, args);
	if (!record_memory(machine, number, args + 1, 0))
		return false;
	if (number == 9) /* get_debugreg */
		result = pvp_mix(seed ^ RESULT_SALT, args[1]);
	else if (number == 17) /* xen_version: 4.17 */
		result = 0x40011;
	else if (number != 13) /* (a multicall goes well whatever its entries do) */
		result = success_or_not(machine);
	pvp_machine_set_reg(machine, PVP_X86_rax, result);
	if (!by_syscall)
		return true;
	/* The syscall instruction takes rcx and r11; nothing may depend on what is left there. */
	pvp_machine_set_reg(machine, PVP_X86_rcx, pvp_mix(seed ^ RESULT_SALT, 0xc));
	pvp_machine_set_reg(machine, PVP_X86_r11, pvp_mix(seed ^ RESULT_SALT, 0x11));
	return true;
}

bool pvp_xen_hypercall(void *unused, struct pvp_machine *machine)
{
	(void)unused;
	return xen_hypercall(machine, true);
}

#define XEN_IRET 23

bool pvp_xen_hypercall_ends(const struct pvp_run *run)
{
	return run->stop == PVP_STOP_HYPERCALL && (uint32_t)run->end.reg[PVP_X86_rax] == XEN_IRET;
}

bool pvp_xen_hvm_hypercall(void *unused, struct pvp_machine *machine)
{
	(void)unused;
	return xen_hypercall(machine, false);
}
