// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_compare.c - what two runs must agree on, on runs made by hand: a difference is laid into
 * one side and seen, or it is nobody's business.
 */
#include "compare.h"

#include <inttypes.h>

#include "check_helpers.h"
#include "suites.h"
#include "x86/regs.h"

#define SITE	  0x1000
#define LEN	  6
#define CALLEE_AT 0x5000
#define MAX_INSNS 20000
#define PAGE	  0x1000

/* Memory of one side. */
#define PLAIN	0x10000
#define ORDERED 0x20000
#define STACK	0x30000
#define SP	(STACK + 0x800)
#define STRAY	0x40000

struct hand {
	struct pvp_run run;
	struct pvp_memory memory;
	uint8_t host[4][PAGE];
};

static struct hand hands[2];
static struct pvp_contract contract;
static struct pvp_state start;
static struct pvp_compare_input input;

static void setup(void)
{
	static const struct {
		uint64_t addr;
		enum pvp_memory_class class;
	} regions[] = {{PLAIN, PVP_MEM_PLAIN}, {ORDERED, PVP_MEM_ORDERED}, {STACK, PVP_MEM_STACK}};

	memset(hands, 0, sizeof(hands));
	memset(&contract, 0, sizeof(contract));
	contract.class = PVP_CLASS_VCALL;
	for (unsigned i = 0; i < PVP_X86_NR_STATE; i++)
		start.reg[i] = 0x100 * i;
	start.reg[PVP_X86_rsp] = SP;
	start.reg[PVP_X86_rflags] = 2;
	input = (struct pvp_compare_input){
		.contract = &contract,
		.start = &start,
		.site = SITE,
		.len = LEN,
		.end_sp = SP,
		.max_insns = MAX_INSNS,
	};
	for (int i = 0; i < 2; i++) {
		struct hand *h = &hands[i];

		for (size_t k = 0; k < ARRAY_SIZE(regions); k++) {
			struct pvp_region region = {
				.addr = regions[k].addr,
				.len = PAGE,
				.host = h->host[k],
				.prot = PVP_PROT_READ | PVP_PROT_WRITE,
				.class = regions[k].class,
			};

			memset(h->host[k], 0x5a, PAGE);
			pvp_memory_add(&h->memory, &region);
		}
		h->memory.clock = &h->run.effects.nr;
		h->run.stop = PVP_STOP_END;
		h->run.insns = 10;
		h->run.end = start;
		h->run.end.reg[PVP_X86_rip] = SITE + LEN;
		h->run.entry = start;
		h->run.entry.reg[PVP_X86_rip] = CALLEE_AT;
	}
}

static void teardown(void)
{
	for (int i = 0; i < 2; i++) {
		pvp_run_deinit(&hands[i].run);
		pvp_memory_deinit(&hands[i].memory);
	}
}

static void compare(struct pvp_comparison *ret)
{
	struct pvp_side sides[2];

	for (int i = 0; i < 2; i++)
		sides[i] = (struct pvp_side){&hands[i].run, &hands[i].memory};
	pvp_compare(&input, &sides[0], &sides[1], ret);
}

static void expect(const char *name, enum pvp_agreement want)
{
	struct pvp_comparison c;

	compare(&c);
	ck_assert_msg(c.agreement == want, "%s: agreement %d, expected %d (%s)", name, c.agreement,
		      want, c.what);
	ck_assert_msg((want == PVP_AGREE_END || want == PVP_AGREE_FAULT) == !c.what[0],
		      "%s: words \"%s\"", name, c.what);
}

/* --- registers --- */

/* What an operation keeps, by class; rax and rsp apart.  Source: the ABI, and paravirt_types.h. */
static const char ordinary[] = " rbx rbp r12 r13 r14 r15 ";
static const char callee_save[] = " rcx rdx rbx rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15 ";

static const struct {
	enum pvp_call_class class;
	const char *keeps;
} classes[] = {
	{PVP_CLASS_CALL, ordinary},
	{PVP_CLASS_VCALL, ordinary},
	{PVP_CLASS_CALLEE, callee_save},
	{PVP_CLASS_VCALLEE, callee_save},
};

static bool keeps(const char *list, unsigned reg)
{
	char name[16];

	snprintf(name, sizeof(name), " %s ", pvp_x86_reg_name(reg));
	return reg == PVP_X86_rsp || strstr(list, name);
}

