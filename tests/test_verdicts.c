// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_verdicts.c - verdicts other than executed EQUIVALENT and DIVERGENT: not knowing is a result,
 * entry evidence is for the ops that declare it, and what equivalence cannot see is a finding.
 * Contracts are bent here until a good kernel shows each.
 */
#include "check.h"

#include "alloc.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"

static struct kernel kernel;
static struct boot native, xen_pv;
static bool *some;

static void setup(void)
{
	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, "native", NULL, &native);
	boot_open(&kernel, "xen-pv", NULL, &xen_pv);
	some = pvp_calloc(kernel.sites.nr, sizeof(*some));
	native.input.wanted = xen_pv.input.wanted = some;
}

static void teardown(void)
{
	free(some);
	boot_close(&xen_pv);
	boot_close(&native);
	kernel_close(&kernel);
}

static struct pvp_contract *contract_of(struct boot *boot, const char *op)
{
	return (struct pvp_contract *)pvp_contracts_find(&boot->contracts, op);
}

static void declare_congruent(struct boot *boot, const char *op)
{
	struct pvp_contract *contract = contract_of(boot, op);

	free(contract->congruent);
	contract->congruent = pvp_strdup("a reason");
}

static void expect(struct boot *boot, const char *site, enum pvp_verdict verdict,
		   enum pvp_evidence evidence, enum pvp_reason reason)
{
	struct pvp_cell cell;

	check_bench_decide(boot, site, &cell);
	ck_assert_msg(cell.verdict == verdict && cell.evidence == evidence && cell.reason == reason,
		      "%s: %s, %s, %s: %s", site, pvp_verdict_name(cell.verdict),
		      pvp_evidence_name(cell.evidence), pvp_reason_name(cell.reason),
		      cell.detail ? cell.detail : "");
	ck_assert_uint_le(cell.end + cell.faulted, cell.states);
	pvp_cell_deinit(&cell);
}

START_TEST(no_contract)
{
	const struct pvp_contracts none = {0};

	native.input.contracts = &none;
	expect(&native, "irq.irq_disable#4", PVP_INCONCLUSIVE, PVP_EVIDENCE_NONE,
	       PVP_REASON_NO_CONTRACT);
}
END_TEST

/* Any number of a debug register but six of them is ud2, such as a page-table entry: alike, and no
 * evidence. */
START_TEST(all_fault)
{
	struct pvp_cell cell;

	expect(&native, "cpu.get_debugreg#1", PVP_EQUIVALENT, PVP_EVIDENCE_EXECUTED,
	       PVP_REASON_NONE);
	contract_of(&native, "cpu.get_debugreg")->args[0] = PVP_DOMAIN_PTE;
	expect(&native, "cpu.get_debugreg#1", PVP_INCONCLUSIVE, PVP_EVIDENCE_NONE,
	       PVP_REASON_ALL_FAULT);
	check_bench_decide(&native, "cpu.get_debugreg#1", &cell);
	ck_assert_uint_eq(cell.bugs, cell.faulted);
	pvp_cell_deinit(&cell);
}
END_TEST

/* Entry evidence stands where the op declares it and all states have it: even behind faults. */
START_TEST(congruent_faults)
{
	contract_of(&native, "cpu.get_debugreg")->args[0] = PVP_DOMAIN_PTE;
	declare_congruent(&native, "cpu.get_debugreg");
	expect(&native, "cpu.get_debugreg#1", PVP_EQUIVALENT, PVP_EVIDENCE_CONGRUENT,
	       PVP_REASON_NONE);
}
END_TEST

static const struct {
	const char *what, *text;
	enum pvp_verdict want;
} bent_calls[] = {
	{"other NOP behind it", "call:pv_native_get_debugreg 90", PVP_EQUIVALENT},
	{"an instruction behind it", "call:pv_native_get_debugreg f9", PVP_INCONCLUSIVE},
	{"call later in the site", "90 call:pv_native_get_debugreg", PVP_INCONCLUSIVE},
	{"another function", "call:pv_native_set_debugreg", PVP_DIVERGENT},
	{"target + 1", "call:pv_native_get_debugreg+1", PVP_DIVERGENT},
	{"no call", "", PVP_DIVERGENT},
};

