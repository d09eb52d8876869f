// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_lint_debian.c - lint of Debian's kernels: each place has a reason, and what a reason does
 * not hold for has none.
 */
#include "lint_bench.h"

#include <string.h>

#include "alloc.h"
#include "check_helpers.h"

static const char *const debians[] = {"vmlinuz-5.10.223-amd64", "vmlinuz-6.1.176-amd64",
				      "vmlinuz-6.12.107-amd64", "vmlinuz-7.2.13-amd64"};

/*
 * All but one place does no harm, for a reason, and of that one it is known what is wrong; every
 * pattern of the list is for a place in one of the kernels.
 */
START_TEST(debian)
{
	static size_t used[128][128];

	for (size_t n = 0; n < ARRAY_SIZE(debians); n++) {
		const char *file =
			pvp_test_file(pvp_test_kernels(), debians[n], "lint of Debian's");
		struct pvp_lint lint;

		if (!file)
			return;
		lint_bench_open(file);
		pvp_ck_ok(pvp_allow_load(LINT_CORPUS, lint_bench.kernel.image, &lint_bench.allow));
		lint_bench_run(&lint_bench.xen_pv.patched, &lint);
		for (size_t i = 0; i < lint.nr; i++)
			ck_assert_msg(lint.v[i].allowed || (lint.v[i].known &&
							    !strcmp(lint.v[i].symbol, "get_desc")),
				      "%s: %s at %s", debians[n], lint.v[i].text, lint.v[i].symbol);
		ck_assert_uint_eq(lint_bench_findings(&lint), 1);
		ck_assert_uint_eq(lint_bench_stale(), 0);
		ck_assert_uint_le(lint_bench.allow.nr, ARRAY_SIZE(used));
		for (size_t i = 0; i < lint_bench.allow.nr; i++)
			for (size_t k = 0; k < lint_bench.allow.v[i].nr_symbols; k++) {
				used[i][k] += lint_bench.allow.v[i].symbols[k].used;
				if (n == ARRAY_SIZE(debians) - 1 && !used[i][k])
					ck_abort_msg("%s:%u: %s is for nothing",
						     lint_bench.allow.v[i].path,
						     lint_bench.allow.v[i].line,
						     lint_bench.allow.v[i].symbols[k].pattern);
			}
		pvp_lint_deinit(&lint);
		lint_bench_close();
	}
}
END_TEST

/*
 * Functions that a name like theirs once let off: Xen PV runs them, or the reason was another's.
 * Each kernel has some of them.
 */
// clang-format off
static const struct {
	const char *symbol;
	uint8_t len, bytes[3];
	const char *kind;
} seeds[] = {
	{ "vc_do_resize",                3, { 0x0f, 0x01, 0x07 }, "sgdt" },
	{ "vc_allocate",                 1, { 0xfa },             "cli" },
	{ "vc_resize",                   1, { 0x9d },             "popf" },
	{ "native_tss_update_io_bitmap", 1, { 0x9d },             "popf" },
	{ "native_pv_lock_init",         1, { 0x9d },             "popf" },
	{ "native_calibrate_cpu",        1, { 0x9d },             "popf" },
	{ "cr4_init",                    3, { 0x0f, 0x22, 0xe0 }, "mov-to-cr" },
	{ "setup_arch",                  3, { 0x0f, 0x22, 0xe0 }, "mov-to-cr" },
	{ "page_fault_oops",             3, { 0x0f, 0x22, 0xd8 }, "mov-to-cr" },
	{ "no_context",                  3, { 0x0f, 0x22, 0xd8 }, "mov-to-cr" },
	{ "__show_regs",                 3, { 0x0f, 0x22, 0xd8 }, "mov-to-cr" },
	{ "do_early_exception",          3, { 0x0f, 0x22, 0xd0 }, "mov-to-cr" },
	{ "nmi_cpu_backtrace",           1, { 0x9c },             "pushf" },
	{ "hv_is_hyperv_initialized",    1, { 0x9d },             "popf" },
	{ "native_write_cr4",            1, { 0x9d },             "popf" },
};
// clang-format on

static void lay_in_order(const uint64_t *at, struct pvp_patched *ret)
{
	uint64_t last = 0;

	for (size_t next = 0; next < ARRAY_SIZE(seeds); last = at[next]) {
		next = ARRAY_SIZE(seeds);
		for (size_t i = 0; i < ARRAY_SIZE(seeds); i++)
			if (at[i] > last && (next == ARRAY_SIZE(seeds) || at[i] < at[next]))
				next = i;
		if (next == ARRAY_SIZE(seeds))
			return;
		lint_bench_lay(seeds[next].symbol, seeds[next].bytes, seeds[next].len, ret);
	}
}

START_TEST(debian_seeded)
{
	const char *file = pvp_test_file(pvp_test_kernels(), debians[_i], "lint of Debian's");
	uint64_t at[ARRAY_SIZE(seeds)] = {0};
	struct pvp_patched patched = {0};
	struct pvp_lint lint;
	size_t nr = 0;

	if (!file)
		return;
	lint_bench_open(file);
	pvp_ck_ok(pvp_allow_load(LINT_CORPUS, lint_bench.kernel.image, &lint_bench.allow));
	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++)
		if (pvp_image_symbols_named(lint_bench.kernel.image, seeds[i].symbol, NULL))
			at[i] = check_bench_symbol(&lint_bench.kernel, seeds[i].symbol);
	lay_in_order(at, &patched);
	lint_bench_run(&patched, &lint);
	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
		const struct pvp_lint_place *place = at[i] ? lint_bench_place(&lint, at[i]) : NULL;

		if (!at[i])
			continue;
		ck_assert_msg(place && !strcmp(place->what->name, seeds[i].kind), "%s: %s: is %s",
			      debians[_i], seeds[i].symbol, place ? place->what->name : "none");
		ck_assert_msg(!place->allowed, "%s: %s in %s: %s", debians[_i], seeds[i].kind,
			      seeds[i].symbol, place->allowed ? place->allowed->why : "");
		nr++;
	}
	ck_assert_msg(nr >= ARRAY_SIZE(seeds) - 4, "%s: %zu seeds", debians[_i], nr);
	pvp_lint_deinit(&lint);
	pvp_patched_deinit(&patched);
	lint_bench_close();
}
END_TEST

TCase *lint_debian_case(void)
{
	TCase *kernels = tcase_create("debian");

	tcase_set_tags(kernels, PVP_TAG_KERNELS);
	tcase_add_test(kernels, debian);
	tcase_add_loop_test(kernels, debian_seeded, 0, ARRAY_SIZE(debians));
	return kernels;
}
