// SPDX-License-Identifier: GPL-2.0-only
/* test_stops.c - where and why a run of a machine stops. */
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

#define NX SM_DATA

#define TEN "66 90 66 90 66 90 66 90 66 90 66 90 66 90 66 90 66 90 66 90 "
#define FIFTY TEN TEN TEN TEN TEN

// clang-format off
static const struct {
	const char *name;
	const char *code;  /* at SM_TEXT; the end is behind it */
	const char *there; /* at SM_TEXT + 0x100 */
	const char *stop;
	uint64_t at; /* stop_addr, from SM_TEXT */
} stops[] = {
	/* mov eax,1 */
	{ "straight",                "b8 01 00 00 00", "", "end", 5 },
	/* call +0xfb; ret */
	{ "call and return",         "e8 fb 00 00 00", "c3", "end", 5 },
	/* jmp +0xfb; nop */
	{ "jump out and back",       "e9 fb 00 00 00 cc", "e9 01 ff ff ff", "end", 6 },
	/* The callee jumps to the end address with the return address still on the stack: the
	 * int3 there is reached, not the end. */
	{ "the end, too deep",       "e8 fb 00 00 00", "e9 00 ff ff ff", "fault 3 at 0", 5 },
	/* pop rax; jmp: too high */
	{ "the end, not deep enough","e9 fb 00 00 00", "58 e9 ff fe ff ff", "fault 3 at 0", 5 },
	/* push rax; jmp to the end; there int3 */
	{ "the end with a push left","50", "", "fault 3 at 0", 1 },
	/* push rax; pop rax */
	{ "the end after push, pop", "50 58", "", "end", 2 },
	/* jmp to itself */
	{ "budget",                  "eb fe", "", "budget", 0 },
	{ "ud2",                     "0f 0b", "", "fault 6 at 0", 0 },
	{ "ud1",                     "0f b9 07", "", "fault 6 at 0", 0 },
	{ "int3",                    "cc", "", "fault 3 at 0", 0 },
	/* The engine would end the process. */
	{ "far jump of a register",  "ff ea", "", "fault 6 at 0", 0 },
	{ "far call of a register",  "ff df", "", "fault 6 at 0", 0 },
	/* .. where a jump, either way of a branch, a call or what is behind it leads, in a block */
	{ "jump to one",             "e9 fb 00 00 00", "90 ff d8", "fault 6 at 0", 0x101 },
	{ "short branch to one",     "75 02 90 c3 90 ff eb", "", "fault 6 at 0", 5 },
	{ "branch beside one",       "0f 84 fa 00 00 00 ff d8", "90", "fault 6 at 0", 6 },
	{ "call to one",             "e8 fb 00 00 00", "b8 00 00 00 00 ff d8", "fault 6 at 0", 0x105 },
	{ "call before one",         "e8 fb 00 00 00 ff d8", "c3", "fault 6 at 0", 5 },
	/* .. and not: a call to where nothing is; its bytes are another instruction's, or another block's */
	{ "jump to mov eax,0xd8ff",  "e9 fb 00 00 00", "b8 ff d8 00 00 e9 fb fe ff ff", "end", 5 },
	{ "call into a hole",        "e8 fb 5f 00 00 ff d8", "",
	  "fault 14 at ffffffff81006000 fetch", 0 },
	{ "jump to a jump",          "e9 fb 00 00 00", "e9 00 ff ff ff ff d8", "end", 5 },
	{ "jump to a return",        "e8 fb 00 00 00", "c3 ff d8", "end", 5 },
	{ "far call, REX",           "48 ff d8", "", "fault 6 at 0", 0 },
	{ "far call, 66 and cs",     "66 2e ff d8", "", "fault 6 at 0", 0 },
	{ "jump to one with REX",    "e9 fb 00 00 00", "48 ff e8", "fault 6 at 0", 0x100 },
	/* far in its block: 100 NOPs of 2 bytes */
	{ "jump to one, far",        "e9 fb 00 00 00", FIFTY FIFTY "ff d8", "fault 6 at 0", 0x1c8 },
	/* No instruction in 64-bit mode: push es; salc; aam. */
	{ "undecodable: 06",         "06", "", "fault 6 at 0", 0 },
	{ "undecodable: d6",         "d6", "", "fault 6 at 0", 0 },
	{ "undecodable: d4",         "d4 0a", "", "fault 6 at 0", 0 },
	/* Cells of the map behind 0f that stay blank: a test register; psrlq's group. */
	{ "undecodable: 0f 24",      "0f 24 c0", "", "fault 6 at 0", 0 },
	{ "undecodable: 0f 73 /0",   "0f 73 c5 a0", "", "fault 6 at 0", 0 },
	{ "undecodable: 0f d0, bare", "0f d0 20", "", "fault 6 at 0", 0 },
	{ "undecodable: 0f 04",      "0f 04 01", "", "fault 6 at 0", 0 },
	{ "undecodable: 0f 6c, bare", "0f 6c e0", "", "fault 6 at 0", 0 },
	{ "undecodable: VEX, map 22", "c4 d6 ff 90", "", "fault 6 at 0", 0 },
	{ "undecodable: VEX, map 4", "c4 e4 7b f8 c0", "", "fault 6 at 0", 0 },
	{ "undecodable: VEX, map 5", "c4 a5 40 01", "", "fault 6 at 0", 0 },
	{ "undecodable: VEX, map 7", "c4 e7 ff 90", "", "fault 6 at 0", 0 },
	/* tileloadd, of map 2; wrmsrns with an immediate, of map 7 */
	{ "VEX, a map that may fill", "c4 e2 7b 4b 04 08", "", "unmodelled", 0 },
	{ "VEX, map 7",              "c4 e7 7a f6 c0 10 00 00 00", "", "unmodelled", 0 },
	{ "getsec",                  "0f 37", "", "unmodelled", 0 },
	/* endbr64 from its second byte; a hint with memory */
	{ "reserved nop",            "0f 1e fa", "", "end", 3 },
	{ "reserved nop, memory",    "0f 1d 44 08 10 0f 19 c0", "", "end", 8 },
	{ "undecodable: 0f ba /0",   "0f ba 01", "", "fault 6 at 0", 0 },
	{ "undecodable: 0f a7, memory", "0f a7 01", "", "fault 6 at 0", 0 },
	{ "undecodable: c6 /7",      "c6 fd 00", "", "fault 6 at 0", 0 },
	{ "undecodable: pop /4",     "8f 65 ff", "", "fault 6 at 0", 0 },
	{ "XOP: vprotb",             "8f e9 78 90 c1", "", "unmodelled", 0 },
	{ "undecodable: XOP, a blank", "8f e8 5e 89 00", "", "fault 6 at 0", 0 },
	{ "undecodable: VEX, map 1", "c5 e8 4f e8", "", "fault 6 at 0", 0 },
	{ "undecodable: VEX, map 1, long", "c4 e1 78 4f e8", "", "fault 6 at 0", 0 },
	{ "undecodable: 0f b8, bare", "0f b8 01", "", "fault 6 at 0", 0 },
	{ "undecodable: REX2",       "d5 18 90", "", "fault 6 at 0", 0 },
	{ "emms",                    "0f 77", "", "unmodelled", 0 },
	/* cmp eax,eax; data16 jne; data16 je: taken, it goes below 64 KiB on AMD's processors */
	{ "data16 jne, not taken",   "39 c0 66 75 10", "", "end", 5 },
	{ "data16 je, taken",        "39 c0 66 74 10", "", "fault 14 at 15 fetch", 2 },
	/* mov ecx,1; data16 loop; mov ecx,2; data16 loop */
	{ "data16 loop, through",    "b9 01 00 00 00 66 e2 10", "", "end", 8 },
	{ "data16 loop, taken",      "b9 02 00 00 00 66 e2 10", "", "fault 14 at 18 fetch", 5 },
	/* enter 16,0; leave: and 16,1, which pushes one word more */
	{ "enter, leave",            "c8 10 00 00 c9", "", "end", 5 },
	{ "enter with a level",      "c8 10 00 01 c9", "", "end", 5 },
	{ "enter alone",             "c8 10 00 00", "", "fault 3 at 0", 4 },
	/* xor eax,eax; mov ebx,0x18; xlatb */
	{ "xlatb from NULL + 0x18",  "31 c0 bb 18 00 00 00 d7", "", "fault 14 at 18", 7 },
	{ "undecodable: EVEX, map 0", "62 e8 f9 fe ff 90", "", "fault 6 at 0", 0 },
	{ "undecodable: lock call",  "f0 e8 d4 41 00 00", "", "fault 6 at 0", 0 },
	{ "undecodable: lock nop",   "f0 90", "", "fault 6 at 0", 0 },
	{ "undecodable: ff /7",      "ff ff", "", "fault 6 at 0", 0 },
	/* wrmsrns: newer than both decoders, so not known to be no instruction */
	{ "unknown",                 "f3 0f 01 c6", "", "unmodelled", 0 },
	/* endbr64, lfence and incsspq, which the engine takes for lfence */
	{ "known",                   "f3 0f 1e fa 0f ae e8", "", "end", 7 },
	{ "misknown",                "f3 48 0f ae e8", "", "unmodelled", 0 },
	/* data16 call: two lengths */
	{ "two lengths",             "66 e8 00 00 00 00", "", "unmodelled", 0 },
	/* addr32 rex.w call; repz data16 push imm16: capstone 4.0.2 reads 5 and 7 bytes */
	{ "lengths that differ",     "67 48 e8 00 00 00 00", "", "decode", 0 },
	{ "lengths that differ too", "66 f3 68 00 00", "", "decode", 0 },
	/* xor eax,eax; call rax */
	{ "call through NULL",       "31 c0 ff d0", "", "fault 14 at 0 fetch", 2 },
	/* xor eax,eax; jmp rax */
	{ "jump to NULL",            "31 c0 ff e0", "", "fault 14 at 0 fetch", 2 },
	/* call rdi: data */
	{ "call into data",          "ff d7", "", "fault 14 at ffffffff81003000 fetch", 0 },
	/* mov rax,SM_HOLE; jmp rax: nothing there, and text is not made up */
	{ "jump to a hole",          "48 c7 c0 00 60 00 81 ff e0", "",
	  "fault 14 at ffffffff81006000 fetch", 7 },
	/* mov rax,1<<62; call rax */
	{ "call, non-canonical",     "48 b8 00 00 00 00 00 00 00 40 ff d0", "",
	  "fault 13 at 4000000000000000 fetch", 10 },
	/* mov [SM_TEXT],eax: no relocation of mov can touch it */
	{ "store to text",           "89 04 25 00 00 00 81", "", "fault 14 at ffffffff81000000 write", 0 },
	{ "store to read-only data", "89 04 25 08 20 00 81", "", "fault 14 at ffffffff81002008 write", 0 },
	/* mov eax,[0]; mov [0x18],eax */
	{ "load from NULL",          "8b 04 25 00 00 00 00", "", "fault 14 at 0", 0 },
	{ "store to NULL + 0x18",    "89 04 25 18 00 00 00", "", "fault 14 at 18 write", 0 },
	/* mov eax,[0xfffffffffffffff8]: ERR_PTR */
	{ "load from an error value","8b 04 25 f8 ff ff ff", "", "fault 14 at fffffffffffffff8", 0 },
	/* mov rax,0x8000_0000_0000; mov ecx,[rax] */
	{ "load, non-canonical",     "48 b8 00 00 00 00 00 80 00 00 8b 08", "",
	  "fault 13 at 800000000000", 10 },
	{ "store, non-canonical",    "48 b8 00 00 00 00 00 80 00 00 89 08", "",
	  "fault 13 at 800000000000 write", 10 },
	/* push [rax], with rax as above */
	{ "push from non-canonical", "48 b8 ff ff ff ff ff 7f ff ff ff 30", "",
	  "fault 13 at ffff7fffffffffff", 10 },
	/* xor ecx,ecx; div ecx */
	{ "divide by zero",          "31 c9 f7 f1", "", "fault 0 at 0", 2 },
	/* cmpxchg16b [rdi+8]: not aligned */
	{ "misaligned cmpxchg16b",   "48 0f c7 4f 08", "", "fault 13 at 0", 0 },
	/* iretq; hlt goes on */
	{ "iret",                    "48 cf", "", "op-end", 0 },
	{ "hlt goes on",             "f4", "", "end", 1 },
	{ "vmcall",                  "0f 01 c1", "", "fault 6 at 0", 0 },
};
// clang-format on

