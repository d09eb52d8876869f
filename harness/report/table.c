// SPDX-License-Identifier: GPL-2.0-only
#include "table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define MAX_FAILURES 20 /* groups of cells shown per platform; results.json has all */
#define MAX_EXAMPLES 5	/* cells shown per group, findings per rule */
#define NAME_WIDTH   18 /* of a platform or a kind */
#define OP_WIDTH     30

enum colour { PLAIN, GOOD, BAD, DOUBTFUL };

static const char *const escapes[] = {
	[PLAIN] = "",
	[GOOD] = "\033[32m",
	[BAD] = "\033[1;31m",
	[DOUBTFUL] = "\033[33m",
};

struct table {
	const struct pvp_results *results;
	const struct pvp_table_options *options;
	FILE *out;
};

static void put(const struct table *t, enum colour colour, const char *fmt, ...) PVP_PRINTF(3, 4);
static void put(const struct table *t, enum colour colour, const char *fmt, ...)
{
	bool coloured = colour != PLAIN && t->options->colour;
	va_list ap;

	if (coloured)
		fputs(escapes[colour], t->out);
	va_start(ap, fmt);
	vfprintf(t->out, fmt, ap);
	va_end(ap);
	if (coloured)
		fputs("\033[0m", t->out);
}

/* A count in its column; one that is not zero gets the column's colour. */
struct column {
	const char *head;
	enum colour colour;
};

static void put_head(const struct table *t, int width, const char *first,
		     const struct column *columns, size_t nr)
{
	put(t, PLAIN, "%-*s", width, first);
	for (size_t i = 0; i < nr; i++)
		put(t, PLAIN, "  %s", columns[i].head);
	put(t, PLAIN, "\n");
}

static void put_row(const struct table *t, int width, const char *first,
		    const struct column *columns, const uint64_t *values, size_t nr)
{
	put(t, PLAIN, "%-*s", width, first);
	for (size_t i = 0; i < nr; i++)
		put(t, values[i] ? columns[i].colour : PLAIN, "  %*" PRIu64,
		    (int)strlen(columns[i].head), values[i]);
	put(t, PLAIN, "\n");
}

// clang-format off
/* Columns of the verdict tables: value of a struct pvp_results_counts, heading, colour. */
#define VERDICT_COLUMNS(X)                                                                         \
	X(sites,                            " sites",       PLAIN)                                 \
	X(evidence[PVP_EVIDENCE_EXECUTED],  "executed",     PLAIN)                                 \
	X(evidence[PVP_EVIDENCE_CONGRUENT], "congruent",    PLAIN)                                 \
	X(evidence[PVP_EVIDENCE_NULL_OP],   "null-op",      PLAIN)                                 \
	X(verdicts[PVP_DIVERGENT],          "DIVERGENT",    BAD)                                   \
	X(verdicts[PVP_INCONCLUSIVE],       "INCONCLUSIVE", DOUBTFUL)                              \
	X(verdicts[PVP_SKIPPED],            "SKIPPED",      PLAIN)
// clang-format on

static const struct column verdict_columns[] = {
#define X(field, head, colour) {head, colour},
	VERDICT_COLUMNS(X)
#undef X
		{"expected", PLAIN},
	{"min states", PLAIN},
};

static const struct column op_columns[] = {
#define X(field, head, colour) {head, colour},
	VERDICT_COLUMNS(X)
#undef X
		{"entry states", PLAIN},
	{"end states", PLAIN},
};

static void put_verdicts(const struct table *t, const char *name,
			 const struct pvp_results_counts *counts)
{
	const uint64_t values[] = {
#define X(field, head, colour) counts->field,
		VERDICT_COLUMNS(X)
#undef X
			counts->expected,
		counts->min_end,
	};

	put_row(t, NAME_WIDTH, name, verdict_columns, values, ARRAY_SIZE(values));
}

static void put_op(const struct table *t, const char *name, const struct pvp_results_counts *counts)
{
	const uint64_t values[] = {
#define X(field, head, colour) counts->field,
		VERDICT_COLUMNS(X)
#undef X
			counts->entry,
		counts->end,
	};

	put_row(t, OP_WIDTH, name, op_columns, values, ARRAY_SIZE(values));
}

