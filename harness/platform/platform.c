// SPDX-License-Identifier: GPL-2.0-only
#include "platform.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "feature.h"
#include "insn.h"
#include "platform_file.h"
#include "resolve.h"
#include "static_keys.h"

#define MAX_CPUS 64

/* What every step below needs; lives as long as one load. */
struct load {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_yaml *yaml;
	const struct pvp_platform_words *words;
	struct pvp_platform *platform;
};

static struct pvp_error *load_head(const struct load *l)
{
	const struct pvp_platform_words *w = l->words;
	const char *arch = pvp_arch_name(l->image->arch);
	struct pvp_platform *p = l->platform;
	bool fits = false;

	p->name = pvp_strdup(w->name);
	p->description = pvp_strdup(w->description);
	p->hypervisor = w->hypervisor;
	for (size_t i = 0; i < w->arch_count; i++)
		fits |= !strcmp(w->arch[i], arch);
	if (!fits)
		return pvp_yaml_error(l->yaml, PVP_ERR_UNSUPPORTED, "arch",
				      "platform %s is not for %s images", w->name, arch);
	for (size_t i = 0; i < w->needs_count; i++)
		if (!pvp_image_symbols_named(l->image, w->needs[i], NULL))
			return pvp_yaml_error(l->yaml, PVP_ERR_UNSUPPORTED, "needs",
					      "the image has no '%s': it cannot run there",
					      w->needs[i]);
	if (w->ring != 0 && w->ring != 3)
		return pvp_yaml_error(l->yaml, PVP_ERR_BAD_DATA, "ring", "ring %u is not 0 or 3",
				      w->ring);
	if (!w->cpus || w->cpus > MAX_CPUS)
		return pvp_yaml_error(l->yaml, PVP_ERR_BAD_DATA, "cpus", "cpus %u is not 1 .. %d",
				      w->cpus, MAX_CPUS);
	p->ring = w->ring;
	p->cpus = w->cpus;
	return NULL;
}

static struct pvp_error *load_caps(const struct load *l)
{
	for (size_t i = 0; i < PVP_CAP_WORDS; i++) {
		const char *text = l->words->capabilities[i];
		struct pvp_error *err;

		if (pvp_resolve_hex_word(text, &l->platform->caps[i]))
			continue;
		err = pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not a word of 8 hex digits",
				       text);
		return pvp_yaml_context(l->yaml, err, "capabilities/%zu", i);
	}
	return NULL;
}

static struct pvp_error *load_feature_list(const struct load *l, const char *list, char **v,
					   size_t nr, bool on, bool seen[PVP_CAP_WORDS * 32])
{
	for (size_t i = 0; i < nr; i++) {
		struct pvp_error *err;
		unsigned feature;

		err = pvp_feature_parse(v[i], l->tables->generation, &feature);
		if (!err && seen[feature])
			err = pvp_error_format(PVP_ERR_BAD_DATA,
					       "feature '%s' (%u) is listed twice", v[i], feature);
		if (err)
			return pvp_yaml_context(l->yaml, err, "features/%s/%zu", list, i);
		seen[feature] = true;
		pvp_platform_set_feature(l->platform, feature, on);
	}
	return NULL;
}

static struct pvp_error *load_features(const struct load *l)
{
	const struct pvp_platform_words *w = l->words;
	bool seen[PVP_CAP_WORDS * 32] = {false};
	struct pvp_error *err;

	err = load_feature_list(l, "set", w->features.set, w->features.set_count, true, seen);
	if (err)
		return err;
	return load_feature_list(l, "clear", w->features.clear, w->features.clear_count, false,
				 seen);
}

/*
 * Static functions share names.  The one this platform means is the one in its own template of
 * pv_ops, where the image has one; else the one the file's pv_ops has.
 */
static uint64_t template_value(const struct load *l, size_t field, const char *name, uint64_t file)
{
	for (size_t i = 0; i < l->words->templates_count; i++) {
		size_t nr = 0;
		const struct pvp_symbol *const *table =
			pvp_image_symbols_named(l->image, l->words->templates[i], &nr);
		struct pvp_error *err;
		uint64_t value;

		if (!table || nr != 1)
			continue;
		err = pvp_image_pointer(l->image, table[0]->addr + field * l->image->ptr_len,
					&value);
		if (!err && pvp_resolve_is_named(l->image, value, name))
			return value;
		pvp_error_destroy(err);
	}
	return file;
}

static struct pvp_error *load_pv_ops(const struct load *l)
{
	const struct pvp_tables *tables = l->tables;
	struct pvp_platform *p = l->platform;
	struct pvp_error *err = NULL;

