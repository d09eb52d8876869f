// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_findings_tables.c - findings about patch tables, the kernel's own patcher, sealed functions
 * and branches into pv sites.  A row each that fires, and the ones beside it that must not.
 */
#include "suites.h"

#include "check_helpers.h"
#include "findings_bench.h"

#define PV  (TINY_TEXT + 0x700) /* the pv site of every world: slot 0, 6 bytes */
#define FAR (TINY_TEXT + 0x100) /* of the pv site: no rel8 reaches it */

// clang-format off
/* A retpoline as linked: opcode, register, with 2e in front or not. */
static const struct {
	const char *what, *generation;
	unsigned features[3];
	unsigned opcode, reg;
	bool prefixed;
	uint64_t at;
	bool fires;
} retpolines[] = {
	{ "call r11",            "7.2",  { RETPOLINE, LFENCE }, 0xe8,   11, false, SITE, true },
	{ "jmp r8",              "7.2",  { RETPOLINE, LFENCE }, 0xe9,   8,  false, SITE, true },
	{ "lfence alone",        "7.2",  { LFENCE },            0xe9,   8,  false, SITE, true },
	{ "je rax",              "7.2",  { LFENCE },            0x840f, 0,  false, SITE, true },
	{ "call r11, prefixed",  "7.2",  { LFENCE },            0xe8,   11, true,  SITE, false },
	{ "call rax",            "7.2",  { LFENCE },            0xe8,   0,  false, SITE, false },
	{ "no lfence",           "7.2",  { RETPOLINE },         0xe8,   11, false, SITE, false },
	{ "6.12 skips it",       "6.12", { LFENCE },            0xe8,   11, false, SITE, false },
	{ "5.10 skips it",       "5.10", { LFENCE },            0xe9,   11, false, SITE, false },
	{ "its makes it a call", "7.2",  { LFENCE, ITS_7_2 },   0xe8,   11, false, SITE, false },
	{ "its, upper half",     "7.2",  { LFENCE, ITS_7_2 },   0xe8,   11, false, SITE + 0x20, true },
};
// clang-format on

START_TEST(patcher_overflow)
{
	uint64_t at = retpolines[_i].at;
	struct findings_bench b;

	bench_init(&b);
	world_features(&b.world, retpolines[_i].features, 3);
	tiny_poke(&b.world.tiny, at, "\x2e", 1);
	tiny_branch(&b.world.tiny, at + retpolines[_i].prefixed, retpolines[_i].opcode,
		    TINY_THUNKS + retpolines[_i].reg * 32);
	tiny_list(&b.world.tiny, TINY_RETPOLINES, at);
	bench_open(&b, retpolines[_i].generation);
	bench_expect(&b, retpolines[_i].what, retpolines[_i].fires, "patcher-overflow",
		     "longer than the site", at, false);
	bench_close(&b);
}
END_TEST

// clang-format off
/* `text` after boot at an entry of .smp_locks; another lock is f0 as linked, `other` after boot. */
static const struct {
	const char *what;
	unsigned cpus;
	uint64_t at;
	uint8_t text[2], other;
	bool fires;
} locks[] = {
	{ "behind 66",            1, SITE,             { 0x66, 0xf0 }, 0x3e, true },
	{ "behind 66, two CPUs",  2, SITE,             { 0x66, 0xf0 }, 0xf0, false },
	{ "noreplace-smp",        1, SITE,             { 0x66, 0xf0 }, 0xf0, false },
	{ "found",                1, SITE,             { 0x66, 0x3e }, 0x3e, false },
	{ "init text",            1, TINY_INIT + 0x10, { 0x66, 0xf0 }, 0x3e, false },
};
// clang-format on

