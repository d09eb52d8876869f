/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * excuses.h - differences between kernels that are meant: rows of the files of corpus/compare (schema:
 * README.md there).
 *
 *	err = pvp_excuses_load(dir, &pair, &excuses);
 *	excuse = pvp_excuses_use(&excuses, "irq.restore_fl", "native", "exists");
 *	pvp_excuses_deinit(&excuses);
 *
 * A row says since which version a kernel is otherwise; it applies when one image is older than that
 * and the other is not, and none is as new as `until` or older than `after`.  One that applies, that was run, and that
 * excuses nothing is unused:
 * it fails the run, so that lists of excuses do not outlive their reasons.  So does a new name of
 * memory that the images do not have, and a name of memory that is not found where an image has the
 * function it is found by (unnamed.h); such a name is for all versions.
 */
#ifndef PVP_EXCUSES_H
#define PVP_EXCUSES_H

#include "places.h"

struct pvp_excuse {
	char *op, *field; /* patterns of fnmatch(3) */
	char *platform;	  /* patterns between bars; NULL: any */
	char *why;
	char *where; /* "corpus/compare/5.10.yaml:7" */
	bool is_backported; /* the older image may have the change, too: the row need not be used where both have the op */
	bool ran;    /* what it is for was run: a platform, and on it the operation in both images */
	unsigned uses;
};

/* An operation that has another name since. */
struct pvp_op_rename {
	char *from, *to;
	char *where; /* as of struct pvp_excuse */
};

struct pvp_excuses {
	struct pvp_excuse *v; /* owned; only those that apply, each op and field of a row apart */
	size_t nr, cap;
	struct pvp_op_rename *renames; /* owned; only those that apply */
	size_t nr_renames, cap_renames;
	struct pvp_place_renames places; /* those that apply */
	struct pvp_unnamed_places unnamed; /* of all files that are for both images */
	unsigned newer; /* which of the two is, where one is */
};

/* What is compared.  Generations as in struct pvp_tables; "" (not known): no row
 * applies but those of unnamed.h. */
struct pvp_excuse_pair {
	const struct pvp_image *image[2];
	const char *generation[2];
};

/* All files of dir whose `needs` both images have. */
struct pvp_error *pvp_excuses_load(const char *dir, const struct pvp_excuse_pair *pair,
				   struct pvp_excuses *ret) PVP_MUST_CHECK;
void pvp_excuses_deinit(struct pvp_excuses *excuses);

/* The first row that covers it, or NULL; all that do are used. */
struct pvp_excuse *pvp_excuses_use(const struct pvp_excuses *excuses, const char *op,
				   const char *platform, const char *field);
bool pvp_excuse_is_for(const struct pvp_excuse *excuse, const char *platform);
/* The other name of an operation, or NULL. */
const char *pvp_excuses_renamed(const struct pvp_excuses *excuses, const char *op);
bool pvp_excuse_is_unused(const struct pvp_excuse *excuse);
/* Whether the images lack what the row is about; an older or newer row may lead there. */
bool pvp_place_rename_is_unused(const struct pvp_excuses *excuses, size_t i,
				const struct pvp_image *const images[2]);

#endif
