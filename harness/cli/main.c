// SPDX-License-Identifier: GPL-2.0-only
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"
#include "selftest.h"
#include "clean.h"

static const struct {
	const char *name, *usage, *what;
	struct pvp_error *(*run)(const struct pvp_cli *cli, int argc, char **argv,
				 enum pvp_exit *status);
} verbs[] = {
#define X(verb, usage, what) {#verb, usage, what, pvp_cmd_##verb},
	PVP_VERBS(X)
#undef X
};

static void print_help(void)
{
	puts("Usage: pvproof VERB [OPTION...] [FILE...]\n"
	     "Show that a kernel's patched paravirt call sites do what the unpatched ones did.\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-9s %-24s %s\n", verbs[i].name, verbs[i].usage, verbs[i].what);
	puts("\n`pvproof help VERB' lists a verb's options.\n"
	     "Exit status: 0 nothing failed, 1 something did, 2 trouble.");
}

static void print_version(void)
{
	printf("pvproof %s (%s)\n", PVP_VERSION, pvp_selftest_versions());
}

/* Takes err; one line whatever names a file has put into it. */
static int trouble(struct pvp_error *err)
{
	char *line = pvp_text_clean(err->message);

	fflush(stdout);
	fprintf(stderr, "pvproof: %s\n", line);
	free(line);
	pvp_error_destroy(err);
	return PVP_EXIT_TROUBLE;
}

static struct pvp_error *run_verb(const struct pvp_cli *cli, const char *verb, int argc, char **argv,
				  enum pvp_exit *status)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verb, verbs[i].name))
			return verbs[i].run(cli, argc, argv, status);
	return pvp_error_format(PVP_ERR_USAGE, "unknown %s '%s'; see pvproof --help",
				verb[0] == '-' ? "option" : "verb", verb);
}

static struct pvp_error *dispatch(const struct pvp_cli *cli, int argc, char **argv,
				  enum pvp_exit *status)
{
	const char *verb = argc > 1 ? argv[1] : NULL;
	static char name[] = "pvproof"; /* getopt's messages begin with it */
	static char help[] = "--help";
	char *asked[] = { name, help, NULL };

	if (!verb)
		return pvp_error_format(PVP_ERR_USAGE, "no verb given; see pvproof --help");
	if (!strcmp(verb, "help") && argc > 2)
		return run_verb(cli, argv[2], 2, asked, status);
	if (!strcmp(verb, "--help") || !strcmp(verb, "-h") || !strcmp(verb, "help")) {
		print_help();
		return NULL;
	}
	if (!strcmp(verb, "--version")) {
		print_version();
		return NULL;
	}
	argv[1] = name;
	return run_verb(cli, verb, argc - 1, argv + 1, status);
}

int main(int argc, char **argv)
{
	const struct pvp_cli cli = {.program = argc ? argv[0] : "pvproof"};
	enum pvp_exit status = PVP_EXIT_OK;
	struct pvp_error *err;

	err = dispatch(&cli, argc, argv, &status);
	if (err)
		return trouble(err);
	if (fflush(stdout) || ferror(stdout))
		return trouble(pvp_error_os(errno, "standard output"));
	return status;
}