static void put_image(const struct table *t, const struct pvp_results_image *image)
{
	const char *separator = "; ";

	put(t, PLAIN, "%s: %s, %s tables, %s, symbols from %s", image->name, image->arch,
	    image->generation, image->container, image->symbols);
	for (unsigned i = 0; i < PVP_NR_SITE_KINDS; i++) {
		if (!image->sites[i] || pvp_site_kind_is_transfer(i))
			continue;
		put(t, PLAIN, "%s%zu %s sites", separator, image->sites[i], pvp_site_kind_name(i));
		separator = ", ";
	}
	put(t, PLAIN, "\nsha256 %s\n%u counted start states a site, seed %#" PRIx64 "\n\n", image->sha256,
	    t->results->states, t->results->seed);
}

static void put_platforms(const struct table *t, const struct pvp_results_image *image)
{
	char name[NAME_WIDTH + 1];

	put_head(t, NAME_WIDTH, "platform", verdict_columns, ARRAY_SIZE(verdict_columns));
	for (size_t i = 0; i < image->nr_platforms; i++) {
		const struct pvp_results_platform *platform = &image->platforms[i];
		unsigned kinds = 0;

		put_verdicts(t, platform->name, &platform->counts);
		for (unsigned k = 0; k < PVP_NR_SITE_KINDS; k++)
			kinds += platform->kinds[k].sites != 0;
		for (unsigned k = 0; kinds > 1 && k < PVP_NR_SITE_KINDS; k++) {
			if (!platform->kinds[k].sites)
				continue;
			snprintf(name, sizeof(name), "  %s", pvp_site_kind_name(k));
			put_verdicts(t, name, &platform->kinds[k]);
		}
	}
	put(t, PLAIN, "\n");
}

// clang-format off
/* Columns of the table of transfers: value of a struct pvp_results_transfers, heading, colour. */
#define TRANSFER_COLUMNS(X)                                                                          \
	X(tally.sites,                      " sites",       PLAIN)                                 \
	X(tally.in_full,                    "run",          PLAIN)                                 \
	X(tally.of_class,                   "by class",     PLAIN)                                 \
	X(tally.classes,                    "classes",      PLAIN)                                 \
	X(tally.replaced,                   "replaced",     PLAIN)                                 \
	X(tally.verdicts[PVP_DIVERGENT],    "DIVERGENT",    BAD)                                   \
	X(tally.verdicts[PVP_INCONCLUSIVE], "INCONCLUSIVE", DOUBTFUL)                              \
	X(tally.verdicts[PVP_SKIPPED],      "SKIPPED",      PLAIN)                                 \
	X(expected,                         "expected",     PLAIN)
// clang-format on

/* Transfers of control of the kernel's own: they are no pv sites, and counted apart. */
static void put_transfers(const struct table *t, const struct pvp_results_image *image)
{
	static const struct column columns[] = {
#define X(field, head, colour) {head, colour},
		TRANSFER_COLUMNS(X)
#undef X
	};
	bool any = false;

	for (size_t i = 0; i < image->nr_platforms; i++) {
		const struct pvp_results_platform *platform = &image->platforms[i];
		bool named = false;

		for (unsigned k = 0; k < PVP_NR_TRANSFER_KINDS; k++) {
			const struct pvp_results_transfers *b = &platform->transfers[k];
			const uint64_t values[] = {
#define X(field, head, colour) b->field,
				TRANSFER_COLUMNS(X)
#undef X
			};
			char name[NAME_WIDTH + 1];

			if (!b->tally.sites)
				continue;
			if (!any)
				put_head(t, NAME_WIDTH, "transfers", columns, ARRAY_SIZE(columns));
			if (!named)
				put(t, PLAIN, "%s\n", platform->name);
			any = named = true;
			snprintf(name, sizeof(name), "  %s", pvp_site_kind_name(PVP_SITE_RETURN + k));
			put_row(t, NAME_WIDTH, name, columns, values, ARRAY_SIZE(values));
		}
	}
	if (any)
		put(t, PLAIN, "\n");
}

/* Whether a class stands in the table where no site has it. */
static bool is_usual(enum pvp_change change)
{
	return change != PVP_CHANGE_JMP_RET && change != PVP_CHANGE_OTHER;
}

