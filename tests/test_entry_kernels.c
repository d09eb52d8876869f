// SPDX-License-Identifier: GPL-2.0-only
/* test_entry_kernels.c - entry code and trap rows of Debian's kernels and of the bundled ones. */
#include "suites.h"

#include "check_bench.h"
#include "check_helpers.h"
#include "entry.h"

static const char *const files[] = {
	"vmlinuz-5.10.223-amd64",
	"vmlinuz-6.1.176-amd64",
	"vmlinuz-6.12.107-amd64",
	"vmlinuz-7.2.13-amd64",
};
static const char *const bundled_files[] = {
	"build/kernels/pvkernel-5.10",
	"build/kernels/pvkernel-6.1",
	"build/kernels/pvkernel-6.12",
	"build/kernels/pvkernel-7.2",
};
static const char *const platforms[] = {"native", "xen-pv"};

static void decide_all(struct boot *boot, const struct pvp_entry_sites *entry,
		       struct pvp_check_result *ret)
{
	boot->input.entry = entry;
	memset(ret, 0, sizeof(*ret));
	pvp_ck_ok(pvp_entry_check(&boot->input, ret));
}

/* What a witness says is what its state shows when it is run again. */
static void see_again(const struct pvp_check_input *input, const struct pvp_cell *cell)
{
	struct pvp_cell again;

	if (!cell->witness)
		return;
	pvp_ck_ok(pvp_check_one(input, cell->site, cell->witness->state, &again));
	ck_assert_msg(again.witness && !strcmp(again.witness->what, cell->witness->what), "%s: %s",
		      cell->site->op, cell->witness->what);
	ck_assert_mem_eq(again.witness->end_k1, cell->witness->end_k1,
			 sizeof(again.witness->end_k1));
	pvp_cell_deinit(&again);
}

static void expect_verdicts(const char *path, const char *platform, size_t at_least)
{
	struct pvp_check_result result;
	struct pvp_entry_sites entry;
	struct kernel kernel;
	struct boot boot;

	kernel_open(path, &kernel);
	boot_open(&kernel, platform, NULL, &boot);
	pvp_ck_ok(pvp_entry_sites_scan(kernel.image, &kernel.tables, &entry));
	ck_assert_uint_ge(entry.sites.nr, at_least);
	decide_all(&boot, &entry, &result);
	for (size_t i = 0; i < result.nr_entry_cells; i++)
		ck_assert_msg(result.entry_cells[i].verdict == PVP_EQUIVALENT &&
				      result.entry_cells[i].end == CHECK_STATES,
			      "%s, %s: %s#%u: %s", path, platform, entry.sites.v[i].op,
			      entry.sites.v[i].ordinal, result.entry_cells[i].detail);
	ck_assert_uint_eq(result.nr_findings, 0);
	pvp_check_result_deinit(&result);
	/* Another platform's text: what differs between the two is seen at every site but a row. */
	boot.input.patched = &(struct pvp_patched){0};
	if (!strcmp(platform, "xen-pv")) {
		decide_all(&boot, &entry, &result);
		for (size_t i = 0; i < result.nr_entry_cells; i++)
			if (entry.sites.v[i].kind == PVP_SITE_ENTRY)
				ck_assert_msg(result.entry_cells[i].verdict == PVP_DIVERGENT,
					      "%s: %s#%u, unpatched under Xen PV: %s", path,
					      entry.sites.v[i].op, entry.sites.v[i].ordinal,
					      pvp_verdict_name(result.entry_cells[i].verdict));
		for (size_t i = 0; i < result.nr_entry_cells; i++)
			see_again(&boot.input, &result.entry_cells[i]);
		pvp_check_result_deinit(&result);
	}
	pvp_entry_sites_deinit(&entry);
	boot_close(&boot);
	kernel_close(&kernel);
}

START_TEST(debian)
{
	const char *path = pvp_test_file(pvp_test_kernels(), files[_i / 2], "entry_kernels verdicts");

	if (path)
		expect_verdicts(path, platforms[_i % 2], 30);
}
END_TEST

/* (5.10's has no alternatives in its entry code: rows only.) */
START_TEST(bundled)
{
	expect_verdicts(bundled_files[_i / 2], platforms[_i % 2], _i / 2 ? 40 : 20);
}
END_TEST

