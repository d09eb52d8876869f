// SPDX-License-Identifier: GPL-2.0-only
#include "entry_bench.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "cell.h"
#include "entry_rules.h"
#include "entry_sites.h"
#include "hypercall.h"
#include "seen.h"
#include "world.h"

struct pvp_entry_bench {
	enum pvp_site_kind kind;
	const struct pvp_check_input *input;
	struct pvp_entry_facts facts;
	struct pvp_world *world;
	struct pvp_view view;
	struct pvp_machine *machine;
	struct pvp_start_image start_image;
	struct pvp_start start;
	struct pvp_run run;
	struct pvp_trap_row *rows; /* owned; as the view has them */
	uint64_t cases;
};

static void fill(void *arg, uint64_t seed, uint64_t addr, void *buf, size_t len)
{
	const struct pvp_entry_bench *bench = arg;

	pvp_world_fill(bench->start_image.plan, seed, addr, buf, len);
}

static int by_addr(const void *a, const void *b)
{
	const struct pvp_special *l = a, *r = b;

	return l->addr < r->addr ? -1 : l->addr > r->addr;
}

/* Where runs arrive: at handlers, or behind error_entry. */
static struct pvp_special *make_specials(const struct pvp_entry_bench *bench, size_t *nr)
{
	const struct pvp_entry_sites *entry = bench->input->entry;
	struct pvp_special *v = pvp_calloc(2 * PVP_NR_VECTORS + 3 + entry->sites.nr, sizeof(*v));
	size_t n = 0;

	for (int vector = 0; vector < PVP_NR_VECTORS && bench->kind == PVP_SITE_TRAP; vector++)
		for (unsigned xen = 0; xen < 2 && entry->gates[vector].addr; xen++)
			v[n++].addr = pvp_entry_handler(bench->input, vector, xen);
	v[n++].addr = bench->facts.int80;
	v[n++].addr = bench->kind == PVP_SITE_ENTRY ? bench->facts.ldt : 0;
	v[n++].addr = bench->kind == PVP_SITE_TRAP ? bench->facts.paranoid_entry : 0;
	for (size_t i = 0; i < entry->sites.nr; i++)
		if (bench->kind == PVP_SITE_ENTRY && entry->sites.v[i].kind == PVP_SITE_ENTRY &&
		    entry->sites.v[i].slot == PVP_ENTRY_ERROR_ENTRY)
			v[n++].addr = entry->sites.v[i].addr + entry->sites.v[i].len;
	qsort(v, n, sizeof(*v), by_addr);
	*nr = 0;
	for (size_t i = 0; i < n; i++) {
		if (!v[i].addr || (*nr && v[*nr - 1].addr == v[i].addr))
			continue;
		v[*nr] = (struct pvp_special){.addr = v[i].addr, .kind = PVP_SPECIAL_OPAQUE};
		++*nr;
	}
	return v;
}

static struct pvp_error *make_machine(struct pvp_entry_bench *bench)
{
	const struct pvp_platform *platform = bench->input->platform;
	struct pvp_machine_rule *rules = pvp_world_rules(platform);
	struct pvp_machine_config config = {
		.isa = pvp_plan_of(bench->input->image)->isa,
		.ring = platform->ring,
		.regions = bench->view.regions,
		.nr_regions = bench->view.nr_regions,
		.rules = rules,
		.nr_rules = platform->nr_insns,
		.client = {.arg = bench, .fill = fill},
	};
	struct pvp_special *specials = make_specials(bench, &config.nr_specials);
	struct pvp_error *err;

	if (bench->facts.xen)
		config.client.hypercall = pvp_xen_hypercall;
	config.specials = specials;
	err = pvp_machine_create(&config, &bench->machine);
	free(specials);
	free(rules);
	return err ? pvp_error_context(err, "platform %s", platform->name) : NULL;
}

