// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_convention.c - i386's calling convention: where arguments are, which registers a callee
 * keeps, which halves of a result count.  (amd64's: test_compare.c.)
 */
#include "compare.h"

#include "check_helpers.h"
#include "suites.h"
#include "x86/regs.h"

#define U64  UINT64_MAX
#define U32  0xffffffffull
#define BOOL 0xffull

// clang-format off
static const struct {
	const char *what;
	enum pvp_call_class class;
	uint64_t result_mask;
	enum pvp_x86_reg reg; /* differs by .. */
	uint64_t bits;	      /* .. these */
	enum pvp_agreement want;
} rows[] = {
	{ "u64: eax",           PVP_CLASS_CALL,    U64,  PVP_X86_rax, 0x80000000, PVP_DISAGREE },
	{ "u64: edx",           PVP_CLASS_CALL,    U64,  PVP_X86_rdx, 1,          PVP_DISAGREE },
	{ "u32: eax",           PVP_CLASS_CALL,    U32,  PVP_X86_rax, 1,          PVP_DISAGREE },
	{ "u32: edx",           PVP_CLASS_CALL,    U32,  PVP_X86_rdx, 1,          PVP_AGREE_END },
	{ "bool: al",           PVP_CLASS_CALLEE,  BOOL, PVP_X86_rax, 1,          PVP_DISAGREE },
	{ "bool: ah",           PVP_CLASS_CALLEE,  BOOL, PVP_X86_rax, 0x100,      PVP_AGREE_END },
	{ "bool: edx",          PVP_CLASS_CALLEE,  BOOL, PVP_X86_rdx, 1,          PVP_AGREE_END },
	{ "void: eax",          PVP_CLASS_VCALL,   0,    PVP_X86_rax, 1,          PVP_AGREE_END },
	{ "void: edx",          PVP_CLASS_VCALL,   0,    PVP_X86_rdx, 1,          PVP_AGREE_END },
	{ "ordinary: ecx",      PVP_CLASS_VCALL,   0,    PVP_X86_rcx, 1,          PVP_AGREE_END },
	{ "callee-save: ecx",   PVP_CLASS_VCALLEE, 0,    PVP_X86_rcx, 1,          PVP_DISAGREE },
	{ "callee-save: edx",   PVP_CLASS_VCALLEE, 0,    PVP_X86_rdx, 1,          PVP_AGREE_END },
	{ "esi, amd64's loses", PVP_CLASS_VCALL,   0,    PVP_X86_rsi, 1,          PVP_DISAGREE },
	{ "edi, amd64's loses", PVP_CLASS_VCALL,   0,    PVP_X86_rdi, 1,          PVP_DISAGREE },
	{ "ebx",                PVP_CLASS_VCALL,   0,    PVP_X86_rbx, 1,          PVP_DISAGREE },
	{ "ebp",                PVP_CLASS_VCALL,   0,    PVP_X86_rbp, 1,          PVP_DISAGREE },
	{ "esp",                PVP_CLASS_VCALL,   0,    PVP_X86_rsp, 4,          PVP_DISAGREE },
};
// clang-format on

START_TEST(registers)
{
	const struct pvp_contract contract = {.isa = PVP_ISA_I386,
					      .class = rows[_i].class,
					      .has_result = rows[_i].result_mask != 0,
					      .result_mask = rows[_i].result_mask};
	static const struct pvp_state start;
	struct pvp_compare_input in = {.contract = &contract, .start = &start, .max_insns = 1000};
	struct pvp_run runs[2] = {0};
	struct pvp_memory memories[2] = {0};
	struct pvp_side sides[2];
	struct pvp_comparison c;
	char what[96];

	for (int i = 0; i < 2; i++) {
		runs[i].stop = PVP_STOP_END;
		sides[i] = (struct pvp_side){&runs[i], &memories[i]};
	}
	runs[1].end.reg[rows[_i].reg] = rows[_i].bits;
	pvp_compare(&in, &sides[0], &sides[1], &c);
	ck_assert_msg(c.agreement == rows[_i].want, "%s: %s", rows[_i].what, c.what);
	/* Alone, a run breaks the contract where it loses what a callee keeps: never by a result.
	 */
	ck_assert_msg(pvp_contract_kept(&contract, &start, &runs[0], what, sizeof(what)), "%s",
		      what);
	if (rows[_i].want == PVP_AGREE_END)
		ck_assert_msg(pvp_contract_kept(&contract, &start, &runs[1], what, sizeof(what)),
			      "%s: %s", rows[_i].what, what);
	else if (rows[_i].reg != PVP_X86_rax && rows[_i].reg != PVP_X86_rdx &&
		 rows[_i].reg != PVP_X86_rsp)
		ck_assert_msg(!pvp_contract_kept(&contract, &start, &runs[1], what, sizeof(what)),
			      "%s", rows[_i].what);
}
END_TEST

START_TEST(arguments)
{
	static const unsigned want[][4] = {
		[PVP_ISA_AMD64] = {PVP_X86_rdi, PVP_X86_rsi, PVP_X86_rdx, PVP_X86_rcx},
		[PVP_ISA_I386] = {PVP_X86_rax, PVP_X86_rdx, PVP_X86_rcx, PVP_X86_NR_STATE},
	};

	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(pvp_contract_arg_reg(_i, i), want[_i][i]);
}
END_TEST

Suite *convention_suite(void)
{
	Suite *s = suite_create("convention");
	TCase *c = tcase_create("i386");

	tcase_add_loop_test(c, registers, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(c, arguments, PVP_ISA_AMD64, PVP_ISA_I386 + 1);
	suite_add_tcase(s, c);
	return s;
}
