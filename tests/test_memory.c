// SPDX-License-Identifier: GPL-2.0-only
/* test_memory.c - regions, the write log and what undo makes of it. */
#include <check.h>
#include <signal.h>

#include "check_helpers.h"
#include "memory.h"
#include "suites.h"

#define PAGE 0x1000ull
#define TOP  0xfffffffffffff000ull

/* Two regions that touch, one apart, and one that ends with the address space. */
static uint8_t a[2 * PAGE], b[PAGE], c[PAGE], d[PAGE];
static const struct pvp_region regions[] = {
	{ 0x9000, PAGE, c, PVP_PROT_READ, PVP_MEM_PLAIN, "c" },
	{ 0x1000, 2 * PAGE, a, PVP_PROT_READ | PVP_PROT_WRITE, PVP_MEM_PLAIN, "a" },
	{ TOP, PAGE, d, PVP_PROT_READ | PVP_PROT_WRITE, PVP_MEM_PLAIN, "d" },
	{ 0x3000, PAGE, b, PVP_PROT_READ | PVP_PROT_WRITE, PVP_MEM_ORDERED, "b" },
};
static struct pvp_memory memory;

static void setup(void)
{
	for (size_t i = 0; i < PAGE; i++) {
		a[i] = a[PAGE + i] = i;
		b[i] = i + 1;
		c[i] = i + 2;
		d[i] = i + 3;
	}
	pvp_memory_init(&memory, regions, ARRAY_SIZE(regions));
}

static void teardown(void)
{
	pvp_memory_deinit(&memory);
}

static const struct {
	uint64_t addr;
	const char *name; /* NULL: nothing there */
} lookups[] = {
	{ 0, NULL },	  { 0xfff, NULL },   { 0x1000, "a" },  { 0x2fff, "a" }, { 0x3000, "b" },
	{ 0x3fff, "b" },  { 0x4000, NULL },  { 0x8fff, NULL }, { 0x9000, "c" }, { 0x9fff, "c" },
	{ 0xa000, NULL }, { TOP - 1, NULL }, { TOP, "d" },     { ~0ull, "d" },
};

START_TEST(lookup)
{
	/* In every order: the last hit is remembered. */
	for (size_t first = 0; first < ARRAY_SIZE(lookups); first++) {
		const struct pvp_region *r;

		(void)pvp_memory_region(&memory, lookups[first].addr);
		r = pvp_memory_region(&memory, lookups[_i].addr);
		ck_assert_msg(!r == !lookups[_i].name, "%#lx: %s", (unsigned long)lookups[_i].addr,
			      r ? r->name : "nothing");
		if (r)
			ck_assert_str_eq(r->name, lookups[_i].name);
	}
}
END_TEST

START_TEST(regions_are_sorted)
{
	for (size_t i = 1; i < memory.nr; i++)
		ck_assert(memory.regions[i - 1].addr < memory.regions[i].addr);
	ck_assert_uint_eq(memory.nr, ARRAY_SIZE(regions));
}
END_TEST

static const struct {
	uint64_t addr, len;
	const uint8_t *host; /* NULL: not in one region */
} hosts[] = {
	{ 0x1000, 2 * PAGE, a }, { 0x1000, 2 * PAGE + 1, NULL }, { 0x2fff, 1, a + 0x1fff },
	{ 0x2fff, 2, NULL },	 { 0x3ffc, 4, b + 0xffc },	 { 0x4000, 1, NULL },
	{ 0x1000, ~0ull, NULL }, { ~0ull, 1, d + 0xfff },	 { ~0ull, 2, NULL },
};

START_TEST(host)
{
	ck_assert_ptr_eq(pvp_memory_host(&memory, hosts[_i].addr, hosts[_i].len), hosts[_i].host);
}
END_TEST

static const struct {
	uint64_t addr, len;
	bool ok;
	uint8_t first, last;
} reads[] = {
	{ 0x1000, 1, true, 0, 0 },	  { 0x2ffe, 4, true, 0xfe, 2 }, /* a's end, b's begin */
	{ 0x1000, 3 * PAGE, true, 0, 0 }, { 0x1000, 3 * PAGE + 1, false, 0, 0 },
	{ 0x3ffe, 4, false, 0, 0 },	  { 0x0fff, 2, false, 0, 0 },
	{ ~0ull - 1, 2, true, 1, 2 },	  { ~0ull, 2, false, 0, 0 }, /* address 0 comes next */
};

START_TEST(read_across)
{
	static uint8_t buf[4 * PAGE];

	ck_assert(pvp_memory_read(&memory, reads[_i].addr, buf, reads[_i].len) == reads[_i].ok);
	if (!reads[_i].ok)
		return;
	ck_assert_uint_eq(buf[0], reads[_i].first);
	ck_assert_uint_eq(buf[reads[_i].len - 1], reads[_i].last);
}
END_TEST

