// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - `make bench`: how fast cases are run and checks are made, as ratios to a plain Unicorn
 * loop and to the least that a case can cost with the engine.
 *
 *	build/opt/bench build/opt/pvproof build/kernels/pvkernel-6.1 vmlinuz..
 *
 * A case is one run of one text from one state; a check is one site, one platform, one state, both
 * texts: two cases.  Ratios are made of what was measured in the same round, one loop after the
 * other, in CPU time; a machine's load changes them less than it changes the numbers.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "engines.h"
#include "selftest.h"
#include "subject.h"
#include "whole.h"

#define MAX_ROUNDS 99
#define MIN_STATES 24 /* as `verify` has it */

#define ROWS(X)                                                                                    \
	X(PLAIN, "plain C loop", "Unicorn as its examples use it, until = end of the site")        \
	X(LIMIT, "engine limit", "restore, set, run to a planted stop, read: nothing else")        \
	X(LOOP, "our loop", "the same sites and states, drawing the states included")              \
	X(LOOP_ALL, "our loop, any site", "sites of every kind: longer text, sensitive "           \
					  "instructions")                                          \
	X(WHOLE, "verify", "the whole program, one job, all sites: start, workers, findings, report")

enum row {
#define X(id, name, what) ROW_##id,
	ROWS(X)
#undef X
	NR_ROWS
};

static const char *const row_names[] = {
#define X(id, name, what) name,
	ROWS(X)
#undef X
};

static const char *const row_legends[] = {
#define X(id, name, what) what,
	ROWS(X)
#undef X
};

struct options {
	unsigned rounds, states, sites;
	double least; /* seconds a measurement takes at least */
	char **files;
	int nr_files;
};

/* What was done in a stretch of time. */
struct measure {
	uint64_t cases, checks;
	double cpu, wall;
};

/* One image on one platform. */
struct block {
	const struct options *options;
	const struct pvp_subject *subject;
	const struct pvp_check_input *input;
	const char *program;
	struct pvp_bench *bench;
	struct sample sample;
	struct engines *engines[2]; /* by enum engines_kind */
	struct measure rounds[MAX_ROUNDS][NR_ROWS];
};

/* --- measuring --- */

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void decide(struct block *block, const struct pvp_site *site, struct measure *m)
{
	uint64_t before = pvp_bench_cases(block->bench);
	struct pvp_cell cell;
	char *violation = NULL;

	pvp_bench_decide(block->bench, site, &cell, &violation);
	m->cases += pvp_bench_cases(block->bench) - before;
	m->checks += cell.states;
	pvp_cell_deinit(&cell);
	free(violation);
}

static void run_once(struct block *block, enum row row, struct measure *m)
{
	const struct pvp_sites *sites = block->input->sites;
	const struct sample *sample = &block->sample;
	size_t nr = sites->nr < block->options->sites ? sites->nr : block->options->sites;

	switch (row) {
	case ROW_PLAIN:
	case ROW_LIMIT:
		engines_run(block->engines[row == ROW_PLAIN ? ENGINES_PLAIN : ENGINES_LIMIT],
			    sample);
		m->checks += sample->nr * sample->nr_states;
		m->cases += 2 * sample->nr * sample->nr_states;
		break;
	case ROW_LOOP:
		for (size_t i = 0; i < sample->nr; i++)
			decide(block, sample->v[i].site, m);
		break;
	default:
		for (size_t i = 0; i < nr; i++)
			decide(block, &sites->v[i * sites->nr / nr], m);
		break;
	}
}

static struct pvp_error *measure_whole(struct block *block, struct measure *m)
{
	double wall = now(CLOCK_MONOTONIC);
	struct whole whole;
	struct pvp_error *err;

	err = whole_run(block->program, block->subject->path, block->input->platform->name,
			block->options->states, &whole);
	if (err)
		return err;
	*m = (struct measure){whole.cases, whole.checks, whole.cpu, now(CLOCK_MONOTONIC) - wall};
	return NULL;
}

static struct pvp_error *measure(struct block *block, enum row row, struct measure *ret)
{
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
	struct measure m = {0};

