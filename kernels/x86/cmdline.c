// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line: words between spaces.
 */
#include "boot.h"

#define LINE_MAX 1024
static char words[LINE_MAX + 1]; /* each ends with a NUL; an empty one ends the list */

void cmdline_init(const char *line)
{
	u32 len = 0;

	for (; *line && len < LINE_MAX - 1; line++) {
		if (*line != ' ')
			words[len++] = *line;
		else if (len && words[len - 1])
			words[len++] = 0;
	}
}

static const char *next_word(const char *word)
{
	while (*word)
		word++;
	return word + 1;
}

bool same_word(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

bool cmdline_has(const char *word)
{
	for (const char *w = words; *w; w = next_word(w)) {
		if (same_word(w, word))
			return true;
	}
	return false;
}

const char *cmdline_nth(const char *name, u32 n)
{
	for (const char *w = words; *w; w = next_word(w)) {
		const char *value = w, *c = name;

		while (*c && *value == *c) {
			value++;
			c++;
		}
		if (!*c && *value == '=' && !n--)
			return value + 1;
	}
	return NULL;
}

const char *cmdline_value(const char *name)
{
	return cmdline_nth(name, 0);
}

u64 parse_number(const char *text)
{
	u32 base = 10;
	u64 value = 0;

	if (text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
	}
	for (;; text++) {
		u32 digit = *text - '0';

		if (digit > 9 && base == 16 && *text >= 'a' && *text <= 'f')
			digit = *text - 'a' + 10;
		if (digit >= base)
			return value;
		value = value * base + digit;
	}
}
