// SPDX-License-Identifier: GPL-2.0-only
/* test_machine.c - how runs begin and leave no trace; how they stop: test_stops.c. */
#include <check.h>
#include <signal.h>

#include "check_helpers.h"
#include "small_machine.h"
#include "suites.h"
#include "x86/x86.h"

static struct small_machine sm;

static void teardown(void)
{
	small_machine_deinit(&sm);
}

/* --- entry --- */

START_TEST(entry)
{
	small_machine_init(&sm, 0);
	/* mov [rdi],rax; cli; push 7; call +0xf5; pop rcx */
	small_machine_code(&sm, "48 89 07 fa 6a 07 e8 f5 00 00 00 59");
	/* mov [rdi+8],rax; mov eax,5; ret */
	small_machine_bytes(&sm, SM_TEXT + 0x100, "48 89 47 08 b8 05 00 00 00 c3");
	sm.request.inside[0].lo = SM_TEXT;
	sm.request.inside[0].hi = SM_TEXT + 12;
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	ck_assert(sm.run.entered);
	ck_assert_uint_eq(sm.run.entry.reg[PVP_X86_rip], SM_TEXT + 0x100);
	ck_assert_uint_eq(sm.run.entry.reg[PVP_X86_rax], sm.start.reg[PVP_X86_rax]);
	ck_assert_uint_eq(sm.run.entry.reg[PVP_X86_rcx], sm.start.reg[PVP_X86_rcx]);
	ck_assert_uint_eq(sm.run.entry.reg[PVP_X86_rsp], SM_SP - 16);
	ck_assert_uint_eq(sm.run.entry.reg[PVP_X86_rflags] & PVP_X86_FLAG_IF, 0);
	ck_assert_uint_eq(sm.run.entry.reg[PVP_X86_cr3], sm.start.reg[PVP_X86_cr3]);
	ck_assert_uint_eq(sm.run.entry_effects, 1);
	ck_assert_uint_eq(sm.run.entry_log, 3); /* mov, push, call */
	sm_ck_reg(&sm, rax, 5);
	sm_ck_reg(&sm, rcx, 7);
}
END_TEST

/* Where the site's text is: offsets of inside[0], inside[1]; where the run enters, or -1. */
static const struct {
	const char *name;
	int lo0, hi0, lo1, hi1;
	int entry;
} insides[] = {
	{ "none", 0, 0, 0, 0, 0 },
	{ "the first instruction", 0, 1, 0, 0, 1 },
	{ "two of three", 0, 2, 0, 0, 2 },
	{ "two of three, in two ranges", 0, 1, 1, 2, 2 },
	{ "second range first", 1, 2, 0, 1, 2 },
	{ "all, so the end is the entry", 0, 3, 0, 0, 3 },
	{ "all and more", 0, 0x100, 0, 0, -1 },
};

START_TEST(inside)
{
	small_machine_init(&sm, 0);
	small_machine_code(&sm, "90 90 90");
	sm.request.inside[0].lo = SM_TEXT + insides[_i].lo0;
	sm.request.inside[0].hi = SM_TEXT + insides[_i].hi0;
	sm.request.inside[1].lo = SM_TEXT + insides[_i].lo1;
	sm.request.inside[1].hi = SM_TEXT + insides[_i].hi1;
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	ck_assert_msg(sm.run.entered == (insides[_i].entry >= 0), "%s", insides[_i].name);
	if (insides[_i].entry >= 0)
		ck_assert_msg(sm.run.entry.reg[PVP_X86_rip] == SM_TEXT + insides[_i].entry,
			      "%s: at %#lx", insides[_i].name,
			      (unsigned long)sm.run.entry.reg[PVP_X86_rip]);
}
END_TEST

/* --- specials --- */

static void open_special(const char *code, struct pvp_special *special, size_t nr)
{
	small_machine_init(&sm, 0);
	small_machine_code(&sm, code);
	sm.config.specials = special;
	sm.config.nr_specials = nr;
	small_machine_open(&sm);
}

