// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include "agree.h"
#include "check_helpers.h"

#define AT 0x1000

/* Text of the file: all 0x11.  A prediction: a byte a column, 0: not named; and its pass. */
struct side {
	uint8_t bytes[8];
	uint8_t by[8];
};

#define R PVP_PASS_RETURN
#define A PVP_PASS_ALTERNATIVE
#define P PVP_PASS_PARAVIRT
#define S PVP_BY_SYMBOLIC

// clang-format off
static const struct {
	const char *what;
	struct side side[2];
	size_t nr;
	struct {
		uint64_t off;
		const char *text;
	} want[3];
	uint64_t bytes, unequal, symbolic;
} rows[] = {
	{ "nothing", { { { 0 }, { 0 } }, { { 0 }, { 0 } } }, 0, { { 0, NULL } }, 0, 0, 0 },
	{ "the same", { { { 1, 2, 3 }, { R, R, R } }, { { 1, 2, 3 }, { R, R, R } } }, 0, { { 0, NULL } }, 3, 0, 0 },
	{ "the same, by other passes", { { { 1, 2, 3 }, { R, R, R } }, { { 1, 2, 3 }, { A, A, P } } },
	  0, { { 0, NULL } }, 3, 0, 0 },
	{ "one byte", { { { 1, 2, 3 }, { R, R, R } }, { { 1, 9, 3 }, { R, R, R } } },
	  1, { { 1, "a 02 (return), b 09 (return)" } }, 3, 1, 0 },
	{ "one byte that only a names", { { { 1, 2 }, { R, R } }, { { 1 }, { R } } },
	  1, { { 1, "a 02 (return), b 11 (file)" } }, 2, 1, 0 },
	{ "one that only b names", { { { 0 }, { 0 } }, { { 0, 0, 7 }, { 0, 0, P } } },
	  1, { { 2, "a 11 (file), b 07 (paravirt)" } }, 1, 1, 0 },
	{ "the file's byte, named by one", { { { 1, 0x11, 1 }, { R, R, R } }, { { 1, 0, 1 }, { R, 0, R } } },
	  0, { { 0, NULL } }, 3, 0, 0 },
	{ "a run", { { { 1, 2, 3, 4 }, { R, R, R, R } }, { { 1, 8, 9, 4 }, { R, A, A, R } } },
	  1, { { 1, "a 02 03 (return), b 08 09 (alternative)" } }, 4, 2, 0 },
	{ "two passes, two differences", { { { 1, 2, 3 }, { R, R, A } }, { { 7, 8, 9 }, { R, R, R } } },
	  2, { { 0, "a 01 02 (return), b 07 08 (return)" }, { 2, "a 03 (alternative), b 09 (return)" } }, 3, 3, 0 },
	{ "apart", { { { 1, 0, 0, 0, 0, 0, 0, 2 }, { R, 0, 0, 0, 0, 0, 0, A } }, { { 0 }, { 0 } } },
	  2, { { 0, "a 01 (return), b 11 (file)" }, { 7, "a 02 (alternative), b 11 (file)" } }, 2, 2, 0 },
	{ "symbolic on one side", { { { 1, 2, 3 }, { R, R | S, R } }, { { 1, 9, 3 }, { R, R, R } } },
	  1, { { 1, "a 02 (return), b 09 (return)" } }, 3, 1, 0 },
	{ "on the other", { { { 1, 2, 3 }, { R, R, R } }, { { 1, 9, 3 }, { R, R | S, R } } },
	  1, { { 1, "a 02 (return), b 09 (return)" } }, 3, 1, 0 },
	{ "on both", { { { 1, 2, 3 }, { R, R | S, R } }, { { 1, 9, 3 }, { R, R | S, R } } },
	  0, { { 0, NULL } }, 3, 0, 1 },
	{ "beside it", { { { 1, 2, 3 }, { R | S, R, R | S } }, { { 4, 9, 5 }, { R | S, R, R | S } } },
	  1, { { 1, "a 02 (return), b 09 (return)" } }, 3, 1, 2 },
	{ "symbolic, but not patched by the other", { { { 1, 2 }, { R, R | S } }, { { 1 }, { R } } },
	  1, { { 1, "a 02 (return), b 11 (file)" } }, 2, 1, 0 },
};
// clang-format on

static void predict(const struct side *side, struct pvp_patched *ret)
{
	static const uint8_t file[8] = {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11};
	uint8_t by[8], bytes[8];

	for (unsigned i = 0; i < 8; i++) {
		by[i] = side->by[i];
		bytes[i] = side->bytes[i] ? side->bytes[i] : file[i];
	}
	memset(ret, 0, sizeof(*ret));
	pvp_patched_add(ret, AT, file, bytes, by, sizeof(file));
}

START_TEST(differences)
{
	const char *what = rows[_i].what;
	struct pvp_patched sides[2];
	struct pvp_agree agree;

	for (unsigned i = 0; i < 2; i++)
		predict(&rows[_i].side[i], &sides[i]);
	pvp_agree_compare(&sides[0], &sides[1], &agree);
	ck_assert_msg(agree.nr == rows[_i].nr, "%s: %zu differences", what, agree.nr);
	ck_assert_msg(agree.bytes == rows[_i].bytes && agree.unequal == rows[_i].unequal,
		      "%s: %d of %d bytes", what, (int)agree.unequal, (int)agree.bytes);
	ck_assert_msg(agree.symbolic == rows[_i].symbolic, "%s: %d symbolic", what,
		      (int)agree.symbolic);
	for (size_t i = 0; i < agree.nr; i++) {
		char *text = pvp_difference_text(&agree.v[i], "a", "b");

		ck_assert_msg(agree.v[i].addr == AT + rows[_i].want[i].off, "%s: at %#lx", what,
			      (unsigned long)agree.v[i].addr);
		ck_assert_msg(!strcmp(text, rows[_i].want[i].text), "%s: %s", what, text);
		free(text);
	}
	pvp_agree_deinit(&agree);
	pvp_patched_deinit(&sides[0]);
	pvp_patched_deinit(&sides[1]);
}
END_TEST

static const struct {
	uint64_t addr, len;
	int index; /* -1: none */
} lookups[] = {
	{AT - 4, 4, -1}, {AT - 4, 5, 0}, {AT, 1, 0},	   {AT + 1, 6, -1},
	{AT + 1, 7, 1},	 {AT + 7, 1, 1}, {AT + 8, 10, -1}, {AT - 10, 100, 0},
};

START_TEST(lookup)
{
	static const struct side side = {{1, 0, 0, 0, 0, 0, 0, 2}, {R, 0, 0, 0, 0, 0, 0, R}}, none;
	const struct pvp_difference *found, *want;
	struct pvp_patched a, b;
	struct pvp_agree agree;

	predict(&side, &a);
	predict(&none, &b);
	pvp_agree_compare(&a, &b, &agree);
	found = pvp_agree_at(&agree, lookups[_i].addr, lookups[_i].len);
	want = lookups[_i].index < 0 ? NULL : &agree.v[lookups[_i].index];
	ck_assert_msg(found == want, "%#lx, %lu bytes", (unsigned long)lookups[_i].addr,
		      (unsigned long)lookups[_i].len);
	pvp_agree_deinit(&agree);
	pvp_patched_deinit(&a);
	pvp_patched_deinit(&b);
}
END_TEST

Suite *agree_suite(void)
{
	Suite *s = suite_create("agree");
	TCase *compare = tcase_create("compare");

	tcase_add_loop_test(compare, differences, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(compare, lookup, 0, ARRAY_SIZE(lookups));
	suite_add_tcase(s, compare);
	return s;
}
