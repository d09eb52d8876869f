// SPDX-License-Identifier: GPL-2.0-only
#include "patchable.h"

#include <inttypes.h>

/* No entry is longer: its length is a byte in its table. */
#define MAX_ROOM UINT8_MAX

static bool is_in_table(const struct pvp_tables *tables, uint64_t addr)
{
	for (uint64_t back = 0; tables && back <= MAX_ROOM && back <= addr; back++)
		if (pvp_tables_room_at(tables, addr - back) > back)
			return true;
	return false;
}

static bool is_in_trap_row(const struct pvp_entry_sites *entry, uint64_t addr)
{
	const struct pvp_site *site = entry ? pvp_sites_find(&entry->sites, addr) : NULL;

	return site && site->kind == PVP_SITE_TRAP;
}

static bool is_slot(const struct pvp_patchable *patchable, uint64_t addr)
{
	const unsigned word = patchable->image->ptr_len;
	const struct pvp_tables *tables = patchable->tables;

	for (size_t i = 0; tables && i < tables->nr_fields; i++)
		if (addr - tables->slots[i] < word)
			return true;
	return false;
}

static bool is_key(const struct pvp_patchable *patchable, uint64_t addr)
{
	const struct pvp_tables *tables = patchable->tables;

	for (size_t i = 0; tables && i < tables->nr_static_call_keys; i++)
		if (tables->static_call_keys[i].key &&
		    addr - tables->static_call_keys[i].key < patchable->image->ptr_len)
			return true;
	return false;
}

struct pvp_error *pvp_patchable_check(const struct pvp_patchable *patchable, uint64_t addr,
				      uint64_t len)
{
	const char *option;
	char where[256];

	for (uint64_t i = 0; i < len; i++) {
		const struct pvp_section *section =
			pvp_image_section_at(patchable->image, addr + i);

		if (section && section->exec && !section->write)
			continue;
		if (is_in_table(patchable->tables, addr + i) ||
		    is_in_trap_row(patchable->entry, addr + i))
			continue;
		option = is_slot(patchable, addr + i)  ? ": its functions are the platform's (--pvop)"
			 : is_key(patchable, addr + i) ? ": its function is the platform's (--static-call)"
						       : "";
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%#" PRIx64 " (%s) is data, no patched text%s", addr + i,
					pvp_image_describe(patchable->image, addr + i, where,
							   sizeof(where)),
					option);
	}
	return NULL;
}
