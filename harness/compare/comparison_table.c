// SPDX-License-Identifier: GPL-2.0-only
#include "comparison.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"

static const char side_names[] = { 'A', 'B' };

static void print_clean(const char *text, FILE *out)
{
	char *clean = pvp_text_clean(text);

	fputs(clean, out);
	free(clean);
}

static void print_pair(const struct pvp_site_pair *pair, FILE *out)
{
	fputs("  ", out);
	print_clean(pair->op, out);
	fputs("  ", out);
	print_clean(pair->symbol, out);
	fprintf(out, " #%" PRIu32 "\n", pair->nth);
}

static void print_images(const struct pvp_image_comparison *c, FILE *out)
{
	for (unsigned i = 0; i < 2; i++) {
		fprintf(out, "%c  ", side_names[i]);
		print_clean(c->image[i].name, out);
		fprintf(out, " (%s, %s), sha256 %.16s, %zu sites\n",
			pvp_arch_name(c->image[i].arch),
			*c->image[i].generation ? c->image[i].generation : "unknown generation",
			c->image[i].sha256, c->image[i].nr_sites);
	}
}

/* Pairs come by op: a row for each op of which one image alone has a site. */
static void print_ops(const struct pvp_image_comparison *c, FILE *out)
{
	size_t i = 0;

	fprintf(out, "\n%-36s %7s %7s %7s %7s\n", "op", "A", "B", "only A", "only B");
	while (i < c->pairs.nr) {
		const char *op = c->pairs.v[i].op;
		size_t only[2] = {0}, both = 0;
		char *clean;

		for (; i < c->pairs.nr && !strcmp(c->pairs.v[i].op, op); i++) {
			const struct pvp_site_pair *pair = &c->pairs.v[i];

			only[0] += !pair->side[1];
			only[1] += !pair->side[0];
			both += pair->side[0] && pair->side[1];
		}
		if (!only[0] && !only[1])
			continue;
		clean = pvp_text_clean(op);
		fprintf(out, "%-36s %7zu %7zu %7zu %7zu\n", clean, both + only[0], both + only[1],
			only[0], only[1]);
		free(clean);
	}
}

static void print_only(const struct pvp_image_comparison *c, unsigned side, FILE *out)
{
	if (!c->nr_only[side])
		return;
	fprintf(out, "\nonly in %c\n", side_names[side]);
	for (size_t i = 0; i < c->pairs.nr; i++)
		if (!c->pairs.v[i].side[1 - side])
			print_pair(&c->pairs.v[i], out);
}

static void print_changes(const struct pvp_site_changes *changes, FILE *out)
{
	for (size_t i = 0; i < changes->nr; i++) {
		const struct pvp_site_change *change = &changes->v[i];

		print_pair(change->pair, out);
		for (unsigned k = 0; k < PVP_NR_ASPECTS; k++) {
			if (!change->aspect[k][0])
				continue;
			fprintf(out, "    %-5s  ", pvp_site_aspect_name(k));
			print_clean(change->aspect[k][0], out);
			fputs("  |  ", out);
			print_clean(change->aspect[k][1], out);
			fputc('\n', out);
		}
	}
}

static void print_counts(const struct pvp_site_changes *changes, FILE *out)
{
	size_t nr[PVP_NR_ASPECTS] = {0};

	for (size_t i = 0; i < changes->nr; i++)
		for (unsigned k = 0; k < PVP_NR_ASPECTS; k++)
			nr[k] += changes->v[i].aspect[k][0] != NULL;
	for (unsigned k = 0; k < PVP_NR_ASPECTS; k++)
		if (nr[k])
			fprintf(out, ", %s %zu", pvp_site_aspect_name(k), nr[k]);
}

static void print_difference(const struct pvp_op_cell *cell, size_t i, FILE *out)
{
	const struct pvp_run_difference *d = &cell->differences.v[i];
	bool is_undecided = !strcmp(d->field, "undecided");

	fputs("      ", out);
	print_clean(d->field, out);
	fputs(": ", out);
	print_clean(d->a, out);
	if (!is_undecided) {
		fputs("  |  ", out);
		print_clean(d->b, out);
	}
	if (d->at[0]) {
		fputs("\n        at: ", out);
		print_clean(d->at[0], out);
		if (strcmp(d->at[0], d->at[1])) {
			fputs("  |  ", out);
			print_clean(d->at[1], out);
		}
	}
	if (cell->excuses[i]) {
		fputs("\n        excused: ", out);
		print_clean(cell->excuses[i]->why, out);
	}
	fputc('\n', out);
}

