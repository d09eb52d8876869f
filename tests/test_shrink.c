// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_shrink.c - what a witness is shrunk to: exactly what matters is left, and it differs in the
 * way the drawn state did.
 */
#include "alloc.h"
#include "bench.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "difference.h"
#include "shrink.h"
#include "suites.h"

static struct kernel kernel;
static struct boot native, xen_pv;

static void setup(void)
{
	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, "native", NULL, &native);
	boot_open(&kernel, "xen-pv", NULL, &xen_pv);
	native.input.shrink = xen_pv.input.shrink = true;
}

static void teardown(void)
{
	boot_close(&xen_pv);
	boot_close(&native);
	kernel_close(&kernel);
}

// clang-format off
/* Text at a site, the kind of difference (its first words) and what of the state it needs, #: some
 * address. */
static const struct row {
	const char *platform, *site, *text, *kind, *matter;
} rows[] = {
	/* xor ebx,ebx: any rbx but 0. */
	{ "native", "irq.irq_disable#4", "fa 31 db",          "end: rbx",  "rbx\n" },
	{ "native", "mmu.alloc_pte#1",   "31 ed",             "end: rbp",  "rbp\n" },
	/* mov eax,edi: the upper half. */
	{ "native", "mmu.pte_val#1",     "89 f8",             "end: rax",  "rdi\n" },
	/* mov rax,rsi: one of them. */
	{ "native", "mmu.pte_val#1",     "48 89 f0",          "end: rax",  "rdi\n" },
	/* std: any state. */
	{ "native", "mmu.alloc_pte#1",   "fd",                "end: rflags", "" },
	/* cli: interrupts have to be on; sti: off, which is plain. */
	{ "native", "mmu.alloc_pte#1",   "fa",                "effects: nothing unpatched, interrupts", "rflags.IF\n" },
	{ "native", "mmu.alloc_pte#1",   "fb",                "effects: nothing unpatched, interrupts", "" },
	{ "native", "irq.save_fl#4",     "31 c0",             "end: rax",  "rflags.IF\n" },
	{ "native", "mmu.read_cr2#1",    "31 c0",             "end: rax",  "cr2\n" },
	/* One of the two: the other is 0. */
	{ "native", "mmu.read_cr3#1",    "0f 20 d0",          "end: rax",  "cr3\n" },
	/* clac: AC has to be set. */
	{ "native", "mmu.alloc_pte#1",   "0f 01 ca",          "end: rflags", "rflags.AC\n" },
	{ "native", "mmu.alloc_pte#1",   "8e c0",             "effects: nothing unpatched, segment", "" },
	/* jrcxz over a cli, then xor ebp,ebp.  With rcx 0 it differs as well, but in another way. */
	{ "native", "mmu.alloc_pte#1",   "e3 01 fa 31 ed",    "effects: nothing unpatched, interrupts", "rcx\nrflags.IF\n" },
	{ "native", "mmu.alloc_pte#1",   "e3 01 fa 31 ed",    "end: rbp",  "rbp\n" },
	/* jrcxz over ud2: a fault, which rcx 0 would not show. */
	{ "native", "mmu.alloc_pte#1",   "e3 02 0f 0b 31 ed", "stop: end", "rcx\n" },
	/* What a hypervisor shows in memory. */
	{ "xen-pv", "mmu.read_cr2#1",    "31 c0",             "end: rax",  "memory at #\n" },
	/* No state is needed where the bytes alone are wrong. */
	{ "xen-pv", "mmu.set_pgd#1",     "0f 0b",             "null-op:",  "" },
	/* Ring 3: the interrupt flag is the hypervisor's, and stays on. */
	{ "xen-pv", "irq.irq_disable#4", "fa",                "stop: ",    "" },
};
// clang-format on

static void lay(const struct row *row, struct boot **boot, struct pvp_bench **bench)
{
	*boot = strcmp(row->platform, "native") ? &xen_pv : &native;
	check_bench_clear(*boot);
	check_bench_lay(*boot, row->site, row->text);
	pvp_ck_ok(pvp_bench_create(&(*boot)->input, bench));
}

/* The first state that differs in the row's way. */
static void find(const struct row *row, const struct pvp_site *site, struct pvp_bench *bench,
		 struct pvp_cell *ret)
{
	for (unsigned i = 0; i < CHECK_STATES; i++) {
		pvp_bench_decide_state(bench, site, i, ret);
		if (ret->witness && !strncmp(ret->witness->what, row->kind, strlen(row->kind)))
			return;
		pvp_cell_deinit(ret);
	}
	ck_abort_msg("%s, %s: no state shows \"%s\"", row->site, row->text, row->kind);
}

START_TEST(what_matters)
{
	const struct row *row = &rows[_i];
	const struct pvp_site *site = check_bench_site(&kernel, row->site);
	struct pvp_cell cell, again, drawn;
	struct pvp_bench *bench;
	struct boot *boot;
	char *kinds[2], *matter;

	lay(row, &boot, &bench);
	find(row, site, bench, &cell);
	ck_assert_ptr_nonnull(cell.witness->shrunk);
	matter = pvp_difference_kind(cell.witness->matter);
	ck_assert_msg(!strcmp(matter, row->matter), "%s, %s: \"%s\" matters, expected \"%s\"",
		      row->site, row->text, matter, row->matter);
	free(matter);
	ck_assert_str_eq(cell.detail, cell.witness->what);

	/* It differs as the drawn state does. */
	boot->input.shrink = false;
	pvp_bench_decide_state(bench, site, cell.witness->state, &drawn);
	ck_assert_ptr_nonnull(drawn.witness);
	ck_assert_ptr_null(drawn.witness->shrunk);
	kinds[0] = pvp_difference_kind(drawn.witness->what);
	kinds[1] = pvp_difference_kind(cell.witness->what);
	ck_assert_str_eq(kinds[0], kinds[1]);

	/* And replays, to the last register. */
	pvp_ck_ok(pvp_check_start(&boot->input, site, cell.witness->shrunk, cell.witness->state,
				  &again));
	ck_assert_int_eq(again.verdict, PVP_DIVERGENT);
	ck_assert_str_eq(again.witness->what, cell.witness->what);
	ck_assert_mem_eq(again.witness->start, cell.witness->start, sizeof(again.witness->start));
	ck_assert_mem_eq(again.witness->end_k1, cell.witness->end_k1, sizeof(again.witness->end_k1));
	free(kinds[0]);
	free(kinds[1]);
	pvp_cell_deinit(&again);
	pvp_cell_deinit(&drawn);
	pvp_cell_deinit(&cell);
	pvp_bench_destroy(bench);
}
END_TEST

