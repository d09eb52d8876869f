// SPDX-License-Identifier: GPL-2.0-only
#include "tiny_kernel.h"

#include <assert.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elfgen.h"

static const char *const sections[TINY_NR_TABLES] = {
	[TINY_PARA] = ".parainstructions",
	[TINY_ALTS] = ".altinstructions",
	[TINY_RETPOLINES] = ".retpoline_sites",
	[TINY_RETURNS] = ".return_sites",
	[TINY_SEALS] = ".ibt_endbr_seal",
	[TINY_LOCKS] = ".smp_locks",
	[TINY_BUGS] = "__bug_table",
	[TINY_EX] = "__ex_table",
	[TINY_STATIC_CALLS] = ".rodata",
	[TINY_JUMPS] = ".rodata.jumps",
	[TINY_CALLS] = ".call_sites",
};

static void put(uint8_t *to, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		to[i] = value >> (8 * i);
}

// clang-format off
static const struct {
	enum pvp_arch arch;
	bool absolute, init_patch, new_alts;
	unsigned nr_slots, nr_lock;
} kinds[] = {
	/*                    arch            absolute  init_patch  new_alts  slots  lock */
	[TINY_6_1]       = { PVP_ARCH_AMD64, false,    false,      false,    84,    0 },
	[TINY_5_10]      = { PVP_ARCH_AMD64, true,     true,       false,    85,    0 },
	[TINY_6_1_I386]  = { PVP_ARCH_I386,  false,    false,      false,    13,    0 },
	[TINY_5_10_I386] = { PVP_ARCH_I386,  false,    true,       false,    15,    0 },
	[TINY_6_12]      = { PVP_ARCH_AMD64, false,    false,      true,     83,    0 },
	[TINY_7_2]       = { PVP_ARCH_AMD64, false,    false,      true,     78,    5 },
	[TINY_6_12_I386] = { PVP_ARCH_I386,  false,    false,      true,     13,    0 },
	[TINY_7_2_I386]  = { PVP_ARCH_I386,  false,    false,      true,     11,    5 },
};
// clang-format on

void tiny_init(struct tiny *t)
{
	tiny_init_kind(t, TINY_6_1);
}

void tiny_init_kind(struct tiny *t, enum tiny_kind kind)
{
	memset(t, 0, sizeof(*t));
	t->arch = kinds[kind].arch;
	t->absolute = kinds[kind].absolute;
	t->new_alts = kinds[kind].new_alts;
	t->nr_slots = kinds[kind].nr_slots;
	memset(t->text, 0xcc, sizeof(t->text));
	memset(t->init, 0xcc, sizeof(t->init));
	for (unsigned i = 0; i < t->nr_slots; i++)
		tiny_slot(t, i, TINY_FUNCS + i * 16);
	if (kinds[kind].init_patch) {
		tiny_symbol(t, "native_patch", TINY_FUNCS);
		tiny_symbol(t, "paravirt_patch_default", TINY_DEFAULT);
		tiny_symbol(t, "_paravirt_ident_64", TINY_IDENT);
	}
	tiny_symbol(t, "_text", TINY_TEXT);
	tiny_symbol(t, "_etext", TINY_TEXT + TINY_TEXT_LEN);
	tiny_symbol(t, t->new_alts ? "nop_func" : "_paravirt_nop", TINY_NOP);
	tiny_symbol(t, t->new_alts ? "BUG_func" : "paravirt_BUG", TINY_BUG);
	if (t->new_alts)
		tiny_symbol(t, "pv_ops", TINY_DATA);
	if (kinds[kind].nr_lock)
		tiny_symbol(t, "pv_ops_lock",
			    TINY_DATA + (t->nr_slots - kinds[kind].nr_lock) * tiny_ptr_len(t));
	tiny_symbol(t, "__x86_return_thunk", TINY_RETURN);
	tiny_symbol(t, "its_return_thunk", TINY_ITS_RETURN);
	tiny_symbol(t, "__static_call_return0", TINY_RETURN0);
	tiny_symbol(t, "__x86_indirect_thunk_array", TINY_THUNKS);
}

void tiny_symbol(struct tiny *t, const char *name, uint64_t addr)
{
	assert(t->nr_symbols < ARRAY_SIZE(t->symbols));
	t->symbols[t->nr_symbols].name = name;
	t->symbols[t->nr_symbols++].addr = addr;
}

