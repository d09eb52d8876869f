/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * insn.h - the instruction classes a platform file may give a rule for, by name.
 */
#ifndef PVP_INSN_H
#define PVP_INSN_H

#include <stdbool.h>

bool pvp_insn_class_known(const char *name);

#endif
