/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report_fixture.h - results of a made-up verify, with a cell of every kind: one image of eight
 * sites, two platforms, a detail that holds an escape.
 *
 * native: all EQUIVALENT but site 1 (DIVERGENT, with a witness), site 5 SKIPPED, two findings.
 * xen-pv: all EQUIVALENT but sites 2 and 3 (INCONCLUSIVE); site 4 is a null op.
 */
#ifndef PVP_REPORT_FIXTURE_H
#define PVP_REPORT_FIXTURE_H

#include "results.h"

#define FIXTURE_SITES 8
#define FIXTURE_TEXT  UINT64_C(0xffffffff81000000)

/* dir: a folder to make the image in.  nr_images: how many times it is added. */
void fixture_results(const char *dir, size_t nr_images, struct pvp_results *ret);

#endif