START_TEST(general_registers)
{
	const char *list = classes[_i].keeps;

	contract.class = classes[_i].class;
	for (unsigned reg = PVP_X86_rcx; reg <= PVP_X86_r15; reg++) {
		const char *name = pvp_x86_reg_name(reg);
		char what[128];
		bool kept;

		hands[1].run.end.reg[reg] ^= 1ull << 63;
		expect(name, keeps(list, reg) ? PVP_DISAGREE : PVP_AGREE_END);
		/* By itself: reaching the end says where the stack pointer is. */
		kept = pvp_contract_kept(&contract, &start, &hands[1].run, what, sizeof(what));
		ck_assert_msg(kept == (reg == PVP_X86_rsp || !keeps(list, reg)), "%s: %s", name,
			      kept ? "kept" : what);
		ck_assert_msg(kept || strstr(what, name), "%s: %s", name, what);
		hands[0].run.end.reg[reg] ^= 1ull << 63; /* both alike: a finding, no divergence */
		expect(name, PVP_AGREE_END);
		hands[0].run.end.reg[reg] = hands[1].run.end.reg[reg] = start.reg[reg];
	}
}
END_TEST

static const struct {
	const char *what;
	uint64_t mask, k0, k1;
	enum pvp_agreement want;
} results[] = {
	{"void", 0, 0, ~0ull, PVP_AGREE_END},
	{"all 64 bits", ~0ull, 0, 1ull << 63, PVP_DISAGREE},
	{"bool: al differs", 0xff, 0, 1, PVP_DISAGREE},
	{"bool: above al", 0xff, 0x1ff, 0x2ff, PVP_AGREE_END},
	{"save_fl: IF", 0x200, 0x246, 0x46, PVP_DISAGREE},
	{"save_fl: the rest", 0x200, 0x246, 0xfffffffffffff200, PVP_AGREE_END},
	{"32 bits: the lower", 0xffffffff, 0x80000000, 0, PVP_DISAGREE},
	{"32 bits: the upper", 0xffffffff, 1ull << 32, 0, PVP_AGREE_END},
};

START_TEST(result)
{
	contract.class = PVP_CLASS_CALLEE;
	contract.result_mask = results[_i].mask;
	hands[0].run.end.reg[PVP_X86_rax] = results[_i].k0;
	hands[1].run.end.reg[PVP_X86_rax] = results[_i].k1;
	expect(results[_i].what, results[_i].want);
}
END_TEST

START_TEST(flags)
{
	const uint64_t hold = PVP_X86_FLAG_TF | PVP_X86_FLAG_IF | PVP_X86_FLAG_DF |
			      PVP_X86_FLAG_IOPL | PVP_X86_FLAG_NT | PVP_X86_FLAG_AC |
			      PVP_X86_FLAG_ID;
	char name[16];

	snprintf(name, sizeof(name), "flag %d", _i);
	hands[1].run.end.reg[PVP_X86_rflags] ^= 1ull << _i;
	if (hold & 1ull << _i)
		expect(name, PVP_DISAGREE);
	else if (PVP_X86_FLAGS_ARITH & 1ull << _i)
		expect(name, PVP_AGREE_END);
}
END_TEST

START_TEST(direction_flag)
{
	char what[128];

	ck_assert(pvp_contract_kept(&contract, &start, &hands[0].run, what, sizeof(what)));
	hands[0].run.end.reg[PVP_X86_rflags] |= PVP_X86_FLAG_DF;
	ck_assert(!pvp_contract_kept(&contract, &start, &hands[0].run, what, sizeof(what)));
}
END_TEST

START_TEST(system_registers)
{
	for (unsigned reg = PVP_X86_rflags + 1; reg < PVP_X86_NR_STATE; reg++) {
		hands[0].run.end.reg[reg]++;
		expect(pvp_x86_reg_name(reg), PVP_DISAGREE);
		hands[0].run.end.reg[reg]--;
	}
}
END_TEST

/* At iret nothing is dead yet. */
START_TEST(op_end)
{
	hands[0].run.stop = hands[1].run.stop = PVP_STOP_OP_END;
	expect("alike", PVP_AGREE_END);
	hands[1].run.end.reg[PVP_X86_rcx]++;
	expect("rcx", PVP_DISAGREE);
}
END_TEST

/* --- memory, effects, stops: what both sides did, step by step --- */

enum step_kind {
	WRITE = 1, /* addr, value, size */
	SCRIPT,	   /* the same, by another CPU */
	MACHINE,   /* the same, by the hypervisor */
	EFFECT,	   /* kind, first argument, number of arguments */
	DATA,	   /* value, bytes: memory behind the newest effect */
	STOP,	   /* kind */
	FOREIGN,   /* it is: struct pvp_run */
	PASSED,
	INSNS,	   /* number */
	VECTOR,	   /* number */
	FAULT_AT,  /* address, access */
	MAP_STRAY, /* a page on the way */
	ENTER,	   /* the next instruction is outside the site */
	ENTRY,	   /* register, value */
	END_SP,	   /* of both sides' end */
};

