// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_lint.c - sensitive instructions outside pv sites: what is one, that the seeded ones are found
 * and the bundled kernel's are all allowed, that data and what does not decode are told apart, and
 * that an allow list can be wrong.
 */
#include "lint_bench.h"

#include <stdio.h>
#include <unistd.h>

#include "alloc.h"
#include "check_helpers.h"
#include "elfgen.h"
#include "patterns.h"
#include "suites.h"

#define SEEDED(name) "build/kernels/bugs/pvkernel-" name

/* The bundled kernels, and what has to be found in each. */
static const struct {
	const char *clean, *seeded;
} forms[] = {
	{ "build/kernels/pvkernel-5.10", SEEDED("5.10-LINT_CLASSIC") },
	{ "build/kernels/pvkernel-6.1", SEEDED("6.1-LINT") },
	{ "build/kernels/pvkernel-6.12", SEEDED("6.12-LINT_MERGED") },
	{ "build/kernels/pvkernel-7.2", SEEDED("7.2-LINT_ONCE") },
};

static void setup(void)
{
	lint_bench_open(PVP_BUNDLED_KERNEL);
}

/* --- kinds --- */

// clang-format off
static const struct {
	const char *name;
	uint8_t len, bytes[8];
	const char *want;   /* NULL: harmless */
	enum pvp_harm harm; /* under Xen PV */
} kinds[] = {
	{ "cli",            1, { 0xfa },                   "cli",       PVP_HARM_FAULTS },
	{ "sti",            1, { 0xfb },                   "sti",       PVP_HARM_FAULTS },
	{ "hlt",            1, { 0xf4 },                   "hlt",       PVP_HARM_FAULTS },
	{ "popfq",          1, { 0x9d },                   "popf",      PVP_HARM_SILENT },
	{ "pushfq",         1, { 0x9c },                   "pushf",     PVP_HARM_SILENT },
	{ "pushfw",         2, { 0x66, 0x9c },             "pushf",     PVP_HARM_SILENT },
	{ "setl al",        3, { 0x0f, 0x9c, 0xc0 },       NULL,        PVP_HARM_FAULTS },
	{ "mov to cr3",     3, { 0x0f, 0x22, 0xdf },       "mov-to-cr", PVP_HARM_EMULATED },
	{ "mov from cr3",   3, { 0x0f, 0x20, 0xdf },       "mov-from-cr", PVP_HARM_EMULATED },
	{ "mov from dr7",   3, { 0x0f, 0x21, 0xf8 },       "mov-dr",    PVP_HARM_EMULATED },
	{ "rdmsr",          2, { 0x0f, 0x32 },             "rdmsr",     PVP_HARM_EMULATED },
	{ "wrmsr",          2, { 0x0f, 0x30 },             "wrmsr",     PVP_HARM_EMULATED },
	{ "rdtsc",          2, { 0x0f, 0x31 },             NULL,        PVP_HARM_FAULTS },
	{ "cpuid",          2, { 0x0f, 0xa2 },             "cpuid",     PVP_HARM_EMULATED },
	{ "xen's cpuid",    7, { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 }, NULL, PVP_HARM_FAULTS },
	{ "sgdt",           3, { 0x0f, 0x01, 0x07 },       "sgdt",      PVP_HARM_SILENT },
	{ "sidt",           3, { 0x0f, 0x01, 0x0f },       "sidt",      PVP_HARM_SILENT },
	{ "lgdt",           3, { 0x0f, 0x01, 0x17 },       "lgdt",      PVP_HARM_FAULTS },
	{ "lidt",           3, { 0x0f, 0x01, 0x1f },       "lidt",      PVP_HARM_FAULTS },
	{ "smsw",           3, { 0x0f, 0x01, 0xe0 },       "smsw",      PVP_HARM_SILENT },
	{ "smsw ax",        4, { 0x66, 0x0f, 0x01, 0xe0 }, "smsw",      PVP_HARM_SILENT },
	{ "lmsw, 66",       4, { 0x66, 0x0f, 0x01, 0xf0 }, "lmsw",      PVP_HARM_EMULATED },
	{ "vmcall, REX",    4, { 0x48, 0x0f, 0x01, 0xc1 }, "vmcall",    PVP_HARM_FAULTS },
	{ "rdmsr, f3",      3, { 0xf3, 0x0f, 0x32 },       "rdmsr",     PVP_HARM_EMULATED },
	{ "mov to cr3, f2", 4, { 0xf2, 0x0f, 0x22, 0xdf }, "mov-to-cr", PVP_HARM_EMULATED },
	{ "swapgs, 66",     4, { 0x66, 0x0f, 0x01, 0xf8 }, "swapgs",    PVP_HARM_FAULTS },
	{ "insb, f2",       2, { 0xf2, 0x6c },             "in",        PVP_HARM_EMULATED },
	{ "lret, f2",       2, { 0xf2, 0xcb },             "far",       PVP_HARM_FAULTS },
	{ "rsm",            2, { 0x0f, 0xaa },             "rsm",       PVP_HARM_FAULTS },
	{ "clrssbsy",       4, { 0xf3, 0x0f, 0xae, 0x37 }, "setssbsy",  PVP_HARM_FAULTS },
	{ "clui",           4, { 0xf3, 0x0f, 0x01, 0xee }, "undecoded", PVP_HARM_UNDECODED },
	{ "extrq",          4, { 0x66, 0x0f, 0x79, 0xc1 }, NULL,        PVP_HARM_FAULTS },
	{ "mov of cs to far memory", 7, { 0x8c, 0x8c, 0x90, 0x90, 0x90, 0x90, 0x90 }, "cs-ss", PVP_HARM_SILENT },
	{ "lmsw",           3, { 0x0f, 0x01, 0xf0 },       "lmsw",      PVP_HARM_EMULATED },
	{ "invlpg",         3, { 0x0f, 0x01, 0x3f },       "invlpg",    PVP_HARM_FAULTS },
	{ "swapgs",         3, { 0x0f, 0x01, 0xf8 },       "swapgs",    PVP_HARM_FAULTS },
	{ "str",            3, { 0x0f, 0x00, 0xc8 },       "str",       PVP_HARM_SILENT },
	{ "sldt",           3, { 0x0f, 0x00, 0xc0 },       "sldt",      PVP_HARM_SILENT },
	{ "ltr",            3, { 0x0f, 0x00, 0xd8 },       "ltr",       PVP_HARM_FAULTS },
	{ "lldt",           3, { 0x0f, 0x00, 0xd0 },       "lldt",      PVP_HARM_FAULTS },
	{ "verr",           3, { 0x0f, 0x00, 0xe0 },       "verr",      PVP_HARM_SILENT },
	{ "verw",           3, { 0x0f, 0x00, 0xe8 },       NULL,        PVP_HARM_FAULTS },
	{ "lar",            3, { 0x0f, 0x02, 0xc0 },       "lar",       PVP_HARM_SILENT },
	{ "lsl",            3, { 0x0f, 0x03, 0xc0 },       "lsl",       PVP_HARM_SILENT },
	{ "mov eax, cs",    2, { 0x8c, 0xc8 },             "cs-ss",     PVP_HARM_SILENT },
	{ "mov ss, eax",    2, { 0x8e, 0xd0 },             "cs-ss",     PVP_HARM_SILENT },
	{ "mov ds, eax",    2, { 0x8e, 0xd8 },             NULL,        PVP_HARM_FAULTS },
	{ "lretq",          2, { 0x48, 0xcb },             "far",       PVP_HARM_FAULTS },
	{ "iretq",          2, { 0x48, 0xcf },             "iret",      PVP_HARM_SILENT },
	{ "sysretq",        3, { 0x48, 0x0f, 0x07 },       "sysret",    PVP_HARM_FAULTS },
	{ "syscall",        2, { 0x0f, 0x05 },             NULL,        PVP_HARM_FAULTS },
	{ "clts",           2, { 0x0f, 0x06 },             "clts",      PVP_HARM_EMULATED },
	{ "wbinvd",         2, { 0x0f, 0x09 },             "wbinvd",    PVP_HARM_EMULATED },
	{ "wbnoinvd",       3, { 0xf3, 0x0f, 0x09 },       "wbinvd",    PVP_HARM_EMULATED },
	{ "invd",           2, { 0x0f, 0x08 },             "invd",      PVP_HARM_FAULTS },
	{ "in al, dx",      1, { 0xec },                   "in",        PVP_HARM_EMULATED },
	{ "out 0x80, al",   2, { 0xe6, 0x80 },             "out",       PVP_HARM_EMULATED },
	{ "insb",           1, { 0x6c },                   "in",        PVP_HARM_EMULATED },
	{ "rep outsl",      2, { 0xf3, 0x6f },             "out",       PVP_HARM_EMULATED },
	{ "xsetbv",         3, { 0x0f, 0x01, 0xd1 },       "xsetbv",    PVP_HARM_FAULTS },
	{ "stac",           3, { 0x0f, 0x01, 0xcb },       "clac-stac", PVP_HARM_FAULTS },
	{ "xsaves",         3, { 0x0f, 0xc7, 0x2f },       "xsaves",    PVP_HARM_FAULTS },
	{ "mwait",          3, { 0x0f, 0x01, 0xc9 },       "mwait",     PVP_HARM_FAULTS },
	{ "vmcall",         3, { 0x0f, 0x01, 0xc1 },       "vmcall",    PVP_HARM_FAULTS },
	{ "vmmcall",        3, { 0x0f, 0x01, 0xd9 },       "vmmcall",   PVP_HARM_FAULTS },
	{ "vmgexit",        4, { 0xf3, 0x0f, 0x01, 0xd9 }, "vmgexit",   PVP_HARM_FAULTS },
	{ "vmgexit, f2",    4, { 0xf2, 0x0f, 0x01, 0xd9 }, "vmgexit",   PVP_HARM_FAULTS },
	{ "vmxoff",         3, { 0x0f, 0x01, 0xc4 },       "vmx",       PVP_HARM_FAULTS },
	{ "clgi",           3, { 0x0f, 0x01, 0xdd },       "svm",       PVP_HARM_FAULTS },
	{ "encls",          3, { 0x0f, 0x01, 0xcf },       "sgx",       PVP_HARM_FAULTS },
	{ "tdcall",         4, { 0x66, 0x0f, 0x01, 0xcc }, "tdcall",    PVP_HARM_FAULTS },
	{ "pvalidate",      4, { 0xf2, 0x0f, 0x01, 0xff }, "pvalidate", PVP_HARM_FAULTS },
	{ "lkgs di",        4, { 0xf2, 0x0f, 0x00, 0xf7 }, "lkgs",      PVP_HARM_FAULTS },
	{ "lkgs r9w",       5, { 0xf2, 0x41, 0x0f, 0x00, 0xf1 }, "lkgs", PVP_HARM_FAULTS },
	{ "wrmsrns",        3, { 0x0f, 0x01, 0xc6 },       "wrmsrns",   PVP_HARM_FAULTS },
	{ "sysexit",        2, { 0x0f, 0x35 },             "sysret",    PVP_HARM_FAULTS },
	{ "wrussq",         7, { 0x66, 0x48, 0x0f, 0x38, 0xf5, 0x45, 0xf8 }, "wruss", PVP_HARM_FAULTS },
	{ "rdpkru",         3, { 0x0f, 0x01, 0xee },       NULL,        PVP_HARM_FAULTS },
	{ "nop",            1, { 0x90 },                   NULL,        PVP_HARM_FAULTS },
	{ "int3",           1, { 0xcc },                   NULL,        PVP_HARM_FAULTS },
	{ "push es",        1, { 0x06 },                   "undecoded", PVP_HARM_UNDECODED },
};
// clang-format on

