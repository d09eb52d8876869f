/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elfgen.h - builds small ELF executables for tests, in memory or as a file.
 *
 * Every SHF_ALLOC section gets a PT_LOAD of its own: paddr is the link-time address less the
 * kernel's base (0xffffffff80000000, 0xc0000000) unless elfgen_paddr() says otherwise.  Data is
 * copied.  A section at address 0 (zero-based per-CPU data) needs elfgen_paddr().
 *
 *	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);
 *
 *	elfgen_section(g, ".text", 0xffffffff81000000, ELFGEN_TEXT, code, sizeof(code));
 *	elfgen_section(g, ".bss", 0xffffffff82000000, ELFGEN_DATA, NULL, 4096);
 *	elfgen_symbol(g, "start_kernel", 0xffffffff81000000);
 *	elfgen_write(g, path);
 *	elfgen_destroy(g);
 */
#ifndef PVP_ELFGEN_H
#define PVP_ELFGEN_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

#define ELFGEN_TEXT   (SHF_ALLOC | SHF_EXECINSTR)
#define ELFGEN_RODATA SHF_ALLOC
#define ELFGEN_DATA   (SHF_ALLOC | SHF_WRITE)

struct elfgen;

struct elfgen *elfgen_create(enum pvp_arch arch);
void elfgen_destroy(struct elfgen *g);

/* data NULL: SHT_NOBITS, as .bss. */
void elfgen_section(struct elfgen *g, const char *name, uint64_t addr, uint64_t flags,
		    const void *data, uint64_t len);
/* Physical address of the named section's PT_LOAD. */
void elfgen_paddr(struct elfgen *g, const char *name, uint64_t paddr);
/* A global symbol, STT_FUNC in an executable section, else STT_OBJECT; size 0. */
void elfgen_symbol(struct elfgen *g, const char *name, uint64_t addr);
void elfgen_symbol_sized(struct elfgen *g, const char *name, uint64_t addr, uint64_t size);
/* A symbol with SHN_ABS. */
void elfgen_symbol_abs(struct elfgen *g, const char *name, uint64_t value);
/* e_type; ET_EXEC unless told. */
void elfgen_type(struct elfgen *g, uint16_t type);

/* The file's bytes, owned by the caller (free). */
uint8_t *elfgen_bytes(const struct elfgen *g, size_t *len);
/* Writes them; a failure aborts the test. */
void elfgen_write(const struct elfgen *g, const char *path);
/* Any bytes to a file; a failure aborts the test. */
void elfgen_write_bytes(const char *path, const void *data, size_t len);

#endif
