// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "equivalent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"
#include "patterns.h"
#include "yaml_file.h"

#define MAX_TEXT_LEN 4096

/* What libcyaml fills; its allocations are not ours. */
struct file_rule {
	char *kind, *op, *text, *platform, *generation, *arch, *why;
	bool by_chance;
};

// clang-format off
#define TEXT(field, flag)                                                                          \
	CYAML_FIELD_STRING_PTR(#field, CYAML_FLAG_POINTER | CYAML_FLAG_##flag, struct file_rule,   \
			       field, 1, MAX_TEXT_LEN)

static const cyaml_schema_field_t rule_fields[] = {
	TEXT(kind,       DEFAULT),
	TEXT(op,         DEFAULT),
	TEXT(text,       DEFAULT),
	TEXT(platform,   OPTIONAL),
	TEXT(generation, OPTIONAL),
	TEXT(arch,       OPTIONAL),
	TEXT(why,        DEFAULT),
	PVP_YAML_BOOL("by_chance", CYAML_FLAG_OPTIONAL, struct file_rule, by_chance),
	CYAML_FIELD_END,
};
// clang-format on

static const cyaml_schema_value_t rule_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_rule, rule_fields),
};

struct file {
	struct file_rule *rules;
	unsigned nr;
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("equivalent", CYAML_FLAG_POINTER, struct file, rules, nr,
				   &rule_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields),
};

struct pvp_error *pvp_equivalent_load(const char *path, struct pvp_equivalent_rules *ret)
{
	struct file *file = NULL;
	struct pvp_yaml yaml;
	struct pvp_error *err;
	char where[32];

	err = pvp_yaml_open(path, &yaml);
	if (err)
		return err;
	err = pvp_yaml_load(&yaml, &file_schema, (void **)&file);
	if (!err) {
		*ret = (struct pvp_equivalent_rules){
			.path = pvp_strdup(path),
			.v = pvp_calloc(file->nr, sizeof(*ret->v)),
			.nr = file->nr,
		};
		for (size_t i = 0; i < ret->nr; i++) {
			const struct file_rule *from = &file->rules[i];

			snprintf(where, sizeof(where), "equivalent/%zu", i);
			ret->v[i] = (struct pvp_equivalent_rule){
				.kind = pvp_text_clean(from->kind),
				.op = pvp_text_clean(from->op),
				.text = pvp_text_clean(from->text),
				.platform = pvp_text_clean(from->platform),
				.generation = pvp_text_clean(from->generation),
				.arch = pvp_text_clean(from->arch),
				.why = pvp_text_clean(from->why),
				.by_chance = from->by_chance,
				.line = pvp_yaml_line(&yaml, where),
			};
		}
	}
	pvp_yaml_free(&file_schema, file);
	pvp_yaml_deinit(&yaml);
	return err;
}

void pvp_equivalent_deinit(struct pvp_equivalent_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->nr; i++) {
		struct pvp_equivalent_rule *rule = &rules->v[i];

		free(rule->kind);
		free(rule->op);
		free(rule->text);
		free(rule->platform);
		free(rule->generation);
		free(rule->arch);
		free(rule->why);
	}
	free(rules->v);
	free(rules->path);
	memset(rules, 0, sizeof(*rules));
}

bool pvp_equivalent_asks(const struct pvp_equivalent_rule *rule,
			 const struct pvp_equivalent_case *c)
{
	return pvp_pattern_fits(rule->kind, c->kind) && pvp_pattern_fits(rule->op, c->op) &&
	       pvp_pattern_fits(rule->platform, c->platform) &&
	       pvp_pattern_fits(rule->generation, c->generation) &&
	       pvp_pattern_fits(rule->arch, c->arch);
}

bool pvp_equivalent_matches(const struct pvp_equivalent_rule *rule,
			    const struct pvp_equivalent_case *c, const char *text)
{
	return pvp_equivalent_asks(rule, c) && pvp_pattern_fits(rule->text, text);
}

const char *pvp_equivalent_is_wrong(const struct pvp_equivalent_rule *rule,
				    const struct pvp_equivalent_use *use)
{
	if (use->killed)
		return "a verdict kills mutants that this rule calls equivalent";
	if (use->asked && !use->matched && !rule->by_chance)
		return "this rule matches no mutant";
	return NULL;
}
