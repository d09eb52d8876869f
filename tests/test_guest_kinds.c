// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_guest_kinds.c - the guest predictor over tiny kernels of each generation and architecture:
 * where it puts the platform, what it calls and when, what it answers instead of allocators.
 */
#define _GNU_SOURCE
#include "suites.h"

#include <inttypes.h>
#include <stdarg.h>

#include "check_helpers.h"
#include "guest.h"
#include "guest_world.h"
#include "small_machine.h"

static bool is_i386(const struct world *w)
{
	return w->tiny.arch == PVP_ARCH_I386;
}

/* opcode and a memory operand: %rip + rel32, or abs32.  The address behind. */
static uint64_t put_mem(struct world *w, uint64_t addr, uint8_t opcode, uint8_t reg, uint64_t to)
{
	const uint32_t abs = to;

	tiny_branch(&w->tiny, addr, opcode | (reg << 3 | 5) << 8, to);
	if (is_i386(w))
		tiny_poke(&w->tiny, addr + 2, &abs, sizeof(abs));
	return addr + 6;
}

enum { EAX, ECX, EDX };

/* Copies a word of memory into text. */
static uint64_t put_copy(struct world *w, uint64_t addr, uint64_t from, uint64_t to)
{
	addr = put_mem(w, addr, 0x8b, EAX, from);
	return put_mem(w, addr, 0x89, EAX, to);
}

static void put(struct world *w, uint64_t addr, const char *hex)
{
	uint8_t bytes[32];

	tiny_poke(&w->tiny, addr, bytes, pvp_test_hex(hex, bytes, sizeof(bytes)));
}

static void expect_rows(struct world *w, const char *what, const char *format, ...)
{
	va_list args;
	char *rows;

	va_start(args, format);
	ck_assert(vasprintf(&rows, format, args) >= 0);
	va_end(args);
	guest_expect(w, what, rows);
	free(rows);
}

#define AT(w, addr) (world_addr(w, addr))

// clang-format off
/* Offsets in boot_cpu_data: struct cpuinfo_x86 of each kernel, measured on booted ones. */
static const struct {
	const char *name;
	enum tiny_kind kind;
	unsigned caps;
	bool model; /* its first bytes are family, vendor and model */
} kinds[] = {
	{ "5.10",       TINY_5_10,      32, true },
	{ "5.10, i386", TINY_5_10_I386, 28, true },
	{ "6.1",        TINY_6_1,       40, false },
	{ "6.1, i386",  TINY_6_1_I386,  36, false },
	{ "6.12",       TINY_6_12,      48, false },
	{ "7.2",        TINY_7_2,       48, false },
	{ "6.12, i386", TINY_6_12_I386, 40, false },
	{ "7.2, i386",  TINY_7_2_I386,  40, false },
};
// clang-format on

START_TEST(where_the_platform_is)
{
	struct world w;
	uint64_t at;

	guest_world_init_kind(&w, kinds[_i].kind);
	tiny_symbol(&w.tiny, "nr_cpu_ids", SOURCE + 16);
	tiny_symbol(&w.tiny, "__num_possible_cpus", SOURCE + 20);
	w.platform.cpus = 5;
	w.platform.cpu = (struct pvp_cpu_model){.vendor = 0x22, .family = 0x11, .model = 0x33};
	w.platform.caps[2] = 0x12345678;
	at = put_copy(&w, APPLY, CPU_DATA + kinds[_i].caps + 2 * 4, TARGET);
	at = put_copy(&w, at, CPU_DATA, TARGET + 8);
	at = put_copy(&w, at, SOURCE + 16, TARGET + 16);
	at = put_copy(&w, at, SOURCE + 20, TARGET + 24);
	at = put_copy(&w, at, MASKS, TARGET + 32);
	put(&w, at, "c3");
	expect_rows(&w, kinds[_i].name,
		    "%016" PRIx64 "\tcccccccc\t78563412\talternative\n"
		    "%016" PRIx64 "\tcccccccc\t%s00\talternative\n"
		    "%016" PRIx64 "\tcccccccc\t05000000\talternative\n"
		    "%016" PRIx64 "\tcccccccc\t05000000\talternative\n"
		    "%016" PRIx64 "\tcccccccc\t1f000000\talternative\n",
		    AT(&w, TARGET), AT(&w, TARGET + 8), kinds[_i].model ? "112233" : "000000",
		    AT(&w, TARGET + 16), AT(&w, TARGET + 24), AT(&w, TARGET + 32));
}
END_TEST

