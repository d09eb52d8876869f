// SPDX-License-Identifier: GPL-2.0-only
#include "cli.h"

#include <stdio.h>

#include "options.h"
#include "selftest.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key == ARGP_KEY_INIT) {
		state->err_stream = NULL;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

struct pvp_error *pvp_cmd_selftest(const struct pvp_cli *cli, int argc, char **argv,
				   enum pvp_exit *status)
{
	static const struct argp argp = {
		.parser = parse,
		.doc = "Ask the emulator the questions whose answers every verdict depends on.",
	};
	struct pvp_selftest tests[PVP_MAX_SELFTESTS];
	struct pvp_options options = {0};
	struct pvp_error *err;
	unsigned nr = 0;

	(void)cli;
	err = pvp_options_parse(&argp, "selftest", argc, argv, &options, &options, status);
	if (!err && options.files.nr)
		err = pvp_error_format(PVP_ERR_USAGE, "selftest: unexpected argument '%s'",
				       options.files.v[0]);
	if (!err && !options.stop)
		err = pvp_selftest_run(tests, &nr);
	if (!err && !options.stop)
		printf("%s\n", pvp_selftest_versions());
	for (unsigned i = 0; !err && i < nr; i++) {
		printf("%-4s %s: %s\n", tests[i].ok ? "ok" : "FAIL", tests[i].name, tests[i].what);
		if (tests[i].ok)
			continue;
		printf("     got %s\n", tests[i].got);
		*status = PVP_EXIT_FAILED;
	}
	pvp_options_deinit(&options);
	return err;
}
