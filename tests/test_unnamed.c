// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_unnamed.c - per-CPU data that images list no name for, in two small images whose layouts
 * differ, and in Debian's i386 kernels, of which the later one is spoiled: what is stored otherwise
 * at such a place differs.
 */
#include "unnamed.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "behaviour.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "elfgen.h"
#include "small_machine.h"
#include "suites.h"

#define TEXT   0xc1000000u
#define PERCPU 0xc1cb0000u
#define LEN    0x100

/* A function of each image, clock, names a datum, A's at 0x40, B's at 0x60; another, watch, what is
 * at 0x5f of both.  A lists "first" at 0, of 0x30 bytes, and "last" at 0x80; B "first" at 0, "other"
 * at 0x20 and "last" at 0xc0. */
#define FUNCTION_A "b8 40 00 cb c1 c3" /* mov eax,PERCPU+0x40; ret */
#define FUNCTION_B "b8 60 00 cb c1 c3"
#define WATCH	   "b8 5f 00 cb c1 c3"
#define WATCH_AT   0x20

static const struct pvp_image *images[2];
static struct pvp_unnamed_places unnamed;

static struct elfgen *begin(enum pvp_arch arch, uint64_t text, uint64_t percpu, const char *hex)
{
	struct elfgen *g = elfgen_create(arch);
	uint8_t code[0x400], data[LEN] = {0};

	memset(code, 0xcc, sizeof(code));
	pvp_test_hex(hex, code, WATCH_AT);
	pvp_test_hex(WATCH, code + WATCH_AT, sizeof(code) - WATCH_AT);
	elfgen_section(g, ".text", text, ELFGEN_TEXT, code, sizeof(code));
	elfgen_section(g, ".data..percpu", percpu, ELFGEN_DATA, data, sizeof(data));
	elfgen_symbol(g, "clock", text);
	elfgen_symbol(g, "watch", text + WATCH_AT);
	return g;
}

static struct pvp_image *end(struct elfgen *g)
{
	char path[] = "/tmp/pvproof-unnamed-XXXXXX";
	struct pvp_image *image;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	unlink(path);
	return image;
}

static struct pvp_image *make_a(const char *hex)
{
	struct elfgen *g = begin(PVP_ARCH_I386, TEXT, PERCPU, hex);

	elfgen_symbol_sized(g, "first", PERCPU, 0x30);
	elfgen_symbol(g, "last", PERCPU + 0x80);
	return end(g);
}

static struct pvp_image *make_b(void)
{
	struct elfgen *g = begin(PVP_ARCH_I386, TEXT, PERCPU, FUNCTION_B);

	elfgen_symbol(g, "first", PERCPU);
	elfgen_symbol(g, "other", PERCPU + 0x20);
	elfgen_symbol(g, "last", PERCPU + 0xc0);
	return end(g);
}

static void setup(void)
{
	images[0] = make_a(FUNCTION_A);
	images[1] = make_b();
}

static void teardown(void)
{
	pvp_unnamed_deinit(&unnamed);
	for (unsigned i = 0; i < 2; i++)
		pvp_image_close((struct pvp_image *)images[i]);
}

static const struct pvp_unnamed_row clock_row = { "percpu-of(clock)", "steal", 0x20 };

/* --- rows --- */

// clang-format off
static const struct {
	const char *at, *name;
	uint64_t size;
	const char *error; /* NULL: none */
} checks[] = {
	{ "percpu-of(clock)",    "steal",   8, NULL },
	{ "percpu-of(clock.a)",  "__s.1",   1, NULL },
	{ "clock",               "steal",   8, "at 'clock' is not percpu-of(FUNCTION)" },
	{ "percpu-of(clock)+8",  "steal",   8, "at 'percpu-of(clock)+8'" },
	{ "percpu-of(clock",     "steal",   8, "at 'percpu-of(clock'" },
	{ "percpu-of()",         "steal",   8, "at 'percpu-of()'" },
	{ "percpu-of(a b)",      "steal",   8, "at 'percpu-of(a b)'" },
	{ "",                    "steal",   8, "at ''" },
	{ "percpu-of(clock)",    "steal+8", 8, "name 'steal+8' is no symbol" },
	{ "percpu-of(clock)",    "8",       8, "name '8'" },
	{ "percpu-of(clock)",    "",        8, "name ''" },
	{ "percpu-of(clock)",    "steal",   0, "size is 0" },
};
// clang-format on