/* incb TARGET + k, by functions that are called before, among and after the passes. */
static const struct {
	const char *what, *function;
	bool initcalls;
	const char *new, *pass; /* NULL: it is not run */
} calls[] = {
	{"NOPs", "arch_init_ideal_nops", false, "cd", "static_call"},
	{"before alternatives", "static_call_init", false, "cd", "static_call"},
	{"and again", "static_call_init", true, "ce", "static_call"},
	{"another", "poking_init", true, NULL, NULL},
};

START_TEST(what_is_called)
{
	struct world w;

	guest_world_init(&w);
	for (size_t i = 0; i < w.tiny.nr_symbols; i++)
		if (!strcmp(w.tiny.symbols[i].name, "static_call_init"))
			w.tiny.symbols[i].addr = INIT + 0x10;
	if (strcmp(calls[_i].function, "static_call_init"))
		tiny_symbol(&w.tiny, calls[_i].function, INIT);
	else
		for (size_t i = 0; i < w.tiny.nr_symbols; i++)
			if (w.tiny.symbols[i].addr == INIT + 0x10)
				w.tiny.symbols[i].addr = INIT;
	put(&w, INIT + 0x10, "c3");
	put_mem(&w, INIT, 0xfe, 0, TARGET);
	put(&w, INIT + 6, "c3");
	tiny_symbol(&w.tiny, "__SCK__key", TINY_KEY(0));
	tiny_branch(&w.tiny, TINY_TEXT + 0x600, 0xe8, TINY_FUNCS);
	tiny_static_call(&w.tiny, TINY_TEXT + 0x600, TINY_KEY(0));
	w.platform.initcalls = calls[_i].initcalls;
	if (calls[_i].new)
		expect_rows(&w, calls[_i].what, "%016" PRIx64 "\tcc\t%s\t%s\n", AT(&w, TARGET),
			    calls[_i].new, calls[_i].pass);
	else
		guest_expect(&w, calls[_i].what, "");
}
END_TEST

/* 5.10 has its self-test in line: the breakpoint's handler calls int3_magic, which returns behind
 * five bytes.  An int3 elsewhere is one. */
START_TEST(int3_selftest)
{
	static const enum tiny_kind int3_kinds[] = {TINY_5_10, TINY_5_10_I386};
	struct world w;

	guest_world_init_kind(&w, int3_kinds[_i]);
	tiny_symbol(&w.tiny, "int3_magic", CALLEE);
	put(&w, BOOT, "cc 06 06 06 06"); /* no instruction, on amd64 */
	put_mem(&w, BOOT + 5, 0xfe, 0, TARGET + 1);
	put(&w, BOOT + 11, "c3");
	put_mem(&w, CALLEE, 0xfe, 0, TARGET);
	put(&w, CALLEE + 6, "c3");
	expect_rows(&w, "in line", "%016" PRIx64 "\tcccc\tcdcd\tplatform\n", AT(&w, TARGET));
	put(&w, CALLEE + 6, "cc");
	guest_expect_error(&w, PVP_ERR_BAD_DATA, "exception 3 at int3_magic+0x6");
}
END_TEST

/* __text_poke(copier, TARGET, SOURCE, 5), or without the copier. */
static const struct {
	const char *what;
	enum tiny_kind kind;
	bool copier; /* the image has text_poke_memcpy */
} pokes[] = {
	{"5.10", TINY_5_10, false}, {"5.10, i386", TINY_5_10_I386, false},
	{"6.1", TINY_6_1, true},    {"6.1, i386", TINY_6_1_I386, true},
	{"7.2", TINY_7_2, true},
};

/* mov $value, argument i of the ABI. */
static uint64_t put_argument(struct world *w, uint64_t at, unsigned i, uint64_t value)
{
	static const uint8_t amd64[] = {0xc7, 0xc6, 0xc2, 0xc1}, i386[] = {0xb8, 0xba, 0xb9};
	const uint32_t low = value;

	if (!is_i386(w)) {
		const uint8_t insn[] = {0x48, 0xc7, amd64[i]};

		tiny_poke(&w->tiny, at, insn, sizeof(insn));
		tiny_poke(&w->tiny, at + 3, &low, sizeof(low));
		return at + 7;
	}
	tiny_poke(&w->tiny, at, i < ARRAY_SIZE(i386) ? &i386[i] : (const uint8_t *)"\x68", 1);
	tiny_poke(&w->tiny, at + 1, &low, sizeof(low));
	return at + 5;
}

