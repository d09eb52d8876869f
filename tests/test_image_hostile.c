// SPDX-License-Identifier: GPL-2.0-only
// test_image_hostile.c - what is no kernel image is refused in one line that names file and place.
#define _GNU_SOURCE
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bzgen.h"
#include "check_helpers.h"
#include "small_image.h"
#include "suites.h"

static const char *const methods[] = {"gzip", "xz", "lzma", "lz4", "zstd", "stored"};

/* ---- what does not: files that are no ELF ---- */

static const struct {
	const char *name;
	size_t len;
	const char *data;
	enum pvp_error_code code;
	const char *message;
} files[] = {
	{"empty", 0, "", PVP_ERR_BAD_DATA, "/vmlinux: file is empty"},
	{"text", 6, "hello\n", PVP_ERR_BAD_DATA,
	 "/vmlinux: neither an ELF image nor an x86 boot image"},
	{"ELF magic", 4, "\177ELF", PVP_ERR_BAD_DATA, "/vmlinux: ELF header is malformed"},
	{"ELF ident", 16, "\177ELF\2\1\1\0\0\0\0\0\0\0\0", PVP_ERR_BAD_DATA,
	 "/vmlinux: ELF header is malformed"},
};

START_TEST(file_refused)
{
	struct pvp_image *image = NULL;

	elfgen_write_bytes(small_path, files[_i].data, files[_i].len);
	pvp_ck_err(pvp_image_open(small_path, NULL, &image), files[_i].code, files[_i].message);
	ck_assert_ptr_null(image);
}
END_TEST

START_TEST(not_a_file_refused)
{
	struct pvp_image *image;

	pvp_ck_err(pvp_image_open(small_path, NULL, &image), PVP_ERR_OS, "/vmlinux: No such file");
	pvp_ck_err(pvp_image_open(small_dir, NULL, &image), PVP_ERR_OS, ": is a directory");
	ck_assert_int_eq(mkfifo(small_path, 0600), 0);
	pvp_ck_err(pvp_image_open(small_path, NULL, &image), PVP_ERR_OS, "is not a regular file");
	unlink(small_path);
	elfgen_write_bytes(small_path, "x", 1);
	chmod(small_path, 0);
	if (access(small_path, R_OK) == 0)
		pvp_test_skip("not_a_file_refused: unreadable file", "root reads everything");
	else
		pvp_ck_err(pvp_image_open(small_path, NULL, &image), PVP_ERR_OS,
			   "Permission denied");
}
END_TEST

/* ---- hostile ELF files: size bytes at an offset inside a structure are replaced ---- */

enum where { EHDR, PHDR, SHDR, SYM };

#define E(m)  offsetof(Elf64_Ehdr, m), sizeof(((Elf64_Ehdr *)0)->m)
#define P(m)  offsetof(Elf64_Phdr, m), sizeof(((Elf64_Phdr *)0)->m)
#define S(m)  offsetof(Elf64_Shdr, m), sizeof(((Elf64_Shdr *)0)->m)
#define Y(m)  offsetof(Elf64_Sym, m), sizeof(((Elf64_Sym *)0)->m)
#define BAD   PVP_ERR_BAD_DATA
#define UNSUP PVP_ERR_UNSUPPORTED

// clang-format off
/* Sections of the small ELF: 1 .text 2 .rodata 3 .data 4 .data..percpu 5 .bss 6 .symtab 7 .strtab
 * 8 .shstrtab. */