struct step {
	enum step_kind kind;
	int side; /* 0, 1; 2: both */
	uint64_t a, b;
	unsigned size;
};

#define STEPS 8
#define BOTH  2

static void take_step(struct hand *h, const struct step *s)
{
	uint64_t args[PVP_EFFECT_MAX_ARGS] = {s->b};
	const struct pvp_region stray = {STRAY, PAGE, h->host[3], 3, PVP_MEM_PLAIN, "stray"};

	switch (s->kind) {
	case WRITE:
	case SCRIPT:
	case MACHINE:
		ck_assert(pvp_memory_write(&h->memory, s->a, &s->b, s->size,
					   s->kind == WRITE    ? PVP_WRITER_GUEST
					   : s->kind == SCRIPT ? PVP_WRITER_SCRIPT
							       : PVP_WRITER_MACHINE));
		break;
	case EFFECT:
		pvp_effects_add(&h->run.effects, s->a, s->size, args);
		for (unsigned i = 1; i < s->size; i++)
			h->run.effects.v[h->run.effects.nr - 1].arg[i] = s->b;
		break;
	case DATA:
		pvp_effects_add_data(&h->run.effects, &s->a, s->b);
		break;
	case FOREIGN:
		h->run.foreign = true;
		break;
	case PASSED:
		h->run.passed = true;
		break;
	case STOP:
		h->run.stop = s->a;
		break;
	case INSNS:
		h->run.insns = s->a;
		break;
	case VECTOR:
		h->run.vector = s->a;
		break;
	case FAULT_AT:
		h->run.fault_addr = s->a;
		h->run.fault_access = s->b;
		break;
	case MAP_STRAY:
		pvp_memory_add(&h->memory, &stray);
		h->run.strays++;
		break;
	case ENTER:
		h->run.entered = true;
		h->run.entry_effects = h->run.effects.nr;
		h->run.entry_log = h->memory.nr_log;
		break;
	case ENTRY:
		h->run.entry.reg[s->a] = s->b;
		break;
	case END_SP:
		h->run.end.reg[PVP_X86_rsp] = s->a;
		break;
	}
}

static void take_steps(const struct step *steps)
{
	for (size_t i = 0; i < STEPS && steps[i].kind; i++)
		for (int side = 0; side < 2; side++)
			if (steps[i].side == BOTH || steps[i].side == side)
				take_step(&hands[side], &steps[i]);
}

struct case_row {
	const char *what;
	enum pvp_agreement want;
	struct step steps[STEPS];
};

#define W(side, addr, value, size)                                                                 \
	{                                                                                          \
		WRITE, side, addr, value, size                                                     \
	}
#define E(side, kind, nr, value)                                                                   \
	{                                                                                          \
		EFFECT, side, PVP_EFFECT_##kind, value, nr                                         \
	}
#define STOPS(side, stop)                                                                          \
	{                                                                                          \
		STOP, side, PVP_STOP_##stop, 0, 0                                                  \
	}

