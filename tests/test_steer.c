// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_steer.c - start states that are searched for: they take what drawn ones do not, they tell
 * apart what drawn ones cannot, they touch nothing that is not state, and they are the same however
 * many processes search.
 */
#include "steer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "alloc.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"
#include "x86/regs.h"

static struct kernel kernel;
static struct boot xen_pv;
static bool *some;
static struct pvp_steering steering;

static void setup(void)
{
	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, "xen-pv", NULL, &xen_pv);
	some = pvp_calloc(kernel.sites.nr, sizeof(*some));
	xen_pv.input.wanted = some;
	xen_pv.input.jobs = 1;
}

static void teardown(void)
{
	pvp_steering_deinit(&steering);
	free(some);
	boot_close(&xen_pv);
	kernel_close(&kernel);
}

static void want_op(const char *op)
{
	for (size_t i = 0; i < kernel.sites.nr; i++)
		some[i] = some[i] || !strcmp(kernel.sites.v[i].op, op);
}

static const struct pvp_branch *branch_in(const struct pvp_steering *s, const char *function,
					  unsigned nth)
{
	char where[128];

	for (size_t i = 0; i < s->nr_branches; i++) {
		pvp_image_describe(kernel.image, s->branches[i].addr, where, sizeof(where));
		where[strcspn(where, "+")] = '\0';
		if (!strcmp(where, function) && !nth--)
			return &s->branches[i];
	}
	return NULL;
}

/* --- what drawn states do not do --- */

/* All drawn states of queued_spin_unlock hold the lock as nobody waits for it. */
static void nobody_waits(struct pvp_contract **contract)
{
	struct pvp_poke *poke;

	*contract = (struct pvp_contract *)pvp_contracts_find(&xen_pv.contracts,
							      "lock.queued_spin_unlock");
	(*contract)->args[0] = PVP_DOMAIN_ZERO_POINTER;
	(*contract)->pokes = pvp_reallocarray((*contract)->pokes, (*contract)->nr_pokes + 1,
					      sizeof(*poke));
	poke = &(*contract)->pokes[(*contract)->nr_pokes++];
	*poke = (struct pvp_poke){
		.size = 4, .copy_arg = -1, .values = pvp_calloc(1, sizeof(uint64_t)), .nr_values = 1};
	poke->values[0] = 1;
}

#define UNLOCK "lock.queued_spin_unlock"

/* A plain store where the waiter has to be woken: the lost wake-up. */
START_TEST(tells_apart)
{
	struct pvp_contract *contract;
	struct pvp_check_result result;
	size_t divergent = 0;

	nobody_waits(&contract);
	want_op(UNLOCK);
	for (size_t i = 0; i < kernel.sites.nr; i++)
		if (some[i]) {
			uint8_t text[16] = {0xc6, 0x07, 0x00, 0x0f, 0x1f, 0x00}; /* movb $0,(%rdi) */

			memset(text + 6, 0x90, sizeof(text) - 6);
			check_bench_lay_bytes(&xen_pv, &kernel.sites.v[i], text);
		}
	xen_pv.input.steer = _i;
	xen_pv.input.shrink = false;
	pvp_ck_ok(pvp_check(&xen_pv.input, &result));
	for (size_t i = 0; i < result.nr_cells; i++) {
		const struct pvp_cell *cell = &result.cells[i];
		struct pvp_cell again;

		if (!some[i])
			continue;
		ck_assert_msg(cell->verdict == (_i ? PVP_DIVERGENT : PVP_EQUIVALENT), "%s#%u: %s",
			      cell->site->op, cell->site->ordinal, cell->detail);
		ck_assert_uint_eq(cell->steered != 0, _i);
		if (!_i)
			continue;
		divergent++;
		/* Its witness is the state itself: no index draws it. */
		ck_assert_ptr_nonnull(cell->witness->shrunk);
		pvp_ck_ok(pvp_check_start(&xen_pv.input, cell->site, cell->witness->shrunk,
					  cell->witness->state, &again));
		ck_assert_int_eq(again.verdict, PVP_DIVERGENT);
		ck_assert_str_eq(again.witness->what, cell->witness->what);
		pvp_cell_deinit(&again);
	}
	ck_assert(!_i || divergent > 0);
	pvp_check_result_deinit(&result);
}
END_TEST

static const struct {
	const char *op, *function;
	unsigned nth;
	bool taken, passed;
} ways[] = {
	{UNLOCK, "__raw_callee_save___pv_queued_spin_unlock", 0, true, true},
	{"irq.irq_enable", "xen_irq_enable_direct", 0, true, true},
};