START_TEST(special_skip)
{
	struct pvp_special warn = { .addr = SM_TEXT + 2, .kind = PVP_SPECIAL_SKIP, .len = 2 };

	open_special("ff c1 0f 0b ff c1", &warn, 1); /* inc ecx; ud2; inc ecx */
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	sm_ck_effects(&sm, "warn ffffffff81000002");
	sm_ck_reg(&sm, rcx, (uint32_t)sm.start.reg[PVP_X86_rcx] + 2);
}
END_TEST

START_TEST(special_callee)
{
	struct pvp_special callees[] = {
		{ .addr = SM_TEXT + 0x108, .kind = PVP_SPECIAL_CALLEE, .nr_args = 6, .index = 9 },
		{ .addr = SM_TEXT + 0x100, .kind = PVP_SPECIAL_CALLEE, .nr_args = 1, .index = 4 },
	};

	/* call +0xfb; mov rbx,rax; call +0xf3; mov rbp,rax; call +0xf3 (the other) */
	open_special("e8 fb 00 00 00 48 89 c3 e8 f3 00 00 00 48 89 c5 e8 f3 00 00 00", callees, 2);
	for (int round = 0; round < 2; round++) {
		small_machine_run(&sm);
		sm_ck_stop(&sm, "end");
		sm_ck_effects(&sm, "callee 4 ffffffff81003000; callee 4 ffffffff81003000; "
				   "callee 9 ffffffff81003000 ffffffff81003800 2222222222222222 "
				   "1111111111111111 8888888888888888 9999999999999999");
		sm_ck_reg(&sm, rbx, 0x700000400); /* seed, index, first call */
		sm_ck_reg(&sm, rbp, 0x700000401);
		sm_ck_reg(&sm, rax, 0x700000900);
		sm_ck_reg(&sm, rsp, SM_SP);
		small_machine_undo(&sm);
	}
}
END_TEST

START_TEST(special_opaque)
{
	struct pvp_special opaque = { .addr = SM_TEXT + 0x100, .kind = PVP_SPECIAL_OPAQUE };

	open_special("e8 fb 00 00 00", &opaque, 1);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "opaque");
	ck_assert_uint_eq(sm.run.stop_addr, SM_TEXT + 0x100);
	sm_ck_reg(&sm, rsp, SM_SP - 8);
}
END_TEST

/* A special is met only where an instruction begins. */
START_TEST(special_in_the_middle)
{
	struct pvp_special opaque = { .addr = SM_TEXT + 1, .kind = PVP_SPECIAL_OPAQUE };

	open_special("b8 01 00 00 00", &opaque, 1);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
}
END_TEST

static const struct pvp_special bad_specials[][2] = {
	{ { .addr = SM_TEXT }, { .addr = SM_TEXT } },
	{ { .addr = SM_TEXT, .kind = PVP_SPECIAL_CALLEE, .nr_args = 7 }, { .addr = 0 } },
};

START_TEST(bad_special_is_a_bug)
{
	open_special("90", (struct pvp_special *)bad_specials[_i], 2);
}
END_TEST

/* --- fixups --- */

static const struct {
	const char *name, *code;
	uint64_t at; /* of the faulting instruction */
	unsigned vector;
} fixups[] = {
	/* mov rbx,[rcx]: non-canonical */
	{ "load", "48 8b 19", 0, PVP_FAULT_GP },
	/* mov [0],al */
	{ "store", "88 04 25 00 00 00 00", 0, PVP_FAULT_PF },
	/* nop; mov [SM_HOLE-4],rax: half of it can be done */
	{ "store, second half", "90 48 89 04 25 fc 5f 00 81", 1, PVP_FAULT_PF },
	/* xor ecx,ecx; div ecx */
	{ "divide", "31 c9 f7 f1", 2, PVP_FAULT_DE },
	/* cmpxchg16b [rdi+8] */
	{ "misaligned cmpxchg16b", "48 0f c7 4f 08", 0, PVP_FAULT_GP },
	/* lgdt [rcx] */
	{ "sensitive, by its operand", "0f 01 11", 0, PVP_FAULT_GP },
	/* vmcall */
	{ "sensitive, by its rule", "0f 01 c1", 0, PVP_FAULT_UD },
	{ "ud2", "0f 0b", 0, PVP_FAULT_UD },
};

