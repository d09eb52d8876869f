// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_hypercall.c - what of a Xen hypercall is recorded, and what it answers.  A machine in ring 3
 * executes `syscall`.
 */
#include "hypercall.h"

#include "check_helpers.h"
#include "suites.h"
#include "x86/regs.h"

#define TEXT  0xffffffff81000000ull
#define DATA  0xffff888000000000ull
#define STACK 0xffffc90000000000ull
#define PAGE  0x1000

static uint8_t text[PAGE] __attribute__((aligned(PAGE))), data[PAGE] __attribute__((aligned(PAGE))),
	stack[PAGE] __attribute__((aligned(PAGE)));
static struct pvp_machine *machine;
static struct pvp_run run;

static void setup(void)
{
	static const uint8_t code[] = {0x0f, 0x05, 0xf4}; /* syscall; hlt */
	const struct pvp_region regions[] = {
		{TEXT, PAGE, text, PVP_PROT_READ | PVP_PROT_EXEC, PVP_MEM_PLAIN, "text"},
		{DATA, PAGE, data, PVP_PROT_READ | PVP_PROT_WRITE, PVP_MEM_ORDERED, "data"},
		{STACK, PAGE, stack, PVP_PROT_READ | PVP_PROT_WRITE, PVP_MEM_STACK, "stack"},
	};
	const struct pvp_machine_rule rules[] = {{"syscall", PVP_RULE_ALLOW}};
	const struct pvp_machine_config config = {
		.ring = 3,
		.regions = regions,
		.nr_regions = ARRAY_SIZE(regions),
		.rules = rules,
		.nr_rules = ARRAY_SIZE(rules),
		.client = {.hypercall = pvp_xen_hypercall},
	};

	memcpy(text, code, sizeof(code));
	for (unsigned i = 0; i < PAGE; i++)
		data[i] = i * 7 + i / 256 + 1;
	memset(&run, 0, sizeof(run));
	pvp_ck_ok(pvp_machine_create(&config, &machine));
}

static void teardown(void)
{
	pvp_machine_destroy(machine);
	pvp_run_deinit(&run);
}

/* Memory stays as the call left it until undo. */
static void call(uint64_t number, const uint64_t *args, uint64_t seed)
{
	static const enum pvp_x86_reg regs[] = {PVP_X86_rdi, PVP_X86_rsi, PVP_X86_rdx, PVP_X86_r10,
						PVP_X86_r8};
	struct pvp_state start = {.reg = {[PVP_X86_rip] = TEXT,
					  [PVP_X86_rsp] = STACK + PAGE / 2,
					  [PVP_X86_rflags] = 0x202,
					  [PVP_X86_rcx] = 0x1111,
					  [PVP_X86_r11] = 0x2222,
					  [PVP_X86_rbx] = 0x3333}};
	struct pvp_run_request request = {
		.start = &start,
		.inside = {{TEXT, TEXT + 2}},
		.end = TEXT + 2,
		.end_sp = STACK + PAGE / 2,
		.max_insns = 10,
		.seed = seed,
	};

	start.reg[PVP_X86_rax] = number;
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++)
		start.reg[regs[i]] = args[i];
	pvp_machine_run(machine, &request, &run);
}

/* An effect: number and arguments, then memory. */
static void expect_effect(const char *name, uint64_t number, unsigned nr_args, const uint64_t *args,
			  const void *memory, size_t len)
{
	const struct pvp_effect *e = &run.effects.v[0];

	ck_assert_msg(run.stop == PVP_STOP_END, "%s: %s", name, pvp_stop_name(run.stop));
	ck_assert_msg(run.effects.nr == 1 && e->kind == PVP_EFFECT_HYPERCALL, "%s: %zu effects",
		      name, run.effects.nr);
	ck_assert_msg(e->nr_args == nr_args + 1 && e->arg[0] == number, "%s: %u arguments", name,
		      e->nr_args);
	for (unsigned i = 0; i < nr_args; i++)
		ck_assert_msg(e->arg[1 + i] == args[i], "%s: argument %u", name, i);
	ck_assert_msg(e->data_len == len, "%s: %zu bytes of memory, expected %zu", name,
		      e->data_len, len);
	pvp_ck_bytes(name, run.effects.data + e->data, memory, len);
}

