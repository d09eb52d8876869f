/* SPDX-License-Identifier: GPL-2.0-only */
/* suites.h - the test suites, one a module; tests/main.c runs them all. */
#ifndef PVP_SUITES_H
#define PVP_SUITES_H

#include <check.h>

Suite *image_suite(void);
Suite *image_hostile_suite(void);
Suite *kallsyms_suite(void);
Suite *scan_suite(void);
Suite *sites_suite(void);
Suite *patched_suite(void);
Suite *model_suite(void);
Suite *model_branches_suite(void);
Suite *recorded_boots_suite(void);

Suite *feature_suite(void);
Suite *platform_suite(void);
Suite *contract_suite(void);

Suite *report_suite(void);
Suite *expect_suite(void);
Suite *witness_suite(void);

#endif
