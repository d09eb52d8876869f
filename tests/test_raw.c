// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_raw.c - what we do for an instruction ourselves is what Unicorn does for it, wherever it has
 * an opinion: the same text in our machine and in an engine with none of our hands in it.
 */
#include <check.h>

#include "check_helpers.h"
#include "raw_engine.h"
#include "small_machine.h"
#include "suites.h"

static struct small_machine sm;
static struct raw_engine raw;

static void teardown(void)
{
	if (raw.uc)
		raw_engine_close(&raw);
	small_machine_deinit(&sm);
}

#define I386 true, 0

// clang-format off
/* [rdi], edi: data, where a pseudo-descriptor of the table at SM_RO lies; rsi: 0x800 above. */
static const struct {
	const char *name;
	bool is_i386;
	unsigned ring;
	const char *code;
} rows[] = {
	/* pushf; cli; pushf; sti; pushf */
	{ "cli, sti", false, 0, "9c fa 9c fb 9c" },
	{ "cli, sti", I386, "9c fa 9c fb 9c" },
	{ "cli in ring 3", false, 3, "fa" },
	{ "sti in ring 3", false, 3, "fb" },
	/* push imm; popf; pushf: each flag there is but TF and RF */
	{ "popf, all", false, 0, "68 d7 7e 24 00 9d 9c" },
	{ "popf, all", I386, "68 d7 7e 24 00 9d 9c" },
	{ "popf, none", false, 0, "6a 00 9d 9c" },
	{ "popf, none", I386, "6a 00 9d 9c" },
	{ "popf, all, ring 3", false, 3, "68 d7 7e 24 00 9d 9c" },
	{ "popf, none, ring 3", false, 3, "6a 00 9d 9c" },
	{ "popf, 16 bits", false, 0, "66 68 d7 4e 66 9d 66 9c" },
	{ "popf, 16 bits", I386, "66 68 d7 4e 66 9d 66 9c" },
	{ "popf, 16 bits, ring 3", false, 3, "66 68 d7 4e 66 9d 66 9c" },
	/* stac; pushf; clac; pushf */
	{ "stac, clac", false, 0, "0f 01 cb 9c 0f 01 ca 9c" },
	{ "stac, clac", I386, "0f 01 cb 9c 0f 01 ca 9c" },

	/* mov rax,cr0; mov rcx,cr4; mov rdx,cr3; mov cr2,rsi; mov rbx,cr2 */
	{ "mov cr", false, 0, "0f 20 c0 0f 20 e1 0f 20 da 0f 22 d6 0f 20 d3" },
	{ "mov cr", I386, "0f 20 c0 0f 20 e1 0f 20 da 0f 22 d6 0f 20 d3" },
	{ "mov cr in ring 3", false, 3, "0f 20 c0" },
	/* mov eax,0x1000; mov cr3,rax; mov rcx,cr3 */
	{ "mov cr3", false, 0, "b8 00 10 00 00 0f 22 d8 0f 20 d9" },
	{ "mov cr3", I386, "b8 00 10 00 00 0f 22 d8 0f 20 d9" },
	/* mov rax,dr6; mov rcx,dr7; mov dr0,rsi; mov rdx,dr0; mov dr3,rdi; mov rbx,dr3 */
	{ "mov dr", false, 0, "0f 21 f0 0f 21 f9 0f 23 c6 0f 21 c2 0f 23 df 0f 21 db" },
	{ "mov dr", I386, "0f 21 f0 0f 21 f9 0f 23 c6 0f 21 c2 0f 23 df 0f 21 db" },
	{ "mov dr in ring 3", false, 3, "0f 21 f0" },
	/* mov eax,0xb; lmsw ax; smsw rcx; clts; smsw rdx; smsw [rsi] */
	{ "lmsw, clts, smsw", false, 0, "b8 0b 00 00 00 0f 01 f0 48 0f 01 e1 0f 06 48 0f 01 e2 0f 01 26" },
	/* The same to memory: the upper half of a register is undefined in 32-bit mode. */
	{ "lmsw, clts, smsw", I386, "b8 0b 00 00 00 0f 01 f0 0f 01 26 0f 06 0f 01 66 08" },
	{ "clts in ring 3", false, 3, "0f 06" },
	{ "wbinvd", false, 0, "0f 09" },
	{ "wbinvd", I386, "0f 09" },
	{ "invlpg [rdi]", false, 0, "0f 01 3f" },
	{ "invlpg [edi]", I386, "0f 01 3f" },
	{ "invlpg in ring 3", false, 3, "0f 01 3f" },

	/* sgdt [rsi]; sidt [rsi+16]; sldt [rsi+32]; str [rsi+40] */
	{ "stores of tables", false, 0, "0f 01 06 0f 01 4e 10 0f 00 46 20 0f 00 4e 28" },
	{ "stores of tables", I386, "0f 01 06 0f 01 4e 10 0f 00 46 20 0f 00 4e 28" },
	/* lgdt [rdi]; sgdt [rsi]; lidt [rdi]; sidt [rsi+16] */
	{ "loads of tables", false, 0, "0f 01 17 0f 01 06 0f 01 1f 0f 01 4e 10" },
	{ "loads of tables", I386, "0f 01 17 0f 01 06 0f 01 1f 0f 01 4e 10" },
	{ "lgdt in ring 3", false, 3, "0f 01 17" },
	/* xor eax,eax; lldt ax; sldt ecx */
	{ "lldt 0", false, 0, "31 c0 0f 00 d0 0f 00 c1" },
	{ "lldt 0", I386, "31 c0 0f 00 d0 0f 00 c1" },
	/* mov eax,ss; mov ecx,cs; mov edx,ds; mov [rsi],es; mov [rsi+8],gs */
	{ "mov from segments", false, 0, "8c d0 8c c9 8c da 8c 06 8c 6e 08" },
	{ "mov from segments", false, 3, "8c d0 8c c9 8c da 8c 06 8c 6e 08" },
	{ "mov from segments", I386, "8c d0 8c c9 8c da 8c 06 8c 6e 08" },
	/* mov eax,ss; mov ds,eax; mov es,eax; mov edx,ds; mov ecx,es */
	{ "mov to segments", false, 0, "8c d0 8e d8 8e c0 8c da 8c c1" },
	{ "mov to segments", I386, "8c d0 8e d8 8e c0 8c da 8c c1" },
	/* push cs; push ss; push ds; push es; push fs; push gs; pop eax.. */
	{ "push segments", I386, "0e 16 1e 06 0f a0 0f a8 58 59 5a 5b 5d 5d" },
	/* push ds; pop es; push ss; pop ds; push ds; push es; pop eax; pop ecx */
	{ "pop segments", I386, "1e 07 16 1f 1e 06 58 59" },
	{ "push, pop, 16 bits", I386, "66 1e 66 07 66 06 66 58" },
	/* lgdt [edi]; mov eax,0xd8; mov fs,eax; mov ecx,fs:[8]; mov edx,fs */
	{ "mov fs", I386, "0f 01 17 b8 d8 00 00 00 8e e0 64 8b 0d 08 00 00 00 8c e2" },
	/* lgdt [edi]; push 0xe0; pop gs; mov ecx,gs:[8]; push gs; pop edx */
	{ "pop gs", I386, "0f 01 17 68 e0 00 00 00 0f a9 65 8b 0d 08 00 00 00 0f a8 5a" },
	/* lgdt [edi]; mov eax,0x108; mov fs,eax: behind the limit */
	{ "mov fs, behind the limit", I386, "0f 01 17 b8 08 01 00 00 8e e0" },
	{ "mov cs", I386, "8e c8" },
	/* xor eax,eax; verw ax; pushf */
	{ "verw 0", false, 0, "31 c0 0f 00 e8 9c" },
	{ "verw 0", I386, "31 c0 0f 00 e8 9c" },
	/* mov eax,ss; verw ax; pushf */
	{ "verw ss", false, 0, "8c d0 0f 00 e8 9c" },
	{ "verw ss", I386, "8c d0 0f 00 e8 9c" },

	/* lgdt [rdi]; mov ecx,0xd8; lsl eax,ecx; pushf; lar edx,ecx; pushf; verr cx; pushf */
	{ "lsl, lar, verr", false, 0, "0f 01 17 b9 d8 00 00 00 0f 03 c1 9c 0f 02 d1 9c 0f 00 e1 9c" },
	{ "lsl, lar, verr", I386, "0f 01 17 b9 d8 00 00 00 0f 03 c1 9c 0f 02 d1 9c 0f 00 e1 9c" },
	/* The same of 0x108, behind the limit, and with RPL 3 */
	{ "lsl, lar, behind the limit", false, 0, "0f 01 17 b9 08 01 00 00 0f 03 c1 9c 0f 02 d1 9c" },
	{ "lsl, lar, RPL 3", false, 0, "0f 01 17 b9 db 00 00 00 0f 03 c1 9c 0f 02 d1 9c 0f 00 e9 9c" },
	{ "lsl, lar, RPL 3", I386, "0f 01 17 b9 db 00 00 00 0f 03 c1 9c 0f 02 d1 9c 0f 00 e9 9c" },
	{ "swapgs", false, 0, "0f 01 f8" },
	{ "swapgs in ring 3", false, 3, "0f 01 f8" },
	/* mov ecx,0xc0000101; mov eax,esi; xor edx,edx; wrmsr; rdmsr */
	{ "wrmsr of gs base", false, 0, "b9 01 01 00 c0 89 f0 31 d2 0f 30 0f 32" },
	{ "wrmsr of kernel gs base", false, 0, "b9 02 01 00 c0 89 f0 31 d2 0f 30 0f 32" },
	{ "rdmsr in ring 3", false, 3, "0f 32" },
	{ "hlt in ring 3", false, 3, "f4" },
	{ "ud2", false, 0, "0f 0b" },
	{ "ud2", I386, "0f 0b" },
	{ "int3", false, 0, "cc" },
	{ "int3", I386, "cc" },
	{ "vmcall", I386, "0f 01 c1" },
	{ "swapgs, 32 bits", I386, "0f 01 f8" },

	/* What the engine does in both, so that the comparison itself is seen to agree: pusha, popa,
	 * bswap, cmpxchg8b, shld, rep movsd, leave behind push ebp, mov ebp,esp */
	{ "pusha, popa", I386, "60 0f c8 61" },
	{ "cmpxchg8b", I386, "0f c7 0f" },
	{ "shld", I386, "0f a4 c2 03 9c" },
	{ "rep movsd", I386, "b9 04 00 00 00 87 f7 f3 a5" },
	{ "leave", I386, "55 89 e5 83 ec 20 c9" },
};
// clang-format on

