// SPDX-License-Identifier: GPL-2.0-only
#include "findings_bench.h"

#include "alloc.h"
#include "check_helpers.h"

void bench_init(struct findings_bench *b)
{
	memset(b, 0, sizeof(*b));
	world_init(&b->world);
}

void bench_open(struct findings_bench *b, const char *generation)
{
	pvp_ck_ok(tiny_open(&b->world.tiny, &b->image));
	pvp_ck_ok(pvp_tables_parse(b->image, &b->tables));
	pvp_ck_ok(pvp_sites_scan(b->image, &b->tables, &b->sites));
	ck_assert(b->sites.nr <= ARRAY_SIZE(b->wanted));
	if (generation)
		b->tables.generation = generation;
}

void bench_call(struct findings_bench *b, uint64_t addr)
{
	free(b->tables.calls);
	b->tables.calls = pvp_calloc(1, sizeof(*b->tables.calls));
	b->tables.calls[0].addr = addr;
	b->tables.nr_calls = 1;
}

void bench_lay(struct findings_bench *b, uint64_t addr, const void *bytes, size_t len)
{
	const uint8_t *old = pvp_image_bytes(b->image, addr, len);
	uint8_t by[64];

	ck_assert(old && len <= sizeof(by));
	memset(by, PVP_PASS_GIVEN, len);
	pvp_patched_add(&b->given, addr, old, bytes, by, len);
}

void bench_lay_branch(struct findings_bench *b, uint64_t addr, uint8_t opcode, uint64_t target)
{
	uint8_t bytes[5];

	world_branch(bytes, opcode, addr, target);
	bench_lay(b, addr, bytes, sizeof(bytes));
}

void bench_look(struct findings_bench *b)
{
	const struct pvp_check_input input = {
		.image = b->image,
		.tables = &b->tables,
		.sites = &b->sites,
		.platform = &b->world.platform,
		.patched = &b->predicted,
		.given = &b->given,
		.wanted = b->use_wanted ? b->wanted : NULL,
	};

	pvp_check_result_deinit(&b->result);
	pvp_ck_ok(pvp_findings(&input, &b->result));
}

void bench_expect(struct findings_bench *b, const char *what, size_t nr, const char *kind,
		  const char *rule, uint64_t addr, bool note)
{
	const struct pvp_finding *f;

	bench_look(b);
	f = b->result.findings;
	ck_assert_msg(b->result.nr_findings == nr, "%s: %zu findings, expected %zu; %s: %s (%s)",
		      what, b->result.nr_findings, nr, b->result.nr_findings ? f->kind : "",
		      b->result.nr_findings ? f->rule : "",
		      b->result.nr_findings && f->detail ? f->detail : "");
	if (!nr)
		return;
	ck_assert_msg(!strcmp(f->kind, kind), "%s: %s, expected %s", what, f->kind, kind);
	ck_assert_msg(strstr(f->rule, rule) != NULL, "%s: \"%s\" lacks \"%s\"", what, f->rule,
		      rule);
	ck_assert_msg(f->addr == addr, "%s: at %#lx, expected %#lx", what, (unsigned long)f->addr,
		      (unsigned long)addr);
	ck_assert_msg(f->error == !note, "%s: severity", what);
	ck_assert_msg(f->site == pvp_sites_find(&b->sites, addr), "%s: pv site", what);
}

void bench_close(struct findings_bench *b)
{
	pvp_check_result_deinit(&b->result);
	pvp_patched_deinit(&b->given);
	pvp_sites_deinit(&b->sites);
	pvp_tables_deinit(&b->tables);
	pvp_image_close(b->image);
}