#define PLAIN_FUNCTION "sha256_init"

START_TEST(kind)
{
	struct pvp_patched patched = {0};
	const struct pvp_lint_place *place;
	struct pvp_lint lint;
	uint64_t at;

	at = lint_bench_lay(PLAIN_FUNCTION, kinds[_i].bytes, kinds[_i].len, &patched);
	lint_bench_run(&patched, &lint);
	place = lint_bench_place(&lint, at);
	if (!kinds[_i].want) {
		ck_assert_msg(!place, "%s: found as %s", kinds[_i].name,
			      place ? place->what->name : "");
	} else {
		ck_assert_msg(place != NULL, "%s: not found", kinds[_i].name);
		ck_assert_msg(!strcmp(place->what->name, kinds[_i].want), "%s: is %s",
			      kinds[_i].name, place->what->name);
		ck_assert_msg(place->harm == kinds[_i].harm, "%s: %s", kinds[_i].name,
			      pvp_harm_name(place->harm));
		ck_assert_msg(kinds[_i].harm == PVP_HARM_UNDECODED || place->len == kinds[_i].len,
			      "%s: %u bytes", kinds[_i].name, (unsigned)place->len);
	}
	pvp_lint_deinit(&lint);
	pvp_patched_deinit(&patched);
}
END_TEST

