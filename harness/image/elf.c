// SPDX-License-Identifier: GPL-2.0-only
// elf.c - sections, segments and symbols of an ELF file in memory.
//
// libelf decodes the headers; every range they give is checked here against the file before it is
// believed, and contents are used where they lie, so that what nobody asks for is never read.
#include "private.h"

#include <inttypes.h>
#include <stdlib.h>

#include <gelf.h>

#include "alloc.h"

// clang-format off
static const struct {
	uint16_t machine;
	uint8_t class;
	enum pvp_arch arch;
	unsigned ptr_len;
} machines[] = {
	{ EM_X86_64, ELFCLASS64, PVP_ARCH_AMD64, 8 },
	{ EM_386,    ELFCLASS32, PVP_ARCH_I386,  4 },
	{ EM_IA_64,  ELFCLASS64, PVP_ARCH_IA64,  8 },
};
// clang-format on

bool pvp_elf_is(const struct pvp_bytes *file)
{
	return pvp_bytes_has(file, 0, SELFMAG) && memcmp(file->data, ELFMAG, SELFMAG) == 0;
}

static struct pvp_error *check_table(const struct pvp_bytes *file, const char *what, uint64_t off,
				     uint64_t nr, uint64_t entsize, uint64_t want_entsize)
{
	if (nr == 0)
		return NULL;
	if (entsize != want_entsize)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s header entries are %" PRIu64 " bytes, not %" PRIu64,
					what, entsize, want_entsize);
	/* nr is at most 2^32, so the product fits. */
	if (!pvp_bytes_has(file, off, nr * entsize))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s header table of %" PRIu64 " entries at %#" PRIx64
					" ends beyond the file (%#" PRIx64 ")",
					what, nr, off, file->len);
	return NULL;
}

static struct pvp_error *check_type(const GElf_Ehdr *ehdr)
{
	switch (ehdr->e_type) {
	case ET_EXEC:
	case ET_DYN:
		return NULL;
	case ET_REL:
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"is a relocatable object (kernel module?): modules are not "
					"supported yet");
	default:
		return pvp_error_format(PVP_ERR_UNSUPPORTED, "ELF type %u is not an executable's",
					ehdr->e_type);
	}
}

static struct pvp_error *check_header(struct pvp_elf *elf)
{
	const struct pvp_bytes *file = &elf->bytes;
	size_t nr_shdrs, nr_phdrs, i;
	struct pvp_error *err;
	GElf_Ehdr ehdr;

	if (elf_kind(elf->handle) != ELF_K_ELF || !gelf_getehdr(elf->handle, &ehdr))
		return pvp_error_format(PVP_ERR_BAD_DATA, "ELF header is malformed or cut off");
	if (ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return pvp_error_format(PVP_ERR_UNSUPPORTED, "big-endian ELF is not supported");
	err = check_type(&ehdr);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == ehdr.e_machine &&
		    machines[i].class == ehdr.e_ident[EI_CLASS])
			break;
	if (i == ARRAY_SIZE(machines))
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"ELF machine %u (class %u) is not amd64, i386 or ia64",
					ehdr.e_machine, ehdr.e_ident[EI_CLASS]);
	elf->arch = machines[i].arch;
	elf->ptr_len = machines[i].ptr_len;

	if (!ehdr.e_shoff)
		return pvp_error_format(PVP_ERR_BAD_DATA, "ELF has no section headers");
	/* libelf answers 0 for a table that is cut off, so look at the raw count first. */
	err = check_table(file, "section", ehdr.e_shoff, ehdr.e_shnum, ehdr.e_shentsize,
			  gelf_fsize(elf->handle, ELF_T_SHDR, 1, EV_CURRENT));
	if (err)
		return err;
	if (elf_getshdrnum(elf->handle, &nr_shdrs) != 0 || nr_shdrs < 2)
		return pvp_error_format(PVP_ERR_BAD_DATA, "ELF has no section headers");
	err = check_table(file, "section", ehdr.e_shoff, nr_shdrs, ehdr.e_shentsize,
			  ehdr.e_shentsize);
	if (err)
		return err;
	err = check_table(file, "program", ehdr.e_phoff, ehdr.e_phnum, ehdr.e_phentsize,
			  gelf_fsize(elf->handle, ELF_T_PHDR, 1, EV_CURRENT));
	if (err)
		return err;
	if (elf_getphdrnum(elf->handle, &nr_phdrs) != 0)
		return pvp_error_format(PVP_ERR_BAD_DATA, "ELF program headers are malformed");
	return check_table(file, "program", ehdr.e_phoff, nr_phdrs, ehdr.e_phentsize,
			   ehdr.e_phentsize);
}

