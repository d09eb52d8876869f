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

/* Code at TEXT + 0x100; functions are at TEXT, TEXT + 8, ..; table: the name of what is at CPU_OPS.
 */
static struct pvp_image *make_image(const uint8_t *code, size_t len, const char *table)
{
	char path[] = "/tmp/pvproof-stores-XXXXXX";
	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);
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
		elfgen_symbol(g, table, CPU_OPS);
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
	/* lea PV_OPS+24(%rip), %rdi; xor %eax,%eax; mov $2,%ecx; rep stosl */
	{ "a stretch cleared", { 0x48, 0x8d, 0x3d, RIP(0, 7, PV_OPS + 24), 0x31, 0xc0, 0xb9, 2, 0, 0, 0, 0xf3, 0xab },
	  1, 3, 0, true, 14 },
	{ "a stretch set", { 0x48, 0x8d, 0x3d, RIP(0, 7, PV_OPS + 24), 0x90, 0x90, 0xb9, 2, 0, 0, 0, 0xf3, 0xab },
	  0, 0, 0, false, 0 },
	{ "another stretch cleared", { 0x48, 0x8d, 0x3d, RIP(0, 7, PV_OPS + 32), 0x31, 0xc0, 0xb9, 2, 0, 0, 0, 0xf3, 0xab },
	  0, 0, 0, false, 0 },
	{ "nothing of a stretch cleared", { 0x48, 0x8d, 0x3d, RIP(0, 7, PV_OPS + 24), 0x31, 0xc0, 0xb9, 0, 0, 0, 0, 0xf3, 0xab },
	  0, 0, 0, false, 0 },
	{ "by base register", { 0x48, 0xc7, 0x80, ABS(PV_OPS), ABS(TEXT + 8) }, 0, 0, 0, false, 0 },
};
// clang-format on

START_TEST(found)
{
	struct pvp_image *image = make_image(forms[_i].code, sizeof(forms[_i].code), NULL);
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
	image = make_image(code, sizeof(code), NULL);
	pvp_ck_ok(pvp_stores_scan(image, &tables, &stores));
	ck_assert_uint_eq(stores.nr, 0);
	pvp_stores_deinit(&stores);
	pvp_image_close(image);
}
END_TEST

