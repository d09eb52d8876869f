// SPDX-License-Identifier: GPL-2.0-only
#include "engines.h"

#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "alloc.h"
#include "world.h"

#define PAGE	  4096ull
#define UNTIL	  0xffff900000000000ull /* where no view has anything */
#define STACK_LEN PAGE			/* what the plain loop writes and reads, half below sp */

static const int reg_names[PVP_X86_NR_STATE] = { /* the first SAMPLE_NR_REGS are the engine's */
#define X(name, where, uc) UC_X86_REG_##uc,
	PVP_X86_REGS(X)
#undef X
};

struct engine {
	uc_engine *uc;
	uc_context *ready;
	struct pvp_view view;
	uint64_t reg[SAMPLE_NR_REGS]; /* as read back */
	uint8_t stack[STACK_LEN];
};

struct engines {
	enum engines_kind kind;
	struct pvp_world *world;
	const struct pvp_plan *plan;
	struct engine side[2]; /* K0, K1 */
	uint8_t stack[STACK_LEN];
	uint8_t until[PAGE] __attribute__((aligned(PAGE)));
};

/* --- set-up --- */

static struct pvp_error *engine_error(uc_err err, const char *what)
{
	return err ? pvp_error_format(PVP_ERR_ENGINE, "unicorn: %s: %s", what, uc_strerror(err))
		   : NULL;
}

static uint8_t *host(struct engine *engine, uint64_t addr)
{
	for (size_t i = 0; i < engine->view.nr_regions; i++) {
		const struct pvp_region *r = &engine->view.regions[i];

		if (addr - r->addr < r->len)
			return r->host + (addr - r->addr);
	}
	return NULL;
}

static uc_err map_all(struct engines *engines, struct engine *engine)
{
	uc_err err = uc_mem_map_ptr(engine->uc, UNTIL, PAGE, UC_PROT_READ, engines->until);

	for (size_t i = 0; i < engine->view.nr_regions && !err; i++) {
		const struct pvp_region *r = &engine->view.regions[i];
		uint32_t prot = (r->prot & PVP_PROT_READ ? UC_PROT_READ : 0) |
				(r->prot & PVP_PROT_WRITE ? UC_PROT_WRITE : 0) |
				(r->prot & PVP_PROT_EXEC ? UC_PROT_EXEC : 0);

		err = uc_mem_map_ptr(engine->uc, r->addr, r->len, prot, r->host);
	}
	return err;
}

static struct pvp_error *open_engine(struct engines *engines, struct engine *engine)
{
	uc_err err = uc_open(UC_ARCH_X86, UC_MODE_64, &engine->uc);

#if UC_API_MAJOR > 2 || (UC_API_MAJOR == 2 && UC_API_MINOR >= 1)
	err = err ? err : uc_ctl_tlb_mode(engine->uc, UC_TLB_VIRTUAL);
#endif
	err = err ? err : map_all(engines, engine);
	err = err ? err : uc_context_alloc(engine->uc, &engine->ready);
	err = err ? err : uc_context_save(engine->uc, engine->ready);
	return engine_error(err, "set-up");
}

static void find_words(struct engines *engines, struct sample_words *words, int side)
{
	for (size_t i = 0; i < words->nr; i++)
		words->v[i].host[side] = host(&engines->side[side], words->v[i].addr);
}

static void find_memory(struct engines *engines, const struct sample *sample)
{
	for (size_t i = 0; i < sample->nr * sample->nr_states; i++) {
		struct sample_start *start =
			&sample->v[i / sample->nr_states].starts[i % sample->nr_states];

		for (int side = 0; side < 2; side++) {
			find_words(engines, &start->pokes, side);
			find_words(engines, &start->side[side].undo, side);
		}
	}
}

/* A hlt behind each site.  Sites that would have one inside are dropped. */
static void plant(struct engines *engines, struct sample *sample)
{
	for (size_t i = 0; i < sample->nr;) {
		const struct pvp_site *site = sample->v[i].site;
		bool meets = false;

		for (size_t k = 0; k < i && !meets; k++) {
			const struct pvp_site *other = sample->v[k].site;

			meets = other->addr + other->len - site->addr < site->len ||
				site->addr + site->len - other->addr < other->len;
		}
		if (meets || !host(&engines->side[0], site->addr + site->len)) {
			sample_drop(sample, i);
			continue;
		}
		for (int side = 0; side < 2; side++)
			*host(&engines->side[side], site->addr + site->len) = 0xf4;
		i++;
	}
}

/* --- cases --- */

static void put_words(const struct sample_words *words, int side)
{
	for (size_t i = 0; i < words->nr; i++)
		memcpy(words->v[i].host[side], &words->v[i].value, words->v[i].size);
}

static void list_regs(uint64_t *reg, void **ret)
{
	for (unsigned i = 0; i < SAMPLE_NR_REGS; i++)
		ret[i] = &reg[i];
}

static uc_err limit_case(struct engine *engine, const struct pvp_site *site,
			 const struct sample_start *start, int side)
{
	void *from[SAMPLE_NR_REGS], *to[SAMPLE_NR_REGS];
	uc_err err;

	list_regs((uint64_t *)start->reg, from);
	list_regs(engine->reg, to);
	uc_context_restore(engine->uc, engine->ready);
	put_words(&start->pokes, side);
	uc_reg_write_batch(engine->uc, (int *)reg_names, from, SAMPLE_NR_REGS);
	err = uc_emu_start(engine->uc, site->addr, UNTIL, 0, 0);
	uc_reg_read_batch(engine->uc, (int *)reg_names, to, SAMPLE_NR_REGS);
	put_words(&start->side[side].undo, side);
	return err;
}

