// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_sensitive.c - what we do for sensitive instructions ourselves, row by row, by which rule,
 * and that what nobody models is not executed.
 */
#include <check.h>

#include "check_helpers.h"
#include "sensitive_rows.h"
#include "small_machine.h"
#include "suites.h"
#include "x86/decode.h"

static struct small_machine sm;

static void teardown(void)
{
	small_machine_deinit(&sm);
}

/* --- what each does --- */

// clang-format off
static const struct sensitive_row rows[] = {
	/* flags */
	{ "cli", "fa", 0, "interrupts 0", "", "rflags=2" },
	{ "cli; cli", "fa fa", 0, "interrupts 0", "", "rflags=2" },
	{ "sti, already on", "fb", 0, "", "", "rflags=202" },
	{ "cli; sti", "fa fb", 0, "interrupts 0; interrupts 1", "", "rflags=202" },
	{ "hlt", "f4", 0, "hlt 1 0", "", "" },
	{ "cli; hlt", "fa f4", 0, "interrupts 0; hlt 0 0", "", "rflags=2" },
	{ "cli in ring 3", "fa", 3, "", "fault 13 at 0", "rflags=202" },
	{ "hlt in ring 3", "f4", 3, "", "fault 13 at 0", "" },
	/* push 2; popfq */
	{ "popfq, IF off", "6a 02 9d", 0, "interrupts 0", "", "rflags=2" },
	{ "popfq, ring 3", "6a 02 9d", 3, "", "", "rflags=202" },
	/* push 0xed7; popfq: arithmetic flags, DF */
	{ "popfq, DF", "68 d7 0e 00 00 9d", 0, "", "", "rflags=ed7" },
	/* push 0x240200; popfq: AC, ID */
	{ "popfq, AC, ID", "68 00 02 24 00 9d", 0, "", "", "rflags=240202" },
	/* push 0x3200; popfq: IOPL */
	{ "popfq, IOPL", "68 00 32 00 00 9d", 0, "", "", "rflags=3202" },
	{ "popfq, IOPL in 3", "68 00 32 00 00 9d", 3, "", "", "rflags=202" },
	/* push 0x302; popfq: TF */
	{ "popfq, TF", "68 02 03 00 00 9d", 0, "", "fault 1 at 0", "rsp=ffffc900000007f8" },
	/* pushw 0x0002; popfw */
	{ "popfw, IF off", "66 6a 02 66 9d", 0, "interrupts 0", "", "rflags=2" },
	{ "stac", "0f 01 cb", 0, "", "", "rflags=40202" },
	{ "stac; clac", "0f 01 cb 0f 01 ca", 0, "", "", "rflags=202" },
	{ "stac in ring 3", "0f 01 cb", 3, "", "fault 6 at 0", "rflags=202" },

	/* control and debug registers */
	{ "mov cr3,rdi", "0f 22 df", 0, "write-cr 3 ffffffff81003000", "", "cr3=7fffffff81003000" },
	{ "mov cr0,rax", "0f 22 c0", 0, "write-cr 0 aaaaaaaa55555555", "", "cr0=aaaaaaaa55555555" },
	{ "mov cr8,r8", "45 0f 22 c0", 0, "write-cr 8 8888888888888888", "",
	  "cr8=8888888888888888" },
	{ "mov rax,cr2", "0f 20 d0", 0, "", "", "rax=cr2" },
	{ "mov r8,cr4", "41 0f 20 e0", 0, "", "", "r8=cr4" },
	{ "mov cr1,rax", "0f 22 c8", 0, "", "fault 6 at 0", "" },
	{ "mov rax,cr9", "44 0f 20 c8", 0, "", "fault 6 at 0", "" },
	{ "mov cr3 in 3", "0f 22 df", 3, "", "fault 13 at 0", "" },
	{ "mov dr0,rcx", "0f 23 c1", 0, "write-dr 0 1111111111111111", "", "dr0=1111111111111111" },
	{ "mov dr7,rcx", "0f 23 f9", 0, "write-dr 7 1111111111111111", "", "dr7=1111111111111111" },
	{ "mov dr4,rcx", "0f 23 e1", 0, "write-dr 4 1111111111111111", "", "dr6=1111111111111111" },
	{ "mov rax,dr3", "0f 21 d8", 0, "", "", "rax=dr3" },
	{ "mov rax,dr8", "44 0f 21 c0", 0, "", "fault 6 at 0", "" },
	{ "mov rax,dr0 in 3", "0f 21 c0", 3, "", "fault 13 at 0", "" },
	{ "clts", "0f 06", 0, "write-cr 0 80050033", "", "cr0=80050033" },
	/* lmsw ax: 0x5555, so PE, MP, EM, TS become 1010 and PE stays */
	{ "lmsw ax", "0f 01 f0", 0, "write-cr 0 80050035", "", "cr0=80050035" },
	{ "lmsw [rdi]", "0f 01 37", 0, "write-cr 0 8005003f", "", "cr0=8005003f" },
	{ "smsw rax", "48 0f 01 e0", 0, "", "", "rax=cr0" },
	{ "smsw [rdi]", "0f 01 27", 3, "", "", "word=8899aabbccdd003b" },

	/* model-specific registers */
	{ "rdmsr", "0f 32", 0, "rdmsr 11111111", "", "rax=? rdx=?" },
	{ "rdmsr in ring 3", "0f 32", 3, "", "fault 13 at 0", "" },
	{ "wrmsr", "0f 30", 0, "wrmsr 11111111 2222222255555555", "", "" },
	{ "wrmsr; xor; rdmsr", "0f 30 31 c0 31 d2 0f 32", 0, "wrmsr 11111111 2222222255555555; rdmsr 11111111", "",
	  "rax=55555555 rdx=22222222 rflags=246" },
	/* mov ecx,MSR_GS_BASE; mov edx,0x7fff; wrmsr */
	{ "wrmsr gs base", "b9 01 01 00 c0 ba ff 7f 00 00 0f 30", 0, "wrmsr c0000101 7fff55555555", "",
	  "rcx=c0000101 rdx=7fff gs_base=7fff55555555" },
	{ "rdmsr gs base", "b9 01 01 00 c0 0f 32", 0, "rdmsr c0000101", "",
	  "rcx=c0000101 rax=81003000 rdx=ffffffff" },
	{ "wrmsr fs base", "b9 00 01 00 c0 ba ff 7f 00 00 0f 30", 0, "wrmsr c0000100 7fff55555555", "",
	  "rcx=c0000100 rdx=7fff fs_base=7fff55555555" },
	{ "wrmsr kernel gs", "b9 02 01 00 c0 ba ff 7f 00 00 0f 30", 0, "wrmsr c0000102 7fff55555555", "",
	  "rcx=c0000102 rdx=7fff kernel_gs_base=7fff55555555" },
	{ "wrmsr gs base, non-canonical", "b9 01 01 00 c0 ba ff ff 00 00 0f 30", 0, "wrmsr c0000101 ffff55555555", "fault 13 at 0",
	  "rcx=c0000101 rdx=ffff" },
	/* mov ecx,MSR_LSTAR; mov edx,0xffff; wrmsr */
	{ "wrmsr lstar, non-canonical", "b9 82 00 00 c0 ba ff ff 00 00 0f 30", 0, "wrmsr c0000082 ffff55555555", "fault 13 at 0",
	  "rcx=c0000082 rdx=ffff" },
	{ "wbinvd; wbnoinvd", "0f 09 f3 0f 09", 0, "wbinvd; wbnoinvd", "", "" },
	{ "swapgs", "0f 01 f8", 0, "swapgs", "", "gs_base=kernel_gs_base kernel_gs_base=gs_base" },
	{ "swapgs twice", "0f 01 f8 0f 01 f8", 0, "swapgs; swapgs", "", "" },
	{ "lkgs", "b8 2b 00 01 00 f2 0f 00 f0", 0, "segment 5 2b", "", "rax=1002b gs=2b kernel_gs_base=0" },
	{ "lkgs in ring 3", "f2 0f 00 f0", 3, "", "fault 13 at 0", "" },
	{ "swapgs in ring 3", "0f 01 f8", 3, "", "fault 13 at 0", "" },
	{ "rdgsbase rax", "f3 48 0f ae c8", 3, "", "", "rax=gs_base" },
	{ "rdfsbase eax", "f3 0f ae c0", 0, "", "", "rax=fs_base" },
	{ "wrgsbase rsi", "f3 48 0f ae de", 0, "", "", "gs_base=rsi" },
	{ "wrgsbase rcx", "f3 48 0f ae d9", 0, "", "fault 13 at 0", "" },
	{ "wrfsbase edx", "f3 0f ae d2", 0, "", "", "fs_base=22222222" },
	{ "wrfsbase rax", "f3 48 0f ae d0", 0, "", "fault 13 at 0", "" },
	{ "rdpmc", "0f 33", 0, "rdpmc 11111111", "", "rax=? rdx=?" },
	{ "rdrand r9", "49 0f c7 f1", 3, "", "", "r9=? rflags=203" },
	{ "rdseed ax", "66 0f c7 f8", 0, "", "", "rax=? rflags=203" },
	{ "lock rdrand", "f0 0f c7 f0", 0, "", "fault 6 at 0", "" },
	{ "movmskps ebp,xmm3", "0f 50 eb", 0, "", "", "rbp=?" },
	{ "pmovmskb r9d,xmm0", "66 44 0f d7 c8", 3, "", "", "r9=?" },
	{ "clflushopt", "66 0f ae 3f", 3, "", "", "" },
	{ "clflush", "0f ae 3f", 3, "", "", "" },
	/* clflush [rax] */
	{ "clflush, non-canonical", "0f ae 38", 0, "", "fault 13 at aaaaaaaa55555555", "" },
	/* clwb [0x18] */
	{ "clwb of NULL + 0x18", "66 0f ae 34 25 18 00 00 00", 0, "", "fault 14 at 18", "" },
	/* mov rax,rdi; monitor; mwait */
	{ "monitor, mwait", "48 89 f8 0f 01 c8 0f 01 c9", 0,
	  "monitor ffffffff81003000; mwait 81003000 11111111", "", "rax=rdi" },
	{ "monitor, non-canonical", "0f 01 c8", 0, "", "fault 13 at aaaaaaaa55555555", "" },
	{ "mwait in ring 3", "0f 01 c9", 3, "", "fault 6 at 0", "" },
	/* xor ecx,ecx; rdpkru: CR4.PKE is clear */
	{ "rdpkru, no keys", "31 c9 0f 01 ee", 0, "", "fault 6 at 0", "rcx=0 rflags=246" },
	{ "wrpkru of ecx 0x11111111", "0f 01 ef", 0, "", "fault 13 at 0", "" },
	/* mov rax,cr4; or eax,1<<22; mov cr4,rax; xor ecx,ecx; xor edx,edx; mov eax,0x55; wrpkru; xor eax,eax; rdpkru */
	{ "wrpkru, rdpkru",
	  "0f 20 e0 0d 00 00 40 00 0f 22 e0 31 c9 31 d2 b8 55 00 00 00 0f 01 ef 31 c0 0f 01 ee", 0,
	  "write-cr 4 580033; wrpkru 55", "", "cr4=? rcx=0 rdx=0 rax=55 rflags=246" },
	/* xor ecx,ecx; xgetbv */
	{ "xgetbv", "31 c9 0f 01 d0", 0, "", "", "rax=xcr0 rcx=0 rdx=0 rflags=246" },
	{ "xgetbv of ecx 0x11111111", "0f 01 d0", 0, "", "fault 13 at 0", "" },
	{ "xsetbv", "31 c9 0f 01 d1", 0, "xsetbv 0 2222222255555555", "",
	  "xcr0=2222222255555555 rcx=0 rflags=246" },
	{ "xsetbv of ecx 0x11111111", "0f 01 d1", 0, "xsetbv 11111111 2222222255555555", "fault 13 at 0",
	  "" },

	/* ports */
	{ "in al,0x70", "e4 70", 0, "in 70 1", "", "rax=?" },
	{ "in ax,dx", "66 ed", 0, "in 2222 2", "", "rax=?" },
	{ "in eax,dx", "ed", 0, "in 2222 4", "", "rax=?" },
	{ "out 0xed,al", "e6 ed", 0, "out ed 1 55", "", "" },
	{ "out dx,ax", "66 ef", 0, "out 2222 2 5555", "", "" },
	{ "out dx,eax", "ef", 0, "out 2222 4 55555555", "", "" },
	{ "out in ring 3", "e6 80", 3, "", "fault 13 at 0", "" },

	/* descriptor tables and segments */
	{ "lgdt [rdi]", "0f 01 17", 0, "lgdt 77668899aabbccdd eeff", "",
	  "gdt_base=77668899aabbccdd gdt_limit=eeff" },
	{ "lidt [rdi]", "0f 01 1f", 0, "lidt 77668899aabbccdd eeff", "",
	  "idt_base=77668899aabbccdd idt_limit=eeff" },
	{ "lgdt in ring 3", "0f 01 17", 3, "", "fault 13 at 0", "" },
	{ "sgdt [rdi]", "0f 01 07", 3, "", "", "word=fe0000001000007f word8=ffff" },
	{ "sidt [rdi]", "0f 01 0f", 3, "", "", "word=fe00000000000fff word8=ffff" },
	{ "lldt ax", "0f 00 d0", 0, "lldt 5555", "", "ldtr=5555" },
	{ "lldt [rdi]", "0f 00 17", 0, "lldt eeff", "", "ldtr=eeff" },
	{ "ltr ax", "0f 00 d8", 0, "ltr 5555", "", "tr=5555" },
	{ "str eax", "0f 00 c8", 3, "", "", "rax=tr" },
	{ "str ax", "66 0f 00 c8", 0, "", "", "rax=aaaaaaaa55550040" },
	{ "sldt [rdi]", "0f 00 07", 0, "", "", "word=8899aabbccdd0050" },
	{ "mov ds,eax", "8e d8", 3, "segment 3 5555", "", "ds=5555" },
	{ "mov es,[rdi]", "8e 07", 0, "segment 0 eeff", "", "es=eeff" },
	{ "mov fs,eax", "8e e0", 0, "segment 4 5555", "", "fs=5555 fs_base=0" },
	{ "mov gs,eax", "8e e8", 3, "segment 5 5555", "", "gs=5555 gs_base=0" },
	{ "mov cs,eax", "8e c8", 0, "", "fault 6 at 0", "" },
	{ "mov eax,ds", "8c d8", 0, "", "", "rax=ds" },
	{ "mov [rdi],gs", "8c 2f", 0, "", "", "word=8899aabbccdd0063" },
	{ "verw [rdi]", "0f 00 2f", 0, "", "", "rflags=242" },
	/* xor eax,eax; verw ax: the null selector */
	{ "verw 0", "31 c0 0f 00 e8", 3, "", "", "rax=0 rflags=206" },

	/* caches, translations, time */
	{ "invlpg [rdi+16]", "0f 01 7f 10", 0, "invlpg ffffffff81003010", "", "" },
	{ "invlpg gs:[8]", "65 0f 01 3c 25 08 00 00 00", 0, "invlpg ffffffff81003008", "", "" },
	{ "invlpg of NULL", "0f 01 3c 25 00 00 00 00", 0, "invlpg 0", "", "" },
	{ "invlpg in ring 3", "0f 01 7f 10", 3, "", "fault 13 at 0", "" },
	{ "invpcid rcx,[rdi]", "66 0f 38 82 0f", 0, "invpcid 1111111111111111 8899aabbccddeeff 7766", "",
	  "" },
	{ "wbinvd", "0f 09", 0, "wbinvd", "", "" },
	{ "wbinvd in ring 3", "0f 09", 3, "", "fault 13 at 0", "" },
	{ "cpuid", "0f a2", 3, "cpuid 55555555 11111111", "", "rax=? rbx=? rcx=? rdx=?" },
	{ "rdtsc", "0f 31", 3, "", "", "rax=? rdx=?" },
	{ "rdtscp", "0f 01 f9", 0, "", "", "rcx=? rax=? rdx=?" },
	{ "rdtsc, prefixed", "66 0f 31", 0, "", "", "rax=? rdx=?" },
	{ "pause", "f3 90", 3, "", "", "" },

	/* ways out */
	{ "iretq", "48 cf", 0, "", "op-end", "" },
	{ "iretq in ring 3", "48 cf", 3, "", "op-end", "" },
	{ "sysretq", "48 0f 07", 0, "", "op-end", "" },
	{ "sysretq in 3", "48 0f 07", 3, "", "fault 13 at 0", "" },
	{ "syscall", "0f 05", 0, "", "fault 6 at 0", "" },
	{ "vmcall", "0f 01 c1", 0, "", "fault 6 at 0", "" },
	{ "vmmcall", "0f 01 d9", 3, "", "fault 6 at 0", "" },
	{ "ud2", "0f 0b", 3, "", "fault 6 at 0", "" },
	{ "int3", "cc", 3, "", "fault 3 at 0", "" },
	{ "xen cpuid", "0f 0b 78 65 6e 0f a2", 3, "", "fault 6 at 0", "" },
};
// clang-format on

