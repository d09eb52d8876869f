// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - runs every suite.  CK_RUN_SUITE and CK_RUN_CASE pick some, as Check has it.
 */
#include <stdlib.h>

#include "suites.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
#define X(name) name##_suite,
		PVP_SUITES(X)
#undef X
	};
	SRunner *runner = srunner_create(suites[0]());
	int failed;

	for (size_t i = 1; i < sizeof(suites) / sizeof(suites[0]); i++)
		srunner_add_suite(runner, suites[i]());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
