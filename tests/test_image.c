// SPDX-License-Identifier: GPL-2.0-only
// test_image.c - kernel files of every kind open, everything else is refused in one clear line.
#define _GNU_SOURCE
#include <inttypes.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bzgen.h"
#include "check_helpers.h"
#include "small_image.h"
#include "suites.h"

#define BAD PVP_ERR_BAD_DATA

/* ---- what opens ---- */

static const char *const methods[] = {"gzip", "xz", "lzma", "lz4", "zstd", "stored"};

START_TEST(container_opens)
{
	const char *method = methods[_i];
	size_t elf_len, len;
	uint8_t *elf = small_bytes(&elf_len), *data = bzgen_bytes(method, elf, elf_len, &len);
	struct pvp_image *packed, *plain;
	char want[32];

	elfgen_write_bytes(small_path, data, len);
	pvp_ck_ok(pvp_image_open(small_path, NULL, &packed));
	elfgen_write_bytes(small_symbols, elf, elf_len);
	pvp_ck_ok(pvp_image_open(small_symbols, NULL, &plain));
	snprintf(want, sizeof(want), "bzImage/%s", method);
	ck_assert_str_eq(packed->container, want);
	ck_assert_str_eq(packed->name, "vmlinux");
	ck_assert_str_eq(plain->container, "elf");
	ck_assert_uint_eq(packed->nr_sections, 5);
	ck_assert_uint_eq(packed->nr_segments, 5);
	ck_assert_uint_eq(packed->nr_symbols, 10);
	ck_assert_str_eq(packed->symbol_source, "symtab");
	pvp_ck_bytes(method, pvp_image_bytes(packed, SMALL_TEXT, sizeof(small_text)), small_text,
		     sizeof(small_text));
	ck_assert_str_eq(pvp_image_elf_sha256(packed), pvp_image_sha256(plain));
	ck_assert_str_eq(pvp_image_elf_sha256(plain), pvp_image_sha256(plain));
	ck_assert_str_ne(pvp_image_sha256(packed), pvp_image_sha256(plain));
	ck_assert_uint_eq(strlen(pvp_image_sha256(packed)), 64);
	pvp_image_close(packed);
	pvp_image_close(plain);
	free(data);
	free(elf);
}
END_TEST

static const struct {
	enum pvp_arch arch;
	const char *name;
	unsigned ptr_len;
	uint64_t addr;
} arches[] = {
	{PVP_ARCH_AMD64, "amd64", 8, SMALL_TEXT},
	{PVP_ARCH_I386, "i386", 4, 0xc1000000},
	{PVP_ARCH_IA64, "ia64", 8, 0xa000000100000000},
};

START_TEST(arch_recognised)
{
	struct elfgen *g = elfgen_create(arches[_i].arch);
	struct pvp_image *image;
	uint64_t value = 0;

	elfgen_section(g, ".text", arches[_i].addr, ELFGEN_TEXT, "\x01\x02\x03\x84\x05\x06\x07\x08",
		       8);
	elfgen_write(g, small_path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(small_path, NULL, &image));
	ck_assert_str_eq(pvp_arch_name(image->arch), arches[_i].name);
	ck_assert_uint_eq(image->ptr_len, arches[_i].ptr_len);
	ck_assert_str_eq(image->symbol_source, "none");
	pvp_ck_ok(pvp_image_pointer(image, arches[_i].addr, &value));
	ck_assert_uint_eq(value, arches[_i].ptr_len == 8 ? 0x0807060584030201 : 0x84030201);
	pvp_ck_err(pvp_image_symbol(image, "pv_ops", &value), PVP_ERR_NOT_FOUND, "no symbols");
	pvp_image_close(image);
}
END_TEST

static Elf64_Shdr *shdr_at(uint8_t *elf, size_t index)
{
	Elf64_Ehdr ehdr;

	memcpy(&ehdr, elf, sizeof(ehdr));
	return (Elf64_Shdr *)(void *)(elf + ehdr.e_shoff) + index;
}

