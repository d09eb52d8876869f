// SPDX-License-Identifier: GPL-2.0-only
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "options.h"
#include "subject.h"

static const struct argp_option own_options[] = {
	{"by", 'b', "model", 0, "who computes the bytes: `model', our reading of the rules", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct pvp_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		state->child_inputs[1] = options;
		return 0;
	case 'b':
		if (!strcmp(arg, "guest") || !strcmp(arg, "both"))
			return pvp_options_refuse(options,
						  "--by %s: this version has no guest patcher, "
						  "only --by model",
						  arg);
		if (strcmp(arg, "model"))
			return pvp_options_refuse(options, "--by '%s' is not 'model'", arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

struct pvp_error *pvp_cmd_patch(const struct pvp_cli *cli, int argc, char **argv,
				enum pvp_exit *status)
{
	static const struct argp_child children[] = {
		{&pvp_image_argp, 0, NULL, 0},
		{&pvp_platform_argp, 0, NULL, 0},
		{0},
	};
	static const struct argp argp = {
		.options = own_options,
		.parser = parse,
		.args_doc = "IMAGE",
		.doc = "Print the bytes that boot on a platform leaves different from the file: "
		       "address, old, new, pass.",
		.children = children,
	};
	struct pvp_options options = {0};
	struct pvp_subject subject = {0};
	struct pvp_boot boot = {0};
	struct pvp_overrides overrides;
	struct pvp_error *err;

	(void)cli;
	err = pvp_options_parse(&argp, "patch", argc, argv, &options, &options, status);
	if (err || options.stop)
		goto out;
	if (options.files.nr != 1)
		err = pvp_error_format(PVP_ERR_USAGE, "patch: one IMAGE is needed, %zu are given",
				       options.files.nr);
	else if (options.platforms.nr != 1 || !strcmp(options.platforms.v[0], "all"))
		err = pvp_error_format(PVP_ERR_USAGE,
				       "patch: --platform with one platform is needed");
	if (!err)
		err = pvp_subject_open(options.files.v[0], options.symbols, &subject);
	overrides = pvp_options_overrides(&options);
	if (!err)
		err = pvp_boot_open(&subject, options.platforms.v[0], &overrides, NULL, &boot);
	if (!err)
		pvp_patched_print(&boot.patched, stdout);
out:
	pvp_boot_deinit(&boot);
	pvp_subject_deinit(&subject);
	pvp_options_deinit(&options);
	return err;
}
