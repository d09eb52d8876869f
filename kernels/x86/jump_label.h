/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * jump_label.h - branches that a static key turns on: a 5-byte nop, or a jump once the key is
 * true, listed in __jump_table (16 bytes: code, target, key; bit 0 of the key is the state in
 * which the branch is taken, here always 0: keys start false).
 */
#ifndef PVK_JUMP_LABEL_H
#define PVK_JUMP_LABEL_H

#include "types.h"

struct static_key {
	int enabled;
	u64 entries;
};

#define static_branch(key)                                                                         \
	({                                                                                         \
		__label__ yes_;                                                                    \
		bool on_ = false;                                                                  \
		asm goto("771: .byte 0x0f, 0x1f, 0x44, 0, 0\n"                                     \
			 ".pushsection __jump_table, \"a\"\n"                                      \
			 ".balign 8\n"                                                             \
			 ".long 771b - ., %l[yes_] - .\n"                                          \
			 ".quad %c0 - .\n"                                                         \
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
