// SPDX-License-Identifier: GPL-2.0-only
#include "ktap.h"

#include <inttypes.h>
#include <stdlib.h>

#include "alloc.h"

/* A description ends at '#': what follows is a directive. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '#' ? '_' : *text, out);
}

/* The first at the cell's site. */
static const struct pvp_results_finding *failed_finding(const struct pvp_results_platform *platform,
							const struct pvp_results_cell *cell)
{
	for (size_t i = 0; i < platform->nr_findings; i++)
		if (platform->findings[i].failed && platform->findings[i].op &&
		    platform->findings[i].addr - cell->addr < cell->len)
			return &platform->findings[i];
	return NULL;
}

/* Findings at no pv site make a test a rule: whether findings[i] is the first of its rule. */
static bool is_test(const struct pvp_results_platform *platform, size_t i)
{
	const struct pvp_results_finding *f = &platform->findings[i];

	if (!f->failed || f->op)
		return false;
	for (size_t k = 0; k < i; k++)
		if (!platform->findings[k].op &&
		    pvp_results_finding_alike(f, &platform->findings[k]))
			return false;
	return true;
}

static void put_finding(const struct pvp_results_finding *f, FILE *out)
{
	fprintf(out, "  # %s: %s%s%s\n", f->kind, f->rule, f->detail ? ": " : "",
		f->detail ? f->detail : "");
}

static void put_test(const struct pvp_results_platform *platform, size_t first, size_t number,
		     FILE *out)
{
	const struct pvp_results_finding *head = &platform->findings[first];
	size_t nr = 0;

	for (size_t i = first; i < platform->nr_findings; i++)
		nr += !platform->findings[i].op &&
		      pvp_results_finding_alike(head, &platform->findings[i]);
	fprintf(out, "  not ok %zu ", number);
	put_text(out, head->kind);
	fputc('\n', out);
	put_finding(head, out);
	if (head->has_addr)
		fprintf(out, "  # %zu, the first at %#" PRIx64 " %s\n", nr, head->addr,
			head->symbol);
}

static void put_cell(const struct pvp_results_platform *platform,
		     const struct pvp_results_cell *cell, size_t number, FILE *out)
{
	const struct pvp_results_finding *finding = failed_finding(platform, cell);

	fprintf(out, "  %s %zu ", cell->failed || finding ? "not ok" : "ok", number);
	put_text(out, cell->op);
	fprintf(out, " %#" PRIx64 " ", cell->addr);
	put_text(out, cell->symbol);
	if (cell->verdict == PVP_SKIPPED)
		fputs(" # SKIP not asked for", out);
	else if (cell->expected)
		fprintf(out, " # XFAIL %s", cell->expected);
	fputc('\n', out);
	if (cell->verdict == PVP_DIVERGENT || cell->verdict == PVP_INCONCLUSIVE) {
		fprintf(out, "  # %s", pvp_verdict_name(cell->verdict));
		if (cell->verdict == PVP_INCONCLUSIVE)
			fprintf(out, " (%s)", pvp_reason_name(cell->reason));
		fprintf(out, "%s%s\n", cell->detail ? ": " : "", cell->detail ? cell->detail : "");
	}
	if (finding)
		put_finding(finding, out);
}

/* A test a kind: the sites that have no cell.  Those that have are tests of their own. */
static void put_transfers(const struct pvp_results_platform *platform, unsigned kind, size_t number,
			 FILE *out)
{
	const struct pvp_results_transfers *transfers = &platform->transfers[kind];
	const struct pvp_transfer_tally *tally = &transfers->tally;

	fprintf(out, "  %s %zu all %s sites", transfers->failed ? "not ok" : "ok", number,
		pvp_site_kind_name(PVP_SITE_RETURN + kind));
	if (tally->verdicts[PVP_SKIPPED] == tally->sites)
		fputs(" # SKIP not asked for", out);
	fprintf(out, "\n  # %zu sites", tally->sites);
	for (unsigned i = 0; i < PVP_NR_VERDICTS; i++)
		if (tally->verdicts[i])
			fprintf(out, ", %zu %s", tally->verdicts[i], pvp_verdict_name(i));
	fputc('\n', out);
}

static void put_platform(const struct pvp_results *results, const struct pvp_results_image *image,
			 const struct pvp_results_platform *platform, size_t number, FILE *out)
{
	bool failed = platform->counts.failed || platform->failed_transfers ||
		      platform->failed_findings;
	size_t apart = 0, test = 0;
	char *name;

	for (size_t i = 0; i < platform->nr_findings; i++)
		apart += is_test(platform, i);
	for (unsigned i = 0; i < PVP_NR_TRANSFER_KINDS; i++)
		apart += platform->transfers[i].tally.sites != 0;
	name = results->nr_images > 1 ? pvp_asprintf("%s %s", image->name, platform->name)
				      : pvp_strdup(platform->name);
	fputs("  KTAP version 1\n  # Subtest: ", out);
	put_text(out, name);
	fprintf(out, "\n  1..%zu\n", platform->nr_cells + apart);
	for (size_t i = 0; i < platform->nr_cells; i++)
		put_cell(platform, &platform->cells[i], ++test, out);
	for (unsigned i = 0; i < PVP_NR_TRANSFER_KINDS; i++)
		if (platform->transfers[i].tally.sites)
			put_transfers(platform, i, ++test, out);
	for (size_t i = 0; i < platform->nr_findings; i++)
		if (is_test(platform, i))
			put_test(platform, i, ++test, out);
	fprintf(out, "%s %zu ", failed ? "not ok" : "ok", number);
	put_text(out, name);
	fputc('\n', out);
	free(name);
}

void pvp_ktap_print(const struct pvp_results *results, FILE *out)
{
	bool unused_fail = results->fail_on & PVP_FAIL_ON(PVP_FAILURE_FINDING);
	size_t tests = 0, number = 0;

	for (size_t i = 0; i < results->nr_images; i++)
		tests += results->images[i].nr_platforms;
	fprintf(out, "KTAP version 1\n1..%zu\n",
		tests + (unused_fail ? results->unused_expectations : 0));
	for (size_t i = 0; i < results->nr_images; i++) {
		const struct pvp_results_image *image = &results->images[i];

		for (size_t k = 0; k < image->nr_platforms; k++)
			put_platform(results, image, &image->platforms[k], ++number, out);
	}
	for (size_t i = 0; unused_fail && i < results->nr_expectations; i++) {
		const struct pvp_results_expectation *e = &results->expectations[i];

		if (e->unused)
			fprintf(out, "not ok %zu expectation on line %u matches nothing\n",
				++number, e->line);
	}
}
