// SPDX-License-Identifier: GPL-2.0-only
/*
 * The passes over the patch tables in the order of 7.2.
 */
#include "boot.h"
#include "call_thunks.h"
#include "patch.h"

void alternative_instructions(void)
{
	paravirt_set_cap();
	/* Thunks are alternatives: later, no branch would lead to one that is still known. */
	apply_retpolines(__retpoline_sites, __retpoline_sites_end);
	apply_returns(__return_sites, __return_sites_end);
	/* Before alternatives: calls that come out of these are not accounted. */
	callthunks_patch_builtin_calls();
	/* Pv sites are among these. */
	apply_alternatives(__alt_instructions, __alt_instructions_end);
	apply_seal_endbr(__ibt_endbr_seal, __ibt_endbr_seal_end);
	alternatives_smp_module_add(__smp_locks, __smp_locks_end);
}
