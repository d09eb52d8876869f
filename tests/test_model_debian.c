// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_model_debian.c - the model on Debian's 6.12 and 7.2, with mitigations that few machines
 * choose: how many sites each rule finds, and every feature that the tables ask for flipped.
 */
#include "suites.h"

#include <string.h>

#include "check_helpers.h"
#include "model.h"

#define RETPOLINE  364
#define LFENCE	   365
#define RETHUNK	   366
#define CALL_DEPTH 371
#define ITS_6_12   678
#define ITS_7_2	   682

struct kernel {
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_platform *platform;
};

static const char *const files[] = {"vmlinuz-6.12.107-amd64", "vmlinuz-7.2.13-amd64"};

/* False: skipped. */
static bool setup(struct kernel *k, const char *file)
{
	static const struct pvp_overrides none;
	const char *path = pvp_test_file(pvp_test_kernels(), file, "model debian");

	if (!path)
		return false;
	pvp_ck_ok(pvp_image_open(path, NULL, &k->image));
	pvp_ck_ok(pvp_tables_parse(k->image, &k->tables));
	pvp_ck_ok(pvp_platform_load("native", "corpus/platforms", k->image, &k->tables, &none,
				    &k->platform));
	return true;
}

static void teardown(struct kernel *k)
{
	pvp_platform_destroy(k->platform);
	pvp_tables_deinit(&k->tables);
	pvp_image_close(k->image);
}

static void set(struct kernel *k, unsigned feature, bool on)
{
	uint32_t *word = &k->platform->caps[feature / 32];

	*word = on ? *word | 1u << feature % 32 : *word & ~(1u << feature % 32);
}

/* The target of the 5-byte call at addr; 0: there is none. */
static uint64_t call_target(const struct kernel *k, const struct pvp_patched *patched,
			    uint64_t addr)
{
	uint8_t bytes[5];
	int32_t rel;

	if (!pvp_patched_bytes(patched, k->image, addr, 5, bytes) || bytes[0] != 0xe8)
		return 0;
	memcpy(&rel, bytes + 1, 4);
	return addr + 5 + (int64_t)rel;
}

/* What is found in one kernel's patched text. */
struct counts {
	size_t notes, symbolic;
	size_t calls; /* of .call_sites, that changed */
	size_t direct,
		direct_to_pv; /* pv sites of core text that are calls; of the slot's function */
	size_t locks;	      /* left in core text on one CPU */
};

static void count(const struct kernel *k, const struct pvp_patched *patched, struct counts *ret)
{
	const struct pvp_tables *tables = &k->tables;
	uint64_t etext;

	pvp_ck_ok(pvp_image_symbol(k->image, "_etext", &etext));
	memset(ret, 0, sizeof(*ret));
	ret->notes = patched->nr_notes;
	for (size_t i = 0; i < tables->nr_retpolines; i++)
		ret->symbolic += pvp_patched_is_symbolic(patched, tables->retpolines[i].addr, 6);
	for (size_t i = 0; i < tables->nr_calls; i++) {
		const struct pvp_patched file = {0};
		const uint64_t addr = tables->calls[i].addr;

		ret->calls += call_target(k, patched, addr) != call_target(k, &file, addr);
	}
	for (size_t i = 0; i < tables->nr_alts; i++) {
		const struct pvp_alt_entry *alt = &tables->alts[i];
		const uint64_t target = alt->direct_call && alt->addr < etext
						? call_target(k, patched, alt->addr)
						: 0;

		ret->direct += target != 0;
		ret->direct_to_pv += target && target == k->platform->pv_ops[alt->slot];
	}
	for (size_t i = 0; i < tables->nr_smp_locks; i++) {
		const uint64_t addr = tables->smp_locks[i].addr;
		uint8_t byte;

		ck_assert(pvp_patched_bytes(patched, k->image, addr, 1, &byte));
		ret->locks += addr < etext && byte != 0x3e;
	}
}

// clang-format off
/*
 * Numbers of these images; where .calls or .locks are 0 they are not asked for.  The sites of 6.12
 * all go to pads, those of 7.2 do not.
 */
