/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inside.h - inside guest/: one boot under way, shared by guest.c and why.c.
 */
#ifndef PVP_GUEST_INSIDE_H
#define PVP_GUEST_INSIDE_H

#include "authors.h"
#include "guest_memory.h"
#include "machine.h"
#include "platform.h"
#include "tables.h"

struct pvp_guest_layout {
	const char *generation; /* as in struct pvp_tables */
	uint64_t caps;		/* offset of the capability words in boot_cpu_data, without BTF */
	unsigned rethunk;	/* feature number: return thunks are in use */
};

struct pvp_guest {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_platform *platform;
	const struct pvp_guest_layout *layout;
	struct pvp_guest_memory memory;
	struct pvp_authors authors;
	struct pvp_machine *machine;
	enum pvp_pass pass; /* under way */
	struct pvp_run run; /* the last one */
	uint64_t stray;	    /* first page outside the memory that it touched, 0: none */
};

/* Why the last run did not end well (why.c). */
struct pvp_error *pvp_guest_why(const struct pvp_guest *guest) PVP_MUST_CHECK;

#endif