/* --- what is walked --- */

START_TEST(pv_sites_are_left_out)
{
	struct pvp_patched linked = {0};
	struct pvp_lint lint;

	lint_bench_run(&linked, &lint);
	/* pushf and cli of native text are not linked; under Xen PV nothing of it is there. */
	ck_assert_uint_eq(lint.nr_sites, lint_bench.kernel.sites.nr + lint_bench.entry.sites.nr - lint_bench.entry.nr_rows);
	for (size_t i = 0; i < lint.nr; i++)
		ck_assert_ptr_null(pvp_sites_find(&lint_bench.kernel.sites, lint.v[i].addr));
	ck_assert_uint_eq(lint.undecoded_len, 0);
	pvp_lint_deinit(&lint);
}
END_TEST

START_TEST(a_stretch_ends_where_something_leads)
{
	/* jmp +2; 06 06; cli */
	static const uint8_t text[] = {0xeb, 0x02, 0x06, 0x06, 0xfa};
	struct pvp_patched patched = {0};
	const struct pvp_lint_place *place;
	struct pvp_lint lint;
	uint64_t at, len = 0;

	at = lint_bench_lay(PLAIN_FUNCTION, text, sizeof(text), &patched);
	lint_bench_run(&patched, &lint);
	place = lint_bench_place(&lint, at + 2);
	ck_assert_ptr_nonnull(place);
	ck_assert_int_eq(place->harm, PVP_HARM_UNDECODED);
	ck_assert_uint_eq(place->len, 2);
	ck_assert_str_eq(place->text, "06 06");
	ck_assert_str_eq(place->symbol, PLAIN_FUNCTION);
	ck_assert_ptr_nonnull(lint_bench_place(&lint, at + 4));
	/* All that does not decode is a place, and counted. */
	for (size_t i = 0; i < lint.nr; i++)
		if (lint.v[i].harm == PVP_HARM_UNDECODED)
			len += lint.v[i].len;
	ck_assert_uint_eq(lint.undecoded_len, len);
	pvp_lint_deinit(&lint);
	pvp_patched_deinit(&patched);
}
END_TEST

