// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "world.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alloc.h"
#include "btf.h"
#include "stretches.h"
#include "x86/regs.h"

#define PAGE	 4096ull
#define MAX_CPUS 8192 /* NR_CPUS */

/* A stretch of the address space with one backing file, mapped privately by every view. */
struct stretch {
	uint64_t addr, len;
	int fd; /* -1: all zero */
	unsigned prot;
	enum pvp_memory_class class;
	const char *name;
};

struct pvp_world {
	const struct pvp_image *image;
	const struct pvp_plan *plan;
	struct stretch *v;
	size_t nr, cap;
};

struct pvp_mapping {
	uint8_t *host;
	uint64_t len;
};

static uint64_t fill_word(const struct pvp_plan *plan, uint64_t seed, uint64_t addr)
{
	uint64_t r = pvp_mix(seed, addr);
	unsigned kind = r % 100;

	r >>= 8;
	if (kind < 60)
		return pvp_plan_arena(plan, r % PVP_NR_ARENAS) + (r >> 8) % PVP_ARENA_LEN / 8 * 8;
	if (kind < 83)
		return r % 64;
	if (kind < 93)
		return 0;
	if (kind < 97)
		return plan->text + r % 0x1000000;
	return pvp_mix(r, addr) & plan->last;
}

void pvp_world_fill(const struct pvp_plan *plan, uint64_t seed, uint64_t addr, void *buf,
		    size_t len)
{
	uint8_t *to = buf;

	assert(addr % 8 == 0 && len % 8 == 0);
	for (size_t i = 0; i < len; i += plan->word) {
		uint64_t word = fill_word(plan, seed, addr + i);

		memcpy(to + i, &word, plan->word);
	}
}

/* --- base content --- */

static struct pvp_error *new_file(const char *name, uint64_t len, int *ret)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, len)) {
		int errnum = errno;

		if (fd >= 0)
			close(fd);
		return pvp_error_os(errnum, "memory for %s", name);
	}
	*ret = fd;
	return NULL;
}

static struct pvp_error *write_file(int fd, uint64_t off, const void *data, uint64_t len)
{
	const char *from = data;

	while (len) {
		ssize_t n = pwrite(fd, from, len, off);

		if (n <= 0)
			return pvp_error_os(n ? errno : ENOSPC, "world memory");
		from += n;
		off += n;
		len -= n;
	}
	return NULL;
}

static struct stretch *add(struct pvp_world *world, uint64_t addr, uint64_t len, unsigned prot,
			   enum pvp_memory_class class, const char *name)
{
	struct stretch *s = pvp_push(&world->v, &world->nr, &world->cap);

	*s = (struct stretch){ addr, len, -1, prot, class, name };
	return s;
}

/* Writes into the base content of whatever stretch holds addr. */
static struct pvp_error *poke(struct pvp_world *world, uint64_t addr, const void *data, uint64_t len)
{
	for (size_t i = 0; i < world->nr; i++) {
		struct stretch *s = &world->v[i];

		if (addr - s->addr >= s->len || len > s->len - (addr - s->addr))
			continue;
		if (s->fd < 0) {
			struct pvp_error *err = new_file(s->name, s->len, &s->fd);

			if (err)
				return err;
		}
		return write_file(s->fd, addr - s->addr, data, len);
	}
	return pvp_error_format(PVP_ERR_BAD_DATA, "no memory at %#lx", (unsigned long)addr);
}

static struct pvp_error *poke64(struct pvp_world *world, uint64_t addr, uint64_t value)
{
	return poke(world, addr, &value, sizeof(value));
}

static struct pvp_error *add_image(struct pvp_world *world)
{
	struct pvp_stretch *stretches;
	struct pvp_error *err;
	size_t nr;

	err = pvp_image_stretches(world->image, &stretches, &nr);
	if (err)
		return err;
	for (size_t i = 0; i < nr && !err; i++) {
		const struct pvp_stretch *from = &stretches[i];
		/* Where data shares a page with text, text wins: what is compared never changes. */
		struct stretch *s = add(world, from->addr, from->len,
					PVP_PROT_READ | (from->exec	 ? PVP_PROT_EXEC
							 : from->write ? PVP_PROT_WRITE
								       : 0),
					from->percpu ? PVP_MEM_ORDERED : PVP_MEM_PLAIN,
					from->percpu ? "per-CPU data" : "image");

		if (!from->data_len)
			continue;
		err = new_file(s->name, s->len, &s->fd);
		if (!err)
			err = write_file(s->fd, from->data_addr - from->addr, from->data,
					 from->data_len);
	}
	free(stretches);
	return err;
}

