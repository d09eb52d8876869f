// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NOPs of 6.1, the same on every CPU.  Source: P6 in Intel SDM volume 2B, NOP.
 */
#include "p6_nops.h"
#include "patch.h"

const u8 (*ideal_nops)[8] = (const u8[8][8]){
	P6_NOPS,
};
