// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "suites.h"

#include <inttypes.h>

#include "check_helpers.h"
#include "guest.h"
#include "guest_world.h"

/* --- a tiny kernel with patchers of our own --- */

#define NR(...)                                                                                    \
	sizeof((uint8_t[]){__VA_ARGS__}),                                                          \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

enum { NO_BUG, BUG, WARN };

// clang-format off
/* Code of apply_alternatives, and how that ends. */
static const struct {
	const char *what;
	size_t len;
	uint8_t code[24];
	int bug; /* entry for its first byte */
	enum pvp_error_code error;
	const char *message; /* NULL: it goes well and changes nothing */
} ends[] = {
	{ "return", NR(0xc3), NO_BUG, 0, NULL },
	{ "read of NULL", NR(0x48, 0x8b, 0x04, 0x25, 8, 0, 0, 0, 0xc3), NO_BUG, PVP_ERR_BAD_DATA,
	  "guest patcher: alternative_instructions, pass alternative: "
	  "fault reading 0x8 at apply_alternatives (0xffffffff81000100)" },
	{ "write to NULL", NR(0xc7, 0x04, 0x25, 16, 0, 0, 0, 0, 0, 0, 0, 0xc3), NO_BUG, PVP_ERR_BAD_DATA,
	  "fault writing 0x10 at" },
	{ "jump to NULL", NR(0x31, 0xc0, 0xff, 0xe0), NO_BUG, PVP_ERR_BAD_DATA, "fault executing 0" },
	{ "hang", NR(0xeb, 0xfe), NO_BUG, PVP_ERR_BAD_DATA, "no end after 1000002 instructions, at apply" },
	{ "unknown instruction", NR(0x90, 0x0f, 0x01, 0xfd, 0xc3), NO_BUG, PVP_ERR_UNSUPPORTED,
	  "unmodelled instruction 'rdpru' at apply_alternatives+0x1" },
	{ "hypercall", NR(0x0f, 0x01, 0xc1, 0xc3), NO_BUG, PVP_ERR_BAD_DATA, "exception 6 at apply" },
	{ "BUG", NR(0x0f, 0x0b, 0xc3), BUG, PVP_ERR_BAD_DATA, "BUG at apply_alternatives (" },
	{ "WARN", NR(0x0f, 0x0b, 0xc3), WARN, 0, NULL },
	{ "ud2", NR(0x0f, 0x0b, 0xc3), NO_BUG, PVP_ERR_BAD_DATA, "exception 6 at apply_alternatives (" },
	{ "breakpoint", NR(0xcc), NO_BUG, PVP_ERR_BAD_DATA, "exception 3 at" },
	{ "nobody's memory", NR(0x48, 0xa1, 0x18, 0, 0, 0, 0x90, 0xc9, 0xff, 0xff, 0xc3), NO_BUG,
	  PVP_ERR_BAD_DATA, "page 0xffffc99000000000, where nothing is, is used" },
	{ "sysret", NR(0x48, 0x0f, 0x07), NO_BUG, PVP_ERR_BAD_DATA, "op-end at apply" },
	{ "serialize", NR(0x0f, 0x01, 0xe8, 0xc3), NO_BUG, 0, NULL },
	/* mov %ss,%eax; push; push %rsp; addq $8,(%rsp); pushf; mov %cs,%eax; push; push $+20; iretq; ret */
	{ "iret to itself", NR(0x8c, 0xd0, 0x50, 0x54, 0x48, 0x83, 0x04, 0x24, 8, 0x9c, 0x8c, 0xc8, 0x50,
			       0x68, 0x14, 0x01, 0x00, 0x81, 0x48, 0xcf, 0xc3), NO_BUG, 0, NULL },
	{ "iret to another ring", NR(0x6a, 0x2b, 0x54, 0x9c, 0x6a, 0x33, 0x68, 0x14, 0x01, 0x00, 0x81, 0x48, 0xcf),
	  NO_BUG, PVP_ERR_BAD_DATA, "op-end at apply_alternatives+0xb" },
	/* xor %ecx,%ecx; 1: xchg %ax,%ax; inc %ecx; movw ud2,1b; cmp $2,%ecx; jb 1b; ret */
	{ "rewritten text", NR(0x31, 0xc9, 0x66, 0x90, 0xff, 0xc1, 0x66, 0xc7, 0x05, 0xf3, 0xff, 0xff, 0xff,
			       0x0f, 0x0b, 0x83, 0xf9, 2, 0x72, 0xee, 0xc3), NO_BUG, PVP_ERR_BAD_DATA,
	  "exception 6 at apply_alternatives+0x2" },
};
// clang-format on

