// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "alloc.h"

static struct pvp_error *count(struct pvp_span *span)
{
	if (span->bytes.len % span->stride)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s at %#" PRIx64 ": its %" PRIu64
					" bytes are no multiple of the entry size %u",
					span->name, span->addr, span->bytes.len, span->stride);
	span->nr = span->bytes.len / span->stride;
	return NULL;
}

static struct pvp_error *count_short(struct pvp_span *span, unsigned last_len)
{
	const uint64_t rest = span->bytes.len % span->stride;

	if (rest && rest < last_len)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s at %#" PRIx64 ": %" PRIu64
					" bytes behind the last entry of %u bytes are no entry",
					span->name, span->addr, rest, span->stride);
	span->nr = span->bytes.len / span->stride + !!rest;
	return NULL;
}

static struct pvp_error *section(const struct pvp_image *image, const char *name, unsigned stride,
				 struct pvp_span *ret)
{
	const struct pvp_section *section = pvp_image_section(image, name);

	if (section && section->len && !section->data)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%s has no contents in the file", name);
	*ret = (struct pvp_span){.name = name, .stride = stride};
	if (section) {
		ret->addr = section->addr;
		ret->bytes = (struct pvp_bytes){section->data, section->len};
	}
	return NULL;
}

struct pvp_error *pvp_span_section(const struct pvp_image *image, const char *name, unsigned stride,
				   struct pvp_span *ret)
{
	struct pvp_span span;
	struct pvp_error *err;

	err = section(image, name, stride, &span);
	if (!err)
		err = count(&span);
	if (!err)
		*ret = span;
	return err;
}

struct pvp_error *pvp_span_section_short(const struct pvp_image *image, const char *name,
					 unsigned stride, unsigned last_len, struct pvp_span *ret)
{
	struct pvp_span span;
	struct pvp_error *err;

	err = section(image, name, stride, &span);
	if (!err)
		err = count_short(&span, last_len);
	if (!err)
		*ret = span;
	return err;
}

struct pvp_error *pvp_span_symbols(const struct pvp_image *image, const char *start,
				   const char *stop, unsigned stride, struct pvp_span *ret)
{
	struct pvp_span span = {.name = start, .stride = stride};
	struct pvp_error *err;
	size_t nr_start, nr_stop;
	uint64_t end;

	pvp_image_symbols_named(image, start, &nr_start);
	pvp_image_symbols_named(image, stop, &nr_stop);
	if (!nr_start && !nr_stop) {
		*ret = span;
		return NULL;
	}
	err = pvp_image_symbol(image, start, &span.addr);
	if (err)
		return err;
	err = pvp_image_symbol(image, stop, &end);
	if (err)
		return err;
	if (end < span.addr)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s (%#" PRIx64 ") lies above %s (%#" PRIx64 ")", start,
					span.addr, stop, end);
	span.bytes.len = end - span.addr;
	if (span.bytes.len)
		span.bytes.data = pvp_image_bytes(image, span.addr, span.bytes.len);
	if (span.bytes.len && !span.bytes.data)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s: %#" PRIx64 "..%#" PRIx64
					" has no contents in the file",
					start, span.addr, end);
	err = count(&span);
	if (!err)
		*ret = span;
	return err;
}

uint64_t pvp_span_entry(const struct pvp_span *span, size_t i)
{
	return span->addr + i * span->stride;
}

bool pvp_span_has(const struct pvp_span *span, size_t i, unsigned off, unsigned size)
{
	return i * span->stride + off + size <= span->bytes.len;
}

uint64_t pvp_span_uint(const struct pvp_span *span, size_t i, unsigned off, unsigned size)
{
	uint64_t v = 0;
	bool there;

	assert(i < span->nr && off + size <= span->stride);
	there = pvp_bytes_uint(&span->bytes, i * span->stride + off, size, &v);
	assert(there);
	return v;
}

uint64_t pvp_span_rel32(const struct pvp_span *span, size_t i, unsigned off)
{
	int32_t rel = (int32_t)pvp_span_uint(span, i, off, 4);

	return pvp_span_entry(span, i) + off + (int64_t)rel;
}

struct pvp_error *pvp_span_error(const struct pvp_span *span, size_t i, enum pvp_error_code code,
				 const char *fmt, ...)
{
	struct pvp_error *err;
	char *message;
	va_list ap;

	va_start(ap, fmt);
	message = pvp_vasprintf(fmt, ap);
	va_end(ap);
	err = pvp_error_format(code, "%s entry %zu (at %#" PRIx64 "): %s", span->name, i,
			       pvp_span_entry(span, i), message);
	free(message);
	return err;
}

struct pvp_error *pvp_span_text(const struct pvp_span *span, size_t i,
				const struct pvp_image *image, uint64_t addr, uint64_t len,
				const char *what)
{
	if (pvp_image_is_text(image, addr, len))
		return NULL;
	return pvp_span_error(span, i, PVP_ERR_BAD_DATA, "%s %#" PRIx64 " lies outside text", what,
			      addr);
}
