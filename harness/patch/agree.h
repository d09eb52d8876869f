/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * agree.h - where two predictions of patched text differ.
 *
 * Compared byte by byte; bytes that a prediction does not name are the file's.  A difference is a
 * run of bytes that all differ, each side's by one pass.  Bytes that both sides write and that are
 * symbolic on both are not compared.
 *
 *	pvp_agree_compare(&model, &guest, &agree);
 *	if (agree.nr) ...
 *	pvp_agree_deinit(&agree);
 */
#ifndef PVP_AGREE_H
#define PVP_AGREE_H

#include "patched.h"

struct pvp_difference {
	uint64_t addr;
	uint32_t len;
	struct {
		uint8_t *bytes; /* owned, len bytes */
		enum pvp_pass pass;
	} side[2]; /* as a and b were given */
};

struct pvp_agree {
	struct pvp_difference *v; /* owned, ascending */
	size_t nr, cap;
	uint64_t bytes;	   /* that either side names */
	uint64_t symbolic; /* of these, not compared */
	uint64_t unequal;  /* of these */
};

void pvp_agree_compare(const struct pvp_patched *a, const struct pvp_patched *b,
		       struct pvp_agree *ret);
void pvp_agree_deinit(struct pvp_agree *agree);

/*
 * The first difference that overlaps [addr, addr+len), or NULL.  Borrowed: valid until deinit.
 */
const struct pvp_difference *pvp_agree_at(const struct pvp_agree *agree, uint64_t addr,
					  uint64_t len);
/* "model 90 90 (paravirt), guest 0f 0b (return)": into a string the caller owns. */
char *pvp_difference_text(const struct pvp_difference *difference, const char *a, const char *b);

#endif
