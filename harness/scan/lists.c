// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include "alloc.h"

struct list {
	const char *section;
	unsigned len;	 /* bytes at the address that the patcher looks at */
	bool skip_zeros; /* a zero word is padding */
	size_t array;	 /* in struct pvp_tables: offset of the array, and of its count */
	size_t nr;
};

#define AT(array, nr) offsetof(struct pvp_tables, array), offsetof(struct pvp_tables, nr)

// clang-format off
/* Tables of one 32-bit word an entry: target = address of the word + its signed value.
 * len: a call or jmp is at least 5 bytes, endbr64 4, a lock prefix 1.
 * Source: asm/alternative.h, arch/x86/kernel/vmlinux.lds.S of Linux 6.1; `.smp_locks` is filled up
 * with zero words to a page (Debian's images). */
static const struct list lists[] = {
	/* section             len  skip_zeros  where */
	{ ".retpoline_sites",    5, false, AT(retpolines, nr_retpolines) },
	{ ".return_sites",       5, false, AT(returns, nr_returns) },
	{ ".call_sites",         5, false, AT(calls, nr_calls) },
	{ ".ibt_endbr_seal",     4, false, AT(endbr_seals, nr_endbr_seals) },
	{ ".smp_locks",          1, true,  AT(smp_locks, nr_smp_locks) },
};
// clang-format on

static struct pvp_error *read_list(const struct pvp_image *image, const struct list *list,
				   struct pvp_tables *ret)
{
	struct pvp_addr_entry **array = (void *)((char *)ret + list->array);
	size_t *nr = (void *)((char *)ret + list->nr);
	struct pvp_span span;
	struct pvp_error *err;

	err = pvp_span_section(image, list->section, 4, &span);
	if (err)
		return err;
	*array = pvp_calloc(span.nr, sizeof(**array));
	for (size_t i = 0; i < span.nr; i++) {
		struct pvp_addr_entry *entry = &(*array)[*nr];

		if (list->skip_zeros && !pvp_span_uint(&span, i, 0, 4))
			continue;
		entry->addr = pvp_span_rel32(&span, i, 0);
		entry->entry = pvp_span_entry(&span, i);
		err = pvp_span_text(&span, i, image, entry->addr, list->len, "site");
		if (err)
			return err;
		++*nr;
	}
	return NULL;
}

struct pvp_error *pvp_read_lists(const struct pvp_image *image, const struct pvp_layout *layout,
				 struct pvp_tables *ret)
{
	(void)layout;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct pvp_error *err = read_list(image, &lists[i], ret);

		if (err)
			return err;
	}
	return NULL;
}
