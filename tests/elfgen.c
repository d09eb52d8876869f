// SPDX-License-Identifier: GPL-2.0-only
// elfgen.c - field by field, so that one writer serves both ELF classes.
#include "elfgen.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "alloc.h"

struct gen_section {
	char *name;
	uint64_t addr, flags, len, paddr;
	uint8_t *data; /* owned, NULL for SHT_NOBITS */
	bool has_paddr;
	uint64_t off; /* set while writing */
};

struct gen_symbol {
	char *name;
	uint64_t addr, size;
	bool abs;
};

struct elfgen {
	enum pvp_arch arch;
	uint16_t type;
	struct gen_section *sections;
	size_t nr_sections, cap_sections;
	struct gen_symbol *symbols;
	size_t nr_symbols, cap_symbols;
};

struct out {
	uint8_t *data;
	size_t len, cap;
	unsigned word; /* bytes in an address: 4 or 8 */
};

struct elfgen *elfgen_create(enum pvp_arch arch)
{
	struct elfgen *g = pvp_calloc(1, sizeof(*g));

	g->arch = arch;
	g->type = ET_EXEC;
	return g;
}

void elfgen_destroy(struct elfgen *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->nr_sections; i++) {
		free(g->sections[i].name);
		free(g->sections[i].data);
	}
	for (size_t i = 0; i < g->nr_symbols; i++)
		free(g->symbols[i].name);
	free(g->sections);
	free(g->symbols);
	free(g);
}

void elfgen_section(struct elfgen *g, const char *name, uint64_t addr, uint64_t flags,
		    const void *data, uint64_t len)
{
	struct gen_section *s = pvp_push(&g->sections, &g->nr_sections, &g->cap_sections);

	s->name = pvp_strdup(name);
	s->addr = addr;
	s->flags = flags;
	s->len = len;
	if (data) {
		s->data = pvp_calloc(1, len + 1);
		memcpy(s->data, data, len);
	}
}

void elfgen_paddr(struct elfgen *g, const char *name, uint64_t paddr)
{
	for (size_t i = 0; i < g->nr_sections; i++) {
		if (strcmp(g->sections[i].name, name) == 0) {
			g->sections[i].paddr = paddr;
			g->sections[i].has_paddr = true;
			return;
		}
	}
	ck_abort_msg("elfgen_paddr: no section %s", name);
}

static void add_symbol(struct elfgen *g, const char *name, uint64_t addr, uint64_t size, bool abs)
{
	struct gen_symbol *s = pvp_push(&g->symbols, &g->nr_symbols, &g->cap_symbols);

	s->name = pvp_strdup(name);
	s->addr = addr;
	s->size = size;
	s->abs = abs;
}

void elfgen_symbol(struct elfgen *g, const char *name, uint64_t addr)
{
	add_symbol(g, name, addr, 0, false);
}

void elfgen_symbol_sized(struct elfgen *g, const char *name, uint64_t addr, uint64_t size)
{
	add_symbol(g, name, addr, size, false);
}

void elfgen_symbol_abs(struct elfgen *g, const char *name, uint64_t value)
{
	add_symbol(g, name, value, 0, true);
}

void elfgen_type(struct elfgen *g, uint16_t type)
{
	g->type = type;
}

