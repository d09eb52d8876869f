// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alternatives of 6.12: entries of one site stand together, the longest has its length; each is
 * written in turn, or, where it does not apply, the NOPs of what is there are made fewer.
 */
#include "boot.h"
#include "patch.h"
#include "relocate.h"

static u32 site_length(const struct alt_instr *a, const struct alt_instr *end)
{
	u8 *site = alt_site(a);
	u32 len = 0;

	for (; a < end && alt_site(a) == site; a++)
		len = a->len > len ? a->len : len;
	return len;
}

noinline void apply_alternatives(const struct alt_instr *start, const struct alt_instr *end)
{
	const u8 *last = NULL;
	u8 code[256];
	u32 len = 0;

	for (const struct alt_instr *a = start; a < end; a++) {
		u8 *site = alt_site(a);

		if (site != last)
			len = site_length(a, end);
		last = site;
		if (has_cap(a->feature) != (a->flags & ALT_FLAG_NOT)) {
			make_replacement(a, site, code, len);
		} else {
			for (u32 i = 0; i < len; i++)
				code[i] = site[i];
			optimize_nops(code, len);
		}
		text_poke_early(site, code, len);
	}
}
