/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alloc.h - memory that is there or the program ends.
 *
 * Running out of memory is the one failure that is not an error value: these print one line to
 * stderr and exit with status 2.  Free the result with free().
 */
#ifndef PVP_ALLOC_H
#define PVP_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

void *pvp_calloc(size_t nr, size_t size) __attribute__((malloc, returns_nonnull));
void *pvp_reallocarray(void *p, size_t nr, size_t size) __attribute__((returns_nonnull));
char *pvp_strdup(const char *s) __attribute__((malloc, returns_nonnull));
char *pvp_strndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull));
char *pvp_asprintf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));
char *pvp_vasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0), returns_nonnull));

/*
 * Room for one more element in a growing array; evaluates to a pointer to the zeroed element.
 * vp: address of the owned array pointer (NULL at first); nr: elements in use; cap: allocated.
 *
 *	struct thing *t = pvp_push(&list->v, &list->nr, &list->cap);
 */
#define pvp_push(vp, nr, cap) ((__typeof__(*(vp)))pvp_push_((vp), (nr), (cap), sizeof(**(vp))))
void *pvp_push_(void *vp, size_t *nr, size_t *cap, size_t size) __attribute__((returns_nonnull));

#endif
