// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include "check_helpers.h"
#include "stretches.h"

#define BASE 0xffffffff81000000

static const uint8_t bytes[0x4000];

// clang-format off
static const struct {
	const char *what;
	struct pvp_segment segment; /* data follows from filesz */
	struct pvp_section sections[3];
	struct pvp_stretch want[4]; /* data: an offset into the file's bytes */
	const char *error; /* instead */
} rows[] = {
	{ "one page of text",
	  { .vaddr = BASE, .filesz = 0x10, .memsz = 0x10 },
	  { { .addr = BASE, .len = 0x10, .exec = true } },
	  { { .addr = BASE, .len = 0x1000, .exec = true, .data_addr = BASE, .data_len = 0x10, .data = bytes } }, NULL },
	{ "text, then data, then nothing's",
	  { .vaddr = BASE, .filesz = 0x2800, .memsz = 0x4000 },
	  { { .addr = BASE, .len = 0x1800, .exec = true }, { .addr = BASE + 0x2000, .len = 0x800, .write = true } },
	  { { .addr = BASE, .len = 0x2000, .exec = true, .data_addr = BASE, .data_len = 0x2000, .data = bytes },
	    { .addr = BASE + 0x2000, .len = 0x2000, .write = true, .data_addr = BASE + 0x2000, .data_len = 0x800,
	      .data = bytes + 0x2000 } }, NULL },
	{ "per-CPU data among other data",
	  { .vaddr = BASE, .filesz = 0x3000, .memsz = 0x3000 },
	  { { .addr = BASE, .len = 0x1000, .write = true, .name = ".data" },
	    { .addr = BASE + 0x1000, .len = 0x800, .write = true, .name = ".data..percpu" },
	    { .addr = BASE + 0x2000, .len = 0x1000, .write = true, .name = ".bss" } },
	  { { .addr = BASE, .len = 0x1000, .write = true, .data_addr = BASE, .data_len = 0x1000, .data = bytes },
	    { .addr = BASE + 0x1000, .len = 0x1000, .write = true, .percpu = true, .data_addr = BASE + 0x1000,
	      .data_len = 0x1000, .data = bytes + 0x1000 },
	    { .addr = BASE + 0x2000, .len = 0x1000, .write = true, .data_addr = BASE + 0x2000, .data_len = 0x1000,
	      .data = bytes + 0x2000 } }, NULL },
	{ "a page that both are on",
	  { .vaddr = BASE, .filesz = 0x1000, .memsz = 0x2000 },
	  { { .addr = BASE, .len = 0x800, .exec = true }, { .addr = BASE + 0x800, .len = 0x1000, .write = true } },
	  { { .addr = BASE, .len = 0x1000, .exec = true, .write = true, .data_addr = BASE, .data_len = 0x1000,
	      .data = bytes },
	    { .addr = BASE + 0x1000, .len = 0x1000, .write = true } }, NULL },
	{ "7.2's data, with all three letters",
	  { .vaddr = BASE, .filesz = 0x1000, .memsz = 0x1000 },
	  { { .addr = BASE, .len = 0x1000, .exec = true, .write = true } },
	  { { .addr = BASE, .len = 0x1000, .write = true, .data_addr = BASE, .data_len = 0x1000, .data = bytes } },
	  NULL },
	{ "read-only",
	  { .vaddr = BASE, .filesz = 0, .memsz = 0x10 },
	  { { .addr = BASE, .len = 0x10 } },
	  { { .addr = BASE, .len = 0x1000 } }, NULL },
	{ "begins inside a page",
	  { .vaddr = BASE + 0x123, .filesz = 0x1000, .memsz = 0x1000 },
	  { { .addr = BASE + 0x1000, .len = 8, .exec = true } },
	  { { .addr = BASE, .len = 0x1000, .write = true, .data_addr = BASE + 0x123, .data_len = 0xedd, .data = bytes },
	    { .addr = BASE + 0x1000, .len = 0x1000, .exec = true, .data_addr = BASE + 0x1000, .data_len = 0x123,
	      .data = bytes + 0xedd } }, NULL },
	{ "zero-based per-CPU data",
	  { .vaddr = 0, .filesz = 0x100, .memsz = 0x3000 },
	  { { .addr = 0, .len = 0x3000, .zero_based = true } },
	  { { .addr = BASE + 0x100000, .len = 0x3000, .write = true, .percpu = true, .data_addr = BASE + 0x100000,
	      .data_len = 0x100, .data = bytes } }, NULL },
	{ "empty", { .vaddr = BASE }, { { 0 } }, { { 0 } }, NULL },
	{ "huge", { .vaddr = BASE, .memsz = 0x40001000 }, { { 0 } }, { { 0 } },
	  "segment at 0xffffffff81000000: 0x40001000 bytes" },
	{ "beyond the last address", { .vaddr = -0x1000ull, .memsz = 0x2000 }, { { 0 } }, { { 0 } },
	  "segment at 0xfffffffffffff000: 0x2000 bytes" },
};
// clang-format on

START_TEST(one_segment)
{
	struct pvp_section sections[3];
	struct pvp_segment segment = rows[_i].segment;
	struct pvp_image image = {
		.name = "test",
		.sections = sections,
		.nr_sections = ARRAY_SIZE(sections),
		.segments = &segment,
		.nr_segments = 1,
		.percpu_base = BASE + 0x100000,
		.percpu_len = 0x3000,
	};
	const char *what = rows[_i].what;
	struct pvp_stretch *v;
	size_t nr;

	memcpy(sections, rows[_i].sections, sizeof(sections));
	segment.data = bytes;
	if (rows[_i].error) {
		pvp_ck_err(pvp_image_stretches(&image, &v, &nr), PVP_ERR_BAD_DATA, rows[_i].error);
		return;
	}
	pvp_ck_ok(pvp_image_stretches(&image, &v, &nr));
	for (size_t i = 0; i < ARRAY_SIZE(rows[_i].want); i++) {
		const struct pvp_stretch *want = &rows[_i].want[i];

		ck_assert_msg(i < nr || !want->len, "%s: stretch %zu is missing", what, i);
		ck_assert_msg(i >= nr || want->len, "%s: stretch %zu is too many", what, i);
		if (i >= nr)
			continue;
		ck_assert_msg(v[i].addr == want->addr && v[i].len == want->len,
			      "%s: stretch %zu is at %#lx, %#lx bytes", what, i,
			      (unsigned long)v[i].addr, (unsigned long)v[i].len);
		ck_assert_msg(v[i].write == want->write && v[i].exec == want->exec &&
				      v[i].percpu == want->percpu,
			      "%s: stretch %zu has other rights", what, i);
		ck_assert_msg(v[i].data_addr == want->data_addr &&
				      v[i].data_len == want->data_len && v[i].data == want->data,
			      "%s: stretch %zu has other data", what, i);
	}
	free(v);
}
END_TEST

Suite *stretches_suite(void)
{
	Suite *s = suite_create("stretches");
	TCase *segment = tcase_create("segment");

	tcase_add_loop_test(segment, one_segment, 0, ARRAY_SIZE(rows));
	suite_add_tcase(s, segment);
	return s;
}
