/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outfile.h - several output files that appear all together and whole, or not at all.
 *
 * Each is written under a temporary name in its own directory and synced; commit renames them in
 * the order they were added (so the file that names the others is added last).  A destination that
 * exists and is no regular file (/dev/stdout, a pipe) is written to at commit instead of being
 * replaced.
 *
 *	struct pvp_outfiles files = { 0 };
 *
 *	err = pvp_outfiles_add(&files, "reports/results.json", text, len);
 *	if (!err)
 *		err = pvp_outfiles_commit(&files);
 *	pvp_outfiles_deinit(&files);
 *
 * deinit without commit removes the temporary files.  The caller holds interrupts between the first
 * add and deinit if none may be left behind by one.
 */
#ifndef PVP_OUTFILE_H
#define PVP_OUTFILE_H

#include <signal.h>
#include <stddef.h>

#include "error.h"

struct pvp_outfile {
	char *path;	 /* where it goes */
	char *temporary; /* where it is until commit; NULL: the destination is no regular file */
	char *text;	 /* of such a destination */
	size_t len;
};

struct pvp_outfiles {
	struct pvp_outfile *v; /* owned */
	size_t nr, cap;
};

struct pvp_error *pvp_outfiles_add(struct pvp_outfiles *files, const char *path, const char *text,
				   size_t len) PVP_MUST_CHECK;
struct pvp_error *pvp_outfiles_commit(struct pvp_outfiles *files) PVP_MUST_CHECK;
void pvp_outfiles_deinit(struct pvp_outfiles *files);

/* Keeps interrupts (INT, TERM, HUP, PIPE) waiting until they are let through again. */
void pvp_outfiles_hold_interrupts(sigset_t *before);
void pvp_outfiles_let_interrupts(const sigset_t *before);

/* One file, whole or not at all, whatever signal comes. */
struct pvp_error *pvp_outfile_write(const char *path, const char *text, size_t len) PVP_MUST_CHECK;

/* Makes a directory and what is missing above it. */
struct pvp_error *pvp_outfiles_mkdir(const char *dir) PVP_MUST_CHECK;

/*
 * Whether it would work, as far as can be told without making anything: files in dir, which need
 * not exist yet; a file, whose directory must.  For saying no before an hour of work.
 */
struct pvp_error *pvp_outfiles_probe_dir(const char *dir) PVP_MUST_CHECK;
struct pvp_error *pvp_outfiles_probe_file(const char *file) PVP_MUST_CHECK;

#endif
