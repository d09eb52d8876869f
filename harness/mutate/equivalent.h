/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * equivalent.h - mutants that do what the good patch does, each with the argument why.
 *
 * A rule names the kinds of mutants, the operation and the instructions it speaks of (schema:
 * corpus/mutants/README.md).  One that matches a mutant which a verdict kills, or (unless by
 * chance) none of the mutants there are, is wrong and fails the run.
 */
#ifndef PVP_EQUIVALENT_H
#define PVP_EQUIVALENT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct pvp_equivalent_rule {
	char *kind, *op, *text;		    /* as of fnmatch(3), alternatives between bars */
	char *platform, *generation, *arch; /* the same, or NULL: any */
	char *why;
	bool by_chance; /* another build of the kernel may have no such mutant */
	unsigned line;
};

struct pvp_equivalent_rules {
	char *path;
	struct pvp_equivalent_rule *v; /* in file order; the first that matches counts */
	size_t nr;
};

struct pvp_equivalent_use {
	size_t asked;	/* candidates of its kinds and operations, on this image and platform */
	size_t matched; /* of these, by their text as well */
	size_t excused; /* survivors it explains */
	size_t killed;	/* matched, and killed all the same */
};

struct pvp_error *pvp_equivalent_load(const char *path,
				      struct pvp_equivalent_rules *ret) PVP_MUST_CHECK;
void pvp_equivalent_deinit(struct pvp_equivalent_rules *rules);

/* What a rule is asked about. */
struct pvp_equivalent_case {
	const char *kind, *op, *platform, *generation, *arch;
};
bool pvp_equivalent_asks(const struct pvp_equivalent_rule *rule,
			 const struct pvp_equivalent_case *c);
bool pvp_equivalent_matches(const struct pvp_equivalent_rule *rule,
			    const struct pvp_equivalent_case *c, const char *text);
/* In words, or NULL. */
const char *pvp_equivalent_is_wrong(const struct pvp_equivalent_rule *rule,
				    const struct pvp_equivalent_use *use);

#endif
