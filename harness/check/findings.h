/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * findings.h - defects that equivalence cannot see.
 *
 * They are made after the verdicts and never change one.  Two of them compare given text with a
 * prediction; the others look at the text that is there (K1), the patch tables and the platform's
 * inputs, by rules of their own (findings_rules.h), and know nothing of what anybody predicted.
 */
#ifndef PVP_FINDINGS_H
#define PVP_FINDINGS_H

#include "check.h"

/* What a finding says, beside its kind (one of PVP_FINDINGS) and its place. */
struct pvp_finding_text {
	const char *kind;
	const char *rule;   /* one line, the same for all findings of one rule */
	const char *detail; /* one line about this one, or NULL */
	bool error;	    /* else a note */
};

/* site may be NULL; texts are copied. */
void pvp_finding_add(struct pvp_check_result *result, const struct pvp_site *site, uint64_t addr,
		     const struct pvp_finding_text *text);

/* All of them; with input->wanted, only those at the wanted sites. */
struct pvp_error *pvp_findings(const struct pvp_check_input *input,
			       struct pvp_check_result *result) PVP_MUST_CHECK;

#endif