struct pvp_error *pvp_elf_open(const struct pvp_bytes *file, struct pvp_elf *ret)
{
	struct pvp_elf elf = {.bytes = *file};
	struct pvp_error *err;

	elf_version(EV_CURRENT);
	/* Opened for reading, so the bytes stay as they are whatever the prototype says. */
	elf.handle = elf_memory((char *)(uintptr_t)file->data, file->len);
	if (!elf.handle)
		return pvp_error_format(PVP_ERR_BAD_DATA, "ELF header is malformed: %s",
					elf_errmsg(-1));
	err = check_header(&elf);
	if (err) {
		pvp_elf_close(&elf);
		return err;
	}
	*ret = elf;
	return NULL;
}

void pvp_elf_close(struct pvp_elf *elf)
{
	if (elf && elf->handle)
		elf_end(elf->handle);
}

/* A string table that ends with NUL, so that any offset inside it is a string. */
static struct pvp_error *string_table(const struct pvp_elf *elf, size_t index, const char *of,
				      struct pvp_bytes *ret)
{
	Elf_Scn *scn = elf_getscn(elf->handle, index);
	GElf_Shdr shdr;

	if (!scn || !gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_STRTAB)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s: section %zu is not their string table", of, index);
	if (!pvp_bytes_has(&elf->bytes, shdr.sh_offset, shdr.sh_size))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s: string table at %#" PRIx64 ", %#" PRIx64
					" bytes, ends beyond the file (%#" PRIx64 ")",
					of, shdr.sh_offset, shdr.sh_size, elf->bytes.len);
	if (shdr.sh_size == 0 || elf->bytes.data[shdr.sh_offset + shdr.sh_size - 1] != 0)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s: string table at %#" PRIx64 " is not terminated", of,
					shdr.sh_offset);
	*ret = (struct pvp_bytes){elf->bytes.data + shdr.sh_offset, shdr.sh_size};
	return NULL;
}

/* The string at off, or NULL when there is none or it is no fit name. */
static const char *string_at(const struct pvp_bytes *table, uint64_t off)
{
	const char *s;

	if (off >= table->len)
		return NULL;
	s = (const char *)table->data + off;
	return pvp_symbols_name_ok(s) ? s : NULL;
}

/* Whether len bytes at addr stay inside the address space; ending exactly at its end is fine. */
static bool fits(const struct pvp_elf *elf, uint64_t addr, uint64_t len)
{
	uint64_t top = elf->ptr_len == 4 ? UINT32_MAX : UINT64_MAX;

	return len == 0 || (addr <= top && len - 1 <= top - addr);
}

static struct pvp_error *load_section(const struct pvp_elf *elf, size_t i, const GElf_Shdr *shdr,
				      const struct pvp_bytes *names, struct pvp_section *ret)
{
	const char *name = string_at(names, shdr->sh_name);

	if (!name)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"section %zu: name at %#x is not in the string table", i,
					shdr->sh_name);
	if (!fits(elf, shdr->sh_addr, shdr->sh_size))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"section %zu (%s): %#" PRIx64 " bytes at address %#" PRIx64
					" wrap around",
					i, name, shdr->sh_size, shdr->sh_addr);
	ret->name = name;
	ret->addr = shdr->sh_addr;
	ret->len = shdr->sh_size;
	ret->alloc = true;
	ret->write = shdr->sh_flags & SHF_WRITE;
	ret->exec = shdr->sh_flags & SHF_EXECINSTR;
	ret->zero_based = ret->addr == 0 && ret->len && elf->arch == PVP_ARCH_AMD64 &&
			  strcmp(name, ".data..percpu") == 0;
	if (shdr->sh_type == SHT_NOBITS)
		return NULL;
	if (shdr->sh_flags & SHF_COMPRESSED)
		return pvp_error_format(PVP_ERR_UNSUPPORTED, "section %zu (%s) is compressed", i,
					name);
	if (!pvp_bytes_has(&elf->bytes, shdr->sh_offset, shdr->sh_size))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"section %zu (%s): contents at %#" PRIx64 ", %#" PRIx64
					" bytes, end beyond the file (%#" PRIx64 ")",
					i, name, shdr->sh_offset, shdr->sh_size, elf->bytes.len);
	ret->data = elf->bytes.data + shdr->sh_offset;
	return NULL;
}

