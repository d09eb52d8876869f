// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_spoiled_debian.c - test_spoiled.c in short form on Debian's kernels, and all of their sites.
 */
#include "check.h"

#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"

static const struct {
	const char *file;
	size_t nr_sites, nr_write_cr3;
	size_t null_ops; /* sites of them, under Xen PV */
} kernels[] = {
	{"vmlinuz-5.10.223-amd64", 7567, 9, 0},
	{PVP_DEBIAN_KERNEL, 4082, 9, 22},
	{"vmlinuz-6.12.107-amd64", 4389, 10, 26},
	{"vmlinuz-7.2.13-amd64", 4468, 10, 0},
	/* There is no Xen PV for these. */
	{"vmlinuz-5.10.223-i386", 3315, 0, 0},
	{"vmlinuz-6.1.176-i386", 265, 0, 0},
};
enum { K5_10, K6_1, K6_12, K7_2, I5_10, I6_1 };
#define NR_AMD64 I5_10

static struct kernel kernel;

static bool setup(int which)
{
	const char *path = pvp_test_file(pvp_test_kernels(), kernels[which].file, "spoiled_debian");

	memset(&kernel, 0, sizeof(kernel));
	if (path)
		kernel_open(path, &kernel);
	return path;
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
	int kernel;
} rows[] = {
	{ "sti for cli",           "native", "irq.irq_disable#3", "fb",                         PVP_DIVERGENT, K6_1 },
	{ "lost cli",              "native", "irq.irq_disable#3", "",                           PVP_DIVERGENT, K6_1 },
	{ "rbx clobbered",         "native", "irq.irq_disable#3", "fa 31 db",                   PVP_DIVERGENT, K6_1 },
	{ "save_fl: 0",            "native", "irq.save_fl#1",     "31 c0",                      PVP_DIVERGENT, K6_1 },
	{ "mov eax,edi",           "native", "mmu.pte_val#1",     "89 f8",                      PVP_DIVERGENT, K6_1 },
	{ "cr3 from rsi",          "native", "mmu.write_cr3#1",   "0f 22 de",                   PVP_DIVERGENT, K6_1 },
	{ "another function",      "native", "cpu.write_msr#1",   "call:native_read_msr",       PVP_DIVERGENT, K6_1 },
	{ "target + 1",            "native", "cpu.write_msr#1",   "call:native_write_msr+1",    PVP_DIVERGENT, K6_1 },
	{ "call; push rax",        "native", "cpu.write_msr#1",   "call:native_write_msr 50",   PVP_DIVERGENT, K6_1 },
	{ "unlock: 1 stored",      "native", "lock.queued_spin_unlock#1", "c6 07 01",           PVP_DIVERGENT, K6_1 },
	{ "cli left",              "xen-pv", "irq.irq_disable#3", "fa",                         PVP_DIVERGENT, K6_1 },
	{ "sti left",              "xen-pv", "irq.irq_enable#3",  "fb",                         PVP_DIVERGENT, K6_1 },
	{ "native save_fl",        "xen-pv", "irq.save_fl#1",     "9c 58",                      PVP_DIVERGENT, K6_1 },
	{ "native pte_val",        "xen-pv", "mmu.pte_val#1",     "48 89 f8",                   PVP_DIVERGENT, K6_1 },
	{ "native make_pmd",       "xen-pv", "mmu.make_pmd#1",    "48 89 f8",                   PVP_DIVERGENT, K6_1 },
	{ "native read_cr2",       "xen-pv", "mmu.read_cr2#1",    "0f 20 d0",                   PVP_DIVERGENT, K6_1 },
	{ "read_cr2: 0",           "xen-pv", "mmu.read_cr2#1",    "31 c0",                      PVP_DIVERGENT, K6_1 },
	{ "native unlock",         "xen-pv", "lock.queued_spin_unlock#1", "c6 07 00",           PVP_DIVERGENT, K6_1 },
	{ "native preempted: 0",   "xen-pv", "lock.vcpu_is_preempted#1",  "31 c0",              PVP_DIVERGENT, K6_1 },
	{ "another function",      "xen-pv", "mmu.set_pte#1",     "call:xen_set_pmd",           PVP_DIVERGENT, K6_1 },
	{ "NULL op: ud2 inline",   "xen-pv", "mmu.set_pgd#1",     "0f 0b",                      PVP_DIVERGENT, K6_1 },
	{ "NULL op: another BUG",  "xen-pv", "mmu.set_pgd#1",     "call:paravirt_BUG+2",        PVP_DIVERGENT, K6_1 },
	{ "one-byte NOPs",         "native", "irq.irq_disable#3", "fa",                         PVP_EQUIVALENT, K6_1 },
	{ "two-byte NOPs",         "native", "mmu.alloc_pte#1",   "66 90 66 90 66 90",          PVP_EQUIVALENT, K6_1 },
	{ "31 c0 for 48 31 c0",    "native", "lock.vcpu_is_preempted#1", "31 c0",               PVP_EQUIVALENT, K6_1 },
	{ "call later in the site","native", "cpu.write_msr#1",   "90 call:native_write_msr",   PVP_EQUIVALENT, K6_1 },
	{ "NULL op",               "xen-pv", "mmu.set_pgd#1",     "call:paravirt_BUG 90",       PVP_EQUIVALENT, K6_1 },

	{ "sti for cli",           "native", "irq.irq_disable#3", "fb",                         PVP_DIVERGENT, K5_10 },
	{ "lost popf",             "native", "irq.restore_fl#1",  "",                           PVP_DIVERGENT, K5_10 },
	{ "push without pop",      "native", "irq.restore_fl#1",  "57",                         PVP_DIVERGENT, K5_10 },
	{ "popf of rsi",           "native", "irq.restore_fl#1",  "56 9d",                      PVP_DIVERGENT, K5_10 },
	{ "sti for restore_fl",    "native", "irq.restore_fl#1",  "fb",                         PVP_DIVERGENT, K5_10 },
	{ "iret by a call",        "native", "cpu.iret#1",        "call:native_iret",           PVP_DIVERGENT, K5_10 },
	{ "iret behind itself",    "native", "cpu.iret#1",        "jmp:native_iret+1",          PVP_DIVERGENT, K5_10 },
	{ "iret: a word popped",   "native", "cpu.iret#1",        "58 jmp:native_iret",         PVP_DIVERGENT, K5_10 },
	{ "another callee",        "native", "mmu.flush_tlb_others#1", "call:native_flush_tlb_local", PVP_DIVERGENT, K5_10 },
	{ "steal clock: 1",        "native", "time.steal_clock#1", "31 c0 ff c0",               PVP_DIVERGENT, K5_10 },
	{ "native restore_fl",     "xen-pv", "irq.restore_fl#1",  "57 9d",                      PVP_DIVERGENT, K5_10 },
	{ "restore_fl: enabled",   "xen-pv", "irq.restore_fl#1",  "call:xen_irq_enable_direct", PVP_DIVERGENT, K5_10 },
	{ "native iret",           "xen-pv", "cpu.iret#1",        "jmp:native_iret",            PVP_DIVERGENT, K5_10 },
	{ "iret: a flag word",     "xen-pv", "cpu.iret#1",        "jmp:xen_iret+2",             PVP_DIVERGENT, K5_10 },
	{ "native steal clock",    "xen-pv", "time.steal_clock#1", "31 c0",                     PVP_DIVERGENT, K5_10 },
	{ "native pmd_val",        "xen-pv", "mmu.pmd_val#1",     "48 89 f8",                   PVP_DIVERGENT, K5_10 },
	{ "shorter NOPs",          "native", "irq.restore_fl#1",  "57 9d 66 90 66 66 90",       PVP_EQUIVALENT, K5_10 },
	{ "a longer NOP",          "native", "irq.restore_fl#1",  "57 9d 0f 1f 40 00",          PVP_EQUIVALENT, K5_10 },

	{ "sti for cli",           "native", "irq.irq_disable#3", "fb",                         PVP_DIVERGENT, K6_12 },
	{ "mov eax,edi",           "native", "mmu.pte_val#1",     "89 f8",                      PVP_DIVERGENT, K6_12 },
	{ "another function",      "native", "cpu.write_msr#1",   "call:native_read_msr",       PVP_DIVERGENT, K6_12 },
	{ "inside its endbr64",    "native", "cpu.write_msr#1",   "call:native_write_msr+1",    PVP_DIVERGENT, K6_12 },
	{ "the place of its pad",  "native", "cpu.write_msr#1",   "call:native_write_msr-9",    PVP_DIVERGENT, K6_12 },
	{ "behind its endbr64",    "native", "cpu.write_msr#1",   "call:native_write_msr+4",    PVP_EQUIVALENT, K6_12 },
	{ "no enter_mmap",         "xen-pv", "mmu.enter_mmap#1",  "",                           PVP_DIVERGENT, K6_12 },
	{ "enter_mmap's opposite", "xen-pv", "mmu.enter_mmap#1",  "call:xen_exit_mmap",         PVP_DIVERGENT, K6_12 },
	{ "lazy mode not left",    "xen-pv", "mmu.lazy_mode.leave#1", "",                       PVP_DIVERGENT, K6_12 },
	{ "lazy mode not entered", "xen-pv", "mmu.lazy_mode.enter#1", "",                       PVP_DIVERGENT, K6_12 },
	{ "NULL op: ud2 inline",   "xen-pv", "mmu.set_pgd#1",     "0f 0b",                      PVP_DIVERGENT, K6_12 },
	{ "NULL op",               "xen-pv", "mmu.set_pgd#1",     "call:BUG_func 90",           PVP_EQUIVALENT, K6_12 },

	/* Where per-CPU data is not linked at 0, its segment has a base all the same. */
	{ "a CPU's own lock",      "native", "lock.queued_spin_unlock#1", "65 c6 07 00",        PVP_DIVERGENT, K7_2 },
	{ "a prefix ignored",      "native", "lock.queued_spin_unlock#1", "3e c6 07 00",        PVP_EQUIVALENT, K7_2 },
	{ "a CPU's own lock",      "native", "lock.queued_spin_unlock#1", "64 c6 00 00",        PVP_DIVERGENT, I6_1 },
	{ "a prefix ignored",      "native", "lock.queued_spin_unlock#1", "3e c6 00 00",        PVP_EQUIVALENT, I6_1 },
	{ "a CPU's own lock",      "native", "lock.queued_spin_unlock#1", "64 c6 00 00",        PVP_DIVERGENT, I5_10 },

	{ "sti for cli",           "native", "irq.irq_disable#3", "fb",                         PVP_DIVERGENT, K7_2 },
	{ "value from rdx",        "native", "cpu.write_msr#1",   "call:native_write_msr_safe", PVP_DIVERGENT, K7_2 },
	{ "error code lost",       "native", "cpu.read_msr_safe#1", "call:native_read_msr",     PVP_DIVERGENT, K7_2 },
	{ "unlock: 1 stored",      "native", "lock.queued_spin_unlock#1", "c6 07 01",           PVP_DIVERGENT, K7_2 },
	{ "no flush",              "xen-pv", "mmu.lazy_mode_flush#1", "",                       PVP_DIVERGENT, K7_2 },
	{ "native write_msr",      "xen-pv", "cpu.write_msr#1",   "call:native_write_msr",      PVP_DIVERGENT, K7_2 },
	{ "native unlock",         "xen-pv", "lock.queued_spin_unlock#1", "c6 07 00",           PVP_DIVERGENT, K7_2 },
	{ "another hypercall path","xen-pv", "static_call.xen_hypercall#1", "call:xen_hypercall_amd", PVP_DIVERGENT, K7_2 },

	{ "unlock: 1 stored",      "native", "lock.queued_spin_unlock#1", "c6 00 01",           PVP_DIVERGENT, I5_10 },
	{ "unlock: a word",        "native", "lock.queued_spin_unlock#1", "66 c7 00 00 00",     PVP_DIVERGENT, I5_10 },
	{ "unlock through edi",    "native", "lock.queued_spin_unlock#1", "c6 07 00",           PVP_DIVERGENT, I5_10 },
	{ "lost unlock",           "native", "lock.queued_spin_unlock#1", "",                   PVP_DIVERGENT, I5_10 },
	{ "ecx clobbered",         "native", "lock.queued_spin_unlock#1", "c6 00 00 31 c9",     PVP_DIVERGENT, I5_10 },
	{ "esi clobbered",         "native", "mmu.flush_tlb_user#1", "31 f6",                   PVP_DIVERGENT, I5_10 },
	{ "preempted: 1",          "native", "lock.vcpu_is_preempted#1", "b0 01",               PVP_DIVERGENT, I5_10 },
	{ "upper half of a clock", "native", "time.steal_clock#1", "31 c0",                     PVP_DIVERGENT, I5_10 },
	{ "a clock of 0",          "native", "time.steal_clock#1", "31 c0 31 d2",               PVP_EQUIVALENT, I5_10 },
	{ "another callee",        "native", "mmu.flush_tlb_one_user#1", "call:native_flush_tlb_local", PVP_DIVERGENT, I5_10 },
	{ "edx of unlock",         "native", "lock.queued_spin_unlock#1", "c6 00 00 31 d2",     PVP_EQUIVALENT, I5_10 },
	{ "target + 1",            "native", "lock.queued_spin_lock_slowpath#1",
	  "call:native_queued_spin_lock_slowpath+1",                                            PVP_DIVERGENT, I6_1 },
	{ "call; push eax",        "native", "cpu.io_delay#1", "call:native_io_delay 50",       PVP_DIVERGENT, I6_1 },
	{ "unlock: 1 stored",      "native", "lock.queued_spin_unlock#1", "c6 00 01",           PVP_DIVERGENT, I6_1 },
	{ "lost call",             "native", "mmu.flush_tlb_multi#1", "",                       PVP_DIVERGENT, I6_1 },

	{ "48 31 c0 for 31 c0",    "native", "lock.vcpu_is_preempted#1", "48 31 c0",            PVP_EQUIVALENT, K7_2 },
};
// clang-format on

