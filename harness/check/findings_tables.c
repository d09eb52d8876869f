// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patch tables that can be read and are wrong all the same: an entry whose site does not hold what
 * the kernel expects there, or entries that contradict each other.  What cannot be read is an error
 * of the scan.
 *
 * Looks at the linked bytes.  Source: what arch/x86/kernel/alternative.c, static_call.c of
 * Linux 5.10 to 7.2 test before they write, and how they walk the tables.
 */
#include "findings_rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

// clang-format off
#define RULE(name, text)                                                                           \
	static const struct pvp_finding_text name = { "malformed-table", text, NULL, true }

RULE(apart,       ".altinstructions: the entries of one site are not adjacent (the kernel takes neighbours together; one "
		  "that stands apart overwrites them)");
RULE(overlap,     ".altinstructions: two sites overlap without being the same (the kernel writes both, in table order)");
RULE(lengths,     ".altinstructions: an entry is shorter than an earlier one of the same site (this kernel writes each "
		  "in its own length, and the end of the longer one stays)");
RULE(not_first,   ".altinstructions: a direct call is not the first entry of its site (the kernel finds the pointer it "
		  "calls through in the site's linked bytes, which an earlier entry overwrites)");
RULE(outgrown,    ".altinstructions: a replacement is longer than its site (this kernel writes it whole, over the "
		  "instructions behind the site)");
RULE(para_alt,    ".parainstructions and .altinstructions disagree on a site's length (the later pass leaves some of the "
		  "earlier one's bytes)");
RULE(retpoline,   ".retpoline_sites: the site holds no branch to an indirect thunk (the kernel warns and skips it)");
RULE(no_rsp,      ".retpoline_sites: the site branches to the thunk of rsp, which there is not (the kernel stops: BUG)");
RULE(a_return,    ".return_sites: the site holds neither a jump to the return thunk nor a return (the kernel warns and "
		  "skips it)");
RULE(a_call,      ".call_sites: the site holds no direct call (the kernel skips it)");
RULE(seal,        ".ibt_endbr_seal: the site holds no ENDBR (the kernel warns and skips it)");
RULE(lock,        ".smp_locks: the site holds no lock prefix (the kernel skips it)");
RULE(static_call, "static_call_sites: the site holds no call, jump or placeholder of the kind its entry says (the kernel "
		  "stops: BUG; 5.10 warns)");
RULE(trampoline,  "static_call_sites: the site does not branch to the trampoline of its key");
// clang-format on

static const char *symbol_less = "without a name";

/* The linked bytes, as many as there are, up to max. */
static const uint8_t *linked(const struct pvp_inspection *in, uint64_t addr, size_t max,
			     size_t *len)
{
	const uint8_t *bytes;

	for (*len = max; *len; --*len) {
		bytes = pvp_image_bytes(in->input->image, addr, *len);
		if (bytes)
			return bytes;
	}
	return NULL;
}

/* ---- alternatives ---- */

struct order {
	const struct pvp_alt_entry *entry;
	size_t index;
};

static int by_site(const void *a, const void *b)
{
	const struct order *l = a, *r = b;

	if (l->entry->addr != r->entry->addr)
		return l->entry->addr < r->entry->addr ? -1 : 1;
	return l->index < r->index ? -1 : l->index > r->index;
}

/* Two entries of one site, next to each other in the order of the table. */
static void judge_pair(struct pvp_inspection *in, const struct order *a, const struct order *b)
{
	uint64_t addr = b->entry->addr;

	if (b->index != a->index + 1)
		pvp_inspection_add(in, addr, &apart,
				   "entries %zu (at %#" PRIx64 ") and %zu (at %#" PRIx64 ")",
				   a->index, a->entry->entry, b->index, b->entry->entry);
	/* 12-byte entries have no direct calls: these kernels know no nesting. */
	if (in->rules && !in->rules->nests_alternatives && b->entry->len < a->entry->len)
		pvp_inspection_add(in, addr, &lengths,
				   "entry %zu (at %#" PRIx64 "): %u bytes behind %u", b->index,
				   b->entry->entry, b->entry->len, a->entry->len);
	if (b->entry->direct_call)
		pvp_inspection_add(in, addr, &not_first, "entry %zu (at %#" PRIx64 ")", b->index,
				   b->entry->entry);
}

