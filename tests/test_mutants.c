// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_mutants.c - every bit of good patches flipped: nothing may stay EQUIVALENT but what is
 * argued here.  A mutant that kills the process that runs it is INCONCLUSIVE, not lost.
 */
#include "check.h"

#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"
#include "x86/decode.h"

#define SITE_LEN 6 /* of the longest site below */

// clang-format off
/* A site for each form that the patcher writes. */
static const char *const native_sites[] = {
	"irq.irq_disable#4", "irq.irq_enable#4", "irq.save_fl#4", "mmu.pte_val#1", "mmu.read_cr2#1",
	"mmu.read_cr3#1", "mmu.write_cr3#1", "cpu.wbinvd#1", "lock.queued_spin_unlock#1",
	"lock.vcpu_is_preempted#2", "cpu.write_msr#2", "cpu.load_gdt#3", "mmu.alloc_pte#1",
	"static_call.pv_sched_clock#2", "static_call.pv_steal_clock#1", NULL,
};
static const char *const xen_sites[] = {
	"irq.irq_disable#4", "irq.irq_enable#4", "irq.save_fl#4", "mmu.pte_val#1", "mmu.read_cr2#1",
	"mmu.write_cr3#1", "lock.queued_spin_unlock#1", "lock.vcpu_is_preempted#2",
	"cpu.write_msr#2", "cpu.load_tr_desc#1", "mmu.set_pte#3", "mmu.set_pgd#1",
	"static_call.pv_steal_clock#1", NULL,
};

/* Flips that change nothing anybody is promised, besides a NOP that becomes another NOP. */
static const struct exception {
	const char *platform, *site;
	uint8_t at, value;
	const char *why;
} exceptions[] = {
	{ "native", "irq.irq_disable#4",       1, 0x0d, "or eax,imm32: rax of a void callee" },
	{ "native", "irq.irq_enable#4",        1, 0x0d, "or eax,imm32: rax of a void callee" },
	{ "native", "mmu.pte_val#1",           0, 0x4a, "REX.X: there is no index" },
	{ "native", "lock.vcpu_is_preempted#2",0, 0x4a, "REX.X: there is no index" },
	{ "native", "lock.vcpu_is_preempted#2",0, 0x40, "xor eax,eax" },
	{ "native", "lock.vcpu_is_preempted#2",1, 0x30, "xor al,al: the result is a bool" },
	{ "native", "lock.vcpu_is_preempted#2",1, 0x33, "the other direction of xor" },
	/* Intel SDM vol. 2, MOV to/from control registers: the mod field is ignored. */
	{ "native", "mmu.read_cr2#1",          2, 0x90, "mod of mov rax,cr2" },
	{ "native", "mmu.read_cr2#1",          2, 0x50, "mod of mov rax,cr2" },
	{ "native", "mmu.read_cr3#1",          2, 0x98, "mod of mov rax,cr3" },
	{ "native", "mmu.read_cr3#1",          2, 0x58, "mod of mov rax,cr3" },
	{ "native", "mmu.write_cr3#1",         2, 0x9f, "mod of mov cr3,rdi" },
	{ "native", "mmu.write_cr3#1",         2, 0x5f, "mod of mov cr3,rdi" },
	/* Behind an ordinary call of a void op rax, rcx and rdx are anybody's. */
	{ "native", "cpu.write_msr#2",         5, 0x91, "xchg eax,ecx" },
	{ "native", "cpu.write_msr#2",         5, 0x92, "xchg eax,edx" },
	{ "native", "cpu.write_msr#2",         5, 0x98, "cwde" },
	{ "native", "cpu.load_gdt#3",          5, 0x91, "xchg eax,ecx" },
	{ "native", "cpu.load_gdt#3",          5, 0x92, "xchg eax,edx" },
	{ "native", "cpu.load_gdt#3",          5, 0x98, "cwde" },
	{ "xen-pv", "cpu.write_msr#2",         5, 0x91, "xchg eax,ecx" },
	{ "xen-pv", "cpu.write_msr#2",         5, 0x92, "xchg eax,edx" },
	{ "xen-pv", "cpu.write_msr#2",         5, 0x98, "cwde" },
	{ "xen-pv", "mmu.write_cr3#1",         5, 0x91, "xchg eax,ecx" },
	{ "xen-pv", "mmu.write_cr3#1",         5, 0x92, "xchg eax,edx" },
	{ "xen-pv", "mmu.write_cr3#1",         5, 0x98, "cwde" },
	{ "xen-pv", "mmu.set_pte#3",           5, 0x91, "xchg eax,ecx" },
	{ "xen-pv", "mmu.set_pte#3",           5, 0x92, "xchg eax,edx" },
	{ "xen-pv", "mmu.set_pte#3",           5, 0x98, "cwde" },
	{ "xen-pv", "irq.irq_disable#4",       5, 0x98, "cwde: rax of a void callee" },
	{ "xen-pv", "irq.irq_enable#4",        5, 0x98, "cwde: rax of a void callee" },
	{ "xen-pv", "lock.queued_spin_unlock#1", 5, 0x98, "cwde: rax of a void callee" },
	{ "xen-pv", "irq.save_fl#4",           5, 0x98, "cwde: bit 9 stays" },
	{ "xen-pv", "lock.vcpu_is_preempted#2",5, 0x98, "cwde: al stays" },
};
// clang-format on

static struct kernel kernel;
static struct boot native, xen_pv;