START_TEST(spoiled)
{
	struct pvp_cell cell;
	struct boot boot;

	if (!setup(rows[_i].kernel))
		return;
	boot_open(&kernel, rows[_i].platform, NULL, &boot);
	check_bench_lay(&boot, rows[_i].site, rows[_i].text);
	check_bench_decide(&boot, rows[_i].site, &cell);
	ck_assert_msg(cell.verdict == rows[_i].want, "%s: %s (%s): %s%s%s",
		      kernels[rows[_i].kernel].file, rows[_i].what, rows[_i].platform,
		      pvp_verdict_name(cell.verdict), cell.detail ? ": " : "",
		      cell.detail ? cell.detail : "");
	ck_assert(!cell.witness == (cell.verdict != PVP_DIVERGENT));
	pvp_cell_deinit(&cell);
	boot_close(&boot);
}
END_TEST

/* Every op's first site deleted under Xen PV: seen, but where the function does nothing. */
START_TEST(deleted)
{
	/* In 7.2 what Xen PV lacks stays bare metal's, which does nothing. */
	static const char *const nothing[][7] = {
		[K5_10] = {"cpu.load_tr_desc"},
		[K6_1] = {"cpu.io_delay", "cpu.load_tr_desc"},
		[K6_12] = {"cpu.io_delay", "cpu.load_tr_desc"},
		[K7_2] = {"cpu.load_tr_desc", "mmu.alloc_p4d", "mmu.release_p4d",
			  "mmu.notify_page_enc_status_changed"},
	};
	struct pvp_check_result result;
	uint8_t nops[256];
	struct boot boot;
	size_t equivalent = 0, divergent = 0;
	bool *wanted;

	if (!setup(_i))
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
		for (size_t k = 0; nothing[_i][k]; k++)
			idle = idle || !strcmp(nothing[_i][k], cell->site->op);
		ck_assert_msg(cell->verdict == (idle ? PVP_EQUIVALENT : PVP_DIVERGENT),
			      "%s: %s deleted: %s", kernels[_i].file, cell->site->op,
			      pvp_verdict_name(cell->verdict));
		equivalent += idle;
		divergent += !idle;
	}
	ck_assert_uint_ge(equivalent, 1);
	ck_assert_uint_ge(divergent, 65);
	pvp_check_result_deinit(&result);
	free(wanted);
	boot_close(&boot);
}
END_TEST

