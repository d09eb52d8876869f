// SPDX-License-Identifier: GPL-2.0-only
// kallsyms.c - the symbol tables that a kernel carries for itself, found in .rodata by their shape.
//
// Names are packed as token numbers; 256 tokens expand to strings.  The pieces are unnamed in a
// stripped image and their order changed over time, so the search starts at what no kernel changes:
// the tokens for the digits stand for themselves, which makes 20 bytes "0\0001\000..9\000".  Around
// them each piece must confirm the others; where one does not, there are no symbols.
#define _GNU_SOURCE
#include "private.h"

#include <stdlib.h>

#include "alloc.h"

#define NR_TOKENS	256
#define TOKENS_LEN_MAX	(UINT16_MAX + 1U) /* token_index is 16 bits wide */
#define BLOCK		256		  /* symbols a marker */
#define MARKER_STEP_MIN 512		  /* a name is at least a length and one token */
#define MARKER_STEP_MAX 20480
#define MARKERS_MIN	4   /* fewer could be anything */
#define NAME_LEN_MAX	512 /* KSYM_NAME_LEN; 128 before v6.1 */
#define NAMES_LEN_MAX	(64U << 20)

/* Offsets into .rodata of the pieces that every generation has. */
struct pieces {
	uint64_t nr; /* symbols */
	uint64_t num_syms, names, markers, nr_markers, token_table, token_index;
	uint16_t tokens[NR_TOKENS]; /* token_index, decoded */
};

struct finder {
	const struct pvp_image *image;
	struct pvp_bytes rodata;
	uint64_t addr;	 /* of rodata; 8-byte aligned, so offsets align as addresses do */
	uint64_t budget; /* steps left: a hostile file may look like tables in very many places */
};

static bool spend(struct finder *f, uint64_t steps)
{
	if (f->budget < steps) {
		f->budget = 0;
		return false;
	}
	f->budget -= steps;
	return true;
}

static uint64_t align_up(uint64_t off, uint64_t align)
{
	return (off + align - 1) & ~(align - 1);
}

static uint32_t word_at(const struct finder *f, uint64_t off)
{
	uint32_t value = 0;

	pvp_bytes_u32(&f->rodata, off, &value);
	return value;
}

/* Whether the 256 tokens and their index agree, given where each begins. */
static bool tokens_agree(struct finder *f, struct pieces *k)
{
	uint64_t off = k->token_table;

	for (unsigned i = 0; i < NR_TOKENS; i++) {
		const uint8_t *nul;
		uint64_t room = TOKENS_LEN_MAX - (off - k->token_table);

		if (!pvp_bytes_u16(&f->rodata, k->token_index + 2 * i, &k->tokens[i]) ||
		    k->tokens[i] != off - k->token_table || off >= k->token_index)
			return false;
		if (room > k->token_index - off)
			room = k->token_index - off;
		nul = memchr(f->rodata.data + off, 0, room);
		if (!nul)
			return false;
		off = (uint64_t)(nul - f->rodata.data) + 1;
		if (off - k->token_table >= TOKENS_LEN_MAX)
			return false;
	}
	return spend(f, off - k->token_table);
}

/* The token table whose digits are at `digits`: its index follows, and says where it begins. */
static bool find_tokens(struct finder *f, uint64_t digits, struct pieces *k)
{
	uint64_t end = digits;

	for (unsigned i = '0'; i < NR_TOKENS; i++) {
		const uint8_t *nul;

		if (end - digits >= TOKENS_LEN_MAX || end >= f->rodata.len)
			return false;
		nul = memchr(f->rodata.data + end, 0, f->rodata.len - end);
		if (!nul || !spend(f, (uint64_t)(nul - f->rodata.data) + 1 - end))
			return false;
		end = (uint64_t)(nul - f->rodata.data) + 1;
	}
	for (uint64_t align = 4; align <= 8; align *= 2) {
		uint16_t zero;

		k->token_index = align_up(end, align);
		if (!pvp_bytes_u16(&f->rodata, k->token_index + 2 * '0', &zero) || zero > digits)
			continue;
		k->token_table = digits - zero;
		if (tokens_agree(f, k))
			return true;
	}
	return false;
}

/* The length of the name at *off, which moves behind its length byte or bytes. */
static bool name_len(const struct finder *f, uint64_t *off, uint64_t *len)
{
	uint64_t more;

	if (!pvp_bytes_uint(&f->rodata, *off, 1, len))
		return false;
	(*off)++;
	if (*len & 0x80) { /* since v6.1; before, no name was that long */
		if (!pvp_bytes_uint(&f->rodata, *off, 1, &more))
			return false;
		(*off)++;
		*len = (*len & 0x7f) | more << 7;
	}
	return *len > 0;
}

