// SPDX-License-Identifier: GPL-2.0-only
#include "guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "authors.h"
#include "btf.h"
#include "callees.h"
#include "inside.h"
#include "x86/regs.h"

// clang-format off
/* What symbols do not tell.  Source: struct cpuinfo_x86, measured on booted kernels (for images
 * without BTF); asm/cpufeatures.h. */
static const struct pvp_guest_layout layouts[] = {
	/* generation  x86_capability in boot_cpu_data  X86_FEATURE_RETHUNK */
	{ "6.1",       40,                              11 * 32 + 14 },
};

/* Where a pass begins.  Source: arch/x86/kernel/alternative.c of Linux 5.10 to 6.12. */
static const struct {
	const char *function;
	enum pvp_pass pass;
} passes[] = {
	{ "apply_paravirt",             PVP_PASS_PARAVIRT },
	{ "apply_retpolines",           PVP_PASS_RETPOLINE },
	{ "apply_returns",              PVP_PASS_RETURN },
	{ "apply_alternatives",         PVP_PASS_ALTERNATIVE },
	{ "apply_ibt_endbr",            PVP_PASS_ENDBR },
	{ "alternatives_smp_module_add", PVP_PASS_SMP_LOCK },
};
// clang-format on

/* --- the machine's client --- */

static uint64_t callee_result(void *arg, unsigned index, unsigned nth, uint64_t seed)
{
	struct pvp_guest *guest = arg;
	struct pvp_machine *m = guest->machine;
	uint64_t sp, to;

	(void)nth;
	(void)seed;
	if (index >= PVP_NR_CALLEES || pvp_callees[index].kind != PVP_CALLEE_APPLY)
		return 0;
	/* The machine returns from here to what is on the stack: let that be the function. */
	to = pvp_machine_reg(m, PVP_X86_rdi);
	sp = pvp_machine_reg(m, PVP_X86_rsp) - sizeof(to);
	if (pvp_memory_write(pvp_machine_memory(m), sp, &to, sizeof(to), PVP_WRITER_MACHINE))
		pvp_machine_set_reg(m, PVP_X86_rsp, sp);
	pvp_machine_set_reg(m, PVP_X86_rdi, pvp_machine_reg(m, PVP_X86_rsi));
	pvp_machine_set_reg(m, PVP_X86_rsi, pvp_machine_reg(m, PVP_X86_rdx));
	pvp_machine_set_reg(m, PVP_X86_rdx, pvp_machine_reg(m, PVP_X86_rcx));
	return 0;
}

static void watch(void *arg, unsigned index)
{
	struct pvp_guest *guest = arg;

	pvp_authors_settle(&guest->authors, guest->pass);
	guest->pass = passes[index].pass;
}

static void fill(void *arg, uint64_t seed, uint64_t addr, void *buf, size_t len)
{
	struct pvp_guest *guest = arg;

	(void)seed;
	if (!guest->stray)
		guest->stray = addr;
	memset(buf, 0, len);
}

/* A WARN is a ud2 that the kernel goes on behind. */
static uint64_t fixup(void *arg, struct pvp_machine *machine, uint64_t addr, unsigned vector)
{
	struct pvp_guest *guest = arg;
	const struct pvp_bug_entry *bug = pvp_tables_bug_at(guest->tables, addr);

	(void)machine;
	return vector == PVP_FAULT_UD && bug && bug->warn ? addr + 2 : 0;
}

/* --- runs --- */

/* Calls the function of that name. */
static struct pvp_error *call(struct pvp_guest *guest, const char *function, const uint64_t args[3])
{
	static const enum pvp_x86_reg arg_regs[] = {PVP_X86_rdi, PVP_X86_rsi, PVP_X86_rdx};
	const struct pvp_tables *t = guest->tables;
	const uint64_t landing = pvp_machine_landing(guest->machine);
	/* The longest run known takes some 600 instructions an entry. */
	const uint64_t entries = t->nr_para + t->nr_alts + t->nr_static_calls + t->nr_retpolines +
				 t->nr_returns + t->nr_endbr_seals + t->nr_smp_locks;
	struct pvp_state start = {0};
	struct pvp_run_request request = {
		.start = &start,
		.end = landing,
		.end_sp = PVP_GUEST_STACK_TOP,
		.max_insns = 1000000 + 4000 * entries,
	};
	struct pvp_error *err;

