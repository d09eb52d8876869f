// SPDX-License-Identifier: GPL-2.0-only
#include "choose.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "machine.h"
#include "spoil.h"

struct candidate {
	uint32_t site; /* number */
	uint16_t variant;
	uint64_t order; /* among those of one operation: random, made from the seed */
	size_t round;	/* how many of its operation come before it */
	const char *op;
};

struct candidates {
	struct candidate *v;
	size_t nr, cap;
};

static int by_op(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = strcmp(x->op, y->op);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static int by_round(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->round != y->round)
		return x->round < y->round ? -1 : 1;
	return by_op(a, b);
}

/* What the rules say of a candidate that need not be chosen. */
static void ask_rules(const struct pvp_mutate_input *input, const struct pvp_spoil *s,
		      enum pvp_mutant_kind kind, struct pvp_equivalent_use *uses)
{
	const struct pvp_equivalent_case c = pvp_mutant_case(input, kind, s->site);
	char *text = NULL;

	for (size_t i = 0; i < input->rules->nr; i++) {
		if (!pvp_equivalent_asks(&input->rules->v[i], &c))
			continue;
		if (!text)
			text = pvp_spoil_text(s->context, s->site, s->out);
		uses[i].asked++;
		uses[i].matched += pvp_equivalent_matches(&input->rules->v[i], &c, text);
	}
	free(text);
}

static void find_candidates(const struct pvp_mutate_input *input, struct pvp_spoil *s,
			    uint32_t number, struct candidates *candidates,
			    struct pvp_mutate_score *ret)
{
	for (int kind = 0; kind < PVP_NR_MUTANT_KINDS; kind++) {
		for (unsigned v = 0; input->kinds[kind] && v < pvp_mutant_kinds[kind].variants;
		     v++) {
			struct candidates *to = &candidates[kind];

			if (!pvp_spoil(s, kind, v))
				continue;
			*pvp_push(&to->v, &to->nr, &to->cap) = (struct candidate){
				.site = number,
				.variant = v,
				.order = pvp_mix(input->check.seed + kind, s->site->addr * 16 + v),
				.op = s->site->op,
			};
			ask_rules(input, s, kind, ret->uses);
		}
	}
}

static void choose(const struct pvp_mutate_input *input, const struct pvp_spoil_context *context,
		   enum pvp_mutant_kind kind, struct candidates *from, struct pvp_mutate_score *ret)
{
	struct pvp_spoil s;
	size_t nr = from->nr < input->max ? from->nr : input->max;

	ret->kinds[kind].candidates = from->nr;
	if (!from->nr)
		return;
	qsort(from->v, from->nr, sizeof(*from->v), by_op);
	for (size_t i = 1; i < from->nr; i++)
		if (!strcmp(from->v[i].op, from->v[i - 1].op))
			from->v[i].round = from->v[i - 1].round + 1;
	qsort(from->v, from->nr, sizeof(*from->v), by_round);
	for (size_t i = 0; i < nr; i++) {
		struct pvp_mutant *mutant;

		if (!pvp_spoil_begin(context, pvp_mutate_site(input, from->v[i].site), &s) ||
		    !pvp_spoil(&s, kind, from->v[i].variant))
			continue; /* it did a moment ago */
		mutant = pvp_push(&ret->mutants, &ret->nr, &ret->cap);
		mutant->kind = kind;
		mutant->site = s.site;
		memcpy(mutant->bytes, s.out, s.len);
		mutant->text = pvp_spoil_text(context, s.site, s.out);
	}
}

static int by_site(const void *a, const void *b)
{
	const struct pvp_mutant *x = a, *y = b;

	if (x->site != y->site)
		return x->site->addr < y->site->addr ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return memcmp(x->bytes, y->bytes, x->site->len);
}

struct pvp_error *pvp_mutants_choose(const struct pvp_mutate_input *input,
				     struct pvp_mutate_score *ret)
{
	struct candidates candidates[PVP_NR_MUTANT_KINDS] = {0};
	struct pvp_spoil_context context;
	struct pvp_error *err = pvp_spoil_context_init(input, &context);
	struct pvp_spoil s;

	if (err)
		return err;
	for (size_t i = 0; i < pvp_mutate_nr_sites(input); i++)
		if (pvp_spoil_begin(&context, pvp_mutate_site(input, i), &s))
			find_candidates(input, &s, i, candidates, ret);
	for (int kind = 0; kind < PVP_NR_MUTANT_KINDS; kind++) {
		choose(input, &context, kind, &candidates[kind], ret);
		free(candidates[kind].v);
	}
	qsort(ret->mutants, ret->nr, sizeof(*ret->mutants), by_site);
	pvp_spoil_context_deinit(&context);
	return NULL;
}
