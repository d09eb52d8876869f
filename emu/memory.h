/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory.h - the address space of one view: mapped regions and the log of what a run wrote.
 *
 * A view is everything one engine can see.  Its regions lie over host memory that the creator
 * owns and fills before the first run; nothing is mapped on the way but strays: pages that an
 * address nobody foresaw leads to, filled by (seed, address), counted, and dropped by undo.
 *
 * Every write of a run goes to the log with the bytes it replaced, so that undo puts the view back
 * as it was: logged writes cost nothing when there are none, and text is never written at all.
 */
#ifndef PVP_MEMORY_H
#define PVP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a comparison may ask of writes to a region. */
enum pvp_memory_class {
	PVP_MEM_PLAIN,	 /* final content */
	PVP_MEM_ORDERED, /* final content, and the order of writes: they are effects */
	PVP_MEM_STACK,	 /* final content at and above the start's stack pointer */
};

#define PVP_PROT_READ  1u
#define PVP_PROT_WRITE 2u
#define PVP_PROT_EXEC  4u

struct pvp_region {
	uint64_t addr, len; /* whole pages */
	uint8_t *host;	    /* len bytes, borrowed */
	unsigned prot;
	enum pvp_memory_class class;
	const char *name; /* for messages; borrowed */
};

/* Who wrote: comparison leaves out what the other CPUs of the script wrote. */
enum pvp_writer { PVP_WRITER_GUEST, PVP_WRITER_MACHINE, PVP_WRITER_SCRIPT };

struct pvp_write {
	uint64_t addr;
	uint64_t old, new; /* little-endian, low `size` bytes */
	uint8_t *host;	   /* NULL: the access has no memory behind it (yet) */
	uint8_t size;	   /* 1..8 */
	uint8_t writer;
	uint8_t class;
	uint32_t time; /* *memory->clock when it was logged: how many effects came before */
};

struct pvp_memory {
	struct pvp_region *regions; /* ascending, owned copy; strays included */
	size_t nr, cap;
	size_t last; /* index of the last hit */
	struct pvp_write *log;
	size_t nr_log, cap_log;
	const size_t *clock; /* borrowed; NULL: time stands still */
};

/* Regions must not overlap (asserted). */
void pvp_memory_init(struct pvp_memory *memory, const struct pvp_region *regions, size_t nr);
void pvp_memory_deinit(struct pvp_memory *memory);
void pvp_memory_add(struct pvp_memory *memory, const struct pvp_region *region);
void pvp_memory_remove(struct pvp_memory *memory, uint64_t addr);

/* The region that holds addr, or NULL. */
const struct pvp_region *pvp_memory_region(struct pvp_memory *memory, uint64_t addr);
/* Host address of len bytes inside one region, or NULL. */
uint8_t *pvp_memory_host(struct pvp_memory *memory, uint64_t addr, uint64_t len);
/* Copies across regions; false when any byte is not mapped. */
bool pvp_memory_read(struct pvp_memory *memory, uint64_t addr, void *buf, uint64_t len);

/* Logs a write of at most 8 bytes that is about to happen, one piece for each region it touches. */
void pvp_memory_log(struct pvp_memory *memory, uint64_t addr, unsigned size, uint64_t value,
		    enum pvp_writer writer);
/* Logs and does it; false (nothing done) when it is not all mapped. */
bool pvp_memory_write(struct pvp_memory *memory, uint64_t addr, const void *buf, uint64_t len,
		      enum pvp_writer writer);
/* Puts back what the log says, newest first, and empties it. */
void pvp_memory_undo(struct pvp_memory *memory);
/* The same down to the entry nr_log, which stays the first one free. */
void pvp_memory_undo_to(struct pvp_memory *memory, size_t nr_log);

#endif
