// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_model_mitigations.c - the model's retpolines, returns, call thunks, static calls, seals and
 * locks of 6.12 and 7.2, and what of them is known only at run time.
 */
#include "suites.h"

#include <string.h>

#include "check_helpers.h"
#include "model_world.h"

static const enum tiny_kind kinds[] = {TINY_6_12, TINY_7_2};

static void init(struct world *w, enum tiny_kind kind, const unsigned *features, size_t nr)
{
	world_init_kind(w, kind);
	world_features(w, features, nr);
	tiny_symbol(&w->tiny, "__x86_indirect_call_thunk_array", TINY_TEXT + 0xa00);
	tiny_symbol(&w->tiny, "__x86_indirect_jump_thunk_array", TINY_TEXT + 0xb00);
	tiny_symbol(&w->tiny, "__x86_indirect_its_thunk_array", TINY_TEXT + 0xc00);
}

#define TEMPLATE    "65 48 c1 3d @10f0 05" /* sar $5,%gs:.. */
#define TEMPLATE_AT (TINY_TEXT + 0x1180)

static void add_template(struct world *w)
{
	world_poke(w, TEMPLATE_AT, TEMPLATE);
	tiny_symbol(&w->tiny, "skl_call_thunk_template", TEMPLATE_AT);
	tiny_symbol(&w->tiny, "skl_call_thunk_tail", TEMPLATE_AT + 9);
}

/* --- retpolines --- */

// clang-format off
/* Thunks of rax .. are at 1000, 1020, ..; ITS: of either generation.  NULL: as linked. */
#define ITS_ANY 1
static const struct {
	const char *what;
	unsigned features[4];
	unsigned at; /* of text */
	const char *linked, *by_6_12, *by_7_2;
} retpolines[] = {
	{ "retpoline",             { RETPOLINE },             0x40, "e8 @1000", NULL, NULL },
	{ "retpoline, its",        { RETPOLINE, ITS_ANY },    0x40, "e8 @1000", NULL, NULL },
	{ "call rax",              { 0 },                     0x40, "e8 @1000", "ff d0 0f 1f 00", "2e 2e 2e ff d0" },
	{ "call r15",              { 0 },                     0x40, "2e e8 @11e0", "41 ff d7 0f 1f 00", "2e 2e 2e 41 ff d7" },
	{ "call r8 without prefix", { 0 },                    0x40, "e8 @1100", "41 ff d0 66 90", "2e 2e 41 ff d0" },
	{ "call rax with prefix",  { 0 },                     0x40, "2e e8 @1000", "ff d0 0f 1f 40 00", "ff d0 0f 1f 40 00" },
	{ "jmp rax",               { 0 },                     0x40, "e9 @1000", "ff e0 cc 66 90", "ff e0 cc cc cc" },
	{ "jmp r11",               { 0 },                     0x40, "2e e9 @1160", "41 ff e3 cc 66 90", "41 ff e3 cc cc cc" },
	{ "je rcx",                { 0 },                     0x40, "0f 84 @1020", "75 04 ff e1 cc 90", "75 04 ff e1 cc cc" },
	{ "lfence call rax",       { RETPOLINE, LFENCE },     0x40, "e8 @1000", "0f ae e8 ff d0", "0f ae e8 ff d0" },
	{ "lfence call r9",        { RETPOLINE, LFENCE },     0x40, "2e e8 @1120", "0f ae e8 41 ff d1", "0f ae e8 41 ff d1" },
	{ "lfence call rax with prefix", { LFENCE },          0x40, "2e e8 @1000", "0f ae e8 ff d0 90", "0f ae e8 2e ff d0" },
	{ "lfence jmp rax with prefix",  { LFENCE },          0x40, "2e e9 @1000", "0f ae e8 ff e0 cc", "0f ae e8 ff e0 cc" },
	{ "accounted call",        { RETPOLINE, CALL_DEPTH }, 0x40, "e8 @1020", "e8 @a20", "e8 @a20" },
	{ "accounted jmp",         { RETPOLINE, CALL_DEPTH }, 0x40, "e9 @1020", "e9 @b20", "e9 @b20" },
	{ "accounted call r8",     { RETPOLINE, CALL_DEPTH }, 0x40, "2e e8 @1100", "2e e8 @b00", "2e e8 @b00" },
	{ "accounted jmp r8",      { RETPOLINE, CALL_DEPTH }, 0x40, "2e e9 @1100", "2e e9 @c00", "2e e9 @c00" },
	{ "accounted jne",         { RETPOLINE, CALL_DEPTH }, 0x40, "0f 85 @1020", "0f 85 @b20", "0f 85 @b20" },
	{ "accounted: two prefixes are not known", { RETPOLINE, CALL_DEPTH }, 0x40, "2e 2e e8 @1100", NULL, NULL },
	{ "not accounted without retpolines", { CALL_DEPTH }, 0x40, "e8 @1020", "ff d1 0f 1f 00", "2e 2e 2e ff d1" },
	{ "its, lower half",       { ITS_ANY },               0x40, "e8 @1000", "e8 ?@c00", "e8 ?@c00" },
	{ "its, upper half",       { ITS_ANY },               0x60, "e8 @1000", "ff d0 0f 1f 00", "2e 2e 2e ff d0" },
	{ "its, ends in the upper half", { ITS_ANY },         0x5f, "e8 @1000", "ff d0 0f 1f 00", "2e 2e 2e ff d0" },
	{ "its, r8 two before",    { ITS_ANY },               0x5e, "2e e8 @1100", "41 ff d0 0f 1f 00", "2e 2e 2e 41 ff d0" },
	{ "its, r9",               { ITS_ANY },               0x40, "2e e8 @1120", "2e e8 ?@e40", "2e e8 ?@e40" },
	{ "its, jmp",              { ITS_ANY },               0x40, "e9 @1020", "e9 ?@c40", "e9 ?@c40" },
	{ "its, jcc",              { ITS_ANY },               0x40, "0f 84 @1020", "0f 84 ?@c40", "0f 84 ?@c40" },
	{ "its, jcc moves it",     { ITS_ANY },               0x5d, "0f 84 @1020", "75 04 ff e1 cc 90", "75 04 ff e1 cc cc" },
	{ "its, lfence moves it",  { LFENCE, ITS_ANY },       0x5c, "e8 @1000", "0f ae e8 ff d0", "0f ae e8 ff d0" },
	{ "its, lfence in vain",   { LFENCE, ITS_ANY },       0x40, "e8 @1000", "e8 ?@c00", "e8 ?@c00" },
};
// clang-format on

