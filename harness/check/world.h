/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world.h - the memory a kernel would find: the image as the platform leaves it, a stack, and what
 * pointers lead to (direct map, struct pages, page tables, Xen's p2m and m2p).
 *
 * One world is one (image, platform); its base content is shared, and each view of it (K0, K1) is
 * copy-on-write.  Everything is mapped beforehand; content that nobody determines is a function of
 * (seed, address).
 *
 *	err = pvp_world_create(image, tables, platform, &world);
 *	err = pvp_view_create(world, patched, restore, &view);	  // text: base + patched
 */
#ifndef PVP_WORLD_H
#define PVP_WORLD_H

#include "machine.h"
#include "patched.h"
#include "plan.h"
#include "platform.h"
#include "sites.h"

struct pvp_world;

/* What a machine does with sensitive instructions on the platform: platform->nr_insns rows for its
 * config, owned by the caller. */
struct pvp_machine_rule *pvp_world_rules(const struct pvp_platform *platform);

struct pvp_error *pvp_world_create(const struct pvp_image *image, const struct pvp_tables *tables,
				   const struct pvp_platform *platform, struct pvp_world **ret)
	PVP_MUST_CHECK;
void pvp_world_destroy(struct pvp_world *world);

/*
 * One view: the world with patched text.  Later lists lie over earlier ones; NULL ones are passed
 * over.  Sites in `restore` (may be NULL) get their linked bytes back.
 */
struct pvp_view {
	struct pvp_region *regions; /* for struct pvp_machine_config */
	size_t nr_regions;
	/* private */
	struct pvp_mapping *mappings;
	size_t nr_mappings;
	uint8_t *good; /* what pvp_view_spoil replaced at `spoilt` */
	uint64_t spoilt, nr_spoilt;
};

struct pvp_error *pvp_view_create(const struct pvp_world *world, const struct pvp_patched *patched,
				  const struct pvp_patched *given, const struct pvp_sites *restore,
				  struct pvp_view *ret) PVP_MUST_CHECK;
void pvp_view_deinit(struct pvp_view *view);

/*
 * Other bytes at one place; what the call before replaced is back first.  bytes NULL: no more than
 * that.  No machine may be over the view: text is never rewritten in a live engine.
 */
struct pvp_error *pvp_view_spoil(struct pvp_view *view, uint64_t addr, const uint8_t *bytes,
				 uint64_t len) PVP_MUST_CHECK;

/* The bytes of [addr, addr+len) in the view, or NULL. */
const uint8_t *pvp_view_bytes(const struct pvp_view *view, uint64_t addr, uint64_t len);

/* Content of undetermined memory: mostly pointers into arenas and small numbers. */
void pvp_world_fill(const struct pvp_plan *plan, uint64_t seed, uint64_t addr, void *buf,
		    size_t len);

#endif
