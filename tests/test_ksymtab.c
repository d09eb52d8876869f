// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "check_helpers.h"
#include "elfgen.h"
#include "suites.h"

#define TEXT	0xc1000000u
#define TABLE	0xc1100000u
#define STRINGS 0xc1200000u
#define DATA	0xc1300000u

struct entry {
	uint32_t value, name; /* where the words shall point */
};

/* "" "pv_ops" "two words" "late", without its NUL */
static const char strings[] = "\0pv_ops\0two words\0late";
#define PV_OPS	  (STRINGS + 1)
#define TWO_WORDS (STRINGS + 8)
#define LATE	  (STRINGS + 18)

// clang-format off
/* cut: bytes taken off the table's end. */
static const struct {
	const char *name;
	struct entry v[2];
	size_t nr, cut;
	uint32_t pv_ops; /* what is found; 0: nothing */
	char type;
} rows[] = {
	{ "data",               { { DATA, PV_OPS } },                     1, 0, DATA, 'D' },
	{ "text",               { { TEXT + 4, PV_OPS } },                 1, 0, TEXT + 4, 'T' },
	{ "value nowhere",      { { 0x1000, PV_OPS } },                   1, 0, 0, 0 },
	{ "second is nowhere",  { { DATA, PV_OPS }, { 0x1000, PV_OPS } }, 2, 0, DATA, 'D' },
	{ "name nowhere",       { { DATA, PV_OPS }, { DATA, TEXT } },     2, 0, 0, 0 },
	{ "name before",        { { DATA, PV_OPS }, { DATA, STRINGS - 1 } }, 2, 0, 0, 0 },
	{ "empty name",         { { DATA, PV_OPS }, { DATA, STRINGS } },  2, 0, 0, 0 },
	{ "name with a blank",  { { DATA, PV_OPS }, { DATA, TWO_WORDS } }, 2, 0, 0, 0 },
	{ "name without an end", { { DATA, PV_OPS }, { DATA, LATE } },    2, 0, 0, 0 },
	{ "cut off",            { { DATA, PV_OPS }, { DATA, PV_OPS } },   2, 4, 0, 0 },
	{ "empty",              { { 0, 0 } },                             0, 0, 0, 0 },
};
// clang-format on

START_TEST(exported_symbols)
{
	static const uint8_t text[64], data[64];
	struct elfgen *g = elfgen_create(PVP_ARCH_I386);
	uint32_t words[6] = {0};
	const struct pvp_symbol *const *v;
	struct pvp_image *image;
	char path[64];
	size_t nr;

	for (size_t i = 0; i < rows[_i].nr; i++) {
		words[3 * i] = rows[_i].v[i].value - (TABLE + 12 * i);
		words[3 * i + 1] = rows[_i].v[i].name - (TABLE + 12 * i + 4);
	}
	snprintf(path, sizeof(path), "/tmp/pvproof-ksymtab-%ld", (long)getpid());
	elfgen_section(g, ".text", TEXT, ELFGEN_TEXT, text, sizeof(text));
	elfgen_section(g, "__ksymtab", TABLE, ELFGEN_RODATA, words,
		       12 * rows[_i].nr - rows[_i].cut);
	elfgen_section(g, "__ksymtab_strings", STRINGS, ELFGEN_RODATA, strings,
		       sizeof(strings) - 1);
	elfgen_section(g, ".data", DATA, ELFGEN_DATA, data, sizeof(data));
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	unlink(path);
	v = pvp_image_symbols_named(image, "pv_ops", &nr);
	ck_assert_msg(nr == (rows[_i].pv_ops ? 1 : 0), "%s: %zu symbols", rows[_i].name, nr);
	if (nr)
		ck_assert_msg(v[0]->addr == rows[_i].pv_ops && v[0]->type == rows[_i].type,
			      "%s: %c at %#lx", rows[_i].name, v[0]->type,
			      (unsigned long)v[0]->addr);
	ck_assert_str_eq(image->symbol_source, nr ? "ksymtab" : "none");
	pvp_image_close(image);
}
END_TEST

static const struct {
	const char *file;
	uint64_t pv_ops;
} debian[] = {{"vmlinuz-5.10.223-i386", 0xc1ac5a40}, {"vmlinuz-6.1.176-i386", 0xc1c6e820}};

/* Its kallsyms name functions only. */
START_TEST(debian_i386)
{
	const char *path =
		pvp_test_file(pvp_test_kernels(), debian[_i].file, "ksymtab debian_i386");
	struct pvp_image *image;
	uint64_t addr = 0;

	if (!path)
		return;
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	ck_assert_str_eq(image->symbol_source, "kallsyms+ksymtab");
	pvp_ck_ok(pvp_image_symbol(image, "pv_ops", &addr));
	ck_assert_uint_eq(addr, debian[_i].pv_ops);
	pvp_ck_ok(pvp_image_symbol(image, "boot_cpu_data", &addr));
	pvp_ck_ok(pvp_image_symbol(image, "apply_alternatives", &addr));
	pvp_image_close(image);
}
END_TEST

Suite *ksymtab_suite(void)
{
	Suite *s = suite_create("ksymtab");
	TCase *table = tcase_create("table"), *kernels = tcase_create("real kernels");

	tcase_add_loop_test(table, exported_symbols, 0, ARRAY_SIZE(rows));
	suite_add_tcase(s, table);
	tcase_set_timeout(kernels, 60);
	tcase_set_tags(kernels, PVP_TAG_KERNELS);
	tcase_add_loop_test(kernels, debian_i386, 0, ARRAY_SIZE(debian));
	suite_add_tcase(s, kernels);
	return s;
}
