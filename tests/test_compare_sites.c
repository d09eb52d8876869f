// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_compare_sites.c - the sites of two images: names that outlive a build, which one image alone
 * has, which are patched otherwise; and how that is shown.
 */
#define _GNU_SOURCE
#include "comparison.h"

#include <stdlib.h>
#include <string.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "entry_sites.h"
#include "suites.h"

#define BUG(name) "build/kernels/bugs/pvkernel-6.1-" name

static struct kernel kernels[2];
static struct pvp_entry_sites entries[2];
static struct pvp_compared images[2];

static void open_image(unsigned i, const char *path)
{
	kernel_open(path, &kernels[i]);
	pvp_ck_ok(pvp_entry_sites_scan(kernels[i].image, &kernels[i].tables, &entries[i]));
	images[i] = (struct pvp_compared){ kernels[i].image, &kernels[i].tables, &kernels[i].sites,
					   &entries[i] };
}

static void close_images(void)
{
	for (unsigned i = 0; i < 2; i++) {
		pvp_entry_sites_deinit(&entries[i]);
		kernel_close(&kernels[i]);
	}
}

// clang-format off
/* Which sites one image alone has. */
static const struct {
	const char *a, *b;
	size_t only_a, only_b;
	const char *op, *symbol; /* of one of them; NULL: none */
} pairings[] = {
	{ PVP_BUNDLED_KERNEL, PVP_BUNDLED_KERNEL, 0, 0, NULL, NULL },
	{ PVP_BUNDLED_KERNEL, BUG("RARE"),        0, 4, "mmu.read_cr3", "read_cr3_by_r8" },
	{ BUG("RARE"),        PVP_BUNDLED_KERNEL, 4, 0, "irq.save_fl",  "save_fl_masked" },
	{ BUG("B25"),         BUG("RARE"),        2, 0, "lock.vcpu_is_preempted", NULL },
	{ BUG("AB_EARLIER"),  BUG("AB_LATER"),    2, 2, "mmu.read_cr2", "ab_flags" },  /* gone */
	{ BUG("AB_EARLIER"),  BUG("AB_LATER"),    2, 2, "irq.save_fl",  "ab_flags" },  /* new, the second */
	{ BUG("AB_EARLIER"),  BUG("AB_LATER"),    2, 2, "mmu.read_cr3", "ab_helper" }, /* moved from */
	{ BUG("AB_EARLIER"),  BUG("AB_LATER"),    2, 2, "mmu.read_cr3", "ab_quiet" },  /* to */
};
// clang-format on

START_TEST(sites_are_paired)
{
	struct pvp_image_comparison c;
	bool found = !pairings[_i].op;

	open_image(0, pairings[_i].a);
	open_image(1, pairings[_i].b);
	pvp_ck_ok(pvp_comparison_init(&images[0], &images[1], &c));
	ck_assert_uint_eq(c.nr_only[0], pairings[_i].only_a);
	ck_assert_uint_eq(c.nr_only[1], pairings[_i].only_b);
	for (size_t i = 0; i < c.pairs.nr; i++) {
		const struct pvp_site_pair *pair = &c.pairs.v[i];

		if (pair->side[0] && pair->side[1])
			ck_assert_str_eq(pair->side[0]->op, pair->side[1]->op);
		else if (pairings[_i].op && !strcmp(pair->op, pairings[_i].op) &&
			 (!pairings[_i].symbol || !strcmp(pair->symbol, pairings[_i].symbol)))
			found = true;
	}
	ck_assert_msg(found, "no site of %s is on one side only", pairings[_i].op);
	ck_assert_int_eq(pvp_comparison_differs(&c), pairings[_i].only_a || pairings[_i].only_b);
	pvp_comparison_deinit(&c);
	close_images();
}
END_TEST

