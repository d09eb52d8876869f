// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_compare_images.c - two images against each other: sites by names that outlive a build, text
 * without addresses.
 */
#define _GNU_SOURCE
#include "comparison.h"

#include <stdlib.h>
#include <string.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "entry_sites.h"
#include "plain_text.h"
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

// clang-format off
/* The image as one platform boots it, and as another does: what differs, of how many sites. */
static const struct {
	const char *a, *b;
	bool any;
	const char *symbol, *class[2], *text[2]; /* of one site; NULL: none; text: NULL: not looked at */
} boots[] = {
	{ "native", "native", false, NULL,               { NULL }, { NULL } },
	{ "native", "xen-pv", true,  "site_irq_disable", { "call>inline", "call>call" },
	  { "cli; nop (5 bytes)", "call xen_irq_disable_direct; nop" } },
};
// clang-format on

static char *print(const struct pvp_image_comparison *c, bool json)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (json)
		pvp_comparison_print_json(c, out);
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

	open_image(0, PVP_BUNDLED_KERNEL);
	open_image(1, PVP_BUNDLED_KERNEL);
	boot_open(&kernels[0], boots[_i].a, NULL, &a);
	boot_open(&kernels[1], boots[_i].b, NULL, &b);
	pvp_ck_ok(pvp_comparison_init(&images[0], &images[1], &c));
	pvp_ck_ok(pvp_comparison_add(
		&c, &images[0], &(struct pvp_compared_boot){ a.platform, &a.patched }, &images[1],
		&(struct pvp_compared_boot){ b.platform, &b.patched }));
	ck_assert_int_eq(c.platforms[0].changes.nr > 0, boots[_i].any);
	ck_assert_int_eq(pvp_comparison_differs(&c), boots[_i].any);
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
	for (int json = 0; json < 2; json++) { /* the same bytes each time */
		char *first = print(&c, json), *second = print(&c, json);

		ck_assert_str_eq(first, second);
		if (boots[_i].symbol)
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

START_TEST(one_sided_platforms_differ)
{
	struct pvp_image_comparison c;

	open_image(0, PVP_BUNDLED_KERNEL);
	open_image(1, PVP_BUNDLED_KERNEL);
	pvp_ck_ok(pvp_comparison_init(&images[0], &images[1], &c));
	ck_assert(!pvp_comparison_differs(&c));
	pvp_comparison_add_one_sided(&c, "xen-pv", 1);
	ck_assert(pvp_comparison_differs(&c));
	pvp_comparison_deinit(&c);
	close_images();
}
END_TEST

START_TEST(what_cannot_be_compared_is_an_error)
{
	struct pvp_image_comparison c;
	struct pvp_image other;
	struct pvp_compared odd;
	const struct pvp_sites none = {0};

	open_image(0, PVP_BUNDLED_KERNEL);
	open_image(1, PVP_BUNDLED_KERNEL);
	other = *kernels[1].image;
	odd = images[1];
	odd.image = &other;
	other.arch = PVP_ARCH_I386;
	pvp_ck_err(pvp_comparison_init(&images[0], &odd, &c), PVP_ERR_UNSUPPORTED, "i386");
	other.arch = PVP_ARCH_AMD64;
	other.nr_symbols = 0;
	pvp_ck_err(pvp_comparison_init(&images[0], &odd, &c), PVP_ERR_NOT_FOUND, "no symbols");
	odd = images[1];
	odd.sites = &none;
	pvp_ck_err(pvp_comparison_init(&odd, &images[0], &c), PVP_ERR_UNSUPPORTED, "no pv sites");
	close_images();
}
END_TEST

// clang-format off
/* At the symbol irq_disable's site; %d of a call is to a symbol. */
static const struct {
	const char *name;
	uint8_t bytes[12];
	size_t len;
	const char *to; /* symbol whose distance is put in at the last four bytes; NULL: none */
	const char *text;
} texts[] = {
	{ "call",         { 0xe8 },                   5, "native_write_cr3", "call native_write_cr3" },
	{ "jump inside",  { 0xeb, 0x01, 0x90 },       3, NULL, "jmp +3; nop (1 byte)" },
	{ "number",       { 0xb8, 0x10, 0, 0, 0 },    5, NULL, "mov eax, 0x10" },
	{ "memory",       { 0x48, 0x8b, 0x05 },       7, "pv_ops", "mov rax, qword ptr [pv_ops]" },
	{ "no place",     { 0x48, 0x8b, 0x40, 0x20 }, 4, NULL, "mov rax, qword ptr [rax + 0x20]" },
	{ "bad",          { 0x06 },                   1, NULL, "(bad)" },
};
// clang-format on

START_TEST(text_has_no_addresses)
{
	struct pvp_disasm *disasm;
	uint8_t bytes[12];
	uint64_t at;
	int32_t rel;
	char *text;

	open_image(0, PVP_BUNDLED_KERNEL);
	at = check_bench_symbol(&kernels[0], "site_irq_disable");
	memcpy(bytes, texts[_i].bytes, sizeof(bytes));
	if (texts[_i].to) {
		rel = check_bench_symbol(&kernels[0], texts[_i].to) - (at + texts[_i].len);
		memcpy(bytes + texts[_i].len - 4, &rel, sizeof(rel));
	}
	pvp_ck_ok(pvp_disasm_create(PVP_ARCH_AMD64, &disasm));
	text = pvp_plain_text(kernels[0].image, disasm, at, bytes, texts[_i].len);
	ck_assert_msg(!strcmp(text, texts[_i].text), "%s: %s", texts[_i].name, text);
	free(text);
	pvp_disasm_destroy(disasm);
	pvp_entry_sites_deinit(&entries[0]);
	kernel_close(&kernels[0]);
}
END_TEST

Suite *compare_images_suite(void)
{
	Suite *suite = suite_create("compare_images");
	TCase *sites = tcase_create("sites"), *errors = tcase_create("errors");

	tcase_add_loop_test(sites, sites_are_paired, 0, ARRAY_SIZE(pairings));
	tcase_add_loop_test(sites, changes_are_seen, 0, ARRAY_SIZE(boots));
	tcase_add_loop_test(sites, text_has_no_addresses, 0, ARRAY_SIZE(texts));
	tcase_add_test(sites, one_sided_platforms_differ);
	suite_add_tcase(suite, sites);
	tcase_add_test(errors, what_cannot_be_compared_is_an_error);
	suite_add_tcase(suite, errors);
	return suite;
}
