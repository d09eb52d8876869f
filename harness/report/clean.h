/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clean.h - text that came out of a file, made safe to print.
 *
 * Symbol names of a hostile image may hold anything; a terminal, a TSV row and a JSON string must
 * not.  The result is valid UTF-8 without control characters: every other byte becomes \xNN.
 */
#ifndef PVP_CLEAN_H
#define PVP_CLEAN_H

/* A clean copy the caller frees; NULL for NULL. */
char *pvp_text_clean(const char *s);

#endif