#define AT (DATA + 0x100)

// clang-format off
/* Source: Xen's public headers.  memory: bytes described by the argument AT. */
static const struct {
	const char *name;
	uint64_t number;
	unsigned nr_args;
	size_t memory;
	uint64_t args[5];
} calls[] = {
	{ "mmu_update, 3 requests",      1, 4,  48, { AT, 3, 0, 0x7ff0 } },
	{ "mmu_update, none",            1, 4,   0, { AT, 0, 0, 0x7ff0 } },
	{ "set_gdt, 512 entries",        2, 2,   8, { AT, 512 } },
	{ "set_gdt, 513 entries",        2, 2,  16, { AT, 513 } },
	{ "stack_switch",                3, 2,   0, { 0xe02b, AT } },
	{ "set_callbacks",               4, 4,   0, { 1, 2, 3, 4 } },
	{ "fpu_taskswitch",              5, 1,   0, { 1 } },
	{ "platform_op",                 7, 1,  32, { AT } },
	{ "set_debugreg",                8, 2,   0, { 7, 0x400 } },
	{ "get_debugreg",                9, 1,   0, { 6 } },
	{ "update_descriptor",          10, 2,   0, { AT, 0x00cf9b000000ffff } },
	{ "memory_op",                  12, 2,  24, { 1, AT } },
	{ "update_va_mapping",          14, 3,   0, { AT, 0x63, 2 } },
	{ "set_timer_op",               15, 1,   0, { 12345 } },
	{ "xen_version",                17, 2,   0, { 0, 0 } },
	{ "console_io",                 18, 3,   5, { 0, 5, AT } },
	{ "vm_assist",                  21, 2,   0, { 0, 4 } },
	{ "vcpu_op",                    24, 3,   0, { 7, 1, AT } },
	{ "set_segment_base",           25, 2,   0, { 2, AT } },
	{ "mmuext_op, 2 requests",      26, 4,  48, { AT, 2, 0, 0x7ff0 } },
	{ "nmi_op",                     28, 2,  16, { 0, AT } },
	{ "sched_op yield",             29, 2,   0, { 0, 0 } },
	{ "sched_op block",             29, 2,   0, { 1, 0 } },
	{ "sched_op shutdown",          29, 2,   4, { 2, AT } },
	{ "callback_op",                30, 2,  16, { 0, AT } },
	{ "event_channel_op close",     32, 2,   4, { 3, AT } },
	{ "event_channel_op send",      32, 2,   4, { 4, AT } },
	{ "event_channel_op bind_vcpu", 32, 2,   8, { 8, AT } },
	{ "event_channel_op unmask",    32, 2,   4, { 9, AT } },
	{ "physdev_op set_iopl",        33, 2,   4, { 6, AT } },
	{ "physdev_op set_iobitmap",    33, 2,  12, { 7, AT } },
	{ "hvm_op",                     34, 2,  16, { 0, AT } },
	{ "xenpmu_op",                  40, 2,  16, { 2, AT } },
};
// clang-format on

