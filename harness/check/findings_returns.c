// SPDX-License-Identifier: GPL-2.0-only
/*
 * Returns while RETHUNK is on: none of those that boot may rewrite is left bare.
 *
 * its_return_thunk is itself a bare return that lies in the upper half of a cache line, where
 * indirect target selection is harmless; returns that lie there may stay bare with it.
 * Source: arch/x86/kernel/alternative.c and static_call.c of Linux 6.1; Documentation/admin-guide/
 * hw-vuln/indirect-target-selection.rst.
 */
#include "findings_rules.h"

#include <inttypes.h>

#define UPPER_HALF 0x20

struct returns {
	struct pvp_inspection *in;
	uint64_t linked; /* __x86_return_thunk: what the file's returns jump to, a bare return */
	uint64_t its;	 /* its_return_thunk; both 0: there is none */
};

// clang-format off
#define RULE(name, text)                                                                           \
	static const struct pvp_finding_text name = { "mitigation-lost", text, NULL, true }

RULE(in_list,
     "a bare return at an entry of .return_sites while RETHUNK is on: it must jump to the return thunk "
     "(the kernel's apply_returns() does that)");
RULE(to_linked,
     "an entry of .return_sites jumps to the linked thunk, a bare return, while RETHUNK is on and the return "
     "thunk is another one (the kernel's apply_returns() redirects it)");
RULE(once,
     "a static call of NULL in tail position is a bare return while RETHUNK is on: it must jump to the return "
     "thunk (the kernel's static_call_init() writes it before RETHUNK is decided and never comes back)");
RULE(repeated,
     "a static call of NULL in tail position is a bare return while RETHUNK is on: it must jump to the return "
     "thunk (the kernel writes it again at early_initcall)");
RULE(trampoline,
     "something branches to a static-call trampoline that is a bare return while RETHUNK is on: it must jump to the "
     "return thunk (the kernel's apply_returns() does that to those in .return_sites; this one is not)");
// clang-format on

static const struct pvp_finding_text bare_thunk = {
	"mitigation-lost",
	"RETHUNK is on and the platform's return thunk is the linked one, a bare return", NULL,
	false};

/* Whether a bare return at addr is as safe as the thunk. */
static bool may_be_bare(const struct returns *r, uint64_t addr)
{
	return r->its && r->in->input->platform->return_thunk == r->its && (addr & UPPER_HALF);
}

/* Whether control goes straight to a bare return: here, or by a branch to the linked thunk. */
static bool is_bare(const struct returns *r, uint64_t addr)
{
	size_t len;
	const uint8_t *bytes = pvp_laid_upto(&r->in->laid, addr, 6, &len);
	uint64_t target = 0;

	if (pvp_is_return(bytes, len))
		return !may_be_bare(r, addr);
	if (len >= 6 && bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80)
		target = pvp_rel32_target(bytes, addr, 2);
	return target && target == r->linked && r->in->input->platform->return_thunk != r->linked;
}

/*
 * Whether the source puts a bare return there itself, by an alternative that applies: on the way
 * out of ftrace with CALL_DEPTH, where the accounting thunk must not be used.
 */
static bool is_meant(const struct returns *r, uint64_t addr)
{
	const struct pvp_check_input *input = r->in->input;
	bool meant = false;

	for (size_t i = 0; i < input->tables->nr_alts; i++) {
		const struct pvp_alt_entry *alt = &input->tables->alts[i];
		const uint8_t *bytes;

		if (alt->addr != addr ||
		    pvp_platform_has_feature(input->platform, alt->feature) == alt->negated)
			continue;
		bytes = pvp_image_bytes(input->image, alt->replacement, alt->replacement_len);
		meant = bytes && pvp_is_return(bytes, alt->replacement_len);
	}
	return meant;
}

