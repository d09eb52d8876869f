// SPDX-License-Identifier: GPL-2.0-only
/*
 * spoil_insns.c - inline forms with another instruction, register or width.
 */
#include "spoil.h"

#include <string.h>

bool pvp_spoil_inline(struct pvp_spoil *s)
{
	const struct pvp_spoil_context *context = s->context;
	size_t i;

	if (s->direct || !s->body || !context->nr_bodies)
		return false;
	i = (s->site->addr + s->variant) % context->nr_bodies;
	return pvp_spoil_replace(s, context->bodies[i].bytes, context->bodies[i].len);
}

/* --- where the fields of an instruction are --- */

/* Of the opcodes that boot writes inline; others have no fields. */
static bool has_modrm(bool two, uint8_t opcode)
{
	static const uint8_t one_byte[] = {0x01, 0x30, 0x31, 0x33, 0x85, 0x88,
					   0x89, 0x8a, 0x8b, 0xc6, 0xc7};

	if (two)
		return opcode == 0x20 || opcode == 0x22 || opcode == 0x21 || opcode == 0x23;
	return memchr(one_byte, opcode, sizeof(one_byte));
}

struct pvp_spoil_fields pvp_spoil_fields_of(const struct pvp_spoil *s, size_t i)
{
	struct pvp_spoil_fields f = {.at = s->insns[i].at, .len = s->insns[i].len};
	size_t p = f.at, end = f.at + f.len;

	while (p < end && (memchr("\x66\xf2\xf3\x3e\x2e", s->good[p], 5) ||
			   (s->amd64 && (s->good[p] & 0xf0) == 0x40)))
		p++;
	if (p + 1 < end && s->good[p] == 0x0f) {
		f.two = true;
		p++;
	}
	f.opcode = p < end ? p : f.at;
	f.modrm = p + 1;
	f.has_modrm = f.modrm < end && has_modrm(f.two, s->good[f.opcode]);
	return f;
}

static bool is_push_pop(uint8_t opcode)
{
	return opcode >= 0x50 && opcode <= 0x5f;
}

/* The reg or the rm field of the first instruction that has them, or of a push or pop. */
bool pvp_spoil_register(struct pvp_spoil *s)
{
	const unsigned field = s->variant % 2, by = s->variant / 2 + 1;

	for (size_t i = 0; !s->direct && i < s->nr_insns; i++) {
		struct pvp_spoil_fields f = pvp_spoil_fields_of(s, i);
		uint8_t *to = &s->out[f.has_modrm ? f.modrm : f.opcode];
		unsigned shift = f.has_modrm && !field ? 3 : 0;
		unsigned value = ((*to >> shift & 7) + by) & 7;

		if (s->insns[i].nop || (!f.has_modrm && (f.two || !is_push_pop(*to))))
			continue;
		if (f.has_modrm && !field && (s->good[f.opcode] & 0xfe) == 0xc6)
			return false; /* part of the opcode */
		if (f.has_modrm && field && *to < 0xc0 && (value == 4 || value == 5))
			return false; /* another addressing form */
		*to = (*to & ~(7u << shift)) | value << shift;
		return true;
	}
	return false;
}

bool pvp_spoil_direction(struct pvp_spoil *s)
{
	for (size_t i = 0; !s->direct && i < s->nr_insns; i++) {
		struct pvp_spoil_fields f = pvp_spoil_fields_of(s, i);
		uint8_t *opcode = &s->out[f.opcode];

		if (f.two && f.has_modrm)
			*opcode ^= 2; /* mov from and to a control or debug register */
		else if (f.has_modrm && (*opcode & 0xfc) == 0x88)
			*opcode ^= 2; /* mov r/m,r and r,r/m */
		else if (!f.two && (*opcode == 0x9c || *opcode == 0x9d))
			*opcode ^= 1; /* pushf, popf */
		else
			continue;
		return true;
	}
	return false;
}

bool pvp_spoil_immediate(struct pvp_spoil *s)
{
	static const uint8_t values[] = {0x01, 0xff};

	for (size_t i = 0; !s->direct && i < s->nr_insns; i++) {
		struct pvp_spoil_fields f = pvp_spoil_fields_of(s, i);

		if (f.has_modrm && (s->good[f.opcode] & 0xfe) == 0xc6) {
			s->out[f.at + f.len - 1] = values[s->variant];
			return true;
		}
	}
	return false;
}

/* --- flags and the stack --- */

bool pvp_spoil_lost_flag(struct pvp_spoil *s)
{
	for (size_t i = 0; !s->direct && i < s->nr_insns; i++)
		if (s->insns[i].len == 1 && memchr("\xfa\xfb\x9d", s->good[s->insns[i].at], 3))
			return pvp_spoil_replace(s, "", 0);
	return false;
}

