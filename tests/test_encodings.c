// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_encodings.c - the list of sensitive instructions as it has to be: for each encoding, what the
 * machine makes of it in each mode and ring.  None may run as another instruction.
 */
#include <check.h>

#include "check_helpers.h"
#include "small_machine.h"
#include "suites.h"
#include "x86/decode.h"

static struct small_machine sm;

static void teardown(void)
{
	small_machine_deinit(&sm);
}

/*
 * What happens: E goes on at the end, F the run is over at the operation's own end, G #GP, U #UD, B #BP,
 * - unmodelled, under the name; space: not looked at there.
 */
// clang-format off
static const struct row {
	const char *bytes, *name, *want; /* amd64 ring 0, amd64 ring 3, i386 */
} rows[] = {
	{ "fa", "cli", "EGE" }, { "fb", "sti", "EGE" }, { "f4", "hlt", "EGE" },
	{ "f3 fa", "cli, f3", "EGE" }, { "f0 fa", "", "UUU" }, { "f2 f4", "hlt, f2", "EGE" },
	{ "0f 22 d8", "mov cr3", "EGE" }, { "0f 20 d8", "mov from cr3", "EGE" },
	{ "f0 0f 22 d8", "", "---" }, { "f3 0f 22 d8", "mov", "---" },
	{ "0f 23 c0", "mov dr0", "EGE" }, { "0f 21 c0", "mov from dr0", "EGE" },
	{ "0f 06", "clts", "EGE" }, { "f2 0f 06", "clts", "---" },
	{ "0f 01 f0", "lmsw", "EGE" }, { "0f 01 e0", "smsw", "EEE" }, { "f3 0f 01 e0", "smsw", "---" },
	{ "0f 32", "rdmsr", "EGE" }, { "0f 30", "wrmsr", "EGE" }, { "3e 0f 30", "wrmsr, ds", "EGE" },
	{ "f2 0f 30", "wrmsr", "---" }, { "f3 0f 32", "rdmsr", "---" }, { "f0 0f 30", "", "UUU" },
	{ "0f 01 c6", "wrmsrns", "EGE" }, { "f0 0f 01 c6", "wrmsrns, lock", "UUU" },
	{ "f3 0f 01 c6", "wrmsrlist", "---" }, { "f2 0f 01 c6", "rdmsrlist", "---" }, { "66 0f 01 c6", "", "---" },
	{ "0f 33", "rdpmc", "EGE" }, { "f3 0f 33", "rdpmc", "---" },
	{ "0f 31", "rdtsc", "EEE" }, { "0f 01 f9", "rdtscp", "EEE" }, { "f3 0f 01 f9", "rdtscp", "---" },
	{ "0f a2", "cpuid", "EEE" }, { "f3 0f a2", "cpuid", "---" },
	{ "0f 0b 78 65 6e 0f a2", "xen cpuid", "UUU" },
	{ "ec", "in", "EGE" }, { "e6 80", "out", "EGE" }, { "66 ed", "in ax", "EGE" },
	{ "6c", "ins", "---" }, { "6e", "outs", "---" }, { "f3 6d", "ins", "---" },
	{ "48 cf", "iretq", "FF " }, { "cf", "iretd", "FFF" }, { "66 cf", "iret", "---" },
	{ "48 0f 07", "sysretq", "FG " }, { "0f 07", "sysret", "FGF" }, { "0f 05", "syscall", "UUU" },
	{ "0f 34", "sysenter", "---" }, { "0f 35", "sysexit", "FGF" },
	{ "0f 01 f8", "swapgs", "EGU" }, { "f3 0f 01 f8", "", "---" }, { "66 0f 01 f8", "", "---" },
	{ "f2 0f 00 f0", "lkgs", "EG " }, { "f2 41 0f 00 f7", "lkgs r15", "EG " }, { "f2 0f 00 37", "lkgs", "-- " },
	{ "0f 01 17", "lgdt", "EGE" }, { "0f 01 1f", "lidt", "EGE" }, { "0f 01 07", "sgdt", "EEE" },
	{ "0f 01 0f", "sidt", "EEE" }, { "66 0f 01 17", "lgdt", "EG-" },
	{ "66 0f 01 0f", "sidt", "EE-" },
	{ "0f 00 d0", "lldt", "EGE" }, { "0f 00 d8", "ltr", "EGE" }, { "0f 00 c0", "sldt", "EEE" },
	{ "0f 00 c8", "str", "EEE" }, { "f3 0f 00 d8", "ltr", "---" }, { "f0 0f 00 d8", "", "UUU" },
	{ "0f 02 c1", "lar", "EEE" }, { "0f 03 c1", "lsl", "EEE" }, { "0f 00 e1", "verr", "EEE" },
	{ "0f 00 e9", "verw", "EEE" }, { "f3 0f 03 c1", "lsl", "---" },
	{ "0f 01 3f", "invlpg", "EGE" }, { "66 0f 38 82 07", "invpcid", "EGE" },
	{ "0f 09", "wbinvd", "EGE" }, { "f3 0f 09", "wbnoinvd", "EGE" }, { "0f 08", "invd", "---" },
	{ "0f 01 c1", "vmcall", "UUU" }, { "0f 01 d9", "vmmcall", "UUU" }, { "66 0f 01 cc", "tdcall", "---" },
	{ "f3 0f 01 d9", "vmgexit", "---" }, { "f2 0f 01 d9", "vmgexit", "---" }, { "f3 0f 01 c1", "", "---" },
	{ "0f ae e8", "lfence", "EEE" }, { "0f ae f0", "mfence", "EEE" }, { "0f ae f8", "sfence", "EEE" },
	{ "f0 0f ae e8", "", "UUU" },
	{ "f3 48 0f ae e8", "incssp", "-- " }, { "f3 0f ae e8", "incssp", "---" },
	{ "66 0f ae e8", "", "---" }, { "f2 0f ae e8", "", "---" },
	{ "0f 01 d0", "xgetbv", "EEE" }, { "0f 01 d1", "xsetbv", "EGE" },
	{ "0f 01 c8", "monitor", "GUE" }, { "0f 01 c9", "mwait", "EUE" }, { "0f 01 fa", "monitorx", "GUE" },
	{ "0f 01 fb", "mwaitx", "EUE" },
	{ "f3 0f c7 f8", "rdpid", "EEE" }, { "f3 41 0f c7 f9", "rdpid r9", "EE " },
	{ "0f c7 f8", "rdseed", "EEE" }, { "0f c7 f0", "rdrand", "EEE" }, { "f3 0f c7 f0", "senduipi", "---" },
	{ "0f 01 ee", "rdpkru", "UUU" }, { "0f 01 ef", "wrpkru", "GGG" },
	{ "f2 0f 01 ca", "erets", "-- " }, { "f3 0f 01 ca", "eretu", "-- " }, { "66 0f 01 ca", "", "---" },
	{ "0f 01 ca", "clac", "EUE" }, { "0f 01 cb", "stac", "EUE" }, { "f3 0f 01 cb", "", "---" },
	{ "f3 48 0f 1e c8", "rdssp", "-- " }, { "f3 0f 1e c8", "rdssp", "---" },
	{ "f3 0f 01 e8", "setssbsy", "---" }, { "f3 0f 01 ea", "saveprevssp", "---" },
	{ "f3 0f 01 2f", "rstorssp", "---" }, { "f3 0f ae 37", "clrssbsy", "---" },
	{ "0f 38 f6 07", "wrss", "---" }, { "66 0f 38 f5 07", "wruss", "---" },
	{ "f2 0f ae f0", "umwait", "---" }, { "66 0f ae f0", "tpause", "---" }, { "f3 0f ae f0", "umonitor", "---" },
	{ "f3 0f ae e0", "ptwrite", "---" }, { "f3 0f ae 27", "ptwrite", "---" },
	{ "f2 0f 01 ff", "pvalidate", "---" }, { "f3 0f 01 fe", "rmpadjust", "---" },
	{ "f2 0f 01 fe", "rmpupdate", "---" }, { "f3 0f 01 ff", "psmash", "---" },
	{ "0f 01 fe", "invlpgb", "---" }, { "0f 01 ff", "tlbsync", "---" },
	{ "f2 0f 38 f8 07", "enqcmd", "---" }, { "f3 0f 38 f8 07", "enqcmds", "---" },
	{ "66 0f 38 f8 07", "movdir64b", "---" }, { "0f 38 f9 07", "movdiri", "---" },
	{ "f3 0f 01 ee", "clui", "---" }, { "f3 0f 01 ef", "stui", "---" }, { "f3 0f 01 ec", "uiret", "---" },
	{ "f3 0f 01 ed", "testui", "---" },
	{ "0f 01 cf", "encls", "---" }, { "0f 01 d7", "enclu", "---" }, { "66 0f 01 cf", "seamcall", "---" },
	{ "66 0f 01 cd", "seamret", "---" }, { "66 0f 01 ce", "seamops", "---" }, { "0f 37", "getsec", "---" },
	{ "0f 01 c2", "vmlaunch", "---" }, { "0f 01 d4", "vmfunc", "---" }, { "0f 01 d8", "vmrun", "---" },
	{ "66 0f ae 3f", "clflushopt", "EEE" }, { "66 0f ae 37", "clwb", "EEE" },
	{ "0f 01 e8", "serialize", "EEE" }, { "f2 0f 01 e8", "xsusldtrk", "---" },
	{ "f3 48 0f ae c0", "rdfsbase", "EE " }, { "f3 0f ae c0", "", "EE-" },
	{ "0f 0b", "ud2", "UUU" }, { "0f b9 c0", "ud1", "UUU" }, { "0f ff c0", "ud0", "UUU" }, { "cc", "int3", "BBB" },
	{ "f1", "int1", "---" }, { "cd 80", "int", "---" },
	{ "f3 0f b8 c1", "popcnt", "EEE" }, { "f3 0f bc c1", "tzcnt", "EEE" }, { "f3 0f bd c1", "lzcnt", "EEE" },
	{ "f2 0f bc c1", "", "---" }, { "0f b8 c1", "", "UUU" },
	{ "f3 90", "pause", "EEE" }, { "0f aa", "rsm", "UUU" },
	{ "d5 18 90", "", "UU " }, { "c5 f8 77", "", "-- " },
};
// clang-format on

