// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions whose ENDBR boot takes away (.ibt_endbr_seal), because nothing jumps to them indirectly
 * any more: while IBT is on, no indirect branch that is left in text leads to one.
 *
 * What an indirect branch through a register has for its target is not known here; one through a
 * fixed pointer is: a slot of pv_ops, a static call's key, a constant.
 */
#include "findings_rules.h"

#include <inttypes.h>
#include <stdlib.h>

#include "alloc.h"

// clang-format off
static const struct pvp_finding_text sealed = {
	"sealed-endbr",
	"an indirect branch leads to a function whose ENDBR is sealed while IBT is on: #CP (the kernel seals what "
	".ibt_endbr_seal lists, whoever still calls it indirectly)",
	NULL, true
};
// clang-format on

struct seals {
	uint64_t *v; /* owned, ascending */
	size_t nr;
};

static int by_value(const void *a, const void *b)
{
	const uint64_t *l = a, *r = b;

	return *l < *r ? -1 : *l > *r;
}

/* What the pointer at slot holds when text runs; 0: not known. */
static uint64_t value_at(const struct pvp_check_input *input, uint64_t slot)
{
	const struct pvp_tables *tables = input->tables;
	const struct pvp_section *section;
	size_t field = pvp_tables_field_at(tables, slot);
	struct pvp_error *err;
	uint64_t value = 0;

	if (field < tables->nr_fields)
		return field < input->platform->nr_pv_ops ? input->platform->pv_ops[field] : 0;
	for (size_t i = 0; i < tables->nr_static_call_keys; i++)
		if (tables->static_call_keys[i].key == slot)
			return pvp_platform_static_call(input->platform,
							&tables->static_call_keys[i]);
	section = pvp_image_section_at(input->image, slot);
	if (!section || section->write)
		return 0;
	err = pvp_image_pointer(input->image, slot, &value);
	pvp_error_destroy(err);
	return value;
}

/* ff 15 rel32, ff 25 rel32: through a fixed pointer. */
static void judge(struct pvp_inspection *in, const struct seals *seals, uint64_t addr,
		  const uint8_t *bytes)
{
	uint64_t slot = pvp_rel32_target(bytes, addr, 2), target;
	char name[256], from[256];

	target = value_at(in->input, slot);
	if (!target || !bsearch(&target, seals->v, seals->nr, sizeof(target), by_value))
		return;
	pvp_image_describe(in->input->image, target, name, sizeof(name));
	pvp_image_describe(in->input->image, slot, from, sizeof(from));
	pvp_inspection_add(in, addr, &sealed, "%02x %02x through %s to %s (%#" PRIx64 ")", bytes[0],
			   bytes[1], from, name, target);
}

/*
 * Whether these are the pointers of a branch can be told without decoding all text: hardly any
 * other four bytes lead to a pointer to a sealed function.
 */
static void scan(struct pvp_inspection *in, const struct seals *seals,
		 const struct pvp_laid_section *section)
{
	for (uint64_t off = 0; off + 6 <= section->len; off++) {
		const uint8_t *bytes = section->bytes + off;

		if (bytes[0] == 0xff && (bytes[1] == 0x15 || bytes[1] == 0x25))
			judge(in, seals, section->addr + off, bytes);
	}
}

void pvp_find_endbr(struct pvp_inspection *in)
{
	const struct pvp_tables *tables = in->input->tables;
	struct seals seals = {.nr = tables->nr_endbr_seals};

	if (!in->on.ibt || !seals.nr)
		return;
	seals.v = pvp_calloc(seals.nr, sizeof(*seals.v));
	for (size_t i = 0; i < seals.nr; i++)
		seals.v[i] = tables->endbr_seals[i].addr;
	qsort(seals.v, seals.nr, sizeof(*seals.v), by_value);
	for (size_t i = 0; i < in->laid.nr; i++)
		scan(in, &seals, &in->laid.sections[i]);
	free(seals.v);
}
