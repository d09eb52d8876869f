// SPDX-License-Identifier: GPL-2.0-only
#include "check_bench.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "check_helpers.h"

void kernel_open(const char *path, struct kernel *ret)
{
	pvp_ck_ok(pvp_image_open(path, NULL, &ret->image));
	pvp_ck_ok(pvp_tables_parse(ret->image, &ret->tables));
	pvp_ck_ok(pvp_sites_scan(ret->image, &ret->tables, &ret->sites));
}

void kernel_close(struct kernel *kernel)
{
	pvp_sites_deinit(&kernel->sites);
	pvp_tables_deinit(&kernel->tables);
	pvp_image_close(kernel->image);
	memset(kernel, 0, sizeof(*kernel));
}

void boot_open(const struct kernel *kernel, const char *platform,
	       const struct pvp_overrides *overrides, struct boot *ret)
{
	static const struct pvp_overrides none;

	memset(ret, 0, sizeof(*ret));
	ret->kernel = kernel;
	pvp_ck_ok(pvp_platform_load(platform, "corpus/platforms", kernel->image, &kernel->tables,
				    overrides ? overrides : &none, &ret->platform));
	pvp_ck_ok(pvp_contracts_load("corpus/contracts", kernel->image, &kernel->tables, ret->platform,
				     &ret->contracts));
	pvp_ck_ok(pvp_model_patch(kernel->image, &kernel->tables, ret->platform, &ret->patched));
	ret->input = (struct pvp_check_input){
		.image = kernel->image,
		.tables = &kernel->tables,
		.sites = &kernel->sites,
		.platform = ret->platform,
		.contracts = &ret->contracts,
		.patched = &ret->patched,
		.given = &ret->given,
		.nr_states = CHECK_STATES,
		.seed = 1,
		.jobs = 1,
	};
}

void boot_close(struct boot *boot)
{
	pvp_patched_deinit(&boot->given);
	pvp_patched_deinit(&boot->patched);
	pvp_contracts_deinit(&boot->contracts);
	pvp_platform_destroy(boot->platform);
	memset(boot, 0, sizeof(*boot));
}

const struct pvp_site *check_bench_site(const struct kernel *kernel, const char *site)
{
	const struct pvp_site *ret;

	pvp_ck_ok(pvp_sites_parse(&kernel->sites, kernel->image, site, &ret));
	return ret;
}

uint64_t check_bench_symbol(const struct kernel *kernel, const char *symbol_and_offset)
{
	size_t len = strcspn(symbol_and_offset, "+-");
	char *name = pvp_strndup(symbol_and_offset, len);
	uint64_t addr;

	pvp_ck_ok(pvp_image_symbol(kernel->image, name, &addr));
	free(name);
	return addr + strtol(symbol_and_offset + len, NULL, 0);
}

const uint8_t *check_bench_predicted(const struct boot *boot, const struct pvp_site *site)
{
	static uint8_t bytes[256];

	ck_assert_uint_le(site->len, sizeof(bytes));
	ck_assert(pvp_patched_bytes(&boot->patched, boot->kernel->image, site->addr, site->len,
				    bytes));
	return bytes;
}

void check_bench_lay_bytes(struct boot *boot, const struct pvp_site *site, const uint8_t *bytes)
{
	struct pvp_patched *given = &boot->given;
	size_t at = given->nr;
	struct pvp_patch *row;

	(void)pvp_push(&given->v, &given->nr, &given->cap);
	while (at && given->v[at - 1].addr > site->addr)
		at--;
	row = &given->v[at];
	memmove(row + 1, row, (given->nr - 1 - at) * sizeof(*row));
	*row = (struct pvp_patch){
		.addr = site->addr,
		.len = site->len,
		.pass = PVP_PASS_GIVEN,
		.old = pvp_calloc(site->len, 1),
		.new = pvp_calloc(site->len, 1),
	};
	memcpy(row->old, site->linked, site->len);
	memcpy(row->new, bytes, site->len);
}

void check_bench_clear(struct boot *boot)
{
	pvp_patched_deinit(&boot->given);
}

/* The bytes of one word at addr; room bytes are free. */
static size_t assemble(const struct boot *boot, const char *word, uint64_t addr, uint8_t *to,
		       size_t room)
{
	const struct pvp_site *site;
	int32_t rel;
	char *end;

	if (!strncmp(word, "call:", 5) || !strncmp(word, "jmp:", 4)) {
		ck_assert_msg(room >= 5, "%s: no room", word);
		to[0] = word[0] == 'c' ? 0xe8 : 0xe9;
		rel = check_bench_symbol(boot->kernel, strchr(word, ':') + 1) - (addr + 5);
		memcpy(to + 1, &rel, sizeof(rel));
		return 5;
	}
	if (!strncmp(word, "rel:", 4)) {
		ck_assert_msg(room >= 4, "%s: no room", word);
		rel = check_bench_symbol(boot->kernel, word + 4) - (addr + 4);
		memcpy(to, &rel, sizeof(rel));
		return 4;
	}
	if (!strncmp(word, "site:", 5)) {
		site = check_bench_site(boot->kernel, word + 5);
		if (room > site->len)
			room = site->len;
		memcpy(to, check_bench_predicted(boot, site), room);
		return room;
	}
	if (!strcmp(word, "linked")) {
		site = pvp_sites_find(&boot->kernel->sites, addr);
		memcpy(to, site->linked, room);
		return room;
	}
	ck_assert_msg(room >= 1, "%s: no room", word);
	*to = strtoul(word, &end, 16);
	ck_assert_msg(!*end && end == word + 2, "\"%s\" is no byte", word);
	return 1;
}

void check_bench_lay(struct boot *boot, const char *name, const char *text)
{
	const struct pvp_site *site = check_bench_site(boot->kernel, name);
	uint8_t bytes[256];
	char *words = pvp_strdup(text), *save = NULL;
	size_t at = 0;

	memset(bytes, 0x90, sizeof(bytes));
	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (word[0] == '+') {
			at += strtoul(word + 1, NULL, 0);
			ck_assert_msg(at <= site->len, "%s: no room", word);
			memcpy(bytes, check_bench_predicted(boot, site), site->len);
		} else {
			at += assemble(boot, word, site->addr + at, bytes + at, site->len - at);
		}
	}
	check_bench_lay_bytes(boot, site, bytes);
	free(words);
}

void check_bench_decide(const struct boot *boot, const char *site, struct pvp_cell *ret)
{
	struct pvp_bench *bench;

	pvp_ck_ok(pvp_bench_create(&boot->input, &bench));
	pvp_bench_decide(bench, check_bench_site(boot->kernel, site), ret, NULL);
	pvp_bench_destroy(bench);
}
