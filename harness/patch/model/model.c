// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define XOR_EAX                                                                                    \
	{                                                                                          \
		0x2e, 0x2e, 0x2e, 0x31, 0xc0                                                       \
	} /* cs cs cs xor %eax,%eax */
#define UD1                                                                                        \
	{                                                                                          \
		0x67, 0x48, 0x0f, 0xb9, 0x3a                                                       \
	} /* ud1 (%edx),%rdi */

// clang-format off
/* Generations.  Source: alternative_instructions() and what it calls, arch/x86/kernel/alternative.c
 * and static_call.c of each kernel; feature numbers: asm/cpufeatures.h. */
static const struct pvp_model_rules generations[] = {
	{
		.generation = "5.10",
		.arch = PVP_ARCH_AMD64,
		.passes = {
			{ PVP_PASS_STATIC_CALL, pvp_pass_static_calls }, /* early in boot */
			{ PVP_PASS_RETPOLINE,   pvp_pass_retpolines },
			{ PVP_PASS_RETURN,      pvp_pass_returns },
			{ PVP_PASS_ALTERNATIVE, pvp_pass_alternatives },
			{ PVP_PASS_SMP_LOCK,    pvp_pass_smp_locks },
			{ PVP_PASS_PARAVIRT,    pvp_pass_paravirt },
		},
		.retpoline          = 11 * 32 + 12,
		.retpoline_lfence   = 11 * 32 + 13,
		.rethunk            = 11 * 32 + 14,
		.indirect_thunk_its = PVP_NO_FEATURE,
		.call_depth         = PVP_NO_FEATURE,
		.nops               = pvp_nops_5_10_amd64,
		.paravirt           = pvp_paravirt_init_patch,
	},
	{
		.generation = "5.10",
		.arch = PVP_ARCH_I386,
		.passes = {
			{ PVP_PASS_STATIC_CALL, pvp_pass_static_calls },
			{ PVP_PASS_ALTERNATIVE, pvp_pass_alternatives },
			{ PVP_PASS_SMP_LOCK,    pvp_pass_smp_locks },
			{ PVP_PASS_PARAVIRT,    pvp_pass_paravirt },
		},
		.retpoline          = PVP_NO_FEATURE,
		.retpoline_lfence   = PVP_NO_FEATURE,
		.rethunk            = PVP_NO_FEATURE,
		.indirect_thunk_its = PVP_NO_FEATURE,
		.call_depth         = PVP_NO_FEATURE,
		.nops               = pvp_nops_5_10_i386,
		.paravirt           = pvp_paravirt_init_patch,
	},
	{
		.generation = "6.1",
		.arch = PVP_ARCH_I386,
		.passes = {
			{ PVP_PASS_STATIC_CALL, pvp_pass_static_calls },
			{ PVP_PASS_PARAVIRT,    pvp_pass_paravirt },
			{ PVP_PASS_ALTERNATIVE, pvp_pass_alternatives },
			{ PVP_PASS_SMP_LOCK,    pvp_pass_smp_locks },
		},
		.retpoline          = PVP_NO_FEATURE,
		.retpoline_lfence   = PVP_NO_FEATURE,
		.rethunk            = PVP_NO_FEATURE,
		.indirect_thunk_its = PVP_NO_FEATURE,
		.call_depth         = PVP_NO_FEATURE,
		.nops               = pvp_nops_6_1_i386,
		.paravirt           = pvp_paravirt_call,
		.checks_static_calls = true,
		.jcc_static_calls   = true,
		.jcc_return         = "__x86_return_thunk",
	},
	{
		.generation = "6.1",
		.arch = PVP_ARCH_AMD64,
		.passes = {
			{ PVP_PASS_STATIC_CALL, pvp_pass_static_calls }, /* early in boot */
			{ PVP_PASS_PARAVIRT,    pvp_pass_paravirt },
			{ PVP_PASS_RETPOLINE,   pvp_pass_retpolines },
			{ PVP_PASS_RETURN,      pvp_pass_returns },
			{ PVP_PASS_ALTERNATIVE, pvp_pass_alternatives },
			{ PVP_PASS_ENDBR,       pvp_pass_endbr },
			{ PVP_PASS_SMP_LOCK,    pvp_pass_smp_locks },
		},
		.retpoline          = 11 * 32 + 12,
		.retpoline_lfence   = 11 * 32 + 13,
		.rethunk            = 11 * 32 + 14,
		.indirect_thunk_its = 21 * 32 + 5,
		.call_depth         = PVP_NO_FEATURE,
		.nops               = pvp_nops_6_1_amd64,
		.paravirt           = pvp_paravirt_call,
		.checks_static_calls = true,
		.jcc_static_calls   = true,
		.inline_calls       = { { "__static_call_return0", XOR_EAX } },
		.indirect           = { .prefixes = 0, .int3s = 1, .overruns = false },
		.jcc_return         = "__x86_return_thunk",
		.endbr_poison       = { 0x66, 0x0f, 0x1f, 0x00 }, /* nopw (%rax) */
	},
	{
		.generation = "6.12",
		.arch = PVP_ARCH_AMD64,
		.passes = {
			{ PVP_PASS_STATIC_CALL, pvp_pass_static_calls },
			{ PVP_PASS_RETPOLINE,   pvp_pass_retpolines },
			{ PVP_PASS_RETURN,      pvp_pass_returns },
			{ PVP_PASS_ALTERNATIVE, pvp_pass_alternatives_each },
			{ PVP_PASS_CALL_THUNK,  pvp_pass_call_thunks_everywhere },
			{ PVP_PASS_ENDBR,       pvp_pass_endbr },
			{ PVP_PASS_SMP_LOCK,    pvp_pass_smp_locks },
		},
		.initcalls = { PVP_PASS_STATIC_CALL, pvp_pass_static_calls_again },
		.retpoline          = 11 * 32 + 12,
		.retpoline_lfence   = 11 * 32 + 13,
		.rethunk            = 11 * 32 + 14,
		.indirect_thunk_its = 21 * 32 + 6,
		.call_depth         = 11 * 32 + 19,
		.nops               = pvp_nops_6_12_amd64,
		.checks_static_calls = true,
		.jcc_static_calls   = true,
		.inline_calls       = { { "__static_call_return0", XOR_EAX } },
		.indirect           = { .prefixes = 0, .int3s = 1, .overruns = false },
		.endbr_poison       = { 0x66, 0x0f, 0x1f, 0x00 }, /* nopw (%rax) */
		.is_nop             = pvp_is_nop_by_opcode,
	},
	{
		.generation = "6.12",
		.arch = PVP_ARCH_I386,
		.passes = {
			{ PVP_PASS_STATIC_CALL, pvp_pass_static_calls },
			{ PVP_PASS_ALTERNATIVE, pvp_pass_alternatives_each },
			{ PVP_PASS_SMP_LOCK,    pvp_pass_smp_locks },
		},
		.retpoline          = PVP_NO_FEATURE,
		.retpoline_lfence   = PVP_NO_FEATURE,
		.rethunk            = PVP_NO_FEATURE,
		.indirect_thunk_its = PVP_NO_FEATURE,
		.call_depth         = PVP_NO_FEATURE,
		.nops               = pvp_nops_6_1_i386,
		.checks_static_calls = true,
		.jcc_static_calls   = true,
		.is_nop             = pvp_is_nop_by_opcode,
	},
	{
		.generation = "7.2",
		.arch = PVP_ARCH_I386,
		.passes = {
			{ PVP_PASS_STATIC_CALL, pvp_pass_static_calls },
			{ PVP_PASS_ALTERNATIVE, pvp_pass_alternatives_last },
			{ PVP_PASS_SMP_LOCK,    pvp_pass_smp_locks },
		},
		.retpoline          = PVP_NO_FEATURE,
		.retpoline_lfence   = PVP_NO_FEATURE,
		.rethunk            = PVP_NO_FEATURE,
		.indirect_thunk_its = PVP_NO_FEATURE,
		.call_depth         = PVP_NO_FEATURE,
		.nops               = pvp_nops_6_1_i386,
		.checks_static_calls = true,
		.jcc_static_calls   = true,
		.is_nop             = pvp_is_nop_by_effect,
	},
	{
		.generation = "7.2",
		.arch = PVP_ARCH_AMD64,
		.passes = {
			{ PVP_PASS_STATIC_CALL, pvp_pass_static_calls },
			{ PVP_PASS_RETPOLINE,   pvp_pass_retpolines },
			{ PVP_PASS_RETURN,      pvp_pass_returns },
			{ PVP_PASS_CALL_THUNK,  pvp_pass_call_thunks },
			{ PVP_PASS_ALTERNATIVE, pvp_pass_alternatives_last },
			{ PVP_PASS_ENDBR,       pvp_pass_endbr },
			{ PVP_PASS_SMP_LOCK,    pvp_pass_smp_locks },
		},
		.initcalls = { PVP_PASS_STATIC_CALL, pvp_pass_static_calls_again },
		.retpoline          = 11 * 32 + 12,
		.retpoline_lfence   = 11 * 32 + 13,
		.rethunk            = 11 * 32 + 14,
		.indirect_thunk_its = 21 * 32 + 10,
		.call_depth         = 11 * 32 + 19,
		.nops               = pvp_nops_6_12_amd64,
		.checks_static_calls = true,
		.jcc_static_calls   = true,
		.inline_calls       = { { "__static_call_return0", XOR_EAX },
					{ "__WARN_trap", UD1 } },
		.indirect           = { .prefixes = 3, .int3s = 255, .overruns = true },
		.endbr_poison       = { 0x0f, 0x1f, 0x40, 0xd6 }, /* nopl -42(%rax) */
		.is_nop             = pvp_is_nop_by_effect,
	},
};
// clang-format on