START_TEST(how_it_ends)
{
	struct world w;

	guest_world_init(&w);
	tiny_poke(&w.tiny, APPLY, ends[_i].code, ends[_i].len);
	if (ends[_i].bug)
		tiny_bug(&w.tiny, APPLY, ends[_i].bug == WARN);
	if (ends[_i].message)
		guest_expect_error(&w, ends[_i].error, ends[_i].message);
	else
		guest_expect(&w, ends[_i].what, "");
}
END_TEST

/* mov $imm32 (sign-extended), %reg, 7 bytes, at addr. */
static uint64_t put_mov(struct tiny *t, uint64_t addr, unsigned reg, uint64_t value)
{
	uint8_t insn[7] = {0x48, 0xc7, 0xc0 + reg, value, value >> 8, value >> 16, value >> 24};

	tiny_poke(t, addr, insn, sizeof(insn));
	return addr + sizeof(insn);
}

enum { RDX = 2, RBX = 3, RSI = 6, RDI = 7 };

/* A callee that must not be run, called with (TARGET, SOURCE, 5). */
static const struct {
	const char *name;
	enum pvp_error_code error;
	const char *message; /* NULL: it goes well .. */
	const char *rows;    /* .. and this is patched */
} callees[] = {
	{"_printk", 0, NULL, ""},
	{"mutex_lock", 0, NULL, ""},
	{"int3_selftest", 0, NULL, ""},
	{"paravirt_set_cap", 0, NULL, ""},
	{"register_die_notifier", 0, NULL, ""},
	{"__text_poke", 0, NULL, "ffffffff81000400\tcccccccccc\t7061746368\talternative\n"},
	{"another", PVP_ERR_BAD_DATA, "exception 3 at another", NULL},
};

START_TEST(replaced_callee)
{
	struct world w;
	uint64_t at = APPLY;

	guest_world_init(&w);
	tiny_symbol(&w.tiny, callees[_i].name, CALLEE);
	at = put_mov(&w.tiny, at, RDI, TARGET);
	at = put_mov(&w.tiny, at, RSI, SOURCE);
	at = put_mov(&w.tiny, at, RDX, 5);
	tiny_branch(&w.tiny, at, 0xe8, CALLEE);
	tiny_poke(&w.tiny, at + 5, "\xc3", 1);
	if (callees[_i].message)
		guest_expect_error(&w, callees[_i].error, callees[_i].message);
	else
		guest_expect(&w, callees[_i].name, callees[_i].rows);
}
END_TEST

/* Interrupt control is the platform's function, whatever that does elsewhere. */
START_TEST(interrupt_functions)
{
	struct world w;

	guest_world_init(&w);
	w.pv_ops[31] = CALLEE; /* irq.irq_disable */
	tiny_pv_call(&w.tiny, APPLY, 31);
	tiny_poke(&w.tiny, APPLY + 6, "\xc3", 1);
	guest_expect(&w, "irq_disable", "");
	w.pv_ops[31] = 0;
	guest_expect_error(&w, PVP_ERR_BAD_DATA, "fault executing 0");
	/* Another operation is not replaced. */
	w.pv_ops[42] = CALLEE;
	tiny_pv_call(&w.tiny, APPLY, 42);
	guest_expect_error(&w, PVP_ERR_BAD_DATA, "exception 3");
}
END_TEST

/* mov from(%rip), %eax; mov %eax, to(%rip); ret */
static void put_copy_word(struct tiny *t, uint64_t addr, uint64_t from, uint64_t to)
{
	tiny_branch(t, addr, 0x058b, from);
	tiny_branch(t, addr + 6, 0x0589, to);
	tiny_poke(t, addr + 12, "\xc3", 1);
}

