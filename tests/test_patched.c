// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include <unistd.h>

#include "check_helpers.h"
#include "elfgen.h"
#include "patched.h"
#include "tiny_kernel.h"

#define FILE_ PVP_PASS_FILE
#define PARA  PVP_PASS_PARAVIRT
#define ALT   PVP_PASS_ALTERNATIVE

static struct pvp_image *image;
static struct pvp_patchable text_only;

static void open_image(void)
{
	struct tiny t;

	tiny_init(&t);
	tiny_poke(&t, TINY_TEXT, "\x00\x01\x02\x03\x04\x05\x06\x07", 8);
	pvp_ck_ok(tiny_open(&t, &image));
	text_only.image = image;
}

static void close_image(void)
{
	pvp_image_close(image);
}

/* Two writers side by side, an untouched gap, a run in which nothing changed. */
static struct pvp_patched sample(void)
{
	static const uint8_t old[] = {0, 1, 2, 3, 4, 5, 6, 7};
	static const uint8_t new[] = {0xa0, 1, 0xa2, 3, 0xa4, 5, 6, 7};
	static const uint8_t by[] = {PARA, PARA, ALT, FILE_, PARA, FILE_, ALT, ALT};
	struct pvp_patched patched = {0};

	pvp_patched_add(&patched, TINY_TEXT, old, new, by, sizeof(old));
	return patched;
}

START_TEST(rows)
{
	struct pvp_patched patched = sample();

	ck_assert_uint_eq(patched.nr, 3);
	ck_assert_uint_eq(patched.v[0].len, 2);
	ck_assert_uint_eq(patched.v[0].pass, PARA);
	ck_assert_uint_eq(patched.v[1].addr, TINY_TEXT + 2);
	ck_assert_uint_eq(patched.v[1].pass, ALT);
	ck_assert_uint_eq(patched.v[2].addr, TINY_TEXT + 4);
	pvp_patched_deinit(&patched);
	pvp_patched_deinit(&patched);
	pvp_patched_deinit(NULL);
}
END_TEST

static const struct {
	unsigned off, len;
	uint8_t want[8];
} overlays[] = {
	{0, 8, {0xa0, 1, 0xa2, 3, 0xa4, 5, 6, 7}},
	{1, 2, {1, 0xa2}},
	{3, 1, {3}},
	{4, 3, {0xa4, 5, 6}},
	{5, 3, {5, 6, 7}},
};

START_TEST(bytes)
{
	struct pvp_patched patched = sample();
	uint8_t got[8];

	ck_assert(pvp_patched_bytes(&patched, image, TINY_TEXT + overlays[_i].off, overlays[_i].len,
				    got));
	pvp_ck_bytes("overlay", got, overlays[_i].want, overlays[_i].len);
	pvp_patched_deinit(&patched);
}
END_TEST

START_TEST(bytes_outside)
{
	struct pvp_patched patched = sample();
	uint8_t got[8];

	ck_assert(!pvp_patched_bytes(&patched, image, TINY_TEXT - 1, 2, got));
	ck_assert(!pvp_patched_bytes(&patched, image, TINY_TEXT + TINY_TEXT_LEN - 1, 2, got));
	pvp_patched_deinit(&patched);
}
END_TEST

static const char *write_file(const void *text, size_t len)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/pvproof-patched-%d", (int)getpid());
	elfgen_write_bytes(path, text, len);
	return path;
}

