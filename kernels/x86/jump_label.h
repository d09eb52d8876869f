/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * jump_label.h - branches that a static key turns on: a 5-byte nop, or a jump once the key is
 * true, listed in __jump_table (16 bytes, i386 12: code, target, key; bit 0 of the key is the state in
 * which the branch is taken, here always 0: keys start false).
 */
#ifndef PVK_JUMP_LABEL_H
#define PVK_JUMP_LABEL_H

#include "types.h"

struct static_key {
	int enabled;
	ulong entries;
};

#define static_branch(key)                                                                         \
	({                                                                                         \
		__label__ yes_;                                                                    \
		bool on_ = false;                                                                  \
		asm goto("771: .byte " STRINGIFY(NOP5) "\n"                                     \
			 ".pushsection __jump_table, \"a\"\n"                                      \
			 ".balign " STRINGIFY(WORD_LEN) "\n"                                                             \
			 ".long 771b - ., %l[yes_] - .\n"                                          \
			 WORD " %c0 - .\n"                                                         \
			 ".popsection\n"                                                           \
			 :                                                                         \
			 : "i"(&(key))                                                             \
			 :                                                                         \
			 : yes_);                                                                  \
		if (0)                                                                             \
		yes_:                                                                              \
			on_ = true;                                                                \
		on_;                                                                               \
	})

extern struct static_key cr_pinning, mds_idle_clear, xen_struct_pages_ready;

#endif
