// SPDX-License-Identifier: GPL-2.0-only
#include "unnamed.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "percpu_of.h"

static bool is_symbol(const char *text)
{
	if (!*text || isdigit((unsigned char)*text))
		return false;
	while (isalnum((unsigned char)*text) || *text == '_' || *text == '.')
		text++;
	return !*text;
}

struct pvp_error *pvp_unnamed_check(const struct pvp_unnamed_row *row)
{
	char *function = pvp_percpu_of_function(row->at);
	bool is_at = function && is_symbol(function);

	free(function);
	if (!is_at)
		return pvp_error_format(PVP_ERR_BAD_DATA, "at '%s' is not percpu-of(FUNCTION)",
					row->at);
	if (!is_symbol(row->name))
		return pvp_error_format(PVP_ERR_BAD_DATA, "name '%s' is no symbol", row->name);
	if (!row->size)
		return pvp_error_format(PVP_ERR_BAD_DATA, "size is 0");
	return NULL;
}

/* Whether the image lists a symbol in what begins at offset off of per-CPU data. */
static bool is_listed(const struct pvp_image *image, uint64_t off, uint64_t size)
{
	uint64_t addr = image->percpu_from + off;
	const struct pvp_symbol *last = pvp_image_symbol_at(image, addr + size - 1);

	return last && (last->addr >= addr || addr - last->addr < last->len);
}

/* Where the function's place is; *ret is false where it is none that the image leaves unnamed. */
static struct pvp_error *find(const struct pvp_image *image, const char *function, uint64_t size,
			      uint64_t *off, bool *ret)
{
	uint64_t addr;
	struct pvp_error *err = pvp_percpu_of(image, function, &addr);

	*ret = false;
	if (err && err->code == PVP_ERR_NOT_FOUND) {
		pvp_error_destroy(err);
		return NULL;
	}
	if (err)
		return pvp_error_context(err, "%s", image->name);
	*off = addr - pvp_image_on_cpu0(image, image->percpu_from);
	*ret = size <= image->percpu_len - *off && !is_listed(image, *off, size);
	return NULL;
}

/* Whether an image that does not list the name has what the row finds it by. */
static bool has_chance(const struct pvp_image *image, const char *name, const char *function)
{
	return image->percpu_from && !pvp_image_symbols_named(image, name, NULL) &&
	       pvp_image_symbols_named(image, function, NULL);
}

static bool overlap(const struct pvp_unnamed_place *a, const struct pvp_unnamed_place *b)
{
	for (unsigned side = 0; side < 2; side++)
		if (a->found[side] && b->found[side] &&
		    (a->off[side] - b->off[side] < b->size ||
		     b->off[side] - a->off[side] < a->size))
			return true;
	return false;
}

/* No name is two places, and no place has two names. */
static struct pvp_error *is_alone(const struct pvp_unnamed_places *places,
				  const struct pvp_unnamed_place *place)
{
	for (size_t i = 0; i < places->nr; i++) {
		const struct pvp_unnamed_place *other = &places->v[i];

		if (!strcmp(place->name, other->name))
			return pvp_error_format(PVP_ERR_BAD_DATA, "name '%s' is also at %s",
						place->name, other->where);
		if (overlap(place, other))
			return pvp_error_format(PVP_ERR_BAD_DATA, "%s is '%s' already, at %s",
						place->at, other->name, other->where);
	}
	return NULL;
}

static void deinit(struct pvp_unnamed_place *place)
{
	free(place->at);
	free(place->name);
	free(place->where);
}

struct pvp_error *pvp_unnamed_add(struct pvp_unnamed_places *places,
				  const struct pvp_image *const images[2],
				  const struct pvp_unnamed_row *row, const char *where)
{
	struct pvp_unnamed_place place = {
		.at = pvp_strdup(row->at),
		.name = pvp_strdup(row->name),
		.size = row->size,
		.where = pvp_strdup(where),
	};
	char *function = pvp_percpu_of_function(row->at);
	struct pvp_error *err = NULL;

	for (unsigned side = 0; side < 2 && !err; side++) {
		if (!has_chance(images[side], row->name, function))
			continue;
		err = find(images[side], function, row->size, &place.off[side], &place.found[side]);
		place.is_missed |= !place.found[side];
	}
	free(function);
	if (!err)
		err = is_alone(places, &place);
	if (err)
		deinit(&place);
	else
		*pvp_push(&places->v, &places->nr, &places->cap) = place;
	return err;
}

void pvp_unnamed_deinit(struct pvp_unnamed_places *places)
{
	if (!places)
		return;
	for (size_t i = 0; i < places->nr; i++)
		deinit(&places->v[i]);
	free(places->v);
	memset(places, 0, sizeof(*places));
}

const struct pvp_unnamed_place *pvp_unnamed_at(const struct pvp_unnamed_places *places,
					       const struct pvp_image *image, unsigned side,
					       uint64_t addr, uint64_t *offset)
{
	uint64_t off = addr - pvp_image_on_cpu0(image, image->percpu_from);

	if (off >= image->percpu_len)
		off = addr - image->percpu_from;
	for (size_t i = 0; places && i < places->nr; i++) {
		const struct pvp_unnamed_place *place = &places->v[i];

		if (place->found[side] && off - place->off[side] < place->size) {
			*offset = off - place->off[side];
			return place;
		}
	}
	return NULL;
}

bool pvp_unnamed_lookup(const struct pvp_unnamed_places *places, const struct pvp_image *image,
			unsigned side, const char *name, uint64_t *ret)
{
	for (size_t i = 0; places && i < places->nr; i++) {
		const struct pvp_unnamed_place *place = &places->v[i];

		if (place->found[side] && !strcmp(place->name, name)) {
			*ret = pvp_image_on_cpu0(image, image->percpu_from + place->off[side]);
			return true;
		}
	}
	return false;
}
