// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_model_nested.c - the model's alternatives of 6.12 and 7.2: sites of several entries and
 * lengths, direct calls, relocation, NOPs merged into one.
 */
#include "suites.h"

#include "check_helpers.h"
#include "model_world.h"
#include "passes.h"

static const enum tiny_kind kinds[] = {TINY_6_12, TINY_7_2};
static const char *const kind_names[] = {"6.12", "7.2"};

/* --- NOPs --- */

// clang-format off
static const struct {
	size_t n;
	const char *want;
} singles[] = {
	{ 0,   "" },
	{ 1,   "90" },
	{ 8,   "0f 1f 84 00 00 00 00 00" },
	{ 9,   "2e 0f 1f 84 00 00 00 00 00" },
	{ 10,  "66 2e 0f 1f 84 00 00 00 00 00" },
	{ 11,  "66 66 2e 0f 1f 84 00 00 00 00 00" },
	{ 12,  "eb 0a cc cc cc cc cc cc cc cc cc cc" },
	{ 127, "eb 7d cc" },
	{ 128, "e9 7b 00 00 00 cc" },
	{ 200, "e9 c3 00 00 00 cc" },
};

/* What each generation makes of it; NULL: it stays. */
static const struct {
	const char *what, *in, *by_6_12, *by_7_2;
} merges[] = {
	{ "run at the end",            "fa 90 90 90 90 90", "fa 0f 1f 44 00 00", "fa 0f 1f 44 00 00" },
	{ "lone nop at the end stays", "e8 01 02 03 04 90", NULL, NULL },
	{ "so does a longer one",      "fa 66 90", NULL, NULL },
	{ "one of another form, too",  "fa 66 66 66 90", NULL, NULL },
	{ "a lone nop before others",  "90 fa 90 90", "90 fa 66 90", "90 fa 66 90" },
	{ "a longer one gets its form", "66 66 90 fa", "0f 1f 00 fa", "0f 1f 00 fa" },
	{ "nops of many lengths",      "0f 1f 00 66 90 90 fa", "66 0f 1f 44 00 00 fa", "66 0f 1f 44 00 00 fa" },
	{ "longer than the longest",   "90 90 90 90 90 90 90 90 90 90 90 90 fa", "eb 0a cc cc cc cc cc cc cc cc cc cc fa", "eb 0a cc cc cc cc cc cc cc cc cc cc fa" },
	{ "int3s are none",            "eb 03 cc cc cc 90 90", "eb 03 cc cc cc 66 90", "eb 03 cc cc cc 66 90" },
	{ "nops in a displacement",    "e9 90 90 90 90 fa", NULL, NULL },
	{ "pause",                     "f3 90 90 90", "f3 90 66 90", "f3 90 66 90" },
	{ "pause, f3 not first",       "66 f3 90 90", "0f 1f 40 00", NULL },
	{ "xchg %r8,%rax",             "49 90 90", "0f 1f 00", NULL },
	{ "with REX.W a nop",          "48 90 90", "0f 1f 00", "0f 1f 00" },
	{ "0f 1f with REX.R",          "44 0f 1f 00 90", "0f 1f 44 00 00", NULL },
	{ "mov %rsi,%rsi",             "48 89 f6 90", NULL, "0f 1f 40 00" },
	{ "mov %esi,%esi clears",      "89 f6 90 fa", NULL, NULL },
	{ "mov %rsi,%r14",             "49 89 f6 90", NULL, NULL },
	{ "mov %r14,%r14",             "4d 89 f6 90", NULL, "0f 1f 40 00" },
	{ "mov to memory",             "48 89 36 90", NULL, NULL },
	{ "lea 0(%rsi),%rsi",          "48 8d 76 00 90", NULL, "0f 1f 44 00 00" },
	{ "lea 0L(%rsi),%rsi",         "48 8d b6 00 00 00 00 90", NULL, "0f 1f 84 00 00 00 00 00" },
	{ "lea 0(%esi),%esi",          "67 8d 76 00 90 fa", NULL, NULL },
	{ "lea 1(%rsi),%rsi",          "48 8d 76 01 90", NULL, NULL },
	{ "lea 0(%rsi),%rdi",          "48 8d 7e 00 90", NULL, NULL },
	{ "lea 0(%rsi,%riz,1),%rsi",   "48 8d 74 26 00 90", NULL, "66 0f 1f 44 00 00" },
	{ "lea 0(%rsi,%riz,2),%rsi",   "48 8d 74 66 00 90", NULL, NULL },
	{ "lea 0(%rsi,%r12,1),%rsi",   "4a 8d 74 26 00 90", NULL, NULL },
	{ "lea (%rsi),%rsi has none",  "48 8d 36 90", NULL, NULL },
	{ "lea %ds:0(%rsi),%rsi",      "3e 48 8d 76 00 90", NULL, "66 0f 1f 44 00 00" },
	{ "lea %cs:0(%rsi),%rsi",      "2e 48 8d 76 00 90", NULL, NULL },
	{ "jmp to the next",           "eb 00 90", NULL, "0f 1f 00" },
	{ "long jmp to the next",      "e9 00 00 00 00 90", NULL, "66 0f 1f 44 00 00" },
	{ "jmp elsewhere",             "eb 01 90 fa", NULL, NULL },
	{ "undecodable, nothing behind", "fa 06", NULL, NULL },
};
// clang-format on