// clang-format off
static const struct case_row memory_rows[] = {
	{ "same store", PVP_AGREE_END, { W(BOTH, PLAIN, 1, 8), W(BOTH, ORDERED, 2, 4), W(BOTH, SP, 3, 8) } },

	{ "plain: other value",       PVP_DISAGREE,  { W(0, PLAIN, 1, 8), W(1, PLAIN, 2, 8) } },
	{ "plain: only unpatched",    PVP_DISAGREE,  { W(0, PLAIN, 1, 8) } },
	{ "plain: only patched",      PVP_DISAGREE,  { W(1, PLAIN, 1, 8) } },
	{ "plain: what was there",    PVP_AGREE_END, { W(1, PLAIN, 0x5a, 1) } },
	{ "plain: last one counts",   PVP_AGREE_END, { W(0, PLAIN, 1, 8), W(0, PLAIN, 2, 8), W(1, PLAIN, 2, 8) } },
	{ "plain: order",             PVP_AGREE_END, { W(0, PLAIN, 1, 8), W(0, PLAIN + 8, 2, 8), W(1, PLAIN + 8, 2, 8), W(1, PLAIN, 1, 8) } },
	{ "plain: width",             PVP_AGREE_END, { W(0, PLAIN, 0x20001, 4), W(1, PLAIN, 1, 2), W(1, PLAIN + 2, 2, 2) } },
	{ "plain: other place",       PVP_DISAGREE,  { W(0, PLAIN, 1, 8), W(1, PLAIN + 8, 1, 8) } },
	{ "plain: restored",          PVP_AGREE_END, { W(1, PLAIN, 1, 1), W(1, PLAIN, 0x5a, 1) } },
	{ "plain: wider by a byte",   PVP_DISAGREE,  { W(0, PLAIN, 1, 1), W(1, PLAIN, 1, 2) } },

	{ "ordered: value",           PVP_DISAGREE,  { W(0, ORDERED, 1, 8), W(1, ORDERED, 2, 8) } },
	{ "ordered: order",           PVP_DISAGREE,  { W(0, ORDERED, 1, 8), W(0, ORDERED + 8, 2, 8), W(1, ORDERED + 8, 2, 8), W(1, ORDERED, 1, 8) } },
	{ "ordered: order, one value",PVP_DISAGREE,  { W(0, ORDERED, 1, 8), W(0, ORDERED + 8, 1, 8), W(1, ORDERED + 8, 1, 8), W(1, ORDERED, 1, 8) } },
	{ "ordered: on the way",      PVP_DISAGREE,  { W(0, ORDERED, 1, 8), W(0, ORDERED, 2, 8), W(1, ORDERED, 3, 8), W(1, ORDERED, 2, 8) } },
	{ "ordered: width",           PVP_AGREE_END, { W(0, ORDERED, 0x20001, 4), W(1, ORDERED, 1, 2), W(1, ORDERED + 2, 2, 2) } },
	{ "ordered: high half first", PVP_DISAGREE,  { W(0, ORDERED, 0x20001, 4), W(1, ORDERED + 2, 2, 2), W(1, ORDERED, 1, 2) } },
	{ "ordered: twice",           PVP_DISAGREE,  { W(0, ORDERED, 1, 8), W(1, ORDERED, 1, 8), W(1, ORDERED, 1, 8) } },
	{ "ordered: what was there",  PVP_DISAGREE,  { W(1, ORDERED, 0x5a, 1) } },
	{ "ordered: restored",        PVP_DISAGREE,  { W(1, ORDERED, 1, 1), W(1, ORDERED, 0x5a, 1) } },
	{ "ordered: by the machine",  PVP_DISAGREE,  { { MACHINE, 0, ORDERED, 1, 8 } } },
	{ "ordered: before or behind an effect", PVP_DISAGREE, { W(0, ORDERED, 1, 8), E(BOTH, WBINVD, 0, 0), W(1, ORDERED, 1, 8) } },
	{ "plain: before or behind an effect",  PVP_AGREE_END, { W(0, PLAIN, 1, 8), E(BOTH, WBINVD, 0, 0), W(1, PLAIN, 1, 8) } },
	{ "ordered and plain, mixed", PVP_AGREE_END, { W(0, PLAIN, 1, 8), W(0, ORDERED, 1, 8), W(1, ORDERED, 1, 8), W(1, PLAIN, 1, 8) } },

	{ "script: not the run's",    PVP_AGREE_END, { { SCRIPT, BOTH, ORDERED, 1, 8 }, { SCRIPT, BOTH, PLAIN, 1, 8 } } },
	{ "script: one side waited",  PVP_AGREE_END, { { SCRIPT, 0, ORDERED, 1, 8 } } },
	{ "script: but a store over it", PVP_DISAGREE, { { SCRIPT, BOTH, PLAIN, 1, 8 }, W(0, PLAIN, 2, 8) } },

	{ "stack: dead",              PVP_AGREE_END, { W(0, SP - 8, 1, 8) } },
	{ "stack: live",              PVP_DISAGREE,  { W(0, SP, 1, 8) } },
	{ "stack: live, far",         PVP_DISAGREE,  { W(1, SP + 0x100, 1, 1) } },
	{ "stack: the live half",     PVP_DISAGREE,  { W(1, SP - 4, ~0ull, 8) } },
	{ "stack: the dead half",     PVP_AGREE_END, { W(0, SP - 4, 0x5a5a5a5a11111111, 8) } },
	{ "stack: the dead half, both", PVP_AGREE_END, { W(0, SP - 4, 0x22, 8), W(1, SP - 4, 0x33, 8) } },
	{ "stack: the last live byte",PVP_DISAGREE,  { W(0, SP - 7, 1ull << 56, 8) } },

	{ "stray: both",              PVP_AGREE_END, { { MAP_STRAY, BOTH, 0, 0, 0 } } },
	{ "stray: only unpatched",    PVP_DISAGREE,  { { MAP_STRAY, 0, 0, 0, 0 } } },
	{ "stray: only patched",      PVP_DISAGREE,  { { MAP_STRAY, 1, 0, 0, 0 } } },
	{ "stray: written alike",     PVP_AGREE_END, { { MAP_STRAY, BOTH, 0, 0, 0 }, W(BOTH, STRAY, 1, 8) } },
	{ "stray: written",           PVP_DISAGREE,  { { MAP_STRAY, BOTH, 0, 0, 0 }, W(0, STRAY, 1, 8) } },

	/* At the op's own end the stack pointer is where it is. */
	{ "op end: dead",             PVP_AGREE_END, { STOPS(BOTH, OP_END), { END_SP, BOTH, SP - 16, 0, 0 }, W(0, SP - 24, 1, 8) } },
	{ "op end: pushed words",     PVP_DISAGREE,  { STOPS(BOTH, OP_END), { END_SP, BOTH, SP - 16, 0, 0 }, W(0, SP - 16, 1, 8) } },
};

