// SPDX-License-Identifier: GPL-2.0-only
#include "platform_file.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define MAX_ROWS 4096
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t hypervisors[] = {
#define X(id, name) {name, PVP_HV_##id},
	PVP_HYPERVISORS(X)
#undef X
};

// clang-format off
#define WORD(key, flags, type, member) \
	CYAML_FIELD_STRING_PTR(key, flags, struct type, member, 1, 256)
#define WORDS(key, flags, max, type, member) \
	CYAML_FIELD_SEQUENCE(key, flags, struct type, member, &pvp_word_schema, 0, max)
#define LIST(key, type, member, entry) \
	CYAML_FIELD_SEQUENCE(key, OPTIONAL, struct type, member, entry, 0, MAX_ROWS)

static const cyaml_schema_field_t static_call_fields[] = {
	WORD("key", CYAML_FLAG_POINTER, pvp_file_static_call, key),
	WORD("function", CYAML_FLAG_POINTER, pvp_file_static_call, function),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t static_call_row = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct pvp_file_static_call, static_call_fields),
};

static const cyaml_schema_field_t pv_op_fields[] = {
	WORD("field", CYAML_FLAG_POINTER, pvp_file_static_call, key),
	WORD("function", CYAML_FLAG_POINTER, pvp_file_static_call, function),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t pv_op_row = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct pvp_file_static_call, pv_op_fields),
};

static const cyaml_schema_field_t static_key_fields[] = {
	WORD("key", CYAML_FLAG_POINTER, pvp_file_static_key, key),
	PVP_YAML_BOOL("on", CYAML_FLAG_DEFAULT, struct pvp_file_static_key, on),
	PVP_YAML_BOOL("optional", CYAML_FLAG_OPTIONAL, struct pvp_file_static_key, optional),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t static_key_row = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct pvp_file_static_key, static_key_fields),
};

static const cyaml_schema_field_t text_fields[] = {
	WORD("at", CYAML_FLAG_POINTER, pvp_file_text, at),
	WORD("jump", OPTIONAL, pvp_file_text, jump),
	WORD("bytes", OPTIONAL, pvp_file_text, bytes),
	CYAML_FIELD_UINT("stride", CYAML_FLAG_OPTIONAL, struct pvp_file_text, stride),
	CYAML_FIELD_UINT("first", CYAML_FLAG_OPTIONAL, struct pvp_file_text, first),
	CYAML_FIELD_UINT("last", CYAML_FLAG_OPTIONAL, struct pvp_file_text, last),
	PVP_YAML_BOOL("optional", CYAML_FLAG_OPTIONAL, struct pvp_file_text, optional),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t text_row = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct pvp_file_text, text_fields),
};

static const cyaml_schema_field_t callee_fields[] = {
	WORD("name", CYAML_FLAG_POINTER, pvp_file_callee, name),
	CYAML_FIELD_UINT("args", CYAML_FLAG_DEFAULT, struct pvp_file_callee, args),
	WORD("result", OPTIONAL, pvp_file_callee, result),
	PVP_YAML_BOOL("optional", CYAML_FLAG_OPTIONAL, struct pvp_file_callee, optional),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t callee_row = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct pvp_file_callee, callee_fields),
};

