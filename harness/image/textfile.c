// SPDX-License-Identifier: GPL-2.0-only
#include "textfile.h"

#include <errno.h>
#include <sys/stat.h>

struct pvp_error *pvp_textfile_open(const char *path, FILE **ret)
{
	FILE *file = fopen(path, "re");
	struct pvp_error *err = NULL;
	struct stat st;

	if (!file)
		return pvp_error_os(errno, "%s", path);
	if (fstat(fileno(file), &st))
		err = pvp_error_os(errno, "%s", path);
	else if (S_ISDIR(st.st_mode))
		err = pvp_error_format(PVP_ERR_OS, "%s: is a directory", path);
	else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		err = pvp_error_format(PVP_ERR_OS, "%s: is not a regular file", path);
	if (err) {
		fclose(file);
		return err;
	}
	*ret = file;
	return NULL;
}
