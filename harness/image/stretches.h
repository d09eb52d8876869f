/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stretches.h - an image's segments as memory: runs of pages with the same rights.
 *
 * What a program that loads the image must map, and which bytes of the file go where.  Per-CPU data
 * that is linked at 0 lies where boot finds it (image->percpu_base).  A page's rights are those of
 * the sections on it; a page of no section is data.
 *
 *	err = pvp_image_stretches(image, &v, &nr);
 *	free(v);
 */
#ifndef PVP_STRETCHES_H
#define PVP_STRETCHES_H

#include "image.h"

struct pvp_stretch {
	uint64_t addr, len; /* whole pages */
	bool write, exec;
	bool percpu; /* has per-CPU data: CPU 0's, or every CPU's as long as there is one */
	/* The file's bytes among them: [data_addr, data_addr+data_len), the rest is zero. */
	uint64_t data_addr, data_len;
	const uint8_t *data; /* borrowed from the image */
};

/* In the order of the segments; where those overlap, so do the stretches. */
struct pvp_error *pvp_image_stretches(const struct pvp_image *image, struct pvp_stretch **ret,
				      size_t *nr) PVP_MUST_CHECK;

#endif
