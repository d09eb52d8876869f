/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expect.h - known failures: what a run may find without failing.
 *
 * An --expect file is YAML; an entry excuses what all its patterns match:
 *
 *	expect:
 *	- op: mmu.write_cr3		# fnmatch(3) on the op, with or without its group,
 *					# or on OP#ORDINAL
 *	  site: "xen_start*+0x*"	# .. on symbol+offset or 0xaddress; op, site or both
 *					# (a finding may lack a site: then neither)
 *	  platform: xen-*		# .. on the platform's name; left out: any
 *	  verdict: DIVERGENT		# or  reason: no-contract  or  finding: mitigation-* ; exactly
 *					# one, and of a finding the pattern of its kind
 *	  rule: "*static call*"		# .. of a finding, the pattern of its rule; left out: any
 *	  why: tracked as issue 41	# shown with what it excuses
 *	  expires: 2026-12-31		# the last day on which it does; left out: never
 *
 * An entry that matches nothing, although a platform it names was run and no site it names was
 * skipped, is `unused`: it fails the run like a finding, so lists of excuses do not outlive their
 * reasons.  The day is the caller's; nothing here reads the clock.
 *
 *	err = pvp_expect_load("expect.yaml", &expect);
 *	pvp_expect_apply(&expect, "2026-05-01", &results);
 *	pvp_expect_deinit(&expect);
 */
#ifndef PVP_EXPECT_H
#define PVP_EXPECT_H

#include "results.h"

struct pvp_expect_entry {
	char *op, *site, *platform;	  /* patterns; NULL: any */
	char *verdict, *reason, *finding; /* exactly one is not NULL; finding is a pattern */
	char *rule;			  /* pattern, with finding only; NULL: any */
	char *why;
	char *expires; /* "YYYY-MM-DD" or NULL */
	unsigned line; /* of the file, from 1 */
};

struct pvp_expect {
	struct pvp_expect_entry *v; /* owned, in file order */
	size_t nr;
};

/* Errors name file and line. */
struct pvp_error *pvp_expect_load(const char *path, struct pvp_expect *ret) PVP_MUST_CHECK;
void pvp_expect_deinit(struct pvp_expect *expect);

/* Whether text is a day of the calendar as YYYY-MM-DD. */
bool pvp_expect_is_day(const char *text);

/* Marks what the entries excuse, the first that matches in file order, and records all entries in
 * results->expectations.  Call it before pvp_results_judge. */
void pvp_expect_apply(const struct pvp_expect *expect, const char *today,
		      struct pvp_results *results);

#endif
