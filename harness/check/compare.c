// SPDX-License-Identifier: GPL-2.0-only
#include "compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "x86/regs.h"
#include "world.h"

#define FLAGS_THAT_HOLD                                                                            \
	(PVP_X86_FLAG_IF | PVP_X86_FLAG_DF | PVP_X86_FLAG_AC | PVP_X86_FLAG_IOPL |                 \
	 PVP_X86_FLAG_TF | PVP_X86_FLAG_NT | PVP_X86_FLAG_ID)

/* A run longer than the other by this factor has gone astray, not just been slow. */
#define ASTRAY_FACTOR 8

const char *pvp_x86_reg_name(unsigned reg)
{
	static const char *const names[] = {
#define X(name, where, uc) #name,
		PVP_X86_REGS(X)
#undef X
	};

	return names[reg];
}

// clang-format off
/*
 * Fate of the general registers over a call, by class.  K: keeps its value; -: may change; R: the
 * result, H: its upper half.  Source: PVOP_*CALL and ALT_* of asm/paravirt_types.h, and the compiled
 * thunks.
 */
struct fate {
	enum pvp_x86_reg reg;
	char call, callee; /* value or void alike */
};
static const struct fate amd64_fates[] = {
	{ PVP_X86_rax, 'R', 'R' }, { PVP_X86_rcx, '-', 'K' }, { PVP_X86_rdx, '-', 'K' },
	{ PVP_X86_rbx, 'K', 'K' }, { PVP_X86_rsp, 'K', 'K' }, { PVP_X86_rbp, 'K', 'K' },
	{ PVP_X86_rsi, '-', 'K' }, { PVP_X86_rdi, '-', 'K' }, { PVP_X86_r8,  '-', 'K' },
	{ PVP_X86_r9,  '-', 'K' }, { PVP_X86_r10, '-', 'K' }, { PVP_X86_r11, '-', 'K' },
	{ PVP_X86_r12, 'K', 'K' }, { PVP_X86_r13, 'K', 'K' }, { PVP_X86_r14, 'K', 'K' },
	{ PVP_X86_r15, 'K', 'K' },
};
static const struct fate i386_fates[] = {
	{ PVP_X86_rax, 'R', 'R' }, { PVP_X86_rdx, 'H', 'H' }, { PVP_X86_rcx, '-', 'K' },
	{ PVP_X86_rbx, 'K', 'K' }, { PVP_X86_rsp, 'K', 'K' }, { PVP_X86_rbp, 'K', 'K' },
	{ PVP_X86_rsi, 'K', 'K' }, { PVP_X86_rdi, 'K', 'K' },
};
static const struct {
	const struct fate *v;
	size_t nr;
} fates[] = {
	[PVP_ISA_AMD64] = { amd64_fates, ARRAY_SIZE(amd64_fates) },
	[PVP_ISA_I386]  = { i386_fates, ARRAY_SIZE(i386_fates) },
};
// clang-format on

static char fate(const struct pvp_contract *contract, size_t i)
{
	bool saves = contract->class == PVP_CLASS_CALLEE || contract->class == PVP_CLASS_VCALLEE;
	const struct fate *f = &fates[contract->isa].v[i];

	return saves ? f->callee : f->call;
}

/* Which bits of a register with that fate are compared. */
static uint64_t bits_that_count(const struct pvp_contract *contract, char kind)
{
	uint64_t mask = contract->result_mask;

	switch (kind) {
	case 'K':
		return UINT64_MAX;
	case 'R':
		return contract->isa == PVP_ISA_I386 ? mask & UINT32_MAX : mask;
	case 'H':
		return mask >> 32;
	default:
		return 0;
	}
}

uint64_t pvp_contract_observes(const struct pvp_contract *contract, unsigned reg, bool op_end)
{
	if (reg == PVP_X86_rflags)
		return FLAGS_THAT_HOLD;
	if (reg > PVP_X86_rflags)
		return UINT64_MAX;
	for (size_t i = 0; i < fates[contract->isa].nr; i++)
		if (fates[contract->isa].v[i].reg == reg)
			return bits_that_count(contract, op_end ? 'K' : fate(contract, i));
	return 0;
}

static bool differ(char *what, size_t len, const char *where, const char *noun, uint64_t a,
		   uint64_t b)
{
	snprintf(what, len, "%s: %s is %#" PRIx64 " unpatched, %#" PRIx64 " patched", where, noun, a,
		 b);
	return false;
}

/* --- memory and effects --- */

/* What a contract's `ignore` names: an argument of an effect. */
static const struct {
	const char *name;
	enum pvp_effect_kind kind;
	unsigned arg;
} ignorable[] = {
	{ "out-value", PVP_EFFECT_OUT, 2 },
};

