/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * comparison.h - two images against each other: the one record that table and JSON are made from.
 *
 *	pvp_comparison_init(&a, &b, &comparison);
 *	err = pvp_excuses_load(.., &comparison.excuses);
 *	err = pvp_comparison_add(&comparison, &a, &boot_a, &b, &boot_b);	one a platform of both
 *	err = pvp_comparison_run(&comparison, &input_a, &input_b);		on that platform
 *	pvp_comparison_add_one_sided(&comparison, "xen-pv", 0, why);		only A boots there
 *	pvp_comparison_print(&comparison, true, stdout);
 *	pvp_comparison_deinit(&comparison);
 *
 * The images must outlive it.
 */
#ifndef PVP_COMPARISON_H
#define PVP_COMPARISON_H

#include <stdio.h>

#include "behaviour.h"
#include "site_pairs.h"

struct pvp_compared_platform {
	char *name;
	bool fits[2]; /* A, B; at least one of them */
	char *reason; /* why it does not fit the other; NULL: it fits both */
	const struct pvp_excuse *excuse; /* of one that fits one image only; NULL: none */
	struct pvp_site_changes changes;
	struct pvp_op_cells cells;
};

struct pvp_image_comparison {
	bool without_sites, without_runs; /* parts that were not asked for */
	struct pvp_excuses excuses;	  /* owned */
	struct {
		const struct pvp_image *opened; /* borrowed */
		char *name, *generation; /* generation: "" where it is not known */
		const char *sha256;
		enum pvp_arch arch;
		size_t nr_sites;
	} image[2];
	struct pvp_site_pairs pairs;
	size_t nr_only[2]; /* sites that A, that B alone has */
	struct pvp_compared_platform *platforms; /* owned, in the order they were added */
	size_t nr_platforms, cap_platforms;
};

/* An error when the two cannot be compared: another architecture, no pv sites, no symbols. */
struct pvp_error *pvp_comparison_init(const struct pvp_compared *a, const struct pvp_compared *b,
				      struct pvp_image_comparison *ret) PVP_MUST_CHECK;
void pvp_comparison_deinit(struct pvp_image_comparison *comparison);

struct pvp_error *pvp_comparison_add(struct pvp_image_comparison *comparison,
				     const struct pvp_compared *a,
				     const struct pvp_compared_boot *boot_a,
				     const struct pvp_compared *b,
				     const struct pvp_compared_boot *boot_b) PVP_MUST_CHECK;
/* Adds to the platform that was added last. */
struct pvp_error *pvp_comparison_run(struct pvp_image_comparison *comparison,
				     const struct pvp_check_input *a,
				     const struct pvp_check_input *b) PVP_MUST_CHECK;
/* side: that it fits; reason: why not the other. */
void pvp_comparison_add_one_sided(struct pvp_image_comparison *comparison, const char *platform,
				  unsigned side, const char *reason);

/* A row of corpus/compare that the images have no use for. */
struct pvp_unused_row {
	const char *kind;  /* "excuse", "rename" or "place" */
	const char *where; /* borrowed from the comparison */
	char *what;	   /* owned: what it is about */
};

struct pvp_unused_rows {
	struct pvp_unused_row *v; /* owned */
	size_t nr, cap;
};

/* None where nothing was run. */
struct pvp_unused_rows pvp_comparison_unused(const struct pvp_image_comparison *comparison);
void pvp_unused_rows_deinit(struct pvp_unused_rows *rows);

/* Whether anything differs, is undecided, or an excuse is unused. */
bool pvp_comparison_differs(const struct pvp_image_comparison *comparison);

/* names: each site that differs, not their number alone. */
void pvp_comparison_print(const struct pvp_image_comparison *comparison, bool names, FILE *out);
/* What differs, as Markdown for a pull request. */
void pvp_comparison_print_markdown(const struct pvp_image_comparison *comparison, FILE *out);
/* The same as JSON, with all names (corpus/compare/README.md has the keys). */
void pvp_comparison_print_json(const struct pvp_image_comparison *comparison, FILE *out);

#endif
