// SPDX-License-Identifier: GPL-2.0-only
#include "places.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "btf.h"
#include "plain_text.h"
#include "plan.h"

/* Where the image's text is linked, of which physical memory begins at 0. */
static uint64_t link_base(const struct pvp_image *image)
{
	return image->arch == PVP_ARCH_I386 ? pvp_plan_of(image)->page_offset : 0xffffffff80000000ull;
}

#define LOW_BITS 0xfffull
#define FRAMES	 0x000ffffffffff000ull

/* What an address is as text uses it, by how it is written; the first is itself. */
enum form { AS_LINKED, DIRECT_MAP, PHYSICAL, MACHINE, FRAME, MACHINE_FRAME, NR_FORMS };

/* The image's, or where it ends CPU 0's copy of per-CPU data, which has no other address than the
 * direct map's. */
static uint64_t at_physical(const struct pvp_image *image, uint64_t physical)
{
	uint64_t direct = physical + pvp_plan_of(image)->page_offset;

	if (image->percpu_from &&
	    direct - pvp_image_on_cpu0(image, image->percpu_from) < image->percpu_len)
		return direct;
	return physical + link_base(image);
}

static uint64_t as_linked(const struct pvp_image *image, enum form form, uint64_t value)
{
	switch (form) {
	case DIRECT_MAP:
		return at_physical(image, value - pvp_plan_of(image)->page_offset);
	case PHYSICAL:
		return at_physical(image, value & (FRAMES | LOW_BITS));
	case MACHINE:
		return at_physical(image, (value & (FRAMES | LOW_BITS)) - PVP_MFN_OFFSET * 4096);
	case FRAME:
		return at_physical(image, value << 12);
	case MACHINE_FRAME:
		return at_physical(image, (value - PVP_MFN_OFFSET) << 12);
	default:
		return value;
	}
}

/* The string of a constant, or NULL. */
static const char *string_at(const struct pvp_image *image, uint64_t addr)
{
	const struct pvp_section *section = pvp_image_section_at(image, addr);
	const char *text;
	uint64_t room;

	/* .rodata is linked writable. */
	if (!section || section->exec || !section->data)
		return NULL;
	text = (const char *)section->data + (addr - section->addr);
	room = section->len - (addr - section->addr);
	if (!memchr(text, '\0', room) || !*text)
		return NULL;
	for (const char *c = text; *c; c++) /* printk's levels begin with a 1 */
		if (!isprint((unsigned char)*c) && !isspace((unsigned char)*c) && *c != '\1')
			return NULL;
	return text;
}

/* --- names --- */

bool pvp_place_name_parse(const char *text, struct pvp_place_name *ret)
{
	const char *plus = strchr(text, '+');
	char *end = "";

	ret->offset = plus ? strtoull(plus + 1, &end, 0) : 0;
	if (*end || plus == text || !*text || (plus && !isdigit((unsigned char)plus[1])))
		return false;
	ret->symbol = pvp_asprintf("%.*s", plus ? (int)(plus - text) : (int)strlen(text), text);
	return true;
}

static bool lookup(const struct pvp_places *places, unsigned side, const char *symbol,
		   uint64_t *ret)
{
	const struct pvp_image *image = places->image[side];
	const struct pvp_symbol *const *found = pvp_image_symbols_named(image, symbol, NULL);

	if (!found)
		return pvp_unnamed_lookup(places->unnamed, image, side, symbol, ret);
	*ret = pvp_image_on_cpu0(image, found[0]->addr);
	return true;
}

/* Whether both are names of one address. */
static bool is_alias(const struct pvp_places *places, unsigned side, const char *a, const char *b)
{
	uint64_t at_a, at_b;

	return !strcmp(a, b) || (lookup(places, side, a, &at_a) && lookup(places, side, b, &at_b) &&
				 at_a == at_b);
}

static void rename_place(struct pvp_place_name *name, const struct pvp_place_name *old,
			 const struct pvp_place_name *now)
{
	free(name->symbol);
	name->symbol = pvp_strdup(now->symbol);
	name->offset += now->offset - old->offset;
}

/* To what the older image calls it. */
static void make_older(const struct pvp_places *places, struct pvp_place_name *name)
{
	for (size_t i = 0; places->renames && i < places->renames->nr; i++) {
		const struct pvp_place_rename *row = &places->renames->v[i];

		if (name->offset - row->to.offset < row->size &&
		    is_alias(places, places->newer, name->symbol, row->to.symbol))
			rename_place(name, &row->to, &row->from);
	}
}

/* Of the names of one address, the one that a row has. */
static void prefer_named(const struct pvp_places *places, struct pvp_place_name *name)
{
	for (size_t i = 0; places->renames && i < places->renames->nr; i++) {
		const struct pvp_place_name *from = &places->renames->v[i].from;

		if (strcmp(name->symbol, from->symbol) &&
		    is_alias(places, !places->newer, name->symbol, from->symbol)) {
			free(name->symbol);
			name->symbol = pvp_strdup(from->symbol);
		}
	}
}

static void make_newer(const struct pvp_places *places, struct pvp_place_name *name)
{
	for (size_t i = places->renames ? places->renames->nr : 0; i-- > 0;) {
		const struct pvp_place_rename *row = &places->renames->v[i];

		if (name->offset - row->from.offset < row->size &&
		    is_alias(places, !places->newer, name->symbol, row->from.symbol))
			rename_place(name, &row->from, &row->to);
	}
}

/* No structure is longer: what lies behind is not searched for. */
#define MAX_STRUCTURE 0x4000ull

