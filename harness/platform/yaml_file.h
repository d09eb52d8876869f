/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * yaml_file.h - a YAML file written by hand, with the line of everything in it.
 *
 * libcyaml checks a document against a schema and fills a struct; what only the caller can judge
 * (does that function exist?) comes later, when libcyaml has forgotten the lines.  So the file is
 * also scanned once with libyaml, and each key and sequence entry gets a mark: its path, such as
 * "memory/3/at", and its line.  Errors made here read "FILE:LINE: what is wrong".
 *
 *	err = pvp_yaml_open("xen-pv.yaml", &yaml);
 *	err = pvp_yaml_load(&yaml, &schema, (void **)&file);
 *	return pvp_yaml_error(&yaml, PVP_ERR_NOT_FOUND, "memory/3/at", "unknown symbol '%s'", name);
 *	pvp_yaml_free(&schema, file);
 *	pvp_yaml_deinit(&yaml);
 */
#ifndef PVP_YAML_FILE_H
#define PVP_YAML_FILE_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* A field that is true or false, yes or no; cyaml's own takes any word but false's for true. */
#define PVP_YAML_BOOL(key, flags, type, member)                                                    \
	CYAML_FIELD_ENUM(key, (flags) | CYAML_FLAG_STRICT, type, member, pvp_yaml_bools,           \
			 PVP_YAML_NR_BOOLS)
#define PVP_YAML_NR_BOOLS 4
extern const cyaml_strval_t pvp_yaml_bools[PVP_YAML_NR_BOOLS];

struct pvp_yaml_mark {
	char *where; /* "pv_ops/irq.save_fl" */
	unsigned line;
};

struct pvp_yaml {
	char *path;
	uint8_t *text;
	size_t len, cap;
	struct pvp_yaml_mark *marks; /* in file order */
	size_t nr_marks, cap_marks;
};

/* Reads and scans; an error for what is not one YAML document. */
struct pvp_error *pvp_yaml_open(const char *path, struct pvp_yaml *ret) PVP_MUST_CHECK;
void pvp_yaml_deinit(struct pvp_yaml *yaml);

/* The document as the schema (a CYAML_VALUE_MAPPING pointer) says; free with pvp_yaml_free. */
struct pvp_error *pvp_yaml_load(const struct pvp_yaml *yaml, const cyaml_schema_value_t *schema,
				void **ret) PVP_MUST_CHECK;
/* The same, where keys that the schema lacks are passed over. */
struct pvp_error *pvp_yaml_load_part(const struct pvp_yaml *yaml,
				     const cyaml_schema_value_t *schema, void **ret) PVP_MUST_CHECK;
void pvp_yaml_free(const cyaml_schema_value_t *schema, void *data);

/* Whether the file has that key or entry. */
bool pvp_yaml_has(const struct pvp_yaml *yaml, const char *where);
/* The line of the mark, or of the closest one around it; 1 where there is none. */
unsigned pvp_yaml_line(const struct pvp_yaml *yaml, const char *where);
/* "FILE:LINE: message". */
struct pvp_error *pvp_yaml_error(const struct pvp_yaml *yaml, enum pvp_error_code code,
				 const char *where, const char *fmt, ...)
	PVP_PRINTF(4, 5) PVP_MUST_CHECK;
/* Puts "FILE:LINE: " in front of err (not NULL); where is made from fmt. */
struct pvp_error *pvp_yaml_context(const struct pvp_yaml *yaml, struct pvp_error *err,
				   const char *fmt, ...) PVP_PRINTF(3, 4) PVP_MUST_CHECK;

#endif
