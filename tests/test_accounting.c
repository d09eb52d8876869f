// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_accounting.c - call depth tracking: which text is a pad, which word is nobody's business,
 * and what of it a comparison lets pass.
 */
#include "accounting.h"

#include <unistd.h>

#include "check_helpers.h"
#include "compare.h"
#include "elfgen.h"
#include "suites.h"
#include "x86/regs.h"

#define TEXT	 0xffffffff81000000
#define TEMPLATE 0xffffffff82000000
#define WORD	 0xffffffff82000109 /* 0x100 behind the template's end */
#define CALLEE	 0xffffffff81000040
#define PAD	 (CALLEE - PVP_PAD_LEN)

static struct pvp_accounting accounting;

static void open_image(const uint8_t *template, struct pvp_accounting *ret)
{
	static const uint8_t text[64];
	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);
	char path[] = "/tmp/pvproof-accounting-XXXXXX";
	struct pvp_image *image;

	close(mkstemp(path));
	elfgen_section(g, ".text", TEXT, ELFGEN_TEXT, text, sizeof(text));
	elfgen_section(g, ".rodata", TEMPLATE, ELFGEN_RODATA, template, PVP_PAD_LEN);
	elfgen_symbol(g, "skl_call_thunk_template", TEMPLATE);
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	unlink(path);
	pvp_accounting_init(ret, image);
	pvp_image_close(image);
}

static void setup(void)
{
	static const uint8_t template[] = {0x65, 0x48, 0xc1, 0x3d, 0x00, 0x01, 0x00, 0x00, 0x05};

	open_image(template, &accounting);
}

START_TEST(image)
{
	static const uint8_t other[] = {0x65, 0x48, 0xd1, 0x3d, 0x00, 0x01, 0x00, 0x00, 0x05};
	struct pvp_accounting none;

	ck_assert_uint_eq(accounting.word, WORD);
	open_image(other, &none);
	ck_assert_uint_eq(none.template, 0);
	ck_assert(!pvp_accounting_is_pad(&none, TEMPLATE, other));
	ck_assert(!pvp_accounting_is_word(&none, 0, 8));
}
END_TEST

static const struct {
	const char *what;
	int64_t moved; /* what is added to the displacement */
	unsigned at;   /* this byte is .. */
	uint8_t spoil; /* .. xored with this */
	bool is_pad;
} pads[] = {
	{"moved as it must be", TEMPLATE - PAD, 0, 0, true},
	{"not moved", 0, 0, 0, false},
	{"moved for another place", TEMPLATE - PAD + 1, 0, 0, false},
	{"another opcode", TEMPLATE - PAD, 2, 0x10, false},
	{"another segment", TEMPLATE - PAD, 0, 0x01, false},
	{"another count", TEMPLATE - PAD, 8, 0x01, false},
	{"another word", TEMPLATE - PAD, 5, 0x01, false},
};

static void make_pad(int64_t moved, unsigned at, uint8_t spoil, uint8_t *ret)
{
	uint32_t disp;

	memcpy(ret, accounting.bytes, PVP_PAD_LEN);
	memcpy(&disp, ret + 4, sizeof(disp));
	disp += moved;
	memcpy(ret + 4, &disp, sizeof(disp));
	ret[at] ^= spoil;
}

START_TEST(pad)
{
	uint8_t text[PVP_PAD_LEN];

	make_pad(pads[_i].moved, pads[_i].at, pads[_i].spoil, text);
	ck_assert_msg(pvp_accounting_is_pad(&accounting, PAD, text) == pads[_i].is_pad, "%s",
		      pads[_i].what);
	ck_assert(!pvp_accounting_is_pad(&accounting, PAD, NULL));
}
END_TEST

/* --- what a comparison lets pass --- */

