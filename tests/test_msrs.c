// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_msrs.c - MSRs that are not there: which, that every op on MSRs is seen to succeed and to fail,
 * each as its kernel promises, and that one is not taken for another.
 */
#include "msrs.h"

#include "bench.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"

/* --- which --- */

// clang-format off
static const struct {
	uint32_t index;
	enum pvp_hypervisor hypervisor;
	bool always;
} known[] = {
	{ 0x10,       PVP_HV_NONE,   true },
	{ 0x48,       PVP_HV_NONE,   true },
	{ 0x174,      PVP_HV_NONE,   true },
	{ 0x176,      PVP_HV_XEN_PV, true },
	{ 0x177,      PVP_HV_XEN_PV, false },
	{ 0xc0000080, PVP_HV_NONE,   true },
	{ 0xc0000084, PVP_HV_KVM,    true },
	{ 0xc0000085, PVP_HV_KVM,    false },
	{ 0xc0000100, PVP_HV_NONE,   true },
	{ 0xc0000102, PVP_HV_HYPERV, true },
	{ 0x4b564d00, PVP_HV_KVM,    true },
	{ 0x4b564d00, PVP_HV_NONE,   false },
	{ 0x4b564e00, PVP_HV_KVM,    false },
	{ 0x40000000, PVP_HV_HYPERV, true },
	{ 0x40000000, PVP_HV_KVM,    false },
	{ 0x12,       PVP_HV_KVM,    true },
	{ 0x12,       PVP_HV_NONE,   false },
	{ 0,          PVP_HV_NONE,   false },
	{ 0xffffffff, PVP_HV_NONE,   false },
};
// clang-format on

#define SEEDS 3000

START_TEST(which)
{
	const struct pvp_platform platform = {.hypervisor = known[_i].hypervisor};
	const uint32_t index = known[_i].index;
	unsigned read = 0, write = 0, both = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		bool r = pvp_msr_is_lacking(&platform, seed, index, false);
		bool w = pvp_msr_is_lacking(&platform, seed, index, true);

		read += r;
		write += w;
		both += r && w;
		ck_assert(r == pvp_msr_is_lacking(&platform, seed, index, false));
	}
	if (known[_i].always) {
		ck_assert_msg(!read && !write, "%#x is lacking", index);
		return;
	}
	ck_assert_msg(read > SEEDS * 3 / 10 && read < SEEDS * 4 / 10, "%#x: %u reads", index, read);
	ck_assert_msg(write > SEEDS * 3 / 10 && write < SEEDS * 4 / 10, "%#x: %u writes", index,
		      write);
	ck_assert_msg(both && both < read, "%#x: a write faults where a read does", index);
}
END_TEST

/* --- what the operations make of it --- */

enum promise {
	NOTHING,      /* bundled kernel: reads 0, without a word */
	WARNS,	      /* Linux: and says so */
	ERROR_STORED, /* in what the second argument points to */
	ERROR_RESULT, /* eax */
};

// clang-format off
/* Columns: before 7.2, 7.2.  Source: struct pv_cpu_ops, asm/paravirt_types.h. */
static const struct {
	const char *op;
	bool write;
	enum promise before, since;
} ops[] = {
	{ "cpu.read_msr",       false, WARNS,        WARNS },
	{ "cpu.write_msr",      true,  WARNS,        WARNS },
	{ "cpu.read_msr_safe",  false, ERROR_STORED, ERROR_RESULT },
	{ "cpu.write_msr_safe", true,  ERROR_RESULT, ERROR_RESULT },
};
static const char *const kernels[] = {
	PVP_BUNDLED_KERNEL, PVP_DEBIAN_KERNEL, "vmlinuz-5.10.223-amd64", "vmlinuz-6.12.107-amd64",
	"vmlinuz-7.2.13-amd64",
};
// clang-format on
static const char *const platforms[] = {"native", "xen-pv"};

static struct kernel kernel;

static bool setup(const char *file)
{
	const char *path = file;

	memset(&kernel, 0, sizeof(kernel));
	if (strcmp(file, PVP_BUNDLED_KERNEL))
		path = pvp_test_file(pvp_test_kernels(), file, "msrs");
	if (path)
		kernel_open(path, &kernel);
	return path;
}