START_TEST(print_and_read)
{
	static const char want[] = "ffffffff81000000\t0001\ta001\tparavirt\n"
				   "ffffffff81000002\t02\ta2\talternative\n"
				   "ffffffff81000004\t04\ta4\tparavirt\n";
	struct pvp_patched patched = sample(), again;
	const char *path;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	pvp_patched_print(&patched, out);
	fclose(out);
	ck_assert_str_eq(text, want);
	path = write_file(text, len);
	pvp_ck_ok(pvp_patched_read(path, &text_only, &again));
	unlink(path);
	ck_assert_uint_eq(again.nr, patched.nr);
	for (size_t i = 0; i < again.nr; i++) {
		ck_assert_uint_eq(again.v[i].addr, patched.v[i].addr);
		ck_assert_uint_eq(again.v[i].len, patched.v[i].len);
		ck_assert_uint_eq(again.v[i].pass, PVP_PASS_GIVEN);
		pvp_ck_bytes("new", again.v[i].new, patched.v[i].new, again.v[i].len);
	}
	free(text);
	pvp_patched_deinit(&again);
	pvp_patched_deinit(&patched);
}
END_TEST

/* Text of the image is 00 01 02 ..; the second of three bytes is known only at run time. */
START_TEST(symbolic)
{
	static const uint8_t old[] = {1, 2, 3}, new[] = {0xa1, 2, 0xa3};
	static const uint8_t by[] = {PVP_PASS_RETPOLINE, PVP_PASS_RETPOLINE | PVP_BY_SYMBOLIC,
				     PVP_PASS_RETPOLINE};
	struct pvp_patched patched = {0};
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	pvp_patched_add(&patched, TINY_TEXT + 1, old, new, by, 3);
	/* The same as in the file, yet a row: what it will be is not known. */
	pvp_patched_add(&patched, TINY_TEXT + 5, old + 1, new + 1, by + 1, 1);
	pvp_patched_print(&patched, out);
	fclose(out);
	ck_assert_str_eq(text, "ffffffff81000001\t010203\ta1\?\?a3\tretpoline\n"
			       "ffffffff81000005\t02\t\?\?\tretpoline\n");
	free(text);
	ck_assert(!pvp_patched_is_symbolic(&patched, TINY_TEXT, 2));
	ck_assert(pvp_patched_is_symbolic(&patched, TINY_TEXT, 3));
	ck_assert(pvp_patched_is_symbolic(&patched, TINY_TEXT + 2, 1));
	ck_assert(!pvp_patched_is_symbolic(&patched, TINY_TEXT + 3, 2));
	ck_assert(pvp_patched_is_symbolic(&patched, TINY_TEXT + 3, 3));
	pvp_patched_deinit(&patched);
}
END_TEST

// clang-format off
/* What is given against a1 ?? a3 at TINY_TEXT + 1; nr: bytes that differ. */
static const struct {
	const char *what, *text;
	size_t nr;
} against_symbolic[] = {
	{ "as predicted",          "ffffffff81000001\t010203\ta102a3\n", 0 },
	{ "any symbolic byte",     "ffffffff81000001\t010203\ta1eea3\n", 0 },
	{ "another one",           "ffffffff81000001\t010203\ta102ee\n", 1 },
	{ "not patched",           "", 3 },
	{ "not patched but there", "ffffffff81000002\t02\t02\n", 2 },
};
// clang-format on

START_TEST(symbolic_difference)
{
	static const uint8_t old[] = {1, 2, 3}, new[] = {0xa1, 0x77, 0xa3};
	static const uint8_t by[] = {PVP_PASS_RETPOLINE, PVP_PASS_RETPOLINE | PVP_BY_SYMBOLIC,
				     PVP_PASS_RETPOLINE};
	const char *text = against_symbolic[_i].text, *path = write_file(text, strlen(text));
	struct pvp_patched patched = {0}, given, difference;
	size_t nr = 0;

	pvp_patched_add(&patched, TINY_TEXT + 1, old, new, by, 3);
	pvp_ck_ok(pvp_patched_read(path, &text_only, &given));
	unlink(path);
	pvp_patched_difference(&patched, &given, &difference);
	for (size_t i = 0; i < difference.nr; i++)
		nr += difference.v[i].len;
	ck_assert_msg(nr == against_symbolic[_i].nr, "%s: %zu differ", against_symbolic[_i].what,
		      nr);
	pvp_patched_deinit(&difference);
	pvp_patched_deinit(&given);
	pvp_patched_deinit(&patched);
}
END_TEST

