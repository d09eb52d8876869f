/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * msrs.h - which model-specific registers the machine has that a start state belongs to.
 *
 * Hardware raises #GP for an index it does not know, and only then do a kernel's error paths run.
 * So of the MSRs that not every machine has, each start state lacks about a third, and not the same
 * for reads as for writes.  It is the same on both sides, and throughout a run.
 */
#ifndef PVP_MSRS_H
#define PVP_MSRS_H

#include "platform.h"

bool pvp_msr_is_lacking(const struct pvp_platform *platform, uint64_t seed, uint32_t index,
			bool write);

#endif
