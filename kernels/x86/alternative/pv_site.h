/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv_site.h - a pv call site of 6.1: ff 15 rel32 and an entry in .parainstructions (16 bytes:
 * address, slot number, length, clobber word).  An inline form is an alternative on the same bytes.
 */
#ifndef PVK_PV_SITE_H
#define PVK_PV_SITE_H

#ifdef __ASSEMBLER__
/* Like the real hand-written ones the entry has no clobber word: it reads as 0. */
.macro PV_CALL slot:req
.Lpv_\@:
	call	*pv_ops + 8 * \slot(%rip)
.Lpv_end_\@:
	.pushsection .parainstructions, "a"
	.balign	8
	.quad	.Lpv_\@
	.byte	\slot, .Lpv_end_\@ - .Lpv_\@
	.balign	8
	.popsection
.endm
#else
struct paravirt_patch_site {
	u64 instr;
	u8 type, len;
	u16 clobbers;
	u32 pad;
};
extern const struct paravirt_patch_site __parainstructions[], __parainstructions_end[];
void apply_paravirt(const struct paravirt_patch_site *start, const struct paravirt_patch_site *end);

/* Operands: slot, type.  room: instructions behind the call that belong to the site. */
#define PV_SITE_ROOM(clobbers, room)                                                               \
	"771: call *%c[slot](%%rip)\n" room "772:\n"                                               \
	".pushsection .parainstructions, \"a\"\n"                                                  \
	".balign 8\n"                                                                              \
	".quad 771b\n"                                                                             \
	".byte %c[type], 772b - 771b\n"                                                            \
	".short " #clobbers "\n"                                                                   \
	".balign 8\n"                                                                              \
	".popsection\n"
#define PV_SITE(clobbers)			PV_SITE_ROOM(clobbers, "")
#define PV_SITE_ALT(clobbers, inlined, feature) ALTERNATIVE(PV_SITE(clobbers), inlined, feature)
#endif

#endif
