// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - what begins at an address of text: a byte per byte, filled when an address is first
 * reached, so that text reached in the middle of an instruction is judged as it executes and not
 * as a linear sweep would have read it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "x86.h"

void pvp_x86_text_add(struct pvp_machine *m, uint64_t addr, uint64_t len)
{
	m->texts = pvp_reallocarray(m->texts, m->nr_texts + 1, sizeof(*m->texts));
	m->texts[m->nr_texts++] = (struct text_map){
		.addr = addr,
		.len = len,
		.class = pvp_calloc(len, 1),
		.blocks = m->blocks ? pvp_calloc(len, 1) : NULL,
	};
}

void pvp_x86_text_deinit(struct pvp_machine *m)
{
	for (size_t i = 0; i < m->nr_texts; i++) {
		free(m->texts[i].class);
		free(m->texts[i].blocks);
	}
	free(m->texts);
	free(m->insns);
	free(m->specials);
	free(m->callee_calls);
}

uint8_t *pvp_x86_text_class(struct pvp_machine *m, uint64_t addr)
{
	for (size_t i = 0; i < m->nr_texts; i++)
		if (addr - m->texts[i].addr < m->texts[i].len)
			return &m->texts[i].class[addr - m->texts[i].addr];
	return NULL;
}

/* Empty slots have length 0 and no text: nothing that is remembered lacks a text. */
static struct pvp_x86_insn *insn_slot(struct pvp_machine *m, uint64_t addr)
{
	size_t i = pvp_mix(0, addr) & (m->cap_insns - 1);

	while (m->insns[i].text[0] && m->insns[i].addr != addr)
		i = (i + 1) & (m->cap_insns - 1);
	return &m->insns[i];
}

const struct pvp_x86_insn *pvp_x86_text_insn(struct pvp_machine *m, uint64_t addr)
{
	return insn_slot(m, addr);
}

static void remember_insn(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	struct pvp_x86_insn *slot;

	assert(insn->text[0]);
	if (m->nr_insns * 2 >= m->cap_insns) {
		struct pvp_x86_insn *old = m->insns;
		size_t cap = m->cap_insns;

		m->cap_insns = cap ? cap * 2 : 256;
		m->insns = pvp_calloc(m->cap_insns, sizeof(*m->insns));
		for (size_t i = 0; i < cap; i++)
			if (old[i].text[0])
				*insn_slot(m, old[i].addr) = old[i];
		free(old);
	}
	slot = insn_slot(m, insn->addr);
	m->nr_insns += !slot->text[0]; /* else rewritten text */
	*slot = *insn;
}

void pvp_x86_text_forget(struct pvp_machine *m, uint64_t addr, unsigned len)
{
	for (size_t i = 0; i < m->nr_texts; i++) {
		struct text_map *text = &m->texts[i];
		uint64_t from = addr - text->addr, to = from + len;
		bool seen = false;

		if (from >= text->len)
			continue;
		from = from > 14 ? from - 14 : 0; /* an instruction has at most 15 bytes */
		for (to = to < text->len ? to : text->len; from < to; from++)
			if (text->class[from] != PVP_X86_SPECIAL) {
				seen |= text->class[from] != PVP_X86_UNSEEN;
				text->class[from] = PVP_X86_UNSEEN;
			}
		if (seen && m->blocks)
			pvp_x86_blocks_forget(m, addr);
	}
}

static const char prefixes[] = "\x66\x67\xf0\xf2\xf3\x2e\x36\x3e\x26\x64\x65";

static bool is_prefix(const struct pvp_machine *m, uint8_t byte)
{
	return memchr(prefixes, byte, sizeof(prefixes) - 1) ||
	       (m->isa->mode == UC_MODE_64 && (byte & 0xf0) == 0x40);
}

/* A far branch through a register is no instruction (Intel SDM vol. 2, CALL and JMP), and Unicorn
 * 2.0.1 ends the process when it translates one, whatever its prefixes are. */
static bool ends_engine(const struct pvp_machine *m, const uint8_t *bytes, size_t nr)
{
	size_t i = 0;

	while (i < nr && is_prefix(m, bytes[i]))
		i++;
	return i + 2 <= nr && bytes[i] == 0xff && bytes[i + 1] >= 0xc0 &&
	       ((bytes[i + 1] >> 3 & 7) == 3 || (bytes[i + 1] >> 3 & 7) == 5);
}

