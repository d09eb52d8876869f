// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_jobs.c - cells decided by workers: the same whatever their number, and a worker's death is a
 * result of one site.
 */
#include "jobs.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "alloc.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "pool.h"
#include "record.h"
#include "suites.h"

static struct kernel kernel;
static struct boot boot;
static bool *some; /* sites to decide */

static void setup(void)
{
	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, "xen-pv", NULL, &boot);
	some = pvp_calloc(kernel.sites.nr, sizeof(*some));
	boot.input.wanted = some;
}

static void teardown(void)
{
	free(some);
	boot_close(&boot);
	kernel_close(&kernel);
}

static void want_every(size_t nth)
{
	for (size_t i = 0; i < kernel.sites.nr; i += nth)
		some[i] = true;
}

static void want_op(const char *op)
{
	for (size_t i = 0; i < kernel.sites.nr; i++)
		some[i] = some[i] || !strcmp(kernel.sites.v[i].op, op);
}

/* --- any number of workers --- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_witness(const struct pvp_witness *a, const struct pvp_witness *b)
{
	if (!a || !b)
		return a == b;
	return a->seed == b->seed && a->state == b->state && same_text(a->what, b->what) &&
	       !memcmp(a->start, b->start, sizeof(a->start)) &&
	       !memcmp(a->end_k0, b->end_k0, sizeof(a->end_k0)) &&
	       !memcmp(a->end_k1, b->end_k1, sizeof(a->end_k1)) &&
	       same_text(a->stop_k0, b->stop_k0) && same_text(a->stop_k1, b->stop_k1) &&
	       same_text(a->effects_k0, b->effects_k0) && same_text(a->effects_k1, b->effects_k1);
}

static bool same_cell(const struct pvp_cell *a, const struct pvp_cell *b)
{
	return a->site == b->site && a->verdict == b->verdict && a->evidence == b->evidence &&
	       a->reason == b->reason && a->form == b->form && a->states == b->states && a->wild == b->wild &&
	       a->entry == b->entry && a->end == b->end && a->faulted == b->faulted &&
	       a->stray == b->stray && same_text(a->detail, b->detail) &&
	       same_witness(a->witness, b->witness);
}

static void check_with(unsigned jobs, struct pvp_check_result *ret)
{
	boot.input.jobs = jobs;
	pvp_ck_ok(pvp_check(&boot.input, ret));
}

static const unsigned numbers_of_jobs[] = {2, 3, 7};

START_TEST(same_cells)
{
	static const struct {
		const char *site, *text;
	} spoiled[] = {
		{"irq.irq_disable#4", "fa"},	       {"mmu.pte_val#1", "48 89 f8"},
		{"mmu.set_pte#3", "call:xen_set_pmd"}, {"mmu.set_pgd#1", "0f 0b"},
		{"mmu.flush_tlb_user#3", "0f 57 c0"}, /* INCONCLUSIVE */
	};
	struct pvp_check_result one, more;
	size_t divergent = 0, states = 0;

	/* Some that diverge, so that witnesses travel too. */
	want_every(3);
	for (size_t i = 0; i < ARRAY_SIZE(spoiled); i++) {
		check_bench_lay(&boot, spoiled[i].site, spoiled[i].text);
		some[check_bench_site(&kernel, spoiled[i].site) - kernel.sites.v] = true;
	}
	check_with(1, &one);
	check_with(numbers_of_jobs[_i], &more);
	ck_assert_uint_eq(one.nr_cells, kernel.sites.nr);
	ck_assert_uint_eq(more.nr_cells, kernel.sites.nr);
	for (size_t i = 0; i < one.nr_cells; i++) {
		ck_assert_msg(same_cell(&one.cells[i], &more.cells[i]), "%u jobs: %s#%u",
			      numbers_of_jobs[_i], kernel.sites.v[i].op, kernel.sites.v[i].ordinal);
		divergent += one.cells[i].verdict == PVP_DIVERGENT;
		states += one.cells[i].states + one.cells[i].wild;
	}
	ck_assert_uint_eq(divergent, 4);
	ck_assert_uint_eq(one.cases, 2 * states); /* K0 and K1 */
	ck_assert_uint_eq(more.cases, one.cases);
	ck_assert_uint_eq(more.stray, one.stray);
	ck_assert_uint_eq(more.nr_findings, one.nr_findings);
	pvp_check_result_deinit(&one);
	pvp_check_result_deinit(&more);
}
END_TEST