static const struct pvp_model_rules *find_rules(const char *generation, enum pvp_arch arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++)
		if (!strcmp(generations[i].generation, generation) && generations[i].arch == arch)
			return &generations[i];
	return NULL;
}

/* Text that the platform sets outside any table, before the passes. */
static struct pvp_error *write_platform_text(struct pvp_model *model)
{
	const struct pvp_platform *platform = model->platform;

	for (size_t i = 0; i < platform->nr_text_writes; i++) {
		const struct pvp_text_write *write = &platform->text_writes[i];
		struct pvp_error *err = NULL;

		if (write->len > sizeof(write->bytes))
			err = pvp_error_format(PVP_ERR_BAD_DATA, "%u bytes", write->len);
		if (!err)
			err = pvp_text_write(&model->text, write->addr, write->bytes, write->len);
		if (err)
			return pvp_error_context(err, "platform %s: text write at %#" PRIx64,
						 platform->name ? platform->name : "?",
						 write->addr);
	}
	return NULL;
}

/* Whether the pass is the last writer of a byte of the range. */
static bool wrote(const struct pvp_text *text, uint64_t addr, size_t len, enum pvp_pass pass)
{
	for (size_t i = 0; i < text->nr; i++) {
		const struct pvp_text_section *section = &text->sections[i];

		if (addr - section->addr >= section->len)
			continue;
		for (size_t k = 0; k < len; k++)
			if ((section->by[addr - section->addr + k] & ~PVP_BY_SYMBOLIC) == pass)
				return true;
	}
	return false;
}

