/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load.h - private to this folder: one load under way, and the lists of rows in a layer's file.
 *
 * Each of the functions takes one layer's rows.  A row of a later layer takes the place of an
 * earlier layer's for the same thing; two in one layer are an error.
 */
#ifndef PVP_LOAD_H
#define PVP_LOAD_H

#include "layers.h"

struct pvp_load {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_layers *layers;
	/* The layer at hand. */
	const struct pvp_layer *layer;
	const struct pvp_yaml *yaml;
	const struct pvp_platform_words *words;
	struct pvp_platform *platform;
	uint64_t *static_calls; /* value of each key of tables, so far */
};

/* In place of a function's name: the one the image has in that place, and the platform's
 * nop_target. */
#define PVP_LINKED "linked"
#define PVP_NOP	   "nop"

/* pv_ops.c: the operations as the file has them, then a layer's; then what follows from them. */
struct pvp_error *pvp_load_linked_pv_ops(const struct pvp_load *l) PVP_MUST_CHECK;
struct pvp_error *pvp_load_pv_ops(const struct pvp_load *l) PVP_MUST_CHECK;
void pvp_load_derived_features(const struct pvp_load *l);

/* rows.c */
struct pvp_error *pvp_load_insns(const struct pvp_load *l) PVP_MUST_CHECK;
struct pvp_error *pvp_load_text(const struct pvp_load *l) PVP_MUST_CHECK;
struct pvp_error *pvp_load_static_keys(const struct pvp_load *l) PVP_MUST_CHECK;
struct pvp_error *pvp_load_callees(const struct pvp_load *l) PVP_MUST_CHECK;
struct pvp_error *pvp_load_memory(const struct pvp_load *l) PVP_MUST_CHECK;

#endif