static const struct case_row effect_rows[] = {
	{ "same",             PVP_AGREE_END, { E(BOTH, WRMSR, 2, 1), E(BOTH, CPUID, 2, 2) } },
	{ "value",            PVP_DISAGREE,  { E(0, WRMSR, 2, 1), E(1, WRMSR, 2, 2) } },
	{ "kind",             PVP_DISAGREE,  { E(0, RDMSR, 1, 1), E(1, RDPMC, 1, 1) } },
	{ "only unpatched",   PVP_DISAGREE,  { E(0, WBINVD, 0, 0) } },
	{ "only patched",     PVP_DISAGREE,  { E(1, WBINVD, 0, 0) } },
	{ "one more",         PVP_DISAGREE,  { E(BOTH, WBINVD, 0, 0), E(1, WBINVD, 0, 0) } },
	{ "order",            PVP_DISAGREE,  { E(0, RDMSR, 1, 1), E(0, RDMSR, 1, 2), E(1, RDMSR, 1, 2), E(1, RDMSR, 1, 1) } },
	{ "interrupt flag",   PVP_DISAGREE,  { E(0, INTERRUPTS, 1, 0), E(1, INTERRUPTS, 1, 1) } },
	{ "off and on again", PVP_DISAGREE,  { E(1, INTERRUPTS, 1, 0), E(1, INTERRUPTS, 1, 1) } },
	{ "memory behind, same",  PVP_AGREE_END, { E(BOTH, HYPERCALL, 3, 1), { DATA, BOTH, 7, 8, 0 } } },
	{ "memory behind",    PVP_DISAGREE,  { E(BOTH, HYPERCALL, 3, 1), { DATA, 0, 7, 8, 0 }, { DATA, 1, 8, 8, 0 } } },
	{ "memory behind, length", PVP_DISAGREE, { E(BOTH, HYPERCALL, 3, 1), { DATA, 0, 0, 8, 0 }, { DATA, 1, 0, 4, 0 } } },
	{ "replaced callee's argument", PVP_DISAGREE, { E(0, CALLEE, 3, 1), E(1, CALLEE, 3, 2) } },
	{ "out's value",      PVP_DISAGREE,  { E(0, OUT, 3, 1), E(1, OUT, 3, 2) } },
};

#define FAULTS(side, vec) STOPS(side, FAULT), { VECTOR, side, vec, 0, 0 }