START_TEST(stop)
{
	small_machine_init(&sm, 0);
	sm.start.reg[PVP_X86_rdi] = NX;
	small_machine_code(&sm, stops[_i].code);
	small_machine_bytes(&sm, SM_TEXT + 0x100, stops[_i].there);
	small_machine_open(&sm);
	small_machine_run(&sm);
	ck_assert_msg(!strcmp(small_machine_stop(&sm), stops[_i].stop), "%s: %s (%s), expected %s",
		      stops[_i].name, small_machine_stop(&sm), sm.run.detail, stops[_i].stop);
	ck_assert_msg(sm.run.stop_addr == SM_TEXT + stops[_i].at, "%s: stopped at %#lx",
		      stops[_i].name, (unsigned long)sm.run.stop_addr);
	sm_ck_reg(&sm, rip, sm.run.stop_addr);
}
END_TEST

/* The engine would end the process when it translates a far branch through a register: in the
 * site, and behind it, where its last instruction eats the beginning of what follows. */
START_TEST(before_what_ends_the_engine)
{
	static const struct {
		const char *code, *stop;
		unsigned len, at;
	} rows[] = {
		/* nop; jmp far rdx */
		{"90 ff ea 90 90 90", "fault 6 at 0", 6, 1},
		/* nops; mov $imm32,%eax; jmp far rdx */
		{"90 90 90 90 90 b8 00 00 00 00 ff ea", "straddle", 6, 5},
		{"b8 00 00 00 00 ff ea", "straddle", 1, 0},
		/* not reached: a jump over it */
		{"eb 02 ff ea 90 90", "end", 6, 6},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		small_machine_init(&sm, 0);
		small_machine_code(&sm, rows[i].code);
		sm.request.inside[0].lo = SM_TEXT;
		sm.request.end = sm.request.inside[0].hi = SM_TEXT + rows[i].len;
		small_machine_open(&sm);
		for (int again = 0; again < 2; again++) {
			small_machine_run(&sm);
			sm_ck_stop(&sm, rows[i].stop);
			ck_assert_uint_eq(sm.run.stop_addr, SM_TEXT + rows[i].at);
			small_machine_undo(&sm);
		}
		small_machine_deinit(&sm);
	}
	small_machine_init(&sm, 0);
	small_machine_code(&sm, "90");
	small_machine_open(&sm);
}
END_TEST