static const struct {
	const char *what;
	unsigned file;
	unsigned on[3], off, cpus;
	struct counts want;
} rows[] = {
	/* 7.2's patcher fails at the calls of Rust code, which have no prefix to make room */
	{ "lfence",        0, { LFENCE }, 0, 2, { .notes = 0 } },
	{ "lfence",        1, { LFENCE }, 0, 2, { .notes = 631 } },
	{ "one CPU",       1, { 0 },      0, 1, { .locks = 5 } },
	{ "call depth",    0, { CALL_DEPTH, RETHUNK }, 0, 2, { .calls = 194296, .direct = 1420 } },
	{ "call depth",    1, { CALL_DEPTH, RETHUNK }, 0, 2, { .calls = 236461, .direct = 1343, .direct_to_pv = 1343 } },
	{ "its",           0, { ITS_6_12 }, RETPOLINE, 2, { .symbolic = 4351 } },
	{ "its",           1, { ITS_7_2 },  RETPOLINE, 2, { .symbolic = 5213 } },
};
// clang-format on

START_TEST(counted)
{
	const struct counts *want = &rows[_i].want;
	struct pvp_patched patched;
	struct counts got;
	struct kernel k;

	if (!setup(&k, files[rows[_i].file]))
		return;
	for (unsigned i = 0; i < 3 && rows[_i].on[i]; i++)
		set(&k, rows[_i].on[i], true);
	if (rows[_i].off)
		set(&k, rows[_i].off, false);
	k.platform->cpus = rows[_i].cpus;
	pvp_ck_ok(pvp_model_patch(k.image, &k.tables, k.platform, &patched));
	count(&k, &patched, &got);
	ck_assert_msg(got.notes == want->notes && got.symbolic == want->symbolic,
		      "%s: %zu notes, %zu symbolic", rows[_i].what, got.notes, got.symbolic);
	if (want->calls)
		ck_assert_msg(got.calls == want->calls && got.direct == want->direct &&
				      got.direct_to_pv == want->direct_to_pv,
			      "%s: %zu calls, %zu direct, %zu not accounted", rows[_i].what,
			      got.calls, got.direct, got.direct_to_pv);
	if (want->locks)
		ck_assert_msg(got.locks == want->locks, "%s: %zu locks", rows[_i].what, got.locks);
	pvp_patched_deinit(&patched);
	teardown(&k);
}
END_TEST

/* Whatever the CPU has, there is an answer. */
START_TEST(flipped)
{
	static const unsigned others[] = {RETPOLINE,  LFENCE,	RETHUNK,
					  CALL_DEPTH, ITS_6_12, ITS_7_2};
	bool asked[PVP_CAP_WORDS * 32] = {false};
	size_t nr = 0;
	struct kernel k;

	if (!setup(&k, files[_i]))
		return;
	for (size_t i = 0; i < k.tables.nr_alts; i++)
		asked[k.tables.alts[i].feature] = true;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		asked[others[i]] = true;
	for (unsigned f = 0; f < ARRAY_SIZE(asked); f++) {
		struct pvp_patched patched;
		struct pvp_error *err;

		if (!asked[f])
			continue;
		set(&k, f, !pvp_platform_has_feature(k.platform, f));
		err = pvp_model_patch(k.image, &k.tables, k.platform, &patched);
		ck_assert_msg(!err, "%s: feature %u flipped: %s", files[_i], f,
			      err ? err->message : "");
		set(&k, f, !pvp_platform_has_feature(k.platform, f));
		pvp_patched_deinit(&patched);
		nr++;
	}
	ck_assert_uint_gt(nr, 80);
	teardown(&k);
}
END_TEST

Suite *model_debian_suite(void)
{
	Suite *s = suite_create("model debian");
	TCase *kernels = tcase_create("kernels");

	tcase_set_timeout(kernels, 120);
	tcase_set_tags(kernels, PVP_TAG_KERNELS);
	tcase_add_loop_test(kernels, counted, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(kernels, flipped, 0, ARRAY_SIZE(files));
	suite_add_tcase(s, kernels);
	return s;
}
