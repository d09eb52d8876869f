// SPDX-License-Identifier: GPL-2.0-only
/* The reading half of witness.h: every field is checked before it is used. */
#include "witness.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "compare.h"
#include "start.h"
#include "textfile.h"
#include "x86/regs.h"

#define MAX_FILE_LEN (64 << 20)

/* Where a value is: "site.k0"; all errors begin with it. */
struct field {
	const json_t *value;
	char name[64];
};

static struct pvp_error *bad(const struct field *field, const char *what)
{
	return pvp_error_format(PVP_ERR_BAD_DATA, "field \"%s\" %s", field->name, what);
}

static struct field member(const struct field *object, const char *key)
{
	struct field field = {.value = json_object_get(object->value, key)};

	snprintf(field.name, sizeof(field.name), "%.40s%s%s", object->name,
		 object->name[0] ? "." : "", key);
	return field;
}

static struct field element(const struct field *array, size_t i)
{
	struct field field = {.value = json_array_get(array->value, i)};

	snprintf(field.name, sizeof(field.name), "%.40s[%zu]", array->name, i);
	return field;
}

/* NULL in the file is NULL here where that is allowed. */
static struct pvp_error *read_text(const struct field *field, bool optional, char **ret)
{
	const char *text = json_string_value(field->value);

	if (optional && json_is_null(field->value))
		return NULL;
	if (!text)
		return bad(field, field->value ? "is not a string" : "is missing");
	*ret = pvp_strdup(text);
	return NULL;
}

static struct pvp_error *read_number(const struct field *field, uint64_t max, unsigned *ret)
{
	json_int_t value = json_integer_value(field->value);

	if (!json_is_integer(field->value))
		return bad(field, field->value ? "is not an integer" : "is missing");
	if (value < 0 || (uint64_t)value > max)
		return bad(field, "is out of range");
	*ret = value;
	return NULL;
}

static struct pvp_error *read_hex(const struct field *field, uint64_t *ret)
{
	const char *text = json_string_value(field->value);
	uint64_t value = 0;
	size_t i;

	if (!text)
		return bad(field, field->value ? "is not a string" : "is missing");
	if (strncmp(text, "0x", 2) || !text[2] || strlen(text) > strlen("0x") + 16)
		return bad(field, "is not a 64-bit number as 0x..");
	for (i = 2; isxdigit((unsigned char)text[i]); i++)
		continue;
	if (text[i])
		return bad(field, "is not a 64-bit number as 0x..");
	if (sscanf(text, "%" SCNx64, &value) != 1)
		return bad(field, "is not a 64-bit number as 0x..");
	*ret = value;
	return NULL;
}

/* ret has room for max bytes; *len is 0 for an empty string. */
static struct pvp_error *read_bytes(const struct field *field, size_t max, uint8_t *ret,
				    size_t *len)
{
	const char *text = json_string_value(field->value);
	size_t nr = text ? strlen(text) : 0;

	if (!text)
		return bad(field, field->value ? "is not a string" : "is missing");
	if (!nr || nr % 2 || nr / 2 > max)
		return bad(field, "has a wrong length");
	for (size_t i = 0; i < nr; i++)
		if (!isxdigit((unsigned char)text[i]))
			return bad(field, "is not hex");
	for (size_t i = 0; i < nr / 2; i++)
		sscanf(text + 2 * i, "%2hhx", &ret[i]);
	*len = nr / 2;
	return NULL;
}

static struct pvp_error *read_list(const struct field *field, char ***ret)
{
	size_t nr = json_array_size(field->value);
	struct pvp_error *err = NULL;
	char **list;

	if (!json_is_array(field->value))
		return bad(field, field->value ? "is not a list" : "is missing");
	if (!nr)
		return NULL;
	list = pvp_calloc(nr + 1, sizeof(*list));
	for (size_t i = 0; !err && i < nr; i++) {
		struct field item = element(field, i);

		err = read_text(&item, false, &list[i]);
	}
	/* Owned by the file even when it is only half full: deinit stops at the first NULL. */
	*ret = list;
	return err;
}

static struct pvp_error *read_lines(const struct field *field, char **ret)
{
	struct pvp_error *err;
	char **list = NULL, *text = NULL;
	size_t len = 0;
	FILE *out;

	err = read_list(field, &list);
	out = open_memstream(&text, &len);
	for (size_t i = 0; list && list[i]; i++) {
		if (!err)
			fprintf(out, "%s\n", list[i]);
		free(list[i]);
	}
	free(list);
	fclose(out);
	*ret = text;
	return err;
}

