// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <inttypes.h>
#include <string.h>

#define CALL	0xe8
#define JMP	0xe9
#define CS	0x2e
#define NOP	0x90
#define INT3	0xcc
#define MAX_LEN 15 /* of an x86 instruction */

#define THUNK_LEN 32 /* bytes in an element of __x86_indirect_thunk_array */
#define NR_REGS	  16
#define RSP	  4

struct site {
	uint8_t opcode; /* CALL, JMP, or 0x0f: jcc */
	uint8_t cond;	/* jcc: condition */
	size_t len;
	unsigned reg; /* of the thunk */
};

/* False when it is no branch of a retpoline's kind: the kernel warns and leaves it. */
static bool decode(const struct pvp_model *model, uint64_t addr, uint64_t thunks, struct site *ret)
{
	uint64_t room = pvp_text_room(&model->text, addr);
	const uint8_t *text;
	size_t opcode = 0;
	uint64_t target;

	if (room > MAX_LEN)
		room = MAX_LEN;
	text = pvp_text_bytes(&model->text, addr, room);
	while (opcode < room && text[opcode] == CS)
		opcode++;
	if (room - opcode < 5)
		return false;
	ret->opcode = text[opcode];
	if (ret->opcode == CALL || ret->opcode == JMP) {
		ret->len = opcode + 5;
	} else if (ret->opcode == 0x0f && (text[opcode + 1] & 0xf0) == 0x80) {
		ret->cond = text[opcode + 1] & 0xf;
		ret->len = opcode + 6;
	} else {
		return false;
	}
	if (ret->len > room)
		return false;
	target = addr + ret->len + (int64_t)pvp_operand_s32(text + ret->len - 4);
	if (target < thunks || target - thunks >= NR_REGS * THUNK_LEN)
		return false;
	ret->reg = (target - thunks) / THUNK_LEN;
	return true;
}

/* The kernel puts ITS thunks so that no indirect branch ends in the lower half of a cache line. */
static bool needs_its_thunk(const struct pvp_model *model, uint64_t addr, unsigned reg)
{
	return pvp_model_feature(model, model->rules->indirect_thunk_its) &&
	       !((addr + 1 + (reg >= 8)) & 0x20);
}

/* patch_retpoline(): an indirect call or jmp in place of the thunk. */
static struct pvp_error *patch(struct pvp_model *model, uint64_t addr, const struct site *site)
{
	bool call = site->opcode == CALL;
	uint8_t code[MAX_LEN + 16];
	struct pvp_error *err;
	size_t n = 0;

	if (site->opcode == 0x0f) { /* the opposite condition jumps over the rest */
		code[n++] = 0x70 | (site->cond ^ 1);
		code[n++] = site->len - 2;
	}
	if (pvp_model_feature(model, model->rules->retpoline_lfence)) {
		code[n++] = 0x0f; /* lfence */
		code[n++] = 0xae;
		code[n++] = 0xe8;
	}
	if (needs_its_thunk(model, addr + n, site->reg))
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"feature INDIRECT_THUNK_ITS (%u): the thunk is allocated "
					"at run time",
					model->rules->indirect_thunk_its);
	if (site->reg >= 8)
		code[n++] = 0x41; /* rex.B */
	code[n++] = 0xff;
	code[n++] = (call ? 0xd0 : 0xe0) | (site->reg & 7);
	if (!call && model->rules->int3_behind_jmp && n < site->len)
		code[n++] = INT3;
	while (n < site->len)
		code[n++] = NOP;
	if (n > site->len) /* does not fit: the thunk stays */
		return NULL;
	err = pvp_nops_optimize(model->nops, model->decoder, code, n, n, NULL);
	return err ? err : pvp_text_write(&model->text, addr, code, n);
}

struct pvp_error *pvp_pass_retpolines(struct pvp_model *model)
{
	const struct pvp_tables *tables = model->tables;
	uint64_t thunks;

	if (!tables->nr_retpolines || (pvp_model_feature(model, model->rules->retpoline) &&
				       !pvp_model_feature(model, model->rules->retpoline_lfence)))
		return NULL;
	thunks = pvp_model_symbol(model, "__x86_indirect_thunk_array");
	if (!thunks)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					".retpoline_sites: the image has no symbol "
					"__x86_indirect_thunk_array");
	for (size_t i = 0; i < tables->nr_retpolines; i++) {
		const struct pvp_addr_entry *entry = &tables->retpolines[i];
		struct pvp_error *err;
		struct site site = {0};

		if (!decode(model, entry->addr, thunks, &site))
			continue;
		if (site.reg == RSP)
			err = pvp_error_format(PVP_ERR_BAD_DATA, "calls the thunk of rsp");
		else
			err = patch(model, entry->addr, &site);
		if (err)
			return pvp_model_where(err, ".retpoline_sites", entry->entry, entry->addr);
	}
	return NULL;
}