START_TEST(text_poke)
{
	const uint64_t args[] = {COPY, TARGET, SOURCE, 5};
	const unsigned skip = pokes[_i].copier ? 0 : 1;
	struct world w;
	uint64_t at = APPLY;

	guest_world_init_kind(&w, pokes[_i].kind);
	tiny_symbol(&w.tiny, "__text_poke", CALLEE);
	if (pokes[_i].copier)
		tiny_symbol(&w.tiny, "text_poke_memcpy", COPY);
	for (unsigned i = ARRAY_SIZE(args); i-- > skip;)
		at = put_argument(&w, at, i - skip, args[i]);
	tiny_branch(&w.tiny, at, 0xe8, CALLEE);
	/* The caller drops what it pushed. */
	put(&w, at + 5, is_i386(&w) && pokes[_i].copier ? "83 c4 04 c3" : "c3");
	expect_rows(&w, pokes[_i].what, "%016" PRIx64 "\tcccccccccc\t7061746368\talternative\n",
		    AT(&w, TARGET));
	if (pokes[_i].copier)
		return;
	for (size_t i = 0; i < w.tiny.nr_symbols; i++)
		if (!strcmp(w.tiny.symbols[i].name, "memcpy"))
			w.tiny.symbols[i].name = "renamed";
	guest_expect_error(&w, PVP_ERR_UNSUPPORTED, "nothing does instead of __text_poke (0x");
}
END_TEST

/* A call of the allocator; %eax stored at TARGET + off. */
static uint64_t put_allocation(struct world *w, uint64_t at, uint64_t off)
{
	tiny_branch(&w->tiny, at, 0xe8, CALLEE);
	return put_mem(w, at + 5, 0x89, EAX, TARGET + off);
}

START_TEST(allocation)
{
	static const char *const allocators[] = {"module_alloc", "execmem_alloc",
						 "execmem_alloc_rw", "krealloc"};
	struct world w;
	uint64_t at = APPLY;

	guest_world_init(&w);
	tiny_symbol(&w.tiny, allocators[_i], CALLEE);
	put(&w, at, "31 ff"); /* xor %edi,%edi */
	at = put_allocation(&w, at + 2, 0);
	at = put_allocation(&w, at, 8);
	put(&w, at, "48 89 c7"); /* mov %rax,%rdi: what is there stays */
	at = put_allocation(&w, at + 3, 16);
	put(&w, at, "c3");
	guest_expect(&w, allocators[_i],
		     "ffffffff81000400\tcccccccc\t000000c0\talternative\n"
		     "ffffffff81000408\tcccccccc\t001000c0\talternative\n"
		     "ffffffff81000410\tcccccccc\t001000c0\talternative\n");
	/* mov $65,%ebx; 1: call; dec %ebx; jnz 1b; ret */
	put(&w, APPLY, "31 ff bb 41 00 00 00");
	tiny_branch(&w.tiny, APPLY + 7, 0xe8, CALLEE);
	put(&w, APPLY + 12, "ff cb 75 f7 c3");
	guest_expect_error(&w, PVP_ERR_BAD_DATA, "it allocates more than 64 pages");
	put(&w, APPLY, "31 ff bb 40");
	guest_expect(&w, "64", "");
}
END_TEST

/* A branch of a retpoline site to memory that was allocated; elsewhere such bytes are just bytes.
 */
START_TEST(symbolic)
{
	/* behind the opcode; sub $SITE+k+4,%eax needs no more than that */
	static const struct {
		const char *opcode, *rows;
		unsigned k;
		bool site;
	} branches[] = {
		{"e8", "ffffffff81000040\tcccccccccc\te8????????\talternative\n", 1, true},
		{"2e e9", "ffffffff81000040\tcccccccccccc\t2ee9????????\talternative\n", 2, true},
		{"e8", "ffffffff81000040\tcccccccccc\te8bbffff3e\talternative\n", 1, false},
	};
	const unsigned k = branches[_i].k;
	const uint32_t behind = SITE + k + 4;
	struct world w;
	uint64_t at = APPLY;

	guest_world_init(&w);
	if (branches[_i].site)
		tiny_list(&w.tiny, TINY_RETPOLINES, SITE);
	put(&w, SITE, "cc cc cc cc cc cc");
	tiny_symbol(&w.tiny, "module_alloc", CALLEE);
	for (unsigned i = 0; i < k; i++) { /* movb $opcode, SITE+i */
		static const uint8_t opcodes[2][2] = {{0xe8}, {0x2e, 0xe9}};

		put_mem(&w, at, 0xc6, 0, SITE + i - 1);
		tiny_poke(&w.tiny, at + 6, &opcodes[k - 1][i], 1);
		at += 7;
	}
	put(&w, at, "31 ff");
	tiny_branch(&w.tiny, at + 2, 0xe8, CALLEE);
	put(&w, at + 7, "2d");
	tiny_poke(&w.tiny, at + 8, &behind, sizeof(behind));
	at = put_mem(&w, at + 12, 0x89, EAX, SITE + k);
	put(&w, at, "c3");
	guest_expect(&w, branches[_i].opcode, branches[_i].rows);
}
END_TEST

