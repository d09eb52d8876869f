/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spoil.h - inside of mutate/: one site's good text, and the hands that spoil it.
 *
 * A spoiler gets the good text decoded and writes variant `variant` of its kind to `out`, which
 * begins as a copy of it.  False: this site has no such variant.  What comes out may still do what
 * the good text does; pvp_spoil() leaves out what only differs in NOPs or was there before.
 */
#ifndef PVP_SPOIL_H
#define PVP_SPOIL_H

#include "mutate.h"
#include "x86/decode.h"

#define PVP_SPOIL_MAX_BODIES 16

/* What all sites of one image and platform share. */
struct pvp_spoil_context {
	const struct pvp_mutate_input *input;
	struct pvp_x86_decoder *decoder;
	uint64_t *functions; /* addresses of text symbols, ascending, each once */
	size_t nr_functions;
	/* Inline forms that boot leaves somewhere, without their padding. */
	struct {
		uint8_t len, bytes[15];
	} bodies[PVP_SPOIL_MAX_BODIES];
	size_t nr_bodies;
	uint64_t irq_enable, irq_disable; /* functions of these operations; 0: none */
};

struct pvp_spoil_insn {
	uint8_t at, len; /* in the text */
	bool nop;
};

struct pvp_spoil {
	const struct pvp_spoil_context *context;
	const struct pvp_site *site;
	const struct pvp_contract *contract; /* NULL: there is none */
	uint8_t good[PVP_MUTANT_MAX_LEN];
	size_t len, body; /* of the site; of what stands before its padding */
	struct pvp_spoil_insn insns[PVP_MUTANT_MAX_LEN];
	size_t nr_insns; /* of the body; NOPs in it included */
	bool amd64;
	bool branch;	 /* the body begins with a direct call or jump .. */
	uint64_t target; /* .. to here */
	bool direct;	 /* .. and that is all there is */
	bool jump;	 /* the body ends in a jump: nothing behind it is executed */
	unsigned variant;
	uint8_t out[PVP_MUTANT_MAX_LEN];
};

typedef bool pvp_spoiler(struct pvp_spoil *s);
extern pvp_spoiler *const pvp_spoilers[PVP_NR_MUTANT_KINDS];

struct pvp_error *pvp_spoil_context_init(const struct pvp_mutate_input *input,
					 struct pvp_spoil_context *ret) PVP_MUST_CHECK;
void pvp_spoil_context_deinit(struct pvp_spoil_context *context);
/* False: the image has no bytes there, or more than a spoiler takes. */
bool pvp_spoil_begin(const struct pvp_spoil_context *context, const struct pvp_site *site,
		     struct pvp_spoil *ret);
/* s->out becomes that variant. */
bool pvp_spoil(struct pvp_spoil *s, enum pvp_mutant_kind kind, unsigned variant);
/* The instructions of bytes up to the padding, "a; b"; the caller frees it. */
char *pvp_spoil_text(const struct pvp_spoil_context *context, const struct pvp_site *site,
		     const uint8_t *bytes);

/* --- hands --- */
/* The body alone, everything else one-byte NOPs. */
bool pvp_spoil_replace(struct pvp_spoil *s, const void *bytes, size_t len);
/* More instructions behind it.  Not where it is a jump: nothing would reach them. */
bool pvp_spoil_append(struct pvp_spoil *s, const void *bytes, size_t len);
/* .. before a direct call or jump. */
bool pvp_spoil_prepend(struct pvp_spoil *s, const void *bytes, size_t len);
/* The direct call or jump at its beginning goes there instead. */
bool pvp_spoil_retarget(struct pvp_spoil *s, uint64_t target);

/* The first function above an address, as an index. */
size_t pvp_spoil_function_above(const struct pvp_spoil_context *context, uint64_t addr);
/* Where the fields of instruction i of the good text are. */
struct pvp_spoil_fields {
	size_t at, opcode, len; /* in the text */
	bool two;		/* the opcode is behind 0f */
	bool has_modrm;
	size_t modrm;
};
struct pvp_spoil_fields pvp_spoil_fields_of(const struct pvp_spoil *s, size_t i);

/* --- spoil_calls.c --- */
pvp_spoiler pvp_spoil_neighbour, pvp_spoil_off_by, pvp_spoil_wrong_slot, pvp_spoil_indirect,
	pvp_spoil_jump, pvp_spoil_swapped, pvp_spoil_middle;
/* --- spoil_encoding.c --- */
pvp_spoiler pvp_spoil_swapped_bytes, pvp_spoil_displacement, pvp_spoil_segment, pvp_spoil_prefix;
/* --- spoil_entry.c --- */
pvp_spoiler pvp_spoil_swapgs, pvp_spoil_row;
char *pvp_spoil_row_text(const struct pvp_spoil_context *context, const struct pvp_site *site,
			 const uint8_t *bytes);
/* --- spoil_insns.c --- */
pvp_spoiler pvp_spoil_inline, pvp_spoil_register, pvp_spoil_direction, pvp_spoil_immediate,
	pvp_spoil_lost_flag, pvp_spoil_popf, pvp_spoil_stack, pvp_spoil_store_width,
	pvp_spoil_result_width;
/* --- spoil_bytes.c --- */
pvp_spoiler pvp_spoil_lost_op, pvp_spoil_clobber, pvp_spoil_thunk, pvp_spoil_argument,
	pvp_spoil_runs_on, pvp_spoil_cut_nop, pvp_spoil_torn, pvp_spoil_breakpoint,
	pvp_spoil_missing, pvp_spoil_backend, pvp_spoil_stale, pvp_spoil_return, pvp_spoil_df,
	pvp_spoil_if, pvp_spoil_flags, pvp_spoil_extra;

#endif
