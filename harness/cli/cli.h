/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli.h - the verbs of the pvproof command; the only code that prints.
 *
 * A verb is one file, cmd_<verb>.c.  It returns an error for trouble (main prints it as one line
 * and exits with 2), else sets *status.
 */
#ifndef PVP_CLI_H
#define PVP_CLI_H

#include "error.h"

/* As cmp(1). */
enum pvp_exit {
	PVP_EXIT_OK,	  /* nothing failed */
	PVP_EXIT_FAILED,  /* something did */
	PVP_EXIT_TROUBLE, /* the work could not be done */
};

struct pvp_cli {
	const char *program; /* as the user called it, for commands we print */
};

// clang-format off
/* Verb, its usage after the verb, what it does. */
#define PVP_VERBS(X)                                                                               \
	X(sites,     "IMAGE",                "list the patch sites of an image")                   \
	X(patch,     "IMAGE --platform P",   "print the bytes a platform's boot leaves behind")    \
	X(verify,    "IMAGE...",             "run every site before and after, and judge it")      \
	X(diff,      "IMAGE SITE --platform P", "show a site before and after, side by side")        \
	X(why,       "IMAGE SITE --platform P", "say why a site has its bytes")                      \
	X(compare,   "IMAGE_A IMAGE_B",      "say where two images differ: sites, and what they do")  \
	X(mutate,    "IMAGE --platform P",   "spoil patches by kind: how many a verdict refuses")   \
	X(lint,      "IMAGE",                "find sensitive instructions that no patch covers")    \
	X(replay,    "FILE [IMAGE]",         "run a stored witness again")                         \
	X(platforms, "[IMAGE]",              "list platform files, and which of them fit an image") \
	X(selftest,  "",                     "ask whether the emulator can be trusted")
// clang-format on

#define X(verb, usage, what)                                                                       \
	struct pvp_error *pvp_cmd_##verb(const struct pvp_cli *cli, int argc, char **argv,         \
					 enum pvp_exit *status) PVP_MUST_CHECK;
PVP_VERBS(X)
#undef X

#endif