START_TEST(lock_missed)
{
	struct findings_bench b;

	bench_init(&b);
	b.world.platform.cpus = locks[_i].cpus;
	tiny_poke(&b.world.tiny, FAR, "\xf0\x90", 2);
	tiny_list(&b.world.tiny, TINY_LOCKS, FAR);
	tiny_poke(&b.world.tiny, locks[_i].at, "\x66\xf0", 2);
	tiny_list(&b.world.tiny, TINY_LOCKS, locks[_i].at);
	bench_open(&b, "7.2");
	if (locks[_i].at < FAR)
		bench_lay(&b, locks[_i].at, locks[_i].text, 2);
	bench_lay(&b, FAR, &locks[_i].other, 1);
	if (locks[_i].at > FAR)
		bench_lay(&b, locks[_i].at, locks[_i].text, 2);
	bench_expect(&b, locks[_i].what, locks[_i].fires, "lock-missed", "one CPU", locks[_i].at,
		     true);
	bench_close(&b);
}
END_TEST

/* ---- sealed functions ---- */

#define SEALED	(TINY_TEXT + 0x500)
#define POINTER (TINY_TABLES + TINY_JUMPS * 0x1000) /* read-only, and what follows is writable */

enum through { SLOT, KEY, CONSTANT, VARIABLE };

// clang-format off
static const struct {
	const char *what, *generation;
	unsigned features[1];
	enum through through;
	unsigned opcode;
	bool sealed, called; /* called: directly, after boot */
	bool fires;
} indirect[] = {
	{ "a pv site left as linked",   "6.12", { IBT }, SLOT,     0x15ff, true,  false, true },
	{ "a jmp",                      "6.12", { IBT }, SLOT,     0x25ff, true,  false, true },
	{ "a push: no branch",          "6.12", { IBT }, SLOT,     0x35ff, true,  false, false },
	{ "patched",                    "6.12", { IBT }, SLOT,     0x15ff, true,  true,  false },
	{ "not sealed",                 "6.12", { IBT }, SLOT,     0x15ff, false, false, false },
	{ "IBT off",                    "6.12", { 0 },   SLOT,     0x15ff, true,  false, false },
	{ "5.10 has no IBT",            "5.10", { IBT }, SLOT,     0x15ff, true,  false, false },
	{ "a static call's key",        "7.2",  { IBT }, KEY,      0x15ff, true,  false, true },
	{ "a constant",                 "7.2",  { IBT }, CONSTANT, 0x15ff, true,  false, true },
	{ "a variable: not known",      "7.2",  { IBT }, VARIABLE, 0x15ff, true,  false, false },
};
// clang-format on

START_TEST(sealed_endbr)
{
	const uint64_t pointers[] = {TINY_DATA + 8, TINY_KEY(0), POINTER, TINY_DATA + 0x700};
	uint64_t pointer = pointers[indirect[_i].through];
	struct findings_bench b;

	bench_init(&b);
	world_features(&b.world, indirect[_i].features, 1);
	tiny_poke(&b.world.tiny, SEALED, "\xf3\x0f\x1e\xfa", 4);
	if (indirect[_i].sealed)
		tiny_list(&b.world.tiny, TINY_SEALS, SEALED);
	b.world.pv_ops[1] = SEALED;
	tiny_symbol(&b.world.tiny, "__SCK__test", TINY_KEY(0));
	tiny_poke64(&b.world.tiny, TINY_KEY(0), SEALED);
	tiny_poke64(&b.world.tiny, TINY_DATA + 0x700, SEALED);
	/* Eight bytes of a read-only section. */
	for (unsigned i = 0; i < 8; i++)
		b.world.tiny.tables[TINY_JUMPS].v[i] = SEALED >> (8 * i);
	b.world.tiny.tables[TINY_JUMPS].len = 8;
	b.world.tiny.no_table_symbols = true;
	tiny_branch(&b.world.tiny, FAR, indirect[_i].opcode, pointer);
	bench_open(&b, indirect[_i].generation);
	if (indirect[_i].called) {
		uint8_t text[6];

		world_branch(text, 0xe8, FAR, SEALED);
		text[5] = 0x90;
		bench_lay(&b, FAR, text, sizeof(text));
	}
	bench_expect(&b, indirect[_i].what, indirect[_i].fires, "sealed-endbr",
		     "ENDBR is sealed while IBT is on", FAR, false);
	bench_close(&b);
}
END_TEST