static const struct {
	const char *what;
	uint64_t target;     /* of the patched side */
	bool spoiled, known; /* the pad's text; whether the comparison is told of it */
	uint64_t addr;	     /* of a store of `size` bytes on one side; 0: none */
	unsigned size;
	enum pvp_agreement want;
} rows[] = {
	{"the pad", PAD, false, true, 0, 0, PVP_AGREE_END},
	{"a spoiled pad", PAD, true, true, 0, 0, PVP_DISAGREE},
	{"beside the pad", PAD + 1, false, true, 0, 0, PVP_DISAGREE},
	{"beside the pad, below", PAD - 1, false, true, 0, 0, PVP_DISAGREE},
	{"the pad, not known", PAD, false, false, 0, 0, PVP_DISAGREE},
	{"the word", CALLEE, false, true, WORD, 8, PVP_AGREE_END},
	{"half of it", CALLEE, false, true, WORD + 4, 4, PVP_AGREE_END},
	{"the word, not known", CALLEE, false, false, WORD, 8, PVP_DISAGREE},
	{"beyond the word", CALLEE, false, true, WORD + 4, 8, PVP_DISAGREE},
	{"behind the word", CALLEE, false, true, WORD + 8, 8, PVP_DISAGREE},
	{"before the word", CALLEE, false, true, WORD - 8, 8, PVP_DISAGREE},
};

static void compare_with(int row, enum pvp_memory_class class, int side)
{
	static const struct pvp_contract contract = {.class = PVP_CLASS_VCALL};
	static const struct pvp_state start;
	static uint8_t host[2][0x1000];
	struct pvp_run runs[2] = {0};
	struct pvp_memory memories[2] = {0};
	struct pvp_side sides[2];
	struct pvp_comparison c;
	uint8_t text[PVP_PAD_LEN];
	const uint64_t value = 0x1122334455667788;
	struct pvp_compare_input in = {
		.contract = &contract,
		.start = &start,
		.site = TEXT,
		.len = 6,
		.max_insns = 1000,
		.compare_entry = true,
		.accounting = rows[row].known ? &accounting : NULL,
		.pad_text = text,
	};

	make_pad(TEMPLATE - PAD, 8, rows[row].spoiled, text);
	for (int i = 0; i < 2; i++) {
		const struct pvp_region region = {.addr = WORD & ~0xfffull,
						  .len = 0x1000,
						  .host = host[i],
						  .prot = PVP_PROT_READ | PVP_PROT_WRITE,
						  .class = class};

		memset(host[i], 0, sizeof(host[i]));
		pvp_memory_add(&memories[i], &region);
		memories[i].clock = &runs[i].effects.nr;
		runs[i].stop = PVP_STOP_END;
		runs[i].entered = true;
		runs[i].entry.reg[PVP_X86_rip] = i ? rows[row].target : CALLEE;
		sides[i] = (struct pvp_side){&runs[i], &memories[i]};
	}
	if (rows[row].addr)
		pvp_memory_write(&memories[side], rows[row].addr, &value, rows[row].size,
				 PVP_WRITER_GUEST);
	pvp_compare(&in, &sides[0], &sides[1], &c);
	ck_assert_msg(c.agreement == rows[row].want, "%s, side %d: %d, %s", rows[row].what, side,
		      c.agreement, c.what);
	for (int i = 0; i < 2; i++)
		pvp_memory_deinit(&memories[i]);
}

START_TEST(comparison)
{
	for (int side = 0; side < 2; side++) {
		compare_with(_i, PVP_MEM_ORDERED, side);
		compare_with(_i, PVP_MEM_PLAIN, side);
	}
}
END_TEST

Suite *accounting_suite(void)
{
	Suite *s = suite_create("accounting");
	TCase *c = tcase_create("rules");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, image);
	tcase_add_loop_test(c, pad, 0, ARRAY_SIZE(pads));
	tcase_add_loop_test(c, comparison, 0, ARRAY_SIZE(rows));
	suite_add_tcase(s, c);
	return s;
}
