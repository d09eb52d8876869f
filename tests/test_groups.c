// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_groups.c - divergences with one cause get one number and are printed as one; those with
 * another op, form or difference are not.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_helpers.h"
#include "elfgen.h"
#include "results.h"
#include "suites.h"
#include "table.h"

#define TEXT UINT64_C(0xffffffff81000000)
#define END  "end: rax is 0x1 unpatched, 0x2 patched"

// clang-format off
static const struct {
	const char *op;
	enum pvp_form form;
	const char *detail; /* NULL: EQUIVALENT */
	unsigned group;
} rows[] = {
	{ "irq.save_fl", PVP_FORM_INLINE, END,                                            1 },
	{ "irq.save_fl", PVP_FORM_INLINE, NULL,                                           0 },
	{ "irq.save_fl", PVP_FORM_INLINE, "end: rax is 0xffff unpatched, 0 patched",      1 },
	{ "irq.save_fl", PVP_FORM_INLINE, "end: rbx is 0x1 unpatched, 0x2 patched",       2 },
	{ "irq.save_fl", PVP_FORM_CALL,   END,                                            3 },
	{ "mmu.pte_val", PVP_FORM_INLINE, END,                                            4 },
	{ "irq.save_fl", PVP_FORM_INLINE, "stop: fault 13 at 0x10 (accessed 0) unpatched, end at 0x2 patched", 5 },
	{ "irq.save_fl", PVP_FORM_INLINE, "stop: fault 6 at 0x10 (accessed 0) unpatched, end at 0x2 patched",  6 },
	{ "irq.save_fl", PVP_FORM_INLINE, END,                                            1 },
	{ "irq.save_fl", PVP_FORM_INLINE, END,                                            1 },
	{ "irq.save_fl", PVP_FORM_INLINE, END,                                            1 },
	{ "irq.save_fl", PVP_FORM_INLINE, END,                                            1 },
	{ "irq.save_fl", PVP_FORM_CALL,   "entry: the callee is 0x5 unpatched, 0x6 patched", 7 },
	{ "irq.save_fl", PVP_FORM_CALL,   "entry: the callee is 0x7 unpatched, 0x8 patched", 7 },
};
// clang-format on

#define NR ARRAY_SIZE(rows)

static struct pvp_image *make_image(void)
{
	static const uint8_t text[0x200];
	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);
	char path[] = "/tmp/pvproof-groups-XXXXXX";
	int fd = mkstemp(path);
	struct pvp_image *image;

	ck_assert_int_ge(fd, 0);
	close(fd);
	elfgen_section(g, ".text", TEXT, ELFGEN_TEXT, text, sizeof(text));
	elfgen_symbol(g, "start_kernel", TEXT);
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	unlink(path);
	return image;
}

static void make(struct pvp_results *ret)
{
	static struct pvp_witness witness;
	struct pvp_site v[NR] = {0};
	const struct pvp_sites sites = {v, NR};
	const struct pvp_tables tables = {.generation = "6.1"};
	const struct pvp_platform platform = {.name = "native", .cpus = 2};
	const struct pvp_overrides none = {0};
	struct pvp_image *image = make_image();
	const struct pvp_check_input input = {
		.image = image, .tables = &tables, .sites = &sites, .platform = &platform};
	struct pvp_cell cells[NR] = {0};
	const struct pvp_check_result result = {.cells = cells, .nr_cells = NR};
	enum pvp_change changes[NR] = {0};

	for (size_t i = 0; i < NR; i++) {
		v[i] = (struct pvp_site){
			.addr = TEXT + 8 * i, .len = 6, .op = rows[i].op, .ordinal = i + 1};
		cells[i] = (struct pvp_cell){.site = &v[i], .form = rows[i].form, .states = 1};
		cells[i].verdict = rows[i].detail ? PVP_DIVERGENT : PVP_EQUIVALENT;
		cells[i].evidence = rows[i].detail ? PVP_EVIDENCE_NONE : PVP_EVIDENCE_EXECUTED;
		cells[i].detail = (char *)rows[i].detail;
		cells[i].witness = rows[i].detail ? &witness : NULL;
	}
	pvp_results_init(ret, "engine", 1, 64, 1);
	pvp_results_add_platform(pvp_results_add_image(ret, image, &tables, &sites, NULL, NULL), &input,
				 &none, changes, &result);
	pvp_image_close(image);
}

