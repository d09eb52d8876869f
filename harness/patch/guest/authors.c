// SPDX-License-Identifier: GPL-2.0-only
#include "authors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define BLOCK 4096ull

static int by_addr(const void *a, const void *b)
{
	const struct pvp_author_section *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static struct pvp_error *add(const struct pvp_section *section,
			     const struct pvp_guest_memory *memory, struct pvp_authors *authors)
{
	const uint8_t *now = pvp_guest_memory_host(memory, section->addr, section->len);
	struct pvp_author_section *s;

	if (!now)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"section %s at %#" PRIx64 " lies in no segment",
					section->name, section->addr);
	s = pvp_push(&authors->v, &authors->nr, &authors->cap);
	s->addr = section->addr;
	s->len = section->len;
	s->file = section->data;
	s->now = now;
	s->seen = memcpy(pvp_calloc(s->len, 1), s->file, s->len);
	s->by = pvp_calloc(s->len, 1);
	if (section->write)
		s->text = pvp_calloc(s->len, 1);
	return NULL;
}

static void mark(struct pvp_authors *authors, uint64_t addr, unsigned len)
{
	for (size_t i = 0; i < authors->nr; i++) {
		struct pvp_author_section *s = &authors->v[i];

		for (unsigned k = 0; s->text && k < len; k++)
			if (addr + k - s->addr < s->len)
				s->text[addr + k - s->addr] = 1;
	}
}

static void mark_list(struct pvp_authors *authors, const struct pvp_addr_entry *v, size_t nr,
		      unsigned len)
{
	for (size_t i = 0; i < nr; i++)
		mark(authors, v[i].addr, len);
}

/* The longest branch that is a site has 6 bytes, an endbr 4. */
static void mark_text(struct pvp_authors *authors, const struct pvp_tables *tables)
{
	for (size_t i = 0; i < tables->nr_para; i++)
		mark(authors, tables->para[i].addr, tables->para[i].len);
	for (size_t i = 0; i < tables->nr_alts; i++)
		mark(authors, tables->alts[i].addr, tables->alts[i].len);
	for (size_t i = 0; i < tables->nr_static_calls; i++)
		mark(authors, tables->static_calls[i].addr, 6);
	mark_list(authors, tables->retpolines, tables->nr_retpolines, 6);
	mark_list(authors, tables->returns, tables->nr_returns, 6);
	mark_list(authors, tables->calls, tables->nr_calls, 6);
	mark_list(authors, tables->endbr_seals, tables->nr_endbr_seals, 4);
	mark_list(authors, tables->smp_locks, tables->nr_smp_locks, 1);
}

struct pvp_error *pvp_authors_init(const struct pvp_image *image, const struct pvp_tables *tables,
				   const struct pvp_guest_memory *memory, struct pvp_authors *ret)
{
	struct pvp_authors authors = {0};
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < image->nr_sections && !err; i++)
		if (image->sections[i].exec && image->sections[i].data && image->sections[i].len)
			err = add(&image->sections[i], memory, &authors);
	if (!err && authors.nr)
		qsort(authors.v, authors.nr, sizeof(*authors.v), by_addr);
	for (size_t i = 1; i < authors.nr && !err; i++)
		if (authors.v[i].addr - authors.v[i - 1].addr < authors.v[i - 1].len)
			err = pvp_error_format(PVP_ERR_BAD_DATA,
					       "two sections have text at %#" PRIx64,
					       authors.v[i].addr);
	if (err) {
		pvp_authors_deinit(&authors);
		return err;
	}
	mark_text(&authors, tables);
	*ret = authors;
	return NULL;
}

void pvp_authors_deinit(struct pvp_authors *authors)
{
	if (!authors)
		return;
	for (size_t i = 0; i < authors->nr; i++) {
		free(authors->v[i].seen);
		free(authors->v[i].by);
		free(authors->v[i].text);
	}
	free(authors->v);
	memset(authors, 0, sizeof(*authors));
}

static struct pvp_author_section *section_at(struct pvp_authors *authors, uint64_t addr)
{
	for (size_t i = 0; i < authors->nr; i++)
		if (addr - authors->v[i].addr < authors->v[i].len)
			return &authors->v[i];
	return NULL;
}

static void settle(struct pvp_author_section *s, enum pvp_pass pass)
{
	for (uint64_t block = 0; block < s->len; block += BLOCK) {
		uint64_t end = s->len - block < BLOCK ? s->len : block + BLOCK;

		if (!memcmp(s->now + block, s->seen + block, end - block))
			continue;
		for (uint64_t i = block; i < end; i++)
			if (s->now[i] != s->seen[i] && (!s->text || s->text[i])) {
				s->by[i] = pass;
				s->seen[i] = s->now[i];
			}
	}
}

void pvp_authors_settle(struct pvp_authors *authors, enum pvp_pass pass)
{
	for (size_t i = 0; i < authors->nr; i++)
		settle(&authors->v[i], pass);
}

/* A displacement: four bytes of which at least one was written. */
static void mark_displacement(uint8_t *by)
{
	uint8_t pass = PVP_PASS_FILE;

	for (unsigned i = 0; i < 4; i++)
		pass = by[i] == PVP_PASS_FILE ? pass : by[i];
	for (unsigned i = 0; i < 4; i++)
		by[i] = (by[i] == PVP_PASS_FILE ? pass : by[i]) | PVP_BY_SYMBOLIC;
}

void pvp_authors_mark_symbolic(struct pvp_authors *authors, const struct pvp_tables *tables,
			       uint64_t addr, uint64_t len)
{
	for (size_t i = 0; i < tables->nr_retpolines; i++) {
		struct pvp_author_section *s = section_at(authors, tables->retpolines[i].addr);

		/* Behind the opcode: of one byte or two, a prefix in front or not. */
		for (uint64_t k = 1; s && k <= 2; k++) {
			uint64_t off = tables->retpolines[i].addr + k - s->addr;
			int32_t rel;

			if (off + sizeof(rel) > s->len)
				break;
			memcpy(&rel, s->seen + off, sizeof(rel));
			if (s->addr + off + sizeof(rel) + (int64_t)rel - addr < len)
				mark_displacement(s->by + off);
		}
	}
}

void pvp_authors_patched(const struct pvp_authors *authors, struct pvp_patched *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < authors->nr; i++) {
		const struct pvp_author_section *s = &authors->v[i];

		pvp_patched_add(ret, s->addr, s->file, s->seen, s->by, s->len);
	}
}