/* The member of what an argument points to; NULL: it is in none, or the image does not say. */
static const struct pvp_place_object *object_at(const struct pvp_places *places, unsigned side,
						uint64_t addr, const char **member, uint64_t *offset)
{
	for (size_t i = 0; i < places->nr_objects; i++) {
		const struct pvp_place_object *object = &places->objects[i];
		uint64_t start;
		struct pvp_error *err;

		if (addr - object->addr >= MAX_STRUCTURE ||
		    !pvp_btf_exists(places->image[!side]))
			continue;
		err = pvp_btf_member_at(places->image[side], object->structure,
					addr - object->addr, member, &start);
		if (!err) {
			*offset = addr - object->addr - start;
			return object;
		}
		pvp_error_destroy(err);
	}
	return NULL;
}

/* "symbol+0x8" of one image, or NULL: it is none of its places.  The caller frees it. */
static char *image_name(const struct pvp_places *places, unsigned side, uint64_t addr)
{
	const struct pvp_image *image = places->image[side];
	const struct pvp_unnamed_place *unnamed;
	uint64_t offset;

	unnamed = pvp_unnamed_at(places->unnamed, image, side, addr, &offset);
	if (!unnamed)
		return pvp_plain_name(image, addr);
	return offset ? pvp_asprintf("%s+%#" PRIx64, unnamed->name, offset)
		      : pvp_strdup(unnamed->name);
}

/* What a place is called in both images; ret->symbol is owned; false: it is none of the image. */
static bool common_name(const struct pvp_places *places, unsigned side, uint64_t addr,
			struct pvp_place_name *ret)
{
	const struct pvp_place_object *object;
	const char *member;
	char *name;
	bool is_name;

	object = object_at(places, side, addr, &member, &ret->offset);
	if (object) {
		ret->symbol = pvp_asprintf("arg%u.%s", object->arg, member);
		return true;
	}
	name = image_name(places, side, addr);
	is_name = name && pvp_place_name_parse(name, ret);
	free(name);
	if (is_name && side == places->newer)
		make_older(places, ret);
	else if (is_name)
		prefer_named(places, ret);
	return is_name;
}

static bool same_place(const struct pvp_places *places, const uint64_t at[2])
{
	struct pvp_place_name names[2];
	bool is_name[2], same;

	is_name[0] = common_name(places, 0, at[0], &names[0]);
	is_name[1] = is_name[0] && common_name(places, 1, at[1], &names[1]);
	same = is_name[1] && names[0].offset == names[1].offset &&
	       !strcmp(names[0].symbol, names[1].symbol);
	for (unsigned i = 0; i < 2; i++)
		if (is_name[i])
			free(names[i].symbol);
	return same;
}

/* --- what is compared --- */

bool pvp_places_same(const struct pvp_places *places, uint64_t value_a, uint64_t value_b)
{
	const struct pvp_image *a = places->image[0], *b = places->image[1];
	const char *text_a, *text_b;

	if (value_a == value_b)
		return true;
	for (enum form form = AS_LINKED; form < NR_FORMS; form++) {
		const uint64_t at[] = { as_linked(a, form, value_a), as_linked(b, form, value_b) };

		/* Bits beside an address say the same on their own. */
		if ((form == PHYSICAL || form == MACHINE) &&
		    (value_a ^ value_b) & ~(FRAMES | LOW_BITS))
			continue;
		if (same_place(places, at))
			return true;
	}
	text_a = string_at(a, value_a);
	text_b = text_a ? string_at(b, value_b) : NULL;
	return text_a && text_b && !strcmp(text_a, text_b);
}

/* Where the other image has a member of the object that is at addr in `side`. */
static bool map_member(const struct pvp_places *places, unsigned side,
		       const struct pvp_place_object *object, const char *member, uint64_t offset,
		       uint64_t *ret)
{
	uint64_t start, len;
	struct pvp_error *err = pvp_btf_offset(places->image[!side], object->structure, member,
					       &start, &len);

	if (err) {
		pvp_error_destroy(err);
		return false;
	}
	*ret = object->addr + start + offset;
	return offset < len;
}

bool pvp_places_map(const struct pvp_places *places, unsigned side, uint64_t addr, uint64_t *ret)
{
	const struct pvp_place_object *object;
	struct pvp_place_name name;
	const char *member;
	uint64_t offset;
	bool found;

	object = object_at(places, side, addr, &member, &offset);
	if (object)
		return map_member(places, side, object, member, offset, ret);
	if (!common_name(places, side, addr, &name)) {
		*ret = addr;
		return true;
	}
	if (side != places->newer)
		make_newer(places, &name);
	found = lookup(places, !side, name.symbol, ret);
	*ret += name.offset;
	free(name.symbol);
	return found;
}

char *pvp_places_owner(const struct pvp_places *places, unsigned side, struct pvp_memory *memory,
		       uint64_t addr, uint64_t *offset)
{
	const struct pvp_region *region;
	struct pvp_place_name name;

	if (common_name(places, side, addr, &name)) {
		*offset = name.offset;
		return name.symbol;
	}
	region = pvp_memory_region(memory, addr);
	*offset = addr;
	return pvp_strdup(region && region->name ? region->name : "nowhere");
}

char *pvp_places_function(const struct pvp_places *places, unsigned side, const char *symbol)
{
	struct pvp_place_name name = { pvp_strdup(symbol), 0 };

	if (side == places->newer)
		make_older(places, &name);
	return name.symbol;
}

char *pvp_places_text(const struct pvp_places *places, unsigned side, uint64_t value)
{
	const struct pvp_place_object *object;
	const char *member;
	uint64_t offset;
	char *name;

	object = object_at(places, side, value, &member, &offset);
	if (object)
		return pvp_asprintf("arg%u.%s+%#" PRIx64, object->arg, member, offset);
	name = image_name(places, side, value);
	return name ? name : pvp_asprintf("%#" PRIx64, value);
}
