/* SPDX-License-Identifier: GPL-2.0-only */
/* mutants_json.h - mutants.json: every mutant and what became of it (schema:
 * corpus/mutants/README.md). */
#ifndef PVP_MUTANTS_JSON_H
#define PVP_MUTANTS_JSON_H

#include <jansson.h>

#include "mutate.h"

/* One image and platform. */
json_t *pvp_mutants_json(const struct pvp_mutate_input *input,
			 const struct pvp_mutate_score *score);
/* The whole file's text, which the caller frees; takes the array of the above. */
char *pvp_mutants_json_text(json_t *scores);

#endif
