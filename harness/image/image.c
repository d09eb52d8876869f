// SPDX-License-Identifier: GPL-2.0-only
// image.c - open a kernel file of any kind, and find its bytes by address.
#include "private.h"

#include <inttypes.h>
#include <stdlib.h>

#include <sha256.h>

#include "alloc.h"

/* Source: __START_KERNEL_map, arch/x86/include/asm/page_64_types.h: a kernel address less this is
 * its physical address at link time. */
#define AMD64_KERNEL_BASE UINT64_C(0xffffffff80000000)

const char *pvp_arch_name(enum pvp_arch arch)
{
	static const char *const names[] = {
		[PVP_ARCH_AMD64] = "amd64", [PVP_ARCH_I386] = "i386", [PVP_ARCH_IA64] = "ia64"};

	return names[arch];
}

static struct pvp_error *unpack(struct pvp_image *image)
{
	struct pvp_image_private *p = image->private;
	struct pvp_error *err;
	uint64_t len;

	if (pvp_elf_is(&p->file.bytes)) {
		p->elf_bytes = p->file.bytes;
		image->container = "elf";
		return NULL;
	}
	if (!pvp_bzimage_is(&p->file.bytes))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"neither an ELF image nor an x86 boot image");
	err = pvp_bzimage_unpack(&p->file.bytes, &p->unpacked, &len, &image->container);
	if (err)
		return err;
	p->elf_bytes = (struct pvp_bytes){p->unpacked, len};
	if (!pvp_elf_is(&p->elf_bytes))
		return pvp_error_format(PVP_ERR_BAD_DATA, "payload is not an ELF image");
	return NULL;
}

/* Where boot copies per-CPU data to that is not zero-based: free places of the direct map
 * (check/plan.h). */
static const uint64_t percpu_places[] = {
	[PVP_ARCH_AMD64] = 0xffff888030000000,
	[PVP_ARCH_I386] = 0xde000000,
};

static void place_percpu(struct pvp_image *image)
{
	const struct pvp_section *percpu = pvp_image_section(image, ".data..percpu");

	if (!percpu || !percpu->len || image->arch >= ARRAY_SIZE(percpu_places))
		return;
	image->percpu_from = percpu->addr;
	image->percpu_len = percpu->len;
	image->percpu_base = percpu_places[image->arch] - percpu->addr;
	if (image->ptr_len == 4)
		image->percpu_base &= UINT32_MAX;
}

uint64_t pvp_image_on_cpu0(const struct pvp_image *image, uint64_t addr)
{
	if (addr - image->percpu_from >= image->percpu_len)
		return addr;
	addr += image->percpu_base;
	return image->ptr_len == 4 ? addr & UINT32_MAX : addr;
}

/* Where the zero-based section is loaded: its segment's physical address says so, and so does
 * __per_cpu_load; they must agree. */
static struct pvp_error *find_percpu(struct pvp_image *image)
{
	const struct pvp_section *percpu = NULL;
	uint64_t by_segment = 0, by_symbol = 0;
	struct pvp_error *err;

	for (size_t i = 0; i < image->nr_sections; i++)
		if (image->sections[i].zero_based)
			percpu = &image->sections[i];
	if (!percpu) {
		place_percpu(image);
		return NULL;
	}
	for (size_t i = 0; i < image->nr_segments; i++)
		if (image->segments[i].vaddr == 0 && image->segments[i].paddr != 0 &&
		    image->segments[i].memsz >= percpu->len)
			by_segment = image->segments[i].paddr + AMD64_KERNEL_BASE;
	if (pvp_image_symbols_named(image, "__per_cpu_load", NULL)) {
		err = pvp_image_symbol(image, "__per_cpu_load", &by_symbol);
		if (err)
			return err;
	}
	if (!by_segment && !by_symbol)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"section %s is linked at 0 and nothing says where it is "
					"loaded (no segment, no __per_cpu_load)",
					percpu->name);
	if (by_segment && by_symbol && by_segment != by_symbol)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"per-CPU data is loaded at %#" PRIx64
					" by its segment, at %#" PRIx64 " by __per_cpu_load",
					by_segment, by_symbol);
	image->percpu_base = by_segment ? by_segment : by_symbol;
	image->percpu_len = percpu->len;
	return NULL;
}

static struct pvp_error *load(struct pvp_image *image, const char *path, const char *symbols)
{
	struct pvp_image_private *p = image->private;
	struct pvp_error *err;

