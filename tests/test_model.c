// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include "check_helpers.h"
#include "model_world.h"
#include "passes.h"

static const struct {
	size_t n;
	uint8_t want[20];
} fills[] = {
	{0, {0}},
	{1, {0x90}},
	{2, {0x66, 0x90}},
	{3, {0x0f, 0x1f, 0x00}},
	{4, {0x0f, 0x1f, 0x40, 0x00}},
	{5, {0x0f, 0x1f, 0x44, 0x00, 0x00}},
	{6, {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00}},
	{7, {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00}},
	{8, {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00}},
	{9, {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00, 0x90}},
	{17, {0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x90}},
};

START_TEST(nop_fill)
{
	uint8_t got[20] = {0};

	pvp_nops_fill(pvp_nops_6_1_amd64[0].nops, got, fills[_i].n);
	pvp_ck_bytes("fill", got, fills[_i].want, sizeof(got));
}
END_TEST

// clang-format off
static const struct {
	const char *what;
	size_t len;
	uint8_t in[12], want[12];
	const char *message;
} optimized[] = {
	{ "run at the end",      6, { 0xfa, 0x90, 0x90, 0x90, 0x90, 0x90 }, { 0xfa, 0x0f, 0x1f, 0x44, 0, 0 }, NULL },
	{ "lone nop stays",      6, { 0xe8, 1, 2, 3, 4, 0x90 },             { 0xe8, 1, 2, 3, 4, 0x90 }, NULL },
	{ "run at the start",    4, { 0x90, 0x90, 0x90, 0xc3 },             { 0x0f, 0x1f, 0x00, 0xc3 }, NULL },
	{ "two runs",            7, { 0x90, 0x90, 0xfa, 0x90, 0x90, 0x90, 0xfb }, { 0x66, 0x90, 0xfa, 0x0f, 0x1f, 0x00, 0xfb }, NULL },
	{ "90 in a displacement", 6, { 0xe9, 0x90, 0x90, 0x90, 0x90, 0xcc }, { 0xe9, 0x90, 0x90, 0x90, 0x90, 0xcc }, NULL },
	{ "66 90 is no run",     4, { 0x66, 0x90, 0x66, 0x90 },             { 0x66, 0x90, 0x66, 0x90 }, NULL },
	{ "pause is no run",     4, { 0xf3, 0x90, 0x90, 0x90 },             { 0xf3, 0x90, 0x66, 0x90 }, NULL },
	{ "longer nops stay",    6, { 0x0f, 0x1f, 0x00, 0x90, 0x90, 0x90 }, { 0x0f, 0x1f, 0x00, 0x0f, 0x1f, 0x00 }, NULL },
	{ "66 call rel32",       8, { 0x66, 0xe8, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, { 0x66, 0xe8, 0x90, 0x90, 0x90, 0x90, 0x66, 0x90 }, NULL },
	{ "66 jcc rel32",        9, { 0x66, 0x0f, 0x84, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, { 0x66, 0x0f, 0x84, 0x90, 0x90, 0x90, 0x90, 0x66, 0x90 }, NULL },
	{ "undecodable, nothing behind", 3, { 0xfa, 0x06, 0x90 },           { 0xfa, 0x06, 0x90 }, NULL },
	{ "undecodable, a run behind", 4, { 0xfa, 0x06, 0x90, 0x90 },       { 0 }, "byte 1 (06) does not decode" },
	{ "nothing",             0, { 0x90, 0x90 },                         { 0x90, 0x90 }, NULL },
};
// clang-format on

START_TEST(nop_optimize)
{
	uint8_t got[12], touched[12] = {0};
	struct pvp_decoder *decoder;
	struct pvp_error *err;

	memcpy(got, optimized[_i].in, sizeof(got));
	pvp_ck_ok(pvp_decoder_create(PVP_ARCH_AMD64, &decoder));
	err = pvp_nops_optimize(pvp_nops_6_1_amd64[0].nops, decoder, got, optimized[_i].len,
				sizeof(got), touched);
	pvp_decoder_destroy(decoder);
	if (optimized[_i].message) {
		pvp_ck_err(err, PVP_ERR_UNSUPPORTED, optimized[_i].message);
		return;
	}
	pvp_ck_ok(err);
	pvp_ck_bytes(optimized[_i].what, got, optimized[_i].want, sizeof(got));
	for (size_t i = 0; i < sizeof(got); i++)
		ck_assert_msg(touched[i] || got[i] == optimized[_i].in[i],
			      "%s: byte %zu changed unmarked", optimized[_i].what, i);
}
END_TEST

static const struct {
	const char *what;
	uint64_t func; /* in the slot */
	unsigned len;
	uint64_t call; /* 0: none */
	uint8_t rest[8];
} paravirt[] = {
	{"call", TINY_FUNCS + 0x18, 6, TINY_FUNCS + 0x18, {0x90}},
	{"call, 9 bytes", TINY_FUNCS, 9, TINY_FUNCS, {0x0f, 0x1f, 0x40, 0x00}},
	{"nothing to do", TINY_NOP, 6, 0, {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00}},
	{"NULL", 0, 6, TINY_BUG, {0x90}},
};

START_TEST(paravirt_bytes)
{
	uint8_t want[16] = {0};
	struct world w;
	size_t n = 0;

	world_init(&w);
	tiny_pv_call(&w.tiny, SITE, 31);
	tiny_para(&w.tiny, SITE, 31, paravirt[_i].len);
	w.pv_ops[31] = paravirt[_i].func;
	if (paravirt[_i].call) {
		world_branch(want, 0xe8, SITE, paravirt[_i].call);
		n = 5;
	}
	memcpy(want + n, paravirt[_i].rest, paravirt[_i].len - n);
	want[paravirt[_i].len] = 0xcc; /* behind the site */
	ck_assert_int_eq(world_expect(&w, paravirt[_i].what, SITE, want, paravirt[_i].len + 1),
			 PVP_PASS_PARAVIRT);
}
END_TEST

START_TEST(paravirt_errors)
{
	struct world w;

	world_init(&w);
	w.pv_ops[0] = 0;
	w.platform.null_target = 0;
	world_expect_error(
		&w, PVP_ERR_UNSUPPORTED,
		".parainstructions entry at 0xffffffff82200000, site 0xffffffff81000700: "
		"cpu.io_delay is NULL and the image has no paravirt_BUG");
	world_init(&w);
	w.pv_ops[0] = 0x100001000;
	world_expect_error(&w, PVP_ERR_BAD_DATA, "0x100001000 is out of reach");
	world_init(&w);
	w.platform.nr_pv_ops = 0;
	world_expect_error(&w, PVP_ERR_BAD_DATA, "no slot 0");
}
END_TEST

#define REL(n) (n) & 0xff, (n) >> 8 & 0xff, (n) >> 16 & 0xff, (n) >> 24 & 0xff

// clang-format off
/* One entry: the text at SITE is `site` followed by int3; feature 50 is on, 51 off. */
static const struct {
	const char *what;
	unsigned feature, len;
	uint8_t site[10];
	unsigned replacement_len;
	uint8_t replacement[10], want[11];
} alternatives[] = {
	{ "on",                 50,       3, { 0x0f, 0x1f, 0x00 }, 3, { 0x0f, 0x01, 0xca }, { 0x0f, 0x01, 0xca, 0xcc } },
	{ "off",                51,       3, { 0x0f, 0x1f, 0x00 }, 3, { 0x0f, 0x01, 0xca }, { 0x0f, 0x1f, 0x00, 0xcc } },
	{ "not on",             NOT | 50, 3, { 0x0f, 0x1f, 0x00 }, 3, { 0x0f, 0x01, 0xca }, { 0x0f, 0x1f, 0x00, 0xcc } },
	{ "not off",            NOT | 51, 3, { 0x0f, 0x1f, 0x00 }, 3, { 0x0f, 0x01, 0xca }, { 0x0f, 0x01, 0xca, 0xcc } },
	{ "off, nops merged",   51,       3, { 0x90, 0x90, 0x90 }, 3, { 0x0f, 0x01, 0xca }, { 0x0f, 0x1f, 0x00, 0xcc } },
	{ "padded",             50,       6, { 0xff, 0x15, 0, 0, 0, 0 }, 1, { 0xfa }, { 0xfa, 0x0f, 0x1f, 0x44, 0x00, 0x00, 0xcc } },
	{ "padded by one",      50,       6, { 0xff, 0x15, 0, 0, 0, 0 }, 5, { 0xb8, 1, 2, 3, 4 }, { 0xb8, 1, 2, 3, 4, 0x90, 0xcc } },
	{ "empty",              50,       5, { 0xe9, 1, 2, 3, 4 }, 0, { 0 }, { 0x0f, 0x1f, 0x44, 0x00, 0x00, 0xcc } },
	{ "padding runs on",    50,       2, { 0x90, 0x90 }, 0, { 0 }, { 0x66, 0x90, 0xcc } },
	{ "own nops and padding", 50,     6, { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, 2, { 0xfa, 0x90 }, { 0xfa, 0x0f, 0x1f, 0x44, 0x00, 0x00, 0xcc } },
	{ "replacement with nops", 50,    4, { 0x90, 0x90, 0x90, 0x90 }, 4, { 0x90, 0x90, 0xfa, 0xfb }, { 0x66, 0x90, 0xfa, 0xfb, 0xcc } },
	{ "6-byte call: raw",   50,       7, { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, 6, { 0x66, 0xe8, REL(0x1000) }, { 0x66, 0xe8, REL(0x1000), 0x90, 0xcc } },
	{ "call and more: raw", 50,       6, { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, 6, { 0xe8, REL(0x1000), 0xfa }, { 0xe8, REL(0x1000), 0xfa, 0xcc } },
	{ "jmp and more: raw",  50,       6, { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, 6, { 0xe9, REL(0x10), 0xcc }, { 0xe9, REL(0x10), 0xcc, 0xcc } },
	{ "short jmp: raw",     50,       5, { 0x90, 0x90, 0x90, 0x90, 0x90 }, 2, { 0xeb, 0x10 }, { 0xeb, 0x10, 0x0f, 0x1f, 0x00, 0xcc } },
	{ "jcc: raw",           50,       6, { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, 6, { 0x0f, 0x84, REL(0x1000) }, { 0x0f, 0x84, REL(0x1000), 0xcc } },
	{ "rip-relative: raw",  50,       7, { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, 7, { 0x48, 0x8b, 0x05, REL(0x1000) }, { 0x48, 0x8b, 0x05, REL(0x1000), 0xcc } },
};

/* A replacement that is one branch of 5 bytes, to SITE + distance. */
static const struct {
	const char *what;
	uint8_t opcode;
	int distance;
	unsigned len;
	uint8_t want[10]; /* want[0] e8 or e9: the rest of five bytes is computed */
} branches[] = {
	{ "call forward",         0xe8, 0x500, 5, { 0xe8 } },
	{ "call, padded",         0xe8, -0x40, 8, { 0xe8, 0, 0, 0, 0, 0x0f, 0x1f, 0x00 } },
	{ "jmp far",              0xe9, 0x500, 5, { 0xe9 } },
	{ "jmp, longest short",   0xe9, 129,   5, { 0xeb, 127, 0x0f, 0x1f, 0x00 } },
	{ "jmp, shortest long",   0xe9, 130,   5, { 0xe9 } },
	{ "jmp to itself",        0xe9, 0,     5, { 0xeb, 0xfe, 0x0f, 0x1f, 0x00 } },
	{ "jmp backward: long",   0xe9, -1,    5, { 0xe9 } },
	{ "jmp far backward",     0xe9, -0x40, 5, { 0xe9 } },
	{ "short jmp, padded",    0xe9, 5,     7, { 0xeb, 3, 0x0f, 0x1f, 0x00, 0x66, 0x90 } },
};
// clang-format on

START_TEST(alternative_bytes)
{
	struct world w;

	world_init(&w);
	world_feature(&w, 50);
	tiny_poke(&w.tiny, SITE, alternatives[_i].site, alternatives[_i].len);
	tiny_alt(&w.tiny, SITE, alternatives[_i].len, alternatives[_i].feature,
		 alternatives[_i].replacement, alternatives[_i].replacement_len);
	world_expect(&w, alternatives[_i].what, SITE, alternatives[_i].want,
		     alternatives[_i].len + 1);
}
END_TEST

START_TEST(alternative_branches)
{
	uint64_t target = SITE + branches[_i].distance;
	uint8_t replacement[5], want[10];
	struct world w;

	world_init(&w);
	world_feature(&w, ALWAYS);
	world_branch(replacement, branches[_i].opcode, TINY_REPLACEMENT, target);
	ck_assert_uint_eq(tiny_alt(&w.tiny, SITE, branches[_i].len, ALWAYS, replacement, 5),
			  TINY_REPLACEMENT);
	memcpy(want, branches[_i].want, sizeof(want));
	if (want[0] == 0xe8 || want[0] == 0xe9)
		world_branch(want, want[0], SITE, target);
	ck_assert_int_eq(world_expect(&w, branches[_i].what, SITE, want, branches[_i].len),
			 PVP_PASS_ALTERNATIVE);
}
END_TEST

/* The later entry of a site overwrites the earlier; what is off leaves it. */
START_TEST(alternative_order)
{
	static const uint8_t both[] = {0xfb, 0x66, 0x90}, first[] = {0xfa, 0x66, 0x90};
	struct world w;

	world_init(&w);
	tiny_alt(&w.tiny, SITE, 3, ALWAYS, "\xfa", 1);
	tiny_alt(&w.tiny, SITE, 3, 50, "\xfb", 1);
	world_feature(&w, ALWAYS);
	world_expect(&w, "first", SITE, first, 3);
	world_feature(&w, 50);
	world_expect(&w, "both", SITE, both, 3);
}
END_TEST

/* 6.1 patches pv sites before alternatives: the inline form overwrites the direct call. */
START_TEST(paravirt_then_alternative)
{
	static const uint8_t native[] = {0xfa, 0x0f, 0x1f, 0x44, 0x00, 0x00};
	uint8_t xen[6] = {0};
	struct world w;

	world_init(&w);
	tiny_pv_call(&w.tiny, SITE, 31);
	tiny_para(&w.tiny, SITE, 31, 6);
	tiny_alt(&w.tiny, SITE, 6, NOT | XENPV, "\xfa", 1);
	ck_assert_int_eq(world_expect(&w, "native", SITE, native, 6), PVP_PASS_ALTERNATIVE);
	world_feature(&w, XENPV);
	world_branch(xen, 0xe8, SITE, w.pv_ops[31]);
	xen[5] = 0x90;
	ck_assert_int_eq(world_expect(&w, "xen", SITE, xen, 6), PVP_PASS_PARAVIRT);
}
END_TEST

START_TEST(endbr_seal)
{
	static const uint8_t sealed[] = {0x66, 0x0f, 0x1f, 0x00};
	static const uint8_t other[] = {0xf3, 0x0f, 0x1e, 0xfc};
	struct world w;

	world_init(&w);
	tiny_poke(&w.tiny, SITE, "\xf3\x0f\x1e\xfa", 4);
	tiny_poke(&w.tiny, SITE + 16, "\xf3\x0f\x1e\xfb", 4);
	tiny_poke(&w.tiny, SITE + 32, other, 4);
	for (unsigned i = 0; i < 3; i++)
		tiny_list(&w.tiny, TINY_SEALS, SITE + i * 16);
	ck_assert_int_eq(world_expect(&w, "endbr64", SITE, sealed, 4), PVP_PASS_ENDBR);
	ck_assert_int_eq(world_expect(&w, "endbr32", SITE + 16, sealed, 4), PVP_PASS_ENDBR);
	ck_assert_int_eq(world_expect(&w, "neither", SITE + 32, other, 4), PVP_PASS_FILE);
}
END_TEST

// clang-format off
static const struct {
	const char *what;
	unsigned cpus;
	uint64_t at;
	uint8_t linked, want;
} locks[] = {
	{ "one CPU",             1, SITE,          0xf0, 0x3e },
	{ "two CPUs",            2, SITE,          0xf0, 0xf0 },
	{ "init text",           1, TINY_INIT + 8, 0xf0, 0xf0 },
	{ "behind a 66",         1, SITE,          0x66, 0x66 },
	{ "last byte of text",   1, TINY_TEXT + TINY_TEXT_LEN - 1, 0xf0, 0x3e },
};
// clang-format on

START_TEST(smp_locks)
{
	struct world w;

	world_init(&w);
	w.platform.cpus = locks[_i].cpus;
	tiny_poke(&w.tiny, locks[_i].at, &locks[_i].linked, 1);
	tiny_list(&w.tiny, TINY_LOCKS, locks[_i].at);
	world_expect(&w, locks[_i].what, locks[_i].at, &locks[_i].want, 1);
}
END_TEST

START_TEST(platform_text)
{
	static const uint8_t want[] = {0xe9, 1, 2, 3, 4, 0xcc};
	struct world w;

	world_init(&w);
	w.writes[0] = (struct pvp_text_write){SITE, 5, {0xe9, 1, 2, 3, 4}};
	w.platform.nr_text_writes = 1;
	ck_assert_int_eq(world_expect(&w, "write", SITE, want, 6), PVP_PASS_PLATFORM);
	w.writes[0].addr = TINY_DATA;
	world_expect_error(&w, PVP_ERR_BAD_DATA,
			   "platform test: text write at 0xffffffff82000000: 5 bytes at "
			   "0xffffffff82000000 are not text");
}
END_TEST

START_TEST(unknown_generation)
{
	struct pvp_tables tables = {.generation = "4.4"};
	struct pvp_patched patched;
	struct pvp_image *image;
	struct world w;

	world_init(&w);
	pvp_ck_ok(tiny_open(&w.tiny, &image));
	pvp_ck_err(pvp_model_patch(image, &tables, &w.platform, &patched), PVP_ERR_UNSUPPORTED,
		   "no rules for generation 4.4 of amd64");
	pvp_image_close(image);
}
END_TEST

Suite *model_suite(void)
{
	Suite *s = suite_create("model");
	TCase *nops = tcase_create("nops"), *para = tcase_create("paravirt"),
	      *alt = tcase_create("alternatives"), *other = tcase_create("other passes");

	tcase_add_loop_test(nops, nop_fill, 0, ARRAY_SIZE(fills));
	tcase_add_loop_test(nops, nop_optimize, 0, ARRAY_SIZE(optimized));
	suite_add_tcase(s, nops);
	tcase_add_loop_test(para, paravirt_bytes, 0, ARRAY_SIZE(paravirt));
	tcase_add_test(para, paravirt_errors);
	tcase_add_test(para, paravirt_then_alternative);
	suite_add_tcase(s, para);
	tcase_add_loop_test(alt, alternative_bytes, 0, ARRAY_SIZE(alternatives));
	tcase_add_loop_test(alt, alternative_branches, 0, ARRAY_SIZE(branches));
	tcase_add_test(alt, alternative_order);
	suite_add_tcase(s, alt);
	tcase_add_test(other, endbr_seal);
	tcase_add_loop_test(other, smp_locks, 0, ARRAY_SIZE(locks));
	tcase_add_test(other, platform_text);
	tcase_add_test(other, unknown_generation);
	suite_add_tcase(s, other);
	return s;
}