static void judge_alternatives(struct pvp_inspection *in)
{
	const struct pvp_tables *tables = in->input->tables;
	struct order *order = pvp_calloc(tables->nr_alts, sizeof(*order));
	uint64_t end = 0;

	for (size_t i = 0; i < tables->nr_alts; i++)
		order[i] = (struct order){&tables->alts[i], i};
	if (tables->nr_alts)
		qsort(order, tables->nr_alts, sizeof(*order), by_site);
	for (size_t i = 0; i < tables->nr_alts; i++) {
		const struct pvp_alt_entry *entry = order[i].entry;

		if (i && entry->addr == order[i - 1].entry->addr)
			judge_pair(in, &order[i - 1], &order[i]);
		else if (i && entry->addr < end)
			pvp_inspection_add(in, entry->addr, &overlap,
					   "entries %zu (at %#" PRIx64 ") and %zu (at %#" PRIx64
					   ")",
					   order[i - 1].index, order[i - 1].entry->entry,
					   order[i].index, entry->entry);
		if (entry->replacement_len > entry->len)
			pvp_inspection_add(in, entry->addr, &outgrown,
					   "entry %zu (at %#" PRIx64 "): %u bytes for %u",
					   order[i].index, entry->entry, entry->replacement_len,
					   entry->len);
		if (entry->addr + entry->len > end)
			end = entry->addr + entry->len;
	}
	free(order);
}

/* 6.1 has both for some sites. */
static void judge_para(struct pvp_inspection *in)
{
	const struct pvp_tables *tables = in->input->tables;

	for (size_t i = 0; tables->nr_para && i < tables->nr_alts; i++) {
		const struct pvp_alt_entry *entry = &tables->alts[i];
		const struct pvp_site *site = pvp_sites_find(in->input->sites, entry->addr);

		if (site && site->kind == PVP_SITE_PARAVIRT &&
		    (site->addr != entry->addr || site->len != entry->len))
			pvp_inspection_add(in, entry->addr, &para_alt,
					   "entries at %#" PRIx64 " (%u bytes at %#" PRIx64
					   ") and at %#" PRIx64 " (%u bytes at %#" PRIx64 ")",
					   site->entry, site->len, site->addr, entry->entry,
					   entry->len, entry->addr);
	}
}

/* ---- lists ---- */

/* What the entry's bytes break; NULL: nothing. */
typedef const struct pvp_finding_text *judge_fn(const struct pvp_inspection *in, uint64_t addr,
						const uint8_t *bytes, size_t len);

static const struct pvp_finding_text *
judge_retpoline(const struct pvp_inspection *in, uint64_t addr, const uint8_t *bytes, size_t len)
{
	uint64_t thunks = pvp_find_symbol(in->input->image, "__x86_indirect_thunk_array"), off;
	unsigned prefix = 0, opcode = 1;

	while (prefix < len && bytes[prefix] == 0x2e)
		prefix++;
	if (len - prefix >= 6 && bytes[prefix] == 0x0f && (bytes[prefix + 1] & 0xf0) == 0x80)
		opcode = 2;
	else if (len - prefix < 5 || (bytes[prefix] | 1) != 0xe9)
		return &retpoline;
	if (!thunks)
		return NULL;
	off = pvp_rel32_target(bytes + prefix, addr + prefix, opcode) - thunks;
	if (off % 32 || off / 32 >= 16)
		return &retpoline;
	return off / 32 == 4 ? &no_rsp : NULL;
}

static const struct pvp_finding_text *judge_return(const struct pvp_inspection *in, uint64_t addr,
						   const uint8_t *bytes, size_t len)
{
	uint64_t thunk = pvp_find_symbol(in->input->image, "__x86_return_thunk");

	if (pvp_is_return(bytes, len))
		return NULL;
	if (len < 5 || bytes[0] != 0xe9 || (thunk && pvp_rel32_target(bytes, addr, 1) != thunk))
		return &a_return;
	return NULL;
}