static void write_words(struct engine *engine, const struct sample_words *words)
{
	for (size_t i = 0; i < words->nr; i++)
		uc_mem_write(engine->uc, words->v[i].addr, &words->v[i].value, words->v[i].size);
}

static uc_err plain_case(struct engines *engines, struct engine *engine, const struct pvp_site *site,
			 const struct sample_start *start, int side)
{
	uint64_t stack = engines->plan->stack_top - STACK_LEN / 2;
	void *from[SAMPLE_NR_REGS], *to[SAMPLE_NR_REGS];
	uc_err err;

	list_regs((uint64_t *)start->reg, from);
	list_regs(engine->reg, to);
	uc_mem_write(engine->uc, stack, engines->stack, STACK_LEN);
	write_words(engine, &start->pokes);
	uc_reg_write_batch(engine->uc, (int *)reg_names, from, SAMPLE_NR_REGS);
	err = uc_emu_start(engine->uc, site->addr, site->addr + site->len, 0, 0);
	uc_reg_read_batch(engine->uc, (int *)reg_names, to, SAMPLE_NR_REGS);
	uc_mem_read(engine->uc, stack, engine->stack, STACK_LEN);
	write_words(engine, &start->side[side].undo);
	return err;
}

static uc_err run_case(struct engines *engines, int side, const struct pvp_site *site,
		       const struct sample_start *start)
{
	struct engine *engine = &engines->side[side];

	return engines->kind == ENGINES_PLAIN
		       ? plain_case(engines, engine, site, start, side)
		       : limit_case(engine, site, start, side);
}

/* The plain loop compares the live part of the stack, too. */
static bool sides_agree(const struct engines *engines)
{
	const struct engine *a = &engines->side[0], *b = &engines->side[1];
	uint64_t live = STACK_LEN / 2;

	return !memcmp(a->reg, b->reg, SAMPLE_NR_GENERAL * sizeof(*a->reg)) &&
	       (engines->kind != ENGINES_PLAIN ||
		!memcmp(a->stack + live, b->stack + live, STACK_LEN - live));
}

uint64_t engines_run(struct engines *engines, const struct sample *sample)
{
	uint64_t agreed = 0;

	for (size_t i = 0; i < sample->nr; i++)
		for (unsigned k = 0; k < sample->nr_states; k++) {
			for (int side = 0; side < 2; side++)
				run_case(engines, side, sample->v[i].site, &sample->v[i].starts[k]);
			agreed += sides_agree(engines);
		}
	return agreed;
}

/* Whether each case ends where and as it did on our machine. */
static bool ends_alike(struct engines *engines, const struct sample *sample,
		       const struct sample_site *site)
{
	uint64_t end = site->site->addr + site->site->len + (engines->kind == ENGINES_LIMIT);

	for (unsigned k = 0; k < sample->nr_states; k++)
		for (int side = 0; side < 2; side++) {
			const struct engine *engine = &engines->side[side];
			const struct sample_start *start = &site->starts[k];

			if (run_case(engines, side, site->site, start) ||
			    engine->reg[PVP_X86_rip] != end ||
			    memcmp(engine->reg, start->side[side].end,
				   sizeof(start->side[side].end)))
				return false;
		}
	return true;
}

struct pvp_error *engines_create(const struct pvp_check_input *input, enum engines_kind kind,
				 struct sample *sample, struct engines **ret)
{
	struct engines *engines = aligned_alloc(PAGE, (sizeof(*engines) + PAGE - 1) / PAGE * PAGE);
	struct pvp_error *err;

	if (!engines)
		return pvp_error_format(PVP_ERR_ENGINE, "no memory");
	memset(engines, 0, sizeof(*engines));
	engines->kind = kind;
	engines->plan = pvp_plan_of(input->image);
	err = pvp_world_create(input->image, input->tables, input->platform, &engines->world);
	for (int i = 0; i < 2 && !err; i++) {
		err = pvp_view_create(engines->world, input->patched, NULL,
				      i ? NULL : input->sites, &engines->side[i].view);
		if (!err)
			err = open_engine(engines, &engines->side[i]);
	}
	if (err) {
		engines_destroy(engines);
		return err;
	}
	memcpy(engines->stack, host(&engines->side[0], engines->plan->stack_top - STACK_LEN / 2),
	       STACK_LEN);
	if (kind == ENGINES_LIMIT) {
		plant(engines, sample);
		find_memory(engines, sample);
	}
	for (size_t i = 0; i < sample->nr;) {
		if (ends_alike(engines, sample, &sample->v[i]))
			i++;
		else
			sample_drop(sample, i);
	}
	*ret = engines;
	return NULL;
}

void engines_destroy(struct engines *engines)
{
	if (!engines)
		return;
	for (int i = 0; i < 2; i++) {
		if (engines->side[i].ready)
			uc_context_free(engines->side[i].ready);
		if (engines->side[i].uc)
			uc_close(engines->side[i].uc);
		pvp_view_deinit(&engines->side[i].view);
	}
	pvp_world_destroy(engines->world);
	free(engines);
}
