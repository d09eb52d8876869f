// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_model_i386.c - 32-bit images: pv sites, static-call trampolines, locks, NOPs.
 */
#include "suites.h"

#include "check_helpers.h"
#include "model_world.h"

#define UNLOCK_5_10    11
#define PREEMPTED_5_10 14
#define UNLOCK_6_1     9

#define OWN(slot) (TINY_FUNCS + (slot)*16) /* what the file has there */
#define OTHER	  (TINY_FUNCS + 0x508)	   /* what it has nowhere */
#define K7	  (3 * 32 + 5)

static void init(struct world *w, enum tiny_kind kind)
{
	const bool old = kind == TINY_5_10_I386;

	world_init_kind(w, kind);
	w->platform.cpu = (struct pvp_cpu_model){2, 6, 2};
	world_feature(w, K7); /* 5.10: K7 NOPs */
	tiny_symbol(&w->tiny, "__raw_callee_save___native_queued_spin_unlock",
		    OWN(old ? UNLOCK_5_10 : UNLOCK_6_1));
	tiny_symbol(&w->tiny, "__raw_callee_save___native_vcpu_is_preempted", OWN(PREEMPTED_5_10));
}

// clang-format off
/* At a 6-byte site.  want: e8 has the displacement to func, or to `to`. */
static const struct {
	const char *what;
	enum tiny_kind kind;
	bool by_default; /* init.patch */
	unsigned slot;
	uint64_t func, to;
	uint8_t want[6];
} ops[] = {
	{ "unlock",               TINY_5_10_I386, false, UNLOCK_5_10,    OWN(UNLOCK_5_10), 0, { 0xc6, 0x00, 0x00, 0x8d, 0x04, 0x20 } },
	{ "unlock, changed",      TINY_5_10_I386, false, UNLOCK_5_10,    OTHER, 0,            { 0xe8, 0, 0, 0, 0, 0x90 } },
	{ "unlock by default",    TINY_5_10_I386, true,  UNLOCK_5_10,    OWN(UNLOCK_5_10), 0, { 0xe8, 0, 0, 0, 0, 0x90 } },
	{ "preempted",            TINY_5_10_I386, false, PREEMPTED_5_10, OWN(PREEMPTED_5_10), 0, { 0x31, 0xc0, 0x8d, 0x44, 0x20, 0x00 } },
	{ "preempted, changed",   TINY_5_10_I386, false, PREEMPTED_5_10, OTHER, 0,            { 0xe8, 0, 0, 0, 0, 0x90 } },
	{ "call",                 TINY_5_10_I386, false, 3,              OTHER, 0,            { 0xe8, 0, 0, 0, 0, 0x90 } },
	{ "nothing to do",        TINY_5_10_I386, false, 3,              TINY_NOP, 0,         { 0x8d, 0x80, 0, 0, 0, 0 } },
	{ "NULL",                 TINY_5_10_I386, false, 3,              0, 0,                { 0x0f, 0x0b, 0x8d, 0x44, 0x20, 0x00 } },
	{ "no identity",          TINY_5_10_I386, false, 3,              TINY_IDENT, 0,       { 0xe8, 0, 0, 0, 0, 0x90 } },
	{ "6.1: unlock",          TINY_6_1_I386,  false, UNLOCK_6_1,     OWN(UNLOCK_6_1), 0,  { 0xe8, 0, 0, 0, 0, 0x90 } },
	{ "6.1: nothing to do",   TINY_6_1_I386,  false, 0,              TINY_NOP, 0,         { 0x8d, 0xb6, 0, 0, 0, 0 } },
	{ "6.1: NULL",            TINY_6_1_I386,  false, 0,              0, TINY_BUG,         { 0xe8, 0, 0, 0, 0, 0x90 } },
};
// clang-format on

START_TEST(op_bytes)
{
	struct world w;
	uint8_t want[7];

	init(&w, ops[_i].kind);
	if (ops[_i].by_default)
		w.pv_ops[0] = world_addr(&w, TINY_DEFAULT);
	w.pv_ops[ops[_i].slot] = world_addr(&w, ops[_i].func);
	tiny_pv_call(&w.tiny, SITE, ops[_i].slot);
	tiny_para(&w.tiny, SITE, ops[_i].slot, 6);
	memcpy(want, ops[_i].want, 6);
	if (want[0] == 0xe8)
		world_branch(want, 0xe8, SITE, ops[_i].to ? ops[_i].to : ops[_i].func);
	want[6] = 0xcc; /* behind the site */
	ck_assert_int_eq(world_expect(&w, ops[_i].what, SITE, want, sizeof(want)),
			 PVP_PASS_PARAVIRT);
}
END_TEST