START_TEST(recorded)
{
	const char *name = calls[_i].name;

	call(calls[_i].number, calls[_i].args, 1);
	expect_effect(name, calls[_i].number, calls[_i].nr_args, calls[_i].args, data + 0x100,
		      calls[_i].memory);
	/* The instruction takes rcx and r11, the call rax; nothing else. */
	ck_assert_uint_ne(run.end.reg[PVP_X86_rcx], 0x1111);
	ck_assert_uint_ne(run.end.reg[PVP_X86_r11], 0x2222);
	ck_assert_uint_eq(run.end.reg[PVP_X86_rbx], 0x3333);
	ck_assert_uint_eq(run.end.reg[PVP_X86_rsp], STACK + PAGE / 2);
	ck_assert_uint_eq(run.end.reg[PVP_X86_rflags], 0x202);
	ck_assert_uint_eq(pvp_machine_memory(machine)->nr_log, 0);
	if (calls[_i].number != 9 && calls[_i].number != 17)
		ck_assert_uint_eq(run.end.reg[PVP_X86_rax], 0);
	pvp_machine_undo(machine);
}
END_TEST

/* A Xen that refuses: every call but those that only tell, and each request of a multicall. */
START_TEST(refused)
{
	const uint64_t number = calls[_i].number, einval = -22;

	call(number, calls[_i].args, PVP_SEED_REFUSES | 1);
	expect_effect(calls[_i].name, number, calls[_i].nr_args, calls[_i].args, data + 0x100,
		      calls[_i].memory);
	if (number != 9 && number != 17)
		ck_assert_uint_eq(run.end.reg[PVP_X86_rax], einval);
	pvp_machine_undo(machine);
}
END_TEST

/* The number is eax; what is above it is nobody's. */
START_TEST(number_is_32_bits)
{
	call(0xdeadbeef00000005, (const uint64_t[5]){1}, 1);
	expect_effect("fpu_taskswitch", 5, 1, (const uint64_t[]){1}, NULL, 0);
	pvp_machine_undo(machine);
}
END_TEST

// clang-format off
static const struct {
	const char *name;
	uint64_t number, args[5];
} unknown[] = {
	{ "6",  6, { 0 } },   { "11", 11, { 0 } }, { "16", 16, { 0 } }, { "19", 19, { 0 } },
	{ "grant_table_op", 20, { AT, 1 } }, { "iret", 23, { 0 } }, { "27", 27, { 0 } },
	{ "31", 31, { 0 } },  { "39", 39, { 0 } }, { "41", 41, { 0 } }, { "1000", 1000, { 0 } },
	{ "0xffffffff", 0xffffffff, { 0 } },
	/* Of a known call, a command whose argument nobody has described. */
	{ "sched_op watchdog", 29, { 6, AT } },
	{ "event_channel_op bind_virq", 32, { 1, AT } },
	{ "physdev_op 8", 33, { 8, AT } },
	{ "multicall, too many", 13, { AT, 513 } },
};
// clang-format on

START_TEST(not_modelled)
{
	call(unknown[_i].number, unknown[_i].args, 1);
	ck_assert_msg(run.stop == PVP_STOP_HYPERCALL, "%s: %s", unknown[_i].name,
		      pvp_stop_name(run.stop));
	pvp_machine_undo(machine);
}
END_TEST

/* Traps: 16 bytes each, up to one whose address (at 8) is 0, that one too. */
START_TEST(trap_table)
{
	const uint64_t args[5] = {AT};
	uint8_t want[3 * 16];

	memset(data + 0x100 + 2 * 16 + 8, 0, 8);
	memcpy(want, data + 0x100, sizeof(want));
	for (unsigned i = 0; i < 3; i++) /* vector, flags, selector, and nothing */
		memset(want + 16 * i + 4, 0, 4);
	call(0, args, 1);
	expect_effect("set_trap_table", 0, 1, args, want, sizeof(want));
	pvp_machine_undo(machine);
	call(0, (const uint64_t[5]){0}, 1); /* NULL resets */
	expect_effect("set_trap_table NULL", 0, 1, (const uint64_t[]){0}, NULL, 0);
	pvp_machine_undo(machine);
}
END_TEST

static void put64(size_t at, uint64_t value)
{
	memcpy(data + at, &value, sizeof(value));
}

