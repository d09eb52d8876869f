// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest.c - what our verdicts assume of the emulator, asked of the emulator that is installed.
 *
 * Each question has a wrong answer that some release really gives.
 */
#include "selftest.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "machine.h"
#include "regs.h"

#define UNTIL 0x100 /* on the stack: never executed */
#define COUNT 100

struct mode {
	uc_mode uc;
	uint64_t text, stack; /* kernel addresses */
	int ip, sp, ax;
};

static const struct mode modes[] = {
	[PVP_ISA_AMD64] = { UC_MODE_64, 0xffffffff81000000, 0xffffc90000000000, UC_X86_REG_RIP,
			    UC_X86_REG_RSP, UC_X86_REG_RAX },
	[PVP_ISA_I386] = { UC_MODE_32, 0xc1000000, 0xf5000000, UC_X86_REG_EIP, UC_X86_REG_ESP,
			   UC_X86_REG_EAX },
};

struct bench { /* one engine with a page of text and two of stack */
	const struct mode *mode;
	uc_engine *uc;
	uc_context *ready;
	unsigned vectors[4], nr_vectors;
	uint64_t fetch_fault;
	uint64_t jump_from, jump_to; /* a code hook that moves on */
	uint64_t stop_at;	     /* and one that stops */
	unsigned nr_stores, stored_bytes;
};

static void on_interrupt(uc_engine *uc, uint32_t vector, void *arg)
{
	struct bench *b = arg;

	if (b->nr_vectors < ARRAY_SIZE(b->vectors))
		b->vectors[b->nr_vectors++] = vector;
	uc_emu_stop(uc);
}

static bool on_unmapped(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
			void *arg)
{
	struct bench *b = arg;

	(void)uc, (void)size, (void)value;
	if (type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT)
		b->fetch_fault = addr + 1;
	return false;
}

static void on_write(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
		     void *arg)
{
	struct bench *b = arg;

	(void)uc, (void)type, (void)addr, (void)value;
	b->nr_stores++;
	b->stored_bytes += size;
}

static void on_code(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct bench *b = arg;

	(void)size;
	if (b->jump_from && addr == b->jump_from)
		uc_reg_write(uc, b->mode->ip, &b->jump_to);
	if (b->stop_at && addr == b->stop_at)
		uc_emu_stop(uc);
}

static uc_err put(struct bench *b, const void *code, size_t len)
{
	uint64_t text = b->mode->text;
	uc_err err = uc_mem_write(b->uc, text, code, len);

	return err ? err : uc_ctl_remove_cache(b->uc, text, text + 0x100);
}

static uint64_t reg(struct bench *b, int which)
{
	uint64_t value = 0;

	uc_reg_read(b->uc, which, &value);
	return value;
}

static uc_err run(struct bench *b)
{
	uint64_t sp = b->mode->stack + 0x800;

	uc_context_restore(b->uc, b->ready);
	uc_reg_write(b->uc, b->mode->sp, &sp);
	b->nr_vectors = 0;
	b->fetch_fault = 0;
	b->nr_stores = b->stored_bytes = 0;
	return uc_emu_start(b->uc, b->mode->text, b->mode->stack + UNTIL, 0, COUNT);
}

static uc_err bench_open(struct bench *b, enum pvp_isa isa)
{
	uc_hook hook;
	uc_err err = uc_open(UC_ARCH_X86, modes[isa].uc, &b->uc);

	b->mode = &modes[isa];
	if (err)
		return err;
#if UC_API_MAJOR > 2 || (UC_API_MAJOR == 2 && UC_API_MINOR >= 1)
	err = err ? err : uc_ctl_tlb_mode(b->uc, UC_TLB_VIRTUAL);
#endif
	err = err ? err : uc_mem_map(b->uc, b->mode->text, 4096, UC_PROT_ALL);
	err = err ? err : uc_mem_map(b->uc, b->mode->stack, 2 * 4096, UC_PROT_READ | UC_PROT_WRITE);
	err = err ? err : uc_hook_add(b->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, b, 1, 0);
	err = err ? err
		  : uc_hook_add(b->uc, &hook, UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_PROT,
				(void *)on_unmapped, b, 1, 0);
	err = err ? err : uc_hook_add(b->uc, &hook, UC_HOOK_CODE, (void *)on_code, b, 1, 0);
	err = err ? err : uc_hook_add(b->uc, &hook, UC_HOOK_MEM_WRITE, (void *)on_write, b, 1, 0);
	err = err ? err : uc_context_alloc(b->uc, &b->ready);
	err = err ? err : uc_context_save(b->uc, b->ready);
	return err;
}

