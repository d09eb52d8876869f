// SPDX-License-Identifier: GPL-2.0-only
#include "branch_insns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

// clang-format off
/* What sets the flags that a branch looks at, by how its mnemonic begins. */
static const char *const flag_setters[] = {
	"cmp", "test", "sub", "add", "and", "or", "xor", "bt", "dec", "inc", "neg", "shl", "shr", "sar",
	"lock cmpxchg", "lock bt", "lock sub", "lock dec", "lock add", "lock xadd",
};
// clang-format on

static struct pvp_branch_insn *place_of(const struct pvp_branch_insns *insns, uint64_t addr)
{
	size_t i = pvp_mix(1, addr) & (insns->cap - 1);

	while (insns->v[i].addr && insns->v[i].addr != addr)
		i = (i + 1) & (insns->cap - 1);
	return &insns->v[i];
}

static void describe(const struct pvp_x86_insn *insn, struct pvp_branch_insn *ret)
{
	*ret = (struct pvp_branch_insn){.addr = insn->addr, .len = insn->len};
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)strcspn(insn->text, " "), insn->text);
	ret->branch = insn->class == PVP_X86_PLAIN &&
		      ((insn->text[0] == 'j' && strcmp(ret->name, "jmp")) ||
		       !strncmp(ret->name, "loop", 4));
	ret->ends = !strcmp(ret->name, "jmp") || !strncmp(ret->name, "ret", 3) ||
		    !strcmp(ret->name, "int3") || !insn->len;
	if ((ret->branch || ret->ends) && insn->op[0].kind == PVP_X86_IMM)
		ret->target = insn->op[0].imm;
	ret->goes_there = !strncmp(ret->name, "call", 4) || !strcmp(ret->name, "jmp") ||
			  !strncmp(ret->name, "ret", 3);
	for (size_t i = 0; i < ARRAY_SIZE(flag_setters); i++)
		ret->sets_flags |= !strncmp(insn->text, flag_setters[i], strlen(flag_setters[i]));
	for (size_t i = 0; i < ARRAY_SIZE(insn->op); i++)
		if (insn->op[i].kind == PVP_X86_IMM) {
			ret->has_imm = true;
			ret->imm = insn->op[i].imm;
		}
	if (ret->has_imm && !strncmp(ret->name, "bt", 2)) /* a bit's number */
		ret->imm = 1ull << (ret->imm & 63);
}

const struct pvp_branch_insn *pvp_branch_insn(struct pvp_branch_insns *insns, uint64_t addr)
{
	const uint8_t *bytes = NULL;
	struct pvp_x86_insn insn;
	struct pvp_branch_insn *place;
	size_t nr = sizeof(insn.bytes);

	if (insns->nr * 2 >= insns->cap) {
		struct pvp_branch_insn *old = insns->v;
		size_t cap = insns->cap;

		insns->cap = cap ? cap * 2 : 4096;
		insns->v = pvp_calloc(insns->cap, sizeof(*insns->v));
		for (size_t i = 0; i < cap; i++)
			if (old[i].addr)
				*place_of(insns, old[i].addr) = old[i];
		free(old);
	}
	place = place_of(insns, addr);
	if (place->addr)
		return place;
	while (nr && !(bytes = pvp_view_bytes(insns->view, addr, nr)))
		nr--;
	pvp_x86_decode(insns->decoder, bytes, nr, addr, &insn);
	describe(&insn, place);
	insns->nr++;
	return place;
}

void pvp_branch_paths_from(struct pvp_branch_insns *insns, uint64_t begin, uint64_t len,
			   uint64_t from, uint8_t *led)
{
	uint64_t *todo = pvp_calloc(len + 1, sizeof(*todo)); /* each mark puts at most one there */
	size_t nr = 0;

	todo[nr++] = from;
	while (nr) {
		uint64_t addr = todo[--nr];

		while (addr - begin < len && !led[addr - begin]) {
			const struct pvp_branch_insn *insn = pvp_branch_insn(insns, addr);

			led[addr - begin] = 1;
			if (insn->target - begin < len && !led[insn->target - begin])
				todo[nr++] = insn->target;
			if (insn->ends)
				break;
			addr += insn->len;
		}
	}
	free(todo);
}

uint8_t *pvp_branch_paths(struct pvp_branch_insns *insns, uint64_t begin, uint64_t len)
{
	uint8_t *led = pvp_calloc(len + 1, 1);

	pvp_branch_paths_from(insns, begin, len, begin, led);
	return led;
}

void pvp_branch_insns_deinit(struct pvp_branch_insns *insns)
{
	free(insns->v);
	insns->v = NULL;
	insns->nr = insns->cap = 0;
}