/* What comes through the pipe is what was decided, word for word. */
START_TEST(as_in_this_process)
{
	static const char *const sites[] = {"irq.irq_disable#4", "mmu.pte_val#1",
					    "cpu.cpuid#1",	 "mmu.set_pgd#1",
					    "cpu.load_tls#1",	 "mmu.write_cr3#1"};
	struct pvp_check_result result;
	size_t other_effects = 0, strays = 0;

	check_bench_lay(&boot, "irq.irq_disable#4", "fa");
	check_bench_lay(&boot, "cpu.cpuid#1", "call:native_cpuid");
	check_bench_lay(&boot, "mmu.write_cr3#1", "0f 22 df");
	for (size_t i = 0; i < ARRAY_SIZE(sites); i++)
		some[check_bench_site(&kernel, sites[i]) - kernel.sites.v] = true;
	want_op("mmu.tlb_remove_table");
	check_with(2, &result);
	for (size_t i = 0; i < result.nr_cells; i++) {
		const struct pvp_witness *w = result.cells[i].witness;
		char name[64];
		struct pvp_cell cell;

		if (!some[i])
			continue;
		snprintf(name, sizeof(name), "%s#%u", kernel.sites.v[i].op,
			 kernel.sites.v[i].ordinal);
		check_bench_decide(&boot, name, &cell);
		ck_assert_msg(same_cell(&cell, &result.cells[i]), "%s", name);
		other_effects += w && strcmp(w->effects_k0, w->effects_k1);
		strays += cell.stray;
		pvp_cell_deinit(&cell);
	}
	ck_assert_uint_ge(other_effects, 1);
	ck_assert_uint_ge(strays, 1);
	ck_assert_uint_eq(strays, result.stray);
	pvp_check_result_deinit(&result);
}
END_TEST

struct tally {
	size_t calls, last, total;
};

static void count(void *arg, size_t done, size_t total)
{
	struct tally *tally = arg;

	tally->calls++;
	ck_assert_uint_eq(done, tally->last + 1);
	tally->last = done;
	tally->total = total;
}

/* Only what is asked for; a cell does not depend on the others. */
START_TEST(wanted)
{
	struct pvp_check_result all, few;
	struct tally tally = {0};
	size_t nr = 0;

	boot.input.wanted = NULL;
	check_with(2, &all);
	want_every(13);
	boot.input.wanted = some;
	boot.input.progress = count;
	boot.input.progress_arg = &tally;
	check_with(3, &few);
	boot.input.progress = NULL;
	for (size_t i = 0; i < kernel.sites.nr; i++) {
		ck_assert_ptr_eq(few.cells[i].site, &kernel.sites.v[i]);
		nr += some[i];
		if (some[i])
			ck_assert_msg(same_cell(&all.cells[i], &few.cells[i]), "%s#%u",
				      kernel.sites.v[i].op, kernel.sites.v[i].ordinal);
		else
			ck_assert_int_eq(few.cells[i].verdict, PVP_SKIPPED);
	}
	ck_assert_uint_eq(tally.calls, nr);
	ck_assert_uint_eq(tally.total, nr);
	pvp_check_result_deinit(&all);
	pvp_check_result_deinit(&few);
}
END_TEST

/* --- death --- */

/* A row that no file can hold: whoever draws a start state for the op reads at address 0. */
static void make_deadly(const char *op)
{
	for (size_t i = 0; i < boot.contracts.nr; i++) {
		struct pvp_contract *c = &boot.contracts.v[i];

		if (strcmp(c->op, op))
			continue;
		ck_assert_uint_eq(c->nr_pokes, 0);
		free(c->pokes);
		c->pokes = NULL;
		c->nr_pokes = 1;
	}
}

static void revive(const char *op)
{
	for (size_t i = 0; i < boot.contracts.nr; i++)
		if (!strcmp(boot.contracts.v[i].op, op))
			boot.contracts.v[i].nr_pokes = 0;
}

/* What dying processes say, and leave, is of no interest. */
static void die_quietly(void)
{
	const struct rlimit no_core = {0};

	setrlimit(RLIMIT_CORE, &no_core);
	ck_assert_int_ge(dup2(open("/dev/null", O_WRONLY), STDERR_FILENO), 0);
}

