// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_forms.c - the bundled kernels of each form: known by their tables, the two predictors of one
 * mind, every site EQUIVALENT.  (tests/boot.sh boots them.)
 */
#include "check.h"

#include <string.h>
#include <sys/stat.h>

#include "agree.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "guest.h"
#include "suites.h"
#include "transfer_sites.h"

#define BUILT "build/kernels/pvkernel-"

// clang-format off
static const struct form {
	const char *version, *generation; /* the image's; its tables' */
	size_t nr_fields;
	bool para, direct_calls; /* where its pv sites are */
	/* at least: pv sites, calls that may be accounted, sealed endbr64, returns, locks */
	size_t nr_sites, nr_calls, nr_seals, nr_returns, nr_locks;
} forms[] = {
	/* version       generation  fields  .parainstructions  direct calls  sites  calls  seals  returns  locks */
	{ "5.10",        "5.10",     87,     true,              false,        250,   0,     0,     50,      3 },
	{ "6.1",         "6.1",      84,     true,              false,        250,   0,     0,     50,      3 },
	{ "6.12",        "6.12",     83,     false,             true,         250,   500,   4,     300,     3 },
	{ "7.2",         "7.2",      78,     false,             true,         250,   500,   4,     300,     3 },
	/* without CONFIG_PARAVIRT_XXL, and without the tables of objtool */
	{ "5.10-i386",   "5.10",     15,     true,              false,        50,    0,     0,     0,       3 },
	{ "6.1-i386",    "6.1",      13,     true,              false,        50,    0,     0,     0,       3 },
	{ "6.12-i386",   "6.12",     13,     false,             true,         50,    0,     0,     0,       3 },
	{ "7.2-i386",    "7.2",      11,     false,             true,         40,    0,     0,     0,       3 },
};

static const char *const predicted_on[] = {
	"native", "native+spectre-off", "native+lfence", "kvm", "hyperv-invariant",
	"vmware", "native+rethunk", "xen-pv", "xen-pv-up", /* these are not for i386 */
	"native+call-depth", /* where calls are listed */
};
static const char *const verified_on[] = { "native", "kvm", "hyperv", "xen-pv" };
// clang-format on

/* Of those above. */
static bool is_for(const char *platform, const struct form *form)
{
	if (strstr(platform, "call-depth"))
		return form->nr_calls;
	return !strstr(form->version, "-i386") ||
	       (!strstr(platform, "rethunk") && !strstr(platform, "xen"));
}

static const char *path_of(const struct form *form, const char *suffix)
{
	static char path[128];

	snprintf(path, sizeof(path), BUILT "%s%s", form->version, suffix);
	return path;
}

static void open_form(const struct form *form, const char *suffix, struct kernel *ret)
{
	kernel_open(path_of(form, suffix), ret);
}

static long long file_len(const struct form *form, const char *suffix)
{
	struct stat st;

	ck_assert_int_eq(stat(path_of(form, suffix), &st), 0);
	return st.st_size;
}

START_TEST(generation)
{
	const struct form *form = &forms[_i];
	size_t nr_direct_calls = 0;
	struct kernel kernel;

	open_form(form, "", &kernel);
	ck_assert_str_eq(kernel.tables.generation, form->generation);
	ck_assert_uint_eq(kernel.tables.nr_fields, form->nr_fields);
	for (size_t i = 0; i < kernel.tables.nr_alts; i++)
		nr_direct_calls += kernel.tables.alts[i].direct_call;
	ck_assert_uint_ge(kernel.sites.nr, form->nr_sites);
	ck_assert_msg((kernel.tables.nr_para >= form->nr_sites) == form->para, "%s: %zu .parainstructions",
		      form->version, kernel.tables.nr_para);
	ck_assert_msg((nr_direct_calls >= form->nr_sites) == form->direct_calls, "%s: %zu direct calls",
		      form->version, nr_direct_calls);
	ck_assert_uint_ge(kernel.tables.nr_calls, form->nr_calls);
	ck_assert_uint_ge(kernel.tables.nr_endbr_seals, form->nr_seals);
	ck_assert_uint_ge(kernel.tables.nr_returns, form->nr_returns);
	ck_assert_int_eq(kernel.tables.nr_retpolines > 10, form->nr_returns > 0);
	ck_assert_uint_ge(kernel.tables.nr_smp_locks, form->nr_locks);
	kernel_close(&kernel);
}
END_TEST

