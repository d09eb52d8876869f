/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bytes.h - read little-endian integers from (pointer, length), bounds-checked.
 *
 *	struct pvp_bytes b = { data, len };
 *	if (!pvp_bytes_u32(&b, off, &value))
 *		return pvp_error_format(...);
 */
#ifndef PVP_BYTES_H
#define PVP_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct pvp_bytes {
	const uint8_t *data; /* borrowed */
	uint64_t len;
};

static inline bool pvp_bytes_has(const struct pvp_bytes *b, uint64_t off, uint64_t len)
{
	return off <= b->len && len <= b->len - off;
}

/* size in 1..8; false when it is not all there. */
static inline bool pvp_bytes_uint(const struct pvp_bytes *b, uint64_t off, unsigned size,
				  uint64_t *ret)
{
	uint64_t v = 0;

	if (!pvp_bytes_has(b, off, size))
		return false;
	for (unsigned i = 0; i < size; i++)
		v |= (uint64_t)b->data[off + i] << (8 * i);
	*ret = v;
	return true;
}

static inline bool pvp_bytes_u16(const struct pvp_bytes *b, uint64_t off, uint16_t *ret)
{
	uint64_t v;

	if (!pvp_bytes_uint(b, off, 2, &v))
		return false;
	*ret = v;
	return true;
}

static inline bool pvp_bytes_u32(const struct pvp_bytes *b, uint64_t off, uint32_t *ret)
{
	uint64_t v;

	if (!pvp_bytes_uint(b, off, 4, &v))
		return false;
	*ret = v;
	return true;
}

static inline bool pvp_bytes_s32(const struct pvp_bytes *b, uint64_t off, int32_t *ret)
{
	uint32_t v;

	if (!pvp_bytes_u32(b, off, &v))
		return false;
	*ret = (int32_t)v;
	return true;
}

#endif
