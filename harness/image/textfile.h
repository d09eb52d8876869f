/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * textfile.h - open a file that a user names: every file that the program reads is opened here.
 *
 * Only regular files: a directory, a device (some never end), a pipe or a FIFO (nobody may ever
 * write to it) is an error that names the path.
 */
#ifndef PVP_TEXTFILE_H
#define PVP_TEXTFILE_H

#include <stdio.h>

#include "error.h"

/* The caller closes what it gets. */
struct pvp_error *pvp_regular_open(const char *path, int *ret) PVP_MUST_CHECK;
/* The same, to read it line by line. */
struct pvp_error *pvp_textfile_open(const char *path, FILE **ret) PVP_MUST_CHECK;

#endif
