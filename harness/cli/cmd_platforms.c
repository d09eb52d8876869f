// SPDX-License-Identifier: GPL-2.0-only
#include "cli.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "corpus.h"
#include "options.h"
#include "platforms_check.h"
#include "subject.h"
#include "clean.h"
#include "yaml_file.h"

/* All of a platform file that makes sense without an image. */
struct headline {
	char *description;
};

struct mine {
	struct pvp_options common;
	bool check;
};

enum { KEY_CHECK = 'c' };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct mine *mine = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &mine->common;
		return 0;
	case KEY_CHECK:
		mine->check = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Owned by the caller; "" where the file has none that can be read. */
static char *description_of(const char *dir, const char *name)
{
	static const cyaml_schema_field_t fields[] = {
		CYAML_FIELD_STRING_PTR("description", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				       struct headline, description, 0, 4096),
		CYAML_FIELD_END,
	};
	static const cyaml_schema_value_t schema = {
		CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct headline, fields),
	};
	const cyaml_config_t config = {
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS | CYAML_CFG_IGNORE_UNKNOWN_KEYS,
	};
	char *path = pvp_asprintf("%s/%s.yaml", dir, name), *text = NULL;
	struct headline *headline = NULL;
	struct pvp_yaml yaml = {0};
	struct pvp_error *err = pvp_yaml_open(path, &yaml);

	if (!err && cyaml_load_data(yaml.text, yaml.len, &config, &schema,
				    (cyaml_data_t **)&headline, NULL) == CYAML_OK)
		text = pvp_text_clean(headline->description);
	cyaml_free(&config, &schema, headline, 0);
	pvp_yaml_deinit(&yaml);
	pvp_error_destroy(err);
	free(path);
	return text ? text : pvp_strdup("");
}

static void print_fit(const struct pvp_subject *subject, const char *name,
		      const struct pvp_overrides *overrides, enum pvp_exit *status)
{
	struct pvp_boot boot = {0};
	struct pvp_error *err = pvp_boot_open(subject, name, overrides, NULL, &boot);
	char *why = err ? pvp_text_clean(err->message) : NULL;

	if (!err)
		*status = PVP_EXIT_OK;
	printf("%s\t%s\t%s\n", name, err ? "no" : "yes", err ? why : boot.platform->description);
	free(why);
	pvp_error_destroy(err);
	pvp_boot_deinit(&boot);
}

struct pvp_error *pvp_cmd_platforms(const struct pvp_cli *cli, int argc, char **argv,
				    enum pvp_exit *status)
{
	static const struct argp_child children[] = {{&pvp_image_argp, 0, NULL, 0}, {0}};
	static const struct argp_option own[] = {
		{"check", KEY_CHECK, 0, 0,
		 "compare the files with what IMAGE's code stores into pv_ops", 0},
		{0},
	};
	static const struct argp argp = {
		.options = own,
		.parser = parse,
		.args_doc = "[IMAGE]",
		.doc = "List the platform files; with an IMAGE, say which fit it, or why not "
		       "(exit status 1 when none does; with --check, when one disagrees with the "
		       "image).",
		.children = children,
	};
	struct mine mine = {0};
	struct pvp_options *options = &mine.common;
	struct pvp_subject subject = {0};
	struct pvp_overrides overrides;
	char *dir = NULL, **names = NULL;
	struct pvp_error *err;
	size_t nr = 0;

	(void)cli;
	err = pvp_options_parse(&argp, "platforms", argc, argv, &mine, options, status);
	if (err || options->stop)
		goto out;
	if (options->files.nr > 1)
		err = pvp_error_format(PVP_ERR_USAGE, "platforms: at most one IMAGE can be given");
	if (!err && mine.check && !options->files.nr)
		err = pvp_error_format(PVP_ERR_USAGE, "platforms: --check needs an IMAGE");
	if (!err)
		err = pvp_corpus_folder("platforms", &dir);
	if (!err)
		err = pvp_platform_names(dir, &names, &nr);
	if (!err && options->files.nr)
		err = pvp_subject_open(options->files.v[0], options->symbols, &subject);
	if (err)
		goto out;
	if (mine.check) {
		err = pvp_platforms_check(&subject, dir, names, nr, status);
		goto out;
	}
	overrides = pvp_options_overrides(options);
	puts(subject.image ? "platform\tfits\tdescription" : "platform\tdescription");
	if (subject.image)
		*status = PVP_EXIT_FAILED;
	for (size_t i = 0; i < nr; i++) {
		if (subject.image) {
			print_fit(&subject, names[i], &overrides, status);
		} else {
			char *description = description_of(dir, names[i]);

			printf("%s\t%s\n", names[i], description);
			free(description);
		}
	}
out:
	pvp_platform_names_free(names, nr);
	pvp_subject_deinit(&subject);
	free(dir);
	pvp_options_deinit(options);
	return err;
}
