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
#define LOST	 "mitigation-lost"
#define TABLE	 "malformed-table"
#define FAR	 "pv_sched_clock=far_sched_clock"
#define FIRST	 "./corpus/history/xen-hvm-first.yaml"

// clang-format off
/* Kernels that are wrong as they are built (kernels/x86/bugs/rules.mk). */
static const struct image_row {
	const char *name; /* as corpus/history/README.md has it */
	const char *image, *platform;
	const char *option; /* +FEATURE, or KEY=FUNCTION of a static call; NULL */
	const char *where;  /* fnmatch(3), extended: operations, or functions without one, where
			       anything is wrong; NULL: nowhere */
	bool divergent;	    /* somewhere there */
	const char *finding; /* its kind, somewhere there; NULL: none at all */
} images[] = {
	{ "NULL tail call",          "RARE", "native+srso", NULL, "irqentry_exit", false, LOST },
	{ "guarded save_fl",         "B14", "native",     NULL, "irq.save_fl", true,  CONTRACT },
	{ "guarded save_fl, xen",    "B14", "xen-pv",     NULL, NULL,          false, NULL },
	{ "zeroed ident",            "B15", "native",     NULL, "mmu.*",       true,  CONTRACT },
	{ "zeroed ident, xen",       "B15", "xen-pv",     NULL, NULL,          false, NULL },
	{ "guarded ident",           "IDENT_GUARDED", "native", NULL, "mmu.*", true,  CONTRACT },
	{ "zeroed without a thunk",  "NO_THUNK_ZEROED", "native", NULL, "lock.*", true, CONTRACT },
	{ "zeroed, lean thunks",     "LEAN_ZEROED", "native", NULL, "lock.*",  true,  CONTRACT },
	{ "zeroed, lean thunks, xen", "LEAN_ZEROED", "xen-pv", NULL, "@(mmu|lock).*", false, CONTRACT },
	{ "hvm hypercall",           "B16", FIRST,        NULL, "static_call.xen_hypercall", false, CONTRACT },
	{ "hvm hypercall, xen",      "B16", "xen-pv",     NULL, NULL,          false, NULL },
	{ "padding for two",         "B22", "native",     "+PTI", "irq.save_fl", true, TABLE },
	{ "padding for two, the first", "B22", "native",  NULL, "irq.save_fl", false, TABLE },
	{ "unrelocated replacements", "B25", "native",    NULL, "@(mmu.flush_tlb_user|lock.vcpu_is_preempted)", true, NULL },
	{ "unrelocated replacements, xen", "B25", "xen-pv", NULL, NULL,        false, NULL },
	{ "sizes of thunks",         "B33", "native",     NULL, NULL,          false, NULL },
	{ "sizes of thunks, xen",    "B33", "xen-pv",     NULL, NULL,          false, NULL },
	/* Right ones. */
	{ "no bug",                  "",    "native",     NULL, NULL,          false, NULL },
	{ "no bug, xen",             "",    "xen-pv",     NULL, NULL,          false, NULL },
	{ "no bug, hvm",             "",    FIRST,        NULL, NULL,          false, NULL },
	{ "rare sites",              "RARE", "native",    NULL, NULL,          false, NULL },
	{ "rare sites, the second",  "RARE", "native",    "+PTI", NULL,        false, NULL },
	{ "rare sites, far",         "RARE", "native",    FAR, NULL,           false, NULL },
	{ "rare sites, xen",         "RARE", "xen-pv",    NULL, NULL,          false, NULL },
	{ "tail call of a function", "RARE", "native+srso", "irqentry_exit_hook=idle_poll", NULL, false, NULL },
	{ "zeroed behind thunks",    "THUNKS_ZEROED",  "native", NULL, NULL,   false, NULL },
	{ "zeroed behind thunks, xen", "THUNKS_ZEROED", "xen-pv", NULL, NULL,  false, NULL },
	{ "guarded behind thunks",   "THUNKS_GUARDED", "native", NULL, NULL,   false, NULL },
	{ "guarded behind thunks, xen", "THUNKS_GUARDED", "xen-pv", NULL, NULL, false, NULL },
	{ "lean thunks",             "THUNKS_LEAN",    "native", NULL, NULL,   false, NULL },
	{ "lean thunks, xen",        "THUNKS_LEAN",    "xen-pv", NULL, NULL,   false, NULL },
	{ "no thunk",                "NO_THUNK",       "native", NULL, NULL,   false, NULL },
	{ "ident in C",              "IDENT_IN_C",     "native", NULL, NULL,   false, NULL },
	{ "save_fl in C",            "SAVE_FL_IN_C",   "native", NULL, NULL,   false, NULL },
};
// clang-format on

static void open_built(const char *image, struct kernel *ret)
{
	char path[128];

	snprintf(path, sizeof(path), BUILT "%s", image);
	kernel_open(*image ? path : PVP_BUNDLED_KERNEL, ret);
}

