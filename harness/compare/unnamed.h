/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unnamed.h - places in per-CPU data that an image lists no name for, named by a function that uses
 * them: i386 kernels list no variables but exported ones, and what is not listed would go by
 * whatever lies before it.
 *
 *	row = (struct pvp_unnamed_row){ "percpu-of(kvm_steal_clock)", "steal_time", 64 };
 *	err = pvp_unnamed_add(&unnamed, images, &row, "places.yaml:30");
 *	place = pvp_unnamed_at(&unnamed, images[0], 0, addr, &offset);
 *	pvp_unnamed_deinit(&unnamed);
 *
 * A row is looked for in each image apart: one that lists the name goes by its own list, one
 * without the function, or whose per-CPU data is numbered from 0, has nothing to find.  A place that
 * is found is inside per-CPU data, holds nothing that the image lists, and is one row's alone.
 */
#ifndef PVP_UNNAMED_H
#define PVP_UNNAMED_H

#include "image.h"

/* As a file has it. */
struct pvp_unnamed_row {
	const char *at;	  /* "percpu-of(FUNCTION)", as percpu_of.h has it */
	const char *name; /* a symbol */
	uint64_t size;	  /* bytes */
};

struct pvp_unnamed_place {
	char *at, *name; /* owned */
	uint64_t size;
	bool found[2];	 /* by image; false: its list names the place, or nothing does */
	uint64_t off[2]; /* from where per-CPU data begins, where it is found */
	bool is_missed;	 /* an image needs the row and has the function; nothing is found */
	char *where;	 /* owned; as of struct pvp_excuse */
};

struct pvp_unnamed_places {
	struct pvp_unnamed_place *v; /* owned */
	size_t nr, cap;
};

/* Whether a row is one at all, in any image. */
struct pvp_error *pvp_unnamed_check(const struct pvp_unnamed_row *row) PVP_MUST_CHECK;

/* A row that pvp_unnamed_check passed.  PVP_ERR_BAD_DATA: another row has the name, or the place;
 * or the function is several. */
struct pvp_error *pvp_unnamed_add(struct pvp_unnamed_places *places,
				  const struct pvp_image *const images[2],
				  const struct pvp_unnamed_row *row,
				  const char *where) PVP_MUST_CHECK;
void pvp_unnamed_deinit(struct pvp_unnamed_places *places);

/* Places may be NULL: none. */

/* The place of one of the images that an address is in, linked or CPU 0's, or NULL. */
const struct pvp_unnamed_place *pvp_unnamed_at(const struct pvp_unnamed_places *places,
					       const struct pvp_image *image, unsigned side,
					       uint64_t addr, uint64_t *offset);
/* Where CPU 0 of an image has the place of that name; false: it is not found there. */
bool pvp_unnamed_lookup(const struct pvp_unnamed_places *places, const struct pvp_image *image,
			unsigned side, const char *name, uint64_t *ret);

#endif