/* .. and behind a jump or call. */
START_TEST(behind_a_branch)
{
	static const struct {
		const char *code, *there, *stop;
		unsigned at;
	} rows[] = {
		{"e8 fb 00 00 00", "ff ea", "fault 6 at 0", 0x100},
		{"e9 fb 00 00 00", "ff df", "fault 6 at 0", 0x100},
		/* not the first there, and behind prefixes */
		{"e8 fb 00 00 00", "90 66 48 ff ea", "fault 6 at 0", 0x101},
		/* cmp eax,eax; je, jne; the other way is the end */
		{"39 c0 0f 84 f8 00 00 00", "90 ff ea", "fault 6 at 0", 0x101},
		{"39 c0 0f 85 f8 00 00 00", "90 ff ea", "end", 8},
		/* je over one: both ways */
		{"39 c0 0f 84 f8 00 00 00 ff ea", "90 ff ea", "fault 6 at 0", 0x101},
		{"39 c0 0f 85 f8 00 00 00 ff ea", "90 ff ea", "fault 6 at 0", 8},
		/* behind another branch there: jne +2; jmp far rdx; jmp far rbx */
		{"39 c0 e8 f9 00 00 00", "75 02 ff ea ff eb", "fault 6 at 0", 0x102},
		{"39 c0 e8 f9 00 00 00", "74 02 ff ea ff eb", "fault 6 at 0", 0x104},
		/* with an operand size, not taken */
		{"39 c0 e8 f9 00 00 00", "66 75 02 ff ea ff eb", "fault 6 at 0", 0x103},
		/* five of them in turn: je to the next, each in front of one */
		{"39 c0 e8 f9 00 00 00",
		 "74 02 ff ea 74 02 ff ea 74 02 ff ea 74 02 ff ea 74 02 ff ea ff ea", "fault 6 at 0",
		 0x114},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		small_machine_init(&sm, 0);
		small_machine_code(&sm, rows[i].code);
		small_machine_bytes(&sm, SM_TEXT + 0x100, rows[i].there);
		sm.request.end = SM_TEXT + 8;
		small_machine_open(&sm);
		for (int again = 0; again < 2; again++) {
			small_machine_run(&sm);
			ck_assert_msg(!strcmp(small_machine_stop(&sm), rows[i].stop), "row %zu: %s", i,
				      small_machine_stop(&sm));
			ck_assert_uint_eq(sm.run.stop_addr, SM_TEXT + rows[i].at);
			small_machine_undo(&sm);
		}
		small_machine_deinit(&sm);
	}
	small_machine_init(&sm, 0);
	small_machine_code(&sm, "90");
	small_machine_open(&sm);
}
END_TEST

