// SPDX-License-Identifier: GPL-2.0-only
/*
 * NOPs up to 6.2: as many as it takes, and runs of one-byte ones become long ones.
 */
#include "patch.h"

/* The longest first: nine bytes are eight and one. */
void add_nops(u8 *code, u32 len)
{
	u32 n;

	for (; len; len -= n) {
		n = len < 8 ? len : 8;
		for (u32 i = 0; i < n; i++)
			*code++ = ideal_nops[n - 1][i];
	}
}

void optimize_nops(u8 *code, u32 len)
{
	u8 nops[256];
	u32 n;

#ifdef BUG_B23
	len = 0;
#endif
	for (u32 i = 0; i < len; i += n) {
#ifdef BUG_B24
		n = 1;
#else
		n = insn_length(code + i);
#endif
		if (!n)
			return;
		if (n > 1 || code[i] != OP_NOP)
			continue;
		while (i + n < len && code[i + n] == OP_NOP)
			n++;
		if (n < 2)
			continue;
		add_nops(nops, n);
		text_poke_early(code + i, nops, n);
	}
}