static void bench_close(struct bench *b)
{
	if (b->ready)
		uc_context_free(b->ready);
	if (b->uc)
		uc_close(b->uc);
	memset(b, 0, sizeof(*b));
}

/* --- the questions: true when the answer is right, else what was seen goes into got --- */

static bool versions_agree(struct bench *b, char *got, size_t len)
{
	unsigned major, minor;

	(void)b;
	uc_version(&major, &minor);
	snprintf(got, len, "headers %d.%d, library %u.%u", UC_API_MAJOR, UC_API_MINOR, major,
		 minor);
	return major == UC_API_MAJOR && minor == UC_API_MINOR;
}

static bool kernel_address_fetches(struct bench *b, char *got, size_t len)
{
	static const uint8_t code[] = { 0xb8, 0x2a, 0, 0, 0, 0xf4 }; /* mov eax, 42; hlt */
	uc_err err = put(b, code, sizeof(code));

	err = err ? err : run(b);
	snprintf(got, len, "%s, eax %llu", uc_strerror(err),
		 (unsigned long long)reg(b, b->mode->ax));
	return !err && reg(b, b->mode->ax) == 42;
}

static bool patched_code_is_seen(struct bench *b, char *got, size_t len)
{
	/* call +1; hlt; mov eax, imm; ret: two blocks, because one passes by accident */
	uint8_t code[] = { 0xe8, 1, 0, 0, 0, 0xf4, 0xb8, 1, 0, 0, 0, 0xc3 };
	uint64_t first, second;

	put(b, code, sizeof(code));
	run(b);
	first = reg(b, b->mode->ax);
	code[7] = 2;
	put(b, code, sizeof(code));
	run(b);
	second = reg(b, b->mode->ax);
	snprintf(got, len, "eax %llu, then %llu", (unsigned long long)first,
		 (unsigned long long)second);
	return first == 1 && second == 2;
}

static bool second_fault_is_13(struct bench *b, char *got, size_t len)
{
	static const uint8_t iretq[] = { 0x31, 0xc0, 0x48, 0xcf };  /* xor eax, eax; iretq */
	static const uint8_t mov_ss[] = { 0x31, 0xc0, 0x8e, 0xd0 }; /* xor eax, eax; mov ss, eax */
	unsigned first, second;

	put(b, b->mode->uc == UC_MODE_64 ? iretq : mov_ss, sizeof(iretq));
	run(b);
	first = b->nr_vectors ? b->vectors[0] : 999;
	run(b);
	second = b->nr_vectors ? b->vectors[0] : 999;
	snprintf(got, len, "vector %u, then %u", first, second);
	return first == PVP_FAULT_GP && second == PVP_FAULT_GP;
}

static bool count_stops(struct bench *b, char *got, size_t len)
{
	static const uint8_t code[] = { 0x31, 0xc0, 0xff, 0xc0, 0xeb, 0xfc }; /* inc eax; jmp -4 */
	uc_err err = put(b, code, sizeof(code));

	err = err ? err : run(b);
	snprintf(got, len, "%s after %llu rounds", uc_strerror(err),
		 (unsigned long long)reg(b, b->mode->ax));
	return !err && reg(b, b->mode->ax) > COUNT / 4 && reg(b, b->mode->ax) <= COUNT;
}

