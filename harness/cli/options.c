// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

enum {
	KEY_SYMBOLS = 0x1000,
	KEY_PLATFORM,
	KEY_CAPS,
	KEY_FEATURE,
	KEY_PVOP,
	KEY_STATIC_CALL,
	KEY_STATIC_KEY,
	KEY_RETURN_THUNK,
	KEY_CPUS,
	KEY_INITCALLS,
	KEY_CPU_MODEL,
};

/* More than any x86 kernel of these generations has slots for (NR_CPUS 8192). */
#define MAX_CPUS 8192

void pvp_words_list_add(struct pvp_words_list *list, const char *word)
{
	*pvp_push(&list->v, &list->nr, &list->cap) = word;
	pvp_push(&list->v, &list->nr, &list->cap);
	list->nr--;
}

error_t pvp_options_refuse(struct pvp_options *options, const char *fmt, ...)
{
	char *message;
	va_list ap;

	va_start(ap, fmt);
	message = pvp_vasprintf(fmt, ap);
	va_end(ap);
	pvp_error_destroy(options->err);
	options->err = pvp_error_format(PVP_ERR_USAGE, "%s", message);
	free(message);
	return EINVAL;
}

error_t pvp_options_number(struct pvp_options *options, const char *name, const char *text,
			   uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)text[0]) || *end || errno || value < min || value > max)
		return pvp_options_refuse(options,
					  "--%s '%s' is not a number from %" PRIu64 " to %" PRIu64,
					  name, text, min, max);
	*ret = value;
	return 0;
}