static const struct {
	const char *op;
	unsigned jobs;
} deaths[] = {
	{"irq.irq_disable", 1},
	{"irq.irq_disable", 3},
	{"static_call.pv_steal_clock", 2}, /* the last site of all is one */
	{"static_call.pv_sched_clock", 2}, /* and the first */
	{"cpu.io_delay", 1},		   /* two in a row */
	{"cpu.io_delay", 40},
};

START_TEST(worker_dies)
{
	struct pvp_check_result alive, dead;
	size_t nr = 0;

	want_every(20);
	want_op(deaths[_i].op);
	check_with(1, &alive);
	die_quietly();
	make_deadly(deaths[_i].op);
	check_with(deaths[_i].jobs, &dead);
	for (size_t i = 0; i < dead.nr_cells; i++) {
		const struct pvp_cell *cell = &dead.cells[i];

		if (strcmp(cell->site->op, deaths[_i].op)) { /* SKIPPED ones too */
			ck_assert_msg(same_cell(cell, &alive.cells[i]), "%s#%u: %s", cell->site->op,
				      cell->site->ordinal, pvp_verdict_name(cell->verdict));
			continue;
		}
		nr++;
		ck_assert_ptr_eq(cell->site, &kernel.sites.v[i]);
		ck_assert_int_eq(cell->verdict, PVP_INCONCLUSIVE);
		ck_assert_int_eq(cell->reason, PVP_REASON_WORKER_DIED);
		ck_assert_int_eq(cell->evidence, PVP_EVIDENCE_NONE);
		ck_assert(cell->detail && strstr(cell->detail, "ended by "));
	}
	ck_assert_uint_ge(nr, 2);
	pvp_check_result_deinit(&alive);
	pvp_check_result_deinit(&dead);
	revive(deaths[_i].op);
}
END_TEST

/* One site in one state: so for replay. */
START_TEST(one_dies)
{
	const struct pvp_site *site = check_bench_site(&kernel, "irq.irq_disable#4");
	struct pvp_cell cell;

	pvp_ck_ok(pvp_check_one(&boot.input, site, 0, &cell));
	ck_assert_int_eq(cell.verdict, PVP_EQUIVALENT);
	pvp_cell_deinit(&cell);
	die_quietly();
	make_deadly(site->op);
	pvp_ck_ok(pvp_check_one(&boot.input, site, 0, &cell));
	ck_assert_ptr_eq(cell.site, site);
	ck_assert_int_eq(cell.verdict, PVP_INCONCLUSIVE);
	ck_assert_int_eq(cell.reason, PVP_REASON_WORKER_DIED);
	ck_assert(strstr(cell.detail, "ended by "));
	pvp_cell_deinit(&cell);
	revive(site->op);
}
END_TEST

/* --- what a dying worker said --- */

#define NR_SPEAKERS 4

/* Items 1 and 3 die; 0 and 1 say something. */
static void speak(void *arg, void *state, size_t item, struct pvp_record *out)
{
	(void)arg;
	(void)state;
	(void)out;
	if (item < 2)
		dprintf(STDERR_FILENO, "first line\nitem %zu\x7f\n", item);
	if (item % 2)
		_exit(9);
}

static struct pvp_error *ready(void *arg, void **state)
{
	(void)arg;
	(void)state;
	return NULL;
}

static bool take_nothing(void *arg, size_t item, struct pvp_record *in)
{
	(void)arg;
	(void)in;
	return !(item % 2);
}

static bool note_death(void *arg, size_t item, const char *how)
{
	((char **)arg)[item] = pvp_strdup(how);
	return false;
}

/* The last line belongs to its item, not to one that is run by the same worker. */
START_TEST(last_words)
{
	char *how[NR_SPEAKERS] = {0};
	const struct pvp_pool pool = {
		.nr_items = NR_SPEAKERS,
		.jobs = _i,
		.arg = how,
		.begin = ready,
		.work = speak,
		.take = take_nothing,
		.died = note_death,
	};

	pvp_ck_ok(pvp_pool_run(&pool));
	ck_assert_ptr_null(how[0]);
	ck_assert_ptr_null(how[2]);
#ifdef __SANITIZE_ADDRESS__
	ck_assert_str_eq(how[1], "status 9");
#else
	ck_assert_str_eq(how[1], "status 9 (item 1?)");
#endif
	ck_assert_str_eq(how[3], "status 9");
	free(how[1]);
	free(how[3]);
}
END_TEST

