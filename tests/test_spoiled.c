// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_spoiled.c - the checker's teeth: wrong text at a site is DIVERGENT with a state that shows
 * it, other right text is EQUIVALENT.  The verdict never looks at predicted bytes.
 */
#include "check.h"

#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"

static struct kernel kernel;
static struct boot native, xen_pv;

static struct boot *boot_named(const char *platform)
{
	return strcmp(platform, "native") ? &xen_pv : &native;
}

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

struct row {
	const char *what, *platform, *site, *text;
};

/* A divergence comes with a state that shows it again. */
static void replay(struct boot *boot, const struct row *row, const struct pvp_cell *cell)
{
	const struct pvp_witness *w = cell->witness;
	struct pvp_cell again;

	ck_assert_msg(w != NULL, "%s: no witness", row->what);
	pvp_ck_ok(pvp_check_one(&boot->input, check_bench_site(boot->kernel, row->site), w->state,
				&again));
	ck_assert_msg(again.verdict == PVP_DIVERGENT && again.witness &&
			      !strcmp(again.witness->what, w->what) &&
			      !memcmp(again.witness->start, w->start, sizeof(w->start)) &&
			      !memcmp(again.witness->end_k1, w->end_k1, sizeof(w->end_k1)),
		      "%s: state %u does not replay \"%s\"", row->what, w->state, w->what);
	pvp_cell_deinit(&again);
}

static void check_row(struct boot *boot, const struct row *row, enum pvp_verdict want)
{
	struct pvp_cell cell;

	check_bench_clear(boot);
	check_bench_lay(boot, row->site, row->text);
	check_bench_decide(boot, row->site, &cell);
	ck_assert_msg(cell.verdict == want, "%s (%s, %s: %s): %s%s%s", row->what, row->platform,
		      row->site, row->text, pvp_verdict_name(cell.verdict), cell.detail ? ": " : "",
		      cell.detail ? cell.detail : "");
	if (want == PVP_DIVERGENT)
		replay(boot, row, &cell);
	pvp_cell_deinit(&cell);
}

