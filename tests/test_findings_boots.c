// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings on real kernels: in the text of every recorded boot of the goldens directory, what is
 * known of its generation and nothing else; and the live bugs, where a machine's features call for
 * them.
 */
#include "suites.h"

#include "check_helpers.h"
#include "findings_bench.h"
#include "golden_boot.h"

struct recording {
	struct pvp_golden_boot boot;
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_sites sites;
	struct pvp_platform platform;
	struct pvp_patched given;
};

/* False: skipped. */
static bool setup(struct recording *r, const char *name)
{
	char *path;

	memset(r, 0, sizeof(*r));
	pvp_ck_ok(pvp_golden_boot_load(pvp_test_goldens(), name, &r->boot));
	path = NULL;
	if (pvp_test_kernels())
		pvp_ck_ok(pvp_golden_boot_kernel(&r->boot, pvp_test_kernels(), &path));
	if (!path) {
		pvp_test_skip(name, "its kernel is not here");
		pvp_golden_boot_deinit(&r->boot);
		return false;
	}
	pvp_ck_ok(pvp_image_open(path, NULL, &r->image));
	free(path);
	pvp_ck_ok(pvp_tables_parse(r->image, &r->tables));
	pvp_ck_ok(pvp_sites_scan(r->image, &r->tables, &r->sites));
	pvp_ck_ok(pvp_golden_boot_platform(&r->boot, r->image, &r->tables, &r->platform));
	for (size_t i = 0; i < r->boot.nr_rows; i++) {
		const struct pvp_golden_row *row = &r->boot.rows[i];
		uint8_t by[4096];

		ck_assert(row->len <= sizeof(by));
		memset(by, PVP_PASS_GIVEN, row->len);
		pvp_patched_add(&r->given, row->addr, row->old, row->new, by, row->len);
	}
	return true;
}

static void teardown(struct recording *r)
{
	pvp_patched_deinit(&r->given);
	pvp_golden_platform_deinit(&r->platform);
	pvp_sites_deinit(&r->sites);
	pvp_tables_deinit(&r->tables);
	pvp_image_close(r->image);
	pvp_golden_boot_deinit(&r->boot);
}

static struct pvp_check_result look(const struct recording *r, const struct pvp_patched *predicted,
				    const struct pvp_patched *given)
{
	const struct pvp_check_input input = {
		.image = r->image,
		.tables = &r->tables,
		.sites = &r->sites,
		.platform = &r->platform,
		.patched = predicted,
		.given = given,
	};
	struct pvp_check_result result = {0};

	pvp_ck_ok(pvp_findings(&input, &result));
	return result;
}

static size_t count(const struct pvp_check_result *result, const char *rule)
{
	size_t nr = 0;

	for (size_t i = 0; i < result->nr_findings; i++)
		nr += strstr(result->findings[i].rule, rule) != NULL;
	return nr;
}

#define B1	   "static_call_init() writes it before RETHUNK is decided"
#define B2	   "lfence and an indirect branch, which are longer than the site"
#define B4	   "another prefix stands before it"
#define B35	   "a pv operation's call goes past the accounting pad"
#define B35_OTHERS "an alternative's call goes past the accounting pad"

// clang-format off
/*
 * What Debian's kernels are known to have, where a feature is on (0: always).  x86_pmu_* and others
 * in tail position: 12 in 6.1 and 7 in 5.10; of the 12, 7 lie where ITS makes a bare return unsafe.
 */
static const struct {
	const char *generation;
	unsigned feature;
	bool one_cpu;
	const char *rule;
	size_t nr, nr_its;
} known[] = {
	{ "5.10", RETHUNK,    false, B1,         7,    7 },
	{ "6.1",  RETHUNK,    false, B1,         12,   7 },
	{ "7.2",  0,          true,  B4,         5,    5 },
	{ "7.2",  CALL_DEPTH, false, B35,        1343, 1343 }, /* natively; at least */
	{ "7.2",  CALL_DEPTH, false, B35_OTHERS, 48,   48 },
};
// clang-format on

static bool applies(const struct recording *r, size_t i)
{
	return r->image->arch == PVP_ARCH_AMD64 &&
	       (!known[i].feature || pvp_platform_has_feature(&r->platform, known[i].feature)) &&
	       (!known[i].one_cpu || r->platform.cpus == 1);
}

START_TEST(recorded)
{
	const struct pvp_patched nothing = {0};
	struct pvp_check_result result;
	struct recording r;
	uint64_t its = 0;
	size_t nr, all = 0;
	char **names = pvp_golden_boot_names(pvp_test_goldens(), &nr);

	ck_assert_uint_lt(_i, nr);
	if (setup(&r, names[_i])) {
		pvp_error_destroy(pvp_image_symbol(r.image, "its_return_thunk", &its));
		result = look(&r, &nothing, &r.given);
		for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
			size_t want = its && r.platform.return_thunk == its ? known[i].nr_its
									    : known[i].nr;
			size_t got = count(&result, known[i].rule);

			if (strcmp(known[i].generation, r.tables.generation))
				continue;
			all += got;
			if (known[i].one_cpu && !got)
				continue; /* booted with noreplace-smp */
			if (!applies(&r, i))
				want = 0;
			ck_assert_msg(want && !strcmp(known[i].rule, B35) ? got >= want
									  : got == want,
				      "%s: %zu of: %s", names[_i], got, known[i].rule);
		}
		ck_assert_msg(result.nr_findings == all, "%s: %zu findings, %zu are known",
			      names[_i], result.nr_findings, all);
		pvp_check_result_deinit(&result);
		teardown(&r);
	}
	for (size_t i = 0; i < nr; i++)
		free(names[i]);
	free(names);
}
END_TEST