START_TEST(fixup)
{
	uint64_t digest;

	small_machine_init(&sm, 0);
	small_machine_code(&sm, fixups[_i].code);
	/* mov edx,7; jmp to the end */
	small_machine_bytes(&sm, SM_TEXT + 0x100, "ba 07 00 00 00 e9");
	small_machine_set_word(&sm, SM_TEXT + 0x106, sm.request.end - (SM_TEXT + 0x10a));
	sm.fixup = SM_TEXT + 0x100;
	sm.config.client.fill = NULL; /* no strays */
	digest = small_machine_digest(&sm);
	small_machine_open(&sm);
	for (int round = 0; round < 5; round++) {
		small_machine_run(&sm);
		ck_assert_msg(sm.run.stop == PVP_STOP_END, "%s: %s", fixups[_i].name,
			      small_machine_stop(&sm));
		ck_assert_msg(sm.nr_fixups == round + 1u, "%s: asked %u times", fixups[_i].name,
			      sm.nr_fixups);
		ck_assert_msg(sm.fixup_addr == SM_TEXT + fixups[_i].at &&
				      sm.fixup_vector == fixups[_i].vector,
			      "%s: vector %u at %#lx", fixups[_i].name, sm.fixup_vector,
			      (unsigned long)sm.fixup_addr);
		sm_ck_reg(&sm, rax, 0xfa11); /* set by the client */
		sm_ck_reg(&sm, rdx, 7);
		sm_ck_reg(&sm, rsp, SM_SP);
		ck_assert_uint_eq(pvp_machine_memory(sm.machine)->nr_log, 0);
		small_machine_undo(&sm);
		ck_assert_uint_eq(small_machine_digest(&sm), digest);
	}
	sm.fixup = 0;
	small_machine_run(&sm);
	ck_assert_msg(sm.run.stop == PVP_STOP_FAULT && sm.run.vector == fixups[_i].vector,
		      "%s, no fixup: %s", fixups[_i].name, small_machine_stop(&sm));
	sm_ck_reg(&sm, rax, sm.start.reg[PVP_X86_rax]);
}
END_TEST

/* Faults of the engine's own within one run: each is the first one to it. */
START_TEST(fixup_again_and_again)
{
	small_machine_init(&sm, 0);
	/* cmpxchg16b [rdi+8]; at +5, the fixup: dec ebx; jnz -9; */
	small_machine_code(&sm, "48 0f c7 4f 08 ff cb 75 f7");
	sm.fixup = SM_TEXT + 5;
	sm.start.reg[PVP_X86_rbx] = 5;
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	ck_assert_uint_eq(sm.nr_fixups, 5);
	ck_assert_uint_eq(sm.fixup_vector, PVP_FAULT_GP);
}
END_TEST

START_TEST(no_fixup_for_fetches)
{
	small_machine_init(&sm, 0);
	small_machine_code(&sm, "31 c0 ff d0");
	sm.fixup = SM_TEXT + 0x100;
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "fault 14 at 0 fetch");
	ck_assert_uint_eq(sm.nr_fixups, 0);
}
END_TEST

/* --- the other CPUs --- */