/* Whether the names from k->names on reproduce every marker and end where the markers begin. */
static bool names_agree(struct finder *f, const struct pieces *k)
{
	uint64_t off = k->names, len;

	for (uint64_t i = 0; i < k->nr; i++) {
		if (i % BLOCK == 0 && off - k->names != word_at(f, k->markers + i / BLOCK * 4))
			return false;
		if (!spend(f, 1) || !name_len(f, &off, &len) ||
		    !pvp_bytes_has(&f->rodata, off, len))
			return false;
		off += len;
		if (off > k->markers)
			return false;
	}
	return k->markers - off < 8;
}

/* Between markers and tokens there is padding, or the seqs_of_names of 6.1: 3 bytes a symbol. */
static bool gap_agrees(const struct pieces *k)
{
	uint64_t end = k->markers + 4 * k->nr_markers;

	for (uint64_t align = 4; align <= 8; align *= 2)
		if (align_up(end, align) == k->token_table ||
		    align_up(align_up(end, align) + 3 * k->nr, align) == k->token_table)
			return true;
	return false;
}

/* The symbol count and the names before a marker table. */
static bool find_names(struct finder *f, struct pieces *k)
{
	uint64_t last = word_at(f, k->markers + 4 * (k->nr_markers - 1));
	uint64_t high, low;

	if (last > k->markers)
		return false;
	high = k->markers - last;
	low = high > MARKER_STEP_MAX + 16 ? high - (MARKER_STEP_MAX + 16) : 0;
	for (uint64_t off = align_up(low, 4); off + 4 <= high; off += 4) {
		k->nr = word_at(f, off);
		if (!spend(f, 1))
			return false;
		if ((k->nr + BLOCK - 1) / BLOCK != k->nr_markers || !gap_agrees(k))
			continue;
		k->num_syms = off;
		for (uint64_t align = 4; align <= 8; align *= 2) {
			k->names = align_up(off + 4, align);
			if (names_agree(f, k))
				return true;
			if (k->names == align_up(off + 4, 8))
				break;
		}
	}
	return false;
}

/* Marker tables are runs of words that begin with 0 and rise by the size of 256 names. */
static bool find_markers(struct finder *f, struct pieces *k)
{
	uint64_t off = 0;

	if (!spend(f, k->token_table / 4))
		return false;
	while (off + 4 <= k->token_table) {
		uint64_t nr = 1, prev = 0, next;

		if (word_at(f, off) != 0) {
			off += 4;
			continue;
		}
		while (off + 4 * (nr + 1) <= k->token_table) {
			next = word_at(f, off + 4 * nr);
			if (next < prev + MARKER_STEP_MIN || next > prev + MARKER_STEP_MAX)
				break;
			prev = next;
			nr++;
		}
		if (nr >= MARKERS_MIN) {
			k->markers = off;
			k->nr_markers = nr;
			if (find_names(f, k))
				return true;
		}
		off += 4 * nr; /* no word of the run but its first is 0 */
	}
	return false;
}

enum place {
	BEFORE, /* offsets end before num_syms */
	AFTER,	/* offsets begin behind token_index */
};

enum encoding {
	PERCPU,	  /* offset >= 0: an absolute or per-CPU address; else base - 1 - offset */
	RELATIVE, /* base + offset, unsigned */
	PLACE,	  /* address of the offset itself + offset */
	ABSOLUTE, /* the offset is the address */
};

// clang-format off
/*
 * How addresses are stored.  ptr: bytes in a pointer; align: of each piece; base: whether a
 * relative_base pointer follows the offsets.  The first row that fits wins.
 * Source: scripts/kallsyms.c and kernel/kallsyms.c of each kernel; rows marked * were measured on
 * Debian's images, the others follow from the same sources.
 */
static const struct layout {
	const char *name;
	unsigned ptr, align;
	enum place place;
	bool base;
	enum encoding encoding;
} layouts[] = {
	/* name                 ptr align  place   base   encoding */
	{ "5.10, 6.1 64-bit *",   8,    8, BEFORE, true,  PERCPU   },
	{ "5.10, 6.1 32-bit *",   4,    4, BEFORE, true,  RELATIVE },
	{ "6.12 64-bit *",        8,    8, AFTER,  true,  PERCPU   },
	{ "6.12 32-bit",          4,    4, AFTER,  true,  RELATIVE },
	{ "6.15 64-bit",          8,    8, AFTER,  true,  RELATIVE },
	{ "7.2 64-bit *",         8,    4, AFTER,  false, PLACE    },
	{ "7.2 32-bit",           4,    4, AFTER,  false, ABSOLUTE },
};
// clang-format on

/* Where the offsets begin and what the base is, or false. */
static bool locate_offsets(const struct finder *f, const struct pieces *k, const struct layout *row,
			   uint64_t *offsets, uint64_t *base)
{
	uint64_t len = align_up(4 * k->nr, row->align), at;

	*base = 0;
	if (row->place == BEFORE) {
		if (k->num_syms % row->align || k->num_syms < len + row->ptr)
			return false;
		at = k->num_syms - row->ptr;
		*offsets = at - len;
	} else {
		*offsets = align_up(k->token_index + 2 * NR_TOKENS, row->align);
		at = *offsets + len;
	}
	if (!pvp_bytes_has(&f->rodata, *offsets, 4 * k->nr))
		return false;
	return !row->base || pvp_bytes_uint(&f->rodata, at, row->ptr, base);
}