static bool occurs(const struct pvp_results_image *image, enum pvp_change change)
{
	for (size_t i = 0; i < image->nr_platforms; i++)
		if (image->platforms[i].counts.changes[change])
			return true;
	return false;
}

/* The classes of the changes, and what it cost to judge them. */
static void put_changes(const struct table *t, const struct pvp_results_image *image)
{
	struct column columns[PVP_NR_CHANGES + 2];
	enum pvp_change changes[PVP_NR_CHANGES];
	uint64_t values[ARRAY_SIZE(columns)];
	unsigned nr = 0;

	for (unsigned i = 0; i < PVP_NR_CHANGES; i++) {
		if (!is_usual(i) && !occurs(image, i))
			continue;
		columns[nr] = (struct column){pvp_change_name(i), PLAIN};
		changes[nr++] = i;
	}
	columns[nr] = (struct column){"   cases", PLAIN};
	columns[nr + 1] = (struct column){"stray pages", PLAIN};
	put_head(t, NAME_WIDTH, "change", columns, nr + 2);
	for (size_t i = 0; i < image->nr_platforms; i++) {
		const struct pvp_results_platform *platform = &image->platforms[i];

		for (unsigned k = 0; k < nr; k++)
			values[k] = platform->counts.changes[changes[k]];
		values[nr] = platform->cases;
		values[nr + 1] = platform->stray;
		put_row(t, NAME_WIDTH, platform->name, columns, values, nr + 2);
	}
	put(t, PLAIN, "\n");
}

static void put_reasons(const struct table *t, const struct pvp_results_image *image)
{
	static const char *const whats[] = {
#define X(id, name, what) what,
		PVP_REASONS(X)
#undef X
	};
	bool any = false;

	for (size_t i = 0; i < image->nr_platforms; i++) {
		const struct pvp_results_platform *platform = &image->platforms[i];

		for (unsigned k = 0; k < PVP_NR_REASONS; k++) {
			size_t nr = platform->counts.reasons[k];

			for (unsigned b = 0; b < PVP_NR_TRANSFER_KINDS; b++)
				nr += platform->transfers[b].reasons[k];
			if (!nr)
				continue;
			if (!any)
				put(t, PLAIN, "%-*s  %6s  reason\n", NAME_WIDTH, "inconclusive",
				    "sites");
			any = true;
			put(t, PLAIN, "%-*s  %6zu  %s: %s\n", NAME_WIDTH, platform->name, nr,
			    pvp_reason_name(k), whats[k]);
		}
	}
	if (any)
		put(t, PLAIN, "\n");
}

static int compare_ops(const void *a, const void *b)
{
	const struct pvp_results_cell *const *x = a, *const *y = b;

	return strcmp((*x)->op, (*y)->op);
}

static void put_ops(const struct table *t, const struct pvp_results_platform *platform)
{
	const struct pvp_results_cell **by_op = pvp_calloc(platform->nr_cells, sizeof(*by_op));
	size_t i = 0, k, nr = 0;

	for (k = 0; k < platform->nr_cells; k++)
		if (!pvp_site_kind_is_transfer(platform->cells[k].kind))
			by_op[nr++] = &platform->cells[k];
	qsort(by_op, nr, sizeof(*by_op), compare_ops);
	put(t, PLAIN, "%s, by op\n", platform->name);
	put_head(t, OP_WIDTH, "op", op_columns, ARRAY_SIZE(op_columns));
	while (i < nr) {
		struct pvp_results_counts counts = {0};

		for (k = i; k < nr && !strcmp(by_op[k]->op, by_op[i]->op); k++)
			pvp_results_count(&counts, by_op[k]);
		if (counts.verdicts[PVP_SKIPPED] < counts.sites)
			put_op(t, by_op[i]->op, &counts);
		i = k;
	}
	put(t, PLAIN, "\n");
	free(by_op);
}

static void put_failed_cell(const struct table *t, const struct pvp_results_platform *platform,
			    const struct pvp_results_cell *cell)
{
	put(t, cell->verdict == PVP_DIVERGENT ? BAD : DOUBTFUL, "%s",
	    pvp_verdict_name(cell->verdict));
	put(t, PLAIN, "  %s  %#" PRIx64 "  %s#%" PRIu32 "  %s\n", platform->name, cell->addr,
	    cell->op, cell->ordinal, cell->symbol);
	if (cell->verdict == PVP_INCONCLUSIVE)
		put(t, PLAIN, "    %s%s%s\n", pvp_reason_name(cell->reason),
		    cell->detail ? ": " : "", cell->detail ? cell->detail : "");
	else if (cell->detail)
		put(t, PLAIN, "    %s\n", cell->detail);
	if (cell->witness)
		put(t, PLAIN, "    %s replay %s/witnesses/%s\n", t->options->program,
		    t->options->dir, cell->witness);
}

