// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <inttypes.h>
#include <string.h>

#define CALL	0xe8
#define JMP	0xe9
#define JCC	0x0f
#define CS	0x2e
#define NOP	0x90
#define INT3	0xcc
#define MAX_LEN 15 /* of an x86 instruction */

/* Bytes in an element of __x86_indirect_thunk_array and its kin; of __x86_indirect_its_thunk_array.
 */
#define THUNK_LEN     32
#define ITS_THUNK_LEN 64
#define NR_REGS	      16
#define RSP	      4

struct site {
	uint8_t opcode; /* CALL, JMP or JCC, which is 0f 8x */
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
	} else if (ret->opcode == JCC && (text[opcode + 1] & 0xf0) == 0x80) {
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

/*
 * __emit_trampoline(): the same branch, to target: code gets its len bytes.  It knows one prefix at
 * most: what is longer is left alone.
 */
static struct pvp_error *retarget(uint64_t addr, const struct site *site, uint64_t target,
				  uint8_t *code)
{
	const size_t n = site->len - 5; /* behind it: opcode, displacement */
	uint8_t opcode = site->opcode;

	memset(code, CS, n);
	if (opcode == JCC) {
		code[0] = JCC;
		opcode = 0x80 | site->cond;
	}
	return pvp_operand_branch(opcode, addr + n, target, code + n);
}

/* The branch goes to element reg of the array; symbolic: where it is decided at run time. */
static struct pvp_error *retarget_to_array(struct pvp_model *model, uint64_t addr,
					   const struct site *site, const char *array,
					   size_t element_len, bool symbolic)
{
	const uint64_t thunks = pvp_model_symbol(model, array);
	uint8_t code[MAX_LEN];
	struct pvp_error *err;

	if (!thunks)
		return pvp_error_format(PVP_ERR_UNSUPPORTED, "the image has no symbol %s", array);
	if (site->len > 6)
		return NULL;
	err = retarget(addr, site, thunks + site->reg * element_len, code);
	if (!err)
		err = pvp_text_write(&model->text, addr, code, site->len);
	if (!err && symbolic)
		pvp_text_symbolic(&model->text, addr + site->len - 4, 4);
	return err;
}

/* An indirect branch in the rest of the site, from code[n]; false: it does not fit. */
static bool emit_indirect(const struct pvp_indirect_fill *fill, const struct site *site, size_t n,
			  uint8_t *code)
{
	const bool call = site->opcode == CALL;
	const size_t need = 2 + (site->reg >= 8);
	size_t excess;

	if (n + need > site->len)
		return false;
	excess = site->len - n - need;
	if (call && excess <= fill->prefixes) {
		memset(code + n, CS, excess);
		n += excess;
	}
	if (site->reg >= 8)
		code[n++] = 0x41; /* rex.B */
	code[n++] = 0xff;
	code[n++] = (call ? 0xd0 : 0xe0) | (site->reg & 7);
	for (size_t i = 0; !call && i < fill->int3s && n < site->len; i++)
		code[n++] = INT3;
	memset(code + n, NOP, site->len - n);
	return true;
}

/* patch_retpoline(): an indirect call or jmp in place of the thunk, or another thunk. */
static struct pvp_error *patch(struct pvp_model *model, const struct pvp_addr_entry *entry,
			       const struct site *site)
{
	const struct pvp_model_rules *rules = model->rules;
	const bool lfence = pvp_model_feature(model, rules->retpoline_lfence);
	const uint64_t addr = entry->addr;
	uint8_t code[MAX_LEN];
	struct pvp_error *err;
	size_t n = 0;

	if (pvp_model_feature(model, rules->retpoline) && !lfence)
		return retarget_to_array(model, addr, site,
					 site->opcode == CALL ? "__x86_indirect_call_thunk_array"
							      : "__x86_indirect_jump_thunk_array",
					 THUNK_LEN, false);
	if (site->opcode == JCC) { /* the opposite condition jumps over the rest */
		code[n++] = 0x70 | (site->cond ^ 1);
		code[n++] = site->len - 2;
	}
	if (lfence) {
		code[n++] = 0x0f;
		code[n++] = 0xae;
		code[n++] = 0xe8;
	}
	if (needs_its_thunk(model, addr + n, site->reg))
		/* Boot allocates it; this is where it goes when there is no memory. */
		return retarget_to_array(model, addr, site, "__x86_indirect_its_thunk_array",
					 ITS_THUNK_LEN, true);
	if (!emit_indirect(&rules->indirect, site, n, code)) {
		if (rules->indirect.overruns)
			pvp_patched_note(
				&model->patched, addr, entry->entry,
				"the indirect branch does not fit: the kernel fills beyond "
				"its buffer and does not return");
		return NULL; /* the thunk stays */
	}
	err = pvp_nops_merge(model, code, site->len);
	return err ? err : pvp_text_write(&model->text, addr, code, site->len);
}

/* Whether the thunks of the file stay. */
static bool nothing_to_do(const struct pvp_model *model)
{
	const struct pvp_model_rules *rules = model->rules;

	return !model->tables->nr_retpolines ||
	       (pvp_model_feature(model, rules->retpoline) &&
		!pvp_model_feature(model, rules->retpoline_lfence) &&
		!pvp_model_feature(model, rules->call_depth));
}

struct pvp_error *pvp_pass_retpolines(struct pvp_model *model)
{
	const struct pvp_tables *tables = model->tables;
	uint64_t thunks;

	if (nothing_to_do(model))
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
			err = patch(model, entry, &site);
		if (err)
			return pvp_model_where(err, ".retpoline_sites", entry->entry, entry->addr);
	}
	return NULL;
}
