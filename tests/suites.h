/* SPDX-License-Identifier: GPL-2.0-only */
/* suites.h - the test suites, one a module; tests/main.c runs them all. */
#ifndef PVP_SUITES_H
#define PVP_SUITES_H

#include <check.h>

// clang-format off
/* Those that take longest first: the processes that share them out end together. */
#define PVP_SUITES(X) \
	X(guest_kernels) \
	X(spoiled_debian) \
	X(memory) \
	X(decode) \
	X(i386_decode) \
	X(machine) \
	X(stops) \
	X(blocks) \
	X(i386) \
	X(sensitive) \
	X(encodings) \
	X(raw) \
	X(selftest) \
	X(image) \
	X(image_hostile) \
	X(kallsyms) \
	X(ksymtab) \
	X(btf) \
	X(scan) \
	X(generations) \
	X(sites) \
	X(entry_sites) \
	X(entry_check) \
	X(entry_kernels) \
	X(transfers) \
	X(patched) \
	X(model) \
	X(model_branches) \
	X(model_nested) \
	X(model_mitigations) \
	X(model_debian) \
	X(model_5_10) \
	X(model_i386) \
	X(nops) \
	X(recorded_boots) \
	X(feature) \
	X(platform) \
	X(poke) \
	X(contract) \
	X(report) \
	X(groups) \
	X(expect) \
	X(witness) \
	X(accounting) \
	X(convention) \
	X(compare) \
	X(start) \
	X(steer) \
	X(cpuid) \
	X(hypercall) \
	X(jobs) \
	X(verdicts) \
	X(findings) \
	X(findings_tables) \
	X(findings_boots) \
	X(unexplained) \
	X(shrink) \
	X(spoiled) \
	X(mutants) \
	X(mutate) \
	X(history) \
	X(forms) \
	X(lint) \
	X(lint_instructions) \
	X(diff) \
	X(extends) \
	X(hypervisors) \
	X(msrs) \
	X(stores) \
	X(percpu_of) \
	X(platform_files) \
	X(agree) \
	X(guest) \
	X(guest_kinds) \
	X(predictors) \
	X(stretches) \
	X(compare_sites) \
	X(compare_images) \
	X(compare_places) \
	X(unnamed) \
	X(compare_forms)
// clang-format on

#define X(name) Suite *name##_suite(void);
PVP_SUITES(X)
#undef X

#endif
