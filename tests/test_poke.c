// SPDX-License-Identifier: GPL-2.0-only
// test_poke.c - where the rows of platform and contract files land, by the image's own structures.
#include "poke.h"

#include "check_helpers.h"
#include "contract.h"
#include "platform_image.h"
#include "suites.h"

static struct platform_image pi;

static void setup(void)
{
	platform_image_init(&pi);
}

static void setup_btf(void)
{
	platform_image_init_btf(&pi);
}

static void teardown(void)
{
	platform_image_deinit(&pi);
}

// clang-format off
static const char platform[] =
	"name: demo\n"                                            /*  1 */
	"description: a platform for tests\n"
	"hypervisor: none\n"
	"arch: [amd64]\n"
	"ring: 0\n"                                               /*  5 */
	"cpus: 4\n"
	"capabilities: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,\n"
	"               0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n"
	"memory:\n"
	"  - {at: WHERE, size: 4, values: [1]}\n";                /* 10 */
static const char contract[] =
	"contracts:\n"                                            /*  1 */
	"  - op: lock.wait\n"
	"    class: vcall\n"
	"    args: [pointer, small]\n"
	"    memory:\n"                                           /*  5 */
	"      - {at: WHERE, size: 8, values: [1]}\n";
// clang-format on

static struct pvp_error *load_platform(const char *text, struct pvp_platform **ret)
{
	const char *path = platform_image_write(&pi, "demo.yaml", text);

	return pvp_platform_load(path, pi.dir, pi.image, &pi.tables, NULL, ret);
}

static struct pvp_error *load_contract(const char *text, struct pvp_contracts *ret)
{
	const struct pvp_platform p = {.hypervisor = PVP_HV_NONE, .cpus = 4};

	platform_image_write(&pi, "demo.yaml", text);
	return pvp_contracts_load(pi.dir, pi.image, &pi.tables, &p, ret);
}

#define BAD  PVP_ERR_BAD_DATA
#define GONE PVP_ERR_NOT_FOUND
// clang-format off
/* Where a platform's row of 4 bytes lands, on an image with BTF and on one without. */
#define NONE 0
static const struct {
	const char *at;
	struct {
		uint64_t addr; /* NONE: refused */
		enum pvp_error_code code;
		const char *message;
	} with, without;
} places[] = {
	{ "word+demo.word|0x48",      { PI_DATA + 8, 0, "" }, { PI_DATA + 0x48, 0, "" } },
	{ "word+demo.hidden|0",       { PI_DATA + 16, 0, "" }, { PI_DATA, 0, "" } },
	{ "0x1000+demo.word|1",       { 0x1008, 0, "" }, { 0x1001, 0, "" } },
	{ "cpu_word+demo.word|1",     { PI_PERCPU + 0x18, 0, "" }, { PI_PERCPU + 0x11, 0, "" } },
	{ "word+0x20+demo.word|1+4",  { PI_DATA + 0x2c, 0, "" }, { PI_DATA + 0x25, 0, "" } },
	{ "word+demo.half|4+0",       { PI_DATA + 12, 0, "" }, { PI_DATA + 4, 0, "" } },
	{ "word+demo.word",           { PI_DATA + 8, 0, "" }, { NONE, GONE, "no .BTF section" } },
	{ "word+demo.half|4",         { NONE, GONE, "has 2 bytes, not 4" }, { PI_DATA + 4, 0, "" } },
	{ "word+demo.words|4",        { NONE, GONE, "has no member 'words'" }, { PI_DATA + 4, 0, "" } },
	{ "word+memo.word|4",         { NONE, GONE, "unknown structure 'memo'" }, { PI_DATA + 4, 0, "" } },
	{ "words+demo.word|4",        { NONE, GONE, "unknown symbol 'words'" },
	                              { NONE, GONE, "unknown symbol 'words'" } },
#define MALFORMED(at) { at, { NONE, BAD, "'" at "' is not an address" }, \
			    { NONE, BAD, "'" at "' is not an address" } }
	MALFORMED("word+demo|4"),
	MALFORMED("word+demo.|4"),
	MALFORMED("word+.word|4"),
	MALFORMED("word+demo.word|"),
	MALFORMED("word+demo.word|x"),
	MALFORMED("word+demo.word|4x"),
	MALFORMED("word+demo.word|4|4"),
	MALFORMED("word+|4"),
	MALFORMED("word+demo.word|4+"),
	MALFORMED("word+demo.word|4)"),
	MALFORMED("page(word)"),
	MALFORMED("page(1)demo.word|4"),
	MALFORMED("page(1+demo.word|4)"),
	MALFORMED("page(*1)"),
	MALFORMED("page(1"),
};
// clang-format on