/* 6.1: the alternative is last; 5.10: the pv site is. */
START_TEST(order)
{
	static const uint8_t alt[] = {0xc6, 0x00, 0x00, 0x8d, 0x76, 0x00};
	uint8_t call[6] = {0, 0, 0, 0, 0, 0x90};
	struct world w;

	init(&w, TINY_6_1_I386);
	tiny_pv_call(&w.tiny, SITE, UNLOCK_6_1);
	tiny_para(&w.tiny, SITE, UNLOCK_6_1, 6);
	tiny_alt(&w.tiny, SITE, 6, NOT | 276, "\xc6\x00\x00", 3);
	ck_assert_int_eq(world_expect(&w, "6.1", SITE, alt, 6), PVP_PASS_ALTERNATIVE);
	init(&w, TINY_5_10_I386);
	tiny_pv_call(&w.tiny, SITE, 3);
	tiny_para(&w.tiny, SITE, 3, 6);
	tiny_alt(&w.tiny, SITE, 6, NOT | 276, "\xc6\x00\x00", 3);
	world_branch(call, 0xe8, SITE, OWN(3));
	ck_assert_int_eq(world_expect(&w, "5.10", SITE, call, 6), PVP_PASS_PARAVIRT);
}
END_TEST

/* A jmp that becomes short, a call, and 1-byte NOPs behind an instruction that only 32 bits have.
 */
START_TEST(alternatives)
{
	static const uint8_t jmp_want[] = {0xeb, 0x0e, 0x8d, 0x76, 0x00, 0x89, 0xf6};
	static const uint8_t own_want[] = {0x06, 0x3e, 0x8d, 0x74, 0x26, 0x00, 0xcc};
	uint8_t jmp[5], call[5], call_want[6] = {0, 0, 0, 0, 0, 0x90};
	struct world w;

	init(&w, TINY_6_1_I386);
	world_feature(&w, ALWAYS);
	world_branch(jmp, 0xe9, TINY_REPLACEMENT, SITE + 0x10);
	world_branch(call, 0xe8, TINY_REPLACEMENT + 5, TINY_FUNCS);
	tiny_alt(&w.tiny, SITE, 7, ALWAYS, jmp, 5);
	tiny_alt(&w.tiny, SITE + 0x10, 6, ALWAYS, call, 5);
	tiny_poke(&w.tiny, SITE + 0x20, "\x06\x90\x90\x90\x90\x90", 6); /* push %es */
	tiny_alt(&w.tiny, SITE + 0x20, 6, 50, NULL, 0);
	world_branch(call_want, 0xe8, SITE + 0x10, TINY_FUNCS);
	world_expect(&w, "jmp", SITE, jmp_want, 7);
	world_expect(&w, "call", SITE + 0x10, call_want, 6);
	world_expect(&w, "off", SITE + 0x20, own_want, 7);
}
END_TEST

// clang-format off
/* Trampolines; the key is not named.  linked: c3, or e9 to TINY_FUNCS; want: c3, or e9 to func. */
static const struct {
	const char *what;
	enum tiny_kind kind;
	uint8_t linked;
	bool marked; /* 0f b9 cc behind it */
	uint64_t func;
	uint8_t want;
	const char *message;
} calls[] = {
	{ "another function",   TINY_6_1_I386,  0xe9, true,  OTHER,      0xe9, NULL },
	{ "NULL",               TINY_6_1_I386,  0xe9, true,  0,          0xc3, NULL },
	{ "no longer NULL",     TINY_6_1_I386,  0xc3, true,  OTHER,      0xe9, NULL },
	{ "return 0",           TINY_6_1_I386,  0xe9, true,  TINY_RETURN0, 0xe9, NULL },
	{ "not marked",         TINY_6_1_I386,  0xe9, false, OTHER,      0,
	  "trampoline of static call call: 0x81000080 is not a trampoline" },
	{ "5.10",               TINY_5_10_I386, 0xe9, false, OTHER,      0xe9, NULL },
	{ "5.10: NULL",         TINY_5_10_I386, 0xe9, false, 0,          0xc3, NULL },
	{ "5.10: no longer NULL", TINY_5_10_I386, 0xc3, false, OTHER,    0xe9, NULL },
	{ "6.12",               TINY_6_12_I386, 0xe9, true,  OTHER,      0xe9, NULL },
	{ "7.2: NULL",          TINY_7_2_I386,  0xe9, true,  0,          0xc3, NULL },
	{ "7.2, not marked",    TINY_7_2_I386,  0xe9, false, OTHER,      0,
	  "trampoline of static call call: 0x81000080 is not a trampoline" },
};
// clang-format on