START_TEST(rows_are_checked)
{
	const struct pvp_unnamed_row row = { checks[_i].at, checks[_i].name, checks[_i].size };

	if (checks[_i].error)
		pvp_ck_err(pvp_unnamed_check(&row), PVP_ERR_BAD_DATA, checks[_i].error);
	else
		pvp_ck_ok(pvp_unnamed_check(&row));
}
END_TEST

// clang-format off
/* One row on A with another text, and on B as it is. */
static const struct {
	const char *what, *hex, *at, *name;
	uint64_t size;
	bool found, missed;
} finds[] = {
	{ "found",               FUNCTION_A,          "percpu-of(clock)",  "steal", 0x20, true,  false },
	{ "names none",          "c3",                "percpu-of(clock)",  "steal", 0x20, false, true },
	{ "listed",              "b8 00 00 cb c1 c3", "percpu-of(clock)",  "steal", 0x20, false, true },
	{ "in a listed one",     "b8 2f 00 cb c1 c3", "percpu-of(clock)",  "steal", 0x10, false, true },
	{ "behind that",         "b8 30 00 cb c1 c3", "percpu-of(clock)",  "steal", 0x10, true,  false },
	{ "up to a listed one",  "b8 70 00 cb c1 c3", "percpu-of(clock)",  "steal", 0x10, true,  false },
	{ "over a listed one",   "b8 70 00 cb c1 c3", "percpu-of(clock)",  "steal", 0x11, false, true },
	{ "up to the end",       "b8 f0 00 cb c1 c3", "percpu-of(clock)",  "steal", 0x10, true,  false },
	{ "over the end",        "b8 f0 00 cb c1 c3", "percpu-of(clock)",  "steal", 0x11, false, true },
	{ "as long as can be",   FUNCTION_A,          "percpu-of(clock)",  "steal", UINT64_MAX, false, true },
	{ "no such function",    FUNCTION_A,          "percpu-of(clocks)", "steal", 0x20, false, false },
	{ "the name is listed",  "c3",                "percpu-of(clock)",  "first", 0x20, false, false },
};
// clang-format on

START_TEST(rows_are_found)
{
	const struct pvp_unnamed_row row = { finds[_i].at, finds[_i].name, finds[_i].size };

	pvp_image_close((struct pvp_image *)images[0]);
	images[0] = make_a(finds[_i].hex);
	pvp_ck_ok(pvp_unnamed_check(&row));
	pvp_ck_ok(pvp_unnamed_add(&unnamed, images, &row, "rows.yaml:2"));
	ck_assert_uint_eq(unnamed.nr, 1);
	ck_assert_msg(unnamed.v[0].found[0] == finds[_i].found, "%s: found", finds[_i].what);
	ck_assert_msg(unnamed.v[0].is_missed == finds[_i].missed, "%s: missed", finds[_i].what);
	ck_assert_str_eq(unnamed.v[0].where, "rows.yaml:2");
}
END_TEST

/* Where per-CPU data is numbered from 0, a number says nothing: no row has a chance. */
START_TEST(zero_based_data_has_no_rows)
{
	struct elfgen *g = begin(PVP_ARCH_AMD64, 0xffffffff81000000, 0, "b8 40 00 00 00 c3");

	elfgen_paddr(g, ".data..percpu", 0x3000000);
	pvp_image_close((struct pvp_image *)images[0]);
	images[0] = end(g);
	pvp_ck_ok(pvp_unnamed_add(&unnamed, images, &clock_row, "rows.yaml:2"));
	ck_assert(!unnamed.v[0].found[0] && unnamed.v[0].found[1] && !unnamed.v[0].is_missed);
}
END_TEST

// clang-format off
/* Behind a row of the clock, of that size. */
static const struct {
	uint64_t clock;
	const char *at, *name;
	uint64_t size;
	const char *error; /* NULL: none */
} contradictions[] = {
	{ 0x20, "percpu-of(clocks)", "steal",   4, "name 'steal' is also at rows.yaml:2" },
	{ 0x20, "percpu-of(clock)",  "stolen",  4, "percpu-of(clock) is 'steal' already, at rows.yaml:2" },
	{ 0x20, "percpu-of(clocks)", "stolen",  4, NULL },
	{ 0x1f, "percpu-of(watch)",  "watched", 1, NULL },
	{ 0x20, "percpu-of(watch)",  "watched", 1, "percpu-of(watch) is 'steal' already" }, /* in A */
	{ 0x1f, "percpu-of(watch)",  "watched", 2, "percpu-of(watch) is 'steal' already" }, /* in B */
};
// clang-format on

