// SPDX-License-Identifier: GPL-2.0-only
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "clean.h"
#include "diff.h"
#include "one_site.h"

struct pvp_error *pvp_cmd_diff(const struct pvp_cli *cli, int argc, char **argv,
			       enum pvp_exit *status)
{
	struct pvp_one_site one;
	struct pvp_diff diff;
	struct pvp_error *err;
	char *platform;

	(void)cli;
	err = pvp_one_site_open("diff",
				"Show one site's linked bytes and what a platform's boot leaves "
				"there side by side, disassembled (Intel syntax).",
				argc, argv, &one, status);
	if (err)
		return err;
	if (one.site) {
		err = pvp_diff_make(&one.names, one.site, &one.boot.patched, &diff);
		if (!err) {
			platform = pvp_text_clean(one.boot.platform->name);
			pvp_one_site_print(&one, diff.change);
			pvp_diff_print(&diff, "linked", platform, stdout);
			pvp_diff_deinit(&diff);
			free(platform);
		}
	}
	pvp_one_site_deinit(&one);
	return err;
}
