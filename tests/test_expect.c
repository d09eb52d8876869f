// SPDX-License-Identifier: GPL-2.0-only
// test_expect.c - expectations excuse what they name until they expire, and no more.
#define _GNU_SOURCE
#include <glob.h>
#include <unistd.h>

#include "check_helpers.h"
#include "expect.h"
#include "report_fixture.h"
#include "suites.h"

static char dir[64], path[96];

static void make_dir(void)
{
	strcpy(dir, "/tmp/pvproof-expect-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/expect.yaml", dir);
}

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* ---- what an entry excuses ---- */

// clang-format off
/* One entry each, on the fixture's results (report_fixture.h): 1 DIVERGENT native, 2 INCONCLUSIVE
 * xen-pv, findings at native's site 3 and at none. */
static const struct {
	const char *name, *entry;
	size_t matched, excused;
	bool unused;
} entries[] = {
	/* name               entry                                                        matched excused unused */
	{ "op",               "op: irq.irq_disable, verdict: DIVERGENT",                         1, 1, false },
	{ "op, no group",     "op: irq_disable, verdict: DIVERGENT",                             1, 1, false },
	{ "op#ordinal",       "op: 'irq_disable#2', verdict: DIVERGENT",                         1, 1, false },
	{ "other ordinal",    "op: 'irq_disable#1', verdict: DIVERGENT",                         0, 0, true },
	{ "any op",           "op: '*', verdict: INCONCLUSIVE",                                  2, 2, false },
	{ "op and site",      "op: irq.*, site: start_kernel+0x20, verdict: DIVERGENT",          1, 1, false },
	{ "op, other site",   "op: irq.*, site: start_kernel+0x30, verdict: DIVERGENT",          0, 0, true },
	{ "site",             "site: 'start_kernel+*', reason: all-fault",                       1, 1, false },
	{ "address",          "site: '0xffffffff81000030', reason: unmodelled-hypercall",        1, 1, false },
	{ "platform",         "op: '*', platform: 'xen-*', verdict: INCONCLUSIVE",               2, 2, false },
	{ "other platform",   "op: '*', platform: native, verdict: INCONCLUSIVE",                0, 0, false },
	{ "platform not run", "op: '*', platform: kvm, verdict: DIVERGENT",                      0, 0, false },
	{ "other reason",     "op: mmu.*, reason: budget",                                       0, 0, true },
	{ "site was skipped", "op: 'irq_disable#3', platform: native, verdict: DIVERGENT",       0, 0, false },
	{ "no such op",       "op: irq.irq_disabled, verdict: DIVERGENT",                        0, 0, true },
	{ "finding",          "finding: missing-*, op: irq.save_fl",                             1, 1, false },
	{ "any finding",      "finding: leftover",                                               1, 1, false },
	{ "other finding",    "finding: nonesuch",                                               0, 0, false },
	{ "finding elsewhere", "finding: missing-patch, op: mmu.*",                              0, 0, true },
	{ "finding, rule",    "finding: missing-*, op: irq.save_fl, rule: '*must be patched*'",  1, 1, false },
	{ "finding, other rule", "finding: missing-*, op: irq.save_fl, rule: '*bare return*'",   0, 0, true },
	{ "finding off sites, some skipped", "finding: mitigation-lost, site: 'x86_pmu*'",       0, 0, false },
	{ "last day",         "op: '*', verdict: DIVERGENT, expires: 2026-05-01",                1, 1, false },
	{ "expired",          "op: '*', verdict: DIVERGENT, expires: 2026-04-30",                1, 0, false },
	{ "not a verdict's",  "op: irq.save_fl, verdict: DIVERGENT",                             0, 0, true },
};
// clang-format on

START_TEST(excuses)
{
	struct pvp_results results;
	struct pvp_expect expect;
	char text[256];

	snprintf(text, sizeof(text), "# known\nexpect:\n- {%s, why: because}\n", entries[_i].entry);
	write_file(text);
	pvp_ck_ok(pvp_expect_load(path, &expect));
	ck_assert_uint_eq(expect.nr, 1);
	ck_assert_uint_eq(expect.v[0].line, 3);
	fixture_results(dir, 1, &results);
	pvp_expect_apply(&expect, "2026-05-01", &results);
	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
	ck_assert_msg(results.expectations[0].matched == entries[_i].matched &&
			      results.expectations[0].excused == entries[_i].excused &&
			      results.expectations[0].unused == entries[_i].unused,
		      "%s: matched %zu, excused %zu, unused %d", entries[_i].name,
		      results.expectations[0].matched, results.expectations[0].excused,
		      results.expectations[0].unused);
	/* 3 cells and 2 findings fail without it. */
	ck_assert_msg(results.counts.failed + results.failed_findings == 5 - entries[_i].excused,
		      "%s: %zu cells and %zu findings fail", entries[_i].name,
		      results.counts.failed, results.failed_findings);
	pvp_results_deinit(&results);
	pvp_expect_deinit(&expect);
}
END_TEST

