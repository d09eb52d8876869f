// SPDX-License-Identifier: GPL-2.0-only
#include "comparison.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#include "clean.h"

#define COMPARISON_SCHEMA 1

static void set(json_t *object, const char *key, json_t *value)
{
	int failed = json_object_set_new(object, key, value);

	assert(!failed);
	(void)failed;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	char *clean = pvp_text_clean(text);

	set(object, key, clean ? json_string(clean) : json_null());
	free(clean);
}

static json_t *image_json(const struct pvp_image_comparison *c, unsigned side)
{
	json_t *object = json_object();

	set_text(object, "name", c->image[side].name);
	set_text(object, "sha256", c->image[side].sha256);
	set_text(object, "arch", pvp_arch_name(c->image[side].arch));
	set_text(object, "generation", c->image[side].generation);
	set(object, "sites", json_integer((json_int_t)c->image[side].nr_sites));
	return object;
}

static json_t *pair_json(const struct pvp_site_pair *pair)
{
	json_t *object = json_object();

	set_text(object, "op", pair->op);
	set_text(object, "symbol", pair->symbol);
	set(object, "nth", json_integer(pair->nth));
	return object;
}

static json_t *only_json(const struct pvp_image_comparison *c, unsigned side)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->pairs.nr; i++)
		if (!c->pairs.v[i].side[1 - side])
			json_array_append_new(array, pair_json(&c->pairs.v[i]));
	return array;
}

static json_t *change_json(const struct pvp_site_change *change)
{
	json_t *object = pair_json(change->pair);

	for (unsigned k = 0; k < PVP_NR_ASPECTS; k++) {
		json_t *both;

		if (!change->aspect[k][0])
			continue;
		both = json_object();
		set_text(both, "a", change->aspect[k][0]);
		set_text(both, "b", change->aspect[k][1]);
		set(object, pvp_site_aspect_name(k), both);
	}
	return object;
}

static json_t *cell_json(const struct pvp_op_cell *cell)
{
	json_t *object = json_object(), *differences = json_array();

	set_text(object, "op", cell->op);
	set_text(object, "renamed", cell->renamed);
	set_text(object, "verdict", pvp_op_verdict_name(cell->verdict));
	set(object, "forms", json_integer((json_int_t)cell->forms));
	set(object, "states", json_integer(cell->states));
	set(object, "ended", json_integer(cell->ended));
	for (size_t i = 0; i < cell->differences.nr; i++) {
		json_t *difference = json_object();

		set_text(difference, "field", cell->differences.v[i].field);
		set_text(difference, "a", cell->differences.v[i].a);
		set_text(difference, "b", cell->differences.v[i].b);
		set_text(difference, "at_a", cell->differences.v[i].at[0]);
		set_text(difference, "at_b", cell->differences.v[i].at[1]);
		set_text(difference, "excused", cell->excuses[i] ? cell->excuses[i]->why : NULL);
		json_array_append_new(differences, difference);
	}
	set(object, "differences", differences);
	return object;
}

static json_t *platform_json(const struct pvp_image_comparison *c,
			     const struct pvp_compared_platform *platform)
{
	json_t *object = json_object(), *changes = json_array(), *cells = json_array();

	set_text(object, "name", platform->name);
	set(object, "a", json_boolean(platform->fits[0]));
	set(object, "b", json_boolean(platform->fits[1]));
	for (size_t i = 0; i < platform->changes.nr; i++)
		json_array_append_new(changes, change_json(&platform->changes.v[i]));
	for (size_t i = 0; i < platform->cells.nr; i++)
		json_array_append_new(cells, cell_json(&platform->cells.v[i]));
	set_text(object, "reason", platform->reason);
	set_text(object, "excused", platform->excuse ? platform->excuse->why : NULL);
	set(object, "changed", c->without_sites ? json_null() : json_incref(changes));
	set(object, "ops", c->without_runs ? json_null() : json_incref(cells));
	json_decref(changes);
	json_decref(cells);
	return object;
}

void pvp_comparison_print_json(const struct pvp_image_comparison *c, FILE *out)
{
	json_t *root = json_object(), *platforms = json_array(), *sites = json_object();
	json_t *unused = json_array();
	struct pvp_unused_rows rows = pvp_comparison_unused(c);

	set(root, "schema", json_integer(COMPARISON_SCHEMA));
	set(root, "differs", json_boolean(pvp_comparison_differs(c)));
	set(root, "a", image_json(c, 0));
	set(root, "b", image_json(c, 1));
	set(sites, "both",
	    json_integer((json_int_t)(c->pairs.nr - c->nr_only[0] - c->nr_only[1])));
	set(sites, "only_a", only_json(c, 0));
	set(sites, "only_b", only_json(c, 1));
	if (c->without_sites) {
		json_decref(sites);
		sites = json_null();
	}
	set(root, "sites", sites);
	for (size_t i = 0; i < c->nr_platforms; i++)
		json_array_append_new(platforms, platform_json(c, &c->platforms[i]));
	set(root, "platforms", platforms);
	for (size_t i = 0; i < rows.nr; i++)
		json_array_append_new(unused, json_string(rows.v[i].where));
	pvp_unused_rows_deinit(&rows);
	set(root, "unused_excuses", unused);
	json_dumpf(root, out, JSON_INDENT(1) | JSON_SORT_KEYS);
	fputc('\n', out);
	json_decref(root);
}
