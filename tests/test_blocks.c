// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_blocks.c - a boot that runs a block at a time does what one does that looks at every
 * instruction, but for where a fault is put.
 */
#include "suites.h"

#include "check_helpers.h"
#include "small_machine.h"

#define CALLEE 0x100 /* in the text: a replaced callee, and a watched address behind it */

static struct small_machine sm;
static unsigned watched;

static void watch(void *arg, unsigned index)
{
	(void)arg;
	watched += index;
}

/* Code that ends with a ret to the landing. */
static void run(const char *code, bool blocks)
{
	const struct pvp_special specials[] = {
		{.addr = SM_TEXT + CALLEE, .kind = PVP_SPECIAL_CALLEE, .index = 7},
		{.addr = SM_TEXT + CALLEE + 0x12, .kind = PVP_SPECIAL_WATCH, .index = 3},
	};
	uint64_t landing;

	watched = 0;
	small_machine_init(&sm, 0);
	sm.regions[0].prot |= PVP_PROT_WRITE;
	sm.config.boots = true;
	sm.config.blocks = blocks;
	sm.config.specials = specials;
	sm.config.nr_specials = ARRAY_SIZE(specials);
	sm.config.client.watch = watch;
	small_machine_code(&sm, code);
	small_machine_bytes(&sm, SM_TEXT + CALLEE + 0x10, "ff c0 ff c0 c3"); /* inc %eax, twice */
	small_machine_open(&sm);
	landing = pvp_machine_landing(sm.machine);
	small_machine_set_word(&sm, SM_SP, landing);
	sm.start.reg[PVP_X86_cr0] = 0x80050033;
	sm.request.end = landing;
	sm.request.end_sp = SM_SP + 8;
	sm.request.max_insns = 2000;
	sm.fixup = 0;
}

// clang-format off
static const struct {
	const char *what, *code, *stop;
	uint64_t fixup; /* offset in the text; 0: none */
	uint64_t rax; /* (a fixup makes it 0xfa11) */
	uint64_t fixup_at; /* offset */
	unsigned watched;
} rows[] = {
	{ "plain", "b8 05 00 00 00 ff c0 c3", "end", 0, 6, 0, 0 },
	{ "loop", "b8 05 00 00 00 ff c8 75 fc c3", "end", 0, 0, 0, 0 },
	/* mov %cr0,%rax: ours is not the engine's */
	{ "sensitive, in the middle", "90 90 0f 20 c0 90 c3", "end", 0, 0x80050033, 0, 0 },
	{ "sensitive, first", "0f 20 c0 90 c3", "end", 0, 0x80050033, 0, 0 },
	/* xor %eax,%eax; mov $7,%ecx; popcnt %rcx,%rax; inc %eax: the engine has none */
	{ "popcnt", "31 c0 b9 07 00 00 00 f3 48 0f b8 c1 ff c0 c3", "end", 0, 4, 0, 0 },
	{ "ud2", "b8 05 00 00 00 90 0f 0b ff c0 c3", "end", 8, 0xfa12, 6, 0 },
	{ "int3", "b8 05 00 00 00 90 cc ff c0 c3", "end", 7, 0xfa12, 6, 0 },
	{ "hang", "eb fe", "budget", 0, 0xaaaaaaaa55555555, 0, 0 },
	{ "hang in two blocks", "90 eb 00 eb fb", "budget", 0, 0xaaaaaaaa55555555, 0, 0 },
	{ "unmodelled", "31 c0 0f 01 fd c3", "unmodelled", 0, 0, 0, 0 },
	/* call CALLEE: the seed and its index */
	{ "replaced callee", "90 e8 fa 00 00 00 c3", "end", 0, 0x700000700, 0, 0 },
	{ "watched, in the middle of a block", "31 c0 e8 09 01 00 00 e8 04 01 00 00 c3", "end", 0, 4, 0, 6 },
	/*
	 * xor %ecx,%ecx; xor %eax,%eax; 1: 20 nops; xchg %ax,%ax; inc %eax; movw ud2,behind the nops;
	 * inc %ecx; cmp $3,%ecx; jb 1b; ret: the block begins further up than an instruction is long.
	 */
	{ "rewritten by what is not plain",
	  "31 c9 31 c0 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 66 90 ff c0 "
	  "66 c7 05 f3 ff ff ff 0f 0b ff c1 83 f9 03 72 d8 c3", "end", 26, 0xfa12, 24, 0 },
};
// clang-format on

START_TEST(same_end)
{
	for (int blocks = 0; blocks < 2; blocks++) {
		run(rows[_i].code, blocks);
		if (rows[_i].fixup)
			sm.fixup = SM_TEXT + rows[_i].fixup;
		small_machine_run(&sm);
		ck_assert_msg(!strcmp(small_machine_stop(&sm), rows[_i].stop), "%s, blocks %d: %s",
			      rows[_i].what, blocks, small_machine_stop(&sm));
		ck_assert_msg(sm.run.end.reg[PVP_X86_rax] == rows[_i].rax,
			      "%s, blocks %d: rax %#lx", rows[_i].what, blocks,
			      (unsigned long)sm.run.end.reg[PVP_X86_rax]);
		ck_assert_msg(watched == rows[_i].watched, "%s: %u", rows[_i].what, watched);
		if (rows[_i].fixup)
			ck_assert_msg(sm.fixup_addr == SM_TEXT + rows[_i].fixup_at,
				      "%s, blocks %d: fault at %#lx", rows[_i].what, blocks,
				      (unsigned long)sm.fixup_addr);
		small_machine_deinit(&sm);
	}
}
END_TEST

/* xor %eax,%eax; mov 8(%rax),%ecx */
START_TEST(fault_at_block)
{
	for (int blocks = 0; blocks < 2; blocks++) {
		run("31 c0 8b 48 08 c3", blocks);
		small_machine_run(&sm);
		ck_assert_int_eq(sm.run.stop, PVP_STOP_FAULT);
		ck_assert_uint_eq(sm.run.fault_addr, 8);
		ck_assert_uint_eq(sm.run.stop_addr, SM_TEXT + (blocks ? 0 : 2));
		small_machine_deinit(&sm);
	}
}
END_TEST

Suite *blocks_suite(void)
{
	Suite *s = suite_create("blocks");
	TCase *t = tcase_create("blocks");

	tcase_add_loop_test(t, same_end, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, fault_at_block);
	suite_add_tcase(s, t);
	return s;
}
