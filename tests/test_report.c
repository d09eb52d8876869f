// SPDX-License-Identifier: GPL-2.0-only
// test_report.c - results are counted and judged, every format shows them, files appear whole.
#define _GNU_SOURCE
#include <dirent.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_helpers.h"
#include "clean.h"
#include "golden_text.h"
#include "ktap.h"
#include "outfile.h"
#include "report_fixture.h"
#include "suites.h"
#include "table.h"

static char dir[64];

static void make_dir(void)
{
	strcpy(dir, "/tmp/pvproof-report-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* ---- text ---- */

// clang-format off
static const struct {
	const char *in, *want;
} texts[] = {
	{ "plain text", "plain text" },
	{ "", "" },
	{ "tab\tnew\nline", "tab\\x09new\\x0aline" },
	{ "\033[2J", "\\x1b[2J" },
	{ "\x7f", "\\x7f" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },           /* U+00FC U+00DF */
	{ "\xe2\x82\xac", "\xe2\x82\xac" },                       /* U+20AC */
	{ "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7" },               /* U+1F427 */
	{ "\xc2\x9b" "2J", "\\xc2\\x9b2J" },                      /* U+009B, a C1 control */
	{ "\xc0\x80", "\\xc0\\x80" },                             /* overlong */
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },                    /* surrogate */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },           /* above U+10FFFF */
	{ "\xe2\x82", "\\xe2\\x82" },                             /* cut short */
	{ "\xff", "\\xff" },
};
// clang-format on

START_TEST(text_is_clean)
{
	char *got = pvp_text_clean(texts[_i].in);

	ck_assert_str_eq(got, texts[_i].want);
	free(got);
}
END_TEST

/* ---- counting and judging ---- */

START_TEST(counts)
{
	struct pvp_results results;
	const struct pvp_results_counts *native, *xen;

	fixture_results(dir, 1, &results);
	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
	native = &results.images[0].platforms[0].counts;
	xen = &results.images[0].platforms[1].counts;
	ck_assert_uint_eq(native->sites, FIXTURE_SITES);
	ck_assert_uint_eq(native->verdicts[PVP_EQUIVALENT], 6);
	ck_assert_uint_eq(native->verdicts[PVP_DIVERGENT], 1);
	ck_assert_uint_eq(native->verdicts[PVP_SKIPPED], 1);
	ck_assert_uint_eq(native->evidence[PVP_EVIDENCE_EXECUTED], 6);
	ck_assert_uint_eq(native->evidence[PVP_EVIDENCE_NONE], 0);
	ck_assert_uint_eq(native->forms[PVP_FORM_INLINE], 3);
	ck_assert_uint_eq(native->forms[PVP_FORM_UNPATCHED], 0);
	ck_assert_uint_eq(native->changes[PVP_CHANGE_CALL_INLINE], 3);
	ck_assert_uint_eq(native->changes[PVP_CHANGE_UNPATCHED], 0); /* that one is SKIPPED */
	ck_assert_uint_eq(xen->changes[PVP_CHANGE_CALL_UD2], 1);
	ck_assert_uint_eq(native->min_end, 30);
	ck_assert_uint_eq(native->failed, 1);
	ck_assert_uint_eq(xen->verdicts[PVP_INCONCLUSIVE], 2);
	ck_assert_uint_eq(xen->reasons[PVP_REASON_HYPERCALL], 1);
	ck_assert_uint_eq(xen->evidence[PVP_EVIDENCE_NULL_OP], 1);
	ck_assert_uint_eq(xen->evidence[PVP_EVIDENCE_CONGRUENT], 1);
	ck_assert_uint_eq(xen->min_end, 28);
	ck_assert_uint_eq(results.images[0].platforms[0].kinds[PVP_SITE_STATIC_CALL].sites, 2);
	ck_assert_uint_eq(results.counts.sites, 2 * FIXTURE_SITES);
	ck_assert_uint_eq(results.failed_findings, 2);
	pvp_results_deinit(&results);
}
END_TEST