static uint8_t *at(struct tiny *t, uint64_t addr, size_t len)
{
	if (addr >= TINY_TEXT && addr + len <= TINY_TEXT + sizeof(t->text))
		return t->text + (addr - TINY_TEXT);
	if (addr >= TINY_INIT && addr + len <= TINY_INIT + sizeof(t->init))
		return t->init + (addr - TINY_INIT);
	assert(addr >= TINY_DATA && addr + len <= TINY_DATA + sizeof(t->data));
	return t->data + (addr - TINY_DATA);
}

void tiny_poke(struct tiny *t, uint64_t addr, const void *bytes, size_t len)
{
	memcpy(at(t, addr, len), bytes, len);
}

void tiny_poke64(struct tiny *t, uint64_t addr, uint64_t value)
{
	put(at(t, addr, 8), value, 8);
}

unsigned tiny_ptr_len(const struct tiny *t)
{
	return t->arch == PVP_ARCH_AMD64 ? 8 : 4;
}

void tiny_slot(struct tiny *t, unsigned slot, uint64_t func)
{
	const unsigned len = tiny_ptr_len(t);
	uint64_t addr = TINY_DATA + slot * len;

	put(at(t, addr, len), func, len);
}

void tiny_branch(struct tiny *t, uint64_t addr, unsigned opcode, uint64_t target)
{
	unsigned n = opcode > 0xff ? 2 : 1;
	uint8_t *to = at(t, addr, n + 4);

	put(to, opcode, n);
	put(to + n, target - (addr + n + 4), 4);
}

void tiny_pv_call(struct tiny *t, uint64_t addr, unsigned slot)
{
	const uint64_t pointer = TINY_DATA + slot * tiny_ptr_len(t);

	if (t->absolute) {
		tiny_poke(t, addr, "\xff\x14\x25", 3);
		put(at(t, addr + 3, 4), pointer, 4);
	} else if (t->arch == PVP_ARCH_I386) {
		tiny_poke(t, addr, "\xff\x15", 2);
		put(at(t, addr + 2, 4), pointer, 4);
	} else {
		tiny_branch(t, addr, 0x15ff, pointer);
	}
}

void tiny_pv_jmp(struct tiny *t, uint64_t addr, unsigned slot)
{
	tiny_branch(t, addr, 0x25ff, TINY_DATA + slot * tiny_ptr_len(t));
}

void tiny_trampoline(struct tiny *t, uint64_t addr, uint64_t func)
{
	tiny_branch(t, addr, 0xe9, func ? func : TINY_RETURN);
	tiny_poke(t, addr + 5, "\x0f\xb9\xcc", 3);
}

/* A zeroed entry of the table; *addr gets its address. */
static uint8_t *entry(struct tiny *t, enum tiny_table table, size_t len, uint64_t *addr)
{
	uint8_t *to = t->tables[table].v + t->tables[table].len;

	assert(t->tables[table].len + len <= sizeof(t->tables[table].v));
	*addr = TINY_TABLES + table * 0x1000 + t->tables[table].len;
	t->tables[table].len += len;
	return to;
}

void tiny_para(struct tiny *t, uint64_t addr, unsigned type, unsigned len)
{
	const unsigned ptr_len = tiny_ptr_len(t);
	uint64_t where;
	uint8_t *to = entry(t, TINY_PARA, 2 * ptr_len, &where);

	put(to, addr, ptr_len);
	to[ptr_len] = type;
	to[ptr_len + 1] = len;
}

/* flags: of new_alts; there is room for one of them elsewhere. */
static uint64_t alt(struct tiny *t, uint64_t addr, unsigned len, unsigned feature, unsigned flags,
		    const void *replacement, size_t replacement_len)
{
	uint64_t from = TINY_REPLACEMENT + t->replacement_len, where;
	uint8_t *to = entry(t, TINY_ALTS, t->new_alts ? 14 : 12, &where);

	assert(t->replacement_len + replacement_len <= sizeof(t->replacement));
	if (replacement_len)
		memcpy(t->replacement + t->replacement_len, replacement, replacement_len);
	t->replacement_len += replacement_len;
	put(to, addr - where, 4);
	put(to + 4, from - (where + 4), 4);
	put(to + 8, feature, 2);
	if (t->new_alts)
		put(to + 10, flags, 2);
	to += t->new_alts ? 12 : 10;
	to[0] = len;
	to[1] = replacement_len;
	return from;
}

#define NEGATED	    0x8000
#define FLAG_NOT    1
#define FLAG_DIRECT 2
#define ALWAYS	    117