/* i386 runs in ring 0. */
static const struct {
	const char *name;
	bool i386;
	unsigned ring;
} places[] = { { "amd64", false, 0 }, { "amd64, ring 3", false, 3 }, { "i386", true, 0 } };

static char outcome(void)
{
	switch (sm.run.stop) {
	case PVP_STOP_END:
		return 'E';
	case PVP_STOP_OP_END:
		return 'F';
	case PVP_STOP_UNMODELLED:
		return '-';
	case PVP_STOP_FAULT:
		return sm.run.vector == PVP_FAULT_GP   ? 'G'
		       : sm.run.vector == PVP_FAULT_UD ? 'U'
		       : sm.run.vector == PVP_FAULT_BP ? 'B'
						       : '?';
	default:
		return '?';
	}
}

static void run(const char *bytes, size_t place)
{
	if (places[place].i386)
		small_machine_init_i386(&sm);
	else
		small_machine_init(&sm, places[place].ring);
	small_machine_code(&sm, bytes);
	sm.start.reg[PVP_X86_rcx] = 0;
	sm.start.reg[PVP_X86_kernel_gs_base] = sm.start.reg[PVP_X86_rdi];
	small_machine_open(&sm);
	small_machine_run(&sm);
}

START_TEST(encoding)
{
	const struct row *row = &rows[_i];

	for (size_t place = 0; place < ARRAY_SIZE(places); place++) {
		char want = row->want[place];

		if (want == ' ')
			continue;
		run(row->bytes, place);
		ck_assert_msg(outcome() == want, "%s (%s), %s: %s (%s), expected %c", row->name,
			      row->bytes, places[place].name, small_machine_stop(&sm),
			      sm.run.detail, want);
		if (want == '-')
			ck_assert_msg(strstr(sm.run.detail, row->name) && sm.run.detail[0] &&
					      !sm.run.effects.nr &&
					      !pvp_machine_memory(sm.machine)->nr_log,
				      "%s (%s), %s: unmodelled as %s", row->name, row->bytes,
				      places[place].name, sm.run.detail);
		small_machine_deinit(&sm);
	}
}
END_TEST

