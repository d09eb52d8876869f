/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv_site.h - a pv call site of 6.1: ff 15 rel32 (i386: abs32) and an entry in .parainstructions
 * (16 bytes, i386 8: address, slot number, length, clobber word).  An inline form is an alternative
 * on the same bytes.
 */
#ifndef PVK_PV_SITE_H
#define PVK_PV_SITE_H

#ifdef __ASSEMBLER__
/* Like the real hand-written ones the entry has no clobber word: it reads as 0. */
.macro PV_CALL slot:req
.Lpv_\@:
	SLOT_INSN call, \slot
.Lpv_end_\@:
	.pushsection .parainstructions, "a"
	.balign	WORD_LEN
	WORD	.Lpv_\@
	.byte	\slot, .Lpv_end_\@ - .Lpv_\@
	.balign	WORD_LEN
	.popsection
.endm
#else
#include "types.h"

struct paravirt_patch_site {
	ulong instr;
	u8 type, len;
	u16 clobbers;
};
extern const struct paravirt_patch_site __parainstructions[], __parainstructions_end[];
void apply_paravirt(const struct paravirt_patch_site *start, const struct paravirt_patch_site *end);

/* Operands: slot, type.  room: instructions behind the call that belong to the site. */
#define PV_SITE_ROOM(clobbers, room)                                                               \
	"771: call *%c[slot]" RIP "\n" room "772:\n"                                               \
	".pushsection .parainstructions, \"a\"\n"                                                  \
	".balign " STRINGIFY(WORD_LEN) "\n"                                                        \
	WORD " 771b\n"                                                                             \
	".byte %c[type], 772b - 771b\n"                                                            \
	".short " #clobbers "\n"                                                                   \
	".balign " STRINGIFY(WORD_LEN) "\n"                                                        \
	".popsection\n"
#define PV_SITE(clobbers)			PV_SITE_ROOM(clobbers, "")
#define PV_SITE_ALT(clobbers, inlined, feature) ALTERNATIVE(PV_SITE(clobbers), inlined, feature)
#endif

#endif