START_TEST(predictors)
{
	const struct form *form = &forms[_i / ARRAY_SIZE(predicted_on)];
	const char *platform = predicted_on[_i % ARRAY_SIZE(predicted_on)];
	struct pvp_patched guest;
	struct pvp_agree agree;
	struct kernel kernel;
	struct boot boot;

	if (!is_for(platform, form))
		return;
	open_form(form, "", &kernel);
	boot_open(&kernel, platform, NULL, &boot);
	pvp_ck_ok(pvp_guest_patch(kernel.image, &kernel.tables, boot.platform, &guest));
	pvp_agree_compare(&boot.patched, &guest, &agree);
	ck_assert_msg(agree.bytes > 2 * form->nr_sites, "%s on %s: nothing patched", form->version, platform);
	ck_assert_msg(!agree.nr, "%s on %s: %zu differences, the first at %#llx", form->version,
		      platform, agree.nr, agree.nr ? (unsigned long long)agree.v[0].addr : 0);
	pvp_agree_deinit(&agree);
	pvp_patched_deinit(&guest);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

static void verify(const struct form *form, const char *suffix, const char *platform)
{
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result;
	struct kernel kernel;
	struct boot boot;

	open_form(form, suffix, &kernel);
	boot_open(&kernel, platform, NULL, &boot);
	pvp_ck_ok(pvp_transfer_sites_scan(kernel.image, &kernel.tables, &transfers));
	boot.input.transfers = &transfers;
	pvp_ck_ok(pvp_check(&boot.input, &result));
	ck_assert_uint_ge(result.nr_cells, form->nr_sites);
	for (size_t i = 0; i < result.nr_cells; i++)
		ck_assert_msg(result.cells[i].verdict == PVP_EQUIVALENT, "%s%s on %s: %s#%u: %s",
			      form->version, suffix, platform, result.cells[i].site->op,
			      result.cells[i].site->ordinal, result.cells[i].detail);
	for (size_t i = 0; i < result.nr_transfer_cells; i++)
		ck_assert_msg(result.transfer_cells[i].verdict == PVP_EQUIVALENT,
			      "%s%s on %s: transfer %zu: %s", form->version, suffix, platform, i,
			      result.transfer_cells[i].detail);
	for (size_t i = 0; i < result.nr_findings; i++)
		ck_assert_msg(!result.findings[i].error, "%s%s on %s: %s: %s", form->version,
			      suffix, platform, result.findings[i].kind, result.findings[i].rule);
	pvp_check_result_deinit(&result);
	pvp_transfer_sites_deinit(&transfers);
	boot_close(&boot);
	kernel_close(&kernel);
}

START_TEST(verdicts)
{
	const struct form *form = &forms[_i / ARRAY_SIZE(verified_on)];
	const char *platform = verified_on[_i % ARRAY_SIZE(verified_on)];

	if (is_for(platform, form))
		verify(form, "", platform);
}
END_TEST

/* Debug information changes nothing of it. */
START_TEST(with_debug_information)
{
	struct kernel plain, debug;

	open_form(&forms[_i], "", &plain);
	open_form(&forms[_i], "-g", &debug);
	ck_assert_int_gt(file_len(&forms[_i], "-g"), 2 * file_len(&forms[_i], ""));
	ck_assert_uint_eq(debug.sites.nr, plain.sites.nr);
	for (size_t i = 0; i < plain.sites.nr; i++)
		ck_assert_msg(debug.sites.v[i].addr == plain.sites.v[i].addr, "%s: site %zu",
			      forms[_i].version, i);
	kernel_close(&debug);
	kernel_close(&plain);
	verify(&forms[_i], "-g", "native");
}
END_TEST

/* A NULL operation of 5.10 is ud2 in place, and nothing else. */
static const struct {
	const char *text;
	bool right;
} traps[] = {
	{"0f 0b", true},
	{"e8 rel:_paravirt_nop", false},
	{"90", false},
	{"0f 0b cc", false},
};

START_TEST(null_in_place)
{
	static const char site[] = "mmu.alloc_p4d#1";
	struct kernel kernel;
	struct pvp_cell cell;
	struct boot boot;

	kernel_open(BUILT "5.10", &kernel);
	boot_open(&kernel, "xen-pv", NULL, &boot);
	check_bench_lay(&boot, site, traps[_i].text);
	check_bench_decide(&boot, site, &cell);
	ck_assert_msg((cell.verdict == PVP_EQUIVALENT) == traps[_i].right, "%s: %s, %s",
		      traps[_i].text, pvp_verdict_name(cell.verdict),
		      cell.detail ? cell.detail : "");
	pvp_cell_deinit(&cell);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

Suite *forms_suite(void)
{
	Suite *suite = suite_create("forms");
	TCase *tcase = tcase_create("tables");

	tcase_add_loop_test(tcase, generation, 0, ARRAY_SIZE(forms));
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("predictors");
	tcase_add_loop_test(tcase, predictors, 0, ARRAY_SIZE(forms) * ARRAY_SIZE(predicted_on));
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("verdicts");
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, verdicts, 0, ARRAY_SIZE(forms) * ARRAY_SIZE(verified_on));
	tcase_add_loop_test(tcase, null_in_place, 0, ARRAY_SIZE(traps));
	tcase_add_loop_test(tcase, with_debug_information, 0, ARRAY_SIZE(forms));
	suite_add_tcase(suite, tcase);
	return suite;
}