/* Where text goes on behind a near branch, as far as its bytes say: how many of at[]. */
static unsigned successors(const struct pvp_machine *m, const struct pvp_x86_insn *insn,
			   uint64_t at[2])
{
	const uint64_t next = insn->addr + insn->len;
	const uint8_t *tail = insn->bytes + insn->len;
	int32_t wide;

	at[0] = at[1] = next;
	switch (insn->opcode) {
	case 0x70 ... 0x7f:
	case 0xe0 ... 0xe3:
	case 0xeb:
		at[insn->opcode != 0xeb] = next + (int8_t)tail[-1];
		return 1 + (insn->opcode != 0xeb);
	case 0x80 ... 0x8f: /* behind 0f; else no branch */
		if (insn->len < 6 || tail[-6] != 0x0f)
			return 0;
		/* fall through */
	case 0xe8:
	case 0xe9:
		if (insn->len < 5 || insn->operand_size == 2)
			return 0;
		memcpy(&wide, tail - 4, sizeof(wide));
		at[insn->opcode != 0xe9] = next + wide;
		if (m->isa->mode == UC_MODE_32)
			at[0] = (uint32_t)at[0], at[1] = (uint32_t)at[1];
		return 1 + (insn->opcode != 0xe9);
	default:
		return 0;
	}
}

/* Where the block that begins at addr has what ends the engine, at one of its instructions; or 0.
 * The engine's blocks end with a page, or an instruction behind it; it translates a whole one before
 * the first of them is looked at. */
static uint64_t end_of_engine(struct pvp_machine *m, uint64_t addr)
{
	const uint64_t last = addr | 0xfff;
	struct pvp_x86_insn insn;
	uint8_t bytes[15];
	uint64_t at[2];

	for (; addr <= last; addr += insn.len) {
		size_t nr = sizeof(bytes);

		while (nr && !pvp_memory_read(&m->memory, addr, bytes, nr))
			nr--;
		if (ends_engine(m, bytes, nr))
			return addr;
		pvp_x86_decode(m->decoder, bytes, nr, addr, &insn);
		if (!insn.len || insn.class == PVP_X86_UD || successors(m, &insn, at) ||
		    insn.opcode == 0xc2 || insn.opcode == 0xc3 || /* ret */
		    (insn.opcode == 0xff && insn.digit >= 2 && insn.digit <= 5))
			return 0;
	}
	return 0;
}

unsigned pvp_x86_text_ends_ahead(struct pvp_machine *m, const struct pvp_x86_insn *insn,
				 uint64_t ends[2])
{
	uint64_t at[2];
	unsigned nr = successors(m, insn, at), nr_ends = 0;

	for (unsigned i = 0; i < nr; i++) {
		uint64_t end = end_of_engine(m, at[i]);

		if (end)
			ends[nr_ends++] = end;
	}
	return nr_ends;
}

uint8_t pvp_x86_text_see(struct pvp_machine *m, uint64_t addr, uint32_t engine_len, unsigned *len)
{
	/* The engine reports nonsense as the length of what it cannot decode. */
	bool engine_knows = engine_len <= 15;
	struct pvp_x86_insn insn;
	uint64_t ends[2];
	uint8_t bytes[15];
	size_t nr = sizeof(bytes);

	while (nr && !pvp_memory_read(&m->memory, addr, bytes, nr))
		nr--;
	pvp_x86_decode(m->decoder, bytes, nr, addr, &insn);
	if (len)
		*len = insn.len;
	/* (Of what ring 3 may not do, it does not read all the bytes.) */
	if (insn.class == PVP_X86_PLAIN && engine_knows && engine_len != insn.len) {
		snprintf(m->run->detail, sizeof(m->run->detail), "%.40s: %u or %u bytes", insn.text,
			 insn.len, engine_len);
		pvp_x86_stop(m, PVP_STOP_DECODE);
		return PVP_X86_UNSEEN;
	}
	/* What neither can decode, in a map that is complete, is no instruction.  Elsewhere it may
	 * be one that is newer than they are. */
	if (!insn.len && (insn.blank || (!engine_knows && !insn.open_map)))
		insn.class = PVP_X86_UD;
	if (insn.class == PVP_X86_PLAIN && pvp_x86_text_ends_ahead(m, &insn, ends))
		insn.class = PVP_X86_AHEAD;
	if (insn.class != PVP_X86_PLAIN)
		remember_insn(m, &insn);
	return insn.class;
}

