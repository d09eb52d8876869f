// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_nops.c - the kernel's NOP tables, which CPU gets which, and runs merged with each.
 */
#include "suites.h"

#include "check_helpers.h"
#include "passes.h"

static const struct pvp_nop_choice *const all_choices[] = {pvp_nops_5_10_amd64, pvp_nops_5_10_i386,
							   pvp_nops_6_1_amd64, pvp_nops_6_1_i386};

/* Each NOP has its length, in whole instructions, and the atomic one is one. */
START_TEST(whole)
{
	const bool wide =
		all_choices[_i] == pvp_nops_5_10_amd64 || all_choices[_i] == pvp_nops_6_1_amd64;
	struct pvp_decoder *decoder;

	pvp_ck_ok(pvp_decoder_create(wide ? PVP_ARCH_AMD64 : PVP_ARCH_I386, &decoder));
	for (const struct pvp_nop_choice *choice = all_choices[_i];; choice++) {
		const struct pvp_nops *nops = choice->nops;

		for (size_t len = 1; len <= nops->longest; len++) {
			size_t n = 0;

			while (n < len) {
				size_t insn =
					pvp_decoder_len(decoder, nops->v[len - 1] + n, len - n);

				ck_assert_msg(insn, "%s, %zu bytes: byte %zu does not decode",
					      nops->name, len, n);
				n += insn;
			}
		}
		ck_assert_uint_eq(pvp_decoder_len(decoder, nops->atomic5, 5), 5);
		if (choice->vendor < 0 && choice->feature == PVP_NO_FEATURE)
			break;
	}
	pvp_decoder_destroy(decoder);
}
END_TEST

#define INTEL 0
#define AMD   2
#define HYGON 9
#define OTHER 5
#define K8    (3 * 32 + 4)
#define K7    (3 * 32 + 5)
#define NOPL  (3 * 32 + 20)

// clang-format off
static const struct {
	const char *what;
	struct pvp_cpu_model cpu;
	unsigned features[2]; /* 0: none */
	const char *amd64, *i386;
} choices[] = {
	{ "Pentium III",            { INTEL, 6, 0x07 },  { 0 },        "k8", "generic" },
	{ "before Core 2",          { INTEL, 6, 0x0e },  { NOPL },     "p6", "p6" },
	{ "Core 2",                 { INTEL, 6, 0x0f },  { NOPL },     "k8", "k8" },
	{ "Core 2 without NOPL",    { INTEL, 6, 0x0f },  { 0 },        "k8", "k8" },
	{ "before Atom",            { INTEL, 6, 0x1b },  { NOPL },     "k8", "k8" },
	{ "Atom 1c",                { INTEL, 6, 0x1c },  { NOPL },     "p6", "p6" },
	{ "Atom 1c without NOPL",   { INTEL, 6, 0x1c },  { 0 },        "k8", "generic" },
	{ "behind Atom",            { INTEL, 6, 0x1d },  { NOPL },     "k8", "k8" },
	{ "model 25",               { INTEL, 6, 0x25 },  { NOPL },     "k8", "k8" },
	{ "Atom 26",                { INTEL, 6, 0x26 },  { NOPL },     "p6", "p6" },
	{ "Atom 27",                { INTEL, 6, 0x27 },  { NOPL },     "p6", "p6" },
	{ "model 28",               { INTEL, 6, 0x28 },  { NOPL },     "k8", "k8" },
	{ "model 2f",               { INTEL, 6, 0x2f },  { NOPL },     "k8", "k8" },
	{ "model 30",               { INTEL, 6, 0x30 },  { NOPL },     "p6", "p6" },
	{ "Skylake",                { INTEL, 6, 0x5e },  { NOPL },     "p6", "p6" },
	{ "Pentium 4",              { INTEL, 15, 0x0f }, { NOPL },     "p6", "p6" },
	{ "Intel with a K8's bit",  { INTEL, 5, 2 },     { K8 },       "k8", "generic" },
	{ "Hygon",                  { HYGON, 24, 0 },    { 0 },        "p6", "p6" },
	{ "EPYC",                   { AMD, 23, 1 },      { K8 },       "p6", "p6" },
	{ "family 16",              { AMD, 16, 4 },      { K8 },       "p6", "p6" },
	{ "family 15",              { AMD, 15, 107 },    { NOPL, K8 }, "k8", "k8" },
	{ "family 15 without K8",   { AMD, 15, 107 },    { NOPL },     "k8", "generic" },
	{ "Athlon",                 { AMD, 6, 2 },       { K7 },       "k8", "k7" },
	{ "K8 before K7",           { AMD, 6, 2 },       { K7, K8 },   "k8", "k8" },
	{ "another vendor",         { OTHER, 6, 0x0f },  { NOPL },     "k8", "generic" },
};
// clang-format on

