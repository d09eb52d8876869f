// SPDX-License-Identifier: GPL-2.0-only
/*
 * The passes over the patch tables in the order of 6.1, and the one over pv sites: a call of what
 * the slot holds, or nothing.
 */
#include "boot.h"
#include "patch.h"
#include "pv.h"

noinline void apply_paravirt(const struct paravirt_patch_site *start,
			     const struct paravirt_patch_site *end)
{
	for (const struct paravirt_patch_site *p = start; p < end; p++) {
		void *func = ((void **)&pv_ops)[p->type];
		u8 code[256];
		u32 used = 5;

		if (!func)
			func = (void *)PV_BUG;
		if (p->len < used) {
			patch_complaint("paravirt site shorter than a call", (void *)p->instr);
			continue;
		}
		if (func == (void *)PV_NOP)
			used = 0;
		else
			make_branch(code, OP_CALL, (void *)p->instr, func);
		add_nops(code + used, p->len - used);
		text_poke_early((void *)p->instr, code, p->len);
	}
}

void alternative_instructions(void)
{
	paravirt_set_cap();
#ifndef BUG_B8
	/* Alternatives overwrite the calls that this pass makes at the same sites. */
	apply_paravirt(__parainstructions, __parainstructions_end);
#endif
	/* Thunks are alternatives: later, no branch would lead to one that is still known. */
	ONLY_AMD64(apply_retpolines(__retpoline_sites, __retpoline_sites_end));
	ONLY_AMD64(apply_returns(__return_sites, __return_sites_end));
	apply_alternatives(__alt_instructions, __alt_instructions_end);
#ifdef BUG_B8
	apply_paravirt(__parainstructions, __parainstructions_end);
#endif
	alternatives_smp_module_add(__smp_locks, __smp_locks_end);
}
