/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inside.h - inside guest/: one boot under way, shared by its files.
 */
#ifndef PVP_GUEST_INSIDE_H
#define PVP_GUEST_INSIDE_H

#include "authors.h"
#include "guest_memory.h"
#include "machine.h"
#include "platform.h"
#include "tables.h"

#define PVP_GUEST_NO_CPU_MODEL 0xff

struct pvp_guest_layout {
	const char *generation; /* as in struct pvp_tables */
	enum pvp_arch arch;
	uint64_t caps; /* offset of the capability words in boot_cpu_data, without BTF */
	uint8_t family, vendor, model; /* offsets there, where the patcher asks for them */
	unsigned rethunk;	       /* feature number: return thunks are in use */
};

struct pvp_guest {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_platform *platform;
	const struct pvp_guest_layout *layout;
	bool exact; /* each instruction for itself: slow, but errors name it */
	struct pvp_guest_memory memory;
	struct pvp_authors authors;
	struct pvp_machine *machine;
	enum pvp_pass pass;		/* under way */
	struct pvp_run_request request; /* of the last run */
	struct pvp_run run;
	unsigned begun;	 /* bit set of passes that began in it */
	uint64_t stray;	 /* first page outside the memory that it touched, 0: none */
	uint64_t arena;	 /* bytes of the arena handed out */
	bool arena_full; /* and one page more was asked for */
};

/* --- run.c: the machine's client, and calls of the image's functions --- */

/* functions of the image begin at specials: replaced callees, and those that begin a pass */
struct pvp_error *pvp_guest_create_machine(struct pvp_guest *guest) PVP_MUST_CHECK;
/*
 * Calls the function of that name, until it returns; guest->pass is under way.  An error names the
 * function and the pass.
 */
struct pvp_error *pvp_guest_call(struct pvp_guest *guest, const char *function,
				 const uint64_t *args, unsigned nr_args) PVP_MUST_CHECK;

/* --- inputs.c: what the platform is, into the guest's memory --- */

struct pvp_error *pvp_guest_put_inputs(struct pvp_guest *guest) PVP_MUST_CHECK;
/* Capability words; at the time of static_call_init return thunks have not been chosen. */
struct pvp_error *pvp_guest_put_caps(struct pvp_guest *guest, bool thunks) PVP_MUST_CHECK;

/* --- why.c --- */

/* Entries of the tables that a pass goes through. */
uint64_t pvp_guest_entries(const struct pvp_tables *tables, enum pvp_pass pass);
/* Why the last run did not end well. */
struct pvp_error *pvp_guest_why(const struct pvp_guest *guest) PVP_MUST_CHECK;

#endif