/* Without inline static calls a changed key is its trampoline's: (NULL, trampoline, func, true). */
START_TEST(trampoline_update)
{
	struct world w;
	uint64_t at = UPDATE;

	guest_world_init_kind(&w, TINY_6_1_I386);
	tiny_symbol(&w.tiny, "arch_static_call_transform", UPDATE);
	tiny_symbol(&w.tiny, "__SCT__key", TINY_TEXT + 0x640);
	tiny_trampoline(&w.tiny, TINY_TEXT + 0x640, TINY_FUNCS);
	w.calls[0] = (struct pvp_static_call_value){0, AT(&w, TINY_FUNCS + 0x20),
						    AT(&w, TINY_TEXT + 0x640)};
	w.platform.nr_static_calls = 1;
	at = put_mem(&w, at, 0x89, EAX, TARGET);
	at = put_mem(&w, at, 0x89, EDX, TARGET + 8);
	at = put_mem(&w, at, 0x89, ECX, TARGET + 16);
	put(&w, at, "8b 44 24 04"); /* mov 4(%esp),%eax */
	at = put_mem(&w, at + 4, 0x89, EAX, TARGET + 24);
	put(&w, at, "c3");
	guest_expect(&w, "trampoline",
		     "0000000081000400\tcccccccc\t00000000\tstatic_call\n"
		     "0000000081000408\tcccccccc\t40060081\tstatic_call\n"
		     "0000000081000410\tcccccccc\t20080081\tstatic_call\n"
		     "0000000081000418\tcccccccc\t01000000\tstatic_call\n");
}
END_TEST

/* Passes that begin each other for ever end as well: each gets its budget once. */
START_TEST(two_passes_hang)
{
	struct world w;

	guest_world_init(&w);
	tiny_symbol(&w.tiny, "apply_returns", APPLY + 0x40);
	tiny_branch(&w.tiny, APPLY, 0xe9, APPLY + 0x40);
	tiny_branch(&w.tiny, APPLY + 0x40, 0xe9, APPLY);
	guest_expect_error(&w, PVP_ERR_BAD_DATA, "no end after 100000");
}
END_TEST

/* Calls to ftrace are NOPs when the passes run, and are nobody's patch. */
START_TEST(ftrace)
{
	struct pvp_patched patched;
	struct pvp_tables tables;
	struct pvp_image *image;
	struct pvp_addr_entry call = {.addr = APPLY}, *parsed;
	struct world w;

	guest_world_init(&w);
	tiny_branch(&w.tiny, APPLY, 0xe8, CALLEE); /* int3 */
	put(&w, APPLY + 5, "c3");
	pvp_ck_ok(tiny_open(&w.tiny, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	parsed = tables.mcounts;
	tables.mcounts = &call;
	tables.nr_mcounts = 1;
	pvp_ck_ok(pvp_guest_patch(image, &tables, &w.platform, &patched));
	ck_assert_uint_eq(patched.nr, 0);
	pvp_patched_deinit(&patched);
	tables.nr_mcounts = 0;
	pvp_ck_err(pvp_guest_patch(image, &tables, &w.platform, &patched), PVP_ERR_BAD_DATA,
		   "exception 3");
	tables.mcounts = parsed;
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

/* 7.2 traps at a ud1 that says which register has the entry, and goes on behind; another is no
 * WARN.
 */
START_TEST(warn_trap)
{
	struct world w;

	guest_world_init_kind(&w, TINY_7_2);
	put(&w, APPLY, "67 48 0f b9 3a");
	put_mem(&w, APPLY + 5, 0xfe, 0, TARGET);
	put(&w, APPLY + 11, "c3");
	guest_expect(&w, "trap", "ffffffff81000400\tcc\tcd\talternative\n");
	put(&w, APPLY, "67 48 0f b9 3b");
	guest_expect_error(&w, PVP_ERR_BAD_DATA, "exception 6 at apply_alternatives (");
}
END_TEST

Suite *guest_kinds_suite(void)
{
	Suite *s = suite_create("guest kinds");
	TCase *t = tcase_create("tiny");

	tcase_add_loop_test(t, where_the_platform_is, 0, ARRAY_SIZE(kinds));
	tcase_add_loop_test(t, what_is_called, 0, ARRAY_SIZE(calls));
	tcase_add_loop_test(t, int3_selftest, 0, 2);
	tcase_add_loop_test(t, text_poke, 0, ARRAY_SIZE(pokes));
	tcase_add_loop_test(t, allocation, 0, 4);
	tcase_add_loop_test(t, symbolic, 0, 3);
	tcase_add_test(t, trampoline_update);
	tcase_add_test(t, two_passes_hang);
	tcase_add_test(t, ftrace);
	tcase_add_test(t, warn_trap);
	suite_add_tcase(s, t);
	return s;
}
