/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table.h - results for people: what was shown and how on each platform, why where it was not, and
 * what failed with the command that shows it again.
 */
#ifndef PVP_TABLE_H
#define PVP_TABLE_H

#include <stdio.h>

#include "results.h"

struct pvp_table_options {
	bool colour;
	bool by_op;	     /* one row an op as well */
	bool branches;	     /* the name of each branch that did not go both ways */
	const char *program; /* as the user called it, for replay commands */
	const char *dir;     /* where the report is, as the user wrote it */
};

void pvp_table_print(const struct pvp_results *results, const struct pvp_table_options *options,
		     FILE *out);

#endif