/* xen_cpu_ops: the cpu part of it, NULL too, and no more. */
START_TEST(table)
{
	struct pvp_image *image = make_image(NULL, 0, "xen_cpu_ops");
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

// clang-format off
/* A table at CPU_OPS, its first word TEXT + 16, and which field that is in a generation; 4: none. */
static const struct {
	const char *table, *generation;
	size_t field;
} tables_of[] = {
	{ "xen_cpu_ops", "6.1",  0 },
	{ "xen_cpu_ops", "5.10", 0 },
	{ "xen_irq_ops", "6.1",  4 },
	{ "xen_irq_ops", "5.10", 2 },
	{ "xen_mmu_ops", "5.10", 3 },
};
// clang-format on

/* 5.10's tables begin with their part of pv_ops, later ones with pv_ops. */
START_TEST(table_of_generation)
{
	struct pvp_image *image = make_image(NULL, 0, tables_of[_i].table);
	struct pvp_tables t = tables;
	struct pvp_stores stores;
	size_t found = 4;

	t.generation = tables_of[_i].generation;
	pvp_ck_ok(pvp_stores_scan(image, &t, &stores));
	for (size_t i = 0; i < stores.nr; i++)
		if (stores.v[i].value == TEXT + 16)
			found = stores.v[i].field;
	ck_assert_msg(found == tables_of[_i].field, "%s in %s: field %zu", tables_of[_i].table,
		      tables_of[_i].generation, found);
	pvp_stores_deinit(&stores);
	pvp_image_close(image);
}
END_TEST

#define TEXT_32 0xc1000000u
#define OPS_32	0xc2000100u
// clang-format off
/* 32-bit code, and what it stores to a table of four words. */
static const struct {
	const char *name;
	uint8_t code[16];
	unsigned nr;
	size_t field;
	uint64_t value;
	bool known;
} forms_32[] = {
	{ "movl $fn, abs32", { 0xc7, 0x05, ABS(OPS_32 + 4), ABS(TEXT_32 + 8) }, 1, 1, TEXT_32 + 8, true },
	{ "movl $0, abs32", { 0xc7, 0x05, ABS(OPS_32 + 12), 0, 0, 0, 0 }, 1, 3, 0, true },
	{ "mov $fn, %eax; mov %eax, moffs32", { 0xb8, ABS(TEXT_32 + 8), 0xa3, ABS(OPS_32 + 8) }, 1, 2, TEXT_32 + 8, true },
	{ "mov $fn, %edx; mov %edx, abs32", { 0xba, ABS(TEXT_32 + 8), 0x89, 0x15, ABS(OPS_32) }, 1, 0, TEXT_32 + 8, true },
	{ "another register", { 0xb9, ABS(TEXT_32 + 8), 0x89, 0x15, ABS(OPS_32) }, 1, 0, 0, false },
	{ "a load", { 0xa1, ABS(OPS_32) }, 0, 0, 0, false },
	{ "behind the last field", { 0xc7, 0x05, ABS(OPS_32 + 16), ABS(TEXT_32 + 8) }, 0, 0, 0, false },
};
// clang-format on

START_TEST(found_32)
{
	static uint64_t slots_32[] = {OPS_32, OPS_32 + 4, OPS_32 + 8, OPS_32 + 12};
	const struct pvp_tables t = {.generation = "6.1",
				     .pv_ops = OPS_32,
				     .fields = fields,
				     .slots = slots_32,
				     .nr_fields = ARRAY_SIZE(fields)};
	struct elfgen *g = elfgen_create(PVP_ARCH_I386);
	char path[] = "/tmp/pvproof-stores-XXXXXX";
	const char *name = forms_32[_i].name;
	uint8_t text[0x200], data[0x200] = {0};
	struct pvp_stores stores;
	struct pvp_image *image;

	memset(text, 0x90, sizeof(text));
	memcpy(text + 0x100, forms_32[_i].code, sizeof(forms_32[_i].code));
	elfgen_section(g, ".text", TEXT_32, ELFGEN_TEXT, text, sizeof(text));
	elfgen_section(g, ".data", 0xc2000000, ELFGEN_DATA, data, sizeof(data));
	elfgen_symbol(g, "fn", TEXT_32);
	close(mkstemp(path));
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	unlink(path);
	pvp_ck_ok(pvp_stores_scan(image, &t, &stores));
	ck_assert_msg(stores.nr == forms_32[_i].nr, "%s: %zu stores", name, stores.nr);
	if (stores.nr) {
		ck_assert_msg(stores.v[0].field == forms_32[_i].field, "%s: field", name);
		ck_assert_msg(stores.v[0].value == forms_32[_i].value, "%s: value %#" PRIx64, name,
			      stores.v[0].value);
		ck_assert_msg(stores.v[0].known == forms_32[_i].known, "%s: known", name);
	}
	pvp_stores_deinit(&stores);
	pvp_image_close(image);
}
END_TEST

START_TEST(other_architecture)
{
	struct pvp_image *image = make_image(NULL, 0, NULL);
	struct pvp_stores stores;

	image->arch = PVP_ARCH_IA64;
	pvp_ck_err(pvp_stores_scan(image, &tables, &stores), PVP_ERR_UNSUPPORTED, "ia64");
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
	bool is_fill;
} comparisons[] = {
	{ "both say it",              1, TEXT + 8, true, { N, TEXT + 8, N, N },      1, { PVP_STORE_AGREED }, false },
	{ "the code stores another",  1, TEXT + 8, true, { N, TEXT + 16, N, N },     2, { PVP_STORE_UNNAMED, PVP_STORE_UNSTORED }, false },
	{ "only the code",            1, TEXT + 8, true, { N, N, N, N },             1, { PVP_STORE_UNNAMED }, false },
	{ "only a platform, NULL",    1, TEXT + 8, true, { N, TEXT + 8, 0, N },      2, { PVP_STORE_AGREED, PVP_STORE_UNSTORED }, false },
	{ "in another field",         1, TEXT + 8, true, { TEXT + 8, N, N, N },      2, { PVP_STORE_UNSTORED, PVP_STORE_UNNAMED }, false },
	{ "NULL is a value",          1, 0,        true, { N, 0, N, N },             1, { PVP_STORE_AGREED }, false },
	{ "a register from nowhere",  1, 0,        false, { N, N, N, N },            1, { PVP_STORE_UNKNOWN }, false },
	{ "that is not NULL",         1, 0,        false, { N, 0, N, N },            2, { PVP_STORE_UNKNOWN, PVP_STORE_UNSTORED }, false },
	{ "an early value",           3, TEXT + 32, true, { N, N, N, N },            1, { PVP_STORE_EARLY }, false },
	{ "cleared with others",      1, 0,        true, { N, N, N, N },             1, { PVP_STORE_EARLY }, true },
	{ "cleared for a platform",   1, 0,        true, { N, 0, N, N },             1, { PVP_STORE_AGREED }, true },
	{ "only NULL is a clearing's", 1, TEXT + 8, true, { N, 0, N, N },            2, { PVP_STORE_UNSTORED, PVP_STORE_UNNAMED }, false },
	{ "early in another field",   1, TEXT + 32, true, { N, N, N, N },            1, { PVP_STORE_UNNAMED }, false },
};
// clang-format on

START_TEST(compared)
{
	struct pvp_image *image = make_image(NULL, 0, NULL);
	struct pvp_store store = {.field = comparisons[_i].field,
				  .value = comparisons[_i].value,
				  .known = comparisons[_i].known,
				  .is_fill = comparisons[_i].is_fill,
				  .addr = TEXT + 0x100};
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
		ck_assert_msg(rows[i].state != PVP_STORE_EARLY || rows[i].reason, "%s: reason",
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
	tcase_add_loop_test(scan, table_of_generation, 0, ARRAY_SIZE(tables_of));
	tcase_add_loop_test(scan, found_32, 0, ARRAY_SIZE(forms_32));
	tcase_add_test(scan, other_architecture);
	suite_add_tcase(s, scan);
	tcase_add_loop_test(compare, compared, 0, ARRAY_SIZE(comparisons));
	suite_add_tcase(s, compare);
	return s;
}