	p->nr_pv_ops = tables->nr_fields;
	p->pv_ops = pvp_calloc(tables->nr_fields + 1, sizeof(*p->pv_ops));
	for (size_t i = 0; i < tables->nr_fields; i++) {
		uint64_t addr = tables->pv_ops + i * l->image->ptr_len, value;
		const char *name = l->words->pv_ops ? l->words->pv_ops[i] : NULL;

		err = pvp_image_pointer(l->image, addr, &value);
		if (err)
			return pvp_error_context(err, "%s: pv_ops.%s", l->image->name,
						 tables->fields[i].name);
		p->pv_ops[i] = value;
		if (!name)
			continue;
		err = pvp_resolve_function(l->image, name, template_value(l, i, name, value),
					   &p->pv_ops[i]);
		if (err)
			return pvp_yaml_context(l->yaml, err, "pv_ops/%s", tables->fields[i].name);
	}
	return NULL;
}

/* values: one a key, as the file has it. */
static struct pvp_error *load_static_calls(const struct load *l, uint64_t *values)
{
	const struct pvp_static_call_key *keys = l->tables->static_call_keys;
	const struct pvp_platform_words *w = l->words;
	struct pvp_error *err;

	for (size_t i = 0; w->static_calls && i < l->tables->nr_static_call_keys; i++) {
		if (!w->static_calls[i])
			continue;
		err = pvp_resolve_function(l->image, w->static_calls[i], keys[i].func, &values[i]);
		if (err)
			return pvp_yaml_context(l->yaml, err, "static_calls/%s", keys[i].name);
	}
	for (size_t i = 0; i < w->more_static_calls_count; i++) {
		const struct pvp_file_static_call *row = &w->more_static_calls[i];
		const struct pvp_static_call_key *key;

		err = NULL;
		for (size_t j = 0; !err && j < i; j++)
			if (!strcmp(w->more_static_calls[j].key, row->key))
				err = pvp_error_format(PVP_ERR_BAD_DATA,
						       "static call '%s' is listed twice",
						       row->key);
		key = pvp_tables_static_call(l->tables, row->key);
		if (!err && key)
			err = pvp_resolve_function(l->image, row->function, key->func,
						   &values[key - keys]);
		if (err)
			return pvp_yaml_context(l->yaml, err, "static_calls_if_present/%zu", i);
	}
	return NULL;
}

static void keep_changed_calls(const struct load *l, const uint64_t *values)
{
	const struct pvp_tables *tables = l->tables;
	struct pvp_platform *p = l->platform;
	size_t cap = 0;

	for (size_t i = 0; i < tables->nr_static_call_keys; i++) {
		struct pvp_static_call_value *value;

		if (values[i] == tables->static_call_keys[i].func)
			continue;
		value = pvp_push(&p->static_calls, &p->nr_static_calls, &cap);
		value->key = tables->static_call_keys[i].key;
		value->func = values[i];
	}
}

/* A NULL return thunk means the image's own initial value; it has none where the variable is not.
 */
static struct pvp_error *load_return_thunk(const struct load *l, const char *option)
{
	const char *name = option ? option : l->words->return_thunk;
	uint64_t variable, keep = 0;
	struct pvp_error *err;

	err = pvp_image_symbol(l->image, "x86_return_thunk", &variable);
	if (!err)
		err = pvp_image_pointer(l->image, variable, &keep);
	if (err)
		pvp_error_destroy(err);
	l->platform->return_thunk = keep;
	if (!name)
		return NULL;
	err = pvp_resolve_function(l->image, name, keep, &l->platform->return_thunk);
	if (!err)
		return NULL;
	return option ? pvp_error_context(err, "--return-thunk %s", option)
		      : pvp_yaml_context(l->yaml, err, "return_thunk");
}

static struct pvp_error *load_target(const struct load *l, const char *where, const char *name,
				     uint64_t *ret)
{
	struct pvp_error *err;

	if (!name)
		return NULL;
	err = pvp_resolve_function(l->image, name, 0, ret);
	return err ? pvp_yaml_context(l->yaml, err, "%s", where) : NULL;
}

static struct pvp_error *load_insn_list(const struct load *l, const char *list, char **v, size_t nr,
					enum pvp_insn_rule rule)
{
	struct pvp_platform *p = l->platform;

