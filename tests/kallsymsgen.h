/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kallsymsgen.h - builds embedded kallsyms tables in every layout, for a .rodata section.
 *
 * Symbol i is named "sym_%05zu" (symbol 1: a very long name, where the layout can hold one); the
 * first KALLSYMSGEN_PERCPU are per-CPU ('D', at 8 * i) where the layout can say so, all others are
 * text ('T', at text + 16 * i).
 */
#ifndef PVP_KALLSYMSGEN_H
#define PVP_KALLSYMSGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KALLSYMSGEN_PERCPU 5

struct kallsymsgen_layout {
	const char *name;
	unsigned ptr, align;
	bool offsets_first;  /* offsets and base come before the names */
	bool base;	     /* there is a relative_base */
	bool seqs_in_middle; /* seqs_of_names between markers and tokens */
	bool seqs_at_end;
	bool long_names;
	char encoding; /* 'p'er-CPU absolute, 'r'elative, p'l'ace relative, 'a'bsolute */
};

struct kallsymsgen {
	uint8_t *data; /* owned: free() */
	size_t len;
	/* Offsets of the pieces; base is 0 where there is none. */
	size_t offsets, base, num_syms, names, markers, token_table, token_index;
};

#define KALLSYMSGEN_LAYOUTS 7
extern const struct kallsymsgen_layout kallsymsgen_layouts[KALLSYMSGEN_LAYOUTS];

void kallsymsgen_build(const struct kallsymsgen_layout *layout, size_t nr, uint64_t rodata_addr,
		       uint64_t text, struct kallsymsgen *ret);

#endif