static void judge_list(struct returns *r)
{
	const struct pvp_tables *tables = r->in->input->tables;
	uint64_t thunk = r->in->input->platform->return_thunk;

	for (size_t i = 0; i < tables->nr_returns; i++) {
		uint64_t addr = tables->returns[i].addr;
		const uint8_t *bytes = pvp_laid_bytes(&r->in->laid, addr, 5);

		if (!bytes)
			continue;
		if (pvp_is_return(bytes, 5)) {
			if (!may_be_bare(r, addr) && !is_meant(r, addr))
				pvp_inspection_add(r->in, addr, &in_list,
						   "entry at %#" PRIx64 ": %02x %02x",
						   tables->returns[i].entry, bytes[0], bytes[1]);
		} else if (bytes[0] == 0xe9 && r->linked && r->linked != thunk &&
			   pvp_rel32_target(bytes, addr, 1) == r->linked) {
			pvp_inspection_add(r->in, addr, &to_linked, "entry at %#" PRIx64,
					   tables->returns[i].entry);
		}
	}
}

static void judge_static_calls(struct returns *r)
{
	const struct pvp_tables *tables = r->in->input->tables;
	/* The text is that from before the kernel comes back: not yet what runs. */
	bool unfinished = r->in->rules->repeats_static_calls && !r->in->input->platform->initcalls;

	for (size_t i = 0; !unfinished && i < tables->nr_static_calls; i++) {
		const struct pvp_static_call_site *site = &tables->static_calls[i];

		if (site->tail && is_bare(r, site->addr))
			pvp_inspection_add(r->in, site->addr,
					   r->in->rules->repeats_static_calls ? &repeated : &once,
					   "static call %s, entry at %#" PRIx64,
					   site->name ? site->name : "without a name", site->entry);
	}
}

static bool is_listed(const struct returns *r, uint64_t addr)
{
	const struct pvp_tables *tables = r->in->input->tables;

	for (size_t i = 0; i < tables->nr_returns; i++)
		if (tables->returns[i].addr == addr)
			return true;
	return false;
}

/*
 * The first call or jmp rel32 to addr, or 0.  No decoding: other bytes that happen to lead there
 * are one in 2^32.
 */
static uint64_t branch_to(const struct returns *r, uint64_t addr)
{
	for (size_t i = 0; i < r->in->laid.nr; i++) {
		const struct pvp_laid_section *s = &r->in->laid.sections[i];

		for (uint64_t off = 0; off + 5 <= s->len; off++)
			if ((s->bytes[off] | 1) == 0xe9 &&
			    pvp_rel32_target(s->bytes + off, s->addr + off, 1) == addr)
				return s->addr + off;
	}
	return 0;
}

/* Static-call sites hold what their trampoline would do, so hardly anything goes there. */
static void judge_trampolines(struct returns *r)
{
	const struct pvp_tables *tables = r->in->input->tables;

	for (size_t i = 0; i < tables->nr_static_call_keys; i++) {
		const struct pvp_static_call_key *key = &tables->static_call_keys[i];
		char name[256];
		uint64_t from;

		if (!key->trampoline || !is_bare(r, key->trampoline) ||
		    is_listed(r, key->trampoline))
			continue;
		from = branch_to(r, key->trampoline);
		if (!from)
			continue;
		pvp_image_describe(r->in->input->image, from, name, sizeof(name));
		pvp_inspection_add(r->in, key->trampoline, &trampoline,
				   "static call %s, from %s (%#" PRIx64 ")",
				   key->name ? key->name : "without a name", name, from);
	}
}

void pvp_find_returns(struct pvp_inspection *in)
{
	const struct pvp_image *image = in->input->image;
	struct returns r = {
		.in = in,
		.linked = pvp_find_symbol(image, "__x86_return_thunk"),
		.its = pvp_find_symbol(image, "its_return_thunk"),
	};
	const uint8_t *bytes;
	size_t len;

	if (!in->on.rethunk)
		return;
	bytes = pvp_laid_upto(&in->laid, r.linked, 2, &len);
	if (r.linked && in->input->platform->return_thunk == r.linked && pvp_is_return(bytes, len))
		pvp_inspection_add(in, r.linked, &bare_thunk, NULL);
	judge_list(&r);
	judge_static_calls(&r);
	judge_trampolines(&r);
}