static const char *const wholes[] = {"native", "xen-pv"};

START_TEST(whole_kernel)
{
	struct pvp_check_result result;
	const char *platform = wholes[_i % ARRAY_SIZE(wholes)];
	int which = _i / ARRAY_SIZE(wholes);
	struct boot boot;
	size_t null_ops = 0, executed = 0,
	       want = _i % ARRAY_SIZE(wholes) ? kernels[which].null_ops : 0;

	if (which >= NR_AMD64 && _i % ARRAY_SIZE(wholes))
		return;
	if (!setup(which))
		return;
	boot_open(&kernel, platform, NULL, &boot);
	boot.input.jobs = 2;
	pvp_ck_ok(pvp_check(&boot.input, &result));
	for (size_t i = 0; i < result.nr_cells; i++) {
		const struct pvp_cell *cell = &result.cells[i];

		ck_assert_msg(cell->verdict == PVP_EQUIVALENT, "%s, %s: %s#%u: %s, %s",
			      kernels[which].file, platform, cell->site->op, cell->site->ordinal,
			      pvp_verdict_name(cell->verdict), cell->detail);
		null_ops += cell->evidence == PVP_EVIDENCE_NULL_OP;
		executed += cell->evidence == PVP_EVIDENCE_EXECUTED;
	}
	ck_assert_uint_eq(result.nr_cells, kernels[which].nr_sites);
	ck_assert_uint_eq(null_ops, want);
	ck_assert_uint_eq(executed, kernels[which].nr_sites - want);
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

	if (!setup(_i))
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
	ck_assert_uint_eq(nr, kernels[_i].nr_write_cr3);
	pvp_check_result_deinit(&result);
	free(wanted);
	boot_close(&boot);
}
END_TEST

Suite *spoiled_debian_suite(void)
{
	Suite *s = suite_create("spoiled, Debian");
	TCase *debian = tcase_create("kernels");

	tcase_set_tags(debian, PVP_TAG_KERNELS);
	tcase_set_timeout(debian, 600);
	tcase_add_checked_fixture(debian, NULL, teardown);
	tcase_add_loop_test(debian, spoiled, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(debian, deleted, 0, NR_AMD64);
	tcase_add_loop_test(debian, whole_kernel, 0, ARRAY_SIZE(kernels) * ARRAY_SIZE(wholes));
	tcase_add_loop_test(debian, wrong_function, 0, NR_AMD64);
	suite_add_tcase(s, debian);
	return s;
}