// clang-format off
/* Words: check_bench.h.  irq_disable#4, save_fl#4 and so on are the sites of sites.c. */
static const struct row divergent[] = {
	/* Not modelled, and yet certain to do what no operation does. */
	{ "int 0x80",                 "native", "mmu.alloc_pte#1",   "cd 80" },
	/* Native inline forms. */
	{ "sti for cli",              "native", "irq.irq_disable#4", "fb" },
	{ "cli for sti",              "native", "irq.irq_enable#4",  "fa" },
	{ "lost cli",                 "native", "irq.irq_disable#4", "" },
	{ "lost sti",                 "native", "irq.irq_enable#4",  "" },
	{ "lost wbinvd",              "native", "cpu.wbinvd#1",      "" },
	{ "invd for wbinvd",          "native", "cpu.wbinvd#1",      "0f 08" },
	{ "inline form clobbers rbx", "native", "irq.irq_disable#4", "fa 31 db" },
	{ "and rcx, callee-save",     "native", "irq.irq_disable#4", "fa 31 c9" },
	{ "and r11, callee-save",     "native", "mmu.pte_val#1",     "48 89 f8 45 31 db" },
	{ "save_fl: 0",               "native", "irq.save_fl#4",     "31 c0" },
	{ "save_fl: nothing",         "native", "irq.save_fl#4",     "" },
	{ "save_fl: no pop",          "native", "irq.save_fl#4",     "9c" },
	{ "pte_val: mov eax,edi",     "native", "mmu.pte_val#1",     "89 f8" },
	{ "pte_val: mov rax,rsi",     "native", "mmu.pte_val#1",     "48 89 f0" },
	{ "read_cr2: 0",              "native", "mmu.read_cr2#1",    "31 c0" },
	{ "read_cr2: cr3",            "native", "mmu.read_cr2#1",    "0f 20 d8" },
	{ "read_cr3: cr2",            "native", "mmu.read_cr3#1",    "0f 20 d0" },
	{ "write_cr3: from rsi",      "native", "mmu.write_cr3#1",   "0f 22 de" },
	{ "write_cr3: into cr2",      "native", "mmu.write_cr3#1",   "0f 22 d7" },
	{ "write_cr3: twice",         "native", "mmu.write_cr3#1",   "0f 22 df 0f 22 df" },
	{ "unlock: 1 stored",         "native", "lock.queued_spin_unlock#1", "c6 07 01" },
	{ "unlock: 16 bits stored",   "native", "lock.queued_spin_unlock#1", "66 c7 07 00 00" },
	{ "unlock: 32 bits stored",   "native", "lock.queued_spin_unlock#1", "c7 07 00 00 00 00" },
	{ "unlock: at rsi",           "native", "lock.queued_spin_unlock#1", "c6 06 00" },
	{ "unlock: at rdi+1",         "native", "lock.queued_spin_unlock#1", "c6 47 01 00" },
	{ "vcpu_is_preempted: 1",     "native", "lock.vcpu_is_preempted#2",  "b8 01 00 00 00" },
	{ "steal clock: 1",           "native", "static_call.pv_steal_clock#1", "b8 01 00 00 00" },
	{ "another op's inline form", "native", "irq.irq_disable#4", "site:irq.irq_enable#4" },
	{ "another op's, too",        "native", "mmu.read_cr3#1",    "site:mmu.read_cr2#1" },

	/* Calls. */
	{ "another function",         "native", "cpu.write_msr#2",   "call:native_read_msr" },
	{ "target + 1",               "native", "cpu.write_msr#2",   "call:native_write_msr+1" },
	{ "target - 1",               "native", "cpu.write_msr#2",   "call:native_write_msr-1" },
	{ "neighbour slot",           "native", "cpu.read_cr0#1",    "call:native_write_cr0" },
	{ "another op's call",        "native", "cpu.load_gdt#3",    "call:native_load_idt" },
	{ "the inline op's function", "native", "irq.irq_disable#4", "call:pv_native_irq_enable" },
	{ "call, push rax",           "native", "cpu.write_msr#2",   "call:native_write_msr 50" },
	{ "the FPU",                  "native", "mmu.alloc_pte#1",   "db e3" },
	{ "a vector register",        "native", "mmu.alloc_pte#1",   "0f 57 c1" },
	{ "a far jump",               "native", "mmu.alloc_pte#1",   "ff 6f 08" },
	{ "emms",                     "native", "mmu.alloc_pte#1",   "0f 77" },
	{ "fwait",                    "native", "irq.irq_disable#4", "fa 9b" },
	{ "an MMX read",              "native", "irq.irq_disable#4", "fa 0f d7 c0" },
	{ "clflush of garbage",       "native", "irq.irq_disable#4", "fa 0f ae 38" },
	{ "an XOP prefix",            "native", "cpu.wbinvd#1",      "8f e8" },
	{ "rdrand for the flags",     "native", "irq.save_fl#1",     "0f c7 f0" },
	{ "movmskps to rbx",          "native", "mmu.alloc_pte#1",   "0f 50 d8" },
	{ "mwait",                    "native", "mmu.alloc_pte#1",   "0f 01 c9" },
	{ "jmp to a far jump",        "native", "mmu.alloc_pte#1",   "eb 01 90 ff e8" },
	{ "a prefix behind the call", "native", "cpu.write_msr#2",   "call:native_write_msr 66" },
	{ "an escape behind the call","native", "cpu.write_msr#2",   "call:native_write_msr 0f" },
	{ "mov eax,imm32 runs on",    "native", "irq.irq_disable#4", "fa 90 90 90 90 b8" },
	{ "REX runs on",              "native", "irq.irq_disable#4", "fa 90 90 90 90 48" },
	{ "narrow read_cr3",          "native", "mmu.read_cr3#1",    "0f 20 d8 89 c0" },
	{ "narrow xen_read_cr3",      "xen-pv", "mmu.read_cr3#1",    "call:xen_read_cr3 98" },
	{ "call, pop rax",            "native", "cpu.write_msr#2",   "call:native_write_msr 58" },
	{ "call, then std",           "native", "cpu.write_msr#2",   "call:native_write_msr fd" },
	{ "call, then sti",           "native", "irq.irq_disable#4", "call:pv_native_irq_disable fb" },
	{ "jump for a call",          "native", "cpu.write_msr#2",   "jmp:native_write_msr" },
	{ "no call",                  "native", "cpu.write_msr#2",   "" },
	{ "call twice, to itself",    "native", "cpu.write_msr#2",   "e8 fb ff ff ff" },
	{ "tail call to target + 1",  "native", "static_call.pv_sched_clock#1",
	  "jmp:native_sched_clock+1" },
	{ "tail call lost",           "native", "static_call.pv_sched_clock#1", "c3" },
	{ "clock: another function",  "native", "static_call.pv_sched_clock#2",
	  "call:native_steal_clock" },

	/* An interrupt that comes between the two is slept over. */
	{ "sti, nop, hlt",            "native", "irq.safe_halt#1",   "fb 90 f4" },
	{ "hlt, sti",                 "native", "irq.safe_halt#1",   "f4 fb" },

	/* In place of a call that vanishes: alloc_pte does nothing on bare metal. */
	{ "push without pop",         "native", "mmu.alloc_pte#1", "50" },
	{ "pop without push",         "native", "mmu.alloc_pte#1", "58" },
	{ "rbp changed",              "native", "mmu.alloc_pte#1", "31 ed" },
	{ "padding jumps to itself",  "native", "mmu.alloc_pte#1", "eb fe" },
	{ "padding jumps behind",     "native", "mmu.alloc_pte#1", "eb 05" },
	{ "padding returns",          "native", "mmu.alloc_pte#1", "c3" },
	{ "ud2",                      "native", "mmu.alloc_pte#1", "0f 0b" },
	{ "int3",                     "native", "mmu.alloc_pte#1", "cc" },
	{ "a NOP with lock: #UD",     "native", "mmu.alloc_pte#1", "f0 0f 1f 44 00 00" },
	{ "hlt",                      "native", "mmu.alloc_pte#1", "f4" },
	{ "cli",                      "native", "mmu.alloc_pte#1", "fa" },
	{ "sti",                      "native", "mmu.alloc_pte#1", "fb" },
	{ "popf with IF",             "native", "mmu.alloc_pte#1", "6a 02 9d" },
	{ "std",                      "native", "mmu.alloc_pte#1", "fd" },
	{ "stac",                     "native", "mmu.alloc_pte#1", "0f 01 cb" },
	{ "clac",                     "native", "mmu.alloc_pte#1", "0f 01 ca" },
	{ "swapgs",                   "native", "mmu.alloc_pte#1", "0f 01 f8" },
	{ "iretq",                    "native", "mmu.alloc_pte#1", "48 cf" },
	{ "cr3 written",              "native", "mmu.alloc_pte#1", "0f 22 d8" },
	{ "es loaded",                "native", "mmu.alloc_pte#1", "8e c0" },
	{ "out",                      "native", "mmu.alloc_pte#1", "e6 80" },
	{ "argument's target cleared","native", "mmu.alloc_pte#1", "c6 07 00" },
	{ "live stack written",       "native", "mmu.alloc_pte#1", "48 89 04 24" },
	{ "live stack, its start",    "native", "mmu.alloc_pte#1", "48 89 44 24 fc" },
	{ "read where nothing is",    "native", "mmu.alloc_pte#1", "8b 05 00 00 00 10" },
	{ "write where nothing is",   "native", "mmu.alloc_pte#1", "89 05 00 00 00 10" },

	/* Native text under Xen PV. */
	{ "cli left",                 "xen-pv", "irq.irq_disable#4", "fa" },
	{ "sti left",                 "xen-pv", "irq.irq_enable#4",  "fb" },
	{ "popf for sti",             "xen-pv", "irq.irq_enable#4",  "68 46 02 00 00 9d" },
	{ "popf for cli",             "xen-pv", "irq.irq_disable#4", "6a 02 9d" },
	{ "native save_fl",           "xen-pv", "irq.save_fl#4",     "9c 58" },
	{ "native pte_val",           "xen-pv", "mmu.pte_val#1",     "48 89 f8" },
	{ "native pte_val, 32 bits",  "xen-pv", "mmu.pte_val#1",     "89 f8" },
	{ "native make_pte",          "xen-pv", "mmu.make_pte#2",    "48 89 f8" },
	{ "native pmd_val",           "xen-pv", "mmu.pmd_val#2",     "48 89 f8" },
	{ "native make_pmd",          "xen-pv", "mmu.make_pmd#1",    "48 89 f8" },
	{ "native pud_val",           "xen-pv", "mmu.pud_val#2",     "48 89 f8" },
	{ "native make_pud",          "xen-pv", "mmu.make_pud#1",    "48 89 f8" },
	{ "native p4d_val",           "xen-pv", "mmu.p4d_val#1",     "48 89 f8" },
	{ "native make_p4d",          "xen-pv", "mmu.make_p4d#1",    "48 89 f8" },
	{ "native pgd_val",           "xen-pv", "mmu.pgd_val#2",     "48 89 f8" },
	{ "native make_pgd",          "xen-pv", "mmu.make_pgd#1",    "48 89 f8" },
	{ "native read_cr2",          "xen-pv", "mmu.read_cr2#1",    "0f 20 d0" },
	{ "read_cr2: 0",              "xen-pv", "mmu.read_cr2#1",    "31 c0" },
	{ "native read_cr3",          "xen-pv", "mmu.read_cr3#1",    "0f 20 d8" },
	{ "native write_cr3",         "xen-pv", "mmu.write_cr3#1",   "0f 22 df" },
	/* The lost wake-up: a store where the waiter must be kicked (lock byte 3). */
	{ "native unlock",            "xen-pv", "lock.queued_spin_unlock#1", "c6 07 00" },
	{ "native preempted: 0",      "xen-pv", "lock.vcpu_is_preempted#2",  "31 c0" },
	{ "preempted: 1",             "xen-pv", "lock.vcpu_is_preempted#2",  "b0 01" },
	{ "native set_pte",           "xen-pv", "mmu.set_pte#3",     "48 89 37" },
	{ "invlpg",                   "xen-pv", "mmu.flush_tlb_one_user#3", "0f 01 3f" },
	{ "another function",         "xen-pv", "mmu.pte_val#1",     "call:__raw_callee_save_xen_make_pte" },
	{ "unsaved function",         "xen-pv", "mmu.pte_val#1",     "call:xen_pte_val" },
	{ "target + 1",               "xen-pv", "mmu.set_pte#3",     "call:xen_set_pte+1" },
	{ "native function",          "xen-pv", "cpu.cpuid#1",       "call:native_cpuid" },
	{ "native steal clock",       "xen-pv", "static_call.pv_steal_clock#1",
	  "call:native_steal_clock" },
	{ "bare syscall",             "xen-pv", "static_call.xen_hypercall#1", "0f 05" },

	/* No such operation under Xen PV: the prescribed trap or nothing. */
	{ "NULL op: behind the trap", "xen-pv", "mmu.set_pgd#1",   "call:paravirt_BUG+2" },
	{ "NULL op: inline ud2",      "xen-pv", "mmu.set_pgd#1",   "0f 0b" },
	{ "NULL op: nothing",         "xen-pv", "mmu.set_pgd#1",   "" },
	{ "NULL op: as linked",       "xen-pv", "mmu.set_pgd#1",   "linked" },
	{ "NULL op: more behind it",  "xen-pv", "mmu.set_pgd#1",   "call:paravirt_BUG f4" },
	{ "NULL op: jump",            "xen-pv", "mmu.set_pgd#1",   "jmp:paravirt_BUG" },
	{ "NULL op: another trap",    "xen-pv", "mmu.set_pgd#1",   "call:_paravirt_nop" },
	{ "a trap for an op that is", "xen-pv", "mmu.set_pte#3",   "call:paravirt_BUG" },
};