	err = pvp_image_symbol(guest->image, function, &start.reg[PVP_X86_rip]);
	if (err)
		return err;
	start.reg[PVP_X86_rsp] = PVP_GUEST_STACK_TOP - sizeof(landing);
	start.reg[PVP_X86_rflags] = 2;
	start.reg[PVP_X86_gs_base] = guest->image->percpu_base;
	start.reg[PVP_X86_cs] = 0x10; /* flat, as in the machine's own table */
	start.reg[PVP_X86_ss] = 0x18;
	for (size_t i = 0; i < ARRAY_SIZE(arg_regs) && args; i++)
		start.reg[arg_regs[i]] = args[i];
	err = pvp_guest_memory_put(&guest->memory, start.reg[PVP_X86_rsp], &landing,
				   sizeof(landing), "stack");
	if (err)
		return err;
	guest->stray = 0;
	pvp_machine_run(guest->machine, &request, &guest->run);
	pvp_machine_undo(guest->machine);
	if (guest->run.stop == PVP_STOP_END && !guest->stray)
		return NULL;
	return pvp_error_context(pvp_guest_why(guest), "%s, pass %s", function,
				 pvp_pass_name(guest->pass));
}

/* --- the platform's inputs --- */

static struct pvp_error *put_symbol(struct pvp_guest *guest, const char *symbol, uint64_t off,
				    const void *data, uint64_t len)
{
	uint64_t addr;
	struct pvp_error *err = pvp_image_symbol(guest->image, symbol, &addr);

	return err ? err : pvp_guest_memory_put(&guest->memory, addr + off, data, len, symbol);
}

/* Capability words; at the time of static_call_init return thunks have not been chosen. */
static struct pvp_error *put_caps(struct pvp_guest *guest, bool thunks)
{
	const unsigned rethunk = guest->layout->rethunk;
	uint32_t caps[PVP_CAP_WORDS];
	uint64_t off = guest->layout->caps, len = sizeof(caps);
	struct pvp_error *err;

	if (pvp_btf_exists(guest->image)) {
		err = pvp_btf_offset(guest->image, "cpuinfo_x86", "x86_capability", &off, &len);
		if (err)
			return err;
	}
	memcpy(caps, guest->platform->caps, sizeof(caps));
	if (!thunks)
		caps[rethunk / 32] &= ~(1u << rethunk % 32);
	return put_symbol(guest, "boot_cpu_data", off, caps,
			  len < sizeof(caps) ? len : sizeof(caps));
}

static struct pvp_error *put_text_writes(struct pvp_guest *guest)
{
	const struct pvp_platform *p = guest->platform;
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < p->nr_text_writes && !err; i++) {
		const struct pvp_text_write *write = &p->text_writes[i];

		if (write->len > sizeof(write->bytes) ||
		    !pvp_image_is_text(guest->image, write->addr, write->len))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"platform %s: text write of %u bytes at %#" PRIx64,
						p->name ? p->name : "?", write->len, write->addr);
		err = pvp_guest_memory_put(&guest->memory, write->addr, write->bytes, write->len,
					   "text write");
	}
	return err;
}

/* The CPUs there are: one decides that lock prefixes go. */
static struct pvp_error *put_cpus(struct pvp_guest *guest)
{
	static const char *const masks[] = {"__cpu_possible_mask", "__cpu_present_mask"};
	uint64_t mask = guest->platform->cpus >= 64 ? ~0ull : (1ull << guest->platform->cpus) - 1;
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(masks) && !err; i++)
		err = put_symbol(guest, masks[i], 0, &mask, sizeof(mask));
	return err;
}

static struct pvp_error *put_inputs(struct pvp_guest *guest)
{
	const struct pvp_platform *p = guest->platform;
	struct pvp_error *err;

	err = put_text_writes(guest);
	for (size_t i = 0; i < p->nr_pv_ops && !err; i++)
		err = pvp_guest_memory_put(&guest->memory, guest->tables->slots[i], &p->pv_ops[i],
					   guest->image->ptr_len, "pv_ops");
	if (!err && p->return_thunk)
		err = put_symbol(guest, "x86_return_thunk", 0, &p->return_thunk,
				 sizeof(p->return_thunk));
	return err ? err : put_cpus(guest);
}

/* --- boot --- */

