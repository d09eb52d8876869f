// SPDX-License-Identifier: GPL-2.0-only
#include "spoil.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "plan.h"

pvp_spoiler *const pvp_spoilers[PVP_NR_MUTANT_KINDS] = {
	[PVP_MUTANT_NEIGHBOUR] = pvp_spoil_neighbour,
	[PVP_MUTANT_OFF_BY] = pvp_spoil_off_by,
	[PVP_MUTANT_WRONG_SLOT] = pvp_spoil_wrong_slot,
	[PVP_MUTANT_INDIRECT] = pvp_spoil_indirect,
	[PVP_MUTANT_INLINE] = pvp_spoil_inline,
	[PVP_MUTANT_REGISTER] = pvp_spoil_register,
	[PVP_MUTANT_DIRECTION] = pvp_spoil_direction,
	[PVP_MUTANT_IMMEDIATE] = pvp_spoil_immediate,
	[PVP_MUTANT_LOST_OP] = pvp_spoil_lost_op,
	[PVP_MUTANT_LOST_FLAG] = pvp_spoil_lost_flag,
	[PVP_MUTANT_SWAPPED] = pvp_spoil_swapped,
	[PVP_MUTANT_POPF] = pvp_spoil_popf,
	[PVP_MUTANT_STACK] = pvp_spoil_stack,
	[PVP_MUTANT_CLOBBER] = pvp_spoil_clobber,
	[PVP_MUTANT_THUNK] = pvp_spoil_thunk,
	[PVP_MUTANT_ARGUMENT] = pvp_spoil_argument,
	[PVP_MUTANT_STORE_WIDTH] = pvp_spoil_store_width,
	[PVP_MUTANT_RESULT_WIDTH] = pvp_spoil_result_width,
	[PVP_MUTANT_RUNS_ON] = pvp_spoil_runs_on,
	[PVP_MUTANT_CUT_NOP] = pvp_spoil_cut_nop,
	[PVP_MUTANT_TORN] = pvp_spoil_torn,
	[PVP_MUTANT_BREAKPOINT] = pvp_spoil_breakpoint,
	[PVP_MUTANT_MISSING] = pvp_spoil_missing,
	[PVP_MUTANT_BACKEND] = pvp_spoil_backend,
	[PVP_MUTANT_RETURN] = pvp_spoil_return,
	[PVP_MUTANT_DF] = pvp_spoil_df,
	[PVP_MUTANT_IF] = pvp_spoil_if,
	[PVP_MUTANT_JUMP] = pvp_spoil_jump,
	[PVP_MUTANT_EXTRA] = pvp_spoil_extra,
	[PVP_MUTANT_MIDDLE] = pvp_spoil_middle,
	[PVP_MUTANT_BYTES] = pvp_spoil_swapped_bytes,
	[PVP_MUTANT_DISPLACEMENT] = pvp_spoil_displacement,
	[PVP_MUTANT_SEGMENT] = pvp_spoil_segment,
	[PVP_MUTANT_PREFIX] = pvp_spoil_prefix,
	[PVP_MUTANT_FLAGS] = pvp_spoil_flags,
	[PVP_MUTANT_STALE] = pvp_spoil_stale,
	[PVP_MUTANT_SWAPGS] = pvp_spoil_swapgs,
	[PVP_MUTANT_ROW] = pvp_spoil_row,
};

/* --- context --- */

static bool is_text_symbol(const struct pvp_image *image, const struct pvp_symbol *symbol)
{
	return strchr("tTwW", symbol->type) && pvp_image_is_text(image, symbol->addr, 1);
}

static void find_functions(struct pvp_spoil_context *context)
{
	const struct pvp_image *image = context->input->check.image;

	context->functions = pvp_calloc(image->nr_symbols + 1, sizeof(*context->functions));
	for (size_t i = 0; i < image->nr_symbols; i++) {
		const struct pvp_symbol *symbol = &image->symbols[i];
		size_t nr = context->nr_functions;

		if (is_text_symbol(image, symbol) &&
		    (!nr || context->functions[nr - 1] != symbol->addr))
			context->functions[context->nr_functions++] = symbol->addr;
	}
}

static void add_body(struct pvp_spoil_context *context, const struct pvp_spoil *s)
{
	if (s->direct || !s->body || s->body > sizeof(context->bodies[0].bytes) ||
	    context->nr_bodies == PVP_SPOIL_MAX_BODIES || !memcmp(s->good, s->site->linked, s->len))
		return;
	for (size_t i = 0; i < context->nr_bodies; i++)
		if (context->bodies[i].len == s->body &&
		    !memcmp(context->bodies[i].bytes, s->good, s->body))
			return;
	context->bodies[context->nr_bodies].len = s->body;
	memcpy(context->bodies[context->nr_bodies++].bytes, s->good, s->body);
}