/* What keeps every worker from beginning is an error, not as many results as sites. */
START_TEST(no_bench)
{
	struct pvp_check_result result;

	check_bench_lay(&boot, "irq.irq_disable#4", "fa");
	boot.given.v[0].addr = 0x1000;
	want_every(20);
	boot.input.jobs = 3;
	pvp_ck_err(pvp_check(&boot.input, &result), PVP_ERR_BAD_DATA,
		   "patched bytes at 0x1000: no text there");
}
END_TEST

/* --- records --- */

START_TEST(round_trip)
{
	struct pvp_record r = {0};
	uint8_t bytes[3] = {1, 2, 3}, got[3];
	char *s, *long_string = pvp_calloc(5000, 1);

	memset(long_string, 'x', 4999);
	pvp_record_put_u64(&r, 0x123456789abcdef0);
	pvp_record_put_string(&r, NULL);
	pvp_record_put_string(&r, "");
	pvp_record_put_string(&r, long_string);
	pvp_record_put(&r, bytes, sizeof(bytes));
	pvp_record_put_u64(&r, 7);
	ck_assert_uint_eq(pvp_record_get_u64(&r), 0x123456789abcdef0);
	ck_assert_ptr_null(pvp_record_get_string(&r));
	s = pvp_record_get_string(&r);
	ck_assert_str_eq(s, "");
	free(s);
	s = pvp_record_get_string(&r);
	ck_assert_str_eq(s, long_string);
	free(s);
	pvp_record_get(&r, got, sizeof(got));
	pvp_ck_bytes("bytes", got, bytes, sizeof(bytes));
	ck_assert_uint_eq(pvp_record_get_u64(&r), 7);
	ck_assert(!r.bad && r.at == r.len);
	ck_assert_uint_eq(pvp_record_get_u64(&r), 0); /* there is no more */
	ck_assert(r.bad);
	free(long_string);
	pvp_record_deinit(&r);
	ck_assert_ptr_null(r.data);
}
END_TEST

/* Cut anywhere, a record is bad, and what was read is 0 or NULL. */
START_TEST(truncated)
{
	struct pvp_record r = {0};
	size_t whole;

	pvp_record_put_u64(&r, 1);
	pvp_record_put_string(&r, "four");
	pvp_record_put_u64(&r, 2);
	whole = r.len;
	for (size_t len = 0; len < whole; len++) {
		struct pvp_record cut = {0};
		char *s;

		pvp_record_put(&cut, r.data, len);
		pvp_record_get_u64(&cut);
		s = pvp_record_get_string(&cut);
		ck_assert_msg(!s || !strcmp(s, "four"), "cut at %zu: \"%s\"", len, s);
		free(s);
		ck_assert_uint_eq(pvp_record_get_u64(&cut), 0);
		ck_assert_msg(cut.bad, "cut at %zu", len);
		pvp_record_deinit(&cut);
	}
	pvp_record_deinit(&r);
}
END_TEST

START_TEST(bad_strings)
{
	static const uint64_t lengths[] = {2, 3, 5, 1ull << 32, ~0ull, ~0ull - 8};

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct pvp_record r = {0};

		pvp_record_put_u64(&r, lengths[i]);
		pvp_record_put(&r, "abc", 4); /* a string of length 4, in truth */
		ck_assert_ptr_null(pvp_record_get_string(&r));
		ck_assert_msg(r.bad, "length %#llx", (unsigned long long)lengths[i]);
		pvp_record_deinit(&r);
	}
}
END_TEST

Suite *jobs_suite(void)
{
	Suite *s = suite_create("jobs");
	TCase *workers = tcase_create("workers"), *records = tcase_create("records");

	tcase_add_checked_fixture(workers, setup, teardown);
	tcase_add_loop_test(workers, same_cells, 0, ARRAY_SIZE(numbers_of_jobs));
	tcase_add_test(workers, as_in_this_process);
	tcase_add_test(workers, wanted);
	tcase_add_loop_test(workers, worker_dies, 0, ARRAY_SIZE(deaths));
	tcase_add_test(workers, one_dies);
	tcase_add_loop_test(workers, last_words, 1, 4);
	tcase_add_test(workers, no_bench);
	suite_add_tcase(s, workers);
	tcase_add_test(records, round_trip);
	tcase_add_test(records, truncated);
	tcase_add_test(records, bad_strings);
	suite_add_tcase(s, records);
	return s;
}
