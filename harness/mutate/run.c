// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "cell.h"
#include "entry_bench.h"

/* An engine that hangs has outlived 64 states by far. */
#define MAX_SECONDS 120

/* What all processes write to, each its own part. */
struct shared {
	struct {
		char message[256]; /* of a worker that failed */
		bool done;
	} workers[64];
	struct pvp_mutant_outcome outcomes[];
};
#define MAX_WORKERS ARRAY_SIZE(((struct shared *)0)->workers)

struct pool {
	const struct pvp_check_input *check;
	const struct pvp_mutant *mutants;
	size_t nr;
	unsigned jobs;
	struct shared *shared;
	size_t shared_len;
	int said; /* a byte a mutant */
};

/* --- one mutant --- */

static void keep(const struct pvp_cell *cell, struct pvp_mutant_outcome *ret)
{
	ret->verdict = cell->verdict;
	ret->reason = cell->reason;
	ret->state = cell->states;
	snprintf(ret->seen, sizeof(ret->seen), "%s", cell->detail ? cell->detail : "");
	ret->decided = true;
}

/* A bench of each sort: pv calls, entry code, trap rows. */
struct benches {
	struct pvp_bench *calls;
	struct pvp_entry_bench *entry, *rows;
};

static struct pvp_entry_bench *entry_bench(const struct benches *benches,
					   const struct pvp_site *site)
{
	return site->kind == PVP_SITE_ENTRY ? benches->entry
	       : site->kind == PVP_SITE_TRAP ? benches->rows
					     : NULL;
}

static struct pvp_error *spoil(const struct benches *benches, const struct pvp_mutant *mutant)
{
	struct pvp_entry_bench *entry = entry_bench(benches, mutant->site);

	return entry ? pvp_entry_bench_spoil(entry, mutant->site, mutant->bytes)
		     : pvp_bench_spoil(benches->calls, mutant->site, mutant->bytes);
}

static void decide(const struct benches *benches, const struct pvp_site *site,
		   struct pvp_cell *cell)
{
	struct pvp_entry_bench *entry = entry_bench(benches, site);

	if (entry)
		pvp_entry_bench_decide(entry, site, cell);
	else
		pvp_bench_decide(benches->calls, site, cell, NULL);
}

static void judge(const struct benches *benches, const struct pvp_mutant *mutant,
		  struct pvp_mutant_outcome *ret)
{
	struct pvp_error *err;
	struct pvp_cell cell;

	alarm(MAX_SECONDS);
	err = spoil(benches, mutant);
	if (err)
		_exit(2);
	decide(benches, mutant->site, &cell);
	keep(&cell, ret);
	_exit(0);
}

