/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_memory.h - inside guest/: the memory that the patcher runs in.
 *
 * The image as a boot loader leaves it, text writable, per-CPU data where boot has it, a stack, and
 * an arena for what the patcher allocates, executable: it makes thunks there.  Zero where the file
 * says nothing.
 */
#ifndef PVP_GUEST_MEMORY_H
#define PVP_GUEST_MEMORY_H

#include "image.h"
#include "memory.h"

#define PVP_GUEST_PAGE	    4096ull
#define PVP_GUEST_ARENA_LEN (64 * PVP_GUEST_PAGE)

struct pvp_guest_memory {
	struct pvp_region *regions; /* owned, and so is what they map */
	size_t nr;
	uint64_t stack_top, arena; /* addresses */
};

struct pvp_error *pvp_guest_memory_init(const struct pvp_image *image,
					struct pvp_guest_memory *ret) PVP_MUST_CHECK;
void pvp_guest_memory_deinit(struct pvp_guest_memory *memory);

/* Host address of len bytes inside one region, or NULL. */
uint8_t *pvp_guest_memory_host(const struct pvp_guest_memory *memory, uint64_t addr, uint64_t len);
/* Fails, naming what, where there is no memory. */
struct pvp_error *pvp_guest_memory_put(const struct pvp_guest_memory *memory, uint64_t addr,
				       const void *data, uint64_t len,
				       const char *what) PVP_MUST_CHECK;

#endif