static const struct {
	const char *name;
	uint64_t addr;
	unsigned size;
	struct {
		uint64_t addr;
		unsigned size;
		uint64_t old, new;
		enum pvp_memory_class class;
		bool mapped;
	} want[2];
} logs[] = {
	{ "inside a region",
	  0x1010,
	  8,
	  { { 0x1010, 8, 0x1716151413121110, 0x8877665544332211, PVP_MEM_PLAIN, true } } },
	{ "the last bytes of a region",
	  0x3ff8,
	  8,
	  { { 0x3ff8, 8, 0x00fffefdfcfbfaf9, 0x8877665544332211, PVP_MEM_ORDERED, true } } },
	{ "only its low bytes count",
	  0x1010,
	  3,
	  { { 0x1010, 3, 0x121110, 0x332211, PVP_MEM_PLAIN, true } } },
	{ "across two regions",
	  0x2ffd,
	  8,
	  { { 0x2ffd, 3, 0xfffefd, 0x332211, PVP_MEM_PLAIN, true },
	    { 0x3000, 5, 0x0504030201, 0x8877665544, PVP_MEM_ORDERED, true } } },
	{ "out of a region",
	  0x3fff,
	  2,
	  { { 0x3fff, 1, 0x00, 0x11, PVP_MEM_ORDERED, true },
	    { 0x4000, 1, 0, 0x22, PVP_MEM_PLAIN, false } } },
	{ "into a region",
	  0x0ffe,
	  4,
	  { { 0x0ffe, 2, 0, 0x2211, PVP_MEM_PLAIN, false },
	    { 0x1000, 2, 0x0100, 0x4433, PVP_MEM_PLAIN, true } } },
	{ "across unmapped pages",
	  0x6ffe,
	  4,
	  { { 0x6ffe, 2, 0, 0x2211, PVP_MEM_PLAIN, false },
	    { 0x7000, 2, 0, 0x4433, PVP_MEM_PLAIN, false } } },
	{ "over the end of the address space",
	  ~0ull,
	  2,
	  { { ~0ull, 1, 0x02, 0x11, PVP_MEM_PLAIN, true },
	    { 0, 1, 0, 0x22, PVP_MEM_PLAIN, false } } },
};

START_TEST(log_row)
{
	size_t nr = logs[_i].want[1].size ? 2 : 1;

	pvp_memory_log(&memory, logs[_i].addr, logs[_i].size, 0x8877665544332211,
		       PVP_WRITER_MACHINE);
	ck_assert_msg(memory.nr_log == nr, "%s: %zu entries", logs[_i].name, memory.nr_log);
	for (size_t i = 0; i < nr; i++) {
		const struct pvp_write *w = &memory.log[i];

		ck_assert_msg(
			w->addr == logs[_i].want[i].addr && w->size == logs[_i].want[i].size &&
				w->old == logs[_i].want[i].old && w->new == logs[_i].want[i].new &&
				w->class == logs[_i].want[i].class &&
				!!w->host == logs[_i].want[i].mapped &&
				w->writer == PVP_WRITER_MACHINE,
			"%s: entry %zu is %#lx, %u bytes, %#lx to %#lx, class %u", logs[_i].name, i,
			(unsigned long)w->addr, w->size, (unsigned long)w->old,
			(unsigned long)w->new, w->class);
	}
	/* Logging writes nothing. */
	for (size_t i = 0; i < PAGE; i++)
		ck_assert(a[i] == (uint8_t)i && b[i] == (uint8_t)(i + 1));
}
END_TEST

static const struct {
	uint64_t addr, len;
	bool ok;
} writes[] = {
	{ 0x1000, 1, true },	 { 0x1001, 23, true },
	{ 0x2ff9, 16, true },	 { 0x1000, 3 * PAGE, true },
	{ 0x3fff, 2, false },	 { 0x0fff, 2, false },
	{ 0x5000, 1, false },	 { ~0ull - 3, 4, true },
	{ ~0ull - 3, 5, false }, { 0x1000, 3 * PAGE + 1, false },
};

/* All of it is written, or nothing; what was there comes back. */
START_TEST(write_row)
{
	static uint8_t buf[4 * PAGE], got[4 * PAGE];
	uint64_t addr = writes[_i].addr, len = writes[_i].len;

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = 0xa5 ^ i;
	ck_assert(pvp_memory_write(&memory, addr, buf, len, PVP_WRITER_GUEST) == writes[_i].ok);
	if (writes[_i].ok) {
		ck_assert(pvp_memory_read(&memory, addr, got, len));
		pvp_ck_bytes("written", got, buf, len);
	} else {
		ck_assert_uint_eq(memory.nr_log, 0);
	}
	pvp_memory_undo(&memory);
	ck_assert_uint_eq(memory.nr_log, 0);
	for (size_t i = 0; i < PAGE; i++)
		ck_assert(a[i] == (uint8_t)i && a[PAGE + i] == (uint8_t)i &&
			  b[i] == (uint8_t)(i + 1) && d[i] == (uint8_t)(i + 3));
}
END_TEST

