// SPDX-License-Identifier: GPL-2.0-only
#include "transfer_sites.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define NR_REGS	  16
#define THUNK_LEN 32 /* of an element of __x86_indirect_thunk_array */
#define CS	  0x2e
#define MAX_LEN	  15

/* In the order of the thunk array.  Source: asm/GEN-for-each-reg.h. */
static const char *const reg_names[NR_REGS] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
};

/* Ops in a fixed order: return, one a register, one without, one a key. */
enum { OP_RETURN, OP_RETPOLINE, OP_NO_REG = OP_RETPOLINE + NR_REGS, OP_KEY };

/* A site and what it is, until they are sorted. */
struct found {
	struct pvp_site site;
	struct pvp_transfer branch;
};

struct scan {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	uint64_t thunks[NR_REGS];
	struct found *v;
	size_t nr, cap;
};

static uint64_t symbol(const struct pvp_image *image, const char *name)
{
	uint64_t addr = 0;

	pvp_error_destroy(pvp_image_symbol(image, name, &addr));
	return addr;
}

/* Each thunk by its name; where they have none, by the array's. */
static void find_thunks(struct scan *scan)
{
	const uint64_t array = symbol(scan->image, "__x86_indirect_thunk_array");

	for (unsigned i = 0; i < NR_REGS; i++) {
		char *name = pvp_asprintf("__x86_indirect_thunk_%s", reg_names[i]);

		scan->thunks[i] = symbol(scan->image, name);
		free(name);
		if (!scan->thunks[i] && array)
			scan->thunks[i] = array + i * THUNK_LEN;
	}
}

/*
 * call, jmp or jcc rel32, perhaps behind 2e: its length, or 0.  Nothing but that is at such a site
 * in the file.
 */
static unsigned decode(const struct pvp_image *image, uint64_t addr, struct pvp_transfer *ret,
		       uint64_t *target)
{
	const uint8_t *text = NULL;
	unsigned room = MAX_LEN + 1, at = 0;
	int32_t rel;

	while (!text && room > 5)
		text = pvp_image_bytes(image, addr, --room);
	if (!text)
		return 0;
	while (at < room && text[at] == CS)
		at++;
	if (room - at >= 5 && (text[at] == 0xe8 || text[at] == 0xe9)) {
		ret->call = text[at] == 0xe8;
		at++;
	} else if (room - at >= 6 && text[at] == 0x0f && (text[at + 1] & 0xf0) == 0x80) {
		ret->cond = text[at + 1] & 0xf;
		at += 2;
	} else {
		return 0;
	}
	memcpy(&rel, text + at, sizeof(rel));
	*target = addr + at + 4 + (int64_t)rel;
	return at + 4;
}

static struct found *add(struct scan *scan, enum pvp_site_kind kind, uint64_t addr, uint64_t entry,
			 uint64_t *target)
{
	struct found *found = pvp_push(&scan->v, &scan->nr, &scan->cap);
	unsigned len;

	found->branch = (struct pvp_transfer){.cond = PVP_TRANSFER_ALWAYS,
					    .reg = PVP_TRANSFER_NO_REG,
					    .key = PVP_TRANSFER_NO_KEY};
	*target = 0;
	len = decode(scan->image, addr, &found->branch, target);
	found->site.kind = kind;
	found->site.addr = addr;
	found->site.len = len ? len : 5;
	found->site.entry = entry;
	return found;
}

static void add_returns(struct scan *scan)
{
	for (size_t i = 0; i < scan->tables->nr_returns; i++) {
		const struct pvp_addr_entry *entry = &scan->tables->returns[i];
		uint64_t target;

		add(scan, PVP_SITE_RETURN, entry->addr, entry->entry, &target)->site.slot =
			OP_RETURN;
	}
}

static void add_retpolines(struct scan *scan)
{
	for (size_t i = 0; i < scan->tables->nr_retpolines; i++) {
		const struct pvp_addr_entry *entry = &scan->tables->retpolines[i];
		uint64_t target;
		struct found *found =
			add(scan, PVP_SITE_RETPOLINE, entry->addr, entry->entry, &target);

		found->site.slot = OP_NO_REG;
		for (unsigned reg = 0; target && reg < NR_REGS; reg++)
			if (scan->thunks[reg] == target) {
				found->branch.reg = reg;
				found->site.slot = OP_RETPOLINE + reg;
			}
	}
}

static int by_key(const void *a, const void *b)
{
	const struct pvp_static_call_key *l = a, *r = b;

	return l->key < r->key ? -1 : l->key > r->key;
}

static void add_static_calls(struct scan *scan)
{
	const struct pvp_tables *tables = scan->tables;

	for (size_t i = 0; i < tables->nr_static_calls; i++) {
		const struct pvp_static_call_site *entry = &tables->static_calls[i];
		struct pvp_static_call_key wanted = {.key = entry->key}, *key;
		struct found *found;
		uint64_t target;

		if (pvp_static_call_is_pv(entry->name))
			continue;
		key = bsearch(&wanted, tables->static_call_keys, tables->nr_static_call_keys,
			      sizeof(wanted), by_key);
		found = add(scan, PVP_SITE_KEY_CALL, entry->addr, entry->entry, &target);
		found->branch.key = key - tables->static_call_keys; /* the reader added all */
		found->branch.call = !entry->tail;
		found->site.slot = OP_KEY + found->branch.key;
		found->site.key = entry->key;
		found->site.trampoline = entry->trampoline;
		found->site.tail = entry->tail;
	}
}