static const cyaml_schema_field_t feature_fields[] = {
	WORDS("set", OPTIONAL, MAX_ROWS, pvp_platform_words, features.set),
	WORDS("clear", OPTIONAL, MAX_ROWS, pvp_platform_words, features.clear),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t instruction_fields[] = {
	WORDS("allow", OPTIONAL, MAX_ROWS, pvp_platform_words, instructions.allow),
	WORDS("emulate", OPTIONAL, MAX_ROWS, pvp_platform_words, instructions.emulate),
	WORDS("fault", OPTIONAL, MAX_ROWS, pvp_platform_words, instructions.fault),
	WORDS("ignore", OPTIONAL, MAX_ROWS, pvp_platform_words, instructions.ignore),
	WORDS("end", OPTIONAL, MAX_ROWS, pvp_platform_words, instructions.end),
	CYAML_FIELD_END,
};

/* A mapping whose fields are members of struct pvp_platform_words itself: offset and size 0 of the
 * whole struct. */
#define INLINE_MAPPING(name, fields) \
	{ .key = name, .data_offset = 0, .value = { CYAML_VALUE_MAPPING( \
		CYAML_FLAG_OPTIONAL, struct pvp_platform_words, fields) } }

static const cyaml_schema_field_t fixed_fields[] = {
	/* These two are the file's own, and its variants have none: layers.c. */
	WORD("name", OPTIONAL, pvp_platform_words, name),
	WORD("description", OPTIONAL, pvp_platform_words, description),
	WORD("extends", OPTIONAL, pvp_platform_words, extends),
	/* From here to capabilities: each platform needs them, its own or those of what it extends. */
	CYAML_FIELD_ENUM("hypervisor", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct pvp_platform_words, hypervisor,
			 hypervisors, ARRAY_SIZE(hypervisors)),
	WORDS("arch", OPTIONAL, 8, pvp_platform_words, arch),
	CYAML_FIELD_UINT("ring", CYAML_FLAG_OPTIONAL, struct pvp_platform_words, ring),
	CYAML_FIELD_UINT("cpus", CYAML_FLAG_OPTIONAL, struct pvp_platform_words, cpus),
	CYAML_FIELD_SEQUENCE("capabilities", OPTIONAL, struct pvp_platform_words,
			     capabilities, &pvp_word_schema, PVP_CAP_WORDS, PVP_CAP_WORDS),
	INLINE_MAPPING("features", feature_fields),
	WORD("cpu_model", OPTIONAL, pvp_platform_words, cpu_model),
	LIST("pv_ops_if_present", pvp_platform_words, more_pv_ops, &pv_op_row),
	LIST("static_calls_if_present", pvp_platform_words, more_static_calls, &static_call_row),
	WORDS("needs", OPTIONAL, 8, pvp_platform_words, needs),
	WORDS("templates", OPTIONAL, 8, pvp_platform_words, templates),
	WORD("return_thunk", OPTIONAL, pvp_platform_words, return_thunk),
	WORD("null_target", OPTIONAL, pvp_platform_words, null_target),
	WORD("nop_target", OPTIONAL, pvp_platform_words, nop_target),
	INLINE_MAPPING("instructions", instruction_fields),
	LIST("memory", pvp_platform_words, memory, &pvp_poke_row_schema),
	LIST("static_keys", pvp_platform_words, static_keys, &static_key_row),
	LIST("text", pvp_platform_words, text, &text_row),
	LIST("callees", pvp_platform_words, callees, &callee_row),
};
/* What says whether the file is for an image at all. */
static const cyaml_schema_field_t head_fields[] = {
	WORDS("arch", OPTIONAL, 8, pvp_platform_words, arch),
	WORDS("needs", OPTIONAL, 8, pvp_platform_words, needs),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t head = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct pvp_platform_words, head_fields),
};
// clang-format on

struct pvp_platform_schema {
	cyaml_schema_field_t fields[ARRAY_SIZE(fixed_fields) + 3];
	cyaml_schema_field_t *pv_ops, *static_calls;
	cyaml_schema_value_t top;
};

/* A schema field for a mapping of words: one entry a name, stored as an array of pointers. */
static cyaml_schema_field_t *words_by_name(size_t nr)
{
	return pvp_calloc(nr + 1, sizeof(cyaml_schema_field_t));
}

static void add_name(cyaml_schema_field_t *fields, size_t i, const char *name)
{
	fields[i].key = name;
	fields[i].data_offset = i * sizeof(char *);
	fields[i].value = pvp_word_schema;
	fields[i].value.flags |= CYAML_FLAG_OPTIONAL;
}

static cyaml_schema_field_t mapping(const char *key, size_t offset, size_t nr,
				    const cyaml_schema_field_t *fields)
{
	cyaml_schema_field_t field = {.key = key, .data_offset = offset};

	field.value.type = CYAML_MAPPING;
	field.value.flags = OPTIONAL;
	field.value.data_size = nr * sizeof(char *);
	field.value.mapping.fields = fields;
	return field;
}

static struct pvp_platform_schema *schema_create(const struct pvp_tables *tables)
{
	struct pvp_platform_schema *schema = pvp_calloc(1, sizeof(*schema));
	size_t nr = ARRAY_SIZE(fixed_fields);

