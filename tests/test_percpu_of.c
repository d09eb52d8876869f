// SPDX-License-Identifier: GPL-2.0-only
#include "percpu_of.h"

#include <stdlib.h>
#include <unistd.h>

#include "check_helpers.h"
#include "elfgen.h"
#include "platform.h"
#include "small_machine.h"
#include "suites.h"

#define TEXT   0xc1000000u
#define PERCPU 0xc1cb0000u
#define CPU0   0xde000000u /* where CPU 0's data is */

static struct pvp_image *make_image(enum pvp_arch arch, uint64_t percpu, const char *hex)
{
	char path[] = "/tmp/pvproof-percpu-XXXXXX";
	struct elfgen *g = elfgen_create(arch);
	uint64_t text = arch == PVP_ARCH_I386 ? TEXT : 0xffffffff81000000;
	uint8_t code[0x400], data[0x100] = {0};
	struct pvp_image *image;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	memset(code, 0xcc, sizeof(code));
	pvp_test_hex(hex, code, sizeof(code));
	elfgen_section(g, ".text", text, ELFGEN_TEXT, code, sizeof(code));
	elfgen_section(g, ".data..percpu", percpu, ELFGEN_DATA, data, sizeof(data));
	if (!percpu)
		elfgen_paddr(g, ".data..percpu", 0x3000000);
	elfgen_symbol(g, "clock", text);
	elfgen_symbol(g, "this_cpu_off", percpu + 0x80);
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	unlink(path);
	return image;
}

// clang-format off
static const struct {
	const char *what, *hex;
	uint64_t addr; /* 0: names none */
} functions[] = {
	/* mov ecx,PERCPU+0x40; add ecx,[eax*4+0xc1a3f460]; ret */
	{ "immediate",         "b9 40 00 cb c1 03 0c 85 60 f4 a3 c1 c3",  CPU0 + 0x40 },
	/* mov eax,[PERCPU+0x10] */
	{ "address",           "a1 10 00 cb c1 c3",                       CPU0 + 0x10 },
	/* fs: add eax,[PERCPU+0x20]; then another */
	{ "the first",         "64 03 05 20 00 cb c1 a1 30 00 cb c1 c3",  CPU0 + 0x20 },
	/* mov eax,[this_cpu_off]; lea eax,[eax+PERCPU+0x40]; and nothing behind it */
	{ "by the CPU's own",  "64 a1 80 00 cb c1 8d 80 40 00 cb c1 c3",  CPU0 + 0x40 },
	{ "the CPU's own",     "64 a1 80 00 cb c1 c3",                    0 },
	{ "its last byte",     "b9 ff 00 cb c1 c3",                       CPU0 + 0xff },
	{ "behind it",         "b9 00 01 cb c1 c3",                       0 },
	{ "before it",         "b9 ff ff ca c1 c3",                       0 },
	{ "behind a return",   "c3 b9 40 00 cb c1",                       0 },
	/* 0f 04 is nothing; then one */
	{ "behind nonsense",   "0f 04 b9 40 00 cb c1",                    0 },
	{ "none",              "31 c0 c3",                                0 },
};
// clang-format on

START_TEST(names)
{
	struct pvp_image *image = make_image(PVP_ARCH_I386, PERCPU, functions[_i].hex);
	uint64_t addr = 0;

	if (functions[_i].addr) {
		pvp_ck_ok(pvp_percpu_of(image, "clock", &addr));
		ck_assert_msg(addr == functions[_i].addr, "%s: %#lx", functions[_i].what,
			      (unsigned long)addr);
		pvp_ck_ok(pvp_platform_address(image, "percpu-of(clock)+8", &addr));
		ck_assert_uint_eq(addr, functions[_i].addr + 8);
	} else {
		pvp_ck_err(pvp_percpu_of(image, "clock", &addr), PVP_ERR_NOT_FOUND,
			   "clock names no per-CPU data");
	}
	pvp_image_close(image);
}
END_TEST

START_TEST(refused)
{
	struct pvp_image *image = make_image(PVP_ARCH_I386, PERCPU, functions[0].hex);
	uint64_t addr;

	pvp_ck_err(pvp_percpu_of(image, "clocks", &addr), PVP_ERR_NOT_FOUND, "clocks");
	pvp_ck_err(pvp_platform_address(image, "percpu-of(clock", &addr), PVP_ERR_NOT_FOUND,
		   "unknown symbol 'percpu-of(clock'");
	pvp_image_close(image);
	/* mov ecx,0x40: a number, where per-CPU data is linked at 0 */
	image = make_image(PVP_ARCH_AMD64, 0, "b9 40 00 00 00 c3");
	pvp_ck_err(pvp_percpu_of(image, "clock", &addr), PVP_ERR_NOT_FOUND, "no ordinary addresses");
	pvp_image_close(image);
}
END_TEST

// clang-format off
static const struct {
	const char *text, *function; /* NULL: it is none */
} writings[] = {
	{ "percpu-of(clock)",   "clock" },
	{ "percpu-of()",        "" },
	{ "percpu-of(clock",    NULL },
	{ "percpu-of(",         NULL },
	{ "percpu-of(clock)+8", NULL },
	{ "clock)",             NULL },
	{ "",                   NULL },
};
// clang-format on

START_TEST(written)
{
	char *function = pvp_percpu_of_function(writings[_i].text);

	ck_assert_pstr_eq(function, writings[_i].function);
	free(function);
}
END_TEST

Suite *percpu_of_suite(void)
{
	Suite *s = suite_create("percpu_of");
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc, names, 0, ARRAY_SIZE(functions));
	tcase_add_test(tc, refused);
	tcase_add_loop_test(tc, written, 0, ARRAY_SIZE(writings));
	suite_add_tcase(s, tc);
	return s;
}
