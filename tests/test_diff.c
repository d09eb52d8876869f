// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "suites.h"

#include "change.h"
#include "check_helpers.h"
#include "diff.h"
#include "model_world.h"
#include "sites.h"
#include "why.h"

#define AT   UINT64_C(0xffffffff81000100)
#define TRAP (AT + 5) /* target of e8 00000000 */

/* ---- one instruction ---- */

// clang-format off
static const struct {
	const char *what;
	enum pvp_arch arch;
	size_t nr;
	uint8_t bytes[8];
	enum pvp_insn_kind kind;
	uint8_t len;
	uint64_t target, memory; /* 0: none */
	const char *text;
} insns[] = {
	{ "slot call",   PVP_ARCH_AMD64, 6, { 0xff, 0x15, 0x10, 0, 0, 0 },       PVP_KIND_CALL,  6, 0, AT + 0x16, "call [rip + 0x10]" },
	{ "slot call, absolute", PVP_ARCH_AMD64, 7, { 0xff, 0x14, 0x25, 0x10, 0, 0, 0x82 }, PVP_KIND_CALL, 7, 0, 0xffffffff82000010, "call [0xffffffff82000010]" },
	{ "slot call, i386", PVP_ARCH_I386, 6, { 0xff, 0x15, 0x10, 0, 0, 0x12 }, PVP_KIND_CALL,  6, 0, 0x12000010, "call [0x12000010]" },
	{ "slot call, i386, high", PVP_ARCH_I386, 6, { 0xff, 0x15, 0x48, 0x5a, 0xac, 0xc1 }, PVP_KIND_CALL, 6, 0, 0xc1ac5a48, "call [0xc1ac5a48]" },
	{ "call",        PVP_ARCH_AMD64, 5, { 0xe8, 0x10, 0, 0, 0 },             PVP_KIND_CALL,  5, AT + 0x15, 0, "call 0xffffffff81000115" },
	{ "call rax",    PVP_ARCH_AMD64, 2, { 0xff, 0xd0 },                      PVP_KIND_CALL,  2, 0, 0, "call rax" },
	{ "call, indexed", PVP_ARCH_AMD64, 7, { 0xff, 0x14, 0xc5, 0x10, 0, 0, 0x82 }, PVP_KIND_CALL, 7, 0, 0, "call [rax*8 - 0x7dfffff0]" },
	{ "jmp",         PVP_ARCH_AMD64, 5, { 0xe9, 0xfb, 0xff, 0xff, 0xff },    PVP_KIND_JMP,   5, AT, 0, "jmp 0xffffffff81000100" },
	{ "short jmp",   PVP_ARCH_AMD64, 2, { 0xeb, 0x10 },                      PVP_KIND_JMP,   2, AT + 0x12, 0, "jmp 0xffffffff81000112" },
	{ "jcc",         PVP_ARCH_AMD64, 6, { 0x0f, 0x84, 0x10, 0, 0, 0 },       PVP_KIND_JMP,   6, AT + 0x16, 0, "je 0xffffffff81000116" },
	{ "ret",         PVP_ARCH_AMD64, 2, { 0xc3, 0xcc },                      PVP_KIND_RET,   1, 0, 0, "ret" },
	{ "ud2",         PVP_ARCH_AMD64, 2, { 0x0f, 0x0b },                      PVP_KIND_UD2,   2, 0, 0, "ud2" },
	{ "nop",         PVP_ARCH_AMD64, 2, { 0x90, 0x90 },                      PVP_KIND_NOP,   1, 0, 0, "nop (1 byte)" },
	{ "nop of 2",    PVP_ARCH_AMD64, 2, { 0x66, 0x90 },                      PVP_KIND_NOP,   2, 0, 0, "nop (2 bytes)" },
	{ "nop of 6",    PVP_ARCH_AMD64, 6, { 0x66, 0x0f, 0x1f, 0x44, 0, 0 },    PVP_KIND_NOP,   6, 0, 0, "nop (6 bytes)" },
	{ "nop of 8",    PVP_ARCH_AMD64, 8, { 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 }, PVP_KIND_NOP,   8, 0, 0, "nop (8 bytes)" },
	{ "mov, i386",   PVP_ARCH_I386, 2, { 0x89, 0xf6 },                       PVP_KIND_NOP,   2, 0, 0, "nop (2 bytes)" },
	{ "mov, amd64",  PVP_ARCH_AMD64, 2, { 0x89, 0xf6 },                      PVP_KIND_OTHER, 2, 0, 0, "mov esi, esi" },
	{ "mov of another", PVP_ARCH_I386, 2, { 0x89, 0xf7 },                    PVP_KIND_OTHER, 2, 0, 0, "mov edi, esi" },
	{ "lea, i386",   PVP_ARCH_I386, 6, { 0x8d, 0xb6, 0, 0, 0, 0 },           PVP_KIND_NOP,   6, 0, 0, "nop (6 bytes)" },
	{ "lea with eiz", PVP_ARCH_I386, 4, { 0x8d, 0x74, 0x26, 0 },             PVP_KIND_NOP,   4, 0, 0, "nop (4 bytes)" },
	{ "lea of K7",   PVP_ARCH_I386, 7, { 0x8d, 0x04, 0x05, 0, 0, 0, 0 },     PVP_KIND_NOP,   7, 0, 0, "nop (7 bytes)" },
	{ "lea and 1",   PVP_ARCH_I386, 3, { 0x8d, 0x76, 1 },                    PVP_KIND_OTHER, 3, 0, 0, "lea esi, [esi + 1]" },
	{ "lea, twice",  PVP_ARCH_I386, 7, { 0x8d, 0x04, 0x45, 0, 0, 0, 0 },     PVP_KIND_OTHER, 7, 0, 0, "lea eax, [eax*2]" },
	{ "pause",       PVP_ARCH_AMD64, 2, { 0xf3, 0x90 },                      PVP_KIND_OTHER, 2, 0, 0, "pause" },
	{ "xchg",        PVP_ARCH_AMD64, 3, { 0x48, 0x87, 0xc9 },                PVP_KIND_OTHER, 3, 0, 0, "xchg rcx, rcx" },
	{ "cli",         PVP_ARCH_AMD64, 1, { 0xfa },                            PVP_KIND_OTHER, 1, 0, 0, "cli" },
	{ "load",        PVP_ARCH_AMD64, 7, { 0x48, 0x8b, 0x05, 0x10, 0, 0, 0 }, PVP_KIND_OTHER, 7, 0, AT + 0x17, "mov rax, qword ptr [rip + 0x10]" },
	{ "per-CPU load", PVP_ARCH_AMD64, 8, { 0x65, 0x8b, 0x05, 0x10, 0, 0, 0 }, PVP_KIND_OTHER, 7, 0, 0, "mov eax, dword ptr gs:[rip + 0x10]" },
	{ "immediate",   PVP_ARCH_AMD64, 5, { 0xb8, 0x10, 0, 0, 0 },             PVP_KIND_OTHER, 5, 0, 0, "mov eax, 0x10" },
	{ "nonsense",    PVP_ARCH_AMD64, 2, { 0x06, 0x90 },                      PVP_KIND_BAD,   1, 0, 0, "(bad)" },
	{ "cut off",     PVP_ARCH_AMD64, 3, { 0xe8, 0x10, 0 },                   PVP_KIND_BAD,   1, 0, 0, "(bad)" },
};
// clang-format on