/* What the patcher finds in memory, written into text; and who wrote each byte. */
static const struct {
	const char *what;
	uint64_t from;
	const char *early, *late; /* in static_call_init; in apply_alternatives */
} inputs[] = {
	{"capability word 11", CPU_DATA + 40 + 11 * 4, "01100000", "01500000"}, /* no RETHUNK yet */
	{"capability word 0", CPU_DATA + 40, "78563412", "78563412"},
	{"possible CPUs", MASKS, "07000000", "07000000"},
	{"present CPUs", MASKS + 8, "07000000", "07000000"},
	{"pv_ops slot 31", TINY_DATA + 31 * 8, "00040081", "00040081"},
};

/* A static-call site, or static_call_init is not run. */
static void put_static_call(struct world *w)
{
	tiny_symbol(&w->tiny, "__SCK__key", TINY_KEY(0));
	tiny_symbol(&w->tiny, "__SCT__key", TINY_TEXT + 0x640);
	tiny_trampoline(&w->tiny, TINY_TEXT + 0x640, TINY_FUNCS);
	tiny_branch(&w->tiny, TINY_TEXT + 0x600, 0xe8, TINY_TEXT + 0x640);
	tiny_static_call(&w->tiny, TINY_TEXT + 0x600, TINY_KEY(0));
}

START_TEST(platform_inputs)
{
	struct world w;
	char *rows;

	guest_world_init(&w);
	w.platform.cpus = 3;
	w.platform.caps[0] = 0x12345678;
	w.platform.caps[11] = 0x1001;
	world_feature(&w, RETHUNK);
	w.pv_ops[31] = TARGET;
	put_static_call(&w);
	put_copy_word(&w.tiny, INIT, inputs[_i].from, TARGET);
	put_copy_word(&w.tiny, APPLY, inputs[_i].from, TARGET + 8);
	rows = NULL;
	ck_assert(asprintf(&rows,
			   "ffffffff81000400\tcccccccc\t%s\tstatic_call\n"
			   "ffffffff81000408\tcccccccc\t%s\talternative\n",
			   inputs[_i].early, inputs[_i].late) > 0);
	guest_expect(&w, inputs[_i].what, rows);
	free(rows);
}
END_TEST

START_TEST(static_call_update)
{
	static const struct {
		uint8_t len, code[3];
		uint64_t to;
	} stores[] = {
		{2, {0x89, 0x3d}, TARGET},     /* mov %edi, TARGET(%rip): the key */
		{2, {0x89, 0x35}, TARGET + 8}, /* %esi: the trampoline */
		{2, {0x89, 0x15}, TARGET + 16} /* %edx: the function */
	};
	struct world w;

	guest_world_init(&w);
	put_static_call(&w);
	w.calls[0] = (struct pvp_static_call_value){TINY_KEY(0), TINY_FUNCS + 0x20, 0};
	w.platform.nr_static_calls = 1;
	for (unsigned i = 0; i < ARRAY_SIZE(stores); i++)
		tiny_branch(&w.tiny, UPDATE + i * 6, stores[i].code[0] | stores[i].code[1] << 8,
			    stores[i].to);
	tiny_poke(&w.tiny, UPDATE + 18, "\xc3", 1);
	guest_expect(&w, "update",
		     "ffffffff81000400\tcccccccc\t00040082\tstatic_call\n"
		     "ffffffff81000408\tcccccccc\t40060081\tstatic_call\n"
		     "ffffffff81000410\tcccccccc\t20080081\tstatic_call\n");
}
END_TEST

/* The last writer is named; what the platform wrote and nobody changed is the platform's. */
START_TEST(authors)
{
	struct world w;
	uint64_t at = APPLY;

	guest_world_init(&w);
	w.writes[0] = (struct pvp_text_write){TARGET, 3, {1, 2, 3}};
	w.platform.nr_text_writes = 1;
	tiny_symbol(&w.tiny, "apply_returns", APPLY + 0x40);
	/* movb $9, TARGET+1: by apply_alternatives */
	tiny_branch(&w.tiny, at, 0x05c6, TARGET + 1 - 1);
	tiny_poke(&w.tiny, at + 6, "\x09", 1);
	tiny_branch(&w.tiny, at + 7, 0xe9, APPLY + 0x40);
	/* movb $8, TARGET+2: by apply_returns */
	tiny_branch(&w.tiny, APPLY + 0x40, 0x05c6, TARGET + 2 - 1);
	tiny_poke(&w.tiny, APPLY + 0x46, "\x08\xc3", 2);
	guest_expect(&w, "authors",
		     "ffffffff81000400\tcc\t01\tplatform\n"
		     "ffffffff81000401\tcc\t09\talternative\n"
		     "ffffffff81000402\tcc\t08\treturn\n");
	w.writes[0].addr = TINY_DATA;
	guest_expect_error(&w, PVP_ERR_BAD_DATA,
			   "platform test: text write of 3 bytes at 0xffffffff82000000");
}
END_TEST

