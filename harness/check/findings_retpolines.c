// SPDX-License-Identifier: GPL-2.0-only
/*
 * Indirect branches that the compiler routed through a thunk and boot may put back: none of them is
 * raw while RETPOLINE is on, nor without an lfence before it while RETPOLINE_LFENCE is; and where
 * indirect target selection is mitigated, none ends in the lower half of a cache line.
 * Source: arch/x86/kernel/alternative.c of Linux 6.1 and 7.2; Documentation/admin-guide/hw-vuln/
 * indirect-target-selection.rst.
 */
#include "findings_rules.h"

#include <inttypes.h>
#include <string.h>

#define UPPER_HALF 0x20

// clang-format off
#define RULE(name, text)                                                                           \
	static const struct pvp_finding_text name = { "mitigation-lost", text, NULL, true }

RULE(raw,
     "a raw indirect branch at an entry of .retpoline_sites while RETPOLINE is on: it must go through the thunk "
     "(the kernel's apply_retpolines() leaves it alone then)");
RULE(no_lfence,
     "an indirect branch without lfence at an entry of .retpoline_sites while RETPOLINE_LFENCE is on: it must be "
     "lfence; jmp or go through the thunk (the kernel's apply_retpolines())");
RULE(lower_half,
     "an indirect branch at an entry of .retpoline_sites ends in the lower half of a cache line while "
     "INDIRECT_THUNK_ITS is on: it must go through a thunk in the upper half (the kernel's apply_retpolines())");
// clang-format on

static const uint8_t lfence[] = {0x0f, 0xae, 0xe8};

static void judge(struct pvp_inspection *in, const struct pvp_addr_entry *entry)
{
	const struct pvp_finding_text *text = NULL;
	size_t avail, at = 0, len;
	const uint8_t *bytes = pvp_laid_upto(&in->laid, entry->addr, 16, &avail);
	bool fenced;

	if (avail > 2 && (bytes[0] & 0xf0) == 0x70) /* jcc over what follows */
		at = 2;
	fenced = avail - at >= sizeof(lfence) && !memcmp(bytes + at, lfence, sizeof(lfence));
	if (fenced)
		at += sizeof(lfence);
	len = pvp_indirect_len(bytes + at, avail - at);
	if (!len)
		return;
	if (in->on.lfence)
		text = fenced ? NULL : &no_lfence;
	else if (in->on.retpoline)
		text = &raw;
	if (!text && in->on.its && !((entry->addr + at + len - 1) & UPPER_HALF))
		text = &lower_half;
	if (text)
		pvp_inspection_add(in, entry->addr, text, "entry at %#" PRIx64 ": %02x %02x %02x",
				   entry->entry, bytes[0], bytes[1], bytes[2]);
}

void pvp_find_retpolines(struct pvp_inspection *in)
{
	const struct pvp_tables *tables = in->input->tables;

	if (!in->on.retpoline && !in->on.lfence && !in->on.its)
		return;
	for (size_t i = 0; i < tables->nr_retpolines; i++)
		judge(in, &tables->retpolines[i]);
}
