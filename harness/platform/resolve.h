/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * resolve.h - the words of platform files and overrides, looked up in an image.
 */
#ifndef PVP_RESOLVE_H
#define PVP_RESOLVE_H

#include "platform.h"

/*
 * The function of that name.  When several symbols at different addresses share the name, the one
 * at `keep` (the file's own pointer, 0: none) is meant if it is among them; otherwise it is an
 * error.  "NULL" is 0.
 */
struct pvp_error *pvp_resolve_function(const struct pvp_image *image, const char *name,
				       uint64_t keep, uint64_t *ret) PVP_MUST_CHECK;
/* Whether one of the symbols of that name is at addr. */
bool pvp_resolve_is_named(const struct pvp_image *image, uint64_t addr, const char *name);

/* The field of that name; nr_fields: there is none. */
size_t pvp_resolve_field(const struct pvp_tables *tables, const char *name);

/* A capability word: up to 8 hex digits, "0x" or not. */
bool pvp_resolve_hex_word(const char *text, uint32_t *ret);

void pvp_platform_set_feature(struct pvp_platform *platform, unsigned feature, bool on);

/* What --pvop, --static-call, .. ask for.  values: one a static-call key of tables, as so far. */
struct pvp_error *pvp_override_pv_ops(const char *const *list, const struct pvp_image *image,
				      const struct pvp_tables *tables,
				      struct pvp_platform *platform) PVP_MUST_CHECK;
struct pvp_error *pvp_override_static_calls(const char *const *list, const struct pvp_image *image,
					    const struct pvp_tables *tables,
					    uint64_t *values) PVP_MUST_CHECK;
struct pvp_error *pvp_override_features(const char *const *list, const struct pvp_tables *tables,
					struct pvp_platform *platform) PVP_MUST_CHECK;
/* The 24 words of a --caps file, and who the CPU is if a line says `model amd:23:1`; lines that are
 * blank or begin with # are skipped. */
struct pvp_error *pvp_override_caps(const char *path,
				    struct pvp_platform *platform) PVP_MUST_CHECK;

#endif
