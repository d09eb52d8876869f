/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - the options that verbs share, parsed with argp.
 *
 * A verb's own argp has these as children and hands each the same struct pvp_options:
 *
 *	case ARGP_KEY_INIT:
 *		state->child_inputs[0] = &mine->common;
 *		..
 *	err = pvp_options_parse(&argp, "verify", argc, argv, &mine, &mine.common, status);
 *	if (err || mine.common.stop)
 *		..
 *	pvp_options_deinit(&mine.common);
 *
 * All strings are borrowed from argv.
 */
#ifndef PVP_OPTIONS_H
#define PVP_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli.h"
#include "platform.h"

struct pvp_words_list {
	const char **v; /* NULL-terminated once it has an element, else NULL */
	size_t nr, cap;
};

struct pvp_options {
	const char *verb;
	struct pvp_words_list files; /* arguments that are no options */
	const char *symbols;
	struct pvp_words_list platforms;
	struct pvp_words_list features, pv_ops, static_calls, static_keys;
	const char *caps, *return_thunk, *cpu_model;
	unsigned cpus;
	bool initcalls;
	bool stop;	       /* the command line is wrong and getopt has said so */
	struct pvp_error *err; /* or this says it */
};

/* Files and --symbols; --platform and what overrides a platform file; the same for verbs that take
 * one platform: which is for them to see. */
extern const struct argp pvp_image_argp, pvp_platform_argp, pvp_one_platform_argp;

/* input: of argp.  Sets *status when it sets common->stop. */
struct pvp_error *pvp_options_parse(const struct argp *argp, const char *verb, int argc,
				    char **argv, void *input, struct pvp_options *common,
				    enum pvp_exit *status) PVP_MUST_CHECK;
void pvp_options_deinit(struct pvp_options *options);

/* As pvp_platform_load wants them; valid as long as options is unchanged. */
struct pvp_overrides pvp_options_overrides(const struct pvp_options *options);

void pvp_words_list_add(struct pvp_words_list *list, const char *word);

/* Records what is wrong with an option's argument; returns what an argp parser returns then. */
error_t pvp_options_refuse(struct pvp_options *options, const char *fmt, ...) PVP_PRINTF(2, 3);
/* A number in [min, max], decimal or 0x..; else as pvp_options_refuse. */
error_t pvp_options_number(struct pvp_options *options, const char *name, const char *text,
			   uint64_t min, uint64_t max, uint64_t *ret);

#endif