static const struct {
	const char *name;
	enum where where;
	unsigned index;
	size_t off, size;
	uint64_t value;
	enum pvp_error_code code;
	const char *message;
} hostiles[] = {
	{ "module",            EHDR, 0, E(e_type), ET_REL, UNSUP,
	  "/vmlinux: is a relocatable object (kernel module?): modules are not supported yet" },
	{ "core",              EHDR, 0, E(e_type), ET_CORE, UNSUP, "ELF type 4" },
	{ "class invalid",     EHDR, 0, EI_CLASS, 1, 7, BAD, "ELF header" },
	{ "32-bit amd64",      EHDR, 0, EI_CLASS, 1, ELFCLASS32, UNSUP, "" },
	{ "big-endian",        EHDR, 0, EI_DATA, 1, ELFDATA2MSB, UNSUP, "big-endian" },
	{ "arm64",             EHDR, 0, E(e_machine), EM_AARCH64, UNSUP, "machine 183" },
	{ "no sections",       EHDR, 0, E(e_shoff), 0, BAD, "no section headers" },
	{ "shoff beyond",      EHDR, 0, E(e_shoff), 0x100000, BAD, "section header table" },
	{ "shoff wraps",       EHDR, 0, E(e_shoff), UINT64_MAX - 8, BAD, "section header table" },
	{ "shnum huge",        EHDR, 0, E(e_shnum), 0xfeff, BAD, "section header table of 65279" },
	{ "shnum 0",           EHDR, 0, E(e_shnum), 0, BAD, "no section headers" },
	{ "shnum extended",    SHDR, 0, S(sh_size), 0, 0, NULL },
	{ "shentsize odd",     EHDR, 0, E(e_shentsize), 63, BAD, "section header entries are 63" },
	{ "shstrndx beyond",   EHDR, 0, E(e_shstrndx), 99, BAD, "section names" },
	{ "shstrndx no table", EHDR, 0, E(e_shstrndx), 1, BAD, "section names: section 1 is not" },
	{ "phoff beyond",      EHDR, 0, E(e_phoff), 0x100000, BAD, "program header table" },
	{ "phnum huge",        EHDR, 0, E(e_phnum), 0xfffe, BAD, "program header table" },
	{ "phentsize odd",     EHDR, 0, E(e_phentsize), 1, BAD, "program header entries are 1 " },
	{ "filesz beyond",     PHDR, 1, P(p_filesz), 0x100000, BAD, "program header 1: contents" },
	{ "offset wraps",      PHDR, 1, P(p_offset), UINT64_MAX, BAD, "program header 1: contents" },
	{ "memsz < filesz",    PHDR, 1, P(p_memsz), 1, BAD, "program header 1: 0x1 bytes" },
	{ "memsz wraps",       PHDR, 1, P(p_memsz), UINT64_MAX, BAD, "wrap around" },
	{ "contents beyond",   SHDR, 2, S(sh_offset), 0x100000, BAD, "section 2 (.rodata): contents" },
	{ "contents wrap",     SHDR, 2, S(sh_offset), UINT64_MAX - 1, BAD, "section 2 (.rodata)" },
	{ "size huge",         SHDR, 2, S(sh_size), UINT64_MAX, BAD, "(.rodata): 0xffffffff" },
	{ "address wraps",     SHDR, 1, S(sh_addr), UINT64_MAX - 1, BAD, "wrap around" },
	{ "bss wraps",         SHDR, 5, S(sh_size), UINT64_MAX / 2, BAD, "section 5 (.bss)" },
	{ "overlap",           SHDR, 2, S(sh_addr), SMALL_TEXT + 8191, BAD,
	  "section .rodata at 0xffffffff81001fff overlaps section .text" },
	{ "overlap exactly",   SHDR, 2, S(sh_addr), SMALL_TEXT, BAD, "overlaps" },
	{ "name beyond",       SHDR, 3, S(sh_name), 0x10000, BAD, "section 3: name at 0x10000" },
	{ "compressed",        SHDR, 3, S(sh_flags), SHF_ALLOC | SHF_COMPRESSED, UNSUP, "compressed" },
	{ "shstrtab cut",      SHDR, 8, S(sh_size), 3, BAD, "section names: string table" },
	{ "shstrtab beyond",   SHDR, 8, S(sh_size), 0x100000, BAD, "ends beyond the file" },
	{ "shstrtab empty",    SHDR, 8, S(sh_size), 0, BAD, "not terminated" },
	{ "strtab cut",        SHDR, 7, S(sh_size), 3, BAD, ".symtab: string table" },
	{ "strtab beyond",     SHDR, 7, S(sh_offset), 0x100000, BAD, ".symtab: string table" },
	{ "symtab beyond",     SHDR, 6, S(sh_offset), 0x100000, BAD, ".symtab at 0x100000" },
	{ "symtab huge",       SHDR, 6, S(sh_size), 24ULL << 40, BAD, ".symtab at" },
	{ "symtab entry 0",    SHDR, 6, S(sh_entsize), 0, BAD, "entries of 0" },
	{ "symtab uneven",     SHDR, 6, S(sh_size), 25, BAD, "not whole entries" },
	{ "symtab link",       SHDR, 6, S(sh_link), 77, BAD, "section 77 is not" },
	{ "symbol name",       SYM,  3, Y(st_name), 0x7fffffff, BAD, ".symtab entry 3: name" },
	{ "symbol section",    SYM,  3, Y(st_shndx), 0x4444, 0, NULL }, /* its letter is '?' */
	{ "percpu unplaced",   PHDR, 3, P(p_paddr), 0, 0, NULL }, /* __per_cpu_load says it */
	{ "percpu disputed",   PHDR, 3, P(p_paddr), 0x1000, BAD, "per-CPU data is loaded at" },
};
// clang-format on

