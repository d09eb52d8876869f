/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * findings_rules.h - inside check/: what the modules that look for findings in text share.
 *
 * A module is a function pvp_find_NOUN(): it reads the text that is there, the tables and the
 * platform, and adds findings.  What differs between generations of kernels is a column of struct
 * pvp_text_rules.  The rules are about what must hold of the text, never about how a patcher gets
 * there: they share no code and no table with the predictors.
 */
#ifndef PVP_FINDINGS_RULES_H
#define PVP_FINDINGS_RULES_H

#include "findings.h"

/* A kind of mitigation, as the platform's capability words have it. */
struct pvp_mitigations {
	bool retpoline, lfence; /* lfence: the other form, which wins over the first */
	bool its;		/* branches that end in the lower half of a cache line are unsafe */
	bool rethunk, call_depth, ibt;
};

struct pvp_text_rules {
	const char *generation; /* as in struct pvp_tables; amd64 */
	/* Capability numbers, word * 32 + bit; 0: there is no such feature. */
	unsigned retpoline, lfence, its, rethunk, call_depth, ibt;
	/* early_initcall repeats all static calls once return thunks are decided. */
	bool repeats_static_calls;
	/* The entries of one site may differ in length: the longest counts for all. */
	bool nests_alternatives;
	/* A retpoline's lfence form that is too long for its site is written all the same. */
	bool overruns_retpolines;
};

/* Executable sections as they are: K1. */
struct pvp_laid_section {
	uint64_t addr, len;
	uint8_t *bytes; /* owned */
};

struct pvp_laid {
	struct pvp_laid_section *sections; /* owned, in the image's order */
	size_t nr, cap;
	/* The core of the kernel's text, [_text, _etext); both 0 where there are no such symbols.
	 */
	uint64_t core, core_end;
};

struct pvp_inspection {
	const struct pvp_check_input *input;
	const struct pvp_text_rules *rules; /* NULL: nothing is known of this generation */
	struct pvp_mitigations on;
	struct pvp_laid laid;
	struct pvp_check_result *result;
};

/* Adds a finding at addr; the pv site is the one that covers it.  fmt: its detail, or NULL. */
void pvp_inspection_add(struct pvp_inspection *in, uint64_t addr,
			const struct pvp_finding_text *text, const char *fmt, ...) PVP_PRINTF(4, 5);

/* The bytes of [addr, addr+len), or NULL when they are not all in one executable section. */
const uint8_t *pvp_laid_bytes(const struct pvp_laid *laid, uint64_t addr, size_t len);
bool pvp_laid_is_core(const struct pvp_laid *laid, uint64_t addr);
/* The same, with len up to max cut down to what there is; *len 0 outside text. */
const uint8_t *pvp_laid_upto(const struct pvp_laid *laid, uint64_t addr, size_t max, size_t *len);

/* Target of a branch whose last four bytes, behind opcode bytes at addr, are rel32. */
uint64_t pvp_rel32_target(const uint8_t *bytes, uint64_t addr, unsigned opcode);
/* Whether a near return begins here: c3 or c2, perhaps behind NOPs and prefixes. */
bool pvp_is_return(const uint8_t *bytes, size_t len);
/* A ModRM byte with what belongs to it (32- and 64-bit addresses): their length, 0: cut off. */
size_t pvp_modrm_len(const uint8_t *bytes, size_t len);
/* An indirect call or jmp (ff /2, ff /4), perhaps behind NOPs and prefixes: the length of all, or 0. */
size_t pvp_indirect_len(const uint8_t *bytes, size_t len);
/* The only symbol of that name, or 0. */
uint64_t pvp_find_symbol(const struct pvp_image *image, const char *name);

void pvp_find_returns(struct pvp_inspection *in);
void pvp_find_retpolines(struct pvp_inspection *in);
void pvp_find_pads(struct pvp_inspection *in);
void pvp_find_endbr(struct pvp_inspection *in);
void pvp_find_unexplained(struct pvp_inspection *in);
void pvp_find_patcher(struct pvp_inspection *in);
void pvp_find_tables(struct pvp_inspection *in);
struct pvp_error *pvp_find_branches(struct pvp_inspection *in) PVP_MUST_CHECK;

#endif
