// SPDX-License-Identifier: GPL-2.0-only
#include "yaml_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "alloc.h"
#include "textfile.h"

/* Far above any file written by hand; they keep a hostile one cheap. */
#define MAX_LEN	  (1u << 20)
#define MAX_DEPTH 16

const cyaml_strval_t pvp_yaml_bools[PVP_YAML_NR_BOOLS] = {
	{"false", false},
	{"no", false},
	{"true", true},
	{"yes", true},
};

static struct pvp_error *read_text(struct pvp_yaml *yaml)
{
	struct pvp_error *err;
	FILE *f;
	size_t got;

	err = pvp_textfile_open(yaml->path, &f);
	if (err)
		return err;
	yaml->text = pvp_calloc(1, MAX_LEN + 1);
	got = fread(yaml->text, 1, MAX_LEN + 1, f);
	if (ferror(f))
		err = pvp_error_os(errno, "%s", yaml->path);
	else if (got > MAX_LEN)
		err = pvp_error_format(PVP_ERR_BAD_DATA, "%s: longer than %u bytes", yaml->path,
				       MAX_LEN);
	yaml->len = got;
	fclose(f);
	return err;
}

/* An open mapping or sequence while scanning. */
struct frame {
	char *where;
	char *key; /* mapping: the key whose value comes next */
	bool mapping;
	size_t index; /* sequence: of the entry that comes next */
};

struct frames {
	struct frame *v;
	size_t nr, cap;
};

static void frames_pop(struct frames *frames)
{
	struct frame *top = &frames->v[--frames->nr];

	free(top->where);
	free(top->key);
}

static void mark(struct pvp_yaml *yaml, const char *where, unsigned line)
{
	struct pvp_yaml_mark *m = pvp_push(&yaml->marks, &yaml->nr_marks, &yaml->cap_marks);

	m->where = pvp_strdup(where);
	m->line = line;
}

static char *join(const char *where, const char *name)
{
	return *where ? pvp_asprintf("%s/%s", where, name) : pvp_strdup(name);
}

/* Whether the node that begins with event is a key; otherwise *where gets its path. */
static bool begin_node(struct pvp_yaml *yaml, struct frames *frames, const yaml_event_t *event,
		       char **where)
{
	struct frame *top = frames->nr ? &frames->v[frames->nr - 1] : NULL;
	unsigned line = event->start_mark.line + 1;
	char number[24];

	*where = NULL;
	if (!top) {
		*where = pvp_strdup("");
	} else if (!top->mapping) {
		snprintf(number, sizeof(number), "%zu", top->index++);
		*where = join(top->where, number);
		mark(yaml, *where, line);
	} else if (!top->key) {
		top->key = pvp_strdup(event->type == YAML_SCALAR_EVENT
					      ? (const char *)event->data.scalar.value
					      : "");
		*where = join(top->where, top->key);
		mark(yaml, *where, line);
		return true;
	} else {
		*where = join(top->where, top->key);
		free(top->key);
		top->key = NULL;
	}
	return false;
}

static struct pvp_error *scan_event(struct pvp_yaml *yaml, struct frames *frames,
				    const yaml_event_t *event, unsigned *nr_documents)
{
	unsigned line = event->start_mark.line + 1;
	struct frame *top;
	bool is_key;
	char *where;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++*nr_documents > 1)
			return pvp_error_format(PVP_ERR_BAD_DATA, "%s:%u: a second document",
						yaml->path, line);
		return NULL;
	case YAML_ALIAS_EVENT:
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s:%u: '*%s': aliases are not used in these files",
					yaml->path, line, (const char *)event->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		/* A bare &symbol is an anchor to YAML, and the value silently empty. */
		if (event->data.scalar.anchor)
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"%s:%u: put quotes around \"&%s\"", yaml->path,
						line, (const char *)event->data.scalar.anchor);
		begin_node(yaml, frames, event, &where);
		free(where);
		return NULL;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		is_key = begin_node(yaml, frames, event, &where);
		if (is_key) {
			free(where);
			return pvp_error_format(PVP_ERR_BAD_DATA, "%s:%u: a key is not a word",
						yaml->path, line);
		}
		if (frames->nr == MAX_DEPTH) {
			free(where);
			return pvp_error_format(PVP_ERR_BAD_DATA, "%s:%u: nested too deep",
						yaml->path, line);
		}
		top = pvp_push(&frames->v, &frames->nr, &frames->cap);
		top->where = where;
		top->mapping = event->type == YAML_MAPPING_START_EVENT;
		return NULL;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		frames_pop(frames);
		return NULL;
	default:
		return NULL;
	}
}

