/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * allow.h - places where a sensitive instruction does no harm, each with the argument why; and those
 * where it does, with what is wrong there.
 *
 * A row names symbols and kinds of instructions (schema: corpus/lint/README.md).  The first that
 * fits a place allows it.  A row that allows nothing is wrong and fails the run, unless it is
 * optional and the image has none of the functions that it names in full, without a wildcard.
 *
 *	err = pvp_allow_load(dir, image, &allow);	every file of a folder that is for the image
 *	err = pvp_allow_read(path, &allow);		or files by name
 *	pvp_allow_deinit(&allow);
 */
#ifndef PVP_ALLOW_H
#define PVP_ALLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "tables.h"

struct pvp_allow_symbol {
	char *pattern; /* as of fnmatch(3); also of the name without what follows a dot */
	size_t used;   /* places it allows */
};

struct pvp_allow_row {
	char *path; /* of the file */
	unsigned line;
	struct pvp_allow_symbol *symbols; /* owned */
	size_t nr_symbols;
	char *insn;	  /* kinds of sensitive.h, alternatives between bars */
	char *generation; /* likewise, or NULL: any */
	char *why;
	bool optional;
	bool is_finding; /* it allows nothing: why is what is wrong */
	size_t used; /* places it is for */
};

struct pvp_allow {
	struct pvp_allow_row *v; /* in the order of the files, of each file's rows */
	size_t nr, cap;
};

/* Adds the rows of a file. */
struct pvp_error *pvp_allow_read(const char *path, struct pvp_allow *allow) PVP_MUST_CHECK;
/* Adds those of all files *.yaml in dir, in the order of their names, whose `needs` the image has. */
struct pvp_error *pvp_allow_load(const char *dir, const struct pvp_image *image,
				 struct pvp_allow *allow) PVP_MUST_CHECK;
void pvp_allow_deinit(struct pvp_allow *allow);

/* The first row for a place, counted as used; NULL: there is none. */
struct pvp_allow_row *pvp_allow_find(struct pvp_allow *allow, const char *generation,
				     const char *symbol, const char *insn);
/* Whether a row that was for nothing is wrong on this image. */
bool pvp_allow_is_stale(const struct pvp_allow_row *row, const struct pvp_image *image,
			const char *generation);

#endif
