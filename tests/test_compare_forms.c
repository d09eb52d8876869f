// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_compare_forms.c - the bundled kernels of all forms against each other: what they do is the same
 * but for the rows of corpus/compare, each of which is needed; and what is spoiled in one is found.
 */
#include "comparison.h"

#include <string.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"

#define FORM(version) "build/kernels/pvkernel-" version
#define CORPUS	      "corpus/compare"

static struct kernel kernels[2];
static struct boot boots[2];
static struct pvp_excuses excuses;
static struct pvp_op_cells cells;

/* pv_op: B's, in place of the platform's; NULL. */
static void compare(const char *a, const char *b, const char *platform, const char *pv_op)
{
	const char *paths[] = { a, b };
	const char *pv_ops[] = { pv_op, NULL };
	struct pvp_excuse_pair pair;

	for (unsigned i = 0; i < 2; i++) {
		const struct pvp_overrides overrides = {
			.initcalls = true, .pv_ops = i && pv_op ? pv_ops : NULL };

		kernel_open(paths[i], &kernels[i]);
		boot_open(&kernels[i], platform, &overrides, &boots[i]);
		boots[i].input.by_name = true;
		boots[i].input.nr_states = 16;
		pair.image[i] = kernels[i].image;
		pair.generation[i] = kernels[i].tables.generation;
	}
	pvp_ck_ok(pvp_excuses_load(CORPUS, &pair, &excuses));
	pvp_ck_ok(pvp_behaviour_compare(&boots[0].input, &boots[1].input, &excuses, &cells));
	pvp_op_cells_judge(&cells, platform, &excuses);
}

static void close_pair(void)
{
	pvp_op_cells_deinit(&cells);
	pvp_excuses_deinit(&excuses);
	for (unsigned i = 0; i < 2; i++) {
		boot_close(&boots[i]);
		kernel_close(&kernels[i]);
	}
}

static bool is_open(const struct pvp_op_cell *cell)
{
	return cell->verdict != PVP_OP_SAME && cell->verdict != PVP_OP_EXCUSED;
}

// clang-format off
static const char *const pairs[][2] = {
	{ "5.10", "6.1" }, { "5.10", "6.12" }, { "5.10", "7.2" },
	{ "6.1", "6.12" }, { "6.1", "7.2" },   { "6.12", "7.2" },
};

/* Where the operations are other ones; each of these is for all forms of the architecture. */
static const struct {
	const char *arch; /* suffix of the image */
	const char *name;
	size_t nr_ops; /* there are at least */
} platforms[] = {
	{ "",      "native",    85 },
	{ "",      "xen-pv",    85 },
	{ "",      "kvm-steal", 85 },
	{ "",      "vmware",    85 },
	{ "",      "hyperv",    85 },
	{ "",      "hyperv-invariant", 85 },
	{ "-i386", "native",    12 },
	{ "-i386", "kvm-steal", 12 },
	{ "-i386", "vmware",    12 },
	{ "-i386", "hyperv",    12 },
};
// clang-format on

static void compare_forms(unsigned row, bool backwards)
{
	const char *const *pair = pairs[row / ARRAY_SIZE(platforms)];
	unsigned nth = row % ARRAY_SIZE(platforms);
	char paths[2][64];

	for (unsigned i = 0; i < 2; i++)
		snprintf(paths[i], sizeof(paths[i]), FORM("%s%s"), pair[i ^ backwards],
			 platforms[nth].arch);
	compare(paths[0], paths[1], platforms[nth].name, NULL);
}

static void check_forms(const char *what, unsigned row)
{
	const struct pvp_image *const images[] = { kernels[0].image, kernels[1].image };

	ck_assert_uint_ge(cells.nr, platforms[row % ARRAY_SIZE(platforms)].nr_ops);
	for (size_t i = 0; i < cells.nr; i++)
		ck_assert_msg(!is_open(&cells.v[i]), "%s: %s %s: %s", what, cells.v[i].op,
			      pvp_op_verdict_name(cells.v[i].verdict),
			      cells.v[i].differences.v[0].field);
	for (size_t i = 0; i < excuses.nr; i++)
		ck_assert_msg(!pvp_excuse_is_unused(&excuses.v[i]), "%s: %s is not needed for %s, %s",
			      what, excuses.v[i].where, excuses.v[i].op, excuses.v[i].field);
	for (size_t i = 0; i < excuses.places.nr; i++)
		ck_assert_msg(!pvp_place_rename_is_unused(&excuses, i, images),
			      "%s: %s is not needed", what, excuses.places.v[i].where);
}