bool pvp_contract_ignores(const struct pvp_contract *contract, enum pvp_effect_kind kind,
			  unsigned arg)
{
	for (size_t i = 0; i < contract->nr_ignored; i++)
		for (size_t k = 0; k < ARRAY_SIZE(ignorable); k++)
			if (ignorable[k].kind == kind && ignorable[k].arg == arg &&
			    !strcmp(contract->ignored[i], ignorable[k].name))
				return true;
	return false;
}

/* Equal, but for arguments the contract ignores. */
static bool effect_agrees(const struct pvp_contract *contract, const struct pvp_effects *e0,
			  const struct pvp_effects *e1, size_t i)
{
	const struct pvp_effect *a = &e0->v[i], *b = &e1->v[i];

	if (pvp_effect_equal(e0, i, e1, i))
		return true;
	if (!contract->nr_ignored || a->kind != b->kind || a->nr_args != b->nr_args ||
	    a->data_len || b->data_len)
		return false;
	for (unsigned k = 0; k < a->nr_args; k++)
		if (a->arg[k] != b->arg[k] && !pvp_contract_ignores(contract, a->kind, k))
			return false;
	return true;
}

static bool is_accounting(const struct pvp_accounting *accounting, const struct pvp_write *w)
{
	return accounting && pvp_accounting_is_word(accounting, w->addr, w->size);
}

/* Walks the bytes of ordered writes made before the effect numbered `time`. */
struct byte_walk {
	const struct pvp_memory *memory;
	const struct pvp_accounting *accounting;
	size_t entry;
	unsigned byte;
	size_t end;
};

/* Writes that count as effects: of the guest or the hypervisor, to ordered memory. */
static bool is_ordered(const struct byte_walk *walk, const struct pvp_write *w)
{
	return w->class == PVP_MEM_ORDERED && w->writer != PVP_WRITER_SCRIPT &&
	       !is_accounting(walk->accounting, w);
}

static bool next_byte(struct byte_walk *walk, uint64_t time, uint64_t *addr, uint8_t *value)
{
	for (; walk->entry < walk->end; walk->entry++, walk->byte = 0) {
		const struct pvp_write *w = &walk->memory->log[walk->entry];

		if (!is_ordered(walk, w))
			continue;
		if (w->time > time)
			return false;
		if (walk->byte == w->size)
			continue;
		*addr = w->addr + walk->byte;
		*value = w->new >> 8 * walk->byte++;
		return true;
	}
	return false;
}

/* The width of a store is the compiler's and the alternatives' business: bytes are compared. */
static bool stores_agree(struct byte_walk *w0, struct byte_walk *w1, uint64_t time, char *what,
			 size_t len)
{
	for (;;) {
		uint64_t a0 = 0, a1 = 0;
		uint8_t v0 = 0, v1 = 0;
		bool more0 = next_byte(w0, time, &a0, &v0), more1 = next_byte(w1, time, &a1, &v1);

		if (!more0 && !more1)
			return true;
		if (more0 != more1) {
			snprintf(what, len, "effects: only the %s text stores to %#" PRIx64 " there",
				 more0 ? "unpatched" : "patched", more0 ? a0 : a1);
			return false;
		}
		if (a0 != a1 || v0 != v1) {
			snprintf(what, len,
				 "effects: unpatched stores %#x to %#" PRIx64
				 ", patched %#x to %#" PRIx64,
				 v0, a0, v1, a1);
			return false;
		}
	}
}

void pvp_effect_print(const struct pvp_effects *effects, size_t i, char *buf, size_t len)
{
	const struct pvp_effect *e = &effects->v[i];
	int n = snprintf(buf, len, "%s", pvp_effect_name(e->kind));

	for (unsigned k = 0; k < e->nr_args && n > 0 && (size_t)n < len; k++)
		n += snprintf(buf + n, len - n, " %#" PRIx64, e->arg[k]);
}

