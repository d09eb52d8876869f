// SPDX-License-Identifier: GPL-2.0-only
/* test_i386.c - runs of 32-bit text: how they stop, segments, calls, sensitive instructions. */
#include <check.h>

#include "check_helpers.h"
#include "sensitive_rows.h"
#include "small_machine.h"
#include "suites.h"
#include "x86/decode.h"
#include "x86/x86.h"

static struct small_machine sm;

static void teardown(void)
{
	small_machine_deinit(&sm);
}

/* --- how a run stops --- */

// clang-format off
static const struct {
	const char *name;
	const char *code;  /* at SM32_TEXT; the end is behind it */
	const char *there; /* at SM32_TEXT + 0x100 */
	const char *stop;
	uint64_t at; /* stop_addr, from SM32_TEXT */
} stops[] = {
	/* inc eax; dec eax: REX in the other mode */
	{ "straight",                "40 48", "", "end", 2 },
	/* call +0xfb; ret */
	{ "call and return",         "e8 fb 00 00 00", "c3", "end", 5 },
	/* push 5; push 6; call +0xf7; ret 8 */
	{ "callee pops",             "6a 05 6a 06 e8 f7 00 00 00", "c2 08 00", "end", 9 },
	/* the callee jumps to the end with the return address on the stack: int3 there */
	{ "the end, too deep",       "e8 fb 00 00 00", "e9 00 ff ff ff", "fault 3 at 0", 5 },
	/* pop eax; jmp: too high */
	{ "the end, not deep enough","e9 fb 00 00 00", "58 e9 ff fe ff ff", "fault 3 at 0", 5 },
	{ "the end with a push left","50", "", "fault 3 at 0", 1 },
	{ "pusha, popa",             "60 61", "", "end", 2 },
	/* pusha; add esp,28; pop eax: eax as it was */
	{ "pusha, by hand",          "60 83 c4 1c 58", "", "end", 5 },
	{ "budget",                  "eb fe", "", "budget", 0 },
	{ "ud2",                     "0f 0b", "", "fault 6 at 0", 0 },
	{ "ud1",                     "0f b9 07", "", "fault 6 at 0", 0 },
	{ "int3",                    "cc", "", "fault 3 at 0", 0 },
	{ "undecodable: lock nop",   "f0 90", "", "fault 6 at 0", 0 },
	{ "undecodable: ff /7",      "ff ff", "", "fault 6 at 0", 0 },
	/* What is no instruction in 64-bit mode; cmp al or ax; jne to itself */
	{ "aam",                     "b0 55 d4 0a 66 3d 05 08 75 fe", "", "end", 10 },
	{ "aad",                     "66 b8 05 08 d5 0a 66 3d 55 00 75 fe", "", "end", 12 },
	{ "aam by 0",                "d4 00", "", "fault 0 at 0", 0 },
	{ "aaa",                     "66 b8 0f 00 37 66 3d 05 01 75 fe", "", "end", 11 },
	{ "aas",                     "66 b8 0f 01 3f 66 3d 09 00 75 fe", "", "end", 11 },
	{ "daa",                     "b0 0f 27 3c 15 75 fe", "", "end", 7 },
	{ "das",                     "b0 0f 2f 3c 09 75 fe", "", "end", 7 },
	{ "les",                     "c4 07", "", "unmodelled", 0 },
	{ "ljmp",                    "ea 00 00 00 c1 60 00", "", "unmodelled", 0 },
	{ "16-bit call",             "66 e8 00 00", "", "unmodelled", 0 },
	{ "wrmsrlist",               "f3 0f 01 c6", "", "unmodelled", 0 },
	{ "call through NULL",       "31 c0 ff d0", "", "fault 14 at 0 fetch", 2 },
	{ "jump to NULL",            "31 c0 ff e0", "", "fault 14 at 0 fetch", 2 },
	/* call edi: data */
	{ "call into data",          "ff d7", "", "fault 14 at c1003000 fetch", 0 },
	/* mov eax,SM32_HOLE; jmp eax */
	{ "jump to a hole",          "b8 00 60 00 c1 ff e0", "", "fault 14 at c1006000 fetch", 5 },
	{ "store to text",           "a3 00 00 00 c1", "", "fault 14 at c1000000 write", 0 },
	{ "store to read-only data", "a3 08 20 00 c1", "", "fault 14 at c1002008 write", 0 },
	{ "load from NULL",          "a1 00 00 00 00", "", "fault 14 at 0", 0 },
	{ "store to NULL + 0x18",    "a3 18 00 00 00", "", "fault 14 at 18 write", 0 },
	/* mov eax,[-4]: ERR_PTR; the last word of the address space */
	{ "load from an error value","a1 fc ff ff ff", "", "fault 14 at fffffffc", 0 },
	{ "store at the top",        "a3 fe ff ff ff", "", "fault 14 at fffffffe write", 0 },
	/* mov eax,fs:[-0xc1003000]: base and offset come to 0 */
	{ "base and offset wrap",    "64 a1 00 d0 ff 3e", "", "fault 14 at 0", 0 },
	/* xor ecx,ecx; div ecx */
	{ "divide by zero",          "31 c9 f7 f1", "", "fault 0 at 0", 2 },
	{ "iret",                    "cf", "", "op-end", 0 },
	{ "sysexit",                 "0f 35", "", "op-end", 0 },
	{ "hlt goes on",             "f4", "", "end", 1 },
	{ "vmcall",                  "0f 01 c1", "", "fault 6 at 0", 0 },
	{ "swapgs",                  "0f 01 f8", "", "fault 6 at 0", 0 },
};
// clang-format on

