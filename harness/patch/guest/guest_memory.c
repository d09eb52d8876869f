// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "guest_memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc.h"
#include "stretches.h"

#define STACK_LEN 0x10000ull

/* Free places.  amd64: in the vmalloc range, and in that of modules
 * (Documentation/x86/x86_64/mm.rst of Linux 6.1); i386: where small machines have neither low
 * memory nor fixed mappings. */
static const struct {
	uint64_t stack_top, arena;
} places[] = {
	[PVP_ARCH_AMD64] = {0xffffc90020010000, 0xffffffffc0000000},
	[PVP_ARCH_I386] = {0xf7010000, 0xf8000000},
};

static struct pvp_error *add(struct pvp_guest_memory *memory, uint64_t addr, uint64_t len,
			     bool exec, const char *name)
{
	void *host = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (host == MAP_FAILED)
		return pvp_error_os(errno, "memory for the guest's %s", name);
	memory->regions[memory->nr++] = (struct pvp_region){
		.addr = addr,
		.len = len,
		.host = host,
		.prot = PVP_PROT_READ | PVP_PROT_WRITE | (exec ? PVP_PROT_EXEC : 0),
		.class = PVP_MEM_PLAIN,
		.name = name,
	};
	return NULL;
}

/* The stretches from v[0] on that make one region: all is writable here, so only X tells apart. */
static size_t run_length(const struct pvp_stretch *v, size_t nr, uint64_t *len)
{
	size_t n = 1;

	*len = v[0].len;
	while (n < nr && v[n].addr == v[0].addr + *len && v[n].exec == v[0].exec &&
	       v[n].percpu == v[0].percpu)
		*len += v[n++].len;
	return n;
}

static struct pvp_error *add_image(struct pvp_guest_memory *memory, const struct pvp_stretch *v,
				   size_t nr)
{
	while (nr) {
		uint64_t len;
		size_t n = run_length(v, nr, &len);
		struct pvp_error *err;

		err = add(memory, v->addr, len, v->exec, v->percpu ? "per-CPU data" : "image");
		if (err)
			return err;
		for (size_t i = 0; i < n; i++)
			if (v[i].data_len)
				memcpy(memory->regions[memory->nr - 1].host +
					       (v[i].data_addr - v->addr),
				       v[i].data, v[i].data_len);
		v += n;
		nr -= n;
	}
	return NULL;
}

struct pvp_error *pvp_guest_memory_init(const struct pvp_image *image, struct pvp_guest_memory *ret)
{
	struct pvp_guest_memory memory = {0};
	struct pvp_stretch *stretches;
	struct pvp_error *err;
	size_t nr;

	err = pvp_image_stretches(image, &stretches, &nr);
	if (err)
		return err;
	memory.regions = pvp_calloc(nr + 2, sizeof(*memory.regions));
	memory.stack_top = places[image->arch].stack_top;
	memory.arena = places[image->arch].arena;
	err = add_image(&memory, stretches, nr);
	free(stretches);
	if (!err)
		err = add(&memory, memory.stack_top - STACK_LEN, STACK_LEN, false, "stack");
	if (!err)
		err = add(&memory, memory.arena, PVP_GUEST_ARENA_LEN, true, "arena");
	if (err)
		pvp_guest_memory_deinit(&memory);
	else
		*ret = memory;
	return err;
}

void pvp_guest_memory_deinit(struct pvp_guest_memory *memory)
{
	if (!memory)
		return;
	for (size_t i = 0; i < memory->nr; i++)
		munmap(memory->regions[i].host, memory->regions[i].len);
	free(memory->regions);
	memset(memory, 0, sizeof(*memory));
}

uint8_t *pvp_guest_memory_host(const struct pvp_guest_memory *memory, uint64_t addr, uint64_t len)
{
	for (size_t i = 0; i < memory->nr; i++) {
		const struct pvp_region *r = &memory->regions[i];

		if (addr - r->addr < r->len && len <= r->len - (addr - r->addr))
			return r->host + (addr - r->addr);
	}
	return NULL;
}

struct pvp_error *pvp_guest_memory_put(const struct pvp_guest_memory *memory, uint64_t addr,
				       const void *data, uint64_t len, const char *what)
{
	uint8_t *host = pvp_guest_memory_host(memory, addr, len);

	if (!host)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s: no memory for %" PRIu64 " bytes at %#" PRIx64, what,
					len, addr);
	memcpy(host, data, len);
	return NULL;
}
