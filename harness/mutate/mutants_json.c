// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "mutants_json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "clean.h"

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

static void set_bytes(json_t *object, const char *key, const uint8_t *bytes, size_t len)
{
	char *text = NULL;
	size_t text_len;
	FILE *out = open_memstream(&text, &text_len);

	assert(out);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%02x", bytes[i]);
	fclose(out);
	set_text(object, key, text);
	free(text);
}

static json_t *mutant_json(const struct pvp_mutate_input *input, const struct pvp_mutant *mutant)
{
	const struct pvp_site *site = mutant->site;
	json_t *object = json_object();
	char text[160];

	set_text(object, "kind", pvp_mutant_kinds[mutant->kind].name);
	snprintf(text, sizeof(text), "%#" PRIx64, site->addr);
	set_text(object, "addr", text);
	snprintf(text, sizeof(text), "%s#%" PRIu32, site->op, site->ordinal);
	set_text(object, "site", text);
	set_text(object, "symbol",
		 pvp_image_describe(input->check.image, site->addr, text, sizeof(text)));
	set_bytes(object, "bytes", mutant->bytes, site->len);
	set_text(object, "text", mutant->text);
	set_text(object, "fate", pvp_mutant_fate_name(mutant->fate));
	set_text(object, "seen", mutant->seen);
	set_text(object, "why", mutant->why);
	return object;
}

static json_t *kind_json(const struct pvp_mutate_score *score, int kind)
{
	const struct pvp_mutate_kind_score *from = &score->kinds[kind];
	json_t *object = json_object();

	set_text(object, "kind", pvp_mutant_kinds[kind].name);
	set_text(object, "what", pvp_mutant_kinds[kind].what);
	set_text(object, "stands_for", pvp_mutant_kinds[kind].stands_for);
	set(object, "candidates", json_integer(from->candidates));
	set(object, "mutants", json_integer(from->mutants));
	for (int fate = 0; fate < PVP_NR_FATES; fate++)
		set(object, pvp_mutant_fate_name(fate), json_integer(from->fates[fate]));
	set(object, "score", json_real(from->score));
	return object;
}

json_t *pvp_mutants_json(const struct pvp_mutate_input *input, const struct pvp_mutate_score *score)
{
	json_t *object = json_object(), *kinds = json_array(), *mutants = json_array();

	set_text(object, "image", input->check.image->name);
	set_text(object, "sha256", pvp_image_sha256(input->check.image));
	set_text(object, "generation", input->check.tables->generation);
	set_text(object, "arch", pvp_arch_name(input->check.image->arch));
	set_text(object, "platform", input->check.platform->name);
	set(object, "seed", json_integer((json_int_t)input->check.seed));
	set(object, "states", json_integer(input->check.nr_states));
	set(object, "max", json_integer(input->max));
	set(object, "sites", json_integer(score->nr_sites));
	for (int kind = 0; kind < PVP_NR_MUTANT_KINDS; kind++)
		if (input->kinds[kind])
			json_array_append_new(kinds, kind_json(score, kind));
	for (size_t i = 0; i < score->nr; i++)
		json_array_append_new(mutants, mutant_json(input, &score->mutants[i]));
	set(object, "kinds", kinds);
	set(object, "mutants", mutants);
	return object;
}

char *pvp_mutants_json_text(json_t *scores)
{
	json_t *root = json_object();
	char *text, *lined;

	set(root, "version", json_integer(1));
	set(root, "scores", scores);
	text = json_dumps(root, JSON_INDENT(1));
	assert(text);
	json_decref(root);
	lined = pvp_asprintf("%s\n", text);
	free(text);
	return lined;
}
