// SPDX-License-Identifier: GPL-2.0-only
#include "cli.h"

#include <stdio.h>

#include "one_site.h"
#include "why.h"

struct pvp_error *pvp_cmd_why(const struct pvp_cli *cli, int argc, char **argv,
			      enum pvp_exit *status)
{
	struct pvp_trace trace = {0};
	struct pvp_one_site one;
	struct pvp_why why;
	struct pvp_error *err;

	(void)cli;
	err = pvp_one_site_open("why",
				"Say why one site has its bytes: the table entries that own it, "
				"which of them apply, and what each pass of the model left.",
				argc, argv, &one, status);
	if (err)
		return err;
	if (one.site)
		err = pvp_model_trace(one.subject.image, &one.subject.tables, one.boot.platform,
				      one.site->addr, one.site->len, &trace);
	if (!err && one.site) {
		err = pvp_why_make(&one.names, one.site, &trace, &why);
		if (!err) {
			pvp_one_site_print(&one, why.change);
			pvp_why_print(&why, stdout);
			pvp_why_deinit(&why);
		}
	}
	pvp_trace_deinit(&trace);
	pvp_one_site_deinit(&one);
	return err;
}
