// SPDX-License-Identifier: GPL-2.0-only
#include "sites.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

// clang-format off
/* Static-call keys that are pv operations.  Source: asm/paravirt.h, asm/xen/hypercall.h and
 * arch/x86/hyperv of the kernels that have them. */
static const struct {
	const char *key, *op;
} pv_keys[] = {
	{ "pv_sched_clock", "static_call.pv_sched_clock" },
	{ "pv_steal_clock", "static_call.pv_steal_clock" },
	{ "xen_hypercall",  "static_call.xen_hypercall" },
	{ "hv_hypercall",   "static_call.hv_hypercall" },
};
// clang-format on

const char *pvp_site_kind_name(enum pvp_site_kind kind)
{
	switch (kind) {
#define X(id, name, what)                                                                          \
	case PVP_SITE_##id:                                                                        \
		return name;
		PVP_SITE_KINDS(X)
#undef X
	}
	return "?";
}

const char *pvp_site_table_name(enum pvp_site_table table)
{
	switch (table) {
#define X(id, name)                                                                                \
	case PVP_TABLE_##id:                                                                       \
		return name;
		PVP_SITE_TABLES(X)
#undef X
	case PVP_NR_SITE_TABLES:
		break;
	}
	return "?";
}

static int by_addr(const void *a, const void *b)
{
	const struct pvp_site *l = a, *r = b;

	if (l->addr != r->addr)
		return l->addr < r->addr ? -1 : 1;
	return l->entry < r->entry ? -1 : l->entry > r->entry;
}

static const char *pv_key_op(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(pv_keys); i++)
		if (!strcmp(pv_keys[i].key, name))
			return pv_keys[i].op;
	return NULL;
}

bool pvp_static_call_is_pv(const char *key)
{
	return pv_key_op(key);
}

static void add_para(const struct pvp_tables *tables, struct pvp_sites *sites, size_t *cap)
{
	for (size_t i = 0; i < tables->nr_para; i++) {
		const struct pvp_para_entry *entry = &tables->para[i];
		struct pvp_site *site = pvp_push(&sites->v, &sites->nr, cap);

		site->addr = entry->addr;
		site->len = entry->len;
		site->kind = PVP_SITE_PARAVIRT;
		site->op = tables->fields[entry->type].name;
		site->slot = entry->type;
		site->tail = entry->jmp;
		site->entry = entry->entry;
	}
}

/* The entries of one site are adjacent; the site is as long as the longest. */
static void add_direct_calls(const struct pvp_tables *tables, struct pvp_sites *sites, size_t *cap)
{
	for (size_t i = 0; i < tables->nr_alts; i++) {
		const struct pvp_alt_entry *entry = &tables->alts[i];
		struct pvp_site *site;

		if (!entry->direct_call)
			continue;
		site = pvp_push(&sites->v, &sites->nr, cap);
		site->addr = entry->addr;
		site->kind = PVP_SITE_PARAVIRT;
		site->op = tables->fields[entry->slot].name;
		site->slot = entry->slot;
		site->entry = entry->entry;
		for (size_t k = i; k < tables->nr_alts && tables->alts[k].addr == entry->addr; k++)
			if (site->len < tables->alts[k].len)
				site->len = tables->alts[k].len;
	}
}

static void add_static_calls(const struct pvp_image *image, const struct pvp_tables *tables,
			     struct pvp_sites *sites, size_t *cap)
{
	for (size_t i = 0; i < tables->nr_static_calls; i++) {
		const struct pvp_static_call_site *entry = &tables->static_calls[i];
		const char *op = pv_key_op(entry->name);
		const uint8_t *text = pvp_image_bytes(image, entry->addr, 1);
		struct pvp_site *site;

		if (!op)
			continue;
		site = pvp_push(&sites->v, &sites->nr, cap);
		site->addr = entry->addr;
		site->len = text && *text == 0x0f ? 6 : 5; /* jcc rel32, or call or jmp rel32 */
		site->kind = PVP_SITE_STATIC_CALL;
		site->op = op;
		site->key = entry->key;
		site->trampoline = entry->trampoline;
		site->tail = entry->tail;
		site->entry = entry->entry;
	}
}

