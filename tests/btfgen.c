// SPDX-License-Identifier: GPL-2.0-only
#include "btfgen.h"

#include <check.h>
#include <string.h>

#include "alloc.h"

void btfgen_word(struct btfgen *g, uint32_t word)
{
	ck_assert_uint_lt(g->nr_words, BTFGEN_WORDS);
	g->words[g->nr_words++] = word;
}

static void add_name(struct btfgen *g, const char *name)
{
	size_t len = strlen(name) + 1;

	ck_assert_uint_le(g->names_len + len, sizeof(g->names));
	btfgen_word(g, *name ? 1 + g->names_len : 0);
	memcpy(g->names + g->names_len, name, len);
	g->names_len += len;
}

uint32_t btfgen_type(struct btfgen *g, uint32_t kind, const char *name, uint32_t vlen,
		     uint32_t size)
{
	add_name(g, name);
	btfgen_word(g, vlen | kind << 24);
	btfgen_word(g, size);
	return ++g->nr;
}

void btfgen_member(struct btfgen *g, const char *name, uint32_t type, uint32_t bit)
{
	add_name(g, name);
	btfgen_word(g, type);
	btfgen_word(g, bit);
}

uint8_t *btfgen_bytes(const struct btfgen *g, size_t *len)
{
	const size_t types_len = g->nr_words * 4, names_len = 1 + g->names_len;
	const struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
		.type_len = types_len,
		.str_off = types_len,
		.str_len = names_len,
	};
	uint8_t *bytes;

	*len = sizeof(header) + types_len + names_len;
	bytes = pvp_calloc(1, *len);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), g->words, types_len);
	memcpy(bytes + sizeof(header) + types_len + 1, g->names, g->names_len);
	return bytes;
}
