// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_generations.c - the smallest image of each generation is recognised by its tables, and each
 * way to spoil the tables that other generations than 6.1 have is an error that names the entry.
 */
#include <inttypes.h>
#include <unistd.h>

#include "check_helpers.h"
#include "elfgen.h"
#include "sites.h"
#include "suites.h"

/* One image: three pv sites 0x10 apart at the start of text, everything else derived. */
struct small {
	enum pvp_arch arch;
	uint64_t text_addr, data_addr, table_addr, replacement_addr;
	uint8_t text[0x100], data[0x400], replacement[0x20];
	uint8_t para[0x100], alts[0x100], mcount[0x20], constants[8];
	size_t nr_para, nr_alts, nr_mcount, nr_constants; /* bytes; 0: no such section */
	uint64_t pv_ops, lock;				  /* symbols; 0: none */
	const char *mark; /* one more symbol, at the start of text */
	bool early_iret;
	bool bare; /* it exports something and has no symbols */
};

static void put(uint8_t *at, uint64_t value, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		at[i] = value >> (8 * i);
}

static void base(struct small *s, enum pvp_arch arch)
{
	*s = (struct small){.arch = arch};
	s->text_addr = arch == PVP_ARCH_AMD64 ? 0xffffffff81000000 : 0xc1000000;
	s->data_addr = s->text_addr + 0x1000000;
	s->replacement_addr = s->text_addr + 0x1100000;
	s->table_addr = s->text_addr + 0x1200000;
	memset(s->text, 0xcc, sizeof(s->text));
}

static unsigned ptr_len(const struct small *s)
{
	return s->arch == PVP_ARCH_AMD64 ? 8 : 4;
}

/* opcode, then an address or (relative) its distance. */
static void site(struct small *s, unsigned i, const void *opcode, unsigned nr, uint64_t slot,
		 bool relative)
{
	uint8_t *at = s->text + 0x10 * i;
	const uint64_t end = s->text_addr + 0x10 * i + nr + 4;

	memcpy(at, opcode, nr);
	put(at + nr, relative ? slot - end : slot, 4);
}

/* The padding is in front of an entry (5.10) or behind it. */
static void para(struct small *s, unsigned i, unsigned type, unsigned len, bool last)
{
	const unsigned ptr = ptr_len(s);
	uint8_t *at = s->para + s->nr_para;

	put(at, s->text_addr + 0x10 * i, ptr);
	at[ptr] = type;
	at[ptr + 1] = len;
	s->nr_para += last ? ptr + 4 : 2 * ptr;
}

static void amd64_5_10(struct small *s)
{
	base(s, PVP_ARCH_AMD64);
	site(s, 0, "\xff\x14\x25", 3, s->data_addr + 36 * 8, false);
	site(s, 1, "\xff\x14\x25", 3, s->data_addr + 1 * 8, false);
	site(s, 2, "\xff\x25", 2, s->data_addr + 31 * 8, true);
	para(s, 0, 36, 7, false);
	para(s, 1, 1, 7, false);
	para(s, 2, 31, 6, true);
}

static void i386(struct small *s, unsigned type)
{
	base(s, PVP_ARCH_I386);
	for (unsigned i = 0; i < 3; i++) {
		site(s, i, "\xff\x15", 2, s->data_addr + type * 4, false);
		para(s, i, type, 6, false);
	}
}

static void i386_5_10(struct small *s)
{
	i386(s, 11);
	s->mark = "native_patch";
}

static void i386_6_1(struct small *s)
{
	i386(s, 9);
}

static void alt(struct small *s, unsigned i, unsigned feature, unsigned flags, unsigned len,
		unsigned replacement_len)
{
	uint8_t *at = s->alts + s->nr_alts;
	const uint64_t addr = s->table_addr + 0x1000 + s->nr_alts;

	put(at, s->text_addr + 0x10 * i - addr, 4);
	put(at + 4, s->replacement_addr - (addr + 4), 4);
	put(at + 8, feature, 2);
	put(at + 10, flags, 2);
	at[12] = len;
	at[13] = replacement_len;
	s->nr_alts += 14;
}

static void merged(struct small *s)
{
	base(s, PVP_ARCH_AMD64);
	s->pv_ops = s->data_addr;
	for (unsigned i = 0; i < 3; i++) {
		site(s, i, "\xff\x15", 2, s->data_addr + i * 8, true);
		alt(s, i, 117, 2, 6, 5);
	}
	alt(s, 2, 272, 1, 6, 1);
	s->early_iret = true;
	put(s->text + 0x80, 0xe9, 5);
	put(s->constants, s->text_addr + 0x40 - (s->table_addr + 0x3000), 4);
	s->nr_constants = 4;
	put(s->mcount + 8, s->text_addr + 0x50, 8);
	s->nr_mcount = 16; /* the first is of a function that is gone */
}