START_TEST(single_nop)
{
	uint8_t want[WORLD_BYTES], got[WORLD_BYTES], symbolic[WORLD_BYTES];
	size_t len = world_bytes(0, singles[_i].want, want, symbolic);

	memset(got, 0xaa, sizeof(got));
	memset(want + len, 0xcc, singles[_i].n - len);
	pvp_nops_single(pvp_nops_6_12_amd64[0].nops, got, singles[_i].n);
	pvp_ck_bytes("nop", got, want, singles[_i].n);
	ck_assert_uint_eq(got[singles[_i].n], 0xaa);
}
END_TEST

/* As the original text of a site whose entry does not apply. */
START_TEST(merged_nops)
{
	for (unsigned k = 0; k < 2; k++) {
		const char *want = k ? merges[_i].by_7_2 : merges[_i].by_6_12;
		uint8_t bytes[WORLD_BYTES], symbolic[WORLD_BYTES];
		struct world w;

		world_init_kind(&w, kinds[k]);
		world_poke(&w, SITE, merges[_i].in);
		world_alt(&w, SITE, world_bytes(SITE, merges[_i].in, bytes, symbolic), 50, "");
		world_expect_text(&w, merges[_i].what, SITE, want ? want : merges[_i].in);
	}
}
END_TEST

START_TEST(nops_behind_undecodable)
{
	for (unsigned k = 0; k < 2; k++) {
		struct world w;

		world_init_kind(&w, kinds[k]);
		world_poke(&w, SITE, "fa 06 90 90");
		world_alt(&w, SITE, 4, 50, "");
		world_expect_error(&w, PVP_ERR_UNSUPPORTED,
				   "byte 1 (06) does not decode, with NOPs behind");
	}
}
END_TEST

/* --- relocation --- */