START_TEST(retpoline_bytes)
{
	const uint64_t at = TINY_TEXT + retpolines[_i].at;

	for (unsigned k = 0; k < 2; k++) {
		const char *want = k ? retpolines[_i].by_7_2 : retpolines[_i].by_6_12;
		struct world w;

		init(&w, kinds[k], NULL, 0);
		add_template(&w);
		for (size_t i = 0; i < 4 && retpolines[_i].features[i]; i++)
			world_feature(&w, retpolines[_i].features[i] != ITS_ANY
						  ? retpolines[_i].features[i]
					  : k ? ITS_7_2
					      : ITS_6_12);
		world_poke(&w, at, retpolines[_i].linked);
		tiny_list(&w.tiny, TINY_RETPOLINES, at);
		ck_assert_int_eq(world_expect_text(&w, retpolines[_i].what, at,
						   want ? want : retpolines[_i].linked),
				 want ? PVP_PASS_RETPOLINE : PVP_PASS_FILE);
	}
}
END_TEST

/* 6.1 has such thunks, too. */
START_TEST(its_6_1)
{
	struct world w;

	world_init(&w);
	world_feature(&w, ITS);
	tiny_symbol(&w.tiny, "__x86_indirect_its_thunk_array", TINY_TEXT + 0xc00);
	world_poke(&w, SITE, "2e e8 @1120");
	world_poke(&w, SITE + 0x20, "2e e8 @1120");
	tiny_list(&w.tiny, TINY_RETPOLINES, SITE);
	tiny_list(&w.tiny, TINY_RETPOLINES, SITE + 0x20);
	world_expect_text(&w, "lower half", SITE, "2e e8 ?@e40");
	world_expect_text(&w, "upper half", SITE + 0x20, "41 ff d1 0f 1f 00");
}
END_TEST

