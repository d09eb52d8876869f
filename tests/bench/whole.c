// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"

static void become(const char *program, const char *image, const char *platform,
		   unsigned nr_states, const char *dir)
{
	char states[16];
	int null = open("/dev/null", O_RDWR);

	snprintf(states, sizeof(states), "%u", nr_states);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execl(program, program, "verify", image, "--platform", platform, "--states", states,
	      "--jobs", "1", "--out", dir, (char *)NULL);
	_exit(127);
}

static double seconds(struct timeval user, struct timeval sys)
{
	return user.tv_sec + sys.tv_sec + (user.tv_usec + sys.tv_usec) / 1e6;
}

static void count(const json_t *platform, struct whole *ret)
{
	size_t i;
	json_t *cell;

	ret->cases += json_integer_value(json_object_get(platform, "cases"));
	json_array_foreach (json_object_get(platform, "cells"), i, cell)
		ret->checks += json_integer_value(json_object_get(cell, "states"));
}

static struct pvp_error *read_results(const char *path, struct whole *ret)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error), *image, *platform;
	size_t i, k;

	if (!root)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%s:%d: %s", path, error.line, error.text);
	json_array_foreach (json_object_get(root, "images"), i, image)
		json_array_foreach (json_object_get(image, "platforms"), k, platform)
			count(platform, ret);
	json_decref(root);
	if (!ret->cases || !ret->checks)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%s: no cases", path);
	return NULL;
}

/* Waits for it alone, so that nobody else's time is counted. */
static struct pvp_error *wait_for(pid_t pid, const char *program, const char *image, double *cpu)
{
	struct rusage usage;
	int status;

	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return pvp_error_os(errno, "waiting for %s", program);
	/* 1: something in the image failed, which is no matter here. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		return pvp_error_format(PVP_ERR_ENGINE, "%s verify %s failed (%s %d)", program, image,
					WIFEXITED(status) ? "status" : "signal",
					WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	*cpu = seconds(usage.ru_utime, usage.ru_stime);
	return NULL;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
	(void)stat;
	(void)kind;
	(void)ftw;
	remove(path);
	return 0;
}

struct pvp_error *whole_run(const char *program, const char *image, const char *platform,
			    unsigned nr_states, struct whole *ret)
{
	char dir[] = "/tmp/pvproof-bench-XXXXXX";
	struct whole whole = {0};
	struct pvp_error *err;
	char *results;
	pid_t pid;

	if (!mkdtemp(dir))
		return pvp_error_os(errno, "%s", dir);
	results = pvp_asprintf("%s/results.json", dir);
	fflush(NULL);
	pid = fork();
	if (!pid)
		become(program, image, platform, nr_states, dir);
	err = pid < 0 ? pvp_error_os(errno, "%s", program)
		      : wait_for(pid, program, image, &whole.cpu);
	if (!err)
		err = read_results(results, &whole);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(results);
	if (!err)
		*ret = whole;
	return err;
}