// clang-format off
/* len bytes whose first `inside` are the replacement; moved by distance. */
static const struct {
	const char *what;
	int64_t distance;
	unsigned inside;
	const char *in, *want;
	const char *message;
} relocations[] = {
	{ "nothing relative",       0x100,  3, "0f 01 ca 90 90", "0f 01 ca 90 90", NULL },
	{ "call out",               0x100,  5, "e8 00 02 00 00", "e8 00 03 00 00", NULL },
	{ "call out, behind another", 0x100, 6, "fa e8 00 02 00 00", "fa e8 00 03 00 00", NULL },
	{ "call before it",         0x100,  5, "e8 fa ff ff ff", "e8 fa 00 00 00", NULL },
	{ "call to its start",      0x100,  5, "e8 fb ff ff ff", "e8 fb ff ff ff", NULL },
	{ "call to its end",        0x100,  8, "e8 03 00 00 00 90 90 90", "e8 03 00 00 00 90 90 90", NULL },
	{ "call one beyond",        0x100,  8, "e8 04 00 00 00 90 90 90", "e8 04 01 00 00 90 90 90", NULL },
	{ "end of replacement, not of site", 0x100, 5, "e8 01 00 00 00 90 90 90", "e8 01 01 00 00 90 90 90", NULL },
	{ "jcc out",                -0x100, 6, "0f 84 00 20 00 00", "0f 84 00 1f 00 00", NULL },
	{ "jcc inside",             -0x100, 9, "0f 84 02 00 00 00 fa fb fc", "0f 84 02 00 00 00 fa fb fc", NULL },
	{ "setcc is none",          0x100,  3, "0f 94 c0", "0f 94 c0", NULL },
	{ "short jcc out",          0x10,   2, "74 20", "74 30", NULL },
	{ "short jcc inside",       0x10,   4, "74 02 fa fb", "74 02 fa fb", NULL },
	{ "short jmp out",          -0x10,  2, "eb 20", "eb 10", NULL },
	{ "short jmp: too far",     0x100,  2, "eb 20", NULL, "the kernel stops at a displacement of 288 in one byte" },
	{ "short jcc: just too far", 0x60,  2, "74 20", NULL, "displacement of 128 in one byte" },
	{ "short jcc: just not",    0x5f,   2, "74 20", "74 7f", NULL },
	{ "jmp far",                0x100,  5, "e9 00 20 00 00", "e9 00 21 00 00", NULL },
	{ "jmp near: short",        -0x100, 5, "e9 00 01 00 00", "eb 03 cc cc cc", NULL },
	{ "jmp, longest short",     -0x100, 5, "e9 7c 01 00 00", "eb 7f cc cc cc", NULL },
	{ "jmp, shortest long",     -0x100, 5, "e9 7d 01 00 00", "e9 7d 00 00 00", NULL },
	{ "jmp backward, short",    -0x100, 5, "e9 7d 00 00 00", "eb 80 cc cc cc", NULL },
	{ "jmp backward, long",     -0x100, 5, "e9 7c 00 00 00", "e9 7c ff ff ff", NULL },
	/* tested by the displacement as it was, though it is not adjusted: not where it went */
	{ "jmp inside, site close", 0x10,   9, "e9 02 00 00 00 fa fb fc 90", "eb 15 cc cc cc fa fb fc 90", NULL },
	{ "jmp inside, site far",   0x100,  9, "e9 02 00 00 00 fa fb fc 90", "e9 02 00 00 00 fa fb fc 90", NULL },
	{ "prefixed jmp",           -0x100, 6, "2e e9 00 01 00 00", "eb 03 cc cc cc cc", NULL },
	{ "rip-relative out",       0x100,  7, "48 8b 05 00 10 00 00", "48 8b 05 00 11 00 00", NULL },
	{ "rip-relative, immediate", 0x100, 9, "65 48 c1 3d 00 10 00 00 05", "65 48 c1 3d 00 11 00 00 05", NULL },
	{ "rip-relative, 66 0f 38", 0x100,  9, "66 0f 38 00 05 00 10 00 00", "66 0f 38 00 05 00 11 00 00", NULL },
	{ "rip-relative inside",    0x100,  7, "48 8b 05 fe ff ff ff", "48 8b 05 fe ff ff ff", NULL },
	{ "call through a slot",    0x100,  6, "ff 15 00 10 00 00", "ff 15 00 11 00 00", NULL },
	{ "absolute stays",         0x100,  8, "48 8b 04 25 00 10 00 00", "48 8b 04 25 00 10 00 00", NULL },
	{ "mov $-1 is no operand",  0x100,  5, "b8 05 00 10 00", "b8 05 00 10 00", NULL },
	{ "two of them",            0x100,  10, "e8 00 02 00 00 e8 00 02 00 00", "e8 00 03 00 00 e8 00 03 00 00", NULL },
	{ "behind the replacement", 0x100,  0, "e8 00 02 00 00", "e8 00 03 00 00", NULL },
	{ "wrmsrns is known",       0x100,  8, "0f 01 c6 e8 00 02 00 00", "0f 01 c6 e8 00 03 00 00", NULL },
	{ "cut off",                0x100,  3, "48 8b 05", NULL, "byte 0 (48) of the replacement does not decode" },
	{ "undecodable",            0x100,  2, "fa 06", NULL, "byte 1 (06) of the replacement does not decode" },
};
// clang-format on

START_TEST(relocated)
{
	uint8_t got[WORLD_BYTES], want[WORLD_BYTES], symbolic[WORLD_BYTES];
	size_t len = world_bytes(0, relocations[_i].in, got, symbolic);
	struct pvp_decoder *decoder;
	struct pvp_error *err;

	pvp_ck_ok(pvp_decoder_create(PVP_ARCH_AMD64, &decoder));
	err = pvp_relocate(decoder, got, len, relocations[_i].inside, relocations[_i].distance);
	pvp_decoder_destroy(decoder);
	if (relocations[_i].message) {
		pvp_ck_err(err, err->code, relocations[_i].message);
		return;
	}
	pvp_ck_ok(err);
	ck_assert_uint_eq(world_bytes(0, relocations[_i].want, want, symbolic), len);
	pvp_ck_bytes(relocations[_i].what, got, want, len);
}
END_TEST

