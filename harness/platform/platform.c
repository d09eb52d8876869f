// SPDX-License-Identifier: GPL-2.0-only
#include "platform.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "feature.h"
#include "load.h"
#include "resolve.h"
#include "static_keys.h"

#define MAX_CPUS 64

/* In place of a function's name: the one the image has in that place. */
#define LINKED "linked"

/* One step, for each layer in order. */
static struct pvp_error *each_layer(struct pvp_load *l,
				    struct pvp_error *(*step)(const struct pvp_load *))
{
	struct pvp_error *err = NULL;

	for (size_t i = 0; !err && i < l->layers->nr; i++) {
		l->layer = &l->layers->v[i];
		l->yaml = &l->layer->file.yaml;
		l->words = l->layer->file.words;
		err = step(l);
	}
	return err;
}

/* A variant has no name: the next file that has one is the platform's that it is a variant of. */
static const char *layer_name(const struct pvp_load *l, const struct pvp_layer *layer)
{
	while (layer->is_variant && layer > l->layers->v)
		layer--;
	return layer->file.words->name;
}

static struct pvp_error *check_arch(const struct pvp_load *l, const struct pvp_layer *layer)
{
	const struct pvp_platform_words *w = layer->file.words;
	const char *arch = pvp_arch_name(l->image->arch);

	for (size_t i = 0; i < w->arch_count; i++)
		if (!strcmp(w->arch[i], arch))
			return NULL;
	return pvp_yaml_error(&layer->file.yaml, PVP_ERR_UNSUPPORTED, "arch",
			      "platform %s is not for %s images", layer_name(l, layer), arch);
}

static struct pvp_error *load_head(const struct pvp_load *l)
{
	const struct pvp_platform_words *w = l->words;
	struct pvp_platform *p = l->platform;

	if (pvp_yaml_has(l->yaml, "hypervisor"))
		p->hypervisor = w->hypervisor;
	if (pvp_yaml_has(l->yaml, "ring")) {
		if (w->ring != 0 && w->ring != 3)
			return pvp_yaml_error(l->yaml, PVP_ERR_BAD_DATA, "ring",
					      "ring %u is not 0 or 3", w->ring);
		p->ring = w->ring;
	}
	if (pvp_yaml_has(l->yaml, "cpus")) {
		if (!w->cpus || w->cpus > MAX_CPUS)
			return pvp_yaml_error(l->yaml, PVP_ERR_BAD_DATA, "cpus",
					      "cpus %u is not 1 .. %d", w->cpus, MAX_CPUS);
		p->cpus = w->cpus;
	}
	return NULL;
}

static struct pvp_error *load_needs(const struct pvp_load *l)
{
	const struct pvp_platform_words *w = l->words;

	for (size_t i = 0; i < w->needs_count; i++)
		if (!pvp_image_symbols_named(l->image, w->needs[i], NULL))
			return pvp_yaml_error(l->yaml, PVP_ERR_UNSUPPORTED, "needs",
					      "the image has no '%s': it cannot run there",
					      w->needs[i]);
	return NULL;
}

/* What a platform must say, or what it extends. */
static struct pvp_error *check_whole(const struct pvp_load *l)
{
	static const char *const keys[] = {"hypervisor", "arch", "ring", "cpus", "capabilities"};
	const struct pvp_layers *layers = l->layers;
	const struct pvp_layer *last[ARRAY_SIZE(keys)] = {NULL};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		for (size_t j = 0; j < layers->nr_own; j++)
			if (pvp_yaml_has(&layers->v[j].file.yaml, keys[i]))
				last[i] = &layers->v[j];
		if (!last[i])
			return pvp_yaml_error(&layers->v[layers->top].file.yaml, PVP_ERR_BAD_DATA,
					      keys[i], "missing required mapping field: %s",
					      keys[i]);
	}
	return check_arch(l, last[1]);
}