	memcpy(schema->fields, fixed_fields, sizeof(fixed_fields));
	schema->pv_ops = words_by_name(tables->nr_fields);
	for (size_t i = 0; i < tables->nr_fields; i++)
		add_name(schema->pv_ops, i, tables->fields[i].name);
	schema->static_calls = words_by_name(tables->nr_static_call_keys);
	for (size_t i = 0; i < tables->nr_static_call_keys; i++) {
		const char *name = tables->static_call_keys[i].name;

		/* No file can name a key without a name; a NULL would end the list. */
		add_name(schema->static_calls, i, name ? name : "");
	}
	schema->fields[nr++] = mapping("pv_ops", offsetof(struct pvp_platform_words, pv_ops),
				       tables->nr_fields + 1, schema->pv_ops);
	schema->fields[nr++] =
		mapping("static_calls", offsetof(struct pvp_platform_words, static_calls),
			tables->nr_static_call_keys + 1, schema->static_calls);
	schema->top = (cyaml_schema_value_t){
		CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct pvp_platform_words, schema->fields),
	};
	return schema;
}

static void schema_destroy(struct pvp_platform_schema *schema)
{
	if (!schema)
		return;
	free(schema->pv_ops);
	free(schema->static_calls);
	free(schema);
}

/* libcyaml only knows "unexpected key"; say what the key was meant to be. */
static struct pvp_error *explain(struct pvp_error *err, const struct pvp_tables *tables,
				 const struct pvp_yaml *yaml)
{
	static const struct {
		const char *section, *what;
	} maps[] = {
		{"pv_ops", "pv_ops has no field"},
		{"static_calls", "unknown static call"},
	};
	const char *key = strstr(err->message, "unexpected key: ");
	struct pvp_error *better = NULL;

	if (!key)
		return err;
	key += strlen("unexpected key: ");
	for (size_t i = 0; !better && i < ARRAY_SIZE(maps); i++) {
		char *where = pvp_asprintf("%s/%s", maps[i].section, key);

		if (pvp_yaml_has(yaml, where))
			better = pvp_yaml_error(yaml, PVP_ERR_NOT_FOUND, where,
						"%s '%s' (tables of generation %s)", maps[i].what,
						key, tables->generation ? tables->generation : "?");
		free(where);
	}
	if (!better)
		return err;
	pvp_error_destroy(err);
	return better;
}

static struct pvp_error *check_head(const struct pvp_platform_words *w, const struct pvp_yaml *yaml,
				    const struct pvp_image *image, bool may_refuse)
{
	const char *arch = pvp_arch_name(image->arch), *slash = strrchr(yaml->path, '/');
	const char *name = slash ? slash + 1 : yaml->path;
	bool fits = !may_refuse || !w->arch;

	for (size_t i = 0; i < w->arch_count; i++)
		fits |= !strcmp(w->arch[i], arch);
	if (!fits)
		return pvp_yaml_error(yaml, PVP_ERR_UNSUPPORTED, "arch",
				      "platform %.*s is not for %s images", (int)strcspn(name, "."),
				      name, arch);
	for (size_t i = 0; i < w->needs_count; i++)
		if (!pvp_image_symbols_named(image, w->needs[i], NULL))
			return pvp_yaml_error(yaml, PVP_ERR_UNSUPPORTED, "needs",
					      "the image has no '%s': it cannot run there",
					      w->needs[i]);
	return NULL;
}

static struct pvp_error *read_head(const struct pvp_yaml *yaml, const struct pvp_image *image,
				   bool may_refuse)
{
	struct pvp_error *err;
	void *words;

	err = pvp_yaml_load_part(yaml, &head, &words);
	if (err)
		return err;
	err = check_head(words, yaml, image, may_refuse);
	pvp_yaml_free(&head, words);
	return err;
}

struct pvp_error *pvp_platform_file_read(const char *path, const struct pvp_image *image,
					 const struct pvp_tables *tables, bool may_refuse,
					 struct pvp_platform_file *ret)
{
	struct pvp_platform_file file = {0};
	struct pvp_error *err;
	void *words;

	err = pvp_yaml_open(path, &file.yaml);
	if (err)
		return err;
	err = read_head(&file.yaml, image, may_refuse);
	if (err) {
		pvp_platform_file_deinit(&file);
		return err;
	}
	file.schema = schema_create(tables);
	err = pvp_yaml_load(&file.yaml, &file.schema->top, &words);
	if (err) {
		err = explain(err, tables, &file.yaml);
		pvp_platform_file_deinit(&file);
		return err;
	}
	file.words = words;
	*ret = file;
	return NULL;
}

void pvp_platform_file_deinit(struct pvp_platform_file *file)
{
	if (!file)
		return;
	if (file->schema)
		pvp_yaml_free(&file->schema->top, file->words);
	schema_destroy(file->schema);
	pvp_yaml_deinit(&file->yaml);
	memset(file, 0, sizeof(*file));
}
