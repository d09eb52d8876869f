// SPDX-License-Identifier: GPL-2.0-only
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 40

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || !strcmp(term, "dumb");
}

bool pvp_colour_wanted(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fd) && !is_dumb() && (!no_color || !*no_color);
}

struct pvp_progress pvp_progress_begin(const char *what)
{
	return (struct pvp_progress){
		.what = what,
		.on = isatty(STDERR_FILENO) && !is_dumb(),
		.colour = pvp_colour_wanted(STDERR_FILENO),
		.shown = -1,
	};
}

void pvp_progress_update(void *arg, size_t done, size_t total)
{
	struct pvp_progress *progress = arg;
	char bar[BAR_WIDTH + 1];
	size_t part;

	if (done > total)
		done = total;
	if (!progress->on || !total || progress->shown == done * 1000 / total)
		return;
	progress->shown = done * 1000 / total;
	part = done * BAR_WIDTH / total;
	memset(bar, '#', part);
	memset(bar + part, '-', BAR_WIDTH - part);
	bar[BAR_WIDTH] = '\0';
	fputc('\r', stderr);
	if (progress->colour)
		fputs("\033[36m", stderr);
	progress->width = fprintf(stderr, "%.20s [%s] %zu/%zu", progress->what, bar, done, total);
	if (progress->colour)
		fputs("\033[0m", stderr);
	fflush(stderr);
}

void pvp_progress_end(struct pvp_progress *progress)
{
	if (progress->on && progress->width)
		fprintf(stderr, "\r%*s\r", progress->width, "");
	fflush(stderr);
	progress->on = false;
}
