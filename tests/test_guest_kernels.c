// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_guest_kernels.c - the guest predictor against the model on real kernels, where no recording
 * is: other mitigations, CPUs, single features.  (test_recorded_boots.c has what is recorded.)
 */
#include "suites.h"

#include <inttypes.h>

#include "agree.h"
#include "check_helpers.h"
#include "golden_boot.h"
#include "guest.h"
#include "model.h"

struct kernel {
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_golden_boot boot;
	struct pvp_platform platform;
	struct pvp_patched guest, model;
};

/* False: skipped.  recording: of the goldens directory. */
static bool kernel_open(struct kernel *k, const char *recording, const char *test)
{
	const char *dir = pvp_test_goldens();
	char json[64], *path;

	memset(k, 0, sizeof(*k));
	snprintf(json, sizeof(json), "%s.json", recording);
	if (!pvp_test_file(dir, json, test))
		return false;
	if (!pvp_test_kernels()) {
		pvp_test_skip(test, "no kernels");
		return false;
	}
	pvp_ck_ok(pvp_golden_boot_load(dir, recording, &k->boot));
	pvp_ck_ok(pvp_golden_boot_kernel(&k->boot, pvp_test_kernels(), &path));
	if (!path) {
		pvp_test_skip(test, "its kernel is not here");
		pvp_golden_boot_deinit(&k->boot);
		return false;
	}
	pvp_ck_ok(pvp_image_open(path, NULL, &k->image));
	free(path);
	pvp_ck_ok(pvp_tables_parse(k->image, &k->tables));
	pvp_ck_ok(pvp_golden_boot_platform(&k->boot, k->image, &k->tables, &k->platform));
	return true;
}

static void kernel_close(struct kernel *k)
{
	pvp_golden_platform_deinit(&k->platform);
	pvp_golden_boot_deinit(&k->boot);
	pvp_tables_deinit(&k->tables);
	pvp_image_close(k->image);
}

/* Predicts by both; the bytes that either names, and how many of them are symbolic. */
static uint64_t compare(struct kernel *k, const char *what, uint64_t *symbolic)
{
	struct pvp_agree agree;
	uint64_t bytes;
	char *text;

	pvp_ck_ok(pvp_guest_patch(k->image, &k->tables, &k->platform, &k->guest));
	pvp_ck_ok(pvp_model_patch(k->image, &k->tables, &k->platform, &k->model));
	pvp_agree_compare(&k->model, &k->guest, &agree);
	text = agree.nr ? pvp_difference_text(agree.v, "model", "guest") : NULL;
	ck_assert_msg(!agree.nr, "%s: %s: %" PRIu64 " bytes differ, the first at %#" PRIx64 ": %s",
		      k->boot.name, what, agree.unequal, agree.v[0].addr, text);
	bytes = agree.bytes;
	*symbolic = agree.symbolic;
	pvp_agree_deinit(&agree);
	pvp_patched_deinit(&k->guest);
	pvp_patched_deinit(&k->model);
	return bytes;
}

/* Feature numbers, the same in all generations but for those of ITS. */
#define XENPV	      272
#define NOPL	      116
#define RETPOLINE     364
#define LFENCE	      365
#define RETHUNK	      366
#define CALL_DEPTH    371
#define SERIALIZE     590
#define ITS(word_bit) (21 * 32 + (word_bit))

