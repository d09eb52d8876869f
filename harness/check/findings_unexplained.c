// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text that was given (--patched) and differs from the file where nothing patches: no table names the
 * place, and boot does not write there in passing.  Both sides of a comparison run it, so that no
 * verdict can tell.
 */
#include "findings_rules.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

// clang-format off
static const struct pvp_finding_text of_operation = {
	"unexplained-text",
	"an operation's function differs from the file where no table says that anything is patched: what is patched "
	"and what is not run the same function, so that verdicts need not tell",
	NULL, true
};
static const struct pvp_finding_text elsewhere = {
	"unexplained-text",
	"text differs from the file where no table says that anything is patched",
	NULL, false
};
/* Of an instruction that a table names by its address alone. */
enum {
	BRANCH = 5, /* call, jmp; what ftrace calls by */
	ENDBR = 4,
	TRAMPOLINE = 8,
	PAD = 64,   /* in front of a function: more than any accounting */
	NOP = 0x90,
	CALL = 0xe8,
	JMP = 0xe9,
	HYPERCALLS = 4096, /* the page that Xen fills, in 5.10 text */
};
// clang-format on

struct span {
	uint64_t from, to;
};

struct spans {
	struct span *v; /* owned; ascending and disjoint once they are sorted */
	size_t nr, cap;
};

static void add(struct spans *spans, uint64_t addr, uint64_t len)
{
	*pvp_push(&spans->v, &spans->nr, &spans->cap) = (struct span){addr, addr + len};
}

static void add_list(struct spans *spans, const struct pvp_addr_entry *v, size_t nr, uint64_t len)
{
	for (size_t i = 0; i < nr; i++)
		add(spans, v[i].addr, len);
}

static int by_from(const void *a, const void *b)
{
	const struct span *l = a, *r = b;

	return l->from < r->from ? -1 : l->from > r->from;
}

static void sort(struct spans *spans)
{
	size_t nr = 0;

	if (spans->nr)
		qsort(spans->v, spans->nr, sizeof(*spans->v), by_from);
	for (size_t i = 0; i < spans->nr; i++) {
		if (nr && spans->v[i].from <= spans->v[nr - 1].to) {
			if (spans->v[i].to > spans->v[nr - 1].to)
				spans->v[nr - 1].to = spans->v[i].to;
		} else {
			spans->v[nr++] = spans->v[i];
		}
	}
	spans->nr = nr;
}

static void collect(const struct pvp_inspection *in, struct spans *spans)
{
	const struct pvp_tables *t = in->input->tables;
	const struct pvp_patched *patched = in->input->patched;

	for (size_t i = 0; i < patched->nr; i++)
		add(spans, patched->v[i].addr, patched->v[i].len);
	for (size_t i = 0; i < t->nr_para; i++)
		add(spans, t->para[i].addr, t->para[i].len);
	for (size_t i = 0; i < t->nr_alts; i++)
		add(spans, t->alts[i].addr, t->alts[i].len);
	for (size_t i = 0; i < t->nr_static_calls; i++)
		add(spans, t->static_calls[i].addr, BRANCH);
	for (size_t i = 0; i < t->nr_static_call_keys; i++)
		add(spans, t->static_call_keys[i].trampoline, TRAMPOLINE);
	for (size_t i = 0; i < t->nr_jumps; i++)
		add(spans, t->jumps[i].addr, BRANCH);
	for (size_t i = 0; i < t->nr_runtime_consts; i++)
		add(spans, t->runtime_consts[i].addr, t->runtime_consts[i].len);
	if (t->early_iret)
		add(spans, t->early_iret, BRANCH);
	add(spans, pvp_find_symbol(in->input->image, "hypercall_page"), HYPERCALLS);
	for (size_t i = 0; i < t->nr_retpolines; i++) {
		const uint64_t addr = t->retpolines[i].addr;
		const uint8_t *first = pvp_image_bytes(in->input->image, addr, 1);
		/* With a prefix, or conditional, it is one longer. */
		const bool plain = first && (*first == CALL || *first == JMP);

		add(spans, addr, plain ? BRANCH : BRANCH + 1);
	}
	add_list(spans, t->returns, t->nr_returns, BRANCH);
	add_list(spans, t->calls, t->nr_calls, BRANCH);
	add_list(spans, t->endbr_seals, t->nr_endbr_seals, ENDBR);
	add_list(spans, t->smp_locks, t->nr_smp_locks, 1);
	add_list(spans, t->mcounts, t->nr_mcounts, BRANCH);
	sort(spans);
}