#define TRAMPOLINE (SITE + 0x40)

static void trampoline(struct world *w, uint64_t addr, uint8_t linked, bool marked)
{
	if (linked == 0xe9)
		tiny_branch(&w->tiny, addr, 0xe9, TINY_FUNCS);
	else
		tiny_poke(&w->tiny, addr, "\xc3\xcc\x90\x90\x90", 5);
	tiny_poke(&w->tiny, addr + 5, marked ? "\x0f\xb9\xcc" : "\x90\x90\x90", 3);
}

START_TEST(trampolines)
{
	uint8_t want[5] = {0xc3, 0xcc, 0xcc, 0xcc, 0xcc}, same[5];
	struct world w;

	init(&w, calls[_i].kind);
	/* Another one, which keeps what it has. */
	trampoline(&w, TRAMPOLINE - 8, calls[_i].linked, calls[_i].marked);
	trampoline(&w, TRAMPOLINE, calls[_i].linked, calls[_i].marked);
	memcpy(same, w.tiny.text + (TRAMPOLINE - 8 - TINY_TEXT), 5);
	tiny_symbol(&w.tiny, "__SCT__another", TRAMPOLINE - 8);
	tiny_symbol(&w.tiny, "__SCT__call", TRAMPOLINE);
	w.calls[0].trampoline = world_addr(&w, TRAMPOLINE);
	w.calls[0].func = world_addr(&w, calls[_i].func);
	w.platform.nr_static_calls = 1;
	if (calls[_i].message) {
		world_expect_error(&w, PVP_ERR_BAD_DATA, calls[_i].message);
		return;
	}
	if (calls[_i].want == 0xe9)
		world_branch(want, 0xe9, TRAMPOLINE, calls[_i].func);
	ck_assert_int_eq(world_expect(&w, calls[_i].what, TRAMPOLINE, want, 5),
			 PVP_PASS_STATIC_CALL);
	ck_assert_int_eq(world_expect(&w, calls[_i].what, TRAMPOLINE - 8, same, 5), PVP_PASS_FILE);
}
END_TEST

/* --- 6.12 and 7.2 --- */

static const enum tiny_kind merged[] = {TINY_6_12_I386, TINY_7_2_I386};

// clang-format off
/* As the original text of a site whose entry does not apply; NULL: it stays. */
static const struct {
	const char *what, *in, *by_6_12, *by_7_2;
} merges[] = {
	{ "run at the end",           "fa 90 90 90 90 90", "fa 3e 8d 74 26 00", "fa 3e 8d 74 26 00" },
	{ "run of eight",             "fa 90 90 90 90 90 90 90 90", "fa 3e 8d b4 26 00 00 00 00", "fa 3e 8d b4 26 00 00 00 00" },
	{ "longer than the longest",  "90 90 90 90 90 90 90 90 90 fa", "eb 07 cc cc cc cc cc cc cc fa", "eb 07 cc cc cc cc cc cc cc fa" },
	{ "mov %esi,%esi",            "89 f6 90 fa", NULL, "8d 76 00 fa" },
	{ "mov %si,%si",              "66 89 f6 90 fa", NULL, NULL },
	{ "mov %esi,%edi",            "89 f7 90 fa", NULL, NULL },
	{ "mov to memory",            "89 36 90 fa", NULL, NULL },
	{ "lea 0(%esi),%esi",         "8d 76 00 90 fa", NULL, "8d 74 26 00 fa" },
	{ "lea 0(%esi,%eiz,1),%esi",  "8d 74 26 00 90 fa", NULL, "3e 8d 74 26 00 fa" },
	{ "lea %ds:0(%esi,%eiz,1),%esi", "3e 8d 74 26 00 90 fa", NULL, "8d b6 00 00 00 00 fa" },
	{ "lea 1(%esi),%esi",         "8d 76 01 90 fa", NULL, NULL },
	{ "lea 0(%esi),%edi",         "8d 7e 00 90 fa", NULL, NULL },
	{ "lea (%esi),%esi has none", "8d 36 90 fa", NULL, NULL },
	{ "dec %ecx is no prefix",    "49 90 90", "49 89 f6", "49 89 f6" },
	{ "pause",                    "f3 90 90 90", "f3 90 89 f6", "f3 90 89 f6" },
	{ "jmp to the next",          "eb 00 90 fa", NULL, "8d 76 00 fa" },
};