	err = pvp_file_map(path, &p->file);
	if (err)
		return err;
	err = unpack(image);
	if (!err)
		err = pvp_elf_open(&p->elf_bytes, &p->elf);
	if (!err)
		err = pvp_elf_load(&p->elf, image);
	if (err)
		return pvp_error_context(err, "%s", path);
	err = pvp_symbols_load(image, symbols);
	if (err) /* a symbol file names itself */
		return symbols ? err : pvp_error_context(err, "%s", path);
	err = find_percpu(image);
	return err ? pvp_error_context(err, "%s", path) : NULL;
}

struct pvp_error *pvp_image_open(const char *path, const char *symbols, struct pvp_image **ret)
{
	struct pvp_image *image = pvp_calloc(1, sizeof(*image));
	const char *slash = strrchr(path, '/');
	struct pvp_error *err;

	image->private = pvp_calloc(1, sizeof(*image->private));
	image->name = pvp_strdup(slash ? slash + 1 : path);
	err = load(image, path, symbols);
	if (err) {
		pvp_image_close(image);
		return err;
	}
	*ret = image;
	return NULL;
}

void pvp_image_close(struct pvp_image *image)
{
	struct pvp_image_private *p;

	if (!image)
		return;
	p = image->private;
	pvp_btf_free(p->btf);
	pvp_symbols_deinit(&p->symbols);
	free(p->by_name);
	free(p->by_addr);
	pvp_elf_close(&p->symbol_elf);
	pvp_elf_close(&p->elf);
	free(p->unpacked);
	pvp_file_unmap(&p->symbol_file);
	pvp_file_unmap(&p->file);
	free(p);
	free(image->sections);
	free(image->segments);
	free((char *)(uintptr_t)image->name);
	free(image);
}

static const char *sha256(const struct pvp_bytes *bytes, char hex[65])
{
	if (!*hex)
		SHA256Data(bytes->data, bytes->len, hex);
	return hex;
}

const char *pvp_image_sha256(const struct pvp_image *image)
{
	return sha256(&image->private->file.bytes, image->private->sha256);
}

const char *pvp_image_elf_sha256(const struct pvp_image *image)
{
	struct pvp_image_private *p = image->private;

	return p->unpacked ? sha256(&p->elf_bytes, p->elf_sha256) : pvp_image_sha256(image);
}

const uint8_t *pvp_image_elf(const struct pvp_image *image, size_t *len)
{
	*len = image->private->elf_bytes.len;
	return image->private->elf_bytes.data;
}

const struct pvp_section *pvp_image_section(const struct pvp_image *image, const char *name)
{
	for (size_t i = 0; i < image->nr_sections; i++)
		if (strcmp(image->sections[i].name, name) == 0)
			return &image->sections[i];
	return NULL;
}

const struct pvp_section *pvp_image_section_at(const struct pvp_image *image, uint64_t addr)
{
	const struct pvp_image_private *p = image->private;
	size_t low = 0, high = p->nr_by_addr;

	while (low < high) { /* low becomes the first section above addr */
		size_t mid = low + (high - low) / 2;

		if (p->by_addr[mid]->addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || addr - p->by_addr[low - 1]->addr >= p->by_addr[low - 1]->len)
		return NULL;
	return p->by_addr[low - 1];
}

static bool section_has(const struct pvp_section *section, uint64_t addr, uint64_t len)
{
	return len <= section->len - (addr - section->addr);
}

const uint8_t *pvp_image_bytes(const struct pvp_image *image, uint64_t addr, uint64_t len)
{
	const struct pvp_section *section = pvp_image_section_at(image, addr);

	if (!section || !section->data || !section_has(section, addr, len))
		return NULL;
	return section->data + (addr - section->addr);
}

bool pvp_image_is_text(const struct pvp_image *image, uint64_t addr, uint64_t len)
{
	const struct pvp_section *section = pvp_image_section_at(image, addr);

	return section && section->exec && section_has(section, addr, len);
}

struct pvp_error *pvp_image_pointer(const struct pvp_image *image, uint64_t addr, uint64_t *ret)
{
	struct pvp_bytes bytes = {pvp_image_bytes(image, addr, image->ptr_len), image->ptr_len};

	if (!bytes.data || !pvp_bytes_uint(&bytes, 0, image->ptr_len, ret))
		return pvp_error_format(
			PVP_ERR_BAD_DATA,
			"no pointer at %#" PRIx64 ": not in a section with contents", addr);
	return NULL;
}
