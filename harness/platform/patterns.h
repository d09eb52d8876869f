/* SPDX-License-Identifier: GPL-2.0-only */
/* patterns.h - "a*|b": patterns as of fnmatch(3), alternatives between bars. */
#ifndef PVP_PATTERNS_H
#define PVP_PATTERNS_H

#include <stdbool.h>

/* NULL fits everything. */
bool pvp_pattern_fits(const char *patterns, const char *text);

#endif