	if (row == ROW_WHOLE)
		return measure_whole(block, ret);
	do {
		run_once(block, row, &m);
		m.cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	} while (m.cpu < block->options->least);
	m.wall = now(CLOCK_MONOTONIC) - wall;
	*ret = m;
	return NULL;
}

/* --- the table --- */

static double cases_a_second(const struct measure *m)
{
	return m->cases / m->cpu;
}

static double checks_a_second(const struct measure *m)
{
	return m->checks / m->cpu;
}

static double cases_by_the_wall(const struct measure *m)
{
	return m->cases / m->wall;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Lowest, median, highest over the rounds; base < 0: the rate itself, else the ratio to that row. */
static void over_rounds(const struct block *block, double (*rate)(const struct measure *),
			enum row row, int base, double ret[3])
{
	unsigned nr = block->options->rounds;
	double v[MAX_ROUNDS];

	for (unsigned i = 0; i < nr; i++)
		v[i] = rate(&block->rounds[i][row]) /
		       (base < 0 ? 1 : rate(&block->rounds[i][base]));
	qsort(v, nr, sizeof(*v), compare_doubles);
	ret[0] = v[0];
	ret[1] = v[nr / 2];
	ret[2] = v[nr - 1];
}

static void print_ratio(const struct block *block, double (*rate)(const struct measure *),
			enum row row, enum row base)
{
	char text[48];
	double r[3];

	over_rounds(block, rate, row, base, r);
	if (row == base)
		snprintf(text, sizeof(text), "1");
	else
		snprintf(text, sizeof(text), "%.3g (%.3g-%.3g)", r[1], r[0], r[2]);
	printf("  %-24s", text);
}

static void print_block(const struct block *block)
{
	static double (*const rates[])(const struct measure *) = {cases_a_second, checks_a_second};
	static double (*const numbers[])(const struct measure *) = {
		cases_a_second, checks_a_second, cases_by_the_wall};

	printf("  %-20s  %-50s  %-50s| on this machine, a second\n", "", "cases, ratio to",
	       "checks, ratio to");
	printf("  %-20s", "");
	for (int i = 0; i < 2; i++)
		printf("  %-24s  %-24s", row_names[ROW_PLAIN], row_names[ROW_LIMIT]);
	printf("| %9s %9s %15s\n", "cases", "checks", "cases, by clock");
	for (enum row row = 0; row < NR_ROWS; row++) {
		printf("  %-20s", row_names[row]);
		for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
			print_ratio(block, rates[i], row, ROW_PLAIN);
			print_ratio(block, rates[i], row, ROW_LIMIT);
		}
		printf("|");
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			double r[3];

			over_rounds(block, numbers[i], row, -1, r);
			printf(" %*.0f", i == 2 ? 15 : 9, r[1]);
		}
		putchar('\n');
	}
	putchar('\n');
	fflush(stdout);
}

/* --- blocks --- */

static struct pvp_error *run_block(struct block *block)
{
	const struct options *options = block->options;
	struct pvp_error *err = pvp_bench_create(block->input, &block->bench);

	if (err)
		return err;
	sample_take(block->bench, options->states, options->sites, &block->sample);
	/* (The limit's first: it may find that a text does not suit it.) */
	err = engines_create(block->input, ENGINES_LIMIT, &block->sample,
			     &block->engines[ENGINES_LIMIT]);
	if (!err)
		err = engines_create(block->input, ENGINES_PLAIN, &block->sample,
				     &block->engines[ENGINES_PLAIN]);
	if (!err && !block->sample.nr)
		err = pvp_error_format(PVP_ERR_ENGINE, "no site can be run without hooks");
	if (err)
		return err;
	printf("%s on %s: %zu of %zu sites can be run without hooks; %zu of them, from %u states "
	       "each, %.1f instructions a case\n",
	       block->subject->image->name, block->input->platform->name, block->sample.nr_simple,
	       block->input->sites->nr, block->sample.nr, options->states,
	       sample_insns(&block->sample));
	fflush(stdout);
	for (unsigned i = 0; i < options->rounds && !err; i++)
		for (enum row row = 0; row < NR_ROWS && !err; row++)
			err = measure(block, row, &block->rounds[i][row]);
	if (!err)
		print_block(block);
	return err;
}

