// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_selftest.c - the engine's self-test passes here, and fails on an engine with any one of the
 * faults it is for.
 *
 * The spoiled engines are the self-test's own source over calls of Unicorn that forget something.
 */
#include <check.h>
#include <unicorn/unicorn.h>

#include "check_helpers.h"
#include "selftest.h"
#include "suites.h"

enum defect {
	NONE,
	OTHER_VERSION,	     /* the library is not the headers' release */
	STALE_CODE,	     /* nothing drops translated blocks */
	NO_RESTORE,	     /* the context stays as the last run left it */
	DEAF_TO_COUNT,	     /* the count is not kept */
	NULL_IS_UNTIL,	     /* a jump to 0 is the end of the run */
	DEAF_TO_RIP,	     /* a hook cannot move on */
	SELECTORS_ARE_NOISE, /* no GDT: ring 3 is never reached */
	LOW_ADDRESSES_ONLY,  /* kernel addresses cannot be mapped */
	DEAF_TO_STORES,	     /* write hooks are forgotten */
	DEAF_TO_MSRS,	     /* what is written to an MSR is dropped */
	NO_ENGINE,
};

static enum defect defect;

static unsigned spoiled_version(unsigned *major, unsigned *minor)
{
	unsigned word = uc_version(major, minor);

	if (defect == OTHER_VERSION && major)
		++*major;
	return word;
}

static uc_err spoiled_remove_cache(uc_engine *uc, uint64_t from, uint64_t to)
{
	return defect == STALE_CODE ? UC_ERR_OK : uc_ctl_remove_cache(uc, from, to);
}

static uc_err spoiled_context_restore(uc_engine *uc, uc_context *context)
{
	return defect == NO_RESTORE ? UC_ERR_OK : uc_context_restore(uc, context);
}

static uc_err spoiled_emu_start(uc_engine *uc, uint64_t begin, uint64_t until, uint64_t timeout,
				size_t count)
{
	if (defect == DEAF_TO_COUNT)
		count *= 3;
	if (defect == NULL_IS_UNTIL)
		until = 0;
	return uc_emu_start(uc, begin, until, timeout, count);
}

static uc_err spoiled_reg_write(uc_engine *uc, int reg, const void *value)
{
	if ((defect == DEAF_TO_RIP && (reg == UC_X86_REG_RIP || reg == UC_X86_REG_EIP)) ||
	    (defect == SELECTORS_ARE_NOISE && reg == UC_X86_REG_GDTR) ||
	    (defect == DEAF_TO_MSRS && reg == UC_X86_REG_MSR))
		return UC_ERR_OK;
	return uc_reg_write(uc, reg, value);
}

static uc_err spoiled_mem_map(uc_engine *uc, uint64_t addr, size_t len, uint32_t prot)
{
	if (defect == LOW_ADDRESSES_ONLY && (addr >> 63 || addr >> 31 == 1))
		prot = UC_PROT_NONE;
	return uc_mem_map(uc, addr, len, prot);
}

static uc_err spoiled_hook_add(uc_engine *uc, uc_hook *hook, int type, void *callback, void *arg,
			       uint64_t begin, uint64_t end)
{
	if (defect == DEAF_TO_STORES && type == UC_HOOK_MEM_WRITE)
		return UC_ERR_OK;
	return uc_hook_add(uc, hook, type, callback, arg, begin, end);
}

static uc_err spoiled_open(uc_arch arch, uc_mode mode, uc_engine **uc)
{
	return defect == NO_ENGINE ? UC_ERR_NOMEM : uc_open(arch, mode, uc);
}

#undef uc_ctl_remove_cache
#define uc_ctl_remove_cache   spoiled_remove_cache
#define uc_version	      spoiled_version
#define uc_context_restore    spoiled_context_restore
#define uc_emu_start	      spoiled_emu_start
#define uc_reg_write	      spoiled_reg_write
#define uc_mem_map	      spoiled_mem_map
#define uc_open		      spoiled_open
#define uc_hook_add	      spoiled_hook_add
#define pvp_selftest_run      spoiled_selftest_run
#define pvp_selftest_require  spoiled_selftest_require
#define pvp_selftest_versions spoiled_selftest_versions
struct pvp_error *spoiled_selftest_run(struct pvp_selftest ret[PVP_MAX_SELFTESTS], unsigned *nr);
struct pvp_error *spoiled_selftest_require(void);
const char *spoiled_selftest_versions(void);
#include "x86/selftest.c"
#undef pvp_selftest_run
#undef pvp_selftest_require
#undef pvp_selftest_versions