static const struct row equivalent[] = {
	/* Other NOPs. */
	{ "one-byte NOPs",           "native", "irq.irq_disable#4", "fa" },
	{ "two-byte NOPs",           "native", "mmu.alloc_pte#1", "66 90 66 90 66 90" },
	{ "six-byte NOP",            "native", "mmu.alloc_pte#1", "66 0f 1f 44 00 00" },
	{ "its other operand",       "native", "mmu.alloc_pte#1", "66 0f 1f 44 cc cc" },
	{ "other displacement",      "native", "irq.save_fl#4",   "9c 58 0f 1f 40 cc" },
	{ "lea as NOP",              "native", "irq.irq_enable#4","fb 48 8d 40 00" },
	{ "mov as NOP",              "native", "irq.irq_enable#4","fb 48 89 c0" },
	{ "short jump over the rest","native", "irq.irq_disable#4","fa eb 03 cc cc cc" },
	{ "jump to the next",        "native", "mmu.alloc_pte#1", "eb 00" },
	{ "prefetch",                "native", "mmu.alloc_pte#1", "0f 18 07" },
	{ "push and pop",            "native", "mmu.alloc_pte#1", "53 5b" },
	/* Dead stack is nobody's business. */
	{ "dead stack written",      "native", "mmu.alloc_pte#1", "48 89 44 24 f8" },
	/* Other spellings. */
	{ "31 c0 for 48 31 c0",      "native", "lock.vcpu_is_preempted#2", "31 c0" },
	{ "xor al,al: bool",         "native", "lock.vcpu_is_preempted#2", "30 c0" },
	{ "mov eax,0",               "native", "static_call.pv_steal_clock#1", "b8 00 00 00 00" },
	{ "other direction of mov",  "native", "mmu.pte_val#1",   "48 8b c7" },
	{ "push and pop for mov",    "native", "mmu.pte_val#1",   "57 58" },
	/* Only bit 9 of the result is a promise (contract irq.save_fl). */
	{ "pushfw; popw",            "native", "irq.save_fl#4",   "66 9c 66 58" },
	{ "and for the byte store",  "native", "lock.queued_spin_unlock#1", "80 27 00" },
	/* Idempotent: the interrupt flag does not change twice. */
	{ "cli twice",               "native", "irq.irq_disable#4", "fa fa" },
	{ "sti, hlt",                "native", "irq.safe_halt#1",  "fb f4" },
	/* Calls that are right, though not what the patcher writes. */
	{ "not inlined",             "native", "irq.irq_disable#4", "call:pv_native_irq_disable" },
	{ "pte_val called",          "native", "mmu.pte_val#1",   "call:_paravirt_ident_64" },
	{ "call later in the site",  "native", "cpu.write_msr#2", "90 call:native_write_msr" },
	{ "the same, Xen PV",        "xen-pv", "mmu.set_pte#3",   "90 call:xen_set_pte" },
	{ "as linked",               "native", "static_call.pv_sched_clock#1",
	  "jmp:__SCT__pv_sched_clock" },
	/* What an ordinary call may destroy. */
	{ "rcx, ordinary class",     "native", "mmu.alloc_pte#1", "31 c9" },
	{ "r8, ordinary class",      "native", "mmu.alloc_pte#1", "45 31 c0" },
	{ "flags of arithmetic",     "native", "irq.irq_disable#4", "fa f9" },
	{ "rax of a void callee",    "native", "irq.irq_disable#4", "fa 31 c0" },
	/* Empty function: that it is not called cannot be told. */
	{ "io_delay deleted",        "xen-pv", "cpu.io_delay#1",  "" },
	/* The prescribed trap, with other NOPs. */
	{ "NULL op",                 "xen-pv", "mmu.set_pgd#1",   "call:paravirt_BUG 90" },
};

