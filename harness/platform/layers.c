// SPDX-License-Identifier: GPL-2.0-only
#include "layers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"

#define MAX_LAYERS 16

/* What files are looked up with. */
struct reader {
	const char *dir; /* of the platforms */
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	struct pvp_layers layers;
};

/* Folders of variants, a later one's words over an earlier one's. */
enum { BY_GENERATION, BY_ARCH, BY_BOTH, NR_VARIANTS };

/* FOLDER/5.10/NAME, FOLDER/i386/NAME or FOLDER/5.10-i386/NAME of FOLDER/NAME, owned by the caller;
 * NULL: the image has no such variants. */
static char *variant_path(const struct reader *r, const char *path, unsigned which)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *generation = r->tables->generation, *arch = pvp_arch_name(r->image->arch);

	if (which != BY_ARCH && !generation)
		return NULL;
	return pvp_asprintf("%.*s%s%s%s/%s", (int)(name - path), path,
			    which == BY_ARCH ? "" : generation, which == BY_BOTH ? "-" : "",
			    which == BY_GENERATION ? "" : arch, name);
}

/* A file and what only one of its kind may say: a variant has no name and no parent of its own. */
static struct pvp_error *check_keys(const struct pvp_layer *layer)
{
	static const char *const own[] = {"name", "description", "extends"};
	const struct pvp_yaml *yaml = &layer->file.yaml;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		bool has = pvp_yaml_has(yaml, own[i]);

		if (layer->is_variant && has)
			return pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, own[i],
					      "%s belongs to the file this is a variant of",
					      own[i]);
		if (!layer->is_variant && !has && strcmp(own[i], "extends"))
			return pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, own[i],
					      "missing required mapping field: %s", own[i]);
	}
	return NULL;
}

static struct pvp_error *add_file(struct reader *r, const char *path, bool is_set, bool is_variant)
{
	struct pvp_layer layer = {.is_set = is_set, .is_variant = is_variant};
	bool may_refuse = !is_set;
	struct pvp_error *err;

	/* Of a platform the last layer is the first to be read, and the last one's `arch` counts.
	 */
	for (size_t i = 0; i < r->layers.nr; i++)
		may_refuse &= !r->layers.v[i].file.words->arch;
	err = pvp_platform_file_read(path, r->image, r->tables, may_refuse, &layer.file);
	if (err)
		return err;
	*pvp_push(&r->layers.v, &r->layers.nr, &r->layers.cap) = layer;
	return check_keys(&layer);
}

static struct pvp_error *add_variant(struct reader *r, const char *path, bool is_set,
				     unsigned which)
{
	char *variant = variant_path(r, path, which);
	struct pvp_error *err = NULL;

	if (variant && !access(variant, F_OK))
		err = add_file(r, variant, is_set, true);
	free(variant);
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

/* From layer `first` on. */
static void reverse(struct pvp_layers *layers, size_t first)
{
	for (size_t i = first, j = layers->nr; i + 1 < j; i++) {
		struct pvp_layer swap = layers->v[i];

		layers->v[i] = layers->v[--j];
		layers->v[j] = swap;
	}
}

/* A file and its variants. */
static struct pvp_error *add_all(struct reader *r, const char *path, bool is_set)
{
	struct pvp_error *err = add_file(r, path, is_set, false);

	for (unsigned i = 0; !err && i < NR_VARIANTS; i++)
		err = add_variant(r, path, is_set, i);
	return err;
}

/* Platforms are added from the last layer to the first, and turned round in the end. */
static struct pvp_error *add_backwards(struct reader *r, const char *path)
{
	size_t first = r->layers.nr;
	struct pvp_error *err = add_all(r, path, false);

	reverse(&r->layers, first);
	return err;
}

static struct pvp_error *add_parent(struct reader *r)
{
	const struct pvp_layers *layers = &r->layers;
	const struct pvp_layer *child = &layers->v[layers->nr - 1];
	const struct pvp_yaml *yaml = &child->file.yaml;
	const char *name = child->file.words->extends;
	struct pvp_error *err = NULL;
	char *path;

	if (is_path(name))
		return pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, "extends",
				      "'%s' is a path where a name is needed", name);
	path = parent_path(child, r->dir);
	for (size_t i = 0; !err && i < layers->nr; i++)
		if (!strcmp(layers->v[i].file.yaml.path, path))
			err = pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, "extends",
					     "extending '%s' comes back to %s", name, path);
	if (!err && layers->nr > MAX_LAYERS - 1 - NR_VARIANTS)
		err = pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, "extends",
				     "more than %d platforms extend each other", MAX_LAYERS);
	if (!err && access(path, F_OK))
		err = pvp_yaml_error(yaml, PVP_ERR_NOT_FOUND, "extends",
				     "unknown platform '%s': there is no %s", name, path);
	if (!err)
		err = add_backwards(r, path);
	free(path);
	return err;
}

