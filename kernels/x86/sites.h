/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sites.h - site_FIELD(): a function with one pv call site for each field of pv_ops that may have
 * any (sites.c).
 */
#ifndef PVK_SITES_H
#define PVK_SITES_H

#include "pv.h"

// clang-format off
#define V(group, field, nr, params, args)                            void site_##field params;
#define VA(group, field, nr, params, args, inlined, feature)         void site_##field params;
#define SV(group, field, nr, params, args, inlined, feature)         void site_##field params;
#define R(group, field, result, nr, params, args)                    result site_##field params;
#define RA(group, field, result, nr, params, args, inlined, feature) result site_##field params;
#define SR(group, field, result, nr, params, args, inlined, feature) result site_##field params;
// clang-format on
#include "pv_calls.def"
#undef V
#undef VA
#undef SV
#undef R
#undef RA
#undef SR

#endif
