// SPDX-License-Identifier: GPL-2.0-only
#include "site_pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "change.h"
#include "plain_text.h"

const char *pvp_site_aspect_name(enum pvp_site_aspect aspect)
{
	static const char *const names[] = {
#define X(id, name, what) [PVP_ASPECT_##id] = name,
		PVP_SITE_ASPECTS(X)
#undef X
	};

	return names[aspect];
}

/* --- pairs --- */

/* One image's site under its name. */
struct named {
	const char *op;
	char *symbol;
	uint32_t nth;
	const struct pvp_site *site;
};

static int by_name(const struct named *a, const struct named *b)
{
	int order = strcmp(a->op, b->op);

	return order ? order : strcmp(a->symbol, b->symbol);
}

static int by_name_and_address(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	int order = by_name(a, b);

	return order ? order : (a->site->addr > b->site->addr) - (a->site->addr < b->site->addr);
}

/* The compiler's suffixes (.isra.0, .constprop.0, .part.0, .cold) come and go from build to build. */
static char *stable_name(const struct pvp_symbol *symbol)
{
	size_t len = symbol ? strlen(symbol->name) : 0, stem = symbol ? strcspn(symbol->name, ".") : 0;

	return symbol ? pvp_strndup(symbol->name, stem ? stem : len) : pvp_strdup("");
}

/* Functions of one name (static ones of several files, clones) count as one. */
static struct named *name_sites(const struct pvp_compared *image, size_t *nr)
{
	const struct pvp_sites *lists[] = { image->sites, &image->entry->sites };
	struct named *v = pvp_calloc(lists[0]->nr + lists[1]->nr, sizeof(*v));

	*nr = 0;
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
		for (size_t i = 0; i < lists[k]->nr; i++) {
			const struct pvp_site *site = &lists[k]->v[i];
			const struct pvp_symbol *symbol =
				pvp_image_symbol_at(image->image, site->addr);

			v[(*nr)++] = (struct named){
				.op = site->op,
				.symbol = stable_name(symbol),
				.site = site,
			};
		}
	qsort(v, *nr, sizeof(*v), by_name_and_address);
	for (size_t i = 0; i < *nr; i++)
		v[i].nth = i && !by_name(&v[i - 1], &v[i]) ? v[i - 1].nth + 1 : 1;
	return v;
}

static int order_of(const struct named *a, const struct named *b)
{
	int order = by_name(a, b);

	return order ? order : (a->nth > b->nth) - (a->nth < b->nth);
}

void pvp_site_pairs_make(const struct pvp_compared *a, const struct pvp_compared *b,
			 struct pvp_site_pairs *ret)
{
	struct pvp_site_pairs pairs = {0};
	size_t nr_a, nr_b, i = 0, k = 0;
	struct named *va = name_sites(a, &nr_a), *vb = name_sites(b, &nr_b);

	while (i < nr_a || k < nr_b) {
		struct pvp_site_pair *pair = pvp_push(&pairs.v, &pairs.nr, &pairs.cap);
		int order = i == nr_a ? 1 : k == nr_b ? -1 : order_of(&va[i], &vb[k]);
		const struct named *from = order <= 0 ? &va[i] : &vb[k];

		pair->op = from->op;
		pair->symbol = pvp_strdup(from->symbol);
		pair->nth = from->nth;
		if (order <= 0)
			pair->side[0] = va[i++].site;
		if (order >= 0)
			pair->side[1] = vb[k++].site;
	}
	for (i = 0; i < nr_a; i++)
		free(va[i].symbol);
	for (k = 0; k < nr_b; k++)
		free(vb[k].symbol);
	free(va);
	free(vb);
	*ret = pairs;
}

void pvp_site_pairs_deinit(struct pvp_site_pairs *pairs)
{
	if (!pairs)
		return;
	for (size_t i = 0; i < pairs->nr; i++)
		free(pairs->v[i].symbol);
	free(pairs->v);
	memset(pairs, 0, sizeof(*pairs));
}

/* --- what differs --- */