/* Length of an array, up to the next symbol; 0: not one of that many bytes. */
static uint64_t array_len(const struct pvp_image *image, uint64_t addr, uint64_t max)
{
	const struct pvp_symbol *symbol = pvp_image_symbol_at(image, addr);
	const struct pvp_symbol *end = image->symbols + image->nr_symbols;

	while (symbol && symbol < end && symbol->addr <= addr)
		symbol++;
	return symbol && symbol < end && symbol->addr - addr <= max ? symbol->addr - addr : 0;
}

/* All CPUs' offsets are CPU 0's, as before boot. */
static struct pvp_error *set_offsets(struct pvp_world *world, uint64_t addr)
{
	const unsigned word = world->plan->word;
	uint64_t len = array_len(world->image, addr, MAX_CPUS * word);
	uint8_t *bytes = pvp_calloc(len + 1, 1);
	struct pvp_error *err = NULL;

	for (uint64_t at = 0; at + word <= len; at += word)
		memcpy(bytes + at, &world->image->percpu_base, word);
	if (len)
		err = poke(world, addr, bytes, len);
	free(bytes);
	return err;
}

/*
 * CPU 0's copy of what is not zero-based, and the words that lead there.  (i386 names text only:
 * there they still lead to where the file has the data, which stays.)
 */
static struct pvp_error *add_percpu(struct pvp_world *world)
{
	const struct pvp_image *image = world->image;
	const uint8_t *bytes = pvp_image_bytes(image, image->percpu_from, image->percpu_len);
	const struct pvp_symbol *const *offsets, *const *own;
	struct pvp_error *err;

	if (!image->percpu_from || !bytes)
		return NULL;
	err = poke(world, pvp_image_on_cpu0(image, image->percpu_from), bytes, image->percpu_len);
	own = pvp_image_symbols_named(image, "this_cpu_off", NULL);
	if (own && !err)
		err = poke(world, pvp_image_on_cpu0(image, own[0]->addr), &image->percpu_base,
			   world->plan->word);
	offsets = pvp_image_symbols_named(image, "__per_cpu_offset", NULL);
	return err || !offsets ? err : set_offsets(world, offsets[0]->addr);
}

static struct pvp_error *add_arenas(struct pvp_world *world)
{
	const struct pvp_plan *plan = world->plan;
	uint8_t *buf = pvp_calloc(1, PVP_ARENA_LEN);
	struct pvp_error *err = NULL;

	for (unsigned i = 0; i < PVP_NR_ARENAS && !err; i++) {
		uint64_t addr = pvp_plan_arena(plan, i);

		pvp_world_fill(plan, 1000 + i, addr, buf, PVP_ARENA_LEN);
		err = poke(world, addr, buf, PVP_ARENA_LEN);
	}
	pvp_world_fill(plan, 1, plan->stack, buf, plan->stack_len);
	err = err ? err : poke(world, plan->stack, buf, plan->stack_len);
	free(buf);
	return err;
}

/* Page-table entry: frame as the platform stores it. */
static uint64_t table_entry(const struct pvp_platform *platform, uint64_t phys, uint64_t flags)
{
	if (platform->hypervisor == PVP_HV_XEN_PV)
		phys += PVP_MFN_OFFSET * PAGE;
	return phys | flags;
}

#define ENTRY_TABLE 0x67ull /* present, writable, user, accessed, dirty */
#define ENTRY_LEAF  0x63ull

/* A user tree with one entry a level.  (The kernel's own tables are the platform file's.) */
static struct pvp_error *add_page_tables(struct pvp_world *world, const struct pvp_platform *p)
{
	const struct pvp_plan *plan = world->plan;
	uint64_t at = plan->tables + PVP_USER_TREE, phys = at - plan->page_offset;
	struct pvp_error *err = NULL;

	for (unsigned level = 0; level < 3 && !err; level++, at += PAGE) {
		phys += PAGE;
		err = poke64(world, at, table_entry(p, phys, ENTRY_TABLE));
	}
	phys = plan->zero_arena - plan->page_offset;
	return err ? err : poke64(world, at, table_entry(p, phys, ENTRY_LEAF));
}

static struct pvp_error *add_xen(struct pvp_world *world)
{
	uint64_t *words = pvp_calloc(PVP_NR_MFNS, 8);
	struct pvp_error *err;

	add(world, PVP_P2M, PVP_NR_PFNS * 8, PVP_PROT_READ | PVP_PROT_WRITE, PVP_MEM_ORDERED, "p2m");
	add(world, PVP_M2P, PVP_NR_MFNS * 8, PVP_PROT_READ, PVP_MEM_PLAIN, "m2p");
	for (uint64_t i = 0; i < PVP_NR_PFNS; i++)
		words[i] = i + PVP_MFN_OFFSET;
	err = poke(world, PVP_P2M, words, PVP_NR_PFNS * 8);
	for (uint64_t i = 0; i < PVP_NR_MFNS; i++) /* frames of others: not ours by the p2m */
		words[i] = i - PVP_MFN_OFFSET < PVP_NR_PFNS ? i - PVP_MFN_OFFSET : ~0ull >> 12;
	err = err ? err : poke(world, PVP_M2P, words, PVP_NR_MFNS * 8);
	free(words);
	return err;
}

