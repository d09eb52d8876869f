/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest.h - can the emulator be trusted?  A few microseconds' worth of questions whose answers
 * this program depends on; run before any verdict.
 */
#ifndef PVP_SELFTEST_H
#define PVP_SELFTEST_H

#include <stdbool.h>

#include "error.h"

struct pvp_selftest {
	const char *name; /* "patched-code-is-seen" */
	const char *what; /* one line: what must hold */
	bool ok;
	char got[96]; /* what was seen where it is not ok */
};

#define PVP_MAX_SELFTESTS 24

/* Fills ret with *nr results.  An error only when an engine cannot be opened at all. */
struct pvp_error *pvp_selftest_run(struct pvp_selftest ret[PVP_MAX_SELFTESTS], unsigned *nr)
	PVP_MUST_CHECK;
/* Runs all; PVP_ERR_ENGINE naming the first that fails. */
struct pvp_error *pvp_selftest_require(void) PVP_MUST_CHECK;
/* "unicorn 2.0.1, capstone 4.0.2" */
const char *pvp_selftest_versions(void);

#endif