static struct pvp_error *load_sections(const struct pvp_elf *elf, struct pvp_image *image)
{
	struct pvp_bytes names;
	struct pvp_error *err;
	size_t names_index, cap = 0;
	Elf_Scn *scn = NULL;

	if (elf_getshdrstrndx(elf->handle, &names_index) != 0)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"ELF does not say where section names are");
	err = string_table(elf, names_index, "section names", &names);
	if (err)
		return err;
	while ((scn = elf_nextscn(elf->handle, scn))) {
		size_t i = elf_ndxscn(scn);
		struct pvp_section section = {0};
		GElf_Shdr shdr;

		if (!gelf_getshdr(scn, &shdr))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"section %zu: header is malformed", i);
		if (!(shdr.sh_flags & SHF_ALLOC))
			continue;
		err = load_section(elf, i, &shdr, &names, &section);
		if (err)
			return err;
		*pvp_push(&image->sections, &image->nr_sections, &cap) = section;
	}
	return NULL;
}

static struct pvp_error *load_segments(const struct pvp_elf *elf, struct pvp_image *image)
{
	size_t nr, cap = 0;

	if (elf_getphdrnum(elf->handle, &nr) != 0)
		return pvp_error_format(PVP_ERR_BAD_DATA, "ELF program headers are malformed");
	for (size_t i = 0; i < nr; i++) {
		struct pvp_segment *segment;
		GElf_Phdr phdr;

		if (!gelf_getphdr(elf->handle, (int)i, &phdr))
			return pvp_error_format(PVP_ERR_BAD_DATA, "program header %zu is malformed",
						i);
		if (phdr.p_type != PT_LOAD)
			continue;
		if (!pvp_bytes_has(&elf->bytes, phdr.p_offset, phdr.p_filesz))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"program header %zu: contents at %#" PRIx64
						", %#" PRIx64
						" bytes, end beyond the file (%#" PRIx64 ")",
						i, phdr.p_offset, phdr.p_filesz, elf->bytes.len);
		if (phdr.p_memsz < phdr.p_filesz || !fits(elf, phdr.p_vaddr, phdr.p_memsz) ||
		    !fits(elf, phdr.p_paddr, phdr.p_memsz))
			return pvp_error_format(
				PVP_ERR_BAD_DATA,
				"program header %zu: %#" PRIx64 " bytes at address %#" PRIx64
				" wrap around or hold less than the file's %#" PRIx64,
				i, phdr.p_memsz, phdr.p_vaddr, phdr.p_filesz);
		segment = pvp_push(&image->segments, &image->nr_segments, &cap);
		*segment = (struct pvp_segment){
			.vaddr = phdr.p_vaddr,
			.paddr = phdr.p_paddr,
			.filesz = phdr.p_filesz,
			.memsz = phdr.p_memsz,
			.data = elf->bytes.data + phdr.p_offset,
			.write = phdr.p_flags & PF_W,
			.exec = phdr.p_flags & PF_X,
		};
	}
	return NULL;
}

static int by_addr(const void *a, const void *b)
{
	const struct pvp_section *x = *(const struct pvp_section *const *)a;
	const struct pvp_section *y = *(const struct pvp_section *const *)b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x < y ? -1 : x > y;
}

static struct pvp_error *index_sections(struct pvp_image *image)
{
	struct pvp_image_private *p = image->private;

	p->by_addr = pvp_calloc(image->nr_sections, sizeof(*p->by_addr));
	for (size_t i = 0; i < image->nr_sections; i++)
		if (!image->sections[i].zero_based && image->sections[i].len)
			p->by_addr[p->nr_by_addr++] = &image->sections[i];
	qsort(p->by_addr, p->nr_by_addr, sizeof(*p->by_addr), by_addr);
	for (size_t i = 1; i < p->nr_by_addr; i++) {
		const struct pvp_section *a = p->by_addr[i - 1], *b = p->by_addr[i];

		if (b->addr - a->addr < a->len)
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"section %s at %#" PRIx64
						" overlaps section %s at %#" PRIx64,
						b->name, b->addr, a->name, a->addr);
	}
	return NULL;
}

