// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_lint.c - sensitive instructions outside pv sites: what is one, that the seeded ones are found
 * and the bundled kernel's are all allowed, that data and what does not decode are told apart, and
 * that an allow list can be wrong.
 */
#include "lint.h"

#include <stdio.h>
#include <unistd.h>

#include "alloc.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "elfgen.h"
#include "suites.h"

#define SEEDED(name) "build/kernels/bugs/pvkernel-" name
#define CORPUS	     "corpus/lint"

/* The bundled kernels, and what has to be found in each. */
static const struct {
	const char *clean, *seeded;
} forms[] = {
	{ "build/kernels/pvkernel-5.10", SEEDED("5.10-LINT_CLASSIC") },
	{ "build/kernels/pvkernel-6.1", SEEDED("6.1-LINT") },
	{ "build/kernels/pvkernel-6.12", SEEDED("6.12-LINT_MERGED") },
	{ "build/kernels/pvkernel-7.2", SEEDED("7.2-LINT_ONCE") },
};

static struct kernel kernel;
static struct boot xen_pv;
static struct pvp_entry_sites entry;
static struct pvp_allow allow;

static void open_image(const char *path)
{
	kernel_open(path, &kernel);
	boot_open(&kernel, "xen-pv", NULL, &xen_pv);
	pvp_ck_ok(pvp_entry_sites_scan(kernel.image, &kernel.tables, &entry));
}

static void close_image(void)
{
	pvp_allow_deinit(&allow);
	pvp_entry_sites_deinit(&entry);
	boot_close(&xen_pv);
	kernel_close(&kernel);
}

static void setup(void)
{
	open_image(PVP_BUNDLED_KERNEL);
}

static struct pvp_lint_input input_of(const struct pvp_patched *patched)
{
	return (struct pvp_lint_input){
		.image = kernel.image,
		.tables = &kernel.tables,
		.sites = &kernel.sites,
		.entry = &entry.sites,
		.platform = xen_pv.platform,
		.patched = patched,
		.allow = &allow,
	};
}

static void run(const struct pvp_patched *patched, struct pvp_lint *ret)
{
	const struct pvp_lint_input input = input_of(patched);

	pvp_ck_ok(pvp_lint(&input, ret));
}

static size_t nr_findings(const struct pvp_lint *lint)
{
	size_t nr = 0;

	for (size_t i = 0; i < lint->nr; i++)
		nr += !lint->v[i].allowed;
	return nr;
}

static size_t nr_stale(void)
{
	size_t nr = 0;

	for (size_t i = 0; i < allow.nr; i++)
		nr += pvp_allow_is_stale(&allow.v[i], kernel.image, kernel.tables.generation);
	return nr;
}