#define A "ffffffff8100000"

/* message NULL: read, with so many rows. */
static const struct {
	const char *what, *text;
	size_t nr;
	const char *message;
} files[] = {
	{"empty", "", 0, NULL},
	{"comments", "# a\n\n" A "1\t01\tff\n\r\n", 1, NULL},
	{"any order, no pass, upper case, CR", A "4\t04\tFF\r\n0x" A "1\t01\tff\tx y\n", 2, NULL},
	{"no newline at the end", A "1\t01\tff", 1, NULL},
	{"side by side", A "1\t01\tff\n" A "2\t02\tff\n", 2, NULL},
	{"two columns", "\n" A "1\t01\n", 0, ":2: not \"address"},
	{"spaces", A "1 01 ff\n", 0, ":1: not \"address"},
	{"address", "xyz\t01\tff\n", 0, ":1: address \"xyz\" is not hex"},
	{"no address", "\t01\tff\n", 0, ":1: address \"\" is not hex"},
	{"long address", "0" A "1f\t01\tff\n", 0, "is not hex"},
	{"odd digits", A "1\t010\tff0\n", 0, "old bytes \"010\" are not hex"},
	{"no bytes", A "1\t\t\n", 0, "old bytes \"\" are not hex"},
	{"bad hex", A "1\t0g\tff\n", 0, "old bytes \"0g\" are not hex"},
	{"bad new hex", A "1\t01\tfg\n", 0, "new bytes \"fg\" are not 1 in hex"},
	{"lengths differ", A "1\t01\tffff\n", 0, "new bytes \"ffff\" are not 1 in hex"},
	{"wrong old", A "1\t0102ff\tffffff\n", 0,
	 ":1: old byte at 0xffffffff81000003 is ff, the image has 03"},
	{"outside", "1234\t01\tff\n", 0, ":1: the image has no 1 bytes at 0x1234"},
	{"data", A "1\t01\tff\nffffffff82000000\t00\tff\n", 0, ":2: 0xffffffff82000000"},
	{"overlap", A "2\t02\tff\n" A "1\t0102\tffff\n", 0,
	 ":1: 0xffffffff81000002 is also in the row of line 2"},
	{"symbolic", A "1\t0102\tff\?\?\n", 0,
	 ":1: new bytes \"ff\?\?\": \?\? is a byte known only at run time"},
	{"twice", A "2\t02\tff\n" A "2\t02\tff\n", 0, ":2: 0xffffffff81000002 is also in the row"},
};

START_TEST(given_files)
{
	const char *path = write_file(files[_i].text, strlen(files[_i].text));
	struct pvp_patched patched;

	if (files[_i].message) {
		pvp_ck_err(pvp_patched_read(path, &text_only, &patched), PVP_ERR_BAD_DATA,
			   files[_i].message);
	} else {
		pvp_ck_ok(pvp_patched_read(path, &text_only, &patched));
		ck_assert_msg(patched.nr == files[_i].nr, "%s: %zu rows", files[_i].what,
			      patched.nr);
		for (size_t i = 1; i < patched.nr; i++)
			ck_assert_uint_lt(patched.v[i - 1].addr, patched.v[i].addr);
		pvp_patched_deinit(&patched);
	}
	unlink(path);
}
END_TEST

START_TEST(unreadable)
{
	static const char nul[] = A "1\t01\tff\tx\0y\n";
	struct pvp_patched patched;
	const char *path = write_file(nul, sizeof(nul) - 1);

	pvp_ck_err(pvp_patched_read(path, &text_only, &patched), PVP_ERR_BAD_DATA, ":1: a NUL byte");
	unlink(path);
	pvp_ck_err(pvp_patched_read(path, &text_only, &patched), PVP_ERR_OS, path);
	pvp_ck_err(pvp_patched_read("/tmp", &text_only, &patched), PVP_ERR_OS, "/tmp: ");
}
END_TEST

