// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_mutate.c - mutants of the bundled kernel: which there are, that verdicts refuse them, that
 * the choice depends on nothing but the input, and that rules about equivalent ones can be wrong.
 */
#include "mutate.h"

#include <stdio.h>
#include <unistd.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"

static struct kernel kernel;
static struct pvp_entry_sites entry;
static struct boot native, xen_pv, without; /* without: Xen PV with XENPV clear */
static struct pvp_equivalent_rules ours;

static void setup(void)
{
	static const char *const off[] = {"-XENPV", NULL};

	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, "native", NULL, &native);
	boot_open(&kernel, "xen-pv", NULL, &xen_pv);
	boot_open(&kernel, "xen-pv", &(struct pvp_overrides){.features = off}, &without);
	pvp_ck_ok(pvp_entry_sites_scan(kernel.image, &kernel.tables, &entry));
	pvp_ck_ok(pvp_equivalent_load("corpus/mutants/equivalent.yaml", &ours));
}

static void teardown(void)
{
	pvp_equivalent_deinit(&ours);
	pvp_entry_sites_deinit(&entry);
	boot_close(&without);
	boot_close(&xen_pv);
	boot_close(&native);
	kernel_close(&kernel);
}

static struct pvp_mutate_input input_of(const struct boot *boot, unsigned max)
{
	struct pvp_mutate_input input = {
		.check = boot->input,
		.other = boot == &native ? &xen_pv.patched : &native.patched,
		.max = max,
		.rules = &ours,
	};

	if (boot == &xen_pv)
		input.stale[0] = &without.patched;
	input.check.given = NULL;
	input.check.entry = &entry;
	memset(input.kinds, true, sizeof(input.kinds));
	return input;
}

static void only(struct pvp_mutate_input *input, enum pvp_mutant_kind kind)
{
	memset(input->kinds, false, sizeof(input->kinds));
	input->kinds[kind] = true;
}

/* --- every kind --- */

/* Which kinds the bundled kernel has mutants of: under Xen PV every site is a call, and on bare metal
 * no feature is missed, nor the trap table Xen's. */
static bool is_there(int kind, bool xen)
{
	static const enum pvp_mutant_kind kinds[] = {PVP_MUTANT_INLINE,	    PVP_MUTANT_REGISTER,
						     PVP_MUTANT_DIRECTION,  PVP_MUTANT_IMMEDIATE,
						     PVP_MUTANT_STACK,	    PVP_MUTANT_LOST_FLAG,
						     PVP_MUTANT_STORE_WIDTH,
						     PVP_MUTANT_DISPLACEMENT,
						     PVP_MUTANT_SEGMENT,
						     PVP_MUTANT_PREFIX};

	if (kind == PVP_MUTANT_STALE || kind == PVP_MUTANT_ROW)
		return xen;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i] == (enum pvp_mutant_kind)kind)
			return !xen;
	return true;
}

static void expect_score(const struct boot *boot)
{
	struct pvp_mutate_input input = input_of(boot, 6);
	struct pvp_mutate_score score;

	pvp_ck_ok(pvp_mutate(&input, &score));
	for (int k = 0; k < PVP_NR_MUTANT_KINDS; k++) {
		const struct pvp_mutate_kind_score *kind = &score.kinds[k];
		size_t all = 0;

		for (int fate = 0; fate < PVP_NR_FATES; fate++)
			all += kind->fates[fate];
		ck_assert_msg(kind->mutants == all, "%s: fates do not add up",
			      pvp_mutant_kinds[k].name);
		ck_assert_msg(!kind->candidates == !is_there(k, boot == &xen_pv),
			      "%s: %zu candidates on %s", pvp_mutant_kinds[k].name,
			      kind->candidates, boot->platform->name);
		ck_assert_msg(kind->mutants == (kind->candidates < 6 ? kind->candidates : 6),
			      "%s: %zu mutants", pvp_mutant_kinds[k].name, kind->mutants);
		ck_assert_msg(kind->score == 100, "%s on %s: %f", pvp_mutant_kinds[k].name,
			      boot->platform->name, kind->score);
	}
	ck_assert_uint_eq(score.kinds[PVP_MUTANT_MISSING].fates[PVP_FATE_FINDING], 6);
	ck_assert_uint_ge(score.kinds[PVP_MUTANT_NEIGHBOUR].fates[PVP_FATE_EXECUTION], 1);
	pvp_mutate_score_deinit(&score);
}

START_TEST(all_killed)
{
	expect_score(_i ? &xen_pv : &native);
}
END_TEST

/* --- the choice --- */

