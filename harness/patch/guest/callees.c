// SPDX-License-Identifier: GPL-2.0-only
#include "callees.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

// clang-format off
#define RETURN  PVP_CALLEE_RETURN, NULL
#define ALLOC   PVP_CALLEE_ALLOC, NULL
/* Source: what the callers listed in guest.c call, in Linux 5.10 to 7.2, that needs more of a
 * machine than memory. */
const struct pvp_callee pvp_callees[PVP_NR_CALLEES] = {
	/* name                        what */
	{ "int3_selftest",            RETURN }, /* takes a breakpoint, through the IDT */
	{ "stop_nmi",                 RETURN }, /* nobody interrupts the patcher */
	{ "restart_nmi",              RETURN },
	{ "paravirt_set_cap",         RETURN }, /* the capability words are final */
	{ "free_init_pages",          RETURN }, /* there is no page allocator */
	{ "mutex_lock",               RETURN }, /* nobody else holds any lock */
	{ "mutex_lock_nested",        RETURN },
	{ "mutex_unlock",             RETURN },
	{ "cpus_read_lock",           RETURN },
	{ "cpus_read_unlock",         RETURN },
	{ "register_module_notifier", RETURN }, /* there are no modules */
	{ "register_die_notifier",    RETURN }, /* nor exceptions through the IDT */
	{ "unregister_die_notifier",  RETURN },
	{ "printk",                   RETURN }, /* nobody reads it */
	{ "_printk",                  RETURN },
	{ "__warn_printk",            RETURN },
	/* Maps the page in an address space of its own, and copies there: by the function it is
	 * given, or (5.10) by itself. */
	{ "__text_poke",              PVP_CALLEE_APPLY, "text_poke_memcpy" },
	{ "__text_poke",              PVP_CALLEE_INSTEAD, "memcpy" },
	/* Pages for ITS thunks, at a run-time address, and their rights. */
	{ "module_alloc",             ALLOC },
	{ "execmem_alloc",            ALLOC },
	{ "execmem_alloc_rw",         ALLOC },
	{ "krealloc",                 ALLOC }, /* the list of these pages: fits in one */
	{ "krealloc_noprof",          ALLOC },
	{ "krealloc_node_align_noprof", ALLOC },
	{ "kfree",                    RETURN },
	{ "execmem_restore_rox",      RETURN },
	{ "set_memory_rw",            RETURN }, /* all memory can be written */
	{ "set_memory_ro",            RETURN },
	{ "set_memory_rox",           RETURN },
	{ "set_memory_x",             RETURN },
	{ "set_memory_nx",            RETURN },
};
#undef RETURN
#undef ALLOC
// clang-format on

static void add_at(struct pvp_specials *specials, uint64_t addr, enum pvp_special_kind kind,
		   unsigned index)
{
	struct pvp_special *special;

	for (size_t i = 0; i < specials->nr; i++)
		if (specials->v[i].addr == addr)
			return;
	special = pvp_push(&specials->v, &specials->nr, &specials->cap);
	special->addr = addr;
	special->kind = kind;
	special->index = index;
}

void pvp_specials_add(struct pvp_specials *specials, const struct pvp_image *image,
		      const char *name, enum pvp_special_kind kind, unsigned index)
{
	const struct pvp_symbol *const *found;
	size_t nr;

	found = pvp_image_symbols_named(image, name, &nr);
	for (size_t i = 0; i < nr; i++)
		add_at(specials, found[i]->addr, kind, index);
}

void pvp_specials_add_callees(struct pvp_specials *specials, const struct pvp_image *image,
			      const struct pvp_tables *tables, const struct pvp_platform *platform)
{
	static const char *const interrupts[] = {"irq.save_fl", "irq.restore_fl", "irq.irq_disable",
						 "irq.irq_enable"};

	for (unsigned i = 0; i < PVP_NR_CALLEES; i++) {
		const struct pvp_callee *callee = &pvp_callees[i];
		bool lacks = callee->other && !pvp_image_symbols_named(image, callee->other, NULL);

		if (lacks && callee->kind == PVP_CALLEE_APPLY)
			continue;
		pvp_specials_add(specials, image, callee->name,
				 lacks ? PVP_SPECIAL_OPAQUE : PVP_SPECIAL_CALLEE, i);
	}
	for (size_t i = 0; i < platform->nr_pv_ops && i < tables->nr_fields; i++)
		for (size_t k = 0; k < ARRAY_SIZE(interrupts); k++)
			if (!strcmp(tables->fields[i].name, interrupts[k]) && platform->pv_ops[i])
				add_at(specials, platform->pv_ops[i], PVP_SPECIAL_CALLEE,
				       PVP_NR_CALLEES);
}

void pvp_specials_deinit(struct pvp_specials *specials)
{
	free(specials->v);
	memset(specials, 0, sizeof(*specials));
}