struct pvp_error *pvp_elf_load(const struct pvp_elf *elf, struct pvp_image *image)
{
	struct pvp_error *err;

	image->arch = elf->arch;
	image->ptr_len = elf->ptr_len;
	err = load_sections(elf, image);
	if (!err)
		err = load_segments(elf, image);
	if (!err)
		err = index_sections(image);
	return err;
}

/* The letter nm(1) would print. */
static char letter_of(const struct pvp_elf *elf, const GElf_Sym *sym)
{
	unsigned bind = GELF_ST_BIND(sym->st_info);
	Elf_Scn *scn;
	GElf_Shdr shdr;
	char letter;

	if (bind == STB_WEAK)
		return GELF_ST_TYPE(sym->st_info) == STT_OBJECT ? 'V' : 'W';
	if (sym->st_shndx == SHN_ABS)
		letter = 'A';
	else if (sym->st_shndx == SHN_COMMON)
		letter = 'C';
	else if (!(scn = elf_getscn(elf->handle, sym->st_shndx)) || !gelf_getshdr(scn, &shdr))
		return '?';
	else if (shdr.sh_flags & SHF_EXECINSTR)
		letter = 'T';
	else if (shdr.sh_type == SHT_NOBITS)
		letter = 'B';
	else if (shdr.sh_flags & SHF_WRITE)
		letter = 'D';
	else
		letter = 'R';
	return bind == STB_LOCAL ? (char)(letter - 'A' + 'a') : letter;
}

static struct pvp_error *read_symtab(const struct pvp_elf *elf, Elf_Scn *scn, const GElf_Shdr *shdr,
				     struct pvp_symbols *symbols)
{
	size_t entsize = gelf_fsize(elf->handle, ELF_T_SYM, 1, EV_CURRENT);
	struct pvp_bytes names;
	struct pvp_error *err;
	Elf_Data *data;

	if (!pvp_bytes_has(&elf->bytes, shdr->sh_offset, shdr->sh_size))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					".symtab at %#" PRIx64 ", %#" PRIx64
					" bytes, ends beyond the file (%#" PRIx64 ")",
					shdr->sh_offset, shdr->sh_size, elf->bytes.len);
	if (shdr->sh_entsize != entsize || shdr->sh_size % entsize)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					".symtab: %#" PRIx64 " bytes in entries of %" PRIu64
					" are not whole entries of %zu",
					shdr->sh_size, shdr->sh_entsize, entsize);
	err = string_table(elf, shdr->sh_link, ".symtab", &names);
	if (err)
		return err;
	data = elf_getdata(scn, NULL);
	if (!data || data->d_size != shdr->sh_size)
		return pvp_error_format(PVP_ERR_BAD_DATA, ".symtab cannot be read: %s",
					elf_errmsg(-1));
	for (size_t i = 1; i < shdr->sh_size / entsize; i++) {
		struct pvp_symbol *symbol;
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym))
			return pvp_error_format(PVP_ERR_BAD_DATA, ".symtab entry %zu is malformed",
						i);
		if (sym.st_shndx == SHN_UNDEF || GELF_ST_TYPE(sym.st_info) == STT_FILE ||
		    GELF_ST_TYPE(sym.st_info) == STT_SECTION)
			continue;
		name = string_at(&names, sym.st_name);
		if (!name)
			return pvp_error_format(
				PVP_ERR_BAD_DATA,
				".symtab entry %zu: name at %#x is not in the string table", i,
				sym.st_name);
		if (!*name)
			continue;
		symbol = pvp_push(&symbols->v, &symbols->nr, &symbols->cap);
		*symbol = (struct pvp_symbol){.name = name,
					      .addr = sym.st_value,
					      .len = sym.st_size,
					      .type = letter_of(elf, &sym)};
	}
	return NULL;
}

struct pvp_error *pvp_elf_symbols(const struct pvp_elf *elf, struct pvp_symbols *ret)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf->handle, scn))) {
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_SYMTAB)
			continue;
		ret->source = "symtab";
		return read_symtab(elf, scn, &shdr, ret);
	}
	return NULL;
}
