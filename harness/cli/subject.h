/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * subject.h - what a command works on: an opened image with its sites, and that image as a platform
 * boots it.
 *
 *	err = pvp_subject_open("vmlinuz", NULL, &subject);
 *	err = pvp_boot_open(&subject, "xen-pv", &overrides, &boot);
 *	pvp_boot_deinit(&boot);
 *	pvp_subject_deinit(&subject);
 */
#ifndef PVP_SUBJECT_H
#define PVP_SUBJECT_H

#include "transfer_sites.h"
#include "contract.h"
#include "entry_sites.h"
#include "model.h"
#include "sites.h"

struct pvp_subject {
	const char *path; /* as typed, borrowed */
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_sites sites;
	struct pvp_entry_sites entry;
	struct pvp_transfer_sites transfers;
};

struct pvp_boot {
	const char *name; /* of the platform, as typed, borrowed */
	struct pvp_platform *platform;
	struct pvp_contracts contracts;
	struct pvp_patched patched; /* as the model predicts */
};

/* Errors begin with the path. */
struct pvp_error *pvp_subject_open(const char *path, const char *symbols,
				   struct pvp_subject *ret) PVP_MUST_CHECK;
void pvp_subject_deinit(struct pvp_subject *subject);

/* unfit (may be NULL): whether the error is that the platform is not for this image. */
struct pvp_error *pvp_boot_open(const struct pvp_subject *subject, const char *name,
				const struct pvp_overrides *overrides, bool *unfit,
				struct pvp_boot *ret) PVP_MUST_CHECK;
void pvp_boot_deinit(struct pvp_boot *boot);

#endif
