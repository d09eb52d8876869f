// SPDX-License-Identifier: GPL-2.0-only
#include "check_helpers.h"

#include <unistd.h>

static const char *dir_of(const char *variable, const char *otherwise)
{
	const char *dir = getenv(variable);

	if (!dir || !*dir)
		dir = otherwise;
	return access(dir, R_OK | X_OK) ? NULL : dir;
}

const char *pvp_test_kernels(void)
{
	return dir_of("PVPROOF_KERNELS", "../shared/kernels");
}

const char *pvp_test_goldens(void)
{
	return dir_of("PVPROOF_GOLDENS", "../shared/goldens");
}

const char *pvp_test_file(const char *dir, const char *file, const char *test_name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "", file);
	if (dir && !access(path, R_OK))
		return path;
	snprintf(path, sizeof(path), "%s is not here", file);
	pvp_test_skip(test_name, path);
	return NULL;
}

void pvp_test_skip(const char *test_name, const char *reason)
{
	const char *list = getenv("PVPROOF_SKIPS");
	FILE *file = list && *list ? fopen(list, "ae") : NULL;

	printf("SKIP %s: %s\n", test_name, reason);
	fflush(stdout);
	if (!file)
		return;
	fprintf(file, "%s: %s\n", test_name, reason);
	fclose(file);
}
