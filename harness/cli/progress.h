/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress.h - a progress bar on standard error, where that is a terminal; else nothing.
 *
 *	struct pvp_progress progress = pvp_progress_begin("xen-pv");
 *
 *	pvp_progress_update(&progress, done, total);	(struct pvp_check_input's callback)
 *	pvp_progress_end(&progress);
 */
#ifndef PVP_PROGRESS_H
#define PVP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct pvp_progress {
	const char *what;
	bool on, colour;
	size_t shown; /* per mille; what is on the screen */
	int width;    /* of what is on the screen, in columns */
};

struct pvp_progress pvp_progress_begin(const char *what);
void pvp_progress_update(void *progress, size_t done, size_t total);
/* Takes the bar off the screen. */
void pvp_progress_end(struct pvp_progress *progress);

/* Whether a stream is a terminal that is to have colours: NO_COLOR unset, TERM not dumb. */
bool pvp_colour_wanted(int fd);

#endif