START_TEST(chosen)
{
	struct pvp_platform platform = {.cpu = choices[_i].cpu};

	for (size_t i = 0; i < 2; i++)
		if (choices[_i].features[i])
			platform.caps[choices[_i].features[i] / 32] |=
				1u << choices[_i].features[i] % 32;
	ck_assert_msg(
		!strcmp(pvp_nops_choose(pvp_nops_5_10_amd64, &platform)->name, choices[_i].amd64),
		"%s: amd64 is %s", choices[_i].what,
		pvp_nops_choose(pvp_nops_5_10_amd64, &platform)->name);
	ck_assert_msg(
		!strcmp(pvp_nops_choose(pvp_nops_5_10_i386, &platform)->name, choices[_i].i386),
		"%s: i386 is %s", choices[_i].what,
		pvp_nops_choose(pvp_nops_5_10_i386, &platform)->name);
	/* 6.1 does not ask. */
	ck_assert_str_eq(pvp_nops_choose(pvp_nops_6_1_amd64, &platform)->name, "p6");
	ck_assert_str_eq(pvp_nops_choose(pvp_nops_6_1_i386, &platform)->name, "generic");
}
END_TEST

// clang-format off
/* CPUs of the tables. */
static const struct pvp_cpu_model amd_15 = { AMD, 15, 107 }, skylake = { INTEL, 6, 0x5e };

static const struct {
	const char *what;
	const struct pvp_nop_choice *choices;
	const struct pvp_cpu_model *cpu;
	unsigned feature;
	size_t n;
	uint8_t want[20], atomic5[5];
} fills[] = {
	{ "k8, 5",   pvp_nops_5_10_amd64, &amd_15,  0,    5,  { 0x66, 0x66, 0x90, 0x66, 0x90 }, { 0x66, 0x66, 0x66, 0x66, 0x90 } },
	{ "k8, 7",   pvp_nops_5_10_amd64, &amd_15,  0,    7,  { 0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 }, { 0x66, 0x66, 0x66, 0x66, 0x90 } },
	{ "k8, 11",  pvp_nops_5_10_amd64, &amd_15,  0,    11, { 0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 }, { 0x66, 0x66, 0x66, 0x66, 0x90 } },
	{ "p6, 7",   pvp_nops_5_10_amd64, &skylake, NOPL, 7,  { 0x0f, 0x1f, 0x80, 0, 0, 0, 0 }, { 0x0f, 0x1f, 0x44, 0, 0 } },
	{ "p6, 9",   pvp_nops_5_10_amd64, &skylake, NOPL, 9,  { 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x90 }, { 0x0f, 0x1f, 0x44, 0, 0 } },
	{ "k7, 2",   pvp_nops_5_10_i386,  &amd_15,  K7,   2,  { 0x8b, 0xc0 }, { 0x3e, 0x8d, 0x44, 0x20, 0 } },
	{ "k7, 3",   pvp_nops_5_10_i386,  &amd_15,  K7,   3,  { 0x8d, 0x04, 0x20 }, { 0x3e, 0x8d, 0x44, 0x20, 0 } },
	{ "k7, 8",   pvp_nops_5_10_i386,  &amd_15,  K7,   8,  { 0x8d, 0x04, 0x05, 0, 0, 0, 0, 0x90 }, { 0x3e, 0x8d, 0x44, 0x20, 0 } },
	{ "k7, 14",  pvp_nops_5_10_i386,  &amd_15,  K7,   14, { 0x8d, 0x04, 0x05, 0, 0, 0, 0, 0x90, 0x8d, 0x80 }, { 0x3e, 0x8d, 0x44, 0x20, 0 } },
	{ "generic, 5", pvp_nops_5_10_i386, &amd_15, 0,   5,  { 0x90, 0x8d, 0x74, 0x26, 0 }, { 0x3e, 0x8d, 0x74, 0x26, 0 } },
	{ "generic, 8", pvp_nops_5_10_i386, &amd_15, 0,   8,  { 0x90, 0x8d, 0xb4, 0x26, 0, 0, 0, 0 }, { 0x3e, 0x8d, 0x74, 0x26, 0 } },
	{ "6.1 i386, 2", pvp_nops_6_1_i386, &amd_15, 0,   2,  { 0x89, 0xf6 }, { 0x3e, 0x8d, 0x74, 0x26, 0 } },
	{ "6.1 i386, 5", pvp_nops_6_1_i386, &amd_15, K7,  5,  { 0x3e, 0x8d, 0x74, 0x26, 0 }, { 0x3e, 0x8d, 0x74, 0x26, 0 } },
	{ "6.1 i386, 6", pvp_nops_6_1_i386, &amd_15, 0,   6,  { 0x8d, 0xb6, 0, 0, 0, 0 }, { 0x3e, 0x8d, 0x74, 0x26, 0 } },
	{ "6.1 i386, 9", pvp_nops_6_1_i386, &amd_15, 0,   9,  { 0x3e, 0x8d, 0xb4, 0x26, 0, 0, 0, 0, 0x90 }, { 0x3e, 0x8d, 0x74, 0x26, 0 } },
};
// clang-format on