static bool is_alike(const struct pvp_results_cell *a, const struct pvp_results_cell *b)
{
	return a == b || (a->group && a->group == b->group && a->failed == b->failed);
}

/* A failed cell, and those of its group under it.  How many that are. */
static size_t put_group(const struct table *t, const struct pvp_results_platform *platform,
			const struct pvp_results_cell *first)
{
	const struct pvp_results_cell *end = platform->cells + platform->nr_cells;
	size_t nr = 0, shown = 0;

	for (const struct pvp_results_cell *cell = first; cell < end; cell++)
		nr += is_alike(first, cell);
	put_failed_cell(t, platform, first);
	if (nr > 1)
		put(t, PLAIN, "    %zu of them, which differ in the same way\n", nr);
	for (const struct pvp_results_cell *cell = first + 1;
	     cell < end && shown < MAX_EXAMPLES - 1; cell++) {
		if (!is_alike(first, cell))
			continue;
		put(t, PLAIN, "    %#" PRIx64 "  %s#%" PRIu32 "  %s\n", cell->addr, cell->op,
		    cell->ordinal, cell->symbol);
		shown++;
	}
	return nr;
}

static void put_failures(const struct table *t, const struct pvp_results_platform *platform)
{
	size_t groups = 0, shown = 0;

	for (size_t i = 0; i < platform->nr_cells && groups < MAX_FAILURES; i++) {
		const struct pvp_results_cell *cell = &platform->cells[i];
		size_t before = 0;

		if (!cell->failed)
			continue;
		while (!is_alike(&platform->cells[before], cell))
			before++;
		if (before < i)
			continue;
		shown += put_group(t, platform, cell);
		groups++;
	}
	if (platform->counts.failed + platform->failed_transfers > shown)
		put(t, PLAIN, ".. and %zu more on %s: %s/results.json\n",
		    platform->counts.failed + platform->failed_transfers - shown, platform->name,
		    t->options->dir);
}

/* The findings like findings[first], under a line that says what they have in common. */
static void put_finding(const struct table *t, const struct pvp_results_platform *platform,
			size_t first)
{
	const struct pvp_results_finding *head = &platform->findings[first];
	size_t nr = 0;

	for (size_t i = first; i < platform->nr_findings; i++)
		nr += pvp_results_finding_alike(head, &platform->findings[i]);
	put(t, head->failed ? BAD : PLAIN, "%s", head->failed ? "FINDING" : "note");
	put(t, PLAIN, "  %s  %s: %s\n", platform->name, head->kind, head->rule);
	if (nr > 1)
		put(t, PLAIN, "    %zu of them\n", nr);
	nr = 0;
	for (size_t i = first; i < platform->nr_findings && nr < MAX_EXAMPLES; i++) {
		const struct pvp_results_finding *f = &platform->findings[i];

		if (!pvp_results_finding_alike(head, f) || (!f->has_addr && !f->detail))
			continue;
		put(t, PLAIN, "    ");
		if (f->has_addr)
			put(t, PLAIN, "%#" PRIx64 "  %s%s%s", f->addr, f->symbol, f->op ? "  " : "",
			    f->op ? f->op : "");
		put(t, PLAIN, "%s%s\n", f->has_addr && f->detail ? "  " : "",
		    f->detail ? f->detail : "");
		nr++;
	}
}

/* Rule by rule: those that fail, then notes. */
static bool put_findings(const struct table *t, const struct pvp_results_platform *platform)
{
	bool any = false;

	for (unsigned failed = 2; failed--;)
		for (size_t i = 0; i < platform->nr_findings; i++) {
			const struct pvp_results_finding *f = &platform->findings[i];
			size_t before = 0;

			if (f->failed != failed || f->expected || (!failed && f->error))
				continue;
			while (before < i &&
			       !pvp_results_finding_alike(f, &platform->findings[before]))
				before++;
			if (before < i)
				continue;
			put_finding(t, platform, i);
			any = true;
		}
	return any;
}

