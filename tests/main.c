// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - runs every suite.  CK_RUN_SUITE and CK_RUN_CASE pick some, as Check has it.
 * PVPROOF_TEST_JOBS=N: N processes share the suites out, each taking the next when it is through
 * with one, and print totals a suite.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites.h"

static Suite *(*const suites[])(void) = {
#define X(name) name##_suite,
	PVP_SUITES(X)
#undef X
};

#define NR_SUITES (sizeof(suites) / sizeof(suites[0]))

/* The suites from, .., to - 1; whether a test failed. */
static bool run(size_t from, size_t to)
{
	SRunner *runner = srunner_create(suites[from]());
	int failed;

	for (size_t i = from + 1; i < to; i++)
		srunner_add_suite(runner, suites[i]());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

/* next: of all processes, the suite that nobody has taken. */
static bool run_some(atomic_size_t *next)
{
	bool failed = false;
	size_t i;

	while ((i = atomic_fetch_add(next, 1)) < NR_SUITES) {
		failed |= run(i, i + 1);
		fflush(stdout);
	}
	return failed;
}

int main(void)
{
	const char *text = getenv("PVPROOF_TEST_JOBS");
	const unsigned long jobs = text ? strtoul(text, NULL, 10) : 1;
	bool failed = false;
	atomic_size_t *next;
	int status;

	if (jobs < 2 || jobs > NR_SUITES)
		return run(0, NR_SUITES) ? EXIT_FAILURE : EXIT_SUCCESS;
	next = mmap(NULL, sizeof(*next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (next == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < jobs; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("fork");
			failed = true;
			break;
		}
		if (!pid)
			exit(run_some(next) ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	while (wait(&status) > 0)
		failed |= !WIFEXITED(status) || WEXITSTATUS(status);
	munmap(next, sizeof(*next));
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
