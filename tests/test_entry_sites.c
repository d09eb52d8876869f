// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include <inttypes.h>

#include "check_helpers.h"
#include "entry_sites.h"
#include "tiny_kernel.h"

#define TEXT	 TINY_TEXT
#define XENPV	 272
#define CALLEE	 (TEXT + 0x400) /* error_entry */
#define XEN(i)	 (TEXT + 0x600 + (i)*16)
#define ENTRY(i) (TEXT + 0x500 + (i)*16)
#define GATES	 (TINY_DATA + 0x500)
#define ROWS	 (TINY_DATA + 0x600)

static void gate(struct tiny *t, unsigned i, unsigned vector, unsigned ist, uint64_t to)
{
	const uint32_t words[] = {vector, 0x10, 0x8e00 | ist, 0};

	tiny_poke(t, GATES + i * 24, words, sizeof(words));
	tiny_poke64(t, GATES + i * 24 + 16, to);
}

static void row(struct tiny *t, unsigned i, uint64_t native, uint64_t xen, uint64_t ist_ok)
{
	tiny_poke64(t, ROWS + i * 24, native);
	tiny_poke64(t, ROWS + i * 24 + 8, xen);
	tiny_poke64(t, ROWS + i * 24 + 16, ist_ok);
}

/* One of each kind, and alternatives that are none. */
static void build(struct tiny *t)
{
	static const uint8_t swapgs[] = {0x0f, 0x01, 0xf8}, jump[5] = {0xe9};

	tiny_init(t);
	tiny_pv_call(t, TEXT + 0x300, 31);
	tiny_para(t, TEXT + 0x300, 31, 6);
	tiny_symbol(t, "__entry_text_start", TEXT + 0x10);
	tiny_symbol(t, "__entry_text_end", TEXT + 0x400);
	tiny_symbol(t, "error_entry", CALLEE);
	tiny_symbol(t, "common_interrupt_return", TEXT + 0x40);
	tiny_symbol(t, "entry_SYSCALL_64_after_hwframe", TEXT + 0x80);
	tiny_symbol(t, "entry_SYSCALL_compat", TEXT + 0xc0);
	tiny_symbol(t, "entry_INT80_compat", TEXT + 0x100);
	tiny_symbol(t, "something_else", TEXT + 0x140);
	tiny_symbol(t, "early_xen_iret_patch", TEXT + 0x180);
	tiny_poke(t, TEXT + 0x180, jump, 5);
	tiny_poke(t, TEXT + 0x10, swapgs, 3);
	tiny_alt(t, TEXT + 0x10, 3, XENPV, "", 0);
	tiny_branch(t, TEXT + 0x20, 0xe8, CALLEE);
	tiny_alt(t, TEXT + 0x20, 8, XENPV, jump, 5);
	tiny_alt(t, TEXT + 0x44, 5, XENPV, jump, 5);
	tiny_alt(t, TEXT + 0x88, 5, XENPV, jump, 5);
	tiny_alt(t, TEXT + 0xc8, 8, XENPV, jump, 5);
	tiny_alt(t, TEXT + 0x108, 5, XENPV, jump, 5);
	tiny_branch(t, TEXT + 0x148, 0xe8, CALLEE + 1);
	tiny_alt(t, TEXT + 0x148, 5, XENPV, jump, 5);
	tiny_alt(t, TEXT + 0x30, 3, XENPV | 0x8000, jump, 3); /* for what is not Xen PV */
	tiny_alt(t, TEXT + 0x38, 3, 265, jump, 3);	      /* another feature */
	tiny_alt(t, TEXT + 0x400, 3, XENPV, jump, 3);	      /* behind entry text */
	tiny_symbol(t, "early_idts", GATES);
	gate(t, 0, 1, 0, ENTRY(1));
	gate(t, 1, 8, 1, ENTRY(8));
	tiny_symbol(t, "def_idts", GATES + 48);
	gate(t, 2, 1, 3, ENTRY(1)); /* wins over the first */
	tiny_symbol(t, "behind_gates", GATES + 72 + 16);
	tiny_symbol(t, "trap_array", ROWS);
	row(t, 0, ENTRY(1), XEN(1), 1);
	row(t, 1, ENTRY(8), XEN(8), 1);
	row(t, 2, ENTRY(9), XEN(9), 0); /* no gate leads there */
	row(t, 3, 7, XEN(9), 0);	/* a spoiled one does not end the table */
	row(t, 4, 7, 8, 0);
	row(t, 5, ENTRY(1), XEN(1), 0); /* behind its end */
}

struct opened {
	struct pvp_image *image;
	struct pvp_tables tables;
};

static void parse(const struct tiny *t, struct opened *ret)
{
	pvp_ck_ok(tiny_open(t, &ret->image));
	pvp_ck_ok(pvp_tables_parse(ret->image, &ret->tables));
}