static void put_expectations(const struct table *t)
{
	for (size_t i = 0; i < t->results->nr_expectations; i++) {
		const struct pvp_results_expectation *e = &t->results->expectations[i];
		const char *what = e->verdict ? e->verdict : e->reason ? e->reason : e->finding;

		if (e->unused)
			put(t, BAD, "EXPECTATION");
		else
			put(t, PLAIN, "expectation");
		put(t, PLAIN, "  line %u: %s%s%s on %s, %s: ", e->line, e->op ? e->op : "",
		    e->op && e->site ? " at " : "", e->site ? e->site : "",
		    e->platform ? e->platform : "any platform", what);
		if (e->unused)
			put(t, PLAIN, "matches nothing\n");
		else if (!e->matched)
			put(t, PLAIN, "not judged: what it names was not run\n");
		else if (e->expired)
			put(t, PLAIN, "expired, excuses nothing; %zu match\n", e->matched);
		else
			put(t, PLAIN, "%zu excused: %s\n", e->excused, e->why);
	}
	if (t->results->nr_expectations)
		put(t, PLAIN, "\n");
}

/* Findings that fail nothing by themselves. */
static size_t count_notes(const struct pvp_results *results)
{
	size_t notes = 0;

	for (size_t i = 0; i < results->nr_images; i++)
		for (size_t k = 0; k < results->images[i].nr_platforms; k++) {
			const struct pvp_results_platform *p = &results->images[i].platforms[k];

			for (size_t n = 0; n < p->nr_findings; n++)
				notes += !p->findings[n].error;
		}
	return notes;
}

static void put_transfer_summary(const struct table *t)
{
	const struct pvp_transfer_tally *tally = &t->results->transfers.tally;

	if (!tally->sites)
		return;
	put(t, PLAIN, "; %zu transfers: ", tally->sites);
	for (unsigned i = 0; i < PVP_NR_VERDICTS; i++)
		put(t, PLAIN, "%s%zu %s", i ? ", " : "", tally->verdicts[i], pvp_verdict_name(i));
	if (tally->replaced)
		put(t, PLAIN, ", %zu replaced", tally->replaced);
}

static void put_summary(const struct table *t)
{
	const struct pvp_results_counts *counts = &t->results->counts;
	size_t notes = count_notes(t->results);

	put(t, PLAIN, "%zu cells: ", counts->sites);
	for (unsigned i = 0; i < PVP_NR_VERDICTS; i++)
		put(t, PLAIN, "%s%zu %s", i ? ", " : "", counts->verdicts[i], pvp_verdict_name(i));
	put_transfer_summary(t);
	put(t, PLAIN, "; %zu finding%s", t->results->failed_findings,
	    t->results->failed_findings == 1 ? "" : "s");
	if (notes)
		put(t, PLAIN, ", %zu note%s", notes, notes == 1 ? "" : "s");
	put(t, PLAIN, "; ");
	if (t->results->failed)
		put(t, BAD, "FAILED");
	else
		put(t, GOOD, "nothing failed");
	put(t, PLAIN, "\nreport: %s/results.json\n", t->options->dir);
}

void pvp_table_print(const struct pvp_results *results, const struct pvp_table_options *options,
		     FILE *out)
{
	const struct table t = {results, options, out};

	for (size_t i = 0; i < results->nr_images; i++) {
		const struct pvp_results_image *image = &results->images[i];

		put_image(&t, image);
		put_platforms(&t, image);
		put_transfers(&t, image);
		put_changes(&t, image);
		pvp_table_branches(image, options->branches, out);
		put_reasons(&t, image);
		for (size_t k = 0; options->by_op && k < image->nr_platforms; k++)
			put_ops(&t, &image->platforms[k]);
		for (size_t k = 0; k < image->nr_platforms; k++) {
			const struct pvp_results_platform *platform = &image->platforms[k];

			put_failures(&t, platform);
			if (put_findings(&t, platform) || platform->counts.failed ||
			    platform->failed_transfers)
				put(&t, PLAIN, "\n");
		}
	}
	put_expectations(&t);
	put_summary(&t);
}