/* What follows the call was not run: it must be NOPs. */
START_TEST(congruent_text)
{
	struct pvp_cell cell;

	contract_of(&native, "cpu.get_debugreg")->args[0] = PVP_DOMAIN_PTE;
	declare_congruent(&native, "cpu.get_debugreg");
	check_bench_lay(&native, "cpu.get_debugreg#1", bent_calls[_i].text);
	check_bench_decide(&native, "cpu.get_debugreg#1", &cell);
	ck_assert_msg(cell.verdict == bent_calls[_i].want, "%s: %s", bent_calls[_i].what,
		      pvp_verdict_name(cell.verdict));
	pvp_cell_deinit(&cell);
}
END_TEST

/* Runs that cannot be followed: undecided without the declaration, congruent with it. */
START_TEST(congruent_undecided)
{
	contract_of(&xen_pv, "static_call.xen_hypercall")->rax = PVP_DOMAIN_RANDOM;
	expect(&xen_pv, "static_call.xen_hypercall#1", PVP_INCONCLUSIVE, PVP_EVIDENCE_NONE,
	       PVP_REASON_HYPERCALL);
	declare_congruent(&xen_pv, "static_call.xen_hypercall");
	expect(&xen_pv, "static_call.xen_hypercall#1", PVP_EQUIVALENT, PVP_EVIDENCE_CONGRUENT,
	       PVP_REASON_NONE);
	check_bench_lay(&xen_pv, "static_call.xen_hypercall#1", "call:xen_get_debugreg");
	expect(&xen_pv, "static_call.xen_hypercall#1", PVP_DIVERGENT, PVP_EVIDENCE_NONE,
	       PVP_REASON_NONE);
}
END_TEST

static struct pvp_cell *cell_at(const struct pvp_check_result *result, const char *site)
{
	return &result->cells[check_bench_site(&kernel, site) - kernel.sites.v];
}

static void want(const char *site)
{
	some[check_bench_site(&kernel, site) - kernel.sites.v] = true;
}

/* native_load_tr_desc has two load_gdt sites: one that nobody can follow, one that is wrong. */
START_TEST(congruent_nested)
{
	static const char *const texts[] = {"0f 57 c0", "", NULL};
	struct pvp_check_result result;
	const struct pvp_cell *cell;

	declare_congruent(&native, "cpu.load_tr_desc");
	want("cpu.load_tr_desc#1");
	want("cpu.load_gdt#1");
	want("cpu.load_gdt#2");
	check_bench_lay(&native, "cpu.load_gdt#1", "0f 57 c0");
	if (texts[_i])
		check_bench_lay(&native, "cpu.load_gdt#2", texts[_i]);
	pvp_ck_ok(pvp_check(&native.input, &result));
	cell = cell_at(&result, "cpu.load_tr_desc#1");
	ck_assert_msg(cell->verdict == PVP_INCONCLUSIVE && cell->reason == PVP_REASON_NESTED,
		      "row %d: %s, %s", _i, pvp_verdict_name(cell->verdict),
		      pvp_reason_name(cell->reason));
	pvp_check_result_deinit(&result);
}
END_TEST

static const struct {
	const char *what, *site, *text, *kind; /* kind NULL: none */
	enum pvp_verdict verdict;
	bool error;
} findings[] = {
	{"as predicted", "irq.irq_disable#4", "+0", NULL, PVP_EQUIVALENT, false},
	{"as linked", "irq.irq_disable#4", "linked", "missing-patch", PVP_EQUIVALENT, true},
	{"other NOPs", "irq.irq_disable#4", "fa", "byte-mismatch", PVP_EQUIVALENT, false},
	{"wrong", "irq.irq_disable#4", "fb", "byte-mismatch", PVP_DIVERGENT, true},
	{"unknown", "irq.irq_disable#4", "0f 57 c0", "byte-mismatch", PVP_INCONCLUSIVE, true},
};

START_TEST(bytes)
{
	struct pvp_check_result result;

	want(findings[_i].site);
	check_bench_lay(&native, findings[_i].site, findings[_i].text);
	pvp_ck_ok(pvp_check(&native.input, &result));
	ck_assert_msg(cell_at(&result, findings[_i].site)->verdict == findings[_i].verdict,
		      "%s: %s", findings[_i].what,
		      pvp_verdict_name(cell_at(&result, findings[_i].site)->verdict));
	ck_assert_msg(result.nr_findings == (findings[_i].kind != NULL), "%s: %zu findings",
		      findings[_i].what, result.nr_findings);
	if (findings[_i].kind) {
		ck_assert_str_eq(result.findings[0].kind, findings[_i].kind);
		ck_assert_int_eq(result.findings[0].error, findings[_i].error);
		ck_assert_ptr_eq(result.findings[0].site,
				 check_bench_site(&kernel, findings[_i].site));
	}
	pvp_check_result_deinit(&result);
}
END_TEST