static void judge_with(const char *text, const char *today, struct pvp_results *results)
{
	struct pvp_expect expect;

	write_file(text);
	pvp_ck_ok(pvp_expect_load(path, &expect));
	fixture_results(dir, 1, results);
	pvp_expect_apply(&expect, today, results);
	pvp_results_judge(results, PVP_FAIL_DEFAULT);
	pvp_expect_deinit(&expect);
}

#define EXCUSE_ALL                                                                                 \
	"expect:\n"                                                                                \
	"- {op: '*', verdict: DIVERGENT, why: a}\n"                                                \
	"- {op: '*', verdict: INCONCLUSIVE, why: b}\n"                                             \
	"- {finding: '*', why: c}\n"

START_TEST(all_excused_passes)
{
	struct pvp_results results;

	judge_with(EXCUSE_ALL, "2026-05-01", &results);
	ck_assert(!results.failed);
	ck_assert_uint_eq(results.counts.expected, 3);
	pvp_results_deinit(&results);
}
END_TEST

START_TEST(unused_entry_fails)
{
	struct pvp_results results;

	judge_with(EXCUSE_ALL "- {op: nonesuch, verdict: DIVERGENT, why: d}\n", "2026-05-01",
		   &results);
	ck_assert(results.failed);
	ck_assert_uint_eq(results.unused_expectations, 1);
	pvp_results_judge(&results, PVP_FAIL_ON(PVP_FAILURE_DIVERGENT));
	ck_assert(!results.failed);
	pvp_results_deinit(&results);
}
END_TEST

START_TEST(first_entry_wins)
{
	struct pvp_results results;

	judge_with("expect:\n"
		   "- {op: '*', verdict: DIVERGENT, why: old, expires: 2020-01-01}\n"
		   "- {op: irq.*, verdict: DIVERGENT, why: first}\n"
		   "- {op: '*', verdict: DIVERGENT, why: second}\n",
		   "2026-05-01", &results);
	ck_assert_str_eq(results.images[0].platforms[0].cells[1].expected, "first");
	ck_assert_uint_eq(results.expectations[2].matched, 1);
	ck_assert_uint_eq(results.expectations[2].excused, 0);
	ck_assert(!results.expectations[2].unused);
	pvp_results_deinit(&results);
}
END_TEST

START_TEST(record_holds_no_day)
{
	struct pvp_results results;
	char *text[2];

	for (unsigned i = 0; i < 2; i++) {
		judge_with(
			"expect:\n- {op: '*', verdict: DIVERGENT, why: a, expires: 2030-01-01}\n",
			i ? "2026-05-02" : "2026-05-01", &results);
		text[i] = pvp_results_json(&results);
		pvp_results_deinit(&results);
	}
	ck_assert_str_eq(text[0], text[1]);
	ck_assert_ptr_null(strstr(text[0], "2030"));
	free(text[0]);
	free(text[1]);
}
END_TEST

/* ---- what a file may not say ---- */