static const struct case_row stop_rows[] = {
	{ "faults alike",         PVP_AGREE_FAULT, { FAULTS(BOTH, 13) } },
	{ "page faults alike",    PVP_AGREE_FAULT, { FAULTS(BOTH, 14), { FAULT_AT, BOTH, 0x123, PVP_FAULT_WRITE, 0 } } },
	{ "another vector",       PVP_DISAGREE,    { FAULTS(0, 13), FAULTS(1, 6) } },
	{ "another address",      PVP_DISAGREE,    { FAULTS(BOTH, 14), { FAULT_AT, 0, 1, 0, 0 }, { FAULT_AT, 1, 2, 0, 0 } } },
	{ "another access",       PVP_DISAGREE,    { FAULTS(BOTH, 14), { FAULT_AT, 0, 1, 0, 0 }, { FAULT_AT, 1, 1, PVP_FAULT_WRITE, 0 } } },
	{ "only unpatched",       PVP_DISAGREE,    { FAULTS(0, 13) } },
	{ "only patched",         PVP_DISAGREE,    { FAULTS(1, 13) } },
	{ "effects before it",    PVP_DISAGREE,    { FAULTS(BOTH, 13), E(1, WBINVD, 0, 0) } },
	{ "ordered store before it", PVP_DISAGREE, { FAULTS(BOTH, 13), W(0, ORDERED, 1, 8) } },
	{ "a stray before it",    PVP_DISAGREE,    { FAULTS(BOTH, 13), { MAP_STRAY, 1, 0, 0, 0 } } },
	{ "where, in the text",   PVP_AGREE_FAULT, { FAULTS(BOTH, 13), { INSNS, 1, 3, 0, 0 } } },

	{ "one never ends",       PVP_DISAGREE,      { STOPS(1, BUDGET) } },
	{ "the other never ends", PVP_DISAGREE,      { STOPS(0, BUDGET) } },
	{ "neither ends",         PVP_UNDECIDED_RUN, { STOPS(BOTH, BUDGET) } },
	{ "8 times as long",      PVP_DISAGREE,      { STOPS(1, BUDGET), { INSNS, 0, MAX_INSNS / 8 - 1, 0, 0 } } },
	{ "not 8 times as long",  PVP_UNDECIDED_RUN, { STOPS(1, BUDGET), { INSNS, 0, MAX_INSNS / 8, 0, 0 } } },
	{ "fault or never ending",PVP_DISAGREE,      { STOPS(1, BUDGET), FAULTS(0, 13) } },
	{ "end and op's end",     PVP_DISAGREE,      { STOPS(1, OP_END) } },

	{ "past the site",        PVP_DISAGREE,      { STOPS(1, STRADDLE) } },
	{ "both past the site",   PVP_DISAGREE,      { STOPS(BOTH, STRADDLE) } },
	{ "foreign",              PVP_DISAGREE,      { STOPS(1, UNMODELLED), { FOREIGN, 1, 0, 0, 0 } } },
	{ "foreign on both",      PVP_UNDECIDED_RUN, { STOPS(BOTH, UNMODELLED), { FOREIGN, BOTH, 0, 0, 0 } } },
	{ "past its end",         PVP_DISAGREE,      { STOPS(1, UNMODELLED), { PASSED, 1, 0, 0, 0 } } },
	{ "both past their end",  PVP_UNDECIDED_RUN, { STOPS(1, UNMODELLED), { PASSED, BOTH, 0, 0, 0 } } },

	{ "opaque",               PVP_UNDECIDED_RUN, { STOPS(BOTH, OPAQUE) } },
	{ "unmodelled",           PVP_UNDECIDED_RUN, { STOPS(1, UNMODELLED) } },
	{ "hypercall",            PVP_UNDECIDED_RUN, { STOPS(0, HYPERCALL) } },
	{ "lengths",              PVP_UNDECIDED_RUN, { STOPS(0, DECODE) } },
	{ "engine",               PVP_UNDECIDED_RUN, { STOPS(1, ENGINE) } },
	{ "unmodelled or fault",  PVP_UNDECIDED_RUN, { STOPS(1, UNMODELLED), FAULTS(0, 13) } },
};
// clang-format on

START_TEST(memory)
{
	take_steps(memory_rows[_i].steps);
	expect(memory_rows[_i].what, memory_rows[_i].want);
}
END_TEST

START_TEST(effects)
{
	take_steps(effect_rows[_i].steps);
	expect(effect_rows[_i].what, effect_rows[_i].want);
}
END_TEST

START_TEST(stops)
{
	take_steps(stop_rows[_i].steps);
	expect(stop_rows[_i].what, stop_rows[_i].want);
}
END_TEST

/* What a contract leaves out by name, and nothing beside it. */
START_TEST(ignored)
{
	static const struct step other_value[STEPS] = {E(BOTH, OUT, 3, 1)};
	static const struct step two_kinds[STEPS] = {E(0, IN, 2, 1), E(1, IN, 2, 2)};
	char *names[] = {(char *)"out-value"};

	contract.ignored = names;
	contract.nr_ignored = 1;
	take_steps(other_value);
	hands[1].run.effects.v[0].arg[2] = 5; /* port, bytes, value */
	expect("value", PVP_AGREE_END);
	hands[1].run.effects.v[0].arg[0] = 5;
	expect("port", PVP_DISAGREE);
	hands[1].run.effects.v[0].arg[0] = 1;
	hands[1].run.effects.v[0].arg[1] = 5;
	expect("bytes", PVP_DISAGREE);
	hands[1].run.effects.v[0].arg[1] = 1;
	take_steps(two_kinds);
	expect("another effect", PVP_DISAGREE);
}
END_TEST