START_TEST(ring_0_is_refused)
{
	struct pvp_lint_input input;
	struct pvp_lint lint;
	struct boot native;

	boot_open(&lint_bench.kernel, "native", NULL, &native);
	input = lint_bench_input(&native.patched);
	input.platform = native.platform;
	pvp_ck_err(pvp_lint(&input, &lint), PVP_ERR_UNSUPPORTED, "in ring 0");
	boot_close(&native);
}
END_TEST

/* --- the bundled kernels --- */

START_TEST(bundled_is_clean)
{
	struct pvp_lint lint;

	lint_bench_open(forms[_i].clean);
	pvp_ck_ok(pvp_allow_load(LINT_CORPUS, lint_bench.kernel.image, &lint_bench.allow));
	lint_bench_run(&lint_bench.xen_pv.patched, &lint);
	ck_assert_uint_eq(lint_bench_findings(&lint), 0);
	ck_assert_uint_eq(lint_bench_stale(), 0);
	ck_assert_uint_gt(lint.nr, 50);
	pvp_lint_deinit(&lint);
	lint_bench_close();
}
END_TEST

START_TEST(seeded_are_found)
{
	static const char *const want[][2] = {
		{"lint_mask_interrupts", "cli"}, {"lint_read_flags", "pushf"},
		{"lint_restore_flags", "popf"},	 {"lint_find_idt", "sidt"},
		{"lint_drop_page", "invlpg"},
	};
	struct pvp_lint lint;
	size_t nr = 0;

	lint_bench_open(forms[_i].seeded);
	pvp_ck_ok(pvp_allow_load(LINT_CORPUS, lint_bench.kernel.image, &lint_bench.allow));
	lint_bench_run(&lint_bench.xen_pv.patched, &lint);
	for (size_t i = 0; i < lint.nr; i++) {
		if (lint.v[i].allowed)
			continue;
		ck_assert_uint_lt(nr, ARRAY_SIZE(want));
		ck_assert_str_eq(lint.v[i].symbol, want[nr][0]);
		ck_assert_str_eq(lint.v[i].what->name, want[nr][1]);
		nr++;
	}
	ck_assert_msg(nr == ARRAY_SIZE(want), "%s: %zu found", forms[_i].seeded, nr);
	pvp_lint_deinit(&lint);
	lint_bench_close();
}
END_TEST

