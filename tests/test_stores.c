// SPDX-License-Identifier: GPL-2.0-only
#include "stores.h"

#include <inttypes.h>
#include <unistd.h>

#include "check_helpers.h"
#include "elfgen.h"
#include "suites.h"

#define TEXT	0xffffffff81000000ull
#define DATA	0xffffffff82000000ull
#define PV_OPS	(DATA + 0x100)
#define CPU_OPS (DATA + 0x200) /* xen_cpu_ops */

static const struct pvp_pv_field fields[] = {{"cpu.io_delay", false},
					     {"cpu.wbinvd", false},
					     {"irq.halt", false},
					     {"mmu.set_pte", false}};
static uint64_t slots[] = {PV_OPS, PV_OPS + 8, PV_OPS + 16, PV_OPS + 24};
static const struct pvp_tables tables = {.generation = "6.1",
					 .pv_ops = PV_OPS,
					 .fields = fields,
					 .slots = slots,
					 .nr_fields = ARRAY_SIZE(fields)};

/* Code at TEXT + 0x100; functions are at TEXT, TEXT + 8, ..; table: with xen_cpu_ops. */
static struct pvp_image *make_image(enum pvp_arch arch, const uint8_t *code, size_t len, bool table)
{
	char path[] = "/tmp/pvproof-stores-XXXXXX";
	struct elfgen *g = elfgen_create(arch);
	uint64_t data[0x400 / 8] = {0};
	uint8_t text[0x400];
	struct pvp_image *image;
	int fd;

	memset(text, 0xcc, sizeof(text));
	if (len)
		memcpy(text + 0x100, code, len);
	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
		data[0x100 / 8 + i] = TEXT;
	data[0x200 / 8] = TEXT + 16;
	elfgen_section(g, ".text", TEXT, ELFGEN_TEXT, text, sizeof(text));
	elfgen_section(g, ".data", DATA, ELFGEN_DATA, data, sizeof(data));
	elfgen_symbol(g, "fn_native", TEXT);
	elfgen_symbol(g, "fn_a", TEXT + 8);
	elfgen_symbol(g, "fn_b", TEXT + 16);
	elfgen_symbol(g, "paravirt_ret0", TEXT + 24);
	elfgen_symbol(g, "xen_set_pte_init", TEXT + 32);
	elfgen_symbol(g, "setup", TEXT + 0x100);
	if (table)
		elfgen_symbol(g, "xen_cpu_ops", CPU_OPS);
	fd = mkstemp(path);
	ck_assert(fd >= 0);
	close(fd);
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	unlink(path);
	return image;
}

// clang-format off
/* Code, and what it stores: nr 0 is nothing at all.  Displacements are from TEXT + 0x100 on. */
#define RIP(at, len, target) (uint8_t)((target) - (TEXT + 0x100 + (at) + (len))), \
	(uint8_t)(((target) - (TEXT + 0x100 + (at) + (len))) >> 8), \
	(uint8_t)(((target) - (TEXT + 0x100 + (at) + (len))) >> 16), \
	(uint8_t)(((target) - (TEXT + 0x100 + (at) + (len))) >> 24)
