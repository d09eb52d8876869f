// SPDX-License-Identifier: GPL-2.0-only
/*
 * golden_platform.c - the platform of a recorded boot, from its JSON.
 */
#include "golden_boot.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/*
 * A recorded function: "0" or "NULL" is NULL.  Names of static functions can be ambiguous: then one
 * of the likely addresses decides.
 */
static struct pvp_error *function(const struct pvp_image *image, const char *name,
				  const uint64_t *likely, size_t nr_likely, uint64_t *ret)
{
	const struct pvp_symbol *const *found;
	size_t nr;

	if (!name)
		return pvp_error_format(PVP_ERR_BAD_DATA, "not a function's name");
	if (!strcmp(name, "0") || !strcmp(name, "NULL")) {
		*ret = 0;
		return NULL;
	}
	if (strlen(name) == 16 && strspn(name, "0123456789abcdef") == 16) {
		*ret = strtoull(name, NULL, 16); /* a page that boot allocated */
		return NULL;
	}
	found = pvp_image_symbols_named(image, name, &nr);
	for (size_t k = 0; k < nr_likely; k++)
		for (size_t i = 0; i < nr; i++)
			if (found[i]->addr == likely[k]) {
				*ret = likely[k];
				return NULL;
			}
	return pvp_image_symbol(image, name, ret);
}

/*
 * Xen PV copies its cpu operations from a structure of its own; its native_wbinvd is another copy
 * than the file's pv_ops has.  Source: xen_start_kernel(), arch/x86/xen/enlighten_pv.c of
 * Linux 6.1.
 */
static uint64_t xen_pv_op(const struct pvp_image *image, const struct pvp_tables *tables, size_t i)
{
	const struct pvp_symbol *const *found;
	struct pvp_error *err;
	uint64_t func = 0;
	size_t nr, first = 0;

	while (first < i && strncmp(tables->fields[first].name, "cpu.", 4))
		first++;
	found = pvp_image_symbols_named(image, "xen_cpu_ops", &nr);
	if (!nr || strncmp(tables->fields[i].name, "cpu.", 4))
		return 0;
	err = pvp_image_pointer(image, found[0]->addr + (i - first) * image->ptr_len, &func);
	pvp_error_destroy(err);
	return func;
}

/* Lock operations may have a table of their own, behind the others in the list of fields. */
static struct pvp_error *fill_pv_ops(json_t *boot, const struct pvp_image *image,
				     const struct pvp_tables *tables, struct pvp_platform *platform)
{
	json_t *json = json_object_get(boot, "pv_ops"),
	       *lock = json_object_get(boot, "pv_ops_lock");
	const size_t nr = json_object_size(json), nr_lock = json_object_size(lock);

	platform->nr_pv_ops = tables->nr_fields;
	platform->pv_ops = pvp_calloc(tables->nr_fields, sizeof(*platform->pv_ops));
	if (nr + nr_lock != tables->nr_fields)
		return pvp_error_format(PVP_ERR_BAD_DATA, "pv_ops has %zu slots, not %zu",
					nr + nr_lock, tables->nr_fields);
	for (size_t i = 0; i < tables->nr_fields; i++) {
		uint64_t likely[2] = {0};
		struct pvp_error *err;
		const char *name;
		char offset[24];

		snprintf(offset, sizeof(offset), "%zx", (i < nr ? i : i - nr) * image->ptr_len);
		name = json_string_value(json_object_get(i < nr ? json : lock, offset));
		if (platform->hypervisor == PVP_HV_XEN_PV)
			likely[0] = xen_pv_op(image, tables, i);
		err = pvp_image_pointer(image, tables->slots[i], &likely[1]);
		if (!err)
			err = function(image, name, likely, ARRAY_SIZE(likely),
				       &platform->pv_ops[i]);
		if (err)
			return pvp_error_context(err, "pv_ops+0x%s", offset);
	}
	return NULL;
}

static struct pvp_error *add_static_call(const struct pvp_image *image,
					 const struct pvp_static_call_key *key, const char *func,
					 struct pvp_platform *platform)
{
	struct pvp_static_call_value value = {.key = key->key, .trampoline = key->trampoline};
	struct pvp_error *err = function(image, func, &key->func, 1, &value.func);

	if (err)
		return pvp_error_context(err, "static call %s", key->name);
	platform->static_calls =
		pvp_reallocarray(platform->static_calls, platform->nr_static_calls + 1,
				 sizeof(*platform->static_calls));
	platform->static_calls[platform->nr_static_calls++] = value;
	return NULL;
}