/* ---- branches into pv sites ---- */

enum into { BRANCH, BRANCH_IN_DATA, SYMBOL, FIXUP, JUMP_LABEL, STATIC_CALL, PV_OP, REPLACEMENT };

// clang-format off
/* From the function at `from`, or from what the row says, to the pv site's byte. */
static const struct {
	const char *what;
	enum into into;
	uint64_t from;
	unsigned opcode; /* rel8 below 0x100 except e8, e9 */
	unsigned byte;
	const char *rule;
} branches[] = {
	{ "call",                  BRANCH,      FAR,         0xe8,   1, "a direct branch" },
	{ "jmp",                   BRANCH,      FAR,         0xe9,   5, "a direct branch" },
	{ "je",                    BRANCH,      FAR,         0x840f, 3, "a direct branch" },
	{ "jmp, short",            BRANCH,      PV - 0x20,   0xeb,   3, "a direct branch" },
	{ "jne, short",            BRANCH,      PV - 0x20,   0x75,   3, "a direct branch" },
	{ "loop",                  BRANCH,      PV - 0x20,   0xe2,   3, "a direct branch" },
	{ "to the first byte",     BRANCH,      FAR,         0xe9,   0, NULL },
	{ "to behind it",          BRANCH,      FAR,         0xe9,   6, NULL },
	{ "short, to the first",   BRANCH,      PV - 0x20,   0x75,   0, NULL },
	{ "only looks like a jmp", BRANCH_IN_DATA, FAR,      0xe9,   3, NULL },
	{ "symbol",                SYMBOL,      0,           0,      2, "a symbol" },
	{ "symbol, first byte",    SYMBOL,      0,           0,      0, NULL },
	{ "fixup",                 FIXUP,       FAR,         0,      2, "an exception's fixup" },
	{ "fixup, first byte",     FIXUP,       FAR,         0,      0, NULL },
	{ "jump label",            JUMP_LABEL,  FAR,         0,      2, "a jump label" },
	{ "jump label, behind",    JUMP_LABEL,  FAR,         0,      6, NULL },
	{ "static call",           STATIC_CALL, 0,           0,      2, "a static call" },
	{ "static call, first",    STATIC_CALL, 0,           0,      0, NULL },
	{ "pv operation",          PV_OP,       0,           0,      2, "a pv operation's function" },
	{ "pv operation, first",   PV_OP,       0,           0,      0, NULL },
	{ "replacement",           REPLACEMENT, FAR,         0,      2, "an alternative's replacement" },
	{ "replacement, first",    REPLACEMENT, FAR,         0,      0, NULL },
};
// clang-format on

static void lead_there(struct findings_bench *b, int row)
{
	struct tiny *tiny = &b->world.tiny;
	uint64_t from = branches[row].from, to = PV + branches[row].byte;
	unsigned opcode = branches[row].opcode;
	uint8_t bytes[5];

	switch (branches[row].into) {
	case BRANCH:
		tiny_symbol(tiny, "some_function", from - 8);
		if ((opcode | 1) == 0xe9 || opcode > 0xff) {
			tiny_branch(tiny, from, opcode, to);
			return;
		}
		bytes[0] = opcode;
		bytes[1] = to - (from + 2);
		tiny_poke(tiny, from, bytes, 2);
		return;
	case BRANCH_IN_DATA: /* movabs $.., %rax, with the jmp among its last bytes */
		tiny_symbol(tiny, "some_function", from);
		tiny_poke(tiny, from, "\x48\xb8\0\0\0", 5);
		tiny_branch(tiny, from + 5, opcode, to);
		return;
	case SYMBOL:
		tiny_symbol(tiny, "some_label", to);
		return;
	case FIXUP:
		tiny_ex(tiny, from, to, 0);
		return;
	case JUMP_LABEL:
		tiny_poke(tiny, from, "\x0f\x1f\x44\0\0", 5);
		tiny_jump(tiny, from, to, TINY_KEY(1));
		return;
	case STATIC_CALL:
		tiny_symbol(tiny, "__SCK__test", TINY_KEY(0));
		tiny_poke64(tiny, TINY_KEY(0), to);
		return;
	case PV_OP:
		b->world.pv_ops[7] = to;
		return;
	case REPLACEMENT:
		world_branch(bytes, 0xe9, TINY_REPLACEMENT + tiny->replacement_len, to);
		tiny_alt(tiny, from, 5, ALWAYS, bytes, 5);
		return;
	}
}

