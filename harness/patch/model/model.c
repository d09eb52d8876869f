// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <inttypes.h>
#include <string.h>

// clang-format off
/* Generations.  Source: alternative_instructions() and what it calls, arch/x86/kernel/alternative.c
 * and static_call.c of each kernel; feature numbers: asm/cpufeatures.h. */
static const struct pvp_model_rules generations[] = {
	{
		.generation = "6.1",
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
		.return0            = { 0x2e, 0x2e, 0x2e, 0x31, 0xc0 }, /* cs cs cs xor %eax,%eax */
		.endbr_poison       = { 0x66, 0x0f, 0x1f, 0x00 },       /* nopw (%rax) */
	},
};
// clang-format on

static const struct pvp_model_rules *find_rules(const char *generation)
{
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++)
		if (!strcmp(generations[i].generation, generation))
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

static struct pvp_error *run_passes(struct pvp_model *model)
{
	struct pvp_error *err;

	model->text.pass = PVP_PASS_PLATFORM;
	err = write_platform_text(model);
	for (size_t i = 0; !err && i < PVP_MAX_PASSES && model->rules->passes[i].run; i++) {
		model->text.pass = model->rules->passes[i].pass;
		err = model->rules->passes[i].run(model);
	}
	return err;
}

struct pvp_error *pvp_model_patch(const struct pvp_image *image, const struct pvp_tables *tables,
				  const struct pvp_platform *platform, struct pvp_patched *ret)
{
	struct pvp_model model = {.image = image, .tables = tables, .platform = platform};
	struct pvp_error *err;

	model.rules = find_rules(tables->generation);
	if (!model.rules)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"the model has no rules for generation %s",
					tables->generation);
	model.return0 = pvp_model_symbol(&model, "__static_call_return0");
	model.its_return_thunk = pvp_model_symbol(&model, "its_return_thunk");
	err = pvp_decoder_create(&model.decoder);
	if (err)
		return err;
	pvp_text_init(image, &model.text);
	err = run_passes(&model);
	if (!err)
		pvp_text_patched(&model.text, ret);
	pvp_text_deinit(&model.text);
	pvp_decoder_destroy(model.decoder);
	return err;
}