START_TEST(stop)
{
	small_machine_init_i386(&sm);
	small_machine_code(&sm, stops[_i].code);
	small_machine_bytes(&sm, SM32_TEXT + 0x100, stops[_i].there);
	small_machine_open(&sm);
	for (int round = 0; round < 2; round++) {
		small_machine_run(&sm);
		ck_assert_msg(!strcmp(small_machine_stop(&sm), stops[_i].stop),
			      "%s: %s (%s), expected %s", stops[_i].name, small_machine_stop(&sm),
			      sm.run.detail, stops[_i].stop);
		ck_assert_msg(sm.run.stop_addr == SM32_TEXT + stops[_i].at, "%s: stopped at %#lx",
			      stops[_i].name, (unsigned long)sm.run.stop_addr);
		sm_ck_reg(&sm, rip, sm.run.stop_addr);
		for (unsigned reg = 0; reg < PVP_X86_NR_STATE; reg++)
			ck_assert_msg(!(sm.run.end.reg[reg] >> 32), "%s: upper half of register %u",
				      stops[_i].name, reg);
		small_machine_undo(&sm);
	}
}
END_TEST

START_TEST(landing)
{
	small_machine_init_i386(&sm);
	small_machine_code(&sm, "c3"); /* ret */
	small_machine_open(&sm);
	sm.request.end = pvp_machine_landing(sm.machine);
	sm.request.end_sp = SM32_SP + 4;
	ck_assert(!(sm.request.end >> 32));
	ck_assert(pvp_memory_write(pvp_machine_memory(sm.machine), SM32_SP, &sm.request.end, 4,
				   PVP_WRITER_MACHINE));
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	ck_assert_uint_eq(sm.run.stop_addr, sm.request.end);
}
END_TEST

START_TEST(entry)
{
	small_machine_init_i386(&sm);
	/* mov [edi],eax; cli; push 7; call +0xf6; pop ecx */
	small_machine_code(&sm, "89 07 fa 6a 07 e8 f6 00 00 00 59");
	/* mov [edi+8],eax; mov eax,5; ret */
	small_machine_bytes(&sm, SM32_TEXT + 0x100, "89 47 08 b8 05 00 00 00 c3");
	sm.request.inside[0].lo = SM32_TEXT;
	sm.request.inside[0].hi = SM32_TEXT + 11;
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	ck_assert(sm.run.entered);
	for (unsigned reg = 0; reg < PVP_X86_NR_STATE; reg++) {
		uint64_t want = sm.start.reg[reg];

		want = reg == PVP_X86_rip      ? SM32_TEXT + 0x100
		       : reg == PVP_X86_rsp    ? SM32_SP - 8
		       : reg == PVP_X86_rflags ? 2
					       : want;
		ck_assert_msg(sm.run.entry.reg[reg] == want, "register %u at entry: %#lx", reg,
			      (unsigned long)sm.run.entry.reg[reg]);
	}
	ck_assert_uint_eq(sm.run.entry_effects, 1);
	ck_assert_uint_eq(sm.run.entry_log, 3); /* mov, push, call */
	sm_ck_reg(&sm, rax, 5);
	sm_ck_reg(&sm, rcx, 7);
}
END_TEST

/* --- calls --- */

static void open_special(const char *code, const struct pvp_special *special, size_t nr)
{
	small_machine_init_i386(&sm);
	small_machine_code(&sm, code);
	sm.config.specials = special;
	sm.config.nr_specials = nr;
	small_machine_open(&sm);
}

// clang-format off
static const struct {
	const char *name, *code; /* the callee is at SM32_TEXT + 0x100 */
	unsigned nr_args;
	bool stack_args;
	const char *effects;
} callees[] = {
	/* call */
	{ "none", "e8 fb 00 00 00", 0, false, "callee 4" },
	{ "three in registers", "e8 fb 00 00 00", 3, false, "callee 4 55aa55aa 22222222 11111111" },
	/* push 6; push 5; call; add esp,8 */
	{ "two more on the stack", "6a 06 6a 05 e8 f7 00 00 00 83 c4 08", 5, false,
	  "callee 4 55aa55aa 22222222 11111111 5 6" },
	{ "all on the stack", "6a 06 6a 05 e8 f7 00 00 00 83 c4 08", 2, true, "callee 4 5 6" },
};
// clang-format on

