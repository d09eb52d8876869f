/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode.h - inside model/: lengths and parts of x86 instructions.
 *
 *	err = pvp_decoder_create(image->arch, &decoder);
 *	len = pvp_decoder_len(decoder, bytes, avail);
 *	if (pvp_decoder_insn(decoder, bytes, avail, &insn)) ...
 *	pvp_decoder_destroy(decoder);
 */
#ifndef PVP_DECODE_H
#define PVP_DECODE_H

#include "image.h"

struct pvp_decoder;

/* Where the parts are; what is before the opcode is legacy and REX prefixes. */
struct pvp_insn {
	uint8_t len;
	uint8_t opcode; /* offset */
	uint8_t modrm;	/* offset; 0: none */
	bool is64;	/* of 64-bit code */
};

struct pvp_error *pvp_decoder_create(enum pvp_arch arch, struct pvp_decoder **ret) PVP_MUST_CHECK;
void pvp_decoder_destroy(struct pvp_decoder *decoder);
/* The instruction at the start of bytes; false when it cannot be decoded. */
bool pvp_decoder_insn(struct pvp_decoder *decoder, const uint8_t *bytes, size_t avail,
		      struct pvp_insn *ret);
/* Its length; 0 when it cannot be decoded. */
size_t pvp_decoder_len(struct pvp_decoder *decoder, const uint8_t *bytes, size_t avail);

#endif
