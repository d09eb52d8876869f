/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alternative.h - code with replacements: text for inline assembly that makes an entry of
 * .altinstructions for each replacement.  What an entry is, and what two replacements of one site
 * are, differs between generations: alt_entry.h of the form's folder.
 *
 * The replacement of most is chosen once, at boot; static_cpu_has() is a branch made this way.
 */
#ifndef PVK_ALTERNATIVE_H
#define PVK_ALTERNATIVE_H

#include "features.h"
#include "types.h"

#define ALT_REPLACEMENT_(nr, new)                                                                  \
	".pushsection .altinstr_replacement, \"ax\"\n"                                             \
	"66" #nr "3: " new "\n"                                                                    \
			   "66" #nr "4:\n"                                                         \
			   ".popsection\n"

/* The assembler has -1 for true, so (a > b) * (b - a) is max(a - b, 0). */
#define ALT_LEN_(nr)	       "(66" #nr "4f - 66" #nr "3f)"
#define ALT_PAD_(old_len, len) ".skip (" len " > " old_len ") * (" old_len " - " len "), 0x90\n"

#define ALTERNATIVE(old, new, feature)                                                             \
	"661: " old "\n662:\n" ALT_PAD_("(662b - 661b)", ALT_LEN_(1))                              \
		"663:\n" ALT_ENTRY("661b", "663b", "6613f", "6614f", feature)                      \
			ALT_REPLACEMENT_(1, new)

#include "alt_entry.h"

/* yes when the CPU has the feature, else no; old until boot has decided. */
#define ALTERNATIVE_TERNARY(old, feature, yes, no)                                                 \
	ALTERNATIVE_2(old, no, X86_FEATURE_ALWAYS, yes, feature)

/*
 * Whether the CPU has the feature: before patching a jump to a test of the capability bit in
 * .altinstr_aux (in another section, so the jump has 5 bytes), afterwards a jump or nothing.
 */
#define static_cpu_has(feature)                                                                    \
	({                                                                                         \
		__label__ yes_, no_;                                                               \
		bool has_;                                                                         \
		asm goto(ALTERNATIVE_TERNARY("jmp 669f", feature, "",                              \
					     "jmp %l[no_]") ".pushsection .altinstr_aux, \"ax\"\n" \
							    "669: testb %[mask], boot_cpu_data + " \
							    "%c[byte]" RIP "\n"                    \
							    "jnz %l[yes_]\n"                       \
							    "jmp %l[no_]\n"                        \
							    ".popsection\n"                        \
			 :                                                                         \
			 : [mask] "i"(1 << ((feature) % 8)), [byte] "i"(BOOT_CPU_CAPABILITY +      \
									(feature) / 8)             \
			 : "cc"                                                                    \
			 : yes_, no_);                                                             \
	yes_:                                                                                      \
		has_ = true;                                                                       \
		if (0)                                                                             \
		no_:                                                                               \
			has_ = false;                                                              \
		has_;                                                                              \
	})

#endif
