// SPDX-License-Identifier: GPL-2.0-only
#include "platform.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "cpu_model.h"
#include "feature.h"
#include "load.h"
#include "resolve.h"
#include "static_keys.h"

#define MAX_CPUS 64

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
	if (w->cpu_model) {
		struct pvp_error *err = pvp_cpu_model_parse(w->cpu_model, &p->cpu);

		if (err)
			return pvp_yaml_context(l->yaml, err, "cpu_model");
	}
	return NULL;
}

/* What a platform must say, or what it extends. */
static struct pvp_error *check_whole(const struct pvp_load *l)
{
	static const char *const keys[] = {"hypervisor", "arch", "ring", "cpus", "capabilities"};
	const struct pvp_layers *layers = l->layers;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		bool any = false;

		for (size_t j = 0; j < layers->nr_own; j++)
			any |= pvp_yaml_has(&layers->v[j].file.yaml, keys[i]);
		if (!any)
			return pvp_yaml_error(&layers->v[layers->top].file.yaml, PVP_ERR_BAD_DATA,
					      keys[i], "missing required mapping field: %s",
					      keys[i]);
	}
	return NULL;
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

static struct pvp_error *load_static_call(const struct pvp_load *l, const char *function,
					  const struct pvp_static_call_key *key)
{
	uint64_t *value = &l->static_calls[key - l->tables->static_call_keys];

	if (strcmp(function, PVP_LINKED))
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
 * Order matters: what a platform does to a CPU's features lies over the CPU's words, whoever gave
 * them; an option beats the files, except for sets, which were asked for as well; a derived bit
 * follows from the pointers; and --feature beats all, so that wrong combinations can be asked for.
 */
static struct pvp_error *load_features_and_ops(struct pvp_load *l, const struct pvp_overrides *o)
{
	struct pvp_error *err = each_layer(l, load_caps);

	if (!err && l->layers->caps_path)
		err = pvp_override_caps(l->layers->caps_path, l->platform);
	if (!err)
		err = each_layer(l, load_platform_features);
	if (!err && o->caps_file)
		err = pvp_override_caps(o->caps_file, l->platform);
	if (!err && o->cpu_model) {
		err = pvp_cpu_model_parse(o->cpu_model, &l->platform->cpu);
		if (err) {
			err->code = PVP_ERR_USAGE;
			err = pvp_error_context(err, "--cpu-model");
		}
	}
	if (!err)
		err = each_layer(l, load_set_features);
	if (!err)
		err = pvp_load_linked_pv_ops(l);
	if (!err)
		err = each_layer(l, pvp_load_pv_ops);
	if (!err)
		err = pvp_override_pv_ops(o->pv_ops, l->image, l->tables, l->platform);
	if (err)
		return err;
	pvp_load_derived_features(l);
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
		err = each_layer(l, load_head);
	if (!err && o->cpus > MAX_CPUS)
		err = pvp_error_format(PVP_ERR_USAGE, "--cpus %u: not 1 .. %d", o->cpus, MAX_CPUS);
	if (!err && o->cpus)
		p->cpus = o->cpus;
	p->initcalls = o->initcalls;
	if (!err)
		err = load_targets(l, o);
	if (!err)
		err = load_features_and_ops(l, o);
	if (!err)
		err = load_all_static_calls(l, o);
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
