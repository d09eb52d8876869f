// SPDX-License-Identifier: GPL-2.0-only
// file.c - a whole regular file as bytes.
#include "private.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "textfile.h"

static struct pvp_error *map_fd(int fd, const char *path, struct pvp_file *ret)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st) != 0)
		return pvp_error_os(errno, "%s", path);
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

	err = pvp_regular_open(path, &fd);
	if (err)
		return err;
	err = map_fd(fd, path, ret);
	close(fd);
	return err;
}

void pvp_file_unmap(struct pvp_file *file)
{
	if (file && file->bytes.data)
		munmap((void *)(uintptr_t)file->bytes.data, file->bytes.len);
}
