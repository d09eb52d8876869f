// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_findings.c - mitigations that the text has lost: bare returns, raw indirect branches, calls
 * past the accounting pad.  A row each that fires, and the ones beside it that must not.
 */
#include "suites.h"

#include "check_helpers.h"
#include "findings_bench.h"

#define OTHER_THUNK (TINY_TEXT + 0xe30)
#define LATE	    (SITE + 0x20) /* address bit 5 is 1 */
#define LOST	    "mitigation-lost"

// clang-format off
/* A jmp to the linked thunk, listed in .return_sites; after boot it is `text`, or a jmp to `jmp`. */
static const struct {
	const char *what, *generation;
	unsigned features[2];
	uint64_t thunk, at;
	uint8_t text[5];
	uint64_t jmp;
	const char *rule; /* NULL: no finding */
} returns[] = {
	{ "bare",                  "6.1",  { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "a bare return at an entry" },
	{ "bare, 5.10",            "5.10", { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "a bare return at an entry" },
	{ "bare, 7.2",             "7.2",  { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "a bare return at an entry" },
	{ "rep ret",               "6.1",  { RETHUNK },      OTHER_THUNK,     SITE, { 0xf3, 0xc3, 0xcc, 0xcc, 0xcc }, 0, "a bare return at an entry" },
	{ "nop, ret",              "6.1",  { RETHUNK },      OTHER_THUNK,     SITE, { 0x90, 0xc3, 0xcc, 0xcc, 0xcc }, 0, "a bare return at an entry" },
	{ "rex ret",               "6.1",  { RETHUNK },      OTHER_THUNK,     SITE, { 0x48, 0xc3, 0xcc, 0xcc, 0xcc }, 0, "a bare return at an entry" },
	{ "nopl, ret",             "6.1",  { RETHUNK },      OTHER_THUNK,     SITE, { 0x0f, 0x1f, 0xc0, 0xc3, 0xcc }, 0, "a bare return at an entry" },
	{ "ret 8",                 "6.1",  { RETHUNK },      OTHER_THUNK,     SITE, { 0xc2, 0x08, 0x00, 0xcc, 0xcc }, 0, "a bare return at an entry" },
	{ "to the thunk",          "6.1",  { RETHUNK },      OTHER_THUNK,     SITE, { 0 }, OTHER_THUNK, NULL },
	{ "to a function",         "6.1",  { RETHUNK },      OTHER_THUNK,     SITE, { 0 }, TINY_FUNCS,  NULL },
	{ "to the linked thunk",   "6.1",  { RETHUNK },      OTHER_THUNK,     SITE, { 0 }, TINY_RETURN, "jumps to the linked thunk" },
	{ "no RETHUNK",            "6.1",  { 0 },            OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, NULL },
	{ "its, lower half",       "6.1",  { RETHUNK, ITS }, TINY_ITS_RETURN, SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "a bare return at an entry" },
	{ "its, upper half",       "6.1",  { RETHUNK, ITS }, TINY_ITS_RETURN, LATE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, NULL },
	{ "other, upper half",     "6.1",  { RETHUNK, ITS }, OTHER_THUNK,     LATE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "a bare return at an entry" },
	{ "unknown generation",    "4.19", { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, NULL },
};
// clang-format on

START_TEST(listed_return)
{
	struct findings_bench b;

	bench_init(&b);
	world_features(&b.world, returns[_i].features, 2);
	b.world.platform.return_thunk = returns[_i].thunk;
	tiny_branch(&b.world.tiny, returns[_i].at, 0xe9, TINY_RETURN);
	tiny_list(&b.world.tiny, TINY_RETURNS, returns[_i].at);
	bench_open(&b, returns[_i].generation);
	if (returns[_i].jmp)
		bench_lay_branch(&b, returns[_i].at, 0xe9, returns[_i].jmp);
	else
		bench_lay(&b, returns[_i].at, returns[_i].text, 5);
	bench_expect(&b, returns[_i].what, returns[_i].rule != NULL, LOST, returns[_i].rule,
		     returns[_i].at, false);
	bench_close(&b);
}
END_TEST

/* An alternative that says so may put a bare return there, while it applies. */
START_TEST(meant_return)
{
	for (unsigned feature = 0; feature < 2; feature++) {
		struct findings_bench b;

		bench_init(&b);
		world_feature(&b.world, RETHUNK);
		if (feature)
			world_feature(&b.world, ALWAYS);
		b.world.platform.return_thunk = OTHER_THUNK;
		tiny_branch(&b.world.tiny, SITE, 0xe9, TINY_RETURN);
		tiny_list(&b.world.tiny, TINY_RETURNS, SITE);
		tiny_alt(&b.world.tiny, SITE, 5, ALWAYS, "\xc3\xcc", 2);
		bench_open(&b, NULL);
		bench_lay(&b, SITE, "\xc3\xcc\x0f\x1f\x00", 5);
		bench_expect(&b, feature ? "meant" : "not meant", !feature, LOST, "a bare return",
			     SITE, false);
		bench_close(&b);
	}
}
END_TEST

START_TEST(linked_thunk_is_bare)
{
	struct findings_bench b;

	bench_init(&b);
	world_feature(&b.world, RETHUNK);
	tiny_poke(&b.world.tiny, TINY_RETURN, "\xc3", 1);
	bench_open(&b, NULL);
	bench_expect(&b, "bare", 1, LOST, "return thunk is the linked one", TINY_RETURN, true);
	b.world.platform.return_thunk = OTHER_THUNK;
	bench_expect(&b, "another", 0, NULL, NULL, 0, false);
	bench_close(&b);
}
END_TEST

// clang-format off
/* A static call linked as opcode to its trampoline; after boot `text`, or a branch to `to`. */
static const struct {
	const char *what, *generation;
	bool initcalls, tail;
	unsigned opcode;
	unsigned features[2];
	uint64_t thunk, at;
	uint8_t text[6];
	uint64_t to;
	const char *rule;
} static_calls[] = {
	{ "NULL tail",              "6.1",  false, true, 0xe9,   { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "never comes back" },
	{ "NULL tail, 5.10",        "5.10", false, true, 0xe9,   { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "never comes back" },
	{ "NULL tail, 6.1, later",  "6.1",  true,  true, 0xe9,   { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "never comes back" },
	{ "6.12, not yet repeated", "6.12", false, true, 0xe9,   { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, NULL },
	{ "7.2, not yet repeated",  "7.2",  false, true, 0xe9,   { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, NULL },
	{ "6.12, repeated",         "6.12", true,  true, 0xe9,   { RETHUNK },      OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "again at early_initcall" },
	{ "no RETHUNK",             "6.1",  false, true, 0xe9,   { 0 },            OTHER_THUNK,     SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, NULL },
	{ "its, upper half",        "6.1",  false, true, 0xe9,   { RETHUNK, ITS }, TINY_ITS_RETURN, LATE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, NULL },
	{ "its, lower half",        "6.1",  false, true, 0xe9,   { RETHUNK, ITS }, TINY_ITS_RETURN, SITE, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0, "never comes back" },
	{ "to the thunk",           "6.1",  false, true, 0xe9,   { RETHUNK },      OTHER_THUNK,     SITE, { 0 }, OTHER_THUNK, NULL },
	{ "a call of NULL",         "6.1",  false, false, 0xe8,  { RETHUNK },      OTHER_THUNK,     SITE, { 0x0f, 0x1f, 0x44, 0x00, 0x00 }, 0, NULL },
	{ "je to the linked thunk", "6.1",  false, true, 0x840f, { RETHUNK },      OTHER_THUNK,     SITE, { 0 }, TINY_RETURN, "never comes back" },
	{ "je to the thunk",        "6.1",  false, true, 0x840f, { RETHUNK },      OTHER_THUNK,     SITE, { 0 }, OTHER_THUNK, NULL },
};
// clang-format on

#define TRAMPOLINE (TINY_TEXT + 0xf00)

static void add_static_call(struct findings_bench *b, uint64_t at, unsigned opcode, bool tail)
{
	tiny_symbol(&b->world.tiny, "__SCK__test", TINY_KEY(0));
	tiny_symbol(&b->world.tiny, "__SCT__test", TRAMPOLINE);
	tiny_poke64(&b->world.tiny, TINY_KEY(0), TINY_FUNCS);
	tiny_trampoline(&b->world.tiny, TRAMPOLINE, TINY_FUNCS);
	tiny_branch(&b->world.tiny, at, opcode, TRAMPOLINE);
	tiny_static_call(&b->world.tiny, at, TINY_KEY(0) | tail);
}

START_TEST(static_call)
{
	bool jcc = static_calls[_i].opcode > 0xff;
	uint64_t at = static_calls[_i].at;
	struct findings_bench b;
	uint8_t text[6] = {0x0f};

	bench_init(&b);
	world_features(&b.world, static_calls[_i].features, 2);
	b.world.platform.return_thunk = static_calls[_i].thunk;
	b.world.platform.initcalls = static_calls[_i].initcalls;
	add_static_call(&b, at, static_calls[_i].opcode, static_calls[_i].tail);
	bench_open(&b, static_calls[_i].generation);
	memcpy(text + jcc, static_calls[_i].text, 5);
	if (static_calls[_i].to)
		world_branch(text + jcc, jcc ? 0x84 : 0xe9, at + jcc, static_calls[_i].to);
	bench_lay(&b, at, text, 5 + jcc);
	bench_expect(&b, static_calls[_i].what, static_calls[_i].rule != NULL, LOST,
		     static_calls[_i].rule, at, false);
	bench_close(&b);
}
END_TEST

// clang-format off
/* A trampoline that is a bare return after boot. */
static const struct {
	const char *what;
	bool reached, listed;
	const char *rule;
} trampolines[] = {
	{ "reached",    true,  false, "something branches to a static-call trampoline" },
	{ "dead",       false, false, NULL },
	{ "listed",     false, true,  "a bare return at an entry of .return_sites" },
	{ "both: once", true,  true,  "a bare return at an entry of .return_sites" },
};
// clang-format on

START_TEST(bare_trampoline)
{
	struct findings_bench b;

	bench_init(&b);
	world_feature(&b.world, RETHUNK);
	b.world.platform.return_thunk = OTHER_THUNK;
	add_static_call(&b, SITE, 0xe8, false);
	tiny_trampoline(&b.world.tiny, TRAMPOLINE, 0);
	if (trampolines[_i].reached)
		tiny_branch(&b.world.tiny, SITE + 0x80, 0xe8, TRAMPOLINE);
	if (trampolines[_i].listed)
		tiny_list(&b.world.tiny, TINY_RETURNS, TRAMPOLINE);
	bench_open(&b, NULL);
	bench_lay_branch(&b, SITE, 0xe8, TINY_FUNCS);
	bench_lay(&b, TRAMPOLINE, "\xc3\xcc\xcc\xcc\xcc", 5);
	bench_expect(&b, trampolines[_i].what, trampolines[_i].rule != NULL, LOST,
		     trampolines[_i].rule, TRAMPOLINE, false);
	bench_close(&b);
}
END_TEST

// clang-format off
/* A branch to a thunk, listed in .retpoline_sites; after boot it is `text`. */
static const struct {
	const char *what, *generation;
	unsigned features[3];
	uint64_t at;
	uint8_t len, text[8]; /* len 0: as linked */
	const char *rule;
} retpolines[] = {
	{ "linked",                    "6.1",  { RETPOLINE },         SITE, 0, { 0 }, NULL },
	{ "call *rax",                 "6.1",  { RETPOLINE },         SITE, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, "a raw indirect branch" },
	{ "call *r8",                  "6.1",  { RETPOLINE },         SITE, 5, { 0x41, 0xff, 0xd0, 0x66, 0x90 }, "a raw indirect branch" },
	{ "nop, call *rax",            "6.1",  { RETPOLINE },         SITE, 5, { 0x90, 0xff, 0xd0, 0x90, 0x90 }, "a raw indirect branch" },
	{ "rex.w call *rax",           "6.1",  { RETPOLINE },         SITE, 5, { 0x48, 0x90, 0xff, 0xd0, 0x90 }, "a raw indirect branch" },
	{ "NOPs",                      "6.1",  { RETPOLINE },         SITE, 5, { 0x90, 0x0f, 0x1f, 0xc0, 0x90 }, NULL },
	{ "jmp *rax",                  "5.10", { RETPOLINE },         SITE, 5, { 0xff, 0xe0, 0x90, 0x90, 0x90 }, "a raw indirect branch" },
	{ "cs call *rax",              "7.2",  { RETPOLINE },         SITE, 5, { 0x2e, 0x2e, 0x2e, 0xff, 0xd0 }, "a raw indirect branch" },
	{ "jne; jmp *rcx",             "6.1",  { RETPOLINE },         SITE, 6, { 0x75, 0x04, 0xff, 0xe1, 0xcc, 0x90 }, "a raw indirect branch" },
	{ "lfence; jmp *rax: plain",   "6.1",  { RETPOLINE },         SITE, 5, { 0x0f, 0xae, 0xe8, 0xff, 0xe0 }, "a raw indirect branch" },
	{ "push *rax: no branch",      "6.1",  { RETPOLINE },         SITE, 5, { 0xff, 0x30, 0x0f, 0x1f, 0x00 }, NULL },
	{ "off: call *rax",            "6.1",  { 0 },                 SITE, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, NULL },
	{ "lfence: call *rax",         "6.1",  { RETPOLINE, LFENCE }, SITE, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, "without lfence" },
	{ "lfence alone: call *rax",   "6.1",  { LFENCE },            SITE, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, "without lfence" },
	{ "lfence: lfence; call *rax", "6.1",  { RETPOLINE, LFENCE }, SITE, 5, { 0x0f, 0xae, 0xe8, 0xff, 0xd0 }, NULL },
	{ "lfence: linked",            "5.10", { RETPOLINE, LFENCE }, SITE, 0, { 0 }, NULL },
	{ "its: lower half",           "6.1",  { ITS },               SITE, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, "lower half" },
	{ "its: upper half",           "6.1",  { ITS },               LATE, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, NULL },
	{ "its: ends there",           "6.1",  { ITS },         LATE - 1, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, NULL },
	{ "its: ends before",          "6.1",  { ITS },         LATE - 2, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, "lower half" },
	{ "its: another kernel's bit", "7.2",  { ITS },               SITE, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, NULL },
	{ "its of 7.2",                "7.2",  { ITS_7_2 },           SITE, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0x00 }, "lower half" },
	{ "its, lfence: lower half",   "6.12", { LFENCE, ITS_6_12 },  SITE, 5, { 0x0f, 0xae, 0xe8, 0xff, 0xd0 }, "lower half" },
	{ "its, retpoline: linked",    "6.12", { RETPOLINE, ITS_6_12 }, SITE, 0, { 0 }, NULL },
};
// clang-format on

START_TEST(retpoline)
{
	uint64_t at = retpolines[_i].at;
	struct findings_bench b;

	bench_init(&b);
	world_features(&b.world, retpolines[_i].features, 3);
	tiny_branch(&b.world.tiny, at, 0xe8, TINY_THUNKS);
	tiny_list(&b.world.tiny, TINY_RETPOLINES, at);
	bench_open(&b, retpolines[_i].generation);
	if (retpolines[_i].len)
		bench_lay(&b, at, retpolines[_i].text, retpolines[_i].len);
	bench_expect(&b, retpolines[_i].what, retpolines[_i].rule != NULL, LOST,
		     retpolines[_i].rule, at, false);
	bench_close(&b);
}
END_TEST

/* ---- accounting pads ---- */

#define TEMPLATE (TINY_DATA + 0x600)
#define FUNCTION (TINY_TEXT + 0x540) /* room for a pad in front */
#define COUNTER	 0x1234 /* what the pad shifts, as a distance from the template's end */

enum in_front { NOPS, PAD, WRONG_PAD, CODE };
enum caller { LISTED, PV, ALTERNATIVE, STATIC, STATIC_REPEATED, UNLISTED, IN_INIT };

// clang-format off
static const struct {
	const char *what, *generation;
	unsigned feature;
	enum caller caller;
	enum in_front in_front;
	int to; /* what is called: FUNCTION + to */
	const char *name; /* of the function; NULL: one that is accounted */
	const char *rule;
} calls[] = {
	{ "a call",                  "6.12", CALL_DEPTH, LISTED,      PAD,  0, NULL, "entry of .call_sites" },
	{ "a call, 7.2",             "7.2",  CALL_DEPTH, LISTED,      PAD,  0, NULL, "entry of .call_sites" },
	{ "no pad yet, but room",    "6.12", CALL_DEPTH, LISTED,      NOPS, 0, NULL, "entry of .call_sites" },
	{ "to the pad",              "6.12", CALL_DEPTH, LISTED,      PAD, -9, NULL, NULL },
	{ "no room",                 "6.12", CALL_DEPTH, LISTED,      CODE, 0, NULL, NULL },
	{ "something like a pad",    "6.12", CALL_DEPTH, LISTED,      WRONG_PAD, 0, NULL, NULL },
	{ "feature off",             "6.12", 0,          LISTED,      PAD,  0, NULL, NULL },
	{ "5.10's CLEAR_CPU_BUF",    "5.10", CALL_DEPTH, LISTED,      PAD,  0, NULL, NULL },
	{ "unaccounted",             "6.12", CALL_DEPTH, LISTED,      PAD,  0, "__fentry__", NULL },
	{ "not listed",              "6.12", CALL_DEPTH, UNLISTED,    PAD,  0, NULL, NULL },
	{ "from init text",          "6.12", CALL_DEPTH, IN_INIT,     PAD,  0, NULL, NULL },
	{ "pv call",                 "7.2",  CALL_DEPTH, PV,          PAD,  0, NULL, "a pv operation's call" },
	{ "pv call to the pad",      "6.12", CALL_DEPTH, PV,          PAD, -9, NULL, NULL },
	{ "alternative's call",      "7.2",  CALL_DEPTH, ALTERNATIVE, PAD,  0, NULL, "an alternative's call" },
	{ "static call",             "7.2",  CALL_DEPTH, STATIC,      PAD,  0, NULL, NULL },
	{ "static call, repeated",   "7.2",  CALL_DEPTH, STATIC_REPEATED, PAD,  0, NULL, "a static call" },
	{ "static call to the pad",  "7.2",  CALL_DEPTH, STATIC_REPEATED, PAD, -9, NULL, NULL },
};
// clang-format on

static void poke_pad(struct findings_bench *b, enum in_front what)
{
	uint8_t pad[9] = {0x65, 0x48, 0xc1, 0x3d, 0, 0, 0, 0, 0x05}; /* sarq $5, %gs:..(%rip) */
	uint32_t disp = COUNTER;

	for (unsigned i = 0; i < 4; i++)
		pad[4 + i] = disp >> (8 * i);
	tiny_poke(&b->world.tiny, TEMPLATE, pad, sizeof(pad));
	disp = COUNTER + TEMPLATE - (FUNCTION - sizeof(pad));
	for (unsigned i = 0; i < 4; i++)
		pad[4 + i] = disp >> (8 * i);
	pad[4] ^= what == WRONG_PAD;
	if (what == NOPS)
		memset(pad, 0x90, sizeof(pad));
	if (what != CODE)
		tiny_poke(&b->world.tiny, FUNCTION - sizeof(pad), pad, sizeof(pad));
}

START_TEST(accounting)
{
	uint64_t at = calls[_i].caller == IN_INIT ? TINY_INIT + 0x10 : SITE;
	uint64_t target = FUNCTION + calls[_i].to;
	struct findings_bench b;

	bench_init(&b);
	if (calls[_i].feature)
		world_feature(&b.world, calls[_i].feature);
	b.world.platform.initcalls = true;
	if (calls[_i].caller == STATIC_REPEATED) {
		world_feature(&b.world, RETHUNK);
		b.world.platform.return_thunk = OTHER_THUNK;
	}
	tiny_symbol(&b.world.tiny, "skl_call_thunk_template", TEMPLATE);
	tiny_symbol(&b.world.tiny, "skl_call_thunk_tail", TEMPLATE + 9);
	tiny_symbol(&b.world.tiny, calls[_i].name ? calls[_i].name : "some_function", FUNCTION);
	poke_pad(&b, calls[_i].in_front);
	tiny_branch(&b.world.tiny, at, 0xe8, target);
	if (calls[_i].caller == PV) {
		tiny_pv_call(&b.world.tiny, at, 1);
		tiny_para(&b.world.tiny, at, 1, 6);
	}
	if (calls[_i].caller == PV || calls[_i].caller == ALTERNATIVE)
		tiny_alt(&b.world.tiny, at, 6, ALWAYS, "\xe8\0\0\0\0", 5);
	if (calls[_i].caller == STATIC || calls[_i].caller == STATIC_REPEATED)
		add_static_call(&b, at, 0xe8, false);
	bench_open(&b, calls[_i].generation);
	if (calls[_i].caller == LISTED || calls[_i].caller == IN_INIT)
		bench_call(&b, at);
	bench_lay_branch(&b, at, 0xe8, target);
	bench_expect(&b, calls[_i].what, calls[_i].rule != NULL, LOST, calls[_i].rule, at, false);
	bench_close(&b);
}
END_TEST

/* With sites chosen, those elsewhere are nobody's business. */
START_TEST(only_the_wanted)
{
	struct findings_bench b;

	bench_init(&b);
	world_feature(&b.world, RETHUNK);
	b.world.platform.return_thunk = OTHER_THUNK;
	tiny_branch(&b.world.tiny, SITE, 0xe9, TINY_RETURN);
	tiny_list(&b.world.tiny, TINY_RETURNS, SITE);
	bench_open(&b, NULL);
	b.use_wanted = true;
	bench_expect(&b, "not wanted", 0, NULL, NULL, 0, false);
	b.use_wanted = false;
	bench_expect(&b, "all", 1, LOST, "linked thunk", SITE, false);
	bench_close(&b);
}
END_TEST

Suite *findings_suite(void)
{
	Suite *s = suite_create("findings");
	TCase *bare = tcase_create("returns"), *raw = tcase_create("retpolines");
	TCase *pads = tcase_create("pads");

	tcase_add_loop_test(bare, listed_return, 0, ARRAY_SIZE(returns));
	tcase_add_test(bare, meant_return);
	tcase_add_test(bare, linked_thunk_is_bare);
	tcase_add_loop_test(bare, static_call, 0, ARRAY_SIZE(static_calls));
	tcase_add_loop_test(bare, bare_trampoline, 0, ARRAY_SIZE(trampolines));
	tcase_add_test(bare, only_the_wanted);
	tcase_add_loop_test(raw, retpoline, 0, ARRAY_SIZE(retpolines));
	tcase_add_loop_test(pads, accounting, 0, ARRAY_SIZE(calls));
	suite_add_tcase(s, bare);
	suite_add_tcase(s, raw);
	suite_add_tcase(s, pads);
	return s;
}