START_TEST(callee)
{
	const struct pvp_special special = {
		.addr = SM32_TEXT + 0x100,
		.kind = PVP_SPECIAL_CALLEE,
		.nr_args = callees[_i].nr_args,
		.stack_args = callees[_i].stack_args,
		.index = 4,
	};

	open_special(callees[_i].code, &special, 1);
	sm.request.seed = 0x12345678abcd;
	for (int round = 0; round < 2; round++) {
		small_machine_run(&sm);
		ck_assert_msg(sm.run.stop == PVP_STOP_END, "%s: %s", callees[_i].name,
			      small_machine_stop(&sm));
		ck_assert_msg(!strcmp(small_machine_effects(&sm), callees[_i].effects), "%s: %s",
			      callees[_i].name, small_machine_effects(&sm));
		sm_ck_reg(&sm, rax, 0x400); /* index, first call; the seed is in the upper half */
		sm_ck_reg(&sm, rdx, sm.start.reg[PVP_X86_rdx]);
		sm_ck_reg(&sm, rsp, SM32_SP);
		small_machine_undo(&sm);
	}
}
END_TEST

/* Arguments above a stack that ends there: a page fault, and nothing recorded. */
START_TEST(callee_without_a_stack)
{
	const struct pvp_special special = { .addr = SM32_TEXT + 0x100,
					     .kind = PVP_SPECIAL_CALLEE,
					     .nr_args = 1,
					     .stack_args = true };

	small_machine_init_i386(&sm);
	small_machine_code(&sm, "e8 fb 00 00 00");
	sm.config.client.fill = NULL;
	sm.config.specials = &special;
	sm.config.nr_specials = 1;
	sm.start.reg[PVP_X86_rsp] = SM32_STACK + SM_PAGE;
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "fault 14 at f5001000");
	sm_ck_effects(&sm, "");
}
END_TEST

START_TEST(opaque_and_skip)
{
	const struct pvp_special specials[] = {
		{ .addr = SM32_TEXT, .kind = PVP_SPECIAL_SKIP, .len = 2 },
		{ .addr = SM32_TEXT + 0x100, .kind = PVP_SPECIAL_OPAQUE },
	};

	open_special("0f 0b e8 f9 00 00 00", specials, 2); /* ud2; call */
	small_machine_run(&sm);
	sm_ck_stop(&sm, "opaque");
	sm_ck_effects(&sm, "warn c1000000");
	sm_ck_reg(&sm, rip, SM32_TEXT + 0x100);
	sm_ck_reg(&sm, rsp, SM32_SP - 4);
}
END_TEST

static unsigned watched;

static void watch(void *arg, unsigned index)
{
	(void)arg;
	watched += index;
}

START_TEST(watched_and_executed)
{
	const struct pvp_special special = { .addr = SM32_TEXT + 2,
					     .kind = PVP_SPECIAL_WATCH,
					     .index = 7 };

	small_machine_init_i386(&sm);
	small_machine_code(&sm, "31 c0 40 40"); /* xor eax,eax; inc eax; inc eax */
	sm.config.specials = &special;
	sm.config.nr_specials = 1;
	sm.config.client.watch = watch;
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	sm_ck_reg(&sm, rax, 2);
	ck_assert_uint_eq(watched, 7);
}
END_TEST

/* --- per-CPU bases --- */

START_TEST(bases_follow_the_start_state)
{
	small_machine_init_i386(&sm);
	/* mov eax,fs:[0x10]; mov ecx,gs:[0x14]; mov fs:[0x20],edx */
	small_machine_code(&sm, "64 a1 10 00 00 00 65 8b 0d 14 00 00 00 64 89 15 20 00 00 00");
	small_machine_open(&sm);
	for (uint64_t base = SM32_DATA; base < SM32_DATA + 0x400; base += 0x100) {
		uint64_t other = SM32_DATA + 0x1000 + base % 0x1000;

		sm.start.reg[PVP_X86_fs_base] = base;
		sm.start.reg[PVP_X86_gs_base] = other;
		small_machine_run(&sm);
		sm_ck_stop(&sm, "end");
		sm_ck_reg(&sm, rax, (uint32_t)small_machine_word(&sm, base + 0x10));
		sm_ck_reg(&sm, rcx, (uint32_t)small_machine_word(&sm, other + 0x14));
		ck_assert_uint_eq((uint32_t)small_machine_word(&sm, base + 0x20), 0x22222222);
		sm_ck_reg(&sm, fs_base, base);
		sm_ck_reg(&sm, gs_base, other);
		small_machine_undo(&sm);
	}
}
END_TEST

