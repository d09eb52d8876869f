// SPDX-License-Identifier: GPL-2.0-only
#include "look.h"

#include <stdio.h>
#include <string.h>

#include "x86/encodings.h"

#define MAX_INSN_LEN 15

struct lead {
	uint8_t len;	    /* of the prefixes */
	unsigned mandatory; /* which of them choose among instructions: PVP_X86_P66, .. */
	bool lock;
};

static struct lead lead_of(const uint8_t *bytes, size_t nr)
{
	struct lead lead = {0};
	unsigned repeat = 0;

	for (; lead.len < nr; lead.len++) {
		switch (bytes[lead.len]) {
		case 0x26: /* segments */
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65:
		case 0x67: /* 32-bit addresses */
			break;
		case 0x66:
			lead.mandatory = PVP_X86_P66;
			break;
		case 0xf2: /* of both the last counts, and comes before 66 */
			repeat = PVP_X86_PF2;
			break;
		case 0xf3:
			repeat = PVP_X86_PF3;
			break;
		case 0xf0:
			lead.lock = true;
			break;
		default:
			if (bytes[lead.len] >> 4 != 4) /* REX */
				goto out;
		}
	}
out:
	if (repeat)
		lead.mandatory = repeat;
	return lead;
}

/* ModRM, SIB and displacement, in 64-bit mode; EVEX scales one of a byte, which is as long.
 * Source: Intel SDM vol. 2, 2.1.5 and 2.7.5. */
static unsigned operand_length(const uint8_t *modrm, size_t nr)
{
	const unsigned mod = nr ? modrm[0] >> 6 : 3, rm = nr ? modrm[0] & 7 : 0;
	const unsigned base = rm == 4 && nr > 1 ? modrm[1] & 7 : rm;

	if (mod == 3)
		return 1;
	return 1 + (rm == 4) + (mod == 1 ? 1 : mod == 2 || (!mod && base == 5) ? 4 : 0);
}

/*
 * The length of an instruction of VEX or EVEX in the maps of 0f, 0f 38 and 0f 3a, or 0.  Nothing
 * there is privileged, or asks about what Xen hides.  The maps that have such instructions (4:
 * those that APX promotes; 7: of MSRs) are not read.  Source: Intel SDM vol. 2, appendix A.
 */
static unsigned vector_length(const uint8_t *bytes, size_t nr)
{
	unsigned map, at, len;
	uint8_t opcode;

	if (nr < 4)
		return 0;
	switch (bytes[0]) {
	case 0xc5:
		map = 1;
		at = 2;
		break;
	case 0xc4:
		map = bytes[1] & 0x1f;
		at = 3;
		break;
	case 0x62: /* bit 2 of the third byte is 1, unless it is APX's */
		map = bytes[2] & 4 ? bytes[1] & 0xf : 0;
		at = 4;
		break;
	default:
		return 0;
	}
	if (map < 1 || map > 3 || nr < at + 2)
		return 0;
	opcode = bytes[at++];
	if (map == 1 && opcode == 0x77) /* vzeroupper, vzeroall */
		return at;
	len = at + operand_length(bytes + at, nr - at);
	/* An immediate: shuffles, shifts, comparisons, insertions; all of 0f 3a. */
	if (map == 3 || (map == 1 && ((opcode >= 0x70 && opcode <= 0x73) || opcode == 0xc2 ||
				      (opcode >= 0xc4 && opcode <= 0xc6))))
		len++;
	return len <= nr ? len : 0;
}

/* What the disassembler has no idea of.  True: ret is complete. */
static bool by_bytes(const struct lead *lead, const uint8_t *bytes, size_t nr, struct pvp_look *ret)
{
	const uint8_t *op = bytes + lead->len;
	const size_t left = nr - lead->len;
	const struct pvp_sensitive_bytes *row =
		lead->lock ? NULL : pvp_sensitive_bytes_find(lead->mandatory, op, left);
	size_t len;

	if (!row)
		return false;
	len = row->len;
	if (row->operand)
		len += operand_length(op + len, left - len);
	if (len + row->immediate > left)
		return false;
	ret->len = lead->len + len + row->immediate;
	if (row->what.name) {
		ret->what = &row->what;
		ret->harm = row->what.harm;
		snprintf(ret->text, sizeof(ret->text), "%s", row->what.text);
	}
	return true;
}

