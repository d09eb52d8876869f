// SPDX-License-Identifier: GPL-2.0-only
/*
 * spoil_entry.c - entry code, and rows of Xen's trap table, which are data.
 */
#include "spoil.h"

#include <inttypes.h>
#include <string.h>

#include "alloc.h"

/* swapgs: 0f 01 f8 */
bool pvp_spoil_swapgs(struct pvp_spoil *s)
{
	static const uint8_t swapgs[] = {0x0f, 0x01, 0xf8};

	if (s->variant == 1)
		return pvp_spoil_append(s, swapgs, sizeof(swapgs));
	for (size_t i = 0; i < s->nr_insns; i++)
		if (s->insns[i].len == sizeof(swapgs) &&
		    !memcmp(s->good + s->insns[i].at, swapgs, sizeof(swapgs))) {
			memset(s->out + s->insns[i].at, 0x90, sizeof(swapgs));
			return true;
		}
	return false;
}

static void set_xen(struct pvp_spoil *s, uint64_t addr)
{
	memcpy(s->out + 8, &addr, sizeof(addr));
}

/* Bare metal never reads the table. */
bool pvp_spoil_row(struct pvp_spoil *s)
{
	const struct pvp_spoil_context *context = s->context;
	const struct pvp_check_input *check = &context->input->check;
	const struct pvp_entry_sites *entry = check->entry;
	const struct pvp_trap_row *row = &entry->rows[s->site->slot];
	const struct pvp_trap_row *next = &entry->rows[(s->site->slot + 1) % entry->nr_rows];
	size_t above = pvp_spoil_function_above(context, row->xen);

	if (check->platform->hypervisor != PVP_HV_XEN_PV || row->vector < 0)
		return false;
	switch (s->variant) {
	case 0:
		set_xen(s, row->native);
		return true;
	case 1:
		set_xen(s, next->xen);
		return true;
	case 2:
		set_xen(s, row->xen + 1);
		return true;
	case 3:
		set_xen(s, above < context->nr_functions ? context->functions[above] : 0);
		return true;
	case 4: /* nobody asks where the gate has no stack of its own */
		s->out[16] = 0;
		return row->ist_ok && entry->gates[row->vector].ist;
	case 5:
		memcpy(s->out, &next->native, sizeof(next->native));
		return true;
	}
	return false;
}

char *pvp_spoil_row_text(const struct pvp_spoil_context *context, const struct pvp_site *site,
			 const uint8_t *bytes)
{
	const struct pvp_check_input *check = &context->input->check;
	const struct pvp_trap_row row = pvp_trap_row_of(check->entry, site->addr, bytes);
	char native[128], xen[128];

	return pvp_asprintf("%s -> %s%s",
			    pvp_image_describe(check->image, row.native, native, sizeof(native)),
			    pvp_image_describe(check->image, row.xen, xen, sizeof(xen)),
			    row.ist_ok ? ", ist_ok" : "");
}
