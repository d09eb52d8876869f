/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * percpu_of.h - a per-CPU variable without a name, by a function that is known to use it: i386
 * kernels list no variables but those that modules may use.
 */
#ifndef PVP_PERCPU_OF_H
#define PVP_PERCPU_OF_H

#include "image.h"

/*
 * Where CPU 0 has the per-CPU datum that the function's text names first, as an address or an
 * immediate; this_cpu_off, by which the CPU's own is reached, is none.  PVP_ERR_NOT_FOUND: there is no such function, or it names none.
 */
struct pvp_error *pvp_percpu_of(const struct pvp_image *image, const char *function,
				uint64_t *ret) PVP_MUST_CHECK;

/* FUNCTION of "percpu-of(FUNCTION)", or NULL: text is something else.  The caller frees it. */
char *pvp_percpu_of_function(const char *text);

#endif
