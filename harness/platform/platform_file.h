/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_file.h - a platform file as its author wrote it: words, not yet looked up in an image.
 *
 * The schema (corpus/platforms/README.md) depends on the image in two places: the keys of `pv_ops`
 * and of `static_calls` are the fields and keys the image has, so a key it lacks is an unknown key.
 */
#ifndef PVP_PLATFORM_FILE_H
#define PVP_PLATFORM_FILE_H

#include "poke.h"

struct pvp_words {
	char **v;
	unsigned v_count;
};

struct pvp_file_static_call { /* a row of static_calls_if_present, pv_ops_if_present */
	char *key, *function;
};

struct pvp_file_static_key {
	char *key;
	bool on, optional;
};

struct pvp_file_text {
	char *at, *jump, *bytes;
	unsigned stride, first, last; /* stride 0: one stretch, else one for each number */
	bool optional;
};

struct pvp_file_callee {
	char *name, *result;
	unsigned args;
	bool optional;
};

struct pvp_platform_words {
	char *name, *description;
	char *extends; /* the platform these words lie over */
	char *cpu_model;
	int hypervisor;
	unsigned ring, cpus; /* as hypervisor, meant where the file has the key */
	char **arch;
	unsigned arch_count;
	char **capabilities;
	unsigned capabilities_count;
	struct {
		char **set, **clear;
		unsigned set_count, clear_count;
	} features;
	char **needs;	     /* symbols an image must have for the platform to fit */
	unsigned needs_count;
	char **templates;    /* tables of the image laid out as pv_ops */
	unsigned templates_count;
	char **pv_ops;	     /* one a field of pv_ops, NULL where not said; NULL: none are */
	struct pvp_file_static_call *more_pv_ops;
	unsigned more_pv_ops_count;
	char **static_calls; /* one a key of the image */
	struct pvp_file_static_call *more_static_calls;
	unsigned more_static_calls_count;
	char *return_thunk, *null_target, *nop_target;
	struct {
		char **allow, **emulate, **fault, **ignore, **end;
		unsigned allow_count, emulate_count, fault_count, ignore_count, end_count;
	} instructions;
	struct pvp_poke_row *memory;
	unsigned memory_count;
	struct pvp_file_static_key *static_keys;
	unsigned static_keys_count;
	struct pvp_file_text *text;
	unsigned text_count;
	struct pvp_file_callee *callees;
	unsigned callees_count;
};

struct pvp_platform_file {
	struct pvp_yaml yaml;
	struct pvp_platform_words *words;
	struct pvp_platform_schema *schema;
};

/*
 * PVP_ERR_UNSUPPORTED when the image lacks what the file `needs`, or, with may_refuse, has another
 * architecture than its `arch`.  That comes first: a file for other images names fields that this
 * one lacks.
 */
struct pvp_error *pvp_platform_file_read(const char *path, const struct pvp_image *image,
					 const struct pvp_tables *tables, bool may_refuse,
					 struct pvp_platform_file *ret) PVP_MUST_CHECK;
void pvp_platform_file_deinit(struct pvp_platform_file *file);

#endif
