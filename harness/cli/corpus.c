// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "corpus.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"

/* A build tree keeps the program in build/opt, two folders below the corpus. */
#define MAX_LEVELS 3

static bool is_folder(const char *path)
{
	return !access(path, R_OK | X_OK);
}

/* corpus/FOLDER next to the program or above it, or NULL. */
static char *find_by_program(const char *folder)
{
	char program[PATH_MAX], *slash;
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (len <= 0)
		return NULL;
	program[len] = '\0';
	for (unsigned i = 0; i < MAX_LEVELS && (slash = strrchr(program, '/')); i++) {
		char *path;

		*slash = '\0';
		path = pvp_asprintf("%s/corpus/%s", program, folder);
		if (is_folder(path))
			return path;
		free(path);
	}
	return NULL;
}

struct pvp_error *pvp_corpus_folder(const char *folder, char **ret)
{
	const char *given = getenv("PVPROOF_CORPUS");
	struct pvp_error *err;
	char *path;

	if (given && *given) {
		path = pvp_asprintf("%s/%s", given, folder);
		if (!is_folder(path)) {
			err = pvp_error_os(errno, "%s (PVPROOF_CORPUS)", path);
			free(path);
			return err;
		}
		*ret = path;
		return NULL;
	}
	path = find_by_program(folder);
	if (!path)
		path = pvp_asprintf("corpus/%s", folder);
	if (!is_folder(path)) {
		free(path);
		return pvp_error_format(PVP_ERR_NOT_FOUND,
					"corpus/%s is neither next to the program nor here; "
					"set PVPROOF_CORPUS",
					folder);
	}
	*ret = path;
	return NULL;
}
