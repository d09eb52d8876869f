/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * one_site.h - what a verb about one site works on: IMAGE SITE --platform P.
 *
 *	err = pvp_one_site_open("diff", doc, argc, argv, &one, status);
 *	if (!err && one.site)		(NULL: the command line was wrong, and getopt has said so)
 *		..
 *	pvp_one_site_deinit(&one);
 */
#ifndef PVP_ONE_SITE_H
#define PVP_ONE_SITE_H

#include "change.h"
#include "names.h"
#include "options.h"
#include "subject.h"

struct pvp_one_site {
	struct pvp_options options;
	struct pvp_subject subject;
	struct pvp_boot boot;
	const struct pvp_site *site;
	struct pvp_names names;
};

/* ret need not be deinitialised after an error. */
struct pvp_error *pvp_one_site_open(const char *verb, const char *doc, int argc, char **argv,
				    struct pvp_one_site *ret, enum pvp_exit *status) PVP_MUST_CHECK;
void pvp_one_site_deinit(struct pvp_one_site *one);

/* Which site it is, what became of it, and where it is. */
void pvp_one_site_print(const struct pvp_one_site *one, enum pvp_change change);

#endif