static char *function_name(const struct pvp_image *image, uint64_t addr)
{
	char *name = pvp_plain_name(image, addr);

	return name ? name : pvp_strdup("?");
}

/* What Xen is told: "asm_exc_nmi -> asm_xenpv_exc_nmi". */
static char *trap_text(const struct pvp_compared *image, const struct pvp_site *site)
{
	const struct pvp_trap_row *row = &image->entry->rows[site->slot];
	char *native = function_name(image->image, row->native);
	char *xen = function_name(image->image, row->xen);
	char *text = pvp_asprintf("%s -> %s", native, xen);

	free(native);
	free(xen);
	return text;
}

static void describe(const struct pvp_compared *image, const struct pvp_compared_boot *boot,
		     struct pvp_disasm *disasm, const struct pvp_site *site,
		     char *ret[PVP_NR_ASPECTS])
{
	uint8_t *bytes;

	ret[PVP_ASPECT_ROOM] = pvp_asprintf("%u", site->len);
	ret[PVP_ASPECT_TAIL] = pvp_strdup(site->tail ? "jump" : "call");
	if (site->kind == PVP_SITE_TRAP) {
		ret[PVP_ASPECT_CLASS] = pvp_strdup("row");
		ret[PVP_ASPECT_TEXT] = trap_text(image, site);
		return;
	}
	bytes = memcpy(pvp_calloc(site->len, 1), site->linked, site->len);
	pvp_patched_lay(boot->patched, site->addr, site->len, bytes);
	ret[PVP_ASPECT_CLASS] = pvp_strdup(
		pvp_change_name(pvp_change_of(disasm, site->addr, site->linked, bytes, site->len,
					      boot->platform->null_target)));
	ret[PVP_ASPECT_TEXT] =
		pvp_plain_text(image->image, disasm, site->addr, bytes, site->len);
	free(bytes);
}

static void change_deinit(struct pvp_site_change *change)
{
	for (unsigned i = 0; i < PVP_NR_ASPECTS; i++) {
		free(change->aspect[i][0]);
		free(change->aspect[i][1]);
	}
}

/* Keeps what differs; false: nothing does. */
static bool keep_differing(char *a[PVP_NR_ASPECTS], char *b[PVP_NR_ASPECTS],
			   struct pvp_site_change *ret)
{
	bool any = false;

	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; i < PVP_NR_ASPECTS; i++) {
		if (!strcmp(a[i], b[i])) {
			free(a[i]);
			free(b[i]);
			continue;
		}
		ret->aspect[i][0] = a[i];
		ret->aspect[i][1] = b[i];
		any = true;
	}
	return any;
}

struct pvp_error *pvp_site_pairs_compare(const struct pvp_site_pairs *pairs,
					 const struct pvp_compared *a,
					 const struct pvp_compared_boot *boot_a,
					 const struct pvp_compared *b,
					 const struct pvp_compared_boot *boot_b,
					 struct pvp_site_changes *ret)
{
	struct pvp_site_changes changes = {0};
	struct pvp_disasm *disasm;
	struct pvp_error *err = pvp_disasm_create(a->image->arch, &disasm);

	if (err)
		return err;
	for (size_t i = 0; i < pairs->nr; i++) {
		const struct pvp_site_pair *pair = &pairs->v[i];
		char *of_a[PVP_NR_ASPECTS], *of_b[PVP_NR_ASPECTS];
		struct pvp_site_change change;

		if (!pair->side[0] || !pair->side[1])
			continue;
		describe(a, boot_a, disasm, pair->side[0], of_a);
		describe(b, boot_b, disasm, pair->side[1], of_b);
		if (!keep_differing(of_a, of_b, &change))
			continue;
		change.pair = pair;
		*pvp_push(&changes.v, &changes.nr, &changes.cap) = change;
	}
	pvp_disasm_destroy(disasm);
	*ret = changes;
	return NULL;
}

void pvp_site_changes_deinit(struct pvp_site_changes *changes)
{
	if (!changes)
		return;
	for (size_t i = 0; i < changes->nr; i++)
		change_deinit(&changes->v[i]);
	free(changes->v);
	memset(changes, 0, sizeof(*changes));
}