START_TEST(into_site)
{
	struct findings_bench b;

	bench_init(&b);
	lead_there(&b, _i);
	bench_open(&b, NULL);
	bench_expect(&b, branches[_i].what, branches[_i].rule != NULL, "branch-into-site",
		     branches[_i].rule, PV, false);
	bench_close(&b);
}
END_TEST

/* What a site does within itself is its own business; ud1 has a ModRM byte. */
START_TEST(within_site)
{
	struct findings_bench b;

	bench_init(&b);
	tiny_symbol(&b.world.tiny, "some_function", PV - 5);
	tiny_poke(&b.world.tiny, PV - 5, "\x67\x48\x0f\xb9\x3a", 5); /* ud1 (%edx), %rdi */
	bench_open(&b, NULL);
	bench_lay(&b, PV, "\xeb\x02\x90\x90\x90\x90", 6);
	bench_expect(&b, "within", 0, NULL, NULL, 0, false);
	bench_close(&b);

	bench_init(&b);
	tiny_symbol(&b.world.tiny, "some_function", PV - 0x20);
	tiny_poke(&b.world.tiny, PV - 0x20, "\x67\x48\x0f\xb9\x3a\x75\x1b", 7); /* jne PV+2 */
	bench_open(&b, NULL);
	bench_expect(&b, "behind ud1", 1, "branch-into-site", "a direct branch", PV, false);
	bench_close(&b);
}
END_TEST

/* ---- tables ---- */

enum list { RETPOLINE_LIST, RETURN_LIST, SEAL_LIST, LOCK_LIST, CALL_LIST };

