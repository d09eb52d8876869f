// SPDX-License-Identifier: GPL-2.0-only
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static int by_addr(const void *a, const void *b)
{
	const struct pvp_text_section *l = a, *r = b;

	return l->addr < r->addr ? -1 : l->addr > r->addr;
}

void pvp_text_init(const struct pvp_image *image, struct pvp_text *ret)
{
	struct pvp_text text = {0};

	for (size_t i = 0; i < image->nr_sections; i++) {
		const struct pvp_section *from = &image->sections[i];
		struct pvp_text_section *to;

		if (!from->exec || !from->data || !from->len || from->zero_based)
			continue;
		to = pvp_push(&text.sections, &text.nr, &text.cap);
		to->addr = from->addr;
		to->len = from->len;
		to->file = from->data;
		to->bytes = memcpy(pvp_calloc(from->len, 1), from->data, from->len);
		to->by = pvp_calloc(from->len, 1); /* PVP_PASS_FILE is 0 */
	}
	if (text.nr)
		qsort(text.sections, text.nr, sizeof(*text.sections), by_addr);
	*ret = text;
}

void pvp_text_deinit(struct pvp_text *text)
{
	if (!text)
		return;
	for (size_t i = 0; i < text->nr; i++) {
		free(text->sections[i].bytes);
		free(text->sections[i].by);
	}
	free(text->sections);
	memset(text, 0, sizeof(*text));
}

static struct pvp_text_section *section_at(const struct pvp_text *text, uint64_t addr)
{
	for (size_t i = 0; i < text->nr; i++)
		if (addr >= text->sections[i].addr &&
		    addr - text->sections[i].addr < text->sections[i].len)
			return &text->sections[i];
	return NULL;
}

uint64_t pvp_text_room(const struct pvp_text *text, uint64_t addr)
{
	const struct pvp_text_section *section = section_at(text, addr);

	return section ? section->addr + section->len - addr : 0;
}

const uint8_t *pvp_text_bytes(const struct pvp_text *text, uint64_t addr, size_t len)
{
	const struct pvp_text_section *section = section_at(text, addr);

	if (!section || len > section->addr + section->len - addr)
		return NULL;
	return section->bytes + (addr - section->addr);
}

/* Bytes one behind the other are one write: NOPs are merged byte by byte. */
static bool continues(const struct pvp_trace *trace, enum pvp_pass pass, uint64_t addr, size_t len)
{
	const struct pvp_trace_write *last;

	if (!trace->nr_writes)
		return false;
	last = &trace->writes[trace->nr_writes - 1];
	return len == 1 && last->pass == pass && !last->symbolic && last->addr + last->len == addr;
}

static void note(struct pvp_trace *trace, enum pvp_pass pass, uint64_t addr, const uint8_t *old,
		 const uint8_t *new, size_t len)
{
	const uint64_t lo = addr > trace->addr ? addr : trace->addr;
	const uint64_t hi =
		addr + len < trace->addr + trace->len ? addr + len : trace->addr + trace->len;
	struct pvp_trace_write *write;

	if (lo >= hi)
		return;
	if (continues(trace, pass, lo, hi - lo)) {
		write = &trace->writes[trace->nr_writes - 1];
	} else {
		write = pvp_push(&trace->writes, &trace->nr_writes, &trace->cap_writes);
		write->pass = pass;
		write->addr = lo;
	}
	write->old = pvp_reallocarray(write->old, write->len + (hi - lo), 1);
	write->new = pvp_reallocarray(write->new, write->len + (hi - lo), 1);
	memcpy(write->old + write->len, old + (lo - addr), hi - lo);
	memcpy(write->new + write->len, new + (lo - addr), hi - lo);
	write->len += hi - lo;
}

struct pvp_error *pvp_text_write(struct pvp_text *text, uint64_t addr, const uint8_t *bytes,
				 size_t len)
{
	struct pvp_text_section *section = section_at(text, addr);

	if (!section || len > section->addr + section->len - addr)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%zu bytes at %#" PRIx64 " are not text",
					len, addr);
	if (text->trace)
		note(text->trace, text->pass, addr, section->bytes + (addr - section->addr), bytes,
		     len);
	memcpy(section->bytes + (addr - section->addr), bytes, len);
	memset(section->by + (addr - section->addr), text->pass, len);
	return NULL;
}

/* The write just made has these bytes. */
static void note_symbolic(struct pvp_trace *trace, uint64_t addr, size_t len)
{
	struct pvp_trace_write *last;

	if (!trace->nr_writes)
		return;
	last = &trace->writes[trace->nr_writes - 1];
	for (size_t i = 0; i < last->len; i++) {
		if (last->addr + i - addr >= len)
			continue;
		if (!last->symbolic)
			last->symbolic = pvp_calloc(last->len, 1);
		last->symbolic[i] = 1;
	}
}

void pvp_text_symbolic(struct pvp_text *text, uint64_t addr, size_t len)
{
	struct pvp_text_section *section = section_at(text, addr);

	if (text->trace)
		note_symbolic(text->trace, addr, len);

	for (size_t i = 0; section && i < len && addr + i - section->addr < section->len; i++)
		section->by[addr + i - section->addr] |= PVP_BY_SYMBOLIC;
}

bool pvp_text_is_symbolic(const struct pvp_text *text, uint64_t addr, size_t len)
{
	const struct pvp_text_section *section = section_at(text, addr);

	for (size_t i = 0; section && i < len && addr + i - section->addr < section->len; i++)
		if (section->by[addr + i - section->addr] & PVP_BY_SYMBOLIC)
			return true;
	return false;
}

void pvp_text_patched(const struct pvp_text *text, struct pvp_patched *patched)
{
	for (size_t i = 0; i < text->nr; i++) {
		const struct pvp_text_section *section = &text->sections[i];

		pvp_patched_add(patched, section->addr, section->file, section->bytes, section->by,
				section->len);
	}
}