static struct pvp_error *create_machine(struct pvp_guest *guest)
{
	struct pvp_machine_config config = {
		.regions = guest->memory.regions,
		.nr_regions = guest->memory.nr,
		.boots = true,
		.client = {.arg = guest,
			   .callee_result = callee_result,
			   .watch = watch,
			   .fill = fill,
			   .fixup = fixup},
	};
	struct pvp_specials specials = {0};
	struct pvp_error *err;

	for (unsigned i = 0; i < ARRAY_SIZE(passes); i++)
		pvp_specials_add(&specials, guest->image, passes[i].function, PVP_SPECIAL_WATCH, i);
	pvp_specials_add_callees(&specials, guest->image, guest->tables, guest->platform);
	config.specials = specials.v;
	config.nr_specials = specials.nr;
	err = pvp_machine_create(&config, &guest->machine);
	pvp_specials_deinit(&specials);
	return err;
}

/* Long before the tables: every site by its key in the file, then the keys that are changed. */
static struct pvp_error *run_static_calls(struct pvp_guest *guest)
{
	const struct pvp_tables *t = guest->tables;
	const struct pvp_platform *p = guest->platform;
	struct pvp_error *err = NULL;

	guest->pass = PVP_PASS_STATIC_CALL;
	if (t->nr_static_calls)
		err = call(guest, "static_call_init", NULL);
	for (size_t i = 0; i < p->nr_static_calls && !err; i++) {
		uint64_t args[3] = {p->static_calls[i].key, 0, p->static_calls[i].func};

		for (size_t k = 0; k < t->nr_static_call_keys; k++)
			if (t->static_call_keys[k].key == args[0])
				args[1] = t->static_call_keys[k].trampoline;
		err = call(guest, "__static_call_update", args);
	}
	pvp_authors_settle(&guest->authors, guest->pass);
	return err;
}

static struct pvp_error *boot(struct pvp_guest *guest)
{
	struct pvp_error *err;

	err = put_inputs(guest);
	pvp_authors_settle(&guest->authors, PVP_PASS_PLATFORM);
	if (!err)
		err = put_caps(guest, false);
	if (!err)
		err = run_static_calls(guest);
	if (!err)
		err = put_caps(guest, true);
	guest->pass = PVP_PASS_PLATFORM; /* until a pass begins */
	if (!err)
		err = call(guest, "alternative_instructions", NULL);
	pvp_authors_settle(&guest->authors, guest->pass);
	return err;
}

/* What the predictor cannot do without. */
static struct pvp_error *check_image(const struct pvp_image *image, const struct pvp_tables *tables,
				     const struct pvp_guest_layout **ret)
{
	static const char *const functions[] = {"apply_alternatives", "alternative_instructions",
						"static_call_init", "__static_call_update"};

	if (image->arch != PVP_ARCH_AMD64)
		return pvp_error_format(PVP_ERR_UNSUPPORTED, "guest patcher: %s images are not run",
					pvp_arch_name(image->arch));
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (!pvp_image_symbols_named(image, functions[i], NULL))
			return pvp_error_format(PVP_ERR_UNSUPPORTED,
						"guest patcher: the image has no %s", functions[i]);
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (!strcmp(layouts[i].generation, tables->generation)) {
			*ret = &layouts[i];
			return NULL;
		}
	return pvp_error_format(PVP_ERR_UNSUPPORTED,
				"guest patcher: the data layout of generation %s is not known",
				tables->generation);
}

struct pvp_error *pvp_guest_supports(const struct pvp_image *image, const struct pvp_tables *tables)
{
	const struct pvp_guest_layout *layout;

	return check_image(image, tables, &layout);
}

struct pvp_error *pvp_guest_patch(const struct pvp_image *image, const struct pvp_tables *tables,
				  const struct pvp_platform *platform, struct pvp_patched *ret)
{
	struct pvp_guest guest = {.image = image, .tables = tables, .platform = platform};
	struct pvp_error *err;

	err = check_image(image, tables, &guest.layout);
	if (err)
		return err;
	err = pvp_guest_memory_init(image, &guest.memory);
	if (!err)
		err = pvp_authors_init(image, &guest.memory, &guest.authors);
	if (!err)
		err = create_machine(&guest);
	if (!err)
		err = boot(&guest);
	if (!err)
		pvp_authors_patched(&guest.authors, ret);
	pvp_run_deinit(&guest.run);
	pvp_machine_destroy(guest.machine);
	pvp_authors_deinit(&guest.authors);
	pvp_guest_memory_deinit(&guest.memory);
	return err ? pvp_error_context(err, "guest patcher") : NULL;
}
