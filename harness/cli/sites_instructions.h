/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sites_instructions.h - every instruction that any platform's patch can put at a pv site.
 *
 * Direct branches are shown with the function's name, or the word rel32 where there is none or boot
 * alone knows it; operands by their address with the pv_ops field's or the symbol's name.
 */
#ifndef PVP_SITES_INSTRUCTIONS_H
#define PVP_SITES_INSTRUCTIONS_H

#include <stdbool.h>

#include "subject.h"

/* Prints TSV or JSON.  Platforms that do not fit the image are passed over. */
struct pvp_error *pvp_sites_instructions(const struct pvp_subject *subject,
					 bool json) PVP_MUST_CHECK;

#endif