START_TEST(both_ways)
{
	const struct pvp_branch *branch;
	struct pvp_contract *contract;

	if (!strcmp(ways[_i].op, UNLOCK))
		nobody_waits(&contract);
	want_op(ways[_i].op);
	pvp_ck_ok(pvp_steering_search(&xen_pv.input, &steering));
	branch = branch_in(&steering, ways[_i].function, ways[_i].nth);
	ck_assert_msg(branch != NULL, "%s: no branch %u", ways[_i].function, ways[_i].nth);
	ck_assert_msg(branch->taken == ways[_i].taken && branch->passed == ways[_i].passed,
		      "%s, %s at %#lx: taken %d, passed %d", ways[_i].function, branch->name,
		      (unsigned long)branch->addr, branch->taken, branch->passed);
	ck_assert_uint_gt(steering.nr_functions, 0);
}
END_TEST

/* A branch that no state can turn is said to be so. */
START_TEST(never)
{
	size_t one_way = 0;

	want_op("mmu.set_pud");
	pvp_ck_ok(pvp_steering_search(&xen_pv.input, &steering));
	for (size_t i = 0; i < steering.nr_branches; i++) {
		const struct pvp_branch *branch = &steering.branches[i];

		one_way += branch->taken != branch->passed;
		ck_assert(!i || branch[-1].addr < branch->addr);
		ck_assert_int_eq(branch->name[0], 'j');
	}
	ck_assert_uint_gt(one_way, 0);
}
END_TEST

/* --- what is state --- */

START_TEST(only_state)
{
	const struct pvp_plan *plan = pvp_plan_of(kernel.image);
	size_t nr = 0;

	for (size_t i = 0; i < kernel.sites.nr; i++)
		some[i] = true;
	xen_pv.input.jobs = 2;
	pvp_ck_ok(pvp_steering_search(&xen_pv.input, &steering));
	for (size_t i = 0; i < steering.nr; i++)
		for (size_t k = 0; k < steering.v[i].nr; k++) {
			const struct pvp_steer *steer = &steering.v[i].steers[k];

			ck_assert_uint_le(steer->nr, PVP_STEER_MAX_CHANGES);
			for (unsigned c = 0; c < steer->nr; c++) {
				const struct pvp_steer_change *change = &steer->changes[c];

				nr++;
				if (change->kind != PVP_STEER_MEMORY)
					continue;
				ck_assert_msg(change->where - plan->stack >= plan->stack_len,
					      "%s: the stack", steering.v[i].op);
				for (size_t s = 0; s < kernel.tables.nr_fields; s++)
					ck_assert_msg(change->where >=
								      kernel.tables.slots[s] + 8 ||
							      change->where + change->size <=
								      kernel.tables.slots[s],
						      "%s: the slot of %s", steering.v[i].op,
						      kernel.tables.fields[s].name);
			}
		}
	ck_assert_uint_gt(nr, 20);
}
END_TEST

/* --- the same, however it is shared out --- */

/* (Not by memcmp: between members there is nothing.) */
static bool same_steers(const struct pvp_steer *a, const struct pvp_steer *b)
{
	bool same = a->base == b->base && a->nr == b->nr;

	for (unsigned i = 0; same && i < a->nr; i++)
		same = a->changes[i].kind == b->changes[i].kind &&
		       a->changes[i].size == b->changes[i].size &&
		       a->changes[i].where == b->changes[i].where &&
		       a->changes[i].value == b->changes[i].value;
	return same;
}

static bool same_branches(const struct pvp_branch *a, const struct pvp_branch *b)
{
	return a->addr == b->addr && !strncmp(a->name, b->name, sizeof(a->name)) &&
	       a->taken == b->taken && a->passed == b->passed && a->disabled == b->disabled;
}

static bool same_steering(const struct pvp_steering *a, const struct pvp_steering *b)
{
	bool same = a->nr == b->nr && a->nr_branches == b->nr_branches &&
		    a->nr_functions == b->nr_functions && a->cases == b->cases;

	for (size_t i = 0; same && i < a->nr_branches; i++)
		same = same_branches(&a->branches[i], &b->branches[i]);
	for (size_t i = 0; same && i < a->nr; i++) {
		same = !strcmp(a->v[i].op, b->v[i].op) && a->v[i].nr == b->v[i].nr;
		for (size_t k = 0; same && k < a->v[i].nr; k++)
			same = same_steers(&a->v[i].steers[k], &b->v[i].steers[k]);
	}
	return same;
}

