/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * corpus.h - where the platform and contract files are: $PVPROOF_CORPUS, else corpus/ next to the
 * program or up to two folders above it, else ./corpus.
 */
#ifndef PVP_CORPUS_H
#define PVP_CORPUS_H

#include "error.h"

/* Path of a folder of the corpus ("platforms"), owned by the caller. */
struct pvp_error *pvp_corpus_folder(const char *folder, char **ret) PVP_MUST_CHECK;

#endif
