// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"

#define MAX_WORDS 160

/* What a worker says: its message's kind, length, then a record. */
enum message { MESSAGE_BEGIN, MESSAGE_ITEM, MESSAGE_ERROR, MESSAGE_DONE };

struct worker {
	pid_t pid; /* 0: none */
	int fd;
	int words; /* a file that is its standard error; -1: it has ours */
	size_t next; /* first item not yet taken */
	bool begun;  /* the worker is at `next` */
	bool done;
	struct pvp_record in; /* bytes received, not yet whole messages */
};

static bool is_wanted(const struct pvp_pool *pool, size_t item)
{
	return !pool->is_wanted || pool->is_wanted(pool->arg, item);
}

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
	uint64_t head[2] = {kind, record->len};

	if (!write_all(fd, head, sizeof(head)) || !write_all(fd, record->data, record->len))
		_exit(3); /* nobody listens */
	record->len = 0;
}

static void work(const struct pvp_pool *pool, size_t from, int fd, int words)
{
	struct pvp_record record = {0};
	struct pvp_error *err;
	void *state = NULL;

	err = pool->begin(pool->arg, &state);
	if (err) {
		pvp_record_put_u64(&record, err->code);
		pvp_record_put_string(&record, err->message);
		say(fd, MESSAGE_ERROR, &record);
		_exit(2);
	}
	for (size_t i = from; i < pool->nr_items; i += pool->jobs) {
		if (!is_wanted(pool, i))
			continue;
		pvp_record_put_u64(&record, i);
		say(fd, MESSAGE_BEGIN, &record);
		/* What it said of items before this one is none of its words. */
		if (words >= 0 && !ftruncate(words, 0))
			lseek(words, 0, SEEK_SET);
		pvp_record_put_u64(&record, i);
		pool->work(pool->arg, state, i, &record);
		say(fd, MESSAGE_ITEM, &record);
	}
	say(fd, MESSAGE_DONE, &record);
	_exit(0);
}

/* --- the parent's side --- */

/* Whether there is work for a worker at item i and behind it. */
static bool has_work(const struct pvp_pool *pool, size_t i)
{
	while (i < pool->nr_items && !is_wanted(pool, i))
		i += pool->jobs;
	return i < pool->nr_items;
}

/* The engine has last words, which belong to the result.  (A sanitizer's are a bug's: for all to see.) */
static int open_words(void)
{
#ifdef __SANITIZE_ADDRESS__
	return -1;
#else
	return memfd_create("last words", MFD_CLOEXEC);
#endif
}

static void close_words(struct worker *worker)
{
	if (worker->words >= 0)
		close(worker->words);
	worker->words = -1;
}

