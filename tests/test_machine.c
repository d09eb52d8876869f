// SPDX-License-Identifier: GPL-2.0-only
/* test_machine.c - how runs begin, stop and leave no trace. */
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

/* --- how a run stops --- */

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

	tc = add_tcase(suite, "stops");
	tcase_add_loop_test(tc, stop, 0, ARRAY_SIZE(stops));
	tcase_add_test(tc, end_address_inside_a_callee);
	tcase_add_test(tc, before_what_ends_the_engine);
	tcase_add_test(tc, an_escape_at_the_end);
	tcase_add_test(tc, behind_a_branch);
	tcase_add_test(tc, budget_is_exact);
	tcase_add_test(tc, landing);

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