/* In the table at SM32_RO: base, limit 4 GiB, writable data; Intel SDM vol. 3, 3.4.5. */
static void set_descriptor(unsigned selector, uint32_t base)
{
	small_machine_set_word(&sm, SM32_RO + (selector & ~7u),
			       0x00cf93000000ffff | (uint64_t)(base & 0xffffff) << 16 |
				       (uint64_t)(base >> 24) << 56);
}

// clang-format off
static const struct {
	const char *name, *code;
	const char *stop;
	uint64_t fs_base, gs_base; /* 0: as it was, 1: 0 */
	const char *effects;
} loads[] = {
	/* mov eax,0xd8; mov fs,eax */
	{ "mov fs", "b8 d8 00 00 00 8e e0", "end", SM32_DATA + 0x600, 0, "segment 4 d8" },
	/* push 0xe0; pop gs */
	{ "pop gs", "68 e0 00 00 00 0f a9", "end", 0, 0xdeadb000, "segment 5 e0" },
	/* push 0xe3; pop gs: RPL 3 */
	{ "pop gs, RPL", "68 e3 00 00 00 0f a9", "end", 0, 0xdeadb000, "segment 5 e3" },
	/* push 3; pop gs: the null selector, whatever its RPL */
	{ "pop gs, null", "6a 03 0f a9", "end", 0, 1, "segment 5 3" },
	/* mov eax,0xd8; mov ds,eax: flat, whatever the table says */
	{ "mov ds", "b8 d8 00 00 00 8e d8", "end", 0, 0, "segment 3 d8" },
	/* mov eax,0xf9; mov fs,eax: the last one; mov eax,0x100: behind the limit */
	{ "the last descriptor", "b8 f9 00 00 00 8e e0", "end", SM32_DATA, 0, "segment 4 f9" },
	{ "behind the limit", "b8 00 01 00 00 8e e0", "fault 13 at 0", 0, 0, "" },
	/* mov eax,0xdc; mov fs,eax: of the LDT */
	{ "LDT", "b8 dc 00 00 00 8e e0", "unmodelled", 0, 0, "" },
	/* lgdt [edi]: a base where nothing is mapped; mov fs,eax */
	{ "no table", "b8 d8 00 00 00 0f 01 17 8e e0", "unmodelled", 0, 0, "lgdt 99aabbcc eeff" },
	/* push fs; pop fs; what was loaded is what is pushed */
	{ "push fs, pop fs", "0f a0 0f a1", "end", SM32_DATA + 0x600, 0, "segment 4 d8" },
};
// clang-format on

START_TEST(segment_load)
{
	small_machine_init_i386(&sm);
	small_machine_code(&sm, loads[_i].code);
	set_descriptor(0xd8, SM32_DATA + 0x600);
	set_descriptor(0xe0, 0xdeadb000);
	set_descriptor(0xf8, SM32_DATA);
	small_machine_set_word(&sm, SM32_DATA, 0x778899aabbcceeff);
	small_machine_open(&sm);
	small_machine_run(&sm);
	ck_assert_msg(!strcmp(small_machine_stop(&sm), loads[_i].stop), "%s: %s (%s)",
		      loads[_i].name, small_machine_stop(&sm), sm.run.detail);
	sm_ck_effects(&sm, loads[_i].effects);
	sm_ck_reg(&sm, fs_base,
		  loads[_i].fs_base ? loads[_i].fs_base & ~1ull : sm.start.reg[PVP_X86_fs_base]);
	sm_ck_reg(&sm, gs_base,
		  loads[_i].gs_base ? loads[_i].gs_base & ~1ull : sm.start.reg[PVP_X86_gs_base]);
}
END_TEST

/* The base that was loaded is the one that the next access has. */
START_TEST(loaded_base_is_used)
{
	small_machine_init_i386(&sm);
	/* mov eax,0xd8; mov fs,eax; mov ecx,fs:[8] */
	small_machine_code(&sm, "b8 d8 00 00 00 8e e0 64 8b 0d 08 00 00 00");
	set_descriptor(0xd8, SM32_DATA + 0x600);
	small_machine_open(&sm);
	for (int round = 0; round < 2; round++) {
		small_machine_run(&sm);
		sm_ck_stop(&sm, "end");
		sm_ck_reg(&sm, rcx, (uint32_t)small_machine_word(&sm, SM32_DATA + 0x608));
		small_machine_undo(&sm);
	}
}
END_TEST

/* --- memory and faults --- */

// clang-format off
static const struct {
	const char *name, *code;
	uint64_t at;
	unsigned vector;
} fixups[] = {
	/* nop; mov [SM32_HOLE-2],eax: half of it can be done */
	{ "store, second half", "90 a3 fe 5f 00 c1", 1, PVP_FAULT_PF },
	{ "load", "a1 00 00 00 00", 0, PVP_FAULT_PF },
	/* push [0] */
	{ "push", "ff 35 00 00 00 00", 0, PVP_FAULT_PF },
	{ "divide", "31 c9 f7 f1", 2, PVP_FAULT_DE },
	/* lgdt [0] */
	{ "sensitive, by its operand", "0f 01 15 00 00 00 00", 0, PVP_FAULT_PF },
	{ "sensitive, by its rule", "0f 01 c1", 0, PVP_FAULT_UD },
	{ "ud2", "0f 0b", 0, PVP_FAULT_UD },
};
// clang-format on