START_TEST(rows_do_not_contradict)
{
	const struct pvp_unnamed_row row = { contradictions[_i].at, contradictions[_i].name,
					     contradictions[_i].size };
	const struct pvp_unnamed_row first = { clock_row.at, clock_row.name,
					       contradictions[_i].clock };
	struct pvp_error *err;

	pvp_ck_ok(pvp_unnamed_add(&unnamed, images, &first, "rows.yaml:2"));
	err = pvp_unnamed_add(&unnamed, images, &row, "rows.yaml:3");
	if (contradictions[_i].error)
		pvp_ck_err(err, PVP_ERR_BAD_DATA, contradictions[_i].error);
	else
		pvp_ck_ok(err);
	ck_assert_uint_eq(unnamed.nr, contradictions[_i].error ? 1 : 2);
}
END_TEST

START_TEST(one_function_is_one)
{
	struct elfgen *g = begin(PVP_ARCH_I386, TEXT, PERCPU, FUNCTION_A);

	elfgen_symbol(g, "clock", TEXT + WATCH_AT);
	pvp_image_close((struct pvp_image *)images[0]);
	images[0] = end(g);
	pvp_ck_err(pvp_unnamed_add(&unnamed, images, &clock_row, "rows.yaml:2"), PVP_ERR_BAD_DATA,
		   "clock");
	ck_assert_uint_eq(unnamed.nr, 0);
}
END_TEST

/* --- places --- */

// clang-format off
/* Offsets in per-CPU data of A and of B. */
static const struct {
	const char *what;
	uint64_t a, b;
	bool same;
	const char *text_a;
} places_rows[] = {
	{ "its first byte",    0x40, 0x60, true,  "steal" },
	{ "its last byte",     0x5f, 0x7f, true,  "steal+0x1f" },
	{ "another member",    0x40, 0x64, false, "steal" },
	{ "and the other way", 0x44, 0x60, false, "steal+0x4" },
	{ "before it",         0x3f, 0x5f, false, "first+0x3f" },
	{ "behind it",         0x60, 0x80, false, "first+0x60" },
	{ "a listed one",      0x80, 0xc0, true,  "last" },
	{ "a listed one, in it", 0x80, 0x60, false, "last" },
};
// clang-format on

START_TEST(places_have_the_name)
{
	const struct pvp_places places = { .image = { images[0], images[1] }, .unnamed = &unnamed };
	uint64_t a = pvp_image_on_cpu0(images[0], PERCPU + places_rows[_i].a), offset, to;
	uint64_t b = pvp_image_on_cpu0(images[1], PERCPU + places_rows[_i].b);
	const char *what = places_rows[_i].what;
	char *text, *owner;

	pvp_ck_ok(pvp_unnamed_add(&unnamed, images, &clock_row, "rows.yaml:2"));
	ck_assert_msg(pvp_places_same(&places, a, b) == places_rows[_i].same, "%s", what);
	/* .. and as text names them before the CPU's distance is added. */
	ck_assert_msg(pvp_places_same(&places, PERCPU + places_rows[_i].a,
				      PERCPU + places_rows[_i].b) == places_rows[_i].same,
		      "%s: linked", what);
	ck_assert_msg((pvp_places_map(&places, 0, a, &to) && to == b) == places_rows[_i].same,
		      "%s: from A to B", what);
	ck_assert_msg((pvp_places_map(&places, 1, b, &to) && to == a) == places_rows[_i].same,
		      "%s: from B to A", what);
	text = pvp_places_text(&places, 0, a);
	ck_assert_msg(!strcmp(text, places_rows[_i].text_a), "%s: %s", what, text);
	owner = pvp_places_owner(&places, 0, NULL, a, &offset);
	ck_assert_msg(!strncmp(owner, text, strlen(owner)), "%s: %s", what, owner);
	free(text);
	free(owner);
}
END_TEST