#define ABS(addr) (uint8_t)(addr), (uint8_t)((addr) >> 8), (uint8_t)((addr) >> 16), (uint8_t)((addr) >> 24)
static const struct {
	const char *name;
	uint8_t code[24];
	unsigned nr;
	size_t field;
	uint64_t value;
	bool known;
	unsigned at; /* of the store in the code */
} forms[] = {
	{ "mov $fn, field(%rip)", { 0x48, 0xc7, 0x05, RIP(0, 11, PV_OPS + 8), ABS(TEXT + 8) },
	  1, 1, TEXT + 8, true, 0 },
	{ "mov $fn, abs32", { 0x48, 0xc7, 0x04, 0x25, ABS(PV_OPS + 16), ABS(TEXT + 8) },
	  1, 2, TEXT + 8, true, 0 },
	{ "mov $0, field(%rip)", { 0x48, 0xc7, 0x05, RIP(0, 11, PV_OPS + 24), 0, 0, 0, 0 },
	  1, 3, 0, true, 0 },
	{ "mov $data, field(%rip)", { 0x48, 0xc7, 0x05, RIP(0, 11, PV_OPS), ABS(DATA) },
	  1, 0, DATA, false, 0 },
	{ "mov $fn, %rax; mov %rax, field(%rip)", { 0x48, 0xc7, 0xc0, ABS(TEXT + 16), 0x48, 0x89, 0x05, RIP(7, 7, PV_OPS + 8) },
	  1, 1, TEXT + 16, true, 7 },
	{ "mov $fn, %r9; mov %r9, field(%rip)", { 0x49, 0xc7, 0xc1, ABS(TEXT + 16), 0x4c, 0x89, 0x0d, RIP(7, 7, PV_OPS + 8) },
	  1, 1, TEXT + 16, true, 7 },
	{ "lea fn(%rip), %rdx; mov %rdx, abs32", { 0x48, 0x8d, 0x15, RIP(0, 7, TEXT + 8), 0x48, 0x89, 0x14, 0x25, ABS(PV_OPS) },
	  1, 0, TEXT + 8, true, 7 },
	{ "another register", { 0x48, 0xc7, 0xc1, ABS(TEXT + 16), 0x48, 0x89, 0x05, RIP(7, 7, PV_OPS + 8) },
	  1, 1, 0, false, 7 },
	{ "a register from nowhere", { 0x48, 0x89, 0x05, RIP(0, 7, PV_OPS + 8) },
	  1, 1, 0, false, 0 },
	{ "between two fields", { 0x48, 0xc7, 0x05, RIP(0, 11, PV_OPS + 12), ABS(TEXT + 8) }, 0, 0, 0, false, 0 },
	{ "behind the last field", { 0x48, 0xc7, 0x05, RIP(0, 11, PV_OPS + 32), ABS(TEXT + 8) }, 0, 0, 0, false, 0 },
	{ "before the first field", { 0x48, 0xc7, 0x05, RIP(0, 11, PV_OPS - 8), ABS(TEXT + 8) }, 0, 0, 0, false, 0 },
	{ "32 bits", { 0x90, 0xc7, 0x05, RIP(1, 10, PV_OPS), ABS(TEXT + 8) }, 0, 0, 0, false, 0 },
	{ "a load", { 0x48, 0x8b, 0x05, RIP(0, 7, PV_OPS) }, 0, 0, 0, false, 0 },
	{ "by base register", { 0x48, 0xc7, 0x80, ABS(PV_OPS), ABS(TEXT + 8) }, 0, 0, 0, false, 0 },
};
// clang-format on

START_TEST(found)
{
	struct pvp_image *image = make_image(PVP_ARCH_AMD64, forms[_i].code, 24, false);
	const char *name = forms[_i].name;
	struct pvp_stores stores;

	pvp_ck_ok(pvp_stores_scan(image, &tables, &stores));
	ck_assert_msg(stores.nr == forms[_i].nr, "%s: %zu stores", name, stores.nr);
	if (stores.nr) {
		const struct pvp_store *s = &stores.v[0];

		ck_assert_msg(s->field == forms[_i].field, "%s: field %zu", name, s->field);
		ck_assert_msg(s->value == forms[_i].value, "%s: value %#" PRIx64, name, s->value);
		ck_assert_msg(s->known == forms[_i].known, "%s: known %d", name, s->known);
		ck_assert_msg(s->addr == TEXT + 0x100 + forms[_i].at, "%s: at %#" PRIx64, name,
			      s->addr);
		ck_assert(!s->is_copy);
	}
	pvp_stores_deinit(&stores);
	pvp_image_close(image);
}
END_TEST

/* Code that ends with the section, in the middle of an instruction. */
START_TEST(cut_off)
{
	uint8_t code[0x300];
	struct pvp_stores stores;
	struct pvp_image *image;

	memset(code, 0x90, sizeof(code));
	memcpy(code + sizeof(code) - 1 - _i, forms[0].code, _i + 1);
	image = make_image(PVP_ARCH_AMD64, code, sizeof(code), false);
	pvp_ck_ok(pvp_stores_scan(image, &tables, &stores));
	ck_assert_uint_eq(stores.nr, 0);
	pvp_stores_deinit(&stores);
	pvp_image_close(image);
}
END_TEST

/* xen_cpu_ops: the cpu part of it, NULL too, and no more. */
START_TEST(table)
{
	struct pvp_image *image = make_image(PVP_ARCH_AMD64, NULL, 0, true);
	struct pvp_stores stores;

	pvp_ck_ok(pvp_stores_scan(image, &tables, &stores));
	ck_assert_uint_eq(stores.nr, 2);
	ck_assert(stores.v[0].is_copy && stores.v[0].known);
	ck_assert_uint_eq(stores.v[0].value, TEXT + 16);
	ck_assert_uint_eq(stores.v[0].addr, CPU_OPS);
	ck_assert_uint_eq(stores.v[1].field, 1);
	ck_assert_uint_eq(stores.v[1].value, 0);
	pvp_stores_deinit(&stores);
	pvp_image_close(image);
}
END_TEST

