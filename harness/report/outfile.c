// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"

struct pvp_error *pvp_outfiles_mkdir(const char *dir)
{
	char *path = pvp_strdup(dir), *slash = path;
	struct pvp_error *err = NULL;
	struct stat st;

	while (!err && slash) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (*path && stat(path, &st) && mkdir(path, 0777) && errno != EEXIST)
			err = pvp_error_os(errno, "%s", path);
		if (slash)
			*slash = '/';
	}
	free(path);
	return err;
}

static struct pvp_error *write_all(int fd, const char *path, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pvp_error_os(errno, "%s", path);
		text += n;
		len -= n;
	}
	return NULL;
}

static struct pvp_error *write_temporary(const char *path, const char *text, size_t len, char **ret)
{
	char *name = pvp_asprintf("%s.XXXXXX", path);
	struct pvp_error *err;
	mode_t mask;
	int fd;

	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0) {
		err = pvp_error_os(errno, "%s", path);
		free(name);
		return err;
	}
	mask = umask(0);
	umask(mask);
	err = write_all(fd, path, text, len);
	if (!err && (fchmod(fd, 0666 & ~mask) || fsync(fd)))
		err = pvp_error_os(errno, "%s", path);
	if (close(fd) && !err)
		err = pvp_error_os(errno, "%s", path);
	if (err) {
		unlink(name);
		free(name);
		return err;
	}
	*ret = name;
	return NULL;
}

struct pvp_error *pvp_outfiles_add(struct pvp_outfiles *files, const char *path, const char *text,
				   size_t len)
{
	struct pvp_outfile file = {0};
	struct pvp_error *err;
	struct stat st;

	if (!stat(path, &st)) {
		if (S_ISDIR(st.st_mode))
			return pvp_error_os(EISDIR, "%s", path);
		/* A symbolic link stays one: what it points at is replaced. */
		file.path = S_ISREG(st.st_mode) ? realpath(path, NULL) : NULL;
	}
	if (!file.path)
		file.path = pvp_strdup(path);
	if (!stat(file.path, &st) && !S_ISREG(st.st_mode)) {
		file.text = pvp_calloc(len + 1, 1);
		memcpy(file.text, text, len);
		file.len = len;
	} else {
		err = write_temporary(file.path, text, len, &file.temporary);
		if (err) {
			free(file.path);
			return err;
		}
	}
	*pvp_push(&files->v, &files->nr, &files->cap) = file;
	return NULL;
}

static struct pvp_error *write_special(const struct pvp_outfile *file)
{
	struct pvp_error *err;
	int fd = open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return pvp_error_os(errno, "%s", file->path);
	err = write_all(fd, file->path, file->text, file->len);
	if (close(fd) && !err)
		err = pvp_error_os(errno, "%s", file->path);
	return err;
}

struct pvp_error *pvp_outfiles_commit(struct pvp_outfiles *files)
{
	struct pvp_error *err;

	for (size_t i = 0; i < files->nr; i++) {
		struct pvp_outfile *file = &files->v[i];

		if (!file->temporary) {
			err = write_special(file);
			if (err)
				return err;
			continue;
		}
		if (rename(file->temporary, file->path))
			return pvp_error_os(errno, "%s", file->path);
		free(file->temporary);
		file->temporary = NULL;
	}
	return NULL;
}

void pvp_outfiles_deinit(struct pvp_outfiles *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < files->nr; i++) {
		if (files->v[i].temporary)
			unlink(files->v[i].temporary);
		free(files->v[i].temporary);
		free(files->v[i].path);
		free(files->v[i].text);
	}
	free(files->v);
	memset(files, 0, sizeof(*files));
}

void pvp_outfiles_hold_interrupts(sigset_t *before)
{
	sigset_t interrupts;

	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigaddset(&interrupts, SIGTERM);
	sigaddset(&interrupts, SIGHUP);
	sigaddset(&interrupts, SIGPIPE);
	sigprocmask(SIG_BLOCK, &interrupts, before);
}

void pvp_outfiles_let_interrupts(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

struct pvp_error *pvp_outfile_write(const char *path, const char *text, size_t len)
{
	struct pvp_outfiles files = {0};
	struct pvp_error *err;
	sigset_t before;

	pvp_outfiles_hold_interrupts(&before);
	err = pvp_outfiles_add(&files, path, text, len);
	if (!err)
		err = pvp_outfiles_commit(&files);
	pvp_outfiles_deinit(&files);
	pvp_outfiles_let_interrupts(&before);
	return err;
}

/* path must be a directory one may make files in; name is what the user calls it. */
static struct pvp_error *probe_directory(const char *path, const char *name)
{
	struct stat st;

	if (stat(path, &st))
		return pvp_error_os(errno, "%s", name);
	if (!S_ISDIR(st.st_mode))
		return pvp_error_os(ENOTDIR, "%s", name);
	if (access(path, W_OK | X_OK))
		return pvp_error_os(errno, "%s", name);
	return NULL;
}

/* Cuts path (room for two bytes at least) down to its parent. */
static void to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		strcpy(path, ".");
	else if (slash == path)
		strcpy(path, "/");
	else
		*slash = '\0';
}

struct pvp_error *pvp_outfiles_probe_dir(const char *dir)
{
	char *path = pvp_asprintf("%s", *dir ? dir : ".");
	struct pvp_error *err;
	struct stat st;

	/* The nearest ancestor that exists counts: the others will be made. */
	while (stat(path, &st) && errno == ENOENT)
		to_parent(path);
	err = probe_directory(path, dir);
	free(path);
	return err;
}

struct pvp_error *pvp_outfiles_probe_file(const char *file)
{
	struct pvp_error *err;
	struct stat st;
	char *path;

	if (!stat(file, &st) && !S_ISREG(st.st_mode)) {
		if (S_ISDIR(st.st_mode))
			return pvp_error_os(EISDIR, "%s", file);
		return access(file, W_OK) ? pvp_error_os(errno, "%s", file) : NULL;
	}
	path = pvp_asprintf("%s", *file ? file : ".");
	to_parent(path);
	err = probe_directory(path, file);
	free(path);
	return err;
}
