// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *p)
{
	if (p)
		return p;
	fputs("pvproof: out of memory\n", stderr);
	exit(2);
}

void *pvp_calloc(size_t nr, size_t size)
{
	return need(calloc(nr ? nr : 1, size ? size : 1));
}

void *pvp_reallocarray(void *p, size_t nr, size_t size)
{
	return need(reallocarray(p, nr ? nr : 1, size ? size : 1));
}

char *pvp_strdup(const char *s)
{
	return need(strdup(s));
}

char *pvp_strndup(const char *s, size_t len)
{
	return need(strndup(s, len));
}

char *pvp_vasprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	return need(s);
}

char *pvp_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = pvp_vasprintf(fmt, ap);
	va_end(ap);
	return s;
}

void *pvp_push_(void *vp, size_t *nr, size_t *cap, size_t size)
{
	char *v;

	memcpy(&v, vp, sizeof(v));
	if (*nr == *cap) {
		*cap = *cap ? *cap * 2 : 16;
		v = pvp_reallocarray(v, *cap, size);
		memcpy(vp, &v, sizeof(v));
	}
	v += size * (*nr)++;
	memset(v, 0, size);
	return v;
}
