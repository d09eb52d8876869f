// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
/* comparison_unused.c - rows of corpus/compare that the two images have no use for. */
#include "comparison.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static void add(struct pvp_unused_rows *rows, const char *kind, const char *where, char *what)
{
	*pvp_push(&rows->v, &rows->nr, &rows->cap) = (struct pvp_unused_row){kind, where, what};
}

static char *place_text(const struct pvp_place_name *name)
{
	return name->offset ? pvp_asprintf("%s+%#" PRIx64, name->symbol, name->offset)
			    : pvp_strdup(name->symbol);
}

static void add_place(const struct pvp_place_rename *row, struct pvp_unused_rows *rows)
{
	char *from = place_text(&row->from), *to = place_text(&row->to);

	add(rows, "place", row->where, pvp_asprintf("%s = %s", from, to));
	free(from);
	free(to);
}

static bool has_op(const struct pvp_image_comparison *c, unsigned side, const char *op)
{
	for (size_t i = 0; i < c->pairs.nr; i++)
		if (c->pairs.v[i].side[side] && !strcmp(c->pairs.v[i].op, op))
			return true;
	return false;
}

/* An image that has the operation under neither name says nothing of the row. */
static bool is_unused_rename(const struct pvp_image_comparison *c, const struct pvp_op_rename *row)
{
	unsigned newer = c->excuses.newer;
	const bool from[] = {has_op(c, !newer, row->from), has_op(c, newer, row->from)};
	const bool to[] = {has_op(c, !newer, row->to), has_op(c, newer, row->to)};

	return (from[0] || to[0]) && (from[1] || to[1]) &&
	       !(from[0] && !to[0] && !from[1] && to[1]);
}

struct pvp_unused_rows pvp_comparison_unused(const struct pvp_image_comparison *c)
{
	const struct pvp_image *const images[] = {c->image[0].opened, c->image[1].opened};
	const struct pvp_excuses *excuses = &c->excuses;
	struct pvp_unused_rows rows = {0};

	if (c->without_runs)
		return rows;
	for (size_t i = 0; i < excuses->nr; i++)
		if (pvp_excuse_is_unused(&excuses->v[i]))
			add(&rows, "excuse", excuses->v[i].where,
			    pvp_asprintf("%s, %s", excuses->v[i].op, excuses->v[i].field));
	for (size_t i = 0; i < excuses->nr_renames; i++)
		if (is_unused_rename(c, &excuses->renames[i]))
			add(&rows, "rename", excuses->renames[i].where,
			    pvp_asprintf("%s = %s", excuses->renames[i].from,
					 excuses->renames[i].to));
	for (size_t i = 0; i < excuses->places.nr; i++)
		if (pvp_place_rename_is_unused(excuses, i, images))
			add_place(&excuses->places.v[i], &rows);
	for (size_t i = 0; i < excuses->unnamed.nr; i++)
		if (excuses->unnamed.v[i].is_missed)
			add(&rows, "place", excuses->unnamed.v[i].where,
			    pvp_asprintf("%s = %s", excuses->unnamed.v[i].at,
					 excuses->unnamed.v[i].name));
	return rows;
}

void pvp_unused_rows_deinit(struct pvp_unused_rows *rows)
{
	if (!rows)
		return;
	for (size_t i = 0; i < rows->nr; i++)
		free(rows->v[i].what);
	free(rows->v);
	memset(rows, 0, sizeof(*rows));
}
