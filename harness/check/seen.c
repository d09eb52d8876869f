// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "compare.h"
#include "start.h"

static char *effects_of(const struct pvp_run *run)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < run->effects.nr; i++) {
		char buf[160];

		pvp_effect_print(&run->effects, i, buf, sizeof(buf));
		fprintf(out, "%s\n", buf);
	}
	fclose(out);
	return text;
}

static char *stop_of(const struct pvp_image *image, const struct pvp_run *run)
{
	char where[128], what[96];

	pvp_describe_stop(run, what, sizeof(what));
	return pvp_asprintf("%s, %s", what,
			    pvp_image_describe(image, run->stop_addr, where, sizeof(where)));
}

void pvp_seen_side(const struct pvp_image *image, const struct pvp_run *run,
		   uint64_t end[PVP_X86_NR_REGS], char **stop, char **effects)
{
	free(*stop);
	free(*effects);
	memcpy(end, run->end.reg, PVP_X86_NR_REGS * sizeof(*end));
	*stop = stop_of(image, run);
	*effects = effects_of(run);
}

enum pvp_form pvp_seen_form(const struct pvp_view *view, const struct pvp_site *site)
{
	const uint8_t *k1 = pvp_view_bytes(view, site->addr, site->len);

	if (!k1 || !memcmp(k1, site->linked, site->len))
		return PVP_FORM_UNPATCHED;
	return k1[0] == 0xe8 || k1[0] == 0xe9 ? PVP_FORM_CALL : PVP_FORM_INLINE;
}

struct pvp_witness *pvp_seen_alone(const struct pvp_check_input *input, unsigned state,
				   const char *what, const char *meaning,
				   const struct pvp_state *start, const struct pvp_run *run)
{
	struct pvp_witness *w = pvp_calloc(1, sizeof(*w));

	w->alone = true;
	w->seed = input->seed;
	w->state = state;
	w->what = pvp_strdup(what);
	w->meaning = pvp_strdup(meaning);
	memcpy(w->start, start->reg, sizeof(w->start));
	pvp_seen_side(input->image, run, w->end_k1, &w->stop_k1, &w->effects_k1);
	return w;
}

static void put_witness(struct pvp_record *r, const struct pvp_witness *w)
{
	pvp_record_put_u64(r, w != NULL);
	if (!w)
		return;
	pvp_record_put_u64(r, w->alone);
	pvp_record_put_u64(r, w->seed);
	pvp_record_put_u64(r, w->state);
	pvp_record_put_string(r, w->what);
	pvp_record_put_string(r, w->meaning);
	pvp_record_put(r, w->start, sizeof(w->start));
	pvp_record_put(r, w->end_k0, sizeof(w->end_k0));
	pvp_record_put(r, w->end_k1, sizeof(w->end_k1));
	pvp_record_put_string(r, w->stop_k0);
	pvp_record_put_string(r, w->stop_k1);
	pvp_record_put_string(r, w->effects_k0);
	pvp_record_put_string(r, w->effects_k1);
	pvp_record_put_string(r, w->matter);
	pvp_record_put_string(r, w->prefix_k0);
	pvp_record_put_string(r, w->prefix_k1);
	pvp_record_put_u64(r, w->shrunk != NULL);
	if (w->shrunk)
		pvp_record_put(r, w->shrunk, sizeof(*w->shrunk));
}

static struct pvp_witness *get_witness(struct pvp_record *r)
{
	struct pvp_witness *w;

	if (!pvp_record_get_u64(r))
		return NULL;
	w = pvp_calloc(1, sizeof(*w));
	w->alone = pvp_record_get_u64(r);
	w->seed = pvp_record_get_u64(r);
	w->state = pvp_record_get_u64(r);
	w->what = pvp_record_get_string(r);
	w->meaning = pvp_record_get_string(r);
	pvp_record_get(r, w->start, sizeof(w->start));
	pvp_record_get(r, w->end_k0, sizeof(w->end_k0));
	pvp_record_get(r, w->end_k1, sizeof(w->end_k1));
	w->stop_k0 = pvp_record_get_string(r);
	w->stop_k1 = pvp_record_get_string(r);
	w->effects_k0 = pvp_record_get_string(r);
	w->effects_k1 = pvp_record_get_string(r);
	w->matter = pvp_record_get_string(r);
	w->prefix_k0 = pvp_record_get_string(r);
	w->prefix_k1 = pvp_record_get_string(r);
	if (pvp_record_get_u64(r)) {
		w->shrunk = pvp_calloc(1, sizeof(*w->shrunk));
		pvp_record_get(r, w->shrunk, sizeof(*w->shrunk));
	}
	return w;
}

/* Numbers that index something. */
static bool is_sane(const struct pvp_witness *w)
{
	return !w || !w->shrunk ||
	       (w->shrunk->nr_pokes < PVP_START_MAX_POKES &&
		w->shrunk->nr_script <= PVP_START_MAX_SCRIPT);
}

void pvp_seen_put_cell(struct pvp_record *r, const struct pvp_cell *cell)
{
	pvp_record_put_u64(r, cell->verdict);
	pvp_record_put_u64(r, cell->evidence);
	pvp_record_put_u64(r, cell->reason);
	pvp_record_put_u64(r, cell->form);
	pvp_record_put_u64(r, cell->states);
	pvp_record_put_u64(r, cell->wild);
	pvp_record_put_u64(r, cell->steered);
	pvp_record_put_u64(r, cell->entry);
	pvp_record_put_u64(r, cell->end);
	pvp_record_put_u64(r, cell->faulted);
	pvp_record_put_u64(r, cell->bugs);
	pvp_record_put_u64(r, cell->stray);
	pvp_record_put_string(r, cell->detail);
	put_witness(r, cell->witness);
}

bool pvp_seen_get_cell(struct pvp_record *r, struct pvp_cell *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->verdict = pvp_record_get_u64(r);
	ret->evidence = pvp_record_get_u64(r);
	ret->reason = pvp_record_get_u64(r);
	ret->form = pvp_record_get_u64(r);
	ret->states = pvp_record_get_u64(r);
	ret->wild = pvp_record_get_u64(r);
	ret->steered = pvp_record_get_u64(r);
	ret->entry = pvp_record_get_u64(r);
	ret->end = pvp_record_get_u64(r);
	ret->faulted = pvp_record_get_u64(r);
	ret->bugs = pvp_record_get_u64(r);
	ret->stray = pvp_record_get_u64(r);
	ret->detail = pvp_record_get_string(r);
	ret->witness = get_witness(r);
	return !r->bad && ret->verdict <= PVP_SKIPPED && ret->evidence <= PVP_EVIDENCE_NULL_OP &&
	       ret->reason <= PVP_REASON_WORKER_DIED && ret->form <= PVP_FORM_UNPATCHED &&
	       is_sane(ret->witness);
}

struct pvp_cell pvp_seen_died(const struct pvp_site *site, const char *how)
{
	return (struct pvp_cell){
		.site = site,
		.verdict = PVP_INCONCLUSIVE,
		.reason = PVP_REASON_WORKER_DIED,
		.detail = pvp_asprintf("the process that ran it ended by %s", how),
	};
}
