// SPDX-License-Identifier: GPL-2.0-only
#include "branches.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"
#include "results.h"

const char *pvp_branch_ways_name(enum pvp_branch_ways ways)
{
	static const char *const names[] = {
#define X(id, name, what) [PVP_BRANCH_##id] = name,
		PVP_BRANCH_WAYS(X)
#undef X
	};

	return names[ways];
}

static enum pvp_branch_ways ways_of(const struct pvp_branch *branch)
{
	if (branch->disabled)
		return PVP_BRANCH_DISABLED;
	if (branch->taken && branch->passed)
		return PVP_BRANCH_BOTH;
	if (branch->taken)
		return PVP_BRANCH_ALWAYS_TAKEN;
	return branch->passed ? PVP_BRANCH_NEVER_TAKEN : PVP_BRANCH_NOT_REACHED;
}

void pvp_results_branches_fill(const struct pvp_image *image, const struct pvp_check_result *from,
			       struct pvp_results_branches *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->functions = from->nr_functions;
	ret->v = pvp_calloc(from->nr_branches, sizeof(*ret->v));
	for (size_t i = 0; i < from->nr_branches; i++) {
		const struct pvp_branch *branch = &from->branches[i];
		enum pvp_branch_ways ways = ways_of(branch);
		struct pvp_results_branch *to = &ret->v[ret->nr];
		char where[128];

		ret->ways[ways]++;
		if (ways == PVP_BRANCH_BOTH)
			continue;
		to->addr = branch->addr;
		to->symbol = pvp_text_clean(
			pvp_image_describe(image, branch->addr, where, sizeof(where)));
		memcpy(to->name, branch->name, sizeof(to->name));
		to->name[sizeof(to->name) - 1] = '\0'; /* a worker's word */
		to->ways = ways;
		ret->nr++;
	}
}

void pvp_results_branches_deinit(struct pvp_results_branches *branches)
{
	for (size_t i = 0; i < branches->nr; i++)
		free(branches->v[i].symbol);
	free(branches->v);
	memset(branches, 0, sizeof(*branches));
}

static size_t total(const struct pvp_results_branches *branches)
{
	size_t nr = 0;

	for (unsigned i = 0; i < PVP_NR_BRANCH_WAYS; i++)
		nr += branches->ways[i];
	return nr;
}

json_t *pvp_results_branches_json(const struct pvp_results_branches *branches)
{
	json_t *object = json_object(), *ways = json_object(), *list = json_array();
	char addr[24];

	json_object_set_new(object, "functions", json_integer(branches->functions));
	for (unsigned i = 0; i < PVP_NR_BRANCH_WAYS; i++)
		json_object_set_new(ways, pvp_branch_ways_name(i), json_integer(branches->ways[i]));
	for (size_t i = 0; i < branches->nr; i++) {
		const struct pvp_results_branch *branch = &branches->v[i];

		snprintf(addr, sizeof(addr), "%#" PRIx64, branch->addr);
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s}", "addr", addr, "symbol",
						branch->symbol, "instruction", branch->name, "ways",
						pvp_branch_ways_name(branch->ways)));
	}
	json_object_set_new(object, "ways", ways);
	json_object_set_new(object, "missing", list);
	return object;
}

void pvp_table_branches(const struct pvp_results_image *image, bool names, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < image->nr_platforms; i++) {
		const struct pvp_results_branches *b = &image->platforms[i].branches;

		if (!total(b))
			continue;
		if (!any)
			fprintf(out,
				"%-18s  functions  branches  both ways  never taken  always taken  not "
				"reached  disabled\n",
				"branches");
		any = true;
		fprintf(out, "%-18s  %9zu  %8zu  %9zu  %11zu  %12zu  %11zu  %8zu\n",
			image->platforms[i].name, b->functions, total(b), b->ways[PVP_BRANCH_BOTH],
			b->ways[PVP_BRANCH_NEVER_TAKEN], b->ways[PVP_BRANCH_ALWAYS_TAKEN],
			b->ways[PVP_BRANCH_NOT_REACHED], b->ways[PVP_BRANCH_DISABLED]);
	}
	if (any)
		fputc('\n', out);
	for (size_t i = 0; names && i < image->nr_platforms; i++) {
		const struct pvp_results_branches *b = &image->platforms[i].branches;

		for (size_t k = 0; k < b->nr; k++)
			fprintf(out, "%-18s  %#" PRIx64 "  %-6s  %-12s  %s\n",
				image->platforms[i].name, b->v[k].addr, b->v[k].name,
				pvp_branch_ways_name(b->v[k].ways), b->v[k].symbol);
		if (b->nr)
			fputc('\n', out);
	}
}