START_TEST(row)
{
	small_machine_init(&sm, rows[_i].ring);
	sensitive_row_check(&sm, &rows[_i]);
}
END_TEST

/* Answers of devices: by seed and what was asked, the second not the first, the upper halves 0. */
static const struct {
	const char *name, *code;
	bool repeats; /* asked twice, the same answer */
	uint64_t rax_mask, rdx_mask;
} answers[] = {
	{ "rdmsr", "0f 32", true, 0xffffffff, 0xffffffff },
	{ "rdpmc", "0f 33", true, 0xffffffff, 0xff },
	{ "rdtsc", "0f 31", false, 0xffffffff, 0xffffffff },
	{ "cpuid", "b8 01 00 00 00 31 c9 0f a2", true, 0xffffffff, 0xffffffff },
	{ "in eax,dx", "ed", false, 0xffffffff, ~0ull },
	{ "rdrand eax", "0f c7 f0", false, 0xffffffff, ~0ull },
	{ "rdseed rax", "48 0f c7 f8", false, ~0ull, ~0ull },
	{ "pextrw eax,xmm0,1", "66 0f c5 c0 01", true, 0xffff, ~0ull },
};

START_TEST(answer)
{
	uint64_t rax[3];

	/* The code twice, rax kept in rbp; rcx as before. */
	small_machine_init(&sm, 0);
	sm.start.reg[PVP_X86_rcx] = 5;
	for (int round = 0; round < 3; round++) {
		if (!round) {
			size_t len = small_machine_bytes(&sm, SM_TEXT, answers[_i].code);

			sm.request.end = SM_TEXT + len;
			small_machine_open(&sm);
		}
		sm.request.seed = 7 + round / 2;
		small_machine_run(&sm);
		ck_assert_msg(sm.run.stop == PVP_STOP_END, "%s: %s", answers[_i].name,
			      small_machine_stop(&sm));
		rax[round] = sm.run.end.reg[PVP_X86_rax];
		ck_assert_msg(!(rax[round] & ~answers[_i].rax_mask), "%s: rax %#lx",
			      answers[_i].name, (unsigned long)rax[round]);
		ck_assert_msg(!(sm.run.end.reg[PVP_X86_rdx] & ~answers[_i].rdx_mask), "%s: rdx",
			      answers[_i].name);
		small_machine_undo(&sm);
	}
	ck_assert_msg(rax[0] == rax[1], "%s: two runs differ", answers[_i].name);
	ck_assert_msg(rax[0] != rax[2], "%s: two seeds do not", answers[_i].name);
}
END_TEST

