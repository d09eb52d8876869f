/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * why.h - why a site has the bytes it has: the table entries that own it, whether each applies on
 * the platform, and what every pass of the model left.
 *
 *	err = pvp_why_make(&names, site, &trace, &why);		(trace: pvp_model_trace of the site)
 *	pvp_why_print(&why, stdout);
 *	pvp_why_deinit(&why);
 */
#ifndef PVP_WHY_H
#define PVP_WHY_H

#include <stdio.h>

#include "change.h"
#include "model.h"
#include "names.h"

struct pvp_why_entry {
	enum pvp_site_table table;
	uint64_t addr; /* of the entry */
	char *fields;  /* decoded */
	char *effect;  /* what they come to on the platform */
};

struct pvp_why_pass {
	enum pvp_pass pass;
	char *bytes; /* as it left them; NULL: it wrote none of them */
	char *rule;
};

struct pvp_why {
	enum pvp_change change;
	struct pvp_why_entry *entries; /* owned, by table, in table order */
	size_t nr_entries, cap_entries;
	struct pvp_why_pass *passes; /* owned, in the order they ran */
	size_t nr_passes, cap_passes;
	char *bytes, *text; /* the outcome, and it disassembled on one line */
};

struct pvp_error *pvp_why_make(const struct pvp_names *names, const struct pvp_site *site,
			       const struct pvp_trace *trace, struct pvp_why *ret) PVP_MUST_CHECK;
void pvp_why_deinit(struct pvp_why *why);
void pvp_why_print(const struct pvp_why *why, FILE *out);

#endif
