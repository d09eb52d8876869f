// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include "check_helpers.h"
#include "tables.h"
#include "platform.h"
#include "tiny_kernel.h"

#define SITE TINY_TEXT

/* One image of everything, well formed. */
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
	tiny_alt(t, SITE + 0x30, 3, 117, NULL, 0);
	tiny_symbol(t, "__SCK__pv_sched_clock", TINY_KEY(1));
	tiny_symbol(t, "__SCT__pv_sched_clock", SITE + 0x100);
	tiny_poke64(t, TINY_KEY(1), TINY_FUNCS);
	tiny_trampoline(t, SITE + 0x100, TINY_FUNCS);
	tiny_symbol(t, "__SCK__other", TINY_KEY(0));
	tiny_symbol(t, "__SCT__other", SITE + 0x108);
	tiny_trampoline(t, SITE + 0x108, 0);
	tiny_branch(t, SITE + 0x40, 0xe8, SITE + 0x100);
	tiny_static_call(t, SITE + 0x40, TINY_KEY(1));
	tiny_branch(t, SITE + 0x50, 0xe9, SITE + 0x100);
	tiny_static_call(t, SITE + 0x50, TINY_KEY(1) | 1);
	tiny_branch(t, SITE + 0x60, 0x840f, SITE + 0x100);
	tiny_static_call(t, SITE + 0x60, TINY_KEY(1) | 3);
	tiny_static_call(t, SITE + 0x48, TINY_KEY(0));
	tiny_static_call(t, SITE + 0x70, TINY_KEY(3)); /* a key without a symbol, twice */
	tiny_static_call(t, SITE + 0x78, TINY_KEY(3));
	tiny_list(t, TINY_RETPOLINES, SITE + 0x200);
	tiny_list(t, TINY_RETURNS, SITE + 0x210);
	tiny_list(t, TINY_RETURNS, SITE + 0x220);
	tiny_list(t, TINY_SEALS, SITE + 0x230);
	tiny_list(t, TINY_LOCKS, SITE + 0x22); /* inside a pv site */
	tiny_list(t, TINY_LOCKS, TINY_INIT);
	t->tables[TINY_LOCKS].len += 8; /* two zero words of padding */
	tiny_bug(t, SITE + 0x310, 3);
	tiny_bug(t, SITE + 0x300, 0);
	tiny_ex(t, SITE + 0x320, SITE + 0x330, 0x12345678);
	tiny_jump(t, SITE + 0x340, SITE + 0x350, TINY_DATA | 1);
}

static struct pvp_tables parse(const struct tiny *t, struct pvp_image **image)
{
	struct pvp_tables tables;

	pvp_ck_ok(tiny_open(t, image));
	pvp_ck_ok(pvp_tables_parse(*image, &tables));
	return tables;
}

