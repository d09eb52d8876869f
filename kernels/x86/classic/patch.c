// SPDX-License-Identifier: GPL-2.0-only
/*
 * The passes over the patch tables in the order of 5.10, and the one over pv sites: pv_ops itself has
 * the function that says what becomes of one.
 */
#include "boot.h"
#include "native_forms.h"
#include "patch.h"
#include "pv.h"

#define TYPE(group, field) (offsetof(struct paravirt_patch_template, group.field) / sizeof(void *))

/* What some operations are natively, whatever their slots hold; the two of locks when they hold what
 * that does.  Source: arch/x86/kernel/paravirt_patch.c of 5.10. */
static const struct form {
	u8 type, len, code[6];
	callee_save_fn *only;
} forms[] = {
	NATIVE_FORMS
};

/* Bytes that are used of len; 0 where it does not fit. */
static u32 put(u8 *code, u32 len, const u8 *bytes, u32 nr, ulong addr)
{
	if (nr > len) {
		patch_complaint("no room at the site", (void *)addr);
		return 0;
	}
	for (u32 i = 0; i < nr; i++)
		code[i] = bytes[i];
	return nr;
}

u32 paravirt_patch_default(u8 type, u8 *code, ulong addr, u32 len)
{
	static const u8 trap[2] = {0x0f, 0x0b};
	ONLY_AMD64(static const u8 move[3] = {0x48, 0x89, 0xf8};) /* mov %rdi, %rax */
	void *func = ((void **)&pv_ops)[type];
	bool jump = IS_JUMP(type);
	u8 branch[5];

	if (!func)
		return put(code, len, trap, sizeof(trap), addr);
	if (func == (void *)PV_NOP)
		return 0;
	ONLY_AMD64(if (func == (void *)_paravirt_ident_64) return put(code, len, move, sizeof(move), addr);)
	make_branch(branch, jump ? OP_JMP : OP_CALL, (void *)addr, func);
	return put(code, len, branch, sizeof(branch), addr);
}

u32 native_patch(u8 type, u8 *code, ulong addr, u32 len)
{
	for (u32 i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *form = &forms[i];

#ifdef BUG_ANY_SLOT
		if (form->type == type)
			return put(code, len, form->code, form->len, addr);
#endif
		if (form->type == type &&
		    (!form->only || ((void **)&pv_ops)[type] == (void *)form->only))
			return put(code, len, form->code, form->len, addr);
	}
	return paravirt_patch_default(type, code, addr, len);
}

noinline void apply_paravirt(const struct paravirt_patch_site *start,
			     const struct paravirt_patch_site *end)
{
	for (const struct paravirt_patch_site *p = start; p < end; p++) {
		u8 code[256];
		u32 used;

		for (u32 i = 0; i < p->len; i++)
			code[i] = ((const u8 *)p->instr)[i];
		/* it is a slot, but no site: called as it is */
		used = indirect_call4(pv_ops.init.patch, p->type, code, p->instr, p->len);
		add_nops(code + used, p->len - used);
		text_poke_early((void *)p->instr, code, p->len);
	}
}

void alternative_instructions(void)
{
	/* Thunks are alternatives: later, no branch would lead to one that is still known. */
	ONLY_AMD64(apply_retpolines(__retpoline_sites, __retpoline_sites_end));
	ONLY_AMD64(apply_returns(__return_sites, __return_sites_end));
	apply_alternatives(__alt_instructions, __alt_instructions_end);
	alternatives_smp_module_add(__smp_locks, __smp_locks_end);
	apply_paravirt(__parainstructions, __parainstructions_end);
}
