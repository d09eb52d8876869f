/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diff.h - the two sequences of one site, disassembled, side by side.
 *
 *	err = pvp_diff_make(&names, site, &patched, &diff);
 *	pvp_diff_print(&diff, "linked", "xen-pv", stdout);
 *	pvp_diff_deinit(&diff);
 *
 *	      linked                                              | native
 *	  +0  ff 15 18 8a a2 01  call [rip + 0x1a28a18]           | fa              cli
 *	                         -> irq.irq_disable = native_cli  |
 *	  +1                                                      | 0f 1f 44 00 00  nop (5 bytes)
 */
#ifndef PVP_DIFF_H
#define PVP_DIFF_H

#include <stdio.h>

#include "change.h"
#include "names.h"

struct pvp_diff_insn {
	unsigned off;	   /* from the site's first byte */
	char *bytes;	   /* "0f 1f 44 00 00" */
	char *text, *note; /* note: what its operand is; NULL */
};

struct pvp_diff_side {
	struct pvp_diff_insn *v; /* owned, ascending */
	size_t nr, cap;
};

struct pvp_diff {
	enum pvp_change change;
	struct pvp_diff_side linked, patched;
};

struct pvp_error *pvp_diff_make(const struct pvp_names *names, const struct pvp_site *site,
				const struct pvp_patched *patched,
				struct pvp_diff *ret) PVP_MUST_CHECK;
void pvp_diff_deinit(struct pvp_diff *diff);

/* linked, patched: headings of the columns. */
void pvp_diff_print(const struct pvp_diff *diff, const char *linked, const char *patched,
		    FILE *out);

/* One sequence on one line: "cli; nop (5 bytes)"; the caller frees it. */
char *pvp_diff_line(const struct pvp_names *names, struct pvp_disasm *disasm, uint64_t addr,
		    const uint8_t *bytes, size_t len);

#endif
