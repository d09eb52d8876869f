/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bzgen.h - packs bytes (an ELF from elfgen.h) into an x86 boot image, as a kernel's build would.
 *
 *	data = bzgen_bytes("xz", elf, elf_len, &len);	(caller frees)
 */
#ifndef PVP_BZGEN_H
#define PVP_BZGEN_H

#include <stddef.h>
#include <stdint.h>

#define BZGEN_PAYLOAD 0x620 /* file offset of the payload */

/* method: gzip, xz, lzma, lz4, zstd or stored. */
uint8_t *bzgen_bytes(const char *method, const void *elf, size_t elf_len, size_t *len);
/* A boot image around a payload that is ready, size trailer and all. */
uint8_t *bzgen_wrap(const void *payload, size_t payload_len, size_t *len);

#endif