START_TEST(forms_do_the_same)
{
	char what[96];

	snprintf(what, sizeof(what), "%s and %s%s on %s", pairs[_i / ARRAY_SIZE(platforms)][0],
		 pairs[_i / ARRAY_SIZE(platforms)][1], platforms[_i % ARRAY_SIZE(platforms)].arch,
		 platforms[_i % ARRAY_SIZE(platforms)].name);
	compare_forms(_i, false);
	check_forms(what, _i);
	close_pair();
}
END_TEST

/* The rows are for a pair in whichever order. */
START_TEST(in_the_other_order)
{
	compare_forms(_i, true);
	check_forms("backwards", _i);
	close_pair();
}
END_TEST

// clang-format off
/* One function of B's is another: that operation differs, and no other is said to. */
static const struct {
	const char *a, *b, *platform, *pv_op, *op;
	const char *field; /* one that differs; NULL: any */
} spoiled[] = {
	{ "5.10", "6.1",  "native", "cpu.load_idt=native_load_gdt",       "cpu.load_idt",   "effects.lidt" },
	{ "5.10", "7.2",  "native", "cpu.read_pmc=native_read_msr",       "cpu.read_pmc",   "result" },
	{ "6.1",  "7.2",  "native", "cpu.load_tls=NULL",                  "cpu.load_tls",   "null" },
	{ "5.10", "6.1",  "xen-pv", "cpu.load_tls=native_load_tls",       "cpu.load_tls",   "hypercall.multicall" },
	{ "6.1",  "6.12", "xen-pv", "mmu.read_cr2=pv_native_read_cr2",    "mmu.read_cr2",   "result" },
	{ "5.10-i386", "6.1-i386", "kvm", "lock.kick=kvm_wait",           "lock.kick",      NULL },
	{ "6.12", "7.2",  "xen-pv", "cpu.write_ldt_entry=native_write_ldt_entry", "cpu.write_ldt_entry", "hypercall.update_descriptor" },
};
// clang-format on

START_TEST(what_is_spoiled_is_found)
{
	char a[64], b[64];
	bool found = false;

	snprintf(a, sizeof(a), FORM("%s"), spoiled[_i].a);
	snprintf(b, sizeof(b), FORM("%s"), spoiled[_i].b);
	compare(a, b, spoiled[_i].platform, spoiled[_i].pv_op);
	for (size_t i = 0; i < cells.nr; i++) {
		const struct pvp_op_cell *cell = &cells.v[i];

		if (!is_open(cell))
			continue;
		ck_assert_msg(!strcmp(cell->op, spoiled[_i].op), "%s: %s differs, too, in %s",
			      spoiled[_i].pv_op, cell->op, cell->differences.v[0].field);
		for (size_t k = 0; k < cell->differences.nr; k++)
			found |= !spoiled[_i].field ||
				 !strcmp(cell->differences.v[k].field, spoiled[_i].field);
		ck_assert_msg(found, "%s: %s, not %s", spoiled[_i].pv_op,
			      cell->differences.v[0].field, spoiled[_i].field);
	}
	ck_assert_msg(found, "%s is not found", spoiled[_i].pv_op);
	close_pair();
}
END_TEST

Suite *compare_forms_suite(void)
{
	Suite *suite = suite_create("compare_forms");
	TCase *tcase = tcase_create("forms");

	tcase_add_loop_test(tcase, forms_do_the_same, 0, ARRAY_SIZE(pairs) * ARRAY_SIZE(platforms));
	tcase_add_loop_test(tcase, in_the_other_order, 0, ARRAY_SIZE(platforms));
	tcase_set_timeout(tcase, 120);
	tcase_set_tags(tcase, PVP_TAG_LONG);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("teeth");
	tcase_add_loop_test(tcase, what_is_spoiled_is_found, 0, ARRAY_SIZE(spoiled));
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return suite;
}
