/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lint.h - sensitive instructions in text that a kernel in ring 3 could reach.
 *
 * All executable sections are decoded, function by function, as the platform's boot patches them.
 * Left out are pv sites, which `verify` judges, the replacements of alternatives, of which only the
 * copies that boot makes are ever run, and sections that are writable, which the kernel does not run
 * where they lie.  What does not decode is a place as well, up to the next
 * address that some branch or table leads to.  Nothing else is assumed about what is reached: that
 * is for the allow list to say.
 *
 *	err = pvp_lint(&input, &lint);
 *	pvp_lint_deinit(&lint);
 */
#ifndef PVP_LINT_H
#define PVP_LINT_H

#include "allow.h"
#include "entry_sites.h"
#include "patched.h"
#include "platform.h"
#include "sensitive.h"
#include "sites.h"

struct pvp_lint_input {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_sites *sites, *entry; /* pv sites, of both kinds */
	const struct pvp_platform *platform;
	const struct pvp_patched *patched;
	struct pvp_allow *allow; /* its rows count their use */
};

struct pvp_lint_place {
	uint64_t addr;
	uint64_t len;	    /* of the instruction, or of what does not decode */
	const char *symbol; /* the function; NULL: none. Borrowed from the image */
	uint64_t offset;    /* in it */
	const struct pvp_sensitive *what;
	enum pvp_harm harm;
	/* Borrowed from the allow list: NULL: a finding, of which `known' says what is wrong; NULL. */
	const struct pvp_allow_row *allowed, *known;
	char text[48];
};

struct pvp_lint {
	struct pvp_lint_place *v; /* owned, ascending by address */
	size_t nr, cap;
	uint64_t text_len, undecoded_len; /* bytes */
	size_t nr_sections, nr_functions, nr_insns;
	size_t nr_left_out; /* executable sections: replacements, writable ones */
	size_t nr_sites; /* pv sites that were left out */
};

/* PVP_ERR_UNSUPPORTED for a platform whose kernel is not in ring 3, and for anything but amd64. */
struct pvp_error *pvp_lint(const struct pvp_lint_input *input, struct pvp_lint *ret) PVP_MUST_CHECK;
void pvp_lint_deinit(struct pvp_lint *lint);

#endif
