/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transfers.h - decide the transfers of control of the kernel's own: run the patched text of returns, retpolines,
 * static calls and trampolines, and compare with what each means (transfer_rules.h).
 *
 * There are tens of thousands of them, and most differ in nothing but their place.  A site's class
 * is what it means, its bytes and where they lead; sites whose bytes are of no known shape are a
 * class of their own each.  The first site of a class is run, and one in a hundred of the others;
 * when one of these is not EQUIVALENT, all of its class are run.
 *
 * Sites are run by worker processes; one that dies takes its current site with it (INCONCLUSIVE,
 * worker-died) and another goes on behind it.  Results do not depend on the number of jobs.
 */
#ifndef PVP_TRANSFERS_H
#define PVP_TRANSFERS_H

#include "check.h"

/* Fills result->transfers and result->transfer_cells. */
struct pvp_error *pvp_transfers_check(const struct pvp_check_input *input,
				     struct pvp_check_result *result) PVP_MUST_CHECK;

#endif
