// SPDX-License-Identifier: GPL-2.0-only
/*
 * The passes over the patch tables, in their order.
 */
#include "boot.h"
#include "cpu.h"
#include "lock.h"
#include "patch.h"
#include "pv.h"

extern const u8 __x86_indirect_thunk_array[];
#define THUNK_LEN 32
#define NR_REGS	  16
#define REG_RSP	  4

void paravirt_set_cap(void);

/* --- paravirt: a call of what the slot holds, or nothing --- */

noinline void apply_paravirt(const struct paravirt_patch_site *start,
			     const struct paravirt_patch_site *end)
{
	for (const struct paravirt_patch_site *p = start; p < end; p++) {
		void *func = ((void **)&pv_ops)[p->type];
		u8 code[256];
		u32 used = 5;

		if (!func)
			func = (void *)paravirt_BUG;
		if (p->len < used) {
			patch_complaint("paravirt site shorter than a call", (void *)p->instr);
			continue;
		}
		if (func == (void *)_paravirt_nop)
			used = 0;
		else
			make_branch(code, OP_CALL, (void *)p->instr, func);
		add_nops(code + used, p->len - used);
		text_poke_early((void *)p->instr, code, p->len);
	}
}

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

static void patch_retpoline(u8 *site)
{
	u32 prefixes, reg, len = decode_thunk_branch(site, &prefixes, &reg), nr = 0;
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
	if (has_cap(X86_FEATURE_RETPOLINE) && !has_cap(X86_FEATURE_RETPOLINE_LFENCE))
		return;
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
	if (reg >= 8)
		code[nr++] = 0x41;
	code[nr++] = 0xff;
	code[nr++] = (call ? 0xd0 : 0xe0) | (reg & 7);
	if (nr > len)
		return; /* does not fit: the thunk stays, which does the same */
	if (!call && nr < len)
		code[nr++] = OP_INT3;
	while (nr < len)
		code[nr++] = OP_NOP;
	text_poke_early(site, code, len);
	optimize_nops(site, len);
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
	if (has_cap(X86_FEATURE_RETHUNK))
		make_branch(code, OP_JMP, site, x86_return_thunk);
	text_poke_early(site, code, sizeof(code));
}

noinline void apply_returns(const int *start, const int *end)
{
	for (const int *s = start; s < end; s++)
		patch_return((u8 *)s + *s);
}

/* --- alternatives --- */

/* A jump of five bytes to another place; forward and near it becomes one of two. */
static void relocate_jump(u8 *code, const u8 *site, const u8 *replacement)
{
	const u8 *target = branch_target(replacement);
	long distance = target - site;

	if (distance >= 0 && distance - 2 <= 127) {
		code[0] = OP_JMP_SHORT;
		code[1] = distance - 2;
		add_nops(code + 2, 3);
	} else {
		make_branch(code, OP_JMP, site, target);
	}
}

static void replace(const struct alt_instr *alt, u8 *site)
{
	const u8 *replacement = (const u8 *)&alt->repl + alt->repl;
	u8 code[256];
	u32 len = alt->repl_len;

	for (u32 i = 0; i < len; i++)
		code[i] = replacement[i];
	if (len == 5 && code[0] == OP_CALL)
		make_branch(code, OP_CALL, site, branch_target(replacement));
	else if (len == 5 && (code[0] == OP_JMP || code[0] == OP_JMP_SHORT))
		relocate_jump(code, site, replacement);
	while (len < alt->len)
		code[len++] = OP_NOP;
	text_poke_early(site, code, len);
}

noinline void apply_alternatives(const struct alt_instr *start, const struct alt_instr *end)
{
	for (const struct alt_instr *a = start; a < end; a++) {
		u8 *site = (u8 *)&a->instr + a->instr;

		if (has_cap(a->feature & 0x7fff) != a->feature >> 15)
			replace(a, site);
		optimize_nops(site, a->len);
	}
}

/* --- lock prefixes --- */

/* On one CPU they do nothing that an empty ds prefix would not. */
noinline void alternatives_smp_module_add(const int *start, const int *end)
{
	static const u8 ds = 0x3e;
	u64 cpus = 0;

	for (u32 i = 0; i < ARRAY_SIZE(__cpu_present_mask); i++)
		cpus += __cpu_present_mask[i];
	if (cpus != 1)
		return;
	for (const int *s = start; s < end; s++) {
		u8 *site = (u8 *)s + *s;

		if (*s && site >= (u8 *)_text && site < (u8 *)_etext && *site == 0xf0)
			text_poke_early(site, &ds, 1);
	}
}

/* --- all of them --- */

/* Two features say what a slot of pv_ops holds. */
noinline void paravirt_set_cap(void)
{
	if (pv_ops.lock.queued_spin_unlock != __raw_callee_save___native_queued_spin_unlock)
		set_cap(X86_FEATURE_PVUNLOCK);
	if (pv_ops.lock.vcpu_is_preempted != __raw_callee_save___native_vcpu_is_preempted)
		set_cap(X86_FEATURE_VCPUPREEMPT);
}

void alternative_instructions(void)
{
	paravirt_set_cap();
#ifndef BUG_B8
	/* Alternatives overwrite the calls that this pass makes at the same sites. */
	apply_paravirt(__parainstructions, __parainstructions_end);
#endif
	/* Thunks are alternatives: later, no branch would lead to one that is still known. */
	apply_retpolines(__retpoline_sites, __retpoline_sites_end);
	apply_returns(__return_sites, __return_sites_end);
	apply_alternatives(__alt_instructions, __alt_instructions_end);
#ifdef BUG_B8
	apply_paravirt(__parainstructions, __parainstructions_end);
#endif
	alternatives_smp_module_add(__smp_locks, __smp_locks_end);
}