static struct pvp_error *read_registers(const struct field *field, uint64_t *ret)
{
	struct pvp_error *err = NULL;

	if (!json_is_object(field->value))
		return bad(field, field->value ? "is not an object" : "is missing");
	for (unsigned i = 0; !err && i < PVP_X86_NR_REGS; i++) {
		struct field value = member(field, pvp_witness_register(i));

		err = read_hex(&value, &ret[i]);
	}
	return err;
}

static struct pvp_error *read_image(const struct field *field, struct pvp_witness_file *ret)
{
	struct field path = member(field, "path"), sha256 = member(field, "sha256");
	struct field symbols = member(field, "symbols");
	struct pvp_error *err;

	err = read_text(&path, false, &ret->image);
	if (!err)
		err = read_text(&sha256, false, &ret->sha256);
	if (!err && (strlen(ret->sha256) != 64 || strspn(ret->sha256, "0123456789abcdef") != 64))
		err = bad(&sha256, "is not a SHA-256 digest");
	if (!err)
		err = read_text(&symbols, true, &ret->symbols);
	return err;
}

static struct pvp_error *read_platform(const struct field *field, struct pvp_witness_file *ret)
{
	struct pvp_witness_overrides *o = &ret->overrides;
	struct field name = member(field, "name"), thunk = member(field, "return_thunk");
	struct field model = member(field, "cpu_model"), cpus = member(field, "cpus");
	struct field initcalls = member(field, "initcalls");
	const struct {
		const char *key;
		char ***list;
	} lists[] = {
		{"caps", &o->caps},
		{"features", &o->features},
		{"pv_ops", &o->pv_ops},
		{"static_calls", &o->static_calls},
		{"static_keys", &o->static_keys},
	};
	struct pvp_error *err;

	err = read_text(&name, false, &ret->platform);
	for (size_t i = 0; !err && i < ARRAY_SIZE(lists); i++) {
		struct field list = member(field, lists[i].key);

		err = read_list(&list, lists[i].list);
	}
	if (!err)
		err = read_text(&thunk, true, &o->return_thunk);
	if (!err && model.value) /* older files have none */
		err = read_text(&model, true, &o->cpu_model);
	if (!err)
		err = read_number(&cpus, UINT16_MAX, &o->cpus);
	if (!err && initcalls.value) /* likewise */
		err = read_number(&initcalls, 1, &o->initcalls);
	return err;
}

static struct pvp_error *read_site(const struct field *field, struct pvp_witness_file *ret)
{
	struct field addr = member(field, "addr"), op = member(field, "op");
	struct field symbol = member(field, "symbol");
	struct field k0 = member(field, "k0"), k1 = member(field, "k1");
	size_t len = 0, len_k1 = 0;
	struct pvp_error *err;

	err = read_hex(&addr, &ret->addr);
	if (!err)
		err = read_text(&op, false, &ret->op);
	if (!err)
		err = read_text(&symbol, false, &ret->symbol);
	if (!err)
		err = read_bytes(&k0, sizeof(ret->k0), ret->k0, &len);
	if (!err)
		err = read_bytes(&k1, sizeof(ret->k1), ret->k1, &len_k1);
	if (!err && len != len_k1)
		err = bad(&k1, "is not as long as k0");
	ret->len = len;
	return err;
}

static struct pvp_error *read_row(const struct field *field, struct pvp_patched *ret)
{
	struct field addr = member(field, "addr"), old = member(field, "old");
	struct field new = member(field, "new");
	uint8_t old_bytes[PVP_WITNESS_MAX_ROW], new_bytes[PVP_WITNESS_MAX_ROW];
	size_t len = 0, new_len = 0;
	struct pvp_patch *row;
	struct pvp_error *err;
	uint64_t at = 0;

	err = read_hex(&addr, &at);
	if (!err)
		err = read_bytes(&old, sizeof(old_bytes), old_bytes, &len);
	if (!err)
		err = read_bytes(&new, sizeof(new_bytes), new_bytes, &new_len);
	if (!err && len != new_len)
		err = bad(&new, "is not as long as old");
	if (!err && at + len < at)
		err = bad(&addr, "is out of range");
	if (!err && ret->nr && at < ret->v[ret->nr - 1].addr + ret->v[ret->nr - 1].len)
		err = bad(&addr, "is not above the row before");
	if (err)
		return err;
	row = pvp_push(&ret->v, &ret->nr, &ret->cap);
	row->addr = at;
	row->len = len;
	row->pass = PVP_PASS_GIVEN;
	row->old = pvp_calloc(len, 1);
	row->new = pvp_calloc(len, 1);
	memcpy(row->old, old_bytes, len);
	memcpy(row->new, new_bytes, len);
	return NULL;
}