static bool popf_clears_if(struct bench *b, char *got, size_t len)
{
	/* sti; pushfq; pop rax; push 2; popfq; hlt */
	static const uint8_t code[] = { 0xfb, 0x9c, 0x58, 0x6a, 0x02, 0x9d, 0xf4 };
	uint64_t before, after;

	put(b, code, sizeof(code));
	run(b);
	before = reg(b, b->mode->ax);
	after = reg(b, UC_X86_REG_EFLAGS);
	snprintf(got, len, "rflags %#llx, then %#llx", (unsigned long long)before,
		 (unsigned long long)after);
	return (before & PVP_X86_FLAG_IF) && !(after & PVP_X86_FLAG_IF);
}

static bool null_call_is_seen(struct bench *b, char *got, size_t len)
{
	static const uint8_t code[] = { 0x31, 0xc0, 0xff, 0xd0, 0xf4 }; /* xor eax,eax; call rax */
	uc_err err;

	put(b, code, sizeof(code));
	err = run(b);
	snprintf(got, len, "%s", uc_strerror(err));
	return err && b->fetch_fault == 1;
}

static bool hook_moves_on(struct bench *b, char *got, size_t len)
{
	/* mov eax, 1; mov al, 9; inc eax; hlt: the hook skips the second */
	static const uint8_t code[] = { 0xb8, 1, 0, 0, 0, 0xb0, 9, 0xff, 0xc0, 0xf4 };

	put(b, code, sizeof(code));
	b->jump_from = b->mode->text + 5;
	b->jump_to = b->mode->text + 7;
	run(b);
	b->jump_from = 0;
	snprintf(got, len, "eax %llu, rip %#llx", (unsigned long long)reg(b, b->mode->ax),
		 (unsigned long long)reg(b, b->mode->ip));
	return reg(b, b->mode->ax) == 2 && reg(b, b->mode->ip) == b->mode->text + sizeof(code);
}

/* Undo knows what the write hook tells: every byte a store changes, once. */
static bool stores_are_reported(struct bench *b, char *got, size_t len)
{
	/* lea rdi, [rsp+0x7fc]; mov [rdi], rdi: across pages; cmpxchg16b [rsp]: two halves; hlt */
	static const uint8_t code64[] = { 0x48, 0x8d, 0xbc, 0x24, 0xfc, 0x07, 0,    0,	 0x48,
					  0x89, 0x3f, 0x48, 0x0f, 0xc7, 0x0c, 0x24, 0xf4 };
	/* lea edi, [esp+0x7fe]; mov [edi], edi; cmpxchg8b [esp]; hlt */
	static const uint8_t code32[] = { 0x8d, 0xbc, 0x24, 0xfe, 0x07, 0,    0,
					  0x89, 0x3f, 0x0f, 0xc7, 0x0c, 0x24, 0xf4 };
	const bool is64 = b->mode->uc == UC_MODE_64;
	uc_err err = is64 ? put(b, code64, sizeof(code64)) : put(b, code32, sizeof(code32));

	err = err ? err : run(b);
	snprintf(got, len, "%s, %u stores of %u bytes", uc_strerror(err), b->nr_stores,
		 b->stored_bytes);
	return !err && b->nr_stores == (is64 ? 3 : 2) && b->stored_bytes == (is64 ? 24 : 12);
}

/* A segment's base comes in by MSR, and goes with the context; addresses end at 4 GiB. */
static bool bases_by_msr(struct bench *b, char *got, size_t len)
{
	/* mov eax, fs:[-16]; add eax, gs:[4]; hlt */
	static const uint8_t code[] = { 0x64, 0xa1, 0xf0, 0xff, 0xff, 0xff, 0x65,
					0x03, 0x05, 0x04, 0,	0,    0,    0xf4 };
	const uint32_t words[2] = { 40, 2 };
	uint64_t sp = b->mode->stack + 0x800, data = b->mode->stack + 0x900, sum;
	uc_x86_msr fs = { 0xc0000100, data + 16 }, gs = { 0xc0000101, data };
	uc_err first, second = put(b, code, sizeof(code));

	uc_context_restore(b->uc, b->ready);
	uc_mem_write(b->uc, data, words, sizeof(words));
	uc_reg_write(b->uc, b->mode->sp, &sp);
	uc_reg_write(b->uc, UC_X86_REG_MSR, &fs);
	uc_reg_write(b->uc, UC_X86_REG_MSR, &gs);
	first = uc_emu_start(b->uc, b->mode->text, b->mode->stack + UNTIL, 0, COUNT);
	sum = reg(b, b->mode->ax);
	/* The saved bases are 0, so that both accesses stray. */
	second = second ? second : run(b);
	snprintf(got, len, "%s, eax %llu, then %s", uc_strerror(first), (unsigned long long)sum,
		 uc_strerror(second));
	return !first && sum == 42 && second == UC_ERR_READ_UNMAPPED;
}