START_TEST(one_instruction)
{
	struct pvp_disasm_insn got;
	struct pvp_disasm *disasm;

	pvp_ck_ok(pvp_disasm_create(insns[_i].arch, &disasm));
	pvp_disasm_one(disasm, insns[_i].bytes, insns[_i].nr, AT, &got);
	pvp_disasm_destroy(disasm);
	ck_assert_msg(!strcmp(got.text, insns[_i].text), "%s: \"%s\", expected \"%s\"",
		      insns[_i].what, got.text, insns[_i].text);
	ck_assert_msg(got.kind == insns[_i].kind, "%s: kind %d", insns[_i].what, got.kind);
	ck_assert_msg(got.len == insns[_i].len, "%s: %u bytes", insns[_i].what, got.len);
	ck_assert_msg(got.has_target == (insns[_i].target != 0) && got.target == insns[_i].target,
		      "%s: target %#llx", insns[_i].what, (unsigned long long)got.target);
	ck_assert_msg(got.has_memory == (insns[_i].memory != 0) && got.memory == insns[_i].memory,
		      "%s: memory %#llx", insns[_i].what, (unsigned long long)got.memory);
}
END_TEST

START_TEST(no_disassembler)
{
	struct pvp_disasm *disasm;

	pvp_ck_err(pvp_disasm_create(PVP_ARCH_IA64, &disasm), PVP_ERR_UNSUPPORTED, "ia64");
}
END_TEST

