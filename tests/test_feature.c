// SPDX-License-Identifier: GPL-2.0-only
#include "feature.h"

#include "check_helpers.h"
#include "suites.h"

// clang-format off
static const struct {
	const char *text, *generation;
	int number; /* -1: an error */
} feature_numbers[] = {
	{ "XENPV",              "6.1",  272 },
	{ "XENPV",              "5.10", 272 },
	{ "XENPV",              "9.9",  272 },
	{ "PVUNLOCK",           "5.10", -1 },
	{ "LFENCE_RDTSC",       "6.1",  114 },
	{ "LFENCE_RDTSC",       "6.12", 642 },
	{ "LFENCE_RDTSC",       NULL,   -1 }, /* which one? */
	{ "CLEAR_CPU_BUF",      "6.1",  370 },
	{ "CALL_DEPTH",         "6.1",  -1 },
	{ "INDIRECT_THUNK_ITS", "7.2",  682 },
	{ "0",                  NULL,   0 },
	{ "0x110",              NULL,   272 },
	{ "767",                NULL,   767 },
	{ "768",                NULL,   -1 },
	{ "12x",                NULL,   -1 },
	{ "99999999999999999999999", NULL, -1 },
	{ "xenpv",              NULL,   -1 },
};
// clang-format on

START_TEST(features)
{
	const char *text = feature_numbers[_i].text;
	unsigned number = 0;
	struct pvp_error *err;

	err = pvp_feature_parse(text, feature_numbers[_i].generation, &number);
	if (feature_numbers[_i].number < 0) {
		pvp_ck_err(err, PVP_ERR_NOT_FOUND, text);
	} else {
		pvp_ck_ok(err);
		ck_assert_msg((int)number == feature_numbers[_i].number, "%s: %u", text, number);
	}
}
END_TEST

Suite *feature_suite(void)
{
	Suite *s = suite_create("feature");
	TCase *names = tcase_create("names");

	tcase_add_loop_test(names, features, 0, ARRAY_SIZE(feature_numbers));
	suite_add_tcase(s, names);
	return s;
}