/* An entry: number, result, six arguments. */
static void put_entry(size_t at, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t entry[8] = {number, 0xbad, a, b, c, 0x44, 0x55, 0x66};

	memcpy(data + at, entry, sizeof(entry));
}

START_TEST(multicall)
{
	const uint64_t args[5] = {AT, 2};
	uint64_t want[2 + 4 + 3];

	put_entry(0x100, 10, 0x11, 0x22, 0x33);	    /* update_descriptor: 2 arguments */
	put_entry(0x140, 1, DATA + 0x800, 1, 0x33); /* mmu_update: 4, and a request of 16 bytes */
	want[0] = 10, want[1] = 0x11, want[2] = 0x22;
	want[3] = 1, want[4] = DATA + 0x800, want[5] = 1, want[6] = 0x33;
	want[7] = 0x44;
	call(13, args, 1);
	{
		uint8_t bytes[8 * 8 + 16];

		memcpy(bytes, want, 8 * 8);
		memcpy(bytes + 8 * 8, data + 0x800, 16);
		expect_effect("multicall", 13, 2, args, bytes, sizeof(bytes));
	}
	/* Each request succeeds, and the hypervisor wrote that. */
	ck_assert_uint_eq(data[0x108] | data[0x109] | data[0x148] | data[0x149], 0);
	ck_assert_uint_eq(pvp_machine_memory(machine)->nr_log, 2);
	ck_assert_uint_eq(pvp_machine_memory(machine)->log[0].writer, PVP_WRITER_MACHINE);
	ck_assert_uint_eq(pvp_machine_memory(machine)->log[0].addr, AT + 8);
	pvp_machine_undo(machine);
	ck_assert_uint_eq(data[0x108] | data[0x109] << 8, 0xbad);
	call(13, args, PVP_SEED_REFUSES);
	ck_assert_uint_eq(run.end.reg[PVP_X86_rax], 0);
	ck_assert_int_eq((int8_t)data[0x108], -22);
	ck_assert_int_eq((int8_t)data[0x148], -22);
	pvp_machine_undo(machine);

	put_entry(0x140, 1000, 0, 0, 0);
	call(13, args, 1);
	ck_assert_msg(run.stop == PVP_STOP_HYPERCALL, "an unknown request");
	pvp_machine_undo(machine);
	put_entry(0x140, 13, AT, 1, 0);
	call(13, args, 1);
	ck_assert_msg(run.stop == PVP_STOP_HYPERCALL, "a multicall in a multicall");
	pvp_machine_undo(machine);
	put_entry(0x140, 29, 6, AT, 0);
	call(13, args, 1);
	ck_assert_msg(run.stop == PVP_STOP_HYPERCALL, "an unknown command");
	pvp_machine_undo(machine);
}
END_TEST

/* tlb_flush_multi (8) and invlpg_multi (9) also name a mask of CPUs, in the third word. */
START_TEST(mmuext_masks)
{
	static const struct {
		uint64_t command;
		bool mask, has[2]; /* its arguments */
	} commands[] = {
		{6, false, {false, false}}, /* tlb_flush_local */
		{7, false, {true, false}},  /* invlpg_local */
		{8, true, {false, true}},   /* tlb_flush_multi */
		{9, true, {true, true}},    /* invlpg_multi */
		{0, false, {true, false}},  /* pin_l1_table */
		{13, false, {true, true}},  /* set_ldt: no row, so all of it */
	};
	const uint64_t args[5] = {AT, 1};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		uint8_t want[24 + 8];

		put64(0x100, commands[i].command | 0xbadull << 32);
		put64(0x108, 0x7f0000001000);
		put64(0x110, DATA + 0x900);
		memcpy(want, data + 0x100, 24);
		memcpy(want + 24, data + 0x900, 8);
		if (commands[i].command != 13)
			memset(want + 4, 0, 4);
		for (unsigned k = 0; k < 2; k++)
			if (!commands[i].has[k])
				memset(want + 8 + 8 * k, 0, 8);
		call(26, args, 1);
		expect_effect("mmuext_op", 26, 4, args, want, commands[i].mask ? 32 : 24);
		pvp_machine_undo(machine);
	}
}
END_TEST

