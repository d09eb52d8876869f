// SPDX-License-Identifier: GPL-2.0-only
#include "callees.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

// clang-format off
/* Source: what alternative_instructions(), static_call_init() and __static_call_update() of Linux
 * 6.1 call that needs more of a machine than memory. */
const struct pvp_callee pvp_callees[PVP_NR_CALLEES] = {
	/* name                       what */
	{ "int3_selftest",           PVP_CALLEE_RETURN }, /* takes a breakpoint, through the IDT */
	{ "stop_nmi",                PVP_CALLEE_RETURN },
	{ "restart_nmi",             PVP_CALLEE_RETURN },
	{ "paravirt_set_cap",        PVP_CALLEE_RETURN }, /* the capability words are final */
	{ "free_init_pages",         PVP_CALLEE_RETURN },
	{ "mutex_lock",              PVP_CALLEE_RETURN }, /* nobody else holds any lock */
	{ "mutex_lock_nested",       PVP_CALLEE_RETURN },
	{ "mutex_unlock",            PVP_CALLEE_RETURN },
	{ "cpus_read_lock",          PVP_CALLEE_RETURN },
	{ "cpus_read_unlock",        PVP_CALLEE_RETURN },
	{ "register_module_notifier", PVP_CALLEE_RETURN },
	{ "_printk",                 PVP_CALLEE_RETURN },
	{ "__warn_printk",           PVP_CALLEE_RETURN },
	{ "module_alloc",            PVP_CALLEE_STOP }, /* for ITS thunks: at a run-time address */
	{ "__text_poke",             PVP_CALLEE_APPLY }, /* maps the page elsewhere, then does so */
};
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

	for (unsigned i = 0; i < PVP_NR_CALLEES; i++)
		pvp_specials_add(specials, image, pvp_callees[i].name,
				 pvp_callees[i].kind == PVP_CALLEE_STOP ? PVP_SPECIAL_OPAQUE
									: PVP_SPECIAL_CALLEE,
				 i);
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
