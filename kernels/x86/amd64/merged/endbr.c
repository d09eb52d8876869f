// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seal: an endbr64 that no indirect branch leads to is made none, whether or not the CPU asks for
 * them.
 */
#include "patch.h"

noinline void apply_seal_endbr(const int *start, const int *end)
{
	static const u8 endbr[4] = {0xf3, 0x0f, 0x1e, 0xfa};
	static const u8 poison[4] = {
#if PVKERNEL_GEN <= 612
		0x66, 0x0f, 0x1f, 0x00, /* nopw (%rax) */
#else
		0x0f, 0x1f, 0x40, 0xd6, /* nopl -42(%rax) */
#endif
	};

	for (const int *s = start; s < end; s++) {
		u8 *site = (u8 *)s + *s;
		u32 same = 0;

		while (same < 4 && site[same] == endbr[same])
			same++;
		if (same == 4)
			text_poke_early(site, poison, sizeof(poison));
		else
			patch_complaint("no endbr64 to seal", site);
	}
}
