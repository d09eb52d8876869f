/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sensitive_rows.h - what a sensitive instruction does, as a row, and that it does nothing else.
 */
#ifndef PVP_SENSITIVE_ROWS_H
#define PVP_SENSITIVE_ROWS_H

#include "small_machine.h"

/* Memory that rdi points to, before the run, and the two bytes behind it. */
#define SENSITIVE_WORD	0x8899aabbccddeeffull
#define SENSITIVE_WORD8 0x7766ull

/*
 * changes: register=value, in hexadecimal, the name of the register whose start value it is, or ?;
 * word and word8 are the memory above.  Everything else stays as it was.
 */
struct sensitive_row {
	const char *name, *code;
	unsigned ring;
	const char *effects;
	const char *stop; /* "": end */
	const char *changes;
};

/* Runs it twice on a machine that is initialised and not yet open. */
void sensitive_row_check(struct small_machine *sm, const struct sensitive_row *row);

#endif