static struct pvp_error *judge_apart(const struct pool *pool, const struct benches *benches,
				     size_t i)
{
	struct pvp_mutant_outcome *ret = &pool->shared->outcomes[i];
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return pvp_error_os(errno, "a process for a mutant");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		judge(benches, &pool->mutants[i], ret);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!ret->decided) {
		ret->verdict = PVP_INCONCLUSIVE;
		ret->reason = PVP_REASON_WORKER_DIED;
		snprintf(ret->seen, sizeof(ret->seen), "the process that ran it ended by %s %d",
			 WIFSIGNALED(status) ? "signal" : "status",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	if (write(pool->said, "", 1) < 0)
		_exit(3); /* nobody listens */
	return NULL;
}

/* --- a worker --- */

static struct pvp_error *check_good(const struct benches *benches, const struct pvp_site *site)
{
	struct pvp_error *err = NULL;
	struct pvp_cell cell;

	decide(benches, site, &cell);
	if (cell.verdict != PVP_EQUIVALENT)
		err = pvp_error_format(PVP_ERR_BAD_DATA,
				       "%s#%u: the good text is %s (%s), so that no mutant of it "
				       "shows anything",
				       site->op, site->ordinal, pvp_verdict_name(cell.verdict),
				       cell.detail ? cell.detail : "");
	pvp_cell_deinit(&cell);
	return err;
}

static struct pvp_error *work_on_sites(const struct pool *pool, unsigned worker,
				       const struct benches *good, const struct benches *spoilt)
{
	struct pvp_error *err = NULL;
	size_t nr_sites = 0;

	for (size_t i = 0; i < pool->nr && !err; i++) {
		bool first = !i || pool->mutants[i].site != pool->mutants[i - 1].site;

		nr_sites += first;
		if (nr_sites % pool->jobs != worker)
			continue;
		if (first)
			err = check_good(good, pool->mutants[i].site);
		if (!err)
			err = judge_apart(pool, spoilt, i);
	}
	return err;
}

static struct pvp_error *benches_create(const struct pvp_check_input *check, struct benches *ret)
{
	const bool has_entry = check->entry && check->entry->sites.nr;
	struct pvp_error *err = pvp_bench_create(check, &ret->calls);

	if (!err && has_entry)
		err = pvp_entry_bench_create(check, PVP_SITE_ENTRY, &ret->entry);
	if (!err && has_entry)
		err = pvp_entry_bench_create(check, PVP_SITE_TRAP, &ret->rows);
	return err;
}

static void work(const struct pool *pool, unsigned worker)
{
	struct benches good = {0}, spoilt = {0};
	struct pvp_error *err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	err = benches_create(pool->check, &good);
	if (!err)
		err = benches_create(pool->check, &spoilt);
	if (!err)
		err = work_on_sites(pool, worker, &good, &spoilt);
	if (err)
		snprintf(pool->shared->workers[worker].message,
			 sizeof(pool->shared->workers[worker].message), "%s", err->message);
	pool->shared->workers[worker].done = true;
	_exit(0); /* memory, engines and mappings go with the process */
}

/* --- the parent --- */

static void listen(const struct pool *pool, int fd)
{
	const struct pvp_check_input *check = pool->check;
	size_t done = 0;
	char buf[512];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		done += n > 0 ? n : 0;
		if (check->progress)
			check->progress(check->progress_arg, done, pool->nr);
	}
}

static struct pvp_error *run_workers(struct pool *pool)
{
	pid_t pids[MAX_WORKERS] = {0};
	struct pvp_error *err = NULL;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return pvp_error_os(errno, "pipe to workers");
	pool->said = fds[1];
	fflush(NULL);
	for (unsigned i = 0; i < pool->jobs && !err; i++) {
		pids[i] = fork();
		if (pids[i] < 0) {
			pids[i] = 0;
			err = pvp_error_os(errno, "a worker process");
		} else if (!pids[i]) {
			close(fds[0]);
			work(pool, i);
		}
	}
	close(fds[1]);
	if (!err)
		listen(pool, fds[0]);
	close(fds[0]);
	for (unsigned i = 0; i < pool->jobs; i++) {
		if (!pids[i])
			continue;
		if (err)
			kill(pids[i], SIGKILL);
		while (waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
			;
		if (!err && *pool->shared->workers[i].message)
			err = pvp_error_format(PVP_ERR_BAD_DATA, "%s",
					       pool->shared->workers[i].message);
		else if (!err && !pool->shared->workers[i].done)
			err = pvp_error_format(PVP_ERR_ENGINE, "a worker died between two mutants");
	}
	return err;
}

struct pvp_error *pvp_mutants_run(const struct pvp_check_input *check,
				  const struct pvp_mutant *mutants, size_t nr,
				  struct pvp_mutant_outcome *ret)
{
	struct pool pool = {
		.check = check,
		.mutants = mutants,
		.nr = nr,
		.jobs = check->jobs < MAX_WORKERS ? check->jobs : MAX_WORKERS,
		.shared_len = sizeof(*pool.shared) + nr * sizeof(pool.shared->outcomes[0]),
	};
	struct pvp_error *err;

	if (!nr)
		return NULL;
	pool.shared = mmap(NULL, pool.shared_len, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pool.shared == MAP_FAILED)
		return pvp_error_os(errno, "memory for mutants");
	err = run_workers(&pool);
	if (!err)
		memcpy(ret, pool.shared->outcomes, nr * sizeof(*ret));
	munmap(pool.shared, pool.shared_len);
	return err;
}