/* The first site that ends above addr. */
static size_t first_above(const struct pvp_sites *sites, uint64_t addr)
{
	size_t low = 0, high = sites->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (sites->v[mid].addr + sites->v[mid].len <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* An alternative at a site of .parainstructions may be longer than its call: 6.1. */
static void add_room(const struct pvp_tables *tables, struct pvp_sites *sites)
{
	for (size_t i = 0; tables->nr_para && i < tables->nr_alts; i++) {
		const struct pvp_alt_entry *entry = &tables->alts[i];
		size_t at = first_above(sites, entry->addr);

		if (at < sites->nr && sites->v[at].addr == entry->addr &&
		    sites->v[at].kind == PVP_SITE_PARAVIRT && sites->v[at].len < entry->len)
			sites->v[at].len = entry->len;
	}
}

static void mark(struct pvp_sites *sites, uint64_t addr, uint64_t len, enum pvp_site_table table)
{
	for (size_t i = first_above(sites, addr); i < sites->nr; i++) {
		if (sites->v[i].addr >= addr + len)
			break;
		sites->v[i].tables |= 1u << table;
	}
}

static void mark_list(struct pvp_sites *sites, const struct pvp_addr_entry *v, size_t nr,
		      uint64_t len, enum pvp_site_table table)
{
	for (size_t i = 0; i < nr; i++)
		mark(sites, v[i].addr, len, table);
}

static void mark_tables(const struct pvp_tables *tables, struct pvp_sites *sites)
{
	for (size_t i = 0; i < tables->nr_para; i++)
		mark(sites, tables->para[i].addr, tables->para[i].len, PVP_TABLE_PARA);
	for (size_t i = 0; i < tables->nr_alts; i++)
		mark(sites, tables->alts[i].addr, tables->alts[i].len, PVP_TABLE_ALT);
	for (size_t i = 0; i < tables->nr_static_calls; i++)
		mark(sites, tables->static_calls[i].addr, 5, PVP_TABLE_STATIC_CALL);
	mark_list(sites, tables->retpolines, tables->nr_retpolines, 5, PVP_TABLE_RETPOLINE);
	mark_list(sites, tables->returns, tables->nr_returns, 5, PVP_TABLE_RETURN);
	mark_list(sites, tables->calls, tables->nr_calls, 5, PVP_TABLE_CALL);
	mark_list(sites, tables->smp_locks, tables->nr_smp_locks, 1, PVP_TABLE_SMP_LOCK);
	for (size_t i = 0; i < tables->nr_jumps; i++)
		mark(sites, tables->jumps[i].addr, 2, PVP_TABLE_JUMP_LABEL);
}

/* Counts one op's sites: one counter a slot, then one a pv key. */
static void number(const struct pvp_tables *tables, struct pvp_sites *sites)
{
	uint32_t *nr = pvp_calloc(tables->nr_fields + ARRAY_SIZE(pv_keys), sizeof(*nr));

	for (size_t i = 0; i < sites->nr; i++) {
		struct pvp_site *site = &sites->v[i];
		size_t counter = site->slot;

		for (size_t k = 0; site->kind == PVP_SITE_STATIC_CALL && k < ARRAY_SIZE(pv_keys);
		     k++)
			if (site->op == pv_keys[k].op)
				counter = tables->nr_fields + k;
		site->ordinal = ++nr[counter];
	}
	free(nr);
}

static struct pvp_error *check(const struct pvp_image *image, struct pvp_sites *sites)
{
	for (size_t i = 0; i < sites->nr; i++) {
		struct pvp_site *site = &sites->v[i], *before = site - 1;

		if (i && site->addr - before->addr < before->len)
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"pv sites overlap: %s at %#" PRIx64
						" (entry at %#" PRIx64 ") and %s at %#" PRIx64
						" (entry at %#" PRIx64 ")",
						before->op, before->addr, before->entry, site->op,
						site->addr, site->entry);
		site->linked = pvp_image_bytes(image, site->addr, site->len);
		if (!site->linked)
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"site %#" PRIx64 " (entry at %#" PRIx64
						"): no contents in the file",
						site->addr, site->entry);
	}
	return NULL;
}

struct pvp_error *pvp_sites_scan(const struct pvp_image *image, const struct pvp_tables *tables,
				 struct pvp_sites *ret)
{
	struct pvp_sites sites = {0};
	struct pvp_error *err;
	size_t cap = 0;

	add_para(tables, &sites, &cap);
	add_direct_calls(tables, &sites, &cap);
	add_static_calls(image, tables, &sites, &cap);
	if (sites.nr)
		qsort(sites.v, sites.nr, sizeof(*sites.v), by_addr);
	add_room(tables, &sites);
	err = check(image, &sites);
	if (err) {
		pvp_sites_deinit(&sites);
		return err;
	}
	mark_tables(tables, &sites);
	number(tables, &sites);
	*ret = sites;
	return NULL;
}

void pvp_sites_deinit(struct pvp_sites *sites)
{
	if (!sites)
		return;
	free(sites->v);
	memset(sites, 0, sizeof(*sites));
}

const struct pvp_site *pvp_sites_find(const struct pvp_sites *sites, uint64_t addr)
{
	size_t i = first_above(sites, addr);

	return i < sites->nr && sites->v[i].addr <= addr ? &sites->v[i] : NULL;
}