/* The compiler's suffixes are no other name; what stands before the dot is. */
START_TEST(suffixes_are_no_names)
{
	static const char *const named[] = { "site_irq_disable.isra.0", "site_irq_disable.cold",
					     "site_irq_disabled", ".site_irq_disable" };
	const size_t nr_only[] = { 0, 0, 1, 1 };
	struct pvp_image_comparison c;
	struct pvp_compared renamed;
	struct pvp_symbol *symbols;
	struct pvp_image other;

	open_image(0, PVP_BUNDLED_KERNEL);
	open_image(1, PVP_BUNDLED_KERNEL);
	other = *kernels[1].image;
	symbols = calloc(other.nr_symbols, sizeof(*symbols));
	memcpy(symbols, other.symbols, other.nr_symbols * sizeof(*symbols));
	for (size_t i = 0; i < other.nr_symbols; i++)
		if (!strcmp(symbols[i].name, "site_irq_disable"))
			symbols[i].name = (char *)named[_i];
	other.symbols = symbols;
	renamed = images[1];
	renamed.image = &other;
	pvp_ck_ok(pvp_comparison_init(&images[0], &renamed, &c));
	ck_assert_msg(c.nr_only[0] == nr_only[_i] && c.nr_only[1] == nr_only[_i], "%s: %zu, %zu",
		      named[_i], c.nr_only[0], c.nr_only[1]);
	pvp_comparison_deinit(&c);
	free(symbols);
	close_images();
}
END_TEST

// clang-format off
/* An image as one platform boots it, another as another does: what differs, of how many sites. */
static const struct {
	const char *image_a, *image_b, *a, *b;
	bool any;
	const char *symbol, *class[2], *text[2]; /* of one site; NULL: none; text: NULL: not looked at */
} boots[] = {
	{ PVP_BUNDLED_KERNEL, PVP_BUNDLED_KERNEL, "native", "native", false, NULL, { NULL }, { NULL } },
	{ BUG("AB_EARLIER"),  BUG("AB_LATER"), "native", "native", true, "ab_quiet", { "call>call", "call>inline" },
	  { "call pv_native_irq_disable; nop", "cli; nop (5 bytes)" } },
	{ BUG("AB_EARLIER"),  BUG("AB_LATER"), "xen-pv", "xen-pv", false, NULL, { NULL }, { NULL } },
	{ PVP_BUNDLED_KERNEL, PVP_BUNDLED_KERNEL, "native", "xen-pv", true,  "site_irq_disable", { "call>inline", "call>call" },
	  { "cli; nop (5 bytes)", "call xen_irq_disable_direct; nop" } },
};
// clang-format on

/* As a table, JSON, or Markdown. */
static char *print(const struct pvp_image_comparison *c, int form)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (form == 1)
		pvp_comparison_print_json(c, out);
	else if (form == 2)
		pvp_comparison_print_markdown(c, out);
	else
		pvp_comparison_print(c, true, out);
	fclose(out);
	return text;
}

START_TEST(changes_are_seen)
{
	struct boot a, b;
	struct pvp_image_comparison c;
	bool found = !boots[_i].symbol;

	open_image(0, boots[_i].image_a);
	open_image(1, boots[_i].image_b);
	boot_open(&kernels[0], boots[_i].a, NULL, &a);
	boot_open(&kernels[1], boots[_i].b, NULL, &b);
	pvp_ck_ok(pvp_comparison_init(&images[0], &images[1], &c));
	pvp_ck_ok(pvp_comparison_add(
		&c, &images[0], &(struct pvp_compared_boot){ a.platform, &a.patched }, &images[1],
		&(struct pvp_compared_boot){ b.platform, &b.patched }));
	ck_assert_int_eq(c.platforms[0].changes.nr > 0, boots[_i].any);
	ck_assert_int_eq(pvp_comparison_differs(&c), boots[_i].any || c.nr_only[0] || c.nr_only[1]);
	for (size_t i = 0; i < c.platforms[0].changes.nr; i++) {
		const struct pvp_site_change *change = &c.platforms[0].changes.v[i];

		if (strcmp(change->pair->symbol, boots[_i].symbol))
			continue;
		found = true;
		ck_assert_ptr_null(change->aspect[PVP_ASPECT_ROOM][0]);
		for (unsigned k = 0; k < 2; k++) {
			ck_assert_str_eq(change->aspect[PVP_ASPECT_CLASS][k], boots[_i].class[k]);
			if (boots[_i].text[k])
				ck_assert_msg(strstr(change->aspect[PVP_ASPECT_TEXT][k],
						     boots[_i].text[k]) ==
						      change->aspect[PVP_ASPECT_TEXT][k],
					      "%s", change->aspect[PVP_ASPECT_TEXT][k]);
		}
	}
	ck_assert_msg(found, "%s does not differ", boots[_i].symbol);
	for (int form = 0; form < 3; form++) { /* the same bytes each time */
		char *first = print(&c, form), *second = print(&c, form);

		ck_assert_str_eq(first, second);
		if (boots[_i].symbol && form < 2) /* Markdown does not name each */
			ck_assert_ptr_nonnull(strstr(first, boots[_i].symbol));
		free(first);
		free(second);
	}
	pvp_comparison_deinit(&c);
	boot_close(&a);
	boot_close(&b);
	close_images();
}
END_TEST

