// SPDX-License-Identifier: GPL-2.0-only
#include "memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

void pvp_memory_init(struct pvp_memory *memory, const struct pvp_region *regions, size_t nr)
{
	memset(memory, 0, sizeof(*memory));
	for (size_t i = 0; i < nr; i++)
		pvp_memory_add(memory, &regions[i]);
}

void pvp_memory_deinit(struct pvp_memory *memory)
{
	free(memory->regions);
	free(memory->log);
	memset(memory, 0, sizeof(*memory));
}

/* Index of the first region that ends above addr. */
static size_t lower_bound(const struct pvp_memory *memory, uint64_t addr)
{
	size_t lo = 0, hi = memory->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct pvp_region *r = &memory->regions[mid];

		if (r->addr + (r->len - 1) < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void pvp_memory_add(struct pvp_memory *memory, const struct pvp_region *region)
{
	size_t i = lower_bound(memory, region->addr);

	assert(region->len);
	assert(i == memory->nr || region->addr + (region->len - 1) < memory->regions[i].addr);
	(void)pvp_push(&memory->regions, &memory->nr, &memory->cap);
	memmove(&memory->regions[i + 1], &memory->regions[i],
		(memory->nr - 1 - i) * sizeof(*memory->regions));
	memory->regions[i] = *region;
	memory->last = 0;
}

void pvp_memory_remove(struct pvp_memory *memory, uint64_t addr)
{
	size_t i = lower_bound(memory, addr);

	assert(i < memory->nr && memory->regions[i].addr == addr);
	memory->nr--;
	memmove(&memory->regions[i], &memory->regions[i + 1],
		(memory->nr - i) * sizeof(*memory->regions));
	memory->last = 0;
}

const struct pvp_region *pvp_memory_region(struct pvp_memory *memory, uint64_t addr)
{
	const struct pvp_region *r = &memory->regions[memory->last];
	size_t i;

	if (memory->last < memory->nr && addr - r->addr < r->len)
		return r;
	i = lower_bound(memory, addr);
	if (i == memory->nr || addr < memory->regions[i].addr)
		return NULL;
	memory->last = i;
	return &memory->regions[i];
}

uint8_t *pvp_memory_host(struct pvp_memory *memory, uint64_t addr, uint64_t len)
{
	const struct pvp_region *r = pvp_memory_region(memory, addr);

	if (!r || len > r->len || addr - r->addr > r->len - len)
		return NULL;
	return r->host + (addr - r->addr);
}

bool pvp_memory_read(struct pvp_memory *memory, uint64_t addr, void *buf, uint64_t len)
{
	uint8_t *to = buf;

	while (len) {
		const struct pvp_region *r = pvp_memory_region(memory, addr);
		uint64_t n;

		if (!r)
			return false;
		n = r->len - (addr - r->addr);
		if (n > len)
			n = len;
		memcpy(to, r->host + (addr - r->addr), n);
		to += n;
		addr += n;
		len -= n;
	}
	return true;
}

#define PAGE 4096u

void pvp_memory_log(struct pvp_memory *memory, uint64_t addr, unsigned size, uint64_t value,
		    enum pvp_writer writer)
{
	assert(size && size <= 8);
	while (size) {
		const struct pvp_region *r = pvp_memory_region(memory, addr);
		/* Where nothing is mapped, memory may come page by page. */
		uint64_t room = r ? r->len - (addr - r->addr) : PAGE - addr % PAGE;
		unsigned n = room < size ? room : size;
		struct pvp_write *w = pvp_push(&memory->log, &memory->nr_log, &memory->cap_log);

		w->addr = addr;
		w->size = n;
		w->new = n < 8 ? value &((1ull << 8 * n) - 1) : value;
		w->writer = writer;
		w->time = memory->clock ? *memory->clock : 0;
		if (r) {
			w->host = r->host + (addr - r->addr);
			w->class = r->class;
			memcpy(&w->old, w->host, n);
		}
		addr += n;
		size -= n;
		value = n < 8 ? value >> 8 * n : 0;
	}
}

bool pvp_memory_write(struct pvp_memory *memory, uint64_t addr, const void *buf, uint64_t len,
		      enum pvp_writer writer)
{
	const uint8_t *from = buf;

	for (uint64_t i = 0; i < len;) {
		const struct pvp_region *r = pvp_memory_region(memory, addr + i);

		if (!r)
			return false;
		i += r->len - (addr + i - r->addr);
	}
	while (len) {
		unsigned n = len < 8 ? len : 8;
		size_t first = memory->nr_log;
		uint64_t value = 0;

		memcpy(&value, from, n);
		pvp_memory_log(memory, addr, n, value, writer);
		for (size_t i = first; i < memory->nr_log; i++)
			memcpy(memory->log[i].host, &memory->log[i].new, memory->log[i].size);
		addr += n;
		from += n;
		len -= n;
	}
	return true;
}

void pvp_memory_undo_to(struct pvp_memory *memory, size_t nr_log)
{
	assert(nr_log <= memory->nr_log);
	while (memory->nr_log > nr_log) {
		const struct pvp_write *w = &memory->log[--memory->nr_log];

		if (w->host)
			memcpy(w->host, &w->old, w->size);
	}
}

void pvp_memory_undo(struct pvp_memory *memory)
{
	pvp_memory_undo_to(memory, 0);
}