static void put_bytes(struct out *o, const void *data, size_t len)
{
	if (o->len + len > o->cap) {
		o->cap = (o->len + len) * 2;
		o->data = pvp_reallocarray(o->data, o->cap, 1);
	}
	if (len)
		memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void put(struct out *o, uint64_t value, unsigned size)
{
	uint8_t b[8];

	for (unsigned i = 0; i < size; i++)
		b[i] = (uint8_t)(value >> (8 * i));
	put_bytes(o, b, size);
}

static void put_word(struct out *o, uint64_t value)
{
	put(o, value, o->word);
}

static void align_to(struct out *o, size_t align)
{
	while (o->len % align)
		put(o, 0, 1);
}

static void put_phdr(struct out *o, const struct gen_section *s, uint64_t kernel_base)
{
	uint32_t flags =
		PF_R | (s->flags & SHF_WRITE ? PF_W : 0) | (s->flags & SHF_EXECINSTR ? PF_X : 0);

	put(o, PT_LOAD, 4);
	if (o->word == 8)
		put(o, flags, 4);
	put_word(o, s->off);
	put_word(o, s->addr);
	put_word(o, s->has_paddr ? s->paddr : s->addr - kernel_base);
	put_word(o, s->data ? s->len : 0);
	put_word(o, s->len);
	if (o->word == 4)
		put(o, flags, 4);
	put_word(o, 1);
}

static void put_shdr(struct out *o, uint32_t name, uint32_t type, uint64_t flags, uint64_t addr,
		     uint64_t off, uint64_t len, uint32_t link, uint32_t info, uint64_t entsize)
{
	put(o, name, 4);
	put(o, type, 4);
	put_word(o, flags);
	put_word(o, addr);
	put_word(o, off);
	put_word(o, len);
	put(o, link, 4);
	put(o, info, 4);
	put_word(o, 1);
	put_word(o, entsize);
}

static void put_symbol(const struct elfgen *g, struct out *o, const struct gen_symbol *s,
		       uint32_t name)
{
	uint16_t shndx = SHN_ABS;
	uint8_t info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);

	for (size_t i = 0; !s->abs && i < g->nr_sections; i++) {
		const struct gen_section *sec = &g->sections[i];

		if (s->addr < sec->addr || s->addr - sec->addr >= sec->len)
			continue;
		shndx = (uint16_t)(i + 1);
		if (sec->flags & SHF_EXECINSTR)
			info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
		break;
	}
	put(o, name, 4);
	if (o->word == 8) {
		put(o, info, 1);
		put(o, 0, 1);
		put(o, shndx, 2);
		put(o, s->addr, 8);
		put(o, s->size, 8);
	} else {
		put(o, s->addr, 4);
		put(o, s->size, 4);
		put(o, info, 1);
		put(o, 0, 1);
		put(o, shndx, 2);
	}
}

static void patch_word(struct out *o, size_t off, uint64_t value)
{
	for (unsigned i = 0; i < o->word; i++)
		o->data[off + i] = (uint8_t)(value >> (8 * i));
}

static uint32_t add_name(struct out *strings, const char *name)
{
	uint32_t at = (uint32_t)strings->len;

	put_bytes(strings, name, strlen(name) + 1);
	return at;
}

