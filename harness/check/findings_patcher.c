// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's own patching code cannot do right: retpolines it writes past its buffer, lock
 * prefixes it does not find.
 * Source: arch/x86/kernel/alternative.c of Linux 7.2 and measurements on Debian's 7.2.13.
 */
#include "findings_rules.h"

#include <inttypes.h>

#define UPPER_HALF 0x20
#define THUNK_LEN  32

// clang-format off
static const struct pvp_finding_text overflow = {
	"patcher-overflow",
	"RETPOLINE_LFENCE asks for lfence and an indirect branch, which are longer than the site: it must be left calling "
	"the thunk (the kernel takes the room left, a negative number, for a count and fills its stack)",
	NULL, true
};

static const struct pvp_finding_text behind_66 = {
	"lock-missed",
	"one CPU: the lock prefix stays, because another prefix stands before it and the kernel looks at one byte only "
	"(a locked instruction does the same, more slowly)",
	NULL, false
};
// clang-format on

/* The register a branch to a retpoline thunk stands for, and how long the branch is. */
static bool thunk_of(const struct pvp_inspection *in, uint64_t thunks, uint64_t addr, unsigned *reg,
		     unsigned *len, bool *jcc)
{
	const uint8_t *bytes = pvp_image_bytes(in->input->image, addr, 6);
	unsigned prefix, opcode;
	uint64_t off;

	if (!bytes)
		bytes = pvp_image_bytes(in->input->image, addr, 5);
	if (!bytes)
		return false;
	prefix = bytes[0] == 0x2e;
	*jcc = bytes[0] == 0x0f;
	opcode = *jcc ? 2 : 1;
	if (*jcc ? (bytes[1] & 0xf0) != 0x80 : (bytes[prefix] | 1) != 0xe9)
		return false;
	if ((prefix || *jcc) && !pvp_image_bytes(in->input->image, addr, 6))
		return false;
	off = pvp_rel32_target(bytes + prefix, addr + prefix, opcode) - thunks;
	*reg = off / THUNK_LEN;
	*len = prefix + opcode + 4;
	return off % THUNK_LEN == 0 && *reg < 16;
}

static void judge_retpoline(struct pvp_inspection *in, uint64_t thunks,
			    const struct pvp_addr_entry *entry)
{
	unsigned reg, len, before, need;
	bool jcc;

	if (!thunk_of(in, thunks, entry->addr, &reg, &len, &jcc))
		return;
	before = (jcc ? 2 : 0) + 3; /* jcc rel8, lfence */
	need = before + 2 + (reg >= 8);
	/* There the kernel makes it a call of another thunk, which fits. */
	if (in->on.its && !((entry->addr + need - 1) & UPPER_HALF))
		return;
	if (need > len)
		pvp_inspection_add(in, entry->addr, &overflow,
				   "entry at %#" PRIx64
				   ": register %u needs %u bytes, the site has %u",
				   entry->entry, reg, need, len);
}

/* Whether the pass ran: it need not, on one CPU (noreplace-smp). */
static bool locks_replaced(const struct pvp_inspection *in)
{
	const struct pvp_tables *tables = in->input->tables;

	for (size_t i = 0; i < tables->nr_smp_locks; i++) {
		const uint8_t *bytes = pvp_laid_bytes(&in->laid, tables->smp_locks[i].addr, 1);
		const uint8_t *was =
			pvp_image_bytes(in->input->image, tables->smp_locks[i].addr, 1);

		if (bytes && was && *was == 0xf0 && *bytes == 0x3e)
			return true;
	}
	return false;
}

static void judge_lock(struct pvp_inspection *in, const struct pvp_addr_entry *entry)
{
	const uint8_t *bytes = pvp_laid_bytes(&in->laid, entry->addr, 2);

	if (bytes && pvp_laid_is_core(&in->laid, entry->addr) && bytes[0] == 0x66 &&
	    bytes[1] == 0xf0)
		pvp_inspection_add(in, entry->addr, &behind_66, "entry at %#" PRIx64 ": 66 f0",
				   entry->entry);
}

void pvp_find_patcher(struct pvp_inspection *in)
{
	const struct pvp_tables *tables = in->input->tables;
	uint64_t thunks = pvp_find_symbol(in->input->image, "__x86_indirect_thunk_array");

	if (in->rules->overruns_retpolines && in->on.lfence && thunks)
		for (size_t i = 0; i < tables->nr_retpolines; i++)
			judge_retpoline(in, thunks, &tables->retpolines[i]);
	if (in->input->platform->cpus == 1 && locks_replaced(in))
		for (size_t i = 0; i < tables->nr_smp_locks; i++)
			judge_lock(in, &tables->smp_locks[i]);
}
