/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode.h - inside model/: lengths of x86 instructions.
 *
 *	err = pvp_decoder_create(PVP_ARCH_AMD64, &decoder);
 *	len = pvp_decoder_len(decoder, bytes, avail);
 *	pvp_decoder_destroy(decoder);
 */
#ifndef PVP_DECODE_H
#define PVP_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "image.h"

struct pvp_decoder;

struct pvp_error *pvp_decoder_create(enum pvp_arch arch, struct pvp_decoder **ret) PVP_MUST_CHECK;
void pvp_decoder_destroy(struct pvp_decoder *decoder);
/* Bytes in the instruction at the start of bytes; 0 when it cannot be decoded. */
size_t pvp_decoder_len(struct pvp_decoder *decoder, const uint8_t *bytes, size_t avail);

#endif
