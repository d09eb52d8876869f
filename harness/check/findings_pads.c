// SPDX-License-Identifier: GPL-2.0-only
/*
 * Call depth tracking: a direct call must lead to the accounting pad in front of a function, where
 * there is one, and not to the function itself, or the depth that the return thunk works with is
 * wrong by one.
 *
 * A pad is skl_call_thunk_template, relocated, right before the function; a function has room for
 * one when nothing but NOPs are there.  Some functions must not be accounted.
 * Source: arch/x86/kernel/callthunks.c of Linux 6.12 and 7.2.
 */
#include "findings_rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

// clang-format off
#define RULE(name, text)                                                                           \
	static const struct pvp_finding_text name = { "mitigation-lost", text, NULL, true }

RULE(pv_call,
     "a pv operation's call goes past the accounting pad of its function while CALL_DEPTH is on: it must lead to the "
     "pad (the kernel diverts calls in .text before alternatives put this one there, and its range check leaves out "
     ".altinstr_replacement, where it comes from)");
RULE(alternative_call,
     "an alternative's call goes past the accounting pad of its function while CALL_DEPTH is on: it must lead to the "
     "pad (the kernel diverts calls in .text before alternatives put this one there, and its range check leaves out "
     ".altinstr_replacement, where it comes from)");
RULE(static_call,
     "a static call goes past the accounting pad of its function while CALL_DEPTH is on: it must lead to the pad (the "
     "kernel translates the target when it writes static calls again at early_initcall)");
RULE(plain_call,
     "a call at an entry of .call_sites goes past the accounting pad of its function while CALL_DEPTH is on: it must "
     "lead to the pad (the kernel's call_thunks_patch_callsites() diverts it)");

/* Not accounted: they run where %gs is not the kernel's, switch stacks, or are no functions. */
static const char *const unaccounted[] = {
	"error_entry", "paranoid_entry", "xen_error_entry", "__switch_to_asm", "ret_from_fork",
	"ret_from_fork_asm", "soft_restart_cpu", "__fentry__",
};
// clang-format on

struct call {
	uint64_t addr;
	const struct pvp_finding_text *text;
};

struct pads {
	struct pvp_inspection *in;
	uint64_t template; /* where the pad's bytes are linked */
	const uint8_t *bytes;
	size_t len;
	uint64_t skipped[ARRAY_SIZE(unaccounted)];
	struct call *calls; /* owned; the first of those with one address says what it is */
	size_t nr, cap;
};

/*
 * sarq $5, %gs:disp32(%rip): 65 48 c1 3d disp32 05.  Only the displacement differs from one place
 * to another; it is where the template's leads to.
 */
enum { OPCODE_LEN = 4, DISP_LEN = 4, PAD_LEN = 9 };

static bool is_pad(const struct pads *pads, uint64_t addr, const uint8_t *bytes)
{
	uint64_t want = pvp_rel32_target(pads->bytes, pads->template, OPCODE_LEN);

	return !memcmp(bytes, pads->bytes, OPCODE_LEN) &&
	       pvp_rel32_target(bytes, addr, OPCODE_LEN) == want &&
	       !memcmp(bytes + OPCODE_LEN + DISP_LEN, pads->bytes + OPCODE_LEN + DISP_LEN,
		       pads->len - OPCODE_LEN - DISP_LEN);
}

/* Whether addr is one already: calls are to lead there, whatever is in front. */
static bool at_pad(const struct pads *pads, uint64_t addr)
{
	const uint8_t *bytes = pvp_laid_bytes(&pads->in->laid, addr, pads->len);

	return bytes && is_pad(pads, addr, bytes);
}

/* Whether there is a pad in front of func, or room for one. */
static bool has_pad(const struct pads *pads, uint64_t func)
{
	const uint8_t *bytes = pvp_laid_bytes(&pads->in->laid, func - pads->len, pads->len);
	size_t nops = 0;

	if (!bytes || !pvp_laid_is_core(&pads->in->laid, func - pads->len))
		return false;
	while (nops < pads->len && bytes[nops] == 0x90)
		nops++;
	return nops == pads->len || is_pad(pads, func - pads->len, bytes);
}

