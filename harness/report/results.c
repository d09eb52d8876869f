// SPDX-License-Identifier: GPL-2.0-only
#include "results.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"
#include "difference.h"

#define MAX_DESCRIPTION 256

const char *pvp_failure_name(enum pvp_failure failure)
{
	static const char *const names[] = {
#define X(id, name, what) name,
		PVP_FAILURES(X)
#undef X
	};

	return names[failure];
}

void pvp_results_init(struct pvp_results *ret, const char *engine, uint64_t seed, unsigned states,
		      size_t nr_images)
{
	memset(ret, 0, sizeof(*ret));
	ret->engine = pvp_strdup(engine);
	ret->seed = seed;
	ret->states = states;
	/* All at once: what pvp_results_add_image returns must not move. */
	ret->images = pvp_calloc(nr_images, sizeof(*ret->images));
	ret->cap_images = nr_images;
}

static void cell_deinit(struct pvp_results_cell *cell)
{
	free(cell->op);
	free(cell->symbol);
	free(cell->detail);
	free(cell->witness);
	free(cell->expected);
}

static void finding_deinit(struct pvp_results_finding *finding)
{
	free(finding->kind);
	free(finding->rule);
	free(finding->detail);
	free(finding->op);
	free(finding->symbol);
	free(finding->expected);
}

static void platform_deinit(struct pvp_results_platform *platform)
{
	free(platform->name);
	free(platform->description);
	for (size_t i = 0; i < platform->nr_overrides; i++)
		free(platform->overrides[i]);
	free(platform->overrides);
	for (size_t i = 0; i < platform->nr_cells; i++)
		cell_deinit(&platform->cells[i]);
	free(platform->cells);
	for (size_t i = 0; i < platform->nr_findings; i++)
		finding_deinit(&platform->findings[i]);
	free(platform->findings);
	pvp_results_branches_deinit(&platform->branches);
	for (size_t i = 0; i < platform->nr_transfer_ops; i++)
		free(platform->transfer_ops[i]);
	free(platform->transfer_ops);
}

static void image_deinit(struct pvp_results_image *image)
{
	free(image->name);
	free(image->sha256);
	free(image->elf_sha256);
	free(image->arch);
	free(image->generation);
	free(image->container);
	free(image->symbols);
	for (size_t i = 0; i < image->nr_platforms; i++)
		platform_deinit(&image->platforms[i]);
	free(image->platforms);
}

static void expectation_deinit(struct pvp_results_expectation *e)
{
	free(e->op);
	free(e->site);
	free(e->platform);
	free(e->verdict);
	free(e->reason);
	free(e->finding);
	free(e->rule);
	free(e->why);
}

void pvp_results_deinit(struct pvp_results *results)
{
	if (!results)
		return;
	free(results->engine);
	for (size_t i = 0; i < results->nr_images; i++)
		image_deinit(&results->images[i]);
	free(results->images);
	for (size_t i = 0; i < results->nr_expectations; i++)
		expectation_deinit(&results->expectations[i]);
	free(results->expectations);
	memset(results, 0, sizeof(*results));
}

struct pvp_results_image *pvp_results_add_image(struct pvp_results *results,
						const struct pvp_image *image,
						const struct pvp_tables *tables,
						const struct pvp_sites *sites,
						const struct pvp_entry_sites *entry,
						const struct pvp_transfer_sites *transfers)
{
	struct pvp_results_image *ret = &results->images[results->nr_images];

	assert(results->nr_images < results->cap_images);
	*ret = (struct pvp_results_image){
		.name = pvp_text_clean(image->name),
		.sha256 = pvp_strdup(pvp_image_sha256(image)),
		.elf_sha256 = pvp_strdup(pvp_image_elf_sha256(image)),
		.arch = pvp_strdup(pvp_arch_name(image->arch)),
		.generation = pvp_strdup(tables->generation ? tables->generation : "unknown"),
		.container = pvp_strdup(image->container),
		.symbols = pvp_strdup(image->symbol_source),
		.index = results->nr_images++,
		.of = results->cap_images,
	};
	for (size_t i = 0; i < sites->nr; i++)
		ret->sites[sites->v[i].kind]++;
	for (size_t i = 0; entry && i < entry->sites.nr; i++)
		ret->sites[entry->sites.v[i].kind]++;
	for (size_t i = 0; transfers && i < transfers->sites.nr; i++)
		ret->sites[transfers->sites.v[i].kind]++;
	return ret;
}

