// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include <inttypes.h>

#include "check_helpers.h"
#include "sites.h"
#include "tiny_kernel.h"

#define SITE TINY_TEXT

/* Sites of both kinds, and table entries on some of them. */
static void build(struct tiny *t)
{
	tiny_init(t);
	tiny_pv_call(t, SITE + 0x10, 31); /* irq_disable, with an alternative on it */
	tiny_para(t, SITE + 0x10, 31, 6);
	tiny_alt(t, SITE + 0x10, 6, 0x8000 | 272, "\xfa", 1);
	tiny_pv_call(t, SITE + 0x00, 31); /* not ascending in the table */
	tiny_para(t, SITE + 0x00, 31, 6);
	tiny_pv_call(t, SITE + 0x20, 75); /* lazy_mode.enter */
	tiny_para(t, SITE + 0x20, 75, 7);
	tiny_symbol(t, "__SCK__pv_sched_clock", TINY_KEY(1));
	tiny_symbol(t, "__SCT__pv_sched_clock", SITE + 0x100);
	tiny_symbol(t, "__SCK__other", TINY_KEY(0));
	tiny_branch(t, SITE + 0x40, 0xe8, SITE + 0x100);
	tiny_static_call(t, SITE + 0x40, TINY_KEY(1));
	tiny_branch(t, SITE + 0x50, 0xe9, SITE + 0x100);
	tiny_static_call(t, SITE + 0x50, TINY_KEY(1) | 1);
	tiny_branch(t, SITE + 0x60, 0x840f, SITE + 0x100);
	tiny_static_call(t, SITE + 0x60, TINY_KEY(1) | 3);
	tiny_static_call(t, SITE + 0x48, TINY_KEY(0)); /* no pv key */
	tiny_static_call(t, SITE + 0x70, TINY_KEY(3)); /* a key without a symbol */
	tiny_list(t, TINY_LOCKS, SITE + 0x22);	       /* inside a pv site */
	tiny_list(t, TINY_RETURNS, SITE + 0x16);       /* right behind one */
	tiny_list(t, TINY_RETPOLINES, SITE + 0x0c);    /* into one from before */
	tiny_jump(t, SITE + 0x26, SITE, TINY_DATA);
}

static struct pvp_tables parse(const struct tiny *t, struct pvp_image **image)
{
	struct pvp_tables tables;

	pvp_ck_ok(tiny_open(t, image));
	pvp_ck_ok(pvp_tables_parse(*image, &tables));
	return tables;
}

// clang-format off
static const struct {
	const char *op;
	uint64_t addr;
	uint32_t len, ordinal, tables;
	enum pvp_site_kind kind;
} sites_wanted[] = {
	{ "irq.irq_disable",            SITE + 0x00, 6, 1, 1 << PVP_TABLE_PARA, PVP_SITE_PARAVIRT },
	{ "irq.irq_disable",            SITE + 0x10, 6, 2, 1 << PVP_TABLE_PARA | 1 << PVP_TABLE_ALT | 1 << PVP_TABLE_RETPOLINE, PVP_SITE_PARAVIRT },
	{ "mmu.lazy_mode.enter",        SITE + 0x20, 7, 1, 1 << PVP_TABLE_PARA | 1 << PVP_TABLE_SMP_LOCK | 1 << PVP_TABLE_JUMP_LABEL, PVP_SITE_PARAVIRT },
	{ "static_call.pv_sched_clock", SITE + 0x40, 5, 1, 1 << PVP_TABLE_STATIC_CALL, PVP_SITE_STATIC_CALL },
	{ "static_call.pv_sched_clock", SITE + 0x50, 5, 2, 1 << PVP_TABLE_STATIC_CALL, PVP_SITE_STATIC_CALL },
	{ "static_call.pv_sched_clock", SITE + 0x60, 6, 3, 1 << PVP_TABLE_STATIC_CALL, PVP_SITE_STATIC_CALL },
};