/* --- entry --- */

#define PUSHED(side, value) W(side, SP - 8, value, 8)

// clang-format off
static const struct {
	const char *what;
	bool agree, endbr; /* endbr: K0's callee begins with it */
	struct step steps[STEPS];
} entries[] = {
	{ "alike",                   true,  false, { PUSHED(BOTH, SITE + 6), { ENTER, BOTH, 0, 0, 0 } } },
	{ "only patched",            false, false, { { ENTER, 1, 0, 0, 0 } } },
	{ "only unpatched",          false, false, { { ENTER, 0, 0, 0, 0 } } },
	{ "another callee",          false, false, { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_rip, CALLEE_AT + 16, 0 } } },
	{ "target + 1",              false, true,  { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_rip, CALLEE_AT + 1, 0 } } },
	{ "target - 1",              false, true,  { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_rip, CALLEE_AT - 1, 0 } } },
	{ "behind its endbr64",      true,  true,  { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_rip, CALLEE_AT + 4, 0 } } },
	{ "behind no endbr64",       false, false, { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_rip, CALLEE_AT + 4, 0 } } },
	{ "unpatched behind it",     false, true,  { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 0, PVP_X86_rip, CALLEE_AT + 4, 0 } } },
	{ "return address",          true,  false, { PUSHED(0, SITE + 6), PUSHED(1, SITE + 5), { ENTER, BOTH, 0, 0, 0 } } },
	{ "to the site's start",     false, false, { PUSHED(0, SITE + 6), PUSHED(1, SITE), { ENTER, BOTH, 0, 0, 0 } } },
	{ "to behind the site",      false, false, { PUSHED(0, SITE + 6), PUSHED(1, SITE + 7), { ENTER, BOTH, 0, 0, 0 } } },
	{ "return address lost",     false, false, { PUSHED(0, SITE + 6), { ENTER, BOTH, 0, 0, 0 } } },
	{ "pushed elsewhere",        false, false, { PUSHED(0, SITE + 6), W(1, SP - 16, SITE + 6, 8), { ENTER, BOTH, 0, 0, 0 } } },
	{ "narrower",                false, false, { PUSHED(0, SITE + 6), W(1, SP - 8, SITE + 6, 4), { ENTER, BOTH, 0, 0, 0 } } },
	{ "argument",                false, false, { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_rdi, 7, 0 } } },
	{ "a register nobody needs", false, false, { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_r11, 7, 0 } } },
	{ "stack pointer",           false, false, { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_rsp, SP - 16, 0 } } },
	{ "arithmetic flags",        false, false, { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_rflags, 3, 0 } } },
	{ "a system register",       false, false, { { ENTER, BOTH, 0, 0, 0 }, { ENTRY, 1, PVP_X86_cr3, 7, 0 } } },
	{ "store before it",         false, false, { W(1, PLAIN, 1, 8), { ENTER, BOTH, 0, 0, 0 }, W(0, PLAIN, 1, 8) } },
	{ "store behind it",         true,  false, { { ENTER, BOTH, 0, 0, 0 }, W(BOTH, PLAIN, 1, 8) } },
	{ "effect before it",        false, false, { E(1, WBINVD, 0, 0), { ENTER, BOTH, 0, 0, 0 }, E(0, WBINVD, 0, 0) } },
	{ "effects alike before it", true,  false, { E(BOTH, WBINVD, 0, 0), { ENTER, BOTH, 0, 0, 0 } } },
	{ "effect's value",          false, false, { E(0, RDMSR, 1, 1), E(1, RDMSR, 1, 2), { ENTER, BOTH, 0, 0, 0 } } },
};
// clang-format on

START_TEST(entry)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa},
			     nops[] = {0x90, 0x90, 0x90, 0x90};
	struct pvp_comparison c;

	input.compare_entry = true;
	input.entry_text = entries[_i].endbr ? endbr64 : nops;
	take_steps(entries[_i].steps);
	compare(&c);
	ck_assert_msg(c.entry == entries[_i].agree, "%s: %s", entries[_i].what, c.what);
	ck_assert_msg(c.agreement == (entries[_i].agree ? PVP_AGREE_END : PVP_DISAGREE), "%s: %s",
		      entries[_i].what, c.what);
	ck_assert_msg(entries[_i].agree || !strncmp(c.what, "entry: ", 7), "%s: %s",
		      entries[_i].what, c.what);
}
END_TEST