/* Oldest first would leave the second write's idea of "before". */
START_TEST(undo_is_newest_first)
{
	const uint64_t one = 0x1111111111111111, two = 0x2222, three = 0x333333;
	uint64_t got;

	ck_assert(pvp_memory_write(&memory, 0x1100, &one, 8, PVP_WRITER_GUEST));
	ck_assert(pvp_memory_write(&memory, 0x1103, &two, 2, PVP_WRITER_SCRIPT));
	ck_assert(pvp_memory_write(&memory, 0x1106, &three, 3, PVP_WRITER_MACHINE));
	ck_assert_uint_eq(memory.nr_log, 3);
	pvp_memory_undo_to(&memory, 1);
	memcpy(&got, a + 0x100, 8);
	ck_assert_uint_eq(got, one);
	ck_assert_uint_eq(a[0x108], 8);
	pvp_memory_undo(&memory);
	for (size_t i = 0; i < 16; i++)
		ck_assert_uint_eq(a[0x100 + i], i);
}
END_TEST

START_TEST(log_keeps_time)
{
	size_t clock = 3;

	pvp_memory_log(&memory, 0x1000, 1, 0, PVP_WRITER_GUEST);
	memory.clock = &clock;
	pvp_memory_log(&memory, 0x1000, 1, 0, PVP_WRITER_GUEST);
	clock = 9;
	pvp_memory_log(&memory, 0x2fff, 2, 0, PVP_WRITER_GUEST);
	ck_assert_uint_eq(memory.nr_log, 4);
	ck_assert_uint_eq(memory.log[0].time, 0);
	ck_assert_uint_eq(memory.log[1].time, 3);
	ck_assert_uint_eq(memory.log[2].time, 9);
	ck_assert_uint_eq(memory.log[3].time, 9);
}
END_TEST

START_TEST(regions_come_and_go)
{
	static uint8_t page[PAGE];
	const struct pvp_region between = { 0x4000, PAGE, page, PVP_PROT_READ, PVP_MEM_PLAIN, "e" };

	ck_assert(pvp_memory_region(&memory, 0x9000) != NULL);
	pvp_memory_add(&memory, &between);
	ck_assert_str_eq(pvp_memory_region(&memory, 0x4fff)->name, "e");
	ck_assert_str_eq(pvp_memory_region(&memory, 0x9000)->name, "c");
	pvp_memory_remove(&memory, 0x4000);
	ck_assert(!pvp_memory_region(&memory, 0x4fff));
	ck_assert_str_eq(pvp_memory_region(&memory, 0x3fff)->name, "b");
	ck_assert_str_eq(pvp_memory_region(&memory, ~0ull)->name, "d");
}
END_TEST

static const struct pvp_region overlapping[] = {
	{ 0x1000, PAGE, c, PVP_PROT_READ, PVP_MEM_PLAIN, "same begin" },
	{ 0x2000, PAGE, c, PVP_PROT_READ, PVP_MEM_PLAIN, "inside" },
	{ 0x8000, 2 * PAGE, c, PVP_PROT_READ, PVP_MEM_PLAIN, "runs into the next" },
	{ 0x4000, 0, c, PVP_PROT_READ, PVP_MEM_PLAIN, "empty" },
};

START_TEST(overlap_is_a_bug)
{
	pvp_memory_add(&memory, &overlapping[_i]);
}
END_TEST

START_TEST(nine_bytes_are_a_bug)
{
	pvp_memory_log(&memory, 0x1000, 9, 0, PVP_WRITER_GUEST);
}
END_TEST

START_TEST(removing_what_is_not_there_is_a_bug)
{
	pvp_memory_remove(&memory, 0x2000);
}
END_TEST

Suite *memory_suite(void)
{
	Suite *suite = suite_create("memory");
	TCase *tc = tcase_create("regions");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, lookup, 0, ARRAY_SIZE(lookups));
	tcase_add_loop_test(tc, host, 0, ARRAY_SIZE(hosts));
	tcase_add_loop_test(tc, read_across, 0, ARRAY_SIZE(reads));
	tcase_add_test(tc, regions_are_sorted);
	tcase_add_test(tc, regions_come_and_go);
	suite_add_tcase(suite, tc);

	tc = tcase_create("log");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, log_row, 0, ARRAY_SIZE(logs));
	tcase_add_loop_test(tc, write_row, 0, ARRAY_SIZE(writes));
	tcase_add_test(tc, undo_is_newest_first);
	tcase_add_test(tc, log_keeps_time);
	suite_add_tcase(suite, tc);

	tc = tcase_create("bugs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test_raise_signal(tc, overlap_is_a_bug, SIGABRT, 0, ARRAY_SIZE(overlapping));
	tcase_add_test_raise_signal(tc, nine_bytes_are_a_bug, SIGABRT);
	tcase_add_test_raise_signal(tc, removing_what_is_not_there_is_a_bug, SIGABRT);
	suite_add_tcase(suite, tc);
	return suite;
}