/* --- allow lists --- */

static char path[64];

static void write_list(const char *text)
{
	snprintf(path, sizeof(path), "/tmp/pvproof-lint-%d.yaml", (int)getpid());
	elfgen_write_bytes(path, text, strlen(text));
}

// clang-format off
static const struct {
	const char *name, *text;
	size_t used, stale; /* of the first row */
} lists[] = {
	{ "one function",   "allow: [{symbols: [power_off], insn: cli, why: x}]", 1, 0 },
	{ "two kinds",      "allow: [{symbols: [power_off], insn: cli|hlt, why: x}]", 2, 0 },
	{ "first row",      "allow: [{symbols: [power*], insn: cli, why: x}, {symbols: [power_off], insn: hlt, why: y}]", 1, 0 },
	{ "second is dead", "allow: [{symbols: [power*], insn: cli, why: x}, {symbols: [power_off], insn: cli, why: y}]", 1, 1 },
	{ "allows nothing", "allow: [{symbols: [power_off], insn: sgdt, why: x}]", 0, 1 },
	{ "no such symbol", "allow: [{symbols: [nonesuch], insn: cli, why: x}]", 0, 1 },
	{ "optional, no such symbol", "allow: [{symbols: [nonesuch], optional: true, insn: cli, why: x}]", 0, 0 },
	{ "optional, a wildcard", "allow: [{symbols: [power_*], optional: true, insn: sgdt, why: x}]", 0, 0 },
	{ "optional, a name behind one", "allow: [{symbols: [nonesuch*, power_off], optional: true, insn: sgdt, why: x}]", 0, 1 },
	{ "a wildcard", "allow: [{symbols: [power_*], insn: sgdt, why: x}]", 0, 1 },
	{ "optional, in vain", "allow: [{symbols: [power_off], optional: true, insn: sgdt, why: x}]", 0, 1 },
	{ "other generation", "allow: [{symbols: [power_off], generation: 5.10|7.2, insn: cli, why: x}]", 0, 0 },
	{ "its generation", "allow: [{symbols: [power_off], generation: 5.10|6.1, insn: cli, why: x}]", 1, 0 },
};
// clang-format on

