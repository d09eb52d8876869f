// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "cell.h"
#include "record.h"
#include "start.h"

/* What a worker says: its message's kind, length, then a record. */
enum message { MESSAGE_BEGIN, MESSAGE_CELL, MESSAGE_ERROR, MESSAGE_DONE };

struct worker {
	pid_t pid; /* 0: none */
	int fd;
	size_t next;	      /* first site not yet decided */
	bool begun;	      /* the worker is at `next` */
	bool done;
	struct pvp_record in; /* bytes received, not yet whole messages */
};

/* --- the worker's side --- */

static bool write_all(int fd, const void *data, size_t len)
{
	const char *from = data;

	while (len) {
		ssize_t n = write(fd, from, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		len -= n;
	}
	return true;
}

static void say(int fd, enum message kind, struct pvp_record *record)
{
	uint64_t head[2] = { kind, record ? record->len : 0 };

	if (!write_all(fd, head, sizeof(head)) ||
	    (record && !write_all(fd, record->data, record->len)))
		_exit(3); /* nobody listens */
	if (record)
		record->len = 0;
}

static void put_witness(struct pvp_record *r, const struct pvp_witness *w)
{
	pvp_record_put_u64(r, w->seed);
	pvp_record_put_u64(r, w->state);
	pvp_record_put_string(r, w->what);
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

static void put_cell(struct pvp_record *r, size_t index, const struct pvp_cell *cell,
		     const char *violation)
{
	const struct pvp_witness *w = cell->witness;

	pvp_record_put_u64(r, index);
	pvp_record_put_u64(r, cell->verdict);
	pvp_record_put_u64(r, cell->evidence);
	pvp_record_put_u64(r, cell->reason);
	pvp_record_put_u64(r, cell->form);
	pvp_record_put_u64(r, cell->states);
	pvp_record_put_u64(r, cell->entry);
	pvp_record_put_u64(r, cell->end);
	pvp_record_put_u64(r, cell->faulted);
	pvp_record_put_u64(r, cell->stray);
	pvp_record_put_string(r, cell->detail);
	pvp_record_put_string(r, violation);
	pvp_record_put_u64(r, w != NULL);
	if (!w)
		return;
	put_witness(r, w);
}

static bool is_wanted(const struct pvp_check_input *input, size_t site)
{
	return !input->wanted || input->wanted[site];
}

/* Whether there is work for a worker at site i and behind it. */
static bool has_work(const struct pvp_check_input *input, size_t i)
{
	while (i < input->sites->nr && !is_wanted(input, i))
		i += input->jobs;
	return i < input->sites->nr;
}

static void work(const struct pvp_check_input *input, const struct worker *worker, int fd)
{
	struct pvp_record record = { 0 };
	struct pvp_bench *bench;
	struct pvp_error *err = pvp_bench_create(input, &bench);

	if (err) {
		pvp_record_put_u64(&record, err->code);
		pvp_record_put_string(&record, err->message);
		say(fd, MESSAGE_ERROR, &record);
		_exit(2);
	}
	for (size_t i = worker->next; i < input->sites->nr; i += input->jobs) {
		struct pvp_cell cell;
		char *violation = NULL;

		if (!is_wanted(input, i))
			continue;
		pvp_record_put_u64(&record, i);
		say(fd, MESSAGE_BEGIN, &record);
		pvp_bench_decide(bench, &input->sites->v[i], 0, input->nr_states, &cell, &violation);
		put_cell(&record, i, &cell, violation);
		say(fd, MESSAGE_CELL, &record);
		pvp_cell_deinit(&cell);
		free(violation);
	}
	pvp_record_put_u64(&record, pvp_bench_cases(bench));
	say(fd, MESSAGE_DONE, &record);
	_exit(0); /* memory, engines and mappings go with the process */
}

/* --- the parent's side --- */

static struct pvp_error *start_worker(const struct pvp_check_input *input, struct worker *worker)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return pvp_error_os(errno, "pipe to a worker");
	fflush(NULL);
	worker->pid = fork();
	if (worker->pid < 0) {
		int errnum = errno;

		worker->pid = 0;
		close(fds[0]);
		close(fds[1]);
		return pvp_error_os(errnum, "a worker process");
	}
	if (!worker->pid) {
		close(fds[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		work(input, worker, fds[1]);
	}
	close(fds[1]);
	worker->fd = fds[0];
	worker->begun = false;
	worker->in.len = worker->in.at = 0;
	return NULL;
}

static void end_worker(struct worker *worker)
{
	if (!worker->pid)
		return;
	kill(worker->pid, SIGKILL);
	close(worker->fd);
	waitpid(worker->pid, NULL, 0);
	worker->pid = 0;
}

static struct pvp_witness *get_witness(struct pvp_record *r)
{
	struct pvp_witness *w = pvp_calloc(1, sizeof(*w));

	w->seed = pvp_record_get_u64(r);
	w->state = pvp_record_get_u64(r);
	w->what = pvp_record_get_string(r);
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

static void get_cell(struct pvp_record *r, const struct pvp_check_input *input, size_t index,
		     struct pvp_job_outcome *ret)
{
	struct pvp_cell *cell = &ret->cell;

	cell->site = &input->sites->v[index];
	cell->verdict = pvp_record_get_u64(r);
	cell->evidence = pvp_record_get_u64(r);
	cell->reason = pvp_record_get_u64(r);
	cell->form = pvp_record_get_u64(r);
	cell->states = pvp_record_get_u64(r);
	cell->entry = pvp_record_get_u64(r);
	cell->end = pvp_record_get_u64(r);
	cell->faulted = pvp_record_get_u64(r);
	cell->stray = pvp_record_get_u64(r);
	cell->detail = pvp_record_get_string(r);
	ret->violation = pvp_record_get_string(r);
	if (!pvp_record_get_u64(r))
		return;
	cell->witness = get_witness(r);
}

struct tally {
	size_t done, total;
	uint64_t cases;
};

static void progress(const struct pvp_check_input *input, struct tally *tally)
{
	tally->done++;
	if (input->progress)
		input->progress(input->progress_arg, tally->done, tally->total);
}

static struct pvp_error *nonsense(void)
{
	return pvp_error_format(PVP_ERR_ENGINE, "a worker speaks nonsense");
}

/* A worker may have been damaged before it spoke: numbers that index something are checked. */
static bool is_sane(const struct pvp_cell *cell)
{
	return cell->verdict <= PVP_SKIPPED && cell->evidence <= PVP_EVIDENCE_NULL_OP &&
	       cell->reason <= PVP_REASON_WORKER_DIED && cell->form <= PVP_FORM_UNPATCHED &&
	       (!cell->witness || !cell->witness->shrunk ||
		(cell->witness->shrunk->nr_pokes < PVP_START_MAX_POKES &&
		 cell->witness->shrunk->nr_script <= PVP_START_MAX_SCRIPT));
}

/* One whole message at the front of worker->in, if there is one. */
static struct pvp_error *take_message(const struct pvp_check_input *input, struct worker *worker,
				      struct pvp_job_outcome *outcomes, struct tally *tally,
				      bool *taken)
{
	struct pvp_record *in = &worker->in;
	uint64_t head[2];
	size_t index, end;
	struct pvp_error *err;
	char *message;

	*taken = false;
	if (in->len - in->at < sizeof(head))
		return NULL;
	memcpy(head, in->data + in->at, sizeof(head));
	if (in->len - in->at - sizeof(head) < head[1])
		return NULL;
	in->at += sizeof(head);
	end = in->at + head[1];
	*taken = true;
	switch ((enum message)head[0]) {
	case MESSAGE_BEGIN:
		index = pvp_record_get_u64(in);
		if (index >= input->sites->nr || in->at != end)
			return nonsense();
		worker->next = index;
		worker->begun = true;
		return NULL;
	case MESSAGE_CELL:
		index = pvp_record_get_u64(in);
		if (!worker->begun || index != worker->next)
			return nonsense();
		get_cell(in, input, index, &outcomes[index]);
		if (in->bad || in->at != end || !is_sane(&outcomes[index].cell))
			return nonsense();
		worker->next = index + input->jobs;
		worker->begun = false;
		progress(input, tally);
		return NULL;
	case MESSAGE_ERROR:
		head[0] = pvp_record_get_u64(in);
		message = pvp_record_get_string(in);
		err = pvp_error_format(head[0], "%s", message ? message : "a worker failed");
		free(message);
		return err;
	case MESSAGE_DONE:
		tally->cases += pvp_record_get_u64(in);
		worker->done = true;
		return NULL;
	}
	return nonsense();
}

/* The worker is gone without a word: its current site is the result. */
static struct pvp_error *bury(const struct pvp_check_input *input, struct worker *worker,
			      struct pvp_job_outcome *outcomes, struct tally *tally)
{
	struct pvp_cell *cell = &outcomes[worker->next].cell;
	int status = 0;

	close(worker->fd);
	waitpid(worker->pid, &status, 0);
	worker->pid = 0;
	if (worker->done)
		return NULL;
	if (!worker->begun)
		return pvp_error_format(PVP_ERR_ENGINE, "a worker died between two sites (%s %d)",
					WIFSIGNALED(status) ? "signal" : "status",
					WIFSIGNALED(status) ? WTERMSIG(status)
							    : WEXITSTATUS(status));
	cell->site = &input->sites->v[worker->next];
	cell->verdict = PVP_INCONCLUSIVE;
	cell->reason = PVP_REASON_WORKER_DIED;
	cell->detail = pvp_asprintf("the process that ran it ended by %s %d",
				    WIFSIGNALED(status) ? "signal" : "status",
				    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	worker->next += input->jobs;
	progress(input, tally);
	return has_work(input, worker->next) ? start_worker(input, worker) : NULL;
}

static struct pvp_error *receive(const struct pvp_check_input *input, struct worker *worker,
				 struct pvp_job_outcome *outcomes, struct tally *tally)
{
	uint8_t buf[65536];
	ssize_t n = read(worker->fd, buf, sizeof(buf));
	struct pvp_error *err = NULL;
	bool taken = true;

	if (n < 0)
		return errno == EINTR ? NULL : pvp_error_os(errno, "reading from a worker");
	if (!n)
		return bury(input, worker, outcomes, tally);
	if (worker->in.at) { /* drop what has been read */
		worker->in.len -= worker->in.at;
		memmove(worker->in.data, worker->in.data + worker->in.at, worker->in.len);
		worker->in.at = 0;
	}
	pvp_record_put(&worker->in, buf, n);
	while (taken && !err)
		err = take_message(input, worker, outcomes, tally, &taken);
	if (!err && worker->in.bad)
		err = nonsense();
	return err;
}

struct pvp_error *pvp_jobs_run(const struct pvp_check_input *input, struct pvp_job_outcome *ret,
			       uint64_t *cases)
{
	unsigned jobs = input->jobs;
	struct worker *workers = pvp_calloc(jobs, sizeof(*workers));
	struct pollfd *polls = pvp_calloc(jobs, sizeof(*polls));
	struct tally tally = { 0 };
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < input->sites->nr; i++)
		tally.total += is_wanted(input, i);
	for (unsigned i = 0; i < jobs && !err; i++) {
		workers[i].next = i;
		if (has_work(input, i))
			err = start_worker(input, &workers[i]);
	}
	while (!err) {
		unsigned alive = 0;

		for (unsigned i = 0; i < jobs; i++) {
			polls[i] = (struct pollfd){ workers[i].pid ? workers[i].fd : -1, POLLIN, 0 };
			alive += workers[i].pid != 0;
		}
		if (!alive)
			break;
		if (poll(polls, jobs, -1) < 0 && errno != EINTR)
			err = pvp_error_os(errno, "waiting for workers");
		for (unsigned i = 0; i < jobs && !err; i++)
			if (polls[i].revents)
				err = receive(input, &workers[i], ret, &tally);
	}
	for (unsigned i = 0; i < jobs; i++) {
		end_worker(&workers[i]);
		pvp_record_deinit(&workers[i].in);
	}
	free(workers);
	free(polls);
	*cases = tally.cases;
	return err;
}