/* --- sites --- */

struct entry {
	unsigned feature, len; /* len 0: no more entries */
	const char *text;
};

// clang-format off
/* Features 50 and 52 are on, 51 is off. */
static const struct {
	const char *what, *site;
	struct entry entries[4];
	const char *by_6_12, *by_7_2;
} sites[] = {
	{ "on",                   "0f 1f 00",  { { 50, 3, "0f 01 ca" } }, "0f 01 ca cc", "0f 01 ca cc" },
	{ "off",                  "0f 1f 00",  { { 51, 3, "0f 01 ca" } }, "0f 1f 00 cc", "0f 1f 00 cc" },
	{ "not on",               "0f 1f 00",  { { NOT | 50, 3, "0f 01 ca" } }, "0f 1f 00 cc", "0f 1f 00 cc" },
	{ "not off",              "0f 1f 00",  { { NOT | 51, 3, "0f 01 ca" } }, "0f 01 ca cc", "0f 01 ca cc" },
	{ "padded",               "ff 15 00 00 00 00", { { 50, 6, "fa" } }, "fa 0f 1f 44 00 00 cc", "fa 0f 1f 44 00 00 cc" },
	{ "padded by one",        "ff 15 00 00 00 00", { { 50, 6, "b8 01 02 03 04" } }, "b8 01 02 03 04 90 cc", "b8 01 02 03 04 90 cc" },
	{ "empty",                "e9 01 02 03 04", { { 50, 5, "" } }, "0f 1f 44 00 00 cc", "0f 1f 44 00 00 cc" },
	{ "off: nops merged",     "fa 90 90 90", { { 51, 4, "fb" } }, "fa 0f 1f 00 cc", "fa 0f 1f 00 cc" },
	{ "the later wins",       "90 90 90",  { { 50, 3, "fa" }, { 52, 3, "fb" } }, "fb 66 90 cc", "fb 66 90 cc" },
	{ "the later is off",     "90 90 90",  { { 50, 3, "fa" }, { 51, 3, "fb" } }, "fa 66 90 cc", "fa 66 90 cc" },
	{ "three",                "90 90 90",  { { 50, 3, "fa" }, { 52, 3, "fb" }, { 51, 3, "fc" } }, "fb 66 90 cc", "fb 66 90 cc" },
	{ "inner is shorter",     "90 90 90 90 90 90", { { 50, 2, "fa" }, { 51, 6, "fb" } }, "fa 0f 1f 44 00 00 cc", "fa 0f 1f 44 00 00 cc" },
	{ "outer first",          "90 90 90 90 90 90", { { 51, 6, "fa" }, { 50, 2, "fb" } }, "fb 0f 1f 44 00 00 cc", "fb 0f 1f 44 00 00 cc" },
	{ "longest in the middle", "90 90 90 90 90 90", { { 51, 2, "fa" }, { 51, 6, "fb" }, { 50, 3, "fc" } }, "fc 0f 1f 44 00 00 cc", "fc 0f 1f 44 00 00 cc" },
	{ "none: the whole site", "fa 90 90 90 90 90", { { 51, 2, "fa" }, { 51, 6, "fb" } }, "fa 0f 1f 44 00 00 cc", "fa 0f 1f 44 00 00 cc" },
	/* 6.12 writes each in turn: what the first left is optimised again, 7.2 starts anew */
	{ "a nop left by the first", "90 90 90 90 90 90", { { 50, 6, "fa 66 90 66 90 fb" }, { 51, 6, "" } }, "fa 0f 1f 40 00 fb cc", "fa 0f 1f 40 00 fb cc" },
	{ "a jmp over nops",      "90 90 90 90 90 90 90 90 90 90 90 90", { { 51, 12, "" } }, "eb 0a cc cc cc cc cc cc cc cc cc cc cc", "eb 0a cc cc cc cc cc cc cc cc cc cc cc" },
	{ "relocated call",       "90 90 90 90 90", { { 50, 5, "e8 @800" } }, "e8 @800 cc", "e8 @800 cc" },
	{ "call behind another",  "90 90 90 90 90 90", { { 50, 6, "fa e8 @800" } }, "fa e8 @800 cc", "fa e8 @800 cc" },
	{ "jcc",                  "90 90 90 90 90 90", { { 50, 6, "0f 84 @800" } }, "0f 84 @800 cc", "0f 84 @800 cc" },
	{ "rip-relative",         "90 90 90 90 90 90 90", { { 50, 7, "48 8b 05 @800" } }, "48 8b 05 @800 cc", "48 8b 05 @800 cc" },
	{ "jmp, short, padded",   "90 90 90 90 90 90 90", { { 50, 7, "e9 @80" } }, "eb 3e cc cc cc 66 90 cc", "eb 3e cc cc cc 66 90 cc" },
	{ "jmp back, short",      "90 90 90 90 90", { { 50, 5, "e9 @20" } }, "eb de cc cc cc cc", "eb de cc cc cc cc" },
	{ "jmp, far",             "90 90 90 90 90", { { 50, 5, "e9 @800" } }, "e9 @800 cc", "e9 @800 cc" },
	{ "jmp to the next: only 7.2 merges it", "90 90 90 90 90 90 90 90", { { 50, 8, "e9 00 00 00 00 90 90 90" } }, "e9 00 00 00 00 0f 1f 00 cc", "0f 1f 84 00 00 00 00 00 cc" },
};
// clang-format on