// clang-format off
/* Structures with padding: what a stack held there tells nobody anything. */
static const struct {
	uint64_t number, command;
	size_t len, from, nr; /* the padding */
} padded[] = {
	{ 29, 3, 24, 12, 4 }, /* sched_op poll */
	{ 34, 9, 16, 2,  6 }, /* hvm_op pagetable_dying */
	{ 34, 0, 16, 0,  0 }, /* hvm_op set_param: all of it */
};
// clang-format on

START_TEST(padding)
{
	const uint64_t args[5] = {padded[_i].command, AT};
	uint8_t want[24];

	memcpy(want, data + 0x100, padded[_i].len);
	memset(want + padded[_i].from, 0, padded[_i].nr);
	call(padded[_i].number, args, 1);
	expect_effect("padded", padded[_i].number, 2, args, want, padded[_i].len);
	pvp_machine_undo(machine);
}
END_TEST

/* Memory that is not there is recorded as such, and stops nobody. */
START_TEST(absent_memory)
{
	const uint64_t args[5] = {DATA + PAGE - 8, 1}, far[5] = {0x1000, 1};

	call(1, args, 1);
	expect_effect("across the end", 1, 4, args, "absent!", 8);
	pvp_machine_undo(machine);
	call(13, far, 1);
	expect_effect("multicall at nothing", 13, 2, far, "absent!", 8);
	pvp_machine_undo(machine);
}
END_TEST

START_TEST(answers)
{
	uint64_t rax[4], rcx[4];
	static const struct {
		uint64_t reg, seed;
	} asked[] = {{6, 1}, {6, 1}, {7, 1}, {6, 2}};

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		call(9, (const uint64_t[5]){asked[i].reg}, asked[i].seed);
		rax[i] = run.end.reg[PVP_X86_rax];
		rcx[i] = run.end.reg[PVP_X86_rcx];
		pvp_machine_undo(machine);
	}
	ck_assert(rax[0] == rax[1] && rax[0] != rax[2] && rax[0] != rax[3] && rax[0]);
	ck_assert(rcx[0] == rcx[1] && rcx[0] != rcx[3]);
	call(17, (const uint64_t[5]){0}, 1);
	ck_assert_uint_eq(run.end.reg[PVP_X86_rax], 0x40011); /* 4.17 */
	pvp_machine_undo(machine);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(pvp_xen_hypercall_name(1), "mmu_update");
	ck_assert_str_eq(pvp_xen_hypercall_name(40), "xenpmu_op");
	ck_assert_ptr_null(pvp_xen_hypercall_name(41));
	ck_assert_ptr_null(pvp_xen_hypercall_name(6));
}
END_TEST

Suite *hypercall_suite(void)
{
	Suite *s = suite_create("hypercall");
	TCase *xen = tcase_create("xen");

	tcase_add_checked_fixture(xen, setup, teardown);
	tcase_add_loop_test(xen, recorded, 0, ARRAY_SIZE(calls));
	tcase_add_loop_test(xen, refused, 0, ARRAY_SIZE(calls));
	tcase_add_loop_test(xen, not_modelled, 0, ARRAY_SIZE(unknown));
	tcase_add_test(xen, number_is_32_bits);
	tcase_add_test(xen, trap_table);
	tcase_add_test(xen, multicall);
	tcase_add_test(xen, mmuext_masks);
	tcase_add_loop_test(xen, padding, 0, ARRAY_SIZE(padded));
	tcase_add_test(xen, absent_memory);
	tcase_add_test(xen, answers);
	tcase_add_test(xen, names);
	suite_add_tcase(s, xen);
	return s;
}
