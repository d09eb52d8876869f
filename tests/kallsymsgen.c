// SPDX-License-Identifier: GPL-2.0-only
#include "kallsymsgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

// clang-format off
/* Orders of the pieces.  Source: scripts/kallsyms.c of each kernel, measured on Debian's images
 * (rows marked *). */
const struct kallsymsgen_layout kallsymsgen_layouts[KALLSYMSGEN_LAYOUTS] = {
	/* name           ptr align first  base   middle end    long   encoding */
	{ "5.10-amd64 *",   8, 8,   true,  true,  false, false, false, 'p' },
	{ "5.10-i386 *",    4, 4,   true,  true,  false, false, false, 'r' },
	{ "6.1-amd64 *",    8, 8,   true,  true,  true,  false, true,  'p' },
	{ "6.1-i386 *",     4, 4,   true,  true,  true,  false, true,  'r' },
	{ "6.12-amd64 *",   8, 8,   false, true,  false, true,  true,  'p' },
	{ "6.15-amd64",     8, 8,   false, true,  false, true,  true,  'r' },
	{ "7.2-amd64 *",    8, 4,   false, false, false, true,  true,  'l' },
};
// clang-format on

struct out {
	uint8_t *data;
	size_t len, cap;
};

static void put(struct out *o, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		*pvp_push(&o->data, &o->len, &o->cap) = (uint8_t)(value >> (8 * i));
}

static void put_align(struct out *o, unsigned align)
{
	while (o->len % align)
		put(o, 0, 1);
}

static void symbol_name(const struct kallsymsgen_layout *l, size_t i, char name[256])
{
	snprintf(name, 256, "sym_%05zu", i);
	if (i == 1 && l->long_names) {
		memset(name + 9, 'x', 200);
		name[209] = '\0';
	}
}

static bool is_percpu(const struct kallsymsgen_layout *l, size_t i)
{
	return l->encoding == 'p' && i < KALLSYMSGEN_PERCPU;
}

static void put_offsets(const struct kallsymsgen_layout *l, size_t nr, uint64_t rodata_addr,
			uint64_t text, struct out *o, struct kallsymsgen *ret)
{
	put_align(o, l->align);
	ret->offsets = o->len;
	for (size_t i = 0; i < nr; i++) {
		uint64_t addr = text + 16 * i;

		switch (l->encoding) {
		case 'p':
			put(o, is_percpu(l, i) ? 8 * i : text - 1 - addr, 4);
			break;
		case 'r':
			put(o, addr - text, 4);
			break;
		case 'l':
			put(o, addr - (rodata_addr + o->len), 4);
			break;
		default:
			put(o, addr, 4);
		}
	}
	put_align(o, l->align);
	if (l->base) {
		ret->base = o->len;
		put(o, text, l->ptr);
		put_align(o, l->align);
	}
}

static void put_seqs(const struct kallsymsgen_layout *l, size_t nr, struct out *o)
{
	put_align(o, l->align);
	for (size_t i = 0; i < nr; i++) {
		put(o, i >> 16, 1);
		put(o, i >> 8, 1);
		put(o, i, 1);
	}
	put_align(o, l->align);
}

/* Printable characters stand for themselves, but '!' for "sym_"; the rest is filling. */
static void put_tokens(const struct kallsymsgen_layout *l, struct out *o, struct kallsymsgen *ret)
{
	size_t starts[256];

	put_align(o, l->align);
	ret->token_table = o->len;
	for (unsigned i = 0; i < 256; i++) {
		char token[8];

		if (i == '!')
			strcpy(token, "sym_");
		else if (i > ' ' && i < 127)
			snprintf(token, sizeof(token), "%c", (char)i);
		else
			snprintf(token, sizeof(token), "u%02x", i & 0xff);
		starts[i] = o->len - ret->token_table;
		for (const char *s = token; *s; s++)
			put(o, (uint8_t)*s, 1);
		put(o, 0, 1);
	}
	put_align(o, l->align);
	ret->token_index = o->len;
	for (unsigned i = 0; i < 256; i++)
		put(o, starts[i], 2);
}

void kallsymsgen_build(const struct kallsymsgen_layout *l, size_t nr, uint64_t rodata_addr,
		       uint64_t text, struct kallsymsgen *ret)
{
	size_t *markers = pvp_calloc(nr / 256 + 1, sizeof(*markers)), nr_markers = 0;
	struct out o = {0};

	*ret = (struct kallsymsgen){0};
	put(&o, 0x1122334455667788, 8); /* other read-only data */
	put(&o, 0, 8);
	if (l->offsets_first)
		put_offsets(l, nr, rodata_addr, text, &o, ret);
	put_align(&o, l->align);
	ret->num_syms = o.len;
	put(&o, nr, 4);
	put_align(&o, l->align);
	ret->names = o.len;
	for (size_t i = 0; i < nr; i++) {
		char name[256];
		size_t len;

		if (i % 256 == 0)
			markers[nr_markers++] = o.len - ret->names;
		symbol_name(l, i, name);
		len = strlen(name) - 4 + 2; /* type, and "sym_" is one token */
		if (len > 127)
			put(&o, (len & 0x7f) | 0x80 | len >> 7 << 8, 2);
		else
			put(&o, len, 1);
		put(&o, is_percpu(l, i) ? 'D' : 'T', 1);
		put(&o, '!', 1);
		for (const char *s = name + 4; *s; s++)
			put(&o, (uint8_t)*s, 1);
	}
	put_align(&o, l->align);
	ret->markers = o.len;
	for (size_t i = 0; i < nr_markers; i++)
		put(&o, markers[i], 4);
	if (l->seqs_in_middle)
		put_seqs(l, nr, &o);
	put_tokens(l, &o, ret);
	if (!l->offsets_first)
		put_offsets(l, nr, rodata_addr, text, &o, ret);
	if (l->seqs_at_end)
		put_seqs(l, nr, &o);
	free(markers);
	ret->data = o.data;
	ret->len = o.len;
}
