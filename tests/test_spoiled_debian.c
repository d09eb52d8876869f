// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_spoiled_debian.c - test_spoiled.c in short form on Debian's 6.1.176, and all of its sites.
 */
#include "check.h"

#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"

#define NR_SITES     4082
#define NR_WRITE_CR3 9

static struct kernel kernel;

static const char *kernel_path(const char *test)
{
	return pvp_test_file(pvp_test_kernels(), PVP_DEBIAN_KERNEL, test);
}

static void setup(void)
{
	const char *path = kernel_path("spoiled_debian");

	if (path)
		kernel_open(path, &kernel);
}

static void teardown(void)
{
	if (kernel.image)
		kernel_close(&kernel);
}

// clang-format off
static const struct {
	const char *what, *platform, *site, *text;
	enum pvp_verdict want;
} rows[] = {
	{ "sti for cli",           "native", "irq.irq_disable#3", "fb",                         PVP_DIVERGENT },
	{ "lost cli",              "native", "irq.irq_disable#3", "",                           PVP_DIVERGENT },
	{ "rbx clobbered",         "native", "irq.irq_disable#3", "fa 31 db",                   PVP_DIVERGENT },
	{ "save_fl: 0",            "native", "irq.save_fl#1",     "31 c0",                      PVP_DIVERGENT },
	{ "mov eax,edi",           "native", "mmu.pte_val#1",     "89 f8",                      PVP_DIVERGENT },
	{ "cr3 from rsi",          "native", "mmu.write_cr3#1",   "0f 22 de",                   PVP_DIVERGENT },
	{ "another function",      "native", "cpu.write_msr#1",   "call:native_read_msr",       PVP_DIVERGENT },
	{ "target + 1",            "native", "cpu.write_msr#1",   "call:native_write_msr+1",    PVP_DIVERGENT },
	{ "call; push rax",        "native", "cpu.write_msr#1",   "call:native_write_msr 50",   PVP_DIVERGENT },
	{ "unlock: 1 stored",      "native", "lock.queued_spin_unlock#1", "c6 07 01",           PVP_DIVERGENT },
	{ "cli left",              "xen-pv", "irq.irq_disable#3", "fa",                         PVP_DIVERGENT },
	{ "sti left",              "xen-pv", "irq.irq_enable#3",  "fb",                         PVP_DIVERGENT },
	{ "native save_fl",        "xen-pv", "irq.save_fl#1",     "9c 58",                      PVP_DIVERGENT },
	{ "native pte_val",        "xen-pv", "mmu.pte_val#1",     "48 89 f8",                   PVP_DIVERGENT },
	{ "native make_pmd",       "xen-pv", "mmu.make_pmd#1",    "48 89 f8",                   PVP_DIVERGENT },
	{ "native read_cr2",       "xen-pv", "mmu.read_cr2#1",    "0f 20 d0",                   PVP_DIVERGENT },
	{ "read_cr2: 0",           "xen-pv", "mmu.read_cr2#1",    "31 c0",                      PVP_DIVERGENT },
	{ "native unlock",         "xen-pv", "lock.queued_spin_unlock#1", "c6 07 00",           PVP_DIVERGENT },
	{ "native preempted: 0",   "xen-pv", "lock.vcpu_is_preempted#1",  "31 c0",              PVP_DIVERGENT },
	{ "another function",      "xen-pv", "mmu.set_pte#1",     "call:xen_set_pmd",           PVP_DIVERGENT },
	{ "NULL op: ud2 inline",   "xen-pv", "mmu.set_pgd#1",     "0f 0b",                      PVP_DIVERGENT },
	{ "NULL op: another BUG",  "xen-pv", "mmu.set_pgd#1",     "call:paravirt_BUG+2",        PVP_DIVERGENT },
	{ "one-byte NOPs",         "native", "irq.irq_disable#3", "fa",                         PVP_EQUIVALENT },
	{ "two-byte NOPs",         "native", "mmu.alloc_pte#1",   "66 90 66 90 66 90",          PVP_EQUIVALENT },
	{ "31 c0 for 48 31 c0",    "native", "lock.vcpu_is_preempted#1", "31 c0",               PVP_EQUIVALENT },
	{ "call later in the site","native", "cpu.write_msr#1",   "90 call:native_write_msr",   PVP_EQUIVALENT },
	{ "NULL op",               "xen-pv", "mmu.set_pgd#1",     "call:paravirt_BUG 90",       PVP_EQUIVALENT },
};
// clang-format on

START_TEST(spoiled)
{
	struct pvp_cell cell;
	struct boot boot;

	if (!kernel.image)
		return;
	boot_open(&kernel, rows[_i].platform, NULL, &boot);
	check_bench_lay(&boot, rows[_i].site, rows[_i].text);
	check_bench_decide(&boot, rows[_i].site, &cell);
	ck_assert_msg(cell.verdict == rows[_i].want, "%s (%s): %s%s%s", rows[_i].what,
		      rows[_i].platform, pvp_verdict_name(cell.verdict), cell.detail ? ": " : "",
		      cell.detail ? cell.detail : "");
	ck_assert(!cell.witness == (cell.verdict != PVP_DIVERGENT));
	pvp_cell_deinit(&cell);
	boot_close(&boot);
}
END_TEST