static struct pvp_error *load_caps(const struct pvp_load *l)
{
	if (!l->words->capabilities)
		return NULL;
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

static struct pvp_error *load_feature_list(const struct pvp_load *l, const char *list, char **v,
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

static struct pvp_error *load_features(const struct pvp_load *l)
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

static struct pvp_error *load_platform_features(const struct pvp_load *l)
{
	return l->layer->is_set ? NULL : load_features(l);
}

static struct pvp_error *load_set_features(const struct pvp_load *l)
{
	return l->layer->is_set ? load_features(l) : NULL;
}

/*
 * Where a template has the field, 0: nowhere.  "TABLE" is laid out as pv_ops; "TABLE@FIELD" is one
 * part of it ("cpu."), and begins with that field.
 */
static uint64_t template_slot(const struct pvp_load *l, const char *text, size_t field)
{
	const struct pvp_pv_field *fields = l->tables->fields;
	const char *at = strchr(text, '@');
	char *table = pvp_strndup(text, at ? (size_t)(at - text) : strlen(text));
	const struct pvp_symbol *const *symbols;
	size_t first = 0, nr = 0;

	symbols = pvp_image_symbols_named(l->image, table, &nr);
	free(table);
	if (nr != 1)
		return 0;
	if (at++) {
		while (first < field && strcmp(fields[first].name, at))
			first++;
		if (strcmp(fields[first].name, at) ||
		    strncmp(fields[field].name, at, strcspn(at, ".") + 1))
			return 0;
	}
	return symbols[0]->addr + (field - first) * l->image->ptr_len;
}

/*
 * Static functions share names.  The one this platform means is the one in its own template of
 * pv_ops, where the image has one; else the one the file's pv_ops has.
 */
static uint64_t template_value(const struct pvp_load *l, size_t field, const char *name,
			       uint64_t file)
{
	for (size_t k = 0; k < l->layers->nr; k++) {
		const struct pvp_platform_words *w = l->layers->v[k].file.words;

		for (size_t i = 0; i < w->templates_count; i++) {
			uint64_t slot = template_slot(l, w->templates[i], field), value;
			struct pvp_error *err;

			if (!slot)
				continue;
			err = pvp_image_pointer(l->image, slot, &value);
			if (!err && pvp_resolve_is_named(l->image, value, name))
				return value;
			pvp_error_destroy(err);
		}
	}
	return file;
}

/* pv_ops as the file has them. */
static struct pvp_error *init_pv_ops(const struct pvp_load *l)
{
	const struct pvp_tables *tables = l->tables;
	struct pvp_platform *p = l->platform;

	p->nr_pv_ops = tables->nr_fields;
	p->pv_ops = pvp_calloc(tables->nr_fields + 1, sizeof(*p->pv_ops));
	for (size_t i = 0; i < tables->nr_fields; i++) {
		struct pvp_error *err =
			pvp_image_pointer(l->image, tables->slots[i], &p->pv_ops[i]);

		if (err)
			return pvp_error_context(err, "%s: pv_ops.%s", l->image->name,
						 tables->fields[i].name);
	}
	return NULL;
}

static struct pvp_error *load_pv_ops(const struct pvp_load *l)
{
	const struct pvp_tables *tables = l->tables;
	struct pvp_error *err;

	for (size_t i = 0; l->words->pv_ops && i < tables->nr_fields; i++) {
		const char *name = l->words->pv_ops[i];
		uint64_t value;

		if (!name)
			continue;
		err = pvp_image_pointer(l->image, tables->slots[i], &value);
		if (!err && !strcmp(name, LINKED))
			l->platform->pv_ops[i] = value;
		else if (!err)
			err = pvp_resolve_function(l->image, name,
						   template_value(l, i, name, value),
						   &l->platform->pv_ops[i]);
		if (err)
			return pvp_yaml_context(l->yaml, err, "pv_ops/%s", tables->fields[i].name);
	}
	return NULL;
}

static struct pvp_error *load_static_call(const struct pvp_load *l, const char *function,
					  const struct pvp_static_call_key *key)
{
	uint64_t *value = &l->static_calls[key - l->tables->static_call_keys];

	if (strcmp(function, LINKED))
		return pvp_resolve_function(l->image, function, key->func, value);
	*value = key->func;
	return NULL;
}

static struct pvp_error *load_static_calls(const struct pvp_load *l)
{
	const struct pvp_static_call_key *keys = l->tables->static_call_keys;
	const struct pvp_platform_words *w = l->words;
	struct pvp_error *err;

	for (size_t i = 0; w->static_calls && i < l->tables->nr_static_call_keys; i++) {
		if (!w->static_calls[i])
			continue;
		err = load_static_call(l, w->static_calls[i], &keys[i]);
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
			err = load_static_call(l, row->function, key);
		if (err)
			return pvp_yaml_context(l->yaml, err, "static_calls_if_present/%zu", i);
	}
	return NULL;
}

static void keep_changed_calls(const struct pvp_load *l, const uint64_t *values)
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
		value->trampoline = tables->static_call_keys[i].trampoline;
		value->func = values[i];
	}
}

/* The last layer's word for it, or NULL; *l becomes that layer's. */
#define LAST_WORD(l, key)                                                                          \
	({                                                                                         \
		const char *word_ = NULL;                                                          \
		for (size_t i_ = 0; i_ < (l)->layers->nr; i_++)                                    \
			if ((l)->layers->v[i_].file.words->key) {                                  \
				word_ = (l)->layers->v[i_].file.words->key;                        \
				(l)->yaml = &(l)->layers->v[i_].file.yaml;                         \
			}                                                                          \
		word_;                                                                             \
	})

/* A NULL return thunk means the image's own initial value; it has none where the variable is not.
 */