/* trace (may be NULL): its range is text. */
static void add_step(const struct pvp_model *model, enum pvp_pass pass, struct pvp_trace *trace)
{
	struct pvp_trace_step *step;

	if (!trace)
		return;
	step = pvp_push(&trace->v, &trace->nr, &trace->cap);
	step->pass = pass;
	step->wrote = wrote(&model->text, trace->addr, trace->len, pass);
	step->bytes = memcpy(pvp_calloc(trace->len, 1),
			     pvp_text_bytes(&model->text, trace->addr, trace->len), trace->len);
}

static struct pvp_error *run_pass(struct pvp_model *model, const struct pvp_model_pass *pass,
				  struct pvp_trace *trace)
{
	struct pvp_error *err;

	model->text.pass = pass->pass;
	err = pass->run(model);
	if (!err)
		add_step(model, pass->pass, trace);
	return err;
}

static struct pvp_error *run_passes(struct pvp_model *model, struct pvp_trace *trace)
{
	struct pvp_error *err;

	add_step(model, PVP_PASS_FILE, trace);
	model->text.pass = PVP_PASS_PLATFORM;
	err = write_platform_text(model);
	if (!err)
		add_step(model, PVP_PASS_PLATFORM, trace);
	for (size_t i = 0; !err && i < PVP_MAX_PASSES && model->rules->passes[i].run; i++) {
		err = run_pass(model, &model->rules->passes[i], trace);
	}
	if (!err && model->platform->initcalls && model->rules->initcalls.run)
		err = run_pass(model, &model->rules->initcalls, trace);
	return err;
}

