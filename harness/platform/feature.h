/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * feature.h - capability numbers by name: word * 32 + bit, as alternatives and boot_cpu_data have
 * them.  Numbers are reassigned between generations, so a name means something in one of them only.
 */
#ifndef PVP_FEATURE_H
#define PVP_FEATURE_H

#include <stdint.h>

#include "error.h"

#define PVP_FEATURE_XENPV	272
#define PVP_FEATURE_PVUNLOCK	276
#define PVP_FEATURE_VCPUPREEMPT 277

/* "XENPV", "272" or "0x110".  generation as in struct pvp_tables; a name is known in a generation
 * that has no column only when its number never changed. */
struct pvp_error *pvp_feature_parse(const char *text, const char *generation,
				    unsigned *ret) PVP_MUST_CHECK;
/* The name of a number in that generation, or NULL: the table has none. */
const char *pvp_feature_name(unsigned number, const char *generation);

#endif
