// SPDX-License-Identifier: GPL-2.0-only
#include "stretches.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define PAGE	    4096ull
#define MAX_SEGMENT (1ull << 30)

struct stretches {
	struct pvp_stretch *v;
	size_t nr, cap;
};

static void set_rights(const struct pvp_image *image, uint64_t page, struct pvp_stretch *ret)
{
	bool any = false;

	ret->write = ret->exec = ret->percpu = false;
	for (size_t i = 0; i < image->nr_sections; i++) {
		const struct pvp_section *s = &image->sections[i];

		if (s->zero_based || !s->len || s->addr >= page + PAGE || s->addr + s->len <= page)
			continue;
		any = true;
		/* 7.2's .data has all three letters, W, A and X, and no text. */
		ret->exec |= s->exec && !s->write;
		/* Patch tables share pages with replacements: there, text wins over data's W. */
		ret->write |= s->write;
		/* 7.2's and i386's, which is not linked at 0. */
		ret->percpu |= s->name && !strcmp(s->name, ".data..percpu");
	}
	if (!any)
		ret->write = true;
}

/* The file's bytes of a segment at addr that lie in the stretch. */
static void set_data(const struct pvp_segment *s, uint64_t addr, struct pvp_stretch *ret)
{
	uint64_t end = addr + s->filesz, stretch_end = ret->addr + ret->len;
	uint64_t from = ret->addr > addr ? ret->addr : addr;
	uint64_t to = stretch_end < end ? stretch_end : end;

	if (from >= to)
		return;
	ret->data_addr = from;
	ret->data_len = to - from;
	ret->data = s->data + (from - addr);
}

static struct pvp_error *add_segment(const struct pvp_image *image, const struct pvp_segment *s,
				     struct stretches *ret)
{
	bool percpu = !image->percpu_from && s->vaddr < image->percpu_len;
	uint64_t addr = percpu ? image->percpu_base + s->vaddr : s->vaddr;
	uint64_t lo = addr & ~(PAGE - 1), hi = (addr + s->memsz + PAGE - 1) & ~(PAGE - 1);

	if (!s->memsz)
		return NULL;
	if (hi <= lo || hi - lo > MAX_SEGMENT)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"segment at %#" PRIx64 ": %#" PRIx64 " bytes", addr,
					s->memsz);
	while (lo < hi) {
		struct pvp_stretch *stretch = pvp_push(&ret->v, &ret->nr, &ret->cap), next;

		stretch->addr = lo;
		if (percpu) {
			stretch->percpu = stretch->write = true;
			lo = hi;
		} else {
			set_rights(image, lo, stretch);
			for (lo += PAGE; lo < hi; lo += PAGE) {
				set_rights(image, lo, &next);
				if (next.write != stretch->write || next.exec != stretch->exec ||
				    next.percpu != stretch->percpu)
					break;
			}
		}
		stretch->len = lo - stretch->addr;
		set_data(s, addr, stretch);
	}
	return NULL;
}

struct pvp_error *pvp_image_stretches(const struct pvp_image *image, struct pvp_stretch **ret,
				      size_t *nr)
{
	struct stretches stretches = {0};
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < image->nr_segments && !err; i++)
		err = add_segment(image, &image->segments[i], &stretches);
	if (err) {
		free(stretches.v);
		return err;
	}
	*ret = stretches.v;
	*nr = stretches.nr;
	return NULL;
}