// clang-format off
/* On the model's text for the recorded machine with these features; nothing else may be found. */
static const struct {
	const char *boot;
	unsigned features[2];
	const char *return_thunk;
	unsigned cpus;
	bool initcalls;
	const char *rule; /* NULL: none */
	size_t nr, others; /* of B35_OTHERS */
	bool note;
} live[] = {
	{ "5.10-native", { RETHUNK },      "srso_return_thunk", 2, true,  B1,   7,    0,  false },
	{ "6.1-native",  { RETHUNK },      "srso_return_thunk", 2, true,  B1,   12,   0,  false },
	{ "6.12-native", { RETHUNK },      "srso_return_thunk", 2, true,  NULL, 0,    0,  false },
	{ "6.12-native", { RETHUNK },      "srso_return_thunk", 2, false, NULL, 0,    0,  false },
	{ "7.2-native",  { RETHUNK },      "srso_return_thunk", 2, true,  NULL, 0,    0,  false },
	{ "7.2-native",  { LFENCE },       NULL,                2, true,  B2,   631,  0,  false },
	{ "6.12-native", { LFENCE },       NULL,                2, true,  NULL, 0,    0,  false },
	{ "7.2-native",  { 0 },            NULL,                1, true,  B4,   5,    0,  true },
	{ "6.12-native", { 0 },            NULL,                1, true,  NULL, 0,    0,  true },
	{ "7.2-native",  { CALL_DEPTH },   NULL,                2, true,  B35,  1343, 48, false },
	{ "7.2-native",  { CALL_DEPTH, RETHUNK }, "call_depth_return_thunk", 2, true, B35, 1343, 48, false },
	{ "6.12-native", { CALL_DEPTH, RETHUNK }, "call_depth_return_thunk", 2, true, NULL, 0, 0, false },
	{ "7.2-native",  { IBT },          NULL,                2, true,  NULL, 0,    0,  false },
	{ "6.12-native", { IBT },          NULL,                2, true,  NULL, 0,    0,  false },
};
// clang-format on

START_TEST(live_bug)
{
	struct pvp_patched predicted;
	struct pvp_check_result result;
	struct recording r;
	char json[64];

	snprintf(json, sizeof(json), "%s.json", live[_i].boot);
	if (!pvp_test_file(pvp_test_goldens(), json, live[_i].boot) || !setup(&r, live[_i].boot))
		return;
	for (size_t i = 0; i < 2; i++)
		if (live[_i].features[i])
			r.platform.caps[live[_i].features[i] / 32] |=
				1u << (live[_i].features[i] % 32);
	if (live[_i].return_thunk)
		pvp_ck_ok(
			pvp_image_symbol(r.image, live[_i].return_thunk, &r.platform.return_thunk));
	r.platform.cpus = live[_i].cpus;
	r.platform.initcalls = live[_i].initcalls;
	pvp_ck_ok(pvp_model_patch(r.image, &r.tables, &r.platform, &predicted));
	result = look(&r, &predicted, NULL);
	ck_assert_msg(result.nr_findings == live[_i].nr + live[_i].others,
		      "%s, feature %u: %zu findings; %s", live[_i].boot, live[_i].features[0],
		      result.nr_findings, result.nr_findings ? result.findings[0].rule : "");
	if (live[_i].rule) {
		ck_assert_uint_eq(count(&result, live[_i].rule), live[_i].nr);
		ck_assert_int_eq(!result.findings[0].error, live[_i].note);
	}
	ck_assert_uint_eq(count(&result, B35_OTHERS), live[_i].others);
	pvp_check_result_deinit(&result);
	pvp_patched_deinit(&predicted);
	teardown(&r);
}
END_TEST

START_TEST(no_recordings)
{
	pvp_test_skip("findings in recorded boots", "no recordings");
}
END_TEST

Suite *findings_boots_suite(void)
{
	Suite *s = suite_create("findings in boots");
	TCase *text = tcase_create("text"), *bugs = tcase_create("live bugs");
	size_t nr;
	char **names = pvp_golden_boot_names(pvp_test_goldens(), &nr);

	for (size_t i = 0; i < nr; i++)
		free(names[i]);
	free(names);
	tcase_set_timeout(text, 60);
	tcase_set_timeout(bugs, 60);
	tcase_set_tags(text, PVP_TAG_KERNELS);
	tcase_set_tags(bugs, PVP_TAG_KERNELS);
	if (nr)
		tcase_add_loop_test(text, recorded, 0, nr);
	else
		tcase_add_test(text, no_recordings);
	tcase_add_loop_test(bugs, live_bug, 0, ARRAY_SIZE(live));
	suite_add_tcase(s, text);
	suite_add_tcase(s, bugs);
	return s;
}