/* The last line of it, in plain characters. */
static void last_words(const struct worker *worker, char ret[MAX_WORDS])
{
	off_t len = worker->words < 0 ? 0 : lseek(worker->words, 0, SEEK_END);
	off_t from = len < MAX_WORDS ? 0 : len - (MAX_WORDS - 1);
	ssize_t nr = len > 0 ? pread(worker->words, ret, MAX_WORDS - 1, from) : 0;
	char *line;

	ret[nr > 0 ? nr : 0] = '\0';
	for (char *c = ret + strlen(ret); c > ret && c[-1] == '\n';)
		*--c = '\0';
	line = strrchr(ret, '\n');
	if (line)
		memmove(ret, line + 1, strlen(line + 1) + 1);
	for (char *c = ret; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static struct pvp_error *start_worker(const struct pvp_pool *pool, struct worker *worker)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return pvp_error_os(errno, "pipe to a worker");
	fflush(NULL);
	worker->words = open_words();
	worker->pid = fork();
	if (worker->pid < 0) {
		int errnum = errno;

		worker->pid = 0;
		close_words(worker);
		close(fds[0]);
		close(fds[1]);
		return pvp_error_os(errnum, "a worker process");
	}
	if (!worker->pid) {
		close(fds[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		if (worker->words >= 0)
			dup2(worker->words, STDERR_FILENO);
		work(pool, worker->next, fds[1], worker->words);
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
	close_words(worker);
	waitpid(worker->pid, NULL, 0);
	worker->pid = 0;
}

static struct pvp_error *nonsense(void)
{
	return pvp_error_format(PVP_ERR_ENGINE, "a worker speaks nonsense");
}

static struct pvp_error *failed(struct pvp_record *in)
{
	uint64_t code = pvp_record_get_u64(in);
	char *message = pvp_record_get_string(in);
	struct pvp_error *err =
		pvp_error_format(code, "%s", message ? message : "a worker failed");

	free(message);
	return err;
}

/* One whole message at the front of worker->in, if there is one. */
static struct pvp_error *take_message(const struct pvp_pool *pool, struct worker *worker,
				      bool *taken)
{
	struct pvp_record *in = &worker->in;
	uint64_t head[2];
	size_t item, end;

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
		item = pvp_record_get_u64(in);
		if (item >= pool->nr_items || in->at != end)
			return nonsense();
		worker->next = item;
		worker->begun = true;
		return NULL;
	case MESSAGE_ITEM:
		item = pvp_record_get_u64(in);
		if (!worker->begun || item != worker->next || !pool->take(pool->arg, item, in) ||
		    in->bad || in->at != end)
			return nonsense();
		worker->next = item + pool->jobs;
		worker->begun = false;
		return NULL;
	case MESSAGE_ERROR:
		return failed(in);
	case MESSAGE_DONE:
		if (in->at != end)
			return nonsense();
		worker->done = true;
		return NULL;
	}
	return nonsense();
}

/* The worker is gone without a word: its current item is the result. */
static struct pvp_error *bury(const struct pvp_pool *pool, struct worker *worker)
{
	char how[MAX_WORDS + 32], words[MAX_WORDS];
	int status = 0;

	close(worker->fd);
	waitpid(worker->pid, &status, 0);
	worker->pid = 0;
	last_words(worker, words);
	close_words(worker);
	if (worker->done)
		return NULL;
	snprintf(how, sizeof(how), "%s %d%s%s%s", WIFSIGNALED(status) ? "signal" : "status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), *words ? " (" : "",
		 words, *words ? ")" : "");
	if (!worker->begun)
		return pvp_error_format(PVP_ERR_ENGINE, "a worker died between two sites (%s)",
					how);
	if (!pool->died(pool->arg, worker->next, how))
		worker->next += pool->jobs;
	return has_work(pool, worker->next) ? start_worker(pool, worker) : NULL;
}

static struct pvp_error *receive(const struct pvp_pool *pool, struct worker *worker)
{
	uint8_t buf[65536];
	ssize_t n = read(worker->fd, buf, sizeof(buf));
	struct pvp_error *err = NULL;
	bool taken = true;

	if (n < 0)
		return errno == EINTR ? NULL : pvp_error_os(errno, "reading from a worker");
	if (!n)
		return bury(pool, worker);
	if (worker->in.at) { /* drop what has been read */
		worker->in.len -= worker->in.at;
		memmove(worker->in.data, worker->in.data + worker->in.at, worker->in.len);
		worker->in.at = 0;
	}
	pvp_record_put(&worker->in, buf, n);
	while (taken && !err)
		err = take_message(pool, worker, &taken);
	if (!err && worker->in.bad)
		err = nonsense();
	return err;
}

struct pvp_error *pvp_pool_run(const struct pvp_pool *pool)
{
	struct worker *workers = pvp_calloc(pool->jobs, sizeof(*workers));
	struct pollfd *polls = pvp_calloc(pool->jobs, sizeof(*polls));
	struct pvp_error *err = NULL;

	for (unsigned i = 0; i < pool->jobs && !err; i++) {
		workers[i].next = i;
		if (has_work(pool, i))
			err = start_worker(pool, &workers[i]);
	}
	while (!err) {
		unsigned alive = 0;

		for (unsigned i = 0; i < pool->jobs; i++) {
			polls[i] = (struct pollfd){workers[i].pid ? workers[i].fd : -1, POLLIN, 0};
			alive += workers[i].pid != 0;
		}
		if (!alive)
			break;
		if (poll(polls, pool->jobs, -1) < 0 && errno != EINTR)
			err = pvp_error_os(errno, "waiting for workers");
		for (unsigned i = 0; i < pool->jobs && !err; i++)
			if (polls[i].revents)
				err = receive(pool, &workers[i]);
	}
	for (unsigned i = 0; i < pool->jobs; i++) {
		end_worker(&workers[i]);
		pvp_record_deinit(&workers[i].in);
	}
	free(workers);
	free(polls);
	return err;
}