START_TEST(every_table)
{
	struct pvp_image *image;
	struct pvp_tables tables;
	struct tiny t;

	build(&t);
	tables = parse(&t, &image);
	ck_assert_str_eq(tables.generation, "6.1");
	ck_assert_uint_eq(tables.pv_ops, TINY_DATA);
	ck_assert_uint_eq(tables.nr_fields, 84);

	ck_assert_uint_eq(tables.nr_para, 3);
	ck_assert_uint_eq(tables.para[0].addr, SITE + 0x10);
	ck_assert_uint_eq(tables.para[1].addr, SITE + 0x00);
	ck_assert_uint_eq(tables.para[2].type, 75);
	ck_assert_uint_eq(tables.para[2].len, 7);
	ck_assert_uint_eq(tables.para[2].entry, TINY_TABLES + 32);

	ck_assert_uint_eq(tables.nr_alts, 2);
	ck_assert_uint_eq(tables.alts[0].addr, SITE + 0x10);
	ck_assert_uint_eq(tables.alts[0].replacement, TINY_REPLACEMENT);
	ck_assert_uint_eq(tables.alts[0].feature, 272);
	ck_assert(tables.alts[0].negated);
	ck_assert_uint_eq(tables.alts[0].replacement_len, 1);
	ck_assert_uint_eq(tables.alts[1].feature, 117);
	ck_assert(!tables.alts[1].negated);

	ck_assert_uint_eq(tables.nr_static_calls, 6);
	ck_assert_str_eq(tables.static_calls[1].name, "pv_sched_clock");
	ck_assert_uint_eq(tables.static_calls[1].key, TINY_KEY(1));
	ck_assert_uint_eq(tables.static_calls[1].trampoline, SITE + 0x100);
	ck_assert(!tables.static_calls[0].tail);
	ck_assert(tables.static_calls[1].tail);
	ck_assert(tables.static_calls[2].tail);
	ck_assert_uint_eq(tables.static_calls[2].key, TINY_KEY(1));
	ck_assert_ptr_null(tables.static_calls[4].name);
	ck_assert_uint_eq(tables.nr_static_call_keys, 3);
	ck_assert_uint_eq(tables.static_call_keys[0].func, 0);
	ck_assert_uint_eq(tables.static_call_keys[1].func, TINY_FUNCS);
	ck_assert_uint_eq(tables.static_call_keys[2].key, TINY_KEY(3));
	ck_assert_ptr_eq(pvp_tables_static_call(&tables, "other"), &tables.static_call_keys[0]);
	ck_assert_ptr_null(pvp_tables_static_call(&tables, "absent"));

	ck_assert_uint_eq(tables.nr_retpolines, 1);
	ck_assert_uint_eq(tables.nr_returns, 2);
	ck_assert_uint_eq(tables.returns[1].addr, SITE + 0x220);
	ck_assert_uint_eq(tables.nr_calls, 0);
	ck_assert_uint_eq(tables.nr_endbr_seals, 1);
	ck_assert_uint_eq(tables.nr_smp_locks, 2);

	ck_assert_uint_eq(tables.nr_bugs, 2);
	ck_assert(!pvp_tables_bug_at(&tables, SITE + 0x300)->warn);
	ck_assert(pvp_tables_bug_at(&tables, SITE + 0x310)->warn);
	ck_assert_ptr_null(pvp_tables_bug_at(&tables, SITE + 0x301));
	ck_assert_uint_eq(pvp_tables_ex_at(&tables, SITE + 0x320)->fixup, SITE + 0x330);
	ck_assert_uint_eq(pvp_tables_ex_at(&tables, SITE + 0x320)->data, 0x12345678);
	ck_assert_ptr_null(pvp_tables_ex_at(&tables, SITE + 0x330));
	ck_assert_uint_eq(tables.nr_jumps, 1);
	ck_assert_uint_eq(tables.jumps[0].target, SITE + 0x350);
	ck_assert_uint_eq(tables.jumps[0].key, TINY_DATA);
	ck_assert(tables.jumps[0].branch_default && !tables.jumps[0].init);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

/* The key of a label is a word. */
START_TEST(jumps_of_i386)
{
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_error *err;
	struct tiny t;

	tiny_init_kind(&t, TINY_6_1_I386);
	tiny_pv_call(&t, SITE, 9);
	tiny_para(&t, SITE, 9, 6);
	tiny_jump(&t, SITE + 0x340, SITE + 0x350, TINY_DATA);
	tiny_jump(&t, SITE + 0x360, SITE + 0x370, (TINY_DATA + 8) | 1);
	pvp_ck_ok(tiny_open(&t, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	ck_assert_uint_eq(tables.nr_jumps, 2);
	ck_assert_uint_eq(tables.jumps[0].key, (uint32_t)TINY_DATA);
	ck_assert_uint_eq(tables.jumps[1].addr, (uint32_t)(SITE + 0x360));
	ck_assert_uint_eq(tables.jumps[1].key, (uint32_t)(TINY_DATA + 8));
	ck_assert(tables.jumps[1].branch_default && !tables.jumps[0].branch_default);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);

	t.tables[TINY_JUMPS].len -= 4;
	pvp_ck_ok(tiny_open(&t, &image));
	err = pvp_tables_parse(image, &tables);
	pvp_ck_err(err, PVP_ERR_BAD_DATA, "no multiple of the entry size 12");
	pvp_image_close(image);
}
END_TEST

START_TEST(fields_are_whole)
{
	struct pvp_image *image;
	struct pvp_tables tables;
	size_t callee_save = 0;
	struct tiny t;

	build(&t);
	tables = parse(&t, &image);
	for (size_t i = 0; i < tables.nr_fields; i++) {
		ck_assert_msg(tables.fields[i].name != NULL, "slot %zu has no name", i);
		callee_save += tables.fields[i].callee_save;
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(tables.fields[i].name, tables.fields[k].name);
	}
	ck_assert_uint_eq(callee_save, 16); /* 3 irq, read_cr2, 10 val/make, 2 lock */
	ck_assert_str_eq(tables.fields[0].name, "cpu.io_delay");
	ck_assert_str_eq(tables.fields[30].name, "irq.save_fl");
	ck_assert(tables.fields[30].callee_save);
	ck_assert_str_eq(tables.fields[35].name, "mmu.flush_tlb_user");
	ck_assert_str_eq(tables.fields[75].name, "mmu.lazy_mode.enter");
	ck_assert_str_eq(tables.fields[79].name, "lock.queued_spin_lock_slowpath");
	ck_assert_str_eq(tables.fields[83].name, "lock.vcpu_is_preempted");
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

/* Without the symbols that bound them, those two tables are empty. */
START_TEST(no_table_symbols)
{
	struct pvp_image *image;
	struct pvp_tables tables;
	struct tiny t;

	build(&t);
	t.no_table_symbols = true;
	tables = parse(&t, &image);
	ck_assert_uint_eq(tables.nr_static_calls, 0);
	ck_assert_uint_eq(tables.nr_jumps, 0);
	ck_assert_uint_eq(tables.nr_static_call_keys, 2);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

static uint8_t *raw(struct tiny *t, enum tiny_table table)
{
	return t->tables[table].v;
}

static void para_outside(struct tiny *t)
{
	tiny_para(t, 0x1234, 31, 6);
}

static void para_in_data(struct tiny *t)
{
	tiny_para(t, TINY_DATA, 31, 6);
}

static void para_first_outside(struct tiny *t)
{
	memset(raw(t, TINY_PARA), 0, 8);
}

static void para_beyond_end(struct tiny *t)
{
	tiny_pv_call(t, TINY_INIT + 0x100 - 6, 31);
	tiny_para(t, TINY_INIT + 0x100 - 6, 31, 7);
}

static void para_no_call(struct tiny *t)
{
	tiny_para(t, SITE + 0x90, 31, 6);
}

static void para_short(struct tiny *t)
{
	raw(t, TINY_PARA)[9] = 5;
}

static void para_type(struct tiny *t)
{
	tiny_pv_call(t, SITE + 0x90, 84);
	tiny_para(t, SITE + 0x90, 84, 6);
}

static void para_slot(struct tiny *t)
{
	tiny_pv_call(t, SITE + 0x90, 32);
	tiny_para(t, SITE + 0x90, 31, 6);
}

static void para_size(struct tiny *t)
{
	t->tables[TINY_PARA].len -= 7;
}

static void para_nowhere(struct tiny *t)
{
	t->tables[TINY_PARA].len = 0;
	tiny_branch(t, SITE, 0x15ff, 0xffffffff83000000);
	tiny_para(t, SITE, 0, 6);
}

static void alt_outside(struct tiny *t)
{
	tiny_alt(t, TINY_DATA, 6, 117, NULL, 0);
}

static void alt_replacement(struct tiny *t)
{
	raw(t, TINY_ALTS)[7] = 0x40;
}

static void alt_feature(struct tiny *t)
{
	tiny_alt(t, SITE + 0x90, 2, 1024, NULL, 0);
}

static void alt_size(struct tiny *t)
{
	t->tables[TINY_ALTS].len++;
}

static void static_call_outside(struct tiny *t)
{
	tiny_static_call(t, TINY_DATA, TINY_KEY(0));
}

static void static_call_key(struct tiny *t)
{
	tiny_static_call(t, SITE + 0x90, 0xffffffff83000000);
}

static void static_call_size(struct tiny *t)
{
	t->tables[TINY_STATIC_CALLS].len += 4;
}

static void return_outside(struct tiny *t)
{
	tiny_list(t, TINY_RETURNS, 0xffffffff83000000);
}

static void retpoline_cut_off(struct tiny *t)
{
	tiny_list(t, TINY_RETPOLINES, TINY_TEXT + TINY_TEXT_LEN - 4);
}

static void returns_size(struct tiny *t)
{
	t->tables[TINY_RETURNS].len += 3;
}

static void bug_outside(struct tiny *t)
{
	tiny_bug(t, TINY_DATA, 0);
}

static void ex_fixup(struct tiny *t)
{
	tiny_ex(t, SITE, TINY_DATA, 0);
}

static void jump_target(struct tiny *t)
{
	tiny_jump(t, SITE, TINY_DATA, TINY_DATA);
}

static void no_tables(struct tiny *t)
{
	t->tables[TINY_PARA].len = 0;
}

static void nothing(struct tiny *t)
{
	memset(t->tables, 0, sizeof(t->tables));
}

static void style_5_10(struct tiny *t)
{
	tiny_poke(t, SITE + 0x10, "\xff\x14\x25", 3);
}

static void unknown_form(struct tiny *t)
{
	tiny_poke(t, SITE + 0x10, "\xff\x25", 2);
}

/* One 14-byte direct-call entry. */
static void style_6_12(struct tiny *t)
{
	t->tables[TINY_PARA].len = 0;
	t->tables[TINY_ALTS].len = 0;
	tiny_alt(t, SITE, 0, 117, NULL, 0);
	raw(t, TINY_ALTS)[10] = 2;
	raw(t, TINY_ALTS)[12] = 6;
	t->tables[TINY_ALTS].len = 14;
}

static void i386(struct tiny *t)
{
	t->arch = PVP_ARCH_I386;
	memset(t->tables, 0, sizeof(t->tables));
}

// clang-format off
static const struct {
	const char *what;
	void (*spoil)(struct tiny *t);
	enum pvp_error_code code;
	const char *message;
} hostile[] = {
	{ "para outside", para_outside, PVP_ERR_BAD_DATA,
	  ".parainstructions entry 3 (at 0xffffffff82200030): site 0x1234 lies outside text" },
	{ "para in data", para_in_data, PVP_ERR_BAD_DATA, "entry 3 (at 0xffffffff82200030): site 0xffffffff82000000" },
	{ "first para outside", para_first_outside, PVP_ERR_BAD_DATA, "entry 0 (at 0xffffffff82200000): site 0 lies" },
	{ "para beyond the end", para_beyond_end, PVP_ERR_BAD_DATA, "site 0xffffffff811000fa lies outside text" },
	{ "para without a call", para_no_call, PVP_ERR_BAD_DATA, "entry 3 (at 0xffffffff82200030): the 6 bytes of site 0xffffffff81000090 hold no call through" },
	{ "para too short", para_short, PVP_ERR_BAD_DATA, "entry 0 (at 0xffffffff82200000): the 5 bytes of site 0xffffffff81000010 hold no call" },
	{ "para type", para_type, PVP_ERR_BAD_DATA, "entry 3 (at 0xffffffff82200030): type 84" },
	{ "para slot", para_slot, PVP_ERR_BAD_DATA, "type 31 put pv_ops at 0xffffffff82000008" },
	{ "para size", para_size, PVP_ERR_BAD_DATA, ".parainstructions at 0xffffffff82200000: 9 bytes behind the last entry of 16 bytes are no entry" },
	{ "pv_ops nowhere", para_nowhere, PVP_ERR_BAD_DATA, "cpu.io_delay, would be at 0xffffffff83000000" },
	{ "alternative outside", alt_outside, PVP_ERR_BAD_DATA, ".altinstructions entry 2 (at 0xffffffff82201018): site" },
	{ "replacement outside", alt_replacement, PVP_ERR_BAD_DATA, ".altinstructions entry 0 (at 0xffffffff82201000): replacement" },
	{ "feature", alt_feature, PVP_ERR_BAD_DATA, "asks for feature 1024" },
	{ "alternatives' size", alt_size, PVP_ERR_BAD_DATA, ".altinstructions at 0xffffffff82201000: 25 bytes" },
	{ "static call outside", static_call_outside, PVP_ERR_BAD_DATA, "__start_static_call_sites entry 6 (at 0xffffffff82208030): site" },
	{ "static call's key", static_call_key, PVP_ERR_BAD_DATA, "entry 6 (at 0xffffffff82208030): key of site 0xffffffff81000090" },
	{ "static calls' size", static_call_size, PVP_ERR_BAD_DATA, "__start_static_call_sites at 0xffffffff82208000: its 52 bytes" },
	{ "return outside", return_outside, PVP_ERR_BAD_DATA, ".return_sites entry 2 (at 0xffffffff82203008): site 0xffffffff83000000" },
	{ "retpoline cut off", retpoline_cut_off, PVP_ERR_BAD_DATA, ".retpoline_sites entry 1" },
	{ "returns' size", returns_size, PVP_ERR_BAD_DATA, ".return_sites at 0xffffffff82203000: its 11 bytes" },
	{ "bug outside", bug_outside, PVP_ERR_BAD_DATA, "__bug_table entry 2 (at 0xffffffff82206018): ud2" },
	{ "fixup outside", ex_fixup, PVP_ERR_BAD_DATA, "__ex_table entry 1 (at 0xffffffff8220700c): fixup" },
	{ "jump target", jump_target, PVP_ERR_BAD_DATA, "__start___jump_table entry 1 (at 0xffffffff82209010): target" },
	{ "no .parainstructions", no_tables, PVP_ERR_UNSUPPORTED, "no pv sites" },
	{ "no tables", nothing, PVP_ERR_UNSUPPORTED, "no pv sites" },
	{ "5.10, cut off", style_5_10, PVP_ERR_BAD_DATA, "the 6 bytes of site 0xffffffff81000010 hold no call through" },
	{ "unknown form", unknown_form, PVP_ERR_UNSUPPORTED, "no such kernel is known" },
	{ "6.12, no pv_ops", style_6_12, PVP_ERR_NOT_FOUND, "direct-call alternatives: no symbol pv_ops" },
	{ "i386, no tables", i386, PVP_ERR_UNSUPPORTED, "no pv sites" },
};
// clang-format on

START_TEST(hostile_tables)
{
	struct pvp_tables tables;
	struct pvp_image *image;
	struct pvp_error *err;
	struct tiny t;

	build(&t);
	hostile[_i].spoil(&t);
	pvp_ck_ok(tiny_open(&t, &image));
	err = pvp_tables_parse(image, &tables);
	ck_assert_msg(err, "%s: no error", hostile[_i].what);
	ck_assert_msg(err->code == hostile[_i].code && strstr(err->message, hostile[_i].message),
		      "%s: code %d, message \"%s\"", hostile[_i].what, err->code, err->message);
	pvp_error_destroy(err);
	pvp_image_close(image);
}
END_TEST

#define SHORT(addr) ((addr)&UINT32_MAX)

/* i386: what there is of a static call is its trampoline, and the trampoline's name. */
START_TEST(trampolines_only)
{
	static const struct {
		const char *name;
		uint64_t trampoline, func;
	} want[] = {
		{"one", SHORT(SITE), SHORT(TINY_FUNCS + 0x20)},
		{"two", SHORT(SITE + 8), 0},
	};
	struct pvp_static_call_value value = {.trampoline = want[1].trampoline, .func = 7};
	struct pvp_platform platform = {.static_calls = &value, .nr_static_calls = 1};
	struct pvp_tables tables;
	struct pvp_image *image;
	struct tiny t;

	tiny_init_kind(&t, TINY_6_1_I386);
	tiny_pv_call(&t, SITE + 0x10, 1);
	tiny_para(&t, SITE + 0x10, 1, 6);
	tiny_trampoline(&t, SITE, want[0].func);
	tiny_poke(&t, SITE + 8, "\xc3\xcc\x90\x90\x90\x0f\xb9\xcc", 8);
	tiny_symbol(&t, "__SCT__one", SITE);
	tiny_symbol(&t, "__SCT__two", SITE + 8);
	pvp_ck_ok(tiny_open(&t, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	ck_assert_uint_eq(tables.nr_static_call_keys, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct pvp_static_call_key *key = &tables.static_call_keys[i];

		ck_assert_str_eq(key->name, want[i].name);
		ck_assert_uint_eq(key->key, 0);
		ck_assert_uint_eq(key->trampoline, want[i].trampoline);
		ck_assert_uint_eq(key->func, want[i].func);
	}
	ck_assert_ptr_eq(pvp_tables_static_call(&tables, "two"), &tables.static_call_keys[1]);
	/* A platform tells them apart by it. */
	ck_assert_uint_eq(pvp_platform_static_call(&platform, &tables.static_call_keys[0]),
			  want[0].func);
	ck_assert_uint_eq(pvp_platform_static_call(&platform, &tables.static_call_keys[1]), 7);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

static const struct {
	const char *what;
	uint64_t addr;
	const char *bytes, *message;
} bad_trampolines[] = {
	{"outside text", TINY_DATA, "\xe9",
	 "static-call trampoline __SCT__one at 0x82000000 lies outside text"},
	{"across the end", TINY_INIT + 0xfc, "\xe9",
	 "static-call trampoline __SCT__one at 0x811000fc lies outside text"},
	{"not a jmp", SITE, "\xe8",
	 "static-call trampoline __SCT__one at 0x81000000 begins with e8, neither jmp nor ret"},
};

START_TEST(hostile_trampolines)
{
	struct pvp_tables tables;
	struct pvp_image *image;
	struct tiny t;

	tiny_init_kind(&t, TINY_6_1_I386);
	tiny_pv_call(&t, SITE + 0x10, 1);
	tiny_para(&t, SITE + 0x10, 1, 6);
	tiny_poke(&t, bad_trampolines[_i].addr, bad_trampolines[_i].bytes, 1);
	tiny_symbol(&t, "__SCT__one", bad_trampolines[_i].addr);
	pvp_ck_ok(tiny_open(&t, &image));
	pvp_ck_err(pvp_tables_parse(image, &tables), PVP_ERR_BAD_DATA, bad_trampolines[_i].message);
	pvp_image_close(image);
}
END_TEST

// clang-format off
/* What each table of Debian's kernels holds.  Source: counted apart by a script of another hand over
 * the same files. */
static const struct {
	const char *file, *generation;
	size_t fields, para, alts, direct, sites, retpolines, returns, calls, seals, locks;
	size_t trampolines, null; /* whose keys are not named; of these, of NULL */
} debian[] = {
	/* file                     gen.   fields  para   alts direct static  retp   ret    calls  seals  locks  tramp. NULL */
	{ "vmlinuz-5.10.223-amd64", "5.10", 85,    7567,  1033,    0,   892,  8520, 47598,      0,     0,  7740,     0,   0 },
	{ "vmlinuz-5.10.223-i386",  "5.10", 15,    3315,   901,    0,     0,     0,     0,      0,     0,  7498,   604,  18 },
	{ "vmlinuz-6.1.176-amd64",  "6.1",  84,    3841,  4652,    0,  4086,  8812, 50789,      0,     0,  8556,     0,   0 },
	{ "vmlinuz-6.1.176-i386",   "6.1",  13,     265,  1040,    0,     0,     0,     0,      0,     0,  8128,   667,  25 },
	{ "vmlinuz-6.12.107-amd64", "6.12", 83,       0,  9200, 4145,  7698,  8791, 60708, 237902, 12239,  9493,     0,   0 },
	{ "vmlinuz-7.2.13-amd64",   "7.2",  78,       0, 10139, 4224, 10228, 10388, 68892, 288526, 13712, 11487,     0,   0 },
};
// clang-format on

START_TEST(debian_kernels)
{
	const char *path =
		pvp_test_file(pvp_test_kernels(), debian[_i].file, "scan debian_kernels");
	struct pvp_image *image;
	struct pvp_tables t;
	size_t direct = 0, trampolines = 0, null = 0;

	if (!path)
		return;
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	pvp_ck_ok(pvp_tables_parse(image, &t));
	for (size_t i = 0; i < t.nr_alts; i++)
		direct += t.alts[i].direct_call;
	for (size_t i = 0; i < t.nr_static_call_keys; i++) {
		trampolines += !t.static_call_keys[i].key;
		null += !t.static_call_keys[i].key && !t.static_call_keys[i].func;
	}
	ck_assert_str_eq(t.generation, debian[_i].generation);
	ck_assert_uint_eq(t.nr_fields, debian[_i].fields);
	ck_assert_uint_eq(t.nr_para, debian[_i].para);
	ck_assert_uint_eq(t.nr_alts, debian[_i].alts);
	ck_assert_uint_eq(direct, debian[_i].direct);
	ck_assert_uint_eq(t.nr_static_calls, debian[_i].sites);
	ck_assert_uint_eq(t.nr_retpolines, debian[_i].retpolines);
	ck_assert_uint_eq(t.nr_returns, debian[_i].returns);
	ck_assert_uint_eq(t.nr_calls, debian[_i].calls);
	ck_assert_uint_eq(t.nr_endbr_seals, debian[_i].seals);
	ck_assert_uint_eq(t.nr_smp_locks, debian[_i].locks);
	ck_assert_uint_eq(trampolines, debian[_i].trampolines);
	ck_assert_uint_eq(null, debian[_i].null);
	pvp_tables_deinit(&t);
	pvp_image_close(image);
}
END_TEST

Suite *scan_suite(void)
{
	Suite *s = suite_create("scan");
	TCase *tables = tcase_create("tables"), *bad = tcase_create("malformed tables"),
	      *kernels = tcase_create("real kernels");

	tcase_add_test(tables, every_table);
	tcase_add_test(tables, jumps_of_i386);
	tcase_add_test(tables, fields_are_whole);
	tcase_add_test(tables, no_table_symbols);
	tcase_add_test(tables, trampolines_only);
	suite_add_tcase(s, tables);
	tcase_add_loop_test(bad, hostile_tables, 0, ARRAY_SIZE(hostile));
	tcase_add_loop_test(bad, hostile_trampolines, 0, ARRAY_SIZE(bad_trampolines));
	suite_add_tcase(s, bad);
	tcase_set_timeout(kernels, 60);
	tcase_set_tags(kernels, PVP_TAG_KERNELS);
	tcase_add_loop_test(kernels, debian_kernels, 0, ARRAY_SIZE(debian));
	suite_add_tcase(s, kernels);
	return s;
}
