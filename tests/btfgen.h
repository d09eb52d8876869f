/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * btfgen.h - builds small .BTF sections for tests, word by word.
 *
 * Types are numbered from 1 in the order they are added; a structure's members follow it at once.
 * Nothing is checked, so that a section can be as wrong as a test wants.
 *
 *	struct btfgen g = {0};
 *
 *	u64 = btfgen_type(&g, BTF_KIND_INT, "long unsigned int", 0, 8);
 *	btfgen_word(&g, 64);
 *	btfgen_type(&g, BTF_KIND_STRUCT, "demo", 1, 8);
 *	btfgen_member(&g, "first", u64, 0);
 *	bytes = btfgen_bytes(&g, &len);
 *	free(bytes);
 */
#ifndef PVP_BTFGEN_H
#define PVP_BTFGEN_H

#include <stddef.h>
#include <stdint.h>

#include <linux/btf.h>

#define BTFGEN_WORDS 512

struct btfgen {
	uint32_t words[BTFGEN_WORDS]; /* the type section */
	size_t nr_words;
	char names[1024]; /* the string section, from its second byte */
	size_t names_len;
	uint32_t nr; /* types */
};

/* vlen: how many members follow; or'ed with BTFGEN_BITS, their offsets are size << 24 | bit.
 * size: in bytes, or the type referred to.  Returns the type's number. */
#define BTFGEN_BITS 0x80000000u
uint32_t btfgen_type(struct btfgen *g, uint32_t kind, const char *name, uint32_t vlen,
		     uint32_t size);
void btfgen_member(struct btfgen *g, const char *name, uint32_t type, uint32_t bit);
void btfgen_word(struct btfgen *g, uint32_t word);
/* The section's bytes, owned by the caller (free).  Header: struct btf_header, linux/btf.h. */
uint8_t *btfgen_bytes(const struct btfgen *g, size_t *len);

#endif