START_TEST(site_bytes)
{
	for (unsigned k = 0; k < 2; k++) {
		const struct entry *entry = sites[_i].entries;
		struct world w;

		world_init_kind(&w, kinds[k]);
		world_features(&w, (const unsigned[]){50, 52}, 2);
		world_poke(&w, SITE, sites[_i].site);
		for (; entry->len; entry++)
			world_alt(&w, SITE, entry->len, entry->feature, entry->text);
		world_expect_text(&w, sites[_i].what, SITE,
				  k ? sites[_i].by_7_2 : sites[_i].by_6_12);
	}
}
END_TEST

/* Only neighbours are one site. */
START_TEST(site_in_two_places)
{
	static const char *const want[] = {"fc 66 90 90 90 90", "fc 66 90 90 90 90"};

	for (unsigned k = 0; k < 2; k++) {
		struct world w;

		world_init_kind(&w, kinds[k]);
		world_feature(&w, 50);
		world_poke(&w, SITE, "90 90 90 90 90 90");
		world_alt(&w, SITE, 3, 50, "fa");
		world_alt(&w, SITE + 0x20, 6, 50, "fb");
		world_alt(&w, SITE, 3, 50, "fc");
		world_expect_text(&w, kind_names[k], SITE, want[k]);
	}
}
END_TEST

// clang-format off
#define SLOT 30
static const struct {
	const char *what;
	uint64_t func;
	const char *want;
	unsigned feature; /* of a second entry: fb */
} direct_calls[] = {
	{ "call",            TINY_FUNCS + 0x18, "e8 @818 90 cc", 51 },
	{ "nothing to do",   TINY_NOP,          "66 0f 1f 44 00 00 cc", 51 },
	{ "NULL",            0,                 "e8 @e10 90 cc", 51 },
	{ "BUG_func itself", TINY_BUG,          "e8 @e10 90 cc", 51 },
	{ "inline",          TINY_FUNCS,        "fb 0f 1f 44 00 00 cc", 50 },
	{ "inline for NULL", 0,                 "fb 0f 1f 44 00 00 cc", 50 },
};
// clang-format on

START_TEST(direct_call_bytes)
{
	for (unsigned k = 0; k < 2; k++) {
		struct world w;

		world_init_kind(&w, kinds[k]);
		world_feature(&w, 50);
		tiny_direct_call(&w.tiny, SITE, SLOT);
		world_alt(&w, SITE, 6, direct_calls[_i].feature, "fb");
		w.pv_ops[SLOT] = direct_calls[_i].func;
		ck_assert_int_eq(
			world_expect_text(&w, direct_calls[_i].what, SITE, direct_calls[_i].want),
			PVP_PASS_ALTERNATIVE);
	}
}
END_TEST