/* Descriptors in the table at `at`: data, 4 GiB; Intel SDM vol. 3, 3.4.5. */
static void set_descriptor(uint64_t at, unsigned selector, uint32_t base)
{
	small_machine_set_word(&sm, at + selector,
			       0x00cf93000000ffff | (uint64_t)(base & 0xffffff) << 16 |
				       (uint64_t)(base >> 24) << 56);
}

static void prepare(int i)
{
	const uint16_t limit = 0xff;
	uint64_t table;

	if (rows[i].is_i386)
		small_machine_init_i386(&sm);
	else
		small_machine_init(&sm, rows[i].ring);
	small_machine_code(&sm, rows[i].code);
	table = sm.regions[1].addr;
	set_descriptor(table, 0xd8, SM32_DATA + 0x600);
	set_descriptor(table, 0xe0, SM32_DATA + 0x700);
	memcpy(small_machine_host(&sm, sm.start.reg[PVP_X86_rdi]), &limit, sizeof(limit));
	small_machine_set_word(&sm, sm.start.reg[PVP_X86_rdi] + sizeof(limit), table);
	sm.request.end_sp = 0; /* found below: rows push */
	raw_engine_open(&raw, &sm);
}

static const struct {
	enum pvp_x86_reg reg;
	const char *name;
} compared[] = {
#define X(name, where, uc) { PVP_X86_##name, #name },
	PVP_X86_REGS(X)
#undef X
};