START_TEST(answer_again)
{
	char code[128];

	small_machine_init(&sm, 0);
	/* ...; mov rbp,rax; mov ecx,5; ... */
	snprintf(code, sizeof(code), "%s 48 89 c5 b9 05 00 00 00 %s", answers[_i].code,
		 answers[_i].code);
	sm.start.reg[PVP_X86_rcx] = 5;
	sm.start.reg[PVP_X86_rdx] = 0x60;
	small_machine_code(&sm, code);
	small_machine_open(&sm);
	small_machine_run(&sm);
	ck_assert_msg(
		(sm.run.end.reg[PVP_X86_rax] == sm.run.end.reg[PVP_X86_rbp]) == answers[_i].repeats,
		"%s: %#lx, then %#lx", answers[_i].name, (unsigned long)sm.run.end.reg[PVP_X86_rbp],
		(unsigned long)sm.run.end.reg[PVP_X86_rax]);
}
END_TEST

/* An MSR that the client says is not there: #GP, the attempt recorded, nothing changed. */
static bool lacks(void *arg, uint64_t seed, uint32_t index, bool write)
{
	(void)arg;
	return seed == 7 && index == 0x11111111 && write;
}

static const struct {
	const char *name, *code, *effects, *stop;
	uint64_t seed;
} lacking[] = {
	{ "wrmsr", "0f 30", "wrmsr 11111111 2222222255555555", "fault 13 at 0", 7 },
	{ "wrmsr, another seed", "0f 30", "wrmsr 11111111 2222222255555555", "end", 8 },
	{ "rdmsr", "0f 32", "rdmsr 11111111", "end", 7 },
	/* inc ecx; wrmsr */
	{ "another MSR", "ff c1 0f 30", "wrmsr 11111112 2222222255555555", "end", 7 },
};