static void add_trampolines(struct scan *scan)
{
	const struct pvp_tables *tables = scan->tables;

	for (size_t i = 0; i < tables->nr_static_call_keys; i++) {
		const struct pvp_static_call_key *key = &tables->static_call_keys[i];
		struct found *found;
		uint64_t target;

		if (!key->trampoline || !pvp_image_is_text(scan->image, key->trampoline, 5))
			continue;
		found = add(scan, PVP_SITE_TRAMPOLINE, key->trampoline, key->trampoline, &target);
		found->branch = (struct pvp_transfer){.cond = PVP_TRANSFER_ALWAYS,
						    .reg = PVP_TRANSFER_NO_REG,
						    .key = i};
		found->site.slot = OP_KEY + i;
		found->site.len = 5;
		found->site.key = key->key;
		found->site.trampoline = key->trampoline;
		found->site.tail = true;
	}
}

/* Ascending by address; at one address trampolines come first, then as the tables have it. */
static int by_addr(const void *a, const void *b)
{
	const struct found *l = a, *r = b;

	if (l->site.addr != r->site.addr)
		return l->site.addr < r->site.addr ? -1 : 1;
	if (l->site.kind != r->site.kind)
		return l->site.kind > r->site.kind ? -1 : 1;
	return l->site.entry < r->site.entry ? -1 : l->site.entry > r->site.entry;
}

static void make_ops(const struct pvp_tables *tables, struct pvp_transfer_sites *ret)
{
	ret->nr_ops = OP_KEY + tables->nr_static_call_keys;
	ret->ops = pvp_calloc(ret->nr_ops, sizeof(*ret->ops));
	ret->ops[OP_RETURN] = pvp_strdup("return");
	for (unsigned i = 0; i < NR_REGS; i++)
		ret->ops[OP_RETPOLINE + i] = pvp_asprintf("retpoline.%s", reg_names[i]);
	ret->ops[OP_NO_REG] = pvp_strdup("retpoline.unknown");
	for (size_t i = 0; i < tables->nr_static_call_keys; i++) {
		const struct pvp_static_call_key *key = &tables->static_call_keys[i];

		ret->ops[OP_KEY + i] =
			key->name ? pvp_asprintf("static_call.%s", key->name)
				  : pvp_asprintf("static_call.key_%" PRIx64, key->key);
	}
}

struct pvp_error *pvp_transfer_sites_scan(const struct pvp_image *image,
					const struct pvp_tables *tables,
					struct pvp_transfer_sites *ret)
{
	struct scan scan = {.image = image, .tables = tables};
	struct pvp_transfer_sites transfers = {0};
	struct pvp_error *err = NULL;
	uint32_t *ordinals;
	size_t nr = 0;

	find_thunks(&scan);
	add_returns(&scan);
	add_retpolines(&scan);
	add_static_calls(&scan);
	add_trampolines(&scan);
	if (scan.nr)
		qsort(scan.v, scan.nr, sizeof(*scan.v), by_addr);
	make_ops(tables, &transfers);
	transfers.sites.v = pvp_calloc(scan.nr, sizeof(*transfers.sites.v));
	transfers.v = pvp_calloc(scan.nr, sizeof(*transfers.v));
	ordinals = pvp_calloc(transfers.nr_ops, sizeof(*ordinals));
	for (size_t i = 0; i < scan.nr && !err; i++) {
		struct pvp_site *site = &scan.v[i].site;

		if (nr && transfers.sites.v[nr - 1].addr == site->addr)
			continue;
		site->op = transfers.ops[site->slot];
		site->ordinal = ++ordinals[site->slot];
		site->linked = pvp_image_bytes(image, site->addr, site->len);
		if (!site->linked)
			err = pvp_error_format(PVP_ERR_BAD_DATA,
					       "%s site %#" PRIx64 " (entry at %#" PRIx64
					       "): no contents in the file",
					       pvp_site_kind_name(site->kind), site->addr,
					       site->entry);
		transfers.sites.v[nr] = *site;
		transfers.v[nr++] = scan.v[i].branch;
	}
	transfers.sites.nr = nr;
	free(ordinals);
	free(scan.v);
	if (err)
		pvp_transfer_sites_deinit(&transfers);
	else
		*ret = transfers;
	return err;
}

void pvp_transfer_sites_deinit(struct pvp_transfer_sites *transfers)
{
	if (!transfers)
		return;
	pvp_sites_deinit(&transfers->sites);
	for (size_t i = 0; i < transfers->nr_ops; i++)
		free(transfers->ops[i]);
	free(transfers->ops);
	free(transfers->v);
	memset(transfers, 0, sizeof(*transfers));
}
