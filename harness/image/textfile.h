/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * textfile.h - open a file that a user wrote, to read it line by line.
 */
#ifndef PVP_TEXTFILE_H
#define PVP_TEXTFILE_H

#include <stdio.h>

#include "error.h"

/* Refuses directories and devices (some never end); a pipe is fine.  The caller closes it. */
struct pvp_error *pvp_textfile_open(const char *path, FILE **ret) PVP_MUST_CHECK;

#endif