START_TEST(numbers)
{
	struct pvp_results results;
	char *json, want[32];

	make(&results);
	for (size_t i = 0; i < NR; i++)
		ck_assert_msg(results.images[0].platforms[0].cells[i].group == rows[i].group,
			      "cell %zu: group %u, expected %u", i,
			      results.images[0].platforms[0].cells[i].group, rows[i].group);
	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
	json = pvp_results_json(&results);
	for (unsigned i = 1; i <= 7; i++) {
		snprintf(want, sizeof(want), "\"group\": %u,", i);
		ck_assert_ptr_nonnull(strstr(json, want));
	}
	ck_assert_ptr_nonnull(strstr(json, "\"group\": null"));
	ck_assert_ptr_null(strstr(json, "\"group\": 8"));
	free(json);
	pvp_results_deinit(&results);
}
END_TEST

static char *print(const struct pvp_results *results)
{
	const struct pvp_table_options options = {.program = "./pvproof", .dir = "reports"};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	pvp_table_print(results, &options, out);
	fclose(out);
	return text;
}

static size_t count(const char *text, const char *word)
{
	size_t nr = 0;

	for (; (text = strstr(text, word)); text++)
		nr++;
	return nr;
}

START_TEST(table)
{
	struct pvp_results results;
	char *text;

	make(&results);
	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
	text = print(&results);
	ck_assert_uint_eq(count(text, "DIVERGENT  native  "), 7);
	ck_assert_uint_eq(count(text, "    6 of them, which differ in the same way\n"), 1);
	ck_assert_uint_eq(count(text, "    2 of them, which differ in the same way\n"), 1);
	ck_assert_uint_eq(count(text, " of them"), 2);
	/* Four more examples of the six, in order; the one of the two. */
	ck_assert_uint_eq(count(text,
				"    0xffffffff81000010  irq.save_fl#3  start_kernel+0x10\n"
				"    0xffffffff81000040  irq.save_fl#9  start_kernel+0x40\n"
				"    0xffffffff81000048  irq.save_fl#10  start_kernel+0x48\n"
				"    0xffffffff81000050  irq.save_fl#11  start_kernel+0x50\n"),
			  1);
	ck_assert_uint_eq(count(text, "irq.save_fl#12"), 0);
	ck_assert_uint_eq(
		count(text, "    0xffffffff81000068  irq.save_fl#14  start_kernel+0x68\n"), 1);
	ck_assert_uint_eq(count(text, "more on native"), 0);
	free(text);
	pvp_results_deinit(&results);
}
END_TEST

/* One that is excused is neither shown nor counted with those that fail. */
START_TEST(excused)
{
	struct pvp_results results;
	char *text;

	make(&results);
	results.images[0].platforms[0].cells[0].expected = strdup("known");
	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
	text = print(&results);
	ck_assert_uint_eq(count(text, "    5 of them, which differ in the same way\n"), 1);
	ck_assert_uint_eq(count(text, "irq.save_fl#1 "), 0);
	ck_assert_uint_eq(count(text, "DIVERGENT  native  0xffffffff81000010  irq.save_fl#3  "), 1);
	free(text);
	pvp_results_deinit(&results);
}
END_TEST

Suite *groups_suite(void)
{
	Suite *suite = suite_create("groups");
	TCase *tcase = tcase_create("groups");

	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, table);
	tcase_add_test(tcase, excused);
	suite_add_tcase(suite, tcase);
	return suite;
}