	for (size_t i = 0; i < nr; i++) {
		struct pvp_insn_rule_row *row;
		struct pvp_error *err = NULL;

		if (!pvp_insn_class_known(v[i]))
			err = pvp_error_format(PVP_ERR_NOT_FOUND, "unknown instruction class '%s'",
					       v[i]);
		for (size_t j = 0; !err && j < p->nr_insns; j++)
			if (!strcmp(p->insns[j].insn, v[i]))
				err = pvp_error_format(PVP_ERR_BAD_DATA,
						       "instruction class '%s' is listed twice",
						       v[i]);
		if (err)
			return pvp_yaml_context(l->yaml, err, "instructions/%s/%zu", list, i);
		row = &p->insns[p->nr_insns++];
		row->insn = pvp_strdup(v[i]);
		row->rule = rule;
	}
	return NULL;
}

static struct pvp_error *load_insns(const struct load *l)
{
	const struct pvp_platform_words *w = l->words;
	size_t nr = w->instructions.allow_count + w->instructions.emulate_count +
		    w->instructions.fault_count + w->instructions.ignore_count +
		    w->instructions.end_count;
	struct pvp_error *err;

	l->platform->insns = pvp_calloc(nr + 1, sizeof(*l->platform->insns));
#define LIST(name, rule)                                                                           \
	load_insn_list(l, #name, w->instructions.name, w->instructions.name##_count, rule)
	err = LIST(allow, PVP_INSN_ALLOW);
	if (!err)
		err = LIST(emulate, PVP_INSN_EMULATE);
	if (!err)
		err = LIST(fault, PVP_INSN_FAULT);
	if (!err)
		err = LIST(ignore, PVP_INSN_IGNORE);
	if (!err)
		err = LIST(end, PVP_INSN_END);
#undef LIST
	return err;
}

static bool parse_bytes(const char *text, struct pvp_text_write *write)
{
	size_t len = strlen(text);

	if (!len || len % 2 || len / 2 > sizeof(write->bytes) ||
	    strspn(text, "0123456789abcdefABCDEF") != len)
		return false;
	for (size_t i = 0; i < len / 2; i++) {
		char digits[3] = {text[2 * i], text[2 * i + 1]};

		write->bytes[i] = strtoul(digits, NULL, 16);
	}
	write->len = len / 2;
	return true;
}

/* e9 rel32: jmp target */
static struct pvp_error *make_jump(uint64_t target, struct pvp_text_write *write)
{
	int64_t rel = (int64_t)(target - (write->addr + 5));

	if (rel != (int32_t)rel)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"a jump at %#" PRIx64 " does not reach %#" PRIx64,
					write->addr, target);
	write->bytes[0] = 0xe9;
	for (unsigned i = 0; i < 4; i++)
		write->bytes[1 + i] = (uint32_t)rel >> (8 * i);
	write->len = 5;
	return NULL;
}

static struct pvp_error *resolve_text(const struct load *l, const struct pvp_file_text *row,
				      struct pvp_text_write *write)
{
	struct pvp_error *err;
	uint64_t target;

	if (!row->jump == !row->bytes)
		return pvp_error_format(PVP_ERR_BAD_DATA, "one of jump and bytes is needed");
	err = pvp_platform_address(l->image, row->at, &write->addr);
	if (!err && row->jump) {
		err = pvp_resolve_function(l->image, row->jump, 0, &target);
		if (!err)
			err = make_jump(target, write);
	} else if (!err && !parse_bytes(row->bytes, write)) {
		err = pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not 1 to %zu bytes in hex",
				       row->bytes, sizeof(write->bytes));
	}
	if (!err && !pvp_image_is_text(l->image, write->addr, write->len))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "%#" PRIx64 " lies outside text",
				       write->addr);
	return err;
}

/* Drops err and says true when it is the missing symbol that `optional: true` allows. */
static bool passed_over(struct pvp_error *err, bool optional)
{
	if (!err || !optional || err->code != PVP_ERR_NOT_FOUND)
		return false;
	pvp_error_destroy(err);
	return true;
}

static struct pvp_error *load_text(const struct load *l)
{
	struct pvp_platform *p = l->platform;
	size_t cap = 0;

	for (size_t i = 0; i < l->words->text_count; i++) {
		const struct pvp_file_text *row = &l->words->text[i];
		struct pvp_text_write write = {0};
		struct pvp_error *err;

		err = resolve_text(l, row, &write);
		if (passed_over(err, row->optional))
			continue;
		for (size_t j = 0; !err && j < p->nr_text_writes; j++)
			if (write.addr < p->text_writes[j].addr + p->text_writes[j].len &&
			    p->text_writes[j].addr < write.addr + write.len)
				err = pvp_error_format(PVP_ERR_BAD_DATA,
						       "%#" PRIx64 " is written twice", write.addr);
		if (err)
			return pvp_yaml_context(l->yaml, err, "text/%zu", i);
		*pvp_push(&p->text_writes, &p->nr_text_writes, &cap) = write;
	}
	return NULL;
}