START_TEST(jobs_do_not_matter)
{
	struct pvp_mutate_input input = input_of(&native, 4);
	struct pvp_mutate_score one, three;

	pvp_ck_ok(pvp_mutate(&input, &one));
	input.check.jobs = 3;
	pvp_ck_ok(pvp_mutate(&input, &three));
	ck_assert_uint_eq(one.nr, three.nr);
	for (size_t i = 0; i < one.nr; i++) {
		const struct pvp_mutant *a = &one.mutants[i], *b = &three.mutants[i];

		ck_assert_ptr_eq(a->site, b->site);
		pvp_ck_bytes(a->text, a->bytes, b->bytes, a->site->len);
		ck_assert_int_eq(a->fate, b->fate);
		ck_assert(!a->seen == !b->seen && (!a->seen || !strcmp(a->seen, b->seen)));
	}
	pvp_mutate_score_deinit(&three);
	pvp_mutate_score_deinit(&one);
}
END_TEST

/* Where a jump is all that is executed, another byte behind it spoils nothing. */
START_TEST(the_jump_is_spoiled)
{
	struct pvp_mutate_input input = input_of(&xen_pv, 3000);
	struct pvp_mutate_score score;
	unsigned nr = 0;

	only(&input, PVP_MUTANT_TORN);
	pvp_ck_ok(pvp_mutate(&input, &score));
	for (size_t i = 0; i < score.nr; i++) {
		const struct pvp_mutant *m = &score.mutants[i];
		uint8_t good[PVP_MUTANT_MAX_LEN];

		if (strcmp(m->site->op, "entry.return_to_user"))
			continue;
		ck_assert(pvp_patched_bytes(&xen_pv.patched, kernel.image, m->site->addr,
					    m->site->len, good));
		ck_assert_uint_eq(good[0], 0xeb);
		ck_assert_msg(memcmp(good, m->bytes, 2), "%s", m->text);
		nr++;
	}
	ck_assert_uint_ge(nr, 1);
	pvp_mutate_score_deinit(&score);
}
END_TEST

