/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plain_text.h - instructions as text in which no address of an image is left: two builds of one
 * source say the same.
 *
 *	err = pvp_disasm_create(image->arch, &disasm);
 *	text = pvp_plain_text(image, disasm, addr, bytes, len);  "call native_write_cr3; nop (1 byte)"
 *
 * A place inside [addr, addr+len] is "+offset", one that a section holds is symbol+offset; any other
 * number stays as it is.
 */
#ifndef PVP_PLAIN_TEXT_H
#define PVP_PLAIN_TEXT_H

#include "disasm.h"
#include "image.h"

/* The caller frees it. */
char *pvp_plain_text(const struct pvp_image *image, struct pvp_disasm *disasm, uint64_t addr,
		     const uint8_t *bytes, size_t len);

/*
 * What an address is called in any build: "symbol" or "symbol+0x8", a per-CPU variable by its name
 * wherever its area is; NULL: it is no place of the image.  Absolute symbols name none.  The caller frees it.
 */
char *pvp_plain_name(const struct pvp_image *image, uint64_t addr);

#endif