/* Which op comes first is nobody's business. */
START_TEST(merged)
{
	struct pvp_branch v[] = {
		{.addr = 0x20, .passed = true, .disabled = true},
		{.addr = 0x30, .disabled = true},
		{.addr = 0x10, .disabled = true},
		{.addr = 0x20, .taken = true},
		{.addr = 0x30, .disabled = true},
		{.addr = 0x10},
	}, w[ARRAY_SIZE(v)];

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		w[_i ? ARRAY_SIZE(v) - 1 - i : i] = v[i];
	ck_assert_uint_eq(pvp_branches_merge(w, ARRAY_SIZE(w)), 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(w[i].addr, 0x10 * (i + 1));
	ck_assert(!w[0].disabled && !w[0].taken && !w[0].passed); /* not-reached */
	ck_assert(!w[1].disabled && w[1].taken && w[1].passed);
	ck_assert(w[2].disabled);
	ck_assert_uint_eq(pvp_branches_merge(w, 0), 0);
}
END_TEST

START_TEST(any_jobs)
{
	static const char *const ops[] = {UNLOCK, "irq.irq_enable", "mmu.set_pte", "cpu.load_tls",
					  "lock.wait"};
	struct pvp_steering more;

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		want_op(ops[i]);
	pvp_ck_ok(pvp_steering_search(&xen_pv.input, &steering));
	xen_pv.input.jobs = 3;
	pvp_ck_ok(pvp_steering_search(&xen_pv.input, &more));
	ck_assert(same_steering(&steering, &more));
	ck_assert_ptr_nonnull(pvp_steering_find(&steering, UNLOCK));
	ck_assert_ptr_null(pvp_steering_find(&steering, "mmu.set_pmd")); /* not wanted */
	ck_assert_ptr_null(pvp_steering_find(NULL, UNLOCK));
	pvp_steering_deinit(&more);
}
END_TEST

/* A row that no file can hold: whoever draws a state for the op reads at address 0. */
START_TEST(search_dies)
{
	struct pvp_contract *contract;
	const struct rlimit no_core = {0};
	struct pvp_poke *last;

	nobody_waits(&contract);
	last = &contract->pokes[contract->nr_pokes - 1];
	free(last->values);
	last->values = NULL;
	want_op(UNLOCK);
	want_op("irq.irq_enable");
	setrlimit(RLIMIT_CORE, &no_core);
	ck_assert_int_ge(dup2(open("/dev/null", O_WRONLY), STDERR_FILENO), 0);
	pvp_ck_ok(pvp_steering_search(&xen_pv.input, &steering));
	ck_assert_ptr_null(pvp_steering_find(&steering, UNLOCK));
	ck_assert_ptr_nonnull(branch_in(&steering, "xen_irq_enable_direct", 0));
	contract->nr_pokes--;
}
END_TEST

START_TEST(no_room)
{
	struct pvp_start *start = pvp_calloc(1, sizeof(*start));
	struct pvp_steer steer = {.nr = 2,
				  .changes = {{PVP_STEER_REGISTER, 8, PVP_X86_rdi, 7},
					      {PVP_STEER_MEMORY, 1, 0x1000, 3}}};

	start->nr_pokes = PVP_START_MAX_POKES - 2;
	ck_assert(pvp_steer_apply(&steer, start));
	ck_assert_uint_eq(start->state.reg[PVP_X86_rdi], 7);
	ck_assert_uint_eq(start->pokes[PVP_START_MAX_POKES - 2].value, 3);
	ck_assert(!pvp_steer_apply(&steer, start));
	free(start);
}
END_TEST

Suite *steer_suite(void)
{
	Suite *s = suite_create("steer");
	TCase *states = tcase_create("states"), *same = tcase_create("same");

	tcase_add_checked_fixture(states, setup, teardown);
	tcase_add_loop_test(states, tells_apart, 0, 2);
	tcase_add_loop_test(states, both_ways, 0, ARRAY_SIZE(ways));
	tcase_add_test(states, never);
	tcase_add_test(states, only_state);
	tcase_set_timeout(states, 60);
	suite_add_tcase(s, states);
	tcase_add_checked_fixture(same, setup, teardown);
	tcase_add_loop_test(same, merged, 0, 2);
	tcase_add_test(same, any_jobs);
	tcase_add_test(same, search_dies);
	tcase_add_test(same, no_room);
	tcase_set_timeout(same, 60);
	suite_add_tcase(s, same);
	return s;
}