static bool effects_agree(const struct pvp_compare_input *in, const struct pvp_side *k0,
			  const struct pvp_side *k1, char *what, size_t len)
{
	struct byte_walk w0 = { k0->memory, in->accounting, 0, 0, k0->memory->nr_log };
	struct byte_walk w1 = { k1->memory, in->accounting, 0, 0, k1->memory->nr_log };
	const struct pvp_effects *e0 = &k0->run->effects, *e1 = &k1->run->effects;
	char a[72] = "nothing", b[72] = "nothing";

	for (size_t i = 0;; i++) {
		bool more0 = i < e0->nr, more1 = i < e1->nr;

		if (!stores_agree(&w0, &w1, more0 && more1 ? i : UINT64_MAX, what, len))
			return false;
		if (!more0 && !more1)
			return true;
		if (more0 && more1 && effect_agrees(in->contract, e0, e1, i))
			continue;
		if (more0)
			pvp_effect_print(e0, i, a, sizeof(a));
		if (more1)
			pvp_effect_print(e1, i, b, sizeof(b));
		snprintf(what, len, "effects: %s unpatched, %s patched%s", a, b,
			 strcmp(a, b) ? "" : ", with other memory behind it");
		return false;
	}
}

/* Stack below the stack pointer is dead: how many bytes of a write lie there. */
static unsigned dead_bytes(const struct pvp_write *w, uint64_t sp)
{
	if (w->class != PVP_MEM_STACK || w->addr >= sp)
		return 0;
	return sp - w->addr < w->size ? sp - w->addr : w->size;
}

/* Every byte that either side wrote has the same final content on both. */
static bool written_agrees(const struct pvp_compare_input *in, const struct pvp_side *writer,
			   const struct pvp_side *other, bool swapped, uint64_t sp, char *what,
			   size_t len)
{
	for (size_t i = 0; i < writer->memory->nr_log; i++) {
		const struct pvp_write *w = &writer->memory->log[i];
		unsigned dead = dead_bytes(w, sp), size = w->size - dead;
		uint64_t addr = w->addr + dead, here = 0, there = 0;
		const uint8_t *host;

		if (w->writer == PVP_WRITER_SCRIPT || !size || !w->host ||
		    is_accounting(in->accounting, w))
			continue;
		memcpy(&here, w->host + dead, size);
		host = pvp_memory_host(other->memory, addr, size);
		if (host)
			memcpy(&there, host, size);
		else
			there = w->old >> 8 * dead; /* the other side never came near it */
		if (here == there)
			continue;
		snprintf(what, len,
			 "memory: %u bytes at %#" PRIx64 " are %#" PRIx64 " unpatched, %#" PRIx64
			 " patched",
			 size, addr, swapped ? there : here, swapped ? here : there);
		return false;
	}
	return true;
}

/*
 * A page that nobody prepared was mapped when it was touched, where a real machine may well fault:
 * so one side alone must not touch it, not even to read.  The views begin with the same regions.
 */
static bool strays_agree(const struct pvp_side *k0, const struct pvp_side *k1, char *what,
			 size_t len)
{
	const struct pvp_memory *m0 = k0->memory, *m1 = k1->memory;
	size_t i = 0;
	bool first;

	while (i < m0->nr && i < m1->nr && m0->regions[i].addr == m1->regions[i].addr)
		i++;
	if (i == m0->nr && i == m1->nr)
		return true;
	first = i < m0->nr && (i == m1->nr || m0->regions[i].addr < m1->regions[i].addr);
	snprintf(what, len, "memory: only the %s text touches %#" PRIx64 ", where nothing is",
		 first ? "unpatched" : "patched", (first ? m0 : m1)->regions[i].addr);
	return false;
}

static bool memory_agrees(const struct pvp_compare_input *in, const struct pvp_side *k0,
			  const struct pvp_side *k1, uint64_t sp, char *what, size_t len)
{
	return written_agrees(in, k0, k1, false, sp, what, len) &&
	       written_agrees(in, k1, k0, true, sp, what, len);
}

/* --- registers --- */

static bool registers_agree(const struct pvp_compare_input *in, enum pvp_stop stop,
			    const struct pvp_state *a, const struct pvp_state *b, char *what,
			    size_t len)
{
	/* At the op's own end nothing is dead yet: every register may be an operand. */
	bool all = stop == PVP_STOP_OP_END;

	for (size_t i = 0; i < fates[in->contract->isa].nr; i++) {
		unsigned reg = fates[in->contract->isa].v[i].reg;
		uint64_t count = bits_that_count(in->contract, all ? 'K' : fate(in->contract, i));

		if ((a->reg[reg] ^ b->reg[reg]) & count)
			return differ(what, len, "end", pvp_x86_reg_name(reg), a->reg[reg] & count,
				      b->reg[reg] & count);
	}
	if ((a->reg[PVP_X86_rflags] ^ b->reg[PVP_X86_rflags]) & FLAGS_THAT_HOLD)
		return differ(what, len, "end", "rflags", a->reg[PVP_X86_rflags] & FLAGS_THAT_HOLD,
			      b->reg[PVP_X86_rflags] & FLAGS_THAT_HOLD);
	for (unsigned reg = PVP_X86_rflags + 1; reg < PVP_X86_NR_STATE; reg++)
		if (a->reg[reg] != b->reg[reg])
			return differ(what, len, "end", pvp_x86_reg_name(reg), a->reg[reg],
				      b->reg[reg]);
	return true;
}