/* Every operation has a line; those that are the same share one. */
static void print_cells(const struct pvp_op_cells *cells, FILE *out)
{
	size_t nr[PVP_NR_OP_VERDICTS] = {0};
	const char *separator = "  what they do: ";

	for (size_t i = 0; i < cells->nr; i++)
		nr[cells->v[i].verdict]++;
	for (unsigned verdict = 0; verdict < PVP_NR_OP_VERDICTS; verdict++) {
		if (!nr[verdict])
			continue;
		fprintf(out, "%s%zu %s", separator, nr[verdict], pvp_op_verdict_name(verdict));
		separator = ", ";
	}
	fputc('\n', out);
	for (unsigned verdict = 0; verdict < PVP_NR_OP_VERDICTS; verdict++)
		for (size_t i = 0; i < cells->nr; i++) {
			const struct pvp_op_cell *cell = &cells->v[i];

			if (cell->verdict != verdict)
				continue;
			fprintf(out, "    %-9s  ", pvp_op_verdict_name(verdict));
			print_clean(cell->op, out);
			if (cell->renamed) {
				fputs(" = ", out);
				print_clean(cell->renamed, out);
			}
			if (!cell->states && verdict == PVP_OP_SAME)
				fputs(" (NULL in both)", out);
			fputc('\n', out);
			for (size_t k = 0; k < cell->differences.nr; k++)
				print_difference(cell, k, out);
		}
}

static bool same_changes(const struct pvp_site_changes *a, const struct pvp_site_changes *b)
{
	if (a->nr != b->nr)
		return false;
	for (size_t i = 0; i < a->nr; i++) {
		if (a->v[i].pair != b->v[i].pair)
			return false;
		for (unsigned k = 0; k < 2 * PVP_NR_ASPECTS; k++) {
			const char *of_a = a->v[i].aspect[k / 2][k % 2];
			const char *of_b = b->v[i].aspect[k / 2][k % 2];

			if (!of_a != !of_b || (of_a && strcmp(of_a, of_b)))
				return false;
		}
	}
	return true;
}

/* The first platform that was printed with the same changes, or NULL. */
static const struct pvp_compared_platform *like(const struct pvp_image_comparison *c,
						const struct pvp_compared_platform *platform)
{
	const struct pvp_compared_platform *p = c->platforms;

	while (p < platform && !(p->fits[0] && p->fits[1] &&
				 same_changes(&p->changes, &platform->changes)))
		p++;
	return p < platform && platform->changes.nr ? p : NULL;
}

static void print_platform(const struct pvp_image_comparison *c,
			   const struct pvp_compared_platform *platform, bool names, FILE *out)
{
	const struct pvp_compared_platform *earlier = like(c, platform);

	fputc('\n', out);
	print_clean(platform->name, out);
	if (!platform->fits[0] || !platform->fits[1]) {
		fprintf(out, ": only %c boots there (", side_names[platform->fits[1]]);
		print_clean(platform->reason, out);
		fputc(')', out);
		if (platform->excuse) {
			fputs(", excused: ", out);
			print_clean(platform->excuse->why, out);
		}
		fputc('\n', out);
		return;
	}
	if (!c->without_sites) {
		fprintf(out, ": %zu of %zu sites differ", platform->changes.nr,
			c->pairs.nr - c->nr_only[0] - c->nr_only[1]);
		print_counts(&platform->changes, out);
	}
	if (earlier && names) {
		fputs(", as on ", out);
		print_clean(earlier->name, out);
	}
	fputc('\n', out);
	if (names && !earlier)
		print_changes(&platform->changes, out);
	if (!c->without_runs)
		print_cells(&platform->cells, out);
}

static void print_unused(const struct pvp_image_comparison *c, FILE *out)
{
	struct pvp_unused_rows unused = pvp_comparison_unused(c);

	for (size_t i = 0; i < unused.nr; i++) {
		fprintf(out, "\nunused %s: ", unused.v[i].kind);
		print_clean(unused.v[i].where, out);
		fputs(": ", out);
		print_clean(unused.v[i].what, out);
		fputc('\n', out);
	}
	pvp_unused_rows_deinit(&unused);
}

static void print_sites(const struct pvp_image_comparison *c, bool names, FILE *out)
{
	fprintf(out, "\n%zu sites in both, %zu only in A, %zu only in B\n",
		c->pairs.nr - c->nr_only[0] - c->nr_only[1], c->nr_only[0], c->nr_only[1]);
	if (c->nr_only[0] || c->nr_only[1])
		print_ops(c, out);
	for (unsigned side = 0; side < 2 && names; side++)
		print_only(c, side, out);
}

void pvp_comparison_print(const struct pvp_image_comparison *c, bool names, FILE *out)
{
	print_images(c, out);
	if (!c->without_sites)
		print_sites(c, names, out);
	for (size_t i = 0; i < c->nr_platforms; i++)
		print_platform(c, &c->platforms[i], names, out);
	print_unused(c, out);
}
