/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv_site.h - a pv call site of 5.10: ff 14 25 abs32 (i386: ff 15 abs32), and an entry in .parainstructions (address, slot
 * number, length, clobber word, aligned in front: nothing fills up the last one).  It has no inline
 * form: the patcher knows those.
 */
#ifndef PVK_PV_SITE_H
#define PVK_PV_SITE_H

#ifdef __ASSEMBLER__
/* Hand-written ones are relative to rip, and have no clobber word: it reads as 0. */
.macro PV_SITE_ASM insn:req slot:req
.Lpv_\@:
	SLOT_INSN \insn, \slot
.Lpv_end_\@:
	.pushsection .parainstructions, "a"
	.balign	WORD_LEN
	WORD	.Lpv_\@
	.byte	\slot, .Lpv_end_\@ - .Lpv_\@
	.popsection
.endm

.macro PV_CALL slot:req
	PV_SITE_ASM call, \slot
.endm

.macro PV_JMP slot:req
	PV_SITE_ASM jmp, \slot
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
	"771: call *%c[slot]\n" room "772:\n"                                                      \
	".pushsection .parainstructions, \"a\"\n"                                                  \
	".balign " STRINGIFY(WORD_LEN) "\n"                                                        \
	WORD " 771b\n"                                                                             \
	".byte %c[type], 772b - 771b\n"                                                            \
	".short " #clobbers "\n"                                                                   \
	".popsection\n"
#define PV_SITE(clobbers)			PV_SITE_ROOM(clobbers, "")
#define PV_SITE_ALT(clobbers, inlined, feature) PV_SITE(clobbers)
#endif

#endif
