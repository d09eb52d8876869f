// SPDX-License-Identifier: GPL-2.0-only
#include "places.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "plain_text.h"
#include "plan.h"

/* Where the image's text is linked, of which physical memory begins at 0. */
static uint64_t link_base(const struct pvp_image *image)
{
	return image->arch == PVP_ARCH_I386 ? pvp_plan_of(image)->page_offset : 0xffffffff80000000ull;
}

#define LOW_BITS 0xfffull
#define FRAMES	 0x000ffffffffff000ull

/* What an address is as the image is linked, by how it is written; the first is itself. */
enum form { AS_LINKED, DIRECT_MAP, PHYSICAL, MACHINE, FRAME, MACHINE_FRAME, NR_FORMS };

static uint64_t as_linked(const struct pvp_image *image, enum form form, uint64_t value)
{
	uint64_t base = link_base(image);

	switch (form) {
	case DIRECT_MAP:
		return value - pvp_plan_of(image)->page_offset + base;
	case PHYSICAL:
		return (value & (FRAMES | LOW_BITS)) + base;
	case MACHINE:
		return (value & (FRAMES | LOW_BITS)) - PVP_MFN_OFFSET * 4096 + base;
	case FRAME:
		return (value << 12) + base;
	case MACHINE_FRAME:
		return ((value - PVP_MFN_OFFSET) << 12) + base;
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

bool pvp_places_same(const struct pvp_image *a, uint64_t value_a, const struct pvp_image *b,
		     uint64_t value_b)
{
	const char *text_a, *text_b;
	bool same = value_a == value_b;

	for (enum form form = AS_LINKED; form < NR_FORMS && !same; form++) {
		char *name_a, *name_b;

		/* Bits beside an address say the same on their own. */
		if ((form == PHYSICAL || form == MACHINE) &&
		    (value_a ^ value_b) & ~(FRAMES | LOW_BITS))
			continue;
		name_a = pvp_plain_name(a, as_linked(a, form, value_a));
		name_b = name_a ? pvp_plain_name(b, as_linked(b, form, value_b)) : NULL;
		same = name_a && name_b && !strcmp(name_a, name_b);
		free(name_a);
		free(name_b);
	}
	if (same)
		return true;
	text_a = string_at(a, value_a);
	text_b = text_a ? string_at(b, value_b) : NULL;
	return text_a && text_b && !strcmp(text_a, text_b);
}

bool pvp_places_map(const struct pvp_image *a, uint64_t addr, const struct pvp_image *b,
		    uint64_t *ret)
{
	char *name = pvp_plain_name(a, addr), *plus;
	const struct pvp_symbol *const *found;
	uint64_t at, offset = 0;

	if (!name) {
		*ret = addr;
		return true;
	}
	plus = strrchr(name, '+');
	if (plus) {
		*plus = '\0';
		offset = strtoull(plus + 1, NULL, 16);
	}
	found = pvp_image_symbols_named(b, name, NULL);
	free(name);
	if (!found)
		return false;
	at = pvp_image_on_cpu0(b, found[0]->addr);
	*ret = at + offset;
	return true;
}

char *pvp_places_owner(const struct pvp_image *image, struct pvp_memory *memory, uint64_t addr)
{
	char *name = pvp_plain_name(image, addr);
	const struct pvp_region *region;

	if (name) {
		char *plus = strrchr(name, '+');

		if (plus)
			*plus = '\0';
		return name;
	}
	region = pvp_memory_region(memory, addr);
	return pvp_strdup(region && region->name ? region->name : "nowhere");
}

char *pvp_places_text(const struct pvp_image *image, uint64_t value)
{
	char *name = pvp_plain_name(image, value);

	return name ? name : pvp_asprintf("%#" PRIx64, value);
}
