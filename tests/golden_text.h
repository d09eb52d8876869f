/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * golden_text.h - compare output with tests/golden/<name>.out, byte by byte.
 *
 * With GOLDEN=write in the environment the file is rewritten instead, which is what `make golden`
 * does; the review reads its diff.
 */
#ifndef PVP_GOLDEN_TEXT_H
#define PVP_GOLDEN_TEXT_H

/* Takes text (free). */
void pvp_ck_golden(const char *name, char *text);

#endif
