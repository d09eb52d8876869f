// SPDX-License-Identifier: GPL-2.0-only
#include "platform.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct pvp_error *pvp_platform_names(const char *dir, char ***ret, size_t *ret_nr)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char **names = NULL;
	size_t nr = 0, cap = 0;

	if (!d)
		return pvp_error_os(errno, "%s", dir);
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".yaml"))
			*pvp_push(&names, &nr, &cap) = pvp_strndup(entry->d_name, len - 5);
	}
	closedir(d);
	if (nr)
		qsort(names, nr, sizeof(*names), by_name);
	*ret = names;
	*ret_nr = nr;
	return NULL;
}

void pvp_platform_names_free(char **names, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		free(names[i]);
	free(names);
}