// clang-format off
static const struct {
	const char *what, *recording;
	int features[4]; /* negative: cleared */
	const char *return_thunk;
	unsigned cpus; /* 0: the recording's */
	bool initcalls;
	uint64_t bytes; /* that either names, at least */
	bool symbolic;
} sets[] = {
	{ "NOPL alone", "5.10-native", { NOPL }, NULL, 0, false, 290000, false },
	{ "no retpolines", "5.10-native", { -RETPOLINE, -LFENCE }, NULL, 0, false, 290000, false },
	{ "lfence", "5.10-native", { RETPOLINE, LFENCE }, NULL, 0, false, 290000, false },
	{ "one CPU, return thunks", "5.10-native", { RETHUNK }, "srso_return_thunk", 1, true, 290000, false },
	{ "one CPU", "5.10-i386-native", { 0 }, NULL, 1, true, 25000, false },
	{ "no NOPL", "5.10-i386-native", { -NOPL }, NULL, 0, false, 20000, false },
	{ "as recorded", "6.1-native", { 0 }, NULL, 0, false, 300000, false },
	{ "no retpolines", "6.1-native", { -RETPOLINE, -LFENCE }, NULL, 0, false, 340000, false },
	{ "retpolines", "6.1-xenpv", { RETPOLINE, -LFENCE }, NULL, 0, false, 300000, false },
	{ "lfence", "6.1-native", { RETPOLINE, LFENCE }, NULL, 0, false, 340000, false },
	{ "return thunks", "6.1-native", { RETHUNK }, "srso_return_thunk", 0, true, 300000, false },
	{ "Zen 3's", "6.1-xenpv", { RETHUNK }, "srso_alias_return_thunk", 0, false, 300000, false },
	{ "one CPU", "6.1-native", { 0 }, NULL, 1, false, 305000, false },
	{ "one CPU, return thunks, lfence", "6.1-xenpv", { RETHUNK, RETPOLINE, LFENCE },
	  "retbleed_return_thunk", 1, false, 340000, false },
	{ "ITS returns", "6.1-native", { RETPOLINE, RETHUNK }, "its_return_thunk", 0, false, 300000, false },
	{ "ITS branches", "6.1-native", { -RETPOLINE, ITS(5) }, NULL, 0, false, 340000, true },
	{ "serialize", "6.1-kvm", { SERIALIZE }, NULL, 0, false, 300000, false },
	{ "Xen's text, native's features", "6.1-xenpv", { -XENPV }, NULL, 0, false, 300000, false },
	{ "one CPU", "6.1-i386-native", { 0 }, NULL, 1, false, 5000, false },
	{ "one CPU, lfence", "6.12-native", { RETPOLINE, LFENCE }, NULL, 1, false, 420000, false },
	{ "return thunks", "6.12-native", { RETHUNK }, "srso_return_thunk", 0, false, 420000, false },
	{ "and initcalls", "6.12-native", { RETHUNK }, "srso_return_thunk", 0, true, 420000, false },
	{ "ITS branches", "6.12-native", { -RETPOLINE, ITS(6) }, NULL, 0, false, 460000, true },
	{ "call depth", "6.12-native", { RETHUNK, CALL_DEPTH }, "call_depth_return_thunk", 0, true, 1600000, false },
	{ "one CPU", "7.2-native", { 0 }, NULL, 1, false, 480000, false },
	{ "return thunks", "7.2-native", { RETHUNK }, "srso_return_thunk", 0, true, 480000, false },
	{ "ITS branches", "7.2-native", { -RETPOLINE, ITS(10) }, NULL, 0, false, 530000, true },
	{ "ITS returns", "7.2-native", { RETHUNK }, "its_return_thunk", 0, true, 480000, false },
	{ "call depth", "7.2-native", { RETHUNK, CALL_DEPTH }, "call_depth_return_thunk", 0, true, 1900000, false },
};
// clang-format on

static void set_features(struct pvp_platform *platform, const int *features)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned number = abs(features[i]);

		if (features[i] > 0)
			platform->caps[number / 32] |= 1u << number % 32;
		else if (features[i] < 0)
			platform->caps[number / 32] &= ~(1u << number % 32);
	}
}

START_TEST(guest_and_model)
{
	uint64_t bytes, symbolic;
	struct kernel k;

	if (!kernel_open(&k, sets[_i].recording, sets[_i].what))
		return;
	set_features(&k.platform, sets[_i].features);
	if (sets[_i].return_thunk)
		pvp_ck_ok(
			pvp_image_symbol(k.image, sets[_i].return_thunk, &k.platform.return_thunk));
	if (sets[_i].cpus)
		k.platform.cpus = sets[_i].cpus;
	k.platform.initcalls = sets[_i].initcalls;
	bytes = compare(&k, sets[_i].what, &symbolic);
	ck_assert_msg(bytes >= sets[_i].bytes, "%s: %s: only %" PRIu64 " bytes", k.boot.name,
		      sets[_i].what, bytes);
	ck_assert_msg(!symbolic == !sets[_i].symbolic, "%s: %s: %" PRIu64 " symbolic bytes",
		      k.boot.name, sets[_i].what, symbolic);
	kernel_close(&k);
}
END_TEST

