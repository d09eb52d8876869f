/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * golden_boot.h - a recorded boot: what a real kernel's text looked like after it patched itself,
 * and what that depended on.
 *
 * Reads NAME.tsv.zst and NAME.json of a goldens directory (pvp_test_goldens()).
 *
 *	err = pvp_golden_boot_load(dir, "6.1-native", &boot);
 *	err = pvp_golden_boot_platform(&boot, image, &tables, &platform);
 *	err = pvp_model_patch(image, &tables, &platform, &patched);
 *	err = pvp_golden_boot_compare(&boot, image, &sites, &patched, &diff);
 *	pvp_golden_platform_deinit(&platform);
 *	pvp_golden_boot_deinit(&boot);
 */
#ifndef PVP_GOLDEN_BOOT_H
#define PVP_GOLDEN_BOOT_H

#include <jansson.h>

#include "patched.h"
#include "platform.h"
#include "sites.h"

struct pvp_golden_row {
	uint64_t addr;
	uint32_t len;
	uint8_t *old, *new;
	const char *label; /* tables that cover the row, "alt+para"; "-": none */
};

struct pvp_golden_boot {
	const char *name;	     /* "6.1-native" */
	struct pvp_golden_row *rows; /* ascending */
	size_t nr_rows;
	json_t *json;
	char *text;    /* owned: what the labels point into */
	uint8_t *pool; /* owned: what old and new point into */
};

struct pvp_error *pvp_golden_boot_load(const char *dir, const char *name,
				       struct pvp_golden_boot *ret) PVP_MUST_CHECK;
void pvp_golden_boot_deinit(struct pvp_golden_boot *boot);

/* The kernel below dir that was recorded, by its digest; owned by the caller; NULL: not there. */
struct pvp_error *pvp_golden_boot_kernel(const struct pvp_golden_boot *boot, const char *dir,
					 char **ret) PVP_MUST_CHECK;
/* Names of the recordings in dir (NULL: none), sorted; owned by the caller, and so is each. */
char **pvp_golden_boot_names(const char *dir, size_t *nr);

/* Rows that jump labels, ftrace and runtime constants wrote, not the patching that is predicted. */
bool pvp_golden_row_is_other(const struct pvp_golden_row *row);

/*
 * The platform of the recording, from its JSON: capability words, pv_ops, static calls, return
 * thunk, CPUs, and for Xen PV the text it sets outside any table.  Only what a predictor needs.
 */
struct pvp_error *pvp_golden_boot_platform(const struct pvp_golden_boot *boot,
					   const struct pvp_image *image,
					   const struct pvp_tables *tables,
					   struct pvp_platform *ret) PVP_MUST_CHECK;
void pvp_golden_platform_deinit(struct pvp_platform *platform);

/* Patched text against the recording, byte by byte, in executable sections. */
struct pvp_golden_diff {
	uint64_t bytes;	    /* compared */
	uint64_t changed;   /* of these, changed by the recorded boot */
	uint64_t other;	    /* not compared: pvp_golden_row_is_other */
	uint64_t symbolic;  /* not compared: known only at run time, and predicted as such */
	uint64_t wrong;	    /* changed by both, differently */
	uint64_t missing;   /* changed by the boot only */
	uint64_t extra;	    /* changed in patched only */
	uint64_t pv_bytes;  /* compared at pv sites */
	uint64_t pv_wrong;  /* of these, different in any way */
	uint64_t first_bad; /* address, 0: none */
};

struct pvp_error *pvp_golden_boot_compare(const struct pvp_golden_boot *boot,
					  const struct pvp_image *image,
					  const struct pvp_sites *sites,
					  const struct pvp_patched *patched,
					  struct pvp_golden_diff *ret) PVP_MUST_CHECK;

#endif
