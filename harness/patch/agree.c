// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "agree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* Walks one list upwards. */
struct cursor {
	const struct pvp_patch *at, *end;
};

/* Passes over the rows below addr; the row that has it, or NULL. */
static const struct pvp_patch *row_at(struct cursor *c, uint64_t addr)
{
	while (c->at < c->end && c->at->addr + c->at->len <= addr)
		c->at++;
	return c->at < c->end && c->at->addr <= addr ? c->at : NULL;
}

static void push_byte(struct pvp_agree *agree, uint64_t addr, const uint8_t bytes[2],
		      const enum pvp_pass passes[2])
{
	struct pvp_difference *last = agree->nr ? &agree->v[agree->nr - 1] : NULL;

	if (!last || last->addr + last->len != addr || last->side[0].pass != passes[0] ||
	    last->side[1].pass != passes[1]) {
		last = pvp_push(&agree->v, &agree->nr, &agree->cap);
		last->addr = addr;
	}
	for (unsigned i = 0; i < 2; i++) {
		last->side[i].bytes = pvp_reallocarray(last->side[i].bytes, last->len + 1, 1);
		last->side[i].bytes[last->len] = bytes[i];
		last->side[i].pass = passes[i];
	}
	last->len++;
	agree->unequal++;
}

static bool is_symbolic(const struct pvp_patch *row, uint64_t addr)
{
	return row->symbolic && row->symbolic[addr - row->addr];
}

static void compare_byte(const struct pvp_patch *a, const struct pvp_patch *b, uint64_t addr,
			 struct pvp_agree *agree)
{
	const struct pvp_patch *rows[2] = {a, b}, *any = a ? a : b;
	enum pvp_pass passes[2];
	uint8_t bytes[2];
	bool symbolic;

	for (unsigned i = 0; i < 2; i++) {
		bytes[i] =
			rows[i] ? rows[i]->new[addr - rows[i]->addr] : any->old[addr - any->addr];
		passes[i] = rows[i] ? rows[i]->pass : PVP_PASS_FILE;
	}
	symbolic = a && b && is_symbolic(a, addr) && is_symbolic(b, addr);
	agree->bytes++;
	agree->symbolic += symbolic;
	if (!symbolic && bytes[0] != bytes[1])
		push_byte(agree, addr, bytes, passes);
}

void pvp_agree_compare(const struct pvp_patched *a, const struct pvp_patched *b,
		       struct pvp_agree *ret)
{
	struct cursor ca = {a->v, a->v + a->nr}, cb = {b->v, b->v + b->nr};
	struct pvp_agree agree = {0};
	uint64_t addr = 0;

	for (;;) { /* every byte that either list names */
		const struct pvp_patch *ra = row_at(&ca, addr), *rb = row_at(&cb, addr);

		if (ra || rb) {
			compare_byte(ra, rb, addr++, &agree);
			continue;
		}
		if (ca.at == ca.end && cb.at == cb.end)
			break;
		if (cb.at == cb.end || (ca.at < ca.end && ca.at->addr < cb.at->addr))
			addr = ca.at->addr;
		else
			addr = cb.at->addr;
	}
	*ret = agree;
}

void pvp_agree_deinit(struct pvp_agree *agree)
{
	if (!agree)
		return;
	for (size_t i = 0; i < agree->nr; i++)
		for (unsigned k = 0; k < 2; k++)
			free(agree->v[i].side[k].bytes);
	free(agree->v);
	memset(agree, 0, sizeof(*agree));
}

const struct pvp_difference *pvp_agree_at(const struct pvp_agree *agree, uint64_t addr,
					  uint64_t len)
{
	size_t low = 0, high = agree->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (agree->v[mid].addr + agree->v[mid].len <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < agree->nr && agree->v[low].addr < addr + len ? &agree->v[low] : NULL;
}

char *pvp_difference_text(const struct pvp_difference *difference, const char *a, const char *b)
{
	const char *const names[] = {a, b};
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return pvp_strdup("");
	for (unsigned i = 0; i < 2; i++) {
		fprintf(out, "%s%s", i ? ", " : "", names[i]);
		for (uint32_t k = 0; k < difference->len; k++)
			fprintf(out, " %02x", difference->side[i].bytes[k]);
		fprintf(out, " (%s)", pvp_pass_name(difference->side[i].pass));
	}
	fclose(out);
	return text;
}