static struct pvp_error *add_platform(struct reader *r, const char *name)
{
	char *path = is_path(name) ? pvp_strdup(name) : pvp_asprintf("%s/%s.yaml", r->dir, name);
	struct pvp_layers *layers = &r->layers;
	struct pvp_error *err = NULL;

	if (access(path, F_OK))
		err = pvp_error_format(PVP_ERR_NOT_FOUND, "unknown platform '%s': there is no %s",
				       name, path);
	else
		err = add_backwards(r, path);
	layers->top = layers->nr - 1; /* from the end, so far */
	while (!err && layers->v[layers->nr - 1].file.words->extends)
		err = add_parent(r);
	reverse(layers, 0);
	layers->top = layers->nr - 1 - layers->top;
	layers->nr_own = layers->nr;
	free(path);
	return err;
}

/* What makes a platform is not a set's to say. */
static struct pvp_error *check_set(const struct pvp_yaml *yaml)
{
	static const char *const keys[] = {"extends",	   "hypervisor", "arch",
					   "ring",	   "cpus",	 "cpu_model",
					   "capabilities", "pv_ops",	 "pv_ops_if_present"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (pvp_yaml_has(yaml, keys[i]))
			return pvp_yaml_error(yaml, PVP_ERR_BAD_DATA, keys[i],
					      "%s belongs to a platform, not to a set", keys[i]);
	return NULL;
}

/* The words of the CPU called so, by preference those of the image's architecture and generation:
 * owned by the caller. */
static char *cpu_path(const struct reader *r, const char *name)
{
	char *path = pvp_asprintf("%s/../cpus/%s.caps", r->dir, name);

	for (unsigned i = NR_VARIANTS; i--;) {
		char *variant = variant_path(r, path, i);

		if (variant && !access(variant, F_OK)) {
			free(path);
			return variant;
		}
		free(variant);
	}
	return path;
}

static struct pvp_error *add_set_file(struct reader *r, const char *path)
{
	size_t first = r->layers.nr;
	struct pvp_error *err = add_all(r, path, true);

	for (size_t i = first; !err && i < r->layers.nr; i++)
		err = check_set(&r->layers.v[i].file.yaml);
	return err;
}

static struct pvp_error *add_set(struct reader *r, const char *name)
{
	char *set = pvp_asprintf("%s/../mitigations/%s.yaml", r->dir, name);
	char *cpu = cpu_path(r, name);
	struct pvp_layers *layers = &r->layers;
	struct pvp_error *err = NULL;

	if (!*name || strchr(name, '/')) {
		err = pvp_error_format(PVP_ERR_USAGE, "'%s' is not the name of a set", name);
	} else if (!access(set, F_OK)) {
		for (size_t i = 0; !err && i < layers->nr; i++)
			if (!strcmp(layers->v[i].file.yaml.path, set))
				err = pvp_error_format(PVP_ERR_USAGE, "set '%s' is joined twice",
						       name);
		if (!err)
			err = add_set_file(r, set);
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

struct pvp_error *pvp_layers_read(const char *name, const char *dir, const struct pvp_image *image,
				  const struct pvp_tables *tables, struct pvp_layers *ret)
{
	const char *slash = strrchr(name, '/'), *plus = strchr(slash ? slash : name, '+');
	struct reader r = {.dir = dir, .image = image, .tables = tables};
	char *words = pvp_strdup(name),
	     *rest = words + (plus ? plus - name : (ptrdiff_t)strlen(name));
	struct pvp_error *err;

	r.layers.sets = pvp_strdup(rest);
	if (plus)
		*rest++ = 0;
	err = add_platform(&r, words);
	while (!err && plus && rest)
		err = add_set(&r, strsep(&rest, "+"));
	free(words);
	if (err)
		pvp_layers_deinit(&r.layers);
	else
		*ret = r.layers;
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