/* What 64-bit code would count from the instruction's end is an address here, which stays. */
static const struct {
	const char *what, *replacement, *want;
} moved[] = {
	{ "an address stays",        "a1 44 33 22 11", "a1 44 33 22 11" },
	{ "one by ModRM, too",       "8b 0d 44 33 22 11", "8b 0d 44 33 22 11" },
	{ "call through a pointer",  "ff 15 44 33 22 11", "ff 15 44 33 22 11" },
	{ "a call is moved",         "e8 @800", "e8 @800" },
};
// clang-format on

START_TEST(merged_nops)
{
	for (unsigned k = 0; k < 2; k++) {
		const char *want = k ? merges[_i].by_7_2 : merges[_i].by_6_12;
		uint8_t bytes[WORLD_BYTES], symbolic[WORLD_BYTES];
		struct world w;

		world_init_kind(&w, merged[k]);
		world_poke(&w, SITE, merges[_i].in);
		world_alt(&w, SITE, world_bytes(SITE, merges[_i].in, bytes, symbolic), 50, "");
		world_expect_text(&w, merges[_i].what, SITE, want ? want : merges[_i].in);
	}
}
END_TEST

START_TEST(relocated)
{
	for (unsigned k = 0; k < 2; k++) {
		uint8_t bytes[WORLD_BYTES], symbolic[WORLD_BYTES];
		struct world w;

		world_init_kind(&w, merged[k]);
		world_feature(&w, ALWAYS);
		world_poke(&w, SITE, moved[_i].want);
		world_alt(&w, SITE, world_bytes(SITE, moved[_i].want, bytes, symbolic), ALWAYS,
			  moved[_i].replacement);
		world_expect_text(&w, moved[_i].what, SITE, moved[_i].want);
	}
}
END_TEST

/* What the slot has; an operation that does nothing; NULL. */
START_TEST(direct_calls)
{
	static const struct {
		uint64_t func, to;
	} rows[] = {{OTHER, OTHER}, {TINY_NOP, 0}, {0, TINY_BUG}};

	for (unsigned k = 0; k < 2; k++) {
		uint8_t want[6] = {0x8d, 0xb6};
		struct world w;

		world_init_kind(&w, merged[k]);
		world_feature(&w, ALWAYS);
		tiny_direct_call(&w.tiny, SITE, 1);
		w.pv_ops[1] = world_addr(&w, rows[_i].func);
		if (rows[_i].to) {
			world_branch(want, 0xe8, SITE, rows[_i].to);
			want[5] = 0x90;
		}
		world_expect(&w, "direct call", SITE, want, 6);
	}
}
END_TEST

START_TEST(smp_locks)
{
	static const uint8_t ds = 0x3e, lock = 0xf0;
	struct world w;

	init(&w, _i ? TINY_6_1_I386 : TINY_5_10_I386);
	tiny_poke(&w.tiny, SITE, &lock, 1);
	tiny_poke(&w.tiny, TINY_INIT, &lock, 1);
	tiny_list(&w.tiny, TINY_LOCKS, SITE);
	tiny_list(&w.tiny, TINY_LOCKS, TINY_INIT);
	world_expect(&w, "two CPUs", SITE, &lock, 1);
	w.platform.cpus = 1;
	ck_assert_int_eq(world_expect(&w, "one CPU", SITE, &ds, 1), PVP_PASS_SMP_LOCK);
	world_expect(&w, "init text", TINY_INIT, &lock, 1);
}
END_TEST

Suite *model_i386_suite(void)
{
	Suite *s = suite_create("model i386");
	TCase *para = tcase_create("paravirt"), *other = tcase_create("other passes");

	tcase_add_loop_test(para, op_bytes, 0, ARRAY_SIZE(ops));
	tcase_add_test(para, order);
	suite_add_tcase(s, para);
	tcase_add_test(other, alternatives);
	tcase_add_loop_test(other, trampolines, 0, ARRAY_SIZE(calls));
	tcase_add_loop_test(other, smp_locks, 0, 2);
	suite_add_tcase(s, other);
	other = tcase_create("6.12 and 7.2");
	tcase_add_loop_test(other, merged_nops, 0, ARRAY_SIZE(merges));
	tcase_add_loop_test(other, relocated, 0, ARRAY_SIZE(moved));
	tcase_add_loop_test(other, direct_calls, 0, 3);
	suite_add_tcase(s, other);
	return s;
}
