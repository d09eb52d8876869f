// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
/*
 * What differs, as Markdown for a pull request: what is the same on several platforms, or at several
 * sites of an operation, has one row.
 */
#include "comparison.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"

/* Sites of one row that are named; the others are counted. */
#define MAX_NAMED 8

/* A row of a table: cells that are compared, and lists that are not. */
struct row {
	const char *what, *op; /* borrowed */
	char *subject;	       /* of an operation: its field; of a site: NULL */
	char *a, *b;
	bool *on; /* which platforms */
	const struct pvp_site_pair **sites;
	size_t nr_sites, cap_sites;
};

struct rows {
	struct row *v;
	size_t nr, cap;
	size_t nr_platforms;
};

static void rows_deinit(struct rows *rows)
{
	for (size_t i = 0; i < rows->nr; i++) {
		free(rows->v[i].subject);
		free(rows->v[i].a);
		free(rows->v[i].b);
		free(rows->v[i].on);
		free(rows->v[i].sites);
	}
	free(rows->v);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Takes the texts over. */
static struct row *add_row(struct rows *rows, const char *what, const char *op, char *subject,
			   char *a, char *b)
{
	struct row *row = pvp_push(&rows->v, &rows->nr, &rows->cap);

	*row = (struct row){ .what = what, .op = op, .subject = subject, .a = a, .b = b };
	row->on = pvp_calloc(rows->nr_platforms + 1, sizeof(*row->on));
	return row;
}

static void add_site(struct row *row, const struct pvp_site_pair *pair)
{
	*pvp_push(&row->sites, &row->nr_sites, &row->cap_sites) = pair;
}

/* Rows of the same cells become one where they are for the same sites; then of the same platforms. */
static bool same_cells(const struct row *a, const struct row *b)
{
	return !strcmp(a->what, b->what) && !strcmp(a->op, b->op) &&
	       same_text(a->subject, b->subject) && same_text(a->a, b->a) && same_text(a->b, b->b);
}

static bool same_sites(const struct row *a, const struct row *b)
{
	return a->nr_sites == b->nr_sites &&
	       (!a->nr_sites || !memcmp(a->sites, b->sites, a->nr_sites * sizeof(*a->sites)));
}

static void join(struct rows *rows, bool by_site)
{
	struct rows joined = { .nr_platforms = rows->nr_platforms };

	for (size_t i = 0; i < rows->nr; i++) {
		struct row *from = &rows->v[i], *to = NULL;

		for (size_t k = 0; k < joined.nr && !to; k++)
			if ((by_site ? same_sites(&joined.v[k], from) :
				       !memcmp(joined.v[k].on, from->on, rows->nr_platforms)) &&
			    same_cells(&joined.v[k], from))
				to = &joined.v[k];
		if (!to) {
			to = add_row(&joined, from->what, from->op,
				     from->subject ? pvp_strdup(from->subject) : NULL,
				     from->a ? pvp_strdup(from->a) : NULL,
				     from->b ? pvp_strdup(from->b) : NULL);
			for (size_t k = 0; k < from->nr_sites; k++)
				add_site(to, from->sites[k]);
		} else if (!by_site) {
			for (size_t k = 0; k < from->nr_sites; k++)
				add_site(to, from->sites[k]);
		}
		for (size_t k = 0; k < rows->nr_platforms; k++)
			to->on[k] |= from->on[k];
	}
	rows_deinit(rows);
	*rows = joined;
}

/* --- cells --- */

/* Inside `..` nothing but the bar and the backtick mean something in a table. */
static void print_code(const char *text, FILE *out)
{
	char *clean = pvp_text_clean(text);

	fputc('`', out);
	for (const char *c = clean; *c; c++) {
		if (*c == '|')
			fputc('\\', out);
		fputc(*c == '`' ? '\'' : *c, out);
	}
	fputc('`', out);
	free(clean);
}

static void print_names(const struct pvp_image_comparison *c, const bool *on, bool which, FILE *out)
{
	const char *separator = "";

	for (size_t i = 0; i < c->nr_platforms; i++) {
		if (on[i] != which)
			continue;
		fputs(separator, out);
		print_code(c->platforms[i].name, out);
		separator = ", ";
	}
}

static void print_platforms(const struct pvp_image_comparison *c, const bool *on, FILE *out)
{
	size_t nr = 0;

	for (size_t i = 0; i < c->nr_platforms; i++)
		nr += on[i];
	if (nr == c->nr_platforms && nr > 1) {
		fputs("all", out);
	} else if (2 * nr > c->nr_platforms && nr > 2) {
		fputs("all but ", out);
		print_names(c, on, false, out);
	} else {
		print_names(c, on, true, out);
	}
}

static void print_sites(const struct row *row, FILE *out)
{
	for (size_t i = 0; i < row->nr_sites && i < MAX_NAMED; i++) {
		char *name;

		if (i)
			fputs(", ", out);
		name = pvp_asprintf("%s #%" PRIu32, row->sites[i]->symbol, row->sites[i]->nth);
		print_code(name, out);
		free(name);
	}
	if (row->nr_sites > MAX_NAMED)
		fprintf(out, " and %zu more", row->nr_sites - MAX_NAMED);
}

static void print_row(const struct pvp_image_comparison *c, const struct row *row, FILE *out)
{
	fprintf(out, "| %s | ", row->what);
	print_code(row->op, out);
	fputs(" | ", out);
	if (row->subject)
		print_code(row->subject, out);
	else
		print_sites(row, out);
	fputs(" | ", out);
	print_platforms(c, row->on, out);
	fputs(" | ", out);
	if (row->a)
		print_code(row->a, out);
	fputs(" | ", out);
	if (row->b)
		print_code(row->b, out);
	fputs(" |\n", out);
}

static void print_rows(const struct pvp_image_comparison *c, const struct rows *rows,
		       const char *subject, FILE *out)
{
	if (!rows->nr)
		return;
	fprintf(out, "\n| | op | %s | platform | A | B |\n|---|---|---|---|---|---|\n", subject);
	for (size_t i = 0; i < rows->nr; i++)
		print_row(c, &rows->v[i], out);
}

/* --- sites --- */

/* "7 bytes, call>inline: cli; nop": what of it differs. */
static char *side_text(const struct pvp_site_change *change, unsigned side)
{
	const char *room = change->aspect[PVP_ASPECT_ROOM][side];
	const char *tail = change->aspect[PVP_ASPECT_TAIL][side];
	const char *class = change->aspect[PVP_ASPECT_CLASS][side];
	const char *text = change->aspect[PVP_ASPECT_TEXT][side];

	return pvp_asprintf("%s%s%s%s%s%s%s%s", room ? room : "", room ? " bytes" : "",
			    room && (tail || class) ? ", " : "", tail ? tail : "",
			    tail && class ? ", " : "", class ? class : "",
			    (room || tail || class) && text ? ": " : "", text ? text : "");
}

static void add_sites(const struct pvp_image_comparison *c, struct rows *rows)
{
	for (size_t i = 0; i < c->pairs.nr; i++) {
		const struct pvp_site_pair *pair = &c->pairs.v[i];

		if (!pair->side[0] || !pair->side[1])
			add_site(add_row(rows, pair->side[0] ? "gone" : "new", pair->op, NULL, NULL,
					 NULL),
				 pair);
	}
	for (size_t i = 0; i < c->nr_platforms; i++)
		for (size_t k = 0; k < c->platforms[i].changes.nr; k++) {
			const struct pvp_site_change *change = &c->platforms[i].changes.v[k];
			struct row *row = add_row(rows, "changed", change->pair->op, NULL,
						  side_text(change, 0), side_text(change, 1));

			row->on[i] = true;
			add_site(row, change->pair);
		}
	join(rows, true);
	join(rows, false);
}

/* --- operations --- */

static void add_operations(const struct pvp_image_comparison *c, struct rows *rows)
{
	for (size_t i = 0; i < c->nr_platforms; i++)
		for (size_t k = 0; k < c->platforms[i].cells.nr; k++) {
			const struct pvp_op_cell *cell = &c->platforms[i].cells.v[k];

			for (size_t n = 0; n < cell->differences.nr; n++) {
				const struct pvp_run_difference *d = &cell->differences.v[n];

				if (cell->excuses[n])
					continue;
				add_row(rows, pvp_op_verdict_name(cell->verdict), cell->op,
					pvp_strdup(d->field), pvp_strdup(d->a), pvp_strdup(d->b))
					->on[i] = true;
			}
		}
	join(rows, true);
}

/* --- how many --- */

/* What one platform's row of counts says, behind its name. */
static char *counts_text(const struct pvp_image_comparison *c,
			 const struct pvp_compared_platform *platform)
{
	size_t nr[PVP_NR_OP_VERDICTS] = {0}, len;
	size_t both = c->pairs.nr - c->nr_only[0] - c->nr_only[1];
	bool fits = platform->fits[0] && platform->fits[1];
	char *text;
	FILE *out = open_memstream(&text, &len);

	if (!fits)
		fprintf(out, " only %c boots there%s |", platform->fits[0] ? 'A' : 'B',
			platform->excuse ? ", excused" : "");
	else if (!c->without_sites)
		fprintf(out, " %zu of %zu |", platform->changes.nr, both);
	else
		fputs(" |", out);
	for (size_t i = 0; i < platform->cells.nr; i++)
		nr[platform->cells.v[i].verdict]++;
	if (fits && !c->without_runs)
		fprintf(out, " %zu | %zu | %zu |", nr[PVP_OP_SAME], nr[PVP_OP_EXCUSED],
			platform->cells.nr - nr[PVP_OP_SAME] - nr[PVP_OP_EXCUSED]);
	else if (!c->without_runs)
		fputs(" | | |", out);
	fclose(out);
	return text;
}

/* A row for platforms of the same counts. */
static void print_counts(const struct pvp_image_comparison *c, FILE *out)
{
	bool *done = pvp_calloc(c->nr_platforms + 1, sizeof(*done));
	bool *on = pvp_calloc(c->nr_platforms + 1, sizeof(*on));

	fputs("\n| platform | sites changed |", out);
	fputs(c->without_runs ? "\n|---|---|\n" :
				" operations the same | excused | different |\n|---|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < c->nr_platforms; i++) {
		char *text = counts_text(c, &c->platforms[i]);

		for (size_t k = 0; k < c->nr_platforms; k++) {
			char *other = counts_text(c, &c->platforms[k]);

			on[k] = !strcmp(text, other);
			free(other);
		}
		if (!done[i]) {
			fputs("| ", out);
			print_platforms(c, on, out);
			fprintf(out, " |%s\n", text);
		}
		for (size_t k = 0; k < c->nr_platforms; k++)
			done[k] |= on[k];
		free(text);
	}
	free(done);
	free(on);
}

/* Pairs that differ on some platform. */
static size_t nr_changed(const struct pvp_image_comparison *c)
{
	bool *changed = pvp_calloc(c->pairs.nr + 1, sizeof(*changed));
	size_t nr = 0;

	for (size_t i = 0; i < c->nr_platforms; i++)
		for (size_t k = 0; k < c->platforms[i].changes.nr; k++)
			changed[c->platforms[i].changes.v[k].pair - c->pairs.v] = true;
	for (size_t i = 0; i < c->pairs.nr; i++)
		nr += changed[i];
	free(changed);
	return nr;
}

static void print_images(const struct pvp_image_comparison *c, FILE *out)
{
	for (unsigned i = 0; i < 2; i++) {
		fprintf(out, "%c: ", 'A' + i);
		print_code(c->image[i].name, out);
		fprintf(out, " (%s, %s), sha256 `%.16s`, %zu sites%s\n",
			pvp_arch_name(c->image[i].arch),
			*c->image[i].generation ? c->image[i].generation : "unknown generation",
			c->image[i].sha256, c->image[i].nr_sites, i ? "" : "  ");
	}
	if (!c->without_sites)
		fprintf(out, "\nSites: **%zu new, %zu gone, %zu changed**, %zu as they were.\n",
			c->nr_only[1], c->nr_only[0], nr_changed(c),
			c->pairs.nr - c->nr_only[0] - c->nr_only[1] - nr_changed(c));
}

void pvp_comparison_print_markdown(const struct pvp_image_comparison *c, FILE *out)
{
	struct rows sites = { .nr_platforms = c->nr_platforms };
	struct rows operations = { .nr_platforms = c->nr_platforms };
	struct pvp_unused_rows unused = pvp_comparison_unused(c);

	print_images(c, out);
	print_counts(c, out);
	if (!c->without_sites)
		add_sites(c, &sites);
	if (!c->without_runs)
		add_operations(c, &operations);
	print_rows(c, &sites, "site", out);
	print_rows(c, &operations, "what differs", out);
	rows_deinit(&sites);
	rows_deinit(&operations);
	for (size_t i = 0; i < unused.nr; i++) {
		fprintf(out, "\nUnused %s: ", unused.v[i].kind);
		print_code(unused.v[i].where, out);
		fputc('\n', out);
	}
	pvp_unused_rows_deinit(&unused);
}
