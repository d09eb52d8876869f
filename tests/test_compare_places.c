// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_compare_places.c - places of two images: by name, by the name that a row gives them, and in
 * whichever way an address is written.
 */
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "excuses.h"
#include "plan.h"
#include "suites.h"

static struct kernel kernels[2];

static void open_kernels(const char *a, const char *b)
{
	kernel_open(a, &kernels[0]);
	kernel_open(b, &kernels[1]);
}

static void close_kernels(void)
{
	kernel_close(&kernels[0]);
	kernel_close(&kernels[1]);
}

/* The numbers of operations are absolute symbols, and others in each form: they neither name a
 * place in per-CPU data that is numbered from 0, nor make two places one. */
START_TEST(absolute_symbols_name_no_place)
{
	struct pvp_places places = {0};
	uint64_t at[2];
	char *text;

	open_kernels(PVP_BUNDLED_KERNEL, "build/kernels/pvkernel-5.10");
	for (unsigned i = 0; i < 2; i++) {
		places.image[i] = kernels[i].image;
		at[i] = pvp_image_on_cpu0(kernels[i].image,
					  check_bench_symbol(&kernels[i], "PV_SLOT_mmu_read_cr2"));
		text = pvp_places_text(&places, i, at[i]);
		ck_assert_msg(!strncmp(text, "fixed_percpu_data+0x", 20), "%s", text);
		free(text);
	}
	ck_assert_uint_ne(at[0], at[1]);
	ck_assert(!pvp_places_same(&places, at[0], at[1]));
	close_kernels();
}
END_TEST

static struct pvp_place_rename renamed(char *from, uint64_t from_offset, char *to,
				       uint64_t to_offset, uint64_t size)
{
	return (struct pvp_place_rename){
		.from = {from, from_offset}, .to = {to, to_offset}, .size = size};
}

// clang-format off
/* Places of the bundled kernel, A's and B's, with B's image the newer: pv_ops's first eight bytes are
 * called boot_cpu_data+0x8 in A, which no image needs to have. */
static const struct {
	const char *a, *b;
	uint64_t a_offset, b_offset;
	bool same;
} placed[] = {
	{ "pv_ops",        "pv_ops", 0x10, 0x10, true  }, /* behind what was renamed */
	{ "pv_ops",        "pv_ops", 0x10, 0x18, false },
	{ "pv_ops",        "pv_ops", 0,    0,    false }, /* that is another place now */
	{ "boot_cpu_data", "pv_ops", 0x8,  0,    true  },
	{ "boot_cpu_data", "pv_ops", 0xc,  0x4,  true  },
	{ "boot_cpu_data", "pv_ops", 0x10, 0x8,  false },
};
// clang-format on

START_TEST(places_are_renamed)
{
	struct pvp_place_rename row = renamed("boot_cpu_data", 8, "pv_ops", 0, 8);
	const struct pvp_place_renames renames = {&row, 1, 1};
	struct pvp_places places = {.renames = &renames, .newer = 1};
	struct pvp_excuses excuses = {.places = renames, .newer = 1};
	uint64_t a, b, to;

	open_kernels(PVP_BUNDLED_KERNEL, PVP_BUNDLED_KERNEL);
	places.image[0] = kernels[0].image;
	places.image[1] = kernels[1].image;
	a = check_bench_symbol(&kernels[0], placed[_i].a) + placed[_i].a_offset;
	b = check_bench_symbol(&kernels[1], placed[_i].b) + placed[_i].b_offset;
	/* Equal numbers are equal, whatever they are called. */
	ck_assert_int_eq(pvp_places_same(&places, a, b), placed[_i].same || a == b);
	ck_assert(pvp_places_map(&places, 0, a, &to));
	ck_assert_int_eq(to == b, placed[_i].same || a == b);
	ck_assert(!pvp_place_rename_is_unused(&excuses, 0, places.image));
	row.to.symbol = "nonesuch";
	ck_assert(pvp_place_rename_is_unused(&excuses, 0, places.image));
	close_kernels();
}
END_TEST

// clang-format off
/* How an address can be written, in A, which is zero-based, and in B, whose per-CPU data boot copies. */
enum { VIRTUAL, PHYSICAL, MACHINE, FRAME, MACHINE_FRAME };

static const struct {
	const char *name, *a, *b;
	int form;
	bool same;
} on_cpu0[] = {
	{ "virtual",             "gdt_page", "gdt_page",      VIRTUAL,       true },
	{ "virtual, another",    "gdt_page", "xen_vcpu_info", VIRTUAL,       false },
	{ "physical",            "gdt_page", "gdt_page",      PHYSICAL,      true },
	{ "physical, another",   "gdt_page", "xen_vcpu_info", PHYSICAL,      false },
	{ "machine",             "gdt_page", "gdt_page",      MACHINE,       true },
	{ "machine, another",    "gdt_page", "xen_vcpu_info", MACHINE,       false },
	{ "frame",               "gdt_page", "gdt_page",      FRAME,         true },
	{ "machine's frame",     "gdt_page", "gdt_page",      MACHINE_FRAME, true },
	{ "machine, not per-CPU", "pv_ops",  "pv_ops",        MACHINE,       true },
	{ "machine, neither",    "pv_ops",   "gdt_page",      MACHINE,       false },
};
// clang-format on

static uint64_t written(const struct kernel *kernel, const char *symbol, int form)
{
	uint64_t addr = pvp_image_on_cpu0(kernel->image, check_bench_symbol(kernel, symbol));
	uint64_t base = addr < 0xffffffff80000000 ? pvp_plan_of(kernel->image)->page_offset
						  : 0xffffffff80000000;
	const uint64_t values[] = {
		[VIRTUAL] = addr,
		[PHYSICAL] = addr - base,
		[MACHINE] = addr - base + PVP_MFN_OFFSET * 4096,
		[FRAME] = (addr - base) >> 12,
		[MACHINE_FRAME] = ((addr - base) >> 12) + PVP_MFN_OFFSET,
	};

	return values[form];
}

START_TEST(places_on_cpu0_are_the_same)
{
	struct pvp_places places = {0};

	open_kernels(PVP_BUNDLED_KERNEL, "build/kernels/pvkernel-7.2");
	places.image[0] = kernels[0].image;
	places.image[1] = kernels[1].image;
	ck_assert_msg(kernels[1].image->percpu_from, "the kernel's per-CPU data is zero-based");
	ck_assert_msg(pvp_places_same(&places,
				      written(&kernels[0], on_cpu0[_i].a, on_cpu0[_i].form),
				      written(&kernels[1], on_cpu0[_i].b, on_cpu0[_i].form)) ==
			      on_cpu0[_i].same,
		      "%s", on_cpu0[_i].name);
	close_kernels();
}
END_TEST

Suite *compare_places_suite(void)
{
	Suite *suite = suite_create("compare_places");
	TCase *tcase = tcase_create("places");

	tcase_add_test(tcase, absolute_symbols_name_no_place);
	tcase_add_loop_test(tcase, places_are_renamed, 0, ARRAY_SIZE(placed));
	tcase_add_loop_test(tcase, places_on_cpu0_are_the_same, 0, ARRAY_SIZE(on_cpu0));
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return suite;
}
