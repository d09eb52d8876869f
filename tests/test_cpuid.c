// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_cpuid.c - CPUID tells the platform it runs on, to who asks as one asks there, and is nothing
 * that a constant could stand for.
 */
#include "cpuid.h"

#include <string.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"

// clang-format off
/* What a guest's detection code looks for. */
static const struct {
	enum pvp_hypervisor hypervisor;
	bool prefixed;
	const char *signature; /* NULL: none */
	uint32_t max;
} rows[] = {
	{ PVP_HV_NONE,    false, NULL,           0 },
	{ PVP_HV_XEN_PV,  true,  "XenVMMXenVMM", 0x40000005 },
	{ PVP_HV_XEN_PV,  false, NULL,           0 },
	{ PVP_HV_XEN_HVM, false, "XenVMMXenVMM", 0x40000005 },
	{ PVP_HV_KVM,     false, "KVMKVMKVM",    0x40000001 },
	{ PVP_HV_HYPERV,  false, "Microsoft Hv", 0x4000000c },
	{ PVP_HV_VMWARE,  false, "VMwareVMware", 0x40000010 },
};
// clang-format on

START_TEST(leaves)
{
	const struct pvp_platform platform = {.hypervisor = rows[_i].hypervisor};
	uint32_t before[4] = {0x11111111, 0x22222222, 0xb3333333, 0x44444444}, regs[4];
	char signature[13] = {0};

	memcpy(regs, before, sizeof(regs));
	pvp_cpuid_answer(&platform, 0x40000000, rows[_i].prefixed, regs);
	memcpy(signature, &regs[1], 12);
	if (rows[_i].signature) {
		ck_assert_str_eq(signature, rows[_i].signature);
		ck_assert_uint_eq(regs[0], rows[_i].max);
	} else {
		ck_assert_mem_eq(regs, before, sizeof(regs));
	}
	memcpy(regs, before, sizeof(regs));
	pvp_cpuid_answer(&platform, 1, rows[_i].prefixed, regs);
	ck_assert_uint_eq(regs[2], rows[_i].signature ? 0xb3333333 : 0x33333333);
	ck_assert_uint_eq(regs[0], before[0]);
	memcpy(regs, before, sizeof(regs));
	pvp_cpuid_answer(&platform, 7, rows[_i].prefixed, regs);
	ck_assert_mem_eq(regs, before, sizeof(regs));
}
END_TEST

/* --- in the machine --- */

static struct kernel kernel;
static struct boot boot;

static void setup(void)
{
	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, "xen-pv", NULL, &boot);
}

static void teardown(void)
{
	boot_close(&boot);
	kernel_close(&kernel);
}

/* The native operation runs in ring 3, and says another machine. */
START_TEST(native_under_xen)
{
	struct pvp_cell cell;

	check_bench_lay(&boot, "cpu.cpuid#1", "call:native_cpuid 90");
	check_bench_decide(&boot, "cpu.cpuid#1", &cell);
	ck_assert_int_eq(cell.verdict, PVP_DIVERGENT);
	pvp_cell_deinit(&cell);
}
END_TEST

Suite *cpuid_suite(void)
{
	Suite *s = suite_create("cpuid");
	TCase *answers = tcase_create("answers"), *machine = tcase_create("machine");

	tcase_add_loop_test(answers, leaves, 0, ARRAY_SIZE(rows));
	suite_add_tcase(s, answers);
	tcase_add_checked_fixture(machine, setup, teardown);
	tcase_add_test(machine, native_under_xen);
	tcase_set_timeout(machine, 30);
	suite_add_tcase(s, machine);
	return s;
}
