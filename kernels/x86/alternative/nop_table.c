// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NOPs of 6.1, the same on every CPU.
 */
#include "arch_nops.h"
#include "patch.h"

const u8 (*ideal_nops)[8] = (const u8[8][8]){
	ARCH_NOPS,
};