#define DIVERGENT    PVP_FAIL_ON(PVP_FAILURE_DIVERGENT)
#define INCONCLUSIVE PVP_FAIL_ON(PVP_FAILURE_INCONCLUSIVE)
#define FINDING	     PVP_FAIL_ON(PVP_FAILURE_FINDING)

static const struct {
	unsigned fail_on;
	size_t failed, findings;
} judgements[] = {
	{0, 0, 0},
	{DIVERGENT, 1, 0},
	{INCONCLUSIVE, 2, 0},
	{FINDING, 0, 2},
	{DIVERGENT | INCONCLUSIVE | FINDING, 3, 2},
};

START_TEST(judges)
{
	struct pvp_results results;

	fixture_results(dir, 1, &results);
	pvp_results_judge(&results, PVP_FAIL_DEFAULT); /* judging again starts anew */
	pvp_results_judge(&results, judgements[_i].fail_on);
	ck_assert_uint_eq(results.counts.failed, judgements[_i].failed);
	ck_assert_uint_eq(results.failed_findings, judgements[_i].findings);
	ck_assert_int_eq(results.failed, judgements[_i].failed + judgements[_i].findings != 0);
	pvp_results_deinit(&results);
}
END_TEST

START_TEST(witness_names)
{
	const struct pvp_results_image one = {.index = 0, .of = 1}, second = {.index = 1, .of = 2};
	char *name = pvp_results_witness_name(&one, "native", 0xffffffff81000020);

	ck_assert_str_eq(name, "native-ffffffff81000020.json");
	free(name);
	name = pvp_results_witness_name(&second, "../x y", 1);
	ck_assert_str_eq(name, "2-.._x_y-0000000000000001.json");
	free(name);
}
END_TEST

/* ---- formats ---- */

START_TEST(json_is_the_record)
{
	struct pvp_results results;
	json_error_t where;
	json_t *value;
	char *text;

	fixture_results(dir, 1, &results);
	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
	text = pvp_results_json(&results);
	value = json_loads(text, JSON_REJECT_DUPLICATES, &where);
	ck_assert_msg(value != NULL, "line %d: %s", where.line, where.text);
	ck_assert_int_eq(json_integer_value(json_object_get(value, "schema")), PVP_RESULTS_SCHEMA);
	json_decref(value);
	ck_assert_ptr_null(strstr(text, "someone")); /* a host path */
	ck_assert_ptr_null(strstr(text, dir));
	pvp_results_deinit(&results);
	pvp_ck_golden("report_json", text);
}
END_TEST

START_TEST(json_is_the_same_twice)
{
	struct pvp_results results;
	char *text[2];

	for (unsigned i = 0; i < 2; i++) {
		fixture_results(dir, 2, &results);
		pvp_results_judge(&results, PVP_FAIL_DEFAULT);
		text[i] = pvp_results_json(&results);
		pvp_results_deinit(&results);
	}
	ck_assert_str_eq(text[0], text[1]);
	free(text[0]);
	free(text[1]);
}
END_TEST

static const struct {
	const char *name;
	bool colour, by_op, branches;
	size_t nr_images;
} tables[] = {
	{"report_table", false, false, false, 1},
	{"report_table_colour", true, false, false, 1},
	{"report_table_by_op", false, true, true, 2},
};

START_TEST(table)
{
	const struct pvp_table_options options = {
		.colour = tables[_i].colour,
		.by_op = tables[_i].by_op,
		.branches = tables[_i].branches,
		.program = "./pvproof",
		.dir = "reports",
	};
	struct pvp_results results;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fixture_results(dir, tables[_i].nr_images, &results);
	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
	pvp_table_print(&results, &options, out);
	fclose(out);
	pvp_results_deinit(&results);
	ck_assert_msg(tables[_i].colour || !strchr(text, '\033'), "%s: an escape", tables[_i].name);
	pvp_ck_golden(tables[_i].name, text);
}
END_TEST

