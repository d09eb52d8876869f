// SPDX-License-Identifier: GPL-2.0-only
/*
 * The passes over the patch tables in the order of 7.2.
 */
#include "boot.h"
#include "patch.h"

#ifdef __x86_64__
#include "call_thunks.h"
#endif

void alternative_instructions(void)
{
	paravirt_set_cap();
	/* Thunks are alternatives: later, no branch would lead to one that is still known. */
	ONLY_AMD64(apply_retpolines(__retpoline_sites, __retpoline_sites_end));
	ONLY_AMD64(apply_returns(__return_sites, __return_sites_end));
	/* Before alternatives: calls that come out of these are not accounted. */
	ONLY_AMD64(callthunks_patch_builtin_calls());
	/* Pv sites are among these. */
	apply_alternatives(__alt_instructions, __alt_instructions_end);
	ONLY_AMD64(apply_seal_endbr(__ibt_endbr_seal, __ibt_endbr_seal_end));
	alternatives_smp_module_add(__smp_locks, __smp_locks_end);
}