/* --- what lsl, lar, verr and verw say of descriptors in the text's own table --- */

#define ZF PVP_X86_FLAG_ZF

// clang-format off
/* Source of the answers: Intel SDM vol. 2, LAR, LSL, VERR, VERW; vol. 3, 3.4.5. */
static const struct {
	const char *name;
	uint64_t descriptor;
	unsigned selector; /* 8 has the descriptor */
	int lsl, lar;	   /* ZF, in ring 0, amd64 */
	int verr, verw;
	uint64_t limit, rights;
} descriptors[] = {
	{ "data",           0x00cf93000000ffff, 8,    1, 1, 1, 1, 0xffffffff, 0xcf9300 & 0xf0ff00 },
	{ "data, in bytes", 0x0040f30012345678, 8,    1, 1, 1, 1, 0x05678,    0x40f300 },
	{ "read-only data", 0x00cf91000000ffff, 8,    1, 1, 1, 0, 0xffffffff, 0xc09100 },
	{ "code",           0x00af9b000000ffff, 8,    1, 1, 1, 0, 0xffffffff, 0xa09b00 },
	{ "code, unread",   0x00af99000000ffff, 8,    1, 1, 0, 0, 0xffffffff, 0xa09900 },
	{ "null",           0x00cf93000000ffff, 0,    0, 0, 0, 0, 0, 0 },
	{ "rpl 3 of dpl 0", 0x00cf93000000ffff, 0xb,  0, 0, 0, 0, 0, 0 },
	{ "rpl 3 of dpl 3", 0x00cff3000000ffff, 0xb,  1, 1, 1, 1, 0xffffffff, 0xc0f300 },
	{ "conforming",     0x00af9f000000ffff, 0xb,  1, 1, 1, 0, 0xffffffff, 0xa09f00 },
	{ "TSS",            0x0000890000000067, 8,    1, 1, 0, 0, 0x67,       0x008900 },
	{ "call gate",      0x00008c0000000000, 8,    0, 1, 0, 0, 0,          0x008c00 },
	{ "interrupt gate", 0x00008e0000000000, 8,    0, 0, 0, 0, 0, 0 },
	{ "past the limit", 0x00cf93000000ffff, 0x80, 0, 0, 0, 0, 0, 0 },
};
static const struct {
	const char *name, *code;
} users[] = {
	{ "lsl", "0f 03 c1" }, { "lar", "0f 02 c1" }, { "verr", "0f 00 e1" }, { "verw", "0f 00 e9" },
};
// clang-format on