START_TEST(other_architecture)
{
	struct pvp_image *image = make_image(PVP_ARCH_AMD64, NULL, 0, false);
	struct pvp_stores stores;

	image->arch = PVP_ARCH_I386;
	pvp_ck_err(pvp_stores_scan(image, &tables, &stores), PVP_ERR_UNSUPPORTED, "i386");
	image->arch = PVP_ARCH_AMD64;
	pvp_image_close(image);
}
END_TEST

// clang-format off
#define N TEXT
/* A store of `value` to cpu.wbinvd (early: irq.halt), against one platform's four fields. */
static const struct {
	const char *name;
	size_t field;
	uint64_t value;
	bool known;
	uint64_t platform[4];
	unsigned nr;
	enum pvp_store_state states[2];
} comparisons[] = {
	{ "both say it",              1, TEXT + 8, true, { N, TEXT + 8, N, N },      1, { PVP_STORE_AGREED } },
	{ "the code stores another",  1, TEXT + 8, true, { N, TEXT + 16, N, N },     2, { PVP_STORE_UNNAMED, PVP_STORE_UNSTORED } },
	{ "only the code",            1, TEXT + 8, true, { N, N, N, N },             1, { PVP_STORE_UNNAMED } },
	{ "only a platform, NULL",    1, TEXT + 8, true, { N, TEXT + 8, 0, N },      2, { PVP_STORE_AGREED, PVP_STORE_UNSTORED } },
	{ "in another field",         1, TEXT + 8, true, { TEXT + 8, N, N, N },      2, { PVP_STORE_UNSTORED, PVP_STORE_UNNAMED } },
	{ "NULL is a value",          1, 0,        true, { N, 0, N, N },             1, { PVP_STORE_AGREED } },
	{ "a register from nowhere",  1, 0,        false, { N, N, N, N },            1, { PVP_STORE_UNKNOWN } },
	{ "that is not NULL",         1, 0,        false, { N, 0, N, N },            2, { PVP_STORE_UNKNOWN, PVP_STORE_UNSTORED } },
	{ "an early value",           3, TEXT + 32, true, { N, N, N, N },            1, { PVP_STORE_EARLY } },
	{ "early in another field",   1, TEXT + 32, true, { N, N, N, N },            1, { PVP_STORE_UNNAMED } },
};
// clang-format on

START_TEST(compared)
{
	struct pvp_image *image = make_image(PVP_ARCH_AMD64, NULL, 0, false);
	struct pvp_store store = {comparisons[_i].field, comparisons[_i].value,
				  comparisons[_i].known, false, TEXT + 0x100};
	const struct pvp_stores stores = {&store, 1};
	struct pvp_platform platform = {.pv_ops = (uint64_t *)comparisons[_i].platform,
					.nr_pv_ops = 4};
	const struct pvp_platform *platforms[] = {&platform};
	const char *name = comparisons[_i].name;
	struct pvp_store_row *rows;
	size_t nr;

	pvp_stores_compare(&stores, image, &tables, platforms, 1, &rows, &nr);
	ck_assert_msg(nr == comparisons[_i].nr, "%s: %zu rows", name, nr);
	for (size_t i = 0; i < nr; i++) {
		ck_assert_msg(rows[i].state == comparisons[_i].states[i], "%s: row %zu is \"%s\"",
			      name, i, pvp_store_state_name(rows[i].state));
		ck_assert_msg(!rows[i].nr == (rows[i].state == PVP_STORE_UNSTORED),
			      "%s: %zu stores", name, rows[i].nr);
		ck_assert_msg(!rows[i].reason == (rows[i].state != PVP_STORE_EARLY), "%s: reason",
			      name);
	}
	free(rows);
	pvp_image_close(image);
}
END_TEST

Suite *stores_suite(void)
{
	Suite *s = suite_create("stores");
	TCase *scan = tcase_create("scan"), *compare = tcase_create("compare");

	tcase_add_loop_test(scan, found, 0, ARRAY_SIZE(forms));
	tcase_add_loop_test(scan, cut_off, 0, 10);
	tcase_add_test(scan, table);
	tcase_add_test(scan, other_architecture);
	suite_add_tcase(s, scan);
	tcase_add_loop_test(compare, compared, 0, ARRAY_SIZE(comparisons));
	suite_add_tcase(s, compare);
	return s;
}