static void amd64_6_12(struct small *s)
{
	merged(s);
}

static void amd64_7_2(struct small *s)
{
	merged(s);
	s->lock = s->data_addr + 0x300;
	site(s, 1, "\xff\x15", 2, s->lock + 8, true);
}

/* As the above, with slots of 4 bytes that a site names as they are. */
static void i386_merged(struct small *s)
{
	base(s, PVP_ARCH_I386);
	s->pv_ops = s->data_addr;
	for (unsigned i = 0; i < 3; i++) {
		site(s, i, "\xff\x15", 2, s->data_addr + i * 4, false);
		alt(s, i, 117, 2, 6, 5);
	}
	alt(s, 2, 276, 1, 6, 3);
}

static void i386_6_12(struct small *s)
{
	i386_merged(s);
}

static void i386_7_2(struct small *s)
{
	i386_merged(s);
	s->lock = s->data_addr + 0x300;
	site(s, 1, "\xff\x15", 2, s->lock + 4, false);
}

static struct pvp_error *open_small(const struct small *s, struct pvp_image **ret)
{
	static const uint8_t ro[8];
	struct elfgen *g = elfgen_create(s->arch);
	struct pvp_error *err;
	char path[64];

	snprintf(path, sizeof(path), "/tmp/pvproof-generations-%ld", (long)getpid());
	elfgen_section(g, ".text", s->text_addr, ELFGEN_TEXT, s->text, sizeof(s->text));
	elfgen_section(g, ".data", s->data_addr, ELFGEN_DATA, s->data, sizeof(s->data));
	elfgen_section(g, ".altinstr_replacement", s->replacement_addr, ELFGEN_TEXT, s->replacement,
		       sizeof(s->replacement));
	elfgen_section(g, ".rodata", s->table_addr - 0x1000, ELFGEN_RODATA, ro, sizeof(ro));
	if (s->nr_para)
		elfgen_section(g, ".parainstructions", s->table_addr, ELFGEN_RODATA, s->para,
			       s->nr_para);
	if (s->nr_alts)
		elfgen_section(g, ".altinstructions", s->table_addr + 0x1000, ELFGEN_RODATA,
			       s->alts, s->nr_alts);
	if (s->nr_mcount) {
		elfgen_section(g, "mcount", s->table_addr + 0x2000, ELFGEN_RODATA, s->mcount,
			       sizeof(s->mcount));
		elfgen_symbol(g, "__start_mcount_loc", s->table_addr + 0x2000);
		elfgen_symbol(g, "__stop_mcount_loc", s->table_addr + 0x2000 + s->nr_mcount);
	}
	if (s->nr_constants)
		elfgen_section(g, "runtime_ptr_SOMETHING", s->table_addr + 0x3000, ELFGEN_RODATA,
			       s->constants, s->nr_constants);
	if (s->bare)
		elfgen_section(g, "__ksymtab", s->table_addr + 0x4000, ELFGEN_RODATA, s->constants,
			       sizeof(s->constants));
	else
		elfgen_symbol(g, "_text", s->text_addr);
	if (s->pv_ops)
		elfgen_symbol(g, "pv_ops", s->pv_ops);
	if (s->lock)
		elfgen_symbol(g, "pv_ops_lock", s->lock);
	if (s->mark)
		elfgen_symbol(g, s->mark, s->text_addr);
	if (s->early_iret)
		elfgen_symbol(g, "early_xen_iret_patch", s->text_addr + 0x80);
	elfgen_write(g, path);
	elfgen_destroy(g);
	err = pvp_image_open(path, NULL, ret);
	unlink(path);
	return err;
}