/* Without the row it goes by what lies before it. */
START_TEST(places_without_a_row)
{
	const struct pvp_places places = { .image = { images[0], images[1] }, .unnamed = &unnamed };
	uint64_t a = pvp_image_on_cpu0(images[0], PERCPU + 0x40);
	uint64_t b = pvp_image_on_cpu0(images[1], PERCPU + 0x60);

	ck_assert(!pvp_places_same(&places, a, b));
}
END_TEST

/* A name of a row can be what a later version calls otherwise. */
START_TEST(names_can_be_renamed)
{
	struct pvp_place_rename rename = { .from = { "steal", 0 }, .to = { "other", 0 }, .size = 8 };
	struct pvp_excuses excuses = { .places = { &rename, 1, 1 }, .newer = 1 };
	const struct pvp_places places = { .image = { images[0], images[1] },
					   .renames = &excuses.places,
					   .unnamed = &excuses.unnamed,
					   .newer = 1 };
	uint64_t a = pvp_image_on_cpu0(images[0], PERCPU + 0x40), to;
	uint64_t other = pvp_image_on_cpu0(images[1], PERCPU + 0x20);

	ck_assert(pvp_place_rename_is_unused(&excuses, 0, images));
	pvp_ck_ok(pvp_unnamed_add(&excuses.unnamed, images, &clock_row, "rows.yaml:2"));
	ck_assert(!pvp_place_rename_is_unused(&excuses, 0, images));
	ck_assert(pvp_places_same(&places, a, other));
	ck_assert(pvp_places_map(&places, 0, a, &to));
	ck_assert_uint_eq(to, other);
	pvp_unnamed_deinit(&excuses.unnamed);
}
END_TEST

/* --- Debian's kernels --- */

// clang-format off
/* 6.1's text is spoiled at its first such bytes in a function, and an operation stores something else
 * at a place that it has no name for; with the shipped rows, on KVM. */
static const struct {
	const char *what, *function, *from, *to;
	const char *op, *field; /* NULL: none differs */
} spoiled[] = {
	{ "nothing",           NULL, NULL, NULL, NULL, NULL },
	/* add $1,%eax; mov %eax,8(%esi): the count of nodes */
	{ "nodes are counted", "__pv_queued_spin_lock_slowpath", "83 c0 01 89 46 08", "83 c0 02 89 46 08",
	  "lock.queued_spin_lock_slowpath", "store.qnodes" },
	/* or $2,%esi: KVM_VCPU_FLUSH_TLB */
	{ "a CPU is flushed",  "kvm_flush_tlb_multi", "83 ce 02", "83 ce 06",
	  "mmu.flush_tlb_others", "store.steal_time" },
	/* btr %ecx,(%eax); bts */
	{ "a CPU is left out", "kvm_flush_tlb_multi", "0f b3 08", "0f ab 08",
	  "mmu.flush_tlb_others", "store.__pv_cpu_mask" },
};
// clang-format on

/* The kernel as an ELF file, with that row's bytes in it. */
static void spoil(const char *path, unsigned row, struct kernel *ret)
{
	char to[] = "/tmp/pvproof-unnamed-XXXXXX";
	uint8_t from_bytes[8], to_bytes[8], *copy;
	const uint8_t *elf, *text;
	struct pvp_image *image;
	size_t len, nr, i = 0;
	uint64_t addr;
	int fd = mkstemp(to);

	ck_assert_int_ge(fd, 0);
	close(fd);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	elf = pvp_image_elf(image, &len);
	copy = malloc(len);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, elf, len);
	if (spoiled[row].function) {
		nr = pvp_test_hex(spoiled[row].from, from_bytes, sizeof(from_bytes));
		ck_assert_uint_eq(pvp_test_hex(spoiled[row].to, to_bytes, sizeof(to_bytes)), nr);
		pvp_ck_ok(pvp_image_symbol(image, spoiled[row].function, &addr));
		text = pvp_image_bytes(image, addr, 0x100);
		ck_assert_ptr_nonnull(text);
		while (i < 0x100 - nr && memcmp(text + i, from_bytes, nr))
			i++;
		ck_assert_msg(i < 0x100 - nr, "%s: no such text", spoiled[row].what);
		memcpy(copy + (text - elf) + i, to_bytes, nr);
	}
	elfgen_write_bytes(to, copy, len);
	free(copy);
	pvp_image_close(image);
	kernel_open(to, ret);
	unlink(to);
}