static struct pvp_error *read_given(const struct field *field, struct pvp_patched *ret)
{
	struct pvp_error *err = NULL;

	if (!json_is_array(field->value))
		return bad(field, field->value ? "is not a list" : "is missing");
	for (size_t i = 0; !err && i < json_array_size(field->value); i++) {
		struct field row = element(field, i);

		err = read_row(&row, ret);
	}
	return err;
}

static struct pvp_error *read_poke(const struct field *field, struct pvp_start_poke *ret)
{
	struct field addr = member(field, "addr"), value = member(field, "value");
	struct field size = member(field, "size");
	struct pvp_error *err;
	unsigned nr = 0;

	err = read_hex(&addr, &ret->addr);
	if (!err)
		err = read_hex(&value, &ret->value);
	if (!err)
		err = read_number(&size, sizeof(ret->value), &nr);
	if (!err && (!nr || ret->addr + nr < ret->addr))
		err = bad(&size, "is out of range");
	ret->size = nr;
	return err;
}

static struct pvp_error *read_script_row(const struct field *field, struct pvp_script_row *ret)
{
	struct field pauses = member(field, "pauses");
	struct pvp_start_poke poke = {0};
	struct pvp_error *err = read_poke(field, &poke);

	ret->addr = poke.addr;
	ret->value = poke.value;
	ret->len = poke.size;
	return err ? err : read_number(&pauses, UINT16_MAX, &ret->pauses);
}

/* How many rows a list of at most max has. */
static struct pvp_error *read_nr(const struct field *field, size_t max, size_t *ret)
{
	if (!json_is_array(field->value))
		return bad(field, field->value ? "is not a list" : "is missing");
	if (json_array_size(field->value) > max)
		return bad(field, "has too many rows");
	*ret = json_array_size(field->value);
	return NULL;
}

static struct pvp_error *read_start(const struct field *field, struct pvp_start *ret)
{
	struct field registers = member(field, "registers"), memory = member(field, "memory");
	struct field script = member(field, "script"), answers = member(field, "answers");
	struct pvp_error *err = NULL;

	if (!json_is_object(registers.value))
		return bad(&registers, registers.value ? "is not an object" : "is missing");
	for (unsigned i = 0; !err && i < PVP_X86_NR_STATE; i++) {
		struct field value = member(&registers, pvp_x86_reg_name(i));

		err = read_hex(&value, &ret->state.reg[i]);
	}
	if (!err) /* one is left for the return address of a tail call */
		err = read_nr(&memory, PVP_START_MAX_POKES - 1, &ret->nr_pokes);
	for (size_t i = 0; !err && i < ret->nr_pokes; i++) {
		struct field row = element(&memory, i);

		err = read_poke(&row, &ret->pokes[i]);
	}
	if (!err)
		err = read_nr(&script, PVP_START_MAX_SCRIPT, &ret->nr_script);
	for (size_t i = 0; !err && i < ret->nr_script; i++) {
		struct field row = element(&script, i);

		err = read_script_row(&row, &ret->script[i]);
	}
	if (!err)
		err = read_hex(&answers, &ret->seed);
	return err;
}

static struct pvp_error *read_shrunk(const struct field *field, struct pvp_witness *ret)
{
	struct field matter = member(field, "matter");
	struct pvp_error *err;

	if (!json_is_object(field->value))
		return bad(field, "is not an object");
	ret->shrunk = pvp_calloc(1, sizeof(*ret->shrunk));
	err = read_start(field, ret->shrunk);
	return err ? err : read_lines(&matter, &ret->matter);
}

static struct pvp_error *read_side(const struct field *field, uint64_t *end, char **stop,
				   char **effects, char **prefix)
{
	struct field prefix_field = member(field, "prefix");
	struct field stop_field = member(field, "stop"), end_field = member(field, "end");
	struct field effects_field = member(field, "effects");
	struct pvp_error *err;

	err = read_text(&stop_field, false, stop);
	if (!err)
		err = read_registers(&end_field, end);
	if (!err)
		err = read_lines(&effects_field, effects);
	if (!err && prefix_field.value) /* older files have none */
		err = read_lines(&prefix_field, prefix);
	return err;
}