/* Where the capability words are in boot_cpu_data, in images without BTF.  Source: struct
 * cpuinfo_x86, asm/processor.h; amd64's measured on a booted kernel, i386's of 6.12 and 7.2 counted. */
static const struct {
	enum pvp_arch arch;
	const char *generation;
	uint64_t offset;
} capability_offsets[] = {
	{ PVP_ARCH_AMD64, "5.10", 32 },
	{ PVP_ARCH_AMD64, "6.1", 40 },
	{ PVP_ARCH_AMD64, "6.12", 48 },
	{ PVP_ARCH_AMD64, "7.2", 48 },
	{ PVP_ARCH_I386, "5.10", 28 },
	{ PVP_ARCH_I386, "6.1", 36 },
	{ PVP_ARCH_I386, "6.12", 40 },
	{ PVP_ARCH_I386, "7.2", 40 },
};

static struct pvp_error *capability_offset(const struct pvp_image *image,
					   const struct pvp_tables *tables, uint64_t *ret)
{
	uint64_t len;

	if (pvp_btf_exists(image))
		return pvp_btf_offset(image, "cpuinfo_x86", "x86_capability", ret, &len);
	for (size_t i = 0; i < ARRAY_SIZE(capability_offsets); i++)
		if (capability_offsets[i].arch == image->arch &&
		    !strcmp(capability_offsets[i].generation, tables->generation)) {
			*ret = capability_offsets[i].offset;
			return NULL;
		}
	return pvp_error_format(PVP_ERR_UNSUPPORTED,
				"no BTF, and where %s of %s has its capability words is not known",
				tables->generation, pvp_arch_name(image->arch));
}

static struct pvp_error *add_platform(struct pvp_world *world, const struct pvp_tables *tables,
				      const struct pvp_platform *p)
{
	struct pvp_error *err = NULL;
	uint64_t cpu_data, offset;

	for (size_t i = 0; i < p->nr_pv_ops && !err; i++)
		err = poke(world, tables->slots[i], &p->pv_ops[i], world->plan->word);
	/* A key that is not known is read by nothing but the trampoline's patching. */
	for (size_t i = 0; i < p->nr_static_calls && !err; i++)
		if (p->static_calls[i].key)
			err = poke(world, p->static_calls[i].key, &p->static_calls[i].func,
			   world->plan->word);
	if (err)
		return err;
	err = pvp_image_symbol(world->image, "boot_cpu_data", &cpu_data);
	err = err ? err : capability_offset(world->image, tables, &offset);
	return err ? err : poke(world, cpu_data + offset, p->caps, sizeof(p->caps));
}

struct pvp_machine_rule *pvp_world_rules(const struct pvp_platform *platform)
{
	static const enum pvp_rule rule_of[] = {
		[PVP_INSN_ALLOW] = PVP_RULE_ALLOW,
		[PVP_INSN_EMULATE] = PVP_RULE_EMULATE,
		[PVP_INSN_FAULT] = PVP_RULE_FAULT,
		[PVP_INSN_IGNORE] = PVP_RULE_IGNORE,
		[PVP_INSN_END] = PVP_RULE_END,
	};
	struct pvp_machine_rule *rules = pvp_calloc(platform->nr_insns, sizeof(*rules));

	for (size_t i = 0; i < platform->nr_insns; i++)
		rules[i] = (struct pvp_machine_rule){platform->insns[i].insn,
						     rule_of[platform->insns[i].rule]};
	return rules;
}

struct pvp_error *pvp_world_create(const struct pvp_image *image, const struct pvp_tables *tables,
				   const struct pvp_platform *platform, struct pvp_world **ret)
{
	const unsigned rw = PVP_PROT_READ | PVP_PROT_WRITE;
	struct pvp_world *world = pvp_calloc(1, sizeof(*world));
	const struct pvp_plan *plan = pvp_plan_of(image);
	struct pvp_error *err;

	world->image = image;
	world->plan = plan;
	add(world, plan->direct, plan->direct_len, rw, PVP_MEM_ORDERED, "direct map");
	if (plan->vmemmap_len)
		add(world, plan->vmemmap, plan->vmemmap_len, rw, PVP_MEM_PLAIN, "struct pages");
	add(world, plan->shared_info, PAGE, rw, PVP_MEM_ORDERED, "shared info");
	add(world, plan->stack, plan->stack_len, rw, PVP_MEM_STACK, "stack");
	add(world, plan->cpu_area, plan->cpu_area_len, rw, PVP_MEM_ORDERED, "cpu entry area");
	add(world, plan->fixmap, plan->fixmap_len, rw, PVP_MEM_ORDERED, "fixmap");
	err = add_image(world);
	err = err ? err : add_percpu(world);
	err = err ? err : add_arenas(world);
	if (!err && platform->hypervisor == PVP_HV_XEN_PV)
		err = add_xen(world);
	err = err ? err : add_page_tables(world, platform);
	err = err ? err : add_platform(world, tables, platform);
	if (err) {
		pvp_world_destroy(world);
		return pvp_error_context(err, "%s", image->name);
	}
	*ret = world;
	return NULL;
}

