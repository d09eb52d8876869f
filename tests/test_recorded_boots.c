// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every recorded boot of the goldens directory, against both predictors.  The inputs are the
 * recording's own; PVPROOF_GOLDENS=DIR takes others.
 */
#include "suites.h"

#include <inttypes.h>

#include "check_helpers.h"
#include "golden_boot.h"
#include "guest.h"
#include "model.h"

/* changed, pv_bytes: what must be compared at least, so that nothing passes for being empty. */
static const struct {
	const char *name;
	uint64_t changed, pv_bytes;
} boots[] = {
	{"6.1-native", 296272, 24251},
	{"6.1-xenpv", 296070, 24251},
	{"6.1-kvm", 296284, 24251},
};

struct recording {
	struct pvp_golden_boot boot;
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_sites sites;
	struct pvp_platform platform;
};

/* False: skipped. */
static bool setup(struct recording *r, const char *name)
{
	char *path;

	pvp_ck_ok(pvp_golden_boot_load(pvp_test_goldens(), name, &r->boot));
	if (!pvp_test_kernels()) {
		pvp_test_skip(name, "no kernels");
		pvp_golden_boot_deinit(&r->boot);
		return false;
	}
	pvp_ck_ok(pvp_golden_boot_kernel(&r->boot, pvp_test_kernels(), &path));
	if (!path) {
		pvp_test_skip(name, "its kernel is not here");
		pvp_golden_boot_deinit(&r->boot);
		return false;
	}
	pvp_ck_ok(pvp_image_open(path, NULL, &r->image));
	free(path);
	pvp_ck_ok(pvp_tables_parse(r->image, &r->tables));
	pvp_ck_ok(pvp_sites_scan(r->image, &r->tables, &r->sites));
	pvp_ck_ok(pvp_golden_boot_platform(&r->boot, r->image, &r->tables, &r->platform));
	return true;
}

static void teardown(struct recording *r)
{
	pvp_golden_platform_deinit(&r->platform);
	pvp_sites_deinit(&r->sites);
	pvp_tables_deinit(&r->tables);
	pvp_image_close(r->image);
	pvp_golden_boot_deinit(&r->boot);
}

static void compare(struct recording *r, struct pvp_patched *patched)
{
	struct pvp_golden_diff diff;

	pvp_ck_ok(pvp_golden_boot_compare(&r->boot, r->image, &r->sites, patched, &diff));
	ck_assert_msg(!diff.wrong && !diff.missing && !diff.extra && !diff.pv_wrong,
		      "%s: %" PRIu64 " wrong, %" PRIu64 " missing, %" PRIu64 " extra, %" PRIu64
		      " at pv sites, the first at %#" PRIx64,
		      r->boot.name, diff.wrong, diff.missing, diff.extra, diff.pv_wrong,
		      diff.first_bad);
	ck_assert_uint_gt(diff.changed, 4000);
	for (size_t i = 0; i < ARRAY_SIZE(boots); i++)
		if (!strcmp(boots[i].name, r->boot.name)) {
			ck_assert_uint_eq(diff.changed, boots[i].changed);
			ck_assert_uint_eq(diff.pv_bytes, boots[i].pv_bytes);
		}
	/* Teeth: one spoiled byte is seen. */
	patched->v[patched->nr / 2].new[0] ^= 1;
	pvp_ck_ok(pvp_golden_boot_compare(&r->boot, r->image, &r->sites, patched, &diff));
	ck_assert_uint_eq(diff.wrong + diff.missing + diff.extra, 1);
}

static const struct predictor {
	const char *name;
	struct pvp_error *(*patch)(const struct pvp_image *, const struct pvp_tables *,
				   const struct pvp_platform *, struct pvp_patched *);
} predictors[] = {{"model", pvp_model_patch}, {"guest", pvp_guest_patch}};

static void run(const struct predictor *predictor, int which)
{
	size_t nr;
	char **names = pvp_golden_boot_names(pvp_test_goldens(), &nr);
	struct recording r;
	struct pvp_patched patched;
	struct pvp_error *err;

	ck_assert_uint_lt(which, nr);
	if (setup(&r, names[which])) {
		err = predictor->patch(r.image, &r.tables, &r.platform, &patched);
		ck_assert_msg(!err, "%s: %s: %s", names[which], predictor->name,
			      err ? err->message : "");
		compare(&r, &patched);
		pvp_patched_deinit(&patched);
		teardown(&r);
	}
	for (size_t i = 0; i < nr; i++)
		free(names[i]);
	free(names);
}

START_TEST(model_equals_boot)
{
	run(&predictors[0], _i);
}
END_TEST

START_TEST(guest_equals_boot)
{
	run(&predictors[1], _i);
}
END_TEST

START_TEST(no_recordings)
{
	pvp_test_skip("recorded boots", "no recordings");
}
END_TEST

Suite *recorded_boots_suite(void)
{
	Suite *s = suite_create("recorded boots");
	TCase *model = tcase_create("model"), *guest = tcase_create("guest");
	size_t nr;
	char **names = pvp_golden_boot_names(pvp_test_goldens(), &nr);

	for (size_t i = 0; i < nr; i++)
		free(names[i]);
	free(names);
	tcase_set_timeout(model, 60);
	tcase_set_tags(model, PVP_TAG_KERNELS);
	tcase_set_timeout(guest, 120);
	tcase_set_tags(guest, PVP_TAG_KERNELS);
	if (nr) {
		tcase_add_loop_test(model, model_equals_boot, 0, nr);
		tcase_add_loop_test(guest, guest_equals_boot, 0, nr);
	} else {
		tcase_add_test(model, no_recordings);
	}
	suite_add_tcase(s, model);
	suite_add_tcase(s, guest);
	return s;
}