static struct pvp_error *read_seen(const struct field *root, struct pvp_witness_file *ret)
{
	struct field seed = member(root, "seed"), states = member(root, "states");
	struct field state = member(root, "state"), differs = member(root, "differs");
	struct field start = member(root, "start"), shrunk = member(root, "shrunk");
	struct field also = member(root, "also");
	struct field k0 = member(root, "k0"), k1 = member(root, "k1");
	struct field meaning = member(root, "meaning");
	struct pvp_witness *seen = &ret->seen;
	struct pvp_error *err;

	err = read_hex(&seed, &seen->seed);
	if (!err)
		err = read_number(&states, PVP_WITNESS_MAX_STATES, &ret->states);
	if (!err)
		err = read_number(&state, PVP_WITNESS_MAX_STATES, &seen->state);
	if (!err && seen->state >= pvp_start_max_index(ret->states))
		err = bad(&state, "is one that is never drawn for \"states\"");
	if (!err)
		err = read_text(&differs, false, &seen->what);
	if (!err)
		err = read_registers(&start, seen->start);
	seen->alone = k0.value && json_is_null(k0.value);
	if (!err && seen->alone)
		err = read_text(&meaning, false, &seen->meaning);
	else if (!err)
		err = read_side(&k0, seen->end_k0, &seen->stop_k0, &seen->effects_k0,
				&seen->prefix_k0);
	if (!err)
		err = read_side(&k1, seen->end_k1, &seen->stop_k1, &seen->effects_k1,
				&seen->prefix_k1);
	/* Older files have neither. */
	if (!err && shrunk.value && !json_is_null(shrunk.value))
		err = read_shrunk(&shrunk, seen);
	if (!err && also.value)
		err = read_list(&also, &ret->also);
	return err;
}

static struct pvp_error *read_root(const struct field *root, struct pvp_witness_file *ret)
{
	struct field schema = member(root, "schema"), image = member(root, "image");
	struct field platform = member(root, "platform"), site = member(root, "site");
	struct field given = member(root, "patched"), left_out = member(root, "left_out");
	struct pvp_error *err;
	unsigned version;

	if (!json_is_object(root->value))
		return pvp_error_format(PVP_ERR_BAD_DATA, "not a JSON object");
	err = read_number(&schema, INT32_MAX, &version);
	if (!err && version != PVP_WITNESS_SCHEMA)
		err = pvp_error_format(PVP_ERR_UNSUPPORTED,
				       "field \"schema\" is %u, this program reads %d", version,
				       PVP_WITNESS_SCHEMA);
	if (!err)
		err = read_image(&image, ret);
	if (!err)
		err = read_platform(&platform, ret);
	if (!err)
		err = read_site(&site, ret);
	if (!err)
		err = read_given(&given, &ret->given);
	if (!err && left_out.value) /* older files do not say */
		err = read_number(&left_out, INT32_MAX, &ret->left_out);
	if (!err)
		err = read_seen(root, ret);
	return err;
}

static struct pvp_error *load(const char *path, json_t **ret)
{
	struct pvp_error *err;
	json_error_t where;
	struct stat st;
	json_t *value;
	FILE *in;

	err = pvp_textfile_open(path, &in);
	if (err)
		return err;
	if (fstat(fileno(in), &st) || st.st_size > MAX_FILE_LEN) {
		fclose(in);
		return pvp_error_format(PVP_ERR_BAD_DATA, "%s: %d MiB is more than a witness file has", path,
					(int)(st.st_size >> 20));
	}
	value = json_loadf(in, JSON_REJECT_DUPLICATES, &where);
	fclose(in);
	if (!value)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%s: line %d: %s", path, where.line,
					where.text);
	*ret = value;
	return NULL;
}

struct pvp_error *pvp_witness_read(const char *path, struct pvp_witness_file *ret)
{
	struct pvp_witness_file file = {0};
	json_t *value = NULL;
	struct pvp_error *err;

	err = load(path, &value);
	if (err)
		return err;
	err = read_root(&(struct field){.value = value}, &file);
	json_decref(value);
	if (err) {
		pvp_witness_deinit(&file);
		return pvp_error_context(err, "%s", path);
	}
	*ret = file;
	return NULL;
}
