/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platforms_check.h - `pvproof platforms --check IMAGE`: the platform files against what the
 * image's own code stores into pv_ops.
 */
#ifndef PVP_PLATFORMS_CHECK_H
#define PVP_PLATFORMS_CHECK_H

#include "cli.h"
#include "subject.h"

/* Prints a row a (field, function), mismatches also as a line each.  *status is PVP_EXIT_FAILED
 * when there is one.  dir: of the platform files; names: nr of them. */
struct pvp_error *pvp_platforms_check(const struct pvp_subject *subject, const char *dir,
				      char *const *names, size_t nr,
				      enum pvp_exit *status) PVP_MUST_CHECK;

#endif