/*
 * Ring 3 by an executed iretq; the context saved there must bring it back, run after run: cli
 * faults each time, and popf leaves the interrupt flag alone without a word.
 */
static bool ring3_stays(struct bench *unused, char *got, size_t len)
{
	const uint64_t text = modes[PVP_ISA_AMD64].text, stack = modes[PVP_ISA_AMD64].stack;
	static const uint8_t iretq[] = { 0x48, 0xcf };
	static const uint8_t code[] = { 0x6a, 0x02, 0x9d, 0xfa }; /* push 2; popfq; cli */
	const uint64_t gdt[] = { 0, 0x00affb000000ffff, 0x00cff3000000ffff };
	const uint64_t frame[] = { text + 0x10, 0x0b, 0x202, stack + 0x800, 0x13 };
	uint64_t sp = stack + 0x700;
	uc_x86_mmr gdtr = { .base = stack, .limit = sizeof(gdt) - 1 };
	struct bench b = { 0 };
	bool ok = !bench_open(&b, PVP_ISA_AMD64);

	(void)unused;
	snprintf(got, len, "the engine cannot be set up");
	ok = ok && !uc_mem_write(b.uc, stack, gdt, sizeof(gdt)) &&
	     !uc_mem_write(b.uc, sp, frame, sizeof(frame)) && !put(&b, iretq, sizeof(iretq)) &&
	     !uc_mem_write(b.uc, text + 0x10, code, sizeof(code)) &&
	     !uc_reg_write(b.uc, UC_X86_REG_GDTR, &gdtr) &&
	     !uc_reg_write(b.uc, UC_X86_REG_RSP, &sp);
	b.stop_at = text + 0x10;
	ok = ok && !uc_emu_start(b.uc, text, stack + UNTIL, 0, COUNT) &&
	     !uc_context_save(b.uc, b.ready);
	b.stop_at = 0;
	for (int i = 0; i < 3 && ok; i++) {
		uc_context_restore(b.uc, b.ready);
		b.nr_vectors = 0;
		uc_emu_start(b.uc, text + 0x10, stack + UNTIL, 0, COUNT);
		snprintf(got, len, "run %d: vector %d, rip %#llx, rflags %#llx", i + 1,
			 b.nr_vectors ? (int)b.vectors[0] : -1,
			 (unsigned long long)reg(&b, UC_X86_REG_RIP),
			 (unsigned long long)reg(&b, UC_X86_REG_EFLAGS));
		ok = b.nr_vectors == 1 && b.vectors[0] == PVP_FAULT_GP &&
		     (reg(&b, UC_X86_REG_EFLAGS) & PVP_X86_FLAG_IF);
	}
	bench_close(&b);
	return ok;
}