/*
 * Single features that alternatives ask for, switched over: a few for each image, evenly spread.
 * (All of them, and all others by the word, were tried by hand: no difference.)
 */
static const char *const recordings[] = {"5.10-native", "6.1-native",	    "6.12-native",
					 "7.2-native",	"5.10-i386-native", "6.1-i386-native"};

#define NR_FLIPS 6

START_TEST(single_features)
{
	bool asked[PVP_CAP_WORDS * 32] = {false};
	struct kernel k;
	size_t nr = 0, nth = 0;
	uint64_t symbolic;

	if (!kernel_open(&k, recordings[_i], "single features"))
		return;
	for (size_t i = 0; i < k.tables.nr_alts; i++) {
		nr += !asked[k.tables.alts[i].feature];
		asked[k.tables.alts[i].feature] = true;
	}
	/* Alone they stop the patcher: patcher_crashes; a default thunk that warns, and returns
	 * through itself. */
	asked[LFENCE] = asked[RETHUNK] = false;
	ck_assert_uint_gt(nr, 2 * NR_FLIPS);
	for (unsigned feature = 0; feature < ARRAY_SIZE(asked); feature++) {
		uint32_t *word = &k.platform.caps[feature / 32];
		char what[32];

		if (!asked[feature] || nth++ % (nr / NR_FLIPS))
			continue;
		snprintf(what, sizeof(what), "feature %u", feature);
		*word ^= 1u << feature % 32;
		ck_assert_uint_gt(compare(&k, what, &symbolic), 4000);
		*word ^= 1u << feature % 32;
	}
	kernel_close(&k);
}
END_TEST

/* Teeth: a feature that only one of them is told is seen. */
START_TEST(disagreement)
{
	struct pvp_agree agree;
	struct kernel k;

	if (!kernel_open(&k, recordings[_i], "disagreement"))
		return;
	pvp_ck_ok(pvp_guest_patch(k.image, &k.tables, &k.platform, &k.guest));
	k.platform.caps[3] ^= 1u << 16; /* REP_GOOD, of amd64's string functions */
	k.platform.caps[0] ^= 1u << 26; /* XMM2, of i386's fences */
	pvp_ck_ok(pvp_model_patch(k.image, &k.tables, &k.platform, &k.model));
	pvp_agree_compare(&k.model, &k.guest, &agree);
	ck_assert_msg(agree.nr > 0, "%s", k.boot.name);
	pvp_agree_deinit(&agree);
	pvp_patched_deinit(&k.guest);
	pvp_patched_deinit(&k.model);
	kernel_close(&k);
}
END_TEST

/*
 * A bug of 7.2's patcher: lfence and an indirect branch through r11 do not fit five bytes, and what
 * fills the rest runs over the stack.  An error says where.
 */
START_TEST(patcher_crashes)
{
	struct pvp_error *err;
	struct kernel k;

	if (!kernel_open(&k, "7.2-native", "patcher crashes"))
		return;
	set_features(&k.platform, (int[4]){LFENCE});
	err = pvp_guest_patch(k.image, &k.tables, &k.platform, &k.guest);
	ck_assert(err && err->code == PVP_ERR_BAD_DATA);
	ck_assert_msg(strstr(err->message, "alternative_instructions, pass retpoline: fault "
					   "writing 0x") &&
			      strstr(err->message, " at apply_retpolines+0x") &&
			      strstr(err->message, ", at site 0xffffffff") &&
			      strstr(err->message, " (entry at 0xffffffff"),
		      "%s", err->message);
	pvp_error_destroy(err);
	kernel_close(&k);
}
END_TEST

Suite *guest_kernels_suite(void)
{
	Suite *s = suite_create("guest kernels");
	TCase *t = tcase_create("kernels");

	tcase_set_tags(t, PVP_TAG_KERNELS);
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, guest_and_model, 0, ARRAY_SIZE(sets));
	tcase_add_loop_test(t, single_features, 0, ARRAY_SIZE(recordings));
	tcase_add_loop_test(t, disagreement, 0, ARRAY_SIZE(recordings));
	tcase_add_test(t, patcher_crashes);
	suite_add_tcase(s, t);
	return s;
}