/* Opcodes that are others with 66 or f2 in front of them, and no row of emu/x86/encodings.c tells:
 * extrq and insertq are vmread's and vmwrite's.  Source: AMD APM vol. 4, EXTRQ, INSERTQ. */
static bool is_sse4a(const struct lead *lead, const uint8_t *op, size_t nr)
{
	return nr > 1 && op[0] == 0x0f && (op[1] == 0x78 || op[1] == 0x79) && lead->mandatory &&
	       lead->mandatory != PVP_X86_PF3;
}

/* What is at op, with that prefix or none (0) alone.  True: it is sensitive; ret is complete. */
static bool is_sensitive(struct pvp_x86_decoder *decoder, const struct pvp_platform *platform,
			 const struct lead *lead, uint8_t prefix, const uint8_t *op, size_t nr,
			 struct pvp_look *ret)
{
	uint8_t bytes[MAX_INSN_LEN + 1] = {prefix};
	const size_t at = prefix ? 1 : 0;
	struct pvp_x86_insn insn;

	memcpy(bytes + at, op, nr);
	pvp_x86_decode(decoder, bytes, at + nr, 0, &insn);
	if (!insn.len)
		return false;
	ret->what = pvp_sensitive_find(&insn, platform, &ret->harm);
	if (!ret->what || ret->len) /* it has a text already */
		return ret->what;
	ret->len = lead->len + insn.len - at;
	snprintf(ret->text, sizeof(ret->text), "%s", insn.text);
	return true;
}

/*
 * Of an instruction that the decoder does not vouch for: whether it is a sensitive one, but for
 * prefixes that the processor ignores.  First with the one that may choose it, then with none; a
 * sensitive one is as long with any of them.
 */
static void by_opcode(struct pvp_x86_decoder *decoder, const struct pvp_platform *platform,
		      const struct lead *lead, const uint8_t *op, size_t nr, struct pvp_look *ret)
{
	const uint8_t chooses = lead->mandatory == PVP_X86_PF2	 ? 0xf2
				: lead->mandatory == PVP_X86_PF3 ? 0xf3
								 : 0x66;

	if (!nr || !lead->len || lead->lock)
		return;
	if (lead->mandatory) {
		if (is_sensitive(decoder, platform, lead, chooses, op, nr, ret))
			return;
		/* Another instruction, that is known, and harmless. */
		if (pvp_x86_encoding_find(PVP_ISA_AMD64, lead->mandatory, op, nr))
			return;
	}
	is_sensitive(decoder, platform, lead, 0, op, nr, ret);
}

void pvp_look(struct pvp_x86_decoder *decoder, const struct pvp_platform *platform,
	      const uint8_t *bytes, size_t nr, uint64_t addr, struct pvp_look *ret)
{
	struct pvp_x86_insn insn;
	struct lead lead;

	if (nr > MAX_INSN_LEN)
		nr = MAX_INSN_LEN;
	*ret = (struct pvp_look){0};
	lead = lead_of(bytes, nr);
	if (by_bytes(&lead, bytes, nr, ret))
		return;
	pvp_x86_decode(decoder, bytes, nr, addr, &insn);
	ret->len = insn.len;
	snprintf(ret->text, sizeof(ret->text), "%s", insn.text);
	if (!is_sse4a(&lead, bytes + lead.len, nr - lead.len)) {
		if (insn.len)
			ret->what = pvp_sensitive_find(&insn, platform, &ret->harm);
		if (!ret->what && insn.class == PVP_X86_UNMODELLED)
			by_opcode(decoder, platform, &lead, bytes + lead.len, nr - lead.len, ret);
	}
	if (!ret->len && !lead.len)
		ret->len = vector_length(bytes, nr);
	if (insn.class == PVP_X86_PLAIN && insn.op[0].kind == PVP_X86_IMM &&
	    (insn.text[0] == 'j' || insn.text[0] == 'c' || insn.text[0] == 'l')) {
		ret->leads = true;
		ret->target = insn.op[0].imm;
	}
}
