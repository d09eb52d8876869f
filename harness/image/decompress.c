// SPDX-License-Identifier: GPL-2.0-only
// decompress.c - the ways a kernel's build packs its payload, recognised by their first bytes.
#include "private.h"

#include <inttypes.h>
#include <stdlib.h>

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "alloc.h"

#define TRAILER 4	     /* unpacked size, little-endian */
#define MEM_MAX (1ULL << 30) /* for a decoder's dictionary */
#define LZ4_BLOCK                                                                                  \
	(8U << 20) /* lz4_Frame_format.md, legacy frame: a block unpacks to at most 8 MiB */

enum outcome { DONE, ENDS_EARLY, CORRUPT, TOO_LONG };

/* Grows up to one byte more than allowed, which tells "too long" from "just fits". */
struct sink {
	uint8_t *data;
	uint64_t len, cap, limit;
};

static bool sink_room(struct sink *out, uint64_t want)
{
	uint64_t max = out->limit + 1, cap = out->cap;

	if (out->cap - out->len >= want)
		return true;
	while (cap - out->len < want && cap < max)
		cap = cap ? cap * 2 : 1 << 20;
	if (cap > max)
		cap = max;
	if (cap == out->len)
		return false;
	if (cap > out->cap) {
		out->data = pvp_reallocarray(out->data, cap, 1);
		out->cap = cap;
	}
	return true;
}

/* zlib and liblzma take room as an unsigned int or size_t: one manner for both. */
static uint32_t sink_avail(const struct sink *out)
{
	uint64_t avail = out->cap - out->len;

	return avail > 1U << 30 ? 1U << 30 : (uint32_t)avail;
}

static enum outcome unpack_gzip(const struct pvp_bytes *in, struct sink *out, uint64_t *used)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)in->data, .avail_in = (uInt)in->len};
	enum outcome outcome = DONE;
	int rc = Z_OK;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) /* 16: a gzip header, not zlib's */
		return CORRUPT;
	while (rc != Z_STREAM_END) {
		uInt avail;

		if (!sink_room(out, 1)) {
			outcome = TOO_LONG;
			break;
		}
		avail = sink_avail(out);
		z.next_out = out->data + out->len;
		z.avail_out = avail;
		rc = inflate(&z, Z_NO_FLUSH);
		out->len += avail - z.avail_out;
		if (rc != Z_OK && rc != Z_STREAM_END) {
			outcome = rc == Z_BUF_ERROR && z.avail_in == 0 ? ENDS_EARLY : CORRUPT;
			break;
		}
	}
	*used = z.total_in;
	inflateEnd(&z);
	return outcome;
}

static enum outcome run_lzma(lzma_stream *z, lzma_ret rc, const struct pvp_bytes *in,
			     struct sink *out, uint64_t *used)
{
	enum outcome outcome = DONE;

	z->next_in = in->data;
	z->avail_in = in->len;
	while (rc != LZMA_STREAM_END) {
		size_t avail;

		if (!sink_room(out, 1)) {
			outcome = TOO_LONG;
			break;
		}
		avail = sink_avail(out);
		z->next_out = out->data + out->len;
		z->avail_out = avail;
		if (rc == LZMA_OK)
			rc = lzma_code(z, LZMA_FINISH);
		out->len += avail - z->avail_out;
		if (rc != LZMA_OK && rc != LZMA_STREAM_END) {
			outcome = rc == LZMA_BUF_ERROR && z->avail_in == 0 ? ENDS_EARLY : CORRUPT;
			break;
		}
	}
	*used = z->total_in;
	lzma_end(z);
	return outcome;
}

static enum outcome unpack_xz(const struct pvp_bytes *in, struct sink *out, uint64_t *used)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_stream_decoder(&z, MEM_MAX, 0);

	return run_lzma(&z, rc, in, out, used);
}

static enum outcome unpack_lzma(const struct pvp_bytes *in, struct sink *out, uint64_t *used)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_alone_decoder(&z, MEM_MAX);

	return run_lzma(&z, rc, in, out, used);
}

#define LZ4_LEGACY_MAGIC 0x184c2102

static enum outcome unpack_lz4(const struct pvp_bytes *in, struct sink *out, uint64_t *used)
{
	while (*used < in->len) {
		uint64_t room;
		uint32_t len;
		int got;

		if (!pvp_bytes_u32(in, *used, &len))
			return ENDS_EARLY;
		if (len == LZ4_LEGACY_MAGIC) { /* each frame begins with it */
			*used += 4;
			continue;
		}
		if (len > (uint32_t)LZ4_COMPRESSBOUND(LZ4_BLOCK))
			return CORRUPT;
		if (!pvp_bytes_has(in, *used + 4, len))
			return ENDS_EARLY;
		if (!sink_room(out, LZ4_BLOCK))
			return TOO_LONG;
		room = out->cap - out->len;
		got = LZ4_decompress_safe((const char *)in->data + *used + 4,
					  (char *)out->data + out->len, (int)len,
					  room < LZ4_BLOCK ? (int)room : (int)LZ4_BLOCK);
		if (got < 0)
			return CORRUPT;
		out->len += (uint64_t)got;
		*used += 4 + (uint64_t)len;
	}
	return DONE;
}