static uint64_t function_of(const struct pvp_check_input *check, const char *op)
{
	for (size_t i = 0; i < check->sites->nr; i++)
		if (!strcmp(check->sites->v[i].op, op))
			return check->platform->pv_ops[check->sites->v[i].slot];
	return 0;
}

struct pvp_error *pvp_spoil_context_init(const struct pvp_mutate_input *input,
					 struct pvp_spoil_context *ret)
{
	struct pvp_spoil_context context = {.input = input};
	const struct pvp_check_input *check = &input->check;
	struct pvp_error *err;
	struct pvp_spoil s;

	err = pvp_x86_decoder_create(pvp_plan_of(check->image)->isa, &context.decoder);
	if (err)
		return err;
	find_functions(&context);
	context.irq_enable = function_of(check, "irq.irq_enable");
	context.irq_disable = function_of(check, "irq.irq_disable");
	for (size_t i = 0; i < check->sites->nr; i++)
		if (pvp_spoil_begin(&context, &check->sites->v[i], &s))
			add_body(&context, &s);
	*ret = context;
	return NULL;
}

void pvp_spoil_context_deinit(struct pvp_spoil_context *context)
{
	if (!context)
		return;
	pvp_x86_decoder_destroy(context->decoder);
	free(context->functions);
	memset(context, 0, sizeof(*context));
}

/* --- one site --- */

static uint64_t rel32_target(const uint8_t *bytes, uint64_t addr)
{
	int32_t rel;

	memcpy(&rel, bytes + 1, sizeof(rel));
	return addr + 5 + (int64_t)rel;
}

static bool ends_in_jump(const struct pvp_spoil *s)
{
	const uint8_t *last = s->nr_insns ? s->good + s->insns[s->nr_insns - 1].at : NULL;

	return last && (*last == 0xe9 || *last == 0xeb);
}

bool pvp_spoil_begin(const struct pvp_spoil_context *context, const struct pvp_site *site,
		     struct pvp_spoil *ret)
{
	const struct pvp_check_input *check = &context->input->check;
	struct pvp_x86_insn insn;
	size_t at = site->kind == PVP_SITE_TRAP ? site->len : 0; /* that is data */

	ret->context = context;
	ret->site = site;
	ret->contract = pvp_contracts_find(check->contracts, site->op);
	ret->len = site->len;
	ret->nr_insns = ret->body = 0;
	ret->amd64 = check->image->arch == PVP_ARCH_AMD64;
	if (site->len > PVP_MUTANT_MAX_LEN ||
	    !pvp_patched_bytes(check->patched, check->image, site->addr, site->len, ret->good))
		return false;
	for (; at < ret->len; at += insn.len ? insn.len : 1) {
		pvp_x86_decode(context->decoder, ret->good + at, ret->len - at, site->addr + at,
			       &insn);
		ret->insns[ret->nr_insns++] = (struct pvp_spoil_insn){at, insn.len, insn.nop};
		if (!insn.nop)
			ret->body = at + (insn.len ? insn.len : 1);
	}
	while (ret->nr_insns && ret->insns[ret->nr_insns - 1].at >= ret->body)
		ret->nr_insns--;
	ret->branch = ret->nr_insns && ret->insns[0].len == 5 &&
		      (ret->good[0] == 0xe8 || ret->good[0] == 0xe9);
	ret->direct = ret->branch && ret->body == 5;
	ret->jump = ends_in_jump(ret);
	ret->target = ret->branch ? rel32_target(ret->good, site->addr) : 0;
	return true;
}

static void print_insn(FILE *out, const struct pvp_image *image, const struct pvp_x86_insn *insn)
{
	const uint8_t *bytes = insn->bytes;
	size_t len = strlen(insn->text);
	uint64_t target = 0;
	char where[128];

	if (insn->len == 5 && (bytes[0] == 0xe8 || bytes[0] == 0xe9))
		target = rel32_target(bytes, insn->addr);
	else if (insn->len == 2 && bytes[0] == 0xeb)
		target = insn->addr + 2 + (int64_t)(int8_t)bytes[1];
	if (target)
		fprintf(out, "%s %s", bytes[0] == 0xe8 ? "call" : "jmp",
			pvp_image_describe(image, target, where, sizeof(where)));
	else if (insn->len) /* without the blank behind a mnemonic that has no operand */
		fprintf(out, "%.*s", (int)(len - (len && insn->text[len - 1] == ' ')), insn->text);
	else
		fprintf(out, "(%02x..)", insn->bytes[0]);
}