/* Nothing is said about what nobody models: never EQUIVALENT. */
static const struct row unmodelled[] = {
	{ "tileloadd",               "native", "cpu.wbinvd#1",    "c4 e2 7b 4b 04 08" },
	{ "a vector register",       "native", "mmu.alloc_pte#1", "0f 57 c0" },
	{ "rdpru",                   "native", "mmu.alloc_pte#1", "0f 01 fd" },
};
// clang-format on

/* Whether a site is one of sites.c: nothing that another site calls. */
static bool is_leaf(const struct pvp_site *site)
{
	char name[128];

	pvp_image_describe(kernel.image, site->addr, name, sizeof(name));
	return site->kind == PVP_SITE_PARAVIRT && !strncmp(name, "site_", 5);
}

/* Ops that do nothing on the platform: nobody can tell that they are not called. */
static bool does_nothing(const struct boot *boot, const struct pvp_site *site)
{
	uint64_t function = boot->platform->pv_ops[site->slot];

	return function && (function == boot->platform->nop_target ||
			    function == check_bench_symbol(&kernel, "xen_io_delay"));
}

/* Every op deleted. */
START_TEST(deleted)
{
	static const uint8_t nops[16] = {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
					 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90};
	struct boot *boot = _i ? &xen_pv : &native;
	size_t nr[2] = {0};
	struct pvp_cell cell;
	struct pvp_bench *bench;

	check_bench_clear(boot);
	for (size_t i = 0; i < kernel.sites.nr; i++)
		if (is_leaf(&kernel.sites.v[i]))
			check_bench_lay_bytes(boot, &kernel.sites.v[i], nops);
	pvp_ck_ok(pvp_bench_create(&boot->input, &bench));
	for (size_t i = 0; i < kernel.sites.nr; i++) {
		const struct pvp_site *site = &kernel.sites.v[i];
		bool idle;

		if (!is_leaf(site))
			continue;
		idle = does_nothing(boot, site);
		nr[idle]++;
		pvp_bench_decide(bench, site, &cell, NULL);
		ck_assert_msg(cell.verdict == (idle ? PVP_EQUIVALENT : PVP_DIVERGENT),
			      "%s deleted on %s: %s", site->op, boot->platform->name,
			      pvp_verdict_name(cell.verdict));
		pvp_cell_deinit(&cell);
	}
	pvp_bench_destroy(bench);
	ck_assert_uint_ge(nr[0], _i ? 80 : 60);
	ck_assert_uint_ge(nr[1], 2);
}
END_TEST

