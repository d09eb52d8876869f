// SPDX-License-Identifier: GPL-2.0-only
// bzgen.c - header fields as Documentation/arch/x86/boot.rst has them.
#include "bzgen.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "alloc.h"

#define SETUP_SECTS 2

static void put_le(uint8_t *at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static size_t pack_gzip(const void *in, size_t len, uint8_t *out, size_t room)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)in,
		      .avail_in = (uInt)len,
		      .next_out = out,
		      .avail_out = (uInt)room};

	if (deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END)
		return 0;
	deflateEnd(&z);
	return z.total_out;
}

static size_t pack_xz(const void *in, size_t len, uint8_t *out, size_t room)
{
	size_t used = 0;

	if (lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, in, len, out, &used, room) !=
	    LZMA_OK)
		return 0;
	return used;
}

static size_t pack_lzma(const void *in, size_t len, uint8_t *out, size_t room)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	size_t used = 0;

	lzma_lzma_preset(&options, 6);
	if (lzma_alone_encoder(&z, &options) != LZMA_OK)
		return 0;
	z.next_in = in;
	z.avail_in = len;
	z.next_out = out;
	z.avail_out = room;
	if (lzma_code(&z, LZMA_FINISH) == LZMA_STREAM_END)
		used = z.total_out;
	lzma_end(&z);
	return used;
}

/* Small blocks, so that even a small file has several. */
static size_t pack_lz4(const void *in, size_t len, uint8_t *out, size_t room)
{
	size_t used = 4, block = 1024;

	put_le(out, 0x184c2102, 4);
	for (size_t off = 0; off < len; off += block) {
		size_t n = len - off < block ? len - off : block;
		int got = LZ4_compress_default((const char *)in + off, (char *)out + used + 4,
					       (int)n, (int)(room - used - 4));

		put_le(out + used, (uint64_t)got, 4);
		used += 4 + (size_t)got;
	}
	return used;
}

/* With a checksum, as zstd(1) packs by default. */
static size_t pack_zstd(const void *in, size_t len, uint8_t *out, size_t room)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t used;

	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	used = ZSTD_compress2(z, out, room, in, len);
	ZSTD_freeCCtx(z);
	return ZSTD_isError(used) ? 0 : used;
}

static size_t pack_stored(const void *in, size_t len, uint8_t *out, size_t room)
{
	if (len > room)
		return 0;
	memcpy(out, in, len);
	return len;
}

static const struct {
	const char *name;
	size_t (*pack)(const void *in, size_t len, uint8_t *out, size_t room);
	size_t trailer; /* bytes of size that the build appends */
} methods[] = {
	{"gzip", pack_gzip, 0}, {"xz", pack_xz, 4},	{"lzma", pack_lzma, 4},
	{"lz4", pack_lz4, 4},	{"zstd", pack_zstd, 4}, {"stored", pack_stored, 0},
};

uint8_t *bzgen_wrap(const void *payload, size_t payload_len, size_t *len)
{
	size_t code = (SETUP_SECTS + 1) * 512;
	uint8_t *data;

	*len = BZGEN_PAYLOAD + payload_len + 32; /* the payload is not what the file ends with */
	data = pvp_calloc(1, *len);
	data[0x1f1] = SETUP_SECTS;
	put_le(data + 0x1fe, 0xaa55, 2);
	memcpy(data + 0x202, "HdrS", 4);
	put_le(data + 0x206, 0x020f, 2);
	put_le(data + 0x248, BZGEN_PAYLOAD - code, 4);
	put_le(data + 0x24c, payload_len, 4);
	memcpy(data + BZGEN_PAYLOAD, payload, payload_len);
	return data;
}

uint8_t *bzgen_bytes(const char *method, const void *elf, size_t elf_len, size_t *len)
{
	size_t room = elf_len * 2 + 65536, used = 0, i;
	uint8_t *packed = pvp_calloc(1, room), *data;

	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (strcmp(methods[i].name, method) == 0)
			break;
	if (i < sizeof(methods) / sizeof(*methods))
		used = methods[i].pack(elf, elf_len, packed, room - 4);
	if (!used)
		ck_abort_msg("bzgen: cannot pack with %s", method);
	put_le(packed + used, elf_len, 4);
	data = bzgen_wrap(packed, used + methods[i].trailer, len);
	free(packed);
	return data;
}
