/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables.h - the patch tables of an image, parsed: what boot may rewrite, entry by entry.
 *
 * One reader a table; the layouts are rows.  An entry is as the file has it, with relative fields
 * resolved to link-time addresses; nothing is sorted or merged here (order is meaning: later
 * entries overwrite earlier ones).  A malformed table is an error that names table and entry, e.g.
 * ".parainstructions entry 12 (at 0xffffffff832a74b8): site 0x1234 lies outside text".
 *
 * A table that the image lacks is an empty list.  An image with neither .parainstructions nor
 * direct-call alternatives has no pv sites to check: PVP_ERR_UNSUPPORTED.
 *
 * Source of the facts: struct paravirt_patch_site, alt_instr, static_call_site of each kernel;
 * measured on Debian's images.
 */
#ifndef PVP_TABLES_H
#define PVP_TABLES_H

#include "image.h"

struct pvp_para_entry {
	uint64_t addr;
	uint8_t type; /* slot of pv_ops */
	bool jmp;     /* jumps through the slot, where others call */
	uint8_t len;
	uint16_t clobbers;
	uint64_t entry; /* address of the table entry, for messages; so in all structs below */
};

struct pvp_alt_entry {
	uint64_t addr;
	uint64_t replacement; /* address of the replacement's bytes */
	uint16_t feature;     /* capability number, word * 32 + bit, without flags */
	bool negated;	      /* applies when the feature is absent */
	bool direct_call;     /* 6.12+: a pv site, which calls through a slot */
	uint32_t slot;	      /* of a direct call: index in fields */
	uint8_t len, replacement_len; /* of the site, of what it may become (which may be longer) */
	uint64_t entry;
};

struct pvp_static_call_site {
	uint64_t addr;
	uint64_t key; /* address of __SCK__name */
	bool tail;
	const char *name;    /* of the key, without __SCK__; NULL when it has no symbol */
	uint64_t trampoline; /* address of __SCT__name, 0 when there is none */
	uint64_t entry;
};

/*
 * Without inline static calls (i386) every call goes through the trampoline, and only that changes:
 * then no site names a key, nor need a symbol.
 */
struct pvp_static_call_key {
	uint64_t key;	     /* 0: not known; there is a trampoline, then */
	uint64_t trampoline; /* 0: none */
	const char *name;
	uint64_t func; /* in the file; 0 is NULL */
};

struct pvp_addr_entry { /* lists of one address an entry */
	uint64_t addr;
	uint64_t entry;
};

struct pvp_bug_entry {
	uint64_t addr;
	bool warn; /* execution goes on behind the ud2 */
	uint64_t entry;
};

struct pvp_ex_entry { /* exception table: a fault at addr continues at fixup */
	uint64_t addr, fixup;
	uint32_t data; /* handler type and registers, as in the file */
	uint64_t entry;
};

struct pvp_jump_entry {
	uint64_t addr, target, key;
	bool branch_default, init;
	uint64_t entry;
};

struct pvp_runtime_const { /* an operand that boot fills in (6.12+) */
	uint64_t addr;
	uint8_t len;
	const char *name; /* of the variable whose value it gets; borrowed from the image */
	uint64_t entry;
};

struct pvp_tables {
	struct pvp_para_entry *para;
	size_t nr_para;
	struct pvp_alt_entry *alts;
	size_t nr_alts;
	struct pvp_static_call_site *static_calls;
	size_t nr_static_calls;
	/* All __SCK__ symbols, ascending by key; or all __SCT__, where keys are not known. */
	struct pvp_static_call_key *static_call_keys;
	size_t nr_static_call_keys;
	struct pvp_addr_entry *retpolines, *returns, *calls, *endbr_seals;
	size_t nr_retpolines, nr_returns, nr_calls, nr_endbr_seals;
	struct pvp_addr_entry *smp_locks; /* zero padding words left out */
	size_t nr_smp_locks;
	struct pvp_bug_entry *bugs; /* ascending by addr */
	size_t nr_bugs;
	struct pvp_ex_entry *extable; /* ascending by addr */
	size_t nr_extable;
	struct pvp_jump_entry *jumps;
	size_t nr_jumps;
	struct pvp_addr_entry *mcounts; /* calls to ftrace */
	size_t nr_mcounts;
	struct pvp_runtime_const *runtime_consts;
	size_t nr_runtime_consts;
	uint64_t early_iret; /* label early_xen_iret_patch, 0: none */

	const char *generation; /* name of the layout row that fits, e.g. "6.1" */
	uint64_t pv_ops;	/* address of the pv_ops table, as the sites themselves have it */
	const struct pvp_pv_field *fields; /* of pv_ops, then of pv_ops_lock (7.2), in slot order */
	uint64_t *slots;		   /* owned: address of each field's pointer */
	size_t nr_fields;		   /* of both */
};

/* A member of pv_ops: static rows per generation and architecture (harness/scan/fields.c). */
struct pvp_pv_field {
	const char *name; /* "irq.save_fl" */
	bool callee_save;
};

struct pvp_error *pvp_tables_parse(const struct pvp_image *image,
				   struct pvp_tables *ret) PVP_MUST_CHECK;
void pvp_tables_deinit(struct pvp_tables *tables);

/*
 * The bytes that an entry beginning at addr may rewrite, the longest of them; 0: no table that is
 * predicted has an entry there.
 */
size_t pvp_tables_room_at(const struct pvp_tables *tables, uint64_t addr);
/* The field whose slot is at addr; nr_fields when there is none. */
size_t pvp_tables_field_at(const struct pvp_tables *tables, uint64_t addr);
/* The first entry at addr, or NULL; for lists ascending by addr. */
const struct pvp_bug_entry *pvp_tables_bug_at(const struct pvp_tables *tables, uint64_t addr);
const struct pvp_ex_entry *pvp_tables_ex_at(const struct pvp_tables *tables, uint64_t addr);
/* The key called name (without __SCK__), or NULL. */
const struct pvp_static_call_key *pvp_tables_static_call(const struct pvp_tables *tables,
							 const char *name);

#endif