START_TEST(passes)
{
	struct pvp_selftest tests[PVP_MAX_SELFTESTS];
	unsigned nr = 0;

	pvp_ck_ok(pvp_selftest_run(tests, &nr));
	ck_assert_uint_ge(nr, 18);
	for (unsigned i = 0; i < nr; i++) {
		ck_assert_msg(tests[i].ok, "%s: %s", tests[i].name, tests[i].got);
		ck_assert(tests[i].what[0]);
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(tests[k].name, tests[i].name);
	}
	pvp_ck_ok(pvp_selftest_require());
}
END_TEST

START_TEST(versions)
{
	unsigned major, minor;
	char want[64];

	uc_version(&major, &minor);
	snprintf(want, sizeof(want), "unicorn %u.%u.", major, minor);
	ck_assert_msg(!strncmp(pvp_selftest_versions(), want, strlen(want)), "%s",
		      pvp_selftest_versions());
	ck_assert(strstr(pvp_selftest_versions(), ", capstone ") != NULL);
}
END_TEST

static const struct {
	enum defect defect;
	const char *fails; /* the question that must fail; others may */
} spoiled[] = {
	{ NONE, NULL },
	{ OTHER_VERSION, "versions-agree" },
	{ STALE_CODE, "patched-code-is-seen" },
	{ NO_RESTORE, "second-fault-is-13" },
	{ DEAF_TO_COUNT, "count-stops" },
	{ NULL_IS_UNTIL, "null-call-is-seen" },
	{ DEAF_TO_RIP, "hook-moves-on" },
	{ SELECTORS_ARE_NOISE, "ring-3-stays" },
	{ NO_RESTORE, "ring-3-stays" },
	{ LOW_ADDRESSES_ONLY, "kernel-address-fetches" },
	{ LOW_ADDRESSES_ONLY, "popf-clears-if" },
	{ DEAF_TO_STORES, "stores-are-reported" },
	{ LOW_ADDRESSES_ONLY, "i386-kernel-address-fetches" },
	{ LOW_ADDRESSES_ONLY, "i386-popf-clears-if" },
	{ STALE_CODE, "i386-patched-code-is-seen" },
	{ NO_RESTORE, "i386-second-fault-is-13" },
	{ NULL_IS_UNTIL, "i386-null-call-is-seen" },
	{ DEAF_TO_RIP, "i386-hook-moves-on" },
	{ DEAF_TO_STORES, "i386-stores-are-reported" },
	{ DEAF_TO_MSRS, "i386-bases-by-msr" },
	{ NO_RESTORE, "i386-bases-by-msr" },
};

START_TEST(notices)
{
	struct pvp_selftest tests[PVP_MAX_SELFTESTS];
	const char *fails = spoiled[_i].fails;
	unsigned nr = 0, failed = 0;

	defect = spoiled[_i].defect;
	pvp_ck_ok(spoiled_selftest_run(tests, &nr));
	for (unsigned i = 0; i < nr; i++) {
		failed += !tests[i].ok;
		if (fails && !strcmp(tests[i].name, fails))
			ck_assert_msg(!tests[i].ok, "%s: %s", fails, tests[i].got);
	}
	ck_assert_msg(!failed == !fails, "%u questions failed", failed);
	if (!fails)
		pvp_ck_ok(spoiled_selftest_require());
	else
		pvp_ck_err(spoiled_selftest_require(), PVP_ERR_ENGINE,
			   "the emulator cannot be trusted");
}
END_TEST

/* Every question has a defect that it notices. */
START_TEST(every_question_is_tried)
{
	struct pvp_selftest tests[PVP_MAX_SELFTESTS];
	unsigned nr = 0;

	pvp_ck_ok(pvp_selftest_run(tests, &nr));
	for (unsigned i = 0; i < nr; i++) {
		bool tried = false;

		for (size_t k = 0; k < ARRAY_SIZE(spoiled); k++)
			tried |= spoiled[k].fails && !strcmp(spoiled[k].fails, tests[i].name);
		ck_assert_msg(tried, "%s: no defect", tests[i].name);
	}
}
END_TEST

START_TEST(no_engine)
{
	defect = NO_ENGINE;
	pvp_ck_err(spoiled_selftest_require(), PVP_ERR_ENGINE, "unicorn: ");
}
END_TEST

Suite *selftest_suite(void)
{
	Suite *suite = suite_create("selftest");
	TCase *tc = tcase_create("here");

	tcase_add_test(tc, passes);
	tcase_add_test(tc, versions);
	suite_add_tcase(suite, tc);

	tc = tcase_create("spoiled engines");
	tcase_add_loop_test(tc, notices, 0, ARRAY_SIZE(spoiled));
	tcase_add_test(tc, every_question_is_tried);
	tcase_add_test(tc, no_engine);
	suite_add_tcase(suite, tc);
	return suite;
}