static void teardown(void)
{
	if (kernel.image)
		kernel_close(&kernel);
}

static const struct pvp_effect *find_effect(const struct pvp_run *run, enum pvp_effect_kind kind)
{
	for (size_t i = 0; i < run->effects.nr; i++)
		if (run->effects.v[i].kind == kind)
			return &run->effects.v[i];
	return NULL;
}

/* Whether the run shows the failure that the op promises. */
static bool shows_failure(struct pvp_bench *bench, int side, enum promise promise, bool write)
{
	const struct pvp_run *run = &bench->side[side].run;
	uint32_t error = run->end.reg[PVP_X86_rax];

	switch (promise) {
	case NOTHING:
		return write || !run->end.reg[PVP_X86_rax];
	case WARNS:
		return find_effect(run, PVP_EFFECT_WARN) && (write || !run->end.reg[PVP_X86_rax]);
	case ERROR_STORED:
		ck_assert(pvp_memory_read(pvp_machine_memory(bench->side[side].machine),
					  bench->start.state.reg[PVP_X86_rsi], &error,
					  sizeof(error)));
		/* fallthrough */
	case ERROR_RESULT:
		ck_assert_msg(!error || error == (uint32_t)-5, "error %#x", error);
		return error;
	}
	return false;
}

/* Of all start states of an op's first site, counts those in which it fails and does not. */
static void count_paths(const struct boot *boot, size_t op, unsigned *failed, unsigned *done,
			unsigned *warned)
{
	enum promise promise = !strcmp(kernel.tables.generation, "7.2") ? ops[op].since
									 : ops[op].before;
	const char *name = ops[op].op;
	const struct pvp_contract *contract = pvp_contracts_find(&boot->contracts, name);
	char site[64];
	struct pvp_bench *bench;

	/* The bundled kernel does not warn, Xen's functions not always. */
	if (promise == WARNS && (boot->platform->hypervisor || kernel.tables.nr_extable < 100))
		promise = NOTHING;
	snprintf(site, sizeof(site), "%s#1", name);
	pvp_ck_ok(pvp_bench_create(&boot->input, &bench));
	*failed = *done = *warned = 0;
	for (unsigned i = 0; i < CHECK_STATES; i++) {
		enum pvp_effect_kind kind = ops[op].write ? PVP_EFFECT_WRMSR : PVP_EFFECT_RDMSR;
		struct pvp_comparison c;

		pvp_start_make(&bench->facts, boot->platform, contract, boot->input.seed, i,
			       &bench->start);
		pvp_bench_run(bench, check_bench_site(&kernel, site), contract, 10000, &c);
		for (int side = 0; side < 2; side++) {
			const struct pvp_run *run = &bench->side[side].run;
			const struct pvp_effect *e = find_effect(run, kind);
			bool lacking, shown;

			if (run->stop != PVP_STOP_END || !e)
				continue; /* a wild pointer; an MSR that Xen's functions know */
			lacking = pvp_msr_is_lacking(boot->platform, bench->start.seed, e->arg[0],
						     ops[op].write);
			shown = shows_failure(bench, side, promise, ops[op].write);
			/* A write may also fail over its value, and a value read be 0. */
			if (lacking || (promise != NOTHING && !ops[op].write))
				ck_assert_msg(lacking == shown,
					      "%s, state %u, side %d: MSR %#lx is %s", name, i, side,
					      (unsigned long)e->arg[0],
					      lacking ? "lacking" : "there");
			*warned += lacking && find_effect(run, PVP_EFFECT_WARN);
			*failed += lacking;
			*done += !lacking && !(promise != NOTHING && shown);
		}
		pvp_bench_undo(bench);
	}
	pvp_bench_destroy(bench);
}

