/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lint_bench.h - an image on Xen PV, an allow list and text of the test's own, as lint sees them.
 *
 *	lint_bench_open(PVP_BUNDLED_KERNEL);
 *	pvp_ck_ok(pvp_allow_load(LINT_CORPUS, lint_bench.kernel.image, &lint_bench.allow));
 *	at = lint_bench_lay("start_kernel", bytes, len, &patched);
 *	lint_bench_run(&patched, &lint);
 *	place = lint_bench_place(&lint, at);
 *	pvp_lint_deinit(&lint);
 *	lint_bench_close();
 *
 * Everything fails the test that asks for what is not there.
 */
#ifndef PVP_TEST_LINT_BENCH_H
#define PVP_TEST_LINT_BENCH_H

#include <check.h>

#include "check_bench.h"
#include "lint.h"

#define LINT_CORPUS "corpus/lint"

/* What is open; one test, one image. */
extern struct lint_bench {
	struct kernel kernel;
	struct boot xen_pv;
	struct pvp_entry_sites entry;
	struct pvp_allow allow;
} lint_bench;

void lint_bench_open(const char *path);
void lint_bench_close(void);

/* Over a function that has no site, NOPs behind it, 16 bytes: its address.  In ascending order. */
uint64_t lint_bench_lay(const char *symbol, const uint8_t *bytes, size_t len,
			struct pvp_patched *ret);

struct pvp_lint_input lint_bench_input(const struct pvp_patched *patched);
void lint_bench_run(const struct pvp_patched *patched, struct pvp_lint *ret);

/* Places that are not allowed; rows that are stale. */
size_t lint_bench_findings(const struct pvp_lint *lint);
size_t lint_bench_stale(void);
/* The place at addr, or NULL. */
const struct pvp_lint_place *lint_bench_place(const struct pvp_lint *lint, uint64_t addr);

/* Of test_lint_debian.c. */
TCase *lint_debian_case(void);

#endif