// clang-format off
/* ops: of the three sites. */
static const struct {
	const char *name;
	void (*make)(struct small *s);
	const char *generation, *ops[3];
	uint32_t len[3];
	size_t constants, mcounts;
} good[] = {
	{ "amd64 5.10", amd64_5_10, "5.10", { "irq.irq_disable", "time.sched_clock", "cpu.iret" }, { 7, 7, 6 }, 0, 0 },
	{ "i386 5.10", i386_5_10, "5.10", { "lock.queued_spin_unlock", "lock.queued_spin_unlock", "lock.queued_spin_unlock" }, { 6, 6, 6 }, 0, 0 },
	{ "i386 6.1", i386_6_1, "6.1", { "lock.queued_spin_unlock", "lock.queued_spin_unlock", "lock.queued_spin_unlock" }, { 6, 6, 6 }, 0, 0 },
	{ "amd64 6.12", amd64_6_12, "6.12", { "cpu.io_delay", "cpu.get_debugreg", "cpu.set_debugreg" }, { 6, 6, 6 }, 1, 1 },
	{ "amd64 7.2", amd64_7_2, "7.2", { "cpu.get_debugreg", "lock.queued_spin_unlock", "cpu.read_cr0" }, { 6, 6, 6 }, 1, 1 },
	{ "i386 6.12", i386_6_12, "6.12", { "cpu.io_delay", "mmu.flush_tlb_user", "mmu.flush_tlb_kernel" }, { 6, 6, 6 }, 0, 0 },
	{ "i386 7.2", i386_7_2, "7.2", { "mmu.flush_tlb_user", "lock.queued_spin_unlock", "mmu.flush_tlb_one_user" }, { 6, 6, 6 }, 0, 0 },
};
// clang-format on

START_TEST(recognised)
{
	struct small s;
	struct pvp_image *image;
	struct pvp_tables t;
	struct pvp_sites sites;

	good[_i].make(&s);
	pvp_ck_ok(open_small(&s, &image));
	pvp_ck_ok(pvp_tables_parse(image, &t));
	ck_assert_str_eq(t.generation, good[_i].generation);
	pvp_ck_ok(pvp_sites_scan(image, &t, &sites));
	ck_assert_msg(sites.nr == 3, "%s: %zu sites", good[_i].name, sites.nr);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_str_eq(sites.v[i].op, good[_i].ops[i]);
		ck_assert_uint_eq(sites.v[i].len, good[_i].len[i]);
		ck_assert_int_eq(sites.v[i].tail, !strcmp(sites.v[i].op, "cpu.iret"));
	}
	ck_assert_uint_eq(t.nr_runtime_consts, good[_i].constants);
	ck_assert_uint_eq(t.nr_mcounts, good[_i].mcounts);
	ck_assert_uint_eq(t.early_iret, s.early_iret ? s.text_addr + 0x80 : 0);
	pvp_sites_deinit(&sites);
	pvp_tables_deinit(&t);
	pvp_image_close(image);
}
END_TEST

/* --- what can be wrong --- */

static void last_too_short(struct small *s)
{
	s->nr_para -= 3; /* its length byte is gone */
}

static void para_at_the_end(struct small *s)
{
	put(s->para + 32, s->text_addr + sizeof(s->text) - 5, 8);
}

static void para_length_zero(struct small *s)
{
	s->para[16 + 9] = 0;
}

static void para_type_high(struct small *s)
{
	s->para[8] = 85;
}

static void para_indirect_register(struct small *s)
{
	memcpy(s->text + 0x10, "\xff\xd0", 2); /* call *%rax */
}

static void i386_type_high(struct small *s)
{
	s->para[8 + 4] = 13;
}

static void i386_outside(struct small *s)
{
	put(s->para + 16, 0xfffffffc, 4);
}

static void direct_not_a_call(struct small *s)
{
	memcpy(s->text + 0x10, "\xe8\x00\x00\x00\x00\x90", 6);
}

static void direct_jmp(struct small *s)
{
	s->text[0x11] = 0x25;
}

static void direct_length(struct small *s)
{
	s->alts[14 + 12] = 7;
}

static void direct_no_slot(struct small *s)
{
	site(s, 1, "\xff\x15", 2, s->data_addr + 0x3f8, true);
}

static void direct_between_slots(struct small *s)
{
	site(s, 1, "\xff\x15", 2, s->data_addr + 4, true);
}

static void unknown_flag(struct small *s)
{
	put(s->alts + 14 + 10, 4, 2);
}

static void feature_high(struct small *s)
{
	put(s->alts + 42 + 8, 1024, 2);
}

static void alt_outside(struct small *s)
{
	put(s->alts + 42, 0x7fffffff, 4);
}

static void replacement_outside(struct small *s)
{
	put(s->alts + 42 + 4, 0x80000000, 4);
}

static void replacement_long(struct small *s)
{
	s->alts[42 + 13] = 255;
}

static void alt_cut(struct small *s)
{
	s->nr_alts -= 1;
}

static void no_pv_ops(struct small *s)
{
	s->pv_ops = 0;
}

static void pv_ops_nowhere(struct small *s)
{
	s->pv_ops = s->data_addr + 0x10000;
}