/* The inline form first: 6.12 has overwritten the call when it wants to read it; 7.2 has not. */
START_TEST(direct_call_last)
{
	struct world w;

	for (unsigned k = 0; k < 2; k++) {
		world_init_kind(&w, kinds[k]);
		world_feature(&w, 50);
		world_alt(&w, SITE, 6, 50, "fb");
		tiny_direct_call(&w.tiny, SITE, SLOT);
		if (kinds[k] == TINY_7_2)
			world_expect_text(&w, "7.2", SITE, "e8 @9e0 90");
		else
			world_expect_error(&w, PVP_ERR_BAD_DATA,
					   "site 0xffffffff81000040: direct call: the kernel stops "
					   "at a site that is no call through a slot");
	}
}
END_TEST

/* In a longer site, 6.12 does not know the call any more. */
START_TEST(direct_call_nested)
{
	struct world w;

	for (unsigned k = 0; k < 2; k++) {
		world_init_kind(&w, kinds[k]);
		tiny_direct_call(&w.tiny, SITE, SLOT);
		world_poke(&w, SITE + 6, "90 90");
		world_alt(&w, SITE, 8, 51, "");
		if (kinds[k] == TINY_7_2)
			world_expect_text(&w, "7.2", SITE, "e8 @9e0 0f 1f 00");
		else
			world_expect_error(&w, PVP_ERR_BAD_DATA, "no call through a slot");
	}
}
END_TEST

START_TEST(direct_call_errors)
{
	struct world w;

	world_init_kind(&w, TINY_6_12);
	tiny_direct_call(&w.tiny, SITE, SLOT);
	w.tiny.replacement[5] = 0xe9;
	world_expect_error(&w, PVP_ERR_BAD_DATA, "a replacement that is no call");

	world_init_kind(&w, TINY_6_12);
	w.platform.nr_pv_ops = 0;
	world_expect_error(&w, PVP_ERR_BAD_DATA,
			   ".altinstructions entry at 0xffffffff82201000, site 0xffffffff81000700: "
			   "the platform has no slot 0 of pv_ops");

	world_init_kind(&w, TINY_6_12);
	for (size_t i = 0; i < w.tiny.nr_symbols; i++)
		if (!strcmp(w.tiny.symbols[i].name, "BUG_func"))
			w.tiny.symbols[i].name = "other";
	world_expect_error(&w, PVP_ERR_UNSUPPORTED, "no symbol BUG_func");
}
END_TEST

START_TEST(too_long)
{
	for (unsigned k = 0; k < 2; k++) {
		struct world w;

		world_init_kind(&w, kinds[k]);
		world_alt(&w, TINY_TEXT + 0x100, 255, 51, "");
		world_expect_error(&w, PVP_ERR_BAD_DATA,
				   "the kernel stops at a site of 255 bytes, over 254");
	}
}
END_TEST

/* A short jmp out of the replacement cannot reach as far as that is away. */
START_TEST(out_of_reach)
{
	struct world w;

	world_init_kind(&w, TINY_6_12);
	world_alt(&w, SITE, 5, ALWAYS, "eb 70");
	world_expect_error(&w, PVP_ERR_BAD_DATA, "in one byte");
}
END_TEST

Suite *model_nested_suite(void)
{
	Suite *s = suite_create("model nested");
	TCase *nops = tcase_create("nops"), *relocation = tcase_create("relocation"),
	      *alt = tcase_create("alternatives"), *direct = tcase_create("direct calls");

	tcase_add_loop_test(nops, single_nop, 0, ARRAY_SIZE(singles));
	tcase_add_loop_test(nops, merged_nops, 0, ARRAY_SIZE(merges));
	tcase_add_test(nops, nops_behind_undecodable);
	suite_add_tcase(s, nops);
	tcase_add_loop_test(relocation, relocated, 0, ARRAY_SIZE(relocations));
	suite_add_tcase(s, relocation);
	tcase_add_loop_test(alt, site_bytes, 0, ARRAY_SIZE(sites));
	tcase_add_test(alt, site_in_two_places);
	tcase_add_test(alt, too_long);
	tcase_add_test(alt, out_of_reach);
	suite_add_tcase(s, alt);
	tcase_add_loop_test(direct, direct_call_bytes, 0, ARRAY_SIZE(direct_calls));
	tcase_add_test(direct, direct_call_last);
	tcase_add_test(direct, direct_call_nested);
	tcase_add_test(direct, direct_call_errors);
	suite_add_tcase(s, direct);
	return s;
}
