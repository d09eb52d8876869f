/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * places.h - whether values of two images mean the same: numbers by value, addresses by symbol.
 *
 *	struct pvp_places places = { { image_a, image_b }, &excuses->places, 1 };
 *	same = pvp_places_same(&places, value_a, value_b);
 *
 * A value may be an address of the image as text uses it, in the direct map, physical, or one of Xen's
 * machine; or a frame number.  Two values are the same when they are equal, or when both are, in one of
 * these ways, the same offset from the same symbol, or strings of the same letters.
 *
 * What a version of the kernel calls otherwise goes by its older name (struct pvp_place_rename), and
 * per-CPU data that an image lists no name for by the name that a row gives it (unnamed.h).  The
 * structures that an operation's arguments point to have their members at other offsets in each
 * kernel: places in them go by the member, where the images say which that is (btf.h).
 */
#ifndef PVP_PLACES_H
#define PVP_PLACES_H

#include "image.h"
#include "memory.h"
#include "unnamed.h"

/* Memory that has another name since a version: as many bytes from `to` on were those from `from` on. */
struct pvp_place_rename {
	struct pvp_place_name {
		char *symbol;
		uint64_t offset;
	} from, to; /* owned */
	uint64_t size;
	unsigned since; /* sorts */
	char *where;	/* as of struct pvp_excuse */
};

struct pvp_place_renames {
	struct pvp_place_rename *v; /* owned, those that are between the two images; newest first */
	size_t nr, cap;
};

/* What an argument points to; the same address in both images. */
struct pvp_place_object {
	uint64_t addr;
	const char *structure; /* "mm_struct" */
	unsigned arg;
};

#define PVP_MAX_OBJECTS 6

struct pvp_places {
	const struct pvp_image *image[2];
	const struct pvp_place_renames *renames;  /* NULL: none */
	const struct pvp_unnamed_places *unnamed; /* NULL: none */
	unsigned newer; /* the image that has the new names */
	struct pvp_place_object objects[PVP_MAX_OBJECTS];
	size_t nr_objects;
};

bool pvp_places_same(const struct pvp_places *places, uint64_t value_a, uint64_t value_b);

/* Where the other image has what `side` has at addr: the same address outside the image, else by name;
 * false: the other has no such place. */
bool pvp_places_map(const struct pvp_places *places, unsigned side, uint64_t addr, uint64_t *ret);

/* What writes to addr are counted under: the symbol or the member, or the region outside the image.
 * *offset is where in it, or addr itself.  The caller frees it. */
char *pvp_places_owner(const struct pvp_places *places, unsigned side, struct pvp_memory *memory,
		       uint64_t addr, uint64_t *offset);

/* A function of `side` by its older name.  The caller frees it. */
char *pvp_places_function(const struct pvp_places *places, unsigned side, const char *symbol);

/* For people, in the image's own names and those of unnamed.h: "symbol+0x8" or "0x..".  The caller frees it. */
char *pvp_places_text(const struct pvp_places *places, unsigned side, uint64_t value);

/* "symbol" or "symbol+0x8"; false: it is neither. */
bool pvp_place_name_parse(const char *text, struct pvp_place_name *ret);

#endif
