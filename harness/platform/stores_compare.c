// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "resolve.h"
#include "stores.h"

#define GDT    "while xen_setup_gdt() makes the first descriptor table"
#define VCPU   "until xen_setup_vcpu_info_placement()"
#define PAGING "until xen_post_allocator_init()"
#define NO_AD  "on a Xen that cannot preserve A and D bits, which none of the files is"
#define FILL   "cleared with its neighbours, which the same function then stores"

// clang-format off
/*
 * Values that are stored and are no platform's any more when the kernel patches itself.
 * Source: arch/x86/xen of 5.10 to 7.2; what replaces them is stored by the same image.
 */
static const struct {
	const char *field, *function, *reason;
} early[] = {
	{ "cpu.load_gdt",         "xen_load_gdt_boot",                    GDT },
	{ "cpu.write_gdt_entry",  "xen_write_gdt_entry_boot",             GDT },
	{ "irq.save_fl",          "paravirt_ret0",                        VCPU },
	{ "irq.irq_disable",      "_paravirt_nop",                        VCPU },
	{ "irq.irq_disable",      "nop_func",                             VCPU },
	{ "irq.irq_enable",       "paravirt_BUG",                         VCPU },
	{ "irq.irq_enable",       "BUG_func",                             VCPU },
	/* 5.10 */
	{ "irq.save_fl",          "__raw_callee_save_xen_save_fl",        VCPU },
	{ "irq.restore_fl",       "__raw_callee_save_xen_restore_fl",     VCPU },
	{ "irq.irq_disable",      "__raw_callee_save_xen_irq_disable",    VCPU },
	{ "irq.irq_enable",       "__raw_callee_save_xen_irq_enable",     VCPU },
	{ "mmu.ptep_modify_prot_start",  "__ptep_modify_prot_start",      NO_AD },
	{ "mmu.ptep_modify_prot_commit", "__ptep_modify_prot_commit",     NO_AD },
	{ "mmu.read_cr2",         "xen_read_cr2",                         VCPU },
	{ "mmu.write_cr3",        "xen_write_cr3_init",                   PAGING },
	{ "mmu.alloc_pte",        "xen_alloc_pte_init",                   PAGING },
	{ "mmu.alloc_pmd",        "xen_alloc_pmd_init",                   PAGING },
	{ "mmu.alloc_pud",        "xen_alloc_pmd_init",                   PAGING },
	{ "mmu.release_pte",      "xen_release_pte_init",                 PAGING },
	{ "mmu.release_pmd",      "xen_release_pmd_init",                 PAGING },
	{ "mmu.release_pud",      "xen_release_pmd_init",                 PAGING },
	{ "mmu.set_pte",          "xen_set_pte_init",                     PAGING },
	{ "mmu.set_pte",          "__xen_set_pte",                        PAGING },
	{ "mmu.set_pmd",          "xen_set_pmd_hyper",                    PAGING },
	{ "mmu.set_pud",          "xen_set_pud_hyper",                    PAGING },
	{ "mmu.set_p4d",          "xen_set_p4d_hyper",                    PAGING },
	{ "mmu.make_pte",         "__raw_callee_save_xen_make_pte_init",  PAGING },
};
// clang-format on

const char *pvp_store_state_name(enum pvp_store_state state)
{
	static const char *const names[] = {
#define X(id, name, what) [PVP_STORE_##id] = name,
		PVP_STORE_STATES(X)
#undef X
	};

	return names[state];
}

static const char *early_reason(const struct pvp_image *image, const char *field, uint64_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		if (!strcmp(early[i].field, field) &&
		    pvp_resolve_is_named(image, value, early[i].function))
			return early[i].reason;
	return NULL;
}

static bool is_named(const struct pvp_platform *const *platforms, size_t nr, size_t field,
		     uint64_t value)
{
	for (size_t i = 0; i < nr; i++)
		if (platforms[i]->pv_ops[field] == value)
			return true;
	return false;
}

struct rows {
	struct pvp_store_row *v;
	size_t nr, cap;
};

static bool has(const struct rows *rows, size_t field, uint64_t value)
{
	for (size_t i = 0; i < rows->nr; i++)
		if (rows->v[i].field == field && rows->v[i].value == value &&
		    rows->v[i].state != PVP_STORE_UNKNOWN)
			return true;
	return false;
}

#define ORDER(a, b) ((a) < (b) ? -1 : (a) > (b))

static int by_field(const void *left, const void *right)
{
	const struct pvp_store_row *a = left, *b = right;

	if (a->field != b->field)
		return ORDER(a->field, b->field);
	return ORDER(a->value, b->value);
}

void pvp_stores_compare(const struct pvp_stores *stores, const struct pvp_image *image,
			const struct pvp_tables *tables,
			const struct pvp_platform *const *platforms, size_t nr_platforms,
			struct pvp_store_row **ret, size_t *nr)
{
	struct rows rows = {0};

	for (size_t i = 0, n; i < stores->nr; i += n) {
		const struct pvp_store *first = &stores->v[i];
		struct pvp_store_row *row = pvp_push(&rows.v, &rows.nr, &rows.cap);

		for (n = 1; i + n < stores->nr; n++)
			if (first[n].field != first->field || first[n].value != first->value ||
			    first[n].known != first->known)
				break;
		*row = (struct pvp_store_row){
			first->field, first->value, PVP_STORE_UNNAMED, first, n, NULL};
		row->reason = early_reason(image, tables->fields[row->field].name, row->value);
		if (first->is_fill)
			row->reason = FILL;
		if (!first->known)
			row->state = PVP_STORE_UNKNOWN;
		else if (is_named(platforms, nr_platforms, row->field, row->value))
			row->state = PVP_STORE_AGREED;
		else if (row->reason)
			row->state = PVP_STORE_EARLY;
	}
	for (size_t i = 0; i < nr_platforms; i++)
		for (size_t k = 0; k < tables->nr_fields; k++) {
			uint64_t value = platforms[i]->pv_ops[k], linked = 0;
			struct pvp_error *err = pvp_image_pointer(image, tables->slots[k], &linked);

			pvp_error_destroy(err);
			if ((err || value != linked) && !has(&rows, k, value))
				*pvp_push(&rows.v, &rows.nr, &rows.cap) = (struct pvp_store_row){
					k, value, PVP_STORE_UNSTORED, NULL, 0, NULL};
		}
	if (rows.nr)
		qsort(rows.v, rows.nr, sizeof(*rows.v), by_field);
	*ret = rows.v;
	*nr = rows.nr;
}