uint8_t *elfgen_bytes(const struct elfgen *g, size_t *len)
{
	static const uint16_t machines[] = {
		[PVP_ARCH_AMD64] = EM_X86_64, [PVP_ARCH_I386] = EM_386, [PVP_ARCH_IA64] = EM_IA_64};
	static const uint64_t bases[] = {[PVP_ARCH_AMD64] = 0xffffffff80000000,
					 [PVP_ARCH_I386] = 0xc0000000,
					 [PVP_ARCH_IA64] = 0xa000000100000000};
	struct out o = {.word = g->arch == PVP_ARCH_I386 ? 4 : 8};
	struct out strtab = {.word = 8}, shstr = {.word = 8};
	uint64_t symtab_off, strtab_off, shstr_off, symtab_len, entsize = o.word == 8 ? 24 : 16;
	uint16_t nr_phdrs = 0, nr_shdrs = (uint16_t)(g->nr_sections + 4);
	uint32_t symtab_name, strtab_name, shstr_name;
	size_t phdrs_off, shdrs_off, shoff_at;

	for (size_t i = 0; i < g->nr_sections; i++)
		nr_phdrs += (g->sections[i].flags & SHF_ALLOC) != 0;

	/* File header. */
	put_bytes(&o, ELFMAG, SELFMAG);
	put(&o, o.word == 8 ? ELFCLASS64 : ELFCLASS32, 1);
	put(&o, ELFDATA2LSB, 1);
	put(&o, EV_CURRENT, 1);
	put_bytes(&o, "\0\0\0\0\0\0\0\0", 8);
	put(&o, 0, 1);
	put(&o, g->type, 2);
	put(&o, machines[g->arch], 2);
	put(&o, EV_CURRENT, 4);
	put_word(&o, g->nr_sections ? g->sections[0].addr : 0);
	phdrs_off = o.word == 8 ? 64 : 52;
	put_word(&o, phdrs_off);
	shoff_at = o.len;
	put_word(&o, 0);
	put(&o, 0, 4);
	put(&o, phdrs_off, 2);
	put(&o, o.word == 8 ? 56 : 32, 2);
	put(&o, nr_phdrs, 2);
	put(&o, o.word == 8 ? 64 : 40, 2);
	put(&o, nr_shdrs, 2);
	put(&o, nr_shdrs - 1, 2);

	/* Contents follow the program headers: give each section its place, then write both. */
	{
		uint64_t at = phdrs_off + (uint64_t)nr_phdrs * (o.word == 8 ? 56 : 32);

		for (size_t i = 0; i < g->nr_sections; i++) {
			at = (at + 15) & ~(uint64_t)15;
			g->sections[i].off = at;
			at += g->sections[i].data ? g->sections[i].len : 0;
		}
	}
	for (size_t i = 0; i < g->nr_sections; i++)
		if (g->sections[i].flags & SHF_ALLOC)
			put_phdr(&o, &g->sections[i], bases[g->arch]);
	for (size_t i = 0; i < g->nr_sections; i++) {
		align_to(&o, 16);
		if (g->sections[i].data)
			put_bytes(&o, g->sections[i].data, g->sections[i].len);
	}

	align_to(&o, 16);
	symtab_off = o.len;
	put(&strtab, 0, 1);
	for (uint64_t i = 0; i < entsize; i++)
		put(&o, 0, 1);
	for (size_t i = 0; i < g->nr_symbols; i++)
		put_symbol(g, &o, &g->symbols[i], add_name(&strtab, g->symbols[i].name));
	symtab_len = o.len - symtab_off;
	strtab_off = o.len;
	put_bytes(&o, strtab.data, strtab.len);

	put(&shstr, 0, 1);
	symtab_name = add_name(&shstr, ".symtab");
	strtab_name = add_name(&shstr, ".strtab");
	shstr_name = add_name(&shstr, ".shstrtab");
	/* Section names come after: remember where each begins by writing in order. */
	{
		struct out shdrs = {.word = o.word};

		put_shdr(&shdrs, 0, SHT_NULL, 0, 0, 0, 0, 0, 0, 0);
		for (size_t i = 0; i < g->nr_sections; i++) {
			const struct gen_section *s = &g->sections[i];

			put_shdr(&shdrs, add_name(&shstr, s->name),
				 s->data ? SHT_PROGBITS : SHT_NOBITS, s->flags, s->addr, s->off,
				 s->len, 0, 0, 0);
		}
		shstr_off = o.len;
		put_bytes(&o, shstr.data, shstr.len);
		put_shdr(&shdrs, symtab_name, SHT_SYMTAB, 0, 0, symtab_off, symtab_len,
			 nr_shdrs - 2U, 1, entsize);
		put_shdr(&shdrs, strtab_name, SHT_STRTAB, 0, 0, strtab_off, strtab.len, 0, 0, 0);
		put_shdr(&shdrs, shstr_name, SHT_STRTAB, 0, 0, shstr_off, shstr.len, 0, 0, 0);
		align_to(&o, 16);
		shdrs_off = o.len;
		put_bytes(&o, shdrs.data, shdrs.len);
		free(shdrs.data);
	}
	patch_word(&o, shoff_at, shdrs_off);
	free(strtab.data);
	free(shstr.data);
	*len = o.len;
	return o.data;
}

void elfgen_write_bytes(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (!f)
		ck_abort_msg("%s: cannot create", path);
	if (fwrite(data, 1, len, f) != len || fclose(f) != 0)
		ck_abort_msg("%s: cannot write", path);
}

void elfgen_write(const struct elfgen *g, const char *path)
{
	size_t len;
	uint8_t *data = elfgen_bytes(g, &len);

	elfgen_write_bytes(path, data, len);
	free(data);
}