/* --- where they may be --- */

static struct pvp_alt_entry alts[] = {{.addr = TINY_DATA + 0x700, .len = 4, .replacement_len = 3}};
static uint64_t slots[] = {TINY_DATA, TINY_DATA + 8};
static struct pvp_static_call_key keys[] = {{.key = TINY_KEY(0)}, {.key = 0}};
static struct pvp_site trap_rows[] = {
	{.addr = TINY_DATA + 0x600, .len = 24, .kind = PVP_SITE_TRAP},
};

// clang-format off
static const struct {
	const char *what;
	uint64_t addr, len;
	const char *message; /* NULL: it may be there */
} places[] = {
	{"text",               TINY_TEXT,             8,  NULL},
	{"init text",          TINY_INIT,             1,  NULL},
	{"an entry in data",   TINY_DATA + 0x700,     4,  NULL},
	{"its last byte",      TINY_DATA + 0x703,     1,  NULL},
	{"behind it",          TINY_DATA + 0x702,     3,  "0xffffffff82000704"},
	{"in front of it",     TINY_DATA + 0x6ff,     2,  "0xffffffff820006ff"},
	{"a trap row",         TINY_DATA + 0x600,     24, NULL},
	{"behind it",          TINY_DATA + 0x617,     2,  "0xffffffff82000618"},
	{"a slot",             TINY_DATA + 8,         8,  "platform's (--pvop)"},
	{"its last byte",      TINY_DATA + 15,        1,  "platform's (--pvop)"},
	{"behind the slots",   TINY_DATA + 16,        1,  "is data, no patched text"},
	{"a key",              TINY_KEY(0) + 1,       1,  "platform's (--static-call)"},
	{"a patch table",      TINY_TABLES,           1,  "is data, no patched text"},
	{"nowhere",            0x1000,                1,  "0x1000 (0x1000) is data"},
	{"the end of all",     UINT64_MAX,            1,  "0xffffffffffffffff"},
};
// clang-format on

START_TEST(patchable)
{
	struct pvp_tables tables = {
		.alts = alts,
		.nr_alts = 1,
		.slots = slots,
		.nr_fields = 2,
		.static_call_keys = keys,
		.nr_static_call_keys = 2,
	};
	struct pvp_entry_sites entry = {.sites = {trap_rows, 1}};
	const struct pvp_patchable patchable = {image, &tables, &entry};

	if (places[_i].message)
		pvp_ck_err(pvp_patchable_check(&patchable, places[_i].addr, places[_i].len),
			   PVP_ERR_BAD_DATA, places[_i].message);
	else
		pvp_ck_ok(pvp_patchable_check(&patchable, places[_i].addr, places[_i].len));
}
END_TEST

Suite *patched_suite(void)
{
	Suite *s = suite_create("patched");
	TCase *list = tcase_create("list"), *given = tcase_create("files");

	tcase_add_checked_fixture(list, open_image, close_image);
	tcase_add_test(list, rows);
	tcase_add_loop_test(list, bytes, 0, ARRAY_SIZE(overlays));
	tcase_add_test(list, bytes_outside);
	tcase_add_test(list, print_and_read);
	tcase_add_test(list, symbolic);
	tcase_add_loop_test(list, symbolic_difference, 0, ARRAY_SIZE(against_symbolic));
	suite_add_tcase(s, list);
	tcase_add_checked_fixture(given, open_image, close_image);
	tcase_add_loop_test(given, patchable, 0, ARRAY_SIZE(places));
	tcase_add_loop_test(given, given_files, 0, ARRAY_SIZE(files));
	tcase_add_test(given, unreadable);
	suite_add_tcase(s, given);
	return s;
}