static void setup(void)
{
	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, "native", NULL, &native);
	boot_open(&kernel, "xen-pv", NULL, &xen_pv);
}

static void teardown(void)
{
	boot_close(&xen_pv);
	boot_close(&native);
	kernel_close(&kernel);
}

/* Whether a NOP of the good text covers `at` and the mutant has NOPs from there on. */
static bool is_still_nop(const uint8_t *good, const uint8_t *mutant, size_t at, size_t len)
{
	struct pvp_x86_decoder *decoder;
	struct pvp_x86_insn insn = {0};
	size_t i = 0;

	pvp_ck_ok(pvp_x86_decoder_create(PVP_ISA_AMD64, &decoder));
	while (i + insn.len <= at) {
		i += insn.len;
		pvp_x86_decode(decoder, good + i, len - i, i, &insn);
		ck_assert_uint_gt(insn.len, 0);
	}
	while (insn.nop && i < len) {
		pvp_x86_decode(decoder, mutant + i, len - i, i, &insn);
		i += insn.len;
	}
	pvp_x86_decoder_destroy(decoder);
	return insn.nop && i == len;
}

static const struct exception *find_exception(const struct boot *boot, const char *site, size_t at,
					      uint8_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (!strcmp(exceptions[i].platform, boot->platform->name) &&
		    !strcmp(exceptions[i].site, site) && exceptions[i].at == at &&
		    exceptions[i].value == value)
			return &exceptions[i];
	return NULL;
}

static void judge(const struct boot *boot, const char *name, const struct pvp_cell *cell, size_t at,
		  unsigned bit, bool *seen)
{
	const struct pvp_site *site = check_bench_site(&kernel, name);
	const struct exception *exception;
	uint8_t good[SITE_LEN], mutant[SITE_LEN];

	if (cell->verdict == PVP_DIVERGENT || cell->verdict == PVP_INCONCLUSIVE)
		return;
	memcpy(good, check_bench_predicted(boot, site), site->len);
	memcpy(mutant, good, site->len);
	mutant[at] ^= 1 << bit;
	if (is_still_nop(good, mutant, at, site->len))
		return;
	exception = find_exception(boot, name, at, mutant[at]);
	ck_assert_msg(exception != NULL, "%s on %s, byte %zu as %02x: %s", name,
		      boot->platform->name, at, mutant[at], pvp_verdict_name(cell->verdict));
	seen[exception - exceptions] = true;
}

/* Every bit of byte `at` at all of the platform's sites. */
static void flip_byte(struct boot *boot, const char *const *sites, size_t at)
{
	bool *wanted = calloc(kernel.sites.nr, sizeof(*wanted)), seen[ARRAY_SIZE(exceptions)] = {0};
	size_t nr = 0, divergent = 0;

	boot->input.wanted = wanted;
	for (size_t i = 0; sites[i]; i++)
		wanted[check_bench_site(&kernel, sites[i]) - kernel.sites.v] =
			at < check_bench_site(&kernel, sites[i])->len;
	for (unsigned bit = 0; bit < 8; bit++) {
		struct pvp_check_result result;

		check_bench_clear(boot);
		for (size_t i = 0; sites[i]; i++) {
			const struct pvp_site *site = check_bench_site(&kernel, sites[i]);
			uint8_t mutant[SITE_LEN];

			ck_assert_uint_le(site->len, SITE_LEN);
			memcpy(mutant, check_bench_predicted(boot, site), site->len);
			if (at < site->len)
				mutant[at] ^= 1 << bit;
			check_bench_lay_bytes(boot, site, mutant);
		}
		pvp_ck_ok(pvp_check(&boot->input, &result));
		for (size_t i = 0; sites[i]; i++) {
			const struct pvp_site *site = check_bench_site(&kernel, sites[i]);
			const struct pvp_cell *cell = &result.cells[site - kernel.sites.v];

			if (cell->verdict == PVP_SKIPPED)
				continue;
			nr++;
			divergent += cell->verdict == PVP_DIVERGENT;
			judge(boot, sites[i], cell, at, bit, seen);
		}
		pvp_check_result_deinit(&result);
	}
	boot->input.wanted = NULL;
	free(wanted);
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (!strcmp(exceptions[i].platform, boot->platform->name) && exceptions[i].at == at)
			ck_assert_msg(seen[i], "%s on %s, byte %zu as %02x is not EQUIVALENT: %s",
				      exceptions[i].site, exceptions[i].platform, at,
				      exceptions[i].value, exceptions[i].why);
	ck_assert_msg(divergent * 10 >= nr * (at < 2 ? 6 : 2), "%s, byte %zu: %zu of %zu DIVERGENT",
		      boot->platform->name, at, divergent, nr);
}

START_TEST(flipped_native)
{
	flip_byte(&native, native_sites, _i);
}
END_TEST

START_TEST(flipped_xen_pv)
{
	flip_byte(&xen_pv, xen_sites, _i);
}
END_TEST

Suite *mutants_suite(void)
{
	Suite *s = suite_create("mutants");
	TCase *bits = tcase_create("every bit");

	tcase_add_unchecked_fixture(bits, setup, teardown);
	tcase_set_tags(bits, PVP_TAG_LONG);
	tcase_add_loop_test(bits, flipped_native, 0, SITE_LEN);
	tcase_add_loop_test(bits, flipped_xen_pv, 0, SITE_LEN);
	suite_add_tcase(s, bits);
	return s;
}