static const char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_override(struct pvp_results_platform *platform, size_t *cap, const char *option,
			 const char *value)
{
	char *text = pvp_asprintf("--%s=%s", option, value);

	*pvp_push(&platform->overrides, &platform->nr_overrides, cap) = pvp_text_clean(text);
	free(text);
}

static void add_overrides(struct pvp_results_platform *platform, const struct pvp_overrides *o)
{
	const struct {
		const char *option;
		const char *const *values;
	} lists[] = {
		{"feature", o->features},
		{"pvop", o->pv_ops},
		{"static-call", o->static_calls},
		{"static-key", o->static_keys},
	};
	size_t cap = 0;
	char cpus[16];

	if (o->caps_file)
		add_override(platform, &cap, "caps", basename_of(o->caps_file));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t k = 0; lists[i].values && lists[i].values[k]; k++)
			add_override(platform, &cap, lists[i].option, lists[i].values[k]);
	if (o->return_thunk)
		add_override(platform, &cap, "return-thunk", o->return_thunk);
	if (o->cpu_model)
		add_override(platform, &cap, "cpu-model", o->cpu_model);
	if (o->cpus) {
		snprintf(cpus, sizeof(cpus), "%u", o->cpus);
		add_override(platform, &cap, "cpus", cpus);
	}
}

static char *describe(const struct pvp_image *image, uint64_t addr)
{
	char buf[MAX_DESCRIPTION];

	return pvp_text_clean(pvp_image_describe(image, addr, buf, sizeof(buf)));
}

char *pvp_results_witness_name(const struct pvp_results_image *image, const char *platform,
			       uint64_t addr)
{
	char *name;

	if (image->of > 1)
		name = pvp_asprintf("%zu-%s-%016" PRIx64 ".json", image->index + 1, platform, addr);
	else
		name = pvp_asprintf("%s-%016" PRIx64 ".json", platform, addr);
	/* A platform's name is a user's file name; this is one component of a path. */
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-+", *c))
			*c = '_';
	return name;
}

static void fill_cell(struct pvp_results_cell *ret, const struct pvp_results_image *image,
		      const struct pvp_check_input *input, enum pvp_change change,
		      const struct pvp_cell *cell)
{
	assert(cell->verdict != PVP_EQUIVALENT || cell->evidence != PVP_EVIDENCE_NONE);
	*ret = (struct pvp_results_cell){
		.addr = cell->site->addr,
		.len = cell->site->len,
		.kind = cell->site->kind,
		.op = pvp_text_clean(cell->site->op),
		.ordinal = cell->site->ordinal,
		.symbol = describe(input->image, cell->site->addr),
		.verdict = cell->verdict,
		.evidence = cell->evidence,
		.reason = cell->reason,
		.form = cell->form,
		.change = change,
		.states = cell->states,
		.wild = cell->wild,
		.steered = cell->steered,
		.entry = cell->entry,
		.end = cell->end,
		.faulted = cell->faulted,
		.bugs = cell->bugs,
		.stray = cell->stray,
		.detail = pvp_text_clean(cell->detail),
	};
	if (cell->witness)
		ret->witness = pvp_results_witness_name(image, input->platform->name, ret->addr);
}

/* What stands in entry code has no class: it is no call of an operation. */
static enum pvp_change change_of(const struct pvp_cell *cell)
{
	return cell->form == PVP_FORM_UNPATCHED ? PVP_CHANGE_UNPATCHED : PVP_CHANGE_OTHER;
}

static int by_addr(const void *a, const void *b)
{
	const struct pvp_results_cell *l = a, *r = b;

	return l->addr < r->addr ? -1 : l->addr > r->addr;
}

/*
 * Cells of one op and form that differ in the same way have one cause, as far as can be told.
 * Groups are numbered by their first cell.
 */
static void group_cells(struct pvp_results_cell *cells, size_t nr)
{
	struct group {
		const struct pvp_results_cell *first;
		char *kind;
	} *groups = NULL;
	size_t nr_groups = 0, cap_groups = 0;

	for (size_t i = 0; i < nr; i++) {
		struct pvp_results_cell *cell = &cells[i];
		size_t k = 0;
		char *kind;

		if (cell->verdict != PVP_DIVERGENT)
			continue;
		kind = pvp_difference_kind(cell->detail ? cell->detail : "");
		while (k < nr_groups &&
		       (strcmp(groups[k].first->op, cell->op) ||
			groups[k].first->form != cell->form || strcmp(groups[k].kind, kind)))
			k++;
		if (k == nr_groups)
			*pvp_push(&groups, &nr_groups, &cap_groups) =
				(struct group){cell, pvp_strdup(kind)};
		cell->group = k + 1;
		free(kind);
	}
	for (size_t i = 0; i < nr_groups; i++)
		free(groups[i].kind);
	free(groups);
}

