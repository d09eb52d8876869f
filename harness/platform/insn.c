// SPDX-License-Identifier: GPL-2.0-only
#include "insn.h"

#include <stddef.h>
#include <string.h>

#include "error.h"
#include "x86/decode.h"

/* The emulator's own table of classes: its header only, no code of it. */
static const char *const classes[] = {
#define X(id, name, ring0, ring3, vector) name,
	PVP_X86_CLASSES(X)
#undef X
};

bool pvp_insn_class_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(classes[i], name))
			return true;
	return false;
}
