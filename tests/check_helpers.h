/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_helpers.h - assertions that lead with the row's name, and where test inputs are.
 */
#ifndef PVP_CHECK_HELPERS_H
#define PVP_CHECK_HELPERS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

/* err must be NULL. */
#define pvp_ck_ok(expr)                                                                            \
	do {                                                                                       \
		struct pvp_error *ck_err_ = (expr);                                                \
		if (ck_err_)                                                                       \
			ck_abort_msg("%s: %s", #expr, ck_err_->message);                           \
	} while (0)

/* err must be an error of that code whose message contains text; it is destroyed. */
#define pvp_ck_err(expr, want, text)                                                               \
	do {                                                                                       \
		struct pvp_error *ck_err_ = (expr);                                                \
		ck_assert_msg(ck_err_ != NULL, "%s: no error, expected \"%s\"", #expr, text);      \
		ck_assert_msg(ck_err_->code == (want), "%s: code %d, message \"%s\"", #expr,       \
			      ck_err_->code, ck_err_->message);                                    \
		ck_assert_msg(strstr(ck_err_->message, text) != NULL,                              \
			      "%s: message \"%s\" lacks \"%s\"", #expr, ck_err_->message, text);   \
		pvp_error_destroy(ck_err_);                                                        \
	} while (0)

#define pvp_ck_bytes(name, got, want, len)                                                         \
	do {                                                                                       \
		const unsigned char *g_ = (const void *)(got), *w_ = (const void *)(want);         \
		for (size_t i_ = 0; i_ < (size_t)(len); i_++)                                      \
			ck_assert_msg(g_[i_] == w_[i_], "%s: byte %zu is %02x, expected %02x",     \
				      name, i_, g_[i_], w_[i_]);                                   \
	} while (0)

/* Tag of test cases that need real kernels: `make check-kernels` runs them, `make check` does not. */
#define PVP_TAG_KERNELS "kernels"
/* .. and of those that take long and show nothing new of memory or of the compiler: only the first
 * build runs them, not SAN=1 nor CC=clang. */
#define PVP_TAG_LONG "long"

/* Directory of real kernels / recorded boots, or NULL where there is none. */
const char *pvp_test_kernels(void);
const char *pvp_test_goldens(void);
/* A file below such a directory if it can be read, in a static buffer, or NULL after printing
 * "SKIP name: why". */
const char *pvp_test_file(const char *dir, const char *file, const char *test_name);

/* Prints "SKIP name: why", and adds the line to the file that PVPROOF_SKIPS names: tests run in
 * processes of their own, and the Makefile counts. */
void pvp_test_skip(const char *test_name, const char *reason);

#endif