static void find_symbols(struct pvp_model *model)
{
	const struct pvp_section *text = pvp_image_section(model->image, ".text");

	for (size_t i = 0; i < PVP_MAX_INLINE_CALLS && model->rules->inline_calls[i].func; i++)
		model->inline_calls[i] =
			pvp_model_symbol(model, model->rules->inline_calls[i].func);
	model->its_return_thunk = pvp_model_symbol(model, "its_return_thunk");
	model->core_start = pvp_model_symbol(model, "_text");
	model->core_end = pvp_model_symbol(model, "_etext");
	if ((model->core_start && model->core_end) || !text)
		return;
	model->core_start = text->addr;
	model->core_end = text->addr + text->len;
}

/* Both may be NULL; trace has its range and no steps. */
static struct pvp_error *run(const struct pvp_image *image, const struct pvp_tables *tables,
			     const struct pvp_platform *platform, struct pvp_patched *patched,
			     struct pvp_trace *trace)
{
	struct pvp_model model = {.image = image, .tables = tables, .platform = platform};
	const struct pvp_section *cfi;
	struct pvp_error *err;

	model.rules = find_rules(tables->generation, image->arch);
	if (!model.rules)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"the model has no rules for generation %s of %s",
					tables->generation, pvp_arch_name(image->arch));
	model.nops = pvp_nops_choose(model.rules->nops, platform);
	cfi = pvp_image_section(image, ".cfi_sites");
	if (cfi && cfi->len)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					".cfi_sites at %#" PRIx64 ": the model has no rules for "
					"kCFI and FineIBT",
					cfi->addr);
	find_symbols(&model);
	err = pvp_decoder_create(image->arch, &model.decoder);
	if (err)
		return err;
	pvp_text_init(image, &model.text);
	model.text.trace = trace;
	if (trace && !pvp_text_bytes(&model.text, trace->addr, trace->len))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "%zu bytes at %#" PRIx64 " are not text",
				       trace->len, trace->addr);
	if (!err)
		err = run_passes(&model, trace);
	if (!err && patched) {
		pvp_text_patched(&model.text, &model.patched);
		*patched = model.patched;
	} else {
		pvp_patched_deinit(&model.patched);
	}
	free(model.call_thunks);
	pvp_text_deinit(&model.text);
	pvp_decoder_destroy(model.decoder);
	return err;
}

struct pvp_error *pvp_model_patch(const struct pvp_image *image, const struct pvp_tables *tables,
				  const struct pvp_platform *platform, struct pvp_patched *ret)
{
	return run(image, tables, platform, ret, NULL);
}

struct pvp_error *pvp_model_trace(const struct pvp_image *image, const struct pvp_tables *tables,
				  const struct pvp_platform *platform, uint64_t addr, size_t len,
				  struct pvp_trace *ret)
{
	struct pvp_trace trace = {.addr = addr, .len = len};
	struct pvp_error *err = run(image, tables, platform, NULL, &trace);

	if (err)
		pvp_trace_deinit(&trace);
	else
		*ret = trace;
	return err;
}

void pvp_trace_deinit(struct pvp_trace *trace)
{
	if (!trace)
		return;
	for (size_t i = 0; i < trace->nr; i++)
		free(trace->v[i].bytes);
	free(trace->v);
	for (size_t i = 0; i < trace->nr_writes; i++) {
		free(trace->writes[i].old);
		free(trace->writes[i].new);
		free(trace->writes[i].symbolic);
	}
	free(trace->writes);
	memset(trace, 0, sizeof(*trace));
}
