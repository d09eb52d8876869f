// SPDX-License-Identifier: GPL-2.0-only
// file.c - a whole regular file as bytes.
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct pvp_error *map_fd(int fd, const char *path, struct pvp_file *ret)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st) != 0)
		return pvp_error_os(errno, "%s", path);
	if (S_ISDIR(st.st_mode))
		return pvp_error_format(PVP_ERR_OS, "%s: is a directory", path);
	if (!S_ISREG(st.st_mode))
		return pvp_error_format(PVP_ERR_OS, "%s: is not a regular file", path);
	if (st.st_size == 0)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%s: file is empty", path);
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return pvp_error_os(errno, "%s: cannot map", path);
	ret->bytes = (struct pvp_bytes){data, (uint64_t)st.st_size};
	return NULL;
}

struct pvp_error *pvp_file_map(const char *path, struct pvp_file *ret)
{
	struct pvp_error *err;
	int fd;

	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return pvp_error_os(errno, "%s", path);
	err = map_fd(fd, path, ret);
	close(fd);
	return err;
}

void pvp_file_unmap(struct pvp_file *file)
{
	if (file && file->bytes.data)
		munmap((void *)(uintptr_t)file->bytes.data, file->bytes.len);
}
