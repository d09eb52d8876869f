// SPDX-License-Identifier: GPL-2.0-only
#include "guest.h"

#include <string.h>

#include "inside.h"

#define FEATURE(word, bit) ((word)*32 + (bit))
#define NONE		   PVP_GUEST_NO_CPU_MODEL

// clang-format off
/* What symbols do not tell.  Source: struct cpuinfo_x86, measured on booted kernels (the capability
 * words: for images without BTF), but for i386 of 6.12 and 7.2, where its members are counted;
 * asm/cpufeatures.h. */
static const struct pvp_guest_layout layouts[] = {
	/* generation  arch            x86_capability  family vendor model  X86_FEATURE_RETHUNK */
	{ "5.10",      PVP_ARCH_AMD64, 32,             0,     1,     2,     FEATURE(11, 14) },
	{ "5.10",      PVP_ARCH_I386,  28,             0,     1,     2,     FEATURE(11, 14) },
	{ "6.1",       PVP_ARCH_AMD64, 40,             NONE,  NONE,  NONE,  FEATURE(11, 14) },
	{ "6.1",       PVP_ARCH_I386,  36,             NONE,  NONE,  NONE,  FEATURE(11, 14) },
	{ "6.12",      PVP_ARCH_AMD64, 48,             NONE,  NONE,  NONE,  FEATURE(11, 14) },
	{ "6.12",      PVP_ARCH_I386,  40,             NONE,  NONE,  NONE,  FEATURE(11, 14) },
	{ "7.2",       PVP_ARCH_AMD64, 48,             NONE,  NONE,  NONE,  FEATURE(11, 14) },
	{ "7.2",       PVP_ARCH_I386,  40,             NONE,  NONE,  NONE,  FEATURE(11, 14) },
};
// clang-format on

/* A key that boot changes: its sites and its trampoline; without inline static calls, the latter.
 */
static struct pvp_error *update(struct pvp_guest *guest, const struct pvp_static_call_value *value)
{
	const struct pvp_tables *t = guest->tables;
	uint64_t args[] = {value->key, 0, value->func};
	const uint64_t transform[] = {0 /* no site */, value->trampoline, value->func, true};

	if (!value->key)
		return pvp_guest_call(guest, "arch_static_call_transform", transform,
				      ARRAY_SIZE(transform));
	for (size_t k = 0; k < t->nr_static_call_keys; k++)
		if (t->static_call_keys[k].key == value->key)
			args[1] = t->static_call_keys[k].trampoline;
	return pvp_guest_call(guest, "__static_call_update", args, ARRAY_SIZE(args));
}

/* Long before the tables: every site by its key in the file, then the keys that are changed. */
static struct pvp_error *run_static_calls(struct pvp_guest *guest)
{
	const struct pvp_platform *p = guest->platform;
	struct pvp_error *err = NULL;

	guest->pass = PVP_PASS_STATIC_CALL;
	if (pvp_image_symbols_named(guest->image, "arch_init_ideal_nops", NULL))
		err = pvp_guest_call(guest, "arch_init_ideal_nops", NULL, 0);
	if (!err && guest->tables->nr_static_calls)
		err = pvp_guest_call(guest, "static_call_init", NULL, 0);
	for (size_t i = 0; i < p->nr_static_calls && !err; i++)
		err = update(guest, &p->static_calls[i]);
	pvp_authors_settle(&guest->authors, guest->pass);
	return err;
}

static struct pvp_error *boot(struct pvp_guest *guest)
{
	struct pvp_error *err;