/* The table entry at work is found in a register or on the stack. */
START_TEST(entry_at_work)
{
	static const uint8_t push_fault[] = {0x53, 0x31, 0xdb, 0x8b,
					     0x03}; /* push %rbx; read NULL */
	static const uint8_t fault[] = {0x31, 0xc0, 0x8b, 0x00};
	struct world w;
	uint64_t at;

	guest_world_init(&w);
	tiny_alt(&w.tiny, TARGET, 5, 1, "\xc3", 1);
	at = put_mov(&w.tiny, APPLY, RBX, TARGET);
	tiny_poke(&w.tiny, at, fault, sizeof(fault));
	guest_expect_error(&w, PVP_ERR_BAD_DATA,
			   ", at site 0xffffffff81000400 (entry at 0xffffffff82201000)");
	tiny_poke(&w.tiny, at, push_fault, sizeof(push_fault));
	guest_expect_error(&w, PVP_ERR_BAD_DATA,
			   ", at site 0xffffffff81000400 (entry at 0xffffffff82201000)");
	at = put_mov(&w.tiny, APPLY, RBX, TINY_TABLES + 0x1000);
	guest_expect_error(&w, PVP_ERR_BAD_DATA,
			   ", at site 0xffffffff81000400 (entry at 0xffffffff82201000)");
}
END_TEST

static const char *const needed[] = {"apply_alternatives", "alternative_instructions",
				     "static_call_init", "__static_call_update"};

START_TEST(missing_function)
{
	char want[64];
	struct world w;

	guest_world_init(&w);
	put_static_call(&w);
	for (size_t i = 0; i < w.tiny.nr_symbols; i++)
		if (!strcmp(w.tiny.symbols[i].name, needed[_i]))
			w.tiny.symbols[i].name = "renamed";
	snprintf(want, sizeof(want), "guest patcher: the image has no %s", needed[_i]);
	guest_expect_error(&w, PVP_ERR_UNSUPPORTED, want);
}
END_TEST

START_TEST(unknown_kind)
{
	struct pvp_tables tables;
	struct pvp_patched patched;
	struct pvp_image *image;
	struct world w;

	guest_world_init(&w);
	pvp_ck_ok(tiny_open(&w.tiny, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	tables.generation = "4.4";
	pvp_ck_err(pvp_guest_patch(image, &tables, &w.platform, &patched), PVP_ERR_UNSUPPORTED,
		   "the data layout of generation 4.4, amd64, is not known");
	tables.generation = "7.2";
	image->arch = PVP_ARCH_IA64;
	pvp_ck_err(pvp_guest_patch(image, &tables, &w.platform, &patched), PVP_ERR_UNSUPPORTED,
		   "the data layout of generation 7.2, ia64, is not known");
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

Suite *guest_suite(void)
{
	Suite *s = suite_create("guest");
	TCase *tiny = tcase_create("tiny");

	tcase_add_loop_test(tiny, how_it_ends, 0, ARRAY_SIZE(ends));
	tcase_add_loop_test(tiny, replaced_callee, 0, ARRAY_SIZE(callees));
	tcase_add_test(tiny, interrupt_functions);
	tcase_add_loop_test(tiny, platform_inputs, 0, ARRAY_SIZE(inputs));
	tcase_add_test(tiny, static_call_update);
	tcase_add_test(tiny, authors);
	tcase_add_test(tiny, entry_at_work);
	tcase_add_loop_test(tiny, missing_function, 0, ARRAY_SIZE(needed));
	tcase_add_test(tiny, unknown_kind);
	suite_add_tcase(s, tiny);
	return s;
}