static size_t place_of(const uint8_t *elf, enum where where, unsigned index)
{
	Elf64_Ehdr ehdr;
	Elf64_Shdr symtab;

	memcpy(&ehdr, elf, sizeof(ehdr));
	switch (where) {
	case EHDR:
		return 0;
	case PHDR:
		return ehdr.e_phoff + index * sizeof(Elf64_Phdr);
	case SHDR:
		return ehdr.e_shoff + index * sizeof(Elf64_Shdr);
	case SYM:
		memcpy(&symtab, elf + ehdr.e_shoff + 6 * sizeof(symtab), sizeof(symtab));
		return symtab.sh_offset + index * sizeof(Elf64_Sym);
	}
	abort();
}

START_TEST(hostile_elf)
{
	struct pvp_image *image = NULL;
	struct pvp_error *err;
	size_t len, at;
	uint8_t *elf = small_bytes(&len);

	at = place_of(elf, hostiles[_i].where, hostiles[_i].index) + hostiles[_i].off;
	memcpy(elf + at, &hostiles[_i].value, hostiles[_i].size);
	elfgen_write_bytes(small_path, elf, len);
	free(elf);
	err = pvp_image_open(small_path, NULL, &image);
	if (!hostiles[_i].message) {
		pvp_ck_ok(err);
		pvp_image_close(image);
		return;
	}
	ck_assert_msg(err != NULL, "%s: opened", hostiles[_i].name);
	ck_assert_msg(err->code == hostiles[_i].code && strstr(err->message, small_path) &&
			      strstr(err->message, hostiles[_i].message),
		      "%s: code %d, %s", hostiles[_i].name, err->code, err->message);
	ck_assert_msg(image == NULL, "%s: output touched", hostiles[_i].name);
	pvp_error_destroy(err);
}
END_TEST

START_TEST(control_character_refused)
{
	struct elfgen *g = small_elf();
	struct pvp_image *image;

	elfgen_symbol(g, "esc\033[2J", SMALL_TEXT);
	elfgen_write(g, small_path);
	elfgen_destroy(g);
	pvp_ck_err(pvp_image_open(small_path, NULL, &image), BAD, ".symtab entry 11: name");
}
END_TEST

/* ---- hostile boot images ---- */