bool pvp_contract_kept(const struct pvp_contract *contract, const struct pvp_state *start,
		       const struct pvp_run *run, char *what, size_t len)
{
	for (size_t i = 0; i < fates[contract->isa].nr; i++) {
		unsigned reg = fates[contract->isa].v[i].reg;

		/* Reaching the end says where the stack pointer is. */
		if (reg == PVP_X86_rsp || fate(contract, i) != 'K' ||
		    run->end.reg[reg] == start->reg[reg])
			continue;
		snprintf(what, len, "%s changes from %#" PRIx64 " to %#" PRIx64,
			 pvp_x86_reg_name(reg), start->reg[reg], run->end.reg[reg]);
		return false;
	}
	if (run->end.reg[PVP_X86_rflags] & PVP_X86_FLAG_DF) {
		snprintf(what, len, "the direction flag is left set");
		return false;
	}
	return true;
}

/* --- entry --- */

/*
 * What both sides wrote before entry must agree, but for return addresses: where each begins behind
 * its own call.
 */
static bool entry_writes_agree(const struct pvp_compare_input *in, const struct pvp_side *k0,
			       const struct pvp_side *k1, char *what, size_t len)
{
	size_t n0 = k0->run->entry_log, n1 = k1->run->entry_log;

	if (n0 != n1) {
		snprintf(what, len, "entry: %zu writes unpatched, %zu patched", n0, n1);
		return false;
	}
	for (size_t i = 0; i < n0; i++) {
		const struct pvp_write *a = &k0->memory->log[i], *b = &k1->memory->log[i];

		if (a->addr != b->addr || a->size != b->size)
			return differ(what, len, "entry", "a written address", a->addr, b->addr);
		if (a->new == b->new ||
		    (a->new - in->site - 1 < in->len && b->new - in->site - 1 < in->len))
			continue;
		return differ(what, len, "entry", "a written value", a->new, b->new);
	}
	return true;
}

static bool entry_target_agrees(const struct pvp_compare_input *in, const struct pvp_run *k0,
				const struct pvp_run *k1)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	uint64_t target = k0->entry.reg[PVP_X86_rip], entry = k1->entry.reg[PVP_X86_rip];

	if (entry == target)
		return true;
	if (entry == target + sizeof(endbr64))
		return in->entry_text && !memcmp(in->entry_text, endbr64, sizeof(endbr64));
	return entry == target - PVP_PAD_LEN && in->accounting &&
	       pvp_accounting_is_pad(in->accounting, entry, in->pad_text);
}

static bool entry_agrees(const struct pvp_compare_input *in, const struct pvp_side *k0,
			 const struct pvp_side *k1, char *what, size_t len)
{
	const struct pvp_run *a = k0->run, *b = k1->run;

	if (a->entered != b->entered) {
		snprintf(what, len, "entry: only the %s text leaves the site",
			 a->entered ? "unpatched" : "patched");
		return false;
	}
	if (!a->entered)
		return true;
	if (!entry_target_agrees(in, a, b))
		return differ(what, len, "entry", "the callee", a->entry.reg[PVP_X86_rip],
			      b->entry.reg[PVP_X86_rip]);
	for (unsigned reg = 0; reg < PVP_X86_NR_STATE; reg++)
		if (reg != PVP_X86_rip && a->entry.reg[reg] != b->entry.reg[reg])
			return differ(what, len, "entry", pvp_x86_reg_name(reg), a->entry.reg[reg],
				      b->entry.reg[reg]);
	if (a->entry_effects || b->entry_effects) {
		if (a->entry_effects != b->entry_effects) {
			snprintf(what, len, "entry: %zu effects unpatched, %zu patched",
				 a->entry_effects, b->entry_effects);
			return false;
		}
		for (size_t i = 0; i < a->entry_effects; i++)
			if (!pvp_effect_equal(&a->effects, i, &b->effects, i)) {
				snprintf(what, len, "entry: effect %zu differs", i + 1);
				return false;
			}
	}
	return entry_writes_agree(in, k0, k1, what, len);
}

/* --- the whole --- */

static bool undecidable(enum pvp_stop stop)
{
	return stop == PVP_STOP_UNMODELLED || stop == PVP_STOP_HYPERCALL ||
	       stop == PVP_STOP_OPAQUE || stop == PVP_STOP_DECODE || stop == PVP_STOP_ENGINE;
}

