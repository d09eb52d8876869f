// SPDX-License-Identifier: GPL-2.0-only
/*
 * Source of what 6.1 does and of what older kernels did wrong: corpus/history/README.md names the
 * kernel changes.
 */
#include "old_patcher.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "check_helpers.h"
#include "x86/decode.h"

#define CALL 0xe8
#define JMP  0xe9
#define RET  0xc3
#define INT3 0xcc
#define NOP  0x90

#define RETPOLINE	 364
#define RETPOLINE_LFENCE 365
#define RETHUNK		 366

/* 6.1: P6 NOPs, eight at most. */
static const uint8_t nops[][8] = {
	{0x90},
	{0x66, 0x90},
	{0x0f, 0x1f, 0x00},
	{0x0f, 0x1f, 0x40, 0x00},
	{0x0f, 0x1f, 0x44, 0x00, 0x00},
	{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
	{0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
	{0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
};
static const uint8_t mark[] = {0x0f, 0xb9, 0xcc}; /* behind a trampoline */

struct text {
	uint64_t addr, len;
	uint8_t *bytes;
};

struct patcher {
	struct boot *boot;
	const struct pvp_tables *tables;
	const struct pvp_platform *platform;
	enum old_bug bug;
	struct pvp_x86_decoder *decoder;
	struct text text[16];
	size_t nr;
	uint64_t linked_thunk, lost_page;
};

/* ---- text ---- */

/* The byte at addr, and how many there are from it on. */
static uint8_t *at(const struct patcher *p, uint64_t addr, size_t *avail)
{
	for (size_t i = 0; i < p->nr; i++)
		if (addr - p->text[i].addr < p->text[i].len) {
			*avail = p->text[i].len - (addr - p->text[i].addr);
			return p->text[i].bytes + (addr - p->text[i].addr);
		}
	ck_abort_msg("no text at %#llx", (unsigned long long)addr);
}

static void poke(const struct patcher *p, uint64_t addr, const uint8_t *bytes, size_t len)
{
	size_t avail;
	uint8_t *to = at(p, addr, &avail);

	ck_assert_uint_le(len, avail);
	if (p->lost_page != addr >> 12)
		memcpy(to, bytes, len);
}

static uint64_t target_of(const uint8_t *rel, uint64_t end)
{
	int32_t displacement;

	memcpy(&displacement, rel, sizeof(displacement));
	return end + displacement;
}

static void branch(uint8_t *code, uint8_t opcode, uint64_t addr, uint64_t target)
{
	int32_t displacement = target - (addr + 5);

	code[0] = opcode;
	memcpy(code + 1, &displacement, sizeof(displacement));
}

static void fill(uint8_t *code, size_t len)
{
	while (len) {
		size_t n = len < 8 ? len : 8;

		memcpy(code, nops[n - 1], n);
		code += n;
		len -= n;
	}
}

static bool has(const struct patcher *p, unsigned feature)
{
	return pvp_platform_has_feature(p->platform, feature);
}

/* ---- NOPs ---- */

static size_t insn_len(const struct patcher *p, const uint8_t *bytes, size_t avail)
{
	struct pvp_x86_insn insn;

	pvp_x86_decode(p->decoder, bytes, avail < 15 ? avail : 15, 0, &insn);
	return insn.len;
}

/* How long the NOP is that merges with others; 0: none is there. */
static size_t nop_len(const struct patcher *p, const uint8_t *bytes, size_t len)
{
	if (len && bytes[0] == NOP)
		return 1;
	if (p->bug == OLD_NOP_BY_OPCODE && len > 1 && (bytes[0] & 0xf0) == 0x40 && bytes[1] == NOP)
		return 2;
	return 0;
}

static void optimize_nops(const struct patcher *p, uint64_t addr, size_t len)
{
	uint8_t code[256];
	size_t avail, step;
	const uint8_t *text = at(p, addr, &avail);

	if (p->bug == OLD_NOPS_LEFT)
		return;
	memcpy(code, text, len);
	for (size_t i = 0; i < len; i += step) {
		size_t end = i, n;

		while ((n = nop_len(p, code + end, len - end)))
			end += n;
		step = end - i;
		if (step > 1)
			fill(code + i, step);
		if (!step)
			step = p->bug == OLD_NOPS_BY_BYTE ? 1 : insn_len(p, text + i, avail - i);
		if (!step)
			break;
	}
	poke(p, addr, code, len);
}

/* ---- passes ---- */

static void static_call(const struct patcher *p, uint64_t addr, uint64_t func, bool tail,
			bool thunks)
{
	uint8_t code[6] = {RET, INT3, INT3, INT3, INT3};
	uint64_t returns0 = check_bench_symbol(p->boot->kernel, "__static_call_return0");
	size_t avail, len = 5;
	const uint8_t *text = at(p, addr, &avail);

	if (tail && text[0] == 0x0f && p->bug == OLD_JCC_LEFT)
		return;
	if (tail && text[0] == 0x0f && p->bug != OLD_JCC_AS_JMP) {
		ck_assert_msg(func != 0, "no test has a conditional tail call of NULL");
		branch(code + 1, text[1], addr + 1, func);
		code[0] = 0x0f;
		len = 6;
	} else if (tail) {
		if (!func && thunks && has(p, RETHUNK))
			func = p->platform->return_thunk;
		if (func)
			branch(code, JMP, addr, func);
	} else if (!func) {
		fill(code, 5);
	} else if (func == returns0) {
		memcpy(code, "\x2e\x2e\x2e\x31\xc0", 5);
	} else {
		branch(code, CALL, addr, func);
	}
	poke(p, addr, code, len);
}

static void static_calls(const struct patcher *p)
{
	const struct pvp_tables *t = p->tables;
	uint64_t init = check_bench_symbol(p->boot->kernel, "_sinittext");
	uint64_t init_end = check_bench_symbol(p->boot->kernel, "_einittext");

	for (size_t k = 0; k < t->nr_static_call_keys; k++) {
		const struct pvp_static_call_key *key = &t->static_call_keys[k];
		uint64_t func = pvp_platform_static_call(p->platform, key);

		for (size_t i = 0; i < t->nr_static_calls; i++) {
			const struct pvp_static_call_site *site = &t->static_calls[i];

			if (site->key == key->key &&
			    !(p->bug == OLD_INIT_LEFT && site->addr - init < init_end - init))
				static_call(p, site->addr, func, site->tail, false);
		}
		if (func != key->func)
			static_call(p, key->trampoline, func, true, false);
	}
}

static void paravirt(const struct patcher *p)
{
	for (size_t i = 0; i < p->tables->nr_para; i++) {
		const struct pvp_para_entry *entry = &p->tables->para[i];
		uint64_t func = p->platform->pv_ops[entry->type];
		uint8_t code[256];
		size_t used = 5;

		if (!func)
			func = p->platform->null_target;
		branch(code, CALL, entry->addr, func);
		if (func == p->platform->nop_target)
			used = 0;
		fill(code + used, entry->len - used);
		poke(p, entry->addr, code, entry->len);
	}
}

static void retpoline(const struct patcher *p, uint64_t thunks, uint64_t addr)
{
	size_t avail, opcode = 0, len, n = 0;
	const uint8_t *text = at(p, addr, &avail);
	uint8_t code[16];
	bool call, jcc;
	unsigned reg;

	while (text[opcode] == 0x2e)
		opcode++;
	call = text[opcode] == CALL;
	jcc = text[opcode] == 0x0f;
	len = opcode + (jcc ? 6 : 5);
	reg = (target_of(text + len - 4, addr + len) - thunks) / 32;
	if (jcc && p->bug == OLD_JCC_LEFT)
		return;
	if (jcc && p->bug != OLD_JCC_AS_JMP) {
		code[n++] = 0x70 | ((text[opcode + 1] & 0xf) ^ 1);
		code[n++] = len - 2;
	}
	if (has(p, RETPOLINE_LFENCE)) {
		memcpy(code + n, "\x0f\xae\xe8", 3);
		n += 3;
	}
	if (reg >= 8)
		code[n++] = 0x41;
	code[n++] = 0xff;
	code[n++] = (call ? 0xd0 : 0xe0) | (reg & 7);
	if (n > len)
		return;
	if (!call && n < len)
		code[n++] = INT3;
	memset(code + n, NOP, len - n);
	poke(p, addr, code, len);
	optimize_nops(p, addr, len);
}

static void retpolines(const struct patcher *p)
{
	uint64_t thunks = check_bench_symbol(p->boot->kernel, "__x86_indirect_thunk_array");

	if (has(p, RETPOLINE) && !has(p, RETPOLINE_LFENCE))
		return;
	for (size_t i = 0; i < p->tables->nr_retpolines; i++)
		retpoline(p, thunks, p->tables->retpolines[i].addr);
}

static void returns(const struct patcher *p)
{
	for (size_t i = 0; i < p->tables->nr_returns && p->bug != OLD_RETURNS_LEFT; i++) {
		uint64_t addr = p->tables->returns[i].addr;
		uint8_t code[5] = {RET, INT3, INT3, INT3, INT3};
		size_t avail;
		const uint8_t *text = at(p, addr, &avail);
		bool to_thunk = text[0] == JMP && target_of(text + 1, addr + 5) == p->linked_thunk;

		if (avail >= 8 && !memcmp(text + 5, mark, sizeof(mark))) {
			if (p->bug != OLD_TRAMPOLINES_LEFT && (to_thunk || text[0] == RET))
				static_call(p, addr, 0, true, true);
			continue;
		}
		if (!to_thunk)
			continue;
		if (has(p, RETHUNK))
			branch(code, JMP, addr, p->platform->return_thunk);
		poke(p, addr, code, sizeof(code));
	}
}

static void replace(const struct patcher *p, const struct pvp_alt_entry *alt)
{
	size_t avail, len = alt->len > alt->replacement_len ? alt->len : alt->replacement_len;
	uint8_t code[256];
	int64_t distance;

	memset(code, NOP, len);
	if (alt->replacement_len)
		memcpy(code, at(p, alt->replacement, &avail), alt->replacement_len);
	if (alt->replacement_len == 5 && (code[0] == CALL || code[0] == JMP)) {
		uint64_t target = target_of(code + 1, alt->replacement + 5);

		distance = target - alt->addr;
		branch(code, code[0], alt->addr, target);
		if (code[0] == JMP && distance >= 0 && distance <= 129) {
			code[0] = 0xeb;
			code[1] = distance - 2;
			fill(code + 2, 3);
		}
	}
	poke(p, alt->addr, code, len);
}

static void alternatives(const struct patcher *p)
{
	for (size_t i = 0; i < p->tables->nr_alts; i++) {
		const struct pvp_alt_entry *alt = &p->tables->alts[i];

		if (has(p, alt->feature) != alt->negated)
			replace(p, alt);
		optimize_nops(p, alt->addr, alt->len);
	}
}

/* On one CPU, in .text only. */
static void smp_locks(const struct patcher *p)
{
	uint64_t from = check_bench_symbol(p->boot->kernel, "_text");
	uint64_t to = check_bench_symbol(p->boot->kernel, "_etext");

	for (size_t i = 0; p->platform->cpus == 1 && i < p->tables->nr_smp_locks; i++) {
		uint64_t addr = p->tables->smp_locks[i].addr;

		if (addr - from < to - from)
			poke(p, addr, (const uint8_t *)"\x3e", 1);
	}
}

/* ---- all of it ---- */

static void open_text(struct patcher *p)
{
	const struct pvp_image *image = p->boot->kernel->image;
	const struct pvp_patched *predicted = &p->boot->patched;

	for (size_t i = 0; i < image->nr_sections; i++) {
		const struct pvp_section *s = &image->sections[i];

		if (!s->exec || !s->data || !s->len)
			continue;
		ck_assert_uint_lt(p->nr, ARRAY_SIZE(p->text));
		p->text[p->nr++] = (struct text){s->addr, s->len,
						 memcpy(pvp_calloc(s->len, 1), s->data, s->len)};
	}
	/* What the platform itself writes is no patcher's work. */
	for (size_t i = 0; i < predicted->nr; i++)
		if (predicted->v[i].pass == PVP_PASS_PLATFORM)
			poke(p, predicted->v[i].addr, predicted->v[i].new, predicted->v[i].len);
}

static int by_addr(const void *a, const void *b)
{
	const struct text *l = a, *r = b;

	return l->addr < r->addr ? -1 : l->addr > r->addr;
}

static void close_text(struct patcher *p)
{
	struct pvp_patched mine = {0};

	qsort(p->text, p->nr, sizeof(p->text[0]), by_addr);
	for (size_t i = 0; i < p->nr; i++) {
		const struct text *t = &p->text[i];
		const uint8_t *old = pvp_image_bytes(p->boot->kernel->image, t->addr, t->len);
		uint8_t *by = pvp_calloc(t->len, 1);

		for (size_t k = 0; k < t->len; k++)
			by[k] = old[k] == t->bytes[k] ? PVP_PASS_FILE : PVP_PASS_GIVEN;
		pvp_patched_add(&mine, t->addr, old, t->bytes, by, t->len);
		free(by);
		free(t->bytes);
	}
	pvp_patched_difference(&p->boot->patched, &mine, &p->boot->given);
	pvp_patched_deinit(&mine);
}

void old_patcher_run(struct boot *boot, enum old_bug bug)
{
	struct patcher p = {
		.boot = boot,
		.tables = &boot->kernel->tables,
		.platform = boot->platform,
		.bug = bug,
		.linked_thunk = check_bench_symbol(boot->kernel, "__x86_return_thunk"),
	};

	pvp_ck_ok(pvp_x86_decoder_create(PVP_ISA_AMD64, &p.decoder));
	open_text(&p);
	if (bug == OLD_PAGE_LOST)
		p.lost_page = check_bench_symbol(boot->kernel, "site_pte_val") >> 12;
	static_calls(&p);
	if (bug != OLD_PARAVIRT_LAST)
		paravirt(&p);
	retpolines(&p);
	returns(&p);
	alternatives(&p);
	if (bug == OLD_PARAVIRT_LAST)
		paravirt(&p);
	smp_locks(&p);
	pvp_patched_deinit(&boot->given);
	close_text(&p);
	pvp_x86_decoder_destroy(p.decoder);
}