START_TEST(lacking_msr)
{
	for (unsigned fixup = 0; fixup < 2; fixup++) {
		bool faults = lacking[_i].stop[0] == 'f';

		small_machine_init(&sm, 0);
		small_machine_code(&sm, lacking[_i].code);
		sm.config.client.lacks_msr = lacks;
		sm.request.seed = lacking[_i].seed;
		sm.fixup = fixup ? sm.request.end : 0;
		small_machine_open(&sm);
		small_machine_run(&sm);
		ck_assert_msg(!strcmp(small_machine_stop(&sm), fixup ? "end" : lacking[_i].stop),
			      "%s: %s", lacking[_i].name, small_machine_stop(&sm));
		sm_ck_effects(&sm, lacking[_i].effects);
		ck_assert_uint_eq(sm.nr_fixups, faults);
		if (faults)
			ck_assert_uint_eq(sm.fixup_vector, PVP_FAULT_GP);
		small_machine_deinit(&sm);
	}
}
END_TEST

/* --- rules --- */

// clang-format off
/* One encoding a class, with operands that are fine. */
static const struct {
	enum pvp_x86_class class;
	const char *code;
} samples[] = {
	{ PVP_X86_CLI, "fa" }, { PVP_X86_STI, "fb" }, { PVP_X86_HLT, "f4" }, { PVP_X86_POPF, "9d" },
	{ PVP_X86_MOV_CR, "0f 22 d8" }, { PVP_X86_MOV_DR, "0f 23 c0" }, { PVP_X86_CLTS, "0f 06" },
	{ PVP_X86_LMSW, "0f 01 f0" }, { PVP_X86_SMSW, "0f 01 e0" }, { PVP_X86_RDMSR, "0f 32" },
	{ PVP_X86_WRMSR, "0f 30" }, { PVP_X86_WRMSRNS, "0f 01 c6" }, { PVP_X86_RDPMC, "0f 33" }, { PVP_X86_RDTSC, "0f 31" },
	{ PVP_X86_CPUID, "0f a2" }, { PVP_X86_XEN_CPUID, "0f 0b 78 65 6e 0f a2" },
	{ PVP_X86_IN, "ec" }, { PVP_X86_OUT, "ee" }, { PVP_X86_LGDT, "0f 01 17" },
	{ PVP_X86_SGDT, "0f 01 07" }, { PVP_X86_LIDT, "0f 01 1f" }, { PVP_X86_SIDT, "0f 01 0f" },
	{ PVP_X86_LLDT, "0f 00 d0" }, { PVP_X86_SLDT, "0f 00 c0" }, { PVP_X86_LTR, "0f 00 d8" },
	{ PVP_X86_STR, "0f 00 c8" }, { PVP_X86_INVLPG, "0f 01 3f" },
	{ PVP_X86_INVPCID, "66 0f 38 82 07" }, { PVP_X86_WBINVD, "0f 09" },
	{ PVP_X86_SWAPGS, "0f 01 f8" }, { PVP_X86_LKGS, "f2 0f 00 f0" }, { PVP_X86_FSGSBASE, "f3 48 0f ae c0" },
	{ PVP_X86_XGETBV, "0f 01 d0" }, { PVP_X86_XSETBV, "0f 01 d1" }, { PVP_X86_CLAC, "0f 01 cb" },
	{ PVP_X86_VERW, "0f 00 e8" }, { PVP_X86_LSL, "0f 03 c1" },
	{ PVP_X86_RDPID, "f3 0f c7 f8" }, { PVP_X86_MOV_SEG, "8e d8" },
	{ PVP_X86_BIT_COUNT, "f3 0f b8 c1" }, { PVP_X86_PAUSE, "f3 90" },
	{ PVP_X86_SERIALIZE, "0f 01 e8" }, { PVP_X86_RANDOM, "0f c7 f0" },
	{ PVP_X86_VECTOR, "0f 50 c0" }, { PVP_X86_FLUSH, "66 0f ae 3f" }, { PVP_X86_MONITOR, "0f 01 c8" }, { PVP_X86_MWAIT, "0f 01 c9" },
	{ PVP_X86_PKRU, "0f 01 ee" }, { PVP_X86_IRET, "48 cf" },
	{ PVP_X86_SYSRET, "48 0f 07" }, { PVP_X86_SYSCALL, "0f 05" }, { PVP_X86_VMCALL, "0f 01 c1" },
	{ PVP_X86_VMMCALL, "0f 01 d9" }, { PVP_X86_UD, "0f 0b" }, { PVP_X86_INT3, "cc" },
};
/* On i386 another, or NULL: the class is not there. */
static const struct {
	enum pvp_x86_class class;
	const char *code;
} i386_samples[] = {
	{ PVP_X86_SWAPGS, NULL }, { PVP_X86_LKGS, NULL }, { PVP_X86_FSGSBASE, NULL }, { PVP_X86_IRET, "cf" },
	{ PVP_X86_SYSRET, "0f 35" },
};
static const struct {
	const char *name;
	enum pvp_rule ring0, ring3;
	unsigned vector;
} defaults[PVP_X86_NR_CLASSES] = {
#define X(id, name, ring0, ring3, vector) \
	[PVP_X86_##id] = { name, PVP_RULE_##ring0, PVP_RULE_##ring3, PVP_FAULT_##vector },
	PVP_X86_CLASSES(X)
#undef X
};
// clang-format on

START_TEST(every_class_has_a_sample)
{
	ck_assert_uint_eq(ARRAY_SIZE(samples), PVP_X86_NR_CLASSES - PVP_X86_CLI);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		ck_assert_uint_eq(samples[i].class, PVP_X86_CLI + i);
}
END_TEST

/* Where samples run. */
static const struct {
	enum pvp_isa isa;
	unsigned ring;
} places[] = { { PVP_ISA_AMD64, 0 }, { PVP_ISA_AMD64, 3 }, { PVP_ISA_I386, 0 } };

/* False: there is no such class. */
static bool run_sample(int i, size_t place, const struct pvp_machine_rule *rule)
{
	const bool i386 = places[place].isa == PVP_ISA_I386;
	const char *code = samples[i].code;

	for (size_t k = 0; k < ARRAY_SIZE(i386_samples) && i386; k++)
		if (i386_samples[k].class == samples[i].class)
			code = i386_samples[k].code;
	if (!code)
		return false;
	if (i386)
		small_machine_init_i386(&sm);
	else
		small_machine_init(&sm, places[place].ring);
	small_machine_code(&sm, code);
	small_machine_set_word(&sm, sm.request.end_sp, 0x202);
	sm.start.reg[PVP_X86_rcx] = 0;
	sm.start.reg[PVP_X86_kernel_gs_base] = sm.start.reg[PVP_X86_rdi];
	if (samples[i].class == PVP_X86_MONITOR)
		sm.start.reg[PVP_X86_rax] = sm.start.reg[PVP_X86_rdi];
	if (samples[i].class == PVP_X86_PKRU)
		sm.start.reg[PVP_X86_cr4] |= 1 << 22;
	if (samples[i].class == PVP_X86_POPF)
		sm.request.end_sp += i386 ? 4 : 8;
	sm.knows_hypercalls = true;
	sm.config.rules = rule;
	sm.config.nr_rules = rule ? 1 : 0;
	small_machine_open(&sm);
	small_machine_run(&sm);
	return true;
}

static bool state_is_the_start(void)
{
	for (unsigned reg = 0; reg < PVP_X86_NR_STATE; reg++)
		if (reg != PVP_X86_rip && sm.run.end.reg[reg] != sm.start.reg[reg])
			return false;
	return !pvp_machine_memory(sm.machine)->nr_log && !sm.run.effects.nr;
}

/* What a class does under a rule, whoever gave it. */
static void check_rule(int i, enum pvp_rule rule, unsigned ring)
{
	enum pvp_x86_class class = samples[i].class;
	const char *name = defaults[class].name;
	enum pvp_stop stop = sm.run.stop;

	switch (rule) {
	case PVP_RULE_FAULT:
		ck_assert_msg(stop == PVP_STOP_FAULT && sm.run.vector == defaults[class].vector,
			      "%s in ring %u: %s", name, ring, small_machine_stop(&sm));
		ck_assert_msg(state_is_the_start(), "%s in ring %u changed something", name, ring);
		break;
	case PVP_RULE_IGNORE:
		ck_assert_msg(state_is_the_start(), "%s in ring %u changed something", name, ring);
		/* popf that is passed over leaves the stack where it was. */
		ck_assert_msg(stop == (class == PVP_X86_POPF ? PVP_STOP_FAULT : PVP_STOP_END),
			      "%s in ring %u: %s", name, ring, small_machine_stop(&sm));
		break;
	case PVP_RULE_END:
		ck_assert_msg(stop == PVP_STOP_OP_END && state_is_the_start(), "%s in ring %u: %s",
			      name, ring, small_machine_stop(&sm));
		break;
	default:
		if (class == PVP_X86_IRET || class == PVP_X86_SYSRET)
			ck_assert_msg(stop == PVP_STOP_OP_END, "%s: %s", name,
				      small_machine_stop(&sm));
		else if (class == PVP_X86_UD || class == PVP_X86_INT3)
			ck_assert_msg(stop == PVP_STOP_UNMODELLED, "%s: %s", name,
				      small_machine_stop(&sm));
		else
			ck_assert_msg(stop == PVP_STOP_END, "%s in ring %u: %s", name, ring,
				      small_machine_stop(&sm));
	}
}

START_TEST(default_rule)
{
	for (size_t place = 0; place < ARRAY_SIZE(places); place++) {
		unsigned ring = places[place].ring;

		if (!run_sample(_i, place, NULL))
			continue;
		check_rule(_i,
			   ring ? defaults[samples[_i].class].ring3
				: defaults[samples[_i].class].ring0,
			   ring);
		small_machine_deinit(&sm);
	}
}
END_TEST

START_TEST(given_rule)
{
	static const enum pvp_rule rules[] = { PVP_RULE_ALLOW, PVP_RULE_EMULATE, PVP_RULE_FAULT,
					       PVP_RULE_IGNORE, PVP_RULE_END };

	for (size_t place = 0; place < ARRAY_SIZE(places); place++)
		for (size_t k = 0; k < ARRAY_SIZE(rules); k++) {
			struct pvp_machine_rule rule = { defaults[samples[_i].class].name,
							 rules[k] };

			if (!run_sample(_i, place, &rule))
				continue;
			check_rule(_i, rules[k], places[place].ring);
			small_machine_deinit(&sm);
		}
}
END_TEST

START_TEST(hypercall)
{
	struct pvp_machine_rule rule = { "vmcall", PVP_RULE_EMULATE };

	for (int known = 0; known < 2; known++) {
		small_machine_init(&sm, 3);
		small_machine_code(&sm, "0f 01 c1");
		sm.config.rules = &rule;
		sm.config.nr_rules = 1;
		sm.knows_hypercalls = known;
		small_machine_open(&sm);
		small_machine_run(&sm);
		ck_assert_str_eq(small_machine_stop(&sm), known ? "end" : "hypercall");
		ck_assert_uint_eq(sm.nr_hypercalls, 1);
		ck_assert_uint_eq(sm.run.end.reg[PVP_X86_rax],
				  known ? 0x4ca11 : sm.start.reg[PVP_X86_rax]);
		small_machine_deinit(&sm);
	}
}
END_TEST

/* --- what nobody models is never executed quietly --- */

static const char *const unmodelled[] = {
	"f2 0f 01 ca",	     /* erets */
	"f3 0f 01 ca",	     /* eretu */
	"0f 08",	     /* invd */
	"f3 0f 01 d9",	     /* vmgexit */
	"66 f3 0f c7 f8",    /* rdpid with a prefix */
	"f3 48 0f ae e8",    /* incsspq */
	"3e f3 48 0f ae e8", /* incsspq */
	"f3 48 0f 1e c8",    /* rdsspq */
	"f2 0f ae f0",	     /* umwait */
	"66 0f ae f0",	     /* tpause */
	"f2 0f 00 37",	     /* lkgs from memory */
	"f3 0f 01 c6",	     /* wrmsrlist */
	"66 0f 01 cc",	     /* tdcall */
	"0f 01 c3",	     /* vmresume */
	"f3 0f 03 c0",	     /* lsl with a prefix */
	"f2 0f 10 07",	     /* movsd xmm0 */
	"66 0f ef c0",	     /* pxor */
	"c5 f8 77",	     /* vzeroupper */
	"0f ae 07",	     /* fxsave */
	"d9 c0",	     /* fld */
	"cd 80",	     /* int */
	"f1",		     /* int1 */
	"6c",		     /* insb */
	"0f a0",	     /* push fs */
	"ff 1f",	     /* lcall */
	"cb",		     /* retf */
	"66 e8 00 00 00 00", /* data16 call */
	"66 e9 00 00 00 00",
	"66 eb 00",
	"66 c3",
	"48 66 05 00 00",    /* a REX that does not count */
	"0f 01 fd",	     /* rdpru */
	"62 f1 7c 48 28 c0", /* vmovaps */
};

START_TEST(not_executed)
{
	for (unsigned ring = 0; ring <= 3; ring += 3) {
		small_machine_do(&sm, ring, unmodelled[_i]);
		ck_assert_msg(sm.run.stop == PVP_STOP_UNMODELLED, "%s in ring %u: %s",
			      unmodelled[_i], ring, small_machine_stop(&sm));
		ck_assert_msg(sm.run.detail[0], "%s: no detail", unmodelled[_i]);
		ck_assert_msg(state_is_the_start(), "%s changed something", unmodelled[_i]);
		small_machine_deinit(&sm);
	}
}
END_TEST

static TCase *add_tcase(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, NULL, teardown);
	suite_add_tcase(suite, tc);
	return tc;
}

Suite *sensitive_suite(void)
{
	Suite *suite = suite_create("sensitive");
	TCase *tc = add_tcase(suite, "rows");

	tcase_add_loop_test(tc, row, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(tc, answer, 0, ARRAY_SIZE(answers));
	tcase_add_loop_test(tc, answer_again, 0, ARRAY_SIZE(answers));
	tcase_add_loop_test(tc, lacking_msr, 0, ARRAY_SIZE(lacking));

	tc = add_tcase(suite, "rules");
	tcase_add_test(tc, every_class_has_a_sample);
	tcase_add_loop_test(tc, default_rule, 0, ARRAY_SIZE(samples));
	tcase_add_loop_test(tc, given_rule, 0, ARRAY_SIZE(samples));
	tcase_add_test(tc, hypercall);
	tcase_add_loop_test(tc, not_executed, 0, ARRAY_SIZE(unmodelled));
	return suite;
}
