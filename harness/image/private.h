/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * private.h - what the files of the image module share; nobody else includes it.
 *
 * Errors from here name the place; pvp_image_open() puts the file in front.
 */
#ifndef PVP_IMAGE_PRIVATE_H
#define PVP_IMAGE_PRIVATE_H

#include <libelf.h>

#include "bytes.h"
#include "image.h"

/* A whole file, mapped read-only. */
struct pvp_file {
	struct pvp_bytes bytes;
};

/* A list of symbols while it is read.  names owns the strings where the file does not. */
struct pvp_symbols {
	struct pvp_symbol *v;
	size_t nr, cap;
	char *names;
	const char *source; /* as in struct pvp_image */
};

/* An ELF file over borrowed bytes. */
struct pvp_elf {
	Elf *handle;
	struct pvp_bytes bytes;
	enum pvp_arch arch;
	unsigned ptr_len;
};

struct btf; /* libbpf's */

struct pvp_image_private {
	struct pvp_file file, symbol_file;
	struct pvp_bytes elf_bytes; /* borrowed from file, or from unpacked */
	uint8_t *unpacked;	    /* a boot image's payload, owned */
	struct pvp_elf elf, symbol_elf;
	struct pvp_symbols symbols;
	const struct pvp_symbol **by_name;  /* ascending by name, then by address */
	const struct pvp_section **by_addr; /* sections of the address space, ascending */
	size_t nr_by_addr;
	char sha256[65], elf_sha256[65]; /* empty until asked for */
	struct btf *btf;		 /* NULL until asked for */
};

/* file.c */
struct pvp_error *pvp_file_map(const char *path, struct pvp_file *ret) PVP_MUST_CHECK;
void pvp_file_unmap(struct pvp_file *file);

/* bzimage.c */
bool pvp_bzimage_is(const struct pvp_bytes *file);
/* ret: owned by the caller.  container: a constant, "bzImage/xz". */
struct pvp_error *pvp_bzimage_unpack(const struct pvp_bytes *file, uint8_t **ret, uint64_t *ret_len,
				     const char **container) PVP_MUST_CHECK;

/* decompress.c */
#define PVP_UNPACKED_MAX (UINT64_C(1) << 30)
/* payload: as the kernel's build makes it, the unpacked size in its last four bytes. */
struct pvp_error *pvp_decompress(const struct pvp_bytes *payload, uint8_t **ret, uint64_t *ret_len,
				 const char **container) PVP_MUST_CHECK;

/* elf.c */
bool pvp_elf_is(const struct pvp_bytes *file);
struct pvp_error *pvp_elf_open(const struct pvp_bytes *file, struct pvp_elf *ret) PVP_MUST_CHECK;
void pvp_elf_close(struct pvp_elf *elf);
/* Fills sections and segments of image, and the section index. */
struct pvp_error *pvp_elf_load(const struct pvp_elf *elf, struct pvp_image *image) PVP_MUST_CHECK;
/* The .symtab's symbols; none where there is no .symtab. */
struct pvp_error *pvp_elf_symbols(const struct pvp_elf *elf,
				  struct pvp_symbols *ret) PVP_MUST_CHECK;

/* kallsyms.c: none where the tables are not found or contradict themselves. */
void pvp_kallsyms_read(const struct pvp_image *image, struct pvp_symbols *ret);

/* ksymtab.c: adds the exported symbols whose names are new; they borrow from the image. */
void pvp_ksymtab_read(const struct pvp_image *image, struct pvp_symbols *symbols);

/* btf.c: accepts NULL. */
void pvp_btf_free(struct btf *btf);

/* symbols.c */
struct pvp_error *pvp_symbols_load(struct pvp_image *image, const char *path) PVP_MUST_CHECK;
/* Whether a name is printable ASCII without blanks, as all the kernel's are. */
bool pvp_symbols_name_ok(const char *name);
void pvp_symbols_deinit(struct pvp_symbols *symbols);

#endif