static void add_transfers(struct pvp_results_platform *ret, const struct pvp_check_input *input,
			 const struct pvp_check_result *result)
{
	bool skipped = false;

	for (unsigned i = 0; i < PVP_NR_TRANSFER_KINDS; i++) {
		ret->transfers[i].tally = result->transfers[i];
		skipped |= result->transfers[i].verdicts[PVP_SKIPPED] != 0;
	}
	if (!skipped)
		return;
	ret->nr_transfer_ops = input->transfers->nr_ops;
	ret->transfer_ops = pvp_calloc(ret->nr_transfer_ops, sizeof(*ret->transfer_ops));
	for (size_t i = 0; i < ret->nr_transfer_ops; i++)
		ret->transfer_ops[i] = pvp_text_clean(input->transfers->ops[i]);
}

void pvp_results_add_platform(struct pvp_results_image *image, const struct pvp_check_input *input,
			      const struct pvp_overrides *overrides, const enum pvp_change *changes,
			      const struct pvp_check_result *result)
{
	const struct pvp_platform *platform = input->platform;
	struct pvp_results_platform *ret;

	ret = pvp_push(&image->platforms, &image->nr_platforms, &image->cap_platforms);
	ret->name = pvp_text_clean(platform->name);
	ret->description = pvp_text_clean(platform->description ? platform->description : "");
	ret->ring = platform->ring;
	ret->cpus = platform->cpus;
	memcpy(ret->caps, platform->caps, sizeof(ret->caps));
	add_overrides(ret, overrides);
	ret->cases = result->cases;
	ret->stray = result->stray;
	ret->nr_cells = result->nr_cells + result->nr_entry_cells + result->nr_transfer_cells;
	ret->cells = pvp_calloc(ret->nr_cells, sizeof(*ret->cells));
	for (size_t i = 0; i < result->nr_cells; i++)
		fill_cell(&ret->cells[i], image, input, changes[i], &result->cells[i]);
	for (size_t i = 0; i < result->nr_entry_cells; i++)
		fill_cell(&ret->cells[result->nr_cells + i], image, input,
			  change_of(&result->entry_cells[i]), &result->entry_cells[i]);
	for (size_t i = 0; i < result->nr_transfer_cells; i++)
		fill_cell(&ret->cells[result->nr_cells + result->nr_entry_cells + i], image, input,
			  change_of(&result->transfer_cells[i]), &result->transfer_cells[i]);
	add_transfers(ret, input, result);
	if (result->nr_entry_cells || result->nr_transfer_cells)
		qsort(ret->cells, ret->nr_cells, sizeof(*ret->cells), by_addr);
	group_cells(ret->cells, ret->nr_cells);
	pvp_results_branches_fill(input->image, result, &ret->branches);
	ret->nr_findings = result->nr_findings;
	ret->findings = pvp_calloc(ret->nr_findings, sizeof(*ret->findings));
	for (size_t i = 0; i < ret->nr_findings; i++) {
		const struct pvp_finding *from = &result->findings[i];
		struct pvp_results_finding *to = &ret->findings[i];

		to->kind = pvp_text_clean(from->kind);
		to->rule = pvp_text_clean(from->rule);
		to->detail = pvp_text_clean(from->detail);
		to->error = from->error;
		to->op = from->site ? pvp_text_clean(from->site->op) : NULL;
		if (from->addr) {
			to->has_addr = true;
			to->addr = from->addr;
			to->symbol = describe(input->image, from->addr);
		}
	}
}

bool pvp_results_finding_alike(const struct pvp_results_finding *a,
			       const struct pvp_results_finding *b)
{
	return a->failed == b->failed && !a->expected == !b->expected && a->error == b->error &&
	       !strcmp(a->kind, b->kind) && !strcmp(a->rule, b->rule);
}