static struct pvp_error *run_platform(const struct options *options,
				      const struct pvp_subject *subject, const char *platform)
{
	static const struct pvp_overrides none;
	struct pvp_boot boot;
	struct pvp_check_input input;
	struct block *block;
	struct pvp_error *err = pvp_boot_open(subject, platform, &none, NULL, &boot);

	if (err)
		return err;
	input = (struct pvp_check_input){
		.image = subject->image,
		.tables = &subject->tables,
		.sites = &subject->sites,
		.platform = boot.platform,
		.contracts = &boot.contracts,
		.patched = &boot.patched,
		.nr_states = options->states,
		.seed = 1,
		.jobs = 1,
	};
	block = pvp_calloc(1, sizeof(*block));
	block->options = options;
	block->subject = subject;
	block->input = &input;
	block->program = options->files[0];
	err = run_block(block);
	engines_destroy(block->engines[ENGINES_PLAIN]);
	engines_destroy(block->engines[ENGINES_LIMIT]);
	sample_deinit(&block->sample);
	pvp_bench_destroy(block->bench);
	free(block);
	pvp_boot_deinit(&boot);
	return err ? pvp_error_context(err, "%s: platform %s", subject->path, platform) : NULL;
}

static struct pvp_error *run_image(const struct options *options, const char *path)
{
	static const char *const platforms[] = {"native", "xen-pv"};
	struct pvp_subject subject;
	struct pvp_error *err;

	if (access(path, R_OK)) {
		const char *name = strrchr(path, '/');

		printf("SKIP %s: it is not here\n\n", name ? name + 1 : path);
		return NULL;
	}
	err = pvp_subject_open(path, NULL, &subject);
	if (err)
		return err;
	if (subject.image->arch != PVP_ARCH_AMD64)
		err = pvp_error_format(PVP_ERR_UNSUPPORTED, "%s: not an amd64 kernel", path);
	for (size_t i = 0; i < ARRAY_SIZE(platforms) && !err; i++)
		err = run_platform(options, &subject, platforms[i]);
	pvp_subject_deinit(&subject);
	return err;
}

/* --- the command line --- */

static const struct argp_option option_table[] = {
	{"rounds", 'r', "N", 0, "measure N times, 1 to 99, default 5; medians are shown", 0},
	{"states", 's', "N", 0, "start states a site, from 24 on, default 64", 0},
	{"sites", 'n', "N", 0, "sites a loop, default 64", 0},
	{"least", 't', "MS", 0, "a measurement takes at least MS milliseconds, default 200", 0},
	{0},
};

static unsigned long number(const char *text, unsigned long min, unsigned long max,
			    struct argp_state *state)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || value < min || value > max)
		argp_error(state, "\"%s\" is not a number from %lu to %lu", text, min, max);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'r':
		options->rounds = number(arg, 1, MAX_ROUNDS, state);
		return 0;
	case 's':
		options->states = number(arg, MIN_STATES, 65536, state);
		return 0;
	case 'n':
		options->sites = number(arg, 1, 1000000, state);
		return 0;
	case 't':
		options->least = number(arg, 0, 60000, state) / 1e3;
		return 0;
	case ARGP_KEY_ARGS:
		options->files = state->argv + state->next;
		options->nr_files = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (options->nr_files < 2)
			argp_error(state, "a PVPROOF and an IMAGE are needed");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse,
		.args_doc = "PVPROOF IMAGE...",
		.doc = "How fast sites are checked, as ratios to a plain Unicorn loop and to the "
		       "engine's limit.",
	};
	struct options options = {.rounds = 5, .states = 64, .sites = 64, .least = 0.2};
	struct pvp_error *err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	printf("medians of %u rounds (lowest-highest); CPU time, one process\n", options.rounds);
	for (enum row row = 0; row < NR_ROWS; row++)
		printf("  %-20s  %s\n", row_names[row], row_legends[row]);
	putchar('\n');
	err = pvp_selftest_require();
	for (int i = 1; i < options.nr_files && !err; i++)
		err = run_image(&options, options.files[i]);
	if (!err)
		return 0;
	fflush(stdout);
	fprintf(stderr, "bench: %s\n", err->message);
	pvp_error_destroy(err);
	return 2;
}