static const struct {
	const char *name, *what;
	bool (*ask)(struct bench *b, char *got, size_t len);
	enum pvp_isa isa;
} questions[] = {
#define AMD64 PVP_ISA_AMD64
#define I386  PVP_ISA_I386
	{ "versions-agree", "the library is the release the headers are from", versions_agree,
	  AMD64 },
	{ "kernel-address-fetches", "text at a kernel address executes", kernel_address_fetches,
	  AMD64 },
	{ "patched-code-is-seen", "after uc_ctl_remove_cache new bytes execute",
	  patched_code_is_seen, AMD64 },
	{ "second-fault-is-13", "after uc_context_restore a second #GP is vector 13",
	  second_fault_is_13, AMD64 },
	{ "count-stops", "an endless loop ends at the instruction count", count_stops, AMD64 },
	{ "popf-clears-if", "popfq in ring 0 takes the interrupt flag", popf_clears_if, AMD64 },
	{ "null-call-is-seen", "a call through NULL is a fetch fault", null_call_is_seen, AMD64 },
	{ "hook-moves-on", "a code hook that writes rip skips the instruction", hook_moves_on,
	  AMD64 },
	{ "stores-are-reported", "a write hook sees each byte that a store changes once",
	  stores_are_reported, AMD64 },
	{ "ring-3-stays", "in ring 3 cli faults and popf keeps the interrupt flag", ring3_stays,
	  AMD64 },

	{ "i386-kernel-address-fetches", "32-bit text at a kernel address executes",
	  kernel_address_fetches, I386 },
	{ "i386-patched-code-is-seen", "in 32-bit mode new bytes execute", patched_code_is_seen,
	  I386 },
	{ "i386-second-fault-is-13", "in 32-bit mode a second #GP is vector 13", second_fault_is_13,
	  I386 },
	{ "i386-popf-clears-if", "in 32-bit mode popf takes the interrupt flag", popf_clears_if,
	  I386 },
	{ "i386-null-call-is-seen", "in 32-bit mode a call through NULL is a fetch fault",
	  null_call_is_seen, I386 },
	{ "i386-hook-moves-on", "a code hook that writes eip skips the instruction", hook_moves_on,
	  I386 },
	{ "i386-stores-are-reported", "in 32-bit mode a write hook sees each byte once",
	  stores_are_reported, I386 },
	{ "i386-bases-by-msr", "%fs and %gs are at the bases that MSRs give, below 4 GiB",
	  bases_by_msr, I386 },
};

_Static_assert(ARRAY_SIZE(questions) <= PVP_MAX_SELFTESTS, "room for every question");

struct pvp_error *pvp_selftest_run(struct pvp_selftest ret[PVP_MAX_SELFTESTS], unsigned *nr)
{
	struct bench benches[ARRAY_SIZE(modes)] = { 0 };
	uc_err err = UC_ERR_OK;

	for (size_t i = 0; i < ARRAY_SIZE(modes) && !err; i++)
		err = bench_open(&benches[i], i);
	for (unsigned i = 0; i < ARRAY_SIZE(questions) && !err; i++) {
		ret[i] = (struct pvp_selftest){ .name = questions[i].name,
						.what = questions[i].what };
		ret[i].ok = questions[i].ask(&benches[questions[i].isa], ret[i].got,
					     sizeof(ret[i].got));
	}
	*nr = ARRAY_SIZE(questions);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		bench_close(&benches[i]);
	return err ? pvp_error_format(PVP_ERR_ENGINE, "unicorn: %s", uc_strerror(err)) : NULL;
}

struct pvp_error *pvp_selftest_require(void)
{
	struct pvp_selftest tests[PVP_MAX_SELFTESTS];
	unsigned nr;
	struct pvp_error *err = pvp_selftest_run(tests, &nr);

	if (err)
		return err;
	for (unsigned i = 0; i < nr; i++)
		if (!tests[i].ok)
			return pvp_error_format(PVP_ERR_ENGINE,
						"the emulator cannot be trusted (%s): %s fails: %s",
						pvp_selftest_versions(), tests[i].name,
						tests[i].got);
	return NULL;
}

const char *pvp_selftest_versions(void)
{
	static char text[64];
	unsigned word, minor;
	int major, cs_minor;

	word = uc_version(NULL, &minor);
	cs_version(&major, &cs_minor);
	snprintf(text, sizeof(text), "unicorn %u.%u.%u, capstone %d.%d", word >> 24,
		 word >> 16 & 0xff, word >> 8 & 0xff, major, cs_minor);
	return text;
}
