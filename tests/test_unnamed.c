// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_unnamed.c - per-CPU data that images list no name for, in two small images whose layouts
 * differ.
 */
#include "unnamed.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_helpers.h"
#include "elfgen.h"
#include "excuses.h"
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

Suite *unnamed_suite(void)
{
	Suite *suite = suite_create("unnamed");
	TCase *rows = tcase_create("rows"), *places = tcase_create("places");

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
	return suite;
}