START_TEST(spoiled)
{
	check_row(boot_named(divergent[_i].platform), &divergent[_i], PVP_DIVERGENT);
}
END_TEST

START_TEST(other_right_text)
{
	check_row(boot_named(equivalent[_i].platform), &equivalent[_i], PVP_EQUIVALENT);
}
END_TEST

START_TEST(not_modelled)
{
	check_row(boot_named(unmodelled[_i].platform), &unmodelled[_i], PVP_INCONCLUSIVE);
}
END_TEST

/* The bundled kernel as it should be, on both platforms. */
START_TEST(nothing_spoiled)
{
	struct boot *boot = _i ? &xen_pv : &native;
	struct pvp_check_result result;
	size_t null_ops = 0;

	check_bench_clear(boot);
	boot->input.jobs = 2;
	pvp_ck_ok(pvp_check(&boot->input, &result));
	ck_assert_uint_eq(result.nr_cells, kernel.sites.nr);
	for (size_t i = 0; i < result.nr_cells; i++) {
		const struct pvp_cell *cell = &result.cells[i];
		bool null_op = cell->evidence == PVP_EVIDENCE_NULL_OP;

		ck_assert_msg(cell->verdict == PVP_EQUIVALENT &&
				      (null_op || cell->evidence == PVP_EVIDENCE_EXECUTED),
			      "%s#%u on %s: %s, %s", cell->site->op, cell->site->ordinal,
			      boot->platform->name, pvp_verdict_name(cell->verdict), cell->detail);
		ck_assert_uint_eq(cell->states, CHECK_STATES);
		ck_assert_uint_eq(cell->entry, null_op ? 0 : CHECK_STATES);
		null_ops += null_op;
	}
	ck_assert_uint_eq(null_ops, _i ? 4 : 0);
	ck_assert_uint_eq(result.nr_findings, 0);
	pvp_check_result_deinit(&result);
}
END_TEST

Suite *spoiled_suite(void)
{
	Suite *s = suite_create("spoiled");
	TCase *rows = tcase_create("rows"), *many = tcase_create("spoiled rows");

	tcase_add_unchecked_fixture(rows, setup, teardown);
	tcase_add_loop_test(rows, other_right_text, 0, ARRAY_SIZE(equivalent));
	tcase_add_loop_test(rows, not_modelled, 0, ARRAY_SIZE(unmodelled));
	tcase_add_loop_test(rows, deleted, 0, 2);
	tcase_add_loop_test(rows, nothing_spoiled, 0, 2);
	suite_add_tcase(s, rows);
	tcase_add_unchecked_fixture(many, setup, teardown);
	tcase_set_tags(many, PVP_TAG_LONG);
	tcase_add_loop_test(many, spoiled, 0, ARRAY_SIZE(divergent));
	suite_add_tcase(s, many);
	return s;
}