static void check_place(bool with_btf, int row)
{
	const char *at = places[row].at;
	uint64_t want = with_btf ? places[row].with.addr : places[row].without.addr;
	enum pvp_error_code code = with_btf ? places[row].with.code : places[row].without.code;
	const char *message = with_btf ? places[row].with.message : places[row].without.message;
	char *text = platform_image_edit(platform, "WHERE", at);
	char *optional = platform_image_edit(text, "[1]}", "[1], optional: true}");
	struct pvp_platform *p;
	struct pvp_error *err;

	err = load_platform(text, &p);
	if (want) {
		pvp_ck_ok(err);
		ck_assert_msg(p->pokes[0].addr == want, "%s: %#llx", at,
			      (unsigned long long)p->pokes[0].addr);
		pvp_platform_destroy(p);
	} else {
		ck_assert_msg(err && strstr(err->message, "/demo.yaml:10: "), "%s: %s", at,
			      err ? err->message : "loads");
		pvp_ck_err(err, code, message);
	}
	/* A row that is not there is passed over; one that makes no sense is not. */
	err = load_platform(optional, &p);
	if (code == BAD) {
		pvp_ck_err(err, code, message);
	} else {
		pvp_ck_ok(err);
		ck_assert_msg(p->nr_pokes == !!want, "%s: %zu rows", at, p->nr_pokes);
		pvp_platform_destroy(p);
	}
	free(optional);
	free(text);
}

START_TEST(places_with_btf)
{
	check_place(true, _i);
}
END_TEST

START_TEST(places_without_btf)
{
	check_place(false, _i);
}
END_TEST

START_TEST(page_of_a_frame)
{
	char *text = platform_image_edit(platform, "WHERE", "page(0x2c007)+demo.word|4");
	struct pvp_platform *p;

	pvp_ck_ok(load_platform(text, &p));
	ck_assert_int_eq(p->pokes[0].via, PVP_POKE_PAGE_OF_ARG);
	ck_assert_int_eq(p->pokes[0].arg, -1);
	ck_assert_uint_eq(p->pokes[0].addr, 0x2c007);
	ck_assert_uint_eq(p->pokes[0].page_off, 8);
	pvp_platform_destroy(p);
	free(text);
}
END_TEST

// clang-format off
/* Members of structures, where an argument is the base. */
static const struct {
	const char *at;
	enum pvp_poke_via via;
	int arg;
	uint64_t addr, page_off;
	const char *message; /* NULL: loads */
} arguments[] = {
	{ "arg0+demo.hidden|0x48", PVP_POKE_DIRECT, 0, 16, 0, NULL },
	{ "page(arg1)+demo.hidden|0", PVP_POKE_PAGE_OF_ARG, 1, 0, 16, NULL },
	{ "page(*arg1+demo.word|0x48)+demo.hidden|0x28", PVP_POKE_PAGE_OF_WORD, 1, 8, 16, NULL },
	{ "page(*arg1+demo.word|0x48)", PVP_POKE_PAGE_OF_WORD, 1, 8, 0, NULL },
	{ "arg0+demo.word|0x48", 0, 0, 0, 0, "'arg0+demo.word|0x48' has 4 bytes, not 8" },
	{ "page(*arg1+demo.none|0x48)", 0, 0, 0, 0, "structure 'demo' has no member 'none'" },
	{ "page(arg1)+none.word|0", 0, 0, 0, 0, "unknown structure 'none'" },
};
// clang-format on

START_TEST(members_of_arguments)
{
	char *text = platform_image_edit(contract, "WHERE", arguments[_i].at);
	struct pvp_contracts contracts;
	const struct pvp_poke *poke;
	struct pvp_error *err;

	err = load_contract(text, &contracts);
	if (arguments[_i].message) {
		ck_assert_msg(err && strstr(err->message, "/demo.yaml:6: "), "%s: %s",
			      arguments[_i].at, err ? err->message : "loads");
		pvp_ck_err(err, PVP_ERR_NOT_FOUND, arguments[_i].message);
	} else {
		pvp_ck_ok(err);
		poke = &pvp_contracts_find(&contracts, "lock.wait")->pokes[0];
		ck_assert_msg(poke->via == arguments[_i].via && poke->arg == arguments[_i].arg &&
				      poke->addr == arguments[_i].addr &&
				      poke->page_off == arguments[_i].page_off,
			      "%s: via %d, arg %d, %#llx, %#llx", arguments[_i].at, poke->via,
			      poke->arg, (unsigned long long)poke->addr,
			      (unsigned long long)poke->page_off);
		pvp_contracts_deinit(&contracts);
	}
	free(text);
}
END_TEST

Suite *poke_suite(void)
{
	Suite *s = suite_create("poke");
	TCase *without = tcase_create("without BTF"), *with = tcase_create("with BTF");

	tcase_add_checked_fixture(without, setup, teardown);
	tcase_add_loop_test(without, places_without_btf, 0, ARRAY_SIZE(places));
	suite_add_tcase(s, without);
	tcase_add_checked_fixture(with, setup_btf, teardown);
	tcase_add_loop_test(with, places_with_btf, 0, ARRAY_SIZE(places));
	tcase_add_test(with, page_of_a_frame);
	tcase_add_loop_test(with, members_of_arguments, 0, ARRAY_SIZE(arguments));
	suite_add_tcase(s, with);
	return s;
}
