// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/*
 * Entry of the static-call site table: rel32 site, rel32 key with two flags in the low bits of the
 * sum.  Source: struct static_call_site, linux/static_call_types.h of Linux 6.1.
 */
enum { STRIDE = 8, ADDR = 0, KEY = 4 };

#define TAIL  1
#define FLAGS 3 /* bit 1: site in init text; set at run time only */

#define TRAMPOLINE_LEN 5
#define JMP	       0xe9
#define RET	       0xc3

#define KEY_PREFIX	  "__SCK__"
#define TRAMPOLINE_PREFIX "__SCT__"

static int by_key(const void *a, const void *b)
{
	const struct pvp_static_call_key *l = a, *r = b;

	return l->key < r->key ? -1 : l->key > r->key;
}

/* Among the first nr keys. */
static struct pvp_static_call_key *find_key(const struct pvp_tables *tables, size_t nr,
					    uint64_t key)
{
	struct pvp_static_call_key wanted = {.key = key};

	if (!nr)
		return NULL;
	return bsearch(&wanted, tables->static_call_keys, nr, sizeof(wanted), by_key);
}

/* 0 when there is no such symbol, or several: then the name does not say which. */
static uint64_t trampoline_of(const struct pvp_image *image, const char *name)
{
	char *symbol = pvp_asprintf(TRAMPOLINE_PREFIX "%s", name);
	const struct pvp_symbol *const *found;
	size_t nr;

	found = pvp_image_symbols_named(image, symbol, &nr);
	free(symbol);
	for (size_t i = 1; i < nr; i++)
		if (found[i]->addr != found[0]->addr)
			return 0;
	return nr ? found[0]->addr : 0;
}

/* Keys by their symbols, which are ascending by address. */
static struct pvp_error *read_named_keys(const struct pvp_image *image, struct pvp_tables *ret,
					 size_t *cap)
{
	const size_t prefix = strlen(KEY_PREFIX);

	for (size_t i = 0; i < image->nr_symbols; i++) {
		const struct pvp_symbol *symbol = &image->symbols[i];
		struct pvp_static_call_key *key;
		struct pvp_error *err;

		if (strncmp(symbol->name, KEY_PREFIX, prefix))
			continue;
		if (ret->nr_static_call_keys &&
		    ret->static_call_keys[ret->nr_static_call_keys - 1].key == symbol->addr)
			continue;
		key = pvp_push(&ret->static_call_keys, &ret->nr_static_call_keys, cap);
		key->key = symbol->addr;
		key->name = symbol->name + prefix;
		key->trampoline = trampoline_of(image, key->name);
		err = pvp_image_pointer(image, key->key, &key->func);
		if (err)
			return pvp_error_context(err, "static-call key %s", symbol->name);
	}
	return NULL;
}

/*
 * Where only trampolines change: what each calls.  One of NULL begins with a ret.  Source:
 * ARCH_DEFINE_STATIC_CALL_TRAMP, ARCH_DEFINE_STATIC_CALL_NULL_TRAMP, asm/static_call.h.
 */
static struct pvp_error *read_trampolines(const struct pvp_image *image, struct pvp_tables *ret)
{
	const size_t prefix = strlen(TRAMPOLINE_PREFIX);
	size_t cap = 0;

	for (size_t i = 0; i < image->nr_symbols; i++) {
		const struct pvp_symbol *symbol = &image->symbols[i];
		struct pvp_static_call_key *key;
		struct pvp_bytes text;
		int32_t rel;

		if (strncmp(symbol->name, TRAMPOLINE_PREFIX, prefix))
			continue;
		if (ret->nr_static_call_keys &&
		    ret->static_call_keys[ret->nr_static_call_keys - 1].trampoline == symbol->addr)
			continue;
		text = (struct pvp_bytes){pvp_image_bytes(image, symbol->addr, TRAMPOLINE_LEN),
					  TRAMPOLINE_LEN};
		if (!text.data || !pvp_image_is_text(image, symbol->addr, TRAMPOLINE_LEN))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"static-call trampoline %s at %#" PRIx64
						" lies outside text",
						symbol->name, symbol->addr);
		if ((text.data[0] != JMP && text.data[0] != RET) || !pvp_bytes_s32(&text, 1, &rel))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"static-call trampoline %s at %#" PRIx64
						" begins with %02x, neither jmp nor ret",
						symbol->name, symbol->addr, text.data[0]);
		key = pvp_push(&ret->static_call_keys, &ret->nr_static_call_keys, &cap);
		key->name = symbol->name + prefix;
		key->trampoline = symbol->addr;
		if (text.data[0] == JMP)
			key->func = (symbol->addr + 5 + (int64_t)rel) & UINT32_MAX;
	}
	return NULL;
}

