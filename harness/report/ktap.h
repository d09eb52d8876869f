/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktap.h - results as KTAP version 1: one subtest a platform, one test a site.
 *
 * What fails is `not ok` with its detail as a diagnostic line; SKIPPED sites are `ok .. # SKIP`,
 * expected failures `ok .. # XFAIL why`, findings without a site and unused expectations tests of
 * their own.  Source: Documentation/dev-tools/ktap.rst.
 */
#ifndef PVP_KTAP_H
#define PVP_KTAP_H

#include <stdio.h>

#include "results.h"

void pvp_ktap_print(const struct pvp_results *results, FILE *out);

#endif