// clang-format off
/* The bytes at an entry's site, as linked; `to`: the target of a rel32 that ends there. */
static const struct {
	const char *what;
	enum list list;
	uint8_t len, text[6];
	uint64_t to;
	const char *rule;
} lists[] = {
	{ "retpoline",            RETPOLINE_LIST, 1, { 0xe8 },             TINY_THUNKS + 11 * 32, NULL },
	{ "retpoline, prefixed",  RETPOLINE_LIST, 2, { 0x2e, 0xe9 },       TINY_THUNKS + 11 * 32, NULL },
	{ "retpoline, je",        RETPOLINE_LIST, 2, { 0x0f, 0x84 },       TINY_THUNKS,           NULL },
	{ "retpoline of rsp",     RETPOLINE_LIST, 1, { 0xe8 },             TINY_THUNKS + 4 * 32,  "the thunk of rsp" },
	{ "no thunk",             RETPOLINE_LIST, 1, { 0xe8 },             TINY_FUNCS,            "no branch to an indirect thunk" },
	{ "within a thunk",       RETPOLINE_LIST, 1, { 0xe8 },             TINY_THUNKS + 8,       "no branch to an indirect thunk" },
	{ "behind the thunks",    RETPOLINE_LIST, 1, { 0xe8 },             TINY_THUNKS + 16 * 32, "no branch to an indirect thunk" },
	{ "no branch",            RETPOLINE_LIST, 5, { 0xff, 0xd0, 0x0f, 0x1f, 0 },            0, "no branch to an indirect thunk" },
	{ "return",               RETURN_LIST,    1, { 0xe9 },             TINY_RETURN,           NULL },
	{ "return, bare",         RETURN_LIST,    1, { 0xc3 },             0,                     NULL },
	{ "return, elsewhere",    RETURN_LIST,    1, { 0xe9 },             TINY_FUNCS,            "neither a jump to the return thunk" },
	{ "return, a call",       RETURN_LIST,    1, { 0xe8 },             TINY_RETURN,           "neither a jump to the return thunk" },
	{ "seal",                 SEAL_LIST,      4, { 0xf3, 0x0f, 0x1e, 0xfa }, 0,               NULL },
	{ "seal, endbr32",        SEAL_LIST,      4, { 0xf3, 0x0f, 0x1e, 0xfb }, 0,               NULL },
	{ "seal, rdsspq",         SEAL_LIST,      5, { 0xf3, 0x48, 0x0f, 0x1e, 0xc8 }, 0,         "holds no ENDBR" },
	{ "lock",                 LOCK_LIST,      1, { 0xf0 },             0,                     NULL },
	{ "lock behind 66",       LOCK_LIST,      2, { 0x66, 0xf0 },       0,                     NULL },
	{ "no lock",              LOCK_LIST,      2, { 0x66, 0x90 },       0,                     "holds no lock prefix" },
	{ "call",                 CALL_LIST,      1, { 0xe8 },             TINY_FUNCS,            NULL },
	{ "no call",              CALL_LIST,      1, { 0xe9 },             TINY_FUNCS,            "holds no direct call" },
};
// clang-format on

START_TEST(list_entry)
{
	const enum tiny_table tables[] = {TINY_RETPOLINES, TINY_RETURNS, TINY_SEALS, TINY_LOCKS};
	struct findings_bench b;
	uint8_t text[8];

	bench_init(&b);
	memcpy(text, lists[_i].text, lists[_i].len);
	tiny_poke(&b.world.tiny, SITE, text, lists[_i].len);
	if (lists[_i].to) { /* world_branch puts an opcode in front of the displacement */
		uint8_t branch[5];

		world_branch(branch, text[lists[_i].len - 1], SITE + lists[_i].len - 1,
			     lists[_i].to);
		tiny_poke(&b.world.tiny, SITE + lists[_i].len - 1, branch, 5);
	}
	if (lists[_i].list != CALL_LIST)
		tiny_list(&b.world.tiny, tables[lists[_i].list], SITE);
	bench_open(&b, NULL);
	if (lists[_i].list == CALL_LIST)
		bench_call(&b, SITE);
	bench_expect(&b, lists[_i].what, lists[_i].rule != NULL, "malformed-table", lists[_i].rule,
		     SITE, false);
	bench_close(&b);
}
END_TEST

// clang-format off
/* Entries of .altinstructions in their order: offset of the site from SITE, length; 0: none. */
static const struct {
	const char *what, *generation;
	struct { unsigned off, len; } alts[3];
	int direct_call; /* index of the entry that is one; -1: none */
	unsigned at;
	const char *rule;
} alternatives[] = {
	{ "two of one site",       "6.1",  { { 0, 5 }, { 0, 5 }, { 8, 5 } }, -1, 0, NULL },
	{ "one stands apart",      "6.1",  { { 0, 5 }, { 8, 5 }, { 0, 5 } }, -1, 0, "are not adjacent" },
	{ "7.2, stands apart",     "7.2",  { { 0, 5 }, { 8, 5 }, { 0, 5 } }, -1, 0, "are not adjacent" },
	{ "not ascending",         "6.1",  { { 8, 5 }, { 0, 5 }, { 0, 5 } }, -1, 0, NULL },
	{ "touching",              "6.1",  { { 0, 5 }, { 5, 5 } },           -1, 0, NULL },
	{ "overlapping",           "6.1",  { { 0, 5 }, { 4, 5 } },           -1, 4, "two sites overlap" },
	{ "one within another",    "6.1",  { { 0, 9 }, { 2, 2 }, { 5, 2 } }, -1, 2, "two sites overlap" },
	{ "growing",               "6.1",  { { 0, 5 }, { 0, 7 } },           -1, 0, NULL },
	{ "shrinking",             "6.1",  { { 0, 7 }, { 0, 5 } },           -1, 0, "is shorter than an earlier one" },
	{ "shrinking, nested",     "6.12", { { 0, 7 }, { 0, 5 } },           -1, 0, NULL },
	{ "direct call first",     "6.12", { { 0, 6 }, { 0, 6 } },            0, 0, NULL },
	{ "direct call second",    "6.12", { { 0, 6 }, { 0, 6 } },            1, 0, "is not the first entry" },
};
// clang-format on