static const struct pvp_finding_text *judge_call(const struct pvp_inspection *in, uint64_t addr,
						 const uint8_t *bytes, size_t len)
{
	(void)in, (void)addr;
	return len && bytes[0] == 0xe8 ? NULL : &a_call;
}

static const struct pvp_finding_text *judge_seal(const struct pvp_inspection *in, uint64_t addr,
						 const uint8_t *bytes, size_t len)
{
	(void)in, (void)addr;
	if (len < 4 || bytes[0] != 0xf3 || bytes[1] != 0x0f || bytes[2] != 0x1e ||
	    (bytes[3] & 0xfe) != 0xfa)
		return &seal;
	return NULL;
}

/* Behind 66 it is one: findings_patcher.c. */
static const struct pvp_finding_text *judge_lock(const struct pvp_inspection *in, uint64_t addr,
						 const uint8_t *bytes, size_t len)
{
	(void)in, (void)addr;
	if (len && bytes[0] == 0xf0)
		return NULL;
	return len > 1 && bytes[0] == 0x66 && bytes[1] == 0xf0 ? NULL : &lock;
}

static void judge_list(struct pvp_inspection *in, const struct pvp_addr_entry *v, size_t nr,
		       judge_fn *judge)
{
	for (size_t i = 0; i < nr; i++) {
		size_t len;
		const uint8_t *bytes = linked(in, v[i].addr, 8, &len);
		const struct pvp_finding_text *text;

		if (!bytes)
			continue;
		text = judge(in, v[i].addr, bytes, len);
		if (text)
			pvp_inspection_add(in, v[i].addr, text,
					   "entry %zu (at %#" PRIx64 "): %02x %02x", i, v[i].entry,
					   bytes[0], len > 1 ? bytes[1] : 0);
	}
}

/* ---- static calls ---- */

/* What the site may hold instead of a branch once it has been written: nop; xor %eax,%eax. */
static const uint8_t placeholders[][5] = {
	{0x0f, 0x1f, 0x44, 0x00, 0x00},
	{0x2e, 0x2e, 0x2e, 0x31, 0xc0},
};

static bool is_placeholder(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; len >= 5 && i < ARRAY_SIZE(placeholders); i++)
		if (!memcmp(bytes, placeholders[i], 5))
			return true;
	return false;
}

static void judge_static_call(struct pvp_inspection *in, const struct pvp_static_call_site *site)
{
	size_t len;
	const uint8_t *bytes = linked(in, site->addr, 8, &len);
	const struct pvp_finding_text *text = &static_call;
	unsigned opcode = 1;

	if (len >= 5 && bytes[0] == (site->tail ? 0xe9 : 0xe8))
		text = NULL;
	if (len >= 6 && site->tail && bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80) {
		text = NULL;
		opcode = 2;
	}
	if (text && (site->tail ? pvp_is_return(bytes, len) : is_placeholder(bytes, len)))
		return;
	if (!text && site->trampoline &&
	    pvp_rel32_target(bytes, site->addr, opcode) != site->trampoline)
		text = &trampoline;
	if (text)
		pvp_inspection_add(in, site->addr, text,
				   "entry at %#" PRIx64 ", %s of %s: %02x %02x", site->entry,
				   site->tail ? "jump" : "call",
				   site->name ? site->name : symbol_less, len ? bytes[0] : 0,
				   len > 1 ? bytes[1] : 0);
}

void pvp_find_tables(struct pvp_inspection *in)
{
	const struct pvp_tables *tables = in->input->tables;

	judge_alternatives(in);
	judge_para(in);
	judge_list(in, tables->retpolines, tables->nr_retpolines, judge_retpoline);
	judge_list(in, tables->returns, tables->nr_returns, judge_return);
	judge_list(in, tables->calls, tables->nr_calls, judge_call);
	judge_list(in, tables->endbr_seals, tables->nr_endbr_seals, judge_seal);
	judge_list(in, tables->smp_locks, tables->nr_smp_locks, judge_lock);
	for (size_t i = 0; i < tables->nr_static_calls; i++)
		judge_static_call(in, &tables->static_calls[i]);
}