/* The shortest instruction with an escape that neither decoder knows is longer than what is left of
 * the site. */
START_TEST(an_escape_at_the_end)
{
	static const struct {
		const char *code, *stop;
		unsigned len;
	} rows[] = {
		/* EVEX with a map that there is not; the same, all of it in the site */
		{"90 62 ff 41 5f 41 5e", "straddle", 3},
		{"90 62 ff 41 5f 41 5e", "straddle", 6},
		{"90 62 ff 41 5f 41 5e", "unmodelled", 7},
		/* VEX */
		{"90 c4 e2 7b 4b 90", "straddle", 3},
		{"90 c4 e2 7b 4b 04", "unmodelled", 6},
		/* REX2 */
		{"90 d5 18 90 90", "straddle", 3},
		{"90 d5 18 90 90", "fault 6 at 0", 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		small_machine_init(&sm, 0);
		small_machine_code(&sm, rows[i].code);
		sm.request.inside[0].lo = SM_TEXT;
		sm.request.end = sm.request.inside[0].hi = SM_TEXT + rows[i].len;
		small_machine_open(&sm);
		small_machine_run(&sm);
		ck_assert_msg(!strcmp(small_machine_stop(&sm), rows[i].stop), "%zu: %s", i,
			      small_machine_stop(&sm));
		small_machine_deinit(&sm);
	}
	small_machine_init(&sm, 0);
	small_machine_code(&sm, "90");
	small_machine_open(&sm);
}
END_TEST

/* The callee's body holds the end address: only the caller's own arrival there counts. */
START_TEST(end_address_inside_a_callee)
{
	small_machine_init(&sm, 0);
	/* sub ecx,1; jz +8; call -10 (recursion); (end:) nop; ret; at +8: ret */
	small_machine_bytes(&sm, SM_TEXT, "83 e9 01 74 07 e8 f6 ff ff ff 90 c3 c3");
	sm.start.reg[PVP_X86_rcx] = 4;
	sm.request.end = SM_TEXT + 10;
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	sm_ck_reg(&sm, rcx, 0);
	sm_ck_reg(&sm, rsp, SM_SP);
	/* 4 times sub, jz; 3 calls; one ret at the bottom; nop and ret on two levels */
	ck_assert_uint_eq(sm.run.insns, 8 + 3 + 1 + 4);
}
END_TEST

START_TEST(budget_is_exact)
{
	small_machine_init(&sm, 0);
	small_machine_code(&sm, "ff c0 ff c0 ff c0 ff c0"); /* inc eax, four times */
	small_machine_open(&sm);
	sm.start.reg[PVP_X86_rax] = 0;
	for (unsigned budget = 0; budget <= 5; budget++) {
		sm.request.max_insns = budget;
		small_machine_run(&sm);
		sm_ck_stop(&sm, budget < 4 ? "budget" : "end");
		sm_ck_reg(&sm, rax, budget < 4 ? budget : 4);
		small_machine_undo(&sm);
	}
}
END_TEST

START_TEST(landing)
{
	small_machine_init(&sm, 0);
	small_machine_code(&sm, "c3"); /* ret */
	small_machine_open(&sm);
	sm.request.end = pvp_machine_landing(sm.machine);
	sm.request.end_sp = SM_SP + 8;
	ck_assert(pvp_memory_write(pvp_machine_memory(sm.machine), SM_SP, &sm.request.end, 8,
				   PVP_WRITER_MACHINE));
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	ck_assert_uint_eq(sm.run.stop_addr, sm.request.end);
}
END_TEST

Suite *stops_suite(void)
{
	Suite *suite = suite_create("stops");
	TCase *tc = tcase_create("stops");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, stop, 0, ARRAY_SIZE(stops));
	tcase_add_test(tc, end_address_inside_a_callee);
	tcase_add_test(tc, before_what_ends_the_engine);
	tcase_add_test(tc, an_escape_at_the_end);
	tcase_add_test(tc, behind_a_branch);
	tcase_add_test(tc, budget_is_exact);
	tcase_add_test(tc, landing);
	suite_add_tcase(suite, tc);
	return suite;
}