static struct pvp_error *load_static_keys(const struct load *l)
{
	for (size_t i = 0; i < l->words->static_keys_count; i++) {
		const struct pvp_file_static_key *row = &l->words->static_keys[i];
		struct pvp_error *err = NULL;

		for (size_t j = 0; !err && j < i; j++)
			if (!strcmp(l->words->static_keys[j].key, row->key))
				err = pvp_error_format(PVP_ERR_BAD_DATA,
						       "static key '%s' is listed twice", row->key);
		if (!err)
			err = pvp_static_key_set(l->image, l->tables, row->key, row->on,
						 l->platform);
		if (!passed_over(err, row->optional) && err)
			return pvp_yaml_context(l->yaml, err, "static_keys/%zu", i);
	}
	return NULL;
}

static struct pvp_error *resolve_callee(const struct load *l, const struct pvp_file_callee *row,
					struct pvp_callee_stub *stub)
{
	const char *result = row->result;
	struct pvp_error *err;
	char *end;

	err = pvp_resolve_function(l->image, row->name, 0, &stub->addr);
	if (err)
		return err;
	for (size_t i = 0; i < l->platform->nr_stubs; i++)
		if (l->platform->stubs[i].addr == stub->addr)
			return pvp_error_format(PVP_ERR_BAD_DATA, "callee '%s' is listed twice",
						row->name);
	if (row->args > 6)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%u arguments; 6 are in registers",
					row->args);
	stub->nr_args = row->args;
	if (!result)
		return NULL;
	stub->has_result = true;
	stub->by_domain = pvp_domain_parse(result, &stub->result);
	if (stub->by_domain)
		return NULL;
	if (!isdigit((unsigned char)*result))
		return pvp_error_format(PVP_ERR_NOT_FOUND, "unknown domain '%s'", result);
	errno = 0;
	stub->value = strtoull(result, &end, 0);
	if (*end || errno)
		return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not a number", result);
	return NULL;
}

static struct pvp_error *load_callees(const struct load *l)
{
	struct pvp_platform *p = l->platform;
	size_t cap = 0;

	for (size_t i = 0; i < l->words->callees_count; i++) {
		const struct pvp_file_callee *row = &l->words->callees[i];
		struct pvp_callee_stub stub = {0};
		struct pvp_error *err;

		err = resolve_callee(l, row, &stub);
		if (!stub.addr && passed_over(err, row->optional))
			continue;
		if (err)
			return pvp_yaml_context(l->yaml, err, "callees/%zu", i);
		stub.name = pvp_strdup(row->name);
		*pvp_push(&p->stubs, &p->nr_stubs, &cap) = stub;
	}
	return NULL;
}

/*
 * Bits the patching code forces itself, just before it patches, from two pointers of pv_ops.
 * Source: paravirt_set_cap(), arch/x86/kernel/paravirt.c of 6.1; 5.10 has no such features.
 */
static const struct {
	const char *feature, *field, *native;
} derived[] = {
	{"PVUNLOCK", "lock.queued_spin_unlock", "__raw_callee_save___native_queued_spin_unlock"},
	{"VCPUPREEMPT", "lock.vcpu_is_preempted", "__raw_callee_save___native_vcpu_is_preempted"},
};

static void derive_features(const struct load *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(derived); i++) {
		struct pvp_error *err;
		unsigned feature;

		err = pvp_feature_parse(derived[i].feature, l->tables->generation, &feature);
		if (err) {
			pvp_error_destroy(err);
			continue;
		}
		for (size_t j = 0; j < l->tables->nr_fields; j++)
			if (!strcmp(l->tables->fields[j].name, derived[i].field) &&
			    !pvp_resolve_is_named(l->image, l->platform->pv_ops[j],
						  derived[i].native))
				pvp_platform_set_feature(l->platform, feature, true);
	}
}

/* Order matters: an option beats the file, a derived bit follows from the pointers, and --feature
 * beats all, so that wrong combinations can be asked for. */
static struct pvp_error *load_inputs(const struct load *l, const struct pvp_overrides *o)
{
	size_t nr_keys = l->tables->nr_static_call_keys;
	uint64_t *values = pvp_calloc(nr_keys + 1, sizeof(*values));
	struct pvp_error *err;

