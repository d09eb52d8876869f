// SPDX-License-Identifier: GPL-2.0-only
#include "difference.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "alloc.h"

static bool follows(const char *text, const char *at, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(at - text) >= len && !strncmp(at - len, word, len);
}

char *pvp_difference_kind(const char *what)
{
	char *ret = pvp_calloc(strlen(what) + 1, 1), *out = ret;
	const char *in = what;

	while (*in) {
		bool value = isdigit((unsigned char)*in) && !follows(what, in, "fault ");

		if (!isalnum((unsigned char)*in)) {
			*out++ = *in++;
			continue;
		}
		if (value)
			*out++ = '#';
		for (; isalnum((unsigned char)*in); in++)
			if (!value)
				*out++ = *in;
	}
	return ret;
}