static void done(struct opened *opened)
{
	pvp_tables_deinit(&opened->tables);
	pvp_image_close(opened->image);
}

// clang-format off
static const struct {
	const char *op;
	uint64_t addr;
	uint32_t len, ordinal;
	enum pvp_site_kind kind;
} wanted[] = {
	{ "entry.swapgs",         TEXT + 0x10,  3,  1, PVP_SITE_ENTRY },
	{ "entry.error_entry",    TEXT + 0x20,  8,  1, PVP_SITE_ENTRY },
	{ "entry.return_to_user", TEXT + 0x44,  5,  1, PVP_SITE_ENTRY },
	{ "entry.sysret64",       TEXT + 0x88,  5,  1, PVP_SITE_ENTRY },
	{ "entry.sysret32",       TEXT + 0xc8,  8,  1, PVP_SITE_ENTRY },
	{ "entry.int80_stack",    TEXT + 0x108, 5,  1, PVP_SITE_ENTRY },
	{ "entry.other",          TEXT + 0x148, 5,  1, PVP_SITE_ENTRY },
	{ "entry.iret",           TEXT + 0x180, 5,  1, PVP_SITE_ENTRY },
	{ "trap.debug",           ROWS,         24, 1, PVP_SITE_TRAP },
	{ "trap.double_fault",    ROWS + 24,    24, 1, PVP_SITE_TRAP },
	{ "trap.unknown",         ROWS + 48,    24, 1, PVP_SITE_TRAP },
	{ "trap.unknown",         ROWS + 72,    24, 2, PVP_SITE_TRAP },
};
// clang-format on

START_TEST(every_kind)
{
	struct pvp_entry_sites entry;
	struct opened opened;
	struct tiny t;

	build(&t);
	parse(&t, &opened);
	pvp_ck_ok(pvp_entry_sites_scan(opened.image, &opened.tables, &entry));
	ck_assert_uint_eq(entry.sites.nr, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < entry.sites.nr; i++) {
		const struct pvp_site *site = &entry.sites.v[i];

		ck_assert_str_eq(site->op, wanted[i].op);
		ck_assert_msg(site->addr == wanted[i].addr, "%s: at %#" PRIx64, site->op,
			      site->addr);
		ck_assert_uint_eq(site->len, wanted[i].len);
		ck_assert_uint_eq(site->ordinal, wanted[i].ordinal);
		ck_assert_uint_eq(site->kind, wanted[i].kind);
		ck_assert_ptr_nonnull(site->linked);
	}
	ck_assert_uint_eq(entry.gates[1].ist, 3);
	ck_assert_uint_eq(entry.gates[8].ist, 1);
	ck_assert_uint_eq(entry.gates[8].addr, ENTRY(8));
	ck_assert_int_eq(entry.rows[1].vector, 8);
	ck_assert_uint_eq(entry.rows[1].xen, XEN(8));
	ck_assert_uint_eq(entry.rows[1].ist_ok, 1);
	ck_assert_int_eq(entry.rows[2].vector, -1);
	pvp_entry_sites_deinit(&entry);
	done(&opened);
}
END_TEST

/* Rows without gates are nobody's. */
START_TEST(no_gates)
{
	struct pvp_entry_sites entry;
	struct opened opened;
	struct tiny t;

	build(&t);
	for (unsigned i = 0; i < 3; i++)
		gate(&t, i, 0, 0, 0);
	parse(&t, &opened);
	pvp_ck_ok(pvp_entry_sites_scan(opened.image, &opened.tables, &entry));
	ck_assert_uint_eq(entry.nr_rows, 0);
	ck_assert_uint_eq(entry.sites.nr, 8);
	pvp_entry_sites_deinit(&entry);
	done(&opened);
}
END_TEST

static void gate_to_data(struct tiny *t)
{
	gate(t, 1, 8, 1, TINY_DATA);
}

static void gate_of_no_vector(struct tiny *t)
{
	gate(t, 1, 0x108, 1, ENTRY(8));
}

static void two_at_once(struct tiny *t)
{
	tiny_alt(t, TEXT + 0x46, 3, XENPV, "", 0);
}

static const struct {
	void (*spoil)(struct tiny *t);
	const char *message;
} hostile[] = {
	{gate_to_data, "early_idts entry 1 (at 0xffffffff82000518): gate of vector 8"},
	{gate_of_no_vector, "early_idts entry 1 (at 0xffffffff82000518): gate of vector 264"},
	{two_at_once, "entry-code sites overlap: entry.return_to_user at 0xffffffff81000044"},
};

