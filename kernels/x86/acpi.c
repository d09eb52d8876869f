// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many CPUs there are, by the firmware's list.  Source: ACPI 6.0, chapter 5.2.
 */
#include "boot.h"
#include "mm.h"

struct table {
	char name[4];
	u32 len;
	u8 pad[28];
};
_Static_assert(sizeof(struct table) == 36, "ACPI's header");

#define MAPPED (1UL << 30) /* of the direct map */

static const struct table *table_at(u64 phys)
{
	const struct table *t = __va(phys);

	return phys && phys < MAPPED - PAGE_SIZE && phys + t->len < MAPPED ? t : NULL;
}

static bool is_named(const struct table *t, u32 name)
{
	return *(const u32 *)t->name == name;
}

/* Type 0: local APIC, 8 bytes, bit 0 of the flags: enabled. */
static u32 count_in_madt(const struct table *madt)
{
	const u8 *bytes = (const u8 *)madt;
	u32 nr = 0;

	for (u32 i = 44; i + 8 <= madt->len && bytes[i + 1]; i += bytes[i + 1])
		nr += bytes[i] == 0 && (bytes[i + 4] & 1);
	return nr;
}

u32 acpi_count_cpus(u64 rsdp)
{
	const u8 *root = __va(rsdp);
	const struct table *tables, *t;
	bool wide;
	u64 phys;
	u32 nr = 0;

	if (!rsdp || rsdp > MAPPED - PAGE_SIZE)
		return 1;
	wide = root[15] >= 2 && *(const u64 *)(root + 24);
	tables = table_at(wide ? *(const u64 *)(root + 24) : *(const u32 *)(root + 16));
	if (!tables)
		return 1;
	for (u32 i = sizeof(*tables); i + (wide ? 8 : 4) <= tables->len; i += wide ? 8 : 4) {
		const u8 *entry = (const u8 *)tables + i;

		phys = wide ? *(const u64 *)entry : *(const u32 *)entry;
		t = table_at(phys);
		if (t && is_named(t, 0x43495041)) /* "APIC" */
			nr += count_in_madt(t);
	}
	return nr ? nr : 1;
}
