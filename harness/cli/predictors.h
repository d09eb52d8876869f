/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * predictors.h - who computes the patched bytes: our model of the boot code, the image's own
 * patching functions in the emulator, or both, which must agree.
 */
#ifndef PVP_PREDICTORS_H
#define PVP_PREDICTORS_H

#include "check.h"
#include "subject.h"

enum pvp_by { PVP_BY_MODEL, PVP_BY_GUEST, PVP_BY_BOTH };

/* "model", "guest", "both"; false: none of these. */
bool pvp_by_parse(const char *text, enum pvp_by *ret);

/*
 * Makes boot->patched, which is the model's, what `by` says.  *agree is false when both were asked
 * and differ: a line for each difference is on standard error then.
 */
struct pvp_error *pvp_predict(enum pvp_by by, const struct pvp_subject *subject,
			      struct pvp_boot *boot, bool *agree) PVP_MUST_CHECK;

/*
 * For verify: asks the guest too, where the image has what that runs, and adds a finding wherever
 * it and the model disagree.  wanted: as of struct pvp_check_input.
 */
struct pvp_error *pvp_predictors_verify(const struct pvp_subject *subject,
					const struct pvp_boot *boot, const bool *wanted,
					struct pvp_check_result *result) PVP_MUST_CHECK;

#endif
