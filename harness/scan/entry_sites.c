// SPDX-License-Identifier: GPL-2.0-only
#include "entry_sites.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bytes.h"

#define XENPV 272 /* X86_FEATURE_XENPV, the same number in 5.10 to 7.2 */

// clang-format off
/*
 * What an alternative for Xen PV in entry text is: by what is linked there, or by the function it
 * is in (a beginning of its name).  The first row that fits.  What the replacement is does not
 * count: that is judged.  Source: arch/x86/entry/entry_64.S, entry_64_compat.S, calling.h of 5.10
 * to 7.2.
 */
static const struct {
	enum pvp_entry_op op;
	const char *in;      /* NULL: anywhere */
	unsigned len;        /* linked bytes that must fit */
	uint8_t linked[3];
	const char *callee;  /* of the call that is linked; NULL: it is none */
} kinds[] = {
	/* swapgs */
	{ PVP_ENTRY_SWAPGS,         NULL,                         3, { 0x0f, 0x01, 0xf8 }, NULL },
	/* call rel32 */
	{ PVP_ENTRY_ERROR_ENTRY,    NULL,                         1, { 0xe8 },             "error_entry" },
	{ PVP_ENTRY_RETURN_TO_USER, "common_interrupt_return",    0, { 0 },                NULL },
	{ PVP_ENTRY_RETURN_TO_USER, "swapgs_restore_regs_and_return_to_usermode", 0, { 0 }, NULL },
	{ PVP_ENTRY_SYSRET64,       "entry_SYSCALL_64",           0, { 0 },                NULL },
	{ PVP_ENTRY_SYSRET32,       "entry_SYSENTER_compat",      0, { 0 },                NULL },
	{ PVP_ENTRY_SYSRET32,       "entry_SYSCALL_compat",       0, { 0 },                NULL },
	{ PVP_ENTRY_SYSRET32,       "sysret32_from_system_call",  0, { 0 },                NULL },
	{ PVP_ENTRY_INT80_STACK,    "entry_INT80_compat",         0, { 0 },                NULL },
};

static const char *const names[] = {
#define X(id, name, what) [PVP_ENTRY_##id] = name,
	PVP_ENTRY_OPS(X)
#undef X
};
// clang-format on

/* The only symbol of that name, or 0. */
static uint64_t symbol(const struct pvp_image *image, const char *name)
{
	size_t nr;
	const struct pvp_symbol *const *found = pvp_image_symbols_named(image, name, &nr);

	return nr == 1 ? found[0]->addr : 0;
}

static bool calls(const struct pvp_image *image, const struct pvp_alt_entry *entry,
		  const char *callee)
{
	const struct pvp_bytes text = {pvp_image_bytes(image, entry->addr, entry->len), entry->len};
	uint64_t rel;

	return text.data && pvp_bytes_uint(&text, 1, 4, &rel) &&
	       entry->addr + 5 + (int64_t)(int32_t)rel == symbol(image, callee);
}

static enum pvp_entry_op op_of(const struct pvp_image *image, const struct pvp_alt_entry *entry)
{
	const uint8_t *linked = pvp_image_bytes(image, entry->addr, entry->len);
	const struct pvp_symbol *in = pvp_image_symbol_at(image, entry->addr);

	for (size_t i = 0; linked && i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].in && (!in || strncmp(in->name, kinds[i].in, strlen(kinds[i].in))))
			continue;
		if (kinds[i].len > entry->len || memcmp(linked, kinds[i].linked, kinds[i].len))
			continue;
		if (!kinds[i].callee || calls(image, entry, kinds[i].callee))
			return kinds[i].op;
	}
	return PVP_ENTRY_OTHER;
}

static struct pvp_site *add(struct pvp_entry_sites *entry, size_t *cap, enum pvp_entry_op op,
			    uint64_t addr, uint32_t len)
{
	struct pvp_site *site = pvp_push(&entry->sites.v, &entry->sites.nr, cap);

	site->addr = addr;
	site->len = len;
	site->kind = PVP_SITE_ENTRY;
	site->op = names[op];
	site->slot = op;
	return site;
}

/* What replaces text on Xen PV, in entry text. */
static void add_alternatives(const struct pvp_image *image, const struct pvp_tables *tables,
			     struct pvp_entry_sites *entry, size_t *cap)
{
	const uint64_t start = symbol(image, "__entry_text_start");
	const uint64_t end = symbol(image, "__entry_text_end");

	for (size_t i = 0; i < tables->nr_alts; i++) {
		const struct pvp_alt_entry *alt = &tables->alts[i];
		struct pvp_site *site;

		if (alt->feature != XENPV || alt->negated || alt->direct_call || !alt->len ||
		    alt->addr < start || alt->addr >= end)
			continue;
		site = add(entry, cap, op_of(image, alt), alt->addr, alt->len);
		site->entry = alt->entry;
		site->tables = 1u << PVP_TABLE_ALT;
	}
}

static void add_rows(struct pvp_entry_sites *entry, size_t *cap)
{
	for (size_t i = 0; i < entry->nr_rows; i++) {
		struct pvp_site *site = pvp_push(&entry->sites.v, &entry->sites.nr, cap);

		site->addr = site->entry = entry->rows[i].addr;
		site->len = PVP_TRAP_ROW_LEN;
		site->kind = PVP_SITE_TRAP;
		site->op = pvp_trap_name(entry->rows[i].vector);
		site->slot = i;
	}
}

static int by_addr(const void *a, const void *b)
{
	const struct pvp_site *l = a, *r = b;

	if (l->addr != r->addr)
		return l->addr < r->addr ? -1 : 1;
	return l->entry < r->entry ? -1 : l->entry > r->entry;
}

/* Order, bytes and ordinals. */
static struct pvp_error *finish(const struct pvp_image *image, struct pvp_sites *sites)
{
	if (sites->nr)
		qsort(sites->v, sites->nr, sizeof(*sites->v), by_addr);
	for (size_t i = 0; i < sites->nr; i++) {
		struct pvp_site *site = &sites->v[i], *before = site - 1;

		if (i && site->addr - before->addr < before->len)
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"entry-code sites overlap: %s at %#" PRIx64
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
		for (size_t k = i; k-- && !site->ordinal;)
			if (!strcmp(sites->v[k].op, site->op))
				site->ordinal = sites->v[k].ordinal + 1;
		if (!site->ordinal)
			site->ordinal = 1;
	}
	return NULL;
}

struct pvp_error *pvp_entry_sites_scan(const struct pvp_image *image,
				       const struct pvp_tables *tables, struct pvp_entry_sites *ret)
{
	struct pvp_entry_sites entry = {0};
	struct pvp_error *err = NULL;
	size_t cap = 0;

	if (image->arch == PVP_ARCH_AMD64) {
		add_alternatives(image, tables, &entry, &cap);
		if (tables->early_iret)
			add(&entry, &cap, PVP_ENTRY_IRET, tables->early_iret, 5)->entry =
				tables->early_iret;
		err = pvp_read_gates(image, &entry);
		if (!err)
			pvp_read_trap_rows(image, &entry);
		add_rows(&entry, &cap);
	}
	if (!err)
		err = finish(image, &entry.sites);
	if (err)
		pvp_entry_sites_deinit(&entry);
	else
		*ret = entry;
	return err;
}

void pvp_entry_sites_deinit(struct pvp_entry_sites *entry)
{
	if (!entry)
		return;
	pvp_sites_deinit(&entry->sites);
	free(entry->rows);
	memset(entry, 0, sizeof(*entry));
}
