// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include "check_helpers.h"
#include "model_world.h"

// clang-format off
/* At `at`: a branch to the thunk of reg, with 2e in front of those to r8..r15; want NULL-length:
 * an error.  NONE: as linked. */
#define NONE 0
static const struct {
	const char *what;
	unsigned features[3];
	unsigned opcode; /* e8, e9, 0x840f: je */
	unsigned reg;
	uint64_t at;
	uint8_t want[8];
	const char *message;
} retpolines[] = {
	{ "retpoline",            { RETPOLINE },         0xe8,   0,  SITE, { NONE }, NULL },
	{ "retpoline, its",       { RETPOLINE, ITS },    0xe8,   0,  SITE, { NONE }, NULL },
	{ "call rax",             { 0 },                 0xe8,   0,  SITE, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, NULL },
	{ "call rdi",             { 0 },                 0xe8,   7,  SITE, { 0xff, 0xd7, 0x0f, 0x1f, 0x00 }, NULL },
	{ "call r8",              { 0 },                 0xe8,   8,  SITE, { 0x41, 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, NULL },
	{ "call r15",             { 0 },                 0xe8,   15, SITE, { 0x41, 0xff, 0xd7, 0x0f, 0x1f, 0x00 }, NULL },
	{ "jmp rax",              { 0 },                 0xe9,   0,  SITE, { 0xff, 0xe0, 0xcc, 0x66, 0x90 }, NULL },
	{ "jmp r11",              { 0 },                 0xe9,   11, SITE, { 0x41, 0xff, 0xe3, 0xcc, 0x66, 0x90 }, NULL },
	{ "je rcx",               { 0 },                 0x840f, 1,  SITE, { 0x75, 0x04, 0xff, 0xe1, 0xcc, 0x90 }, NULL },
	{ "jne rcx",              { 0 },                 0x850f, 1,  SITE, { 0x74, 0x04, 0xff, 0xe1, 0xcc, 0x90 }, NULL },
	{ "lfence call rax",      { RETPOLINE, LFENCE }, 0xe8,   0,  SITE, { 0x0f, 0xae, 0xe8, 0xff, 0xd0 }, NULL },
	{ "lfence call r9",       { RETPOLINE, LFENCE }, 0xe8,   9,  SITE, { 0x0f, 0xae, 0xe8, 0x41, 0xff, 0xd1 }, NULL },
	{ "lfence jmp rax",       { RETPOLINE, LFENCE }, 0xe9,   0,  SITE, { 0x0f, 0xae, 0xe8, 0xff, 0xe0 }, NULL },
	{ "lfence jmp r9",        { LFENCE },            0xe9,   9,  SITE, { 0x0f, 0xae, 0xe8, 0x41, 0xff, 0xe1 }, NULL },
	{ "lfence je: no room",   { RETPOLINE, LFENCE }, 0x840f, 1,  SITE, { NONE }, NULL },
	{ "rsp",                  { 0 },                 0xe8,   4,  SITE, { 0 }, "calls the thunk of rsp" },
	{ "its, lower half",      { ITS },               0xe8,   0,  SITE, { 0 }, "the image has no symbol __x86_indirect_its_thunk_array" },
	{ "its, upper half",      { ITS },               0xe8,   0,  SITE + 0x20, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, NULL },
	{ "its, ends in the upper half", { ITS },        0xe8,   0,  SITE + 0x1f, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, NULL },
	{ "its, r8 two before",   { ITS },               0xe8,   8,  SITE + 0x1e, { 0x41, 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, NULL },
	{ "its, rax two before",  { ITS },               0xe8,   0,  SITE + 0x1e, { 0 }, "__x86_indirect_its_thunk_array" },
	{ "its, lfence moves it", { LFENCE, ITS },       0xe8,   0,  SITE + 0x1c, { 0x0f, 0xae, 0xe8, 0xff, 0xd0 }, NULL },
	{ "not a thunk",          { 0 },                 0xe8,   16, SITE, { NONE }, NULL },
	{ "not a branch",         { 0 },                 0xb8,   0,  SITE, { NONE }, NULL },
};
// clang-format on

START_TEST(retpoline_bytes)
{
	unsigned reg = retpolines[_i].reg, opcode = retpolines[_i].opcode;
	uint64_t at = retpolines[_i].at;
	size_t len = opcode > 0xff ? 6 : 5, prefix = reg >= 8 && opcode <= 0xff && reg < 16;
	uint8_t want[8];
	struct world w;

	world_init(&w);
	world_features(&w, retpolines[_i].features, 3);
	tiny_poke(&w.tiny, at, "\x2e", 1);
	tiny_branch(&w.tiny, at + prefix, opcode, TINY_THUNKS + reg * 32);
	tiny_list(&w.tiny, TINY_RETPOLINES, at);
	len += prefix;
	memcpy(want, w.tiny.text + (at - TINY_TEXT), len);
	if (retpolines[_i].message) {
		world_expect_error(&w, reg == 4 ? PVP_ERR_BAD_DATA : PVP_ERR_UNSUPPORTED,
				   retpolines[_i].message);
		return;
	}
	if (retpolines[_i].want[0] != NONE)
		memcpy(want, retpolines[_i].want, len);
	ck_assert_int_eq(world_expect(&w, retpolines[_i].what, at, want, len),
			 retpolines[_i].want[0] == NONE ? PVP_PASS_FILE : PVP_PASS_RETPOLINE);
}
END_TEST

// clang-format off
static const struct {
	const char *what;
	unsigned features[2];
	uint64_t thunk, at;
	uint64_t jmp; /* 0: ret; int3 */
} returns[] = {
	{ "off",                 { 0 },       TINY_RETURN,        SITE,        0 },
	{ "on",                  { RETHUNK }, TINY_TEXT + 0xe30,  SITE,        TINY_TEXT + 0xe30 },
	{ "on, the linked one",  { RETHUNK }, TINY_RETURN,        SITE,        TINY_RETURN },
	{ "off, other thunk",    { 0 },       TINY_TEXT + 0xe30,  SITE,        0 },
	{ "its, lower half",     { RETHUNK }, TINY_ITS_RETURN,    SITE,        TINY_ITS_RETURN },
	{ "its, upper half",     { RETHUNK }, TINY_ITS_RETURN,    SITE + 0x20, 0 },
	{ "other, upper half",   { RETHUNK }, TINY_TEXT + 0xe30,  SITE + 0x20, TINY_TEXT + 0xe30 },
};
// clang-format on

START_TEST(return_bytes)
{
	uint8_t want[6] = {0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0x90};
	struct world w;

	world_init(&w);
	world_features(&w, returns[_i].features, 2);
	w.platform.return_thunk = returns[_i].thunk;
	tiny_branch(&w.tiny, returns[_i].at, 0xe9, TINY_RETURN);
	tiny_poke(&w.tiny, returns[_i].at + 5, "\x90", 1);
	tiny_list(&w.tiny, TINY_RETURNS, returns[_i].at);
	if (returns[_i].jmp)
		world_branch(want, 0xe9, returns[_i].at, returns[_i].jmp);
	world_expect(&w, returns[_i].what, returns[_i].at, want, sizeof(want));
}
END_TEST

START_TEST(return_elsewhere)
{
	uint8_t want[5];
	struct world w;

	world_init(&w);
	tiny_branch(&w.tiny, SITE, 0xe9, TINY_FUNCS);
	tiny_list(&w.tiny, TINY_RETURNS, SITE);
	world_branch(want, 0xe9, SITE, TINY_FUNCS);
	world_expect(&w, "jmp elsewhere stays", SITE, want, 5);

	tiny_branch(&w.tiny, SITE, 0xe9, TINY_RETURN);
	world_feature(&w, RETHUNK);
	w.platform.return_thunk = 0;
	world_expect_error(&w, PVP_ERR_UNSUPPORTED,
			   ".return_sites entry at 0xffffffff82203000, site 0xffffffff81000040: "
			   "feature RETHUNK, but the platform names no return thunk");
}
END_TEST

// clang-format off
#define FUNC (TINY_FUNCS + 0x30)
static const struct {
	const char *what;
	unsigned opcode; /* as linked: to the trampoline; 0: `linked` */
	uint8_t linked[5];
	bool tail;
	unsigned feature;
	uint64_t func; /* the key's value on the platform; the file has TINY_FUNCS */
	unsigned len;
	uint8_t want[6]; /* e8, e9, 0f: the displacement to func is computed, or to `to` */
	uint64_t to;
	const char *message;
} static_calls[] = {
	{ "call",            0xe8,   { 0 }, false, 0, FUNC,         5, { 0xe8 }, FUNC, NULL },
	{ "call, as in the file", 0xe8, { 0 }, false, 0, TINY_FUNCS, 5, { 0xe8 }, TINY_FUNCS, NULL },
	{ "call NULL",       0xe8,   { 0 }, false, 0, 0,            5, { 0x0f, 0x1f, 0x44, 0, 0 }, 0, NULL },
	{ "call return0",    0xe8,   { 0 }, false, 0, TINY_RETURN0, 5, { 0x2e, 0x2e, 0x2e, 0x31, 0xc0 }, 0, NULL },
	{ "call, was nop",   0, { 0x0f, 0x1f, 0x44, 0, 0 }, false, 0, FUNC, 5, { 0xe8 }, FUNC, NULL },
	{ "call, was return0", 0, { 0x2e, 0x2e, 0x2e, 0x31, 0xc0 }, false, 0, FUNC, 5, { 0xe8 }, FUNC, NULL },
	{ "tail",            0xe9,   { 0 }, true,  0, FUNC,         5, { 0xe9 }, FUNC, NULL },
	{ "tail return0",    0xe9,   { 0 }, true,  0, TINY_RETURN0, 5, { 0xe9 }, TINY_RETURN0, NULL },
	{ "tail NULL",       0xe9,   { 0 }, true,  0, 0,            5, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, NULL },
	{ "tail NULL, return thunks chosen later", 0xe9, { 0 }, true, RETHUNK, 0, 5, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, NULL },
	{ "tail, was ret",   0, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, true, 0, FUNC, 5, { 0xe9 }, FUNC, NULL },
	{ "je",              0x840f, { 0 }, true,  0, FUNC,         6, { 0x0f, 0x84 }, FUNC, NULL },
	{ "jge NULL",        0x8d0f, { 0 }, true,  0, 0,            6, { 0x0f, 0x8d }, TINY_TEXT + 0xe70, NULL },
	{ "call at a jmp",   0xe9,   { 0 }, false, 0, FUNC,         5, { 0 }, 0, "holds no static call" },
	{ "tail at a call",  0xe8,   { 0 }, true,  0, FUNC,         5, { 0 }, 0, "holds no static tail call" },
	{ "call at int3",    0, { 0xcc, 0xcc, 0xcc, 0xcc, 0xcc }, false, 0, FUNC, 5, { 0 }, 0, "static_call_sites entry at 0xffffffff82208000, site 0xffffffff81000040" },
	{ "out of reach",    0xe8,   { 0 }, false, 0, 0x100001000,       5, { 0 }, 0, "0x100001000 is out of reach" },
};
// clang-format on

#define TRAMPOLINE (TINY_TEXT + 0x400)

static void static_call_world(struct world *w, uint64_t in_file, uint64_t func)
{
	world_init(w);
	tiny_symbol(&w->tiny, "__SCK__call", TINY_KEY(0));
	tiny_symbol(&w->tiny, "__SCT__call", TRAMPOLINE);
	tiny_symbol(&w->tiny, "__static_call_return", TINY_TEXT + 0xe70);
	tiny_poke64(&w->tiny, TINY_KEY(0), in_file);
	tiny_trampoline(&w->tiny, TRAMPOLINE, in_file);
	w->calls[0].key = TINY_KEY(0);
	w->calls[0].func = func;
	w->platform.nr_static_calls = func != in_file;
}

START_TEST(static_call_bytes)
{
	uint8_t want[6];
	struct world w;

	static_call_world(&w, TINY_FUNCS, static_calls[_i].func);
	if (static_calls[_i].feature)
		world_feature(&w, static_calls[_i].feature);
	if (static_calls[_i].opcode)
		tiny_branch(&w.tiny, SITE, static_calls[_i].opcode, TRAMPOLINE);
	else
		tiny_poke(&w.tiny, SITE, static_calls[_i].linked, 5);
	tiny_static_call(&w.tiny, SITE, TINY_KEY(0) | static_calls[_i].tail);
	if (static_calls[_i].message) {
		world_expect_error(&w, PVP_ERR_BAD_DATA, static_calls[_i].message);
		return;
	}
	memcpy(want, static_calls[_i].want, sizeof(want));
	if (static_calls[_i].to && static_calls[_i].len == 5) {
		world_branch(want, want[0], SITE, static_calls[_i].to);
	} else if (static_calls[_i].to) {
		world_branch(want + 1, 0, SITE + 1, static_calls[_i].to);
		want[1] = static_calls[_i].want[1];
	}
	ck_assert_int_eq(world_expect(&w, static_calls[_i].what, SITE, want, static_calls[_i].len),
			 PVP_PASS_STATIC_CALL);
}
END_TEST

// clang-format off
/* Trampolines; those with NULL in the file are in .return_sites. */
static const struct {
	const char *what;
	uint64_t in_file, func;
	unsigned feature;
	uint64_t want; /* jmp target; 0: ret; int3 */
	enum pvp_pass by;
} trampolines[] = {
	{ "same",                 TINY_FUNCS, TINY_FUNCS, 0,       TINY_FUNCS, PVP_PASS_FILE },
	{ "changed",              TINY_FUNCS, FUNC,       0,       FUNC,       PVP_PASS_STATIC_CALL },
	{ "to NULL",              TINY_FUNCS, 0,          0,       0,          PVP_PASS_STATIC_CALL },
	{ "to NULL, thunks later", TINY_FUNCS, 0,         RETHUNK, 0,          PVP_PASS_STATIC_CALL },
	{ "NULL",                 0,          0,          0,       0,          PVP_PASS_RETURN },
	{ "NULL, thunks",         0,          0,          RETHUNK, TINY_TEXT + 0xe30, PVP_PASS_RETURN },
	{ "from NULL",            0,          FUNC,       0,       FUNC,       PVP_PASS_STATIC_CALL },
	{ "from NULL, thunks",    0,          FUNC,       RETHUNK, FUNC,       PVP_PASS_STATIC_CALL },
};
// clang-format on

START_TEST(trampoline_bytes)
{
	uint8_t want[8] = {0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0x0f, 0xb9, 0xcc};
	struct world w;

	static_call_world(&w, trampolines[_i].in_file, trampolines[_i].func);
	if (!trampolines[_i].in_file)
		tiny_list(&w.tiny, TINY_RETURNS, TRAMPOLINE);
	if (trampolines[_i].feature)
		world_feature(&w, trampolines[_i].feature);
	w.platform.return_thunk = TINY_TEXT + 0xe30;
	if (trampolines[_i].want)
		world_branch(want, 0xe9, TRAMPOLINE, trampolines[_i].want);
	ck_assert_int_eq(world_expect(&w, trampolines[_i].what, TRAMPOLINE, want, sizeof(want)),
			 trampolines[_i].by);
}
END_TEST

START_TEST(static_call_errors)
{
	uint8_t want[5];
	struct world w;

	/* Nobody looks at a trampoline whose key keeps its value. */
	static_call_world(&w, TINY_FUNCS, TINY_FUNCS);
	tiny_poke(&w.tiny, TRAMPOLINE + 5, "\xcc", 1);
	world_branch(want, 0xe9, TRAMPOLINE, TINY_FUNCS);
	world_expect(&w, "same value", TRAMPOLINE, want, 5);

	static_call_world(&w, TINY_FUNCS, FUNC);
	tiny_poke(&w.tiny, TRAMPOLINE + 5, "\xcc", 1);
	world_expect_error(
		&w, PVP_ERR_BAD_DATA,
		"trampoline of static call call: 0xffffffff81000400 is not a trampoline");

	world_init(&w);
	tiny_branch(&w.tiny, SITE, 0x840f, TRAMPOLINE);
	tiny_static_call(&w.tiny, SITE, TINY_KEY(0) | 1);
	world_expect_error(&w, PVP_ERR_UNSUPPORTED, "needs symbol __static_call_return");
}
END_TEST

Suite *model_branches_suite(void)
{
	Suite *s = suite_create("model branches");
	TCase *retp = tcase_create("retpolines"), *ret = tcase_create("returns"),
	      *calls = tcase_create("static calls");

	tcase_add_loop_test(retp, retpoline_bytes, 0, ARRAY_SIZE(retpolines));
	suite_add_tcase(s, retp);
	tcase_add_loop_test(ret, return_bytes, 0, ARRAY_SIZE(returns));
	tcase_add_test(ret, return_elsewhere);
	suite_add_tcase(s, ret);
	tcase_add_loop_test(calls, static_call_bytes, 0, ARRAY_SIZE(static_calls));
	tcase_add_loop_test(calls, trampoline_bytes, 0, ARRAY_SIZE(trampolines));
	tcase_add_test(calls, static_call_errors);
	suite_add_tcase(s, calls);
	return s;
}
