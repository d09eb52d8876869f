// SPDX-License-Identifier: GPL-2.0-only
#include "clean.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"

/* Well-formed sequences of two bytes and more.  Source: The Unicode Standard, table 3-7; C1
 * controls (U+0080..U+009F) are left out on purpose. */
// clang-format off
static const struct {
	uint8_t first_min, first_max, len, second_min, second_max;
} sequences[] = {
	/* first        len  second */
	{ 0xc2, 0xc2,    2,  0xa0, 0xbf },
	{ 0xc3, 0xdf,    2,  0x80, 0xbf },
	{ 0xe0, 0xe0,    3,  0xa0, 0xbf },
	{ 0xe1, 0xec,    3,  0x80, 0xbf },
	{ 0xed, 0xed,    3,  0x80, 0x9f },
	{ 0xee, 0xef,    3,  0x80, 0xbf },
	{ 0xf0, 0xf0,    4,  0x90, 0xbf },
	{ 0xf1, 0xf3,    4,  0x80, 0xbf },
	{ 0xf4, 0xf4,    4,  0x80, 0x8f },
};
// clang-format on

/* Bytes of the printable character at s (NUL-terminated), or 0. */
static size_t character_len(const uint8_t *s)
{
	if (s[0] >= 0x20 && s[0] < 0x7f)
		return 1;
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		if (s[0] < sequences[i].first_min || s[0] > sequences[i].first_max)
			continue;
		if (s[1] < sequences[i].second_min || s[1] > sequences[i].second_max)
			return 0;
		for (size_t k = 2; k < sequences[i].len; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return sequences[i].len;
	}
	return 0;
}

char *pvp_text_clean(const char *s)
{
	const uint8_t *in = (const uint8_t *)s;
	char *copy, *out;

	if (!s)
		return NULL;
	copy = out = pvp_calloc(strlen(s) + 1, 4);
	while (*in) {
		size_t len = character_len(in);

		if (len) {
			memcpy(out, in, len);
			out += len;
			in += len;
		} else {
			out += sprintf(out, "\\x%02x", *in++);
		}
	}
	return copy;
}
