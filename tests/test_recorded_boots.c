// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include <inttypes.h>

#include "check_helpers.h"
#include "golden_boot.h"
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

START_TEST(recorded_boot)
{
	const char *dir = pvp_test_goldens();
	struct pvp_golden_boot boot;
	struct pvp_golden_diff diff;
	struct pvp_platform platform;
	struct pvp_patched patched;
	struct pvp_tables tables;
	struct pvp_sites sites;
	struct pvp_image *image;
	const char *path;
	char json[64];

	snprintf(json, sizeof(json), "%s.json", boots[_i].name);
	if (!pvp_test_file(dir, json, boots[_i].name))
		return;
	path = pvp_test_file(pvp_test_kernels(), "vmlinuz-6.1.176-amd64", boots[_i].name);
	if (!path)
		return;
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	pvp_ck_ok(pvp_sites_scan(image, &tables, &sites));
	pvp_ck_ok(pvp_golden_boot_load(dir, boots[_i].name, &boot));
	pvp_ck_ok(pvp_golden_boot_platform(&boot, image, &tables, &platform));
	pvp_ck_ok(pvp_model_patch(image, &tables, &platform, &patched));
	pvp_ck_ok(pvp_golden_boot_compare(&boot, image, &sites, &patched, &diff));
	ck_assert_msg(!diff.wrong && !diff.missing && !diff.extra && !diff.pv_wrong,
		      "%s: %" PRIu64 " wrong, %" PRIu64 " missing, %" PRIu64 " extra, %" PRIu64
		      " at pv sites, the first at %#" PRIx64,
		      boots[_i].name, diff.wrong, diff.missing, diff.extra, diff.pv_wrong,
		      diff.first_bad);
	ck_assert_uint_eq(diff.changed, boots[_i].changed);
	ck_assert_uint_eq(diff.pv_bytes, boots[_i].pv_bytes);
	/* Teeth: one spoiled byte is seen. */
	patched.v[patched.nr / 2].new[0] ^= 1;
	pvp_ck_ok(pvp_golden_boot_compare(&boot, image, &sites, &patched, &diff));
	ck_assert_uint_eq(diff.wrong + diff.missing + diff.extra, 1);
	pvp_patched_deinit(&patched);
	pvp_golden_platform_deinit(&platform);
	pvp_golden_boot_deinit(&boot);
	pvp_sites_deinit(&sites);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

Suite *recorded_boots_suite(void)
{
	Suite *s = suite_create("recorded boots");
	TCase *model = tcase_create("model");

	tcase_set_timeout(model, 60);
	tcase_set_tags(model, PVP_TAG_KERNELS);
	tcase_add_loop_test(model, recorded_boot, 0, ARRAY_SIZE(boots));
	suite_add_tcase(s, model);
	return s;
}