/* Opening touches few pages of a file whose debug section is 2 GiB (sparse: zeros on no disk). */
START_TEST(debug_sections_unread)
{
	uint64_t debug_len = UINT64_C(2) << 30;
	struct rusage before, after;
	struct pvp_image *image;
	struct elfgen *g = small_elf();
	uint8_t *elf;
	size_t len;

	elfgen_section(g, ".debug_info", 0, 0, "debug", 5);
	elf = elfgen_bytes(g, &len);
	elfgen_destroy(g);
	shdr_at(elf, 6)->sh_offset = len;
	shdr_at(elf, 6)->sh_size = debug_len;
	elfgen_write_bytes(small_path, elf, len);
	free(elf);
	ck_assert_int_eq(truncate(small_path, (off_t)(len + debug_len)), 0);
	getrusage(RUSAGE_SELF, &before);
	pvp_ck_ok(pvp_image_open(small_path, NULL, &image));
	getrusage(RUSAGE_SELF, &after);
	ck_assert_uint_eq(image->nr_sections, 5);
	ck_assert_int_lt(after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt,
			 4096);
	pvp_image_close(image);
}
END_TEST

/* ---- finding things ---- */

START_TEST(sections_and_bytes)
{
	struct pvp_image *image = small_open();
	const struct pvp_section *percpu = pvp_image_section(image, ".data..percpu");
	uint64_t value = 0;

	ck_assert(pvp_image_section(image, ".nothing") == NULL);
	ck_assert_str_eq(pvp_image_section(image, ".bss")->name, ".bss");
	ck_assert(pvp_image_section_at(image, SMALL_TEXT - 1) == NULL);
	ck_assert(pvp_image_section_at(image, SMALL_TEXT) == pvp_image_section(image, ".text"));
	ck_assert(pvp_image_section_at(image, SMALL_TEXT + 8191) ==
		  pvp_image_section(image, ".text"));
	ck_assert(pvp_image_section_at(image, SMALL_TEXT + 8192) == NULL);
	ck_assert(pvp_image_section_at(image, UINT64_MAX) == NULL);

	ck_assert(pvp_image_bytes(image, SMALL_TEXT + 8190, 2) != NULL);
	ck_assert(pvp_image_bytes(image, SMALL_TEXT + 8190, 3) == NULL);
	ck_assert(pvp_image_bytes(image, SMALL_TEXT, UINT64_MAX) == NULL);
	ck_assert(pvp_image_bytes(image, SMALL_BSS, 1) == NULL);
	ck_assert(pvp_image_is_text(image, SMALL_TEXT + 8190, 2));
	ck_assert(!pvp_image_is_text(image, SMALL_TEXT + 8190, 3));
	ck_assert(!pvp_image_is_text(image, SMALL_DATA, 1));

	pvp_ck_ok(pvp_image_pointer(image, SMALL_RODATA, &value));
	ck_assert_uint_eq(value, SMALL_DATA + 0x10);
	pvp_ck_err(pvp_image_pointer(image, SMALL_RODATA + 4089, &value), BAD,
		   "no pointer at 0xffffffff82000ff9");

	ck_assert(percpu && percpu->zero_based);
	ck_assert(pvp_image_section_at(image, 8) == NULL && pvp_image_bytes(image, 8, 1) == NULL);
	ck_assert_uint_eq(image->percpu_base, SMALL_PERCPU);
	ck_assert_uint_eq(image->percpu_len, 256);
	pvp_image_close(image);
}
END_TEST