/*
 * Where data has no symbols (i386) a recording does not say what a static call's key held.  Of
 * those that boot changes before it patches, 6.1 has the ones of dynamic preemption, with these
 * values when preempt= is not given.  Source: the recording 6.1-native.
 */
static struct pvp_error *fill_unnamed_calls(const struct pvp_image *image,
					    const struct pvp_tables *tables,
					    struct pvp_platform *platform)
{
	static const char *const calls[][2] = {
		{"cond_resched", "__cond_resched"},	{"might_resched", "__cond_resched"},
		{"preempt_schedule", "NULL"},		{"preempt_schedule_notrace", "NULL"},
		{"irqentry_exit_cond_resched", "NULL"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct pvp_static_call_key *key = pvp_tables_static_call(tables, calls[i][0]);
		struct pvp_error *err = NULL;

		if (key && !key->key)
			err = add_static_call(image, key, calls[i][1], platform);
		if (err)
			return err;
	}
	return NULL;
}

static struct pvp_error *fill_static_calls(json_t *json, const struct pvp_image *image,
					   const struct pvp_tables *tables,
					   struct pvp_platform *platform)
{
	const char *name;
	json_t *values;

	json_object_foreach(json, name, values)
	{
		const struct pvp_static_call_key *key = pvp_tables_static_call(tables, name);
		struct pvp_error *err;

		if (!key)
			return pvp_error_format(PVP_ERR_NOT_FOUND, "no static call %s", name);
		err = add_static_call(image, key, json_string_value(json_array_get(values, 1)),
				      platform);
		if (err)
			return err;
	}
	return fill_unnamed_calls(image, tables, platform);
}

#define HYPERCALL_STUB_LEN 32
#define HYPERCALL_STUBS	   (4096 / HYPERCALL_STUB_LEN)
#define HYPERCALL_IRET	   23 /* does not return */

/*
 * Xen fills the guest's hypercall page before the kernel runs: a stub a hypercall, with its number
 * in eax.  Source: hypercall_page_initialise_ring3_kernel() of Xen 4.17; the recording 5.10-xenpv.
 */
static struct pvp_error *fill_hypercall_page(const struct pvp_image *image,
					     struct pvp_platform *platform)
{
	/* push rcx, r11; mov $n,%eax; syscall; pop r11, rcx; ret */
	static const struct pvp_text_write stub = {
		.len = 14,
		.bytes = {0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3}};
	/* push rcx, r11, rax; mov $23,%eax; syscall */
	static const struct pvp_text_write iret = {
		.len = 11,
		.bytes = {0x51, 0x41, 0x53, 0x50, 0xb8, HYPERCALL_IRET, 0, 0, 0, 0x0f, 0x05}};
	struct pvp_error *err;
	uint64_t page;

	if (!pvp_image_symbols_named(image, "hypercall_page", NULL))
		return NULL;
	err = pvp_image_symbol(image, "hypercall_page", &page);
	for (unsigned i = 0; i < HYPERCALL_STUBS && !err; i++) {
		struct pvp_text_write *write = &platform->text_writes[platform->nr_text_writes++];

		*write = i == HYPERCALL_IRET ? iret : stub;
		write->addr = page + i * HYPERCALL_STUB_LEN;
		if (i != HYPERCALL_IRET)
			write->bytes[4] = i;
	}
	return err;
}

/* Xen PV's first C function writes a jmp to xen_iret over a label of the entry code, where there is
 * one.  Source: xen_start_kernel(), arch/x86/xen/enlighten_pv.c of Linux 6.1. */
static struct pvp_error *fill_text_writes(const struct pvp_image *image,
					  struct pvp_platform *platform)
{
	struct pvp_text_write *write;
	struct pvp_error *err;
	uint64_t target;