START_TEST(fixup)
{
	uint64_t digest;

	small_machine_init_i386(&sm);
	small_machine_code(&sm, fixups[_i].code);
	/* mov edx,7; jmp to the end */
	small_machine_bytes(&sm, SM32_TEXT + 0x100, "ba 07 00 00 00 e9");
	small_machine_set_word(&sm, SM32_TEXT + 0x106, sm.request.end - (SM32_TEXT + 0x10a));
	sm.fixup = SM32_TEXT + 0x100;
	sm.config.client.fill = NULL;
	digest = small_machine_digest(&sm);
	small_machine_open(&sm);
	for (int round = 0; round < 5; round++) {
		small_machine_run(&sm);
		ck_assert_msg(sm.run.stop == PVP_STOP_END, "%s: %s", fixups[_i].name,
			      small_machine_stop(&sm));
		ck_assert_msg(sm.fixup_addr == SM32_TEXT + fixups[_i].at &&
				      sm.fixup_vector == fixups[_i].vector,
			      "%s: vector %u at %#lx", fixups[_i].name, sm.fixup_vector,
			      (unsigned long)sm.fixup_addr);
		sm_ck_reg(&sm, rax, 0xfa11); /* set by the client */
		sm_ck_reg(&sm, rdx, 7);
		sm_ck_reg(&sm, rsp, SM32_SP);
		sm_ck_reg(&sm, fs_base, sm.start.reg[PVP_X86_fs_base]);
		ck_assert_uint_eq(small_machine_digest(&sm), digest);
		small_machine_undo(&sm);
	}
}
END_TEST

// clang-format off
static const struct {
	const char *name, *code, *stop;
	unsigned strays;
} strays[] = {
	/* mov eax,[0x70000000]; mov [0x70000000],ecx; mov edx,[0x70000000] */
	{ "two words, one page", "a1 00 00 00 70 89 0d 08 00 00 70", "end", 1 },
	{ "across two pages", "a1 fe 0f 00 70", "end", 2 },
	{ "the last page", "a1 f0 ff ff ff", "fault 14 at fffffff0", 0 },
	{ "a page below", "a1 f0 ef fe ff", "end", 1 },
	{ "a small address", "a1 00 f0 00 00", "fault 14 at f000", 0 },
	/* sidt [0x70000ffd]: by our hands */
	{ "ours, across two pages", "0f 01 0d fd 0f 00 70", "end", 2 },
};
// clang-format on

START_TEST(stray)
{
	uint64_t digest;

	small_machine_init_i386(&sm);
	small_machine_code(&sm, strays[_i].code);
	digest = small_machine_digest(&sm);
	small_machine_open(&sm);
	for (int round = 0; round < 2; round++) {
		small_machine_run(&sm);
		ck_assert_msg(!strcmp(small_machine_stop(&sm), strays[_i].stop), "%s: %s",
			      strays[_i].name, small_machine_stop(&sm));
		ck_assert_msg(sm.run.strays == strays[_i].strays, "%s: %u strays", strays[_i].name,
			      sm.run.strays);
		small_machine_undo(&sm);
		ck_assert_uint_eq(small_machine_digest(&sm), digest);
	}
}
END_TEST

/* --- what each sensitive instruction does --- */