START_TEST(alternative)
{
	struct findings_bench b;
	size_t nr;

	bench_init(&b);
	for (unsigned i = 0; i < 3 && alternatives[_i].alts[i].len; i++)
		tiny_alt(&b.world.tiny, SITE + alternatives[_i].alts[i].off,
			 alternatives[_i].alts[i].len, ALWAYS, NULL, 0);
	tiny_poke(&b.world.tiny, TINY_INIT, "\x90", 1);
	bench_open(&b, alternatives[_i].generation);
	if (alternatives[_i].direct_call >= 0)
		b.tables.alts[alternatives[_i].direct_call].direct_call = true;
	nr = alternatives[_i].rule ? strcmp(alternatives[_i].what, "one within another") ? 1 : 2
				   : 0;
	bench_expect(&b, alternatives[_i].what, nr, "malformed-table", alternatives[_i].rule,
		     SITE + alternatives[_i].at, false);
	bench_close(&b);
}
END_TEST

/* Lengths of a site's replacements. */
static const struct {
	const char *what;
	unsigned len, replacement[2];
	bool fires;
} replacements[] = {
	{"shorter", 5, {4, 3}, false},
	{"as long", 5, {5, 5}, false},
	{"longer", 5, {6, 5}, true},
	{"only the second", 5, {5, 6}, true},
};

START_TEST(outgrown)
{
	struct findings_bench b;

	bench_init(&b);
	for (unsigned i = 0; i < 2; i++)
		tiny_alt(&b.world.tiny, SITE, replacements[_i].len, ALWAYS,
			 "\x66\x0f\x1f\x44\x00\x00", replacements[_i].replacement[i]);
	bench_open(&b, NULL);
	bench_expect(&b, replacements[_i].what, replacements[_i].fires, "malformed-table",
		     "longer than its site", SITE, false);
	bench_close(&b);
}
END_TEST

// clang-format off
/* An alternative at the pv site. */
static const struct {
	const char *what;
	unsigned off, len;
	bool fires;
} at_pv[] = {
	{ "the same length", 0, 6, false },
	{ "longer",          0, 7, false }, /* then the site is as long */
	{ "shorter",         0, 5, true },
	{ "at its end",      2, 4, true },
	{ "behind it",       6, 4, false },
};
// clang-format on

START_TEST(para_and_alternative)
{
	uint64_t at = PV + at_pv[_i].off;
	struct findings_bench b;

	bench_init(&b);
	tiny_alt(&b.world.tiny, at, at_pv[_i].len, ALWAYS, NULL, 0);
	bench_open(&b, NULL);
	bench_expect(&b, at_pv[_i].what, at_pv[_i].fires, "malformed-table",
		     ".parainstructions and .altinstructions", at, false);
	bench_close(&b);
}
END_TEST

#define TRAMPOLINE (TINY_TEXT + 0xf00)