/* As many operations as there are mutants, while there are operations. */
START_TEST(spread)
{
	struct pvp_mutate_input input = input_of(&native, 20);
	struct pvp_mutate_score first, second;
	bool differs = false;

	only(&input, PVP_MUTANT_NEIGHBOUR);
	pvp_ck_ok(pvp_mutate(&input, &first));
	ck_assert_uint_eq(first.nr, 20);
	for (size_t i = 0; i < first.nr; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_msg(strcmp(first.mutants[i].site->op, first.mutants[k].site->op),
				      "%s twice", first.mutants[i].site->op);
	input.check.seed = 2;
	pvp_ck_ok(pvp_mutate(&input, &second));
	for (size_t i = 0; i < first.nr && i < second.nr; i++)
		differs |= first.mutants[i].site != second.mutants[i].site;
	ck_assert(differs);
	pvp_mutate_score_deinit(&second);
	pvp_mutate_score_deinit(&first);
}
END_TEST

START_TEST(mutants_differ)
{
	struct pvp_mutate_input input = input_of(_i ? &xen_pv : &native, 12);
	struct pvp_mutate_score score;

	pvp_ck_ok(pvp_mutate(&input, &score));
	for (size_t i = 0; i < score.nr; i++) {
		const struct pvp_mutant *m = &score.mutants[i];
		const uint8_t *good = check_bench_predicted(_i ? &xen_pv : &native, m->site);

		ck_assert_msg(memcmp(m->bytes, good, m->site->len), "%s: as good as new", m->text);
		for (size_t k = i + 1; k < score.nr && score.mutants[k].site == m->site; k++)
			ck_assert_msg(
				score.mutants[k].kind != m->kind ||
					memcmp(score.mutants[k].bytes, m->bytes, m->site->len),
				"%s: twice", m->text);
	}
	pvp_mutate_score_deinit(&score);
}
END_TEST

/* A checker that says no to the good text, too, proves nothing. */
START_TEST(good_text_is_wrong)
{
	struct pvp_mutate_input input = input_of(&native, 20);
	struct pvp_mutate_score score;

	input.check.patched = &xen_pv.patched;
	pvp_ck_err(pvp_mutate(&input, &score), PVP_ERR_BAD_DATA, "the good text is DIVERGENT");
}
END_TEST

/* --- rules --- */

static void load(const char *text, struct pvp_equivalent_rules *ret)
{
	char path[] = "/tmp/pvproof-rules-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	pvp_ck_ok(pvp_equivalent_load(path, ret));
	unlink(path);
}

#define RULE(kind, op, text, more)                                                                 \
	"equivalent: [{kind: " kind ", op: " op ", text: \"" text "\", why: x" more "}]"

// clang-format off
static const struct {
	const char *what, *rule;
	size_t asked, excused, killed; /* 1: some */
	size_t holes;
	bool wrong;
} rules[] = {
	{ "none",             "equivalent: []",                                                              0, 0, 0, 1, false },
	{ "explains",         RULE("result-width", "lock.vcpu_is_preempted", "xor *", ""),                   1, 1, 0, 0, false },
	{ "any of them",      RULE("lost-op|result-*", "lock.*", "nops|xor *", ""),                          1, 1, 0, 0, false },
	{ "another platform", RULE("result-width", "lock.vcpu_is_preempted", "xor *", ", platform: xen-*"),  0, 0, 0, 1, false },
	{ "another kernel",   RULE("result-width", "lock.vcpu_is_preempted", "xor *", ", generation: 7.2"),  0, 0, 0, 1, false },
	{ "another arch",     RULE("result-width", "lock.vcpu_is_preempted", "xor *", ", arch: i386"),       0, 0, 0, 1, false },
	{ "another op",       RULE("result-width", "irq.nonesuch", "xor *", ""),                             0, 0, 0, 1, false },
	{ "no such text",     RULE("result-width", "lock.vcpu_is_preempted", "xor ebx, *", ""),              1, 0, 0, 1, true },
	{ "none, by chance",    RULE("result-width", "lock.vcpu_is_preempted", "xor ebx, *", ", by_chance: yes"),              1, 0, 0, 1, false },
	{ "a lie",            RULE("result-width", "mmu.pte_val", "mov eax, edi", ""),                       1, 0, 1, 1, true },
};
// clang-format on

START_TEST(rule)
{
	struct pvp_mutate_input input = input_of(&native, rules[_i].killed ? 320 : 60);
	struct pvp_equivalent_rules mine;
	struct pvp_mutate_score score;

	load(rules[_i].rule, &mine);
	input.rules = &mine;
	only(&input, PVP_MUTANT_RESULT_WIDTH);
	pvp_ck_ok(pvp_mutate(&input, &score));
	if (mine.nr) {
		const struct pvp_equivalent_use *use = &score.uses[0];

		ck_assert_msg(!use->asked == !rules[_i].asked, "%s: asked %zu times",
			      rules[_i].what, use->asked);
		ck_assert_msg(!use->matched == !(rules[_i].excused || rules[_i].killed),
			      "%s: matches %zu", rules[_i].what, use->matched);
		ck_assert_msg(!use->excused == !rules[_i].excused, "%s: excuses %zu",
			      rules[_i].what, use->excused);
		ck_assert_msg(!use->killed == !rules[_i].killed, "%s: %zu were killed",
			      rules[_i].what, use->killed);
		ck_assert_msg(!pvp_equivalent_is_wrong(&mine.v[0], use) == !rules[_i].wrong,
			      "%s: is it wrong?", rules[_i].what);
	}
	for (size_t i = 0; i < score.nr; i++)
		if (score.mutants[i].fate == PVP_FATE_HOLE &&
		    !strcmp(score.mutants[i].site->op, "lock.vcpu_is_preempted"))
			ck_assert_msg(rules[_i].holes, "%s: %s is a hole", rules[_i].what,
				      score.mutants[i].text);
	ck_assert_msg(!rules[_i].holes ==
				      !score.kinds[PVP_MUTANT_RESULT_WIDTH].fates[PVP_FATE_HOLE] ||
			      !rules[_i].holes,
		      "%s: no hole", rules[_i].what);
	pvp_mutate_score_deinit(&score);
	pvp_equivalent_deinit(&mine);
}
END_TEST

// clang-format off
static const struct {
	const char *text, *message;
} bad_rules[] = {
	{ "equivalent: [{kind: a, op: b, text: c}]", "" /* no argument */ },
	{ "equivalent: [{kind: a, op: b, text: c, why: d, unknown: e}]", "" },
	{ "equivalent: 3", "" },
	{ "[", "" },
};
// clang-format on

START_TEST(bad_rule)
{
	char path[] = "/tmp/pvproof-rules-XXXXXX";
	struct pvp_equivalent_rules mine;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bad_rules[_i].text, strlen(bad_rules[_i].text)),
			 (int)strlen(bad_rules[_i].text));
	close(fd);
	pvp_ck_err(pvp_equivalent_load(path, &mine), PVP_ERR_BAD_DATA, bad_rules[_i].message);
	unlink(path);
}
END_TEST

Suite *mutate_suite(void)
{
	Suite *s = suite_create("mutate");
	TCase *scores = tcase_create("scores"), *rule_case = tcase_create("rules");
	TCase *many = tcase_create("many mutants");

	tcase_add_unchecked_fixture(scores, setup, teardown);
	tcase_set_timeout(scores, 120);
	tcase_add_test(scores, jobs_do_not_matter);
	tcase_add_test(scores, spread);
	tcase_add_test(scores, good_text_is_wrong);
	suite_add_tcase(s, scores);
	tcase_add_unchecked_fixture(rule_case, setup, teardown);
	tcase_set_timeout(rule_case, 120);
	tcase_add_loop_test(rule_case, bad_rule, 0, ARRAY_SIZE(bad_rules));
	suite_add_tcase(s, rule_case);
	tcase_add_unchecked_fixture(many, setup, teardown);
	tcase_set_timeout(many, 120);
	tcase_set_tags(many, PVP_TAG_LONG);
	tcase_add_loop_test(many, all_killed, 0, 2);
	tcase_add_test(many, the_jump_is_spoiled);
	tcase_add_loop_test(many, mutants_differ, 0, 2);
	tcase_add_loop_test(many, rule, 0, ARRAY_SIZE(rules));
	suite_add_tcase(s, many);
	return s;
}