// clang-format off
/* What does not fit: 6.12 leaves it; 7.2's patcher does not come back, and the model says so. */
static const struct {
	const char *what, *linked;
	unsigned its; /* or 0 */
	size_t notes;
} overruns[] = {
	{ "call r8 without prefix",   "e8 @1100",    0,       1 },
	{ "jmp r11 without prefix",   "e9 @1160",    0,       1 },
	{ "je",                       "0f 84 @1020", 0,       1 },
	{ "call r8",                  "2e e8 @1100", 0,       0 },
	{ "an its thunk always fits", "e8 @1100",    ITS_7_2, 0 },
};
// clang-format on

START_TEST(overrun)
{
	for (unsigned k = 0; k < 2; k++) {
		struct pvp_patched patched;
		struct pvp_image *image;
		struct world w;

		init(&w, kinds[k], (const unsigned[]){LFENCE, overruns[_i].its}, 2);
		world_poke(&w, SITE, overruns[_i].linked);
		tiny_list(&w.tiny, TINY_RETPOLINES, SITE);
		if (overruns[_i].notes)
			world_expect_text(&w, overruns[_i].what, SITE, overruns[_i].linked);
		pvp_ck_ok(world_run(&w, &image, &patched));
		ck_assert_uint_eq(patched.nr_notes, k ? overruns[_i].notes : 0);
		if (patched.nr_notes) {
			ck_assert_uint_eq(patched.notes[0].addr, SITE);
			ck_assert_uint_eq(patched.notes[0].entry, TINY_TABLES + 0x2000);
			ck_assert_ptr_nonnull(strstr(patched.notes[0].what, "beyond its buffer"));
		}
		pvp_patched_deinit(&patched);
		pvp_image_close(image);
	}
}
END_TEST

START_TEST(missing_arrays)
{
	struct world w;

	for (unsigned k = 0; k < 2; k++) {
		world_init_kind(&w, kinds[k]);
		world_features(&w, (const unsigned[]){RETPOLINE, CALL_DEPTH}, 2);
		world_poke(&w, SITE, "e8 @1000");
		tiny_list(&w.tiny, TINY_RETPOLINES, SITE);
		world_expect_error(&w, PVP_ERR_UNSUPPORTED,
				   "the image has no symbol __x86_indirect_call_thunk_array");
	}
	world_init_kind(&w, TINY_7_2);
	world_feature(&w, ITS_7_2);
	world_poke(&w, SITE, "e8 @1000");
	tiny_list(&w.tiny, TINY_RETPOLINES, SITE);
	world_expect_error(&w, PVP_ERR_UNSUPPORTED,
			   "the image has no symbol __x86_indirect_its_thunk_array");
}
END_TEST

/* An alternative over bytes that nobody knows yet. */
START_TEST(alternative_over_symbolic)
{
	struct world w;

	for (unsigned k = 0; k < 2; k++) {
		init(&w, kinds[k], (const unsigned[]){k ? ITS_7_2 : ITS_6_12}, 1);
		world_poke(&w, SITE, "e8 @1000");
		tiny_list(&w.tiny, TINY_RETPOLINES, SITE);
		world_alt(&w, SITE, 5, 50, "90");
		world_expect_error(&w, PVP_ERR_UNSUPPORTED, "known only at run time");
	}
}
END_TEST

/* --- call thunks --- */

#define PAD	    "90 90 90 90 90 90 90 90 90"
#define OTHER_THUNK (TINY_TEXT + 0xe30)

static void accounted_world(struct world *w, enum tiny_kind kind)
{
	init(w, kind, (const unsigned[]){CALL_DEPTH, RETPOLINE}, 2);
	add_template(w);
	tiny_symbol(&w->tiny, "error_entry", TINY_TEXT + 0x220);
	tiny_symbol(&w->tiny, "relocate_kernel", TINY_TEXT - 0x7c0); /* for 0x800: to 0x40 */
	world_poke(w, TINY_TEXT + 0x200 - 9, PAD);
	world_poke(w, TINY_TEXT + 0x220 - 9, PAD);
	world_poke(w, TINY_TEXT + 0x240 - 9, "90 90 90 90 cc 90 90 90 90");
	world_poke(w, TINY_TEXT + 0x260 - 9, TEMPLATE);
	world_poke(w, TINY_INIT + 0x20 - 9, PAD);
}

