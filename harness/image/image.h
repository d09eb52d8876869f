/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * image.h - a kernel image: sections, symbols, and the file's bytes by link-time address.
 *
 * Opens a vmlinux (ELF) or a vmlinuz (x86 boot image; payload compressed with gzip, xz, lzma, lz4
 * or zstd as kernels are, or stored) and keeps it in memory.  Nothing in it ever changes.  The
 * image is untrusted: every offset and count in it is checked before use.
 *
 *	err = pvp_image_open("vmlinuz", NULL, &image);
 *	bytes = pvp_image_bytes(image, addr, 6);
 *	pvp_image_close(image);
 *
 * Symbols come from the first that exists: the file given as `symbols` (a System.map, or an ELF
 * with a symbol table), the image's own .symtab, the kallsyms tables embedded in .rodata (and, for
 * names these lack, the symbols exported to modules).
 * Sections that a debugger wants (.debug_*) are never read.
 * The file is mapped: it must not be changed in place while the image is open.
 */
#ifndef PVP_IMAGE_H
#define PVP_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum pvp_arch { PVP_ARCH_AMD64, PVP_ARCH_I386, PVP_ARCH_IA64 };
const char *pvp_arch_name(enum pvp_arch arch);

struct pvp_section {
	const char *name;
	uint64_t addr;	     /* link-time address */
	uint64_t len;	     /* bytes in memory */
	const uint8_t *data; /* len bytes, or NULL: occupies no file space (.bss) */
	bool alloc, write, exec;
	bool zero_based; /* per-CPU data linked at 0: not part of the address space */
};

struct pvp_segment { /* one PT_LOAD */
	uint64_t vaddr, paddr;
	uint64_t filesz, memsz;
	const uint8_t *data; /* filesz bytes */
	bool write, exec;
};

struct pvp_symbol {
	const char *name;
	uint64_t addr;
	uint64_t len; /* 0: not known */
	char type;    /* letter as in nm(1); in the kallsyms of 7.2, data is T too */
};

struct pvp_image {
	const char *name; /* last component of the path it was opened by */
	enum pvp_arch arch;
	unsigned ptr_len;	      /* bytes in a pointer */
	const char *container;	      /* "elf", or "bzImage/xz", .. */
	const char *symbol_source;    /* "symtab", "System.map", "kallsyms", "kallsyms+ksymtab", .. */
	struct pvp_section *sections; /* in file order, SHF_ALLOC ones only */
	size_t nr_sections;
	struct pvp_segment *segments;
	size_t nr_segments;
	struct pvp_symbol *symbols; /* ascending by address, then by name */
	size_t nr_symbols;
	/*
	 * Per-CPU data: symbols in [percpu_from, percpu_from + percpu_len); CPU 0's are percpu_base
	 * higher, which is also the base of its segment.  Zero-based (percpu_from 0), they are at
	 * __per_cpu_load from boot on.  Those with ordinary addresses are used where they are
	 * until boot copies them, to where its allocator likes: here, into a free part of the
	 * direct map.
	 */
	uint64_t percpu_from, percpu_len, percpu_base;
	struct pvp_image_private *private;
};

/* symbols: path of a System.map or ELF, or NULL. */
struct pvp_error *pvp_image_open(const char *path, const char *symbols,
				 struct pvp_image **ret) PVP_MUST_CHECK;
void pvp_image_close(struct pvp_image *image);

/*
 * SHA-256 in hex, as sha256sum(1) prints it: of the file, and of what its payload unpacks to (the
 * same for a vmlinux).  Computed when first asked for, because it reads all of the file, debug
 * sections too.  Valid until close.
 */
const char *pvp_image_sha256(const struct pvp_image *image);
const char *pvp_image_elf_sha256(const struct pvp_image *image);

/* The ELF file itself, unpacked; sections' data points into it.  Valid until close. */
const uint8_t *pvp_image_elf(const struct pvp_image *image, size_t *len);

/* The section of that name, or NULL. */
const struct pvp_section *pvp_image_section(const struct pvp_image *image, const char *name);
/* The section covering addr (zero-based ones excluded), or NULL. */
const struct pvp_section *pvp_image_section_at(const struct pvp_image *image, uint64_t addr);
/* The file's len bytes at a link-time address, or NULL when any of them is not in one section with
 * contents.  Valid until close. */
const uint8_t *pvp_image_bytes(const struct pvp_image *image, uint64_t addr, uint64_t len);
/* Where CPU 0 has what is linked at addr: per-CPU data is elsewhere. */
uint64_t pvp_image_on_cpu0(const struct pvp_image *image, uint64_t addr);
/* Whether [addr, addr+len) lies inside one executable section. */
bool pvp_image_is_text(const struct pvp_image *image, uint64_t addr, uint64_t len);

/* The pointer-sized little-endian word at addr. */
struct pvp_error *pvp_image_pointer(const struct pvp_image *image, uint64_t addr,
				    uint64_t *ret) PVP_MUST_CHECK;

/* A symbol of that name, or NULL; *nr (may be NULL) gets how many have it.  They are adjacent:
 * ret[0] .. ret[nr-1] as pointers. */
const struct pvp_symbol *const *pvp_image_symbols_named(const struct pvp_image *image,
							const char *name, size_t *nr);
/* The only symbol of that name: PVP_ERR_NOT_FOUND when there is none, PVP_ERR_BAD_DATA when several
 * with different addresses share it. */
struct pvp_error *pvp_image_symbol(const struct pvp_image *image, const char *name,
				   uint64_t *ret) PVP_MUST_CHECK;
/* The closest symbol at or below addr in the same section, or NULL.  Of several at one address, the
 * one with the fewest leading underscores, then the first by name. */
const struct pvp_symbol *pvp_image_symbol_at(const struct pvp_image *image, uint64_t addr);
/* "symbol+0x1c" (or "symbol", or "0x..") into buf; returns buf. */
const char *pvp_image_describe(const struct pvp_image *image, uint64_t addr, char *buf, size_t len);

#endif