static void pv_ops_cut(struct small *s)
{
	s->pv_ops = s->data_addr + sizeof(s->data) - 16;
}

static void lock_nowhere(struct small *s)
{
	s->lock = UINT64_MAX - 15;
}

static void constant_outside(struct small *s)
{
	put(s->constants, 0x70000000, 4);
}

static void mcount_outside(struct small *s)
{
	put(s->mcount + 8, 0x1234, 8);
}

static void mcount_cut(struct small *s)
{
	s->nr_mcount = 15;
}

static void early_iret(struct small *s)
{
	s->text[0x81] = 1;
}

static void no_kallsyms(struct small *s)
{
	s->bare = true;
}

// clang-format off
static const struct {
	const char *name;
	void (*make)(struct small *s), (*spoil)(struct small *s);
	enum pvp_error_code code;
	const char *message;
} bad[] = {
	{ "last entry too short", amd64_5_10, last_too_short, PVP_ERR_BAD_DATA, ".parainstructions at 0xffffffff82200000: 9 bytes behind the last entry of 16 bytes" },
	{ "site at the end of text", amd64_5_10, para_at_the_end, PVP_ERR_BAD_DATA, ".parainstructions entry 2 (at 0xffffffff82200020): site 0xffffffff810000fb lies outside text" },
	{ "length 0", amd64_5_10, para_length_zero, PVP_ERR_BAD_DATA, "entry 1 (at 0xffffffff82200010): site 0xffffffff81000010 has length 0" },
	{ "type", amd64_5_10, para_type_high, PVP_ERR_BAD_DATA, "entry 0 (at 0xffffffff82200000): type 85" },
	{ "call of a register", amd64_5_10, para_indirect_register, PVP_ERR_BAD_DATA, "entry 1 (at 0xffffffff82200010): the 7 bytes of site 0xffffffff81000010 hold no call through" },
	{ "i386 type", i386_6_1, i386_type_high, PVP_ERR_BAD_DATA, "entry 1 (at 0xc2200008): type 13" },
	{ "i386 site", i386_6_1, i386_outside, PVP_ERR_BAD_DATA, "entry 2 (at 0xc2200010): site 0xfffffffc lies outside text" },
	{ "direct: no indirect call", amd64_6_12, direct_not_a_call, PVP_ERR_BAD_DATA, ".altinstructions entry 1 (at 0xffffffff8220100e): direct call: the 6 bytes of site 0xffffffff81000010" },
	{ "direct: jmp", amd64_6_12, direct_jmp, PVP_ERR_BAD_DATA, "entry 1 (at 0xffffffff8220100e): direct call" },
	{ "direct: 7 bytes", amd64_6_12, direct_length, PVP_ERR_BAD_DATA, "direct call: the 7 bytes" },
	{ "direct: no slot", amd64_6_12, direct_no_slot, PVP_ERR_BAD_DATA, "calls through 0xffffffff820003f8, which is no slot" },
	{ "direct: between slots", amd64_6_12, direct_between_slots, PVP_ERR_BAD_DATA, "calls through 0xffffffff82000004, which is no slot" },
	{ "unknown flag", amd64_6_12, unknown_flag, PVP_ERR_BAD_DATA, "entry 1 (at 0xffffffff8220100e): site 0xffffffff81000010 has flags 0x4" },
	{ "feature", amd64_6_12, feature_high, PVP_ERR_BAD_DATA, "entry 3 (at 0xffffffff8220102a): site 0xffffffff81000020 asks for feature 1024" },
	{ "site outside", amd64_6_12, alt_outside, PVP_ERR_BAD_DATA, "entry 3 (at 0xffffffff8220102a): site 0x" },
	{ "replacement outside", amd64_6_12, replacement_outside, PVP_ERR_BAD_DATA, "entry 3 (at 0xffffffff8220102a): replacement 0x" },
	{ "replacement too long", amd64_6_12, replacement_long, PVP_ERR_BAD_DATA, "entry 3 (at 0xffffffff8220102a): 255-byte replacement exceeds 6-byte site" },
	{ "table cut", amd64_6_12, alt_cut, PVP_ERR_BAD_DATA, ".altinstructions at 0xffffffff82201000: 55 bytes are no multiple" },
	{ "no pv_ops", amd64_6_12, no_pv_ops, PVP_ERR_NOT_FOUND, "no symbol pv_ops" },
	{ "pv_ops nowhere", amd64_6_12, pv_ops_nowhere, PVP_ERR_BAD_DATA, "slot 0 of pv_ops, cpu.io_delay, would be at 0xffffffff82010000" },
	{ "pv_ops cut", amd64_6_12, pv_ops_cut, PVP_ERR_BAD_DATA, "slot 2 of pv_ops, cpu.set_debugreg, would be at 0xffffffff82000400" },
	{ "pv_ops_lock nowhere", amd64_7_2, lock_nowhere, PVP_ERR_BAD_DATA, "slot 73 of pv_ops, lock.queued_spin_lock_slowpath, would be at 0xfffffffffffffff0" },
	{ "constant outside", amd64_6_12, constant_outside, PVP_ERR_BAD_DATA, "runtime_ptr_SOMETHING entry 0 (at 0xffffffff82203000): operand" },
	{ "mcount outside", amd64_6_12, mcount_outside, PVP_ERR_BAD_DATA, "__start_mcount_loc entry 1 (at 0xffffffff82202008): call 0x1234 lies outside text" },
	{ "mcount cut", amd64_6_12, mcount_cut, PVP_ERR_BAD_DATA, "15 bytes are no multiple of the entry size 8" },
	{ "no kallsyms", amd64_5_10, no_kallsyms, PVP_ERR_BAD_DATA, "no symbols: its kallsyms are not there, or do not fit together" },
	{ "label", amd64_6_12, early_iret, PVP_ERR_BAD_DATA, "early_xen_iret_patch at 0xffffffff81000080 does not hold" },
};
// clang-format on