// clang-format off
static const struct sensitive_row rows[] = {
	{ "cli", "fa", 0, "interrupts 0", "", "rflags=2" },
	{ "cli; sti; hlt", "fa fb f4", 0, "interrupts 0; interrupts 1; hlt 1 1", "", "" },
	/* pushf; pop eax: save_fl */
	{ "pushf, pop", "9c 58", 0, "", "", "rax=202" },
	/* push 2; popf */
	{ "popf, IF off", "6a 02 9d", 0, "interrupts 0", "", "rflags=2" },
	{ "popf, AC, ID", "68 00 02 24 00 9d", 0, "", "", "rflags=240202" },
	/* VM and the virtual flags stay: push 0x1a0202 */
	{ "popf, VM", "68 02 02 1a 00 9d", 0, "", "", "rflags=202" },
	{ "popf, TF", "68 02 03 00 00 9d", 0, "", "fault 1 at 0", "rsp=f50007fc" },
	/* pushw 2; popfw */
	{ "popfw", "66 6a 02 66 9d", 0, "interrupts 0", "", "rflags=2" },
	{ "stac", "0f 01 cb", 0, "", "", "rflags=40202" },

	{ "mov cr3,edi", "0f 22 df", 0, "write-cr 3 c1003000", "", "cr3=c1003000" },
	{ "mov cr0,eax", "0f 22 c0", 0, "write-cr 0 55aa55aa", "", "cr0=55aa55aa" },
	{ "mov eax,cr2", "0f 20 d0", 0, "", "", "rax=cr2" },
	{ "mov cr1,eax", "0f 22 c8", 0, "", "fault 6 at 0", "" },
	{ "mov dr7,ecx", "0f 23 f9", 0, "write-dr 7 11111111", "", "dr7=11111111" },
	{ "mov eax,dr3", "0f 21 d8", 0, "", "", "rax=dr3" },
	{ "clts", "0f 06", 0, "write-cr 0 80050033", "", "cr0=80050033" },
	{ "smsw eax", "0f 01 e0", 0, "", "", "rax=cr0" },

	{ "rdmsr", "0f 32", 0, "rdmsr 11111111", "", "rax=? rdx=?" },
	{ "wrmsr; xor; rdmsr", "0f 30 31 c0 31 d2 0f 32", 0,
	  "wrmsr 11111111 2222222255aa55aa; rdmsr 11111111", "", "rflags=246" },
	/* mov ecx,MSR_FS_BASE; wrmsr; mov ecx,fs:[0]: the base is the descriptor's */
	{ "wrmsr fs base", "b9 00 01 00 c0 0f 30 64 8b 0d 00 00 00 00", 0,
	  "wrmsr c0000100 2222222255aa55aa", "", "rcx=ccddeeff" },
	{ "rdpmc", "0f 33", 0, "rdpmc 11111111", "", "rax=? rdx=?" },
	{ "xsetbv of ecx 0x11111111", "0f 01 d1", 0, "xsetbv 11111111 2222222255aa55aa",
	  "fault 13 at 0", "" },
	{ "cpuid", "0f a2", 0, "cpuid 55aa55aa 11111111", "", "rax=? rbx=? rcx=? rdx=?" },
	{ "rdtsc", "0f 31", 0, "", "", "rax=? rdx=?" },

	{ "in al,dx", "ec", 0, "in 2222 1", "", "rax=?" },
	{ "out 0x80,al", "e6 80", 0, "out 80 1 aa", "", "" },
	{ "out dx,eax", "ef", 0, "out 2222 4 55aa55aa", "", "" },

	/* six bytes */
	{ "lgdt [edi]", "0f 01 17", 0, "lgdt aabbccdd eeff", "",
	  "gdt_base=aabbccdd gdt_limit=eeff" },
	{ "lidt [edi+2]", "0f 01 5f 02", 0, "lidt 8899aabb ccdd", "",
	  "idt_base=8899aabb idt_limit=ccdd" },
	{ "lldt ax", "0f 00 d0", 0, "lldt 55aa", "", "ldtr=55aa" },
	{ "ltr [edi]", "0f 00 1f", 0, "ltr eeff", "", "tr=eeff" },
	{ "str eax", "0f 00 c8", 0, "", "", "rax=tr" },
	{ "sldt [edi]", "0f 00 07", 0, "", "", "word=8899aabbccdd0088" },
	{ "sgdt [edi]", "0f 01 07", 0, "", "", "word=8899c100200000ff" },
	{ "sidt [edi+2]", "0f 01 4f 02", 0, "", "", "word=fffba00007ffeeff" },
	{ "lgdt, 16 bits", "66 0f 01 17", 0, "", "unmodelled", "" },
	{ "mov ds,eax", "8e d8", 0, "segment 3 55aa", "", "ds=55aa" },
	{ "mov es,[edi]", "8e 07", 0, "segment 0 eeff", "", "es=eeff" },
	{ "mov cs,eax", "8e c8", 0, "", "fault 6 at 0", "" },
	{ "mov eax,ds", "8c d8", 0, "", "", "rax=ds" },
	{ "mov [edi],fs", "8c 27", 0, "", "", "word=8899aabbccdd00d8" },
	/* push cs; pop [edi]: a word, its upper half 0 */
	{ "push cs", "0e 8f 07", 0, "", "", "word=8899aabb00000060" },
	/* push 0x12345678; pop es; push es; pop eax */
	{ "pop es, push es", "68 78 56 34 12 07 06 58", 0, "segment 0 5678", "",
	  "es=5678 rax=5678" },
	/* pushw fs; popw [edi]: two bytes */
	{ "push fs, 16 bits", "66 0f a0 66 8f 07", 0, "", "", "word=8899aabbccdd00d8" },
	/* xor eax,eax; push eax; pop gs: nobody uses it */
	{ "pop gs, null", "31 c0 50 0f a9", 0, "segment 5 0", "", "rax=0 gs=0 gs_base=0 rflags=246" },
	{ "push ss, pop ss", "16 17", 0, "segment 2 68", "", "" },

	{ "invlpg fs:[-16]", "64 0f 01 3d f0 ff ff ff", 0, "invlpg c1002ff0", "", "" },
	/* mov eax,3; verw ax: the null selector; push ss; pop eax; verw ax: what the table has there is no data */
	{ "verw 3", "b8 03 00 00 00 0f 00 e8", 0, "", "", "rax=3" },
	{ "verw ss", "16 58 0f 00 e8", 0, "", "", "rax=ss" },
	{ "invlpg fs:[8]", "64 0f 01 3d 08 00 00 00", 0, "invlpg c1003008", "", "" },
	/* mov ebx,0x12345; mov esi,0xf0000; invlpg [bx+si+1]: 16 bits of it */
	{ "invlpg, 16-bit address", "bb 45 23 01 00 be 00 00 0f 00 67 0f 01 78 01", 0, "invlpg 2346",
	  "", "rbx=12345 rsi=f0000" },
	{ "invpcid ecx,[edi]", "66 0f 38 82 0f", 0, "invpcid 11111111 8899aabbccddeeff 7766", "", "" },
	{ "wbinvd", "0f 09", 0, "wbinvd", "", "" },
	{ "popcnt eax,edx", "f3 0f b8 c2", 0, "", "", "rax=8 rflags=202" },
	{ "lzcnt eax,edx", "f3 0f bd c2", 0, "", "", "rax=2 rflags=202" },
	{ "pause", "f3 90", 0, "", "", "" },
	{ "iret", "cf", 0, "", "op-end", "" },
	{ "syscall", "0f 05", 0, "", "fault 6 at 0", "" },
	{ "xen cpuid", "0f 0b 78 65 6e 0f a2", 0, "", "fault 6 at 0", "" },
};
// clang-format on

