/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * passes.h - inside model/: the passes of boot-time patching and what they work on.
 *
 * A pass reads the tables and the platform, and rewrites the text; it may use the helpers of
 * nops.c, nops_merge.c, relocate.c and operand.c.  What differs between generations is a row of
 * rules, or another pass.
 */
#ifndef PVP_PASSES_H
#define PVP_PASSES_H

#include <limits.h>

#include "decode.h"
#include "model.h"
#include "text.h"

struct pvp_model;

struct pvp_model_pass {
	enum pvp_pass pass; /* who is written down as the author */
	struct pvp_error *(*run)(struct pvp_model *model);
};

#define PVP_MAX_PASSES 8

/* A static call to that function becomes the function's code. */
struct pvp_inline_call {
	const char *func;
	uint8_t bytes[5];
};
#define PVP_MAX_INLINE_CALLS 2

/*
 * How an indirect branch fills the room of a retpoline's call: in order, prefixes of a call whose
 * excess is no more than prefixes, int3s behind a jmp, NOPs.
 */
struct pvp_indirect_fill {
	uint8_t prefixes, int3s;
	bool overruns; /* what does not fit is not left alone: the kernel writes past its buffer */
};

#define PVP_NO_FEATURE UINT_MAX /* the generation has no such feature: never set */

struct pvp_model_rules {
	const char *generation; /* as in struct pvp_tables */
	enum pvp_arch arch;
	struct pvp_model_pass passes[PVP_MAX_PASSES]; /* in order; unused ones have no run */
	struct pvp_model_pass initcalls; /* that is run again by an early initcall; or none */
	/* Feature numbers, word * 32 + bit, or PVP_NO_FEATURE. */
	unsigned retpoline, retpoline_lfence, rethunk, indirect_thunk_its, call_depth;
	struct pvp_inline_call inline_calls[PVP_MAX_INLINE_CALLS];
	struct pvp_indirect_fill indirect;
	const char *jcc_return; /* where a conditional tail call of NULL goes with return thunks;
				   NULL: to the platform's */
	const struct pvp_nop_choice *nops; /* which NOPs on which CPU */
	/*
	 * What one pv site becomes, before NOPs: code[0..entry->len) holds the text, *used gets the
	 * bytes that stay.
	 */
	struct pvp_error *(*paravirt)(struct pvp_model *model, const struct pvp_para_entry *entry,
				      uint8_t *code, size_t *used);
	/*
	 * The kernel BUGs where the text is no static call, or a trampoline lacks its mark; without
	 * this it warns and writes.
	 */
	bool checks_static_calls;
	bool jcc_static_calls;	 /* tail calls that are conditional jumps are known */
	uint8_t endbr_poison[4]; /* what a sealed endbr becomes */
	/*
	 * Which instructions are NOPs that nops_merge.c merges; NULL: runs of 1-byte NOPs are, as
	 * in nops.c.
	 */
	bool (*is_nop)(const struct pvp_insn *insn, const uint8_t *bytes);
};

struct pvp_model {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_platform *platform;
	const struct pvp_model_rules *rules;
	const struct pvp_nops *nops; /* of the platform's CPU */
	/* Symbols; those that are missing: 0. */
	uint64_t inline_calls[PVP_MAX_INLINE_CALLS];
	uint64_t its_return_thunk;
	uint64_t core_start, core_end; /* of core text: the kernel's, less what boot throws away */
	struct pvp_call_thunks *call_thunks; /* owned; NULL: calls are not accounted (yet) */
	struct pvp_decoder *decoder;
	struct pvp_text text;
	struct pvp_patched patched; /* so far only notes */
};

struct pvp_error *pvp_pass_static_calls(struct pvp_model *model) PVP_MUST_CHECK;
/* Once more, where return thunks are on: now they are decided, and calls may be accounted. */
struct pvp_error *pvp_pass_static_calls_again(struct pvp_model *model) PVP_MUST_CHECK;
struct pvp_error *pvp_pass_paravirt(struct pvp_model *model) PVP_MUST_CHECK;
struct pvp_error *pvp_pass_retpolines(struct pvp_model *model) PVP_MUST_CHECK;
struct pvp_error *pvp_pass_returns(struct pvp_model *model) PVP_MUST_CHECK;
struct pvp_error *pvp_pass_alternatives(struct pvp_model *model) PVP_MUST_CHECK;
/* alternatives_nested.c: sites with entries of several lengths, relocation, direct calls; every
 * entry written in turn, or the last that applies. */
struct pvp_error *pvp_pass_alternatives_each(struct pvp_model *model) PVP_MUST_CHECK;
struct pvp_error *pvp_pass_alternatives_last(struct pvp_model *model) PVP_MUST_CHECK;
/* Calls of .call_sites; these and those that alternatives left. */
struct pvp_error *pvp_pass_call_thunks(struct pvp_model *model) PVP_MUST_CHECK;
struct pvp_error *pvp_pass_call_thunks_everywhere(struct pvp_model *model) PVP_MUST_CHECK;
struct pvp_error *pvp_pass_endbr(struct pvp_model *model) PVP_MUST_CHECK;
struct pvp_error *pvp_pass_smp_locks(struct pvp_model *model) PVP_MUST_CHECK;

/* operand.c */
/* Little-endian signed word. */
int32_t pvp_operand_s32(const uint8_t *bytes);
/*
 * Puts opcode (e8, e9) and the displacement to target into ret[0..4], as at addr.  Fails when it
 * is out of reach.
 */