// clang-format off
/* As Markdown: what is the same on several platforms, or at several sites, is one row.  %zu: sites in both, but
 * for so many. */
static const struct {
	const char *a, *b, *row;
	size_t but;
} rows_of_markdown[] = {
	{ BUG("AB_EARLIER"), BUG("AB_LATER"), "\nSites: **2 new, 2 gone, 1 changed**, %zu as they were.\n", 1 },
	{ BUG("AB_EARLIER"), BUG("AB_LATER"), "\n| all but `xen-pv` | 1 of %zu |\n", 0 },
	{ BUG("AB_EARLIER"), BUG("AB_LATER"), "\n| `xen-pv` | 0 of %zu |\n", 0 },
	{ BUG("AB_EARLIER"), BUG("AB_LATER"), "\n| new | `irq.save_fl` | `ab_flags #2` |  |  |  |\n", 0 },
	{ BUG("AB_EARLIER"), BUG("AB_LATER"), "\n| gone | `mmu.read_cr2` | `ab_flags #1` |  |  |  |\n", 0 },
	{ BUG("AB_EARLIER"), BUG("AB_LATER"), "\n| changed | `irq.irq_disable` | `ab_quiet #1` | all but `xen-pv` | "
	  "`call>call: call pv_native_irq_disable; nop (1 byte)` | `call>inline: cli; nop (5 bytes)` |\n", 0 },
	{ "build/kernels/pvkernel-5.10", PVP_BUNDLED_KERNEL,
	  "\n| new | `mmu.p4d_val` | `each_table #1`, `site_p4d_val #1`, `six_live_values #1`, `walk_page_table #1` |  |  |  |\n", 0 },
	{ "build/kernels/pvkernel-5.10", PVP_BUNDLED_KERNEL, "\n| changed | `cpu.load_gs_index` | `cpu_init #1`, `site_load_gs_index #1` | "
	  "all but `xen-pv` | `7 bytes: call native_load_gs_index; nop (2 bytes)` | `6 bytes: call native_load_gs_index; nop (1 byte)` |\n", 0 },
	{ "build/kernels/pvkernel-5.10", PVP_BUNDLED_KERNEL, " and 14 more |", 0 },
};
// clang-format on

START_TEST(markdown_has_a_row)
{
	static const char *const platforms[] = { "native", "kvm", "vmware", "xen-pv" };
	struct pvp_image_comparison c;
	char *text, want[512];
	size_t nr_both = 0;

	open_image(0, rows_of_markdown[_i].a);
	open_image(1, rows_of_markdown[_i].b);
	pvp_ck_ok(pvp_comparison_init(&images[0], &images[1], &c));
	c.without_runs = true;
	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
		struct boot a, b;

		boot_open(&kernels[0], platforms[i], NULL, &a);
		boot_open(&kernels[1], platforms[i], NULL, &b);
		pvp_ck_ok(pvp_comparison_add(
			&c, &images[0], &(struct pvp_compared_boot){ a.platform, &a.patched },
			&images[1], &(struct pvp_compared_boot){ b.platform, &b.patched }));
		boot_close(&a);
		boot_close(&b);
	}
	for (size_t i = 0; i < c.pairs.nr; i++)
		nr_both += c.pairs.v[i].side[0] && c.pairs.v[i].side[1];
	snprintf(want, sizeof(want), rows_of_markdown[_i].row, nr_both - rows_of_markdown[_i].but);
	text = print(&c, 2);
	ck_assert_msg(strstr(text, want), "no %s in\n%.2000s", want, text);
	free(text);
	pvp_comparison_deinit(&c);
	close_images();
}
END_TEST

Suite *compare_sites_suite(void)
{
	Suite *suite = suite_create("compare_sites");
	TCase *sites = tcase_create("sites");

	tcase_add_loop_test(sites, sites_are_paired, 0, ARRAY_SIZE(pairings));
	tcase_add_loop_test(sites, suffixes_are_no_names, 0, 4);
	tcase_add_loop_test(sites, changes_are_seen, 0, ARRAY_SIZE(boots));
	tcase_add_loop_test(sites, markdown_has_a_row, 0, ARRAY_SIZE(rows_of_markdown));
	suite_add_tcase(suite, sites);
	return suite;
}
