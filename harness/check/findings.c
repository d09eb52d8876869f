// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

void pvp_finding_add(struct pvp_check_result *result, const char *kind,
		     const struct pvp_site *site, const char *rule, bool error)
{
	result->findings = pvp_reallocarray(result->findings, result->nr_findings + 1,
					    sizeof(*result->findings));
	result->findings[result->nr_findings++] = (struct pvp_finding){
		.kind = pvp_strdup(kind),
		.site = site,
		.rule = pvp_strdup(rule),
		.error = error,
	};
}

static void print_bytes(FILE *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%s%02x", i ? " " : "", bytes[i]);
}

static void judge_site(const struct pvp_check_input *input, const struct pvp_cell *cell,
		       struct pvp_check_result *result)
{
	const struct pvp_site *site = cell->site;
	uint8_t *predicted = pvp_calloc(site->len, 1), *is = pvp_calloc(site->len, 1);
	bool missing, known;
	char *rule;
	size_t len;
	FILE *out;

	known = pvp_patched_bytes(input->patched, input->image, site->addr, site->len, predicted);
	memcpy(is, predicted, site->len);
	pvp_patched_lay(input->given, site->addr, site->len, is);
	if (known && memcmp(is, predicted, site->len)) {
		missing = !memcmp(is, site->linked, site->len);
		out = open_memstream(&rule, &len);
		fprintf(out, "text is ");
		print_bytes(out, is, site->len);
		fprintf(out, ", predicted ");
		print_bytes(out, predicted, site->len);
		fclose(out);
		pvp_finding_add(result, missing ? "missing-patch" : "byte-mismatch", site, rule,
				missing || cell->verdict != PVP_EQUIVALENT);
		free(rule);
	}
	free(predicted);
	free(is);
}

void pvp_findings_bytes(const struct pvp_check_input *input, struct pvp_check_result *result)
{
	if (!input->given->nr)
		return;
	for (size_t i = 0; i < result->nr_cells; i++)
		if (result->cells[i].verdict != PVP_SKIPPED)
			judge_site(input, &result->cells[i], result);
}