// clang-format off
static const struct {
	const char *name, *text, *want;
} bad_files[] = {
	{ "empty",            "",                                                     "expect.yaml:1:" },
	{ "a list",           "- {op: a, verdict: DIVERGENT, why: b}\n",              "expect.yaml:1:" },
	{ "unknown key",      "expect:\n- op: a\n  verdct: DIVERGENT\n  why: b\n",    "expect.yaml:3: unexpected key: verdct" },
	{ "no why",           "expect:\n- op: a\n  verdict: DIVERGENT\n",             "expect.yaml:2:" },
	{ "no place",         "expect:\n\n- {verdict: DIVERGENT, why: b}\n",          "expect.yaml:3: neither op nor site" },
	{ "nothing excused",  "expect:\n- {op: a, why: b}\n",                         "expect.yaml:2: exactly one of" },
	{ "two excused",      "expect:\n- {op: a, verdict: DIVERGENT, reason: budget, why: b}\n", "expect.yaml:2: exactly one of" },
	{ "rule of no finding", "expect:\n- {op: a, verdict: DIVERGENT, rule: x, why: b}\n", "expect.yaml:2: rule is given" },
	{ "EQUIVALENT",       "expect:\n- op: a\n  why: b\n  verdict: EQUIVALENT\n",  "expect.yaml:4: verdict 'EQUIVALENT'" },
	{ "unknown reason",   "expect:\n- op: a\n  reason: tired\n  why: b\n",        "expect.yaml:3: unknown reason 'tired'" },
	{ "reason none",      "expect:\n- op: a\n  reason: none\n  why: b\n",         "expect.yaml:3: unknown reason 'none'" },
	{ "no day",           "expect:\n- op: a\n  verdict: DIVERGENT\n  why: b\n  expires: soon\n", "expect.yaml:5: expires 'soon'" },
	{ "second is bad",    "expect:\n- {op: a, verdict: DIVERGENT, why: b}\n- {op: a, why: b}\n", "expect.yaml:3:" },
	{ "not YAML",         "expect: [\n",                                          "expect.yaml:" },
	{ "alias",            "expect:\n- &x {op: a, verdict: DIVERGENT, why: b}\n- *x\n", "expect.yaml:3:" },
};

static const struct {
	const char *day;
	bool is;
} days[] = {
	{ "2026-01-31", true }, { "2024-02-29", true }, { "2000-02-29", true }, { "0001-12-31", true },
	{ "2023-02-29", false }, { "1900-02-29", false }, { "2026-00-10", false }, { "2026-13-01", false },
	{ "2026-04-31", false }, { "2026-01-00", false }, { "2026-1-01", false }, { "2026/01/01", false },
	{ "2026-01-01 ", false }, { " 2026-01-1", false }, { "2026-01-+1", false }, { "", false },
};
// clang-format on

START_TEST(refuses)
{
	struct pvp_expect expect;

	write_file(bad_files[_i].text);
	pvp_ck_err(pvp_expect_load(path, &expect), PVP_ERR_BAD_DATA, bad_files[_i].want);
}
END_TEST

START_TEST(refuses_no_file)
{
	struct pvp_expect expect;

	pvp_ck_err(pvp_expect_load(path, &expect), PVP_ERR_OS, path);
}
END_TEST

/* What is known of real kernels can be read. */
START_TEST(shipped_files)
{
	struct pvp_expect expect;
	glob_t files;

	ck_assert_int_eq(glob("corpus/expect/*.yaml", 0, NULL, &files), 0);
	ck_assert_uint_ge(files.gl_pathc, 3);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		pvp_ck_ok(pvp_expect_load(files.gl_pathv[i], &expect));
		ck_assert_msg(expect.nr > 0, "%s is empty", files.gl_pathv[i]);
		pvp_expect_deinit(&expect);
	}
	globfree(&files);
}
END_TEST

START_TEST(empty_list)
{
	struct pvp_results results;

	judge_with("expect: []\n", "2026-05-01", &results);
	ck_assert_uint_eq(results.nr_expectations, 0);
	ck_assert_uint_eq(results.counts.failed, 3);
	pvp_results_deinit(&results);
}
END_TEST

START_TEST(day)
{
	ck_assert_msg(pvp_expect_is_day(days[_i].day) == days[_i].is, "'%s'", days[_i].day);
}
END_TEST

Suite *expect_suite(void)
{
	Suite *suite = suite_create("expect");
	TCase *use = tcase_create("use"), *file = tcase_create("file");

	tcase_add_checked_fixture(use, make_dir, remove_dir);
	tcase_add_loop_test(use, excuses, 0, ARRAY_SIZE(entries));
	tcase_add_test(use, all_excused_passes);
	tcase_add_test(use, unused_entry_fails);
	tcase_add_test(use, first_entry_wins);
	tcase_add_test(use, record_holds_no_day);
	tcase_add_checked_fixture(file, make_dir, remove_dir);
	tcase_add_loop_test(file, refuses, 0, ARRAY_SIZE(bad_files));
	tcase_add_test(file, refuses_no_file);
	tcase_add_test(file, empty_list);
	tcase_add_test(file, shipped_files);
	tcase_add_loop_test(file, day, 0, ARRAY_SIZE(days));
	suite_add_tcase(suite, use);
	suite_add_tcase(suite, file);
	return suite;
}
