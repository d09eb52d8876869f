/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * readers.h - inside scan/: what the table readers share.
 *
 * A span is one table: an array of equally long entries at a known address.  A layout row says how
 * one generation of kernels writes its tables; a reader takes a span or the image, checks every
 * entry, and allocates its part of struct pvp_tables.
 */
#ifndef PVP_READERS_H
#define PVP_READERS_H

#include "bytes.h"
#include "tables.h"

struct pvp_span {
	const char *name; /* section, or symbol that starts it */
	uint64_t addr;
	struct pvp_bytes bytes;
	unsigned stride; /* bytes in an entry */
	size_t nr;
};

/* A section that the image lacks is a span of no entries. */
struct pvp_error *pvp_span_section(const struct pvp_image *image, const char *name, unsigned stride,
				   struct pvp_span *ret) PVP_MUST_CHECK;
/* As pvp_span_section; the last entry may be shorter, but for its first last_len bytes. */
struct pvp_error *pvp_span_section_short(const struct pvp_image *image, const char *name,
					 unsigned stride, unsigned last_len,
					 struct pvp_span *ret) PVP_MUST_CHECK;
/* Between two symbols; no entries when neither exists. */
struct pvp_error *pvp_span_symbols(const struct pvp_image *image, const char *start,
				   const char *stop, unsigned stride,
				   struct pvp_span *ret) PVP_MUST_CHECK;
uint64_t pvp_span_entry(const struct pvp_span *span, size_t i); /* address of entry i */
/* size bytes (1..8) at off in entry i, which must lie inside the entry. */
uint64_t pvp_span_uint(const struct pvp_span *span, size_t i, unsigned off, unsigned size);
/* Whether entry i has these bytes: the last one may be short. */
bool pvp_span_has(const struct pvp_span *span, size_t i, unsigned off, unsigned size);
/* Target of the 32-bit field at off: its own address plus its signed value. */
uint64_t pvp_span_rel32(const struct pvp_span *span, size_t i, unsigned off);
/* "NAME entry I (at ADDR): message" */
struct pvp_error *pvp_span_error(const struct pvp_span *span, size_t i, enum pvp_error_code code,
				 const char *fmt, ...) PVP_PRINTF(4, 5) PVP_MUST_CHECK;
/* NULL when [addr, addr+len) is text, else the error that says which entry is wrong. */
struct pvp_error *pvp_span_text(const struct pvp_span *span, size_t i,
				const struct pvp_image *image, uint64_t addr, uint64_t len,
				const char *what) PVP_MUST_CHECK;

/* What a pv site holds in the file: one call or jmp through a slot. */
struct pvp_slot_call {
	uint64_t slot; /* address of the pointer */
	unsigned len;  /* bytes in the instruction */
	bool jmp;
};

/* False when the bytes at addr begin with no such instruction. */
bool pvp_slot_call_decode(enum pvp_arch arch, uint64_t addr, const struct pvp_bytes *text,
			  struct pvp_slot_call *ret);

/* How the pv sites of a generation call. */
enum pvp_para_form {
	PVP_PARA_NONE,	  /* no .parainstructions */
	PVP_PARA_ABS_SIB, /* ff 14 25 abs32: call *abs32 */
	PVP_PARA_ABS,	  /* ff 15 abs32, 32-bit code: call *abs32 */
	PVP_PARA_RIP,	  /* ff 15 rel32, 64-bit code: call *rel32(%rip) */
};

struct pvp_layout {
	const char *generation;
	enum pvp_arch arch;
	enum pvp_para_form para;
	unsigned alt_stride;		   /* bytes in an entry of .altinstructions */
	const char *mark;		   /* a symbol that such an image has; NULL: any image */
	const struct pvp_pv_field *fields; /* NULL: recognised, not supported */
	size_t nr_fields;
	size_t nr_lock; /* the last of them, in a table of their own: pv_ops_lock */
};

/* Rows of fields.c. */
extern const struct pvp_pv_field pvp_fields_amd64_5_10[85];
extern const struct pvp_pv_field pvp_fields_amd64_5_10_first[87];
extern const struct pvp_pv_field pvp_fields_amd64_6_1[84];
extern const struct pvp_pv_field pvp_fields_amd64_6_12[83];
extern const struct pvp_pv_field pvp_fields_amd64_7_2[78];
extern const struct pvp_pv_field pvp_fields_i386_5_10[15];
extern const struct pvp_pv_field pvp_fields_i386_6_1[13];
extern const struct pvp_pv_field pvp_fields_i386_7_2[11];

/* Readers: each fills its own members of ret, whose earlier value is empty.  Those that need the
 * slots come behind pvp_read_slots. */
struct pvp_error *pvp_read_slots(const struct pvp_image *image, const struct pvp_layout *layout,
				 struct pvp_tables *ret) PVP_MUST_CHECK;
struct pvp_error *pvp_read_para(const struct pvp_image *image, const struct pvp_layout *layout,
				struct pvp_tables *ret) PVP_MUST_CHECK;
struct pvp_error *pvp_read_alternatives(const struct pvp_image *image,
					const struct pvp_layout *layout,
					struct pvp_tables *ret) PVP_MUST_CHECK;
struct pvp_error *pvp_read_static_calls(const struct pvp_image *image,
					const struct pvp_layout *layout,
					struct pvp_tables *ret) PVP_MUST_CHECK;
struct pvp_error *pvp_read_lists(const struct pvp_image *image, const struct pvp_layout *layout,
				 struct pvp_tables *ret) PVP_MUST_CHECK;
struct pvp_error *pvp_read_bugs(const struct pvp_image *image, const struct pvp_layout *layout,
				struct pvp_tables *ret) PVP_MUST_CHECK;
struct pvp_error *pvp_read_extable(const struct pvp_image *image, const struct pvp_layout *layout,
				   struct pvp_tables *ret) PVP_MUST_CHECK;
struct pvp_error *pvp_read_jump_labels(const struct pvp_image *image,
				       const struct pvp_layout *layout,
				       struct pvp_tables *ret) PVP_MUST_CHECK;

struct pvp_error *pvp_read_mcount(const struct pvp_image *image, const struct pvp_layout *layout,
				  struct pvp_tables *ret) PVP_MUST_CHECK;
struct pvp_error *pvp_read_runtime_consts(const struct pvp_image *image,
					  const struct pvp_layout *layout,
					  struct pvp_tables *ret) PVP_MUST_CHECK;
struct pvp_error *pvp_read_early_iret(const struct pvp_image *image,
				      const struct pvp_layout *layout,
				      struct pvp_tables *ret) PVP_MUST_CHECK;

#endif