/* The place at addr, or NULL. */
static const struct pvp_lint_place *place_at(const struct pvp_lint *lint, uint64_t addr)
{
	for (size_t i = 0; i < lint->nr; i++)
		if (lint->v[i].addr == addr)
			return &lint->v[i];
	return NULL;
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
	{ "mov cr3",        3, { 0x0f, 0x22, 0xdf },       "mov-cr",    PVP_HARM_EMULATED },
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
	{ "mov to cr3, f2", 4, { 0xf2, 0x0f, 0x22, 0xdf }, "mov-cr",    PVP_HARM_EMULATED },
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

/* Text of a test's own over a function that has no site and no branch, NOPs behind it. */
static uint64_t lay(const char *symbol, const uint8_t *bytes, size_t len, struct pvp_patched *ret)
{
	const uint64_t at = check_bench_symbol(&kernel, symbol);
	const uint8_t *old = pvp_image_bytes(kernel.image, at, 16);
	uint8_t new[16], by[16];

	ck_assert(old && len <= sizeof(new));
	memset(new, 0x90, sizeof(new));
	memset(by, PVP_PASS_GIVEN, sizeof(by));
	memcpy(new, bytes, len);
	pvp_patched_add(ret, at, old, new, by, sizeof(new));
	return at;
}

#define PLAIN_FUNCTION "sha256_init"

START_TEST(kind)
{
	struct pvp_patched patched = {0};
	const struct pvp_lint_place *place;
	struct pvp_lint lint;
	uint64_t at;

	at = lay(PLAIN_FUNCTION, kinds[_i].bytes, kinds[_i].len, &patched);
	run(&patched, &lint);
	place = place_at(&lint, at);
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

	run(&linked, &lint);
	/* pushf and cli of native text are not linked; under Xen PV nothing of it is there. */
	ck_assert_uint_eq(lint.nr_sites, kernel.sites.nr + entry.sites.nr - entry.nr_rows);
	for (size_t i = 0; i < lint.nr; i++)
		ck_assert_ptr_null(pvp_sites_find(&kernel.sites, lint.v[i].addr));
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

	at = lay(PLAIN_FUNCTION, text, sizeof(text), &patched);
	run(&patched, &lint);
	place = place_at(&lint, at + 2);
	ck_assert_ptr_nonnull(place);
	ck_assert_int_eq(place->harm, PVP_HARM_UNDECODED);
	ck_assert_uint_eq(place->len, 2);
	ck_assert_str_eq(place->text, "06 06");
	ck_assert_str_eq(place->symbol, PLAIN_FUNCTION);
	ck_assert_ptr_nonnull(place_at(&lint, at + 4));
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

	boot_open(&kernel, "native", NULL, &native);
	input = input_of(&native.patched);
	input.platform = native.platform;
	pvp_ck_err(pvp_lint(&input, &lint), PVP_ERR_UNSUPPORTED, "in ring 0");
	boot_close(&native);
}
END_TEST

/* --- the bundled kernels --- */

START_TEST(bundled_is_clean)
{
	struct pvp_lint lint;

	open_image(forms[_i].clean);
	pvp_ck_ok(pvp_allow_load(CORPUS, kernel.image, &allow));
	run(&xen_pv.patched, &lint);
	ck_assert_uint_eq(nr_findings(&lint), 0);
	ck_assert_uint_eq(nr_stale(), 0);
	ck_assert_uint_gt(lint.nr, 50);
	pvp_lint_deinit(&lint);
	close_image();
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

	open_image(forms[_i].seeded);
	pvp_ck_ok(pvp_allow_load(CORPUS, kernel.image, &allow));
	run(&xen_pv.patched, &lint);
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
	close_image();
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
	{ "optional, in vain", "allow: [{symbols: [power_off], optional: true, insn: sgdt, why: x}]", 0, 1 },
	{ "other generation", "allow: [{symbols: [power_off], generation: 5.10|7.2, insn: cli, why: x}]", 0, 0 },
	{ "its generation", "allow: [{symbols: [power_off], generation: 5.10|6.1, insn: cli, why: x}]", 1, 0 },
};
// clang-format on

START_TEST(list)
{
	struct pvp_lint lint;

	write_list(lists[_i].text);
	pvp_ck_ok(pvp_allow_read(path, &allow));
	unlink(path);
	run(&xen_pv.patched, &lint);
	ck_assert_msg(allow.v[0].used == lists[_i].used, "%s: %zu used", lists[_i].name,
		      allow.v[0].used);
	ck_assert_msg(nr_stale() == lists[_i].stale, "%s: %zu stale", lists[_i].name, nr_stale());
	ck_assert_uint_gt(nr_findings(&lint), 0);
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
	pvp_ck_ok(pvp_allow_read(path, &allow));
	unlink(path);
	run(&xen_pv.patched, &lint);
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
	ck_assert_uint_eq(nr_stale(), stale[_i]);
	pvp_lint_deinit(&lint);
}
END_TEST

START_TEST(parts_of_functions)
{
	write_list("allow: [{symbols: [foo], insn: cli, why: x}]");
	pvp_ck_ok(pvp_allow_read(path, &allow));
	unlink(path);
	ck_assert_ptr_nonnull(pvp_allow_find(&allow, "6.1", "foo", "cli"));
	ck_assert_ptr_nonnull(pvp_allow_find(&allow, "6.1", "foo.cold", "cli"));
	ck_assert_ptr_nonnull(pvp_allow_find(&allow, "6.1", "foo.isra.0", "cli"));
	ck_assert_ptr_null(pvp_allow_find(&allow, "6.1", "foobar", "cli"));
	ck_assert_ptr_null(pvp_allow_find(&allow, "6.1", "", "cli"));
	ck_assert_ptr_null(pvp_allow_find(&allow, "6.1", "foo", "sti"));
}
END_TEST

// clang-format off
static const struct {
	const char *text, *message;
} wrong[] = {
	{ "allow: [{symbols: [a], insn: cli}]", "why" },
	{ "allow: [{symbols: [a], insn: cli, why: x, color: red}]", "color" },
	{ "allow:\n- {symbols: [a], insn: cli, why: x}\n- {symbols: [a], insn: cli|clx, why: x}", ".yaml:3: no sensitive instruction is called 'clx'" },
	{ "allow: [{symbols: [a], insn: cli, finding: maybe, why: x}]", "invalid ENUM value: maybe" },
	{ "allow: [{symbols: [a], insn: cli, optional: 1, why: x}]", "invalid ENUM value: 1" },
	{ "allow: [{symbols: [], insn: cli, why: x}]", "insufficient entries" },
	{ "deny: []", "deny" },
};
// clang-format on

START_TEST(wrong_list)
{
	write_list(wrong[_i].text);
	pvp_ck_err(pvp_allow_read(path, &allow), PVP_ERR_BAD_DATA, wrong[_i].message);
	unlink(path);
	ck_assert_uint_eq(allow.nr, 0);
}
END_TEST

/* --- Debian's --- */

/*
 * All but one place does no harm, for a reason, and of that one it is known what is wrong; every
 * pattern of the list is for a place in one of the kernels.
 */
START_TEST(debian)
{
	static const char *const images[] = {"vmlinuz-5.10.223-amd64", "vmlinuz-6.1.176-amd64",
					     "vmlinuz-6.12.107-amd64", "vmlinuz-7.2.13-amd64"};
	static size_t used[128][64];

	for (size_t n = 0; n < ARRAY_SIZE(images); n++) {
		const char *file = pvp_test_file(pvp_test_kernels(), images[n], "lint of Debian's");
		struct pvp_lint lint;

		if (!file)
			return;
		open_image(file);
		pvp_ck_ok(pvp_allow_load(CORPUS, kernel.image, &allow));
		run(&xen_pv.patched, &lint);
		for (size_t i = 0; i < lint.nr; i++)
			ck_assert_msg(lint.v[i].allowed ||
					      (lint.v[i].known && !strcmp(lint.v[i].symbol, "get_desc")),
				      "%s: %s at %s", images[n], lint.v[i].text, lint.v[i].symbol);
		ck_assert_uint_eq(nr_findings(&lint), 1);
		ck_assert_uint_eq(nr_stale(), 0);
		ck_assert_uint_le(allow.nr, ARRAY_SIZE(used));
		for (size_t i = 0; i < allow.nr; i++)
			for (size_t k = 0; k < allow.v[i].nr_symbols; k++) {
				used[i][k] += allow.v[i].symbols[k].used;
				if (n == ARRAY_SIZE(images) - 1 && !used[i][k])
					ck_abort_msg("%s:%u: %s is for nothing", allow.v[i].path,
						     allow.v[i].line,
						     allow.v[i].symbols[k].pattern);
			}
		pvp_lint_deinit(&lint);
		close_image();
	}
}
END_TEST

Suite *lint_suite(void)
{
	Suite *suite = suite_create("lint");
	TCase *rows = tcase_create("kinds");
	TCase *walked = tcase_create("walked");
	TCase *seeded = tcase_create("seeded");
	TCase *lists_case = tcase_create("allow lists");
	TCase *kernels = tcase_create("debian");

	tcase_add_checked_fixture(rows, setup, close_image);
	tcase_add_loop_test(rows, kind, 0, ARRAY_SIZE(kinds));
	suite_add_tcase(suite, rows);
	tcase_add_checked_fixture(walked, setup, close_image);
	tcase_add_test(walked, pv_sites_are_left_out);
	tcase_add_test(walked, a_stretch_ends_where_something_leads);
	tcase_add_test(walked, ring_0_is_refused);
	suite_add_tcase(suite, walked);
	tcase_add_loop_test(seeded, bundled_is_clean, 0, ARRAY_SIZE(forms));
	tcase_add_loop_test(seeded, seeded_are_found, 0, ARRAY_SIZE(forms));
	suite_add_tcase(suite, seeded);
	tcase_add_checked_fixture(lists_case, setup, close_image);
	tcase_add_loop_test(lists_case, list, 0, ARRAY_SIZE(lists));
	tcase_add_loop_test(lists_case, what_is_wrong_is_no_pass, 0, 3);
	tcase_add_test(lists_case, parts_of_functions);
	tcase_add_loop_test(lists_case, wrong_list, 0, ARRAY_SIZE(wrong));
	suite_add_tcase(suite, lists_case);
	tcase_set_tags(kernels, PVP_TAG_KERNELS);
	tcase_add_test(kernels, debian);
	suite_add_tcase(suite, kernels);
	return suite;
}
