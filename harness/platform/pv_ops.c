// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "feature.h"
#include "load.h"
#include "resolve.h"

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
struct pvp_error *pvp_load_linked_pv_ops(const struct pvp_load *l)
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

static struct pvp_error *load_pv_op(const struct pvp_load *l, const char *name, size_t field)
{
	uint64_t *op = &l->platform->pv_ops[field], linked;
	struct pvp_error *err = pvp_image_pointer(l->image, l->tables->slots[field], &linked);

	if (err)
		return err;
	if (!strcmp(name, PVP_LINKED)) {
		*op = linked;
		return NULL;
	}
	if (!strcmp(name, PVP_NOP) && l->platform->nop_target) {
		*op = l->platform->nop_target;
		return NULL;
	}
	return pvp_resolve_function(l->image, name, template_value(l, field, name, linked), op);
}

struct pvp_error *pvp_load_pv_ops(const struct pvp_load *l)
{
	const struct pvp_tables *tables = l->tables;
	const struct pvp_platform_words *w = l->words;

	for (size_t i = 0; w->pv_ops && i < tables->nr_fields; i++) {
		struct pvp_error *err = NULL;

		if (w->pv_ops[i])
			err = load_pv_op(l, w->pv_ops[i], i);
		if (err)
			return pvp_yaml_context(l->yaml, err, "pv_ops/%s", tables->fields[i].name);
	}
	for (size_t i = 0; i < w->more_pv_ops_count; i++) {
		const struct pvp_file_static_call *row = &w->more_pv_ops[i];
		size_t field = pvp_resolve_field(tables, row->key);
		struct pvp_error *err = NULL;
		bool twice = field < tables->nr_fields && w->pv_ops && w->pv_ops[field];

		for (size_t j = 0; j < i; j++)
			twice |= !strcmp(w->more_pv_ops[j].key, row->key);
		if (twice)
			err = pvp_error_format(PVP_ERR_BAD_DATA,
					       "pv_ops field '%s' is listed twice", row->key);
		else if (field < tables->nr_fields)
			err = load_pv_op(l, row->function, field);
		if (err)
			return pvp_yaml_context(l->yaml, err, "pv_ops_if_present/%zu", i);
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

void pvp_load_derived_features(const struct pvp_load *l)
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
