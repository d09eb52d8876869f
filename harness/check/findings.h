/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * findings.h - defects that equivalence cannot see.
 *
 * Findings about bytes compare given text with a prediction; they are made after the verdicts and
 * never change one.
 */
#ifndef PVP_FINDINGS_H
#define PVP_FINDINGS_H

#include "check.h"

/* kind: one of PVP_FINDINGS; rule: one line, copied; error: else a note. */
void pvp_finding_add(struct pvp_check_result *result, const char *kind,
		     const struct pvp_site *site, const char *rule, bool error);

/* missing-patch and byte-mismatch at every site that was judged. */
void pvp_findings_bytes(const struct pvp_check_input *input, struct pvp_check_result *result);

#endif
