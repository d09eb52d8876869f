// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alternatives of 7.2: of the entries of one site, which stand together, the last that applies makes
 * its bytes; what is there is read as linked, and written once.
 */
#include "boot.h"
#include "patch.h"
#include "relocate.h"

static bool applies(const struct alt_instr *a)
{
	return has_cap(a->feature) != (a->flags & ALT_FLAG_NOT);
}

noinline void apply_alternatives(const struct alt_instr *start, const struct alt_instr *end)
{
	const struct alt_instr *next;

	for (const struct alt_instr *a = start; a < end; a = next) {
		const struct alt_instr *chosen = NULL;
		u8 *site = alt_site(a), code[256];
		u32 len = 0;

		for (next = a; next < end && alt_site(next) == site; next++) {
			if (next->len > len)
				len = next->len;
#ifdef BUG_FIRST
			if (chosen)
				continue;
#endif
			if (applies(next))
				chosen = next;
		}
		if (chosen) {
			make_replacement(chosen, site, code, len);
		} else {
			for (u32 i = 0; i < len; i++)
				code[i] = site[i];
			optimize_nops(code, len);
		}
		text_poke_early(site, code, len);
	}
}