static struct pvp_error *read_site(const struct pvp_image *image, const struct pvp_span *span,
				   size_t i, struct pvp_static_call_site *site)
{
	uint64_t key = pvp_span_rel32(span, i, KEY);
	const uint8_t *text;
	struct pvp_error *err;
	uint64_t func;

	site->addr = pvp_span_rel32(span, i, ADDR);
	site->key = key & ~(uint64_t)FLAGS;
	site->tail = key & TAIL;
	site->entry = pvp_span_entry(span, i);
	err = pvp_span_text(span, i, image, site->addr, 5, "site");
	if (err)
		return err;
	text = pvp_image_bytes(image, site->addr, 5);
	if (text && text[0] == 0x0f) /* jcc rel32 */
		err = pvp_span_text(span, i, image, site->addr, 6, "site");
	if (err)
		return err;
	err = pvp_image_pointer(image, site->key, &func);
	if (err)
		return pvp_error_context(err,
					 "%s entry %zu (at %#" PRIx64 "): key of site %#" PRIx64,
					 span->name, i, site->entry, site->addr);
	return NULL;
}

/* Keys that sites name and no symbol does: added, then the list is sorted again. */
static struct pvp_error *add_unnamed_keys(const struct pvp_image *image, struct pvp_tables *ret,
					  size_t *cap)
{
	const size_t nr_named = ret->nr_static_call_keys;
	size_t nr = 0;

	for (size_t i = 0; i < ret->nr_static_calls; i++) {
		uint64_t addr = ret->static_calls[i].key;
		struct pvp_static_call_key *key;
		struct pvp_error *err;

		if (find_key(ret, nr_named, addr))
			continue;
		key = pvp_push(&ret->static_call_keys, &ret->nr_static_call_keys, cap);
		key->key = addr;
		err = pvp_image_pointer(image, addr, &key->func);
		if (err)
			return err;
	}
	if (ret->nr_static_call_keys == nr_named)
		return NULL;
	qsort(ret->static_call_keys, ret->nr_static_call_keys, sizeof(*ret->static_call_keys),
	      by_key);
	for (size_t i = 0; i < ret->nr_static_call_keys; i++)
		if (!nr || ret->static_call_keys[i].key != ret->static_call_keys[nr - 1].key)
			ret->static_call_keys[nr++] = ret->static_call_keys[i];
	ret->nr_static_call_keys = nr;
	return NULL;
}

struct pvp_error *pvp_read_static_calls(const struct pvp_image *image,
					const struct pvp_layout *layout, struct pvp_tables *ret)
{
	struct pvp_span span;
	struct pvp_error *err;
	size_t cap = 0;

	if (layout->arch == PVP_ARCH_I386) /* inline static calls need objtool, which is 64-bit */
		return read_trampolines(image, ret);
	err = pvp_span_symbols(image, "__start_static_call_sites", "__stop_static_call_sites",
			       STRIDE, &span);
	if (err)
		return err;
	err = read_named_keys(image, ret, &cap);
	if (err)
		return err;
	ret->static_calls = pvp_calloc(span.nr, sizeof(*ret->static_calls));
	ret->nr_static_calls = span.nr;
	for (size_t i = 0; i < span.nr; i++) {
		err = read_site(image, &span, i, &ret->static_calls[i]);
		if (err)
			return err;
	}
	err = add_unnamed_keys(image, ret, &cap);
	if (err)
		return err;
	for (size_t i = 0; i < span.nr; i++) {
		struct pvp_static_call_site *site = &ret->static_calls[i];
		const struct pvp_static_call_key *key =
			find_key(ret, ret->nr_static_call_keys, site->key);

		site->name = key->name;
		site->trampoline = key->trampoline;
	}
	return NULL;
}

const struct pvp_static_call_key *pvp_tables_static_call(const struct pvp_tables *tables,
							 const char *name)
{
	for (size_t i = 0; i < tables->nr_static_call_keys; i++) {
		const struct pvp_static_call_key *key = &tables->static_call_keys[i];

		if (key->name && !strcmp(key->name, name))
			return key;
	}
	return NULL;
}
