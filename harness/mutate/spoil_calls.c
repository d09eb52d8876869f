// SPDX-License-Identifier: GPL-2.0-only
/*
 * spoil_calls.c - calls that go elsewhere.
 */
#include "spoil.h"

#include <string.h>

#include "machine.h"

size_t pvp_spoil_function_above(const struct pvp_spoil_context *context, uint64_t target)
{
	size_t lo = 0, hi = context->nr_functions;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (context->functions[mid] <= target)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool pvp_spoil_neighbour(struct pvp_spoil *s)
{
	const struct pvp_spoil_context *context = s->context;
	size_t above = pvp_spoil_function_above(context, s->target);

	if (!s->branch)
		return false;
	if (s->variant == 0)
		return above < context->nr_functions &&
		       pvp_spoil_retarget(s, context->functions[above]);
	/* functions[above - 1] is the target, or what it is in the middle of. */
	return above >= 2 && pvp_spoil_retarget(s, context->functions[above - 2]);
}

bool pvp_spoil_off_by(struct pvp_spoil *s)
{
	static const int by[] = {1, -1, 2};

	return pvp_spoil_retarget(s, s->target + by[s->variant]);
}

/* The op's slots in an order that differs from site to site. */
bool pvp_spoil_wrong_slot(struct pvp_spoil *s)
{
	const struct pvp_platform *platform = s->context->input->check.platform;
	uint64_t r = pvp_mix(s->context->input->check.seed ^ s->site->addr, s->variant);

	for (size_t i = 0; s->branch && i < platform->nr_pv_ops; i++) {
		uint64_t func = platform->pv_ops[(r + i) % platform->nr_pv_ops];

		/* Not what boot calls: the function, or a pad just before it. */
		if (func && func - s->target > 16)
			return pvp_spoil_retarget(s, func);
	}
	return false;
}

/* Displacement of an indirect call's or jump's memory operand: ff 14 25 or ff 15, ff 24 25 or
 * ff 25. */
static size_t displacement_at(const uint8_t *bytes, size_t len)
{
	if (len >= 7 && bytes[0] == 0xff && (bytes[1] == 0x14 || bytes[1] == 0x24) &&
	    bytes[2] == 0x25)
		return 3;
	return len >= 6 && bytes[0] == 0xff && (bytes[1] == 0x15 || bytes[1] == 0x25) ? 2 : 0;
}

bool pvp_spoil_indirect(struct pvp_spoil *s)
{
	const struct pvp_platform *platform = s->context->input->check.platform;
	const unsigned word = s->context->input->check.image->ptr_len;
	size_t at = displacement_at(s->site->linked, s->len);
	size_t slot = s->site->slot + (s->variant ? -1 : 1);
	int32_t disp;

	if (!at || s->site->kind != PVP_SITE_PARAVIRT || slot >= platform->nr_pv_ops ||
	    platform->pv_ops[slot] == platform->pv_ops[s->site->slot])
		return false;
	memcpy(s->out, s->site->linked, s->len);
	memcpy(&disp, s->out + at, sizeof(disp));
	disp += s->variant ? -(int)word : (int)word;
	memcpy(s->out + at, &disp, sizeof(disp));
	return true;
}

bool pvp_spoil_jump(struct pvp_spoil *s)
{
	if (!s->branch)
		return false;
	s->out[0] ^= 0xe8 ^ 0xe9;
	return true;
}

/* Behind the first, or the second, instruction of the function, not counting endbr and NOPs. */
static bool behind(struct pvp_spoil *s, unsigned nr)
{
	const struct pvp_check_input *check = &s->context->input->check;
	uint64_t addr = s->target;
	struct pvp_x86_insn insn;
	uint8_t bytes[15];

	if (!s->branch)
		return false;
	for (unsigned i = 0; i < nr; i++, addr += insn.len) {
		if (!pvp_patched_bytes(check->patched, check->image, addr, sizeof(bytes), bytes))
			return false;
		if (!i && !memcmp(bytes, "\xf3\x0f\x1e\xfa", 4))
			nr++;
		pvp_x86_decode(s->context->decoder, bytes, sizeof(bytes), addr, &insn);
		if (!insn.len)
			return false;
		nr += insn.nop;
	}
	return pvp_spoil_retarget(s, addr);
}

bool pvp_spoil_middle(struct pvp_spoil *s)
{
	const uint8_t over[] = {0xeb, 0x01};

	if (s->variant < 2)
		return behind(s, s->variant + 1);
	/* jmp over the first byte of what follows: of its opcode, not a prefix */
	if (!s->body || s->branch || s->body + sizeof(over) > s->len || s->site->tail ||
	    (s->amd64 && (s->good[0] & 0xf0) == 0x40))
		return false;
	memcpy(s->out, over, sizeof(over));
	memcpy(s->out + sizeof(over), s->good, s->body);
	memset(s->out + sizeof(over) + s->body, 0x90, s->len - sizeof(over) - s->body);
	return true;
}

bool pvp_spoil_swapped(struct pvp_spoil *s)
{
	const struct pvp_spoil_context *context = s->context;
	const bool enable = !strcmp(s->site->op, "irq.irq_enable");
	uint64_t other = enable ? context->irq_disable : context->irq_enable;

	if (s->direct)
		return (enable || !strcmp(s->site->op, "irq.irq_disable")) && other &&
		       pvp_spoil_retarget(s, other);
	for (size_t i = 0; i < s->nr_insns; i++) {
		uint8_t *opcode = &s->out[s->insns[i].at];

		if (*opcode == 0xfa || *opcode == 0xfb) { /* cli, sti */
			*opcode ^= 0xfa ^ 0xfb;
			return true;
		}
	}
	return false;
}
