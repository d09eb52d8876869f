/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sensitive.h - which instructions are not what they seem in a kernel that runs in ring 3, and why.
 *
 * Kinds are told by the class that the decoder gives, or, where it has none, by the text of the
 * instruction.  What a platform's file says of a class (fault, emulate, allow) comes before the
 * table's own word.
 */
#ifndef PVP_SENSITIVE_H
#define PVP_SENSITIVE_H

#include "x86/decode.h"
#include "platform.h"

#define PVP_HARMS(X)                                                                             \
	X(FAULTS, "faults", "the processor refuses it, and so does the hypervisor")                \
	X(EMULATED, "emulated", "the hypervisor does it instead, as far as it thinks right")       \
	X(SILENT, "silent", "it runs, and does or answers something else than in ring 0")          \
	X(UNDECODED, "undecoded", "the bytes are no instruction that is known here")

enum pvp_harm {
#define X(id, name, what) PVP_HARM_##id,
	PVP_HARMS(X)
#undef X
	PVP_NR_HARMS
};
const char *pvp_harm_name(enum pvp_harm harm);

struct pvp_sensitive {
	const char *name;	  /* what allow lists call it: "cli", "pushf" */
	enum pvp_x86_class class; /* PVP_X86_UNSEEN: by text */
	uint8_t opcode;		  /* of the class only this one; 0: all */
	const char *text;	  /* as of fnmatch(3), alternatives between bars */
	enum pvp_harm harm;	  /* in ring 3, where the platform has no other word */
	const char *why;
};

struct pvp_sensitive_bytes {
	uint8_t prefixes; /* exactly these of PVP_X86_P66, .. (x86/encodings.h) in front of the opcode */
	uint8_t len, bytes[4];
	/* ModRM and what it says behind it: none, some, of a register only. */
	enum { PVP_SENSITIVE_ALONE, PVP_SENSITIVE_OPERAND, PVP_SENSITIVE_REGISTER } operand;
	uint8_t immediate; /* bytes of it, in the end */
	struct pvp_sensitive what; /* name: NULL: harmless */
};

/* The kind of an instruction and what becomes of it on the platform, or NULL: harmless in ring 3. */
const struct pvp_sensitive *pvp_sensitive_find(const struct pvp_x86_insn *insn,
					       const struct pvp_platform *platform,
					       enum pvp_harm *harm);
/* The row of an instruction that the decoder does not know, or NULL.  They are looked for first. */
const struct pvp_sensitive_bytes *pvp_sensitive_bytes_find(unsigned prefixes, const uint8_t *op,
							   size_t nr);
/* The kind that stands for bytes which do not decode. */
const struct pvp_sensitive *pvp_sensitive_undecoded(void);
/* Whether a pattern as of fnmatch(3) fits the name of any kind. */
bool pvp_sensitive_is_name(const char *pattern);
/* The kinds, each once, by number from 0 on; NULL: there are not as many. */
const char *pvp_sensitive_name(size_t nr);

#endif