START_TEST(script_on_pause)
{
	const struct pvp_script_row rows[] = {
		{ .pauses = 3, .addr = SM_DATA, .len = 1, .value = 0 },
		{ .pauses = 2, .addr = SM_DATA + 1, .len = 2, .value = 0xbeef },
		{ .pauses = 9, .addr = SM_DATA + 8, .len = 8, .value = 1 }, /* never */
		{ .pauses = 1, .addr = SM_HOLE, .len = 1, .value = 1 },	    /* nowhere */
	};
	struct pvp_memory *memory;

	small_machine_init(&sm, 0);
	small_machine_code(&sm, "f3 90 80 3f 00 75 f9"); /* pause; cmp byte [rdi],0; jne -7 */
	small_machine_set_word(&sm, SM_DATA, 0xff);
	sm.request.script = rows;
	sm.request.nr_script = ARRAY_SIZE(rows);
	small_machine_open(&sm);
	memory = pvp_machine_memory(sm.machine);
	for (int round = 0; round < 3; round++) {
		small_machine_run(&sm);
		sm_ck_stop(&sm, "end");
		ck_assert_uint_eq(sm.run.insns, 9);
		ck_assert_uint_eq(small_machine_word(&sm, SM_DATA), 0xbeef00);
		ck_assert_uint_eq(memory->nr_log, 2);
		ck_assert_uint_eq(memory->log[0].addr, SM_DATA + 1);
		ck_assert_uint_eq(memory->log[0].writer, PVP_WRITER_SCRIPT);
		ck_assert_uint_eq(memory->log[1].writer, PVP_WRITER_SCRIPT);
		small_machine_undo(&sm);
		ck_assert_uint_eq(small_machine_word(&sm, SM_DATA), 0xff);
	}
	sm.request.nr_script = 0;
	small_machine_run(&sm);
	sm_ck_stop(&sm, "budget");
}
END_TEST

/* Selectors the engine runs with: none of our handlers would notice. */
START_TEST(ring_is_real)
{
	small_machine_init(&sm, _i);
	small_machine_code(&sm, "48 0f c7 4f 08"); /* cmpxchg16b [rdi+8]: #GP */
	small_machine_open(&sm);
	for (int round = 0; round < 3; round++) {
		uint64_t cs = 0, ss = 0;

		small_machine_run(&sm);
		sm_ck_stop(&sm, "fault 13 at 0");
		ck_assert(!uc_reg_read(sm.machine->uc, UC_X86_REG_CS, &cs) &&
			  !uc_reg_read(sm.machine->uc, UC_X86_REG_SS, &ss));
		ck_assert_uint_eq(cs, _i ? 0xe033 : 0x10);
		ck_assert_uint_eq(ss, _i ? 0xe02b : 0x18);
		small_machine_undo(&sm);
	}
}
END_TEST

/* --- configurations that are refused --- */

static uint8_t page[SM_PAGE] __attribute__((aligned(4096)));

static const struct {
	struct pvp_region region;
	const char *rule;
	enum pvp_error_code code;
	const char *message;
} refused[] = {
	{ { 0x10000, SM_PAGE, page, 7, PVP_MEM_PLAIN, "wx" },
	  "cli",
	  PVP_ERR_BAD_DATA,
	  "text that can be written: wx at 0x10000" },
	{ { SM_DATA, SM_PAGE, page, 3, PVP_MEM_PLAIN, "twice" }, "cli", PVP_ERR_ENGINE, "twice" },
	{ { 0x10001, SM_PAGE, page, 3, PVP_MEM_PLAIN, "odd" }, "cli", PVP_ERR_ENGINE, "odd" },
	{ { 0x10000, 100, page, 3, PVP_MEM_PLAIN, "short" }, "cli", PVP_ERR_ENGINE, "short" },
	{ { 0x10000, SM_PAGE, page, 3, PVP_MEM_PLAIN, "fine" },
	  "clii",
	  PVP_ERR_NOT_FOUND,
	  "unknown instruction class \"clii\"" },
};

START_TEST(refused_config)
{
	struct pvp_region regions[SM_NR_REGIONS + 1];
	struct pvp_machine_rule rule = { refused[_i].rule, PVP_RULE_ALLOW };

	small_machine_init(&sm, 0);
	memcpy(regions, sm.regions, sizeof(sm.regions));
	regions[SM_NR_REGIONS] = refused[_i].region;
	sm.config.regions = regions;
	sm.config.nr_regions = SM_NR_REGIONS + 1;
	sm.config.rules = &rule;
	sm.config.nr_rules = 1;
	pvp_ck_err(pvp_machine_create(&sm.config, &sm.machine), refused[_i].code,
		   refused[_i].message);
	ck_assert_ptr_null(sm.machine);
}
END_TEST