START_TEST(row)
{
	small_machine_init_i386(&sm);
	sensitive_row_check(&sm, &rows[_i]);
}
END_TEST

/* --- boots --- */

static void open_boot(const char *code)
{
	small_machine_init_i386(&sm);
	sm.regions[0].prot |= PVP_PROT_WRITE;
	sm.config.boots = true;
	small_machine_code(&sm, code);
	small_machine_open(&sm);
}

// clang-format off
static const struct {
	const char *name, *code, *stop;
	uint64_t rax, rsp;
} irets[] = {
	/* pushf; push cs; push SM32_TEXT+0x20; iret; there: mov eax,5; jmp to the end: sync_core */
	{ "same ring", "9c 0e 68 20 00 00 c1 cf", "end", 5, SM32_SP },
	/* pushf; push 0x73; push ..; iret: to ring 3 */
	{ "another ring", "9c 6a 73 68 20 00 00 c1 cf", "op-end", 0x55aa55aa, SM32_SP - 12 },
	/* push 0x20202: VM; push cs; push ..; iret */
	{ "virtual 8086", "68 02 02 02 00 0e 68 20 00 00 c1 cf", "op-end", 0x55aa55aa, SM32_SP - 12 },
	{ "16 bits", "9c 0e 68 20 00 00 c1 66 cf", "unmodelled", 0x55aa55aa, SM32_SP - 12 },
};
// clang-format on

START_TEST(iret)
{
	open_boot(irets[_i].code);
	small_machine_bytes(&sm, SM32_TEXT + 0x20, "b8 05 00 00 00 e9");
	small_machine_set_word(&sm, SM32_TEXT + 0x26, sm.request.end - (SM32_TEXT + 0x2a));
	small_machine_run(&sm);
	ck_assert_msg(!strcmp(small_machine_stop(&sm), irets[_i].stop), "%s: %s", irets[_i].name,
		      small_machine_stop(&sm));
	sm_ck_reg(&sm, rax, irets[_i].rax);
	sm_ck_reg(&sm, rsp, irets[_i].rsp);
	sm_ck_reg(&sm, cs, 0x60);
	sm_ck_effects(&sm, "");
}
END_TEST

/* Text that rewrites what it has executed, and stays rewritten in the next run. */
START_TEST(rewritten_text)
{
	/* call +0x1b; mov byte [SM32_TEXT+0x21],9; call +0xf; there: mov al,1; ret */
	open_boot("e8 1b 00 00 00 c6 05 21 00 00 c1 09 e8 0f 00 00 00");
	small_machine_bytes(&sm, SM32_TEXT + 0x20, "b0 01 c3");
	for (int round = 0; round < 2; round++) {
		small_machine_run(&sm);
		sm_ck_stop(&sm, "end");
		sm_ck_reg(&sm, rax, 0x55aa5509);
		small_machine_undo(&sm);
		ck_assert_uint_eq(*small_machine_host(&sm, SM32_TEXT + 0x21), 9);
	}
}
END_TEST

/* --- configurations --- */

