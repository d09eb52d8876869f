/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - inside model/: the text that passes work on.
 *
 * A private copy of the image's executable sections, with the last writer of every byte.  A pass
 * reads what earlier passes left, and writes; pvp_text_patched() says what differs from the file.
 */
#ifndef PVP_TEXT_H
#define PVP_TEXT_H

#include "model.h"
#include "patched.h"

struct pvp_text_section {
	uint64_t addr, len;
	const uint8_t *file; /* borrowed from the image */
	uint8_t *bytes;	     /* owned, len bytes */
	uint8_t *by;	     /* owned, enum pvp_pass of each byte, PVP_BY_SYMBOLIC */
};

struct pvp_text {
	struct pvp_text_section *sections; /* owned, ascending by addr */
	size_t nr, cap;
	enum pvp_pass pass;	 /* who writes now */
	struct pvp_trace *trace; /* gets the writes to its range; NULL: none */
};

void pvp_text_init(const struct pvp_image *image, struct pvp_text *ret);
void pvp_text_deinit(struct pvp_text *text);

/* The len bytes at addr as they are now, or NULL when not all are text.  Good until a write. */
const uint8_t *pvp_text_bytes(const struct pvp_text *text, uint64_t addr, size_t len);
/* Bytes from addr to the end of its section; 0 outside text. */
uint64_t pvp_text_room(const struct pvp_text *text, uint64_t addr);
/* Fails when not all of [addr, addr+len) is text. */
struct pvp_error *pvp_text_write(struct pvp_text *text, uint64_t addr, const uint8_t *bytes,
				 size_t len) PVP_MUST_CHECK;
/* Marks bytes of the last write as known only at run time. */
void pvp_text_symbolic(struct pvp_text *text, uint64_t addr, size_t len);
/* Whether any byte of [addr, addr+len) is so marked. */
bool pvp_text_is_symbolic(const struct pvp_text *text, uint64_t addr, size_t len);
/* Adds what differs from the file. */
void pvp_text_patched(const struct pvp_text *text, struct pvp_patched *patched);

#endif