bool pvp_spoil_popf(struct pvp_spoil *s)
{
	static const uint8_t same[] = {0x9c, 0x9d}; /* pushf; popf */
	static const uint8_t enabled[] = {0x68, 0x02, 0x02,
					  0x00, 0x00, 0x9d}; /* push $0x202; popf */

	if (strcmp(s->site->op, "irq.irq_enable"))
		return false;
	if (s->variant == 0)
		return pvp_spoil_replace(s, same, sizeof(same));
	/* In ring 0 it would enable interrupts as well as sti does. */
	return s->context->input->check.platform->ring == 3 &&
	       pvp_spoil_replace(s, enabled, sizeof(enabled));
}

bool pvp_spoil_stack(struct pvp_spoil *s)
{
	unsigned nth = 0;

	for (size_t i = 0; !s->direct && i < s->nr_insns; i++) {
		uint8_t *opcode = &s->out[s->insns[i].at];

		if (s->insns[i].len != 1 ||
		    (!is_push_pop(*opcode) && *opcode != 0x9c && *opcode != 0x9d))
			continue;
		if (nth++ == s->variant) {
			*opcode = 0x90;
			return true;
		}
	}
	return false;
}

/* --- widths --- */

/* mov r/m8,imm8 as 32 and as 16 bits wide. */
bool pvp_spoil_store_width(struct pvp_spoil *s)
{
	struct pvp_spoil_fields f = s->nr_insns ? pvp_spoil_fields_of(s, 0) : (struct pvp_spoil_fields){0};
	uint8_t *out = s->out;
	size_t imm;

	if (s->direct || s->nr_insns != 1 || !f.has_modrm || s->good[f.opcode] != 0xc6 ||
	    s->good[f.modrm] >= 0xc0)
		return false;
	imm = f.at + f.len - 1;
	if (s->variant == 0) {
		if (imm + 4 > s->len)
			return false;
		out[f.opcode] = 0xc7;
		memset(out + imm + 1, 0, 3);
		memset(out + imm + 4, 0x90, s->len - imm - 4);
		return true;
	}
	if (imm + 3 > s->len)
		return false;
	memmove(out + 1, s->good, f.len);
	out[0] = 0x66;
	out[1 + f.opcode] = 0xc7;
	out[imm + 2] = 0;
	memset(out + imm + 3, 0x90, s->len - imm - 3);
	return true;
}

/* Behind the good text, where the result has bits above them. */
static bool narrow(struct pvp_spoil *s, const void *insn, size_t len, unsigned bits)
{
	return s->contract && s->contract->has_result && s->contract->result_mask >> bits &&
	       pvp_spoil_append(s, insn, len);
}

bool pvp_spoil_result_width(struct pvp_spoil *s)
{
	struct pvp_spoil_fields f = s->nr_insns ? pvp_spoil_fields_of(s, 0) : (struct pvp_spoil_fields){0};
	uint8_t insn[16];

	switch (s->variant) {
	case 0: /* without REX.W */
		if (s->direct || s->nr_insns != 1 || s->good[0] != 0x48 || !s->amd64 || f.len < 3)
			return false;
		return pvp_spoil_replace(s, s->good + 1, f.len - 1);
	case 1: /* 16 bits in place of the operand size */
		if (s->direct || s->nr_insns != 1 || !f.has_modrm || f.two || f.len > 8 ||
		    s->good[f.modrm] < 0xc0)
			return false;
		insn[0] = 0x66;
		memcpy(insn + 1, s->good + f.opcode, f.len - f.opcode);
		return pvp_spoil_replace(s, insn, 1 + f.len - f.opcode);
	case 2: /* pushfw; popw */
		return s->body == 2 && s->good[0] == 0x9c && s->good[1] == 0x58 &&
		       pvp_spoil_replace(s, "\x66\x9c\x66\x58", 4);
	case 3: /* 8 bits */
		if (s->direct || s->nr_insns != 1 || !f.has_modrm || f.two ||
		    !(s->good[f.opcode] & 1) || s->good[f.modrm] < 0xc0)
			return false;
		insn[0] = s->good[f.opcode] & ~1;
		memcpy(insn + 1, s->good + f.modrm, f.len - f.modrm);
		return pvp_spoil_replace(s, insn, 1 + f.len - f.modrm);
	case 4: /* cwde */
		return narrow(s, "\x98", 1, 16);
	case 5: /* mov %eax,%eax */
		return narrow(s, "\x89\xc0", 2, 32);
	case 6: /* movzbl %al,%eax */
		return narrow(s, "\x0f\xb6\xc0", 3, 8);
	}
	return false;
}