START_TEST(list)
{
	struct pvp_lint lint;

	write_list(lists[_i].text);
	pvp_ck_ok(pvp_allow_read(path, &lint_bench.allow));
	unlink(path);
	lint_bench_run(&lint_bench.xen_pv.patched, &lint);
	ck_assert_msg(lint_bench.allow.v[0].used == lists[_i].used, "%s: %zu used", lists[_i].name,
		      lint_bench.allow.v[0].used);
	ck_assert_msg(lint_bench_stale() == lists[_i].stale, "%s: %zu stale", lists[_i].name, lint_bench_stale());
	ck_assert_uint_gt(lint_bench_findings(&lint), 0);
	pvp_lint_deinit(&lint);
}
END_TEST

/* A row that says what is wrong allows nothing; it is no more stale when another row does. */
START_TEST(what_is_wrong_is_no_pass)
{
	static const char *const texts[] = {
		"allow: [{symbols: [power_off], insn: cli, finding: true, why: x}]",
		"allow: [{symbols: [power_off], insn: cli, why: y}, {symbols: [power_off], insn: cli, finding: true, why: x}]",
		"allow: [{symbols: [power_off], insn: sgdt, finding: true, why: x}]",
	};
	const char *allowed[] = { NULL, "y", NULL }, *known[] = { "x", NULL, NULL };
	const size_t stale[] = { 0, 0, 1 };
	size_t nr_places = 0;
	struct pvp_lint lint;

	write_list(texts[_i]);
	pvp_ck_ok(pvp_allow_read(path, &lint_bench.allow));
	unlink(path);
	lint_bench_run(&lint_bench.xen_pv.patched, &lint);
	for (size_t i = 0; i < lint.nr; i++) {
		const struct pvp_lint_place *place = &lint.v[i];

		if (!place->symbol || strcmp(place->symbol, "power_off") ||
		    strcmp(place->what->name, "cli"))
			continue;
		nr_places++;
		ck_assert_pstr_eq(place->allowed ? place->allowed->why : NULL, allowed[_i]);
		ck_assert_pstr_eq(place->known ? place->known->why : NULL, known[_i]);
	}
	ck_assert_uint_eq(nr_places, 1);
	ck_assert_uint_eq(lint_bench_stale(), stale[_i]);
	pvp_lint_deinit(&lint);
}
END_TEST

START_TEST(parts_of_functions)
{
	write_list("allow: [{symbols: [foo], insn: cli, why: x}]");
	pvp_ck_ok(pvp_allow_read(path, &lint_bench.allow));
	unlink(path);
	ck_assert_ptr_nonnull(pvp_allow_find(&lint_bench.allow, "6.1", "foo", "cli"));
	ck_assert_ptr_nonnull(pvp_allow_find(&lint_bench.allow, "6.1", "foo.cold", "cli"));
	ck_assert_ptr_nonnull(pvp_allow_find(&lint_bench.allow, "6.1", "foo.isra.0", "cli"));
	ck_assert_ptr_null(pvp_allow_find(&lint_bench.allow, "6.1", "foobar", "cli"));
	ck_assert_ptr_null(pvp_allow_find(&lint_bench.allow, "6.1", "", "cli"));
	ck_assert_ptr_null(pvp_allow_find(&lint_bench.allow, "6.1", "foo", "sti"));
}
END_TEST

/* A wildcard reaches functions that nobody looked at; so its row is for kinds that only the code has
 * that its reason is about. */