	for (size_t i = 0; i < nr_keys; i++)
		values[i] = l->tables->static_call_keys[i].func;
	err = load_caps(l);
	if (!err)
		err = load_features(l);
	if (!err && o->caps_file)
		err = pvp_override_caps(o->caps_file, l->platform->caps);
	if (!err)
		err = load_pv_ops(l);
	if (!err)
		err = pvp_override_pv_ops(o->pv_ops, l->image, l->tables, l->platform);
	if (!err)
		err = load_static_calls(l, values);
	if (!err)
		err = pvp_override_static_calls(o->static_calls, l->image, l->tables, values);
	if (!err) {
		keep_changed_calls(l, values);
		derive_features(l);
		err = pvp_override_features(o->features, l->tables, l->platform);
	}
	free(values);
	return err;
}

static struct pvp_error *load_all(const struct load *l, const struct pvp_overrides *o)
{
	const struct pvp_platform_words *w = l->words;
	struct pvp_platform *p = l->platform;
	const struct pvp_poke_rows memory = {w->memory, w->memory_count, "memory", false};
	struct pvp_error *err = load_head(l);

	if (!err && o->cpus > MAX_CPUS)
		err = pvp_error_format(PVP_ERR_USAGE, "--cpus %u: not 1 .. %d", o->cpus, MAX_CPUS);
	if (!err && o->cpus)
		p->cpus = o->cpus;
	if (!err)
		err = load_inputs(l, o);
	if (!err)
		err = load_return_thunk(l, o->return_thunk);
	if (!err)
		err = load_target(l, "null_target", w->null_target, &p->null_target);
	if (!err)
		err = load_target(l, "nop_target", w->nop_target, &p->nop_target);
	if (!err)
		err = load_insns(l);
	if (!err)
		err = load_text(l);
	if (!err)
		err = load_callees(l);
	if (!err)
		err = pvp_pokes_resolve(&memory, l->yaml, l->image, p->hypervisor, p->cpus,
					&p->pokes, &p->nr_pokes);
	if (!err)
		err = load_static_keys(l);
	return err ? err
		   : pvp_override_static_keys(o->static_keys, l->image, l->tables, p);
}

/* The path name stands for; owned by the caller. */
static char *path_of(const char *name, const char *dir)
{
	size_t len = strlen(name);

	if (strchr(name, '/') || (len > 5 && !strcmp(name + len - 5, ".yaml")))
		return pvp_strdup(name);
	return pvp_asprintf("%s/%s.yaml", dir, name);
}

struct pvp_error *pvp_platform_load(const char *name, const char *dir,
				    const struct pvp_image *image, const struct pvp_tables *tables,
				    const struct pvp_overrides *overrides,
				    struct pvp_platform **ret)
{
	static const struct pvp_overrides none;
	struct load l = {.image = image, .tables = tables};
	struct pvp_platform_file file;
	struct pvp_error *err;
	char *path = path_of(name, dir);

	if (access(path, F_OK))
		err = pvp_error_format(PVP_ERR_NOT_FOUND, "unknown platform '%s': there is no %s",
				       name, path);
	else
		err = pvp_platform_file_read(path, tables, &file);
	if (err) {
		free(path);
		return err;
	}
	l.yaml = &file.yaml;
	l.words = file.words;
	l.platform = pvp_calloc(1, sizeof(*l.platform));
	l.platform->path = path;
	err = load_all(&l, overrides ? overrides : &none);
	if (err)
		pvp_platform_destroy(l.platform);
	else
		*ret = l.platform;
	pvp_platform_file_deinit(&file);
	return err;
}

void pvp_platform_destroy(struct pvp_platform *platform)
{
	if (!platform)
		return;
	for (size_t i = 0; i < platform->nr_insns; i++)
		free(platform->insns[i].insn);
	for (size_t i = 0; i < platform->nr_stubs; i++)
		free(platform->stubs[i].name);
	pvp_pokes_free(platform->pokes, platform->nr_pokes);
	free(platform->insns);
	free(platform->stubs);
	free(platform->text_writes);
	free(platform->static_calls);
	free(platform->pv_ops);
	free(platform->name);
	free(platform->description);
	free(platform->path);
	free(platform);
}

bool pvp_platform_has_feature(const struct pvp_platform *platform, unsigned feature)
{
	return feature < PVP_CAP_WORDS * 32 && platform->caps[feature / 32] >> feature % 32 & 1;
}

uint64_t pvp_platform_static_call(const struct pvp_platform *platform,
				  const struct pvp_static_call_key *key)
{
	for (size_t i = 0; i < platform->nr_static_calls; i++)
		if (platform->static_calls[i].key == key->key)
			return platform->static_calls[i].func;
	return key->func;
}
