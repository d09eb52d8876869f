/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nop_kind.h - what the patcher takes for a NOP, in 6.12 and later; nop_kind.c of the form's folder.
 */
#ifndef PVK_NOP_KIND_H
#define PVK_NOP_KIND_H

#include "patch.h"

bool insn_is_nop(const u8 *code, const struct insn *insn);

#endif
