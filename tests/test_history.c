// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_history.c - bugs that Linux once had, in kernels of our own: each is DIVERGENT or a named
 * finding, where it is and nowhere else; the same kernel without the bug says nothing.
 * corpus/history/README.md is the list of them.
 */
#define _GNU_SOURCE
#include "check.h"

#include <fnmatch.h>

#include "agree.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "guest.h"
#include "old_patcher.h"
#include "suites.h"
#include "transfer_sites.h"

#define BUILT	 "build/kernels/bugs/pvkernel-6.1-"
#define CONTRACT "contract-violation"
#define LOST	 "mitigation-lost"
#define TABLE	 "malformed-table"
#define BYTES	 "byte-mismatch"
#define MISSING	 "missing-patch"
#define FAR	 "pv_sched_clock=far_sched_clock"
#define HOOKED	 "irqentry_exit_hook=idle_poll" /* else there is B1 */
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
	{ "linked thunk",            "RARE", "native",    "+RETHUNK", "@(irqentry_exit|__x86_return_thunk)", false, LOST },
	{ "guarded save_fl",         "B14", "native",     NULL, "irq.save_fl", true,  CONTRACT },
	{ "guarded save_fl, xen",    "B14", "xen-pv",     NULL, NULL,          false, NULL },
	{ "zeroed ident",            "B15", "native",     NULL, "mmu.*",       true,  CONTRACT },
	{ "zeroed ident, xen",       "B15", "xen-pv",     NULL, NULL,          false, NULL },
	{ "guarded ident",           "IDENT_GUARDED", "native", NULL, "mmu.*", true,  CONTRACT },
	{ "zeroed without a thunk",  "NO_THUNK_ZEROED", "native", NULL, "lock.*", true, CONTRACT },
	{ "zeroed, lean thunks",     "LEAN_ZEROED", "native", NULL, "lock.*",  true,  CONTRACT },
	{ "zeroed, lean thunks, xen", "LEAN_ZEROED", "xen-pv", NULL, "@(mmu|lock).*", false, CONTRACT },
	{ "add in a return thunk",   "B12", "native+srso", HOOKED, "@(return|static_call.*)", true, NULL },
	{ "add in a retpoline",      "B13", "native+retpoline", NULL, "retpoline.*", true, NULL },
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
	{ "no bug, retpolines",      "",    "native+retpoline", NULL, NULL,   false, NULL },
	{ "tail call of a function", "RARE", "native+srso", HOOKED, NULL, false, NULL },
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

#define STATIC_CALLS "static_call.*"

// clang-format off
/* Text that a patcher with that bug leaves (old_patcher.h). */
static const struct {
	enum old_bug bug;
	struct image_row row;
} patchers[] = {
	{ OLD_NOP_BY_OPCODE,    { "xchg for a NOP",         "RARE", "native",      NULL,   "mmu.read_cr3", true,  BYTES } },
	{ OLD_PARAVIRT_LAST,    { "paravirt last",          "",     "native",      NULL,   NULL,           false, BYTES } },
	{ OLD_PARAVIRT_LAST,    { "paravirt last, longer",  "RARE", "native",      NULL,   "irq.save_fl",  true,  BYTES } },
	{ OLD_TRAMPOLINES_LEFT, { "trampolines left",       "RARE", "native+srso", HOOKED, "__SCT__*",     false, LOST } },
	{ OLD_RETURNS_LEFT,     { "returns left",           "RARE", "native+srso", HOOKED, "*",            false, LOST } },
	{ OLD_JCC_LEFT,         { "jcc left",               "RARE", "native",      NULL,   STATIC_CALLS,   false, MISSING } },
	{ OLD_JCC_AS_JMP,       { "jcc made a jump",        "RARE", "native",      NULL,   STATIC_CALLS,   true,  BYTES } },
	{ OLD_INIT_LEFT,        { "static calls of init",   "RARE", "native",      NULL,   STATIC_CALLS,   false, MISSING } },
	{ OLD_NOPS_LEFT,        { "NOP sleds",              "RARE", "native",      NULL,   NULL,           false, BYTES } },
	{ OLD_NOPS_BY_BYTE,     { "90 90 90 90",            "RARE", "native",      FAR,    "@(static_call.*|mmu.read_cr3)", true,  BYTES } },
	{ OLD_PAGE_LOST,        { "writes that are lost",   "RARE", "native",      NULL,   "*",            false, MISSING } },
};

