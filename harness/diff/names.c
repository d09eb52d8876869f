// SPDX-License-Identifier: GPL-2.0-only
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "feature.h"

#define MAX_NAME 256

char *pvp_names_function(const struct pvp_names *names, uint64_t func)
{
	char buf[MAX_NAME];

	if (!func)
		return pvp_strdup("NULL");
	return pvp_strdup(pvp_image_describe(names->image, func, buf, sizeof(buf)));
}

static const struct pvp_static_call_key *trampoline_at(const struct pvp_names *names, uint64_t addr)
{
	for (size_t i = 0; i < names->tables->nr_static_call_keys; i++) {
		const struct pvp_static_call_key *key = &names->tables->static_call_keys[i];

		if (key->trampoline && key->trampoline == addr)
			return key;
	}
	return NULL;
}

static const struct pvp_static_call_key *key_at(const struct pvp_names *names, uint64_t addr)
{
	for (size_t i = 0; i < names->tables->nr_static_call_keys; i++)
		if (names->tables->static_call_keys[i].key == addr)
			return &names->tables->static_call_keys[i];
	return NULL;
}

/* fmt takes a name and a function. */
static char *holds(const struct pvp_names *names, const char *prefix, const char *name,
		   const char *what, uint64_t func)
{
	char *value = pvp_names_function(names, func);
	char *text = pvp_asprintf("%s%s%s%s", prefix, name ? name : "?", what, value);

	free(value);
	return text;
}

static char *target_name(const struct pvp_names *names, uint64_t target)
{
	const struct pvp_static_call_key *key = trampoline_at(names, target);
	char *name, *text;

	if (key)
		return holds(names, "__SCT__", key->name, ", leads to ",
			     pvp_platform_static_call(names->platform, key));
	name = pvp_names_function(names, target);
	if (target && target == names->platform->null_target) {
		text = pvp_asprintf("%s, which traps", name);
		free(name);
		return text;
	}
	return name;
}

static char *memory_name(const struct pvp_names *names, uint64_t addr)
{
	const struct pvp_tables *tables = names->tables;
	const struct pvp_static_call_key *key = key_at(names, addr);
	const size_t slot = pvp_tables_field_at(tables, addr);

	if (key)
		return holds(names, "__SCK__", key->name, " = ",
			     pvp_platform_static_call(names->platform, key));
	if (slot < tables->nr_fields && slot < names->platform->nr_pv_ops)
		return holds(names, "", tables->fields[slot].name, " = ",
			     names->platform->pv_ops[slot]);
	return pvp_names_function(names, addr);
}

char *pvp_names_operand(const struct pvp_names *names, const struct pvp_disasm_insn *insn)
{
	if (insn->has_target)
		return target_name(names, insn->target);
	return insn->has_memory ? memory_name(names, insn->memory) : NULL;
}

char *pvp_names_feature(const struct pvp_names *names, unsigned feature)
{
	const char *name = pvp_feature_name(feature, names->tables->generation);

	return pvp_asprintf("%s%s%u*32+%u%s", name ? name : "", name ? " (" : "", feature / 32,
			    feature % 32, name ? ")" : "");
}

char *pvp_names_bytes(const uint8_t *bytes, size_t len)
{
	char *text = pvp_calloc(3 * len + 1, 1);

	for (size_t i = 0; i < len; i++)
		sprintf(text + 3 * i, "%02x ", bytes[i]);
	if (len)
		text[3 * len - 1] = '\0';
	return text;
}
