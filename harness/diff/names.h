/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names.h - addresses of an image as a kernel engineer calls them, on one platform.
 *
 * A slot of pv_ops and a static-call key come with what they hold there, a static-call trampoline
 * with where it leads; anything else is symbol+offset.
 */
#ifndef PVP_NAMES_H
#define PVP_NAMES_H

#include "disasm.h"
#include "platform.h"

struct pvp_names {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_platform *platform;
};

/* Each returns a string the caller frees. */

/* A function by its pointer: "native_irq_disable", "NULL". */
char *pvp_names_function(const struct pvp_names *names, uint64_t func);
/* What an instruction's operand is, "irq.irq_disable = native_irq_disable"; NULL where it has none
 * with a name. */
char *pvp_names_operand(const struct pvp_names *names, const struct pvp_disasm_insn *insn);
/* A capability number: "XENPV (8*32+16)". */
char *pvp_names_feature(const struct pvp_names *names, unsigned feature);
/* "fa 0f 1f" */
char *pvp_names_bytes(const uint8_t *bytes, size_t len);

#endif
