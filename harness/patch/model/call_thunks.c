// SPDX-License-Identifier: GPL-2.0-only
/*
 * call_thunks.c - call depth tracking of 6.12 and 7.2: a direct call goes to the pad in front of
 * the function, where the call is accounted.  Source: arch/x86/kernel/callthunks.c.
 */
#include "passes.h"

#include <string.h>

#include "alloc.h"

#define CALL	  0xe8
#define NOP	  0x90
#define MAX_PAD	  64   /* more than any template */
#define KEXEC_LEN 2048 /* KEXEC_CONTROL_CODE_MAX_SIZE */
#define MAX_INSN  15

// clang-format off
/* Functions whose callers do not account.  Source: skip_addr(). */
static const char *const skipped[] = {
	"error_entry", "paranoid_entry", "xen_error_entry", "__switch_to_asm", "ret_from_fork",
	"soft_restart_cpu", "__fentry__",
};
// clang-format on

struct pvp_call_thunks {
	uint64_t skipped[ARRAY_SIZE(skipped)];
	uint64_t kexec; /* relocate_kernel; 0: none */
	uint64_t template_addr;
	uint8_t template[MAX_PAD];
	size_t len;
};

static bool is_skipped(const struct pvp_call_thunks *thunks, uint64_t func)
{
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		if (thunks->skipped[i] && thunks->skipped[i] == func)
			return true;
	return thunks->kexec && func >= thunks->kexec && func - thunks->kexec < KEXEC_LEN;
}

static bool is_nops(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != NOP)
			return false;
	return true;
}

/* patch_dest(): *ret gets func's pad, which is written when it is not yet; func when it has none.
 */
static struct pvp_error *pad_of(struct pvp_model *model, const struct pvp_call_thunks *thunks,
				uint64_t func, uint64_t *ret)
{
	const uint64_t pad = func - thunks->len;
	const uint8_t *text = pvp_text_bytes(&model->text, pad, thunks->len);
	uint8_t code[MAX_PAD];
	struct pvp_error *err;

	*ret = func;
	if (!text)
		return NULL;
	memcpy(code, thunks->template, thunks->len);
	err = pvp_relocate(model->decoder, code, thunks->len, thunks->len,
			   (int64_t)(thunks->template_addr - pad));
	if (!err)
		err = pvp_nops_merge(model, code, thunks->len);
	if (err)
		return err;
	if (memcmp(text, code, thunks->len)) {
		if (!is_nops(text, thunks->len))
			return NULL;
		err = pvp_text_write(&model->text, pad, code, thunks->len);
	}
	*ret = pad;
	return err;
}

struct pvp_error *pvp_call_thunk_target(struct pvp_model *model, uint64_t func, uint64_t *ret)
{
	const struct pvp_call_thunks *thunks = model->call_thunks;

	*ret = func;
	if (!thunks || is_skipped(thunks, func) || !pvp_model_is_core(model, func))
		return NULL;
	return pad_of(model, thunks, func, ret);
}

/* patch_call() */
static struct pvp_error *patch(struct pvp_model *model, uint64_t addr)
{
	uint64_t room = pvp_text_room(&model->text, addr), func, target;
	struct pvp_error *err;
	struct pvp_insn insn;
	const uint8_t *text;
	uint8_t code[5];

	if (!pvp_model_is_core(model, addr))
		return NULL;
	if (room > MAX_INSN)
		room = MAX_INSN;
	text = pvp_text_bytes(&model->text, addr, room);
	if (!text || !pvp_decoder_insn(model->decoder, text, room, &insn) ||
	    text[insn.opcode] != CALL)
		return NULL;
	if (pvp_text_is_symbolic(&model->text, addr, insn.len)) /* a page, not core text */
		return NULL;
	func = addr + insn.len + (int64_t)pvp_operand_s32(text + insn.len - 4);
	err = pvp_call_thunk_target(model, func, &target);
	if (err || target == func)
		return err;
	err = pvp_operand_branch(CALL, addr, target, code);
	return err ? err : pvp_text_write(&model->text, addr, code, sizeof(code));
}

static struct pvp_error *find_template(struct pvp_model *model, struct pvp_call_thunks *thunks)
{
	const uint64_t start = pvp_model_symbol(model, "skl_call_thunk_template");
	const uint64_t end = pvp_model_symbol(model, "skl_call_thunk_tail");
	const uint8_t *bytes = NULL;

	if (start && end > start && end - start <= MAX_PAD)
		bytes = pvp_image_bytes(model->image, start, end - start);
	if (!bytes)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"feature CALL_DEPTH (%u): the image has no code between "
					"skl_call_thunk_template and skl_call_thunk_tail",
					model->rules->call_depth);
	thunks->template_addr = start;
	thunks->len = end - start;
	memcpy(thunks->template, bytes, thunks->len);
	return NULL;
}

struct pvp_error *pvp_pass_call_thunks(struct pvp_model *model)
{
	const struct pvp_tables *tables = model->tables;
	struct pvp_call_thunks *thunks;
	struct pvp_error *err;

	if (!pvp_model_feature(model, model->rules->call_depth))
		return NULL;
	thunks = pvp_calloc(1, sizeof(*thunks));
	model->call_thunks = thunks;
	err = find_template(model, thunks);
	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		thunks->skipped[i] = pvp_model_symbol(model, skipped[i]);
	thunks->kexec = pvp_model_symbol(model, "relocate_kernel");
	for (size_t i = 0; i < tables->nr_calls; i++) {
		err = patch(model, tables->calls[i].addr);
		if (err)
			return pvp_model_where(err, ".call_sites", tables->calls[i].entry,
					       tables->calls[i].addr);
	}
	return NULL;
}

struct pvp_error *pvp_pass_call_thunks_everywhere(struct pvp_model *model)
{
	const struct pvp_tables *tables = model->tables;
	struct pvp_error *err = pvp_pass_call_thunks(model);

	if (err || !model->call_thunks)
		return err;
	for (size_t i = 0; i < tables->nr_alts; i++) {
		err = patch(model, tables->alts[i].addr);
		if (err)
			return pvp_model_where(err, ".altinstructions", tables->alts[i].entry,
					       tables->alts[i].addr);
	}
	return NULL;
}