// clang-format off
/* Calls of a function at 200 that has a pad, from SITE and elsewhere. */
static const struct {
	const char *what;
	uint64_t at;
	const char *linked, *want; /* NULL: as linked */
} calls[] = {
	{ "call",                  TINY_TEXT + 0x50, "e8 @200", "e8 @1f7" },
	{ "of error_entry",        TINY_TEXT + 0x50, "e8 @220", NULL },
	{ "of one without room",   TINY_TEXT + 0x50, "e8 @240", NULL },
	{ "pad is there already",  TINY_TEXT + 0x50, "e8 @260", "e8 @257" },
	{ "of the first function", TINY_TEXT + 0x50, "e8 @0", NULL },
	{ "of kexec's code",       TINY_TEXT + 0x50, "e8 @30", NULL },
	{ "of init text",          TINY_TEXT + 0x50, "e8 @100020", NULL },
	{ "in init text",          TINY_INIT,        "e8 @200", NULL },
	{ "jmp",                   TINY_TEXT + 0x50, "e9 @200", NULL },
	{ "was patched out",       TINY_TEXT + 0x50, "0f 1f 44 00 00", NULL },
	/* the last byte of the displacement stays behind */
	{ "with a prefix: moves",  TINY_TEXT + 0x50, "2e e8 @200", "e8 @1f7 00" },
};
// clang-format on

START_TEST(call_bytes)
{
	for (unsigned k = 0; k < 2; k++) {
		const char *want = calls[_i].want ? calls[_i].want : calls[_i].linked;
		struct world w;

		accounted_world(&w, kinds[k]);
		world_poke(&w, calls[_i].at, calls[_i].linked);
		tiny_list(&w.tiny, TINY_CALLS, calls[_i].at);
		ck_assert_int_eq(world_expect_text(&w, calls[_i].what, calls[_i].at, want),
				 calls[_i].want ? PVP_PASS_CALL_THUNK : PVP_PASS_FILE);
	}
}
END_TEST

START_TEST(pads)
{
	for (unsigned k = 0; k < 2; k++) {
		struct world w;

		accounted_world(&w, kinds[k]);
		for (unsigned i = 0; i < 2; i++) {
			world_poke(&w, SITE + 16 * i, "e8 @200");
			tiny_list(&w.tiny, TINY_CALLS, SITE + 16 * i);
		}
		/* rip-relative: the same word from another place */
		world_expect_text(&w, "pad", TINY_TEXT + 0x1f7, TEMPLATE);
		world_expect_text(&w, "second caller", SITE + 16, "e8 @1f7");
		world_expect_text(&w, "nobody calls that", TINY_INIT + 0x20 - 9, PAD);
		w.platform.caps[CALL_DEPTH / 32] &= ~(1u << CALL_DEPTH % 32);
		world_expect_text(&w, "off", TINY_TEXT + 0x1f7, PAD);
	}
}
END_TEST

/* 6.12 accounts what alternatives left; 7.2 comes before them, and replacements are not its text.
 */
START_TEST(calls_of_alternatives)
{
	for (unsigned k = 0; k < 2; k++) {
		struct world w;

		accounted_world(&w, kinds[k]);
		world_alt(&w, SITE, 6, ALWAYS, "e8 @200");
		tiny_list(&w.tiny, TINY_CALLS, TINY_REPLACEMENT + 5); /* behind the first site's */
		tiny_direct_call(&w.tiny, SITE + 16, 30);
		w.pv_ops[30] = TINY_TEXT + 0x200;
		world_expect_text(&w, "replacement", SITE, k ? "e8 @200 90" : "e8 @1f7 90");
		world_expect_text(&w, "direct call", SITE + 16, k ? "e8 @200 90" : "e8 @1f7 90");
	}
}
END_TEST

START_TEST(no_template)
{
	for (unsigned k = 0; k < 2; k++) {
		struct world w;

		init(&w, kinds[k], (const unsigned[]){CALL_DEPTH}, 1);
		world_expect_error(&w, PVP_ERR_UNSUPPORTED,
				   "feature CALL_DEPTH (371): the image has no code between "
				   "skl_call_thunk_template");
	}
}
END_TEST