/* ---- classes ---- */

#define SLOT                                                                                       \
	{                                                                                          \
		0xff, 0x15, 0x10, 0, 0, 0                                                          \
	}

// clang-format off
static const struct {
	const char *what;
	size_t len;
	uint8_t linked[6], patched[6];
	enum pvp_change want;
} classes[] = {
	{ "direct call",        6, SLOT, { 0xe8, 1, 0, 0, 0, 0x90 },          PVP_CHANGE_CALL_CALL },
	{ "static call",        5, { 0xe8, 9, 0, 0, 0 }, { 0xe8, 1, 0, 0, 0 }, PVP_CHANGE_CALL_CALL },
	{ "NOP, then a call",   6, SLOT, { 0x90, 0xe8, 1, 0, 0, 0 },          PVP_CHANGE_CALL_CALL },
	{ "another slot",       6, SLOT, { 0xff, 0x15, 0x18, 0, 0, 0 },       PVP_CHANGE_CALL_CALL },
	{ "call, push",         6, SLOT, { 0xe8, 1, 0, 0, 0, 0x50 },          PVP_CHANGE_CALL_INLINE },
	{ "call, int3",         6, SLOT, { 0xe8, 1, 0, 0, 0, 0xcc },          PVP_CHANGE_CALL_INLINE },
	{ "call, nonsense",     6, SLOT, { 0xe8, 1, 0, 0, 0, 0x06 },          PVP_CHANGE_OTHER },
	{ "trap function",      6, SLOT, { 0xe8, 0, 0, 0, 0, 0x90 },          PVP_CHANGE_CALL_UD2 },
	{ "ud2",                6, SLOT, { 0x0f, 0x0b, 0x90, 0x90, 0x90, 0x90 }, PVP_CHANGE_CALL_UD2 },
	{ "cli",                6, SLOT, { 0xfa, 0x0f, 0x1f, 0x44, 0, 0 },    PVP_CHANGE_CALL_INLINE },
	{ "pushfq, pop",        6, SLOT, { 0x9c, 0x58, 0x0f, 0x1f, 0x40, 0 }, PVP_CHANGE_CALL_INLINE },
	{ "jmp for a call",     6, SLOT, { 0xe9, 1, 0, 0, 0, 0x90 },          PVP_CHANGE_CALL_INLINE },
	{ "return0",            5, { 0xe8, 9, 0, 0, 0 }, { 0x2e, 0x2e, 0x2e, 0x31, 0xc0 }, PVP_CHANGE_CALL_INLINE },
	{ "one long NOP",       6, SLOT, { 0x66, 0x0f, 0x1f, 0x44, 0, 0 },    PVP_CHANGE_CALL_NOP },
	{ "short NOPs",         6, SLOT, { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, PVP_CHANGE_CALL_NOP },
	{ "half a NOP",         5, { 0xe8, 9, 0, 0, 0 }, { 0x66, 0x0f, 0x1f, 0x44, 0 }, PVP_CHANGE_OTHER },
	{ "nonsense",           6, SLOT, { 0x06, 0x90, 0x90, 0x90, 0x90, 0x90 }, PVP_CHANGE_OTHER },
	{ "tail call",          5, { 0xe9, 9, 0, 0, 0 }, { 0xe9, 1, 0, 0, 0 }, PVP_CHANGE_JMP_JMP },
	{ "tail call of NULL",  5, { 0xe9, 9, 0, 0, 0 }, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, PVP_CHANGE_JMP_RET },
	{ "conditional tail",   6, { 0x0f, 0x84, 9, 0, 0, 0 }, { 0x0f, 0x84, 1, 0, 0, 0 }, PVP_CHANGE_JMP_JMP },
	{ "call for a jmp",     5, { 0xe9, 9, 0, 0, 0 }, { 0xe8, 1, 0, 0, 0 }, PVP_CHANGE_OTHER },
	{ "linked bytes",       6, SLOT, SLOT,                                PVP_CHANGE_UNPATCHED },
	{ "no call before",     1, { 0xfa }, { 0xfb },                        PVP_CHANGE_OTHER },
};
// clang-format on

START_TEST(class_of_change)
{
	struct pvp_disasm *disasm;
	enum pvp_change got;

	pvp_ck_ok(pvp_disasm_create(PVP_ARCH_AMD64, &disasm));
	got = pvp_change_of(disasm, AT, classes[_i].linked, classes[_i].patched, classes[_i].len,
			    TRAP);
	pvp_disasm_destroy(disasm);
	ck_assert_msg(got == classes[_i].want, "%s: %s, expected %s", classes[_i].what,
		      pvp_change_name(got), pvp_change_name(classes[_i].want));
}
END_TEST

START_TEST(trap_unknown)
{
	static const uint8_t linked[] = SLOT, patched[] = {0xe8, 0, 0, 0, 0, 0x90};
	struct pvp_disasm *disasm;

	pvp_ck_ok(pvp_disasm_create(PVP_ARCH_AMD64, &disasm));
	ck_assert_int_eq(pvp_change_of(disasm, AT, linked, patched, 6, 0), PVP_CHANGE_CALL_CALL);
	pvp_disasm_destroy(disasm);
}
END_TEST

/* ---- a site of a tiny kernel ---- */

#define KEY	    TINY_KEY(0)
#define SCT	    (TINY_TEXT + 0x780)
#define IRQ_DISABLE 31 /* irq.irq_disable */

struct opened {
	struct world w;
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_sites sites;
	struct pvp_patched patched;
	struct pvp_names names;
	const struct pvp_site *site;
};

/* A pv call with an alternative, and a static call behind it. */
static void build(struct opened *o)
{
	struct world *w = &o->w;

	world_init(w);
	tiny_symbol(&w->tiny, "caller", SITE);
	tiny_symbol(&w->tiny, "native_cli", TINY_FUNCS + IRQ_DISABLE * 16);
	tiny_symbol(&w->tiny, "native_clock", TINY_FUNCS);
	tiny_symbol(&w->tiny, "__SCK__pv_sched_clock", KEY);
	tiny_symbol(&w->tiny, "__SCT__pv_sched_clock", SCT);
	tiny_pv_call(&w->tiny, SITE, IRQ_DISABLE);
	tiny_para(&w->tiny, SITE, IRQ_DISABLE, 6);
	tiny_alt(&w->tiny, SITE, 6, XENPV | NOT, "\xfa", 1);
	tiny_poke64(&w->tiny, KEY, TINY_FUNCS);
	tiny_trampoline(&w->tiny, SCT, TINY_FUNCS);
	tiny_branch(&w->tiny, SITE + 0x10, 0xe8, SCT);
	tiny_static_call(&w->tiny, SITE + 0x10, KEY);
}

static void open_at(struct opened *o, uint64_t addr)
{
	pvp_ck_ok(tiny_open(&o->w.tiny, &o->image));
	pvp_ck_ok(pvp_tables_parse(o->image, &o->tables));
	pvp_ck_ok(pvp_sites_scan(o->image, &o->tables, &o->sites));
	pvp_ck_ok(pvp_model_patch(o->image, &o->tables, &o->w.platform, &o->patched));
	o->names = (struct pvp_names){o->image, &o->tables, &o->w.platform};
	o->site = pvp_sites_find(&o->sites, addr);
	ck_assert_ptr_nonnull(o->site);
}

static void shut(struct opened *o)
{
	pvp_patched_deinit(&o->patched);
	pvp_sites_deinit(&o->sites);
	pvp_tables_deinit(&o->tables);
	pvp_image_close(o->image);
}

// clang-format off
static const struct {
	const char *what;
	bool xen;	   /* the feature that turns the alternative off */
	uint64_t func;	   /* in the slot; 1: as in the file */
	uint64_t off;	   /* of the site from SITE */
	enum pvp_change change;
	const char *left, *right, *left_note, *right_note; /* first instructions */
	size_t nr_right;
} diffs[] = {
	{ "inline", false, 1, 0, PVP_CHANGE_CALL_INLINE,
	  "call [rip + ", "cli", "irq.irq_disable = native_cli", NULL, 2 },
	{ "call", true, 1, 0, PVP_CHANGE_CALL_CALL,
	  "call [rip + ", "call 0x", "irq.irq_disable = native_cli", "native_cli", 2 },
	{ "NULL", true, 0, 0, PVP_CHANGE_CALL_UD2,
	  "call [rip + ", "call 0x", "irq.irq_disable = NULL", "paravirt_BUG, which traps", 2 },
	{ "nothing to do", true, TINY_NOP, 0, PVP_CHANGE_CALL_NOP,
	  "call [rip + ", "nop (6 bytes)", "irq.irq_disable = _paravirt_nop", NULL, 1 },
	{ "static call", true, 1, 0x10, PVP_CHANGE_CALL_CALL,
	  "call 0x", "call 0x", "__SCT__pv_sched_clock, leads to native_clock", "native_clock", 1 },
};
// clang-format on

static bool same(const char *got, const char *want)
{
	return got && want ? !strcmp(got, want) : got == want;
}

START_TEST(side_by_side)
{
	const struct pvp_diff_insn *l, *r;
	struct opened o = {0};
	struct pvp_diff diff;

	build(&o);
	if (diffs[_i].xen)
		world_feature(&o.w, XENPV);
	if (diffs[_i].func != 1)
		o.w.pv_ops[IRQ_DISABLE] = diffs[_i].func;
	open_at(&o, SITE + diffs[_i].off);
	pvp_ck_ok(pvp_diff_make(&o.names, o.site, &o.patched, &diff));
	l = &diff.linked.v[0];
	r = &diff.patched.v[0];
	ck_assert_msg(diff.change == diffs[_i].change, "%s: %s", diffs[_i].what,
		      pvp_change_name(diff.change));
	ck_assert_uint_eq(diff.linked.nr, 1);
	ck_assert_msg(diff.patched.nr == diffs[_i].nr_right, "%s: %zu instructions", diffs[_i].what,
		      diff.patched.nr);
	ck_assert_msg(!strncmp(l->text, diffs[_i].left, strlen(diffs[_i].left)), "%s: \"%s\"",
		      diffs[_i].what, l->text);
	ck_assert_msg(!strncmp(r->text, diffs[_i].right, strlen(diffs[_i].right)), "%s: \"%s\"",
		      diffs[_i].what, r->text);
	ck_assert_msg(same(l->note, diffs[_i].left_note), "%s: left note \"%s\"", diffs[_i].what,
		      l->note ? l->note : "(none)");
	ck_assert_msg(same(r->note, diffs[_i].right_note), "%s: right note \"%s\"", diffs[_i].what,
		      r->note ? r->note : "(none)");
	pvp_diff_deinit(&diff);
	shut(&o);
}
END_TEST

START_TEST(columns)
{
	static const char want[] =
		"      linked                                              | xen\n"
		"  +0  ff 15 b2 00 00 01  call [rip + 0x10000b2]           | fa              cli\n"
		"                         -> irq.irq_disable = native_cli  |\n"
		"  +1                                                      | 0f 1f 44 00 00  nop "
		"(5 "
		"bytes)\n";
	struct opened o = {0};
	struct pvp_diff diff;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	build(&o);
	open_at(&o, SITE);
	pvp_ck_ok(pvp_diff_make(&o.names, o.site, &o.patched, &diff));
	pvp_diff_print(&diff, "linked", "xen", out);
	fclose(out);
	ck_assert_str_eq(text, want);
	free(text);
	pvp_diff_deinit(&diff);
	shut(&o);
}
END_TEST

/* The text that was given counts, not the prediction below it. */
START_TEST(classes_of_all)
{
	static uint8_t old[] = {0xfa}, new[] = {0xfb};
	struct pvp_patch rows[] = {{SITE, 1, PVP_PASS_GIVEN, old, new, NULL},
				   {SITE + 0x11, 1, PVP_PASS_GIVEN, old, new, NULL}};
	const struct pvp_patched given = {.v = rows, .nr = 2};
	enum pvp_change got[3],
		want[] = {PVP_CHANGE_CALL_INLINE, PVP_CHANGE_CALL_CALL, PVP_CHANGE_CALL_CALL};
	struct opened o = {0};

	build(&o);
	open_at(&o, SITE);
	ck_assert_uint_eq(o.sites.nr, 3);
	pvp_ck_ok(pvp_changes_of(o.image, &o.sites, &o.w.platform, &o.patched, NULL, got));
	for (size_t i = 0; i < 3; i++)
		ck_assert_msg(got[i] == want[i], "site %zu: %s", i, pvp_change_name(got[i]));
	new[0] = 0x06; /* does not decode */
	pvp_ck_ok(pvp_changes_of(o.image, &o.sites, &o.w.platform, &o.patched, &given, got));
	ck_assert_int_eq(got[0], PVP_CHANGE_OTHER);
	ck_assert_int_eq(got[1], PVP_CHANGE_CALL_CALL);
	ck_assert_int_eq(got[2], PVP_CHANGE_CALL_CALL);
	shut(&o);
}
END_TEST

/* ---- passes ---- */

START_TEST(trace_of_a_site)
{
	static const uint8_t final[] = {0xfa, 0x0f, 0x1f, 0x44, 0, 0};
	static const enum pvp_pass writers[] = {PVP_PASS_FILE, PVP_PASS_PARAVIRT,
						PVP_PASS_ALTERNATIVE};
	uint8_t call[6] = {[5] = 0x90};
	struct opened o = {0};
	struct pvp_trace trace;
	size_t nr = 0;

	build(&o);
	world_branch(call, 0xe8, SITE, TINY_FUNCS + IRQ_DISABLE * 16);
	open_at(&o, SITE);
	pvp_ck_ok(pvp_model_trace(o.image, &o.tables, &o.w.platform, SITE, 6, &trace));
	ck_assert_uint_eq(trace.nr, 9); /* file, platform, seven passes */
	pvp_ck_bytes("file", trace.v[0].bytes, o.site->linked, 6);
	for (size_t i = 0; i < trace.nr; i++) {
		if (!trace.v[i].wrote) {
			pvp_ck_bytes("left alone", trace.v[i].bytes, trace.v[i - 1].bytes, 6);
			continue;
		}
		ck_assert_uint_lt(nr, ARRAY_SIZE(writers));
		ck_assert_int_eq(trace.v[i].pass, writers[nr]);
		if (++nr == 2)
			pvp_ck_bytes("paravirt", trace.v[i].bytes, call, 6);
	}
	ck_assert_uint_eq(nr, ARRAY_SIZE(writers));
	pvp_ck_bytes("final", trace.v[trace.nr - 1].bytes, final, 6);
	pvp_trace_deinit(&trace);
	shut(&o);
}
END_TEST

static const struct {
	const char *what;
	uint64_t addr;
	size_t len;
} no_text[] = {
	{"data", TINY_DATA, 8},
	{"over the end of text", TINY_TEXT + TINY_TEXT_LEN - 2, 6},
	{"nowhere", 0x1000, 1},
};

START_TEST(trace_of_no_text)
{
	struct opened o = {0};
	struct pvp_trace trace;

	build(&o);
	open_at(&o, SITE);
	pvp_ck_err(pvp_model_trace(o.image, &o.tables, &o.w.platform, no_text[_i].addr,
				   no_text[_i].len, &trace),
		   PVP_ERR_BAD_DATA, "not text");
	shut(&o);
}
END_TEST

/* ---- reasons ---- */

// clang-format off
static const struct {
	const char *what;
	bool xen;
	uint64_t func; /* in the slot; 1: as in the file */
	uint64_t off;
	const char *lines[6]; /* all must occur, in this order */
} whys[] = {
	{ "the alternative applies", false, 1, 0,
	  { ".parainstructions, entry at ", "type 31 (irq.irq_disable), length 6, clobbers 0x",
	    "applies: pv_ops slot 31 holds native_cli",
	    "feature XENPV (8*32+16), not-flag; replacement 1 byte at ffffffff82100000: fa (cli)",
	    "applies: XENPV (8*32+16) is clear\n",
	    "XENPV (8*32+16) is clear: the replacement, NOPs behind it\n" } },
	{ "it does not", true, 1, 0,
	  { "does not apply: XENPV (8*32+16) is set\n", "a direct call of what the slot holds, native_cli\n",
	    "alternative  -                  leaves them\n", "outcome      e8 ", "native_cli; nop (1 byte)\n" } },
	{ "the slot is NULL", true, 0, 0,
	  { "pv_ops slot 31 holds NULL\n", "the slot is NULL: a call of paravirt_BUG, which traps\n" } },
	{ "the slot does nothing", true, TINY_NOP, 0,
	  { "the slot holds _paravirt_nop: nothing to do, NOPs\n", "outcome      66 0f 1f 44 00 00  nop (6 bytes)\n" } },
	{ "a static call", false, 1, 0x10,
	  { "static_call_sites, entry at ", "key __SCK__pv_sched_clock at ffffffff82000400, trampoline at ffffffff81000780\n",
	    "the key holds native_clock (as in the file)\n", "a direct call of what the key holds, native_clock\n",
	    "paravirt     -               no entry here\n" } },
};
// clang-format on

START_TEST(reasons)
{
	struct opened o = {0};
	struct pvp_trace trace;
	struct pvp_why why;
	char *text = NULL, *rest;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	build(&o);
	if (whys[_i].xen)
		world_feature(&o.w, XENPV);
	if (whys[_i].func != 1)
		o.w.pv_ops[IRQ_DISABLE] = whys[_i].func;
	open_at(&o, SITE + whys[_i].off);
	pvp_ck_ok(pvp_model_trace(o.image, &o.tables, &o.w.platform, o.site->addr, o.site->len,
				  &trace));
	pvp_ck_ok(pvp_why_make(&o.names, o.site, &trace, &why));
	pvp_why_print(&why, out);
	fclose(out);
	rest = text;
	for (size_t i = 0; i < ARRAY_SIZE(whys[_i].lines) && whys[_i].lines[i]; i++) {
		rest = strstr(rest, whys[_i].lines[i]);
		ck_assert_msg(rest != NULL, "%s: no \"%s\" (in its place) in\n%s", whys[_i].what,
			      whys[_i].lines[i], text);
	}
	free(text);
	pvp_why_deinit(&why);
	pvp_trace_deinit(&trace);
	shut(&o);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	TCase *tcase = tcase_create(name);

	tcase_add_loop_test(tcase, test, 0, nr);
	suite_add_tcase(suite, tcase);
}

Suite *diff_suite(void)
{
	Suite *suite = suite_create("diff");

	add(suite, "an instruction", one_instruction, ARRAY_SIZE(insns));
	add(suite, "no disassembler", no_disassembler, 1);
	add(suite, "the class of a change", class_of_change, ARRAY_SIZE(classes));
	add(suite, "no trap function is known", trap_unknown, 1);
	add(suite, "side by side", side_by_side, ARRAY_SIZE(diffs));
	add(suite, "columns", columns, 1);
	add(suite, "classes of all sites", classes_of_all, 1);
	add(suite, "the bytes after each pass", trace_of_a_site, 1);
	add(suite, "no passes over what is no text", trace_of_no_text, ARRAY_SIZE(no_text));
	add(suite, "reasons", reasons, ARRAY_SIZE(whys));
	return suite;
}
