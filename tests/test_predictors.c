// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_predictors.c - what verify says when the two predictors of the bytes do not say the same.
 */
#include "suites.h"

#include "check_helpers.h"
#include "findings.h"
#include "guest_world.h"
#include "predictors.h"

#define PV (TINY_TEXT + 0x700) /* the pv site of every world */

struct bench {
	struct world world;
	struct pvp_subject subject;
	struct pvp_boot boot;
	struct pvp_check_result result;
	bool wanted[8];
};

static void bench_run(struct bench *b, bool use_wanted)
{
	b->subject.path = "tiny";
	pvp_ck_ok(tiny_open(&b->world.tiny, &b->subject.image));
	pvp_ck_ok(pvp_tables_parse(b->subject.image, &b->subject.tables));
	pvp_ck_ok(pvp_sites_scan(b->subject.image, &b->subject.tables, &b->subject.sites));
	ck_assert(b->subject.sites.nr <= ARRAY_SIZE(b->wanted));
	b->boot.name = "test";
	b->boot.platform = &b->world.platform;
	pvp_ck_ok(pvp_model_patch(b->subject.image, &b->subject.tables, b->boot.platform,
				  &b->boot.patched));
	pvp_ck_ok(pvp_predictors_verify(&b->subject, &b->boot, use_wanted ? b->wanted : NULL,
					&b->result));
}

static void bench_close(struct bench *b)
{
	pvp_check_result_deinit(&b->result);
	pvp_patched_deinit(&b->boot.patched);
	pvp_subject_deinit(&b->subject);
}

static void expect_finding(const struct bench *b, size_t i, const char *kind, uint64_t site,
			   const char *text)
{
	const struct pvp_finding *finding = &b->result.findings[i];

	ck_assert_msg(!strcmp(finding->kind, kind), "%s: %s", finding->kind, finding->rule);
	ck_assert_msg(strstr(finding->detail, text) != NULL, "%s lacks %s", finding->detail, text);
	ck_assert(finding->error);
	ck_assert_uint_eq(finding->site ? finding->site->addr : 0, site);
}

/* The tiny kernel's patcher leaves alone what the model patches. */
START_TEST(disagreement)
{
	struct bench b = {0};

	guest_world_init(&b.world);
	world_feature(&b.world, ALWAYS);
	/* A second site, of another table: no pv site. */
	tiny_alt(&b.world.tiny, TARGET, 2, ALWAYS, "\x31\xc0", 2);
	bench_run(&b, false);
	ck_assert_uint_eq(b.result.nr_findings, 2);
	expect_finding(&b, 0, "predictor-disagreement", 0,
		       "(0xffffffff81000400): model 31 c0 (alternative), guest cc cc (file)");
	expect_finding(&b, 1, "predictor-disagreement", PV,
		       "(0xffffffff81000700): model e8 fb 00 00 00 90 (paravirt), guest ff 15");
	bench_close(&b);
}
END_TEST

START_TEST(only_the_wanted)
{
	struct bench b = {0};

	guest_world_init(&b.world);
	world_feature(&b.world, ALWAYS);
	tiny_alt(&b.world.tiny, TARGET, 2, ALWAYS, "\x31\xc0", 2);
	tiny_pv_call(&b.world.tiny, PV + 0x10, 1);
	tiny_para(&b.world.tiny, PV + 0x10, 1, 6);
	b.wanted[1] = true;
	bench_run(&b, true);
	ck_assert_uint_eq(b.result.nr_findings, 1);
	expect_finding(&b, 0, "predictor-disagreement", PV + 0x10,
		       "(0xffffffff81000710): model e8");
	bench_close(&b);
}
END_TEST

START_TEST(agreement)
{
	struct bench b = {0};

	guest_world_init(&b.world);
	world_feature(&b.world, ALWAYS);
	b.world.pv_ops[0] = TINY_BUG;
	/* mov rel32 of call TINY_BUG; and the nop: what the model says, by hand. */
	tiny_branch(&b.world.tiny, APPLY, 0x05c7, PV - 4);
	tiny_poke(&b.world.tiny, APPLY + 6, "\xe8\x0b\x07\x00", 4);
	tiny_branch(&b.world.tiny, APPLY + 10, 0x05c7, PV + 2 - 4);
	tiny_poke(&b.world.tiny, APPLY + 16, "\x07\x00\x00\x90\xc3", 5);
	bench_run(&b, false);
	ck_assert_uint_eq(b.result.nr_findings, 0);
	bench_close(&b);
}
END_TEST

START_TEST(stopped)
{
	struct bench b = {0};

	guest_world_init(&b.world);
	world_feature(&b.world, ALWAYS);
	tiny_poke(&b.world.tiny, APPLY, "\xeb\xfe", 2);
	bench_run(&b, false);
	ck_assert_uint_eq(b.result.nr_findings, 1);
	expect_finding(&b, 0, "predictor-stopped", 0,
		       "guest patcher: alternative_instructions, pass alternative: no end after");
	bench_close(&b);
}
END_TEST

START_TEST(many)
{
	struct bench b = {0};

	guest_world_init(&b.world);
	world_feature(&b.world, ALWAYS);
	for (unsigned i = 0; i < 103; i++)
		tiny_alt(&b.world.tiny, TINY_TEXT + 0x800 + 4 * i, 1, ALWAYS, "\x90", 1);
	bench_run(&b, false);
	ck_assert_uint_eq(b.result.nr_findings, 101);
	expect_finding(&b, 100, "predictor-disagreement", 0, "4 more");
	bench_close(&b);
}
END_TEST

START_TEST(one_predictor)
{
	struct bench b = {0};

	world_init(&b.world);
	bench_run(&b, false);
	ck_assert_uint_eq(b.result.nr_findings, 0);
	bench_close(&b);
}
END_TEST

Suite *predictors_suite(void)
{
	Suite *s = suite_create("predictors");
	TCase *verify = tcase_create("verify");

	tcase_add_test(verify, disagreement);
	tcase_add_test(verify, only_the_wanted);
	tcase_add_test(verify, agreement);
	tcase_add_test(verify, stopped);
	tcase_add_test(verify, many);
	tcase_add_test(verify, one_predictor);
	suite_add_tcase(s, verify);
	return s;
}