/* --- static calls --- */

#define TRAMPOLINE (TINY_TEXT + 0x400)
#define WARN_TRAP  (TINY_TEXT + 0x280)

// clang-format off
/* At SITE, the key's function on the platform; before the early initcalls and after. */
static const struct {
	const char *what;
	unsigned features[3];
	uint64_t func;
	const char *linked;
	bool tail;
	const char *early, *late, *early_7_2, *late_7_2; /* of 7.2 NULL: as 6.12 */
} static_calls[] = {
	{ "call",             { 0 },                   TINY_TEXT + 0x200, "e8 @400", false, "e8 @200", "e8 @200", NULL, NULL },
	{ "NULL",             { RETHUNK },             0,                 "e8 @400", false, "0f 1f 44 00 00", "0f 1f 44 00 00", NULL, NULL },
	{ "return0",          { RETHUNK },             TINY_RETURN0,      "e8 @400", false, "2e 2e 2e 31 c0", "2e 2e 2e 31 c0", NULL, NULL },
	{ "WARN trap",        { RETHUNK },             WARN_TRAP,         "e8 @400", false, "e8 @280", "e8 @280", "67 48 0f b9 3a", "67 48 0f b9 3a" },
	{ "accounted",        { RETHUNK, CALL_DEPTH }, TINY_TEXT + 0x200, "e8 @400", false, "e8 @200", "e8 @1f7", NULL, NULL },
	{ "accounted, but never again", { CALL_DEPTH }, TINY_TEXT + 0x200, "e8 @400", false, "e8 @200", "e8 @200", NULL, NULL },
	{ "accounted return0", { RETHUNK, CALL_DEPTH }, TINY_RETURN0,     "e8 @400", false, "2e 2e 2e 31 c0", "e8 @e57", NULL, NULL },
	{ "accounted WARN trap", { RETHUNK, CALL_DEPTH }, WARN_TRAP,      "e8 @400", false, "e8 @280", "e8 @277", "67 48 0f b9 3a", "e8 @277" },
	{ "accounted, skipped", { RETHUNK, CALL_DEPTH }, TINY_TEXT + 0x220, "e8 @400", false, "e8 @220", "e8 @220", NULL, NULL },
	{ "tail is not accounted", { RETHUNK, CALL_DEPTH }, TINY_TEXT + 0x200, "e9 @400", true, "e9 @200", "e9 @200", NULL, NULL },
	{ "tail NULL",        { 0 },                   0,                 "e9 @400", true, "c3 cc cc cc cc", "c3 cc cc cc cc", NULL, NULL },
	{ "tail NULL, thunks", { RETHUNK },            0,                 "e9 @400", true, "c3 cc cc cc cc", "e9 @e30", NULL, NULL },
	{ "je",               { RETHUNK },             TINY_TEXT + 0x200, "0f 84 @400", true, "0f 84 @200", "0f 84 @200", NULL, NULL },
	{ "je NULL",          { 0 },                   0,                 "0f 84 @400", true, "0f 84 @2f0", "0f 84 @2f0", NULL, NULL },
	/* as NULL it became a jcc elsewhere; the site's form stays */
	{ "je NULL, thunks",  { RETHUNK },             0,                 "0f 84 @400", true, "0f 84 @2f0", "0f 84 @e30", NULL, NULL },
};
// clang-format on