START_TEST(symbols_by_name)
{
	struct pvp_image *image = small_open();
	const struct pvp_symbol *const *v;
	uint64_t addr = 0;
	size_t nr;

	pvp_ck_ok(pvp_image_symbol(image, "start_kernel", &addr));
	ck_assert_uint_eq(addr, SMALL_TEXT + 0x40);
	v = pvp_image_symbols_named(image, "start_kernel", NULL);
	ck_assert(v && v[0]->len == 0x20 && v[0]->type == 'T');
	v = pvp_image_symbols_named(image, "twin", &nr);
	ck_assert(v && nr == 2 && v[0]->addr == SMALL_TEXT + 0x100 &&
		  v[1]->addr == SMALL_TEXT + 0x200);
	ck_assert(pvp_image_symbols_named(image, "nobody", &nr) == NULL && nr == 0);
	pvp_ck_ok(pvp_image_symbol(image, "same", &addr));
	ck_assert_uint_eq(addr, SMALL_DATA);
	addr = 7;
	pvp_ck_err(pvp_image_symbol(image, "nobody", &addr), PVP_ERR_NOT_FOUND, "no symbol nobody");
	pvp_ck_err(pvp_image_symbol(image, "twin", &addr), BAD,
		   "several addresses, 0xffffffff81000100 and 0xffffffff81000200");
	ck_assert_uint_eq(addr, 7);
	for (size_t i = 1; i < image->nr_symbols; i++)
		ck_assert(image->symbols[i - 1].addr <= image->symbols[i].addr);
	pvp_image_close(image);
}
END_TEST

static const struct {
	uint64_t addr;
	const char *want;
} descriptions[] = {
	{SMALL_TEXT, "startup_64"}, /* not _text */
	{SMALL_TEXT + 1, "startup_64+0x1"},
	{SMALL_TEXT + 0x40, "start_kernel"},
	{SMALL_TEXT + 0x60, "start_kernel+0x20"},
	{SMALL_TEXT + 8191, "twin+0x1dff"},
	{SMALL_TEXT + 8192, "0xffffffff81002000"},
	{SMALL_TEXT - 1, "0xffffffff80ffffff"},
	{SMALL_RODATA, "0xffffffff82000000"}, /* the symbol below is in .text */
	{SMALL_BSS + 0x7ff, "0xffffffff840007ff"},
	{SMALL_BSS + 0x801, "late_bss+0x1"},
	{8, "0x8"}, /* per-CPU addresses look like NULL plus something */
};

START_TEST(described)
{
	struct pvp_image *image = small_open();
	char buf[64];

	ck_assert_str_eq(pvp_image_describe(image, descriptions[_i].addr, buf, sizeof(buf)),
			 descriptions[_i].want);
	pvp_image_close(image);
}
END_TEST

START_TEST(description_fits)
{
	struct pvp_image *image = small_open();
	char buf[6];

	ck_assert_str_eq(pvp_image_describe(image, SMALL_TEXT, buf, sizeof(buf)), "start");
	pvp_image_close(image);
}
END_TEST

/* ---- symbols from a file of their own ---- */

#define GOOD "ffffffff81000000 T _text\n"

static const struct {
	const char *name, *map;
	const char *message; /* NULL: it is read, and late_text is found */
} maps[] = {
	{"plain", GOOD "ffffffff81000080 t late_text\n", NULL},
	{"no last newline", GOOD "ffffffff81000080 t late_text", NULL},
	{"carriage returns", "ffffffff81000000 T _text\r\nffffffff81000080 t late_text\r\n", NULL},
	{"upper case, short", "0000000000000008 A x\nFFFFFFFF81000080 T late_text\n", NULL},
	{"undefined, module",
	 "                 U gone\n" GOOD "\nffffffff81000080 t late_text\t[m]\n", NULL},
	{"not a map", "hello\n", "/System.map: line 1 is not \"ADDRESS TYPE NAME\""},
	{"third line", GOOD GOOD "ffffffff8100008g t late_text\n", "/System.map: line 3"},
	{"no name", GOOD "ffffffff81000080 t \n", "line 2"},
	{"no type", GOOD "ffffffff81000080\n", "line 2"},
	{"17 digits", "0ffffffff81000080 t late_text\n", "line 1"},
	{"escape", "ffffffff81000080 t late\033text\n", "line 1"},
	{"addresses hidden", "0000000000000000 T _text\n0000000000000000 t late_text\n",
	 "none of its 2 symbols"},
	{"another kernel", "c1000000 T _text\n", "none of its 1 symbols"},
	{"blank", "\n\n", "has no symbols"},
};

