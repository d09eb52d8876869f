// SPDX-License-Identifier: GPL-2.0-only
#include "witness.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"
#include "compare.h"
#include "start.h"
#include "x86/regs.h"

const char *pvp_witness_register(unsigned i)
{
	static const char *const names[PVP_X86_NR_REGS] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8",
		"r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags",
	};

	assert(i < PVP_X86_NR_REGS);
	return names[i];
}

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

void pvp_witness_deinit(struct pvp_witness_file *file)
{
	if (!file)
		return;
	free(file->image);
	free(file->sha256);
	free(file->symbols);
	free(file->platform);
	free_list(file->overrides.caps);
	free_list(file->overrides.features);
	free_list(file->overrides.pv_ops);
	free_list(file->overrides.static_calls);
	free_list(file->overrides.static_keys);
	free(file->overrides.return_thunk);
	free(file->overrides.cpu_model);
	free(file->op);
	free(file->symbol);
	for (size_t i = 0; i < file->given.nr; i++) {
		free(file->given.v[i].old);
		free(file->given.v[i].new);
	}
	free(file->given.v);
	free_list(file->also);
	pvp_witness_seen_deinit(&file->seen);
	memset(file, 0, sizeof(*file));
}

static char *copy_text(const char *text)
{
	return pvp_strdup(text ? text : "");
}

void pvp_witness_copy(const struct pvp_witness *from, struct pvp_witness *ret)
{
	*ret = *from;
	ret->what = copy_text(from->what);
	ret->meaning = copy_text(from->meaning);
	ret->stop_k0 = copy_text(from->stop_k0);
	ret->stop_k1 = copy_text(from->stop_k1);
	ret->effects_k0 = copy_text(from->effects_k0);
	ret->effects_k1 = copy_text(from->effects_k1);
	ret->matter = copy_text(from->matter);
	ret->prefix_k0 = copy_text(from->prefix_k0);
	ret->prefix_k1 = copy_text(from->prefix_k1);
	if (from->shrunk)
		ret->shrunk = memcpy(pvp_calloc(1, sizeof(*from->shrunk)), from->shrunk,
				     sizeof(*from->shrunk));
}

/* Text of the witness's own origin (an image's symbols) is cleaned; what the user typed and replay
 * needs back must survive, so a path that is no UTF-8 is cleaned too and then has to be given to
 * replay by hand. */
static void set_text(json_t *object, const char *key, const char *text)
{
	char *clean = pvp_text_clean(text);

	json_object_set_new(object, key, clean ? json_string(clean) : json_null());
	free(clean);
}

static void set_hex(json_t *object, const char *key, uint64_t value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%" PRIx64, value);
	json_object_set_new(object, key, json_string(buf));
}