START_TEST(static_call_bytes)
{
	for (unsigned k = 0; k < 4; k++) {
		const bool late = k & 1, is_7_2 = k & 2;
		const char *want = late ? static_calls[_i].late : static_calls[_i].early;
		struct world w;

		accounted_world(&w, kinds[k / 2]);
		w.platform.caps[CALL_DEPTH / 32] = 0;
		world_features(&w, static_calls[_i].features, 3);
		tiny_symbol(&w.tiny, "__SCK__call", TINY_KEY(0));
		tiny_symbol(&w.tiny, "__SCT__call", TRAMPOLINE);
		tiny_symbol(&w.tiny, "__static_call_return", TINY_TEXT + 0x2f0);
		tiny_symbol(&w.tiny, "__WARN_trap", WARN_TRAP);
		world_poke(&w, WARN_TRAP - 9, PAD);
		world_poke(&w, TINY_RETURN0 - 9, PAD);
		tiny_poke64(&w.tiny, TINY_KEY(0), TINY_FUNCS);
		tiny_trampoline(&w.tiny, TRAMPOLINE, TINY_FUNCS);
		w.calls[0].key = TINY_KEY(0);
		w.calls[0].func = static_calls[_i].func;
		w.platform.nr_static_calls = 1;
		w.platform.return_thunk = OTHER_THUNK;
		w.platform.initcalls = late;
		world_poke(&w, SITE, static_calls[_i].linked);
		tiny_static_call(&w.tiny, SITE, TINY_KEY(0) | static_calls[_i].tail);
		if (is_7_2 && static_calls[_i].early_7_2)
			want = late ? static_calls[_i].late_7_2 : static_calls[_i].early_7_2;
		ck_assert_int_eq(world_expect_text(&w, static_calls[_i].what, SITE, want),
				 PVP_PASS_STATIC_CALL);
	}
}
END_TEST

/* Nothing is repeated in 6.1: the naked return stays. */
START_TEST(never_again)
{
	struct world w;

	world_init(&w);
	world_feature(&w, RETHUNK);
	tiny_symbol(&w.tiny, "__SCK__call", TINY_KEY(0));
	tiny_symbol(&w.tiny, "__SCT__call", TRAMPOLINE);
	tiny_trampoline(&w.tiny, TRAMPOLINE, 0);
	world_poke(&w, SITE, "e9 @400");
	tiny_static_call(&w.tiny, SITE, TINY_KEY(0) | 1);
	w.platform.return_thunk = OTHER_THUNK;
	w.platform.initcalls = true;
	world_expect_text(&w, "tail NULL", SITE, "c3 cc cc cc cc");
}
END_TEST

START_TEST(no_return_thunk)
{
	struct world w;

	world_init_kind(&w, TINY_6_12);
	world_feature(&w, RETHUNK);
	tiny_symbol(&w.tiny, "__SCK__call", TINY_KEY(0));
	tiny_symbol(&w.tiny, "__SCT__call", TRAMPOLINE);
	tiny_symbol(&w.tiny, "__static_call_return", TINY_TEXT + 0x2f0);
	tiny_trampoline(&w.tiny, TRAMPOLINE, 0);
	world_poke(&w, SITE, "0f 84 @400");
	tiny_static_call(&w.tiny, SITE, TINY_KEY(0) | 1);
	w.platform.return_thunk = 0;
	w.platform.initcalls = true;
	world_expect_error(&w, PVP_ERR_UNSUPPORTED, "the platform names no return thunk");
}
END_TEST

/* --- the rest --- */

START_TEST(seals)
{
	static const char *const poison[] = {"66 0f 1f 00", "0f 1f 40 d6"};

	for (unsigned k = 0; k < 2; k++) {
		struct world w;

		world_init_kind(&w, kinds[k]);
		world_poke(&w, SITE, "f3 0f 1e fa");
		world_poke(&w, SITE + 16, "f3 0f 1e fb");
		world_poke(&w, SITE + 32, "f3 0f 1e fc");
		for (unsigned i = 0; i < 3; i++)
			tiny_list(&w.tiny, TINY_SEALS, SITE + 16 * i);
		ck_assert_int_eq(world_expect_text(&w, "endbr64", SITE, poison[k]), PVP_PASS_ENDBR);
		world_expect_text(&w, "endbr32", SITE + 16, poison[k]);
		world_expect_text(&w, "neither", SITE + 32, "f3 0f 1e fc");
	}
}
END_TEST

START_TEST(locks)
{
	struct world w;

	world_init_kind(&w, TINY_7_2);
	w.platform.cpus = 1;
	world_poke(&w, SITE, "f0 0f b1 16");
	world_poke(&w, SITE + 16, "66 f0 0f b1 16");
	tiny_list(&w.tiny, TINY_LOCKS, SITE);
	tiny_list(&w.tiny, TINY_LOCKS, SITE + 16);
	world_expect_text(&w, "f0", SITE, "3e 0f b1 16");
	world_expect_text(&w, "66 f0", SITE + 16, "66 f0 0f b1 16");
}
END_TEST

