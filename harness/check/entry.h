/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry.h - decide the entry-code sites and the rows of the trap table: run the patched text and
 * compare with what it means on the platform (entry_rules.h).
 */
#ifndef PVP_CHECK_ENTRY_H
#define PVP_CHECK_ENTRY_H

#include "check.h"

/* Fills result->entry_cells, and adds findings about the trap table as a whole. */
struct pvp_error *pvp_entry_check(const struct pvp_check_input *input,
				  struct pvp_check_result *result) PVP_MUST_CHECK;

#endif