START_TEST(hostile_tables)
{
	struct pvp_entry_sites entry;
	struct opened opened;
	struct tiny t;

	build(&t);
	hostile[_i].spoil(&t);
	parse(&t, &opened);
	pvp_ck_err(pvp_entry_sites_scan(opened.image, &opened.tables, &entry), PVP_ERR_BAD_DATA,
		   hostile[_i].message);
	done(&opened);
}
END_TEST

// clang-format off
/* Counted in Debian's images: iret besides those of .parainstructions. */
static const struct counts {
	const char *file;
	unsigned iret, swapgs, error_entry, return_to_user, sysret64, sysret32, int80_stack, traps;
} kernels[] = {
	{ "vmlinuz-5.10.223-amd64", 0, 6,  0, 1, 1, 2, 1, 21 },
	{ "vmlinuz-6.1.176-amd64",  1, 0, 50, 1, 1, 2, 0, 21 },
	{ "vmlinuz-6.12.107-amd64", 1, 0, 51, 1, 1, 1, 0, 22 },
	{ "vmlinuz-7.2.13-amd64",   1, 0, 52, 1, 1, 1, 0, 22 },
	{ "vmlinuz-5.10.223-i386",  0, 0,  0, 0, 0, 0, 0,  0 },
	{ "vmlinuz-6.1.176-i386",   0, 0,  0, 0, 0, 0, 0,  0 },
};
/* And in ours: an exception each but three, with a second entry where Xen has its own, timer and events. */
static const struct counts ours[] = {
	{ "build/kernels/pvkernel-5.10",      0, 0,  0, 0, 0, 0, 0, 20 },
	{ "build/kernels/pvkernel-6.1",       1, 1, 22, 1, 1, 0, 0, 20 },
	{ "build/kernels/pvkernel-6.12",      1, 1, 22, 1, 1, 0, 0, 20 },
	{ "build/kernels/pvkernel-7.2",       1, 1, 22, 1, 1, 0, 0, 20 },
	{ "build/kernels/pvkernel-6.1-i386",  0, 0,  0, 0, 0, 0, 0,  0 },
};
// clang-format on

static unsigned count(const struct pvp_entry_sites *entry, const char *op)
{
	unsigned nr = 0;

	for (size_t i = 0; i < entry->sites.nr; i++)
		nr += !strncmp(entry->sites.v[i].op, op, strlen(op));
	return nr;
}

static void expect_counts(const char *path, const struct counts *want)
{
	struct pvp_entry_sites entry;
	struct opened opened;

	pvp_ck_ok(pvp_image_open(path, NULL, &opened.image));
	pvp_ck_ok(pvp_tables_parse(opened.image, &opened.tables));
	pvp_ck_ok(pvp_entry_sites_scan(opened.image, &opened.tables, &entry));
	ck_assert_uint_eq(count(&entry, "entry.iret"), want->iret);
	ck_assert_uint_eq(count(&entry, "entry.swapgs"), want->swapgs);
	ck_assert_uint_eq(count(&entry, "entry.error_entry"), want->error_entry);
	ck_assert_uint_eq(count(&entry, "entry.return_to_user"), want->return_to_user);
	ck_assert_uint_eq(count(&entry, "entry.sysret64"), want->sysret64);
	ck_assert_uint_eq(count(&entry, "entry.sysret32"), want->sysret32);
	ck_assert_uint_eq(count(&entry, "entry.int80_stack"), want->int80_stack);
	ck_assert_uint_eq(count(&entry, "trap."), want->traps);
	ck_assert_uint_eq(count(&entry, "entry.other"), 0);
	ck_assert_uint_eq(count(&entry, "trap.unknown"), 0);
	pvp_entry_sites_deinit(&entry);
	done(&opened);
}

START_TEST(debian)
{
	const char *path =
		pvp_test_file(pvp_test_kernels(), kernels[_i].file, "entry_sites debian");

	if (path)
		expect_counts(path, &kernels[_i]);
}
END_TEST

START_TEST(bundled)
{
	expect_counts(ours[_i].file, &ours[_i]);
}
END_TEST

Suite *entry_sites_suite(void)
{
	Suite *s = suite_create("entry_sites");
	TCase *list = tcase_create("list"), *real = tcase_create("real kernels");

	tcase_add_test(list, every_kind);
	tcase_add_test(list, no_gates);
	tcase_add_loop_test(list, hostile_tables, 0, ARRAY_SIZE(hostile));
	tcase_add_loop_test(list, bundled, 0, ARRAY_SIZE(ours));
	suite_add_tcase(s, list);
	tcase_set_timeout(real, 60);
	tcase_set_tags(real, PVP_TAG_KERNELS);
	tcase_add_loop_test(real, debian, 0, ARRAY_SIZE(kernels));
	suite_add_tcase(s, real);
	return s;
}