struct pvp_error *pvp_operand_branch(uint8_t opcode, uint64_t addr, uint64_t target,
				     uint8_t *ret) PVP_MUST_CHECK;
/* The only symbol of that name, or 0: none, or several. */
uint64_t pvp_model_symbol(const struct pvp_model *model, const char *name);
bool pvp_model_is_core(const struct pvp_model *model, uint64_t addr);
bool pvp_model_feature(const struct pvp_model *model, unsigned feature);
/* Puts "TABLE entry at ENTRY, site ADDR" in front. */
struct pvp_error *pvp_model_where(struct pvp_error *err, const char *table, uint64_t entry,
				  uint64_t addr) PVP_MUST_CHECK;

/* paravirt.c: NOPs, or a direct call; init_patch.c: as the function in pv_ops.init.patch says. */
struct pvp_error *pvp_paravirt_call(struct pvp_model *model, const struct pvp_para_entry *entry,
				    uint8_t *code, size_t *used) PVP_MUST_CHECK;
struct pvp_error *pvp_paravirt_init_patch(struct pvp_model *model,
					  const struct pvp_para_entry *entry, uint8_t *code,
					  size_t *used) PVP_MUST_CHECK;
/* The slot's function on the platform. */
struct pvp_error *pvp_paravirt_slot(const struct pvp_model *model, unsigned slot,
				    uint64_t *ret) PVP_MUST_CHECK;

/* nop_tables.c */
#define PVP_LONGEST_NOP 11
struct pvp_nops {
	const char *name;
	uint8_t atomic5[5]; /* of 5 bytes, in one instruction */
	unsigned longest;
	uint8_t v[PVP_LONGEST_NOP][PVP_LONGEST_NOP]; /* v[n - 1]: of n bytes */
};
struct pvp_nop_choice {		     /* a CPU, and its NOPs */
	int vendor;		     /* X86_VENDOR_*; -1: any */
	uint8_t family[2], model[2]; /* from, to */
	unsigned feature;	     /* that it has; PVP_NO_FEATURE: any CPU */
	const struct pvp_nops *nops;
};
/* The last row of each fits any CPU. */
extern const struct pvp_nop_choice pvp_nops_5_10_amd64[], pvp_nops_5_10_i386[];
extern const struct pvp_nop_choice pvp_nops_6_1_amd64[], pvp_nops_6_1_i386[];
extern const struct pvp_nop_choice pvp_nops_6_12_amd64[];
/* The first row that fits. */
const struct pvp_nops *pvp_nops_choose(const struct pvp_nop_choice *choices,
				       const struct pvp_platform *platform);

/* nops.c */
#define PVP_MAX_SITE 255 /* lengths in the tables are one byte */
/* n bytes of NOPs, longest first. */
void pvp_nops_fill(const struct pvp_nops *nops, uint8_t *ret, size_t n);
/*
 * Merges runs of two or more 1-byte NOPs within bytes[0..len); avail >= len bytes may be decoded.
 * touched (may be NULL) gets a 1 for each byte rewritten.  Fails when a run cannot be reached
 * because an instruction before it does not decode.
 */
struct pvp_error *pvp_nops_optimize(const struct pvp_nops *nops, struct pvp_decoder *decoder,
				    uint8_t *bytes, size_t len, size_t avail,
				    uint8_t *touched) PVP_MUST_CHECK;

/* nops_merge.c */
/* One NOP of n bytes, or a jmp over int3s where no NOP is that long. */
void pvp_nops_single(const struct pvp_nops *nops, uint8_t *ret, size_t n);
/* Merges NOPs within bytes[0..len), as the generation does it. */
struct pvp_error *pvp_nops_merge(const struct pvp_model *model, uint8_t *bytes,
				 size_t len) PVP_MUST_CHECK;
/* Values of is_nop: what 6.12 and 7.2 take for a NOP. */
bool pvp_is_nop_by_opcode(const struct pvp_insn *insn, const uint8_t *bytes);
bool pvp_is_nop_by_effect(const struct pvp_insn *insn, const uint8_t *bytes);

/*
 * relocate.c: makes bytes[0..len) do the same `distance` further down in memory: branches and
 * rip-relative operands that leave the first `inside` bytes are adjusted; a long jmp becomes short
 * where it can.
 */
struct pvp_error *pvp_relocate(struct pvp_decoder *decoder, uint8_t *bytes, size_t len,
			       size_t inside, int64_t distance) PVP_MUST_CHECK;

/* call_thunks.c: what a call of func must call, where calls are accounted: writes its pad. */
struct pvp_error *pvp_call_thunk_target(struct pvp_model *model, uint64_t func,
					uint64_t *ret) PVP_MUST_CHECK;

/* returns.c: whether a return at addr goes through the return thunk. */
bool pvp_wants_return_thunk(const struct pvp_model *model, uint64_t addr);
/*
 * static_calls.c: makes the site or trampoline at addr call func (0: NULL).  thunks: return thunks
 * are decided already.
 */
struct pvp_error *pvp_static_call_transform(struct pvp_model *model, uint64_t addr, uint64_t func,
					    bool tail, bool thunks) PVP_MUST_CHECK;
/* Whether the three bytes that mark a static-call trampoline follow its jump. */
bool pvp_is_trampoline(const struct pvp_model *model, uint64_t addr);

#endif