static bool is_explained(const struct spans *spans, uint64_t addr)
{
	size_t from = 0, to = spans->nr;

	while (from < to) {
		const size_t mid = (from + to) / 2;

		if (addr < spans->v[mid].from)
			to = mid;
		else if (addr >= spans->v[mid].to)
			from = mid + 1;
		else
			return true;
	}
	return false;
}

/* Where calls are accounted, in front of a function: the file has NOPs from there up to it. */
static bool is_pad(const struct pvp_inspection *in, uint64_t addr)
{
	const struct pvp_image *image = in->input->image;
	const struct pvp_symbol *function;
	const uint8_t *byte;

	if (!in->on.call_depth)
		return false;
	for (uint64_t end = addr; end - addr < PAD; end++) {
		byte = pvp_image_bytes(image, end, 1);
		if (byte && *byte == NOP)
			continue;
		function = pvp_image_symbol_at(image, end);
		return end != addr && function && function->addr == end;
	}
	return false;
}

/* Of a function's call to ftrace, where the list of them is not known (i386). */
static bool is_ftrace_call(const struct pvp_image *image, uint64_t fentry, uint64_t addr)
{
	for (unsigned off = 0; fentry && off < BRANCH; off++) {
		const uint8_t *bytes = pvp_image_bytes(image, addr - off, BRANCH);

		if (bytes && *bytes == CALL && pvp_rel32_target(bytes, addr - off, 1) == fentry)
			return true;
	}
	return false;
}

/* Whether there is that function, or behind its thunk. */
static bool leads_to(const struct pvp_image *image, uint64_t target,
		     const struct pvp_symbol *function)
{
	static const char thunk[] = "__raw_callee_save_";
	const struct pvp_symbol *at;

	if (target == function->addr)
		return true;
	at = target ? pvp_image_symbol_at(image, target) : NULL;
	return at && at->addr == target && !strncmp(at->name, thunk, sizeof(thunk) - 1) &&
	       !strcmp(at->name + sizeof(thunk) - 1, function->name);
}

/* Whether a slot of pv_ops or a static call leads to the function on this platform. */
static bool is_operation(const struct pvp_check_input *input, const struct pvp_symbol *function)
{
	const struct pvp_platform *platform = input->platform;

	for (size_t i = 0; function && i < platform->nr_pv_ops; i++)
		if (leads_to(input->image, platform->pv_ops[i], function))
			return true;
	for (size_t i = 0; function && i < input->tables->nr_static_call_keys; i++)
		if (pvp_platform_static_call(platform, &input->tables->static_call_keys[i]) ==
		    function->addr)
			return true;
	return false;
}

/* A finding for the function that addr is in, unless it was the one before. */
static void report(struct pvp_inspection *in, uint64_t addr, const struct pvp_symbol **before)
{
	const struct pvp_symbol *function = pvp_image_symbol_at(in->input->image, addr);
	char where[160];

	if (function && function == *before)
		return;
	*before = function;
	pvp_inspection_add(in, addr, is_operation(in->input, function) ? &of_operation : &elsewhere,
			   "%s", pvp_image_describe(in->input->image, addr, where, sizeof(where)));
}

void pvp_find_unexplained(struct pvp_inspection *in)
{
	const struct pvp_patched *given = in->input->given;
	const struct pvp_image *image = in->input->image;
	const uint64_t fentry = pvp_find_symbol(image, "__fentry__");
	const struct pvp_symbol *before = NULL;
	struct spans spans = {0};

	/* Debian's i386 kernels do not say where their jump labels are, which boot writes to as well. */
	if (!given || !given->nr || in->input->wanted || !in->input->tables->nr_jumps)
		return;
	collect(in, &spans);
	for (size_t i = 0; i < given->nr; i++) {
		const struct pvp_patch *row = &given->v[i];

		for (size_t k = 0; k < row->len; k++)
			if (row->new[k] != row->old[k] &&
			    pvp_image_is_text(image, row->addr + k, 1) &&
			    !is_explained(&spans, row->addr + k) &&
			    !is_pad(in, row->addr + k) &&
			    !is_ftrace_call(image, fentry, row->addr + k))
				report(in, row->addr + k, &before);
	}
	free(spans.v);
}
