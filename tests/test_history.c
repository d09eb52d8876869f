// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_history.c - bugs that Linux once had, in kernels of our own: each is DIVERGENT or a named
 * finding, where it is and nowhere else; the same kernel without the bug says nothing.
 * corpus/history/README.md is the list of them.
 */
#define _GNU_SOURCE
#include "check.h"

#include <fnmatch.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"

#define BUILT	 "build/kernels/bugs/pvkernel-6.1-"
#define CONTRACT "contract-violation"
#define FIRST	 "./corpus/history/xen-hvm-first.yaml"

// clang-format off
/* Kernels that are wrong as they are built (kernels/x86/bugs/rules.mk). */
static const struct image_row {
	const char *name; /* as corpus/history/README.md has it */
	const char *image, *platform;
	const char *ops; /* fnmatch(3), extended: where anything is wrong; NULL: nowhere */
	bool divergent;	 /* somewhere there */
	const char *finding; /* its kind, somewhere there; NULL: none at all */
} images[] = {
	{ "guarded save_fl",         "B14", "native",     "irq.save_fl", true,  CONTRACT },
	{ "guarded save_fl, xen",    "B14", "xen-pv",     NULL,          false, NULL },
	{ "zeroed ident",            "B15", "native",     "mmu.*",       true,  CONTRACT },
	{ "zeroed ident, xen",       "B15", "xen-pv",     NULL,          false, NULL },
	{ "guarded ident",           "IDENT_GUARDED", "native", "mmu.*", true,  CONTRACT },
	{ "zeroed without a thunk",  "NO_THUNK_ZEROED", "native", "lock.*", true, CONTRACT },
	{ "zeroed, lean thunks",     "LEAN_ZEROED", "native", "lock.*",  true,  CONTRACT },
	{ "zeroed, lean thunks, xen", "LEAN_ZEROED", "xen-pv", "@(mmu|lock).*", false, CONTRACT },
	{ "hvm hypercall",           "B16", FIRST,        "static_call.xen_hypercall", false, CONTRACT },
	{ "hvm hypercall, xen",      "B16", "xen-pv",     NULL,          false, NULL },
	{ "sizes of thunks",         "B33", "native",     NULL,          false, NULL },
	{ "sizes of thunks, xen",    "B33", "xen-pv",     NULL,          false, NULL },
	/* Right ones. */
	{ "no bug",                  "",    "native",     NULL,          false, NULL },
	{ "no bug, xen",             "",    "xen-pv",     NULL,          false, NULL },
	{ "no bug, hvm",             "",    FIRST,        NULL,          false, NULL },
	{ "zeroed behind thunks",    "THUNKS_ZEROED",  "native", NULL,   false, NULL },
	{ "zeroed behind thunks, xen", "THUNKS_ZEROED", "xen-pv", NULL,  false, NULL },
	{ "guarded behind thunks",   "THUNKS_GUARDED", "native", NULL,   false, NULL },
	{ "guarded behind thunks, xen", "THUNKS_GUARDED", "xen-pv", NULL, false, NULL },
	{ "lean thunks",             "THUNKS_LEAN",    "native", NULL,   false, NULL },
	{ "lean thunks, xen",        "THUNKS_LEAN",    "xen-pv", NULL,   false, NULL },
	{ "no thunk",                "NO_THUNK",       "native", NULL,   false, NULL },
	{ "ident in C",              "IDENT_IN_C",     "native", NULL,   false, NULL },
	{ "save_fl in C",            "SAVE_FL_IN_C",   "native", NULL,   false, NULL },
};
// clang-format on

static bool is_there(const struct image_row *row, const struct pvp_site *site)
{
	return row->ops && site && !fnmatch(row->ops, site->op, FNM_EXTMATCH);
}

START_TEST(built_wrong)
{
	const struct image_row *row = &images[_i];
	struct pvp_check_result result;
	struct kernel kernel;
	struct boot boot;
	bool divergent = false, found = false;
	char path[128];

	snprintf(path, sizeof(path), BUILT "%s", row->image);
	kernel_open(*row->image ? path : PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, row->platform, NULL, &boot);
	pvp_ck_ok(pvp_check(&boot.input, &result));
	for (size_t i = 0; i < result.nr_cells; i++) {
		const struct pvp_cell *cell = &result.cells[i];

		ck_assert_msg(cell->verdict == PVP_EQUIVALENT ||
				      (cell->verdict == PVP_DIVERGENT && row->divergent &&
				       is_there(row, cell->site)),
			      "%s: %s#%u: %s, %s", row->name, cell->site->op, cell->site->ordinal,
			      pvp_verdict_name(cell->verdict), cell->detail);
		divergent |= cell->verdict == PVP_DIVERGENT;
	}
	for (size_t i = 0; i < result.nr_findings; i++) {
		const struct pvp_finding *f = &result.findings[i];

		ck_assert_msg(row->finding && !strcmp(f->kind, row->finding) &&
				      is_there(row, f->site),
			      "%s: finding %s: %s: %s", row->name, f->kind, f->rule,
			      f->detail ? f->detail : "");
		found |= f->error;
	}
	ck_assert_msg(divergent == row->divergent, "%s: nothing is DIVERGENT", row->name);
	ck_assert_msg(found == (row->finding != NULL), "%s: no finding", row->name);
	pvp_check_result_deinit(&result);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

Suite *history_suite(void)
{
	Suite *s = suite_create("history");
	TCase *built = tcase_create("kernels built wrong");

	tcase_add_loop_test(built, built_wrong, 0, ARRAY_SIZE(images));
	suite_add_tcase(s, built);
	return s;
}
