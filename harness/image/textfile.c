// SPDX-License-Identifier: GPL-2.0-only
#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct pvp_error *pvp_regular_open(const char *path, int *ret)
{
	struct pvp_error *err = NULL;
	struct stat st;
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return pvp_error_os(errno, "%s", path);
	if (fstat(fd, &st))
		err = pvp_error_os(errno, "%s", path);
	else if (S_ISDIR(st.st_mode))
		err = pvp_error_format(PVP_ERR_OS, "%s: is a directory", path);
	else if (!S_ISREG(st.st_mode))
		err = pvp_error_format(PVP_ERR_OS, "%s: is not a regular file", path);
	if (err) {
		close(fd);
		return err;
	}
	*ret = fd;
	return NULL;
}

struct pvp_error *pvp_textfile_open(const char *path, FILE **ret)
{
	struct pvp_error *err;
	FILE *file;
	int fd;

	err = pvp_regular_open(path, &fd);
	if (err)
		return err;
	file = fdopen(fd, "r");
	if (!file) {
		err = pvp_error_os(errno, "%s", path);
		close(fd);
		return err;
	}
	*ret = file;
	return NULL;
}
