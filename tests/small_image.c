// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "small_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_helpers.h"

#define LOWER UINT64_C(0xffffffff80000000) /* of a kernel address and its physical one */

char small_dir[64], small_path[96], small_symbols[96];
uint8_t small_text[SMALL_TEXT_LEN];
static uint8_t rodata[4096];

void small_make_dir(void)
{
	strcpy(small_dir, "/tmp/pvproof-image-XXXXXX");
	if (!mkdtemp(small_dir))
		ck_abort_msg("cannot create %s", small_dir);
	snprintf(small_path, sizeof(small_path), "%s/vmlinux", small_dir);
	snprintf(small_symbols, sizeof(small_symbols), "%s/System.map", small_dir);
}

void small_remove_dir(void)
{
	unlink(small_path);
	unlink(small_symbols);
	rmdir(small_dir);
}

struct elfgen *small_elf(void)
{
	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);

	for (size_t i = 0; i < sizeof(small_text); i++)
		small_text[i] = (uint8_t)(i * i >> 3);
	memcpy(rodata, "\x10\x00\x00\x83\xff\xff\xff\xff", 8); /* SMALL_DATA + 0x10 */
	elfgen_section(g, ".text", SMALL_TEXT, ELFGEN_TEXT, small_text, sizeof(small_text));
	elfgen_section(g, ".rodata", SMALL_RODATA, ELFGEN_RODATA, rodata, sizeof(rodata));
	elfgen_section(g, ".data", SMALL_DATA, ELFGEN_DATA, "0123456789abcdef", 16);
	elfgen_section(g, ".data..percpu", 0, ELFGEN_DATA, rodata, 256);
	elfgen_paddr(g, ".data..percpu", SMALL_PERCPU - LOWER);
	elfgen_section(g, ".bss", SMALL_BSS, ELFGEN_DATA, NULL, 4096);
	elfgen_symbol(g, "_text", SMALL_TEXT);
	elfgen_symbol(g, "startup_64", SMALL_TEXT);
	elfgen_symbol_sized(g, "start_kernel", SMALL_TEXT + 0x40, 0x20);
	elfgen_symbol(g, "twin", SMALL_TEXT + 0x100);
	elfgen_symbol(g, "twin", SMALL_TEXT + 0x200);
	elfgen_symbol(g, "same", SMALL_DATA);
	elfgen_symbol(g, "same", SMALL_DATA);
	elfgen_symbol(g, "late_bss", SMALL_BSS + 0x800);
	elfgen_symbol(g, "this_cpu_off", 8);
	elfgen_symbol_abs(g, "__per_cpu_load", SMALL_PERCPU);
	return g;
}

uint8_t *small_bytes(size_t *len)
{
	struct elfgen *g = small_elf();
	uint8_t *data = elfgen_bytes(g, len);

	elfgen_destroy(g);
	return data;
}

struct pvp_image *small_open(void)
{
	struct elfgen *g = small_elf();
	struct pvp_image *image;

	elfgen_write(g, small_path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(small_path, NULL, &image));
	return image;
}
