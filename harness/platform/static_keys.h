/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * static_keys.h - static keys a platform switches: the key's counter in every start state, and the
 * jump labels that ask it, the same before and after patching.
 */
#ifndef PVP_STATIC_KEYS_H
#define PVP_STATIC_KEYS_H

#include "platform.h"

/*
 * Switches the key called name: adds a poke of its counter and, for each of its jump labels whose
 * text is not as it has to be, a text write.  A key that was switched before is switched again.
 * PVP_ERR_NOT_FOUND when the image has no such key.
 */
struct pvp_error *pvp_static_key_set(const struct pvp_image *image, const struct pvp_tables *tables,
				     const char *name, bool on, struct pvp_platform *platform)
	PVP_MUST_CHECK;

/* What --static-key asks for: "NAME=on", "NAME=off"; NULL-terminated or NULL. */
struct pvp_error *pvp_override_static_keys(const char *const *list, const struct pvp_image *image,
					   const struct pvp_tables *tables,
					   struct pvp_platform *platform) PVP_MUST_CHECK;

#endif
