// SPDX-License-Identifier: GPL-2.0-only
/* test_unexplained.c - text that differs from the file where nothing patches. */
#include <stdlib.h>
#include <string.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "findings.h"
#include "suites.h"

enum { NONE, NOTE, ERROR };
/* In place of an offset: of the first retpoline in the function. */
#define CALL 0x1000

// clang-format off
/* One byte of the bundled kernel of a form is another. */
static const struct {
	const char *image, *platform, *symbol;
	int off;
	int is;
} rows[] = {
	{ "build/kernels/pvkernel-6.1",  "native", "native_load_gdt",     0, ERROR },
	{ "build/kernels/pvkernel-6.1",  "native", "native_load_gdt",     3, ERROR },
	{ "build/kernels/pvkernel-6.1",  "native", "native_sched_clock",  1, ERROR }, /* a static call leads there */
	{ "build/kernels/pvkernel-6.1",  "native", "xen_load_gdt",        0, NOTE },  /* not here */
	{ "build/kernels/pvkernel-6.1",  "xen-pv", "xen_load_gdt",        0, ERROR },
	{ "build/kernels/pvkernel-6.1",  "xen-pv", "native_load_gdt",     0, NOTE },
	{ "build/kernels/pvkernel-6.1",  "native", "parse_number",        1, NOTE },
	{ "build/kernels/pvkernel-6.1",  "native", "site_load_gdt",       2, NONE },  /* a site */
	{ "build/kernels/pvkernel-6.1",  "xen-pv", "early_xen_iret_patch", 1, NONE },
	{ "build/kernels/pvkernel-6.12", "native", "native_load_gdt",     4, ERROR },
	{ "build/kernels/pvkernel-6.12", "native", "parse_number",    -4, NOTE },  /* a pad, and nothing is accounted */
	{ "build/kernels/pvkernel-6.12", "native+call-depth", "parse_number", -4, NONE },
	{ "build/kernels/pvkernel-6.1",  "xen-pv", "xen_pte_val",         5, ERROR }, /* behind a thunk */
	{ "build/kernels/pvkernel-6.1",  "native", "xen_pte_val",         5, NOTE },
	{ "build/kernels/pvkernel-6.1",  "native", "call_through",        CALL, NONE }, /* a retpoline */
	{ "build/kernels/pvkernel-6.1",  "native", "call_through",        CALL + 5, NOTE }, /* behind it */
	{ "build/kernels/pvkernel-5.10", "xen-pv", "hypercall_page",      40, NONE },
	{ "build/kernels/pvkernel-7.2",  "native", "native_load_gdt",     4, ERROR },
	{ "build/kernels/pvkernel-5.10", "native", "native_load_gdt",     0, ERROR },
	{ "build/kernels/pvkernel-5.10-i386", "kvm", "kvm_wait",          1, ERROR },
	{ "build/kernels/pvkernel-5.10-i386", "native", "kvm_wait",       1, NOTE },
};
// clang-format on

static int retpoline_in(const struct kernel *kernel, uint64_t function)
{
	for (size_t i = 0; i < kernel->tables.nr_retpolines; i++)
		if (kernel->tables.retpolines[i].addr - function < 64)
			return kernel->tables.retpolines[i].addr - function;
	ck_abort_msg("no retpoline");
}

START_TEST(a_byte)
{
	struct pvp_check_result result = {0};
	const uint8_t by = PVP_PASS_GIVEN;
	struct kernel kernel;
	struct boot boot;
	const uint8_t *old;
	uint8_t new;
	uint64_t at;
	int is = NONE;

	kernel_open(rows[_i].image, &kernel);
	boot_open(&kernel, rows[_i].platform, NULL, &boot);
	at = check_bench_symbol(&kernel, rows[_i].symbol) + rows[_i].off;
	if (rows[_i].off >= CALL)
		at += retpoline_in(&kernel, at - rows[_i].off) - CALL;
	old = pvp_image_bytes(kernel.image, at, 1);
	ck_assert_ptr_nonnull(old);
	new = *old ^ 1;
	pvp_patched_add(&boot.given, at, old, &new, &by, 1);
	pvp_ck_ok(pvp_findings(&boot.input, &result));
	for (size_t i = 0; i < result.nr_findings; i++) {
		const struct pvp_finding *f = &result.findings[i];

		if (strcmp(f->kind, "unexplained-text"))
			continue;
		ck_assert_int_eq(is, NONE);
		ck_assert_uint_eq(f->addr, at);
		is = f->error ? ERROR : NOTE;
	}
	ck_assert_msg(is == rows[_i].is, "%s+%d on %s: %d", rows[_i].symbol, rows[_i].off,
		      rows[_i].platform, is);
	pvp_check_result_deinit(&result);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

/* What boot itself leaves, with nothing given and with all of it given. */
START_TEST(boot_is_explained)
{
	struct pvp_check_result result = {0};
	struct kernel kernel;
	struct boot boot;

	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, _i ? "xen-pv" : "native", NULL, &boot);
	for (size_t i = 0; i < boot.patched.nr; i++) {
		const struct pvp_patch *row = &boot.patched.v[i];
		uint8_t *by = malloc(row->len);

		memset(by, PVP_PASS_GIVEN, row->len);
		if (!row->symbolic)
			pvp_patched_add(&boot.given, row->addr, row->old, row->new, by, row->len);
		free(by);
	}
	ck_assert_uint_gt(boot.given.nr, 100);
	pvp_ck_ok(pvp_findings(&boot.input, &result));
	ck_assert_uint_eq(result.nr_findings, 0);
	pvp_check_result_deinit(&result);
	boot_close(&boot);
	kernel_close(&kernel);
}
END_TEST

Suite *unexplained_suite(void)
{
	Suite *suite = suite_create("unexplained");
	TCase *text = tcase_create("text");

	tcase_add_loop_test(text, a_byte, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(text, boot_is_explained, 0, 2);
	suite_add_tcase(suite, text);
	return suite;
}
