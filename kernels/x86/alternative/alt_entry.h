/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alt_entry.h - an entry of .altinstructions up to 6.2: 12 bytes (site, replacement, feature, two
 * lengths); bit 15 of the feature: when the CPU lacks it.
 */
#ifndef PVK_ALT_ENTRY_H
#define PVK_ALT_ENTRY_H

#define ALT_NOT(feature) ((feature) | 0x8000)

#ifdef __ASSEMBLER__
.macro ALT_ENTRY from:req to:req new:req new_end:req feature:req
	.pushsection .altinstructions, "a"
	.long	\from - ., \new - .
	.short	\feature
	.byte	\to - \from, \new_end - \new
	.popsection
.endm
#else
#include "types.h"

struct alt_instr {
	int instr, repl; /* each from its own field */
	u16 feature;	 /* bit 15: when it is absent */
	u8 len, repl_len;
} __packed;

#define ALT_ENTRY(from, to, new, new_end, feature)                                                 \
	".pushsection .altinstructions, \"a\"\n"                                                   \
	".long " from " - ., " new " - .\n"                                                        \
	".short " STRINGIFY(feature) "\n"                                                          \
				     ".byte " to " - " from ", " new_end " - " new "\n"            \
				     ".popsection\n"

/* Two replacements of one site: both entries have its length. */
#ifdef BUG_B22
#define ALT_MAX_(a, b) a
#else
#define ALT_MAX_(a, b) "(" a " + (" b " > " a ") * (" a " - " b "))"
#endif
#define ALTERNATIVE_2(old, new1, feature1, new2, feature2)                                         \
	"661: " old "\n662:\n" ALT_PAD_("(662b - 661b)", ALT_MAX_(ALT_LEN_(1), ALT_LEN_(2)))       \
		"663:\n" ALT_ENTRY("661b", "663b", "6613f", "6614f", feature1)                     \
			ALT_ENTRY("661b", "663b", "6623f", "6624f", feature2)                      \
				ALT_REPLACEMENT_(1, new1) ALT_REPLACEMENT_(2, new2)
#endif

#endif