static error_t parse_image(int key, char *arg, struct argp_state *state)
{
	struct pvp_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		/* getopt says what is wrong in one line; argp would add a second. */
		state->err_stream = NULL;
		return 0;
	case KEY_SYMBOLS:
		options->symbols = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_platform(int key, char *arg, struct argp_state *state)
{
	struct pvp_options *options = state->input;
	uint64_t number = 0;
	error_t error;

	switch (key) {
	case KEY_PLATFORM:
		for (char *word = strtok(arg, ","); word; word = strtok(NULL, ","))
			pvp_words_list_add(&options->platforms, word);
		/* An unset variable of a script must not mean all. */
		return options->platforms.nr ? 0
					     : pvp_options_refuse(options, "--platform names nothing");
	case KEY_CAPS:
		options->caps = arg;
		return 0;
	case KEY_FEATURE:
		pvp_words_list_add(&options->features, arg);
		return 0;
	case KEY_PVOP:
		pvp_words_list_add(&options->pv_ops, arg);
		return 0;
	case KEY_STATIC_CALL:
		pvp_words_list_add(&options->static_calls, arg);
		return 0;
	case KEY_STATIC_KEY:
		pvp_words_list_add(&options->static_keys, arg);
		return 0;
	case KEY_RETURN_THUNK:
		options->return_thunk = arg;
		return 0;
	case KEY_CPU_MODEL:
		options->cpu_model = arg;
		return 0;
	case KEY_CPUS:
		error = pvp_options_number(options, "cpus", arg, 1, MAX_CPUS, &number);
		options->cpus = number;
		return error;
	case KEY_INITCALLS:
		options->initcalls = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option image_options[] = {
	{"symbols", KEY_SYMBOLS, "FILE", 0, "take symbols from a System.map or an ELF file", 0},
	{0},
};

// clang-format off
#define PLATFORM_OPTIONS(arg, doc)                                                                                \
	{ 0, 0, 0, 0, "What the bytes depend on (the platform's file states defaults):", 1 },                     \
	{ "platform", KEY_PLATFORM, arg, 0, doc, 1 },                                                             \
	{ "caps", KEY_CAPS, "FILE", 0, "24 capability words in hex, one a line", 1 },                             \
	{ "feature", KEY_FEATURE, "[+-]NAME|NUMBER", 0, "set or clear a CPU feature (repeatable)", 1 },           \
	{ "cpu-model", KEY_CPU_MODEL, "VENDOR:FAMILY:MODEL", 0, "who the CPU is, as intel:6:94", 1 },             \
	{ "pvop", KEY_PVOP, "FIELD=SYMBOL|NULL", 0, "function of a pv_ops field (repeatable)", 1 },               \
	{ "static-call", KEY_STATIC_CALL, "KEY=SYMBOL|NULL", 0, "function of a static call (repeatable)", 1 },    \
	{ "static-key", KEY_STATIC_KEY, "NAME=on|off", 0, "state of a static key (repeatable)", 1 },              \
	{ "return-thunk", KEY_RETURN_THUNK, "SYMBOL", 0, "what returns jump to", 1 },                             \
	{ "cpus", KEY_CPUS, "N", 0, "number of CPUs", 1 },                                                        \
	{ "initcalls", KEY_INITCALLS, 0, 0, "the text after early initcalls, not right behind alternative_instructions()", 1 }, \
	{ 0 },

static const struct argp_option platform_options[] = {
	PLATFORM_OPTIONS("P,..", "platform files by name or path; `all': every one that fits")
};
static const struct argp_option one_platform_options[] = {
	PLATFORM_OPTIONS("P", "a platform file by name or path")
};
// clang-format on

const struct argp pvp_image_argp = {image_options, parse_image, 0, 0, 0, 0, 0};
const struct argp pvp_platform_argp = {platform_options, parse_platform, 0, 0, 0, 0, 0};
const struct argp pvp_one_platform_argp = {one_platform_options, parse_platform, 0, 0, 0, 0, 0};

/* The verb's argp, with files collected and help under the verb's name. */
struct root {
	struct pvp_options *common;
	void *input;
	char *name;
};

static error_t parse_root(int key, char *arg, struct argp_state *state)
{
	struct root *root = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = root->input;
		return 0;
	case 'h':
		/* Set here: argp takes argv[0] after ARGP_KEY_INIT. */
		state->name = root->name;
		argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP);
		return 0;
	case ARGP_KEY_ARG:
		pvp_words_list_add(&root->common->files, arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

struct pvp_error *pvp_options_parse(const struct argp *argp, const char *verb, int argc,
				    char **argv, void *input, struct pvp_options *common,
				    enum pvp_exit *status)
{
	const struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
	static const struct argp_option options[] = {
		{"help", 'h', 0, 0, "give this help list", -1},
		{0},
	};
	const struct argp wrapper = {options, parse_root, NULL, NULL, children, 0, 0};
	struct root root = {common, input, pvp_asprintf("pvproof %s", verb)};
	struct pvp_error *err;
	error_t error;

	common->verb = verb;
	error = argp_parse(&wrapper, argc, argv, ARGP_NO_HELP, NULL, &root);
	free(root.name);
	err = common->err;
	common->err = NULL;
	if (err)
		return pvp_error_context(err, "%s", verb);
	if (error) {
		common->stop = true;
		*status = PVP_EXIT_TROUBLE;
	}
	return NULL;
}

void pvp_options_deinit(struct pvp_options *options)
{
	if (!options)
		return;
	free(options->files.v);
	free(options->platforms.v);
	free(options->features.v);
	free(options->pv_ops.v);
	free(options->static_calls.v);
	free(options->static_keys.v);
	pvp_error_destroy(options->err);
	memset(options, 0, sizeof(*options));
}

struct pvp_overrides pvp_options_overrides(const struct pvp_options *options)
{
	return (struct pvp_overrides){
		.caps_file = options->caps,
		.features = options->features.v,
		.pv_ops = options->pv_ops.v,
		.static_calls = options->static_calls.v,
		.static_keys = options->static_keys.v,
		.return_thunk = options->return_thunk,
		.cpu_model = options->cpu_model,
		.cpus = options->cpus,
		.initcalls = options->initcalls,
	};
}
