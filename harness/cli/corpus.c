// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "corpus.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"

/* The program's own directory, or NULL. */
static char *program_dir(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len <= 0)
		return NULL;
	path[len] = '\0';
	*strrchr(path, '/') = '\0';
	return pvp_strdup(path);
}

struct pvp_error *pvp_corpus_folder(const char *folder, char **ret)
{
	const char *given = getenv("PVPROOF_CORPUS");
	char *dir, *path;

	if (given && *given) {
		path = pvp_asprintf("%s/%s", given, folder);
		if (access(path, R_OK | X_OK)) {
			struct pvp_error *err =
				pvp_error_os(errno, "%s (PVPROOF_CORPUS)", path);

			free(path);
			return err;
		}
		*ret = path;
		return NULL;
	}
	dir = program_dir();
	path = pvp_asprintf("%s/corpus/%s", dir ? dir : ".", folder);
	free(dir);
	if (access(path, R_OK | X_OK)) {
		free(path);
		path = pvp_asprintf("corpus/%s", folder);
	}
	if (access(path, R_OK | X_OK)) {
		free(path);
		return pvp_error_format(PVP_ERR_NOT_FOUND,
					"corpus/%s is neither next to the program nor here; "
					"set PVPROOF_CORPUS",
					folder);
	}
	*ret = path;
	return NULL;
}
