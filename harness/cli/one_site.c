// SPDX-License-Identifier: GPL-2.0-only
#include "one_site.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key == ARGP_KEY_INIT) {
		state->child_inputs[0] = state->input;
		state->child_inputs[1] = state->input;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* What is a site, but of a kind that is no call: why it cannot be shown. */
static struct pvp_error *other_kind(const struct pvp_subject *subject, const char *verb,
				    const char *text)
{
	const struct pvp_sites *const lists[] = {&subject->entry.sites, &subject->transfers.sites};

	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		const struct pvp_site *site;
		struct pvp_error *err =
			pvp_sites_parse(lists[k], subject->image, text, &site);

		if (!err)
			return pvp_error_format(PVP_ERR_USAGE,
						"site \"%s\": %s#%" PRIu32 " is of kind %s; %s shows "
						"calls of pv operations only",
						text, site->op, site->ordinal,
						pvp_site_kind_name(site->kind), verb);
		pvp_error_destroy(err);
	}
	return NULL;
}

static struct pvp_error *open(const char *verb, struct pvp_one_site *one)
{
	const struct pvp_options *options = &one->options;
	const struct pvp_overrides overrides = pvp_options_overrides(options);
	struct pvp_error *err, *other;

	if (options->files.nr != 2)
		return pvp_error_format(PVP_ERR_USAGE,
					"%s: an IMAGE and a SITE are needed, %zu are given", verb,
					options->files.nr);
	if (options->platforms.nr != 1 || !strcmp(options->platforms.v[0], "all"))
		return pvp_error_format(PVP_ERR_USAGE, "%s: --platform with one platform is needed",
					verb);
	err = pvp_subject_open(options->files.v[0], options->symbols, &one->subject);
	if (err)
		return err;
	err = pvp_sites_parse(&one->subject.sites, one->subject.image, options->files.v[1],
			      &one->site);
	if (err) {
		other = other_kind(&one->subject, verb, options->files.v[1]);
		if (other)
			pvp_error_destroy(err);
		return pvp_error_context(other ? other : err, "%s", one->subject.path);
	}
	err = pvp_boot_open(&one->subject, options->platforms.v[0], &overrides, NULL, &one->boot);
	one->names =
		(struct pvp_names){one->subject.image, &one->subject.tables, one->boot.platform};
	return err;
}

struct pvp_error *pvp_one_site_open(const char *verb, const char *doc, int argc, char **argv,
				    struct pvp_one_site *ret, enum pvp_exit *status)
{
	static const struct argp_child children[] = {
		{&pvp_image_argp, 0, NULL, 0},
		{&pvp_one_platform_argp, 0, NULL, 0},
		{0},
	};
	const struct argp argp = {
		.parser = parse,
		.args_doc = "IMAGE SITE",
		.doc = doc,
		.children = children,
	};
	struct pvp_error *err;

	memset(ret, 0, sizeof(*ret));
	err = pvp_options_parse(&argp, verb, argc, argv, &ret->options, &ret->options, status);
	if (!err && !ret->options.stop)
		err = open(verb, ret);
	if (err)
		pvp_one_site_deinit(ret);
	return err;
}

void pvp_one_site_deinit(struct pvp_one_site *one)
{
	if (!one)
		return;
	pvp_boot_deinit(&one->boot);
	pvp_subject_deinit(&one->subject);
	pvp_options_deinit(&one->options);
	memset(one, 0, sizeof(*one));
}

void pvp_one_site_print(const struct pvp_one_site *one, enum pvp_change change)
{
	const struct pvp_site *site = one->site;
	char buf[256], *platform = pvp_text_clean(one->boot.platform->name);
	char *image = pvp_text_clean(one->subject.image->name);
	char *symbol = pvp_text_clean(
		pvp_image_describe(one->subject.image, site->addr, buf, sizeof(buf)));

	printf("%s#%" PRIu32 " on %s: %s\n%" PRIu32 " bytes at %" PRIx64 ", %s, %s\n\n", site->op,
	       site->ordinal, platform, pvp_change_name(change), site->len, site->addr, symbol,
	       image);
	free(platform);
	free(image);
	free(symbol);
}
