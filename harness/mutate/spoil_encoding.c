// SPDX-License-Identifier: GPL-2.0-only
/*
 * spoil_encoding.c - the right instruction in bytes that are almost right.
 */
#include "spoil.h"

#include <string.h>

bool pvp_spoil_swapped_bytes(struct pvp_spoil *s)
{
	const size_t at = s->variant ? s->variant - 1 : 1;

	if (s->variant == 0) { /* rel32 in the other order */
		for (size_t i = 0; s->branch && i < 4; i++)
			s->out[at + i] = s->good[at + 3 - i];
		return s->branch;
	}
	if (at + 1 >= s->body)
		return false;
	s->out[at] = s->good[at + 1];
	s->out[at + 1] = s->good[at];
	return true;
}

/* The first instruction with a memory operand of the form (register) or disp8(register). */
static bool find_memory(const struct pvp_spoil *s, struct pvp_spoil_fields *ret)
{
	for (size_t i = 0; !s->branch && i < s->nr_insns; i++) {
		const struct pvp_spoil_fields f = pvp_spoil_fields_of(s, i);

		if (!f.has_modrm || s->good[f.modrm] >= 0x80 || (s->good[f.modrm] & 7) == 4 ||
		    (s->good[f.modrm] & 0xc7) == 5)
			continue;
		*ret = f;
		return true;
	}
	return false;
}

/* One byte more at `at`; what is behind the body is NOPs again. */
static bool insert(struct pvp_spoil *s, size_t at, uint8_t byte)
{
	if (s->body + 1 > s->len)
		return false;
	memcpy(s->out + at + 1, s->good + at, s->body - at);
	memset(s->out + s->body + 1, 0x90, s->len - s->body - 1);
	s->out[at] = byte;
	return true;
}

bool pvp_spoil_displacement(struct pvp_spoil *s)
{
	static const int8_t by[] = {1, -1, 4, 8};
	struct pvp_spoil_fields f;

	if (!find_memory(s, &f))
		return false;
	if (s->good[f.modrm] & 0x40) {
		s->out[f.modrm + 1] += by[s->variant];
		return true;
	}
	if (!insert(s, f.modrm + 1, by[s->variant]))
		return false;
	s->out[f.modrm] |= 0x40;
	return true;
}

/* In 64-bit mode only fs and gs are segments with a base; i386's others are flat, too. */
bool pvp_spoil_segment(struct pvp_spoil *s)
{
	static const uint8_t prefixes[] = {0x64, 0x65};
	struct pvp_spoil_fields f;

	if (!find_memory(s, &f))
		return false;
	if (s->good[f.at] == prefixes[s->variant]) {
		s->out[f.at] = 0x3e; /* ds */
		return true;
	}
	return insert(s, f.at, prefixes[s->variant]);
}

bool pvp_spoil_prefix(struct pvp_spoil *s)
{
	static const uint8_t prefixes[] = {0x66, 0x67};

	/* (Before a call or jump the address size does nothing, and vendors differ about the other.) */
	return s->body && !s->branch && insert(s, 0, prefixes[s->variant]);
}