/* Plan lines fit what follows them, numbers ascend, and what fails is `not ok`. */
static void check_ktap(const char *text, size_t platforms, size_t sites, size_t bad)
{
	size_t plan[2] = {0}, next[2] = {1, 1}, not_ok = 0, number;
	const char *line = text;

	while (*line) {
		const char *word = line + strspn(line, " ");
		unsigned level = word - line == 2;

		ck_assert_msg(word == line || level, "indented by %zu", (size_t)(word - line));
		if (sscanf(word, "1..%zu", &number) == 1) {
			plan[level] = number;
			next[level] = 1;
			ck_assert_uint_eq(number, level ? sites : platforms);
		} else if (sscanf(word, "ok %zu ", &number) == 1 ||
			   sscanf(word, "not ok %zu ", &number) == 1) {
			ck_assert_uint_eq(number, next[level]++);
			not_ok += level && !strncmp(word, "not ", 4);
			if (!level)
				ck_assert_uint_eq(next[1], plan[1] + 1);
		} else {
			ck_assert_msg(*word == '#' || !strncmp(word, "KTAP version 1\n", 15),
				      "%.40s", word);
		}
		line = strchr(line, '\n') + 1;
	}
	ck_assert_uint_eq(next[0], plan[0] + 1);
	ck_assert_uint_eq(not_ok, bad);
}

START_TEST(ktap)
{
	struct pvp_results results;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fixture_results(dir, 1, &results);
	/* The finding without a site is a test of its own; here all subtests are to be alike. */
	results.images[0].platforms[0].findings[1].error = false;
	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
	pvp_ktap_print(&results, out);
	fclose(out);
	check_ktap(text, 2, FIXTURE_SITES, 4);
	pvp_results_deinit(&results);
	pvp_ck_golden("report_ktap", text);
}
END_TEST

START_TEST(ktap_finding_without_site)
{
	struct pvp_results results;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fixture_results(dir, 2, &results);
	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
	pvp_ktap_print(&results, out);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "\n1..4\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n  1..9\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n  not ok 9 leftover\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nnot ok 3 vmlinux native\n"));
	pvp_results_deinit(&results);
	free(text);
}
END_TEST

/* ---- files ---- */

static size_t nr_files(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	size_t nr = 0;

	ck_assert_ptr_nonnull(d);
	while ((entry = readdir(d)))
		nr += entry->d_name[0] != '.';
	closedir(d);
	return nr;
}

static void check_file(const char *path, const char *want)
{
	char got[64] = "";
	FILE *f = fopen(path, "r");

	ck_assert_msg(f != NULL, "%s is not there", path);
	ck_assert_uint_lt(fread(got, 1, sizeof(got) - 1, f), sizeof(got));
	fclose(f);
	ck_assert_str_eq(got, want);
}

START_TEST(files_appear_together)
{
	struct pvp_outfiles files = {0};
	char *path;

	pvp_ck_ok(pvp_outfiles_mkdir(in_dir("a/b")));
	pvp_ck_ok(pvp_outfiles_add(&files, in_dir("a/b/one"), "1", 1));
	pvp_ck_ok(pvp_outfiles_add(&files, in_dir("a/b/two"), "2", 1));
	ck_assert_int_ne(access(in_dir("a/b/one"), F_OK), 0);
	pvp_ck_ok(pvp_outfiles_commit(&files));
	pvp_outfiles_deinit(&files);
	path = in_dir("a/b");
	ck_assert_uint_eq(nr_files(path), 2);
	check_file(in_dir("a/b/one"), "1");
	check_file(in_dir("a/b/two"), "2");
}
END_TEST

START_TEST(files_stay_without_commit)
{
	struct pvp_outfiles files = {0};

	pvp_ck_ok(pvp_outfiles_add(&files, in_dir("one"), "old", 3));
	pvp_ck_ok(pvp_outfiles_commit(&files));
	pvp_outfiles_deinit(&files);
	pvp_ck_ok(pvp_outfiles_add(&files, in_dir("one"), "new", 3));
	pvp_ck_err(pvp_outfiles_add(&files, in_dir("none/two"), "2", 1), PVP_ERR_OS, "none/two");
	pvp_outfiles_deinit(&files);
	check_file(in_dir("one"), "old");
	ck_assert_uint_eq(nr_files(dir), 1);
}
END_TEST