START_TEST(descriptor)
{
	const int zf[] = { descriptors[_i].lsl, descriptors[_i].lar, descriptors[_i].verr,
			   descriptors[_i].verw };
	const uint64_t values[] = { descriptors[_i].limit, descriptors[_i].rights };

	for (size_t user = 0; user < ARRAY_SIZE(users); user++) {
		uint64_t rax;

		small_machine_init(&sm, 0);
		small_machine_code(&sm, users[user].code);
		small_machine_set_word(&sm, SM_RO + 8, descriptors[_i].descriptor);
		sm.start.reg[PVP_X86_gdt_base] = SM_RO;
		sm.start.reg[PVP_X86_gdt_limit] = 0x7f;
		sm.start.reg[PVP_X86_rcx] = descriptors[_i].selector;
		sm.start.reg[PVP_X86_rflags] |= zf[user] ? 0 : ZF;
		small_machine_open(&sm);
		small_machine_run(&sm);
		sm_ck_stop(&sm, "end");
		rax = user < 2 && zf[user] ? values[user] : sm.start.reg[PVP_X86_rax];
		ck_assert_msg(!!(sm.run.end.reg[PVP_X86_rflags] & ZF) == zf[user], "%s of %s: ZF",
			      users[user].name, descriptors[_i].name);
		ck_assert_msg(sm.run.end.reg[PVP_X86_rax] == rax, "%s of %s: %#lx, expected %#lx",
			      users[user].name, descriptors[_i].name,
			      (unsigned long)sm.run.end.reg[PVP_X86_rax], (unsigned long)rax);
		small_machine_deinit(&sm);
	}
}
END_TEST

/* rdpid, rdtscp and rdmsr of TSC_AUX agree, also on what was written, and none answers 0. */
START_TEST(tsc_aux)
{
	/* rdpid rbx; rdtscp; mov ebp,ecx; mov ecx,0xc0000103; rdmsr */
	small_machine_do(&sm, 0, "f3 0f c7 fb 0f 01 f9 89 cd b9 03 01 00 c0 0f 32");
	sm_ck_stop(&sm, "end");
	sm_ck_reg(&sm, rbx, sm.run.end.reg[PVP_X86_rax]);
	sm_ck_reg(&sm, rbp, sm.run.end.reg[PVP_X86_rax]);
	ck_assert(sm.run.end.reg[PVP_X86_rax]);
	small_machine_deinit(&sm);
	/* mov ecx,0xc0000103; mov eax,5; wrmsrns; rdpid r9 */
	small_machine_do(&sm, 0, "b9 03 01 00 c0 b8 05 00 00 00 0f 01 c6 f3 41 0f c7 f9");
	sm_ck_stop(&sm, "end");
	sm_ck_reg(&sm, r9, 5);
	sm_ck_effects(&sm, "wrmsr c0000103 2222222200000005");
}
END_TEST

Suite *encodings_suite(void)
{
	Suite *suite = suite_create("encodings");
	TCase *tc = tcase_create("list");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, encoding, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(tc, descriptor, 0, ARRAY_SIZE(descriptors));
	tcase_add_test(tc, tsc_aux);
	suite_add_tcase(suite, tc);
	return suite;
}