START_TEST(system_map)
{
	struct pvp_image *image = small_open();
	uint64_t addr = 0;

	pvp_image_close(image);
	elfgen_write_bytes(small_symbols, maps[_i].map, strlen(maps[_i].map));
	if (maps[_i].message) {
		pvp_ck_err(pvp_image_open(small_path, small_symbols, &image), BAD,
			   maps[_i].message);
		return;
	}
	pvp_ck_ok(pvp_image_open(small_path, small_symbols, &image));
	ck_assert_str_eq(image->symbol_source, "System.map");
	pvp_ck_ok(pvp_image_symbol(image, "late_text", &addr));
	ck_assert_uint_eq(addr, SMALL_TEXT + 0x80);
	/* The file's own symbols are not mixed in. */
	ck_assert(pvp_image_symbols_named(image, "start_kernel", NULL) == NULL);
	pvp_image_close(image);
}
END_TEST

START_TEST(system_map_with_nul)
{
	struct pvp_image *image = small_open();

	pvp_image_close(image);
	elfgen_write_bytes(small_symbols, GOOD "ffffffff81000080 t late\0text\n", 25 + 29);
	pvp_ck_err(pvp_image_open(small_path, small_symbols, &image), BAD, "line 2");
	unlink(small_symbols);
	pvp_ck_err(pvp_image_open(small_path, small_symbols, &image), PVP_ERR_OS,
		   "/System.map: No such");
	pvp_ck_err(pvp_image_open(small_path, small_dir, &image), PVP_ERR_OS, "is a directory");
}
END_TEST

START_TEST(symbols_from_elf)
{
	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);
	struct pvp_image *image;
	uint64_t addr = 0;

	pvp_image_close(small_open());
	elfgen_section(g, ".text", SMALL_TEXT, ELFGEN_TEXT, small_text, sizeof(small_text));
	elfgen_symbol(g, "from_debug", SMALL_TEXT + 0x80);
	elfgen_write(g, small_symbols);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(small_path, small_symbols, &image));
	ck_assert_str_eq(image->symbol_source, "symtab");
	ck_assert_uint_eq(image->nr_symbols, 1);
	pvp_ck_ok(pvp_image_symbol(image, "from_debug", &addr));
	ck_assert_uint_eq(addr, SMALL_TEXT + 0x80);
	pvp_image_close(image);

	g = elfgen_create(PVP_ARCH_I386);
	elfgen_section(g, ".text", 0xc1000000, ELFGEN_TEXT, small_text, sizeof(small_text));
	elfgen_symbol(g, "_text", 0xc1000000);
	elfgen_write(g, small_symbols);
	elfgen_destroy(g);
	pvp_ck_err(pvp_image_open(small_path, small_symbols, &image), BAD,
		   "/System.map: symbols are for i386, the image is amd64");
}
END_TEST

/* ---- real kernels ---- */

// clang-format off
/* Symbol counts: embedded kallsyms of Debian's images, as counted when they were first taken
 * apart; pv_ops: DWARF of the debug vmlinux.  0: no such symbol (i386 names text only). */
