// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "site_forms.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "patched.h"
#include "plain_text.h"

/* Drops what only fills the room; takes the text over. */
static char *without_nops(char *text)
{
	char *rest = text, *insn, *kept = pvp_strdup("");

	while ((insn = strsep(&rest, ";"))) {
		char *longer;

		insn += *insn == ' ';
		if (!strncmp(insn, "nop", 3))
			continue;
		longer = pvp_asprintf("%s%s%s", kept, *kept ? "; " : "", insn);
		free(kept);
		kept = longer;
	}
	free(text);
	if (*kept)
		return kept;
	free(kept);
	return pvp_strdup("nothing");
}

static char *text_of(const struct pvp_check_input *input, struct pvp_disasm *disasm,
		     const struct pvp_site *site)
{
	uint8_t *bytes = memcpy(pvp_calloc(site->len, 1), site->linked, site->len);
	char *text;

	pvp_patched_lay(input->patched, site->addr, site->len, bytes);
	if (input->given)
		pvp_patched_lay(input->given, site->addr, site->len, bytes);
	text = pvp_plain_text(input->image, disasm, site->addr, bytes, site->len);
	free(bytes);
	return without_nops(text);
}

/* Calls come first, jumps that depend on flags last. */
enum rank { CALL, JUMP, CONDITIONAL, NR_RANKS };

static enum rank rank_of(const struct pvp_site *site)
{
	if (site->len > 1 && site->linked[0] == 0x0f &&
	    (site->linked[1] & 0xf0) == 0x80) /* jcc rel32 */
		return CONDITIONAL;
	return site->tail ? JUMP : CALL;
}

/* Text in place of a call and of a tail call may read the same, and end elsewhere. */
static bool is_same(const struct pvp_site_form *a, const struct pvp_site_form *b)
{
	return rank_of(a->site) == rank_of(b->site) && !strcmp(a->text, b->text);
}

static bool is_known(const struct pvp_site_forms *forms, const struct pvp_site_form *form)
{
	for (size_t i = 0; i < forms->nr; i++)
		if (!strcmp(forms->v[i].site->op, form->site->op) && is_same(&forms->v[i], form))
			return true;
	return false;
}

struct pvp_error *pvp_site_forms_make(const struct pvp_check_input *input,
				      struct pvp_site_forms *ret)
{
	struct pvp_site_forms forms = {0};
	struct pvp_disasm *disasm;
	struct pvp_error *err = pvp_disasm_create(input->image->arch, &disasm);

	if (err)
		return err;
	for (unsigned rank = 0; rank < NR_RANKS; rank++)
		for (size_t i = 0; i < input->sites->nr; i++) {
			struct pvp_site_form form = {.site = &input->sites->v[i]};

			if (rank_of(form.site) != rank)
				continue;
			form.text = text_of(input, disasm, form.site);
			if (is_known(&forms, &form))
				free(form.text);
			else
				*pvp_push(&forms.v, &forms.nr, &forms.cap) = form;
		}
	pvp_disasm_destroy(disasm);
	*ret = forms;
	return NULL;
}

void pvp_site_forms_deinit(struct pvp_site_forms *forms)
{
	if (!forms)
		return;
	for (size_t i = 0; i < forms->nr; i++)
		free(forms->v[i].text);
	free(forms->v);
	memset(forms, 0, sizeof(*forms));
}

const struct pvp_site_form *pvp_site_forms_first(const struct pvp_site_forms *forms, const char *op)
{
	for (size_t i = 0; op && i < forms->nr; i++)
		if (!strcmp(forms->v[i].site->op, op))
			return &forms->v[i];
	return NULL;
}

/* The same form of the other image's op; NULL: it has none. */
static const struct pvp_site_form *same_form(const struct pvp_site_forms *forms, const char *op,
					     const struct pvp_site_form *form)
{
	for (size_t i = 0; i < forms->nr; i++)
		if (!strcmp(forms->v[i].site->op, op) && is_same(&forms->v[i], form))
			return &forms->v[i];
	return NULL;
}

static void add_pair(struct pvp_site_form_pairs *pairs, const struct pvp_site_form *a,
		     const struct pvp_site_form *b)
{
	for (size_t i = 0; i < pairs->nr; i++)
		if (pairs->v[i].side[0] == a && pairs->v[i].side[1] == b)
			return;
	*pvp_push(&pairs->v, &pairs->nr, &pairs->cap) = (struct pvp_site_form_pair){{a, b}};
}

/* Whether both do the same work in every state, whatever they look like. */
static bool is_asked_the_same(const struct pvp_site_form *form, const struct pvp_site_form *other)
{
	return rank_of(form->site) != CONDITIONAL && rank_of(other->site) != CONDITIONAL;
}

void pvp_site_form_pairs_make(const struct pvp_site_forms *a, const char *op_a,
			      const struct pvp_site_forms *b, const char *op_b,
			      struct pvp_site_form_pairs *ret)
{
	const struct pvp_site_form *first_a = pvp_site_forms_first(a, op_a), *like;
	const struct pvp_site_form *first_b = pvp_site_forms_first(b, op_b);
	struct pvp_site_form_pairs pairs = {0};
	bool both = first_a && first_b;

	for (size_t i = 0; both && i < a->nr; i++) {
		if (strcmp(a->v[i].site->op, op_a))
			continue;
		like = same_form(b, op_b, &a->v[i]);
		if (like || is_asked_the_same(&a->v[i], first_b))
			add_pair(&pairs, &a->v[i], like ? like : first_b);
	}
	for (size_t i = 0; both && i < b->nr; i++)
		if (!strcmp(b->v[i].site->op, op_b) && !same_form(a, op_a, &b->v[i]) &&
		    is_asked_the_same(&b->v[i], first_a))
			add_pair(&pairs, first_a, &b->v[i]);
	if (both && !pairs.nr)
		add_pair(&pairs, first_a, first_b);
	*ret = pairs;
}

void pvp_site_form_pairs_deinit(struct pvp_site_form_pairs *pairs)
{
	if (!pairs)
		return;
	free(pairs->v);
	memset(pairs, 0, sizeof(*pairs));
}