static struct pvp_error *load_return_thunk(struct pvp_load *l, const char *option)
{
	const char *word = LAST_WORD(l, return_thunk), *name = option ? option : word;
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

static struct pvp_error *load_target(const struct pvp_load *l, const char *where, const char *name,
				     uint64_t *ret)
{
	struct pvp_error *err;

	if (!name)
		return NULL;
	err = pvp_resolve_function(l->image, name, 0, ret);
	return err ? pvp_yaml_context(l->yaml, err, "%s", where) : NULL;
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

static void derive_features(const struct pvp_load *l)
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

/*
 * Order matters: what a platform does to a CPU's features lies over the CPU's words, whoever gave
 * them; an option beats the files, except for sets, which were asked for as well; a derived bit
 * follows from the pointers; and --feature beats all, so that wrong combinations can be asked for.
 */
static struct pvp_error *load_features_and_ops(struct pvp_load *l, const struct pvp_overrides *o)
{
	struct pvp_error *err = each_layer(l, load_caps);

	if (!err && l->layers->caps_path)
		err = pvp_override_caps(l->layers->caps_path, l->platform->caps);
	if (!err)
		err = each_layer(l, load_platform_features);
	if (!err && o->caps_file)
		err = pvp_override_caps(o->caps_file, l->platform->caps);
	if (!err)
		err = each_layer(l, load_set_features);
	if (!err)
		err = init_pv_ops(l);
	if (!err)
		err = each_layer(l, load_pv_ops);
	if (!err)
		err = pvp_override_pv_ops(o->pv_ops, l->image, l->tables, l->platform);
	if (err)
		return err;
	derive_features(l);
	return pvp_override_features(o->features, l->tables, l->platform);
}

static struct pvp_error *load_all_static_calls(struct pvp_load *l, const struct pvp_overrides *o)
{
	size_t nr = l->tables->nr_static_call_keys;
	struct pvp_error *err;

	l->static_calls = pvp_calloc(nr + 1, sizeof(*l->static_calls));
	for (size_t i = 0; i < nr; i++)
		l->static_calls[i] = l->tables->static_call_keys[i].func;
	err = each_layer(l, load_static_calls);
	if (!err)
		err = pvp_override_static_calls(o->static_calls, l->image, l->tables,
						l->static_calls);
	if (!err)
		keep_changed_calls(l, l->static_calls);
	free(l->static_calls);
	return err;
}

static struct pvp_error *load_targets(struct pvp_load *l, const struct pvp_overrides *o)
{
	struct pvp_platform *p = l->platform;
	struct pvp_error *err = load_return_thunk(l, o->return_thunk);
	const char *name;

	if (!err) {
		name = LAST_WORD(l, null_target);
		err = load_target(l, "null_target", name, &p->null_target);
	}
	if (!err) {
		name = LAST_WORD(l, nop_target);
		err = load_target(l, "nop_target", name, &p->nop_target);
	}
	return err;
}

static struct pvp_error *load_all(struct pvp_load *l, const struct pvp_overrides *o)
{
	struct pvp_platform *p = l->platform;
	struct pvp_error *err = check_whole(l);

	if (!err)
		err = each_layer(l, load_needs);
	if (!err)
		err = each_layer(l, load_head);
	if (!err && o->cpus > MAX_CPUS)
		err = pvp_error_format(PVP_ERR_USAGE, "--cpus %u: not 1 .. %d", o->cpus, MAX_CPUS);
	if (!err && o->cpus)
		p->cpus = o->cpus;
	if (!err)
		err = load_features_and_ops(l, o);
	if (!err)
		err = load_all_static_calls(l, o);
	if (!err)
		err = load_targets(l, o);
	if (!err)
		err = each_layer(l, pvp_load_insns);
	if (!err)
		err = each_layer(l, pvp_load_text);
	if (!err)
		err = each_layer(l, pvp_load_callees);
	if (!err)
		err = each_layer(l, pvp_load_memory);
	if (!err)
		err = each_layer(l, pvp_load_static_keys);
	return err ? err : pvp_override_static_keys(o->static_keys, l->image, l->tables, p);
}

struct pvp_error *pvp_platform_load(const char *name, const char *dir,
				    const struct pvp_image *image, const struct pvp_tables *tables,
				    const struct pvp_overrides *overrides,
				    struct pvp_platform **ret)
{
	static const struct pvp_overrides none;
	struct pvp_load l = {.image = image, .tables = tables};
	const struct pvp_layer *top;
	struct pvp_layers layers;
	struct pvp_error *err;

	err = pvp_layers_read(name, dir, image, tables, &layers);
	if (err)
		return err;
	l.layers = &layers;
	top = &layers.v[layers.top];
	l.platform = pvp_calloc(1, sizeof(*l.platform));
	l.platform->path = pvp_strdup(top->file.yaml.path);
	l.platform->name = pvp_asprintf("%s%s", top->file.words->name, layers.sets);
	l.platform->description = pvp_strdup(top->file.words->description);
	err = load_all(&l, overrides ? overrides : &none);
	if (err)
		pvp_platform_destroy(l.platform);
	else
		*ret = l.platform;
	pvp_layers_deinit(&layers);
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
	for (size_t i = 0; i < platform->nr_static_calls; i++) {
		const struct pvp_static_call_value *value = &platform->static_calls[i];

		if (value->key == key->key && (key->key || value->trampoline == key->trampoline))
			return value->func;
	}
	return key->func;
}