void pvp_world_destroy(struct pvp_world *world)
{
	if (!world)
		return;
	for (size_t i = 0; i < world->nr; i++)
		if (world->v[i].fd >= 0)
			close(world->v[i].fd);
	free(world->v);
	free(world);
}

/* --- views --- */

static struct pvp_region *region_of(const struct pvp_view *view, uint64_t addr, uint64_t len)
{
	for (size_t i = 0; i < view->nr_regions; i++) {
		struct pvp_region *r = &view->regions[i];

		if (addr - r->addr < r->len && len <= r->len - (addr - r->addr))
			return r;
	}
	return NULL;
}

const uint8_t *pvp_view_bytes(const struct pvp_view *view, uint64_t addr, uint64_t len)
{
	const struct pvp_region *r = region_of(view, addr, len);

	return r ? r->host + (addr - r->addr) : NULL;
}

static struct pvp_error *lay(struct pvp_view *view, uint64_t addr, const uint8_t *bytes,
			     uint64_t len)
{
	struct pvp_region *r = region_of(view, addr, len);

	if (!r)
		return pvp_error_format(PVP_ERR_BAD_DATA, "patched bytes at %#lx: no text there",
					(unsigned long)addr);
	memcpy(r->host + (addr - r->addr), bytes, len);
	return NULL;
}

struct pvp_error *pvp_view_spoil(struct pvp_view *view, uint64_t addr, const uint8_t *bytes,
				 uint64_t len)
{
	struct pvp_error *err = NULL;
	const uint8_t *good;

	if (view->nr_spoilt)
		err = lay(view, view->spoilt, view->good, view->nr_spoilt);
	view->nr_spoilt = 0;
	good = pvp_view_bytes(view, addr, len);
	if (!bytes || !good || err)
		return err ? err : bytes ? lay(view, addr, bytes, len) : NULL;
	view->good = pvp_reallocarray(view->good, len, 1);
	memcpy(view->good, good, len);
	view->spoilt = addr;
	view->nr_spoilt = len;
	return lay(view, addr, bytes, len);
}

static struct pvp_error *lay_list(struct pvp_view *view, const struct pvp_patched *patched)
{
	struct pvp_error *err = NULL;

	for (size_t i = 0; patched && i < patched->nr && !err; i++)
		err = lay(view, patched->v[i].addr, patched->v[i].new, patched->v[i].len);
	return err;
}

struct pvp_error *pvp_view_create(const struct pvp_world *world, const struct pvp_patched *patched,
				  const struct pvp_patched *given, const struct pvp_sites *restore,
				  struct pvp_view *ret)
{
	struct pvp_view view = { .regions = pvp_calloc(world->nr, sizeof(*view.regions)),
				 .mappings = pvp_calloc(world->nr, sizeof(*view.mappings)) };
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < world->nr; i++) {
		const struct stretch *s = &world->v[i];
		int flags = MAP_PRIVATE | MAP_NORESERVE | (s->fd < 0 ? MAP_ANONYMOUS : 0);
		void *host = mmap(NULL, s->len, PROT_READ | PROT_WRITE, flags, s->fd, 0);

		if (host == MAP_FAILED) {
			err = pvp_error_os(errno, "memory for %s", s->name);
			pvp_view_deinit(&view);
			return err;
		}
		view.mappings[view.nr_mappings++] = (struct pvp_mapping){ host, s->len };
		view.regions[view.nr_regions++] = (struct pvp_region){
			s->addr, s->len, host, s->prot, s->class, s->name,
		};
	}
	err = lay_list(&view, patched);
	err = err ? err : lay_list(&view, given);
	for (size_t i = 0; restore && i < restore->nr && !err; i++)
		err = lay(&view, restore->v[i].addr, restore->v[i].linked,
				   restore->v[i].len);
	if (err) {
		pvp_view_deinit(&view);
		return err;
	}
	*ret = view;
	return NULL;
}

void pvp_view_deinit(struct pvp_view *view)
{
	for (size_t i = 0; i < view->nr_mappings; i++)
		munmap(view->mappings[i].host, view->mappings[i].len);
	free(view->mappings);
	free(view->good);
	free(view->regions);
	memset(view, 0, sizeof(*view));
}