/* Every op's first site deleted under Xen PV: seen, but where the function does nothing. */
START_TEST(deleted)
{
	static const char *const nothing[] = {"cpu.io_delay", "cpu.load_tr_desc"};
	struct pvp_check_result result;
	uint8_t nops[256];
	struct boot boot;
	size_t equivalent = 0, divergent = 0;
	bool *wanted;

	if (!kernel.image)
		return;
	memset(nops, 0x90, sizeof(nops));
	boot_open(&kernel, "xen-pv", NULL, &boot);
	wanted = calloc(kernel.sites.nr, sizeof(*wanted));
	/* The last site of an op: the ops' own functions, with their sites, come early in the
	 * image. */
	for (size_t i = 0; i < kernel.sites.nr; i++) {
		bool last = kernel.sites.v[i].kind == PVP_SITE_PARAVIRT;

		for (size_t k = i + 1; k < kernel.sites.nr; k++)
			last = last && kernel.sites.v[k].op != kernel.sites.v[i].op;
		wanted[i] = last;
		if (last)
			check_bench_lay_bytes(&boot, &kernel.sites.v[i], nops);
	}
	boot.input.wanted = wanted;
	boot.input.jobs = 2;
	pvp_ck_ok(pvp_check(&boot.input, &result));
	for (size_t i = 0; i < result.nr_cells; i++) {
		const struct pvp_cell *cell = &result.cells[i];
		bool idle = false;

		if (cell->verdict == PVP_SKIPPED)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(nothing); k++)
			idle = idle || !strcmp(nothing[k], cell->site->op);
		ck_assert_msg(cell->verdict == (idle ? PVP_EQUIVALENT : PVP_DIVERGENT),
			      "%s deleted: %s", cell->site->op, pvp_verdict_name(cell->verdict));
		equivalent += idle;
		divergent += !idle;
	}
	ck_assert_uint_eq(equivalent, ARRAY_SIZE(nothing));
	ck_assert_uint_ge(divergent, 75);
	pvp_check_result_deinit(&result);
	free(wanted);
	boot_close(&boot);
}
END_TEST

static const struct {
	const char *platform;
	size_t null_ops;
} wholes[] = {
	{"native", 0},
	{"xen-pv", 22},
};

START_TEST(whole_kernel)
{
	struct pvp_check_result result;
	struct boot boot;
	size_t null_ops = 0, executed = 0;

	if (!kernel.image)
		return;
	boot_open(&kernel, wholes[_i].platform, NULL, &boot);
	boot.input.jobs = 2;
	pvp_ck_ok(pvp_check(&boot.input, &result));
	for (size_t i = 0; i < result.nr_cells; i++) {
		const struct pvp_cell *cell = &result.cells[i];

		ck_assert_msg(cell->verdict == PVP_EQUIVALENT, "%s: %s#%u: %s, %s",
			      wholes[_i].platform, cell->site->op, cell->site->ordinal,
			      pvp_verdict_name(cell->verdict), cell->detail);
		null_ops += cell->evidence == PVP_EVIDENCE_NULL_OP;
		executed += cell->evidence == PVP_EVIDENCE_EXECUTED;
	}
	ck_assert_uint_eq(result.nr_cells, NR_SITES);
	ck_assert_uint_eq(null_ops, wholes[_i].null_ops);
	ck_assert_uint_eq(executed, NR_SITES - wholes[_i].null_ops);
	ck_assert_uint_eq(result.nr_findings, 0);
	pvp_check_result_deinit(&result);
	boot_close(&boot);
}
END_TEST

/* The bytes are exactly as predicted, and wrong: the inline form is chosen by feature, not by
 * function. */
START_TEST(wrong_function)
{
	static const char *const pv_ops[] = {"mmu.write_cr3=xen_write_cr3", NULL};
	const struct pvp_overrides overrides = {.pv_ops = pv_ops};
	struct pvp_check_result result;
	struct boot boot;
	size_t nr = 0;
	bool *wanted;

	if (!kernel.image)
		return;
	boot_open(&kernel, "native", &overrides, &boot);
	wanted = calloc(kernel.sites.nr, sizeof(*wanted));
	for (size_t i = 0; i < kernel.sites.nr; i++)
		wanted[i] = !strcmp(kernel.sites.v[i].op, "mmu.write_cr3");
	boot.input.wanted = wanted;
	pvp_ck_ok(pvp_check(&boot.input, &result));
	for (size_t i = 0; i < result.nr_cells; i++) {
		if (!wanted[i])
			continue;
		ck_assert_msg(result.cells[i].verdict == PVP_DIVERGENT, "%s#%u: %s",
			      kernel.sites.v[i].op, kernel.sites.v[i].ordinal,
			      pvp_verdict_name(result.cells[i].verdict));
		ck_assert_int_eq(result.cells[i].form, PVP_FORM_INLINE);
		nr++;
	}
	ck_assert_uint_eq(nr, NR_WRITE_CR3);
	pvp_check_result_deinit(&result);
	free(wanted);
	boot_close(&boot);
}
END_TEST

Suite *spoiled_debian_suite(void)
{
	Suite *s = suite_create("spoiled, Debian");
	TCase *debian = tcase_create("6.1.176");

	tcase_set_tags(debian, PVP_TAG_KERNELS);
	tcase_set_timeout(debian, 300);
	tcase_add_unchecked_fixture(debian, setup, teardown);
	tcase_add_loop_test(debian, spoiled, 0, ARRAY_SIZE(rows));
	tcase_add_test(debian, deleted);
	tcase_add_loop_test(debian, whole_kernel, 0, ARRAY_SIZE(wholes));
	tcase_add_test(debian, wrong_function);
	suite_add_tcase(s, debian);
	return s;
}