START_TEST(cfi)
{
	for (unsigned k = 0; k < 2; k++) {
		struct world w;

		world_init_kind(&w, kinds[k]);
		w.tiny.cfi = true;
		world_expect_error(&w, PVP_ERR_UNSUPPORTED, ".cfi_sites at 0xffffffff8220b000");
	}
}
END_TEST

/* A trace has the pass of the early initcalls only where they are asked for. */
START_TEST(trace_late)
{
	for (unsigned late = 0; late < 2; late++) {
		struct pvp_tables tables;
		struct pvp_trace trace;
		struct pvp_image *image;
		struct world w;

		world_init_kind(&w, TINY_6_12);
		w.platform.initcalls = late;
		pvp_ck_ok(tiny_open(&w.tiny, &image));
		pvp_ck_ok(pvp_tables_parse(image, &tables));
		pvp_ck_ok(pvp_model_trace(image, &tables, &w.platform, SITE, 8, &trace));
		ck_assert_uint_eq(trace.nr, 2 + 7 + late);
		ck_assert_int_eq(trace.v[trace.nr - 1].pass,
				 late ? PVP_PASS_STATIC_CALL : PVP_PASS_SMP_LOCK);
		pvp_trace_deinit(&trace);
		pvp_tables_deinit(&tables);
		pvp_image_close(image);
	}
}
END_TEST

START_TEST(trace_symbolic)
{
	static const uint8_t want[] = {0, 0, 1, 1, 1};
	const struct pvp_trace_write *write;
	struct pvp_tables tables;
	struct pvp_trace trace;
	struct pvp_image *image;
	struct world w;

	init(&w, TINY_7_2, (const unsigned[]){ITS_7_2}, 1);
	world_poke(&w, SITE, "2e e8 @1120");
	tiny_list(&w.tiny, TINY_RETPOLINES, SITE);
	pvp_ck_ok(tiny_open(&w.tiny, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	pvp_ck_ok(pvp_model_trace(image, &tables, &w.platform, SITE, 5, &trace));
	ck_assert_uint_eq(trace.nr_writes, 1);
	write = &trace.writes[0];
	ck_assert_int_eq(write->pass, PVP_PASS_RETPOLINE);
	ck_assert_uint_eq(write->len, 5); /* the range has no more */
	ck_assert_ptr_nonnull(write->symbolic);
	pvp_ck_bytes("symbolic", write->symbolic, want, 5);
	pvp_trace_deinit(&trace);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

Suite *model_mitigations_suite(void)
{
	Suite *s = suite_create("model mitigations");
	TCase *retp = tcase_create("retpolines"), *thunks = tcase_create("call thunks"),
	      *calls_again = tcase_create("static calls"), *other = tcase_create("other passes");

	tcase_add_loop_test(retp, retpoline_bytes, 0, ARRAY_SIZE(retpolines));
	tcase_add_loop_test(retp, overrun, 0, ARRAY_SIZE(overruns));
	tcase_add_test(retp, its_6_1);
	tcase_add_test(retp, missing_arrays);
	tcase_add_test(retp, alternative_over_symbolic);
	suite_add_tcase(s, retp);
	tcase_add_loop_test(thunks, call_bytes, 0, ARRAY_SIZE(calls));
	tcase_add_test(thunks, pads);
	tcase_add_test(thunks, calls_of_alternatives);
	tcase_add_test(thunks, no_template);
	suite_add_tcase(s, thunks);
	tcase_add_loop_test(calls_again, static_call_bytes, 0, ARRAY_SIZE(static_calls));
	tcase_add_test(calls_again, never_again);
	tcase_add_test(calls_again, no_return_thunk);
	suite_add_tcase(s, calls_again);
	tcase_add_test(other, seals);
	tcase_add_test(other, locks);
	tcase_add_test(other, cfi);
	tcase_add_test(other, trace_late);
	tcase_add_test(other, trace_symbolic);
	suite_add_tcase(s, other);
	return s;
}