/* offset < 0: an error with that text. */
static const struct {
	const char *text;
	int offset;
	enum pvp_error_code code;
	const char *message;
} texts[] = {
	{ "0xffffffff81000010",      0x10, 0, NULL },
	{ "ffffffff81000015",        0x10, 0, NULL }, /* inside */
	{ "0xffffffff81000026",      0x20, 0, NULL }, /* the last byte */
	{ "irq.irq_disable#2",       0x10, 0, NULL },
	{ "irq_disable#1",           0x00, 0, NULL },
	{ "enter#1",                 0x20, 0, NULL },
	{ "lazy_mode.enter#1",       0x20, 0, NULL },
	{ "pv_sched_clock#3",        0x60, 0, NULL },
	{ "_text+0x40",              0x40, 0, NULL },
	{ "_text",                   0x00, 0, NULL },
	{ "0xffffffff81000016",        -1, PVP_ERR_NOT_FOUND, "no pv site at 0xffffffff81000016; the nearest is irq.irq_disable#2 at 0xffffffff81000010" },
	{ "0x0",                       -1, PVP_ERR_NOT_FOUND, "no pv site at 0" },
	{ "irq_disable#3",             -1, PVP_ERR_NOT_FOUND, "irq.irq_disable has sites 1 to 2" },
	{ "irq_disable#0",             -1, PVP_ERR_NOT_FOUND, "has sites 1 to 2" },
	{ "disable#1",                 -1, PVP_ERR_NOT_FOUND, "no site of such an op; `pvproof sites' lists" },
	{ "irq_disabel#1",             -1, PVP_ERR_NOT_FOUND, "no site of such an op; irq.irq_disable has sites 1 to 2" },
	{ "irq.irqdisable",            -1, PVP_ERR_NOT_FOUND, "no such symbol or op; irq.irq_disable has sites 1 to 2" },
	{ "irq_disable#x",             -1, PVP_ERR_USAGE,     "no number behind #" },
	{ "irq_disable",               -1, PVP_ERR_USAGE,     "irq.irq_disable has sites 1 to 2; say which, as in irq.irq_disable#1" },
	{ "lazy_mode.enter",         0x20, 0, NULL },
	{ "enter",                   0x20, 0, NULL },
	{ "_text+",                    -1, PVP_ERR_USAGE,     "no offset behind +" },
	{ "_text+0x35",                -1, PVP_ERR_NOT_FOUND, "no pv site at 0xffffffff81000035" },
	{ "",                          -1, PVP_ERR_NOT_FOUND, "no such symbol or op" },
};
// clang-format on

START_TEST(site_list)
{
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_sites sites;
	struct tiny t;

	build(&t);
	tables = parse(&t, &image);
	pvp_ck_ok(pvp_sites_scan(image, &tables, &sites));
	ck_assert_uint_eq(sites.nr, ARRAY_SIZE(sites_wanted));
	for (size_t i = 0; i < sites.nr; i++) {
		const struct pvp_site *site = &sites.v[i];

		ck_assert_str_eq(site->op, sites_wanted[i].op);
		ck_assert_uint_eq(site->addr, sites_wanted[i].addr);
		ck_assert_uint_eq(site->len, sites_wanted[i].len);
		ck_assert_uint_eq(site->ordinal, sites_wanted[i].ordinal);
		ck_assert_uint_eq(site->kind, sites_wanted[i].kind);
		ck_assert_msg(site->tables == sites_wanted[i].tables, "site %zu: tables %#x", i,
			      site->tables);
		pvp_ck_bytes(site->op, site->linked, t.text + (site->addr - TINY_TEXT), site->len);
	}
	ck_assert_uint_eq(sites.v[4].trampoline, SITE + 0x100);
	ck_assert(sites.v[4].tail && !sites.v[3].tail);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct pvp_site *site;

		if (texts[i].offset >= 0) {
			pvp_ck_ok(pvp_sites_parse(&sites, image, texts[i].text, &site));
			ck_assert_msg(site->addr == SITE + texts[i].offset, "\"%s\" is %#" PRIx64,
				      texts[i].text, site->addr);
		} else {
			pvp_ck_err(pvp_sites_parse(&sites, image, texts[i].text, &site),
				   texts[i].code, texts[i].message);
		}
	}
	pvp_sites_deinit(&sites);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