START_TEST(refused)
{
	struct small s;
	struct pvp_image *image;
	struct pvp_tables t;

	bad[_i].make(&s);
	bad[_i].spoil(&s);
	pvp_ck_ok(open_small(&s, &image));
	pvp_ck_err(pvp_tables_parse(image, &t), bad[_i].code, bad[_i].message);
	pvp_image_close(image);
}
END_TEST

START_TEST(overlap)
{
	struct small s;
	struct pvp_image *image;
	struct pvp_tables t;
	struct pvp_sites sites;

	amd64_5_10(&s);
	s.para[9] = 17; /* into the second site's first byte */
	pvp_ck_ok(open_small(&s, &image));
	pvp_ck_ok(pvp_tables_parse(image, &t));
	pvp_ck_err(pvp_sites_scan(image, &t, &sites), PVP_ERR_BAD_DATA,
		   "pv sites overlap: irq.irq_disable at 0xffffffff81000000 (entry at "
		   "0xffffffff82200000) and time.sched_clock at 0xffffffff81000010 (entry at "
		   "0xffffffff82200010)");
	pvp_tables_deinit(&t);
	pvp_image_close(image);
}
END_TEST

/* Every byte of the tables set to 0, 0x7f, 0x80 and 0xff: an error or tables, nothing else. */
static void (*const makers[])(struct small *) = {amd64_5_10, i386_5_10, i386_6_1, amd64_6_12,
						 amd64_7_2};

START_TEST(any_byte)
{
	static const uint8_t values[] = {0, 0x7f, 0x80, 0xff};
	struct small s;
	unsigned refusals = 0;

	makers[_i](&s);
	for (size_t at = 0; at < s.nr_para + s.nr_alts; at++) {
		uint8_t *byte = at < s.nr_para ? s.para + at : s.alts + (at - s.nr_para);
		const uint8_t was = *byte;

		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			struct pvp_image *image;
			struct pvp_sites sites;
			struct pvp_tables t;
			struct pvp_error *err;

			*byte = values[v];
			pvp_ck_ok(open_small(&s, &image));
			err = pvp_tables_parse(image, &t);
			if (!err) {
				err = pvp_sites_scan(image, &t, &sites);
				if (!err)
					pvp_sites_deinit(&sites);
				pvp_tables_deinit(&t);
			}
			if (err)
				ck_assert_msg(strstr(err->message, "0x") != NULL, "%s",
					      err->message);
			refusals += err != NULL;
			pvp_error_destroy(err);
			pvp_image_close(image);
		}
		*byte = was;
	}
	ck_assert_uint_gt(refusals, s.nr_para + s.nr_alts);
}
END_TEST

Suite *generations_suite(void)
{
	Suite *s = suite_create("generations");
	TCase *tc = tcase_create("tables");

	tcase_add_loop_test(tc, recognised, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(tc, refused, 0, ARRAY_SIZE(bad));
	tcase_add_test(tc, overlap);
	tcase_add_loop_test(tc, any_byte, 0, ARRAY_SIZE(makers));
	suite_add_tcase(s, tc);
	return s;
}