/* Rows lie in data, which nothing but --patched or a mutant changes. */
static void read_rows(struct pvp_entry_bench *bench)
{
	const struct pvp_entry_sites *entry = bench->input->entry;

	for (size_t i = 0; i < entry->sites.nr; i++) {
		const struct pvp_site *site = &entry->sites.v[i];
		const uint8_t *bytes;

		if (site->kind != PVP_SITE_TRAP)
			continue;
		bytes = pvp_view_bytes(&bench->view, site->addr, PVP_TRAP_ROW_LEN);
		bench->rows[site->slot] =
			bytes && memcmp(bytes, site->linked, PVP_TRAP_ROW_LEN)
				? pvp_trap_row_of(entry, site->addr, bytes)
				: entry->rows[site->slot];
	}
}

struct pvp_error *pvp_entry_bench_create(const struct pvp_check_input *input,
					 enum pvp_site_kind kind, struct pvp_entry_bench **ret)
{
	struct pvp_entry_bench *bench = pvp_calloc(1, sizeof(*bench));
	struct pvp_error *err;

	bench->kind = kind;
	bench->input = input;
	bench->rows = pvp_calloc(input->entry->nr_rows, sizeof(*bench->rows));
	pvp_entry_facts_init(&bench->facts, input);
	bench->facts.rows = bench->rows;
	err = pvp_world_create(input->image, input->tables, input->platform, &bench->world);
	if (!err)
		err = pvp_view_create(bench->world, input->patched, input->given, NULL,
				      &bench->view);
	if (!err)
		err = make_machine(bench);
	if (err) {
		pvp_entry_bench_destroy(bench);
		return err;
	}
	read_rows(bench);
	pvp_start_image_init(&bench->start_image, input->image, &bench->view);
	*ret = bench;
	return NULL;
}

void pvp_entry_bench_destroy(struct pvp_entry_bench *bench)
{
	if (!bench)
		return;
	pvp_machine_destroy(bench->machine);
	pvp_run_deinit(&bench->run);
	pvp_view_deinit(&bench->view);
	pvp_world_destroy(bench->world);
	free(bench->rows);
	free(bench);
}

struct pvp_error *pvp_entry_bench_spoil(struct pvp_entry_bench *bench, const struct pvp_site *site,
					const uint8_t *bytes)
{
	struct pvp_error *err;

	pvp_machine_destroy(bench->machine);
	bench->machine = NULL;
	err = pvp_view_spoil(&bench->view, site->addr, bytes, site->len);
	read_rows(bench);
	return err ? err : make_machine(bench);
}

static void run_case(struct pvp_entry_bench *bench, const struct pvp_site *site,
		     const struct pvp_entry_case *want)
{
	struct pvp_memory *memory = pvp_machine_memory(bench->machine);
	struct pvp_start *start = &bench->start;
	struct pvp_run_request request = {
		.start = &start->state,
		.inside = {{site->addr, site->addr + site->len}},
		.end = pvp_machine_landing(bench->machine),
		.end_sp = start->state.reg[PVP_X86_rsp],
		.max_insns = PVP_MAX_INSNS,
		.seed = start->seed,
	};

	start->state.reg[PVP_X86_rip] = want->begin;
	if (want->arrival == PVP_ARRIVE_BEHIND)
		request.end = want->end;
	for (size_t i = 0; i < start->nr_pokes; i++)
		pvp_memory_write(memory, start->pokes[i].addr, &start->pokes[i].value,
				 start->pokes[i].size, PVP_WRITER_SCRIPT);
	pvp_machine_run(bench->machine, &request, &bench->run);
	if (bench->facts.xen && pvp_xen_hypercall_ends(&bench->run))
		bench->run.stop = PVP_STOP_OP_END;
	bench->cases++;
}