/* Sites of two lists, and which of them a name chooses. */
static struct pvp_site few[] = {
	{.addr = 0x1000, .len = 6, .op = "irq.save_fl", .ordinal = 1},
	{.addr = 0x1010, .len = 6, .op = "irq.irq_disable", .ordinal = 1},
	{.addr = 0x1020, .len = 6, .op = "irq.save_fl", .ordinal = 2},
}, more[] = {
	{.addr = 0x1020, .len = 2, .op = "entry.iret", .ordinal = 1},
	{.addr = 0x2000, .len = 2, .op = "entry.iret", .ordinal = 2, .kind = PVP_SITE_TRAP},
	{.addr = 0x2010, .len = 2, .op = "return", .ordinal = 1, .kind = PVP_SITE_RETURN},
};

// clang-format off
static const struct {
	const char *text, *chosen; /* a letter a site */
	const char *message;
} choices[] = {
	{ "save_fl#2",        "--f---", NULL },
	{ "iret#2",           "----i-", NULL },
	{ "irq.save_fl",      "f-f---", NULL },
	{ "save_fl",          "f-f---", NULL },
	{ "entry.iret",       "---ii-", NULL },
	{ "entry",            "---ii-", NULL },
	{ "irq",              "fff---", NULL },
	{ "return",           "-----i", NULL },
	{ "trap",             "----i-", NULL },
	{ "0x00002001",       "----i-", NULL },
	{ "00001021",         "--f---", NULL }, /* the first list's */
	{ "00001011",         "-f----", NULL },
	{ "entry.irett",      NULL,     "no such symbol or op; entry.iret has sites 1 to 2" },
	{ "entry.iret#3",     NULL,     "entry.iret has sites 1 to 2" },
	{ "retrn#1",          NULL,     "no site of such an op; return has sites 1 to 1" },
	{ "entr",             NULL,     "no such symbol or op" },
	{ "irq.",             NULL,     "no such symbol or op" },
	{ "",                 NULL,     "no such symbol or op; `pvproof sites' lists" },
	{ "0x1ffe",           NULL,     "no pv site at 0x1ffe; the nearest is entry.iret#2 at 0x2000" },
};
// clang-format on

START_TEST(choose)
{
	const struct pvp_sites a = {few, ARRAY_SIZE(few)}, b = {more, ARRAY_SIZE(more)};
	const struct pvp_sites *const lists[] = {&a, &b};
	bool flags[2][3] = {0}, *const chosen[] = {flags[0], flags[1]};
	char got[7] = "------";
	struct pvp_image *image;
	struct pvp_error *err;
	struct tiny t;

	tiny_init(&t);
	pvp_ck_ok(tiny_open(&t, &image));
	err = pvp_sites_choose(lists, 2, image, choices[_i].text, chosen);
	for (unsigned i = 0; i < 6; i++)
		got[i] = flags[i / 3][i % 3] ? "fffiii"[i] : '-';
	if (choices[_i].chosen) {
		pvp_ck_ok(err);
		ck_assert_str_eq(got, choices[_i].chosen);
	} else {
		pvp_ck_err(err, PVP_ERR_NOT_FOUND, choices[_i].message);
		ck_assert_str_eq(got, "------");
	}
	pvp_image_close(image);
}
END_TEST

static void same_twice(struct tiny *t)
{
	tiny_para(t, SITE + 0x10, 31, 6);
}

static void longer_than_the_gap(struct tiny *t)
{
	t->tables[TINY_PARA].v[16 + 9] = 0x11; /* entry 1, at SITE */
}

static void static_call_on_para(struct tiny *t)
{
	tiny_static_call(t, SITE + 0x12, TINY_KEY(1));
}

