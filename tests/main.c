// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - runs every suite.  CK_RUN_SUITE and CK_RUN_CASE pick some, as Check has it.
 * PVPROOF_TEST_JOBS=N runs them in N processes, every Nth suite in each; a line of totals comes
 * from each of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites.h"

static Suite *(*const suites[])(void) = {
#define X(name) name##_suite,
	PVP_SUITES(X)
#undef X
};

#define NR_SUITES (sizeof(suites) / sizeof(suites[0]))

/* The suites first, first + step, ..; how many tests failed. */
static int run(size_t first, size_t step)
{
	SRunner *runner = srunner_create(suites[first]());
	int failed;

	for (size_t i = first + step; i < NR_SUITES; i += step)
		srunner_add_suite(runner, suites[i]());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

int main(void)
{
	const char *text = getenv("PVPROOF_TEST_JOBS");
	const unsigned long jobs = text ? strtoul(text, NULL, 10) : 1;
	int status, failed = 0;

	if (jobs < 2 || jobs > NR_SUITES)
		return run(0, 1) ? EXIT_FAILURE : EXIT_SUCCESS;
	for (size_t i = 0; i < jobs; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("fork");
			failed = 1;
			break;
		}
		if (!pid)
			exit(run(i, jobs) ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	while (wait(&status) > 0)
		failed |= !WIFEXITED(status) || WEXITSTATUS(status);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
