/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * choose.h - which mutants are judged: all that exist of a kind, or `max` of them, spread evenly
 * over operations, and within one over its sites.
 */
#ifndef PVP_MUTATE_CHOOSE_H
#define PVP_MUTATE_CHOOSE_H

#include "mutate.h"

/* Adds mutants to *ret (by site, then kind), candidates and what rules are asked about. */
struct pvp_error *pvp_mutants_choose(const struct pvp_mutate_input *input,
				     struct pvp_mutate_score *ret) PVP_MUST_CHECK;

#endif