static struct pvp_error *scan(struct pvp_yaml *yaml)
{
	struct frames frames = {0};
	struct pvp_error *err = NULL;
	unsigned nr_documents = 0;
	yaml_parser_t parser;
	bool done = false;

	if (!yaml_parser_initialize(&parser))
		return pvp_error_format(PVP_ERR_OS, "%s: out of memory", yaml->path);
	yaml_parser_set_input_string(&parser, yaml->text, yaml->len);
	while (!err && !done) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			err = pvp_error_format(PVP_ERR_BAD_DATA, "%s:%zu: not YAML: %s", yaml->path,
					       parser.problem_mark.line + 1,
					       parser.problem ? parser.problem : "unreadable");
			break;
		}
		err = scan_event(yaml, &frames, &event, &nr_documents);
		done = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	if (!err && !nr_documents)
		err = pvp_error_format(PVP_ERR_BAD_DATA, "%s:1: the file is empty", yaml->path);
	while (frames.nr)
		frames_pop(&frames);
	free(frames.v);
	yaml_parser_delete(&parser);
	return err;
}

struct pvp_error *pvp_yaml_open(const char *path, struct pvp_yaml *ret)
{
	struct pvp_yaml yaml = {.path = pvp_strdup(path)};
	struct pvp_error *err = read_text(&yaml);

	if (!err)
		err = scan(&yaml);
	if (err)
		pvp_yaml_deinit(&yaml);
	else
		*ret = yaml;
	return err;
}

void pvp_yaml_deinit(struct pvp_yaml *yaml)
{
	if (!yaml)
		return;
	for (size_t i = 0; i < yaml->nr_marks; i++)
		free(yaml->marks[i].where);
	free(yaml->marks);
	free(yaml->text);
	free(yaml->path);
	memset(yaml, 0, sizeof(*yaml));
}

static const struct pvp_yaml_mark *find_mark(const struct pvp_yaml *yaml, const char *where,
					     size_t len)
{
	for (size_t i = 0; i < yaml->nr_marks; i++) {
		const struct pvp_yaml_mark *m = &yaml->marks[i];

		if (!strncmp(m->where, where, len) && !m->where[len])
			return m;
	}
	return NULL;
}

bool pvp_yaml_has(const struct pvp_yaml *yaml, const char *where)
{
	return find_mark(yaml, where, strlen(where));
}

unsigned pvp_yaml_line(const struct pvp_yaml *yaml, const char *where)
{
	size_t len = strlen(where);

	while (len) {
		const struct pvp_yaml_mark *m = find_mark(yaml, where, len);

		if (m)
			return m->line;
		while (len && where[len - 1] != '/')
			len--;
		if (len)
			len--;
	}
	return 1;
}

struct pvp_error *pvp_yaml_error(const struct pvp_yaml *yaml, enum pvp_error_code code,
				 const char *where, const char *fmt, ...)
{
	struct pvp_error *err;
	char *message;
	va_list ap;

	va_start(ap, fmt);
	message = pvp_vasprintf(fmt, ap);
	va_end(ap);
	err = pvp_error_format(code, "%s:%u: %s", yaml->path, pvp_yaml_line(yaml, where), message);
	free(message);
	return err;
}

struct pvp_error *pvp_yaml_context(const struct pvp_yaml *yaml, struct pvp_error *err,
				   const char *fmt, ...)
{
	va_list ap;
	char *where;

	va_start(ap, fmt);
	where = pvp_vasprintf(fmt, ap);
	va_end(ap);
	err = pvp_error_context(err, "%s:%u", yaml->path, pvp_yaml_line(yaml, where));
	free(where);
	return err;
}

/*
 * What libcyaml says about a failed load: one message, then a backtrace, innermost first, of lines
 * "in mapping field 'NAME' (line: ..)" and "in sequence entry 'N' (line: ..)".  Its line is where
 * its parser had got to, which may be further down than the culprit, so only the path is taken.
 */
struct complaint {
	char *message;
	char *where;
	bool in_field; /* the innermost is a mapping field: of the mapping the message is about */
};