void pvp_describe_stop(const struct pvp_run *run, char *buf, size_t len)
{
	if (run->stop == PVP_STOP_FAULT && run->meant)
		snprintf(buf, len, "BUG at %#" PRIx64, run->stop_addr);
	else if (run->stop == PVP_STOP_FAULT)
		snprintf(buf, len, "fault %u at %#" PRIx64 " (accessed %#" PRIx64 ")", run->vector,
			 run->stop_addr, run->fault_addr);
	else
		snprintf(buf, len, "%s%s%.40s at %#" PRIx64, pvp_stop_name(run->stop),
			 run->detail[0] ? " " : "", run->detail, run->stop_addr);
}

static void disagree_on_stop(const struct pvp_run *a, const struct pvp_run *b,
			     struct pvp_comparison *ret)
{
	char x[72], y[72];

	pvp_describe_stop(a, x, sizeof(x));
	pvp_describe_stop(b, y, sizeof(y));
	ret->agreement = PVP_DISAGREE;
	snprintf(ret->what, sizeof(ret->what), "stop: %s unpatched, %s patched", x, y);
}

static bool faults_agree(const struct pvp_run *a, const struct pvp_run *b)
{
	/* A BUG() is in a function that both sides have, so it is the same one. */
	return a->vector == b->vector && a->fault_addr == b->fault_addr &&
	       a->fault_access == b->fault_access && a->meant == b->meant &&
	       (!a->meant || a->stop_addr == b->stop_addr);
}

/* One side is still running when the other has long ended. */
static bool is_astray(const struct pvp_compare_input *in, const struct pvp_run *ended)
{
	return ended->insns * ASTRAY_FACTOR < in->max_insns;
}

void pvp_compare(const struct pvp_compare_input *in, const struct pvp_side *k0,
		 const struct pvp_side *k1, struct pvp_comparison *ret)
{
	const struct pvp_run *a = k0->run, *b = k1->run;
	char *what = ret->what;
	size_t len = sizeof(ret->what);

	memset(ret, 0, sizeof(*ret));
	ret->agreement = PVP_DISAGREE;
	if (in->compare_entry) {
		if (!entry_agrees(in, k0, k1, what, len))
			return;
		ret->entry = true;
	}
	/* Such text never arrives at its end, whatever the instruction is; .. */
	if (a->stop == PVP_STOP_STRADDLE || b->stop == PVP_STOP_STRADDLE) {
		disagree_on_stop(a, b, ret);
		return;
	}
	/* .. nor does text that ran past it where the other side stopped. */
	if (a->stop == PVP_STOP_END && !a->passed && undecidable(b->stop) && b->passed) {
		ret->agreement = PVP_DISAGREE;
		snprintf(what, len, "stop: the patched text passes its end at another stack depth");
		return;
	}
	/* The other side ended, so that it did nothing of the kind. */
	if (a->stop == PVP_STOP_END && b->stop == PVP_STOP_UNMODELLED && b->foreign) {
		disagree_on_stop(a, b, ret);
		return;
	}
	if (undecidable(a->stop) || undecidable(b->stop)) {
		const struct pvp_run *run = undecidable(a->stop) ? a : b;

		ret->agreement = PVP_UNDECIDED_RUN;
		pvp_describe_stop(run, what, len);
		return;
	}
	if (a->stop == PVP_STOP_BUDGET || b->stop == PVP_STOP_BUDGET) {
		if (a->stop != b->stop && is_astray(in, a->stop == PVP_STOP_BUDGET ? b : a)) {
			disagree_on_stop(a, b, ret);
			return;
		}
		ret->agreement = PVP_UNDECIDED_RUN;
		snprintf(what, len, "more than %" PRIu64 " instructions", in->max_insns);
		return;
	}
	if (a->stop != b->stop || (a->stop == PVP_STOP_FAULT && !faults_agree(a, b))) {
		disagree_on_stop(a, b, ret);
		return;
	}
	if (!effects_agree(in, k0, k1, what, len) || !strays_agree(k0, k1, what, len))
		return;
	if (a->stop == PVP_STOP_FAULT) {
		ret->agreement = PVP_AGREE_FAULT;
		return;
	}
	if (!registers_agree(in, a->stop, &a->end, &b->end, what, len) ||
	    !memory_agrees(in, k0, k1,
			   a->stop == PVP_STOP_OP_END ? a->end.reg[PVP_X86_rsp] : in->end_sp, what,
			   len))
		return;
	ret->agreement = PVP_AGREE_END;
	/* Text that stays inside the site meets the world outside at the end: just compared. */
	ret->entry = true;
}