/* Length of the shortest instruction with an escape of several bytes: EVEX, VEX, XOP, REX2.  Where
 * the escape may be another instruction, 1. */
static unsigned shortest(const struct pvp_machine *m, const uint8_t *bytes, size_t nr)
{
	const bool amd64 = m->isa->mode == UC_MODE_64;
	const bool escapes = amd64 || (nr > 1 && bytes[1] >= 0xc0); /* bound, les, lds */

	switch (bytes[0]) {
	case 0x62:
		return escapes ? 6 : 1;
	case 0xc4:
		return escapes ? 4 : 1;
	case 0xc5:
		return escapes ? 3 : 1;
	case 0x8f:
		return nr > 1 && (bytes[1] & 0x1f) >= 8 ? 5 : 1;
	case 0xd5:
		return amd64 ? 3 : 1;
	default:
		return 1;
	}
}

bool pvp_x86_text_straddles(struct pvp_machine *m, uint64_t addr, uint32_t engine_len,
			    uint64_t left)
{
	struct pvp_x86_insn insn;
	uint8_t bytes[15];
	size_t nr = sizeof(bytes), i = 0;

	if (engine_len <= 15)
		return engine_len > left;
	while (nr && !pvp_memory_read(&m->memory, addr, bytes, nr))
		nr--;
	pvp_x86_decode(m->decoder, bytes, nr, addr, &insn);
	if (insn.len)
		return insn.len > left;
	/* Nobody decodes it: prefixes and an escape alone are no instruction. */
	while (i < nr && i < left && is_prefix(m, bytes[i]))
		i++;
	return i == left || (i + 1 == left && i < nr && bytes[i] == 0x0f) ||
	       (i < nr && i + shortest(m, bytes + i, nr - i) > left);
}

bool pvp_x86_text_ends_engine(struct pvp_machine *m, uint64_t addr)
{
	uint8_t bytes[15];
	size_t nr = sizeof(bytes);

	while (nr && !pvp_memory_read(&m->memory, addr, bytes, nr))
		nr--;
	return ends_engine(m, bytes, nr);
}

uint64_t pvp_x86_text_untranslatable(struct pvp_machine *m, uint64_t lo, uint64_t hi)
{
	struct pvp_x86_insn insn;
	uint8_t bytes[15];

	for (uint64_t at = lo; at < hi; at += insn.len) {
		size_t nr = sizeof(bytes);

		while (nr && !pvp_memory_read(&m->memory, at, bytes, nr))
			nr--;
		if (ends_engine(m, bytes, nr))
			return at;
		pvp_x86_decode(m->decoder, bytes, nr, at, &insn);
		if (!insn.len)
			return 0;
		if (insn.len > hi - at)
			return at;
	}
	/* The last block may go on behind it. */
	return lo < hi ? end_of_engine(m, hi) : 0;
}

static int compare_specials(const void *a, const void *b)
{
	const struct pvp_special *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

void pvp_x86_text_place_specials(struct pvp_machine *m, const struct pvp_special *specials,
				 size_t nr)
{
	m->nr_specials = nr;
	m->specials = pvp_calloc(nr, sizeof(*m->specials));
	if (nr)
		memcpy(m->specials, specials, nr * sizeof(*m->specials));
	qsort(m->specials, nr, sizeof(*m->specials), compare_specials);
	for (size_t i = 0; i < nr; i++) {
		uint8_t *class = pvp_x86_text_class(m, m->specials[i].addr);

		assert(m->specials[i].nr_args < PVP_EFFECT_MAX_ARGS);
		assert(m->specials[i].kind != PVP_SPECIAL_CALLEE || m->client.callee_result);
		assert(!i || m->specials[i].addr != m->specials[i - 1].addr);
		if (class)
			*class = PVP_X86_SPECIAL;
		if (m->specials[i].kind == PVP_SPECIAL_CALLEE &&
		    m->specials[i].index >= m->nr_callees)
			m->nr_callees = m->specials[i].index + 1;
	}
	m->callee_calls = pvp_calloc(m->nr_callees, sizeof(*m->callee_calls));
}

const struct pvp_special *pvp_x86_text_special(struct pvp_machine *m, uint64_t addr)
{
	struct pvp_special key = { .addr = addr };

	return bsearch(&key, m->specials, m->nr_specials, sizeof(key), compare_specials);
}