/* Entry evidence is there even where the end is not. */
START_TEST(entry_without_end)
{
	static const struct step steps[STEPS] = {{ENTER, BOTH, 0, 0, 0}, STOPS(BOTH, OPAQUE)};
	struct pvp_comparison c;

	input.compare_entry = true;
	take_steps(steps);
	compare(&c);
	ck_assert_int_eq(c.agreement, PVP_UNDECIDED_RUN);
	ck_assert(c.entry);
	input.compare_entry = false; /* text that stays inside the site: the end is all there is */
	compare(&c);
	ck_assert(!c.entry);
	hands[0].run.stop = hands[1].run.stop = PVP_STOP_END;
	compare(&c);
	ck_assert(c.entry);
}
END_TEST

START_TEST(words)
{
	struct pvp_comparison c;
	char text[96];

	hands[0].run.end.reg[PVP_X86_rbx] = 0x1234;
	compare(&c);
	ck_assert_str_eq(c.what, "end: rbx is 0x1234 unpatched, 0x300 patched");
	hands[0].run.end.reg[PVP_X86_rbx] = 0x300;
	pvp_memory_write(&hands[1].memory, PLAIN + 4, "\1\2\3\4", 4, PVP_WRITER_GUEST);
	compare(&c);
	ck_assert_str_eq(c.what, "memory: 4 bytes at 0x10004 are 0x5a5a5a5a unpatched, 0x4030201 "
				 "patched");
	hands[1].run.stop = PVP_STOP_FAULT;
	hands[1].run.vector = 14;
	hands[1].run.stop_addr = 0x77;
	pvp_describe_stop(&hands[1].run, text, sizeof(text));
	ck_assert_str_eq(text, "fault 14 at 0x77 (accessed 0)");
	hands[1].run.meant = true;
	pvp_describe_stop(&hands[1].run, text, sizeof(text));
	ck_assert_str_eq(text, "BUG at 0x77");
}
END_TEST

/* A fault may be at different places, in the site and in its callee; a BUG() is one and the same. */
START_TEST(bugs)
{
	static const struct {
		bool meant[2];
		uint64_t at[2];
		enum pvp_agreement want;
	} rows[] = {
		{{false, false}, {0x100, 0x200}, PVP_AGREE_FAULT},
		{{true, true}, {0x100, 0x100}, PVP_AGREE_FAULT},
		{{true, true}, {0x100, 0x200}, PVP_DISAGREE},
		{{true, false}, {0x100, 0x100}, PVP_DISAGREE},
		{{false, true}, {0x100, 0x200}, PVP_DISAGREE},
	};
	struct pvp_comparison c;

	for (int i = 0; i < 2; i++) {
		struct pvp_run *run = &hands[i].run;

		run->stop = PVP_STOP_FAULT;
		run->vector = PVP_FAULT_UD;
		run->meant = rows[_i].meant[i];
		run->stop_addr = rows[_i].at[i];
	}
	compare(&c);
	ck_assert_msg(c.agreement == rows[_i].want, "row %d: %s", _i, c.what);
}
END_TEST

Suite *compare_suite(void)
{
	Suite *s = suite_create("compare");
	TCase *registers = tcase_create("registers"), *steps = tcase_create("memory and effects"),
	      *at_entry = tcase_create("entry");

	tcase_add_checked_fixture(registers, setup, teardown);
	tcase_add_loop_test(steps, bugs, 0, 5);
	tcase_add_loop_test(registers, general_registers, 0, ARRAY_SIZE(classes));
	tcase_add_loop_test(registers, result, 0, ARRAY_SIZE(results));
	tcase_add_loop_test(registers, flags, 0, 22);
	tcase_add_test(registers, direction_flag);
	tcase_add_test(registers, system_registers);
	tcase_add_test(registers, op_end);
	suite_add_tcase(s, registers);
	tcase_add_checked_fixture(steps, setup, teardown);
	tcase_add_loop_test(steps, memory, 0, ARRAY_SIZE(memory_rows));
	tcase_add_loop_test(steps, effects, 0, ARRAY_SIZE(effect_rows));
	tcase_add_loop_test(steps, stops, 0, ARRAY_SIZE(stop_rows));
	tcase_add_test(steps, ignored);
	tcase_add_test(steps, words);
	suite_add_tcase(s, steps);
	tcase_add_checked_fixture(at_entry, setup, teardown);
	tcase_add_loop_test(at_entry, entry, 0, ARRAY_SIZE(entries));
	tcase_add_test(at_entry, entry_without_end);
	suite_add_tcase(s, at_entry);
	return s;
}