/* Where it has none of them. */
static const struct {
	const char *image, *platform, *option;
} right[] = {
	{ "",     "native",             NULL },
	{ "",     "xen-pv",             NULL },
	{ "",     "xen-pv-up",          NULL },
	{ "",     "native+retpoline",   NULL },
	{ "RARE", "native",             NULL },
	{ "RARE", "native",             "+PTI" },
	{ "RARE", "native",             FAR },
	{ "RARE", "native",             "+RETHUNK" },
	{ "RARE", "native+lfence",      NULL },
	{ "RARE", "native+spectre-off", NULL },
	{ "RARE", "native+retpoline",   NULL },
	{ "RARE", "native+srso",        NULL },
	{ "RARE", "native+srso",        HOOKED },
	{ "RARE", "xen-pv",             NULL },
	{ "RARE", "xen-pv+srso",        NULL },
	{ "B22",  "native",             "+PTI" },
	{ "B25",  "native",             NULL },
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
	for (size_t i = 0; i < result->nr_transfer_cells; i++) {
		const struct pvp_cell *cell = &result->transfer_cells[i];

		ck_assert_msg(cell->verdict == PVP_DIVERGENT && row->divergent &&
				      is_at(row->where, kernel, cell->site, 0),
			      "%s: %s#%u: %s, %s", row->name, cell->site->op, cell->site->ordinal,
			      pvp_verdict_name(cell->verdict), cell->detail);
		divergent = true;
	}
	for (size_t i = 0; i < result->nr_findings; i++) {
		const struct pvp_finding *f = &result->findings[i];

		/* A note may be anywhere: that bytes differ where the site does the same. */
		ck_assert_msg(row->finding && !strcmp(f->kind, row->finding) &&
				      (!f->error || is_at(row->where, kernel, f->site, f->addr)),
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
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result;
	struct kernel kernel;
	struct boot boot;

	open_built(row->image, &kernel);
	open_boot(&kernel, row->platform, row->option, &boot);
	pvp_ck_ok(pvp_transfer_sites_scan(kernel.image, &kernel.tables, &transfers));
	boot.input.transfers = &transfers;
	pvp_ck_ok(pvp_check(&boot.input, &result));
	judge(row, &kernel, &result);
	pvp_check_result_deinit(&result);
	pvp_transfer_sites_deinit(&transfers);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

START_TEST(patched_wrong)
{
	const struct image_row *row = &patchers[_i].row;
	struct pvp_check_result result;
	struct kernel kernel;
	struct boot boot;

	open_built(row->image, &kernel);
	open_boot(&kernel, row->platform, row->option, &boot);
	old_patcher_run(&boot, patchers[_i].bug);
	ck_assert_msg(boot.given.nr > 0, "%s: the text is right", row->name);
	pvp_ck_ok(pvp_check(&boot.input, &result));
	judge(row, &kernel, &result);
	pvp_check_result_deinit(&result);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

/* Without a bug it is a third predictor, and the kernel's own patcher agrees. */
START_TEST(patched_right)
{
	struct pvp_patched guest;
	struct pvp_agree agree;
	struct kernel kernel;
	struct boot boot;

	open_built(right[_i].image, &kernel);
	open_boot(&kernel, right[_i].platform, right[_i].option, &boot);
	old_patcher_run(&boot, OLD_RIGHT);
	ck_assert_msg(!boot.given.nr, "%s on %s: %zu differences, the first at %#llx",
		      right[_i].image, right[_i].platform, boot.given.nr,
		      boot.given.nr ? (unsigned long long)boot.given.v[0].addr : 0);
	pvp_ck_ok(pvp_guest_patch(kernel.image, &kernel.tables, boot.platform, &guest));
	pvp_agree_compare(&boot.patched, &guest, &agree);
	ck_assert_msg(!agree.nr, "%s on %s: its own patcher differs at %#llx", right[_i].image,
		      right[_i].platform, agree.nr ? (unsigned long long)agree.v[0].addr : 0);
	pvp_agree_deinit(&agree);
	pvp_patched_deinit(&guest);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

/* Kernels whose own patcher has the bug of that row of `patchers`. */
static const struct {
	const char *image, *row;
} themselves[] = {
	{"B8", "paravirt last, longer"}, {"B18", "trampolines left"}, {"B20", "jcc left"},
	{"B21", "static calls of init"}, {"B23", "NOP sleds"},	      {"B24", "90 90 90 90"},
};

/*
 * What the kernel's own patcher leaves, run in the emulator, is what the old one leaves of the same
 * tables: a predictor-disagreement wherever it is, judged as text like the row it is.
 */
START_TEST(patches_itself_wrong)
{
	struct pvp_check_result result;
	struct pvp_patched guest, by_itself = {0};
	struct pvp_agree agree;
	struct kernel kernel;
	struct boot boot;
	size_t i = 0;

	while (strcmp(patchers[i].row.name, themselves[_i].row))
		i++;
	open_built(themselves[_i].image, &kernel);
	open_boot(&kernel, patchers[i].row.platform, patchers[i].row.option, &boot);
	pvp_ck_ok(pvp_guest_patch(kernel.image, &kernel.tables, boot.platform, &guest));
	pvp_patched_difference(&boot.patched, &guest, &by_itself);
	ck_assert_msg(by_itself.nr > 0, "%s: the predictors agree", themselves[_i].image);
	old_patcher_run(&boot, patchers[i].bug);
	pvp_agree_compare(&boot.given, &by_itself, &agree);
	ck_assert_msg(!agree.nr, "%s: other text at %#llx", themselves[_i].image,
		      agree.nr ? (unsigned long long)agree.v[0].addr : 0);
	pvp_agree_deinit(&agree);
	pvp_patched_deinit(&by_itself);
	pvp_patched_deinit(&guest);
	pvp_ck_ok(pvp_check(&boot.input, &result));
	judge(&patchers[i].row, &kernel, &result);
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

/* ---- the list ---- */

#define LIST	"corpus/history/README.md"
#define NR_BUGS 35

static const char *name_of_row(size_t i)
{
	if (i < ARRAY_SIZE(images))
		return images[i].name;
	i -= ARRAY_SIZE(images);
	if (i < ARRAY_SIZE(patchers))
		return patchers[i].row.name;
	i -= ARRAY_SIZE(patchers);
	if (i < ARRAY_SIZE(relocated))
		return relocated[i].name;
	return i == ARRAY_SIZE(relocated) ? "no signature" : NULL;
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t len = 0;

	ck_assert_msg(file != NULL, "%s: cannot be read", path);
	ck_assert_msg(getdelim(&text, &len, 0, file) > 0, "%s: empty", path);
	fclose(file);
	return text;
}

/* "row", or "FILE.c: row": a table there has it as a row's name. */
static void check_name(const char *bug, const char *text)
{
	const char *colon = strstr(text, ".c: ");
	char path[128], quoted[128], *source;

	if (!colon) {
		for (size_t i = 0; name_of_row(i); i++)
			if (!strcmp(name_of_row(i), text))
				return;
		ck_abort_msg("%s: %s: no row is called \"%s\"", LIST, bug, text);
	}
	snprintf(path, sizeof(path), "tests/%.*s.c", (int)(colon - text), text);
	snprintf(quoted, sizeof(quoted), "{ \"%s\"", colon + 4);
	source = read_text(path);
	ck_assert_msg(strstr(source, quoted) != NULL, "%s: %s: %s has no row \"%s\"", LIST, bug,
		      path, colon + 4);
	free(source);
}

/* One line of the table; returns its number, or 0: "-". */
static unsigned check_line(char *line)
{
	char *cells[6], *cell, *next = line + 2, *save = NULL;
	unsigned nr = 0;

	while (nr < ARRAY_SIZE(cells) && (cell = strsep(&next, "|")) && next)
		cells[nr++] = cell;
	ck_assert_msg(nr == 5, "%s: %u cells in \"%s ..\"", LIST, nr, cells[0]);
	for (cell = strtok_r(cells[4], ";", &save), nr = 0; cell;
	     cell = strtok_r(NULL, ";", &save)) {
		cell += strspn(cell, " ");
		for (size_t len = strlen(cell); len && cell[len - 1] == ' ';)
			cell[--len] = 0;
		if (!*cell)
			continue;
		check_name(cells[0], cell);
		nr++;
	}
	ck_assert_msg(!strncmp(cells[2], " not: ", 6) == !nr,
		      "%s: %s: a test, or \"not: why\", and not both", LIST, cells[0]);
	return cells[0][0] == 'B' ? strtoul(cells[0] + 1, NULL, 10) : 0;
}

START_TEST(list)
{
	char *text = read_text(LIST), *save = NULL;
	unsigned last = 0, nr;

	/* Before the lines are taken apart: what is wrong is listed. */
	for (size_t i = 0; name_of_row(i); i++) {
		bool right = i < ARRAY_SIZE(images) && !images[i].divergent && !images[i].finding;

		ck_assert_msg(right || strstr(text, name_of_row(i)), "%s lacks \"%s\"", LIST,
			      name_of_row(i));
	}
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "| B", 3) && strncmp(line, "| - ", 4))
			continue;
		nr = check_line(line);
		ck_assert_msg(!nr || nr == last + 1, "%s: B%u behind B%u", LIST, nr, last);
		last = nr ? nr : last;
	}
	ck_assert_uint_eq(last, NR_BUGS);
	free(text);
}
END_TEST

Suite *history_suite(void)
{
	Suite *s = suite_create("history");
	TCase *built = tcase_create("kernels built wrong");
	TCase *listed = tcase_create("the list");
	TCase *patched = tcase_create("kernels patched wrong");

	tcase_add_loop_test(built, built_wrong, 0, ARRAY_SIZE(images));
	tcase_add_loop_test(built, right_text, 0, ARRAY_SIZE(relocated));
	tcase_add_test(built, no_signature);
	tcase_add_loop_test(patched, patched_right, 0, ARRAY_SIZE(right));
	tcase_add_loop_test(patched, patched_wrong, 0, ARRAY_SIZE(patchers));
	tcase_add_test(listed, list);
	suite_add_tcase(s, listed);
	suite_add_tcase(s, built);
	tcase_add_loop_test(patched, patches_itself_wrong, 0, ARRAY_SIZE(themselves));
	suite_add_tcase(s, patched);
	return s;
}