static void complain(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	static const char field[] = "in mapping field '", entry[] = "in sequence entry '";
	struct complaint *c = ctx;
	char *text, *s, *name, *end, *outer, number[24];
	size_t len;

	if (level < CYAML_LOG_ERROR)
		return;
	text = pvp_vasprintf(fmt, args);
	s = text;
	if (!strncmp(s, "Load: ", 6))
		s += 6;
	len = strcspn(s, "\n");
	s[len] = 0;
	while (*s == ' ')
		s++;
	if (!strncmp(s, field, sizeof(field) - 1) || !strncmp(s, entry, sizeof(entry) - 1)) {
		name = strchr(s, '\'') + 1;
		end = strstr(name, "' (line:");
		if (end) {
			*end = 0;
			if (s[3] == 's') { /* it counts entries from 1 */
				snprintf(number, sizeof(number), "%lu",
					 strtoul(name, NULL, 10) - 1);
				name = number;
			}
			if (!c->where)
				c->in_field = s[3] == 'm';
			outer = c->where ? pvp_asprintf("%s/%s", name, c->where) : pvp_strdup(name);
			free(c->where);
			c->where = outer;
		}
	} else if (!c->message && strncmp(s, "Backtrace", 9) && strncmp(s, "in mapping (", 12)) {
		/* "Unexpected key: x" -> "unexpected key: x"; "ENUM", "INT" and kin stay. */
		if (isupper((unsigned char)s[0]) && !isupper((unsigned char)s[1]))
			s[0] = tolower((unsigned char)s[0]);
		c->message = pvp_strdup(s);
	}
	free(text);
}

static cyaml_config_t config(struct complaint *complaint)
{
	return (cyaml_config_t){
		.log_fn = complain,
		.log_ctx = complaint,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static struct pvp_error *load(const struct pvp_yaml *yaml, const cyaml_schema_value_t *schema,
			      cyaml_cfg_flags_t flags, void **ret)
{
	struct complaint complaint = {0};
	cyaml_config_t cfg = config(&complaint);
	struct pvp_error *err = NULL;
	cyaml_data_t *data = NULL;
	const char *where, *message;
	cyaml_err_t rc;
	unsigned line;

	cfg.flags |= flags;
	rc = cyaml_load_data(yaml->text, yaml->len, &cfg, schema, &data, NULL);
	if (rc == CYAML_OK) {
		*ret = data;
		goto out;
	}
	where = complaint.where ? complaint.where : "";
	message = complaint.message ? complaint.message : cyaml_strerror(rc);
	line = pvp_yaml_line(yaml, where);
	if (!strncmp(message, "unexpected key: ", 16)) {
		char *inner = join(where, message + 16);

		line = pvp_yaml_line(yaml, inner);
		free(inner);
	} else if (!strncmp(message, "mapping field already seen: ", 28)) {
		for (size_t i = 0; i < yaml->nr_marks; i++)
			if (!strcmp(yaml->marks[i].where, where))
				line = yaml->marks[i].line;
	} else if (!strncmp(message, "missing required mapping field: ", 32) &&
		   complaint.in_field) {
		/* The field is the last one the mapping has, not the one it lacks. */
		char *slash = strrchr(where, '/');
		char *outer = pvp_strndup(where, slash ? slash - where : 0);

		line = pvp_yaml_line(yaml, outer);
		free(outer);
	}
	err = pvp_error_format(PVP_ERR_BAD_DATA, "%s:%u: %s", yaml->path, line, message);
out:
	free(complaint.message);
	free(complaint.where);
	return err;
}

struct pvp_error *pvp_yaml_load(const struct pvp_yaml *yaml, const cyaml_schema_value_t *schema,
				void **ret)
{
	return load(yaml, schema, 0, ret);
}

struct pvp_error *pvp_yaml_load_part(const struct pvp_yaml *yaml,
				     const cyaml_schema_value_t *schema, void **ret)
{
	return load(yaml, schema, CYAML_CFG_IGNORE_UNKNOWN_KEYS, ret);
}

void pvp_yaml_free(const cyaml_schema_value_t *schema, void *data)
{
	struct complaint complaint = {0};
	cyaml_config_t cfg = config(&complaint);

	if (data)
		cyaml_free(&cfg, schema, data, 0);
	free(complaint.message);
	free(complaint.where);
}
