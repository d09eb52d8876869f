/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alt_entry.h - an entry of .altinstructions since 6.3: 14 bytes (site, replacement, feature, flags,
 * two lengths).  Flags: 1 when the CPU lacks the feature, 2 (since 6.8) a direct call of what the
 * site calls through a pointer.
 */
#ifndef PVK_ALT_ENTRY_H
#define PVK_ALT_ENTRY_H

#define ALT_FLAG_NOT	     1
#define ALT_FLAG_DIRECT_CALL 2

#define ALT_NOT(feature) ((feature) | ALT_FLAG_NOT << 16)
#define ALT_CALL_ALWAYS	 (X86_FEATURE_ALWAYS | ALT_FLAG_DIRECT_CALL << 16)

#ifdef __ASSEMBLER__
.macro ALT_ENTRY from:req to:req new:req new_end:req feature:req
	.pushsection .altinstructions, "a"
	.long	\from - ., \new - .
	.long	\feature
	.byte	\to - \from, \new_end - \new
	.popsection
.endm
#else
#include "types.h"

struct alt_instr {
	int instr, repl; /* each from its own field */
	u16 feature, flags;
	u8 len, repl_len;
} __packed;

#define ALT_ENTRY(from, to, new, new_end, feature)                                                 \
	".pushsection .altinstructions, \"a\"\n"                                                   \
	".long " from " - ., " new " - .\n"                                                        \
	".long " STRINGIFY(feature) "\n"                                                           \
				    ".byte " to " - " from ", " new_end " - " new "\n"             \
				    ".popsection\n"

/* Two replacements are an alternative in an alternative: the inner entry may have a shorter site. */
#define ALTERNATIVE_2(old, new1, feature1, new2, feature2)                                         \
	"651: " ALTERNATIVE(old, new1, feature1) "\n652:\n" ALT_PAD_("(652b - 651b)", ALT_LEN_(2)) \
		"653:\n" ALT_ENTRY("651b", "653b", "6623f", "6624f", feature2)                     \
			ALT_REPLACEMENT_(2, new2)
#endif

#endif
