/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sites.h - the pv sites of an image: places in kernel text where a pv operation is called and
 * which boot may rewrite.
 *
 *	err = pvp_sites_scan(image, &tables, &sites);
 *	site = pvp_sites_find(&sites, addr);
 *	pvp_sites_deinit(&sites);
 *
 * The list is sorted by address; sites do not overlap (an error names both if they do).
 */
#ifndef PVP_SITES_H
#define PVP_SITES_H

#include "tables.h"

#define PVP_SITE_KINDS(X)                                                                          \
	X(PARAVIRT, "paravirt", "entry of .parainstructions, or a direct-call alternative")        \
	X(STATIC_CALL, "static-call", "static-call site of a pv key")                              \
	X(ENTRY, "entry", "entry code that differs under Xen PV (entry_sites.h)")                  \
	X(TRAP, "trap", "row of Xen's trap table (entry_sites.h)")                                 \
	X(RETURN, "return", "entry of .return_sites (transfer_sites.h)")                             \
	X(RETPOLINE, "retpoline", "entry of .retpoline_sites (transfer_sites.h)")                    \
	X(KEY_CALL, "key-call", "static-call site of a key that is no pv operation (transfer_sites.h)") \
	X(TRAMPOLINE, "trampoline", "static-call trampoline (transfer_sites.h)")

enum pvp_site_kind {
#define X(id, name, what) PVP_SITE_##id,
	PVP_SITE_KINDS(X)
#undef X
};
#define PVP_NR_TRANSFER_KINDS (PVP_SITE_TRAMPOLINE - PVP_SITE_RETURN + 1)

const char *pvp_site_kind_name(enum pvp_site_kind kind);
/* Whether it is one of transfer_sites.h: a branch of the kernel's own, no pv operation. */
static inline bool pvp_site_kind_is_transfer(enum pvp_site_kind kind)
{
	return kind >= PVP_SITE_RETURN;
}

/* Which tables have an entry for (part of) the site. */
#define PVP_SITE_TABLES(X)                                                                         \
	X(PARA, ".parainstructions")                                                               \
	X(ALT, ".altinstructions")                                                                 \
	X(STATIC_CALL, "static_call_sites")                                                        \
	X(RETPOLINE, ".retpoline_sites")                                                           \
	X(RETURN, ".return_sites")                                                                 \
	X(CALL, ".call_sites")                                                                     \
	X(SMP_LOCK, ".smp_locks")                                                                  \
	X(JUMP_LABEL, "__jump_table")

enum pvp_site_table {
#define X(id, name) PVP_TABLE_##id,
	PVP_SITE_TABLES(X)
#undef X
		PVP_NR_SITE_TABLES
};
const char *pvp_site_table_name(enum pvp_site_table table);

struct pvp_site {
	uint64_t addr; /* link-time address of the first byte */
	uint32_t len;  /* room for the replacement, in bytes */
	enum pvp_site_kind kind;
	const char *op;	     /* "irq.irq_disable"; of a static call "static_call.pv_sched_clock" */
	uint32_t slot;	     /* PARAVIRT: index in pv_ops; others: see entry_sites.h, transfer_sites.h */
	uint64_t key;	     /* STATIC_CALL, KEY_CALL: address of its key */
	uint64_t trampoline; /* the same, and TRAMPOLINE: of its trampoline */
	bool tail;	     /* jmp, not call */
	uint32_t ordinal;    /* 1 for the first site of its op in address order, .. */
	uint32_t tables;     /* bit set of enum pvp_site_table */
	uint64_t entry;	     /* address of its (first) table entry, for messages */
	const uint8_t *linked; /* its len bytes in the file, borrowed from the image */
};

struct pvp_sites {
	struct pvp_site *v; /* owned, ascending by addr */
	size_t nr;
};

/*
 * Static-call keys that are pv operations: pv_sched_clock, pv_steal_clock, xen_hypercall,
 * hv_hypercall.
 */
bool pvp_static_call_is_pv(const char *key);
struct pvp_error *pvp_sites_scan(const struct pvp_image *image, const struct pvp_tables *tables,
				 struct pvp_sites *ret) PVP_MUST_CHECK;
void pvp_sites_deinit(struct pvp_sites *sites);

/* The site covering addr, or NULL.  Borrowed: valid until deinit. */
const struct pvp_site *pvp_sites_find(const struct pvp_sites *sites, uint64_t addr);
/*
 * The site a user means: an address ("0xffffffff81000123" or bare hex of 8 or more digits),
 * "symbol+0x1c", or op and ordinal ("irq.irq_disable#3", also "irq_disable#3"); of an op that has one
 * site, the op.  An error names what comes nearest.
 */
struct pvp_error *pvp_sites_parse(const struct pvp_sites *sites, const struct pvp_image *image,
				  const char *text, const struct pvp_site **ret) PVP_MUST_CHECK;

/*
 * The same in several lists (where more than one has an address, the first), and all sites of an op
 * ("irq_disable", "return") of a group ("irq") or a kind ("trap", "key-call"): chosen[list][site] becomes true, the
 * others stay.
 */
struct pvp_error *pvp_sites_choose(const struct pvp_sites *const *lists, size_t nr,
				   const struct pvp_image *image, const char *text,
				   bool *const *chosen) PVP_MUST_CHECK;

/* The address in "0x..", bare hex of 8 or more digits, or "symbol+0x1c": of one symbol only. */
struct pvp_error *pvp_sites_address(const struct pvp_image *image, const char *text,
				    uint64_t *ret) PVP_MUST_CHECK;

#endif