/* Both sides break the contract alike: equal, and an error all the same. */
START_TEST(contract_violation)
{
	struct pvp_check_result result;

	contract_of(&native, "cpu.write_msr")->class = PVP_CLASS_VCALLEE;
	want("cpu.write_msr#2");
	pvp_ck_ok(pvp_check(&native.input, &result));
	ck_assert_int_eq(cell_at(&result, "cpu.write_msr#2")->verdict, PVP_EQUIVALENT);
	ck_assert_uint_eq(result.nr_findings, 1);
	ck_assert_str_eq(result.findings[0].kind, "contract-violation");
	ck_assert(result.findings[0].error);
	ck_assert(strstr(result.findings[0].detail, " changes from "));
	pvp_check_result_deinit(&result);
}
END_TEST

/* Arriving at the end at another stack depth is leaving the site, not ending. */
START_TEST(wrong_depth)
{
	struct pvp_cell cell;

	check_bench_lay(&native, "mmu.alloc_pte#1", "50");
	check_bench_decide(&native, "mmu.alloc_pte#1", &cell);
	ck_assert_int_eq(cell.verdict, PVP_DIVERGENT);
	ck_assert_msg(!strncmp(cell.detail, "entry: the callee", 17), "%s", cell.detail);
	pvp_cell_deinit(&cell);
}
END_TEST

static const struct {
	const char *platform, *site, *text;
	enum pvp_form form;
} forms[] = {
	{"native", "cpu.write_msr#2", "+0", PVP_FORM_CALL},
	{"native", "irq.irq_disable#4", "+0", PVP_FORM_INLINE},
	{"native", "mmu.alloc_pte#1", "+0", PVP_FORM_NOP},
	{"native", "mmu.alloc_pte#1", "66 90 0f 1f 40 00", PVP_FORM_NOP},
	{"native", "irq.irq_disable#4", "linked", PVP_FORM_UNPATCHED},
	{"native", "irq.irq_disable#4", "0f 0b", PVP_FORM_TRAP},
	{"native", "static_call.pv_sched_clock#1", "+0", PVP_FORM_CALL},
	{"native", "static_call.pv_steal_clock#1", "31 c0", PVP_FORM_INLINE},
	{"xen-pv", "irq.irq_disable#4", "+0", PVP_FORM_CALL},
	{"xen-pv", "mmu.set_pgd#1", "+0", PVP_FORM_TRAP},
};

START_TEST(form)
{
	struct boot *boot = strcmp(forms[_i].platform, "native") ? &xen_pv : &native;
	struct pvp_cell cell;

	check_bench_lay(boot, forms[_i].site, forms[_i].text);
	check_bench_decide(boot, forms[_i].site, &cell);
	ck_assert_msg(cell.form == forms[_i].form, "%s [%s]: %s", forms[_i].site, forms[_i].text,
		      pvp_form_name(cell.form));
	pvp_cell_deinit(&cell);
}
END_TEST

Suite *verdicts_suite(void)
{
	Suite *s = suite_create("verdicts");
	TCase *reasons = tcase_create("reasons"), *finding = tcase_create("findings");

	tcase_add_checked_fixture(reasons, setup, teardown);
	tcase_add_test(reasons, no_contract);
	tcase_add_test(reasons, all_fault);
	tcase_add_test(reasons, congruent_faults);
	tcase_add_loop_test(reasons, congruent_text, 0, ARRAY_SIZE(bent_calls));
	tcase_add_test(reasons, congruent_undecided);
	tcase_add_loop_test(reasons, congruent_nested, 0, 3);
	tcase_add_test(reasons, wrong_depth);
	tcase_add_loop_test(reasons, form, 0, ARRAY_SIZE(forms));
	suite_add_tcase(s, reasons);
	tcase_add_checked_fixture(finding, setup, teardown);
	tcase_add_loop_test(finding, bytes, 0, ARRAY_SIZE(findings));
	tcase_add_test(finding, contract_violation);
	suite_add_tcase(s, finding);
	return s;
}
