// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "patterns.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

bool pvp_pattern_fits(const char *patterns, const char *text)
{
	char *copy, *rest, *pattern;
	bool any = false;

	if (!patterns)
		return true;
	copy = rest = pvp_strdup(patterns);
	while (!any && (pattern = strsep(&rest, "|")))
		any = !fnmatch(pattern, text, 0);
	free(copy);
	return any;
}