static enum outcome unpack_zstd(const struct pvp_bytes *in, struct sink *out, uint64_t *used)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_inBuffer from = {in->data, in->len, 0};
	enum outcome outcome = DONE;
	size_t rc = 1;

	if (!z)
		return CORRUPT;
	/* The build packs with --ultra -22, whose window is 128 MiB: zstd's default maximum.  With
	 * --long it may be wider. */
	ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 30);
	while (rc != 0) {
		ZSTD_outBuffer to;
		size_t before = from.pos;

		if (!sink_room(out, 1)) {
			outcome = TOO_LONG;
			break;
		}
		to = (ZSTD_outBuffer){out->data + out->len, sink_avail(out), 0};
		rc = ZSTD_decompressStream(z, &to, &from);
		out->len += to.pos;
		if (ZSTD_isError(rc)) {
			outcome = CORRUPT;
			break;
		}
		if (rc != 0 && to.pos == 0 && from.pos == before) {
			outcome = from.pos == from.size ? ENDS_EARLY : CORRUPT;
			break;
		}
	}
	*used = from.pos;
	ZSTD_freeDStream(z);
	return outcome;
}

static enum outcome unpack_stored(const struct pvp_bytes *in, struct sink *out, uint64_t *used)
{
	if (in->len > out->limit || !sink_room(out, in->len))
		return TOO_LONG;
	memcpy(out->data, in->data, in->len);
	out->len = *used = in->len;
	return DONE;
}

// clang-format off
/*
 * name: as in pvp_image.container.  sized: four bytes with the unpacked size follow the stream, put
 * there by the kernel's build (scripts/Makefile.lib, size_append); gzip's own trailer ends with
 * that size.  unpack: NULL where the kernel knows the method and we do not.
 */
static const struct method {
	const char *name;
	uint8_t magic_len, magic[6];
	bool sized;
	enum outcome (*unpack)(const struct pvp_bytes *in, struct sink *out, uint64_t *used);
} methods[] = {
	{ "bzImage/gzip",   2, { 0x1f, 0x8b },                 false, unpack_gzip },
	{ "bzImage/xz",     6, { 0xfd, '7', 'z', 'X', 'Z', 0 }, true, unpack_xz },
	{ "bzImage/lzma",   3, { 0x5d, 0, 0 },                  true, unpack_lzma },
	{ "bzImage/lz4",    4, { 0x02, 0x21, 0x4c, 0x18 },      true, unpack_lz4 },
	{ "bzImage/zstd",   4, { 0x28, 0xb5, 0x2f, 0xfd },      true, unpack_zstd },
	{ "bzImage/stored", 4, { 0x7f, 'E', 'L', 'F' },        false, unpack_stored },
	{ "bzImage/bzip2",  3, { 'B', 'Z', 'h' },               true, NULL },
	{ "bzImage/lzo",    4, { 0x89, 'L', 'Z', 'O' },         true, NULL },
};
// clang-format on

static const struct method *method_of(const struct pvp_bytes *payload)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (pvp_bytes_has(payload, 0, methods[i].magic_len) &&
		    memcmp(payload->data, methods[i].magic, methods[i].magic_len) == 0)
			return &methods[i];
	return NULL;
}

static struct pvp_error *check_outcome(enum outcome outcome, const char *name, uint64_t used,
				       const struct sink *out)
{
	switch (outcome) {
	case DONE:
		return NULL;
	case ENDS_EARLY:
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s data ends early, after %#" PRIx64 " bytes", name, used);
	case CORRUPT:
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s data is corrupt near its byte %#" PRIx64, name, used);
	case TOO_LONG:
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s data unpacks to more than the %" PRIu64
					" bytes it is said to",
					name, out->limit);
	}
	abort();
}

struct pvp_error *pvp_decompress(const struct pvp_bytes *payload, uint8_t **ret, uint64_t *ret_len,
				 const char **container)
{
	const struct method *method = method_of(payload);
	struct pvp_bytes stream = *payload;
	struct pvp_error *err;
	struct sink out = {0};
	enum outcome outcome;
	uint64_t used = 0;
	uint32_t size;
	const char *name;

	if (!method)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"compressed in no way known (gzip, xz, lzma, lz4, zstd)");
	name = strchr(method->name, '/') + 1;
	if (!method->unpack)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"compressed with %s, which is not supported", name);
	if (!pvp_bytes_u32(payload, payload->len - TRAILER, &size))
		return pvp_error_format(PVP_ERR_BAD_DATA, "%s data ends early", name);
	if (method->unpack == unpack_stored)
		size = (uint32_t)payload->len;
	if (size > PVP_UNPACKED_MAX)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s data is said to unpack to %" PRIu32
					" bytes, more than 1 GiB",
					name, size);
	if (method->sized)
		stream.len -= TRAILER;
	out.limit = size;
	outcome = method->unpack(&stream, &out, &used);
	err = check_outcome(outcome, name, used, &out);
	if (!err && out.len > size)
		err = check_outcome(TOO_LONG, name, used, &out);
	if (!err && out.len < size)
		err = pvp_error_format(PVP_ERR_BAD_DATA,
				       "%s data unpacks to %" PRIu64
				       " bytes, its size field says %" PRIu32,
				       name, out.len, size);
	if (err) {
		free(out.data);
		return err;
	}
	*ret = out.data;
	*ret_len = out.len;
	*container = method->name;
	return NULL;
}
