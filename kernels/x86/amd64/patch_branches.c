// SPDX-License-Identifier: GPL-2.0-only
/*
 * The passes over indirect branches and returns.
 */
#include "boot.h"
#include "cpu.h"
#include "patch.h"

extern const u8 __x86_indirect_thunk_array[];
#define THUNK_LEN 32
#define NR_REGS	  16
#define REG_RSP	  4

/* --- retpolines: an indirect branch in place of the thunk --- */

/* Bytes of the site, 0: no branch to a thunk.  *opcode is behind *prefixes cs prefixes. */
static u32 decode_thunk_branch(const u8 *site, u32 *prefixes, u32 *reg)
{
	const u8 *target;
	u64 offset;

	for (*prefixes = 0; site[*prefixes] == OP_CS && *prefixes < 8;)
		++*prefixes;
	site += *prefixes;
	if (*site == OP_CALL || *site == OP_JMP)
		target = branch_target(site);
	else if (site[0] == 0x0f && (site[1] & 0xf0) == 0x80)
		target = branch_target(site + 1);
	else
		return 0;
	offset = target - __x86_indirect_thunk_array;
	if (offset >= NR_REGS * THUNK_LEN)
		return 0;
	*reg = offset / THUNK_LEN;
	return *prefixes + (*site == 0x0f ? 6 : 5);
}

#if PVKERNEL_GEN >= 612
extern const u8 __x86_indirect_call_thunk_array[], __x86_indirect_jump_thunk_array[];

/* With call depth tracking it goes to another thunk, one that accounts calls. */
static void account_retpoline(u8 *site, u32 len, u32 prefixes, u32 reg)
{
	bool call = site[prefixes] == OP_CALL, jcc = site[prefixes] == 0x0f;
	const u8 *array = call ? __x86_indirect_call_thunk_array : __x86_indirect_jump_thunk_array;
	u8 code[6];

	if (len > sizeof(code)) {
		patch_complaint("too long for a branch to a thunk", site);
		return;
	}
	if (len == 6)
		code[0] = jcc ? 0x0f : OP_CS;
	make_branch(code + len - 5, jcc ? site[prefixes + 1] : site[prefixes], site + len - 5,
		    array + reg * THUNK_LEN);
	text_poke_early(site, code, len);
}
#endif

static void patch_retpoline(u8 *site)
{
	u32 prefixes, reg, len = decode_thunk_branch(site, &prefixes, &reg), nr = 0, excess;
	bool call;
	u8 code[16];

	if (!len) {
		patch_complaint("no branch to a thunk", site);
		return;
	}
	if (reg == REG_RSP) {
		patch_complaint("branch to the thunk of rsp", site);
		return;
	}
	if (has_cap(X86_FEATURE_RETPOLINE) && !has_cap(X86_FEATURE_RETPOLINE_LFENCE)) {
		SINCE_612(if (has_cap(X86_FEATURE_CALL_DEPTH))
				  account_retpoline(site, len, prefixes, reg);)
		return;
	}
	call = site[prefixes] == OP_CALL;
	if (site[prefixes] == 0x0f) { /* the opposite condition, over the rest */
		code[nr++] = 0x70 | ((site[prefixes + 1] & 15) ^ 1);
		code[nr++] = len - 2;
	}
	if (has_cap(X86_FEATURE_RETPOLINE_LFENCE)) {
		code[nr++] = 0x0f;
		code[nr++] = 0xae;
		code[nr++] = 0xe8;
	}
	/* In 7.2 prefixes fill up a call, where they are not too many. */
	excess = len - nr - 2 - (reg >= 8);
	if (PVKERNEL_GEN >= 702 && call && excess <= 3)
		while (excess--)
			code[nr++] = OP_CS;
	if (reg >= 8)
		code[nr++] = 0x41;
	code[nr++] = 0xff;
	code[nr++] = (call ? 0xd0 : 0xe0) | (reg & 7);
	if (nr > len)
		return; /* does not fit: the thunk stays, which does the same */
	if (!call && nr < len && PVKERNEL_GEN >= 601)
		code[nr++] = OP_INT3;
	while (nr < len)
		code[nr++] = !call && PVKERNEL_GEN >= 702 ? OP_INT3 : OP_NOP;
	optimize_nops(code, len);
	text_poke_early(site, code, len);
}

noinline void apply_retpolines(const int *start, const int *end)
{
	for (const int *s = start; s < end; s++)
		patch_retpoline((u8 *)s + *s);
}

/* --- returns --- */

static void patch_return(u8 *site)
{
	u8 code[5] = {OP_RET, OP_INT3, OP_INT3, OP_INT3, OP_INT3};

	if (static_call_fixup(site))
		return;
	if (*site != OP_JMP || branch_target(site) != (void *)__x86_return_thunk) {
		patch_complaint("no jump to the return thunk", site);
		return;
	}
	if (has_cap(X86_FEATURE_RETHUNK)) {
		if (PVKERNEL_GEN <= 510 && x86_return_thunk == (void *)__x86_return_thunk)
			return;
		make_branch(code, OP_JMP, site, x86_return_thunk);
	}
	text_poke_early(site, code, sizeof(code));
}

noinline void apply_returns(const int *start, const int *end)
{
	if (PVKERNEL_GEN >= 612 && has_cap(X86_FEATURE_RETHUNK))
		static_call_force_reinit();
	for (const int *s = start; s < end; s++)
		patch_return((u8 *)s + *s);
}
