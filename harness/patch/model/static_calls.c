// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CALL 0xe8
#define JMP  0xe9
#define RET  0xc3
#define INT3 0xcc

static const uint8_t signature[] = {0x0f, 0xb9, 0xcc}; /* ud1 %esp,%ecx: behind a trampoline */

static bool is_jcc(const uint8_t *text)
{
	return text[0] == 0x0f && (text[1] & 0xf0) == 0x80;
}

/* The code that a call to func becomes; NULL: a call. */
static const uint8_t *inlined(const struct pvp_model *model, uint64_t func)
{
	for (size_t i = 0; i < PVP_MAX_INLINE_CALLS; i++)
		if (model->inline_calls[i] && model->inline_calls[i] == func)
			return model->rules->inline_calls[i].bytes;
	return NULL;
}

static bool is_inlined(const struct pvp_model *model, const uint8_t *text)
{
	const struct pvp_inline_call *call = model->rules->inline_calls;

	for (size_t i = 0; i < PVP_MAX_INLINE_CALLS && call[i].func; i++)
		if (!memcmp(text, call[i].bytes, sizeof(call[i].bytes)))
			return true;
	return false;
}

/* Whether the text is what the linker or an earlier update leaves there. */
static bool is_static_call(const struct pvp_model *model, const uint8_t *text, bool tail)
{
	if (tail)
		return text[0] == JMP || text[0] == RET || is_jcc(text);
	return text[0] == CALL || !memcmp(text, model->nops->atomic5, 5) || is_inlined(model, text);
}

bool pvp_is_trampoline(const struct pvp_model *model, uint64_t addr)
{
	const uint8_t *text = pvp_text_bytes(&model->text, addr, 5 + sizeof(signature));

	return text && !memcmp(text + 5, signature, sizeof(signature));
}

/* jcc rel32 keeps its condition; NULL makes it a conditional return. */
static struct pvp_error *transform_jcc(const struct pvp_model *model, uint64_t addr, uint8_t cond,
				       uint64_t func, bool thunks, uint8_t *code)
{
	const bool to_thunk = thunks && pvp_model_feature(model, model->rules->rethunk);
	const char *name = to_thunk ? model->rules->jcc_return : "__static_call_return";
	struct pvp_error *err;

	if (!func)
		func = name ? pvp_model_symbol(model, name) : model->platform->return_thunk;
	if (!func && !name)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"feature RETHUNK, but the platform names no return thunk");
	if (!func)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"a conditional tail call of NULL needs symbol %s", name);
	/* Its displacement counts from the end of six bytes: as a jmp's one byte further on. */
	err = pvp_operand_branch(JMP, addr + 1, func, code + 1);
	code[0] = 0x0f;
	code[1] = cond;
	return err;
}

struct pvp_error *pvp_static_call_transform(struct pvp_model *model, uint64_t addr, uint64_t func,
					    bool tail, bool thunks)
{
	const uint8_t *text = pvp_text_bytes(&model->text, addr, 5);
	uint8_t code[6] = {RET, INT3, INT3, INT3, INT3};
	struct pvp_error *err = NULL;
	size_t len = 5;

	if (!text || (model->rules->checks_static_calls && !is_static_call(model, text, tail)))
		return pvp_error_format(PVP_ERR_BAD_DATA, "%#" PRIx64 " holds no static %s", addr,
					tail ? "tail call" : "call");
	if (tail && model->rules->jcc_static_calls && is_jcc(text)) {
		len = 6;
		if (!pvp_text_bytes(&model->text, addr, len))
			return pvp_error_format(PVP_ERR_BAD_DATA, "%#" PRIx64 " is cut off", addr);
		err = transform_jcc(model, addr, text[1], func, thunks, code);
	} else if (tail) {
		if (!func && thunks && pvp_wants_return_thunk(model, addr))
			func = model->platform->return_thunk;
		if (func)
			err = pvp_operand_branch(JMP, addr, func, code);
	} else if (!func) {
		memcpy(code, model->nops->atomic5, len);
	} else {
		/* What is accounted is no longer that function. */
		err = pvp_call_thunk_target(model, func, &func);
		if (!err && inlined(model, func))
			memcpy(code, inlined(model, func), len);
		else if (!err)
			err = pvp_operand_branch(CALL, addr, func, code);
	}
	return err ? err : pvp_text_write(&model->text, addr, code, len);
}

static int by_key(const void *a, const void *b)
{
	const struct pvp_static_call_key *l = a, *r = b;

	return l->key < r->key ? -1 : l->key > r->key;
}

/* static_call_init(): transforms every site with its key's value. */
static struct pvp_error *transform_sites(struct pvp_model *model, bool thunks)
{
	const struct pvp_tables *tables = model->tables;

	for (size_t i = 0; i < tables->nr_static_calls; i++) {
		const struct pvp_static_call_site *site = &tables->static_calls[i];
		struct pvp_static_call_key wanted = {.key = site->key};
		const struct pvp_static_call_key *key =
			bsearch(&wanted, tables->static_call_keys, tables->nr_static_call_keys,
				sizeof(wanted), by_key);
		struct pvp_error *err;

		if (!key)
			err = pvp_error_format(PVP_ERR_BAD_DATA, "no key at %#" PRIx64, site->key);
		else
			err = pvp_static_call_transform(
				model, site->addr, pvp_platform_static_call(model->platform, key),
				site->tail, thunks);
		if (err)
			return pvp_model_where(err, "static_call_sites", site->entry, site->addr);
	}
	return NULL;
}

struct pvp_error *pvp_pass_static_calls_again(struct pvp_model *model)
{
	return pvp_model_feature(model, model->rules->rethunk) ? transform_sites(model, true)
							       : NULL;
}

/*
 * Return thunks are chosen only later.  A key that boot updates has its trampoline rewritten too.
 */
struct pvp_error *pvp_pass_static_calls(struct pvp_model *model)
{
	const struct pvp_tables *tables = model->tables;
	struct pvp_error *sites_err = transform_sites(model, false);

	if (sites_err)
		return sites_err;
	for (size_t i = 0; i < tables->nr_static_call_keys; i++) {
		const struct pvp_static_call_key *key = &tables->static_call_keys[i];
		uint64_t func = pvp_platform_static_call(model->platform, key);
		struct pvp_error *err = NULL;

		if (func == key->func || !key->trampoline)
			continue;
		if (model->rules->checks_static_calls && !pvp_is_trampoline(model, key->trampoline))
			err = pvp_error_format(PVP_ERR_BAD_DATA, "%#" PRIx64 " is not a trampoline",
					       key->trampoline);
		else
			err = pvp_static_call_transform(model, key->trampoline, func, true, false);
		if (err)
			return pvp_error_context(err, "trampoline of static call %s",
						 key->name ? key->name : "?");
	}
	return NULL;
}
