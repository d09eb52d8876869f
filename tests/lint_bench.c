// SPDX-License-Identifier: GPL-2.0-only
#include "lint_bench.h"

#include <string.h>

#include "check_helpers.h"

struct lint_bench lint_bench;

void lint_bench_open(const char *path)
{
	kernel_open(path, &lint_bench.kernel);
	boot_open(&lint_bench.kernel, "xen-pv", NULL, &lint_bench.xen_pv);
	pvp_ck_ok(pvp_entry_sites_scan(lint_bench.kernel.image, &lint_bench.kernel.tables,
				       &lint_bench.entry));
}

void lint_bench_close(void)
{
	pvp_allow_deinit(&lint_bench.allow);
	pvp_entry_sites_deinit(&lint_bench.entry);
	boot_close(&lint_bench.xen_pv);
	kernel_close(&lint_bench.kernel);
}

struct pvp_lint_input lint_bench_input(const struct pvp_patched *patched)
{
	return (struct pvp_lint_input){
		.image = lint_bench.kernel.image,
		.tables = &lint_bench.kernel.tables,
		.sites = &lint_bench.kernel.sites,
		.entry = &lint_bench.entry.sites,
		.platform = lint_bench.xen_pv.platform,
		.patched = patched,
		.allow = &lint_bench.allow,
	};
}

void lint_bench_run(const struct pvp_patched *patched, struct pvp_lint *ret)
{
	const struct pvp_lint_input input = lint_bench_input(patched);

	pvp_ck_ok(pvp_lint(&input, ret));
}

size_t lint_bench_findings(const struct pvp_lint *lint)
{
	size_t nr = 0;

	for (size_t i = 0; i < lint->nr; i++)
		nr += !lint->v[i].allowed;
	return nr;
}

size_t lint_bench_stale(void)
{
	size_t nr = 0;

	for (size_t i = 0; i < lint_bench.allow.nr; i++)
		nr += pvp_allow_is_stale(&lint_bench.allow.v[i], lint_bench.kernel.image,
					 lint_bench.kernel.tables.generation);
	return nr;
}

/* The place at addr, or NULL. */
const struct pvp_lint_place *lint_bench_place(const struct pvp_lint *lint, uint64_t addr)
{
	for (size_t i = 0; i < lint->nr; i++)
		if (lint->v[i].addr == addr)
			return &lint->v[i];
	return NULL;
}

uint64_t lint_bench_lay(const char *symbol, const uint8_t *bytes, size_t len,
			struct pvp_patched *ret)
{
	const uint64_t at = check_bench_symbol(&lint_bench.kernel, symbol);
	const uint8_t *old = pvp_image_bytes(lint_bench.kernel.image, at, 16);
	uint8_t new[16], by[16];

	ck_assert(old && len <= sizeof(new));
	memset(new, 0x90, sizeof(new));
	memset(by, PVP_PASS_GIVEN, sizeof(by));
	memcpy(new, bytes, len);
	pvp_patched_add(ret, at, old, new, by, sizeof(new));
	return at;
}