START_TEST(agrees)
{
	const char *name = rows[_i].name;

	prepare(_i);
	raw_engine_run(&raw, &sm);
	sm.request.end_sp = raw.end.reg[PVP_X86_rsp];
	small_machine_open(&sm);
	small_machine_run(&sm);
	if (raw.vector < 0)
		ck_assert_msg(sm.run.stop == PVP_STOP_END, "%s: %s (%s), the engine goes on", name,
			      small_machine_stop(&sm), sm.run.detail);
	else
		ck_assert_msg(sm.run.stop == PVP_STOP_FAULT && (int)sm.run.vector == raw.vector,
			      "%s: %s (%s), the engine has vector %d", name,
			      small_machine_stop(&sm), sm.run.detail, raw.vector);
	for (size_t i = 0; i < ARRAY_SIZE(compared); i++) {
		uint64_t got = sm.run.end.reg[compared[i].reg];
		uint64_t want = raw.end.reg[compared[i].reg];

		if (compared[i].reg == PVP_X86_rip)
			continue;
		ck_assert_msg(got == want, "%s: %s is %#lx, the engine's %#lx", name,
			      compared[i].name, (unsigned long)got, (unsigned long)want);
	}
	for (size_t i = 1; i < SM_NR_REGIONS; i++)
		for (size_t k = 0; k < sm.regions[i].len; k++)
			ck_assert_msg(sm.regions[i].host[k] == raw.host[i][k],
				      "%s: %#lx is %02x, the engine's %02x", name,
				      (unsigned long)(sm.regions[i].addr + k),
				      sm.regions[i].host[k], raw.host[i][k]);
}
END_TEST

/* The comparison can fail: a rule that changes what an instruction does is seen. */
START_TEST(notices)
{
	static const struct pvp_machine_rule ignore = { "cli", PVP_RULE_IGNORE };

	prepare(0);
	raw_engine_run(&raw, &sm);
	sm.config.rules = &ignore;
	sm.config.nr_rules = 1;
	sm.request.end_sp = raw.end.reg[PVP_X86_rsp];
	small_machine_open(&sm);
	small_machine_run(&sm);
	sm_ck_stop(&sm, "end");
	ck_assert(memcmp(sm.regions[SM_NR_REGIONS - 1].host, raw.host[SM_NR_REGIONS - 1], SM_PAGE));
}
END_TEST

Suite *raw_suite(void)
{
	Suite *suite = suite_create("raw");
	TCase *tc = tcase_create("agreement");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, agrees, 0, ARRAY_SIZE(rows));
	tcase_add_test(tc, notices);
	suite_add_tcase(suite, tc);
	return suite;
}
