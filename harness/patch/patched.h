/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * patched.h - patched text: which bytes boot leaves different from the file, and who wrote each.
 *
 * A list of rows (address, old, new, by whom), ascending and not overlapping; old is what the image
 * has in its file.  It is what a predictor produces, what `pvproof patch` prints and what
 * `--patched FILE` reads.  Rows are maximal runs written by one pass; compare byte by byte, never
 * row by row.  A row may hold bytes that did not change; one in which nothing changed is left out.
 *
 * Some bytes are known only at run time (the address of a thunk that boot allocates): symbolic
 * ones.  What stands in for them works alike, but no prediction of them is right or wrong.
 *
 *	err = pvp_model_patch(image, &tables, platform, &patched);
 *	pvp_patched_print(&patched, stdout);
 *	pvp_patched_deinit(&patched);
 */
#ifndef PVP_PATCHED_H
#define PVP_PATCHED_H

#include <stdio.h>

#include "patchable.h"

#define PVP_PASSES(X)                                                                              \
	X(FILE, "file")                                                                            \
	X(PLATFORM, "platform")                                                                    \
	X(STATIC_CALL, "static_call")                                                              \
	X(PARAVIRT, "paravirt")                                                                    \
	X(RETPOLINE, "retpoline")                                                                  \
	X(RETURN, "return")                                                                        \
	X(CALL_THUNK, "call_thunk")                                                                \
	X(ALTERNATIVE, "alternative")                                                              \
	X(ENDBR, "endbr")                                                                          \
	X(SMP_LOCK, "smp_lock")                                                                    \
	X(GIVEN, "given")

enum pvp_pass {
#define X(id, name) PVP_PASS_##id,
	PVP_PASSES(X)
#undef X
};
const char *pvp_pass_name(enum pvp_pass pass);

struct pvp_patch {
	uint64_t addr;
	uint32_t len;
	enum pvp_pass pass; /* who wrote these bytes last */
	uint8_t *old, *new; /* owned, len bytes each */
	uint8_t *symbolic;  /* owned, 1 for each byte that is; NULL: none is */
};

/* A site that the predictor left as it was, because what the kernel does there is no patching. */
struct pvp_patch_note {
	uint64_t addr, entry; /* the site; its table entry */
	const char *what;     /* the kernel's rule; static */
};

struct pvp_patched {
	struct pvp_patch *v; /* owned, ascending, not overlapping */
	size_t nr, cap;
	struct pvp_patch_note *notes; /* owned, in the order of the tables */
	size_t nr_notes, cap_notes;
};

void pvp_patched_deinit(struct pvp_patched *patched);

/* In an array of authors, beside the pass: the byte is symbolic. */
#define PVP_BY_SYMBOLIC 0x80

/*
 * Adds the rows of one range: its bytes as they are in the file (old), as they are now (new), and
 * for each byte who wrote it last, as enum pvp_pass (PVP_PASS_FILE: nobody), with PVP_BY_SYMBOLIC
 * or not.  Ranges must be added in ascending order.
 */
void pvp_patched_add(struct pvp_patched *patched, uint64_t addr, const uint8_t *old,
		     const uint8_t *new, const uint8_t *by, size_t len);

/* what must be static. */
void pvp_patched_note(struct pvp_patched *patched, uint64_t addr, uint64_t entry, const char *what);

/*
 * The image's bytes at [addr, addr+len) with the patches laid over, into ret.  False when the
 * image has no bytes there.
 */
bool pvp_patched_bytes(const struct pvp_patched *patched, const struct pvp_image *image,
		       uint64_t addr, size_t len, uint8_t *ret);

/* Whether any byte of [addr, addr+len) is symbolic. */
bool pvp_patched_is_symbolic(const struct pvp_patched *patched, uint64_t addr, size_t len);

/* Lays the rows over the bytes of [addr, addr+len). */
void pvp_patched_lay(const struct pvp_patched *patched, uint64_t addr, size_t len, uint8_t *bytes);

/*
 * The rows that, laid over `predicted`, leave exactly the text of `given`: bytes neither of them
 * names are the image's.  Empty when they say the same.  Where `given` writes a byte that is
 * symbolic in `predicted`, it may be any.
 */
void pvp_patched_difference(const struct pvp_patched *predicted, const struct pvp_patched *given,
			    struct pvp_patched *ret);

/*
 * "address<TAB>old<TAB>new<TAB>pass", hex without 0x, one row a line; a symbolic byte's new is
 * "??".
 */
void pvp_patched_print(const struct pvp_patched *patched, FILE *out);
/*
 * Reads what pvp_patched_print writes (the pass column is optional and only a label; blank lines
 * and lines that begin with # are skipped), in any order.  The old column must match the image,
 * rows must not overlap, and lie where there may be any (patchable.h); what does not parse or match
 * is an error naming file and line, and so is a "??".  Rows become PVP_PASS_GIVEN.
 */
struct pvp_error *pvp_patched_read(const char *path, const struct pvp_patchable *patchable,
				   struct pvp_patched *ret) PVP_MUST_CHECK;

#endif