START_TEST(engine_segments)
{
	small_machine_do_i386(&sm, "90");
	for (int round = 0; round < 2; round++) {
		static const int selectors[][2] = {
			{ UC_X86_REG_CS, 0x60 }, { UC_X86_REG_SS, 0x68 }, { UC_X86_REG_DS, 0x68 },
			{ UC_X86_REG_ES, 0x68 }, { UC_X86_REG_FS, 0x68 }, { UC_X86_REG_GS, 0x68 },
		};

		for (size_t i = 0; i < ARRAY_SIZE(selectors); i++) {
			uint64_t got = 0;

			ck_assert(!uc_reg_read(sm.machine->uc, selectors[i][0], &got));
			ck_assert_uint_eq(got, selectors[i][1]);
		}
		small_machine_undo(&sm);
		small_machine_run(&sm);
	}
}
END_TEST

static uint8_t page[SM_PAGE] __attribute__((aligned(4096)));

static const struct {
	unsigned ring;
	struct pvp_region region;
	enum pvp_error_code code;
	const char *message;
} refused[] = {
	{ 3,
	  { 0x10000, SM_PAGE, page, 3, PVP_MEM_PLAIN, "fine" },
	  PVP_ERR_UNSUPPORTED,
	  "i386 text in ring 3" },
	{ 0,
	  { 0x100000000, SM_PAGE, page, 3, PVP_MEM_PLAIN, "high" },
	  PVP_ERR_BAD_DATA,
	  "beyond the last address: high at 0x100000000" },
	{ 0,
	  { 0xfffff000, 2 * SM_PAGE, page, 3, PVP_MEM_PLAIN, "half" },
	  PVP_ERR_BAD_DATA,
	  "beyond the last address: half at 0xfffff000" },
	{ 0, { SM32_DATA, SM_PAGE, page, 3, PVP_MEM_PLAIN, "twice" }, PVP_ERR_ENGINE, "twice" },
};

START_TEST(refused_config)
{
	struct pvp_region regions[SM_NR_REGIONS + 1];

	small_machine_init_i386(&sm);
	memcpy(regions, sm.regions, sizeof(sm.regions));
	regions[SM_NR_REGIONS] = refused[_i].region;
	sm.config.ring = refused[_i].ring;
	sm.config.regions = regions;
	sm.config.nr_regions = SM_NR_REGIONS + 1;
	pvp_ck_err(pvp_machine_create(&sm.config, &sm.machine), refused[_i].code,
		   refused[_i].message);
	ck_assert_ptr_null(sm.machine);
}
END_TEST

/* The very last page can be mapped, and its last word read. */
START_TEST(last_page)
{
	struct pvp_region regions[SM_NR_REGIONS + 1];

	small_machine_init_i386(&sm);
	memcpy(regions, sm.regions, sizeof(sm.regions));
	regions[SM_NR_REGIONS] =
		(struct pvp_region){ 0xfffff000, SM_PAGE, page, 3, PVP_MEM_PLAIN, "last" };
	page[0xffc] = 0x5a;
	sm.config.regions = regions;
	sm.config.nr_regions = SM_NR_REGIONS + 1;
	/* mov eax,[0xfffffffc]; mov [0xfffff000],eax */
	small_machine_code(&sm, "a1 fc ff ff ff a3 00 f0 ff ff");
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	sm_ck_reg(&sm, rax, 0x5a);
	ck_assert_uint_eq(page[0], 0x5a);
	small_machine_undo(&sm);
	ck_assert_uint_eq(page[0], 0);
}
END_TEST

static TCase *add_tcase(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, NULL, teardown);
	suite_add_tcase(suite, tc);
	return tc;
}

Suite *i386_suite(void)
{
	Suite *suite = suite_create("i386");
	TCase *tc = add_tcase(suite, "stops");

	tcase_add_loop_test(tc, stop, 0, ARRAY_SIZE(stops));
	tcase_add_test(tc, landing);
	tcase_add_test(tc, entry);

	tc = add_tcase(suite, "calls");
	tcase_add_loop_test(tc, callee, 0, ARRAY_SIZE(callees));
	tcase_add_test(tc, callee_without_a_stack);
	tcase_add_test(tc, opaque_and_skip);
	tcase_add_test(tc, watched_and_executed);

	tc = add_tcase(suite, "segments");
	tcase_add_test(tc, bases_follow_the_start_state);
	tcase_add_loop_test(tc, segment_load, 0, ARRAY_SIZE(loads));
	tcase_add_test(tc, loaded_base_is_used);

	tc = add_tcase(suite, "memory");
	tcase_add_loop_test(tc, fixup, 0, ARRAY_SIZE(fixups));
	tcase_add_loop_test(tc, stray, 0, ARRAY_SIZE(strays));

	tc = add_tcase(suite, "sensitive");
	tcase_add_loop_test(tc, row, 0, ARRAY_SIZE(rows));

	tc = add_tcase(suite, "boots");
	tcase_add_loop_test(tc, iret, 0, ARRAY_SIZE(irets));
	tcase_add_test(tc, rewritten_text);

	tc = add_tcase(suite, "configuration");
	tcase_add_test(tc, engine_segments);
	tcase_add_loop_test(tc, refused_config, 0, ARRAY_SIZE(refused));
	tcase_add_test(tc, last_page);
	return suite;
}