static void check_paths(const char *file)
{
	for (size_t p = 0; p < ARRAY_SIZE(platforms) && setup(file); p++) {
		struct boot boot;

		boot_open(&kernel, platforms[p], NULL, &boot);
		for (size_t op = 0; op < ARRAY_SIZE(ops); op++) {
			unsigned failed, done, warned;

			count_paths(&boot, op, &failed, &done, &warned);
			ck_assert_msg(failed >= 8 && done >= 32, "%s, %s, %s: %u fail, %u succeed",
				      file, platforms[p], ops[op].op, failed, done);
			/* Linux warns of what no error tells, under Xen PV where it is told to. */
			if (op < 2 && strcmp(file, PVP_BUNDLED_KERNEL))
				ck_assert_msg(!p ? warned == failed
					      : strcmp(kernel.tables.generation, "5.10")
						      ? warned && warned < failed
						      : !warned,
					      "%s, %s, %s: %u warn of %u", file, platforms[p],
					      ops[op].op, warned, failed);
			else
				ck_assert_uint_eq(warned, 0);
		}
		boot_close(&boot);
		kernel_close(&kernel);
		kernel.image = NULL;
	}
}

START_TEST(paths)
{
	check_paths(kernels[0]);
}
END_TEST

START_TEST(paths_debian)
{
	check_paths(kernels[1 + _i]);
}
END_TEST

/* --- one for another --- */

// clang-format off
static const struct row {
	const char *what;
	int kernel;
	const char *platform, *site, *text;
} rows[] = {
	{ "no warning",            1, "native", "cpu.write_msr#1",      "call:native_write_msr_safe" },
	{ "no warning",            1, "xen-pv", "cpu.write_msr#1",      "call:xen_write_msr_safe" },
	{ "read_msr for the safe", 1, "native", "cpu.read_msr_safe#1",  "call:native_read_msr" },
	{ "read_msr for the safe", 1, "xen-pv", "cpu.read_msr_safe#1",  "call:xen_read_msr" },
	{ "error lost: result 0",  2, "native", "cpu.write_msr_safe#1", "call:native_write_msr 31 c0" },
	{ "no warning",            2, "native", "cpu.write_msr#1",      "call:native_write_msr_safe" },
	{ "read_msr for the safe", 2, "native", "cpu.read_msr_safe#1",  "call:native_read_msr" },
	{ "no warning",            3, "native", "cpu.write_msr#1",      "call:native_write_msr_safe" },
	{ "read_msr for the safe", 3, "xen-pv", "cpu.read_msr_safe#1",  "call:xen_read_msr" },
	{ "no warning",            4, "native", "cpu.write_msr#1",      "call:native_write_msr_safe" },
	{ "warning for an error",  4, "native", "cpu.write_msr_safe#1", "call:native_write_msr" },
	{ "no warning",            4, "xen-pv", "cpu.write_msr#1",      "call:xen_write_msr_safe" },
	{ "read_msr for the safe", 4, "native", "cpu.read_msr_safe#1",  "call:native_read_msr" },
};
// clang-format on

START_TEST(spoiled)
{
	const struct row *row = &rows[_i];
	struct pvp_cell cell;
	struct boot boot;

	if (!setup(kernels[row->kernel]))
		return;
	boot_open(&kernel, row->platform, NULL, &boot);
	check_bench_lay(&boot, row->site, row->text);
	check_bench_decide(&boot, row->site, &cell);
	ck_assert_msg(cell.verdict == PVP_DIVERGENT, "%s: %s (%s): %s", kernels[row->kernel],
		      row->what, row->platform, pvp_verdict_name(cell.verdict));
	pvp_cell_deinit(&cell);
	boot_close(&boot);
}
END_TEST

Suite *msrs_suite(void)
{
	Suite *s = suite_create("msrs");
	TCase *tc = tcase_create("which"), *bundled = tcase_create("bundled kernel"),
	      *debian = tcase_create("kernels");

	tcase_add_loop_test(tc, which, 0, ARRAY_SIZE(known));
	suite_add_tcase(s, tc);

	tcase_add_checked_fixture(bundled, NULL, teardown);
	tcase_add_test(bundled, paths);
	suite_add_tcase(s, bundled);

	tcase_set_tags(debian, PVP_TAG_KERNELS);
	tcase_set_timeout(debian, 600);
	tcase_add_checked_fixture(debian, NULL, teardown);
	tcase_add_loop_test(debian, paths_debian, 0, ARRAY_SIZE(kernels) - 1);
	tcase_add_loop_test(debian, spoiled, 0, ARRAY_SIZE(rows));
	suite_add_tcase(s, debian);
	return s;
}