	platform->text_writes = pvp_calloc(HYPERCALL_STUBS + 1, sizeof(*write));
	err = fill_hypercall_page(image, platform);
	if (err || !pvp_image_symbols_named(image, "early_xen_iret_patch", NULL))
		return err;
	write = &platform->text_writes[platform->nr_text_writes++];
	err = pvp_image_symbol(image, "early_xen_iret_patch", &write->addr);
	if (!err)
		err = pvp_image_symbol(image, "xen_iret", &target);
	if (err)
		return err;
	write->len = 5;
	write->bytes[0] = 0xe9;
	for (unsigned i = 0; i < 4; i++)
		write->bytes[1 + i] = (target - (write->addr + 5)) >> (8 * i);
	return NULL;
}

/* X86_VENDOR_* of asm/processor.h, Linux 5.10 to 7.2. */
static uint8_t vendor_number(const char *name)
{
	static const struct {
		const char *name;
		uint8_t number;
	} vendors[] = {{"GenuineIntel", 0}, {"AuthenticAMD", 2}, {"HygonGenuine", 9}};

	for (size_t i = 0; name && i < ARRAY_SIZE(vendors); i++)
		if (!strcmp(name, vendors[i].name))
			return vendors[i].number;
	return 255;
}

/* The address of the first of the symbols that exists; none: 0. */
static struct pvp_error *first_of(const struct pvp_image *image, const char *const *names,
				  uint64_t *ret)
{
	for (*ret = 0; *names; names++)
		if (pvp_image_symbols_named(image, *names, NULL))
			return pvp_image_symbol(image, *names, ret);
	return NULL;
}

/* CPUs, as the passes see them: other than one when locks are to stay.  Source:
 * alternative_instructions(), arch/x86/kernel/alternative.c. */
static unsigned cpus(json_t *json)
{
	json_t *vars = json_object_get(json, "vars"),
	       *max = json_object_get(vars, "setup_max_cpus");
	unsigned nr = json_integer_value(json_object_get(json_object_get(json, "machine"), "cpus"));

	if (max && json_integer_value(max) <= 1)
		nr = 1;
	return json_integer_value(json_object_get(vars, "noreplace_smp")) && nr == 1 ? 2 : nr;
}

/* Into platform, also on error. */
static struct pvp_error *fill_platform(json_t *json, const struct pvp_image *image,
				       const struct pvp_tables *tables,
				       struct pvp_platform *platform)
{
	json_t *caps = json_object_get(json, "capabilities_after");
	json_t *machine = json_object_get(json, "machine");
	const char *thunk = json_string_value(
		json_object_get(json_object_get(json, "vars"), "x86_return_thunk"));
	struct pvp_error *err;

	for (size_t i = 0; i < PVP_CAP_WORDS; i++) {
		const char *word = json_string_value(json_array_get(caps, i));

		if (!word)
			return pvp_error_format(PVP_ERR_BAD_DATA, "no capability word %zu", i);
		platform->caps[i] = strtoul(word, NULL, 16);
	}
	platform->cpu.vendor = vendor_number(json_string_value(json_object_get(json, "vendor")));
	platform->cpu.family = json_integer_value(json_object_get(json, "family"));
	platform->cpu.model = json_integer_value(json_object_get(json, "model"));
	platform->cpus = cpus(json);
	if (json_is_object(json_object_get(machine, "xen"))) {
		platform->hypervisor = PVP_HV_XEN_PV;
		platform->ring = 3;
	}
	err = fill_pv_ops(json, image, tables, platform);
	if (!err)
		err = fill_static_calls(json_object_get(json, "static_calls_changed"), image,
					tables, platform);
	if (!err && thunk)
		err = pvp_image_symbol(image, thunk, &platform->return_thunk);
	if (!err)
		err = first_of(image, (const char *const[]){"paravirt_BUG", "BUG_func", NULL},
			       &platform->null_target);
	if (!err)
		err = first_of(image, (const char *const[]){"_paravirt_nop", "nop_func", NULL},
			       &platform->nop_target);
	if (!err && platform->hypervisor == PVP_HV_XEN_PV)
		err = fill_text_writes(image, platform);
	return err;
}

struct pvp_error *pvp_golden_boot_platform(const struct pvp_golden_boot *boot,
					   const struct pvp_image *image,
					   const struct pvp_tables *tables,
					   struct pvp_platform *ret)
{
	struct pvp_platform platform = {.name = pvp_strdup(boot->name)};
	struct pvp_error *err = fill_platform(boot->json, image, tables, &platform);

	if (!err) {
		*ret = platform;
		return NULL;
	}
	pvp_golden_platform_deinit(&platform);
	return pvp_error_context(err, "%s.json", boot->name);
}

void pvp_golden_platform_deinit(struct pvp_platform *platform)
{
	free(platform->name);
	free(platform->pv_ops);
	free(platform->static_calls);
	free(platform->text_writes);
	memset(platform, 0, sizeof(*platform));
}