static bool is_skipped(const struct pads *pads, uint64_t func)
{
	for (size_t i = 0; i < ARRAY_SIZE(pads->skipped); i++)
		if (pads->skipped[i] && pads->skipped[i] == func)
			return true;
	return false;
}

static void judge(const struct pads *pads, const struct call *call)
{
	const uint8_t *bytes = pvp_laid_bytes(&pads->in->laid, call->addr, 5);
	char name[256];
	uint64_t func;

	if (!bytes || bytes[0] != 0xe8 || !pvp_laid_is_core(&pads->in->laid, call->addr))
		return;
	func = pvp_rel32_target(bytes, call->addr, 1);
	if (!pvp_laid_is_core(&pads->in->laid, func) || is_skipped(pads, func) ||
	    at_pad(pads, func) || !has_pad(pads, func))
		return;
	pvp_image_describe(pads->in->input->image, func, name, sizeof(name));
	pvp_inspection_add(pads->in, call->addr, call->text, "calls %s (%#" PRIx64 ")", name, func);
}

static void add(struct pads *pads, uint64_t addr, const struct pvp_finding_text *text)
{
	*pvp_push(&pads->calls, &pads->nr, &pads->cap) = (struct call){addr, text};
}

static int by_addr(const void *a, const void *b)
{
	const struct call *l = a, *r = b;

	return l->addr < r->addr ? -1 : l->addr > r->addr;
}

/* First what says more of a call: .call_sites lists some of the others too. */
static void collect(struct pads *pads)
{
	const struct pvp_check_input *input = pads->in->input;
	const struct pvp_tables *tables = input->tables;
	bool repeated = input->platform->initcalls && pads->in->on.rethunk;
	struct call *merged;
	size_t from, nr = 0;

	for (size_t i = 0; i < tables->nr_alts; i++)
		add(pads, tables->alts[i].addr,
		    pvp_sites_find(input->sites, tables->alts[i].addr) ? &pv_call
								       : &alternative_call);
	/* Not yet what runs, before the kernel comes back to them; it does when RETHUNK is on. */
	for (size_t i = 0; repeated && i < tables->nr_static_calls; i++)
		add(pads, tables->static_calls[i].addr, &static_call);
	from = pads->nr;
	for (size_t i = 0; i < tables->nr_calls; i++)
		add(pads, tables->calls[i].addr, &plain_call);
	if (!pads->nr)
		return;
	qsort(pads->calls, from, sizeof(*pads->calls), by_addr);
	qsort(pads->calls + from, pads->nr - from, sizeof(*pads->calls), by_addr);
	merged = pvp_calloc(pads->nr, sizeof(*merged));
	for (size_t i = 0, k = from; i < from || k < pads->nr;) {
		bool special =
			i < from && (k == pads->nr || pads->calls[i].addr <= pads->calls[k].addr);
		const struct call *call = &pads->calls[special ? i++ : k++];

		if (!nr || merged[nr - 1].addr != call->addr)
			merged[nr++] = *call;
	}
	free(pads->calls);
	pads->calls = merged;
	pads->nr = nr;
}

void pvp_find_pads(struct pvp_inspection *in)
{
	const struct pvp_image *image = in->input->image;
	struct pads pads = {.in = in,
			    .template = pvp_find_symbol(image, "skl_call_thunk_template")};
	uint64_t tail = pvp_find_symbol(image, "skl_call_thunk_tail");

	if (!in->on.call_depth || !pads.template || tail - pads.template != PAD_LEN)
		return;
	pads.len = PAD_LEN;
	pads.bytes = pvp_image_bytes(image, pads.template, pads.len);
	if (!pads.bytes)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(unaccounted); i++)
		pads.skipped[i] = pvp_find_symbol(image, unaccounted[i]);
	collect(&pads);
	for (size_t i = 0; i < pads.nr; i++)
		judge(&pads, &pads.calls[i]);
	free(pads.calls);
}