START_TEST(wildcards)
{
	static const char *const anywhere[] = {"cli", "sti", "hlt", "popf", "pushf", "mov-from-cr",
					       "mov-to-cr", "rdmsr", "wrmsr", "sgdt", "sidt", "cs-ss",
					       "undecoded"};

	pvp_ck_ok(pvp_allow_read(LINT_CORPUS "/linux.yaml", &lint_bench.allow));
	for (size_t i = 0; i < lint_bench.allow.nr; i++) {
		const struct pvp_allow_row *row = &lint_bench.allow.v[i];

		for (size_t k = 0; k < row->nr_symbols; k++)
			for (size_t n = 0; n < ARRAY_SIZE(anywhere); n++)
				ck_assert_msg(!strpbrk(row->symbols[k].pattern, "*?[") ||
						      !pvp_pattern_fits(row->insn, anywhere[n]),
					      "line %u: %s: %s", row->line,
					      row->symbols[k].pattern, anywhere[n]);
	}
}
END_TEST

// clang-format off
static const struct {
	const char *text, *message;
} wrong[] = {
	{ "allow: [{symbols: [a], insn: cli}]", "why" },
	{ "allow: [{symbols: [a], insn: cli, why: x, color: red}]", "color" },
	{ "allow:\n- {symbols: [a], insn: cli, why: x}\n- {symbols: [a], insn: cli|clx, why: x}", ".yaml:3: no sensitive instruction is called 'clx'" },
	{ "allow:\n- {symbols: [a], insn: mov-cr, why: x}", ".yaml:2: no sensitive instruction is called 'mov-cr'; it is mov-from-cr or mov-to-cr" },
	{ "allow: [{symbols: [a], insn: bogus, why: x}]", "'bogus'; there are cli, sti, hlt, popf, pushf, mov-from-cr," },
	{ "allow: [{symbols: [a], insn: cli, finding: maybe, why: x}]", "invalid ENUM value: maybe" },
	{ "allow: [{symbols: [a], insn: cli, optional: 1, why: x}]", "invalid ENUM value: 1" },
	{ "allow: [{symbols: [], insn: cli, why: x}]", "insufficient entries" },
	{ "deny: []", "deny" },
};
// clang-format on

START_TEST(wrong_list)
{
	write_list(wrong[_i].text);
	pvp_ck_err(pvp_allow_read(path, &lint_bench.allow), PVP_ERR_BAD_DATA, wrong[_i].message);
	unlink(path);
	ck_assert_uint_eq(lint_bench.allow.nr, 0);
}
END_TEST

Suite *lint_suite(void)
{
	Suite *suite = suite_create("lint");
	TCase *rows = tcase_create("kinds");
	TCase *walked = tcase_create("walked");
	TCase *seeded = tcase_create("seeded");
	TCase *lists_case = tcase_create("allow lists");

	tcase_add_checked_fixture(rows, setup, lint_bench_close);
	tcase_add_loop_test(rows, kind, 0, ARRAY_SIZE(kinds));
	suite_add_tcase(suite, rows);
	tcase_add_checked_fixture(walked, setup, lint_bench_close);
	tcase_add_test(walked, pv_sites_are_left_out);
	tcase_add_test(walked, a_stretch_ends_where_something_leads);
	tcase_add_test(walked, ring_0_is_refused);
	suite_add_tcase(suite, walked);
	tcase_add_loop_test(seeded, bundled_is_clean, 0, ARRAY_SIZE(forms));
	tcase_add_loop_test(seeded, seeded_are_found, 0, ARRAY_SIZE(forms));
	suite_add_tcase(suite, seeded);
	tcase_add_checked_fixture(lists_case, setup, lint_bench_close);
	tcase_add_loop_test(lists_case, list, 0, ARRAY_SIZE(lists));
	tcase_add_loop_test(lists_case, what_is_wrong_is_no_pass, 0, 3);
	tcase_add_test(lists_case, parts_of_functions);
	tcase_add_test(lists_case, wildcards);
	tcase_add_loop_test(lists_case, wrong_list, 0, ARRAY_SIZE(wrong));
	suite_add_tcase(suite, lists_case);
	suite_add_tcase(suite, lint_debian_case());
	return suite;
}