static bool has_field(const struct pvp_op_cell *cell, const char *field)
{
	for (size_t i = 0; i < cell->differences.nr; i++)
		if (!cell->excuses[i] && !strcmp(cell->differences.v[i].field, field))
			return true;
	return false;
}

START_TEST(shipped_rows_hide_no_store)
{
	static const char *const names[] = { "vmlinuz-5.10.223-i386", "vmlinuz-6.1.176-i386" };
	struct pvp_excuses excuses = {0};
	struct pvp_excuse_pair pair;
	struct kernel kernels[2];
	struct pvp_op_cells cells;
	struct boot boots[2];
	size_t nr_open = 0;

	for (unsigned i = 0; i < 2; i++) {
		const char *path = pvp_test_file(pvp_test_kernels(), names[i], "unnamed");

		if (!path)
			return;
		if (i)
			spoil(path, _i, &kernels[i]);
		else
			kernel_open(path, &kernels[i]);
		boot_open(&kernels[i], "kvm", NULL, &boots[i]);
		boots[i].input.by_name = true;
		boots[i].input.nr_states = 16;
		pair.image[i] = kernels[i].image;
		pair.generation[i] = kernels[i].tables.generation;
	}
	pvp_ck_ok(pvp_excuses_load("corpus/compare", &pair, &excuses));
	ck_assert_uint_gt(excuses.unnamed.nr, 0);
	for (size_t i = 0; i < excuses.unnamed.nr; i++)
		ck_assert_msg(excuses.unnamed.v[i].found[0] && excuses.unnamed.v[i].found[1],
			      "%s is not found", excuses.unnamed.v[i].where);
	pvp_ck_ok(pvp_behaviour_compare(&boots[0].input, &boots[1].input, &excuses, &cells));
	pvp_op_cells_judge(&cells, "kvm", &excuses);
	for (size_t i = 0; i < cells.nr; i++) {
		const struct pvp_op_cell *cell = &cells.v[i];

		if (cell->verdict == PVP_OP_SAME || cell->verdict == PVP_OP_EXCUSED)
			continue;
		nr_open++;
		ck_assert_msg(spoiled[_i].op && !strcmp(cell->op, spoiled[_i].op) &&
				      has_field(cell, spoiled[_i].field),
			      "%s: %s %s: %s", spoiled[_i].what, cell->op,
			      pvp_op_verdict_name(cell->verdict), cell->differences.v[0].field);
	}
	ck_assert_msg(nr_open == (spoiled[_i].op != NULL), "%s: %zu differ", spoiled[_i].what,
		      nr_open);
	pvp_op_cells_deinit(&cells);
	pvp_excuses_deinit(&excuses);
	for (unsigned i = 0; i < 2; i++) {
		boot_close(&boots[i]);
		kernel_close(&kernels[i]);
	}
}
END_TEST

Suite *unnamed_suite(void)
{
	Suite *suite = suite_create("unnamed");
	TCase *rows = tcase_create("rows"), *places = tcase_create("places");
	TCase *distro = tcase_create("distributions");

	tcase_add_checked_fixture(rows, setup, teardown);
	tcase_add_loop_test(rows, rows_are_checked, 0, ARRAY_SIZE(checks));
	tcase_add_loop_test(rows, rows_are_found, 0, ARRAY_SIZE(finds));
	tcase_add_test(rows, zero_based_data_has_no_rows);
	tcase_add_loop_test(rows, rows_do_not_contradict, 0, ARRAY_SIZE(contradictions));
	tcase_add_test(rows, one_function_is_one);
	suite_add_tcase(suite, rows);
	tcase_add_checked_fixture(places, setup, teardown);
	tcase_add_loop_test(places, places_have_the_name, 0, ARRAY_SIZE(places_rows));
	tcase_add_test(places, places_without_a_row);
	tcase_add_test(places, names_can_be_renamed);
	suite_add_tcase(suite, places);
	tcase_add_loop_test(distro, shipped_rows_hide_no_store, 0, ARRAY_SIZE(spoiled));
	tcase_set_timeout(distro, 120);
	tcase_set_tags(distro, PVP_TAG_KERNELS);
	suite_add_tcase(suite, distro);
	return suite;
}