static const struct {
	const char *file, *container;
	enum pvp_arch arch;
	size_t nr_symbols;
	uint64_t pv_ops, percpu_base; /* 0: not linked at 0 */
	const char *sections;	      /* must be there */
} kernels[] = {
	{ "vmlinuz-5.10.223-amd64", "bzImage/xz", PVP_ARCH_AMD64, 104888, 0xffffffff82633120,
	  0xffffffff82c11000, ".text .rodata .data .init.text .parainstructions .altinstructions" },
	{ "vmlinuz-5.10.223-i386",  "bzImage/xz", PVP_ARCH_I386,  42431, 0, 0,
	  ".text .rodata .data .init.text .parainstructions .altinstructions" },
	{ "vmlinuz-6.1.176-amd64",  "bzImage/xz", PVP_ARCH_AMD64, 94101, 0xffffffff82a3b900,
	  0xffffffff83042000, ".text .rodata .data .init.text .parainstructions .altinstructions "
	  ".retpoline_sites .return_sites .altinstr_replacement .altinstr_aux .smp_locks" },
	{ "vmlinuz-6.1.176-i386",   "bzImage/xz", PVP_ARCH_I386,  46215, 0, 0,
	  ".text .rodata .data .init.text .parainstructions .altinstructions" },
	{ "vmlinuz-6.12.107-amd64", "bzImage/zstd", PVP_ARCH_AMD64, 166692, 0xffffffff82c35480,
	  0xffffffff8331a000, ".text .rodata .data .init.text .altinstructions .call_sites" },
	{ "vmlinuz-7.2.13-amd64",   "bzImage/zstd", PVP_ARCH_AMD64, 199097, 0xffffffff832482a0,
	  0, ".text .rodata .data .init.text .altinstructions .call_sites" },
};
// clang-format on

START_TEST(on_cpu0)
{
	const struct pvp_image zero_based = {
		.ptr_len = 8, .percpu_base = 0xffffffff82000000, .percpu_len = 0x100};
	const struct pvp_image elsewhere = {
		.ptr_len = 4,
		.percpu_from = 0xc1000000,
		.percpu_base = 0xde000000 - 0xc1000000,
		.percpu_len = 0x100,
	};
	const struct pvp_image wrapping = {
		.ptr_len = 4, .percpu_from = 0xf0000000, .percpu_base = 0xee000000, .percpu_len = 16};

	ck_assert_uint_eq(pvp_image_on_cpu0(&zero_based, 0xff), 0xffffffff820000ff);
	ck_assert_uint_eq(pvp_image_on_cpu0(&zero_based, 0x100), 0x100);
	ck_assert_uint_eq(pvp_image_on_cpu0(&elsewhere, 0xc10000ff), 0xde0000ff);
	ck_assert_uint_eq(pvp_image_on_cpu0(&elsewhere, 0xc1000100), 0xc1000100);
	ck_assert_uint_eq(pvp_image_on_cpu0(&elsewhere, 0xc0ffffff), 0xc0ffffff);
	ck_assert_uint_eq(pvp_image_on_cpu0(&elsewhere, 0), 0);
	ck_assert_uint_eq(pvp_image_on_cpu0(&wrapping, 0xf0000008), 0xde000008);
}
END_TEST

/* CPU 0's per-CPU data is elsewhere than the file's, all of it; nothing else moves. */
static void expect_copy(const struct pvp_image *image)
{
	const struct pvp_section *percpu = pvp_image_section(image, ".data..percpu");
	uint64_t last = percpu->addr + percpu->len - 1;

	ck_assert(image->percpu_base != 0);
	ck_assert_uint_eq(image->percpu_from, percpu->addr);
	ck_assert_uint_eq(pvp_image_on_cpu0(image, last) -
				  pvp_image_on_cpu0(image, percpu->addr),
			  percpu->len - 1);
	ck_assert_ptr_null(pvp_image_section_at(image, pvp_image_on_cpu0(image, last)));
	ck_assert_uint_eq(pvp_image_on_cpu0(image, last + 1), last + 1);
	ck_assert_uint_eq(pvp_image_on_cpu0(image, percpu->addr - 1), percpu->addr - 1);
}

