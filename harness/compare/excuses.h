/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * excuses.h - differences between kernels that are meant: rows of the files of corpus/compare (schema:
 * README.md there).
 *
 *	err = pvp_excuses_load(dir, "5.10", "6.1", PVP_ARCH_AMD64, &excuses);
 *	excuse = pvp_excuses_find(&excuses, "irq.restore_fl", "native", "exists");
 *	pvp_excuses_deinit(&excuses);
 *
 * A row says since which version a kernel is otherwise; it applies when one image is older than that
 * and the other is not.  One that applies, whose platform was run, and that excuses nothing is unused:
 * it fails the run, so that lists of excuses do not outlive their reasons.
 */
#ifndef PVP_EXCUSES_H
#define PVP_EXCUSES_H

#include "image.h"

struct pvp_excuse {
	char *op, *platform, *field; /* patterns of fnmatch(3); platform: NULL: any */
	char *why;
	char *where; /* "corpus/compare/5.10.yaml:7" */
	bool ran;    /* a platform it is for was run */
	unsigned uses;
};

/* An operation that has another name since. */
struct pvp_op_rename {
	char *from, *to;
};

struct pvp_excuses {
	struct pvp_excuse *v; /* owned; only those that apply */
	size_t nr, cap;
	struct pvp_op_rename *renames; /* owned; only those that apply */
	size_t nr_renames, cap_renames;
};

/* All files of dir.  Generations as in struct pvp_tables; "" (not known): no row applies. */
struct pvp_error *pvp_excuses_load(const char *dir, const char *generation_a,
				   const char *generation_b, enum pvp_arch arch,
				   struct pvp_excuses *ret) PVP_MUST_CHECK;
void pvp_excuses_deinit(struct pvp_excuses *excuses);

/* The first row that covers it, or NULL. */
struct pvp_excuse *pvp_excuses_find(const struct pvp_excuses *excuses, const char *op,
				    const char *platform, const char *field);
/* The other name of an operation, or NULL. */
const char *pvp_excuses_renamed(const struct pvp_excuses *excuses, const char *op);
bool pvp_excuse_is_unused(const struct pvp_excuse *excuse);
/* Rows that apply to a platform that was run. */
void pvp_excuses_ran(struct pvp_excuses *excuses, const char *platform);

#endif