// clang-format off
/* A site of a static call, as linked. */
static const struct {
	const char *what;
	bool tail;
	uint8_t text[6];
	uint64_t to; /* of the rel32 behind the first byte, or the first two */
	const char *rule;
} static_calls[] = {
	{ "call",                  false, { 0xe8 },                         TRAMPOLINE, NULL },
	{ "jmp",                   true,  { 0xe9 },                         TRAMPOLINE, NULL },
	{ "je",                    true,  { 0x0f, 0x84 },                   TRAMPOLINE, NULL },
	{ "nop",                   false, { 0x0f, 0x1f, 0x44, 0, 0 },       0,          NULL },
	{ "xor eax, eax",          false, { 0x2e, 0x2e, 0x2e, 0x31, 0xc0 }, 0,          NULL },
	{ "ret",                   true,  { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0,          NULL },
	{ "jmp, not tail",         false, { 0xe9 },                         TRAMPOLINE, "no call, jump or placeholder" },
	{ "call, tail",            true,  { 0xe8 },                         TRAMPOLINE, "no call, jump or placeholder" },
	{ "ret, not tail",         false, { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0,          "no call, jump or placeholder" },
	{ "another trampoline",    false, { 0xe8 },                         TRAMPOLINE + 8, "does not branch to the trampoline" },
	{ "je, the function",      true,  { 0x0f, 0x84 },                   TINY_FUNCS, "does not branch to the trampoline" },
};
// clang-format on

START_TEST(static_call)
{
	bool jcc = static_calls[_i].text[0] == 0x0f && static_calls[_i].text[1] == 0x84;
	uint8_t text[6];
	struct findings_bench b;

	bench_init(&b);
	tiny_symbol(&b.world.tiny, "__SCK__test", TINY_KEY(0));
	tiny_symbol(&b.world.tiny, "__SCT__test", TRAMPOLINE);
	tiny_poke64(&b.world.tiny, TINY_KEY(0), TINY_FUNCS);
	tiny_trampoline(&b.world.tiny, TRAMPOLINE, TINY_FUNCS);
	memcpy(text, static_calls[_i].text, 6);
	if (static_calls[_i].to)
		world_branch(text + jcc, text[jcc], SITE + jcc, static_calls[_i].to);
	tiny_poke(&b.world.tiny, SITE, text, 6);
	tiny_static_call(&b.world.tiny, SITE, TINY_KEY(0) | static_calls[_i].tail);
	bench_open(&b, NULL);
	bench_expect(&b, static_calls[_i].what, static_calls[_i].rule != NULL, "malformed-table",
		     static_calls[_i].rule, SITE, false);
	bench_close(&b);
}
END_TEST

Suite *findings_tables_suite(void)
{
	Suite *s = suite_create("findings of tables");
	TCase *patcher = tcase_create("patcher"), *seals = tcase_create("seals");
	TCase *into = tcase_create("branches"), *malformed = tcase_create("tables");

	tcase_add_loop_test(patcher, patcher_overflow, 0, ARRAY_SIZE(retpolines));
	tcase_add_loop_test(patcher, lock_missed, 0, ARRAY_SIZE(locks));
	tcase_add_loop_test(seals, sealed_endbr, 0, ARRAY_SIZE(indirect));
	tcase_add_loop_test(into, into_site, 0, ARRAY_SIZE(branches));
	tcase_add_test(into, within_site);
	tcase_add_loop_test(malformed, list_entry, 0, ARRAY_SIZE(lists));
	tcase_add_loop_test(malformed, alternative, 0, ARRAY_SIZE(alternatives));
	tcase_add_loop_test(malformed, para_and_alternative, 0, ARRAY_SIZE(at_pv));
	tcase_add_loop_test(malformed, outgrown, 0, ARRAY_SIZE(replacements));
	tcase_add_loop_test(malformed, static_call, 0, ARRAY_SIZE(static_calls));
	suite_add_tcase(s, patcher);
	suite_add_tcase(s, seals);
	suite_add_tcase(s, into);
	suite_add_tcase(s, malformed);
	return s;
}
