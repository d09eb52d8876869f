// SPDX-License-Identifier: GPL-2.0-only
#include "layers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"

#define MAX_LAYERS 16

static struct pvp_error *add(struct pvp_layers *layers, const char *path,
			     const struct pvp_tables *tables, bool is_set)
{
	struct pvp_layer layer = {.is_set = is_set};
	struct pvp_error *err = pvp_platform_file_read(path, tables, &layer.file);

	if (!err)
		*pvp_push(&layers->v, &layers->nr, &layers->cap) = layer;
	return err;
}

static bool is_path(const char *name)
{
	size_t len = strlen(name);

	return strchr(name, '/') || (len > 5 && !strcmp(name + len - 5, ".yaml"));
}

/* NAME.yaml next to the file that names it, or in dir; owned by the caller. */
static char *parent_path(const struct pvp_layer *child, const char *dir)
{
	const char *name = child->file.words->extends, *own = child->file.yaml.path;
	const char *slash = strrchr(own, '/');
	char *path = pvp_asprintf("%.*s%s.yaml", slash ? (int)(slash - own + 1) : 0, own, name);

	if (!access(path, F_OK))
		return path;
	free(path);
	return pvp_asprintf("%s/%s.yaml", dir, name);
}

static struct pvp_error *add_parent(struct pvp_layers *layers, const char *dir,
				    const struct pvp_tables *tables)
{
	const struct pvp_layer *child = &layers->v[layers->nr - 1];
	const struct pvp_yaml *yaml = &child->file.yaml;
	const char *name = child->file.words->extends;
	struct pvp_error *err = NULL;
	char *path;

	if (is_path(name))
		return pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, "extends",
				      "'%s' is a path where a name is needed", name);
	path = parent_path(child, dir);
	for (size_t i = 0; !err && i < layers->nr; i++)
		if (!strcmp(layers->v[i].file.yaml.path, path))
			err = pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, "extends",
					     "extending '%s' comes back to %s", name, path);
	if (!err && layers->nr == MAX_LAYERS)
		err = pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, "extends",
				     "more than %d platforms extend each other", MAX_LAYERS);
	if (!err && access(path, F_OK))
		err = pvp_yaml_error(yaml, PVP_ERR_NOT_FOUND, "extends",
				     "unknown platform '%s': there is no %s", name, path);
	if (!err)
		err = add(layers, path, tables, false);
	free(path);
	return err;
}

static void reverse(struct pvp_layers *layers)
{
	for (size_t i = 0; i < layers->nr / 2; i++) {
		struct pvp_layer swap = layers->v[i];

		layers->v[i] = layers->v[layers->nr - 1 - i];
		layers->v[layers->nr - 1 - i] = swap;
	}
}

static struct pvp_error *add_platform(struct pvp_layers *layers, const char *name, const char *dir,
				      const struct pvp_tables *tables)
{
	char *path = is_path(name) ? pvp_strdup(name) : pvp_asprintf("%s/%s.yaml", dir, name);
	struct pvp_error *err = NULL;

	if (access(path, F_OK))
		err = pvp_error_format(PVP_ERR_NOT_FOUND, "unknown platform '%s': there is no %s",
				       name, path);
	else
		err = add(layers, path, tables, false);
	while (!err && layers->v[layers->nr - 1].file.words->extends)
		err = add_parent(layers, dir, tables);
	reverse(layers);
	layers->top = layers->nr - 1;
	free(path);
	return err;
}

/* What makes a platform is not a set's to say. */
static struct pvp_error *check_set(const struct pvp_yaml *yaml)
{
	static const char *const keys[] = {"extends", "hypervisor",   "arch",  "ring",
					   "cpus",    "capabilities", "pv_ops"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (pvp_yaml_has(yaml, keys[i]))
			return pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, keys[i],
					      "%s belongs to a platform, not to a set", keys[i]);
	return NULL;
}

static struct pvp_error *add_set(struct pvp_layers *layers, const char *name, const char *dir,
				 const struct pvp_tables *tables)
{
	char *set = pvp_asprintf("%s/../mitigations/%s.yaml", dir, name);
	char *cpu = pvp_asprintf("%s/../cpus/%s.caps", dir, name);
	struct pvp_error *err = NULL;

	if (!*name || strchr(name, '/')) {
		err = pvp_error_format(PVP_ERR_USAGE, "'%s' is not the name of a set", name);
	} else if (!access(set, F_OK)) {
		for (size_t i = 0; !err && i < layers->nr; i++)
			if (!strcmp(layers->v[i].file.yaml.path, set))
				err = pvp_error_format(PVP_ERR_USAGE, "set '%s' is joined twice",
						       name);
		if (!err)
			err = add(layers, set, tables, true);
		if (!err)
			err = check_set(&layers->v[layers->nr - 1].file.yaml);
	} else if (!access(cpu, F_OK)) {
		if (layers->caps_path)
			err = pvp_error_format(PVP_ERR_USAGE, "'%s' is a second CPU", name);
		else
			layers->caps_path = pvp_strdup(cpu);
	} else {
		err = pvp_error_format(PVP_ERR_NOT_FOUND,
				       "unknown set '%s': there is neither %s nor %s", name, set,
				       cpu);
	}
	free(set);
	free(cpu);
	return err;
}

struct pvp_error *pvp_layers_read(const char *name, const char *dir,
				  const struct pvp_tables *tables, struct pvp_layers *ret)
{
	const char *slash = strrchr(name, '/'), *plus = strchr(slash ? slash : name, '+');
	struct pvp_layers layers = {0};
	char *words = pvp_strdup(name),
	     *rest = words + (plus ? plus - name : (ptrdiff_t)strlen(name));
	struct pvp_error *err;

	layers.sets = pvp_strdup(rest);
	if (plus)
		*rest++ = 0;
	err = add_platform(&layers, words, dir, tables);
	while (!err && plus && rest)
		err = add_set(&layers, strsep(&rest, "+"), dir, tables);
	free(words);
	if (err)
		pvp_layers_deinit(&layers);
	else
		*ret = layers;
	return err;
}

void pvp_layers_deinit(struct pvp_layers *layers)
{
	if (!layers)
		return;
	for (size_t i = 0; i < layers->nr; i++)
		pvp_platform_file_deinit(&layers->v[i].file);
	free(layers->v);
	free(layers->caps_path);
	free(layers->sets);
	memset(layers, 0, sizeof(*layers));
}