// clang-format off
static const struct {
	const char *name;
	const char *method;
	size_t at, size; /* bytes replaced, counted from the end of the payload when negative */
	uint64_t value;
	enum pvp_error_code code;
	const char *message;
} boots[] = {
	{ "protocol 2.07",    "xz",   0x206, 2, 0x0207, UNSUP, "boot protocol 2.07" },
	{ "payload offset",   "xz",   0x248, 4, 0xffffffff, BAD, "boot image is truncated" },
	{ "payload length",   "xz",   0x24c, 4, 0xffffffff, BAD, "boot image is truncated" },
	{ "payload empty",    "xz",   0x24c, 4, 0, UNSUP, "payload at 0x620: compressed in no way" },
	{ "payload 6 bytes",  "xz",   0x24c, 4, 6, BAD, "payload at 0x620: xz data" },
	{ "payload 3 bytes",  "gzip", 0x24c, 4, 3, BAD, "payload at 0x620: gzip data ends early" },
	{ "bzip2",            "xz",   BZGEN_PAYLOAD, 4, 0x39685a42, UNSUP, "with bzip2, which is" },
	{ "lzo",              "xz",   BZGEN_PAYLOAD, 4, 0x4f5a4c89, UNSUP, "with lzo" },
	{ "unknown",          "xz",   BZGEN_PAYLOAD, 4, 0, UNSUP, "in no way known" },
	{ "no boot image",    "xz",   0x202, 4, 0, BAD, "neither an ELF image nor" },
	{ "gzip damaged",     "gzip", BZGEN_PAYLOAD + 0x80, 8, 0x5555, BAD, "0x620: gzip data" },
	{ "xz damaged",       "xz",   BZGEN_PAYLOAD + 0x80, 8, 0x5555, BAD, "0x620: xz data" },
	{ "lzma damaged",     "lzma", BZGEN_PAYLOAD + 0x80, 8, 0x5555, BAD, "0x620: lzma data" },
	{ "lzma dictionary",  "lzma", BZGEN_PAYLOAD + 1, 4, 0xffff0000, BAD, "0x620: lzma data" },
	{ "lz4 block huge",   "lz4",  BZGEN_PAYLOAD + 4, 4, 0x7fffffff, BAD, "0x620: lz4 data" },
	{ "lz4 block beyond", "lz4",  BZGEN_PAYLOAD + 4, 4, 0x700000, BAD, "lz4 data ends early" },
	{ "lz4 block short",  "lz4",  BZGEN_PAYLOAD + 4, 4, 3, BAD, "0x620: lz4 data" },
	{ "zstd damaged",     "zstd", BZGEN_PAYLOAD + 0x10, 8, 0x5555, BAD, "0x620: zstd data" },
	{ "zstd window huge", "zstd", BZGEN_PAYLOAD + 4, 2, 0xf800, BAD, "0x620: zstd data" },
};
// clang-format on

START_TEST(hostile_boot_image)
{
	struct pvp_image *image = NULL;
	struct pvp_error *err;
	size_t elf_len, len;
	uint8_t *elf = small_bytes(&elf_len);
	uint8_t *data = bzgen_bytes(boots[_i].method, elf, elf_len, &len);

	memcpy(data + boots[_i].at, &boots[_i].value, boots[_i].size);
	elfgen_write_bytes(small_path, data, len);
	free(data);
	free(elf);
	err = pvp_image_open(small_path, NULL, &image);
	ck_assert_msg(err != NULL, "%s: opened", boots[_i].name);
	ck_assert_msg(err->code == boots[_i].code && strstr(err->message, small_path) &&
			      strstr(err->message, boots[_i].message),
		      "%s: code %d, %s", boots[_i].name, err->code, err->message);
	pvp_error_destroy(err);
}
END_TEST

/* The size that the build appends must be the size that comes out. */
static const struct {
	const char *name;
	int64_t delta; /* added to the true size */
	const char *message;
} sizes[] = {
	{"one less", -1, "unpacks to more than the"},
	{"zero", INT64_MIN, "payload at 0x620: "},
	{"one more", 1, "its size field says"},
	{"2 GiB", INT64_MAX, "more than 1 GiB"},
};

START_TEST(wrong_size_refused)
{
	const char *method = methods[_i / (int)ARRAY_SIZE(sizes)];
	int row = _i % (int)ARRAY_SIZE(sizes);
	size_t elf_len, len;
	uint8_t *elf = small_bytes(&elf_len);
	uint8_t *data = bzgen_bytes(method, elf, elf_len, &len);
	struct pvp_image *image;
	uint32_t size;

	if (sizes[row].delta == INT64_MIN)
		size = 0;
	else if (sizes[row].delta == INT64_MAX)
		size = 0x80000000;
	else
		size = (uint32_t)((int64_t)elf_len + sizes[row].delta);
	memcpy(data + len - 32 - 4, &size, 4);
	elfgen_write_bytes(small_path, data, len);
	pvp_ck_err(pvp_image_open(small_path, NULL, &image), BAD, sizes[row].message);
	free(data);
	free(elf);
}
END_TEST