char *pvp_spoil_text(const struct pvp_spoil_context *context, const struct pvp_site *site,
		     const uint8_t *bytes)
{
	size_t len, nops = 0, nr = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);
	struct pvp_x86_insn insn;

	assert(out);
	if (site->kind == PVP_SITE_TRAP) {
		fclose(out);
		free(text);
		return pvp_spoil_row_text(context, site, bytes);
	}
	for (size_t at = 0; at < site->len; at += insn.len ? insn.len : site->len) {
		pvp_x86_decode(context->decoder, bytes + at, site->len - at, site->addr + at,
			       &insn);
		nops += insn.nop;
		if (insn.nop)
			continue;
		for (; nops; nops--)
			fprintf(out, "%snop", nr++ ? "; " : "");
		if (nr++)
			fputs("; ", out);
		print_insn(out, context->input->check.image, &insn);
	}
	if (!nr)
		fputs("nops", out);
	fclose(out);
	return text;
}

/* Whether only NOPs make the difference. */
static bool same_text(const struct pvp_spoil *s)
{
	char *good = pvp_spoil_text(s->context, s->site, s->good);
	char *out = pvp_spoil_text(s->context, s->site, s->out);
	bool same = !strcmp(good, out) && !strchr(out, '(');

	free(good);
	free(out);
	return same;
}

/* Nothing executes what is behind the jump that the text begins or ends with. */
static bool same_up_to_jump(const struct pvp_spoil *s)
{
	const bool first = s->nr_insns && (*s->good == 0xe9 || *s->good == 0xeb);
	const size_t len = first ? s->insns[0].len : s->jump ? s->body : 0;

	return len && !memcmp(s->out, s->good, len);
}

static unsigned sites_of(enum pvp_site_kind kind)
{
	return kind == PVP_SITE_ENTRY ? PVP_ON_ENTRY : kind == PVP_SITE_TRAP ? PVP_ON_ROW : PVP_ON_CALL;
}

static bool make(struct pvp_spoil *s, enum pvp_mutant_kind kind, unsigned variant)
{
	if (!(pvp_mutant_kinds[kind].on & sites_of(s->site->kind)))
		return false;
	s->variant = variant;
	memcpy(s->out, s->good, s->len);
	return pvp_spoilers[kind](s) && memcmp(s->out, s->good, s->len);
}

bool pvp_spoil(struct pvp_spoil *s, enum pvp_mutant_kind kind, unsigned variant)
{
	uint8_t mine[PVP_MUTANT_MAX_LEN];

	if (!make(s, kind, variant) || same_text(s))
		return false;
	if (same_up_to_jump(s))
		return false;
	memcpy(mine, s->out, s->len);
	for (unsigned earlier = 0; earlier < variant; earlier++)
		if (make(s, kind, earlier) && !memcmp(mine, s->out, s->len))
			return false;
	memcpy(s->out, mine, s->len);
	return true;
}

/* --- hands --- */

static void pad(struct pvp_spoil *s, size_t from)
{
	memset(s->out + from, 0x90, s->len - from);
}

bool pvp_spoil_replace(struct pvp_spoil *s, const void *bytes, size_t len)
{
	if (len > s->len)
		return false;
	memcpy(s->out, bytes, len);
	pad(s, len);
	return true;
}

bool pvp_spoil_append(struct pvp_spoil *s, const void *bytes, size_t len)
{
	if (s->jump || s->site->tail || s->body + len > s->len)
		return false;
	memcpy(s->out + s->body, bytes, len);
	pad(s, s->body + len);
	return true;
}

bool pvp_spoil_prepend(struct pvp_spoil *s, const void *bytes, size_t len)
{
	int32_t rel = s->target - (s->site->addr + len + 5);

	if (!s->direct || s->body + len > s->len)
		return false;
	memcpy(s->out, bytes, len);
	s->out[len] = s->good[0];
	memcpy(s->out + len + 1, &rel, sizeof(rel));
	pad(s, len + 5);
	return true;
}

bool pvp_spoil_retarget(struct pvp_spoil *s, uint64_t target)
{
	int32_t rel = target - (s->site->addr + 5);

	if (!s->branch || target == s->target)
		return false;
	memcpy(s->out + 1, &rel, sizeof(rel));
	return true;
}
