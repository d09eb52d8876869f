// SPDX-License-Identifier: GPL-2.0-only
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bench.h"

static void words_add(struct sample_words *words, uint64_t addr, uint64_t value, uint8_t size)
{
	*pvp_push(&words->v, &words->nr, &words->cap) = (struct sample_word){
		.addr = addr, .value = value, .size = size};
}

static bool is_simple_run(const struct pvp_run *run)
{
	for (size_t i = 0; i < run->effects.nr; i++)
		if (run->effects.v[i].kind != PVP_EFFECT_INTERRUPTS)
			return false;
	return run->stop == PVP_STOP_END && !run->strays;
}

/* Runs both texts from state `index`; memory is as they left it. */
static bool run_state(struct pvp_bench *bench, const struct pvp_site *site, unsigned index)
{
	const struct pvp_check_input *input = bench->input;
	const struct pvp_contract *contract = pvp_contracts_find(input->contracts, site->op);
	struct pvp_comparison comparison;

	if (!contract || site->tail)
		return false;
	pvp_start_make(&bench->facts, input->platform, contract, input->seed, index, &bench->start);
	pvp_bench_run(bench, site, contract, PVP_MAX_INSNS, &comparison);
	/* Where another CPU is waited for, somebody must play it. */
	return !bench->start.nr_script && comparison.agreement == PVP_AGREE_END &&
	       is_simple_run(&bench->side[0].run) &&
	       is_simple_run(&bench->side[1].run);
}

static bool is_simple(struct pvp_bench *bench, const struct pvp_site *site, unsigned nr_states)
{
	bool simple = true;

	for (unsigned i = 0; i < nr_states && simple; i++) {
		simple = run_state(bench, site, i);
		pvp_bench_undo(bench);
	}
	return simple;
}

static void keep_side(struct pvp_bench *bench, const struct pvp_bench_side *side,
		      struct sample_side *ret)
{
	const struct pvp_memory *memory = pvp_machine_memory(side->machine);
	uint64_t sp = bench->start.state.reg[PVP_X86_rsp];

	memcpy(ret->end, side->run.end.reg, sizeof(ret->end));
	for (size_t i = memory->nr_log; i-- > 0;) {
		const struct pvp_write *w = &memory->log[i];

		if (w->class != PVP_MEM_STACK || w->addr >= sp)
			words_add(&ret->undo, w->addr, w->old, w->size);
	}
}

static void keep_site(struct pvp_bench *bench, const struct pvp_site *site, struct sample *sample)
{
	struct sample_site *to = pvp_push(&sample->v, &sample->nr, &sample->cap);

	to->site = site;
	to->starts = pvp_calloc(sample->nr_states, sizeof(*to->starts));
	for (unsigned i = 0; i < sample->nr_states; i++) {
		struct sample_start *start = &to->starts[i];

		run_state(bench, site, i);
		memcpy(start->reg, bench->start.state.reg, sizeof(start->reg));
		for (size_t k = 0; k < bench->start.nr_pokes; k++) {
			const struct pvp_start_poke *poke = &bench->start.pokes[k];

			/* (Wild pointers lead nowhere: nothing is written.) */
			if (pvp_memory_host(pvp_machine_memory(bench->side[0].machine), poke->addr,
					    poke->size))
				words_add(&start->pokes, poke->addr, poke->value, poke->size);
		}
		for (int side = 0; side < 2; side++) {
			keep_side(bench, &bench->side[side], &start->side[side]);
			to->insns += bench->side[side].run.insns;
		}
		pvp_bench_undo(bench);
	}
}

void sample_take(struct pvp_bench *bench, unsigned nr_states, size_t max_sites, struct sample *ret)
{
	const struct pvp_sites *sites = bench->input->sites;
	struct sample sample = {.nr_states = nr_states};
	size_t *simple = pvp_calloc(sites->nr + 1, sizeof(*simple));

	for (size_t i = 0; i < sites->nr; i++)
		if (is_simple(bench, &sites->v[i], nr_states))
			simple[sample.nr_simple++] = i;
	if (max_sites > sample.nr_simple)
		max_sites = sample.nr_simple;
	for (size_t i = 0; i < max_sites; i++)
		keep_site(bench, &sites->v[simple[i * sample.nr_simple / max_sites]], &sample);
	free(simple);
	*ret = sample;
}

double sample_insns(const struct sample *sample)
{
	double insns = 0;

	for (size_t i = 0; i < sample->nr; i++)
		insns += sample->v[i].insns;
	return insns / (2.0 * sample->nr * sample->nr_states);
}

static void site_deinit(const struct sample *sample, struct sample_site *site)
{
	for (unsigned i = 0; i < sample->nr_states; i++) {
		free(site->starts[i].pokes.v);
		free(site->starts[i].side[0].undo.v);
		free(site->starts[i].side[1].undo.v);
	}
	free(site->starts);
}

void sample_drop(struct sample *sample, size_t i)
{
	site_deinit(sample, &sample->v[i]);
	sample->nr--;
	memmove(&sample->v[i], &sample->v[i + 1], (sample->nr - i) * sizeof(*sample->v));
}

void sample_deinit(struct sample *sample)
{
	for (size_t i = 0; i < sample->nr; i++)
		site_deinit(sample, &sample->v[i]);
	free(sample->v);
	memset(sample, 0, sizeof(*sample));
}