START_TEST(links_and_devices_stay)
{
	struct pvp_outfiles files = {0};
	char target[256];
	struct stat st;

	snprintf(target, sizeof(target), "%s", in_dir("target"));
	pvp_ck_ok(pvp_outfiles_add(&files, target, "old", 3));
	pvp_ck_ok(pvp_outfiles_commit(&files));
	pvp_outfiles_deinit(&files);
	ck_assert_int_eq(symlink("target", in_dir("link")), 0);
	pvp_ck_ok(pvp_outfiles_add(&files, in_dir("link"), "new", 3));
	pvp_ck_ok(pvp_outfiles_add(&files, "/dev/null", "gone", 4));
	pvp_ck_ok(pvp_outfiles_commit(&files));
	pvp_outfiles_deinit(&files);
	check_file(target, "new");
	ck_assert_int_eq(lstat(in_dir("link"), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(stat("/dev/null", &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
}
END_TEST

START_TEST(probes)
{
	struct pvp_outfiles files = {0};

	pvp_ck_ok(pvp_outfiles_add(&files, in_dir("file"), "", 0));
	pvp_ck_ok(pvp_outfiles_commit(&files));
	pvp_outfiles_deinit(&files);
	pvp_ck_ok(pvp_outfiles_probe_dir(dir));
	pvp_ck_ok(pvp_outfiles_probe_dir(in_dir("not/yet/there")));
	pvp_ck_err(pvp_outfiles_probe_dir(in_dir("file")), PVP_ERR_OS, "Not a directory");
	pvp_ck_err(pvp_outfiles_probe_dir(in_dir("file/below")), PVP_ERR_OS, "Not a directory");
	pvp_ck_ok(pvp_outfiles_probe_file(in_dir("new")));
	pvp_ck_ok(pvp_outfiles_probe_file(in_dir("file")));
	pvp_ck_ok(pvp_outfiles_probe_file("/dev/null"));
	pvp_ck_err(pvp_outfiles_probe_file(dir), PVP_ERR_OS, "Is a directory");
	pvp_ck_err(pvp_outfiles_probe_file(in_dir("none/new")), PVP_ERR_OS, "none/new");
	ck_assert_uint_eq(nr_files(dir), 1);
}
END_TEST

Suite *report_suite(void)
{
	Suite *suite = suite_create("report");
	TCase *text = tcase_create("text"), *results = tcase_create("results");
	TCase *formats = tcase_create("formats"), *files = tcase_create("files");

	tcase_add_loop_test(text, text_is_clean, 0, ARRAY_SIZE(texts));
	tcase_add_checked_fixture(results, make_dir, remove_dir);
	tcase_add_test(results, counts);
	tcase_add_loop_test(results, judges, 0, ARRAY_SIZE(judgements));
	tcase_add_test(results, witness_names);
	tcase_add_checked_fixture(formats, make_dir, remove_dir);
	tcase_add_test(formats, json_is_the_record);
	tcase_add_test(formats, json_is_the_same_twice);
	tcase_add_loop_test(formats, table, 0, ARRAY_SIZE(tables));
	tcase_add_test(formats, ktap);
	tcase_add_test(formats, ktap_finding_without_site);
	tcase_add_checked_fixture(files, make_dir, remove_dir);
	tcase_add_test(files, files_appear_together);
	tcase_add_test(files, files_stay_without_commit);
	tcase_add_test(files, links_and_devices_stay);
	tcase_add_test(files, probes);
	suite_add_tcase(suite, text);
	suite_add_tcase(suite, results);
	suite_add_tcase(suite, formats);
	suite_add_tcase(suite, files);
	return suite;
}