static void set_bytes(json_t *object, const char *key, const uint8_t *bytes, size_t len)
{
	char *hex = pvp_calloc(len + 1, 2);

	for (size_t i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
	json_object_set_new(object, key, json_string(hex));
	free(hex);
}

static void set_list(json_t *object, const char *key, char *const *list)
{
	json_t *array = json_array();

	for (size_t i = 0; list && list[i]; i++) {
		char *clean = pvp_text_clean(list[i]);

		json_array_append_new(array, json_string(clean));
		free(clean);
	}
	json_object_set_new(object, key, array);
}

/* One array element a line of text. */
static void set_lines(json_t *object, const char *key, const char *text)
{
	json_t *array = json_array();

	while (text && *text) {
		size_t len = strcspn(text, "\n");
		char *line = pvp_strndup(text, len), *clean = pvp_text_clean(line);

		json_array_append_new(array, json_string(clean));
		free(clean);
		free(line);
		text += len + (text[len] == '\n');
	}
	json_object_set_new(object, key, array);
}

static void set_registers(json_t *object, const char *key, const uint64_t *values)
{
	json_t *registers = json_object();

	for (unsigned i = 0; i < PVP_X86_NR_REGS; i++)
		set_hex(registers, pvp_witness_register(i), values[i]);
	json_object_set_new(object, key, registers);
}

static json_t *image_json(const struct pvp_witness_file *file)
{
	json_t *object = json_object();

	set_text(object, "path", file->image);
	set_text(object, "sha256", file->sha256);
	set_text(object, "symbols", file->symbols);
	return object;
}

static json_t *platform_json(const struct pvp_witness_file *file)
{
	const struct pvp_witness_overrides *o = &file->overrides;
	json_t *object = json_object();

	set_text(object, "name", file->platform);
	set_list(object, "caps", o->caps);
	set_list(object, "features", o->features);
	set_list(object, "pv_ops", o->pv_ops);
	set_list(object, "static_calls", o->static_calls);
	set_list(object, "static_keys", o->static_keys);
	set_text(object, "return_thunk", o->return_thunk);
	set_text(object, "cpu_model", o->cpu_model);
	json_object_set_new(object, "cpus", json_integer(o->cpus));
	json_object_set_new(object, "initcalls", json_integer(o->initcalls));
	return object;
}

static json_t *site_json(const struct pvp_witness_file *file)
{
	json_t *object = json_object();

	set_hex(object, "addr", file->addr);
	set_text(object, "op", file->op);
	set_text(object, "symbol", file->symbol);
	set_bytes(object, "k0", file->k0, file->len);
	set_bytes(object, "k1", file->k1, file->len);
	return object;
}

static json_t *given_json(const struct pvp_patched *given)
{
	json_t *array = json_array();

	for (size_t i = 0; i < given->nr; i++) {
		json_t *row = json_object();

		set_hex(row, "addr", given->v[i].addr);
		set_bytes(row, "old", given->v[i].old, given->v[i].len);
		set_bytes(row, "new", given->v[i].new, given->v[i].len);
		json_array_append_new(array, row);
	}
	return array;
}

static json_t *memory_json(const struct pvp_start *start)
{
	json_t *array = json_array();

	for (size_t i = 0; i < start->nr_pokes; i++) {
		json_t *row = json_object();

		set_hex(row, "addr", start->pokes[i].addr);
		set_hex(row, "value", start->pokes[i].value);
		json_object_set_new(row, "size", json_integer(start->pokes[i].size));
		json_array_append_new(array, row);
	}
	return array;
}

static json_t *script_json(const struct pvp_start *start)
{
	json_t *array = json_array();

	for (size_t i = 0; i < start->nr_script; i++) {
		json_t *row = json_object();

		set_hex(row, "addr", start->script[i].addr);
		set_hex(row, "value", start->script[i].value);
		json_object_set_new(row, "size", json_integer(start->script[i].len));
		json_object_set_new(row, "pauses", json_integer(start->script[i].pauses));
		json_array_append_new(array, row);
	}
	return array;
}

static json_t *shrunk_json(const struct pvp_witness *seen)
{
	const struct pvp_start *start = seen->shrunk;
	json_t *object, *registers;

	if (!start)
		return json_null();
	object = json_object();
	registers = json_object();
	for (unsigned i = 0; i < PVP_X86_NR_STATE; i++)
		set_hex(registers, pvp_x86_reg_name(i), start->state.reg[i]);
	json_object_set_new(object, "registers", registers);
	json_object_set_new(object, "memory", memory_json(start));
	json_object_set_new(object, "script", script_json(start));
	set_hex(object, "answers", start->seed);
	set_lines(object, "matter", seen->matter);
	return object;
}

static json_t *side_json(const uint64_t *end, const char *stop, const char *effects,
			 const char *prefix)
{
	json_t *object = json_object();

	set_lines(object, "prefix", prefix);
	set_text(object, "stop", stop);
	set_registers(object, "end", end);
	set_lines(object, "effects", effects);
	return object;
}

char *pvp_witness_json(const struct pvp_witness_file *file)
{
	const struct pvp_witness *seen = &file->seen;
	json_t *object = json_object();
	char *text, *ret;

	json_object_set_new(object, "schema", json_integer(PVP_WITNESS_SCHEMA));
	json_object_set_new(object, "image", image_json(file));
	json_object_set_new(object, "platform", platform_json(file));
	json_object_set_new(object, "site", site_json(file));
	json_object_set_new(object, "patched", given_json(&file->given));
	json_object_set_new(object, "left_out", json_integer(file->left_out));
	set_hex(object, "seed", seen->seed);
	json_object_set_new(object, "states", json_integer(file->states));
	json_object_set_new(object, "state", json_integer(seen->state));
	set_text(object, "differs", seen->what);
	set_registers(object, "start", seen->start);
	json_object_set_new(object, "shrunk", shrunk_json(seen));
	set_list(object, "also", file->also);
	if (seen->alone)
		set_text(object, "meaning", seen->meaning);
	json_object_set_new(object, "k0",
			    seen->alone ? json_null()
					: side_json(seen->end_k0, seen->stop_k0, seen->effects_k0,
						    seen->prefix_k0));
	json_object_set_new(object, "k1", side_json(seen->end_k1, seen->stop_k1, seen->effects_k1,
						seen->prefix_k1));
	text = json_dumps(object, JSON_INDENT(1) | JSON_SORT_KEYS);
	assert(text);
	ret = pvp_asprintf("%s\n", text);
	free(text);
	json_decref(object);
	return ret;
}