START_TEST(destroy_nothing)
{
	pvp_machine_destroy(NULL);
}
END_TEST

START_TEST(run_without_undo_is_a_bug)
{
	small_machine_do(&sm, 0, "48 8b 04 25 00 00 00 70");
	ck_assert_uint_eq(sm.run.strays, 1);
	small_machine_run(&sm);
}
END_TEST

static TCase *add_tcase(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, NULL, teardown);
	suite_add_tcase(suite, tc);
	return tc;
}

/* What was executed, in order, and what plain instructions read; callees that are replaced are not. */
START_TEST(trace)
{
	const struct pvp_run_trace *trace;
	struct small_machine sm;

	small_machine_init(&sm, 0);
	sm.config.traces = true;
	/* mov rax,[rsi]; test al,al; je +2; mov [rsi],al; movzx ecx, byte [rsi+1] */
	small_machine_code(&sm, "48 8b 06 84 c0 74 02 88 06 0f b6 4e 01");
	small_machine_open(&sm);
	sm.start.reg[PVP_X86_rsi] = SM_DATA;
	small_machine_set_word(&sm, SM_DATA, 0x1122334455667700);
	for (int again = 0; again < 2; again++) {
		small_machine_run(&sm);
		trace = pvp_machine_trace(sm.machine);
		ck_assert_uint_eq(trace->nr_insns, 4);
		ck_assert_uint_eq(trace->insns[2], SM_TEXT + 5);
		ck_assert_uint_eq(trace->insns[3], SM_TEXT + 9);
		ck_assert_uint_eq(trace->nr_reads, 2);
		ck_assert_uint_eq(trace->reads[0].addr, SM_DATA);
		ck_assert_uint_eq(trace->reads[0].value, 0x1122334455667700);
		ck_assert_uint_eq(trace->reads[0].size, 8);
		ck_assert_uint_eq(trace->reads[0].insn, 0);
		ck_assert_uint_eq(trace->reads[1].value, 0x77);
		ck_assert_uint_eq(trace->reads[1].insn, 3);
		pvp_machine_undo(sm.machine);
	}
	small_machine_deinit(&sm);
}
END_TEST

Suite *machine_suite(void)
{
	Suite *suite = suite_create("machine");
	TCase *tc;

	tc = add_tcase(suite, "entry");
	tcase_add_test(tc, entry);
	tcase_add_loop_test(tc, inside, 0, ARRAY_SIZE(insides));

	tc = add_tcase(suite, "specials");
	tcase_add_test(tc, special_skip);
	tcase_add_test(tc, special_callee);
	tcase_add_test(tc, special_opaque);
	tcase_add_test(tc, special_in_the_middle);
	tcase_add_loop_test_raise_signal(tc, bad_special_is_a_bug, SIGABRT, 0,
					 ARRAY_SIZE(bad_specials));

	tc = add_tcase(suite, "trace");
	tcase_add_test(tc, trace);

	tc = add_tcase(suite, "fixups");
	tcase_add_loop_test(tc, fixup, 0, ARRAY_SIZE(fixups));
	tcase_add_test(tc, fixup_again_and_again);
	tcase_add_test(tc, no_fixup_for_fetches);

	tc = add_tcase(suite, "script");
	tcase_add_test(tc, script_on_pause);

	tc = add_tcase(suite, "configuration");
	tcase_add_loop_test(tc, ring_is_real, 0, 1);
	tcase_add_loop_test(tc, ring_is_real, 3, 4);
	tcase_add_loop_test(tc, refused_config, 0, ARRAY_SIZE(refused));
	tcase_add_test(tc, destroy_nothing);
	tcase_add_test_raise_signal(tc, run_without_undo_is_a_bug, SIGABRT);
	return suite;
}