	err = pvp_guest_put_inputs(guest);
	pvp_authors_settle(&guest->authors, PVP_PASS_PLATFORM);
	if (!err)
		err = pvp_guest_put_caps(guest, false);
	if (!err)
		err = run_static_calls(guest);
	if (!err)
		err = pvp_guest_put_caps(guest, true);
	guest->pass = PVP_PASS_PLATFORM; /* until a pass begins */
	if (!err)
		err = pvp_guest_call(guest, "alternative_instructions", NULL, 0);
	pvp_authors_settle(&guest->authors, guest->pass);
	pvp_authors_mark_symbolic(&guest->authors, guest->tables, guest->memory.arena,
				  guest->arena);
	if (err || !guest->platform->initcalls || !guest->tables->nr_static_calls)
		return err;
	/* An early initcall: 6.12 and 7.2 do it all again where return thunks were chosen. */
	guest->pass = PVP_PASS_STATIC_CALL;
	err = pvp_guest_call(guest, "static_call_init", NULL, 0);
	pvp_authors_settle(&guest->authors, guest->pass);
	return err;
}

static const struct pvp_guest_layout *find_layout(const struct pvp_image *image,
						  const struct pvp_tables *tables)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (layouts[i].arch == image->arch &&
		    !strcmp(layouts[i].generation, tables->generation))
			return &layouts[i];
	return NULL;
}

/* What the predictor cannot do without. */
static struct pvp_error *check_image(const struct pvp_image *image, const struct pvp_tables *tables,
				     const struct pvp_guest_layout **ret)
{
	static const char *const functions[] = {"apply_alternatives", "alternative_instructions"};
	static const char *const inline_calls[] = {"static_call_init", "__static_call_update"};
	const char *lacks = NULL;

	*ret = find_layout(image, tables);
	if (!*ret)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"guest patcher: the data layout of generation %s, %s, is "
					"not known",
					tables->generation, pvp_arch_name(image->arch));
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (!pvp_image_symbols_named(image, functions[i], NULL))
			lacks = functions[i];
	for (size_t i = 0; i < ARRAY_SIZE(inline_calls) && tables->nr_static_calls; i++)
		if (!pvp_image_symbols_named(image, inline_calls[i], NULL))
			lacks = inline_calls[i];
	if (lacks)
		return pvp_error_format(PVP_ERR_UNSUPPORTED, "guest patcher: the image has no %s",
					lacks);
	return NULL;
}

struct pvp_error *pvp_guest_supports(const struct pvp_image *image, const struct pvp_tables *tables)
{
	const struct pvp_guest_layout *layout;

	return check_image(image, tables, &layout);
}

/* exact: as in struct pvp_guest. */
static struct pvp_error *patch(const struct pvp_image *image, const struct pvp_tables *tables,
			       const struct pvp_platform *platform,
			       const struct pvp_guest_layout *layout, bool exact,
			       struct pvp_patched *ret)
{
	struct pvp_guest guest = {.image = image,
				  .tables = tables,
				  .platform = platform,
				  .layout = layout,
				  .exact = exact};
	struct pvp_error *err;

	err = pvp_guest_memory_init(image, &guest.memory);
	if (!err)
		err = pvp_authors_init(image, tables, &guest.memory, &guest.authors);
	if (!err)
		err = pvp_guest_create_machine(&guest);
	if (!err)
		err = boot(&guest);
	if (!err)
		pvp_authors_patched(&guest.authors, ret);
	pvp_run_deinit(&guest.run);
	pvp_machine_destroy(guest.machine);
	pvp_authors_deinit(&guest.authors);
	pvp_guest_memory_deinit(&guest.memory);
	return err;
}

struct pvp_error *pvp_guest_patch(const struct pvp_image *image, const struct pvp_tables *tables,
				  const struct pvp_platform *platform, struct pvp_patched *ret)
{
	const struct pvp_guest_layout *layout;
	struct pvp_error *err;

	err = check_image(image, tables, &layout);
	if (err)
		return err;
	err = patch(image, tables, platform, layout, false, ret);
	if (!err)
		return NULL;
	/* Once more, to say where. */
	pvp_error_destroy(err);
	err = patch(image, tables, platform, layout, true, ret);
	return err ? pvp_error_context(err, "guest patcher") : NULL;
}
