/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * small_image.h - the little amd64 ELF that the image tests open and spoil, and a folder for it.
 *
 * Sections: 1 .text 2 .rodata 3 .data 4 .data..percpu (zero-based) 5 .bss, then 6 .symtab 7 .strtab
 * 8 .shstrtab.  rodata begins with a pointer to SMALL_DATA + 0x10.
 */
#ifndef PVP_SMALL_IMAGE_H
#define PVP_SMALL_IMAGE_H

#include "elfgen.h"

#define SMALL_TEXT     UINT64_C(0xffffffff81000000)
#define SMALL_RODATA   UINT64_C(0xffffffff82000000)
#define SMALL_DATA     UINT64_C(0xffffffff83000000)
#define SMALL_BSS      UINT64_C(0xffffffff84000000)
#define SMALL_PERCPU   UINT64_C(0xffffffff85000000) /* where it is loaded; linked at 0 */
#define SMALL_TEXT_LEN 8192

/* A checked fixture: a folder of the test's own, and names for two files in it. */
extern char small_dir[64], small_path[96], small_symbols[96];
void small_make_dir(void);
void small_remove_dir(void);

extern uint8_t small_text[SMALL_TEXT_LEN]; /* what .text holds */
struct elfgen *small_elf(void);
uint8_t *small_bytes(size_t *len);
/* Written to small_path and opened. */
struct pvp_image *small_open(void);

#endif