uint64_t tiny_alt(struct tiny *t, uint64_t addr, unsigned len, unsigned feature,
		  const void *replacement, size_t replacement_len)
{
	if (!t->new_alts)
		return alt(t, addr, len, feature, 0, replacement, replacement_len);
	return alt(t, addr, len, feature & ~NEGATED, feature & NEGATED ? FLAG_NOT : 0, replacement,
		   replacement_len);
}

void tiny_direct_call(struct tiny *t, uint64_t addr, unsigned slot)
{
	uint8_t call[5] = {0xe8};

	put(call + 1, TINY_BUG - (TINY_REPLACEMENT + t->replacement_len + 5), 4);
	tiny_pv_call(t, addr, slot);
	alt(t, addr, 6, ALWAYS, FLAG_DIRECT, call, sizeof(call));
}

void tiny_list(struct tiny *t, enum tiny_table table, uint64_t addr)
{
	uint64_t where;
	uint8_t *to = entry(t, table, 4, &where);

	put(to, addr - where, 4);
}

void tiny_static_call(struct tiny *t, uint64_t addr, uint64_t key_and_flags)
{
	uint64_t where;
	uint8_t *to = entry(t, TINY_STATIC_CALLS, 8, &where);

	put(to, addr - where, 4);
	put(to + 4, key_and_flags - (where + 4), 4);
}

void tiny_bug(struct tiny *t, uint64_t addr, unsigned flags)
{
	uint64_t where;
	uint8_t *to = entry(t, TINY_BUGS, 12, &where);

	put(to, addr - where, 4);
	put(to + 10, flags, 2);
}

void tiny_ex(struct tiny *t, uint64_t addr, uint64_t fixup, uint32_t data)
{
	uint64_t where;
	uint8_t *to = entry(t, TINY_EX, 12, &where);

	put(to, addr - where, 4);
	put(to + 4, fixup - (where + 4), 4);
	put(to + 8, data, 4);
}

void tiny_jump(struct tiny *t, uint64_t addr, uint64_t target, uint64_t key_and_flags)
{
	uint64_t where;
	uint8_t *to = entry(t, TINY_JUMPS, 8 + tiny_ptr_len(t), &where);

	put(to, addr - where, 4);
	put(to + 4, target - (where + 4), 4);
	put(to + 8, key_and_flags - (where + 8), tiny_ptr_len(t));
}

static void bounds(const struct tiny *t, struct elfgen *g, enum tiny_table table, const char *start,
		   const char *stop)
{
	uint64_t addr = TINY_TABLES + table * 0x1000;

	if (t->no_table_symbols || !t->tables[table].len)
		return;
	elfgen_symbol(g, start, addr);
	elfgen_symbol(g, stop, addr + t->tables[table].len);
}

struct pvp_error *tiny_open(const struct tiny *t, struct pvp_image **ret)
{
	struct elfgen *g = elfgen_create(t->arch);
	char path[] = "/tmp/pvproof-tiny-XXXXXX";
	struct pvp_error *err;
	int fd = mkstemp(path);

	ck_assert(fd >= 0);
	close(fd);
	elfgen_section(g, ".text", TINY_TEXT, ELFGEN_TEXT, t->text, sizeof(t->text));
	elfgen_section(g, ".init.text", TINY_INIT, ELFGEN_TEXT, t->init, sizeof(t->init));
	elfgen_section(g, ".data", TINY_DATA, ELFGEN_DATA, t->data, sizeof(t->data));
	if (t->replacement_len)
		elfgen_section(g, ".altinstr_replacement", TINY_REPLACEMENT, ELFGEN_TEXT,
			       t->replacement, t->replacement_len);
	for (unsigned i = 0; i < TINY_NR_TABLES; i++)
		if (t->tables[i].len)
			elfgen_section(g, sections[i], TINY_TABLES + i * 0x1000, ELFGEN_RODATA,
				       t->tables[i].v, t->tables[i].len);
	if (t->cfi)
		elfgen_section(g, ".cfi_sites", TINY_TABLES + TINY_NR_TABLES * 0x1000,
			       ELFGEN_RODATA, t->text, 4);
	for (size_t i = 0; i < t->nr_symbols; i++)
		elfgen_symbol(g, t->symbols[i].name, t->symbols[i].addr);
	bounds(t, g, TINY_STATIC_CALLS, "__start_static_call_sites", "__stop_static_call_sites");
	bounds(t, g, TINY_JUMPS, "__start___jump_table", "__stop___jump_table");
	elfgen_write(g, path);
	elfgen_destroy(g);
	err = pvp_image_open(path, NULL, ret);
	unlink(path);
	return err;
}
