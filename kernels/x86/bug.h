/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bug.h - ud2 with an entry in __bug_table (12 bytes: address, file name, line, flags; the
 * first two are relative, or as they are in a 32-bit kernel; flag bit 0:
 * a warning, execution goes on), and exception-table entries (12 bytes: instruction, where to go on
 * when it faults, handler type; 1 is "just go there").
 */
#ifndef PVK_BUG_H
#define PVK_BUG_H

#include "types.h"

#define BUG_ENTRY_(flags)                                                                          \
	asm volatile("771: ud2\n"                                                                  \
		     ".pushsection __bug_table, \"aw\"\n"                                          \
		     ".long 771b" BUG_FROM ", %c0" BUG_FROM "\n"                                                   \
		     ".short %c1, " #flags "\n"                                                    \
		     ".popsection"                                                                 \
		     :                                                                             \
		     : "i"(__FILE_NAME__), "i"(__LINE__))

#define BUG()                                                                                      \
	do {                                                                                       \
		BUG_ENTRY_(0);                                                                     \
		__builtin_unreachable();                                                           \
	} while (0)
#define BUG_ON(cond)                                                                               \
	do {                                                                                       \
		if (cond)                                                                          \
			BUG();                                                                     \
	} while (0)
#define WARN_ON(cond)                                                                              \
	do {                                                                                       \
		if (cond)                                                                          \
			BUG_ENTRY_(1);                                                             \
	} while (0)

#define EXTABLE(from, to)                                                                          \
	".pushsection __ex_table, \"a\"\n"                                                         \
	".balign 4\n"                                                                              \
	".long " #from " - ., " #to " - ., 1\n"                                                    \
	".popsection\n"
/* Where the instruction labelled 1 faults, do this and go on at label 2. */
#define ON_FAULT(instructions)                                                                     \
	".pushsection .text.fixup, \"ax\"\n"                                                       \
	"3: " instructions "\n"                                                                    \
	"jmp 2b\n"                                                                                 \
	".popsection\n" EXTABLE(1b, 3b)

#endif