/* sysretq and sysretl go to code of another mode: each is the wrong one in the other's place. */
START_TEST(other_sysret)
{
	const char *path = pvp_test_file(pvp_test_kernels(), files[1], "entry_kernels sysret");
	static const struct {
		const char *op, *symbol, *old, *new;
	} swaps[] = {
		{"entry.sysret64", "entry_SYSCALL_64", "\x48\x0f\x07", "\x0f\x07\x90"},
		{"entry.sysret32", "entry_SYSCALL_compat", "\x0f\x07\xcc", "\x48\x0f\x07"},
	};

	if (!path)
		return;
	for (size_t k = 0; k < ARRAY_SIZE(swaps); k++) {
		struct pvp_check_result result;
		struct pvp_entry_sites entry;
		const uint8_t by[3] = {PVP_PASS_GIVEN, PVP_PASS_GIVEN, PVP_PASS_GIVEN};
		const uint8_t *old;
		struct kernel kernel;
		struct boot boot;
		uint64_t at;
		unsigned found = 0;

		kernel_open(path, &kernel);
		boot_open(&kernel, "native", NULL, &boot);
		pvp_ck_ok(pvp_entry_sites_scan(kernel.image, &kernel.tables, &entry));
		at = check_bench_symbol(&kernel, swaps[k].symbol);
		for (unsigned i = 0; !boot.given.nr && i < 0x300; i++, at++) {
			old = pvp_image_bytes(kernel.image, at, 3);
			if (old && !memcmp(old, swaps[k].old, 3))
				pvp_patched_add(&boot.given, at, old, (const uint8_t *)swaps[k].new, by, 3);
		}
		ck_assert_uint_eq(boot.given.nr, 1);
		decide_all(&boot, &entry, &result);
		for (size_t i = 0; i < result.nr_entry_cells; i++) {
			const struct pvp_cell *cell = &result.entry_cells[i];

			if (cell->verdict == PVP_EQUIVALENT)
				continue;
			ck_assert_msg(!strcmp(cell->site->op, swaps[k].op) &&
					      strstr(cell->detail, "cs "),
				      "%s#%u: %s", cell->site->op, cell->site->ordinal,
				      cell->detail);
			found++;
		}
		ck_assert_uint_ge(found, 1);
		pvp_check_result_deinit(&result);
		pvp_entry_sites_deinit(&entry);
		boot_close(&boot);
		kernel_close(&kernel);
	}
}
END_TEST

/* Every row of Xen's table led to every other's entry, or to the native one. */
static void exchange_rows(const char *path)
{
	struct pvp_check_result result;
	struct pvp_entry_sites entry;
	struct kernel kernel;
	struct boot boot;
	uint64_t first;

	kernel_open(path, &kernel);
	boot_open(&kernel, "xen-pv", NULL, &boot);
	pvp_ck_ok(pvp_entry_sites_scan(kernel.image, &kernel.tables, &entry));
	for (unsigned way = 0; way < 2; way++) {
		first = entry.rows[0].xen;
		for (size_t i = 0; i < entry.nr_rows; i++)
			entry.rows[i].xen = way			    ? entry.rows[i].native
					    : i + 1 < entry.nr_rows ? entry.rows[i + 1].xen
								    : first;
		decide_all(&boot, &entry, &result);
		for (size_t i = 0; i < result.nr_entry_cells; i++)
			if (entry.sites.v[i].kind == PVP_SITE_TRAP)
				ck_assert_msg(result.entry_cells[i].verdict == PVP_DIVERGENT,
					      "%s, way %u: %s", entry.sites.v[i].op, way,
					      pvp_verdict_name(result.entry_cells[i].verdict));
		pvp_check_result_deinit(&result);
	}
	pvp_entry_sites_deinit(&entry);
	boot_close(&boot);
	kernel_close(&kernel);
}

/* Of a table that is not found every row is missed: Xen PV would get the entry for unknown traps. */
START_TEST(no_table)
{
	struct pvp_check_result result;
	struct pvp_entry_sites entry;
	struct kernel kernel;
	struct boot boot;

	kernel_open(bundled_files[1], &kernel);
	boot_open(&kernel, platforms[_i], NULL, &boot);
	pvp_ck_ok(pvp_entry_sites_scan(kernel.image, &kernel.tables, &entry));
	while (entry.sites.nr && entry.sites.v[entry.sites.nr - 1].kind == PVP_SITE_TRAP)
		entry.sites.nr--;
	entry.nr_rows = 0;
	decide_all(&boot, &entry, &result);
	ck_assert_uint_eq(result.nr_findings, _i ? 20 : 0);
	for (size_t i = 0; i < result.nr_findings; i++)
		ck_assert_str_eq(result.findings[i].kind, "trap-row");
	pvp_check_result_deinit(&result);
	pvp_entry_sites_deinit(&entry);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

START_TEST(rows_exchanged)
{
	const char *path = pvp_test_file(pvp_test_kernels(), files[1], "entry_kernels rows");

	if (path)
		exchange_rows(path);
}
END_TEST

START_TEST(bundled_rows_exchanged)
{
	exchange_rows(bundled_files[_i]);
}
END_TEST

Suite *entry_kernels_suite(void)
{
	Suite *s = suite_create("entry_kernels");
	TCase *ours = tcase_create("bundled kernels"), *real = tcase_create("real kernels");

	tcase_add_loop_test(ours, bundled, 0, 2 * ARRAY_SIZE(bundled_files));
	tcase_add_loop_test(ours, no_table, 0, 2);
	tcase_add_loop_test(ours, bundled_rows_exchanged, 0, ARRAY_SIZE(bundled_files));
	suite_add_tcase(s, ours);
	tcase_set_timeout(real, 120);
	tcase_set_tags(real, PVP_TAG_KERNELS);
	tcase_add_loop_test(real, debian, 0, 2 * ARRAY_SIZE(files));
	tcase_add_test(real, rows_exchanged);
	tcase_add_test(real, other_sysret);
	suite_add_tcase(s, real);
	return s;
}
