// SPDX-License-Identifier: GPL-2.0-only
#include "comparison.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static struct pvp_error *check(const struct pvp_compared *compared)
{
	const struct pvp_image *image = compared->image;

	if (!compared->sites->nr)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"%s: it has no pv sites; there is nothing to compare",
					image->name);
	/* Without them no site has a name. */
	if (!image->nr_symbols)
		return pvp_error_format(PVP_ERR_NOT_FOUND,
					"%s: it has no symbols, by which sites are paired",
					image->name);
	return NULL;
}

struct pvp_error *pvp_comparison_init(const struct pvp_compared *a, const struct pvp_compared *b,
				      struct pvp_image_comparison *ret)
{
	const struct pvp_compared *sides[] = { a, b };
	struct pvp_image_comparison comparison = {0};
	struct pvp_error *err;

	if (a->image->arch != b->image->arch)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"%s is %s, and %s is %s: images of one architecture can be "
					"compared",
					a->image->name, pvp_arch_name(a->image->arch),
					b->image->name, pvp_arch_name(b->image->arch));
	for (unsigned i = 0; i < 2; i++) {
		err = check(sides[i]);
		if (err)
			return err;
	}
	for (unsigned i = 0; i < 2; i++) {
		const char *generation = sides[i]->tables->generation;

		comparison.image[i].opened = sides[i]->image;
		comparison.image[i].name = pvp_strdup(sides[i]->image->name);
		comparison.image[i].generation = pvp_strdup(generation ? generation : "");
		comparison.image[i].sha256 = pvp_image_sha256(sides[i]->image);
		comparison.image[i].arch = sides[i]->image->arch;
		comparison.image[i].nr_sites = sides[i]->sites->nr + sides[i]->entry->sites.nr;
	}
	pvp_site_pairs_make(a, b, &comparison.pairs);
	for (size_t i = 0; i < comparison.pairs.nr; i++) {
		comparison.nr_only[0] += !comparison.pairs.v[i].side[1];
		comparison.nr_only[1] += !comparison.pairs.v[i].side[0];
	}
	*ret = comparison;
	return NULL;
}

void pvp_comparison_deinit(struct pvp_image_comparison *comparison)
{
	if (!comparison)
		return;
	for (size_t i = 0; i < comparison->nr_platforms; i++) {
		free(comparison->platforms[i].name);
		free(comparison->platforms[i].reason);
		pvp_site_changes_deinit(&comparison->platforms[i].changes);
		pvp_op_cells_deinit(&comparison->platforms[i].cells);
	}
	free(comparison->platforms);
	pvp_site_pairs_deinit(&comparison->pairs);
	pvp_excuses_deinit(&comparison->excuses);
	for (unsigned i = 0; i < 2; i++) {
		free(comparison->image[i].name);
		free(comparison->image[i].generation);
	}
	memset(comparison, 0, sizeof(*comparison));
}

struct pvp_error *pvp_comparison_add(struct pvp_image_comparison *comparison,
				     const struct pvp_compared *a,
				     const struct pvp_compared_boot *boot_a,
				     const struct pvp_compared *b,
				     const struct pvp_compared_boot *boot_b)
{
	struct pvp_site_changes changes = {0};
	struct pvp_error *err = NULL;

	if (!comparison->without_sites)
		err = pvp_site_pairs_compare(&comparison->pairs, a, boot_a, b, boot_b, &changes);
	if (err)
		return err;
	*pvp_push(&comparison->platforms, &comparison->nr_platforms, &comparison->cap_platforms) =
		(struct pvp_compared_platform){
			.name = pvp_strdup(boot_a->platform->name),
			.fits = { true, true },
			.changes = changes,
		};
	return NULL;
}

struct pvp_error *pvp_comparison_run(struct pvp_image_comparison *comparison,
				     const struct pvp_check_input *a,
				     const struct pvp_check_input *b)
{
	struct pvp_compared_platform *to = &comparison->platforms[comparison->nr_platforms - 1];
	struct pvp_error *err = pvp_behaviour_compare(a, b, &comparison->excuses, &to->cells);

	if (!err)
		pvp_op_cells_judge(&to->cells, to->name, &comparison->excuses);
	return err;
}

void pvp_comparison_add_one_sided(struct pvp_image_comparison *comparison, const char *platform,
				  unsigned side, const char *reason)
{
	struct pvp_compared_platform *to = pvp_push(
		&comparison->platforms, &comparison->nr_platforms, &comparison->cap_platforms);
	struct pvp_excuse *excuse =
		pvp_excuses_use(&comparison->excuses, "platform", platform, "exists");

	to->name = pvp_strdup(platform);
	to->fits[side] = true;
	to->reason = pvp_strdup(reason);
	to->excuse = excuse;
}

static bool sites_differ(const struct pvp_image_comparison *comparison)
{
	if (comparison->without_sites)
		return false;
	if (comparison->nr_only[0] || comparison->nr_only[1])
		return true;
	for (size_t i = 0; i < comparison->nr_platforms; i++)
		if (comparison->platforms[i].changes.nr)
			return true;
	return false;
}

static bool runs_differ(const struct pvp_op_cells *cells)
{
	for (size_t i = 0; i < cells->nr; i++)
		if (cells->v[i].verdict != PVP_OP_SAME && cells->v[i].verdict != PVP_OP_EXCUSED)
			return true;
	return false;
}

static bool has_unused(const struct pvp_image_comparison *comparison)
{
	struct pvp_unused_rows unused = pvp_comparison_unused(comparison);
	bool any = unused.nr;

	pvp_unused_rows_deinit(&unused);
	return any;
}

bool pvp_comparison_differs(const struct pvp_image_comparison *comparison)
{
	if (sites_differ(comparison))
		return true;
	for (size_t i = 0; i < comparison->nr_platforms; i++) {
		const struct pvp_compared_platform *platform = &comparison->platforms[i];

		if ((!platform->fits[0] || !platform->fits[1]) && !platform->excuse)
			return true;
		if (runs_differ(&platform->cells))
			return true;
	}
	return has_unused(comparison);
}