START_TEST(real_kernel)
{
	const char *file = pvp_test_file(pvp_test_kernels(), kernels[_i].file, "real_kernel");
	char sections[256], *name, *rest = sections;
	struct pvp_image *image;
	uint64_t addr = 0, load = 0;

	if (!file)
		return;
	pvp_ck_ok(pvp_image_open(file, NULL, &image));
	ck_assert_str_eq(image->name, kernels[_i].file);
	ck_assert_str_eq(image->container, kernels[_i].container);
	ck_assert_int_eq(image->arch, kernels[_i].arch);
	ck_assert_msg(!strncmp(image->symbol_source, "kallsyms", 8), "%s", image->symbol_source);
	ck_assert_uint_eq(image->nr_symbols, kernels[_i].nr_symbols);
	if (kernels[_i].pv_ops) {
		pvp_ck_ok(pvp_image_symbol(image, "pv_ops", &addr));
		ck_assert_uint_eq(addr, kernels[_i].pv_ops);
	}
	if (kernels[_i].percpu_base) {
		ck_assert_uint_eq(image->percpu_from, 0);
		ck_assert_uint_eq(image->percpu_base, kernels[_i].percpu_base);
		pvp_ck_ok(pvp_image_symbol(image, "__per_cpu_load", &load));
		ck_assert_uint_eq(load, kernels[_i].percpu_base);
		ck_assert_uint_eq(pvp_image_on_cpu0(image, 8), load + 8);
	} else {
		expect_copy(image);
	}
	snprintf(sections, sizeof(sections), "%s", kernels[_i].sections);
	while ((name = strsep(&rest, " "))) {
		const struct pvp_section *s = pvp_image_section(image, name);

		ck_assert_msg(s && s->data && s->len, "%s: no %s", kernels[_i].file, name);
		ck_assert(pvp_image_section_at(image, s->addr + s->len - 1) == s);
	}
	pvp_image_close(image);
}
END_TEST

START_TEST(real_kernel_truncated)
{
	const char *file =
		pvp_test_file(pvp_test_kernels(), kernels[_i].file, "real_kernel_truncated");
	struct pvp_image *image;
	struct stat st;
	uint8_t *data;
	FILE *f;

	if (!file)
		return;
	ck_assert_int_eq(stat(file, &st), 0);
	data = malloc((size_t)st.st_size);
	f = fopen(file, "rb");
	ck_assert(data && f && fread(data, 1, (size_t)st.st_size, f) == (size_t)st.st_size);
	fclose(f);
	for (size_t part = 1; part < 16; part++) {
		elfgen_write_bytes(small_path, data, (size_t)st.st_size * part / 16);
		pvp_ck_err(pvp_image_open(small_path, NULL, &image), BAD,
			   "/vmlinux: boot image is truncated");
	}
	free(data);
}
END_TEST

Suite *image_suite(void)
{
	Suite *s = suite_create("image");
	TCase *opens = tcase_create("opens");
	TCase *lookup = tcase_create("lookup"), *symbols = tcase_create("symbols");
	TCase *real = tcase_create("real kernels");

	tcase_add_checked_fixture(opens, small_make_dir, small_remove_dir);
	tcase_add_loop_test(opens, container_opens, 0, ARRAY_SIZE(methods));
	tcase_add_loop_test(opens, arch_recognised, 0, ARRAY_SIZE(arches));
	tcase_add_test(opens, debug_sections_unread);
	suite_add_tcase(s, opens);

	tcase_add_checked_fixture(lookup, small_make_dir, small_remove_dir);
	tcase_add_test(lookup, sections_and_bytes);
	tcase_add_test(lookup, symbols_by_name);
	tcase_add_loop_test(lookup, described, 0, ARRAY_SIZE(descriptions));
	tcase_add_test(lookup, description_fits);
	tcase_add_test(lookup, on_cpu0);
	suite_add_tcase(s, lookup);

	tcase_add_checked_fixture(symbols, small_make_dir, small_remove_dir);
	tcase_add_loop_test(symbols, system_map, 0, ARRAY_SIZE(maps));
	tcase_add_test(symbols, system_map_with_nul);
	tcase_add_test(symbols, symbols_from_elf);
	suite_add_tcase(s, symbols);

	tcase_add_checked_fixture(real, small_make_dir, small_remove_dir);
	tcase_set_timeout(real, 60);
	tcase_set_tags(real, PVP_TAG_KERNELS);
	tcase_add_loop_test(real, real_kernel, 0, ARRAY_SIZE(kernels));
	tcase_add_test(real, real_kernel_truncated);
	suite_add_tcase(s, real);
	return s;
}