START_TEST(payload_not_elf_refused)
{
	static const char noise[4096] = "not a kernel";
	size_t len;
	uint8_t *data = bzgen_bytes("zstd", noise, sizeof(noise), &len);
	struct pvp_image *image;

	elfgen_write_bytes(small_path, data, len);
	pvp_ck_err(pvp_image_open(small_path, NULL, &image), BAD, "payload is not an ELF image");
	free(data);
}
END_TEST

/* The plain ELF and each container, cut at every sixteenth. */
START_TEST(truncated_refused)
{
	struct pvp_image *image;
	size_t elf_len, len;
	uint8_t *data = small_bytes(&elf_len), *packed;

	len = elf_len;
	if (_i < (int)ARRAY_SIZE(methods)) {
		packed = bzgen_bytes(methods[_i], data, elf_len, &len);
		free(data);
		data = packed;
		len -= 32; /* to the end of the payload */
	}
	for (size_t part = 0; part < 16; part++) {
		struct pvp_error *err;

		elfgen_write_bytes(small_path, data, len * part / 16);
		err = pvp_image_open(small_path, NULL, &image);
		ck_assert_msg(err != NULL, "%zu/16: opened", part);
		ck_assert_msg(strstr(err->message, small_path) == err->message, "%zu/16: %s", part,
			      err->message);
		pvp_error_destroy(err);
	}
	free(data);
}
END_TEST

/* Whatever the bytes of its headers and symbols, opening a file ends, and inside the file. */
START_TEST(random_damage)
{
	uint64_t seed = 0x9e3779b97f4a7c15 * (uint64_t)(_i + 1);
	size_t len;
	uint8_t *elf = small_bytes(&len), *copy = malloc(len);
	size_t tail = place_of(elf, SYM, 0);

	ck_assert(copy != NULL);
	for (unsigned round = 0; round < 200; round++) {
		struct pvp_image *image;
		struct pvp_error *err;
		char buf[256];

		memcpy(copy, elf, len);
		for (unsigned spots = 0; spots < 1 + round % 5; spots++) {
			size_t at;

			seed = seed * 6364136223846793005 + 1442695040888963407;
			at = (seed >> 30) % (len - tail + 0x200);
			copy[at < 0x200 ? at : at - 0x200 + tail] = (uint8_t)(seed >> 22);
		}
		elfgen_write_bytes(small_path, copy, len);
		err = pvp_image_open(small_path, NULL, &image);
		if (err) {
			pvp_error_destroy(err);
			continue;
		}
		for (size_t i = 0; i < image->nr_sections; i++) {
			const struct pvp_section *s = &image->sections[i];

			pvp_image_describe(image, s->addr, buf, sizeof(buf));
			if (s->data && s->len && !s->zero_based)
				ck_assert(pvp_image_bytes(image, s->addr, s->len) != NULL);
		}
		pvp_image_close(image);
	}
	free(copy);
	free(elf);
}
END_TEST

Suite *image_hostile_suite(void)
{
	Suite *s = suite_create("image, hostile");
	TCase *refuses = tcase_create("refuses");

	tcase_add_checked_fixture(refuses, small_make_dir, small_remove_dir);
	tcase_set_timeout(refuses, 20);
	tcase_add_loop_test(refuses, file_refused, 0, ARRAY_SIZE(files));
	tcase_add_test(refuses, not_a_file_refused);
	tcase_add_loop_test(refuses, hostile_elf, 0, ARRAY_SIZE(hostiles));
	tcase_add_test(refuses, control_character_refused);
	tcase_add_loop_test(refuses, hostile_boot_image, 0, ARRAY_SIZE(boots));
	/* Not gzip, whose size field is part of the stream; "stored" has none. */
	tcase_add_loop_test(refuses, wrong_size_refused, ARRAY_SIZE(sizes),
			    (ARRAY_SIZE(methods) - 1) * ARRAY_SIZE(sizes));
	tcase_add_test(refuses, payload_not_elf_refused);
	tcase_add_loop_test(refuses, truncated_refused, 0, ARRAY_SIZE(methods) + 1);
	tcase_add_loop_test(refuses, random_damage, 0, 8);
	suite_add_tcase(s, refuses);
	return s;
}