START_TEST(filled)
{
	struct pvp_platform platform = {.cpu = *fills[_i].cpu};
	const struct pvp_nops *nops;
	uint8_t got[20] = {0};

	if (fills[_i].feature)
		platform.caps[fills[_i].feature / 32] |= 1u << fills[_i].feature % 32;
	nops = pvp_nops_choose(fills[_i].choices, &platform);
	pvp_nops_fill(nops, got, fills[_i].n);
	pvp_ck_bytes(fills[_i].what, got, fills[_i].want, sizeof(got));
	pvp_ck_bytes(fills[_i].what, nops->atomic5, fills[_i].atomic5, 5);
}
END_TEST

// clang-format off
/* With the NOPs of 6.1 on i386, where instructions are others: 48 is dec %eax, 06 push %es. */
static const struct {
	const char *what;
	enum pvp_arch arch;
	size_t len;
	uint8_t in[10], want[10];
} merged[] = {
	{ "dec, nops",              PVP_ARCH_I386,  4, { 0x48, 0x90, 0x90, 0xc3 },       { 0x48, 0x89, 0xf6, 0xc3 } },
	{ "rex, nop",               PVP_ARCH_AMD64, 4, { 0x48, 0x90, 0x90, 0xc3 },       { 0x48, 0x90, 0x90, 0xc3 } },
	{ "push, nops",             PVP_ARCH_I386,  4, { 0x06, 0x90, 0x90, 0xc3 },       { 0x06, 0x89, 0xf6, 0xc3 } },
	{ "66 call: rel16",         PVP_ARCH_I386,  8, { 0x66, 0xe8, 1, 2, 0x90, 0x90, 0x90, 0xc3 }, { 0x66, 0xe8, 1, 2, 0x8d, 0x76, 0x00, 0xc3 } },
	{ "66 call: rel32",         PVP_ARCH_AMD64, 8, { 0x66, 0xe8, 1, 2, 0x90, 0x90, 0x90, 0xc3 }, { 0x66, 0xe8, 1, 2, 0x90, 0x90, 0x90, 0xc3 } },
	{ "call *abs32",            PVP_ARCH_I386,  8, { 0xff, 0x15, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, { 0xff, 0x15, 0x90, 0x90, 0x90, 0x90, 0x89, 0xf6 } },
	{ "longer nops stay",       PVP_ARCH_I386,  7, { 0x89, 0xf6, 0x90, 0x90, 0x8d, 0x76, 0x00 }, { 0x89, 0xf6, 0x89, 0xf6, 0x8d, 0x76, 0x00 } },
};
// clang-format on

START_TEST(merged_runs)
{
	uint8_t got[10];
	struct pvp_decoder *decoder;

	memcpy(got, merged[_i].in, sizeof(got));
	pvp_ck_ok(pvp_decoder_create(merged[_i].arch, &decoder));
	pvp_ck_ok(pvp_nops_optimize(pvp_nops_6_1_i386[0].nops, decoder, got, merged[_i].len,
				    sizeof(got), NULL));
	pvp_decoder_destroy(decoder);
	pvp_ck_bytes(merged[_i].what, got, merged[_i].want, sizeof(got));
}
END_TEST

Suite *nops_suite(void)
{
	Suite *s = suite_create("nops");
	TCase *tables = tcase_create("tables"), *runs = tcase_create("runs");

	tcase_add_loop_test(tables, whole, 0, ARRAY_SIZE(all_choices));
	tcase_add_loop_test(tables, chosen, 0, ARRAY_SIZE(choices));
	tcase_add_loop_test(tables, filled, 0, ARRAY_SIZE(fills));
	suite_add_tcase(s, tables);
	tcase_add_loop_test(runs, merged_runs, 0, ARRAY_SIZE(merged));
	suite_add_tcase(s, runs);
	return s;
}