// clang-format off
/* How each side gets to the first difference. */
static const struct {
	struct row row;
	const char *k0, *k1;
} ways[] = {
	{ { "native", "mmu.pte_val#1", "89 f8", "end: rax", "" },
	  "3 instructions\n"
	  "site_pte_val: call qword ptr [rip + ",
	  "5 instructions\n"
	  "site_pte_val: mov eax, edi\n"
	  "site_pte_val+0x2: nop\n" },
	/* The cli is the last one named; what is behind it is not. */
	{ { "native", "mmu.alloc_pte#1", "90 fa 90", "effects: nothing", "" },
	  "2 instructions\n",
	  "2 instructions\n"
	  "site_alloc_pte: nop\n"
	  "site_alloc_pte+0x1: cli\n" },
	/* Up to the callee. */
	{ { "native", "site_write_msr+0x6", "90 call:native_read_msr", "entry: ", "" },
	  "1 instruction\n"
	  "site_write_msr+0x6: call qword ptr [rip + ",
	  "2 instructions\n"
	  "site_write_msr+0x6: nop\n"
	  "site_write_msr+0x7: call 0xffffffff" },
};
// clang-format on

START_TEST(prefix)
{
	const struct row *row = &ways[_i].row;
	struct pvp_cell cell;
	struct pvp_bench *bench;
	struct boot *boot;

	lay(row, &boot, &bench);
	find(row, check_bench_site(&kernel, row->site), bench, &cell);
	ck_assert_msg(!strncmp(cell.witness->prefix_k0, ways[_i].k0, strlen(ways[_i].k0)),
		      "K0: \"%s\", expected \"%s\"", cell.witness->prefix_k0, ways[_i].k0);
	ck_assert_msg(!strncmp(cell.witness->prefix_k1, ways[_i].k1, strlen(ways[_i].k1)),
		      "K1: \"%s\", expected \"%s\"", cell.witness->prefix_k1, ways[_i].k1);
	pvp_cell_deinit(&cell);
	pvp_bench_destroy(bench);
}
END_TEST

// clang-format off
/* States that no machine begins in; register, or memory at an address. */
static const struct {
	unsigned reg;
	uint64_t value;
	const char *poke, *want;
} impossible[] = {
	{ PVP_X86_rflags, 0x102,    NULL,           "shrunk.registers.rflags" },
	{ PVP_X86_rflags, 1u << 17, NULL,           "shrunk.registers.rflags" },
	{ PVP_X86_es,     0x10000,  NULL,           "shrunk.registers.es" },
	{ PVP_X86_tr,     1u << 16, NULL,           "shrunk.registers.tr" },
	{ PVP_X86_rax,    0,        "site_pte_val", "shrunk.memory[0]" },
};
// clang-format on

START_TEST(refuses)
{
	const struct pvp_site *site = check_bench_site(&kernel, "mmu.pte_val#1");
	struct pvp_start *start = pvp_calloc(1, sizeof(*start));
	struct pvp_cell cell;

	check_bench_clear(&native);
	start->state.reg[PVP_X86_rflags] = 2;
	start->state.reg[impossible[_i].reg] = impossible[_i].value;
	if (impossible[_i].poke)
		start->pokes[start->nr_pokes++] = (struct pvp_start_poke){
			.addr = check_bench_symbol(&kernel, impossible[_i].poke), .size = 8};
	pvp_ck_err(pvp_check_start(&native.input, site, start, 0, &cell), PVP_ERR_BAD_DATA,
		   impossible[_i].want);
	free(start);
}
END_TEST

START_TEST(kinds)
{
	static const struct {
		const char *what, *kind;
	} texts[] = {
		{"end: r8 is 0 unpatched, 0x1f patched", "end: r8 is # unpatched, # patched"},
		{"effects: write-cr 0x3 0xff unpatched, nothing patched",
		 "effects: write-cr # # unpatched, nothing patched"},
		{"stop: fault 13 at 0x10 (accessed 0) unpatched, end at 0xffffffff81000000 patched",
		 "stop: fault 13 at # (accessed #) unpatched, end at # patched"},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *kind = pvp_difference_kind(texts[i].what);

		ck_assert_str_eq(kind, texts[i].kind);
		free(kind);
	}
}
END_TEST

Suite *shrink_suite(void)
{
	Suite *suite = suite_create("shrink");
	TCase *tcase = tcase_create("shrink"), *text = tcase_create("text");

	tcase_add_unchecked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_matters, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(tcase, prefix, 0, ARRAY_SIZE(ways));
	tcase_add_loop_test(tcase, refuses, 0, ARRAY_SIZE(impossible));
	tcase_add_test(text, kinds);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, text);
	return suite;
}