static uint64_t address_of(const struct finder *f, const struct layout *row, uint64_t off,
			   uint64_t base)
{
	uint32_t raw = word_at(f, off);
	/* Two's complement, extended to 64 bits. */
	uint64_t wide = raw & 0x80000000 ? raw | UINT64_C(0xffffffff00000000) : raw;
	uint64_t addr = raw;

	switch (row->encoding) {
	case PERCPU:
		addr = raw & 0x80000000 ? base - 1 - wide : raw;
		break;
	case RELATIVE:
		addr = base + raw;
		break;
	case PLACE:
		addr = f->addr + off + wide;
		break;
	case ABSOLUTE:
		break;
	}
	return row->ptr == 4 ? addr & UINT32_MAX : addr;
}

/* The build sorts symbols by address, and most of them are in the image. */
static bool addresses_agree(const struct finder *f, const struct pieces *k,
			    const struct layout *row, uint64_t offsets, uint64_t base)
{
	uint64_t prev = 0, inside = 0;

	for (uint64_t i = 0; i < k->nr; i++) {
		uint64_t addr = address_of(f, row, offsets + 4 * i, base);

		if (addr < prev)
			return false;
		prev = addr;
		inside += pvp_image_section_at(f->image, addr) != NULL;
	}
	return inside > k->nr / 2;
}

/* Expands the name at *off, type letter first, into buf; moves *off behind it. */
static bool expand(const struct finder *f, const struct pieces *k, uint64_t *off,
		   char buf[NAME_LEN_MAX + 1], size_t *ret_len)
{
	uint64_t nr;
	size_t len = 0;

	if (!name_len(f, off, &nr) || !pvp_bytes_has(&f->rodata, *off, nr))
		return false;
	for (; nr; nr--, (*off)++) {
		const char *token = (const char *)f->rodata.data + k->token_table +
				    k->tokens[f->rodata.data[*off]];
		size_t token_len = strlen(token); /* tokens_agree() saw its end */

		if (len + token_len > NAME_LEN_MAX)
			return false;
		memcpy(buf + len, token, token_len);
		len += token_len;
	}
	buf[len] = '\0';
	*ret_len = len;
	return len >= 2 && pvp_symbols_name_ok(buf);
}

static bool read_symbols(const struct finder *f, const struct pieces *k, const struct layout *row,
			 uint64_t offsets, uint64_t base, struct pvp_symbols *ret)
{
	size_t len, used = 0, cap = 0, *starts = pvp_calloc(k->nr, sizeof(*starts));
	char buf[NAME_LEN_MAX + 1];
	uint64_t off = k->names, i;

	ret->v = pvp_calloc(k->nr, sizeof(*ret->v));
	for (i = 0; i < k->nr; i++) {
		if (!expand(f, k, &off, buf, &len) || used > NAMES_LEN_MAX)
			break;
		if (cap - used < len) {
			cap = cap ? cap * 2 : 1 << 20;
			ret->names = pvp_reallocarray(ret->names, cap, 1);
		}
		memcpy(ret->names + used, buf + 1, len); /* with its NUL, without its type */
		starts[i] = used;
		used += len;
		ret->v[i].type = buf[0];
		ret->v[i].addr = address_of(f, row, offsets + 4 * i, base);
	}
	if (i == k->nr) { /* the strings no longer move */
		for (i = 0; i < k->nr; i++)
			ret->v[i].name = ret->names + starts[i];
		ret->nr = ret->cap = k->nr;
		ret->source = "kallsyms";
	} else {
		pvp_symbols_deinit(ret);
	}
	free(starts);
	return ret->nr != 0;
}

static bool read_layouts(const struct finder *f, const struct pieces *k, struct pvp_symbols *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		uint64_t offsets, base;

		if (layouts[i].ptr == f->image->ptr_len &&
		    locate_offsets(f, k, &layouts[i], &offsets, &base) &&
		    addresses_agree(f, k, &layouts[i], offsets, base))
			return read_symbols(f, k, &layouts[i], offsets, base, ret);
	}
	return false;
}

void pvp_kallsyms_read(const struct pvp_image *image, struct pvp_symbols *ret)
{
	static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";
	const struct pvp_section *rodata = pvp_image_section(image, ".rodata");
	struct finder f = {.image = image};
	const uint8_t *at;

	if (!rodata || !rodata->data || rodata->addr % 8)
		return;
	f.rodata = (struct pvp_bytes){rodata->data, rodata->len};
	f.addr = rodata->addr;
	f.budget = 8 * rodata->len;
	at = rodata->data;
	while (f.budget && (at = memmem(at, rodata->len - (uint64_t)(at - rodata->data), digits,
					sizeof(digits)))) {
		struct pieces k = {0};

		if (find_tokens(&f, (uint64_t)(at - rodata->data), &k) && find_markers(&f, &k) &&
		    read_layouts(&f, &k, ret))
			return;
		at++;
	}
}
