// SPDX-License-Identifier: GPL-2.0-only
/*
 * One pv call site for each field of pv_ops that may have any, in a function named for it: site_
 * and the field.  Its arguments are the operation's own.
 */
#include "sites.h"

#define SITE_(result, field, params, call)                                                         \
	noinline result site_##field params                                                        \
	{                                                                                          \
		call;                                                                              \
	}

// clang-format off
#define V(group, field, nr, params, args)                SITE_(void, field, params, pv_##field args)
#define VA(group, field, nr, params, args, inlined, feature) V(group, field, nr, params, args)
#define SV(group, field, nr, params, args, inlined, feature) V(group, field, nr, params, args)
#define R(group, field, result, nr, params, args)        SITE_(result, field, params, return pv_##field args)
#define RA(group, field, result, nr, params, args, inlined, feature) R(group, field, result, nr, params, args)
#define SR(group, field, result, nr, params, args, inlined, feature) R(group, field, result, nr, params, args)
// clang-format on

#include "pv_calls.def"