static enum pvp_reason reason_of(enum pvp_stop stop)
{
	switch (stop) {
	/* (Out of budget is astray: no way through entry code has a thousandth of it.) */
	case PVP_STOP_UNMODELLED:
		return PVP_REASON_UNMODELLED;
	case PVP_STOP_HYPERCALL:
		return PVP_REASON_HYPERCALL;
	case PVP_STOP_DECODE:
		return PVP_REASON_DECODE;
	case PVP_STOP_ENGINE:
		return PVP_REASON_ENGINE;
	default:
		return PVP_REASON_NONE;
	}
}

/* False: it is decided already. */
static bool begin(const struct pvp_entry_bench *bench, const struct pvp_site *site,
		  const struct pvp_contract *contract, struct pvp_cell *cell)
{
	memset(cell, 0, sizeof(*cell));
	cell->site = site;
	cell->verdict = PVP_SKIPPED;
	cell->form = pvp_seen_form(&bench->view, site);
	if (contract && (site->kind != PVP_SITE_ENTRY || site->slot != PVP_ENTRY_OTHER))
		return true;
	cell->verdict = PVP_INCONCLUSIVE;
	cell->reason = PVP_REASON_NO_CONTRACT;
	cell->detail = pvp_strdup(site->op);
	return false;
}

/* Runs state i and adds what it came to; false: that decides. */
static bool decide_state(struct pvp_entry_bench *bench, const struct pvp_site *site,
			 const struct pvp_contract *contract, unsigned i, struct pvp_cell *cell)
{
	const struct pvp_check_input *input = bench->input;
	struct pvp_entry_case want;
	bool ran = false;
	char *wrong;

	pvp_start_make(&bench->start_image, input->platform, contract, input->seed, i,
		       &bench->start);
	wrong = pvp_entry_case_make(&bench->facts, site, i, &bench->start, &want);
	cell->states++;
	if (!wrong) {
		ran = true;
		run_case(bench, site, &want);
		cell->stray += bench->run.strays;
		wrong = pvp_entry_case_judge(&want, &bench->facts, site, &bench->start, &bench->run,
					     pvp_machine_memory(bench->machine));
		pvp_machine_undo(bench->machine);
		/* (What is foreign is certain to change something.) */
		cell->reason = wrong && !bench->run.foreign ? reason_of(bench->run.stop)
							    : PVP_REASON_NONE;
	}
	if (wrong) {
		cell->verdict = cell->reason ? PVP_INCONCLUSIVE : PVP_DIVERGENT;
		cell->detail = pvp_asprintf("state %u: %s", i, wrong);
		if (ran && cell->verdict == PVP_DIVERGENT)
			cell->witness = pvp_seen_alone(input, i, wrong,
						       pvp_arrival_text(want.arrival),
						       &bench->start.state, &bench->run);
		free(wrong);
		return false;
	}
	cell->entry++;
	cell->end++;
	return true;
}

static void decide(struct pvp_entry_bench *bench, const struct pvp_site *site, unsigned from,
		   unsigned to, struct pvp_cell *cell)
{
	const struct pvp_contract *contract = pvp_contracts_find(bench->input->contracts, "entry");

	if (!begin(bench, site, contract, cell))
		return;
	for (unsigned i = from; i < to; i++)
		if (!decide_state(bench, site, contract, i, cell))
			return;
	cell->verdict = PVP_EQUIVALENT;
	cell->evidence = PVP_EVIDENCE_EXECUTED;
}

void pvp_entry_bench_decide(struct pvp_entry_bench *bench, const struct pvp_site *site,
			    struct pvp_cell *cell)
{
	decide(bench, site, 0, bench->input->nr_states, cell);
}

void pvp_entry_bench_decide_state(struct pvp_entry_bench *bench, const struct pvp_site *site,
				  unsigned state, struct pvp_cell *cell)
{
	decide(bench, site, state, state + 1, cell);
}

uint64_t pvp_entry_bench_cases(const struct pvp_entry_bench *bench)
{
	return bench->cases;
}

const struct pvp_trap_row *pvp_entry_bench_rows(const struct pvp_entry_bench *bench)
{
	return bench->facts.xen ? bench->rows : NULL;
}