static void open_boot(const struct kernel *kernel, const char *platform, const char *option,
		      struct boot *ret)
{
	const char *const options[] = {option, NULL};
	struct pvp_overrides overrides = {0};

	if (option && *option == '+')
		overrides.features = options;
	else if (option)
		overrides.static_calls = options;
	boot_open(kernel, platform, &overrides, ret);
}

static bool is_at(const char *where, const struct kernel *kernel, const struct pvp_site *site,
		  uint64_t addr)
{
	char name[128];

	if (!where)
		return false;
	if (site)
		return !fnmatch(where, site->op, FNM_EXTMATCH);
	pvp_image_describe(kernel->image, addr, name, sizeof(name));
	name[strcspn(name, "+")] = 0;
	return !fnmatch(where, name, FNM_EXTMATCH);
}

/* What was found is there and nowhere else. */
static void judge(const struct image_row *row, const struct kernel *kernel,
		  const struct pvp_check_result *result)
{
	bool divergent = false, found = false;

	for (size_t i = 0; i < result->nr_cells; i++) {
		const struct pvp_cell *cell = &result->cells[i];

		if (cell->verdict == PVP_EQUIVALENT)
			continue;
		ck_assert_msg(cell->verdict == PVP_DIVERGENT && row->divergent &&
				      is_at(row->where, kernel, cell->site, 0),
			      "%s: %s#%u: %s, %s", row->name, cell->site->op, cell->site->ordinal,
			      pvp_verdict_name(cell->verdict), cell->detail);
		divergent = true;
	}
	for (size_t i = 0; i < result->nr_findings; i++) {
		const struct pvp_finding *f = &result->findings[i];

		ck_assert_msg(row->finding && !strcmp(f->kind, row->finding) && f->error &&
				      is_at(row->where, kernel, f->site, f->addr),
			      "%s: finding %s: %s: %s", row->name, f->kind, f->rule,
			      f->detail ? f->detail : "");
		found = true;
	}
	ck_assert_msg(divergent == row->divergent, "%s: nothing is DIVERGENT", row->name);
	ck_assert_msg(found == (row->finding != NULL), "%s: no finding", row->name);
}

START_TEST(built_wrong)
{
	const struct image_row *row = &images[_i];
	struct pvp_check_result result;
	struct kernel kernel;
	struct boot boot;

	open_built(row->image, &kernel);
	open_boot(&kernel, row->platform, row->option, &boot);
	pvp_ck_ok(pvp_check(&boot.input, &result));
	judge(row, &kernel, &result);
	pvp_check_result_deinit(&result);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

/* B25: what a patcher that relocates makes of the same replacements is right. */
static const struct {
	const char *name, *site, *text;
} relocated[] = {
	{"second call, relocated", "flush_by_second_call", "fc call:native_flush_tlb_local"},
	{"operand, relocated", "preempted_by_operand+3", "8b 05 rel:nobody_is_preempted"},
};

START_TEST(right_text)
{
	struct pvp_cell cell;
	struct kernel kernel;
	struct boot boot;

	open_built("B25", &kernel);
	open_boot(&kernel, "native", NULL, &boot);
	check_bench_lay(&boot, relocated[_i].site, relocated[_i].text);
	check_bench_decide(&boot, relocated[_i].site, &cell);
	ck_assert_msg(cell.verdict == PVP_EQUIVALENT, "%s: %s", relocated[_i].name, cell.detail);
	pvp_cell_deinit(&cell);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

/* B7: a kernel that tests for the mark stops where it is not. */
START_TEST(no_signature)
{
	struct pvp_patched patched;
	struct kernel kernel;
	struct boot boot;

	open_built("RARE", &kernel);
	boot_open(&kernel, "native", NULL, &boot);
	boot_close(&boot);
	kernel_close(&kernel);
	open_built("B7", &kernel);
	pvp_ck_ok(pvp_platform_load("native", "corpus/platforms", kernel.image, &kernel.tables,
				    &(struct pvp_overrides){0}, &boot.platform));
	pvp_ck_err(pvp_model_patch(kernel.image, &kernel.tables, boot.platform, &patched),
		   PVP_ERR_BAD_DATA, "is not a trampoline");
	pvp_platform_destroy(boot.platform);
	kernel_close(&kernel);
}
END_TEST

Suite *history_suite(void)
{
	Suite *s = suite_create("history");
	TCase *built = tcase_create("kernels built wrong");

	tcase_add_loop_test(built, built_wrong, 0, ARRAY_SIZE(images));
	tcase_add_loop_test(built, right_text, 0, ARRAY_SIZE(relocated));
	tcase_add_test(built, no_signature);
	suite_add_tcase(s, built);
	return s;
}