void pvp_results_count(struct pvp_results_counts *counts, const struct pvp_results_cell *cell)
{
	counts->sites++;
	counts->verdicts[cell->verdict]++;
	counts->failed += cell->failed;
	counts->expected += cell->expected != NULL;
	if (cell->verdict == PVP_SKIPPED)
		return;
	counts->forms[cell->form]++;
	counts->changes[cell->change]++;
	counts->entry += cell->entry;
	counts->end += cell->end;
	if (cell->verdict == PVP_INCONCLUSIVE)
		counts->reasons[cell->reason]++;
	if (cell->verdict != PVP_EQUIVALENT)
		return;
	counts->evidence[cell->evidence]++;
	if (cell->evidence == PVP_EVIDENCE_EXECUTED &&
	    (!counts->min_end || cell->end < counts->min_end))
		counts->min_end = cell->end;
}

static bool verdict_fails(enum pvp_verdict verdict, unsigned fail_on)
{
	switch (verdict) {
	case PVP_DIVERGENT:
		return fail_on & PVP_FAIL_ON(PVP_FAILURE_DIVERGENT);
	case PVP_INCONCLUSIVE:
		return fail_on & PVP_FAIL_ON(PVP_FAILURE_INCONCLUSIVE);
	case PVP_EQUIVALENT:
	case PVP_SKIPPED:
		break;
	}
	return false;
}

static void judge_transfer(struct pvp_results_transfers *transfers, const struct pvp_results_cell *cell)
{
	transfers->failed += cell->failed;
	transfers->expected += cell->expected != NULL;
	if (cell->verdict == PVP_INCONCLUSIVE)
		transfers->reasons[cell->reason]++;
}

/* Starts anew, but for what the checker counted; all kinds are added to *all. */
static void begin_transfers(struct pvp_results_platform *platform, struct pvp_results_transfers *all)
{
	platform->failed_transfers = 0;
	for (unsigned i = 0; i < PVP_NR_TRANSFER_KINDS; i++) {
		const struct pvp_transfer_tally tally = platform->transfers[i].tally;

		platform->transfers[i] = (struct pvp_results_transfers){.tally = tally};
		all->tally.sites += tally.sites;
		all->tally.in_full += tally.in_full;
		all->tally.of_class += tally.of_class;
		all->tally.replaced += tally.replaced;
		all->tally.classes += tally.classes;
		for (unsigned k = 0; k < PVP_NR_VERDICTS; k++)
			all->tally.verdicts[k] += tally.verdicts[k];
	}
}

static void judge_platform(struct pvp_results *results, struct pvp_results_platform *platform)
{
	unsigned fail_on = results->fail_on;

	memset(&platform->counts, 0, sizeof(platform->counts));
	memset(platform->kinds, 0, sizeof(platform->kinds));
	platform->failed_findings = 0;
	begin_transfers(platform, &results->transfers);
	for (size_t i = 0; i < platform->nr_cells; i++) {
		struct pvp_results_cell *cell = &platform->cells[i];

		cell->failed = !cell->expected && verdict_fails(cell->verdict, fail_on);
		if (pvp_site_kind_is_transfer(cell->kind)) {
			judge_transfer(&platform->transfers[cell->kind - PVP_SITE_RETURN], cell);
			judge_transfer(&results->transfers, cell);
			platform->failed_transfers += cell->failed;
			continue;
		}
		pvp_results_count(&platform->counts, cell);
		pvp_results_count(&platform->kinds[cell->kind], cell);
		pvp_results_count(&results->counts, cell);
	}
	for (size_t i = 0; i < platform->nr_findings; i++) {
		struct pvp_results_finding *finding = &platform->findings[i];

		finding->failed = finding->error && !finding->expected &&
				  (fail_on & PVP_FAIL_ON(PVP_FAILURE_FINDING));
		platform->failed_findings += finding->failed;
	}
	results->failed_findings += platform->failed_findings;
}

void pvp_results_judge(struct pvp_results *results, unsigned fail_on)
{
	results->fail_on = fail_on;
	memset(&results->counts, 0, sizeof(results->counts));
	memset(&results->transfers, 0, sizeof(results->transfers));
	results->failed_findings = 0;
	results->unused_expectations = 0;
	for (size_t i = 0; i < results->nr_images; i++)
		for (size_t k = 0; k < results->images[i].nr_platforms; k++)
			judge_platform(results, &results->images[i].platforms[k]);
	for (size_t i = 0; i < results->nr_expectations; i++)
		results->unused_expectations += results->expectations[i].unused;
	results->failed =
		results->counts.failed || results->transfers.failed || results->failed_findings ||
		(results->unused_expectations && (fail_on & PVP_FAIL_ON(PVP_FAILURE_FINDING)));
}