static const struct {
	const char *what;
	void (*spoil)(struct tiny *t);
	const char *message;
} overlaps[] = {
	{"twice", same_twice,
	 "irq.irq_disable at 0xffffffff81000010 (entry at 0xffffffff82200030)"},
	{"into the next", longer_than_the_gap, "(entry at 0xffffffff82200010) and irq.irq_disable"},
	{"static call", static_call_on_para,
	 "and static_call.pv_sched_clock at 0xffffffff81000012"},
};

START_TEST(overlapping_sites)
{
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_sites sites;
	struct tiny t;

	build(&t);
	overlaps[_i].spoil(&t);
	tables = parse(&t, &image);
	pvp_ck_err(pvp_sites_scan(image, &tables, &sites), PVP_ERR_BAD_DATA, overlaps[_i].message);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

/* What Debian's 6.1.176 is known to have. */
START_TEST(debian_6_1)
{
	const char *path =
		pvp_test_file(pvp_test_kernels(), "vmlinuz-6.1.176-amd64", "scan debian_6_1");
	static const struct {
		const char *op;
		uint32_t nr;
	} ops[] = {
		{"cpu.io_delay", 146},
		{"cpu.read_msr", 274},
		{"cpu.write_msr", 381},
		{"cpu.wbinvd", 14},
		{"irq.save_fl", 457},
		{"irq.irq_disable", 409},
		{"irq.irq_enable", 451},
		{"mmu.set_pte", 91},
		{"mmu.write_cr3", 9},
		{"mmu.notify_page_enc_status_changed", 1},
		{"lock.queued_spin_lock_slowpath", 35},
		{"lock.queued_spin_unlock", 39},
		{"lock.vcpu_is_preempted", 9},
		{"static_call.pv_sched_clock", 3},
		{"static_call.pv_steal_clock", 3},
		{"static_call.xen_hypercall", 235},
	};
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_sites sites;
	uint32_t tails = 0, both = 0;

	if (!path)
		return;
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	pvp_ck_ok(pvp_sites_scan(image, &tables, &sites));
	ck_assert_uint_eq(tables.pv_ops, 0xffffffff82a3b900);
	ck_assert_uint_eq(tables.nr_para, 3841);
	ck_assert_uint_eq(tables.nr_alts, 4652);
	ck_assert_uint_eq(tables.nr_static_calls, 4086);
	ck_assert_uint_eq(tables.nr_static_call_keys, 685);
	ck_assert_uint_eq(tables.nr_retpolines, 8812);
	ck_assert_uint_eq(tables.nr_returns, 50789);
	ck_assert_uint_eq(tables.nr_smp_locks, 8556);
	ck_assert_uint_eq(tables.nr_jumps, 6279);
	for (size_t i = 0; i < tables.nr_static_calls; i++)
		tails += tables.static_calls[i].tail;
	ck_assert_uint_eq(tails, 27);
	for (size_t i = 0; i < sites.nr; i++)
		both += sites.v[i].tables >> PVP_TABLE_ALT & 1;
	ck_assert_uint_eq(both, 2320);
	ck_assert_uint_eq(sites.nr, 3841 + 3 + 3 + 235);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		uint32_t nr = 0;

		for (size_t k = 0; k < sites.nr; k++)
			nr += !strcmp(sites.v[k].op, ops[i].op);
		ck_assert_msg(nr == ops[i].nr, "%s: %u sites", ops[i].op, nr);
	}
	pvp_sites_deinit(&sites);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

Suite *sites_suite(void)
{
	Suite *s = suite_create("sites");
	TCase *list = tcase_create("list"), *kernels = tcase_create("real kernels");

	tcase_add_test(list, site_list);
	tcase_add_loop_test(list, choose, 0, ARRAY_SIZE(choices));
	tcase_add_loop_test(list, overlapping_sites, 0, ARRAY_SIZE(overlaps));
	suite_add_tcase(s, list);
	tcase_set_timeout(kernels, 60);
	tcase_set_tags(kernels, PVP_TAG_KERNELS);
	tcase_add_test(kernels, debian_6_1);
	suite_add_tcase(s, kernels);
	return s;
}
